//! A load's dataset is made again, and its bytes are proved equal.

use std::fs;

use seedmill::dataset::fingerprint::VALUES_VERSION;

use crate::support::{Ran, Workspace, names};

/// A loaded dataset: its path.
fn loaded(workspace: &Workspace, more: &[&str]) -> String {
    let dataset = workspace.chat(more);
    workspace.begin(&dataset).finish(Vec::new()).unwrap();
    dataset
}

fn assert_equal(ran: &Ran) {
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.stdout.starts_with("equal: "), "{ran:?}");
}

/// Changes the text of a file of `perf-data`.
fn forge(workspace: &Workspace, file: &str, change: impl Fn(&str) -> String) {
    let text = workspace.read(file);
    let forged = change(&text);
    assert_ne!(forged, text);
    workspace.put(file, &forged);
}

fn run_file(workspace: &Workspace) -> String {
    names(&workspace.data("")).into_iter().find(|name| name.starts_with("run_")).unwrap()
}

fn configuration_file(workspace: &Workspace) -> String {
    format!("generation_configs/{}", names(&workspace.data("generation_configs"))[0])
}

/// Another hexadecimal digit in the first place of a value.
fn flip(text: &str, key: &str) -> String {
    let at = text.find(key).unwrap() + key.len();
    let digit = if &text[at..=at] == "0" { "1" } else { "0" };
    format!("{}{digit}{}", &text[..at], &text[at + 1..])
}

#[test]
fn the_bytes_are_equal_even_when_the_dataset_is_gone() {
    let workspace = Workspace::new();
    let dataset = loaded(&workspace, &["--format", "csv", "--shards", "3"]);
    fs::remove_dir_all(workspace.path(&dataset)).unwrap();
    let before = names(&workspace.output());
    assert_equal(&workspace.run(&["runs", "reproduce", "latest", "--threads", "2"]));
    assert_eq!(names(&workspace.output()), before, "the folder it was made in is gone");
}

#[test]
fn the_datasets_own_model_serves_where_no_configuration_was_archived() {
    let workspace = Workspace::new();
    let dataset = loaded(&workspace, &["--parquet-profile", "spark"]);
    fs::remove_dir_all(workspace.data("generation_configs")).unwrap();
    assert_equal(&workspace.run(&["runs", "reproduce", "latest"]));
    fs::remove_dir_all(workspace.path(&dataset)).unwrap();
    let ran = workspace.run(&["runs", "reproduce", "latest"]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("no configuration"), "{ran:?}");
}

#[test]
fn a_dataset_that_is_kept_is_the_datasets_twin() {
    let workspace = Workspace::new();
    let dataset = loaded(&workspace, &[]);
    assert_equal(&workspace.run(&["runs", "reproduce", "latest", "--into", "again"]));
    let sums = |root: &str| fs::read_to_string(workspace.path(root).join("SHA256SUMS")).unwrap();
    assert_eq!(sums(&dataset.replace("output", "again")), sums(&dataset));
    // What lies there would prove nothing a second time, nor would the dataset itself.
    for folder in ["again", "output"] {
        let ran = workspace.run(&["runs", "reproduce", "latest", "--into", folder]);
        assert_eq!(ran.status, Some(2), "{ran:?}");
    }
}

#[test]
fn a_forged_digest_in_the_record_is_a_no_go() {
    let workspace = Workspace::new();
    loaded(&workspace, &[]);
    let file = run_file(&workspace);
    forge(&workspace, &file, |text| flip(text, "\"dataset_sha256sums\": \""));
    let ran = workspace.run(&["runs", "reproduce", "latest"]);
    assert_eq!(ran.status, Some(1), "{ran:?}");
    assert!(ran.stdout.starts_with("SHA256SUMS: "), "{ran:?}");
}

#[test]
fn parts_that_differ_are_named() {
    let workspace = Workspace::new();
    loaded(&workspace, &[]);
    forge(&workspace, &configuration_file(&workspace), |text| {
        flip(text, "\"messages/part-00000.parquet\": \"")
    });
    let ran = workspace.run(&["runs", "reproduce", "latest", "--json"]);
    assert_eq!(ran.status, Some(1), "{ran:?}");
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["findings"][0]["file"], "messages/part-00000.parquet");
    assert_eq!(told["equal"], false);
}

#[test]
fn a_changed_configuration_is_refused_before_anything_is_made() {
    let workspace = Workspace::new();
    loaded(&workspace, &[]);
    let file = configuration_file(&workspace);
    forge(&workspace, &file, |text| text.replace("\"seed\": \"records\"", "\"seed\": \"other\""));
    for more in [&[][..], &["--check"]] {
        let ran = workspace.run(&[&["runs", "reproduce", "latest"], more].concat());
        assert_eq!(ran.status, Some(2), "{ran:?}");
        assert!(ran.stderr.contains("would not make"), "{ran:?}");
    }
}

#[test]
fn a_check_makes_nothing() {
    let workspace = Workspace::new();
    loaded(&workspace, &[]);
    let ran = workspace.run(&["runs", "reproduce", "latest", "--check"]);
    assert_eq!((ran.status, ran.stdout.starts_with("this build would make")), (Some(0), true), "{ran:?}");
}

#[test]
fn another_version_of_the_values_is_said_to_be_one() {
    let workspace = Workspace::new();
    loaded(&workspace, &[]);
    let file = run_file(&workspace);
    forge(&workspace, &file, |text| {
        text.replace(&format!("\"values_version\": {VALUES_VERSION}"), "\"values_version\": 77")
    });
    let ran = workspace.run(&["runs", "reproduce", "latest"]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("version 77"), "{ran:?}");
}

/// A column's default changes no value and no fingerprint, but the manifest.
#[test]
fn of_configurations_with_equal_values_the_runs_own_is_taken() {
    let workspace = Workspace::new();
    loaded(&workspace, &[]);
    let text = workspace.read(&configuration_file(&workspace));
    let other = text.replace(r"default: 0\n", r"default: 7\n");
    assert!(other != text, "the model declares such a default");
    for file in ["dev_19700101.json", "dev_29991231.json"] {
        workspace.put(&format!("generation_configs/{file}"), &other);
    }
    assert_equal(&workspace.run(&["runs", "reproduce", "latest"]));
}
