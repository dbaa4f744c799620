//! What others measure in the files that the judge judged: DuckDB, numpy, scipy and SDMetrics come to its figures, and
//! no layout, format, thread or name changes them.

#![expect(clippy::print_stderr, reason = "a skipped test says why")]

mod agreement;
mod asking;
mod broken;
mod sameness;
mod support;
mod unlinked;
