//! [`RunningSum`]: the sum of a column over a row and its siblings before it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Int32Array, Int64Array};
use arrow::datatypes::{Decimal128Type, Int32Type, Int64Type};

use super::{ColumnGenerator, RowError, Rows};
use crate::model::ColumnType;

/// Inputs: what is summed, and what each parent's sum begins with, if anything. Rows must be those of whole parents.
pub(super) struct RunningSum {
    pub ty: ColumnType,
}

impl ColumnGenerator for RunningSum {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let mut sums = Vec::with_capacity(rows.len());
        for run in rows.runs() {
            let mut sum = inputs.get(1).map_or(0, |start| unscaled(start, run.start));
            for row in run {
                // NULL adds nothing, as in Postgres' sum() OVER.
                sum += unscaled(&inputs[0], row);
                sums.push(sum);
            }
        }
        self.typed(sums)
    }
}

impl RunningSum {
    fn typed(&self, sums: Vec<i128>) -> Result<ArrayRef, RowError> {
        let too_large =
            |row: usize| RowError::new(row, format!("the sum {} does not fit {}", sums[row], self.ty));
        match &self.ty {
            ColumnType::Integer => narrowed::<i32>(&sums)
                .map(|values| Arc::new(Int32Array::from(values)) as ArrayRef)
                .map_err(too_large),
            ColumnType::Decimal { precision, scale } => {
                let limit = 10_i128.pow(u32::from(*precision));
                if let Some(row) = sums.iter().position(|sum| sum.abs() >= limit) {
                    return Err(too_large(row));
                }
                Ok(Arc::new(Decimal128Array::from(sums).with_precision_and_scale(*precision, *scale)?))
            }
            _ => narrowed::<i64>(&sums)
                .map(|values| Arc::new(Int64Array::from(values)) as ArrayRef)
                .map_err(too_large),
        }
    }
}

/// The numbers, or the place of the first that does not fit.
fn narrowed<T: TryFrom<i128>>(sums: &[i128]) -> Result<Vec<T>, usize> {
    sums.iter().enumerate().map(|(row, sum)| T::try_from(*sum).map_err(|_| row)).collect()
}

/// A value in units of its last place; 0 for NULL.
fn unscaled(array: &ArrayRef, row: usize) -> i128 {
    if array.is_null(row) {
        return 0;
    }
    if let Some(array) = array.as_primitive_opt::<Int32Type>() {
        return array.value(row).into();
    }
    if let Some(array) = array.as_primitive_opt::<Int64Type>() {
        return array.value(row).into();
    }
    array.as_primitive::<Decimal128Type>().value(row)
}

#[cfg(test)]
mod tests {
    use super::super::RowsBuilder;
    use super::*;

    #[test]
    fn sums_begin_anew_under_each_parent_and_pass_over_null() {
        let mut rows = RowsBuilder::default();
        for (parent, ordinal) in [(0, 0), (0, 1), (0, 2), (1, 0), (2, 0), (2, 1)] {
            rows.push(0, 0, ordinal, parent, 0);
        }
        let rows = rows.finish();
        let values: ArrayRef =
            Arc::new(Int32Array::from(vec![Some(1), None, Some(3), Some(-4), Some(5), Some(6)]));
        let starts: ArrayRef = Arc::new(Int64Array::from(vec![10, 10, 10, 20, 30, 30]));
        let sums = |inputs: &[ArrayRef]| {
            let sums = RunningSum { ty: ColumnType::BigInteger }.generate(&rows, inputs).unwrap();
            sums.as_primitive::<Int64Type>().values().to_vec()
        };
        assert_eq!(sums(std::slice::from_ref(&values)), [1, 1, 4, -4, 5, 11]);
        assert_eq!(sums(&[values, starts]), [11, 11, 14, 16, 35, 41]);
    }

    #[test]
    fn a_sum_that_does_not_fit_names_its_row() {
        let mut rows = RowsBuilder::default();
        rows.push(0, 0, 0, 0, 0);
        rows.push(0, 1, 1, 0, 1);
        let rows = rows.finish();
        let values: ArrayRef = Arc::new(Int32Array::from(vec![i32::MAX, 1]));
        let error = RunningSum { ty: ColumnType::Integer }.generate(&rows, &[values]).unwrap_err();
        assert_eq!(error, RowError::new(1, "the sum 2147483648 does not fit integer"));
    }
}
