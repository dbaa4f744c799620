//! [`Load::send_rows`]: parts to tables, over several connections.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Scope;
use std::time::Duration;

use postgres::Transaction;

use super::connections::{give_up, reopen};
use super::stream::{Consignment, Counted, PartFile, Reading, send};
use super::tables::compare_columns;
use super::{Common, Load, Mode};
use crate::dataset::ddl::Table;
use crate::dataset::layout::Layout;
use crate::dataset::manifest::{EntityManifest, Part};
use crate::error::{Error, Result};
use crate::postgres::connection::blame;
use crate::postgres::guard::PerfDatabase;
use crate::postgres::ledger::{self, Pending};

/// Rounds over what is left that may end without one more part.
const MOST_IDLE_ROUNDS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// What one transaction loads: a part, or all parts of a table.
struct Unit<'u> {
    entity: &'u EntityManifest,
    table: &'u Table,
    parts: Vec<&'u Part>,
}

/// What a connection has taken, with the first part that is being read for it.
struct Taken<'q, 's> {
    unit: Unit<'q>,
    reading: Reading<'s>,
}

/// The units that nobody has taken, and who works where.
struct Queue<'q> {
    units: Vec<Unit<'q>>,
    active: BTreeMap<String, usize>,
    failure: Option<Error>,
}

impl<'q> Queue<'q> {
    /// The next unit of the table on which the fewest connections work: two connections into one table wait for
    /// each other. Of a table's the first, which is the largest.
    fn take(&mut self) -> Option<Unit<'q>> {
        let busy = |unit: &Unit<'_>| self.active.get(&unit.entity.name).copied().unwrap_or(0);
        let at = (0..self.units.len()).min_by_key(|at| (busy(&self.units[*at]), *at))?;
        let unit = self.units.remove(at);
        *self.active.entry(unit.entity.name.clone()).or_default() += 1;
        Some(unit)
    }

    fn done(&mut self, entity: &str) {
        if let Some(count) = self.active.get_mut(entity) {
            *count -= 1;
        }
    }
}

impl Load<'_> {
    /// Sends every part that is not there yet. What a lost connection had not committed comes again in the next
    /// round: after each the ledger is asked what is left, so that a lost acknowledgement loads nothing twice.
    pub(super) fn send_rows(&mut self) -> Result<()> {
        let load_id = self.entry.load_id;
        let known = self.lead.working(|database| ledger::loaded_rows(database.client(), load_id))?;
        let before: u64 = known.iter().map(|(_, rows)| rows).sum();
        self.progress.rows_before.store(before, std::sync::atomic::Ordering::Relaxed);
        let (mut idle, mut left) = (0, usize::MAX);
        loop {
            let pending = self.lead.working(|database| {
                // What is built on the rows must not outlive them in a crash.
                ledger::settle(database.client(), load_id)?;
                ledger::pending(database.client(), load_id)
            })?;
            if pending.is_empty() {
                return Ok(());
            }
            idle = if pending.len() < left { 0 } else { idle + 1 };
            left = pending.len();
            if idle > MOST_IDLE_ROUNDS {
                return Err(Error::database(format!(
                    "{left} parts stay behind, such as {}: another connection holds them",
                    pending[0].file
                )));
            }
            if idle > 0 {
                std::thread::sleep(PAUSE);
            }
            self.common().round(&pending)?;
        }
    }
}

impl Common<'_> {
    fn round(&self, pending: &[Pending]) -> Result<()> {
        let units = self.units(pending)?;
        let jobs = self.request.jobs.min(units.len());
        let queue = Mutex::new(Queue { units, active: BTreeMap::new(), failure: None });
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                let queue = &queue;
                scope.spawn(move || {
                    let worker = Worker { common: self, queue, scope };
                    if let Err(error) = worker.work() {
                        let mut queue = worker.queue();
                        // A thread that was only told to stop has nothing to say.
                        if queue.failure.is_none() || matches!(queue.failure, Some(Error::Interrupted)) {
                            queue.failure = Some(error);
                        }
                    }
                });
            }
        });
        let queue = queue.into_inner().unwrap_or_else(PoisonError::into_inner);
        queue.failure.map_or(Ok(()), Err)
    }

    /// The pending parts as units, the largest first.
    fn units(&self, pending: &[Pending]) -> Result<Vec<Unit<'_>>> {
        let mut units: Vec<Unit<'_>> = Vec::new();
        for line in pending {
            let entity = self.request.manifest.entity(&line.entity)?;
            let table = self
                .ddl
                .tables
                .iter()
                .find(|table| table.entity == entity.name)
                .ok_or_else(|| Error::internal(format!("no table for {}", entity.name)))?;
            let part = entity.parts.iter().find(|part| part.file == line.file).ok_or_else(|| {
                Error::database(format!("the ledger names {}, the manifest does not", line.file))
            })?;
            let same = units.iter_mut().find(|unit| unit.entity.name == entity.name);
            match (self.request.mode, same) {
                (Mode::Tables, Some(unit)) => unit.parts.push(part),
                (Mode::Tables, None) | (Mode::Parts, _) => {
                    units.push(Unit { entity, table, parts: vec![part] });
                }
            }
        }
        units.sort_by_key(|unit| std::cmp::Reverse(unit.parts.iter().map(|part| part.bytes).sum::<u64>()));
        Ok(units)
    }
}

