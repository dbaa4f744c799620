//! What an assessment is told as: the report for programs, the text for the terminal, and the page, which a real
//! browser shows.

#![expect(clippy::print_stderr, reason = "what is skipped is said")]

mod browser;
mod json;
mod markup;
mod portraits;
mod sample;
mod terminal;
