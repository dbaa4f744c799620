//! The laws.

pub mod quantiles;
pub mod ranked;