/// One thread with one connection.
struct Worker<'q, 's, 'e> {
    common: &'q Common<'q>,
    queue: &'e Mutex<Queue<'q>>,
    /// Where the threads that read live.
    scope: &'s Scope<'s, 'e>,
}

impl<'q: 's, 's> Worker<'q, 's, '_> {
    fn queue(&self) -> MutexGuard<'_, Queue<'q>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) -> Result<()> {
        let progress = self.common.progress;
        let mut database = None;
        let mut tries = 0;
        let mut ahead = None;
        while let Some(taken) = self.next(ahead.take()) {
            if progress.is_stopped() {
                return Err(Error::Interrupted);
            }
            ahead = self.look_ahead(&taken.unit);
            let entity = &taken.unit.entity.name;
            let result = self.try_unit(&mut database, taken);
            self.queue().done(entity);
            match result {
                Ok(()) => tries = 0,
                Err(error) => {
                    let lost = database.as_mut().is_some_and(PerfDatabase::is_lost);
                    if !lost {
                        return Err(error);
                    }
                    if let Some(database) = database.take() {
                        progress.lose(&database);
                    }
                    tries += 1;
                    give_up(tries, progress, error)?;
                }
            }
        }
        Ok(())
    }

    /// What is loaded next: what was taken ahead, if anything was.
    fn next(&self, ahead: Option<Taken<'q, 's>>) -> Option<Taken<'q, 's>> {
        let mut queue = self.queue();
        if queue.failure.is_some() {
            return None;
        }
        ahead.or_else(|| queue.take().map(|unit| self.begin(unit)))
    }

    /// The part after this one, to be read while this one is sent. Whole tables, and parts that another connection
    /// may be free for earlier, are not taken ahead.
    fn look_ahead(&self, current: &Unit<'_>) -> Option<Taken<'q, 's>> {
        let mut queue = self.queue();
        if self.common.request.mode == Mode::Tables || queue.units.len() < self.common.request.jobs {
            return None;
        }
        // This connection will have left the table by then.
        queue.done(&current.entity.name);
        let unit = queue.take();
        *queue.active.entry(current.entity.name.clone()).or_default() += 1;
        unit.map(|unit| self.begin(unit))
    }

    fn begin(&self, unit: Unit<'q>) -> Taken<'q, 's> {
        let reading = Reading::start(self.scope, self.file(&unit, unit.parts[0]));
        Taken { unit, reading }
    }

    fn file(&self, unit: &Unit<'q>, part: &'q Part) -> PartFile<'q> {
        PartFile {
            path: Layout::at(self.common.request.directory).file(&part.file),
            part,
            shape: &unit.entity.shape,
            format: self.common.request.manifest.format,
        }
    }

    /// Loads a unit, unless somebody else holds it or has done it: the ledger will tell.
    fn try_unit(&self, database: &mut Option<PerfDatabase>, taken: Taken<'q, 's>) -> Result<()> {
        if database.is_none() {
            *database = Some(reopen(self.common.door, self.common.progress)?);
        }
        let client = database.as_mut().ok_or_else(|| Error::internal("no connection"))?.client();
        let file = &taken.unit.parts[0].file;
        let mut transaction = client.transaction().map_err(blame("cannot begin"))?;
        if let Some(counted) = self.load_unit(&mut transaction, taken)? {
            transaction.commit().map_err(blame(format!("cannot commit {file}")))?;
            counted.keep();
        }
        Ok(())
    }

    /// Rows and ledger lines, in one transaction.
    fn load_unit(
        &self,
        transaction: &mut Transaction<'_>,
        Taken { unit, reading }: Taken<'q, 's>,
    ) -> Result<Option<Counted<'q>>> {
        let load_id = self.common.load_id;
        let files: Vec<&str> = unit.parts.iter().map(|part| part.file.as_str()).collect();
        // Rows and ledger commit together, so that losing the last commits in a crash loses both.
        transaction.batch_execute("SET LOCAL synchronous_commit = off").map_err(blame("cannot begin"))?;
        if !ledger::claim(transaction, load_id, &files)? {
            return Ok(None);
        }
        let table = &unit.table.name;
        // ROW EXCLUSIVE keeps ALTER TABLE away between the look at the columns and the rows.
        let (lock, freeze) = match self.common.request.mode {
            Mode::Parts => (format!("LOCK TABLE {table} IN ROW EXCLUSIVE MODE"), ""),
            Mode::Tables => (format!("TRUNCATE {table}"), ", FREEZE"),
        };
        transaction.batch_execute(&lock).map_err(blame(format!("cannot lock {table}")))?;
        compare_columns(transaction, unit.table, &unit.entity.shape)?;
        let consignment = Consignment {
            statement: format!(
                "COPY {table} ({}) FROM STDIN (FORMAT binary{freeze})",
                unit.table.column_list()
            ),
            action: &format!("cannot copy {} into {}", files[0], unit.entity.name),
        };
        let others = unit.parts[1..].iter().map(|part| Reading::start(self.scope, self.file(&unit, part)));
        let (figures, counted) = send(transaction, &consignment, reading, others, self.common.progress)?;
        for (file, figures) in files.iter().zip(&figures) {
            ledger::complete(transaction, load_id, file, figures)?;
        }
        Ok(Some(counted))
    }
}
