//! Run records: what a load leaves in `output/perf-data`, how long it is kept, and the dataset made again from it.

#![expect(clippy::print_stderr, reason = "a skipped test says why")]

mod documents;
mod keeping;
mod recording;
mod reproducing;
mod support;
mod telling;
