//! The laws.

pub mod pairs;
pub mod quantiles;
pub mod ranked;
pub mod shares;
pub mod tables;
