//! A load is recorded however it ends.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use seedmill::report::runs::{Phase, RunRecord, Status};

use crate::support::{DAY, STARTED, Workspace, names, record};

/// Set for the process of [`holds_a_draft`]: the workspace's folder.
const HOLD: &str = "SEEDMILL_TEST_HOLD";

fn only_record(workspace: &Workspace) -> RunRecord {
    let runs: Vec<String> =
        names(&workspace.data("")).into_iter().filter(|name| name.starts_with("run_")).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    serde_json::from_str(&workspace.read(&runs[0])).unwrap()
}

#[test]
fn records_read_back_as_they_were_written() {
    let workspace = Workspace::new();
    for (day, status) in [(0, Status::Completed), (1, Status::Failed)] {
        let known = record(STARTED + day * DAY, status);
        let written = workspace.record(&known);
        let read: RunRecord = serde_json::from_str(&std::fs::read_to_string(written.path).unwrap()).unwrap();
        assert_eq!(read, known);
    }
}

#[test]
fn a_second_record_of_a_second_has_a_name_of_its_own() {
    let workspace = Workspace::new();
    let first = workspace.record(&record(STARTED, Status::Completed));
    let before = std::fs::read(&first.path).unwrap();
    let second = workspace.record(&record(STARTED, Status::Failed));
    assert_eq!(std::fs::read(&first.path).unwrap(), before);
    assert_eq!(second.path, workspace.data(&format!("run_{STARTED}_2.json")));
    let read: RunRecord = serde_json::from_str(&std::fs::read_to_string(second.path).unwrap()).unwrap();
    assert_eq!(read.run_id, format!("load_{STARTED}_2"));
}

