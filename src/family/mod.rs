//! A family's rows: parents and their children in one pass.
//!
//! [`Engine`] has every column of the model built; a [`Frame`] is some rows of one entity whose arrays are made
//! when something asks for them; [`run`] walks a range of roots in strides. Root and held rows stay until
//! their roots are complete, since aggregates fold descendants into them; all other rows pass in slices.

mod engine;
mod fan_out;
mod folds;
mod frame;
mod shard;
mod show;
mod solve;
mod stride;

pub use engine::Engine;
pub use frame::{Frame, Stride};
pub use shard::{FirstRows, Receiver, run};
pub use show::{Shown, show};
