//! [`Workspace`]: a temporary folder in which the command is run.
//!
//! ```text
//! let workspace = Workspace::new();
//! let dataset = workspace.generate(&CHAT, "out", &["--threads", "2"]);   // panics unless the status is 0
//! let ran = workspace.run(&["verify", dataset.text()]);                  // any status
//! assert_eq!(ran.status, Some(0), "{}", ran.stderr);
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use seedmill::dataset::digest::LogicalDigest;
use seedmill::dataset::manifest::{EntityManifest, Manifest};
use seedmill::dataset::reader::PartReader;
use seedmill::dataset::table::TableShape;

/// The three formats, as `--format` takes them.
pub const FORMATS: [&str; 3] = ["parquet", "csv", "csv.zst"];

/// A model of the repository with what makes it small.
pub struct Sample {
    pub path: &'static str,
    pub settings: &'static [&'static str],
}

/// 40,000 messages in 400 rooms, 82,000 rows in all.
pub const CHAT: Sample = Sample {
    path: concat!(env!("CARGO_MANIFEST_DIR"), "/configs/chat"),
    settings: &[
        "band.users=500",
        "band.conversations=400",
        "band.messages=40K",
        "messages.per_conversation_distribution.heavy_rooms.fraction=0",
    ],
};

/// The same with 150,000 messages: long enough to be killed, and more than one row group.
pub const LONG_CHAT: Sample = Sample {
    path: CHAT.path,
    settings: &[
        "band.users=500",
        "band.conversations=400",
        "band.messages=150K",
        "messages.per_conversation_distribution.heavy_rooms.fraction=0",
    ],
};

/// The shop in the multiply dialect, 14,500 rows.
pub const SHOP: Sample = Sample {
    path: concat!(env!("CARGO_MANIFEST_DIR"), "/configs/shop"),
    settings: &["band.users=2K", "band.products=500", "band.orders=3K", "band.order_items=9K"],
};

/// The multiply document's own example, 5,000 rows.
pub const DOCUMENT: Sample = Sample {
    path: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/documents/eval/performance/configs"),
    settings: &["band.users=2K", "band.orders=3K"],
};

/// The seed of every dataset for which a test says no other.
pub const SEED: &str = "contract";

impl Sample {
    /// The arguments of `generate` but for `--out`.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = generation(Path::new(self.path));
        arguments
            .extend(self.settings.iter().flat_map(|setting| ["--set".to_owned(), (*setting).to_owned()]));
        arguments
    }
}

/// `generate MODEL --band dev --seed SEED`.
pub fn generation(model: &Path) -> Vec<String> {
    ["generate", model.to_str().unwrap(), "--band", "dev", "--seed", SEED].map(str::to_owned).to_vec()
}

/// A temporary folder, gone when dropped.
pub struct Workspace {
    folder: tempfile::TempDir,
}

/// What a run of the command came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit status; `None` where a signal ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Workspace {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A path below the folder.
    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Writes a file below the folder.
    pub fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The command, to be run in the folder, with nothing on its streams.
    pub fn command(&self, arguments: &[impl AsRef<std::ffi::OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seedmill"));
        command.args(arguments).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Runs the command to its end.
    pub fn run(&self, arguments: &[impl AsRef<std::ffi::OsStr>]) -> Ran {
        ran(&mut self.command(arguments))
    }

    /// Makes a sample in the folder `out`, with more arguments; it must succeed.
    #[track_caller]
    pub fn generate(&self, sample: &Sample, out: &str, more: &[&str]) -> Dataset {
        self.make(sample.arguments(), out, more)
    }

    /// Makes what the arguments say in the folder `out`; it must succeed.
    #[track_caller]
    pub fn make(&self, mut arguments: Vec<String>, out: &str, more: &[&str]) -> Dataset {
        arguments.extend(["--out", out].iter().chain(more).map(|text| (*text).to_owned()));
        let ran = self.run(&arguments);
        assert_eq!(ran.status, Some(0), "{arguments:?}\n{}", ran.stderr);
        Dataset { root: self.path(ran.last_line()) }
    }
}

/// Runs a command to its end.
pub fn ran(command: &mut Command) -> Ran {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    Ran {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    /// The last line of stdout: of `generate` and `seal`, the dataset's path.
    pub fn last_line(&self) -> &str {
        self.stdout.lines().last().unwrap_or("")
    }
}

/// A dataset's directory.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub root: PathBuf,
}

impl Dataset {
    /// Its path as an argument.
    pub fn text(&self) -> &str {
        self.root.to_str().unwrap()
    }

    /// A file below it.
    pub fn file(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// Its `SHA256SUMS`.
    pub fn sums(&self) -> String {
        fs::read_to_string(self.file("SHA256SUMS")).unwrap()
    }

    pub fn manifest(&self) -> Manifest {
        Manifest::read(&self.root).unwrap()
    }

    /// Rows and logical digest of every entity, as recorded.
    pub fn recorded(&self) -> BTreeMap<String, (u64, String)> {
        let entities = self.manifest().entities.into_iter();
        entities.map(|entity| (entity.name, (entity.rows, entity.logical_digest))).collect()
    }

    /// Rows and logical digest of every entity, from its files.
    pub fn recomputed(&self) -> BTreeMap<String, (u64, String)> {
        let entities = self.manifest().entities;
        entities.iter().map(|entity| (entity.name.clone(), self.digest(entity, &entity.shape))).collect()
    }

    /// Rows and logical digest of an entity's files over the columns of a shape.
    pub fn digest(&self, entity: &EntityManifest, shape: &TableShape) -> (u64, String) {
        let format = self.manifest().format;
        let mut digest = LogicalDigest::new(shape);
        for part in &entity.parts {
            for batch in PartReader::open(&self.file(&part.file), shape, format).unwrap() {
                digest.add(&batch.unwrap()).unwrap();
            }
        }
        (digest.rows(), digest.to_string())
    }

    /// Every file below the directory with its bytes.
    pub fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.root)
            .into_iter()
            .map(|path| {
                (path.strip_prefix(&self.root).unwrap().display().to_string(), fs::read(&path).unwrap())
            })
            .collect()
    }

    /// Changes one byte in the middle of a file.
    pub fn flip(&self, below: &str) {
        let mut bytes = fs::read(self.file(below)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(self.file(below), bytes).unwrap();
    }
}

/// Every file below a folder, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Copies a folder with everything below it.
pub fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(file, target).unwrap();
    }
}

/// Random numbers of a seeded generator: `SplitMix64`.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}
