//! [`of_wanted`]: a column that is made for the rows that are wanted and for no other.

use arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array, new_null_array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::{filter, take};
use arrow::error::ArrowError;

use super::{ColumnGenerator, RowError, Rows};

/// The values of the rows that are wanted, and NULL for the others, which the generator does not see: what it could not
/// make of them is no failure.
///
/// # Errors
///
/// The first wanted row whose value cannot be made.
pub(super) fn of_wanted<G: ColumnGenerator + ?Sized>(
    generator: &G,
    rows: &Rows,
    inputs: &[ArrayRef],
    wanted: &BooleanBuffer,
) -> Result<ArrayRef, RowError> {
    if wanted.count_set_bits() == rows.len() {
        return generator.generate(rows, inputs);
    }
    let mask = BooleanArray::new(wanted.clone(), None);
    let inputs: Vec<ArrayRef> = inputs.iter().map(|input| filter(input, &mask)).collect::<Result<_, _>>()?;
    let chosen: Vec<usize> = wanted.set_indices().collect();
    let made = generator
        .generate(&rows.chosen(&chosen), &inputs)
        .map_err(|error| RowError { row: chosen.get(error.row).copied().unwrap_or(0), ..error })?;
    Ok(spread(&made, wanted)?)
}

/// Values of some of the rows, one after the other, at their places among all, with NULL for the other rows.
///
/// # Errors
///
/// Values of a type that Arrow cannot gather.
pub fn spread(values: &ArrayRef, present: &BooleanBuffer) -> Result<ArrayRef, ArrowError> {
    if values.is_empty() {
        return Ok(new_null_array(values.data_type(), present.len()));
    }
    let last = values.len() as u32 - 1;
    let mut next = 0;
    let places = present.iter().map(|present| {
        // Where a value is NULL its place must be one nevertheless.
        let place = last.min(next);
        next += u32::from(present);
        place
    });
    let places: Vec<u32> = places.collect();
    take(values, &UInt32Array::new(places.into(), Some(NullBuffer::new(present.clone()))), None)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn values_come_back_to_the_places_of_the_rows_that_are_there(rows in prop::collection::vec(any::<Option<i64>>(), 0..80)) {
            let values: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().copied().flatten()));
            let present: BooleanBuffer = rows.iter().map(Option::is_some).collect();
            let all: ArrayRef = Arc::new(Int64Array::from(rows));
            prop_assert_eq!(&spread(&values, &present).expect("numbers"), &all);
        }
    }
}
