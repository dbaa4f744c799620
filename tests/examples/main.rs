//! The examples beside the chat: `configs/ledger`, `configs/sensors` and `configs/clinic` are made at `tiny`, judged good,
//! read by DuckDB, whose queries keep every promise and notice each that is broken, and loaded into Postgres.

#![expect(clippy::print_stderr, reason = "a skipped test says why")]

mod postgres;
mod promises;
#[expect(dead_code, reason = "readers make the chat, and with a seed of their own")]
#[path = "../readers/support.rs"]
mod support;
