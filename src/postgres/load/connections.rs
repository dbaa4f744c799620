//! [`Lead`]: the connection that leads a load, and how connections are opened again after they were lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use postgres::types::ToSql;

use super::Progress;
use crate::error::{Error, Result};
use crate::postgres::connection::blame;
use crate::postgres::guard::{Door, PerfDatabase};

/// How long a server that went away is waited for: a crash and a restart.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the lock of a loader that was killed may outlive it.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// What the server shows these connections as.
const PURPOSE: &str = "load";
const PAUSE: Duration = Duration::from_millis(200);
const TICK: Duration = Duration::from_millis(50);
/// The first half of the advisory lock's key: `seed` in ASCII. The second is the schema's hash.
const LOCK_CLASS: i32 = 0x7365_6564;
/// How long the server may take to end a process, in milliseconds.
const ENDING_PATIENCE: i64 = 5_000;
/// Tries of one piece of work whose connection is lost every time.
const MOST_TRIES: usize = 5;

/// The connection that leads: it holds the lock on the schema's name, so that two loaders do not meet there.
pub(super) struct Lead<'l> {
    door: &'l Door,
    schema: &'l str,
    progress: &'l Progress,
    database: Option<PerfDatabase>,
}

impl<'l> Lead<'l> {
    /// Connects and takes the lock.
    pub(super) fn begin(door: &'l Door, schema: &'l str, progress: &'l Progress) -> Result<Self> {
        let mut database = open(door, progress)?;
        lock_schema(&mut database, schema)?;
        Ok(Self { door, schema, progress, database: Some(database) })
    }

    /// The connection, opened and locked again where it was lost.
    pub(super) fn database(&mut self) -> Result<&mut PerfDatabase> {
        if self.database.is_none() {
            let mut database = reopen(self.door, self.progress)?;
            lock(&mut database, self.schema)?;
            self.database = Some(database);
        }
        self.database.as_mut().ok_or_else(|| Error::internal("no leading connection"))
    }

    /// Looks once, and does not wait for a server that is gone.
    pub(super) fn glance<T>(&mut self, look: impl FnOnce(&mut PerfDatabase) -> Result<T>) -> Result<T> {
        if self.database.as_mut().is_none_or(PerfDatabase::is_lost) {
            self.database = None;
            return look(&mut open(self.door, self.progress)?);
        }
        look(self.database()?)
    }

    /// Does a piece of work that may be done twice, again where its connection was lost.
    pub(super) fn working<T>(&mut self, mut work: impl FnMut(&mut PerfDatabase) -> Result<T>) -> Result<T> {
        let mut tries = 0;
        loop {
            let progress = self.progress;
            let result = work(self.database()?);
            let lost = result.is_err() && self.database.as_mut().is_none_or(PerfDatabase::is_lost);
            match result {
                Err(error) if lost => {
                    if let Some(database) = self.database.take() {
                        progress.lose(&database);
                    }
                    tries += 1;
                    give_up(tries, progress, error)?;
                }
                result => return result,
            }
        }
    }
}

/// Ends what the server still does for connections that this load has lost: where the wire broke, it may not have
/// noticed, and their locks would stay.
fn end_lost(database: &mut PerfDatabase, progress: &Progress) -> Result<()> {
    let lost = progress.lost();
    if lost.is_empty() {
        return Ok(());
    }
    end_processes(database, "pid = ANY ($2) AND pid <> ALL ($3)", &[&lost, &progress.backends()])?;
    progress.forget_lost(&lost);
    Ok(())
}

/// Ends what the server still does for a loader that is gone, such as building an index: nobody else may work on
/// the schema, whose lock this connection holds.
fn end_left_behind(database: &mut PerfDatabase, schema: &str) -> Result<()> {
    let at_work = "pid IN (SELECT pid FROM pg_locks JOIN pg_class ON pg_class.oid = relation \
                   JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $2 \
                   AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
    end_processes(database, at_work, &[&schema])
}

