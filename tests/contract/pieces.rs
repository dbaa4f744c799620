//! Shards made alone, in any order and on several machines, make the same dataset as one run.

use std::fs;

use crate::support::{CHAT, Dataset, FORMATS, Workspace, copy};

/// Six shards: three of the users, three of the conversations.
const CUT: [&str; 2] = ["--shards", "3"];

fn piece(workspace: &Workspace, out: &str, shards: &str, format: &str) -> Dataset {
    let more = [CUT.as_slice(), &["--only-shards", shards, "--format", format]].concat();
    workspace.generate(&CHAT, out, &more)
}

#[track_caller]
fn seal(workspace: &Workspace, dataset: &Dataset) {
    let ran = workspace.run(&["seal", dataset.text()]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!(ran.last_line(), dataset.text());
}

#[test]
fn three_pieces_in_any_order_and_a_seal_are_the_whole() {
    for (format, order) in FORMATS.into_iter().zip([
        ["0..1", "1..4", "4..6"],
        ["4..6", "0..1", "1..4"],
        ["1..4", "4..6", "0..1"],
    ]) {
        let workspace = Workspace::new();
        let whole = workspace.generate(&CHAT, "whole", &[CUT.as_slice(), &["--format", format]].concat());
        let mut last = None;
        for shards in order {
            let dataset = piece(&workspace, "pieces", shards, format);
            assert!(!dataset.file("manifest.json").exists());
            last = Some(dataset);
        }
        let dataset = last.unwrap();
        seal(&workspace, &dataset);
        assert_eq!(dataset.sums(), whole.sums(), "{order:?}");
        assert!(dataset.contents() == whole.contents(), "{order:?}");
    }
}

#[test]
fn parts_and_receipts_of_separate_copies_are_the_whole() {
    let workspace = Workspace::new();
    let whole = workspace.generate(&CHAT, "whole", &CUT);
    let [first, second, third] = [("one", "0..2"), ("two", "2..5"), ("three", "5..6")]
        .map(|(out, shards)| piece(&workspace, out, shards, "parquet"));
    for other in [&second, &third] {
        for folder in fs::read_dir(&other.root).unwrap().map(|entry| entry.unwrap()) {
            if folder.path().is_dir() {
                copy(&folder.path(), &first.file(folder.file_name().to_str().unwrap()));
            }
        }
    }
    seal(&workspace, &first);
    assert_eq!(first.sums(), whole.sums());
}

#[test]
fn pieces_made_at_once_are_the_whole() {
    let workspace = Workspace::new();
    let whole = workspace.generate(&CHAT, "whole", &CUT);
    let dataset = std::thread::scope(|scope| {
        let runs = ["0..2", "2..4", "4..6"]
            .map(|shards| scope.spawn(|| piece(&workspace, "pieces", shards, "parquet")));
        runs.map(|run| run.join().unwrap()).into_iter().next().unwrap()
    });
    seal(&workspace, &dataset);
    assert_eq!(dataset.sums(), whole.sums());
}

#[test]
fn a_whole_run_goes_on_where_pieces_ended() {
    let workspace = Workspace::new();
    let whole = workspace.generate(&CHAT, "whole", &CUT);
    piece(&workspace, "pieces", "3..5", "parquet");
    let ran = workspace.generate(&CHAT, "pieces", &CUT);
    assert_eq!(ran.sums(), whole.sums());
}

#[test]
fn a_seal_names_the_shards_that_are_missing() {
    let workspace = Workspace::new();
    let dataset = piece(&workspace, "pieces", "0..1", "parquet");
    piece(&workspace, "pieces", "4..6", "parquet");
    let ran = workspace.run(&["seal", dataset.text()]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("3 of 6 shards are missing: 1, 2, 3"), "{}", ran.stderr);
    assert!(!dataset.file("manifest.json").exists());
}

#[test]
fn shards_that_are_not_there_are_refused() {
    let workspace = Workspace::new();
    let mut arguments = CHAT.arguments();
    arguments.extend(["--shards", "3", "--only-shards", "5..7", "--out", "out"].map(str::to_owned));
    let ran = workspace.run(&arguments);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("there is no shard 6: the plan has 6"), "{}", ran.stderr);
}
