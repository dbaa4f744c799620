//! Places where a dataset cannot be written, or no longer.
//!
//! Foreign directories, other datasets and files in the way: `tests/contract/directories.rs` and `statuses.rs`. Kills and
//! signals: `tests/contract/kills.rs`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Place, sums};

/// 400,000 rows in eight shards, 6 MB of Parquet.
const MODEL: &str = "model: rows\nentities:\n  users: {rows: 400K, columns: {id: {uuid: v4}, name: {template: \"u{row}\"}}}\n";

/// A file system in memory, gone with the value.
struct Mount(PathBuf);

impl Mount {
    /// Nothing, and a line on stderr, where none can be mounted.
    fn new(folder: PathBuf, options: &str) -> Option<Self> {
        fs::create_dir_all(&folder).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&folder).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: no file system can be mounted here");
            return None;
        }
        Some(Self(folder))
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let done = Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap();
        assert!(done.success(), "{options}");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

fn arguments(out: &str) -> Vec<&str> {
    vec![
        "generate",
        "m.yaml",
        "--seed",
        "s",
        "--shards",
        "8",
        "--threads",
        "1",
        "--format",
        "csv",
        "--out",
        out,
    ]
}

/// Nothing in it could be taken for a finished dataset.
fn assert_not_whole(place: &Place, dataset: &Path) {
    assert!(!dataset.join("manifest.json").exists(), "a manifest without its data");
    if dataset.exists() {
        let verified = place.run(&["verify", dataset.to_str().unwrap()]);
        assert_eq!(verified.status, Some(2), "{verified:?}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_status_3_and_names_it() {
    let place = Place::new();
    place.write("m.yaml", MODEL);
    for out in ["/proc/seedmill", "/sys/kernel/seedmill", "/dev/null", "/dev/null/out"] {
        place.ends(&arguments(out), 3, &["error: ", out]);
    }
    let Some(mount) = Mount::new(place.path("fixed"), "size=64m") else { return };
    place.write("fixed/mine.txt", "mine");
    mount.remount("ro");
    for out in ["fixed", "fixed/deep/below"] {
        place.ends(&arguments(out), 3, &["error: ", "fixed", "Read-only file system"]);
    }
    assert_eq!(fs::read_to_string(place.path("fixed/mine.txt")).unwrap(), "mine");
}

#[test]
fn a_disk_too_small_is_refused_before_anything_is_made() {
    let place = Place::new();
    place.write("m.yaml", MODEL);
    let Some(_mount) = Mount::new(place.path("small"), "size=2m") else { return };
    place.ends(&arguments("small"), 3, &["the disk is too small", "hint: "]);
    assert!(!place.path("small/rows-dev-s").exists());
}

#[test]
fn a_disk_that_fills_midway_leaves_finished_shards_and_room_lets_the_run_go_on() {
    let place = Place::new();
    place.write("m.yaml", MODEL);
    let whole = place.generates("m.yaml", &["--shards", "8", "--format", "csv", "--out", "whole"]);
    let Some(mount) = Mount::new(place.path("disk"), "size=64m") else { return };
    let mut run = place.command(&arguments("disk")).spawn().unwrap();
    let dataset = place.path("disk/rows-dev-s");
    let start = Instant::now();
    // It has looked at the free room when it begins; then somebody else takes it.
    while !dataset.join("plan.json").exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "the run does not begin");
        assert!(run.try_wait().unwrap().is_none(), "the run ended by itself");
        std::thread::sleep(Duration::from_millis(1));
    }
    mount.remount("size=3m");
    assert_eq!(run.wait().unwrap().code(), Some(3));
    assert_not_whole(&place, &dataset);
    // Nor does the same command go on, where there is no room yet.
    let again = place.ends(&arguments("disk"), 3, &["error: ", "hint: "]);
    assert!(again.stderr.contains("room") || again.stderr.contains("space"), "{}", again.stderr);
    assert_not_whole(&place, &dataset);
    mount.remount("size=64m");
    place.does(&arguments("disk"));
    assert_eq!(sums(&dataset), sums(&whole));
    let rest: Vec<String> = fs::read_dir(dataset.join("users"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with("part-") || !name.ends_with(".csv"))
        .collect();
    assert!(rest.is_empty(), "{rest:?}");
}

/// The file that was being written when the reader of another one looks.
#[test]
fn an_interrupted_run_dies_of_its_signal_and_says_how_to_go_on() {
    let place = Place::new();
    place.write("m.yaml", MODEL);
    for signal in ["INT", "TERM", "HUP"] {
        let script = format!(
            "$S generate m.yaml --seed {signal} --shards 64 --threads 1 --out out 2> said & \
             while [ ! -e out/rows-dev-{signal}/receipts/shard-00000.json ]; do sleep 0.005; done; \
             kill -{signal} $!; wait $!; echo $?; cat said >&2"
        );
        let ran = place.shell(&format!("trap - INT; set -m; {script}"));
        let dataset = place.path(&format!("out/rows-dev-{signal}"));
        let number = match signal {
            "INT" => 2,
            "TERM" => 15,
            _ => 1,
        };
        assert!(ran.stdout.contains(&format!("{}", 128 + number)), "{signal}: {ran:?}");
        assert_not_whole(&place, &dataset);
        place.does(&["generate", "m.yaml", "--seed", signal, "--shards", "64", "--out", "out"]);
        place.does(&["verify", dataset.to_str().unwrap()]);
    }
}