#[test]
fn loads_that_run_at_a_time_have_ids_of_their_own() {
    let workspace = Workspace::new();
    let dataset = workspace.chat(&[]);
    let recorders = [workspace.begin(&dataset), workspace.begin(&dataset), workspace.begin(&dataset)];
    let mut ids: Vec<String> = recorders.iter().map(|recorder| recorder.record.run_id.clone()).collect();
    for recorder in recorders {
        let id = recorder.record.run_id.clone();
        let written = recorder.finish(Vec::new()).unwrap();
        let read: RunRecord = serde_json::from_str(&std::fs::read_to_string(written.path).unwrap()).unwrap();
        assert_eq!(read.run_id, id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_load_that_fails_is_recorded_with_its_errors() {
    let workspace = Workspace::new();
    let dataset = workspace.chat(&[]);
    let mut recorder = workspace.begin(&dataset);
    recorder.phase(Phase { name: Phase::ROWS.to_owned(), seconds: 1.5, rows: Some(7), bytes: None }).unwrap();
    recorder.finish(vec!["the disk is full".to_owned()]).unwrap();
    let record = only_record(&workspace);
    assert_eq!((record.status, record.errors), (Status::Failed, vec!["the disk is full".to_owned()]));
    assert_eq!(record.phases.len(), 1);
    assert_eq!(
        names(&workspace.data("")),
        [
            "generation_configs",
            "latest_run.json",
            &format!("run_{}.json", record.run_id.trim_start_matches("load_")),
            "teardown.sh",
        ]
    );
}

#[test]
fn a_recorder_that_is_dropped_says_that_the_load_failed() {
    let workspace = Workspace::new();
    let dataset = workspace.chat(&[]);
    drop(workspace.begin(&dataset));
    assert_eq!(only_record(&workspace).status, Status::Failed);
}

#[test]
fn the_time_of_making_is_the_reports_where_there_is_one() {
    let workspace = Workspace::new();
    let dataset = workspace.chat(&[]);
    let reports = workspace.output().join("reports");
    let report = reports.join(&names(&reports)[0]);
    let text = std::fs::read_to_string(&report).unwrap();
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let told = told["generated_at"].as_str().unwrap();
    let text = text.replace(told, "2025-10-22T10:30:00Z");
    std::fs::write(&report, &text).unwrap();
    // A newer report of another dataset of that band is none of this one's.
    let other =
        text.replace("2025-10-22", "2026-10-22").replace("\"seed\": \"records\"", "\"seed\": \"other\"");
    assert_ne!(other, text);
    std::fs::write(reports.join("report_dev_9999999999.json"), other).unwrap();
    let made =
        |workspace: &Workspace| workspace.begin(&dataset).record.generation_config.generated_at.to_string();
    assert_eq!(made(&workspace), "2025-10-22T10:30:00Z");
    std::fs::remove_dir_all(&reports).unwrap();
    let manifest = std::fs::File::options().write(true).open(workspace.path(&dataset).join("manifest.json"));
    let modified = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(STARTED as u64);
    manifest.unwrap().set_modified(modified).unwrap();
    assert_eq!(made(&workspace), "2025-10-22T11:00:00Z");
}

/// The process that [`a_load_that_is_killed_is_recorded_as_failed`] kills.
#[test]
fn holds_a_draft() {
    let Some(folder) = std::env::var_os(HOLD) else { return };
    let dataset = std::path::PathBuf::from(folder);
    let output = dataset.parent().unwrap();
    let manifest = seedmill::dataset::manifest::Manifest::read(&dataset).unwrap();
    let recorder = seedmill::report::runs::Recorder::begin(&seedmill::report::runs::Beginning {
        output,
        dataset: &dataset,
        manifest: &manifest,
        schema: "perf_synthetic",
        host: "localhost",
        port: 5432,
        database: "chat_perf_dev",
        environment: None,
        jobs: 1,
    })
    .unwrap();
    eprintln!("holding");
    std::thread::sleep(std::time::Duration::from_secs(60));
    drop(recorder);
}

#[test]
fn a_load_that_is_killed_is_recorded_as_failed() {
    let workspace = Workspace::new();
    let dataset = workspace.chat(&[]);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["recording::holds_a_draft", "--exact", "--nocapture"])
        .env(HOLD, workspace.path(&dataset))
        .current_dir(workspace.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = [0; 8];
    child.stderr.as_mut().unwrap().read_exact(&mut told).unwrap();
    let running = workspace.run(&["runs", "list"]);
    assert!(running.stderr.contains("running: load_"), "{running:?}");
    assert!(running.stdout.is_empty(), "{running:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    let listed = workspace.run(&["runs", "list", "--failed"]);
    assert!(listed.stdout.contains("FAILED"), "{listed:?}");
    let record = only_record(&workspace);
    assert_eq!(record.status, Status::Failed);
    assert!(record.errors[0].contains("killed"), "{:?}", record.errors);
    assert!(!names(&workspace.data("")).iter().any(|name| name.starts_with('.')), "the draft is gone");
    // A second look records it no second time.
    workspace.run(&["runs", "list"]);
    assert_eq!(only_record(&workspace), record);
    // What it left can be torn down, from the folder in which it was loaded.
    let program = stand_in(&workspace, 0);
    let ran =
        workspace.shell(&format!("cd / && SEEDMILL='{program}' {}", workspace.data("teardown.sh").display()));
    let here = workspace.path("").canonicalize().unwrap();
    assert_eq!(Path::new(ran.stdout.lines().next().unwrap()), here, "{ran:?}");
    assert!(
        ran.stdout.contains("<teardown><--schema=perf_synthetic><--only=localhost:5432/chat_perf_dev>"),
        "{ran:?}"
    );
}

#[test]
fn the_latest_run_is_a_relative_link_to_the_newest_record() {
    let workspace = Workspace::new();
    let link = || std::fs::read_link(workspace.data("latest_run.json")).unwrap().display().to_string();
    workspace.record(&record(STARTED + DAY, Status::Completed));
    assert_eq!(link(), format!("run_{}.json", STARTED + DAY));
    // A record that comes late, as of a load that was killed, is not the newest.
    workspace.record(&record(STARTED, Status::Failed));
    assert_eq!(link(), format!("run_{}.json", STARTED + DAY));
    workspace.record(&record(STARTED + DAY, Status::Failed));
    assert_eq!(link(), format!("run_{}_2.json", STARTED + DAY));
}

#[test]
fn what_others_put_in_our_places_stays_and_is_told() {
    let workspace = Workspace::new();
    workspace.put("latest_run.json", "mine");
    workspace.put("teardown.sh", "#!/bin/sh\necho mine\n");
    let written = workspace.record(&record(STARTED, Status::Completed));
    assert_eq!(written.notes.len(), 2, "{:?}", written.notes);
    assert_eq!(workspace.read("latest_run.json"), "mine");
    assert!(workspace.read("teardown.sh").contains("echo mine"));
}

/// A program in the place of seedmill that writes down where and how it was called.
fn stand_in(workspace: &Workspace, status: u8) -> String {
    let path = workspace.path("stand in");
    std::fs::write(&path, format!("#!/bin/sh\necho \"$PWD\"\nprintf '<%s>' \"$@\"\nexit {status}\n"))
        .unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

#[test]
fn the_script_tears_down_from_anywhere_and_goes_when_it_was_used() {
    let workspace = Workspace::new();
    let mut odd = record(STARTED, Status::Failed);
    odd.schema_name = "it's; $(touch broken)".to_owned();
    workspace.record(&odd);
    let mode = std::fs::metadata(workspace.data("teardown.sh")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    let script = workspace.data("teardown.sh").display().to_string();
    let fails = stand_in(&workspace, 1);
    let ran = workspace.shell(&format!("cd / && SEEDMILL='{fails}' '{script}'"));
    assert_eq!(ran.status, Some(1), "{ran:?}");
    assert!(workspace.data("teardown.sh").exists(), "it stays when it did nothing");
    stand_in(&workspace, 0);
    let ran = workspace.shell("cd output && SEEDMILL='../stand in' perf-data/teardown.sh --yes");
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(
        ran.stdout.ends_with("<teardown><--schema=it's; $(touch broken)><--only=localhost:5432/chat_perf_staging><--env=staging><--yes>"),
        "{ran:?}"
    );
    assert!(!workspace.data("teardown.sh").exists() && !workspace.path("broken").exists());
    let here = std::env::current_dir().unwrap();
    assert_eq!(
        ran.stdout.lines().next().unwrap(),
        here.to_str().unwrap(),
        "credentials are found from there"
    );
}

#[test]
fn the_script_does_not_follow_credentials_into_another_database() {
    let workspace = Workspace::new();
    let mut sourced = record(STARTED, Status::Completed);
    sourced.environment = None;
    workspace.record(&sourced);
    let ran = workspace.shell(&format!(
        "export SEEDMILL_MARKER=1/2/u PGHOST=localhost PGPORT=1 PGDATABASE=shop_perf_staging PGUSER=u
        SEEDMILL={} output/perf-data/teardown.sh",
        env!("CARGO_BIN_EXE_seedmill")
    ));
    assert_eq!(ran.status, Some(2), "{ran:?}");
    assert!(
        ran.stderr.contains("localhost:1/shop_perf_staging, not of localhost:5432/chat_perf_staging"),
        "{ran:?}"
    );
    assert!(workspace.data("teardown.sh").exists());
}
