//! seedmill.
pub mod cli;
pub mod columns;
pub mod dataset;
pub mod error;
pub mod family;
pub mod generate;
pub mod laws;
pub mod model;
pub mod plan;
pub mod random;
pub mod report;
pub mod resolve;
pub mod sinks;
