//! [`watching`]: shows how far a run has come: a bar on a terminal, plain lines elsewhere.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::printer::{Printer, duration, grouped};

/// Plain lines come this often.
const LINE_EVERY: Duration = Duration::from_secs(3);
const TICK: Duration = Duration::from_millis(100);

/// A run that can be watched.
pub(super) trait Advancing: Sync {
    /// Rows that are done.
    fn rows(&self) -> u64;
    /// Rows that the run will come to, as far as is known.
    fn expected_rows(&self) -> u64;
    /// What there is to say, at so many rows a second.
    fn message(&self, rate: f64) -> String;
    /// What has happened that is worth a line of its own, since the last time.
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Does the work while its progress is shown; a quiet run shows nothing.
pub(super) fn watching<T: Send>(
    printer: &Printer,
    quiet: bool,
    run: &dyn Advancing,
    work: impl FnOnce() -> T,
) -> T {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = (!quiet).then(|| scope.spawn(|| watch(printer, run, &ended)));
        let result = work();
        ended.store(true, Ordering::Relaxed);
        if let Some(watcher) = watcher {
            watcher.thread().unpark();
        }
        result
    })
}

#[expect(clippy::disallowed_methods, reason = "a run is timed here")]
fn watch(printer: &Printer, run: &dyn Advancing, ended: &AtomicBool) {
    let start = Instant::now();
    let first = run.rows();
    let bar = printer.terminal.then(|| bar(run.expected_rows()));
    let mut last_line = Instant::now();
    while !ended.load(Ordering::Relaxed) {
        std::thread::park_timeout(TICK);
        tell_notices(printer, run, bar.as_ref());
        let rows = run.rows();
        let rate = rows.saturating_sub(first) as f64 / start.elapsed().as_secs_f64().max(0.001);
        let message = run.message(rate);
        match &bar {
            Some(bar) => {
                bar.set_position(rows.min(run.expected_rows()));
                bar.set_message(message);
            }
            None if last_line.elapsed() >= LINE_EVERY => {
                last_line = Instant::now();
                let share = 100.0 * rows as f64 / run.expected_rows().max(1) as f64;
                printer.message(&format!("  {:>3.0} %  {} rows  {message}", share.min(100.0), grouped(rows)));
            }
            None => {}
        }
    }
    // What happened since the last look.
    tell_notices(printer, run, bar.as_ref());
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

fn tell_notices(printer: &Printer, run: &dyn Advancing, bar: Option<&ProgressBar>) {
    for notice in run.notices() {
        match bar {
            Some(bar) => bar.suspend(|| printer.message(&notice)),
            None => printer.message(&notice),
        }
    }
}

fn bar(rows: u64) -> ProgressBar {
    let bar = ProgressBar::new(rows);
    let style = ProgressStyle::with_template("  {bar:32} {percent:>3} %  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// The rate, what belongs to it, and the time that is left.
pub(super) fn pace(run: &dyn Advancing, rate: f64, detail: &str) -> String {
    let left = run.expected_rows().saturating_sub(run.rows()) as f64 / rate;
    let left = if rate > 0.0 { duration(left) } else { "?".to_owned() };
    format!("{} rows/s  {detail}  {left} left", grouped(rate as u64))
}
