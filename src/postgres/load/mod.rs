//! [`load`]: a dataset into a schema of its own, exactly once.
//!
//! ```text
//!  lock the schema's name          one loader at a time
//!        ▼ tables                  types and tables without keys, the ledger's lines: one transaction
//!        ▼ rows                    each part: claim its line, COPY, figures, commit; over several connections
//!        ▼ keys                    unique and primary keys, indexes, sequences
//!        ▼ vacuum                  VACUUM (FREEZE, ANALYZE), autovacuum back on
//!        ▼ foreign keys            each looks at every row: planned by the statistics that are there now
//!        ▼ verification            every part's figures again, from the rows that its transaction left
//!  close the ledger                a durable commit
//! ```
//!
//! Every phase looks at what is there before it does anything, so that a load that stopped anywhere goes on by
//! running it again. A connection that is lost is opened again; what it had not committed is not there.

mod connections;
mod finish;
mod parallel;
mod rows;
mod stream;
mod tables;
mod verification;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::dataset::ddl::Ddl;
use crate::dataset::manifest::Manifest;
use crate::error::{Error, Result};
use crate::postgres::guard::{Door, PerfDatabase};
use crate::postgres::ledger::{self, Entry};

pub(in crate::postgres) use connections::lock_schema;
use connections::{Lead, cancel_when_stopped};
pub use tables::make_empty;
pub use verification::Verification;

/// How rows are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A transaction for each part, several connections into one table.
    Parts,
    /// A transaction for each table, on one connection, with COPY's FREEZE: rows arrive frozen, and without WAL
    /// where `wal_level` is `minimal`. A table that fails begins again.
    Tables,
}

impl Mode {
    /// The ledger's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parts => "parts",
            Self::Tables => "tables",
        }
    }
}

/// What is asked for.
pub struct Request<'r> {
    /// The dataset's directory.
    pub directory: &'r Path,
    /// Its manifest.
    pub manifest: &'r Manifest,
    /// SHA-256 of the manifest's bytes, by which a dataset is known again.
    pub manifest_sha256: &'r str,
    /// The schema that it goes into.
    pub schema: &'r str,
    /// Connections that work at a time.
    pub jobs: usize,
    /// How rows are sent.
    pub mode: Mode,
    /// A role that may read the tables.
    pub reader: Option<&'r str>,
}

/// What a load is doing.
#[derive(Clone, Copy, Debug)]
pub struct Current {
    /// The phase's name.
    pub name: &'static str,
    /// When it began.
    pub since: Instant,
}

/// How far a load has come; read by whoever shows it.
#[derive(Default)]
pub struct Progress {
    /// Rows sent by this run, those of failed tries taken back.
    pub rows: AtomicU64,
    /// Bytes sent likewise.
    pub bytes: AtomicU64,
    /// Rows that were there when this run began.
    pub rows_before: AtomicU64,
    /// Set to stop the load; shared with whoever sets it.
    pub stop: Arc<AtomicBool>,
    phase: Mutex<Option<Current>>,
    /// Processes of the server that work for this load.
    backends: Mutex<Vec<i32>>,
    /// Those whose connections were lost; the server may not know it.
    lost: Mutex<Vec<i32>>,
    notices: Mutex<Vec<String>>,
    /// Whether a try has failed, which leaves dead rows.
    retried: AtomicBool,
}

