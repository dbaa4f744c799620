//! The dataset on disk: its directory, what its files hold, how they are encoded, read back and digested.

pub mod csv_reader;
pub mod ddl;
pub mod digest;
pub mod directory;
pub mod fingerprint;
pub mod format;
pub mod layout;
pub mod manifest;
pub mod observations;
mod psql;
pub mod reader;
mod readme;
pub mod receipt;
pub mod seal;
pub mod stored;
pub mod table;
pub mod text_builder;
pub mod verify;

use std::io::Write;
use std::path::Path;

use crate::error::{Error, Result};

/// How temporary files of [`write_whole`] begin.
const TEMPORARY_PREFIX: &str = ".seedmill-";
/// How temporary files end, those of parts too.
pub const TEMPORARY_SUFFIX: &str = ".inprogress";

/// A value as a file of JSON has it: indented, with a last line end.
///
/// # Errors
///
/// A value that JSON cannot hold.
pub fn json_text(value: &impl serde::Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value).map_err(Error::internal)? + "\n")
}

/// Writes a small file whole or not at all: to a temporary name, synced, renamed.
///
/// # Errors
///
/// The file system's, with the path.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let file = write_temporary(path, bytes)?;
    file.persist(path).map_err(|error| Error::io("cannot write", path)(error.error))?;
    Ok(())
}

/// As [`write_whole`], but never over a file that is there already: whether it was written.
///
/// # Errors
///
/// The file system's, with the path.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<bool> {
    match write_temporary(path, bytes)?.persist_noclobber(path) {
        Ok(_) => Ok(true),
        // Who was first may also have removed the temporary file of who was second.
        Err(_) if path.symlink_metadata().is_ok() => Ok(false),
        Err(error) => Err(Error::io("cannot write", path)(error.error)),
    }
}

fn write_temporary(path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(Error::io("cannot make the folder", folder))?;
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        .suffix(TEMPORARY_SUFFIX)
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder)
        .map_err(Error::io("cannot write in", folder))?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(Error::io("cannot write", path))?;
    Ok(file)
}
