//! [`Fingerprints`]: the identity of a dataset's values and of its files.

use serde::{Deserialize, Serialize};

use super::format::{
    BLOCK_ROWS, CREATED_BY, FORMAT_VERSION, Format, ParquetProfile, ROW_GROUP_ROWS, ZSTD_LEVEL,
};
use crate::model::Model;

/// Rises with every change of what a model and a seed come to.
pub const VALUES_VERSION: u32 = 4;

/// Versions of the libraries that file bytes depend on; `Cargo.toml` pins them, a test compares.
pub const WRITER_VERSIONS: [(&str, &str); 3] =
    [("arrow", "59.3.2"), ("parquet", "59.3.2"), ("zstd", "0.13.4")];

/// Two digests, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprints {
    /// Of the bound model, the band, the seed and [`VALUES_VERSION`]; logical digests depend on it alone.
    pub values: String,
    /// Of the values and all that files depend on: cut, format, codec, writers.
    pub layout: String,
}

impl Fingerprints {
    /// The fingerprints of a model with a seed, cut at these roots: (family, first root, end).
    pub fn of(
        model: &Model,
        seed: &str,
        format: Format,
        profile: ParquetProfile,
        cut: &[(String, u64, u64)],
    ) -> Self {
        let model = serde_json::to_string(model).expect("a model is serialisable");
        let values = digest(&[&model, seed, &VALUES_VERSION.to_string()]);
        let layout = serde_json::to_string(&(
            cut,
            format.to_string(),
            format!("{profile:?}"),
            (BLOCK_ROWS, ROW_GROUP_ROWS, ZSTD_LEVEL, FORMAT_VERSION),
            CREATED_BY,
            WRITER_VERSIONS,
        ))
        .expect("a layout is serialisable");
        let layout = digest(&[&values, &layout]);
        Self { values, layout }
    }
}

fn digest(texts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writer_versions_are_those_that_are_pinned() {
        let manifest = include_str!("../../Cargo.toml");
        for (name, version) in WRITER_VERSIONS {
            let pinned = manifest.lines().any(|line| {
                line.starts_with(&format!("{name} = ")) && line.contains(&format!("\"={version}\""))
            });
            assert!(pinned, "{name} {version}");
        }
    }
}
