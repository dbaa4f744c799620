//! A dataset's directory before and while it is made: whose it is, who may write, what may be removed.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock, statvfs};
use rustix::io::Errno;

use super::layout::Layout;
use super::manifest::Manifest;
use super::{TEMPORARY_PREFIX, TEMPORARY_SUFFIX, write_new, write_whole};
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
    /// The same dataset, finished, but files have gone or changed their size since; the text names them.
    Damaged(String),
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
    refuse_obstacle(root)?;
    let entries = match std::fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::Missing),
        Err(error) => return Err(Error::io("cannot look into", root)(error)),
    };
    let Some(theirs) = stored_plan(layout)? else {
        // What a run leaves that was killed before its plan stood there is nobody's work.
        if entries.flatten().all(|entry| is_leftover(&entry)) {
            return Ok(State::Missing);
        }
        return Err(Error::usage_hint(
            format!("`{}` is there already and is no dataset of seedmill's", root.display()),
            "it is left alone: take another --out or --seed, or move it away",
        ));
    };
    if theirs == plan {
        return Ok(match finished(layout, plan) {
            Some(manifest) => wholeness(layout, &manifest),
            None => State::Begun,
        });
    }
    let complete = layout.manifest().exists();
    let what = if complete { "another dataset" } else { "a dataset begun" };
    Ok(State::Other(format!(
        "`{}` holds {what} of the same name: its model, format or cut differs",
        root.display()
    )))
}

/// What stands nearest to a path, on the way to it, must be a folder.
fn refuse_obstacle(root: &Path) -> Result<()> {
    match root.ancestors().find(|path| path.symlink_metadata().is_ok()) {
        Some(obstacle) if !obstacle.is_dir() => Err(Error::Resource {
            message: format!("cannot make `{}`: `{}` is no folder", root.display(), obstacle.display()),
            hint: Some("take another --out, or move it away".to_owned()),
        }),
        Some(_) | None => Ok(()),
    }
}

/// The text of the directory's `plan.json`, if it is a plan of seedmill's.
fn stored_plan(layout: &Layout) -> Result<Option<String>> {
    let path = layout.plan();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => {
            return Ok(None);
        }
        Err(error) => return Err(Error::io("cannot read", &path)(error)),
    };
    let value: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    Ok(value.is_some_and(|value| value.get("seedmill_plan").is_some()).then_some(text))
}

/// The directory's manifest, if it is one of this plan's: one that was cut short or came from elsewhere is not.
fn finished(layout: &Layout, plan: &str) -> Option<Manifest> {
    let manifest = Manifest::read(&layout.root).ok()?;
    let plan: serde_json::Value = serde_json::from_str(plan).ok()?;
    let fingerprints = serde_json::to_value(&manifest.fingerprints).ok()?;
    (plan["fingerprints"] == fingerprints).then_some(manifest)
}

fn wholeness(layout: &Layout, manifest: &Manifest) -> State {
    let changed: Vec<&str> = manifest
        .parts()
        .filter(|part| {
            !std::fs::metadata(layout.file(&part.file))
                .is_ok_and(|file| file.is_file() && file.len() == part.bytes)
        })
        .map(|part| part.file.as_str())
        .collect();
    let Some(first) = changed.first() else { return State::Complete };
    State::Damaged(format!(
        "`{}` was complete, but {} of its {} files are gone or have another size, such as {first}",
        layout.root.display(),
        changed.len(),
        manifest.parts().count()
    ))
}

/// Makes the directory, locks it, and writes what comes first: the plan, which makes the directory ours, and the
/// model.
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
        write_new(&layout.plan(), plan.as_bytes())?;
    }
    let held = if shared { lock(layout, FlockOperation::NonBlockingLockShared)? } else { hold(layout)? };
    let path = layout.plan();
    if std::fs::read_to_string(&path).map_err(Error::io("cannot read", &path))? != plan {
        return Err(busy(layout));
    }
    if std::fs::read(layout.model()).ok().as_deref() != Some(model.as_bytes()) {
        write_whole(&layout.model(), model.as_bytes())?;
    }
    // A directory that has a manifest claims to be complete; one that cannot be read must not.
    if finished(layout, plan).is_none() {
        remove(&layout.manifest())?;
    }
    Ok(held)
}

