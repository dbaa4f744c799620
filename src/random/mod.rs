//! Where numbers come from: keys made of names, draws addressed by rows, keyed permutations.
//!
//! Nothing here has a cursor. A draw is a function of a [`Key`] (seed, entity, column, purpose) and of
//! an address (root row, local row), so that any row can be made at any time, by any thread.

mod key;
mod permutation;
mod real;
mod ziggurat;

pub use key::{Key, below, unit};
pub use permutation::Permutation;
pub use real::Real;
