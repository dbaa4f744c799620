//! [`Watch`]: shows how far a run has come: a bar on a terminal, plain lines elsewhere.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::printer::{Printer, bytes, duration, grouped};
use crate::generate::Progress;

/// Plain lines come this often.
const LINE_EVERY: Duration = Duration::from_secs(3);
const TICK: Duration = Duration::from_millis(100);

/// Shows a run's progress until it is told to end.
pub(super) struct Watch<'w> {
    pub printer: &'w Printer,
    pub progress: &'w Progress,
    /// Rows that the run will make, as far as is known.
    pub expected_rows: u64,
    /// Bytes that a row takes, as far as is known.
    pub row_bytes: f64,
    /// Shards that the run will make.
    pub shards: usize,
}

impl Watch<'_> {
    /// Watches until `ended` is set.
    #[expect(clippy::disallowed_methods, reason = "a run is timed here")]
    pub(super) fn until(&self, ended: &AtomicBool) {
        let start = Instant::now();
        let bar = self.printer.terminal.then(|| self.bar());
        let mut last_line = Instant::now();
        while !ended.load(Ordering::Relaxed) {
            std::thread::park_timeout(TICK);
            let rows = self.progress.rows.load(Ordering::Relaxed);
            let seconds = start.elapsed().as_secs_f64().max(0.001);
            let message = self.message(rows, seconds);
            match &bar {
                Some(bar) => {
                    bar.set_position(rows.min(self.expected_rows));
                    bar.set_message(message);
                }
                None if last_line.elapsed() >= LINE_EVERY => {
                    last_line = Instant::now();
                    let share = 100.0 * rows as f64 / self.expected_rows.max(1) as f64;
                    self.printer.message(&format!(
                        "  {:>3.0} %  {} rows  {message}",
                        share.min(100.0),
                        grouped(rows)
                    ));
                }
                None => {}
            }
        }
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
    }

    fn bar(&self) -> ProgressBar {
        let bar = ProgressBar::new(self.expected_rows);
        let style = ProgressStyle::with_template("  {bar:32} {percent:>3} %  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar
    }

    fn message(&self, rows: u64, seconds: f64) -> String {
        let rate = rows as f64 / seconds;
        let left = if rate > 0.0 { self.expected_rows.saturating_sub(rows) as f64 / rate } else { 0.0 };
        format!(
            "{} rows/s  {}/s  shard {} of {}  {} left",
            grouped(rate as u64),
            bytes((rate * self.row_bytes) as u64),
            self.progress.shards.load(Ordering::Relaxed),
            self.shards,
            if rate > 0.0 { duration(left) } else { "?".to_owned() }
        )
    }
}
