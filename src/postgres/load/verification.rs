//! [`Verification`]: what is proved of a load: every part's rows as its transaction left them, and no orphans.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::Load;
use super::parallel::for_each;
use super::tables::compare_columns;
use crate::dataset::ddl::{ForeignKey, Table, literal, quote};
use crate::dataset::manifest::EntityManifest;
use crate::error::{Error, Result};
use crate::postgres::connection::blame;
use crate::postgres::figures::{self, Figures};
use crate::postgres::guard::PerfDatabase;
use crate::postgres::ledger::{self, Arrived};

/// What was proved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Rows that were counted.
    pub rows: u64,
    /// Parts whose figures are the same in the file and in the database.
    pub parts: u64,
    /// Figures that were compared for them.
    pub figures: u64,
    /// Foreign keys under which no row is an orphan.
    pub foreign_keys: u64,
}

/// At most so many differences are told.
const MOST_TOLD: usize = 10;

/// What is verified: a table, or one of its foreign keys.
struct Subject<'s> {
    entity: &'s EntityManifest,
    table: &'s Table,
}

impl Load<'_> {
    /// # Errors
    ///
    /// [`Error::Database`] with every difference.
    pub(super) fn verify(&mut self) -> Result<Verification> {
        let subjects: Vec<Subject<'_>> = self
            .ddl
            .tables
            .iter()
            .map(|table| Ok(Subject { entity: self.request.manifest.entity(&table.entity)?, table }))
            .collect::<Result<_>>()?;
        let (load_id, found) = (self.entry.load_id, Mutex::new((Verification::default(), Vec::new())));
        for_each(self.door, self.progress, self.request.jobs, &subjects, |database, subject| {
            let (verified, differences) = subject.verify(database, load_id)?;
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.0.rows += verified.rows;
            found.0.parts += verified.parts;
            found.0.figures += verified.figures;
            found.0.foreign_keys += verified.foreign_keys;
            found.1.extend(differences);
            Ok(())
        })?;
        let (verification, differences) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        if differences.is_empty() {
            return Ok(verification);
        }
        let told: Vec<&str> = differences.iter().take(MOST_TOLD).map(String::as_str).collect();
        Err(Error::Database {
            message: format!(
                "the database does not hold what was sent ({} differences):\n  {}",
                differences.len(),
                told.join("\n  ")
            ),
            hint: Some(
                "somebody else has written into the schema: seedmill teardown, then load again".to_owned(),
            ),
        })
    }
}

impl Subject<'_> {
    fn verify(&self, database: &mut PerfDatabase, load_id: i64) -> Result<(Verification, Vec<String>)> {
        let shape = &self.entity.shape;
        compare_columns(database.client(), self.table, shape)?;
        let sent = by_transaction(ledger::arrived(database.client(), load_id, &self.entity.name)?);
        let stored = self.stored(database)?;
        let (mut differences, mut details) = (Vec::new(), Vec::new());
        let mut verified = Verification { parts: self.entity.parts.len() as u64, ..Verification::default() };
        for (transaction, Together { files, figures: sent }) in &sent {
            let empty = Figures::new(shape);
            let stored = stored.get(transaction).unwrap_or(&empty);
            verified.rows += stored.rows;
            verified.figures += sent.count();
            let place = place(files);
            details.extend(sent.differences(stored, shape).iter().map(|told| format!("{place}: {told}")));
        }
        for (transaction, stored) in stored.iter().filter(|(transaction, _)| !sent.contains_key(transaction))
        {
            differences.push(format!(
                "{}: {} rows of transaction {transaction}, which is not the loader's",
                self.entity.name, stored.rows
            ));
        }
        if verified.rows != self.entity.rows {
            differences.push(format!(
                "{}: {} rows, the manifest records {}",
                self.entity.name, verified.rows, self.entity.rows
            ));
        }
        // Only the first ones are told: what was lost or added says more than what it changed.
        differences.extend(details);
        for key in &self.table.foreign_keys {
            let orphans = self.orphans(database, key)?;
            if orphans > 0 {
                differences.push(format!(
                    "{}.{}: {orphans} orphans",
                    self.entity.name,
                    key.columns.join(", ")
                ));
            }
            verified.foreign_keys += 1;
        }
        Ok((verified, differences))
    }

    /// The figures of the rows that are there, by the transaction that brought them: one scan.
    fn stored(&self, database: &mut PerfDatabase) -> Result<BTreeMap<u32, Figures>> {
        let query = figures::query(self.table, &self.entity.shape);
        let rows = database
            .client()
            .query(&query, &[])
            .map_err(blame(format!("cannot verify {}", self.table.name)))?;
        rows.iter().map(|row| figures::from_row(row, &self.entity.shape)).collect()
    }

    /// Rows that point nowhere: none where a valid constraint stands, counted where Postgres refuses one.
    fn orphans(&self, database: &mut PerfDatabase, key: &ForeignKey) -> Result<i64> {
        let query = match key.refused {
            None => format!(
                "SELECT CASE WHEN EXISTS (SELECT FROM pg_constraint WHERE conrelid = {0}::regclass \
                 AND conname = {1} AND convalidated) THEN 0 ELSE -1 END::bigint",
                literal(&self.table.name),
                literal(&key.name)
            ),
            Some(_) => {
                let pairs = || key.columns.iter().zip(&key.keys);
                let there: Vec<String> =
                    pairs().map(|(column, _)| format!("own.{column} IS NOT NULL")).collect();
                let equal: Vec<String> =
                    pairs().map(|(column, key)| format!("target.{key} = own.{column}")).collect();
                format!(
                    "SELECT count(*) FROM {} AS own WHERE {} \
                     AND NOT EXISTS (SELECT FROM {} AS target WHERE {})",
                    self.table.name,
                    there.join(" AND "),
                    key.target,
                    equal.join(" AND ")
                )
            }
        };
        let row = database
            .client()
            .query_one(&query, &[])
            .map_err(blame(format!("cannot look for orphans in {}", self.table.name)))?;
        match row.get::<_, i64>(0) {
            -1 => Err(Error::database(format!(
                "{} has lost its foreign key {}",
                self.table.name,
                quote(&key.name)
            ))),
            orphans => Ok(orphans),
        }
    }
}

/// Parts that one transaction brought, so that their rows cannot be told apart.
struct Together {
    files: Vec<String>,
    figures: Figures,
}

fn by_transaction(parts: Vec<Arrived>) -> BTreeMap<u32, Together> {
    let mut together: BTreeMap<u32, Together> = BTreeMap::new();
    for Arrived { file, transaction, figures } in parts {
        match together.get_mut(&transaction) {
            Some(known) => {
                known.files.push(file);
                known.figures.merge(&figures);
            }
            None => {
                together.insert(transaction, Together { files: vec![file], figures });
            }
        }
    }
    together
}

fn place(files: &[String]) -> String {
    match files {
        [file] => file.clone(),
        [first, others @ ..] => format!("{first} and {} others", others.len()),
        [] => String::new(),
    }
}
