//! [`Dataset`]: the program run as a user runs it, and what it makes.

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
        Self::of_seed("readers", model, options)
    }

    /// Generates a model of the repository with a seed of one's own.
    pub fn of_seed(seed: &str, model: &str, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (model, out) = (repository(model), folder.path().as_os_str());
        let fixed = ["--seed", seed, "--quiet", "--out"].map(OsStr::new);
        let arguments = [OsStr::new("generate"), model.as_os_str()].into_iter().chain(fixed).chain([out]);
        let output = seedmill(arguments.chain(options.iter().map(OsStr::new)));
        assert!(output.status.success(), "{}", said(&output));
        let path = PathBuf::from(printed(&output).lines().last().expect("the dataset's path"));
        Self { _folder: folder, path }
    }
}
