//! The judge: reads a dataset's files and says whether they are what the model declares (GATE 1).
//!
//! It sees the description (model, laws' closed forms, resolution) and the evidence (files), never how rows are made.

pub mod assessment;
pub mod evaluate;
pub mod privacy;
