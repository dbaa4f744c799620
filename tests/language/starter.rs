//! `seedmill init`: what it writes is a good model, and nothing is overwritten.

use std::path::Path;
use std::process::{Command, Output};

use super::support::{Expected, is_good, printed, said, seedmill, surprises};

fn init(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seedmill"))
        .arg("init")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_starter_is_checked_made_and_judged_good() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = init(folder.path(), &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(printed(&output), "model.yaml\n");
    assert_eq!(names(folder.path()), ["model.yaml", "seedmill.schema.json"]);
    let schema = std::fs::read(folder.path().join("seedmill.schema.json")).expect("the schema");
    assert_eq!(schema, seedmill(["schema"]).stdout);
    let model = folder.path().join("model.yaml");
    let checked = seedmill([std::ffi::OsStr::new("check"), model.as_os_str()]);
    assert!(checked.status.success() && checked.stderr.is_empty(), "{}", said(&checked));
    is_good(&model, "tiny", "parquet");
    is_good(&model, "tiny", "csv");
    let found = surprises(&[(Expected::Valid, model)]);
    assert_eq!(found.unwrap_or_default(), "");
}

/// The commands that it names run as they stand.
#[test]
fn the_next_commands_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = init(folder.path(), &["my shop.yaml"]);
    let said = said(&output);
    let commands: Vec<&str> = said
        .lines()
        .map(|line| line.trim_start_matches("next:").trim())
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(commands.len(), 3, "{said}");
    for command in commands {
        let command = command.replacen("seedmill", env!("CARGO_BIN_EXE_seedmill"), 1);
        let run =
            Command::new("sh").arg("-c").arg(&command).current_dir(folder.path()).output().expect("a shell");
        assert!(run.status.success(), "{command}: {}", String::from_utf8_lossy(&run.stderr));
    }
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join("model.yaml");
    std::fs::write(&model, "mine").expect("written");
    let output = init(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("`model.yaml` is there already"), "{}", said(&output));
    assert_eq!(std::fs::read_to_string(&model).expect("the model"), "mine");
    assert_eq!(names(folder.path()), ["model.yaml"], "no schema either");

    // Another version's schema stays too, and this one's is as good as new.
    let schema = folder.path().join("seedmill.schema.json");
    std::fs::write(&schema, "{}").expect("written");
    let output = init(folder.path(), &["other.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("seedmill.schema.json` is there already"), "{}", said(&output));
    assert_eq!(names(folder.path()), ["model.yaml", "seedmill.schema.json"]);
    std::fs::write(&schema, seedmill(["schema"]).stdout).expect("written");
    assert!(init(folder.path(), &["other.yaml"]).status.success());
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = init(folder.path(), &["models/shop.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("there is no folder `models`"), "{}", said(&output));
    assert_eq!(names(folder.path()), Vec::<String>::new());
    let output = init(folder.path(), &["."]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("`.` is a folder"), "{}", said(&output));
}
