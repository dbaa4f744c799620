//! Results to files: the generation report, the fidelity report and its page, the archives, and the clock that
//! stamps them.

pub mod archive;
pub mod clock;
pub mod fidelity;
pub mod generation;
mod names;