impl Progress {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn add(&self, rows: u64, bytes: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn take_back(&self, rows: u64, bytes: u64) {
        self.rows.fetch_sub(rows, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn backends(&self) -> Vec<i32> {
        self.backends.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lost(&self) -> Vec<i32> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn gain(&self, database: &PerfDatabase) {
        self.backends.lock().unwrap_or_else(PoisonError::into_inner).push(database.process());
    }

    fn lose(&self, database: &PerfDatabase) {
        let process = database.process();
        self.backends.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| *other != process);
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).push(process);
    }

    fn forget_lost(&self, ended: &[i32]) {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).retain(|process| !ended.contains(process));
    }

    /// What is being done; nothing before the first phase.
    pub fn phase(&self) -> Option<Current> {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notice(&self, text: String) {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    fn has_retried(&self) -> bool {
        self.retried.load(Ordering::Relaxed)
    }

    /// What has happened that is worth a line, since it was asked the last time.
    pub fn take_notices(&self) -> Vec<String> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A stretch of a load.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Its name.
    pub name: &'static str,
    /// How long it took.
    pub seconds: f64,
}

/// What a load came to, as far as it came.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Rows that are there, by entity in the order of the manifest, as the ledger says.
    pub rows: Vec<(String, u64)>,
    /// The phases that ended, in order.
    pub phases: Vec<Phase>,
    /// Whether an earlier run had begun.
    pub resumed: bool,
    /// Whether an earlier run had ended, so that there was nothing to do.
    pub already: bool,
    /// What was proved.
    pub verification: Option<Verification>,
}

/// A load that has its lock.
struct Load<'l> {
    request: &'l Request<'l>,
    ddl: &'l Ddl,
    progress: &'l Progress,
    door: &'l Door,
    lead: Lead<'l>,
    entry: Entry,
}

/// Loads a dataset, or goes on with one. The report tells how far it came, also where it failed.
///
/// # Errors
///
/// [`Error::Usage`] where the schema is somebody else's or holds another dataset, [`Error::File`] where a part is
/// not as the manifest records it, [`Error::Database`] for the server's, [`Error::Interrupted`].
pub fn load(door: &Door, request: &Request<'_>, progress: &Progress, report: &mut Report) -> Result<()> {
    let result = run(door, request, progress, report);
    match result {
        // What the stop broke off is no fault of the server's.
        Err(Error::Database { .. }) if progress.is_stopped() => Err(Error::Interrupted),
        result => result,
    }
}

fn run(door: &Door, request: &Request<'_>, progress: &Progress, report: &mut Report) -> Result<()> {
    tables::refuse_schema_name(request.schema)?;
    let ddl = Ddl::of(request.manifest, Some(request.schema));
    let lead = Lead::begin(door, request.schema, progress)?;
    let mut load = begin(door, request, &ddl, progress, lead, report)?;
    let result = cancel_when_stopped(door, progress, || {
        if load.entry.completed {
            report.already = true;
            return Ok(());
        }
        load.phases(report)
    });
    // The report tells what is there also where something failed; a server that is gone cannot say.
    let load_id = load.entry.load_id;
    if let Ok(known) = load.lead.glance(|database| ledger::loaded_rows(database.client(), load_id)) {
        report.rows = in_order(&known, request.manifest);
    }
    result
}

fn begin<'l>(
    door: &'l Door,
    request: &'l Request<'l>,
    ddl: &'l Ddl,
    progress: &'l Progress,
    mut lead: Lead<'l>,
    report: &mut Report,
) -> Result<Load<'l>> {
    let entry = timed("tables", progress, report, |report| {
        let (entry, resumed) = tables::prepare(&mut lead, request, ddl)?;
        report.resumed = resumed;
        Ok(entry)
    })?;
    Ok(Load { request, ddl, progress, door, lead, entry })
}

/// What the connections of a load have in common.
struct Common<'c> {
    request: &'c Request<'c>,
    ddl: &'c Ddl,
    progress: &'c Progress,
    door: &'c Door,
    load_id: i64,
}

impl<'l> Load<'l> {
    fn common(&self) -> Common<'l> {
        let Self { request, ddl, progress, door, entry, .. } = self;
        Common { request, ddl, progress, door, load_id: entry.load_id }
    }

    fn phases(&mut self, report: &mut Report) -> Result<()> {
        let progress = self.progress;
        timed("rows", progress, report, |_| self.send_rows())?;
        timed("keys", progress, report, |_| self.make_keys())?;
        timed("vacuum", progress, report, |_| self.vacuum())?;
        timed("foreign keys", progress, report, |_| self.make_foreign_keys())?;
        timed("verification", progress, report, |report| {
            report.verification = Some(self.verify()?);
            Ok(())
        })?;
        let load_id = self.entry.load_id;
        self.lead.working(|database| ledger::close(database.client(), load_id))
    }
}

/// Rows of every entity that are there, in the order of the manifest.
fn in_order(known: &[(String, u64)], manifest: &Manifest) -> Vec<(String, u64)> {
    let rows = |name: &str| known.iter().find(|(entity, _)| entity == name).map_or(0, |(_, rows)| *rows);
    manifest.entities.iter().map(|entity| (entity.name.clone(), rows(&entity.name))).collect()
}

#[expect(clippy::disallowed_methods, reason = "the phases of a run are timed here")]
fn timed<T>(
    name: &'static str,
    progress: &Progress,
    report: &mut Report,
    work: impl FnOnce(&mut Report) -> Result<T>,
) -> Result<T> {
    if progress.is_stopped() {
        return Err(Error::Interrupted);
    }
    let start = Instant::now();
    *progress.phase.lock().unwrap_or_else(PoisonError::into_inner) = Some(Current { name, since: start });
    let result = work(report);
    report.phases.push(Phase { name, seconds: start.elapsed().as_secs_f64() });
    result
}
