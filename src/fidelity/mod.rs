//! The judge: reads a dataset's files and says whether they are what the model declares (GATE 1).
//!
//! It sees the description (model, laws' closed forms, resolution) and the evidence (files), never how rows are made.

pub mod assessment;
mod claims;
pub mod evaluate;
pub mod evidence;
mod findings;
mod folds;
mod histogram;
mod keys;
pub mod reading;
mod registry;
mod shard;
mod sizes;
mod sources;
mod strangers;
mod tally;
mod thresholds;
mod twin;
pub mod uniqueness;
