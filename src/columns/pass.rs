//! [`Pass`]: a copy of its input; [`Counts`]: a fan-out's counts as integers.

use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::datatypes::DataType;

use super::{ColumnGenerator, RowError, Rows};

pub(super) struct Pass;

impl ColumnGenerator for Pass {
    fn generate(&self, _: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        Ok(inputs[0].clone())
    }
}

pub(super) struct Counts;

impl ColumnGenerator for Counts {
    fn generate(&self, _: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        Ok(cast(&inputs[0], &DataType::Int32)?)
    }
}
