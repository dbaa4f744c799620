//! [`of_wanted`]: a column that is made for the rows that are wanted and for no other.

use arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{filter, take};

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
    let mut next = 0..made.len() as u32;
    let places: UInt32Array = wanted.iter().map(|wanted| if wanted { next.next() } else { None }).collect();
    Ok(take(&made, &places, None)?)
}
