//! [`Spill`]: records in partitions, in memory up to a budget and beyond it in scratch files.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use crate::error::{Error, Result};

/// Bytes read at a time; a multiple of every record's size is taken of them.
const READ_BYTES: usize = 1 << 18;

/// Bytes of a partition that a [`Router`] holds back.
const ROUTED_BYTES: usize = 1 << 12;

/// Partitions of records of one size. The files go when it is dropped.
pub struct Spill {
    scratch: PathBuf,
    /// The files' own folder, made when there is something to put into it.
    folder: Mutex<Option<TempDir>>,
    partitions: Vec<Mutex<Partition>>,
    record_bytes: usize,
    /// What one partition holds in memory.
    most: usize,
}

#[derive(Default)]
struct Partition {
    held: Vec<u8>,
    /// Bytes in the file.
    spilled: usize,
}

impl Spill {
    /// Holds about `budget_bytes` in memory and the rest in a folder of its own inside `scratch`.
    pub fn new(scratch: &Path, partitions: usize, record_bytes: usize, budget_bytes: usize) -> Self {
        Self {
            scratch: scratch.to_owned(),
            folder: Mutex::new(None),
            partitions: (0..partitions).map(|_| Mutex::default()).collect(),
            record_bytes,
            most: budget_bytes / partitions,
        }
    }

    /// How many partitions there are.
    pub fn partitions(&self) -> usize {
        self.partitions.len()
    }

    /// Adds whole records to a partition; records of different threads may come in any order.
    pub fn append(&self, number: usize, records: &[u8]) -> Result<()> {
        let mut partition = locked(&self.partitions[number]);
        partition.held.extend_from_slice(records);
        if partition.held.len() <= self.most {
            return Ok(());
        }
        let path = self.path(number)?;
        let file = OpenOptions::new().create(true).append(true).open(&path);
        file.and_then(|mut file| file.write_all(&partition.held))
            .map_err(Error::io("cannot write", &path))?;
        partition.spilled += partition.held.len();
        partition.held.clear();
        Ok(())
    }

    /// How many records a partition has.
    pub fn records(&self, number: usize) -> usize {
        let partition = locked(&self.partitions[number]);
        (partition.spilled + partition.held.len()) / self.record_bytes
    }

    /// Hands out a partition's records, many at a time.
    pub fn read(&self, number: usize, mut take: impl FnMut(&[u8])) -> Result<()> {
        let partition = locked(&self.partitions[number]);
        if partition.spilled > 0 {
            let path = self.path(number)?;
            let whole = READ_BYTES / self.record_bytes * self.record_bytes;
            read_file(&path, whole, &mut take).map_err(Error::io("cannot read", &path))?;
        }
        take(&partition.held);
        Ok(())
    }

    /// Forgets a partition.
    pub fn clear(&self, number: usize) -> Result<()> {
        let partition = std::mem::take(&mut *locked(&self.partitions[number]));
        if partition.spilled > 0 {
            let path = self.path(number)?;
            std::fs::remove_file(&path).map_err(Error::io("cannot remove", &path))?;
        }
        Ok(())
    }

    fn path(&self, number: usize) -> Result<PathBuf> {
        let mut folder = locked(&self.folder);
        let folder = match &mut *folder {
            Some(folder) => folder,
            none => {
                let made = tempfile::Builder::new().prefix("spill-").tempdir_in(&self.scratch);
                none.insert(made.map_err(Error::io("cannot write in", &self.scratch))?)
            }
        };
        Ok(folder.path().join(format!("{number:04}")))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_file(path: &Path, bytes: usize, take: &mut impl FnMut(&[u8])) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; bytes];
    loop {
        let mut filled = 0;
        while filled < buffer.len() {
            match file.read(&mut buffer[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        if filled == 0 {
            return Ok(());
        }
        take(&buffer[..filled]);
    }
}

/// Sends single records to their partitions, some of each at a time.
pub struct Router<'s> {
    spill: &'s Spill,
    waiting: Vec<Vec<u8>>,
}

impl<'s> Router<'s> {
    pub fn new(spill: &'s Spill) -> Self {
        Self { spill, waiting: vec![Vec::new(); spill.partitions()] }
    }

    pub fn push(&mut self, number: usize, record: &[u8]) -> Result<()> {
        let waiting = &mut self.waiting[number];
        waiting.extend_from_slice(record);
        if waiting.len() >= ROUTED_BYTES {
            self.spill.append(number, waiting)?;
            waiting.clear();
        }
        Ok(())
    }

    /// Sends what is left.
    pub fn finish(self) -> Result<()> {
        let rest = self.waiting.iter().enumerate().filter(|(_, waiting)| !waiting.is_empty());
        for (number, waiting) in rest {
            self.spill.append(number, waiting)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_from_memory_and_from_files_and_leave_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        for budget in [0, 100, 1 << 20] {
            let spill = Spill::new(scratch.path(), 3, 3, budget);
            let mut router = Router::new(&spill);
            for number in 0..100_000_u32 {
                router.push(number as usize % 3, &number.to_le_bytes()[..3]).unwrap();
            }
            router.finish().unwrap();
            assert_eq!((spill.records(0), spill.records(2)), (33_334, 33_333));
            let mut found = Vec::new();
            spill.read(1, |records| found.extend_from_slice(records)).unwrap();
            let expected = (1..100_000_u32).step_by(3).flat_map(|number| number.to_le_bytes()[..3].to_vec());
            assert_eq!(found, expected.collect::<Vec<u8>>());
            let spilled = std::fs::read_dir(scratch.path()).unwrap().count();
            assert_eq!(spilled, usize::from(budget < 1 << 20));
            spill.clear(1).unwrap();
            assert_eq!(spill.records(1), 0);
            drop(spill);
            assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
        }
    }
}
