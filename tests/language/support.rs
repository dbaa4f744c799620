//! [`seedmill`]: the program run as a user runs it; and the validator of schemas, which knows nothing of ours.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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

/// The YAML files below a folder.
pub fn models_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            models_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

/// What the schema should say of a model.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Valid,
    Invalid,
}

/// Asks the validator about models; nothing where there is no Python, which is said, else what surprises it.
pub fn surprises(models: &[(Expected, PathBuf)]) -> Option<String> {
    let Some(python) = std::env::var_os("SEEDMILL_TEST_PYTHON") else {
        eprintln!("skipped: SEEDMILL_TEST_PYTHON names no Python");
        return None;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let schema = folder.path().join("schema.json");
    std::fs::write(&schema, seedmill(["schema"]).stdout).expect("written");
    let expectations = folder.path().join("expectations.txt");
    let lines = models.iter().map(|(expected, path)| {
        let expected = if *expected == Expected::Valid { "valid" } else { "invalid" };
        format!("{expected}\t{}\n", path.display())
    });
    std::fs::write(&expectations, lines.collect::<String>()).expect("written");
    let output = Command::new(python)
        .arg(repository("tests/oracles/model_schema.py"))
        .args([&schema, &expectations])
        .output()
        .expect("Python starts");
    let found = printed(&output);
    assert_eq!(output.status.success(), found.is_empty(), "{found}{}", said(&output));
    Some(found)
}

/// A model made and judged: the verdict must be GO.
pub fn is_good(model: &Path, band: &str, format: &str) {
    let out = tempfile::tempdir().expect("a folder");
    let output = seedmill([
        OsStr::new("generate"),
        model.as_os_str(),
        OsStr::new("--out"),
        out.path().as_os_str(),
        OsStr::new("--quiet"),
        OsStr::new("--seed=first"),
        OsStr::new(&format!("--band={band}")),
        OsStr::new(&format!("--format={format}")),
    ]);
    assert!(output.status.success(), "{}", said(&output));
    let dataset = printed(&output).trim().to_owned();
    let verdict = seedmill(["assess", &dataset]);
    assert!(verdict.status.success(), "{format}: {}{}", printed(&verdict), said(&verdict));
}
