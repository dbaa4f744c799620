//! [`RunRecord`]: what one load into a database was.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::made::sha256;
use super::name::RunName;
use crate::dataset::fingerprint::Fingerprints;
use crate::dataset::format::Format;
use crate::report::archive::Configuration;
use crate::report::counts::Counts;

/// The version of this form. It rises when a key changes its meaning, not when one is added.
pub const RECORD_VERSION: u32 = 1;

/// What a load came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Every row is there and was verified.
    Completed,
    /// It is not; the errors tell why.
    Failed,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        })
    }
}

/// Which dataset was loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationConfig {
    /// The band.
    pub band: String,
    /// The seed string.
    pub seed: String,
    /// When the dataset was made.
    #[serde(with = "second")]
    pub generated_at: Timestamp,
    /// Its rows by entity, and by the entities' other names.
    pub counts: Counts,
}

/// A stretch of a load, such as the copying of rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Its name; [`Phase::ROWS`] for the one that copies.
    pub name: String,
    /// How long it took.
    pub seconds: f64,
    /// Rows that it moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Bytes that it moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

impl Phase {
    /// The phase that copies the rows: its rate is the load's.
    pub const ROWS: &str = "rows";
}

/// One thing that was compared between the files and the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedCheck {
    /// What, such as `row counts`.
    pub name: String,
    /// How many figures were compared.
    pub compared: u64,
    /// How many of them differ.
    pub differing: u64,
}

/// A load recorded. The keys up to `status` are those of the documents, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// `load_1729612345`: the second in which the load began.
    pub run_id: String,
    /// The schema that it went into.
    pub schema_name: String,
    /// The dataset.
    pub generation_config: GenerationConfig,
    /// When the load began.
    #[serde(with = "second")]
    pub load_started_at: Timestamp,
    /// When it ended.
    #[serde(with = "second")]
    pub load_completed_at: Timestamp,
    /// Whole seconds between the two.
    pub duration_seconds: u64,
    /// Rows that lie in the database, by entity, in the order of the model.
    pub rows_loaded: Counts,
    /// What went wrong; empty in a completed load.
    pub errors: Vec<String>,
    /// What it came to.
    pub status: Status,
    /// [`RECORD_VERSION`]; a file without it is no record of seedmill's.
    pub record_version: u32,
    /// The server's host, or the folder of its socket.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The environment that was provisioned, such as `dev`, where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The model's name.
    pub model: String,
    /// The dataset's directory, as the load was given it.
    pub dataset: PathBuf,
    /// The dataset's identity.
    pub fingerprints: Fingerprints,
    /// SHA-256 of the dataset's `SHA256SUMS`: equal where every file is equal.
    pub dataset_sha256sums: String,
    /// SHA-256 of its `model.yaml`: what changes no value, such as a column's default, stands there alone.
    pub model_sha256: String,
    /// The version of the values that made it.
    pub values_version: u32,
    /// The format of its parts.
    pub format: Format,
    /// Connections that copied at a time.
    pub jobs: usize,
    /// What took how long.
    pub phases: Vec<Phase>,
    /// Whether it went on with what an earlier load had left.
    pub resumed: bool,
    /// What was compared with the files after the load; empty where it did not come so far.
    pub verification: Vec<VerifiedCheck>,
}

impl RunRecord {
    /// The run's name.
    pub fn name(&self) -> Option<RunName> {
        RunName::of_id(&self.run_id)
    }

    /// Whether a configuration makes the run's dataset.
    pub fn is_of(&self, configuration: &Configuration) -> bool {
        configuration.fingerprints == self.fingerprints
            && sha256(configuration.model_yaml.as_bytes()) == self.model_sha256
    }

    /// Rows a second: of the phase that copied, else over the whole load.
    pub fn rows_per_second(&self) -> Option<f64> {
        let copied = self.phases.iter().find(|phase| phase.name == Phase::ROWS);
        let (rows, seconds) = match copied.and_then(|phase| Some((phase.rows?, phase.seconds))) {
            Some(copied) => copied,
            None => (self.rows_loaded.total(), self.duration_seconds as f64),
        };
        (seconds > 0.0).then(|| rows as f64 / seconds)
    }
}

/// Times as the documents write them: `2025-10-22T11:00:00Z`.
mod second {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&time.strftime("%Y-%m-%dT%H:%M:%SZ"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom(format!("`{text}` is no time")))
    }
}
