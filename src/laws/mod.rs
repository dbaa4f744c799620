//! The laws.

pub mod quantiles;
