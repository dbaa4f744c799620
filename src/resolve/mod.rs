//! What the declared laws come to for a band and a seed: solved parameters, couplings, and what yielded.

pub mod coupling;
mod declaration;
pub mod outcomes;
pub mod volumes;
