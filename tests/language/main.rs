//! The language explains itself: the JSON Schema holds for every model that the reader accepts and for none with a
//! mistake of form, every example of the reference is made and judged, and the starter model is a good one.
//!
//! `SEEDMILL_UPDATE_GOLDENS=1` writes `configs/seedmill.schema.json` and `LANGUAGE.md` anew.

#![expect(clippy::print_stderr, reason = "a skipped test says why")]

mod examples;
mod goldens;
mod mutants;
mod schema;
mod starter;
mod support;
