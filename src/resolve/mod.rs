//! What the declared laws come to for a band and a seed: solved parameters, couplings, and what yielded.

pub mod coupling;
pub mod outcomes;
pub mod volumes;
