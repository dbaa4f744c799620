//! [`run`]: one shard of a family, stride by stride.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use arrow::record_batch::RecordBatch;

use super::engine::Engine;
use super::frame::{Frame, Stride};
use super::stride::{Numbering, Walk};
use crate::columns::Rows;
use crate::dataset::observations::Observations;
use crate::error::Result;
use crate::model::EntityId;

/// Rows below the roots of a stride, unless one root alone has more; likewise of those that pass by at a time.
pub(super) const STRIDE_ROWS: u64 = 65_536;
/// Roots of a stride at the most.
const STRIDE_ROOTS: u64 = 8_192;

/// The global number of each entity's first row in the shard.
pub type FirstRows = BTreeMap<EntityId, u64>;

/// Takes the rows that a shard makes, each entity's in order.
pub trait Receiver {
    /// Takes some rows.
    ///
    /// # Errors
    ///
    /// The rows cannot be written; the shard stops.
    fn receive(&mut self, entity: EntityId, batch: RecordBatch) -> Result<()>;

    /// Rows of an entity taken so far.
    fn received(&self, entity: EntityId) -> u64;
}

/// Makes the rows of a family's roots and hands them to `receiver`.
///
/// # Errors
///
/// A value that cannot be made, or what the receiver says.
pub fn run(
    engine: &Engine<'_>,
    root: EntityId,
    roots: Range<u64>,
    first_rows: &FirstRows,
    receiver: &mut dyn Receiver,
) -> Result<Observations> {
    let family = engine.model.family(root);
    let mut numbering = Numbering::from(first_rows);
    let mut observations = Observations::default();
    let mut strides = Strides::over(roots);
    while let Some(stride) = strides.next(engine, root)? {
        let walk = Walk {
            engine,
            family: &family,
            stride,
            numbering: &mut numbering,
            observations: &mut observations,
            receiver,
        };
        walk.run()?;
    }
    Ok(observations)
}

/// Cuts roots into strides, from the front.
pub(super) struct Strides {
    left: Range<u64>,
    /// How many roots are tried next.
    guess: u64,
}

impl Strides {
    pub(super) fn over(roots: Range<u64>) -> Self {
        Self { left: roots, guess: 64 }
    }

    /// The next stride of a family's roots; nothing behind the last.
    pub(super) fn next(&mut self, engine: &Engine<'_>, root: EntityId) -> Result<Option<Stride>> {
        if self.left.is_empty() {
            return Ok(None);
        }
        let tried = self.left.start..self.left.end.min(self.left.start + self.guess);
        let stride = cut(engine, root, tried)?;
        let length = stride.roots.rows.len() as u64;
        self.left.start += length;
        self.guess = (length * 2).clamp(1, STRIDE_ROOTS);
        Ok(Some(stride))
    }
}

/// The longest stride from the front of `roots` that stays within its rows.
fn cut(engine: &Engine<'_>, root: EntityId, roots: Range<u64>) -> Result<Stride> {
    let stride = Stride::of(Rc::new(Frame::new(root, Rows::roots(roots.clone()), None)));
    let mut below = vec![0u64; stride.roots.rows.len()];
    for child in engine.model.children(root) {
        let counts = engine.counts(&stride, &stride.roots, child)?;
        below.iter_mut().zip(counts.iter()).for_each(|(below, &count)| *below += u64::from(count));
    }
    let mut sum = 0;
    let fitting = below.iter().take_while(|&&rows| {
        sum += rows;
        sum <= STRIDE_ROWS
    });
    let length = fitting.count().max(1) as u64;
    if length == roots.end - roots.start {
        return Ok(stride);
    }
    Ok(Stride::of(Rc::new(Frame::new(root, Rows::roots(roots.start..roots.start + length), None))))
}
