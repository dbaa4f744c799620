//! Results to files: the generation report, the fidelity report and its page, the archives, the records of
//! loads, the clock that stamps them, and what is told of the model language.

pub mod archive;
pub mod clock;
pub mod counts;
pub mod fidelity;
pub mod generation;
pub mod language;
mod names;
pub mod runs;
