//! [`Switch`]: each row's value from the case that a text names.

use arrow::array::{Array, ArrayRef, AsArray, new_null_array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::interleave;

use super::{ColumnGenerator, RowError, Rows};

/// Inputs: the text, then one array per case. NULL is no value of the text: such a row has none either.
pub(super) struct Switch {
    pub cases: Vec<String>,
}

impl ColumnGenerator for Switch {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let on = inputs[0].as_string::<i32>();
        let mut chosen = Vec::with_capacity(rows.len());
        for at in 0..rows.len() {
            if on.is_null(at) {
                chosen.push((self.cases.len(), 0));
                continue;
            }
            let value = on.value(at);
            let case = self.cases.iter().position(|case| case == value);
            let case =
                case.ok_or_else(|| RowError::new(at, format!("the switch has no case for `{value}`")))?;
            chosen.push((case, at));
        }
        let mut arrays: Vec<&dyn Array> = inputs[1..].iter().map(|array| &**array).collect();
        let none = inputs.get(1).map(|first| new_null_array(first.data_type(), 1));
        arrays.extend(none.as_deref());
        Ok(interleave(&arrays, &chosen)?)
    }

    fn may_fail(&self) -> bool {
        true
    }

    fn takes(&self, on: &ArrayRef, input: usize) -> Option<BooleanBuffer> {
        let case = self.cases.get(input.checked_sub(1)?)?;
        let on = on.as_string::<i32>();
        Some(BooleanBuffer::collect_bool(on.len(), |at| on.is_valid(at) && on.value(at) == case))
    }
}
