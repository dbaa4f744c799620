//! [`generated_at`]: what a record tells of the dataset's making.

use std::path::Path;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::dataset::layout::Layout;
use crate::dataset::manifest::Manifest;
use crate::error::{Error, Result};
use crate::model::text_form::write::hexadecimal;

/// When a dataset was made: as the newest generation report beside it says, else when its manifest was written.
///
/// # Errors
///
/// The manifest cannot be looked at.
pub fn generated_at(dataset: &Path, manifest: &Manifest) -> Result<Timestamp> {
    if let Some(told) = reported(dataset, manifest) {
        return Ok(told);
    }
    let path = Layout::at(dataset).manifest();
    let modified = std::fs::metadata(&path)
        .and_then(|metadata| metadata.modified())
        .map_err(Error::io("cannot look at", &path))?;
    Ok(Timestamp::try_from(modified).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn reported(dataset: &Path, manifest: &Manifest) -> Option<Timestamp> {
    let reports = dataset.canonicalize().ok()?.parent()?.join("reports");
    let fingerprints = serde_json::to_value(&manifest.fingerprints).ok()?;
    let prefix = format!("report_{}_", manifest.band.replace(['/', '\\'], "_"));
    std::fs::read_dir(reports)
        .ok()?
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .filter_map(|entry| {
            let report: serde_json::Value =
                serde_json::from_slice(&std::fs::read(entry.path()).ok()?).ok()?;
            let is_of_it = report["fingerprints"] == fingerprints && report["seed"] == *manifest.seed;
            is_of_it.then(|| report["generated_at"].as_str()?.parse().ok())?
        })
        .max()
}

/// SHA-256 of a dataset's `SHA256SUMS`, which names every part and the manifest: it is equal where they are.
///
/// # Errors
///
/// The file cannot be read.
pub fn sums_digest(dataset: &Path) -> Result<String> {
    let path = Layout::at(dataset).checksums();
    let sums = std::fs::read(&path).map_err(Error::io("cannot read", &path))?;
    Ok(sha256(&sums))
}

/// SHA-256, in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}
