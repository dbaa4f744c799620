//! [`WeightedPool`]: values drawn from a list.

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;

use super::{ColumnGenerator, RowError, Rows};
use crate::random::{Alias, Key};

pub(super) struct WeightedPool {
    key: Key,
    values: ArrayRef,
    alias: Alias,
}

impl WeightedPool {
    pub(super) fn new(key: Key, values: ArrayRef, weights: &[f64]) -> Self {
        Self { key, values, alias: Alias::new(weights) }
    }
}

impl ColumnGenerator for WeightedPool {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let draws = self.key.draws(&rows.root, &rows.local);
        let chosen: UInt32Array = draws.map(|draw| self.alias.choose(draw) as u32).collect::<Vec<_>>().into();
        Ok(take(&self.values, &chosen, None)?)
    }
}
