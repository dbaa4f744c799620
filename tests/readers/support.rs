//! [`Dataset`]: the program run as a user runs it, and the oracles on what it made.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The chat model made small, without heavy rooms.
pub const SMALL_CHAT: &[&str] = &[
    "--set=band.users=500",
    "--set=band.conversations=400",
    "--set=band.messages=40K",
    "--set=messages.per_conversation_distribution.heavy_rooms.fraction=0",
];

/// A path of the repository.
pub fn repository(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// Runs the program.
pub fn seedmill<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seedmill")).args(arguments).output().expect("the program starts")
}

/// What a program said on stderr.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a program printed on stdout.
pub fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("stdout is UTF-8")
}

/// A dataset in a folder of its own, which goes when the value does.
pub struct Dataset {
    _folder: tempfile::TempDir,
    /// The dataset's own folder.
    pub path: PathBuf,
}

impl Dataset {
    /// Generates a model of the repository.
    pub fn generate(model: &str, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = Command::new(env!("CARGO_BIN_EXE_seedmill"))
            .arg("generate")
            .arg(repository(model))
            .args(["--seed", "readers", "--quiet", "--out"])
            .arg(folder.path())
            .args(options)
            .output()
            .expect("the program starts");
        assert!(output.status.success(), "{}", said(&output));
        let path = PathBuf::from(printed(&output).lines().last().expect("the dataset's path"));
        Self { _folder: folder, path }
    }
}

/// The Python that has DuckDB, pyarrow and scipy; without one the test is skipped and says so.
pub fn python() -> Option<PathBuf> {
    let python = std::env::var_os("SEEDMILL_TEST_PYTHON").map(PathBuf::from);
    if python.is_none() {
        eprintln!("skipped: SEEDMILL_TEST_PYTHON names no Python");
    }
    python
}

/// Runs an oracle on a dataset; it must be content.
pub fn ask(python: &Path, oracle: &str, dataset: &Dataset, options: &[&str]) -> String {
    let output = Command::new(python)
        .arg(repository("tests/oracles").join(oracle))
        .arg(&dataset.path)
        .args(options)
        .output()
        .expect("Python starts");
    let found = printed(&output);
    assert!(output.status.success(), "{oracle}: {}{}", broken(&found), said(&output));
    found
}

/// The lines of an oracle that do not end with a count of 0.
fn broken(found: &str) -> String {
    found.lines().filter(|line| !line.ends_with("\t0")).map(|line| format!("{line}\n")).collect()
}
