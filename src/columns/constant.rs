//! [`Constant`]: one value for every row.

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;

use super::{ColumnGenerator, RowError, Rows};

pub(super) struct Constant {
    /// The value, as an array of one.
    pub value: ArrayRef,
}

impl ColumnGenerator for Constant {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        Ok(take(&self.value, &UInt32Array::from(vec![0; rows.len()]), None)?)
    }
}
