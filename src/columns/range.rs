//! [`Range`]: times spread over a range, alone or not before a referenced row's time.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::{ColumnGenerator, RowError, Rows};
use crate::model::Shape;
use crate::random::{Key, unit};
use crate::resolve::coupling::Coupling;

/// Times have millisecond resolution.
const MILLISECOND_US: i64 = 1_000;

pub(super) struct Range {
    pub key: Key,
    pub from: i64,
    pub to: i64,
    pub shape: Shape,
    /// All rows of the entity, for times in the order of the row.
    pub rows: u64,
    /// The input is the referenced row's time.
    pub coupling: Option<Arc<Coupling>>,
}

impl Range {
    /// The time at a position in [0, 1) of the range.
    fn at(&self, position: f64) -> i64 {
        let steps = (self.to - self.from) / MILLISECOND_US;
        let step = ((position * steps as f64) as i64).clamp(0, (steps - 1).max(0));
        self.from + step * MILLISECOND_US
    }

    /// The middle of the row's cell, in integers.
    fn linear(&self, row: u64) -> i64 {
        let length = i128::from(self.to - self.from);
        let microsecond = length * (2 * i128::from(row) + 1) / (2 * i128::from(self.rows.max(1)));
        self.from + (microsecond as i64).min(self.to - self.from - 1) / MILLISECOND_US * MILLISECOND_US
    }

    fn coupled(&self, coupling: &Coupling, referenced: i64, unit: f64) -> i64 {
        let length = (self.to - self.from) as f64;
        let position = (referenced - self.from) as f64 / length;
        let time = self.at(coupling.time(position, unit));
        if time >= referenced {
            return time;
        }
        // The step was rounded down past the referenced time: take the next one.
        let steps = (referenced - self.from + MILLISECOND_US - 1).div_euclid(MILLISECOND_US);
        self.from + steps * MILLISECOND_US
    }
}

impl ColumnGenerator for Range {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let mut times = Vec::with_capacity(rows.len());
        let referenced =
            self.coupling.as_ref().map(|_| inputs[0].as_primitive::<TimestampMicrosecondType>().values());
        for at in 0..rows.len() {
            let draw = || unit(self.key.at(rows.root[at], rows.local[at]));
            let time = match (&self.coupling, referenced, self.shape) {
                (Some(coupling), Some(referenced), _) => {
                    let time = self.coupled(coupling, referenced[at], draw());
                    if time >= self.to && referenced[at] >= self.to {
                        return Err(RowError::new(
                            at,
                            "the referenced row's time lies after the end of the range",
                        ));
                    }
                    time
                }
                (_, _, Shape::Linear) => self.linear(rows.row[at]),
                (_, _, Shape::Uniform) => self.at(draw()),
                (_, _, Shape::Rising) => {
                    let rest = 1.0 - draw();
                    self.at(1.0 - rest * rest)
                }
            };
            times.push(time);
        }
        Ok(Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(shape: Shape) -> Range {
        let key = Key::derive("s", "users", "created_at", "value");
        Range { key, from: 0, to: 1_000_000_000, shape, rows: 20_000, coupling: None }
    }

    #[test]
    fn linear_times_rise_with_the_row_and_fill_the_range() {
        let array = range(Shape::Linear).generate(&Rows::roots(0..20_000), &[]).expect("times");
        let times = array.as_primitive::<TimestampMicrosecondType>().values().to_vec();
        assert!(times.is_sorted() && times[0] >= 0 && times[19_999] < 1_000_000_000);
        assert!((times[10_000] - 500_000_000).abs() < 100_000);
    }

    #[test]
    fn rising_times_follow_one_minus_the_root_of_what_is_left() {
        let array = range(Shape::Rising).generate(&Rows::roots(0..20_000), &[]).expect("times");
        let times = array.as_primitive::<TimestampMicrosecondType>().values();
        for share in [0.25, 0.5, 0.75, 0.9] {
            let below = times.iter().filter(|&&time| (time as f64) < share * 1e9).count() as f64 / 20_000.0;
            assert!((below - (1.0 - (1.0 - share).sqrt())).abs() < 0.012, "{share}: {below}");
        }
    }
}
