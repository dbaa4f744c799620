//! What stands at a dataset's path is respected: finished, begun, another's, a user's, in use.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{CHAT, Dataset, LONG_CHAT, Ran, SHOP, Workspace, files, ran};

fn times(dataset: &Dataset) -> BTreeMap<PathBuf, SystemTime> {
    let time = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    files(&dataset.root).into_iter().map(|path| (path.clone(), time(&path))).collect()
}

fn shop(workspace: &Workspace, more: &[&str]) -> Ran {
    let mut arguments = SHOP.arguments();
    arguments.extend(["--out", "out"].iter().chain(more).map(|text| (*text).to_owned()));
    workspace.run(&arguments)
}

#[test]
fn the_same_command_again_says_complete_and_touches_nothing() {
    let workspace = Workspace::new();
    let dataset = workspace.generate(&SHOP, "out", &[]);
    let before = times(&dataset);
    let again = shop(&workspace, &[]);
    assert_eq!(again.status, Some(0));
    assert!(again.stderr.contains("complete already"), "{}", again.stderr);
    assert_eq!(again.last_line(), "out/shop-dev-contract");
    assert_eq!(times(&dataset), before);
}

#[test]
fn another_format_cut_or_model_at_the_same_path_is_refused() {
    let workspace = Workspace::new();
    let dataset = workspace.generate(&SHOP, "out", &[]);
    let before = times(&dataset);
    for more in [["--format", "csv"], ["--shards", "3"], ["--set", "band.users=3K"]] {
        let other = shop(&workspace, &more);
        assert_eq!(other.status, Some(2), "{more:?}: {other:?}");
        assert!(other.stderr.contains("holds another dataset of the same name"), "{}", other.stderr);
        assert!(other.stderr.contains("--force"), "{}", other.stderr);
        assert_eq!(other.stdout, "");
    }
    assert_eq!(times(&dataset), before);
}

#[test]
fn force_makes_it_anew_and_leaves_a_users_own_files() {
    let workspace = Workspace::new();
    let dataset = workspace.generate(&SHOP, "out", &[]);
    let own = ["notes.txt", "users/notes.txt", "psql/own.sql", "own/part-00000.parquet"];
    own.into_iter().for_each(|file| workspace.write(&format!("out/shop-dev-contract/{file}"), file));
    let forced = shop(&workspace, &["--format", "csv", "--force"]);
    assert_eq!(forced.status, Some(0), "{}", forced.stderr);
    for file in own {
        assert_eq!(fs::read_to_string(dataset.file(file)).unwrap(), file);
    }
    let parquet =
        files(&dataset.root).into_iter().filter(|path| path.extension().is_some_and(|end| end == "parquet"));
    assert_eq!(parquet.collect::<Vec<_>>(), [dataset.file(own[3])]);
    let fresh = workspace.generate(&SHOP, "fresh", &["--format", "csv"]);
    assert_eq!(dataset.sums(), fresh.sums());
}

#[test]
fn force_makes_a_complete_dataset_again() {
    let workspace = Workspace::new();
    let dataset = workspace.generate(&SHOP, "out", &[]);
    let sums = dataset.sums();
    dataset.flip("users/part-00000.parquet");
    let forced = shop(&workspace, &["--force"]);
    assert_eq!(forced.status, Some(0), "{}", forced.stderr);
    assert_eq!(dataset.sums(), sums);
    assert_eq!(workspace.run(&["verify", dataset.text()]).status, Some(0));
}

#[test]
fn a_foreign_directory_is_never_touched() {
    let workspace = Workspace::new();
    workspace.write("out/shop-dev-contract/thesis.txt", "mine");
    workspace.write("out/shop-dev-contract/manifest.json", "{}");
    for more in [&["--force"][..], &[]] {
        let refused = shop(&workspace, more);
        assert_eq!(refused.status, Some(2), "{refused:?}");
        assert!(refused.stderr.contains("is no dataset of seedmill's"), "{}", refused.stderr);
    }
    let dataset = Dataset { root: workspace.path("out/shop-dev-contract") };
    let contents = dataset.contents();
    assert_eq!(contents.keys().collect::<Vec<_>>(), ["manifest.json", "thesis.txt"]);
    assert_eq!(contents["thesis.txt"], b"mine");
}

#[test]
fn a_second_run_on_a_dataset_in_the_making_is_refused_also_with_force() {
    let workspace = Workspace::new();
    let mut arguments = LONG_CHAT.arguments();
    arguments.extend(["--shards", "12", "--out", "out"].map(str::to_owned));
    let mut first = workspace.command(&arguments).spawn().unwrap();
    let dataset = Dataset { root: workspace.path("out/chat-dev-contract") };
    let start = Instant::now();
    // With a receipt the first run surely holds the lock.
    while !dataset.file("receipts/shard-00000.json").exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "the first run does not begin");
        std::thread::sleep(Duration::from_millis(2));
    }
    // It stands still while the others try.
    kill_process(Pid::from_child(&first), Signal::STOP).unwrap();
    assert!(!dataset.file("manifest.json").exists(), "the first run ended too early");
    let second = ran(&mut workspace.command(&arguments));
    let mut forced = workspace.command(&arguments);
    let forced = ran(forced.arg("--force"));
    let sealed = workspace.run(&["seal", dataset.text()]);
    kill_process(Pid::from_child(&first), Signal::CONT).unwrap();
    for refused in [second, forced, sealed] {
        assert_eq!(refused.status, Some(2), "{refused:?}");
        assert!(refused.stderr.contains("another run is making"), "{}", refused.stderr);
    }
    assert!(first.wait().unwrap().success());
    assert_eq!(workspace.run(&["verify", dataset.text()]).status, Some(0));
}

#[test]
fn of_two_runs_started_at_once_at_least_one_makes_the_dataset_whole() {
    let workspace = Workspace::new();
    let whole = workspace.generate(&CHAT, "whole", &["--shards", "3"]);
    for round in 0..5 {
        let out = format!("out-{round}");
        let mut arguments = CHAT.arguments();
        arguments.extend(["--shards", "3", "--out", &out].map(str::to_owned));
        let mut runs = [workspace.command(&arguments), workspace.command(&arguments)]
            .map(|mut run| run.spawn().unwrap());
        let statuses = [runs[0].wait().unwrap().code(), runs[1].wait().unwrap().code()];
        assert!(statuses.contains(&Some(0)), "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, Some(0 | 2))), "{statuses:?}");
        let dataset = Dataset { root: workspace.path(&out).join("chat-dev-contract") };
        assert_eq!(dataset.sums(), whole.sums());
        assert_eq!(workspace.run(&["verify", dataset.text()]).status, Some(0));
    }
}
