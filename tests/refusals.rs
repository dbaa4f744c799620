//! What `check` says of wrong models, word by word: `tests/models/invalid/NAME.yaml` and its `NAME.stderr`.
//!
//! `SEEDMILL_UPDATE_GOLDENS=1` writes what is said now; read it as the one who made the mistake would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Fewer would mean that the folder was not found.
const LEAST_MODELS: usize = 30;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/invalid")
}

fn models() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("the folder of wrong models");
    let mut models: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    models.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    models.sort();
    assert!(models.len() >= LEAST_MODELS, "only {} models", models.len());
    models
}

/// In the folder, so that no path of this machine is printed.
fn check(model: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seedmill"))
        .arg("check")
        .arg(model.file_name().expect("a name"))
        .current_dir(folder())
        .output()
        .expect("the program starts")
}

#[test]
fn every_wrong_model_is_refused_in_the_agreed_words() {
    let update = std::env::var_os("SEEDMILL_UPDATE_GOLDENS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for model in models() {
        let name = model.file_name().expect("a name").to_string_lossy().into_owned();
        let output = check(&model);
        let said = String::from_utf8(output.stderr).expect("stderr is UTF-8");
        if output.status.code() != Some(2) {
            wrong.push(format!("{name}: exit status {}, not 2\n{said}", output.status));
        }
        if !output.stdout.is_empty() {
            wrong.push(format!("{name}: a refusal printed data on stdout"));
        }
        let golden = model.with_extension("stderr");
        if update {
            std::fs::write(&golden, &said).expect("written");
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != said {
            wrong.push(format!("{name}: said\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every mistake has its place: a message without one sends its reader searching.
#[test]
fn every_refusal_names_file_line_and_column() {
    // What a band's numbers cannot hold together has no line of its own.
    let without_place = ["infeasible_alpha.yaml", "too_many_rows.yaml"];
    for model in models() {
        let name = model.file_name().expect("a name").to_string_lossy().into_owned();
        let said = String::from_utf8(check(&model).stderr).expect("stderr is UTF-8");
        let errors = said.lines().filter(|line| line.starts_with("error: ")).count();
        let places = said.lines().filter(|line| line.trim_start().starts_with("--> ")).count();
        assert!(errors > 0, "{name}: {said}");
        if !without_place.contains(&name.as_str()) {
            assert_eq!(errors, places, "{name}: {said}");
        }
    }
}
