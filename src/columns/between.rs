//! [`Between`]: a uniform time between two.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::{ColumnGenerator, RowError, Rows};
use crate::model::scalars::format_time;
use crate::random::{Key, below};

/// Both ends belong to it; whole milliseconds after the first.
pub(super) struct Between {
    pub key: Key,
}

impl ColumnGenerator for Between {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let from = inputs[0].as_primitive::<TimestampMicrosecondType>();
        let to = inputs[1].as_primitive::<TimestampMicrosecondType>();
        let mut times = TimestampMicrosecondArray::builder(rows.len());
        for at in 0..rows.len() {
            if from.is_null(at) || to.is_null(at) {
                times.append_null();
                continue;
            }
            let (first, last) = (from.value(at), to.value(at));
            if last < first {
                let message =
                    format!("no time lies between {} and {}", format_time(first), format_time(last));
                return Err(RowError::new(at, message));
            }
            let steps = (last - first) / 1_000 + 1;
            let step = below(self.key.at(rows.root[at], rows.local[at]), steps as u64) as i64;
            times.append_value(first + step * 1_000);
        }
        Ok(Arc::new(times.finish().with_timezone("UTC")))
    }

    fn may_fail(&self) -> bool {
        true
    }
}
