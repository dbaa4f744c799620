//! The determinism contract, proved on the command: the same model, band and seed give the same bytes, whatever
//! the threads, the cut, the machine's settings and the accidents on the way.

#![expect(clippy::print_stderr, reason = "what is skipped is said, and how many kills landed")]
#![expect(clippy::disallowed_methods, reason = "runs are timed, to be killed midway")]

mod cuts;
mod directories;
mod environment;
mod formats;
mod golden;
mod imports;
mod kills;
mod names;
mod pieces;
mod regenerating;
mod showing;
mod statuses;
mod support;
mod threads;
mod verifying;
