//! The archives: every seed that was used, and every configuration.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::clock;
use crate::dataset::manifest::Manifest;
use crate::dataset::{json_text, write_whole};
use crate::error::{Error, Result};

/// Appends the seed to `seeds/archive/<band>_<date>.txt`, which is never overwritten. The folder `seeds` is the
/// neighbour of the default output folder, and inside any other.
///
/// # Errors
///
/// The file system's.
pub fn seed(output: &Path, manifest: &Manifest) -> Result<PathBuf> {
    let base =
        if output == Path::new("output") { Path::new("seeds").to_owned() } else { output.join("seeds") };
    let folder = base.join("archive");
    std::fs::create_dir_all(&folder).map_err(Error::io("cannot make the folder", &folder))?;
    let path = folder.join(format!("{}_{}.txt", file_safe(&manifest.band), clock::date()));
    let line = format!(
        "{}\t{}\t{}\t{}\t{}\n",
        manifest.seed.escape_default(),
        manifest.model,
        manifest.band,
        manifest.fingerprints.values,
        clock::now().strftime("%Y-%m-%dT%H:%M:%SZ")
    );
    let mut file =
        OpenOptions::new().create(true).append(true).open(&path).map_err(Error::io("cannot open", &path))?;
    file.write_all(line.as_bytes()).map_err(Error::io("cannot write", &path))?;
    Ok(path)
}

/// Keeps the configuration of a run in `perf-data/generation_configs/<band>_<date>.json`; a second run of a day
/// gets a name of its own.
///
/// # Errors
///
/// The file system's.
pub fn configuration(output: &Path, manifest: &Manifest, canonical: &str) -> Result<PathBuf> {
    let folder = output.join("perf-data").join("generation_configs");
    let stem = format!("{}_{}", file_safe(&manifest.band), clock::date());
    let value = serde_json::json!({
        "band": manifest.band,
        "model": manifest.model,
        "seed": manifest.seed,
        "values_version": manifest.values_version,
        "fingerprints": manifest.fingerprints,
        "format": manifest.format.to_string(),
        "model_yaml": canonical,
    });
    let text = json_text(&value)?;
    for number in 1.. {
        let name = if number == 1 { format!("{stem}.json") } else { format!("{stem}_{number}.json") };
        let path = folder.join(name);
        match std::fs::read_to_string(&path) {
            Ok(known) if known == text => return Ok(path),
            Ok(_) => continue,
            Err(_) => {
                write_whole(&path, text.as_bytes())?;
                return Ok(path);
            }
        }
    }
    Err(Error::internal("no free name for a configuration"))
}

fn file_safe(name: &str) -> String {
    name.chars()
        .map(|character| if character.is_ascii_alphanumeric() || character == '-' { character } else { '_' })
        .collect()
}
