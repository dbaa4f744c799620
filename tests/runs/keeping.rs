//! The retention policy: what is kept and what goes.

use std::collections::BTreeSet;

use proptest::prelude::*;
use seedmill::report::runs::{Kind, PerfData, Status};

use crate::support::{DAY, STARTED, Workspace, names, record, time};

/// A configuration's text, as an archive has it.
fn configuration() -> String {
    let known = record(STARTED, Status::Completed);
    serde_json::json!({
        "band": "dev", "model": "chat", "seed": "s", "values_version": 1, "fingerprints": known.fingerprints,
        "format": "parquet", "model_yaml": "model: chat\n",
    })
    .to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn exactly_what_is_older_than_its_period_goes(
        runs in proptest::collection::btree_map(0i64..800, (any::<bool>(), any::<bool>()), 0..12),
        days in proptest::collection::btree_set(0i64..1_000, 0..6),
    ) {
        let workspace = Workspace::new();
        let now = STARTED + 1_000 * DAY + DAY / 2;
        let mut kept = BTreeSet::new();
        for (age, (failed, archived)) in &runs {
            let started = now - age * DAY - 1;
            let status = if *failed { Status::Failed } else { Status::Completed };
            workspace.record(&record(started, status));
            let file = format!("run_{started}.json");
            if *archived {
                let text = workspace.read(&file);
                workspace.put(&format!("archive/{file}"), &text);
                std::fs::remove_file(workspace.data(&file)).unwrap();
            }
            if *age < if *failed { 90 } else { 365 } {
                kept.insert(if *archived { format!("archive/{file}") } else { file });
            }
        }
        for age in &days {
            let name = format!("dev_{}.json", time(now - age * DAY).strftime("%Y%m%d"));
            workspace.put(&format!("generation_configs/{name}"), &configuration());
            // A day counts from its end.
            if *age <= 730 {
                kept.insert(format!("generation_configs/{name}"));
            }
        }
        let foreign = ["run_1.json", "archive/notes.json", "generation_configs/other.json"];
        for name in foreign {
            workspace.put(name, "{\"half\": ");
            kept.insert(name.to_owned());
        }
        let now = time(now).to_string();
        let dry = workspace.run(&["runs", "prune", "--dry-run", "--now", &now]);
        prop_assert_eq!(dry.status, Some(0), "{}", dry.stderr);
        let ran = workspace.run(&["runs", "prune", "--now", &now]);
        prop_assert_eq!(dry.stdout.replace("would remove", "removed"), ran.stdout);
        let mut left = BTreeSet::new();
        for folder in ["", "archive/", "generation_configs/"] {
            let files = names(&workspace.data(folder)).into_iter().filter(|name| name.ends_with(".json"));
            left.extend(files.map(|name| format!("{folder}{name}")));
        }
        let linked = left.remove("latest_run.json");
        prop_assert_eq!(&left, &kept);
        let newest = runs.keys().map(|age| STARTED + 1_000 * DAY + DAY / 2 - age * DAY - 1)
            .map(|started| format!("run_{started}.json")).find(|file| kept.contains(file));
        if linked {
            let target = std::fs::read_link(workspace.data("latest_run.json")).unwrap();
            // A prune that removes nothing leaves the link alone, be it to a record that was moved by hand.
            if workspace.data("latest_run.json").exists() {
                prop_assert_eq!(Some(target.display().to_string()), newest);
            }
        }
        for name in foreign {
            prop_assert!(ran.stderr.contains(workspace.data(name).file_name().unwrap().to_str().unwrap()), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_teardown_script_goes_after_thirty_days() {
    for (days, stays) in [(30, true), (31, false)] {
        let workspace = Workspace::new();
        workspace.record(&record(STARTED, Status::Completed));
        let now = time(STARTED + days * DAY).to_string();
        let ran = workspace.run(&["runs", "prune", "--now", &now]);
        assert_eq!(workspace.data("teardown.sh").exists(), stays, "{ran:?}");
    }
}

#[test]
fn a_teardown_script_of_other_hands_is_named_and_stays() {
    let workspace = Workspace::new();
    workspace.put("teardown.sh", "#!/bin/sh\n");
    let ran = workspace.run(&["runs", "prune", "--now", "2099-01-01T00:00:00Z"]);
    assert!(ran.stderr.contains("teardown.sh") && workspace.data("teardown.sh").exists(), "{ran:?}");
}

#[test]
fn the_link_goes_with_the_last_record() {
    let workspace = Workspace::new();
    workspace.record(&record(STARTED, Status::Completed));
    let now = time(STARTED + 366 * DAY).to_string();
    let ran = workspace.run(&["runs", "prune", "--now", &now]);
    assert!(ran.stdout.contains(&format!("run_{STARTED}.json")), "{ran:?}");
    assert_eq!(names(&workspace.data("")), Vec::<String>::new());
}

#[test]
fn the_link_falls_back_to_the_newest_record_that_is_kept() {
    let workspace = Workspace::new();
    workspace.record(&record(STARTED, Status::Completed));
    workspace.record(&record(STARTED + DAY, Status::Failed));
    let now = time(STARTED + 100 * DAY).to_string();
    workspace.run(&["runs", "prune", "--now", &now]);
    let link = std::fs::read_link(workspace.data("latest_run.json")).unwrap();
    assert_eq!(link.to_str().unwrap(), format!("run_{STARTED}.json"));
}

#[test]
fn a_dry_run_removes_nothing() {
    let workspace = Workspace::new();
    workspace.record(&record(STARTED, Status::Completed));
    let before = names(&workspace.data(""));
    let ran = workspace.run(&["runs", "prune", "--dry-run", "--now", "2099-01-01T00:00:00Z"]);
    assert_eq!(ran.stdout.lines().count(), 2, "{ran:?}");
    assert_eq!(names(&workspace.data("")), before);
}

#[test]
fn old_records_are_put_away_and_the_latest_stays() {
    let workspace = Workspace::new();
    for day in [0, 5, 60] {
        workspace.record(&record(STARTED + day * DAY, Status::Completed));
    }
    // One of that name was put away before: it is not written over.
    workspace.put(&format!("archive/run_{STARTED}.json"), "{}");
    let now = time(STARTED + 200 * DAY).to_string();
    let ran = workspace.run(&["runs", "archive", "--older-than", "90d", "--now", &now]);
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
    assert_eq!(workspace.read(&format!("archive/run_{STARTED}.json")), "{}");
    assert!(workspace.data(&format!("run_{STARTED}.json")).exists());
    assert!(workspace.data(&format!("archive/run_{}.json", STARTED + 5 * DAY)).exists());
    let latest = PerfData::of(&workspace.output()).latest().unwrap();
    assert_eq!(latest, workspace.data(&format!("run_{}.json", STARTED + 60 * DAY)));
}

#[test]
fn what_is_not_old_enough_is_not_put_away() {
    let workspace = Workspace::new();
    for day in [0, 1] {
        workspace.record(&record(STARTED + day * DAY, Status::Completed));
    }
    let now = time(STARTED + 90 * DAY).to_string();
    let ran = workspace.run(&["runs", "archive", "--now", &now]);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("90 days"), "{ran:?}");
}

#[test]
fn failed_loads_are_kept_as_long_as_the_documents_say() {
    assert_eq!(Kind::FailedLoad.kept_days(), 90);
    let workspace = Workspace::new();
    workspace.record(&record(STARTED, Status::Failed));
    let contents = PerfData::of(&workspace.output()).read().unwrap();
    assert_eq!(contents.runs[0].kind(), Kind::FailedLoad);
}
