//! [`WeightedPool`]: values drawn from a list.

use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;

use super::short_texts::ShortTexts;
use super::{ColumnGenerator, RowError, Rows};
use crate::random::{Alias, Key};

pub(super) struct WeightedPool {
    key: Key,
    values: ArrayRef,
    /// The values again, where they are that.
    short_texts: Option<ShortTexts>,
    alias: Alias,
}

impl WeightedPool {
    pub(super) fn new(key: Key, values: ArrayRef, weights: &[f64]) -> Self {
        Self { key, short_texts: ShortTexts::of(&values), values, alias: Alias::new(weights) }
    }
}

impl ColumnGenerator for WeightedPool {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let chosen = self.key.draws(&rows.root, &rows.local).map(|draw| self.alias.choose(draw));
        if let Some(texts) = &self.short_texts {
            return Ok(Arc::new(texts.gather(chosen)?));
        }
        let places = UInt32Array::from_iter_values(chosen.map(|place| place as u32));
        Ok(take(&self.values, &places, None)?)
    }
}
