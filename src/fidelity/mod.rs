//! The judge: reads a dataset's files and says whether they are what the model declares (GATE 1).
//!
//! It sees the description (model, laws' closed forms, resolution) and the evidence (files), never how rows are made.

pub mod assessment;
mod claims;
pub mod evaluate;
pub mod evidence;
mod findings;
mod folds;
mod gather;
mod groups;
mod hearing;
mod histogram;
mod judge;
mod keys;
mod privacy;
mod reading;
mod records;
mod registry;
mod shard;
mod sizes;
mod sources;
mod spill;
mod strangers;
mod summary;
mod tally;
mod thresholds;
mod twin;
mod uniqueness;
mod uniques;
mod verdict;

pub use judge::{Case, assess};
pub use verdict::is_warning;