/// Ends processes of this role's loads in this database, and waits for their end.
fn end_processes(database: &mut PerfDatabase, which: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<()> {
    let query = format!(
        "SELECT pg_terminate_backend(pid, {ENDING_PATIENCE}) FROM pg_stat_activity \
         WHERE usename = session_user AND datname = current_database() AND pid <> pg_backend_pid() \
         AND starts_with(application_name, $1) AND {which}"
    );
    let name = format!("seedmill {PURPOSE}");
    let parameters: Vec<&(dyn ToSql + Sync)> =
        std::iter::once(&name as &(dyn ToSql + Sync)).chain(parameters.iter().copied()).collect();
    database.client().query(&query, &parameters).map_err(blame("cannot end what a lost connection left"))?;
    Ok(())
}

/// Notes a lost connection, and fails where it is not worth another try.
pub(super) fn give_up(tries: usize, progress: &Progress, error: Error) -> Result<()> {
    if progress.is_stopped() {
        return Err(Error::Interrupted);
    }
    if tries >= MOST_TRIES {
        return Err(error);
    }
    progress.retried.store(true, Ordering::Relaxed);
    progress.notice(format!("connection lost, going on with a new one ({error})"));
    Ok(())
}

/// Connects to a server that may just be starting again. A refusal is final.
#[expect(clippy::disallowed_methods, reason = "waiting ends somewhere")]
pub(super) fn reopen(door: &Door, progress: &Progress) -> Result<PerfDatabase> {
    let start = Instant::now();
    let mut told = false;
    loop {
        let opened = open(door, progress).and_then(|mut database| {
            end_lost(&mut database, progress)?;
            Ok(database)
        });
        match opened {
            Err(Error::Database { .. }) if progress.is_stopped() => return Err(Error::Interrupted),
            Err(error @ Error::Database { .. }) if start.elapsed() < PATIENCE => {
                if !told {
                    progress.notice(format!("no connection, trying for {} s ({error})", PATIENCE.as_secs()));
                    told = true;
                }
                std::thread::sleep(PAUSE);
            }
            result => return result,
        }
    }
}

/// Connects, and tells the progress which process of the server works here.
fn open(door: &Door, progress: &Progress) -> Result<PerfDatabase> {
    let database = door.open(PURPOSE)?;
    progress.gain(&database);
    Ok(database)
}

/// Takes the lock on a schema's name for as long as the connection lives.
#[expect(clippy::disallowed_methods, reason = "waiting ends somewhere")]
fn lock(database: &mut PerfDatabase, schema: &str) -> Result<()> {
    let start = Instant::now();
    let query = "SELECT pg_try_advisory_lock($1, hashtext($2))";
    loop {
        let row = database
            .client()
            .query_one(query, &[&LOCK_CLASS, &schema])
            .map_err(blame("cannot lock the schema's name"))?;
        if row.get(0) {
            return Ok(());
        }
        if start.elapsed() > LOCK_PATIENCE {
            return Err(busy(database, schema)?);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Says who holds the lock.
fn busy(database: &mut PerfDatabase, schema: &str) -> Result<Error> {
    let query = "SELECT format(' (process %s of %s, connected since %s from %s)', activity.pid, activity.usename, \
                 to_char(activity.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ'), coalesce(host(activity.client_addr), 'here')) \
                 FROM pg_locks JOIN pg_stat_activity AS activity USING (pid) \
                 WHERE locktype = 'advisory' AND classid::bigint = $1 AND objid = (hashtext($2)::bigint & 4294967295)::oid \
                 AND granted AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let row = database
        .client()
        .query_opt(query, &[&i64::from(LOCK_CLASS), &schema])
        .map_err(blame("cannot ask who holds the lock"))?;
    let holder: String = row.map_or_else(String::new, |row| row.get(0));
    Ok(Error::usage_hint(
        format!("another load or teardown is working on the schema `{schema}`{holder}"),
        "wait until it ends, or take another --schema; where the network broke, the process may outlive its loader: \
         SELECT pg_terminate_backend(its number) ends it",
    ))
}

/// Takes the lock for a load or a teardown that begins.
pub(in crate::postgres) fn lock_schema(database: &mut PerfDatabase, schema: &str) -> Result<()> {
    lock(database, schema)?;
    end_left_behind(database, schema)
}

/// Does work, and breaks off what its connections wait for on the server as soon as the load is stopped.
pub(super) fn cancel_when_stopped<T>(
    door: &Door,
    progress: &Progress,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                std::thread::park_timeout(TICK);
                if progress.is_stopped() && !ended.load(Ordering::Relaxed) {
                    cancel(door, progress);
                    std::thread::park_timeout(PAUSE);
                }
            }
        });
        let result = work();
        ended.store(true, Ordering::Relaxed);
        watcher.thread().unpark();
        result
    })
}

/// Cancels the statements of this load's own connections. That it cannot is no reason to fail: they end by
/// themselves then, later.
fn cancel(door: &Door, progress: &Progress) {
    let Ok(mut database) = door.open("stop") else { return };
    // A process that has ended may have left its number to another's.
    let query = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
                 WHERE pid = ANY ($1) AND usename = session_user AND starts_with(application_name, $2)";
    let _ = database.client().query(query, &[&progress.backends(), &format!("seedmill {PURPOSE}")]);
}
