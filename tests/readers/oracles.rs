//! [`ask`]: the oracles, programs of their own that know nothing of ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::support::{Dataset, printed, repository, said};

/// The Python that has DuckDB, pyarrow, polars, Spark and scipy; without one the test is skipped and says so.
pub fn python() -> Option<PathBuf> {
    let python = std::env::var_os("SEEDMILL_TEST_PYTHON").map(PathBuf::from);
    if python.is_none() {
        eprintln!("skipped: SEEDMILL_TEST_PYTHON names no Python");
    }
    python
}

/// The home of the Java that Spark runs on; without one the test is skipped and says so.
pub fn java() -> Option<PathBuf> {
    let java = std::env::var_os("SEEDMILL_TEST_JAVA").map(PathBuf::from);
    if java.is_none() {
        eprintln!("skipped: SEEDMILL_TEST_JAVA names no Java");
    }
    java
}

/// Runs an oracle on a dataset; it must be content.
pub fn ask(python: &Path, oracle: &str, dataset: &Dataset, options: &[&str]) -> String {
    ask_with(python, &[], oracle, dataset, options)
}

/// As [`ask`], with variables of its environment.
pub fn ask_with(
    python: &Path,
    environment: &[(&str, &Path)],
    oracle: &str,
    dataset: &Dataset,
    options: &[&str],
) -> String {
    let output = Command::new(python)
        .arg(repository("tests/oracles").join(oracle))
        .arg(&dataset.path)
        .args(options)
        .envs(environment.iter().copied())
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