/// Locks a dataset for one process alone, until the file is dropped, and removes the temporary files that killed
/// runs left.
///
/// # Errors
///
/// Another process is making the same dataset, or the file system's.
pub fn hold(layout: &Layout) -> Result<File> {
    let held = lock(layout, FlockOperation::NonBlockingLockExclusive)?;
    for folder in [layout.root.clone(), layout.file("receipts"), layout.file("psql")] {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten().filter(is_leftover) {
            remove(&entry.path())?;
        }
    }
    Ok(held)
}

fn lock(layout: &Layout, operation: FlockOperation) -> Result<File> {
    let path = layout.plan();
    let file = File::open(&path).map_err(Error::io("cannot open", &path))?;
    flock(&file, operation).map_err(|errno| match errno {
        Errno::WOULDBLOCK => busy(layout),
        other => Error::io("cannot lock", &path)(other.into()),
    })?;
    // A run with --force may have put another plan there between the opening and the lock.
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    let held = file.metadata().map_err(Error::io("cannot look at", &path))?;
    let stands = std::fs::metadata(&path).is_ok_and(|there| identity(there) == identity(held));
    if stands { Ok(file) } else { Err(busy(layout)) }
}

fn busy(layout: &Layout) -> Error {
    Error::usage_hint(
        format!("another run is making `{}`", layout.root.display()),
        "wait until it ends; for pieces of one dataset use --only-shards in every run",
    )
}

fn is_leftover(entry: &std::fs::DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX)
}

/// Removes what seedmill wrote: the files that the plan names, and ours beside them. Anything else stays.
///
/// # Errors
///
/// Another process is making the dataset, or the file system's.
pub fn clear(layout: &Layout) -> Result<()> {
    let _held = hold(layout)?;
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
                remove(&layout.file(&format!("{part}{TEMPORARY_SUFFIX}")))?;
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
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
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

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "{\"seedmill_plan\": 1}";

    fn empty() -> (tempfile::TempDir, Layout) {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::at(&folder.path().join("dataset"));
        std::fs::create_dir(&layout.root).unwrap();
        (folder, layout)
    }

    #[test]
    fn a_run_killed_before_its_plan_stands_can_go_on() {
        let (_folder, layout) = empty();
        let leftover = layout.file(".seedmill-x1y2z3.inprogress");
        std::fs::write(&leftover, "{").unwrap();
        assert_eq!(state(&layout, PLAN).unwrap(), State::Missing);
        let _held = begin(&layout, PLAN, "model: m", false).unwrap();
        assert!(!leftover.exists());
        assert_eq!(state(&layout, PLAN).unwrap(), State::Begun);
    }

    #[test]
    fn a_run_killed_between_its_plan_and_its_model_writes_the_model() {
        let (_folder, layout) = empty();
        std::fs::write(layout.plan(), PLAN).unwrap();
        assert_eq!(state(&layout, PLAN).unwrap(), State::Begun);
        let _held = begin(&layout, PLAN, "model: m", true).unwrap();
        assert_eq!(std::fs::read_to_string(layout.model()).unwrap(), "model: m");
    }

    #[test]
    fn a_dataset_that_is_being_made_is_neither_begun_nor_cleared() {
        let (_folder, layout) = empty();
        let held = begin(&layout, PLAN, "model: m", true).unwrap();
        let piece = begin(&layout, PLAN, "model: m", true).unwrap();
        assert!(begin(&layout, PLAN, "model: m", false).is_err());
        assert!(clear(&layout).is_err());
        assert!(layout.plan().exists() && layout.model().exists());
        drop((held, piece));
        clear(&layout).unwrap();
        assert!(!layout.plan().exists());
    }

    #[test]
    fn another_plan_than_the_one_that_stands_there_is_not_begun() {
        let (_folder, layout) = empty();
        drop(begin(&layout, PLAN, "model: m", false).unwrap());
        assert!(begin(&layout, "{\"seedmill_plan\": 1, \"seed\": \"s\"}", "model: m", false).is_err());
    }
}
