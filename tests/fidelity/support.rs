//! [`Folder`]: datasets, copies of them by other tools, and what the judge says of them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A model of the repository, small enough for a test and large enough for a GO.
pub struct Sample {
    /// `chat` or `shop`, as the oracles know it.
    pub name: &'static str,
    /// What makes it small.
    pub settings: &'static [&'static str],
    /// At which a true dataset of this size is GO.
    pub tolerance: &'static str,
}

/// 400,000 messages in 4,000 rooms, of which 2 % have 1,500 messages and more.
pub const CHAT: Sample = Sample {
    name: "chat",
    settings: &[
        "--set=band.users=2K",
        "--set=band.conversations=4K",
        "--set=band.messages=400K",
        "--set=messages.per_conversation_distribution.heavy_rooms.min_messages=1500",
    ],
    tolerance: "relaxed",
};

/// 40,000 messages: nothing of it is GO, but it is the same whatever reads it.
pub const LITTLE_CHAT: Sample = Sample {
    name: "chat",
    settings: &[
        "--set=band.users=500",
        "--set=band.conversations=400",
        "--set=band.messages=40K",
        "--set=messages.per_conversation_distribution.heavy_rooms.fraction=0",
    ],
    tolerance: "relaxed",
};

/// The shop's dev band, 600,000 rows.
pub const SHOP: Sample = Sample { name: "shop", settings: &[], tolerance: "normal" };

/// The shop with 14,500 rows.
pub const LITTLE_SHOP: Sample = Sample {
    name: "shop",
    settings: &[
        "--set=band.users=2K",
        "--set=band.products=500",
        "--set=band.orders=3K",
        "--set=band.order_items=9K",
    ],
    tolerance: "normal",
};

impl Sample {
    fn model(&self) -> PathBuf {
        repository(&format!("configs/{}", self.name))
    }

    /// The arguments by which `assess` judges a folder that has no model of its own.
    pub fn model_arguments(&self) -> Vec<String> {
        let model = self.model().to_str().expect("UTF-8").to_owned();
        let named = ["--model".to_owned(), model, "--band=dev".to_owned()];
        named.into_iter().chain(self.settings.iter().map(|setting| (*setting).to_owned())).collect()
    }
}

/// A path of the repository.
pub fn repository(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// Runs the program.
pub fn seedmill<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seedmill")).args(arguments).output().expect("the program starts")
}

/// What a program printed on stdout.
pub fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("stdout is UTF-8")
}

/// What a program said on stderr.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What the judge answered.
pub struct Answer {
    /// The exit status.
    pub status: Option<i32>,
    /// What stood on stdout.
    pub printed: String,
    /// What stood on stderr.
    pub said: String,
}

impl Answer {
    /// The report, where JSON was asked for.
    pub fn report(&self) -> Value {
        serde_json::from_str(&self.printed)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.printed, self.said))
    }

    /// The report but for when it was made.
    pub fn timeless(&self) -> String {
        let lines = self.printed.lines().filter(|line| !line.contains("validation_timestamp"));
        lines.map(|line| format!("{line}\n")).collect()
    }
}

/// A temporary folder, which goes when the value does.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn at(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    /// Generates a sample.
    pub fn generate(&self, sample: &Sample, options: &[&str]) -> PathBuf {
        let (model, out) = (sample.model(), self.at("output"));
        let fixed = [OsStr::new("generate"), model.as_os_str(), OsStr::new("--out"), out.as_os_str()];
        let named = ["--band=dev", "--seed=fidelity", "--quiet"];
        let all = fixed.into_iter().chain(named.iter().chain(sample.settings).chain(options).map(OsStr::new));
        let output = seedmill(all);
        assert!(output.status.success(), "{}", said(&output));
        PathBuf::from(printed(&output).lines().last().expect("the dataset's path"))
    }

    /// Asks the judge of a dataset.
    pub fn assess(&self, dataset: &Path, options: &[&str]) -> Answer {
        let out = self.at("reports of the judge");
        let fixed = [OsStr::new("assess"), dataset.as_os_str(), OsStr::new("--out"), out.as_os_str()];
        let output = seedmill(fixed.into_iter().chain(options.iter().map(OsStr::new)));
        let answer = Answer { status: output.status.code(), printed: printed(&output), said: said(&output) };
        assert!(!answer.said.contains("panicked"), "{}", answer.said);
        answer
    }

    /// A copy by another tool; see `tests/oracles/fidelity_copies.py`.
    pub fn copy(&self, python: &Path, sample: &Sample, dataset: &Path, how: &str) -> PathBuf {
        let out = self.at(how);
        let output = Command::new(python)
            .arg(repository("tests/oracles/fidelity_copies.py"))
            .arg(sample.name)
            .args([dataset, &out])
            .arg(how)
            .output()
            .expect("Python starts");
        assert!(output.status.success(), "{}", said(&output));
        out
    }

    /// A copy with what makes it a dataset of seedmill's own: model, plan and manifest.
    pub fn own_copy(&self, python: &Path, sample: &Sample, dataset: &Path, how: &str) -> PathBuf {
        let out = self.copy(python, sample, dataset, how);
        for name in ["model.yaml", "plan.json", "manifest.json"] {
            fs::copy(dataset.join(name), out.join(name)).expect("a copied file");
        }
        out
    }

    /// Compares a report with what others measure in the same files.
    pub fn compare(
        &self,
        python: &Path,
        sample: &Sample,
        dataset: &Path,
        answer: &Answer,
        options: &[&str],
    ) -> usize {
        let report = self.at("compared.json");
        fs::write(&report, &answer.printed).expect("a written report");
        let output = Command::new(python)
            .arg(repository("tests/oracles/fidelity.py"))
            .arg(sample.name)
            .args([dataset, &report])
            .args(options)
            .output()
            .expect("Python starts");
        let found = printed(&output);
        let off: Vec<&str> = found.lines().filter(|line| !line.ends_with("\t0")).collect();
        assert!(output.status.success(), "{}\n{}", off.join("\n"), said(&output));
        found.lines().count()
    }
}

/// The Python that has DuckDB, scipy and SDMetrics; without one the test is skipped and says so.
pub fn python() -> Option<PathBuf> {
    let python = std::env::var_os("SEEDMILL_TEST_PYTHON").map(PathBuf::from);
    if python.is_none() {
        eprintln!("skipped: SEEDMILL_TEST_PYTHON names no Python");
    }
    python
}
