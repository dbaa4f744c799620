//! [`Run`]: the program while it runs, and [`Ended`]: what it came to.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const TICK: Duration = Duration::from_millis(3);
/// A run that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(150);

/// The program while it runs; killed with the value.
pub struct Run {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    /// The most memory that it has held at once, in bytes, as far as it was looked at.
    pub peak: u64,
}

/// What a run came to.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub printed: String,
    pub said: String,
    pub peak: u64,
}

impl Run {
    /// Starts it, with its words in files of a folder.
    pub fn start(command: &mut Command, folder: &Path) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let [stdout, stderr] = ["out", "err"].map(|kind| folder.join(format!("run-{number}.{kind}")));
        let child = command
            .stdin(Stdio::null())
            .stdout(File::create(&stdout).unwrap())
            .stderr(File::create(&stderr).unwrap())
            .spawn()
            .expect("the program starts");
        Self { child, stdout, stderr, peak: 0 }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> bool {
        self.peak = self.peak.max(peak_of(self.child.id()));
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends a signal, unless it has ended.
    pub fn signal(&self, signal: Signal) {
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    /// Waits until something is so; false if the run ended before.
    pub fn wait_until(&mut self, mut is_so: impl FnMut() -> bool) -> bool {
        let start = Instant::now();
        loop {
            if is_so() {
                return true;
            }
            if !self.is_running() {
                return false;
            }
            assert!(start.elapsed() < PATIENCE, "nothing happens: {}", self.said());
            std::thread::sleep(TICK);
        }
    }

    /// Waits until something is so while it runs, and must.
    pub fn meets(&mut self, what: &str, is_so: impl FnMut() -> bool) {
        assert!(self.wait_until(is_so), "it ended before {what}: {}", self.said());
    }

    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap()
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        self.wait_until(|| false);
        let status = self.child.wait().unwrap();
        Ended {
            code: status.code(),
            signal: status.signal(),
            printed: std::fs::read_to_string(&self.stdout).unwrap(),
            said: self.said(),
            peak: self.peak,
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// It must have ended with a status and said these words.
    pub fn says(&self, status: i32, words: &[&str]) {
        assert_eq!(self.code, Some(status), "{self:?}");
        for word in words {
            assert!(self.said.contains(word), "{word}: {}", self.said);
        }
    }
}

fn peak_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1_024
}
