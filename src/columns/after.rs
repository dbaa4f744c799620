//! [`After`]: a time and a drawn duration.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::chance::Chance;
use super::{ColumnGenerator, RowError, Rows};
use crate::laws::{Draw, Sampler};
use crate::random::Key;

/// Durations are rounded up to whole milliseconds, at least one, so that a drawn time is always later than
/// its base and a bound in milliseconds is kept.
pub(super) struct After {
    pub key: Key,
    pub share: Chance,
    /// Draws seconds.
    pub sampler: Sampler,
}

impl ColumnGenerator for After {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let base = inputs[0].as_primitive::<TimestampMicrosecondType>();
        let mut times = base.values().to_vec();
        for at in self.share.mask(rows).set_indices() {
            let seconds = self.sampler.draw(&mut self.key.generator(rows.root[at], rows.local[at]));
            let microseconds = libm::ceil(seconds * 1_000.0).max(1.0) * 1_000.0;
            let time =
                if microseconds < 9e18 { base.value(at).checked_add(microseconds as i64) } else { None };
            times[at] = time.ok_or_else(|| RowError::new(at, "the time leaves the range of 64 bits"))?;
        }
        let times = TimestampMicrosecondArray::new(times.into(), base.nulls().cloned());
        Ok(Arc::new(times.with_timezone("UTC")))
    }

    fn may_fail(&self) -> bool {
        true
    }
}
