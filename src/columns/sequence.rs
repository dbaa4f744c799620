//! [`Sequence`] and [`Ordinals`]: numbers that follow from the row's place.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array};

use super::{ColumnGenerator, RowError, Rows};

/// An entity has no more rows.
const MOST_ROWS: i64 = 1 << 53;

/// Consecutive numbers over all rows of the entity.
pub(super) struct Sequence {
    pub start: i64,
}

impl ColumnGenerator for Sequence {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let mut values = Vec::with_capacity(rows.len());
        for (at, &row) in rows.row.iter().enumerate() {
            let value = i64::try_from(row).ok().and_then(|row| self.start.checked_add(row));
            values.push(value.ok_or_else(|| RowError::new(at, "the sequence leaves the range of 64 bits"))?);
        }
        Ok(Arc::new(Int64Array::from(values)))
    }

    fn may_fail(&self) -> bool {
        self.start.checked_add(MOST_ROWS).is_none()
    }
}

/// Numbers under the parent, from 0.
pub(super) struct Ordinals;

impl ColumnGenerator for Ordinals {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        Ok(Arc::new(Int32Array::from_iter_values(rows.ordinal.iter().map(|&ordinal| ordinal as i32))))
    }
}
