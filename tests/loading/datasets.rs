//! [`Dataset`]: datasets made once for all test processes, and copies of them to spoil.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use seedmill::dataset::manifest::Manifest;

const PROGRAM: &str = env!("CARGO_BIN_EXE_seedmill");

/// The chat model made small, without heavy rooms, in several parts.
const CHAT: &[&str] = &[
    "--band=dev",
    "--shards=12",
    "--set=band.users=500",
    "--set=band.conversations=400",
    "--set=band.messages=12K",
    "--set=messages.per_conversation_distribution.heavy_rooms.fraction=0",
];
/// Enough for a fault to meet the middle.
const LARGE: &[&str] = &["--set=band.messages=150K"];
const SHOP: &[&str] = &[
    "--band=dev",
    "--shards=3",
    "--set=band.users=2000",
    "--set=band.products=1000",
    "--set=band.orders=2000",
    "--set=band.order_items=6000",
];

/// A dataset on disk.
pub struct Dataset {
    /// The dataset's own folder.
    pub path: PathBuf,
    /// Set where the folder is a copy that goes with the value.
    _copy: Option<tempfile::TempDir>,
}

impl Dataset {
    pub fn chat(format: &str) -> Self {
        Self::shared(&format!("chat-{format}"), "configs/chat", format, CHAT)
    }

    /// Some 300 thousand rows.
    pub fn large_chat(format: &str) -> Self {
        Self::shared(&format!("large-{format}"), "configs/chat", format, &[CHAT, LARGE].concat())
    }

    pub fn shop(format: &str) -> Self {
        Self::shared(&format!("shop-{format}"), "configs/shop", format, SHOP)
    }

    pub fn every_type(format: &str) -> Self {
        let options = ["--band=small", "--shards=3"];
        Self::shared(&format!("types-{format}"), "tests/models/every_type.yaml", format, &options)
    }

    pub fn keys(format: &str) -> Self {
        Self::shared(&format!("keys-{format}"), "tests/models/keys.yaml", format, &["--shards=3"])
    }

    /// A dataset of another seed than all others.
    pub fn other_chat() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = generate(folder.path(), "configs/chat", "csv", "other", CHAT);
        Self { path, _copy: Some(folder) }
    }

    /// A copy that may be spoilt.
    pub fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(self.path.file_name().unwrap());
        let status = Command::new("cp").arg("-r").args([&self.path, &path]).status().unwrap();
        assert!(status.success());
        Self { path, _copy: Some(folder) }
    }

    pub fn manifest(&self) -> Manifest {
        Manifest::read(&self.path).unwrap()
    }

    /// The first process makes it, the others wait. Another build of the program makes it again.
    fn shared(name: &str, model: &str, format: &str, options: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("loading").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        let program = std::fs::metadata(PROGRAM).unwrap();
        let wanted = format!("{:?} {} {options:?}", program.modified().unwrap(), program.len());
        let (made, made_of) = (folder.join("made"), folder.join("made-of"));
        if std::fs::read_to_string(&made_of).ok().as_ref() != Some(&wanted) {
            if made.exists() {
                std::fs::remove_dir_all(&made).unwrap();
            }
            generate(&made, model, format, "loading", options);
            std::fs::write(&made_of, wanted).unwrap();
        }
        let datasets = std::fs::read_dir(&made).unwrap().map(|entry| entry.unwrap().path());
        let path = datasets.into_iter().find(|path| path.join("manifest.json").exists()).unwrap();
        Self { path, _copy: None }
    }
}

fn generate(out: &Path, model: &str, format: &str, seed: &str, options: &[&str]) -> PathBuf {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join(model);
    let output = Command::new(PROGRAM)
        .arg("generate")
        .arg(model)
        .args(["--seed", seed, "--quiet", "--format", format, "--out"])
        .arg(out)
        .args(options)
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).unwrap().lines().last().unwrap())
}
