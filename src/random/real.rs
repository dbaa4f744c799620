//! [`Real`]: an f64 whose functions come from the pinned, pure-Rust `libm`.
//!
//! `rand_distr` computes with whatever `num_traits::Float` does; for f64 that is the platform's libm as
//! soon as any crate enables `num-traits/std`, and platforms differ. This newtype keeps draws portable.

/// A 64-bit float with portable elementary functions.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Real(pub f64);
