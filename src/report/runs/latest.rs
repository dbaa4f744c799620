//! [`point`]: `latest_run.json`, a relative symlink to the newest record.

use std::os::unix::fs::symlink;
use std::path::Path;

use super::record::RunRecord;
use crate::dataset::TEMPORARY_SUFFIX;
use crate::dataset::directory::remove;
use crate::error::{Error, Result};

/// The link's name.
pub(super) const NAME: &str = "latest_run.json";

/// Points the link at a record of its folder, or removes it where there is none. It is replaced at once, so that a
/// reader always finds one. What stands there and is not ours stays: then the answer says so.
pub(super) fn point(folder: &Path, newest: Option<&str>) -> Result<Option<String>> {
    let link = folder.join(NAME);
    if let Ok(metadata) = link.symlink_metadata()
        && !metadata.is_symlink()
        && !is_copy(&link)
    {
        return Ok(Some(format!("`{}` is no link of seedmill's: it stays as it is", link.display())));
    }
    let Some(newest) = newest else { return remove(&link).map(|()| None) };
    let temporary = folder.join(format!(".{NAME}-{}{TEMPORARY_SUFFIX}", std::process::id()));
    remove(&temporary)?;
    symlink(newest, &temporary).map_err(Error::io("cannot make the link", &temporary))?;
    std::fs::rename(&temporary, &link).map_err(Error::io("cannot write", &link))?;
    Ok(None)
}

/// A link becomes a copy of its record where a folder was copied to a system without links.
fn is_copy(link: &Path) -> bool {
    std::fs::read(link).is_ok_and(|text| serde_json::from_slice::<RunRecord>(&text).is_ok())
}
