//! A run may be killed at any moment; the same command goes on and comes to the same bytes.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Dataset, Dice, LONG_CHAT, Workspace, files};

/// Kills that must come while the dataset is being made, of each format: 36 in all.
const KILLS: u64 = 12;
/// Kills that may be tried for that: others come too early or too late.
const MOST_KILLS: u64 = 40;

/// A dataset made without interruption, and how long that took.
struct Reference {
    workspace: Workspace,
    arguments: Vec<String>,
    sums: String,
    duration: Duration,
}

impl Reference {
    fn new(format: &str) -> Self {
        let workspace = Workspace::new();
        let mut arguments = LONG_CHAT.arguments();
        let more = ["--format", format, "--shards", "12", "--threads", "2", "--quiet"];
        arguments.extend(more.map(str::to_owned));
        let mut fastest = Duration::MAX;
        let mut sums = String::new();
        for out in ["whole", "again"] {
            let start = Instant::now();
            sums = workspace.make(arguments.clone(), out, &[]).sums();
            fastest = fastest.min(start.elapsed());
        }
        Self { workspace, arguments, sums, duration: fastest }
    }

    fn start(&self, out: &str) -> Child {
        let mut arguments = self.arguments.clone();
        arguments.extend(["--out", out].map(str::to_owned));
        self.workspace.command(&arguments).spawn().unwrap()
    }

    /// Starts the command and sends it a signal after a thousandth part of the whole run's time.
    fn interrupt(&self, out: &str, thousandth: u64, signal: Signal) -> ExitStatus {
        let mut child = self.start(out);
        std::thread::sleep(self.duration * u32::try_from(thousandth).unwrap() / 1000);
        // Where it has ended already there is nobody to signal.
        let _ = kill_process(Pid::from_child(&child), signal);
        child.wait().unwrap()
    }

    /// Whether the run had begun its dataset and not finished it.
    fn is_midway(&self, out: &str) -> bool {
        let dataset = self.dataset(out);
        dataset.file("plan.json").exists() && !dataset.file("manifest.json").exists()
    }

    fn dataset(&self, out: &str) -> Dataset {
        Dataset { root: self.workspace.path(out).join("chat-dev-contract") }
    }

    #[track_caller]
    fn assert_goes_on(&self, out: &str) {
        let dataset = self.workspace.make(self.arguments.clone(), out, &[]);
        assert_eq!(dataset.sums(), self.sums, "{out}");
        // Beside it, a report that was being written may have left one.
        let temporary: Vec<_> = files(&dataset.root)
            .into_iter()
            .filter(|path| path.to_string_lossy().ends_with(".inprogress"))
            .collect();
        assert!(temporary.is_empty(), "{out}: {temporary:?}");
        let verified = self.workspace.run(&["verify", dataset.text()]);
        assert_eq!(verified.status, Some(0), "{out}: {}", verified.stdout);
    }
}

/// Kills runs at moments that cover the run's time, some of them twice in a row.
fn assert_survives_kills(format: &str) {
    let mut reference = Reference::new(format);
    let mut dice = Dice(0x5EED ^ format.len() as u64);
    let (mut kills, mut midway, mut twice) = (0, 0, 0);
    while midway < KILLS && kills < MOST_KILLS {
        let out = format!("killed-{kills}");
        let twelfth = kills % 12;
        // From a twelfth to the next, between 5 % and 85 % of the time; then early in the run that goes on.
        let moments = [50 + (800 * twelfth + dice.below(800)) / 12, 50 + dice.below(300)];
        let mut landed = 0;
        for moment in &moments[..if twelfth % 3 == 0 { 2 } else { 1 }] {
            let status = reference.interrupt(&out, *moment, Signal::KILL);
            kills += 1;
            landed += u64::from(status.signal() == Some(9) && reference.is_midway(&out));
        }
        midway += landed;
        twice += u64::from(landed == 2);
        if landed == 0 && reference.dataset(&out).file("manifest.json").exists() {
            // The machine has become faster since its run was timed.
            reference.duration = reference.duration * 4 / 5;
        }
        reference.assert_goes_on(&out);
    }
    eprintln!("{format}: {midway} of {kills} kills came while the dataset was being made, {twice} times two");
    assert!(midway >= KILLS && twice > 0, "{midway} of {kills} kills landed, {twice} times two");
}

#[test]
fn parquet_survives_kills_at_any_moment() {
    assert_survives_kills("parquet");
}

#[test]
fn csv_survives_kills_at_any_moment() {
    assert_survives_kills("csv");
}

#[test]
fn compressed_csv_survives_kills_at_any_moment() {
    assert_survives_kills("csv.zst");
}

#[test]
fn an_interrupted_or_terminated_run_fails_and_goes_on() {
    let reference = Reference::new("parquet");
    for signal in [Signal::INT, Signal::TERM] {
        let out = format!("signal-{}", signal.as_raw());
        let mut child = reference.start(&out);
        // With a receipt the run is midway, whatever the machine's load.
        let receipts = reference.dataset(&out).file("receipts");
        while std::fs::read_dir(&receipts).map_or(0, Iterator::count) == 0 {
            assert!(child.try_wait().unwrap().is_none(), "{signal:?}: the run ended by itself");
            std::thread::sleep(Duration::from_millis(1));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = child.wait().unwrap();
        assert!(!status.success() && reference.is_midway(&out), "{signal:?}: {status}");
        reference.assert_goes_on(&out);
    }
}

#[test]
fn a_part_without_a_receipt_is_not_trusted() {
    let reference = Reference::new("csv");
    let dataset = reference.dataset("whole");
    std::fs::remove_file(dataset.file("manifest.json")).unwrap();
    std::fs::remove_file(dataset.file("receipts/shard-00013.json")).unwrap();
    // Of the size that it should have, and other bytes.
    dataset.flip("messages/part-00001.csv");
    reference.assert_goes_on("whole");
}
