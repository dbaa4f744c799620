//! [`Made`]: how a wrong dataset comes about.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::good::Sample;

/// How a wrong dataset comes about.
#[derive(Clone, Debug)]
pub enum Made {
    /// By other parameters.
    Set(Vec<&'static str>),
    /// By other parameters, in a file.
    Spec(&'static str),
    /// By a model in which a text is another.
    Model(Vec<(&'static str, &'static str)>),
    /// By a query of `tests/oracles/mutants.py`, in a folder without a manifest.
    Foreign,
    /// By the same in the dataset's own folder, whose manifest then no longer fits.
    Tampered,
    /// By the same, with a manifest that fits again.
    Forged,
    /// By what is done to its files, with or without their manifest.
    Files { manifest: bool, change: fn(&Path) },
}

impl Made {
    /// Whether DuckDB makes it.
    pub fn needs_python(&self) -> bool {
        matches!(self, Self::Foreign | Self::Tampered | Self::Forged)
    }

    /// Whether it is judged by the true model, which is named.
    pub fn is_judged_by_name(&self) -> bool {
        !matches!(self, Self::Tampered | Self::Forged | Self::Files { manifest: true, .. })
    }

    /// How the page calls it.
    pub fn told(&self) -> String {
        match self {
            Self::Set(settings) => {
                settings.iter().map(|setting| format!("`--set {setting}`")).collect::<Vec<_>>().join(" ")
            }
            Self::Spec(_) => "`--spec`".to_owned(),
            Self::Model(_) => "another model".to_owned(),
            Self::Foreign => "files, no manifest".to_owned(),
            Self::Tampered => "files under their manifest".to_owned(),
            Self::Forged => "files, manifest forged".to_owned(),
            Self::Files { manifest: true, .. } => "by hand".to_owned(),
            Self::Files { manifest: false, .. } => "by hand, no manifest".to_owned(),
        }
    }
}

/// The Python that has DuckDB; without one the mutants that it makes are skipped, and the test says so.
pub fn python() -> Option<PathBuf> {
    let python = std::env::var_os("SEEDMILL_TEST_PYTHON").map(PathBuf::from);
    if python.is_none() {
        eprintln!("skipped: mutants made by DuckDB: SEEDMILL_TEST_PYTHON names no Python");
    }
    python
}

/// A path of the repository.
pub fn repository(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// The true model of a sample.
pub fn model(sample: &Sample) -> PathBuf {
    repository(sample.model)
}

/// Runs the program.
pub fn seedmill<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seedmill")).args(arguments).output().expect("the program starts")
}

/// A model, its band and the settings of a sample, as arguments.
pub fn measured_by(model: &Path, sample: &Sample) -> Vec<String> {
    let settings = sample.settings.iter().map(|setting| format!("--set={setting}"));
    [model.display().to_string(), "--band=dev".to_owned()].into_iter().chain(settings).collect()
}

/// Makes a dataset and gives its folder.
pub fn generate(model: &Path, sample: &Sample, more: &[String], out: &Path) -> PathBuf {
    let mut arguments = vec!["generate".to_owned()];
    arguments.extend(measured_by(model, sample));
    arguments.extend(more.iter().cloned());
    arguments.extend(["--seed=true", "--quiet", "--threads=1", "--shards=4"].map(str::to_owned));
    arguments.push(format!("--out={}", out.display()));
    let output = seedmill(&arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("stdout is UTF-8");
    PathBuf::from(printed.lines().last().expect("the dataset's path"))
}

/// Makes a mutant of a sample's true dataset in a folder, and gives the mutant's.
pub fn make(
    name: &str,
    made: &Made,
    sample: &Sample,
    good: &Path,
    python: Option<&Path>,
    folder: &Path,
) -> PathBuf {
    let out = folder.join("made");
    match made {
        Made::Set(settings) => {
            let settings: Vec<String> = settings.iter().map(|setting| format!("--set={setting}")).collect();
            generate(&model(sample), sample, &settings, &out)
        }
        Made::Spec(text) => {
            let spec = folder.join("spec.json");
            fs::write(&spec, text).expect("the folder can be written to");
            generate(&model(sample), sample, &[format!("--spec={}", spec.display())], &out)
        }
        Made::Model(changes) => generate(&changed(sample, changes, folder), sample, &[], &out),
        Made::Foreign | Made::Tampered | Made::Forged => {
            linked(good, &out);
            let python = python.expect("mutants that need Python are left out without one");
            let oracle = |arguments: &[&OsStr]| {
                let run = Command::new(python)
                    .arg("-B")
                    .arg(repository("tests/oracles/mutants.py"))
                    .args(arguments)
                    .output();
                let run = run.expect("Python starts");
                assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
            };
            oracle(&[good.as_os_str(), out.as_os_str(), OsStr::new(name)]);
            match made {
                Made::Foreign => strip(&out),
                Made::Forged => oracle(&[OsStr::new("--seal"), out.as_os_str()]),
                _ => {}
            }
            out
        }
        Made::Files { manifest, change } => {
            linked(good, &out);
            change(&out);
            if !manifest {
                strip(&out);
            }
            out
        }
    }
}

/// A copy of a sample's model in which texts are others; each must stand there.
fn changed(sample: &Sample, changes: &[(&str, &str)], folder: &Path) -> PathBuf {
    let own = folder.join("models");
    let source = model(sample);
    copy(
        &if source.is_dir() { source } else { source.parent().expect("a file is in a folder").to_owned() },
        &own,
    );
    let file = match sample.model.rsplit('/').next() {
        Some("chat") => own.join("chat.yaml"),
        Some(name) => own.join(name),
        None => own.clone(),
    };
    let mut text = fs::read_to_string(&file).expect("the model can be read");
    for (from, to) in changes {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replace(from, to);
    }
    fs::write(&file, text).expect("the copy can be written to");
    file
}

fn copy(from: &Path, to: &Path) {
    each_file(from, &mut |file| {
        let target = to.join(file.strip_prefix(from).expect("it is below"));
        fs::create_dir_all(target.parent().expect("it is below")).expect("the folder can be written to");
        fs::copy(file, target).expect("it can be copied");
    });
}

/// The same files under other names: to change one it has to be written anew.
fn linked(from: &Path, to: &Path) {
    each_file(from, &mut |file| {
        let target = to.join(file.strip_prefix(from).expect("it is below"));
        fs::create_dir_all(target.parent().expect("it is below")).expect("the folder can be written to");
        fs::hard_link(file, target).expect("it is on the same file system");
    });
}

fn each_file(folder: &Path, call: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            each_file(&path, call);
        } else {
            call(&path);
        }
    }
}

/// Leaves nothing but tables.
fn strip(dataset: &Path) {
    for name in ["manifest.json", "plan.json", "SHA256SUMS", "model.yaml", "README.md"] {
        fs::remove_file(dataset.join(name)).expect("every dataset has one");
    }
    for name in ["psql", "receipts"] {
        fs::remove_dir_all(dataset.join(name)).expect("every dataset has one");
    }
}
