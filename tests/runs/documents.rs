//! The lines of the documents, with `output/perf-data` where they have `docs/perf-data`.

use std::time::{Duration, SystemTime};

use seedmill::report::runs::Status;
use serde_json::Value;

use crate::support::{DAY, STARTED, Workspace, names, record};

/// The record that the documents print.
const PRINTED: &str = r#"{
  "run_id": "load_1729612345",
  "schema_name": "perf_synthetic",
  "generation_config": {
    "band": "staging",
    "seed": "staging_20251022_baseline",
    "generated_at": "2025-10-22T10:30:00Z",
    "counts": {
      "users": 150000,
      "conversations": 300000,
      "messages": 100000000,
      "read_receipts": 75000000
    }
  },
  "load_started_at": "2025-10-22T11:00:00Z",
  "load_completed_at": "2025-10-22T11:08:07Z",
  "duration_seconds": 487,
  "rows_loaded": {
    "users": 150000,
    "conversations": 300000,
    "conversation_users": 850000,
    "messages": 100000000,
    "attachments": 15000000,
    "message_reads": 75000000
  },
  "errors": [],
  "status": "COMPLETED"
"#;

fn keys(value: &Value) -> Vec<&String> {
    value.as_object().unwrap().keys().collect()
}

fn has_jq() -> bool {
    let has = std::process::Command::new("jq").arg("--version").output().is_ok();
    if !has {
        eprintln!("skipped: there is no jq");
    }
    has
}

#[test]
fn a_whole_record_is_what_it_was() {
    let workspace = Workspace::new();
    workspace.record(&record(STARTED, Status::Completed));
    insta::assert_snapshot!("record", workspace.read(&format!("run_{STARTED}.json")));
}

/// A record begins with the documents' very text, but for the id and what follows the status.
#[test]
fn a_record_begins_as_the_documents_print_it() {
    let workspace = Workspace::new();
    workspace.record(&record(STARTED, Status::Completed));
    let text = workspace.read(&format!("run_{STARTED}.json"));
    let printed = PRINTED.replace("1729612345", &STARTED.to_string());
    assert!(text.starts_with(printed.trim_end()), "{text}");
}

#[test]
fn a_recorded_load_has_the_documents_keys_in_their_order() {
    let workspace = Workspace::new();
    let dataset = workspace.chat(&[]);
    let mut recorder = workspace.begin(&dataset);
    recorder.record.rows_loaded.set("users", 200);
    let written = recorder.finish(Vec::new()).unwrap();
    let value: Value = serde_json::from_str(&std::fs::read_to_string(&written.path).unwrap()).unwrap();
    let printed: Value = serde_json::from_str(&format!("{PRINTED}}}")).unwrap();
    assert_eq!(keys(&value)[..keys(&printed).len()], keys(&printed));
    assert_eq!(keys(&value["generation_config"]), keys(&printed["generation_config"]));
    assert_eq!(keys(&value["rows_loaded"]), keys(&printed["rows_loaded"]));
    let counts = keys(&value["generation_config"]["counts"]);
    for name in keys(&printed["generation_config"]["counts"]) {
        assert!(counts.contains(&name), "{name} of {counts:?}");
    }
    let counts = &value["generation_config"]["counts"];
    assert_eq!(counts["read_receipts"], counts["message_reads"]);
}

#[test]
fn the_lines_that_query_recent_loads_work() {
    let workspace = Workspace::new();
    for (day, status) in [(0, Status::Completed), (1, Status::Failed), (2, Status::Completed)] {
        workspace.record(&record(STARTED + day * DAY, status));
    }
    let listed = workspace.shell("ls -lt output/perf-data/run_*.json | head -n 5");
    assert_eq!(listed.stdout.lines().count(), 3, "{listed:?}");
    let latest = workspace.shell("cat output/perf-data/latest_run.json");
    assert_eq!(latest.stdout, workspace.read(&format!("run_{}.json", STARTED + 2 * DAY)));
    if has_jq() {
        let failed =
            workspace.shell("jq -r 'select(.status == \"FAILED\") | .run_id' output/perf-data/run_*.json");
        assert_eq!(failed.stdout, format!("load_{}\n", STARTED + DAY), "{failed:?}");
    }
}

#[test]
fn the_line_that_archives_works_and_what_it_moved_is_still_known() {
    let workspace = Workspace::new();
    for day in [0, 100] {
        workspace.record(&record(STARTED + day * DAY, Status::Completed));
    }
    let old = format!("run_{STARTED}.json");
    age(&workspace, &old, 92);
    std::fs::create_dir(workspace.data("archive")).unwrap();
    let moved = workspace.shell(
        r#"find output/perf-data -name "run_*.json" -mtime +90 -exec mv {} output/perf-data/archive/ \;"#,
    );
    assert_eq!(moved.status, Some(0), "{moved:?}");
    assert_eq!(names(&workspace.data("archive")), [old]);
    let shown = workspace.run(&["runs", "show", &format!("load_{STARTED}")]);
    assert!(shown.stdout.contains("archived"), "{shown:?}");
}

/// The documents' line moves the newest record too and leaves the link behind.
#[test]
fn the_latest_run_is_found_where_the_archive_has_it() {
    let workspace = Workspace::new();
    workspace.record(&record(STARTED, Status::Completed));
    age(&workspace, &format!("run_{STARTED}.json"), 92);
    workspace.shell(
        r#"mkdir output/perf-data/archive
        find output/perf-data -name "run_*.json" -mtime +90 -exec mv {} output/perf-data/archive/ \;"#,
    );
    let shown = workspace.run(&["runs", "show", "latest"]);
    assert!(shown.stdout.starts_with(&format!("load_{STARTED}  COMPLETED, archived")), "{shown:?}");
}

#[test]
fn the_lines_that_reproduce_a_dataset_work() {
    if !has_jq() {
        return;
    }
    let workspace = Workspace::new();
    let dataset = workspace.chat(&[]);
    let written = workspace.begin(&dataset).finish(Vec::new()).unwrap();
    let file = written.path.file_name().unwrap().to_str().unwrap();
    let seed = workspace
        .shell(&format!("SEED=$(jq -r '.generation_config.seed' output/perf-data/{file})\necho \"$SEED\""));
    assert_eq!(seed.stdout, "records\n", "{seed:?}");
}

fn age(workspace: &Workspace, file: &str, days: u64) {
    let past = SystemTime::UNIX_EPOCH.elapsed().unwrap() - Duration::from_secs(days * DAY as u64);
    let file = std::fs::File::options().write(true).open(workspace.data(file)).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + past).unwrap();
}
