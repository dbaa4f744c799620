//! seedmill.
pub mod dataset;
pub mod error;
pub mod laws;
pub mod model;
pub mod random;
pub mod sinks;
