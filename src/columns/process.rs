//! [`ProcessTimes`]: strictly increasing times under each parent.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::{ColumnGenerator, RowError, Rows};
use crate::laws::bursts::Process;
use crate::random::Key;

/// The input is the time at which the parent's process begins. Rows must be those of whole parents.
pub(super) struct ProcessTimes {
    pub key: Key,
    pub process: Process,
    /// Microsecond at which all processes end.
    pub to: i64,
}

impl ColumnGenerator for ProcessTimes {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let from = inputs[0].as_primitive::<TimestampMicrosecondType>().values();
        let mut times = Vec::with_capacity(rows.len());
        for run in rows.runs() {
            let mut generator = self.key.generator(rows.root[run.start], rows.local[run.start]);
            self.process
                .times(&mut generator, from[run.start], self.to, run.len(), &mut times)
                .map_err(|message| RowError::new(run.start, message.to_string()))?;
        }
        Ok(Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")))
    }
}
