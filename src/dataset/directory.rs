//! A dataset's directory before and while it is made: whose it is, who may write, what may be removed.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock, statvfs};

use super::layout::Layout;
use super::write_whole;
use crate::error::{Error, Result};

/// What stands at a dataset's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing, or an empty folder.
    Missing,
    /// The same dataset, not finished.
    Begun,
    /// The same dataset, finished.
    Complete,
    /// Another dataset of seedmill's; the text says how it differs.
    Other(String),
}

/// Looks at a dataset's path. `plan` is the text that its `plan.json` would have.
///
/// # Errors
///
/// Something stands there that is not seedmill's: it is never touched, not even with `--force`.
pub fn state(layout: &Layout, plan: &str) -> Result<State> {
    let root = &layout.root;
    let entries = match std::fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::Missing),
        Err(error) => return Err(Error::io("cannot look into", root)(error)),
    };
    let theirs = std::fs::read_to_string(layout.plan()).ok();
    let Some(theirs) = theirs.filter(|text| text.contains("\"seedmill_plan\"")) else {
        if entries.count() == 0 {
            return Ok(State::Missing);
        }
        return Err(Error::usage_hint(
            format!("`{}` is there already and is no dataset of seedmill's", root.display()),
            "it is left alone: take another --out or --seed, or move it away",
        ));
    };
    let complete = layout.manifest().exists();
    if theirs == plan {
        return Ok(if complete { State::Complete } else { State::Begun });
    }
    let what = if complete { "another dataset" } else { "a dataset begun" };
    Ok(State::Other(format!(
        "`{}` holds {what} of the same name: its model, format or cut differs",
        root.display()
    )))
}

/// Makes the directory, locks it, and writes what comes first: the plan and the model.
///
/// The lock is shared where several processes may make different shards; otherwise it is exclusive. It is held
/// until the file is dropped.
///
/// # Errors
///
/// Another process is making the same dataset, or the file system's.
pub fn begin(layout: &Layout, plan: &str, model: &str, shared: bool) -> Result<File> {
    std::fs::create_dir_all(&layout.root).map_err(Error::io("cannot make the folder", &layout.root))?;
    if !layout.plan().exists() {
        write_whole(&layout.model(), model.as_bytes())?;
        write_whole(&layout.plan(), plan.as_bytes())?;
    }
    let path = layout.plan();
    let file = File::open(&path).map_err(Error::io("cannot open", &path))?;
    let operation =
        if shared { FlockOperation::NonBlockingLockShared } else { FlockOperation::NonBlockingLockExclusive };
    flock(&file, operation).map_err(|_| {
        Error::usage_hint(
            format!("another run is making `{}`", layout.root.display()),
            "wait until it ends; for pieces of one dataset use --only-shards in every run",
        )
    })?;
    Ok(file)
}

/// Removes what seedmill wrote: the files that the plan names, and ours beside them. Anything else stays.
///
/// # Errors
///
/// The file system's.
pub fn clear(layout: &Layout) -> Result<()> {
    let text = std::fs::read_to_string(layout.plan()).map_err(Error::io("cannot read", &layout.plan()))?;
    let plan: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| Error::file(&layout.plan(), error.to_string()))?;
    // First the manifest: a directory that has it claims to be complete.
    remove(&layout.manifest())?;
    for shard in plan["shards"].as_array().into_iter().flatten() {
        let number = shard["shard"].as_u64().unwrap_or(0) as usize;
        remove(&layout.receipt(number))?;
        for part in shard["parts"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str) {
            // A plan that was tampered with must not lead out of the directory.
            if !part.split('/').any(|piece| piece == "..") && !part.starts_with('/') {
                remove(&layout.file(part))?;
            }
        }
    }
    for name in ["schema.sql", "load.sql", "constraints.sql"] {
        remove(&layout.psql(name))?;
    }
    for file in [layout.readme(), layout.model(), layout.checksums(), layout.plan()] {
        remove(&file)?;
    }
    Ok(())
}

/// Removes a file, if it is there.
///
/// # Errors
///
/// The file system's.
pub fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io("cannot remove", path)(error)),
    }
}

/// Free bytes of the file system that a path is or will be on.
///
/// # Errors
///
/// The file system's.
pub fn free_bytes(path: &Path) -> Result<u64> {
    let mut at = if path.is_absolute() { path.to_owned() } else { Path::new(".").join(path) };
    while !at.exists() {
        if !at.pop() {
            break;
        }
    }
    let stat =
        statvfs(&at).map_err(|error| Error::io("cannot measure the file system of", &at)(error.into()))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}
