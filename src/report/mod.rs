//! Results to files: the generation report, the archives, and the clock that stamps them.

pub mod archive;
pub mod clock;
pub mod generation;
