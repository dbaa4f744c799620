//! The judge: reads a dataset's files and says whether they are what the model declares (GATE 1).
//!
//! It sees the description (model, laws' closed forms, resolution) and the evidence (files), never how rows are made.

pub mod assessment;
pub mod evidence;
pub mod gather;
mod keys;
pub mod reading;
mod spill;
mod strangers;
pub mod uniqueness;
