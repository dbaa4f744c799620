//! [`Interrupts`]: Ctrl-C and its like: the first ends a run in order, the second at once.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::error::{Error, Result};

/// The signals that stop a run, and which of them came.
pub(super) struct Interrupts {
    /// The signal's number, or 0.
    caught: Arc<AtomicUsize>,
}

impl Interrupts {
    /// From now on the first signal sets `stop`, and the next ends the process as if nobody had listened.
    pub(super) fn stopping(stop: &Arc<AtomicBool>, terminal: bool) -> Result<Self> {
        let caught = Arc::new(AtomicUsize::new(0));
        let listen = |signal: i32| {
            // In this order: the first signal must not meet its own mark.
            flag::register_conditional_default(signal, stop.clone())?;
            flag::register_usize(signal, caught.clone(), signal.unsigned_abs() as usize)?;
            flag::register(signal, stop.clone())
        };
        // A terminal that closes hangs up. `nohup` ignores that, and listening would undo it; it also takes stderr
        // off the terminal.
        for signal in [SIGINT, SIGTERM].into_iter().chain(terminal.then_some(SIGHUP)) {
            listen(signal).map_err(Error::io("cannot listen to signals of", Path::new("this process")))?;
        }
        Ok(Self { caught })
    }

    /// The signal that came.
    pub(super) fn caught(&self) -> i32 {
        i32::try_from(self.caught.load(Ordering::Relaxed))
            .ok()
            .filter(|signal| *signal != 0)
            .unwrap_or(SIGINT)
    }
}

/// Ends the process as the signal would have done, so that a shell's loop or a job control sees it (`$?` is 130
/// after Ctrl-C).
pub(super) fn end_by(signal: i32) -> ExitCode {
    let _ = low_level::emulate_default_handler(signal);
    ExitCode::from(3)
}
