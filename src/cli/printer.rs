//! [`Printer`]: the only place that writes to stdout and stderr.

use std::io::{IsTerminal, Write};

use crate::error::{Error, Result, STDOUT};

/// Writes data to stdout and messages to stderr.
pub(super) struct Printer {
    /// stderr is a terminal.
    pub terminal: bool,
}

impl Printer {
    pub(super) fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal() }
    }

    /// stdout is a terminal.
    pub(super) fn data_terminal(&self) -> bool {
        std::io::stdout().is_terminal()
    }

    /// A line of data. A reader that has gone, such as `head`, changes neither what is done nor the exit status: a
    /// verdict is still a verdict.
    pub(super) fn data(&self, line: &str) -> Result<()> {
        let mut stdout = std::io::stdout().lock();
        let written = stdout
            .write_all(line.as_bytes())
            .and_then(|()| stdout.write_all(b"\n"))
            .and_then(|()| stdout.flush());
        match written {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(Error::io("cannot write to", std::path::Path::new(STDOUT))),
        }
    }

    /// A line for the person who waits. Nobody reading it is no reason to stop.
    pub(super) fn message(&self, line: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }

    pub(super) fn failure(&self, error: &Error) {
        match error {
            Error::Model(rendered) => self.message(rendered.trim_end()),
            error => self.message(&format!("error: {error}")),
        }
        if let Some(hint) = error.hint() {
            self.message(&format!("hint: {hint}"));
        }
    }
}

/// A count with thousands apart: `5,000,000`.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the largest decimal unit: `1.23 GB`.
pub(super) fn bytes(count: u64) -> String {
    let mut value = count as f64;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if value < 1000.0 || unit == "TB" {
            return if unit == "B" { format!("{count} B") } else { format!("{value:.2} {unit}") };
        }
        value /= 1000.0;
    }
    unreachable!("the loop ends with its last unit")
}

/// Seconds as `4.2 s`, `3 min 20 s` or `2 h 5 min`.
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3_600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3_600, whole % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_readable() {
        assert_eq!(grouped(5_000_000), "5,000,000");
        assert_eq!(grouped(999), "999");
        assert_eq!(bytes(1_230_000_000), "1.23 GB");
        assert_eq!(duration(200.4), "3 min 20 s");
    }
}
