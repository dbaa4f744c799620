//! The model: what to make.
pub mod column_type;
pub mod diagnostics;
pub mod dialect;
pub mod yaml;
