//! [`Field`]: a field of the record that a hidden column chose.

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::take;
use arrow::datatypes::Int64Type;

use super::{ColumnGenerator, RowError, Rows};

/// The input is the record's number.
pub(super) struct Field {
    /// The field's values, by record.
    pub values: ArrayRef,
}

impl ColumnGenerator for Field {
    fn generate(&self, _: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        Ok(take(&self.values, inputs[0].as_primitive::<Int64Type>(), None)?)
    }
}
