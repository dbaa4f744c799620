//! What comes after the rows: keys, indexes, foreign keys, sequences, VACUUM. Each looks first whether it is there.

use postgres::GenericClient;

use super::Load;
use super::parallel::for_each;
use crate::dataset::ddl::{ForeignKey, Index, Sequence, UniqueKey};
use crate::error::Result;
use crate::postgres::connection::blame;
use crate::postgres::guard::PerfDatabase;
use crate::postgres::provision::TABLE_SETTINGS;

/// An index to build: building is what takes time.
struct Build<'b> {
    table: &'b str,
    name: &'b str,
    statement: String,
}

impl Load<'_> {
    /// Unique and primary keys, plain indexes, and sequences.
    pub(super) fn make_keys(&mut self) -> Result<()> {
        if self.entry.attempts > 1 || self.progress.has_retried() {
            self.remove_dead_rows()?;
        }
        let keys: Vec<&UniqueKey> = self.ddl.tables.iter().flat_map(|table| &table.keys).collect();
        let builds: Vec<Build<'_>> =
            keys.iter().map(|key| Build::of_key(key)).chain(self.plain_builds()).collect();
        for_each(self.door, self.progress, self.request.jobs, &builds, Build::run)?;
        let sequences: Vec<String> =
            self.ddl.tables.iter().flat_map(|table| &table.sequences).map(Sequence::set).collect();
        // One after the other: a constraint takes a lock that two builds on one table would wait for in a ring.
        self.lead.working(|database| {
            for key in &keys {
                if !has_constraint(database, &key.table, &key.name)? {
                    execute(database, &key.attach())?;
                }
            }
            sequences.iter().try_for_each(|statement| execute(database, statement))
        })
    }

    fn plain_builds(&self) -> impl Iterator<Item = Build<'_>> {
        self.ddl.tables.iter().flat_map(|table| &table.indexes).map(Build::of_index)
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

impl<'b> Build<'b> {
    fn of_key(key: &'b UniqueKey) -> Self {
        Self { table: &key.table, name: &key.name, statement: key.create_index() }
    }

    fn of_index(index: &'b Index) -> Self {
        Self { table: &index.table, name: &index.name, statement: index.create() }
    }

    /// A statement of its own, so that an index is there whole or not at all.
    fn run(database: &mut PerfDatabase, build: &Self) -> Result<()> {
        if has_index(database, build.table, build.name)? {
            return Ok(());
        }
        execute(database, &build.statement)
    }
}

fn has_constraint(database: &mut PerfDatabase, table: &str, name: &str) -> Result<bool> {
    let query =
        "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = $1::text::regclass AND conname = $2)";
    ask(database.client(), query, table, name)
}

fn has_index(database: &mut PerfDatabase, table: &str, name: &str) -> Result<bool> {
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
