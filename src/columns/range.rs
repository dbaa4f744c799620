//! [`Range`]: times spread over a range, alone or not before a referenced row's time.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::{ColumnGenerator, RowError, Rows};
use crate::laws::rhythm::Rhythm;
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
    /// The hours, days and weeks that uniform times are spread by instead.
    pub rhythm: Option<Rhythm>,
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

    /// The time before which a part of the rhythm's events come.
    fn in_rhythm(&self, rhythm: &Rhythm, part: f64) -> i64 {
        let (first, last) = (rhythm.cumulative(self.from), rhythm.cumulative(self.to));
        let elapsed = rhythm.inverse(first + part * (last - first), &mut 0);
        let inside = (rhythm.start_us() + elapsed as i64 - self.from).clamp(0, self.to - self.from - 1);
        self.from + inside / MILLISECOND_US * MILLISECOND_US
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
            let time = match (&self.coupling, referenced, &self.rhythm, self.shape) {
                (Some(coupling), Some(referenced), ..) => {
                    let time = self.coupled(coupling, referenced[at], draw());
                    if time >= self.to && referenced[at] >= self.to {
                        return Err(RowError::new(
                            at,
                            "the referenced row's time lies after the end of the range",
                        ));
                    }
                    time
                }
                (_, _, Some(rhythm), _) => self.in_rhythm(rhythm, draw()),
                (_, _, None, Shape::Linear) => self.linear(rows.row[at]),
                (_, _, None, Shape::Uniform) => self.at(draw()),
                (_, _, None, Shape::Rising) => {
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
        Range { key, from: 0, to: 1_000_000_000, shape, rhythm: None, rows: 20_000, coupling: None }
    }

    #[test]
    fn times_with_a_rhythm_are_frozen_and_follow_its_table() {
        use crate::laws::rhythm::Rates;
        // From a Saturday at 12:00:00.5 UTC, over the change of clocks of 2025-10-26.
        let (from, to) = (1_761_393_600_500_000, 1_761_393_600_500_000 + 30 * 86_400_000_000);
        let mut hourly = [1.0; 24];
        hourly[9..17].fill(6.0);
        let rates = Rates { hourly: &hourly, weekly: &[3.0; 7], zone: Some("Europe/Berlin"), growth: 0.1 };
        let rhythm = Rhythm::over(rates, from, to).expect("a rhythm");
        let range = Range { from, to, rhythm: Some(rhythm.clone()), ..range(Shape::Uniform) };
        let array = range.generate(&Rows::roots(0..20_000), &[]).expect("times");
        let mut times = array.as_primitive::<TimestampMicrosecondType>().values().to_vec();
        insta::assert_compact_debug_snapshot!(&times[..5], @"
        [1762960774402000, 1761505500505000, 1763220059790000, 1762782466349000, 1762935437622000]
        ");
        times.sort_unstable();
        assert!(times[0] >= from && times[19_999] < to);
        assert!(times.iter().all(|time| (time - from) % 1_000 == 0));
        let (first, last) = (rhythm.cumulative(from), rhythm.cumulative(to));
        for (row, &time) in times.iter().enumerate() {
            let expected = (rhythm.cumulative(time) - first) / (last - first);
            assert!((expected - row as f64 / 20_000.0).abs() < 0.012, "{row}: {expected}");
        }
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
