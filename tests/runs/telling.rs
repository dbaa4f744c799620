//! `runs list` and `runs show`.

use seedmill::report::runs::Status;

use crate::support::{DAY, STARTED, Workspace, record};

fn three() -> Workspace {
    let workspace = Workspace::new();
    for (day, status) in [(0, Status::Completed), (1, Status::Failed), (2, Status::Completed)] {
        workspace.record(&record(STARTED + day * DAY, status));
    }
    workspace
}

#[test]
fn loads_are_listed_newest_first() {
    let ran = three().run(&["runs", "list"]);
    insta::assert_snapshot!("list", ran.stdout);
    assert!(ran.stderr.is_empty(), "{ran:?}");
}

#[test]
fn a_load_is_shown_whole() {
    let ran = three().run(&["runs", "show", &format!("load_{}", STARTED + DAY)]);
    insta::assert_snapshot!("show", ran.stdout);
}

#[test]
fn failed_loads_are_told_apart() {
    let ran = three().run(&["runs", "list", "--failed", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["run_id"], format!("load_{}", STARTED + DAY));
    assert_eq!(listed[0]["path"], format!("output/perf-data/run_{}.json", STARTED + DAY));
}

#[test]
fn damaged_and_foreign_files_are_named_and_skipped() {
    let workspace = three();
    let whole = workspace.read(&format!("run_{STARTED}.json"));
    workspace.put("run_1.json", &whole[..whole.len() / 2]);
    workspace.put("run_2.json", "{\"mine\": true}");
    workspace.put("run_3.json", "");
    workspace.put("run_4.json", &whole.replace("\"record_version\": 1", "\"record_version\": 99"));
    workspace.put("run_5.json", &whole.replace("2025-10-22T11:00:00Z", "yesterday"));
    workspace.put("run_6.json", &whole.replace(&format!("load_{STARTED}"), "load_../../x"));
    workspace.put("archive/run_7.json", "[1, 2");
    workspace.put("README.md", "# Performance Data Directory");
    std::fs::write(workspace.data("run_8.json"), [0xff, 0xfe, 0]).unwrap();
    let ran = workspace.run(&["runs", "list"]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(ran.stdout.lines().count(), 4, "{ran:?}");
    for number in 1..=8 {
        assert!(ran.stderr.contains(&format!("run_{number}.json")), "{number}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("README.md"), "{}", ran.stderr);
    let pruned = workspace.run(&["runs", "prune", "--now", "2099-01-01T00:00:00Z"]);
    assert!(pruned.stderr.contains("README.md") && workspace.data("README.md").exists(), "{pruned:?}");
}

#[test]
fn a_run_is_found_by_whatever_names_it() {
    let workspace = three();
    workspace.record(&record(STARTED, Status::Failed));
    let second = STARTED + DAY;
    let by = [
        format!("load_{second}"),
        second.to_string(),
        format!("run_{second}.json"),
        format!("output/perf-data/run_{second}.json"),
        format!("load_{}", &second.to_string()[..6]),
    ];
    for wanted in &by {
        let ran = workspace.run(&["runs", "show", wanted]);
        assert!(ran.stdout.starts_with(&format!("load_{second}  ")), "{wanted}: {ran:?}");
    }
    // A whole id is not the beginning of another.
    let ran = workspace.run(&["runs", "show", &format!("load_{STARTED}")]);
    assert!(ran.stdout.starts_with(&format!("load_{STARTED}  ")), "{ran:?}");
    let ran = workspace.run(&["runs", "show", "latest"]);
    assert!(ran.stdout.starts_with(&format!("load_{}  ", STARTED + 2 * DAY)), "{ran:?}");
}

#[test]
fn a_run_that_is_not_there_or_not_one_is_a_wrong_request() {
    let workspace = three();
    for (wanted, says) in [("load_9", "no run `load_9`"), ("load_17", "3 runs"), ("", "no run")] {
        let ran = workspace.run(&["runs", "show", wanted]);
        assert_eq!(ran.status, Some(2), "{wanted}: {ran:?}");
        assert!(ran.stderr.contains(says), "{wanted}: {ran:?}");
    }
    let empty = Workspace::new();
    assert_eq!(empty.run(&["runs", "show"]).status, Some(2));
    assert_eq!(empty.run(&["runs", "list"]).status, Some(0));
}

#[test]
fn what_is_in_a_record_cannot_break_a_line() {
    let workspace = Workspace::new();
    let mut odd = record(STARTED, Status::Completed);
    odd.generation_config.seed = "a\n\u{1b}[31mb".to_owned();
    workspace.record(&odd);
    let ran = workspace.run(&["runs", "list"]);
    assert_eq!(ran.stdout.lines().count(), 2, "{ran:?}");
    assert!(!ran.stdout.contains('\u{1b}'), "{ran:?}");
}
