//! [`Switch`]: each row's value from the case that a text names.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::interleave;

use super::{ColumnGenerator, RowError, Rows};

/// Inputs: the text, then one array per case.
pub(super) struct Switch {
    pub cases: Vec<String>,
}

impl ColumnGenerator for Switch {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let on = inputs[0].as_string::<i32>();
        let mut chosen = Vec::with_capacity(rows.len());
        for at in 0..rows.len() {
            let value = if on.is_null(at) { None } else { Some(on.value(at)) };
            let case = self.cases.iter().position(|case| Some(case.as_str()) == value);
            let case = case.ok_or_else(|| {
                RowError::new(at, format!("the switch has no case for `{}`", value.unwrap_or("NULL")))
            })?;
            chosen.push((case, at));
        }
        let arrays: Vec<&dyn Array> = inputs[1..].iter().map(|array| &**array).collect();
        Ok(interleave(&arrays, &chosen)?)
    }
}
