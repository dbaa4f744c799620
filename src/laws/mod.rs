//! The laws.

pub mod bursts;
pub mod pairs;
pub mod quantiles;
pub mod ranked;
pub mod rhythm;
pub mod shares;
pub mod tables;
