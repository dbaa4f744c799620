//! Results to files: the generation report, the fidelity report and its page, the archives, the records of
//! loads, and the clock that stamps them.

pub mod archive;
pub mod clock;
pub mod counts;
pub mod fidelity;
pub mod generation;
mod names;
pub mod runs;
