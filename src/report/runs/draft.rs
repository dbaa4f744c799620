//! [`Draft`]: the record of a load that runs: a locked file, so that the record of a load that was killed is not lost.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};

use super::name::RunName;
use super::record::RunRecord;
use crate::dataset::directory::remove;
use crate::dataset::{TEMPORARY_SUFFIX, json_text};
use crate::error::{Error, Result};

/// What a record says whose load never told how it ended.
const KILLED: &str = "the load ended without a word: it was killed, or the machine went down";

/// The file of a running load. It is locked as long as the load's process lives.
pub(super) struct Draft {
    path: PathBuf,
    file: File,
}

/// What a draft that was found turned out to be.
pub(super) enum Found {
    /// Its load runs.
    Running,
    /// Its load was killed; this is what is left to record. The lock is held until the draft is dropped.
    Dead(Draft, Box<RunRecord>),
    /// It cannot be read, or is gone.
    Nothing,
}

impl Draft {
    /// Takes a name in a folder; none if it is taken already.
    pub(super) fn take(folder: &Path, name: RunName) -> Result<Option<Self>> {
        let path = folder.join(format!(".{}{TEMPORARY_SUFFIX}", name.file()));
        let file = match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => return Err(Error::io("cannot write", &path)(error)),
        };
        flock(&file, FlockOperation::LockExclusive)
            .map_err(|errno| Error::io("cannot lock", &path)(errno.into()))?;
        Ok(Some(Self { path, file }))
    }

    /// The name that a file of [`Draft::take`] stands for.
    pub(super) fn name_of(file: &str) -> Option<RunName> {
        RunName::of_file(file.strip_prefix('.')?.strip_suffix(TEMPORARY_SUFFIX)?)
    }

    /// Looks at a draft that may be another process's.
    pub(super) fn find(path: &Path) -> Result<Found> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(Error::io("cannot open", path)(error)),
        };
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Ok(Found::Running);
        }
        // Its load may have ended in order, and removed it, just before.
        let metadata = file.metadata().map_err(Error::io("cannot look at", path))?;
        let mut text = String::new();
        if metadata.nlink() == 0 || file.read_to_string(&mut text).is_err() {
            return Ok(Found::Nothing);
        }
        let Ok(mut record) = serde_json::from_str::<RunRecord>(&text) else { return Ok(Found::Nothing) };
        let last_sign = metadata.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
        record.load_completed_at = last_sign.unwrap_or(record.load_started_at).max(record.load_started_at);
        Ok(Found::Dead(Self { path: path.to_owned(), file }, Box::new(record)))
    }

    /// Writes what would be recorded if the load were killed now. The time of writing counts as its last sign of
    /// life.
    pub(super) fn keep(&self, record: &RunRecord) -> Result<()> {
        let mut record = record.clone();
        record.errors.push(KILLED.to_owned());
        let text = json_text(&record)?;
        self.file
            .write_all_at(text.as_bytes(), 0)
            .and_then(|()| self.file.set_len(text.len() as u64))
            .map_err(Error::io("cannot write", &self.path))
    }

    /// Removes it: the record itself stands.
    pub(super) fn done(self) -> Result<()> {
        remove(&self.path)
    }
}
