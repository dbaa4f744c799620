//! The text forms of values: [written](mod@write) one way, read [exactly](exact) or [as Postgres reads](postgres).
//!
//! [Arrays](mod@array) and [documents](json) have Postgres' text everywhere but in Parquet.
//!
//! CSV parts and literals of a model have one spelling a value and are read exactly. Expressions read whatever
//! Postgres takes, and write floats and timestamps as it does.

pub mod array;
pub mod calendar;
pub mod exact;
pub mod json;
pub mod postgres;
pub mod write;
