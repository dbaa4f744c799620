//! [`Manifest`]: what a finished dataset is. It holds no clock time: equal datasets have equal manifests.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprints;
use super::format::{Format, ParquetProfile};
use super::layout::Layout;
use super::table::TableShape;
use crate::error::{Error, Result};

/// A part file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its path from the dataset's root.
    pub file: String,
    /// The shard that wrote it.
    pub shard: usize,
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// The logical digest of its rows, in hexadecimal.
    pub logical_digest: String,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The column.
    pub column: String,
    /// The entity that it refers to.
    pub entity: String,
    /// The key there.
    pub key: String,
    /// The other columns of a key of several, each with the key's there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<KeyPair>,
}

/// A column of a foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPair {
    /// The column.
    pub column: String,
    /// The key there.
    pub key: String,
}

impl ForeignKey {
    /// All columns, each with the key's there.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let first = (self.column.as_str(), self.key.as_str());
        std::iter::once(first).chain(self.beside.iter().map(|pair| (pair.column.as_str(), pair.key.as_str())))
    }
}

/// A column of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexColumn {
    /// The column.
    pub column: String,
    /// Whether the greatest value comes first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
}

/// One entity of a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityManifest {
    /// Its name.
    pub name: String,
    /// Other names that reports carry.
    pub aliases: Vec<String>,
    /// Its rows.
    pub rows: u64,
    /// The logical digest of all its rows, in hexadecimal; equal for any format and any cut.
    pub logical_digest: String,
    /// Its columns.
    pub shape: TableShape,
    /// Its primary key, where that is one column.
    pub key: Option<String>,
    /// Its primary key, where that is several columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub composite_key: Vec<String>,
    /// Its parent, if it is a child.
    pub parent: Option<String>,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Sets of columns that are unique together.
    pub unique: Vec<Vec<String>>,
    /// Indexes that a database makes after the rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Vec<IndexColumn>>,
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// What a finished dataset is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this file's form.
    pub manifest_version: u32,
    /// The model's name.
    pub model: String,
    /// The model author's version.
    pub model_version: u64,
    /// The band.
    pub band: String,
    /// The seed string.
    pub seed: String,
    /// The version of the values.
    pub values_version: u32,
    /// The dataset's identity.
    pub fingerprints: Fingerprints,
    /// The parts' format.
    pub format: Format,
    /// The dialect of Parquet.
    pub profile: ParquetProfile,
    /// The libraries that the parts' bytes depend on.
    pub writers: Vec<(String, String)>,
    /// The entities, in the order of the model.
    pub entities: Vec<EntityManifest>,
    /// What the declared laws came to.
    pub resolution: serde_json::Value,
}

impl Manifest {
    /// Reads the manifest of a dataset's directory.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] if there is none, [`Error::File`] if it cannot be read.
    pub fn read(directory: &Path) -> Result<Self> {
        let path = Layout::at(directory).manifest();
        if !path.exists() {
            let hint = if Layout::at(directory).plan().exists() {
                "it is not finished: run the same `seedmill generate` again, or `seedmill seal`"
            } else {
                "name the directory that `seedmill generate` printed"
            };
            return Err(Error::usage_hint(format!("`{}` is no finished dataset", directory.display()), hint));
        }
        let bytes = std::fs::read(&path).map_err(Error::io("cannot read", &path))?;
        serde_json::from_slice(&bytes).map_err(|error| Error::file(&path, error.to_string()))
    }

    /// An entity by its name or alias.
    ///
    /// # Errors
    ///
    /// Names the entities that there are.
    pub fn entity(&self, name: &str) -> Result<&EntityManifest> {
        let named = |entity: &&EntityManifest| {
            entity.name == name || entity.aliases.iter().any(|alias| alias == name)
        };
        self.entities.iter().find(named).ok_or_else(|| {
            let known: Vec<&str> = self.entities.iter().map(|entity| entity.name.as_str()).collect();
            Error::usage_hint(
                format!("the dataset has no entity `{name}`"),
                format!("its entities are: {}", known.join(", ")),
            )
        })
    }

    /// The rows of all entities.
    pub fn rows(&self) -> u64 {
        self.entities.iter().map(|entity| entity.rows).sum()
    }

    /// The bytes of all parts.
    pub fn bytes(&self) -> u64 {
        self.parts().map(|part| part.bytes).sum()
    }

    /// All parts.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.entities.iter().flat_map(|entity| &entity.parts)
    }
}
