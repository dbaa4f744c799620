//! What comes after the rows: keys, indexes, foreign keys, sequences, VACUUM. Each looks first whether it is there.

use postgres::GenericClient;

use super::Load;
use super::parallel::for_each;
use crate::dataset::ddl::{ForeignKey, Index, UniqueKey};
use crate::error::Result;
use crate::postgres::connection::blame;
use crate::postgres::guard::PerfDatabase;

/// How the documents want autovacuum on tables of high churn. Cluster-wide settings would reach other databases.
pub const TABLE_SETTINGS: &[(&str, &str)] = &[
    ("autovacuum_vacuum_scale_factor", "0.05"),
    ("autovacuum_analyze_scale_factor", "0.02"),
    ("autovacuum_vacuum_cost_limit", "2000"),
    ("log_autovacuum_min_duration", "0"),
];

/// An index to build: building is what takes time.
enum Build<'b> {
    Key(&'b UniqueKey),
    Plain(&'b Index),
}

impl Load<'_> {
    /// Unique and primary keys, plain indexes, and sequences.
    pub(super) fn make_keys(&mut self) -> Result<()> {
        if self.entry.attempts > 1 || self.progress.has_retried() {
            self.remove_dead_rows()?;
        }
        let mut builds = Vec::new();
        for table in &self.ddl.tables {
            builds.extend(table.keys.iter().map(Build::Key));
            builds.extend(table.indexes.iter().map(Build::Plain));
        }
        for_each(self.door, self.progress, self.request.jobs, &builds, build)?;
        let tables = &self.ddl.tables;
        self.lead.working(|database| {
            for sequence in tables.iter().flat_map(|table| &table.sequences) {
                execute(database, &sequence.set())?;
            }
            Ok(())
        })
    }

    /// First all NOT VALID, which takes no time but strong locks; then each proves that no row is an orphan.
    pub(super) fn make_foreign_keys(&mut self) -> Result<()> {
        let keys: Vec<&ForeignKey> = self
            .ddl
            .tables
            .iter()
            .flat_map(|table| &table.foreign_keys)
            .filter(|key| key.refused.is_none())
            .collect();
        self.lead.working(|database| {
            for key in &keys {
                if !has_constraint(database, &key.table, &key.name)? {
                    execute(database, &key.add_not_valid())?;
                }
            }
            Ok(())
        })?;
        for_each(self.door, self.progress, self.request.jobs, &keys, |database, key| {
            execute(database, &key.validate())
        })
    }

    /// Autovacuum is switched on again; rows are frozen and counted for the planner.
    pub(super) fn vacuum(&mut self) -> Result<()> {
        let settings: Vec<String> =
            TABLE_SETTINGS.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        for_each(self.door, self.progress, self.request.jobs, &self.ddl.tables, |database, table| {
            execute(database, &format!("VACUUM (FREEZE, ANALYZE) {}", table.name))?;
            execute(
                database,
                &format!(
                    "ALTER TABLE {0} RESET (autovacuum_enabled, toast.autovacuum_enabled); ALTER TABLE {0} SET ({1})",
                    table.name,
                    settings.join(", ")
                ),
            )
        })
    }

    /// Tries that failed have left dead rows, over which an index would be built more slowly.
    fn remove_dead_rows(&mut self) -> Result<()> {
        for_each(self.door, self.progress, self.request.jobs, &self.ddl.tables, |database, table| {
            execute(database, &format!("VACUUM {}", table.name))
        })
    }
}

fn build(database: &mut PerfDatabase, build: &Build<'_>) -> Result<()> {
    match build {
        Build::Key(key) => {
            if has_constraint(database, &key.table, &key.name)? {
                return Ok(());
            }
            // In one transaction: an index without its constraint would be in the way of the next try.
            let statement = format!("BEGIN; {}; {}; COMMIT", key.create_index(), key.attach());
            execute(database, &statement)
        }
        Build::Plain(index) => {
            if has_relation(database, &index.table, &index.name)? {
                return Ok(());
            }
            execute(database, &index.create())
        }
    }
}

fn has_constraint(database: &mut PerfDatabase, table: &str, name: &str) -> Result<bool> {
    let query =
        "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = $1::text::regclass AND conname = $2)";
    ask(database.client(), query, table, name)
}

fn has_relation(database: &mut PerfDatabase, table: &str, name: &str) -> Result<bool> {
    let query = "SELECT EXISTS (SELECT FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
                 WHERE indrelid = $1::text::regclass AND relname = $2)";
    ask(database.client(), query, table, name)
}

fn ask(client: &mut impl GenericClient, query: &str, table: &str, name: &str) -> Result<bool> {
    let row = client
        .query_one(query, &[&table, &name])
        .map_err(blame(format!("cannot look at the keys of {table}")))?;
    Ok(row.get(0))
}

fn execute(database: &mut PerfDatabase, statement: &str) -> Result<()> {
    database.client().batch_execute(statement).map_err(blame(statement))
}
