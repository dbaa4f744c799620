//! What `check` says of wrong models, word by word: `tests/models/invalid/**/NAME.yaml`, or a folder NAME with `configs`
//! in it, and its `NAME.stderr`. A first line `# with: --set a=5` gives arguments.
//!
//! `SEEDMILL_UPDATE_GOLDENS=1` writes what is said now; read it as the one who made the mistake would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Fewer would mean that a folder was not found.
const LEAST_MODELS: usize = 80;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/invalid")
}

/// Models, as paths below the folder.
fn models() -> Vec<PathBuf> {
    let mut models = Vec::new();
    gather(&folder(), &mut models);
    models.sort();
    assert!(models.len() >= LEAST_MODELS, "only {} models", models.len());
    models
}

fn gather(within: &Path, models: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(within).expect("a folder of wrong models") {
        let path = entry.expect("an entry").path();
        let below = || path.strip_prefix(folder()).expect("below the folder").to_owned();
        if path.join("configs").is_dir() {
            models.push(below().join("configs"));
        } else if path.is_dir() {
            gather(&path, models);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            models.push(below());
        }
    }
}

fn golden(model: &Path) -> PathBuf {
    let named = if model.ends_with("configs") { model.parent().expect("its folder") } else { model };
    folder().join(named).with_extension("stderr")
}

/// In the folder, so that no path of this machine is printed.
fn check(model: &Path) -> Output {
    let text = std::fs::read(folder().join(model)).unwrap_or_default();
    let first =
        String::from_utf8_lossy(text.split(|byte| *byte == b'\n').next().unwrap_or_default()).into_owned();
    let with = first.strip_prefix("# with: ").unwrap_or_default();
    Command::new(env!("CARGO_BIN_EXE_seedmill"))
        .arg("check")
        .arg(model)
        .args(with.split_whitespace())
        .current_dir(folder())
        .output()
        .expect("the program starts")
}

#[test]
fn every_wrong_model_is_refused_in_the_agreed_words() {
    let update = std::env::var_os("SEEDMILL_UPDATE_GOLDENS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for model in models() {
        let name = model.display();
        let output = check(&model);
        let said = String::from_utf8(output.stderr).expect("stderr is UTF-8");
        if output.status.code() != Some(2) {
            wrong.push(format!("{name}: exit status {}, not 2\n{said}", output.status));
        }
        if !output.stdout.is_empty() {
            wrong.push(format!("{name}: a refusal printed data on stdout"));
        }
        if update {
            std::fs::write(golden(&model), &said).expect("written");
        } else if std::fs::read_to_string(golden(&model)).unwrap_or_default() != said {
            wrong.push(format!("{name}: said\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every mistake has its place: a message without one sends its reader searching.
#[test]
fn every_refusal_names_file_line_and_column() {
    for model in models() {
        let name = model.display();
        let said = String::from_utf8(check(&model).stderr).expect("stderr is UTF-8");
        let errors = said.lines().filter(|line| line.starts_with("error: ")).count();
        let warnings = said.lines().filter(|line| line.starts_with("warning: ")).count();
        let places = said.lines().filter(|line| line.trim_start().starts_with("--> ")).count();
        assert!(errors > 0, "{name}: {said}");
        assert_eq!(errors + warnings, places, "{name}: {said}");
    }
}

/// A hint that does not work is worse than none.
#[test]
fn what_the_hints_say_is_accepted() {
    let output = Command::new(env!("CARGO_BIN_EXE_seedmill"))
        .args(["check", "../hints.yaml"])
        .current_dir(folder())
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
