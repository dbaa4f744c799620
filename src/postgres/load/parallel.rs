//! [`for_each`]: work on several connections at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Progress;
use super::connections::{give_up, reopen};
use crate::error::{Error, Result};
use crate::postgres::guard::{Door, PerfDatabase};

/// Does the work for each item, on as many connections as are given; again where a connection was lost, so it must
/// bear being done twice.
pub(super) fn for_each<T: Sync>(
    door: &Door,
    progress: &Progress,
    jobs: usize,
    items: &[T],
    work: impl Fn(&mut PerfDatabase, &T) -> Result<()> + Sync,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<Error>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(items.len()) {
            scope.spawn(|| {
                let mut database = None;
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) =
                        persist(&mut database, door, progress, |database| work(database, item))
                    {
                        next.store(items.len(), Ordering::Relaxed);
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        return;
                    }
                }
            });
        }
    });
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

fn persist(
    database: &mut Option<PerfDatabase>,
    door: &Door,
    progress: &Progress,
    work: impl Fn(&mut PerfDatabase) -> Result<()>,
) -> Result<()> {
    let mut tries = 0;
    loop {
        if progress.is_stopped() {
            return Err(Error::Interrupted);
        }
        let mut opened = match database.take() {
            Some(opened) => opened,
            None => reopen(door, progress)?,
        };
        match work(&mut opened) {
            Err(error) if opened.is_lost() => {
                progress.lose(&opened);
                tries += 1;
                give_up(tries, progress, error)?;
            }
            result => {
                *database = Some(opened);
                return result;
            }
        }
    }
}
