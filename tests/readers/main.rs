//! What others read in the datasets: DuckDB, pyarrow, polars, Spark and the oracles in `tests/oracles`, which know nothing of the
//! program's code.

#![expect(clippy::print_stderr, reason = "a skipped test says why")]

mod knobs;
mod oracles;
mod others;
mod promises;
mod support;
mod table;
mod types;
