//! [`verify_files`]: a dataset's files against its manifest.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::layout::Layout;
use super::manifest::{Manifest, Part};
use crate::error::{Error, Result};
use crate::model::text_form::write::hexadecimal;

/// Something that is not as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The file, from the dataset's root.
    pub file: String,
    /// What is wrong with it.
    pub message: String,
}

impl Finding {
    /// A finding about a file.
    pub fn new(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), message: message.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.file, self.message)
    }
}

/// Compares every part with its recorded size and SHA-256, the manifest with its own, and looks for files that
/// nobody recorded.
///
/// # Errors
///
/// A folder that cannot be listed; an unreadable file is a finding.
pub fn verify_files(layout: &Layout, manifest: &Manifest, threads: usize) -> Result<Vec<Finding>> {
    let parts: Vec<&Part> = manifest.parts().collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.min(parts.len()).max(1)).build()?;
    let mut findings: Vec<Finding> =
        pool.install(|| parts.par_iter().filter_map(|part| verify_part(layout, part)).collect());
    findings.extend(verify_sums(layout, manifest)?);
    findings.extend(extra_files(layout, manifest)?);
    Ok(findings)
}

fn verify_part(layout: &Layout, part: &Part) -> Option<Finding> {
    let path = layout.file(&part.file);
    let size = match std::fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Some(Finding::new(&part.file, "is missing"));
        }
        Err(error) => return Some(Finding::new(&part.file, format!("cannot be read: {error}"))),
    };
    if size != part.bytes {
        return Some(Finding::new(
            &part.file,
            format!("has {size} bytes, the manifest records {}", part.bytes),
        ));
    }
    match sha256(&path) {
        Ok(found) if found == part.sha256 => None,
        Ok(found) => Some(Finding::new(
            &part.file,
            format!("has other bytes than were recorded: sha256 {found} instead of {}", part.sha256),
        )),
        Err(error) => Some(Finding::new(&part.file, format!("cannot be read: {error}"))),
    }
}

fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hexadecimal(&hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// `SHA256SUMS` must name every part and the manifest, with the manifest's own digests.
fn verify_sums(layout: &Layout, manifest: &Manifest) -> Result<Vec<Finding>> {
    let name = "SHA256SUMS";
    let Ok(text) = std::fs::read_to_string(layout.checksums()) else {
        return Ok(vec![Finding::new(name, "is missing or cannot be read")]);
    };
    let path = layout.manifest();
    let own = sha256(&path).map_err(Error::io("cannot read", &path))?;
    let expected: BTreeSet<String> =
        manifest.parts().map(|part| format!("{}  {}", part.sha256, part.file)).collect();
    let mut findings = Vec::new();
    if !text.lines().any(|line| line == format!("{own}  manifest.json")) {
        findings.push(Finding::new("manifest.json", "has other bytes than SHA256SUMS records"));
    }
    let recorded: BTreeSet<&str> = text.lines().collect();
    for part in manifest.parts() {
        if !recorded.contains(format!("{}  {}", part.sha256, part.file).as_str()) {
            let message = format!("does not record `{}` as the manifest does", part.file);
            findings.push(Finding::new(name, message));
        }
    }
    let strange = text.lines().filter(|line| !line.ends_with("  manifest.json") && !expected.contains(*line));
    findings
        .extend(strange.map(|line| Finding::new(name, format!("has a line that is not its own: `{line}`"))));
    let rows_differ = manifest
        .entities
        .iter()
        .filter(|entity| entity.parts.iter().map(|part| part.rows).sum::<u64>() != entity.rows);
    findings.extend(rows_differ.map(|entity| {
        Finding::new("manifest.json", format!("the parts of `{}` do not sum to its rows", entity.name))
    }));
    Ok(findings)
}

fn extra_files(layout: &Layout, manifest: &Manifest) -> Result<Vec<Finding>> {
    let known: BTreeSet<&str> = manifest.parts().map(|part| part.file.as_str()).collect();
    let mut findings = Vec::new();
    for entity in &manifest.entities {
        let folder = layout.file(&entity.name);
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let entry = entry.map_err(Error::io("cannot list", &folder))?;
            let file = format!("{}/{}", entity.name, entry.file_name().to_string_lossy());
            if !known.contains(file.as_str()) {
                findings.push(Finding::new(&file, "is not recorded in the manifest"));
            }
        }
    }
    findings.sort_by(|left, right| left.file.cmp(&right.file));
    Ok(findings)
}
