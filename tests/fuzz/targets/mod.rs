//! [`TARGETS`]: what is fuzzed. Shared by the fuzzers (`programs`, run by scripts/fuzz.sh) and by the test that
//! replays seeds, mutations and found inputs (`tests/fuzzing`).
//!
//! A target takes any bytes and panics where a law is broken: a mistake of an author must be told, never be a panic, an
//! internal error, or a second meaning.
#![allow(dead_code, reason = "each program uses one target")]

pub mod checked;
pub mod dialect;
pub mod expressions;
pub mod folder;
pub mod models;
pub mod table;
pub mod templates;

/// Takes any bytes; panics where a law is broken. Says whether they were accepted: what is refused shows little.
pub type Target = fn(&[u8]) -> bool;

/// Every target with its name.
pub const TARGETS: [(&str, Target); 4] = [
    ("models", models::run),
    ("expressions", expressions::run),
    ("dialect", dialect::run),
    ("templates", templates::run),
];
