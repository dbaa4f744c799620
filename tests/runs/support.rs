//! [`Workspace`]: a temporary folder with records in its `output`, in which commands are run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;
use seedmill::dataset::fingerprint::{Fingerprints, VALUES_VERSION};
use seedmill::dataset::format::Format;
use seedmill::dataset::manifest::Manifest;
use seedmill::report::counts::Counts;
use seedmill::report::runs::{
    Beginning, GenerationConfig, Phase, RECORD_VERSION, Recorder, RunRecord, Status, VerifiedCheck, Written,
    write,
};

pub const DAY: i64 = 86_400;
/// 2025-10-22T11:00:00Z, when the documents' load began.
pub const STARTED: i64 = 1_761_130_800;

/// A temporary folder, gone when dropped.
pub struct Workspace {
    folder: tempfile::TempDir,
}

/// What a command came to.
#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Workspace {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub fn output(&self) -> PathBuf {
        self.path("output")
    }

    /// A file of `output/perf-data`.
    pub fn data(&self, below: &str) -> PathBuf {
        self.output().join("perf-data").join(below)
    }

    pub fn read(&self, below: &str) -> String {
        fs::read_to_string(self.data(below)).unwrap()
    }

    pub fn put(&self, below: &str, text: &str) {
        let path = self.data(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a record as a load does.
    pub fn record(&self, record: &RunRecord) -> Written {
        write(&self.output(), record).unwrap()
    }

    /// Runs seedmill in the folder.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(Command::new(env!("CARGO_BIN_EXE_seedmill")).args(arguments).current_dir(self.folder.path()))
    }

    /// Runs a line of a shell in the folder.
    pub fn shell(&self, line: &str) -> Ran {
        ran(Command::new("bash").args(["-euo", "pipefail", "-c", line]).current_dir(self.folder.path()))
    }

    /// Makes a small chat dataset; its path from the folder.
    pub fn chat(&self, more: &[&str]) -> String {
        let chat = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/chat");
        let mut arguments = vec!["generate", chat, "--band", "dev", "--seed", "records", "--quiet"];
        for setting in [
            "band.users=200",
            "band.conversations=100",
            "band.messages=4K",
            "messages.per_conversation_distribution.heavy_rooms.fraction=0",
        ] {
            arguments.extend(["--set", setting]);
        }
        arguments.extend(more);
        let ran = self.run(&arguments);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        ran.stdout.trim().to_owned()
    }

    /// Begins the load of a dataset.
    pub fn begin(&self, dataset: &str) -> Recorder {
        let dataset = self.path(dataset);
        let manifest = Manifest::read(&dataset).unwrap();
        Recorder::begin(&Beginning {
            output: &self.output(),
            dataset: &dataset,
            manifest: &manifest,
            schema: "perf_synthetic",
            host: "localhost",
            port: 5432,
            database: "chat_perf_dev",
            environment: Some("dev"),
            jobs: 2,
        })
        .unwrap()
    }
}

fn ran(command: &mut Command) -> Ran {
    let output = command.stdin(Stdio::null()).output().unwrap();
    Ran {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The names of a folder's files, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn counts(of: &[(&str, u64)]) -> Counts {
    let mut counts = Counts::default();
    for (name, rows) in of {
        counts.set(name, *rows);
    }
    counts
}

/// The load that the documents print, begun at another second.
pub fn record(started: i64, status: Status) -> RunRecord {
    let digest = "0123456789abcdef".repeat(4);
    RunRecord {
        run_id: format!("load_{started}"),
        schema_name: "perf_synthetic".to_owned(),
        generation_config: GenerationConfig {
            band: "staging".to_owned(),
            seed: "staging_20251022_baseline".to_owned(),
            generated_at: time(started - 1_800),
            counts: counts(&[
                ("users", 150_000),
                ("conversations", 300_000),
                ("messages", 100_000_000),
                ("read_receipts", 75_000_000),
            ]),
        },
        load_started_at: time(started),
        load_completed_at: time(started + 487),
        duration_seconds: 487,
        rows_loaded: counts(&[
            ("users", 150_000),
            ("conversations", 300_000),
            ("conversation_users", 850_000),
            ("messages", 100_000_000),
            ("attachments", 15_000_000),
            ("message_reads", 75_000_000),
        ]),
        errors: match status {
            Status::Completed => Vec::new(),
            Status::Failed => vec!["messages/part-00003.parquet: the connection was lost".to_owned()],
        },
        status,
        record_version: RECORD_VERSION,
        host: "localhost".to_owned(),
        port: 5432,
        database: "chat_perf_staging".to_owned(),
        environment: Some("staging".to_owned()),
        model: "chat".to_owned(),
        dataset: PathBuf::from("output/chat-staging-staging_20251022_baseline"),
        fingerprints: Fingerprints { values: digest.clone(), layout: digest.clone() },
        dataset_sha256sums: digest.clone(),
        model_sha256: digest,
        values_version: VALUES_VERSION,
        format: Format::Parquet,
        jobs: 8,
        phases: vec![
            Phase {
                name: Phase::ROWS.to_owned(),
                seconds: 300.5,
                rows: Some(191_300_000),
                bytes: Some(31_000_000_000),
            },
            Phase { name: "keys".to_owned(), seconds: 120.25, rows: None, bytes: None },
        ],
        resumed: false,
        verification: vec![VerifiedCheck { name: "row counts".to_owned(), compared: 6, differing: 0 }],
    }
}
