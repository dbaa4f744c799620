//! [`Place`]: a temporary folder in which the command is run with bounded time and memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// 20,000 rows of two columns.
pub const PLAIN: &str = "model: plain\nentities:\n  users: {rows: 20K, columns: {id: {uuid: v4}, name: {template: \"u{row}\"}}}\n";

pub struct Place(tempfile::TempDir);

/// What a run of the command came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit status; `None` where a signal ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With the plain model in `plain.yaml`.
    pub fn with_plain() -> Self {
        let place = Self::new();
        place.write("plain.yaml", PLAIN);
        place
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    pub fn write(&self, below: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The command, to be run in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seedmill"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    /// The command in a shell, where `$S` is the program.
    pub fn shell(&self, script: &str) -> Ran {
        let mut command = Command::new("bash");
        command.args(["-c", script]).env("S", env!("CARGO_BIN_EXE_seedmill"));
        command.current_dir(self.0.path()).stdin(Stdio::null());
        ran(&mut command)
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(&mut self.command(arguments))
    }

    /// Refused as a wrong request or model, in these words, with nothing on stdout.
    #[track_caller]
    pub fn refuses(&self, arguments: &[&str], words: &[&str]) -> Ran {
        self.ends(arguments, 2, words)
    }

    #[track_caller]
    pub fn ends(&self, arguments: &[&str], status: i32, words: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.status, Some(status), "{arguments:?}: {ran:?}");
        for word in words {
            assert!(ran.stderr.contains(word), "{arguments:?}: no `{word}` in {}", ran.stderr);
        }
        assert_eq!(ran.stdout, "", "{arguments:?}");
        ran
    }

    /// Done; gives stdout.
    #[track_caller]
    pub fn does(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.status, Some(0), "{arguments:?}: {}", ran.stderr);
        ran.stdout
    }

    /// Makes the dataset of a model; gives its folder.
    #[track_caller]
    pub fn generates(&self, model: &str, more: &[&str]) -> PathBuf {
        let arguments = ["generate", model, "--seed", "s", "--quiet"];
        let arguments: Vec<&str> = arguments.iter().chain(more).copied().collect();
        self.path(self.does(&arguments).lines().last().unwrap())
    }
}

pub fn ran(command: &mut Command) -> Ran {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    Ran {
        status: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The checksums of a dataset.
pub fn sums(dataset: &Path) -> String {
    fs::read_to_string(dataset.join("SHA256SUMS")).unwrap()
}
