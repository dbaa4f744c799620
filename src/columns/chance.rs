//! [`Chance`]: true with a probability.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::buffer::BooleanBuffer;

use super::{ColumnGenerator, RowError, Rows};
use crate::random::Key;

pub(super) struct Chance {
    key: Key,
    threshold: u64,
    always: bool,
}

impl Chance {
    pub(super) fn new(key: Key, share: f64) -> Self {
        // 2⁶³ steps: a share is kept to 10⁻¹⁹, and the product cannot overflow.
        Self { key, threshold: (share * (1u64 << 63) as f64) as u64, always: share >= 1.0 }
    }

    #[inline]
    pub(super) fn holds(&self, root: u64, local: u64) -> bool {
        self.of(self.key.at(root, local))
    }

    #[inline]
    fn of(&self, draw: u64) -> bool {
        self.always || draw >> 1 < self.threshold
    }

    pub(super) fn mask(&self, rows: &Rows) -> BooleanBuffer {
        let mut draws = self.key.draws(&rows.root, &rows.local);
        BooleanBuffer::collect_bool(rows.len(), |_| draws.next().is_some_and(|draw| self.of(draw)))
    }
}

impl ColumnGenerator for Chance {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        Ok(Arc::new(BooleanArray::new(self.mask(rows), None)))
    }
}
