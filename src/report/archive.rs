//! The archives: every seed that was used, and every configuration.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::clock;
use crate::dataset::fingerprint::Fingerprints;
use crate::dataset::format::{Format, ParquetProfile};
use crate::dataset::manifest::{EntityManifest, Manifest};
use crate::dataset::{json_text, write_new};
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

/// Everything that makes a dataset again, byte for byte: `perf-data/generation_configs/<band>_<date>.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// The band.
    pub band: String,
    /// The model's name.
    pub model: String,
    /// The seed string.
    pub seed: String,
    /// The version of the values.
    pub values_version: u32,
    /// The dataset's identity.
    pub fingerprints: Fingerprints,
    /// The format of its parts.
    pub format: Format,
    /// The dialect of Parquet.
    #[serde(default)]
    pub parquet_profile: ParquetProfile,
    /// Where each family is cut: the ends of its shards, as numbers of roots.
    #[serde(default)]
    pub cut: BTreeMap<String, Vec<u64>>,
    /// SHA-256 of each part.
    #[serde(default)]
    pub parts: BTreeMap<String, String>,
    /// The bound model.
    pub model_yaml: String,
}

impl Configuration {
    /// The configuration of a finished dataset with its `model.yaml`.
    pub fn of(manifest: &Manifest, canonical: &str) -> Self {
        Self {
            band: manifest.band.clone(),
            model: manifest.model.clone(),
            seed: manifest.seed.clone(),
            values_version: manifest.values_version,
            fingerprints: manifest.fingerprints.clone(),
            format: manifest.format,
            parquet_profile: manifest.profile,
            cut: cut(manifest),
            parts: manifest.parts().map(|part| (part.file.clone(), part.sha256.clone())).collect(),
            model_yaml: canonical.to_owned(),
        }
    }
}

/// A family's root entity has one row for each root, so its parts tell where the family was cut.
fn cut(manifest: &Manifest) -> BTreeMap<String, Vec<u64>> {
    let ends = |entity: &EntityManifest| {
        let running = entity.parts.iter().scan(0, |end, part| {
            *end += part.rows;
            Some(*end)
        });
        (entity.name.clone(), running.collect())
    };
    manifest.entities.iter().filter(|entity| entity.parent.is_none()).map(ends).collect()
}

/// The folder of the configurations in an output folder.
pub fn configurations(output: &Path) -> PathBuf {
    output.join("perf-data").join("generation_configs")
}

/// Keeps the configuration of a dataset in `perf-data/generation_configs/<band>_<date>.json`; a second one of a
/// day gets a name of its own.
///
/// # Errors
///
/// The file system's.
pub fn configuration(output: &Path, manifest: &Manifest, canonical: &str) -> Result<PathBuf> {
    let folder = configurations(output);
    let stem = format!("{}_{}", file_safe(&manifest.band), clock::date());
    let text = json_text(&Configuration::of(manifest, canonical))?;
    let mut number = 1;
    loop {
        let name = if number == 1 { format!("{stem}.json") } else { format!("{stem}_{number}.json") };
        let path = folder.join(name);
        let is_known = std::fs::read(&path).is_ok_and(|known| known == text.as_bytes());
        if is_known || write_new(&path, text.as_bytes())? {
            return Ok(path);
        }
        number += 1;
    }
}

fn file_safe(name: &str) -> String {
    name.chars()
        .map(|character| if character.is_ascii_alphanumeric() || character == '-' { character } else { '_' })
        .collect()
}
