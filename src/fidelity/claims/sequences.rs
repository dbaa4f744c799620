//! Keys that have a form: [`Sequence`] without gaps, [`Uuid`] of version 4, [`TimeUuid`] of version 7.

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::{Bench, Claim, Tally, name_of, numbers};
use crate::fidelity::assessment::Promise;
use crate::fidelity::findings::Findings;
use crate::fidelity::sources::View;
use crate::fidelity::tally::Breaches;
use crate::model::{ColumnId, EntityId};

/// Consecutive numbers.
pub struct Sequence {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
    /// The first number.
    pub start: i64,
}

impl Claim for Sequence {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.value(self.entity, self.column) else { return };
        let Ok(array) = arrow::compute::cast(&array, &arrow::datatypes::DataType::Int64) else { return };
        let values = array.as_primitive::<arrow::datatypes::Int64Type>();
        tally.breaches.examined += values.len() as u64;
        let places = values.iter().flatten().map(|value| value.wrapping_sub(self.start));
        // A negative place wraps to a great one, so that the ends tell both.
        for place in places.clone().min().into_iter().chain(places.max()) {
            *tally.sizes.entry(place as u64).or_default() += 1;
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let rows = bench.rows(self.entity);
        let mut breaches = Breaches::among(tally.breaches.examined);
        let ends = (
            tally.sizes.first_key_value().map(|(place, _)| *place),
            tally.sizes.last_key_value().map(|(place, _)| *place),
        );
        if let (Some(first), Some(last)) = ends {
            breaches.violations = u64::from(first != 0) + u64::from(last != rows.saturating_sub(1));
        }
        findings.counter(
            Promise::Domain,
            &name_of(bench.model, self.entity, self.column),
            &format!("numbers run from {} without a gap", self.start),
            &breaches,
            "number the rows one after the other",
        );
    }
}

/// Random UUIDs.
pub struct Uuid {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
}

impl Claim for Uuid {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.value(self.entity, self.column) else { return };
        let Some(uuids) = array.as_fixed_size_binary_opt() else { return };
        tally.breaches.examined += uuids.len() as u64;
        for row in (0..uuids.len()).filter(|&row| uuids.is_valid(row)) {
            let bytes = uuids.value(row);
            // RFC 9562, section 5.4: version 4, variant 10.
            if bytes[6] >> 4 != 4 || bytes[8] >> 6 != 0b10 {
                tally.breaches.add(|| {
                    view.shard.place(
                        self.entity,
                        row,
                        Some(self.column),
                        super::validations::shown(&array, row),
                    )
                });
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        if tally.breaches.examined == 0 {
            return;
        }
        findings.counter(
            Promise::Domain,
            &name_of(bench.model, self.entity, self.column),
            "every value is a UUID of version 4",
            &tally.breaches,
            "draw random UUIDs, or declare another key",
        );
    }
}

/// UUIDs that begin with a time.
pub struct TimeUuid {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
    /// The time.
    pub time: ColumnId,
}

impl Claim for TimeUuid {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.value(self.entity, self.column) else { return };
        let Some(uuids) = array.as_fixed_size_binary_opt() else { return };
        // A hidden time is not there to compare with.
        let times = view.value(self.entity, self.time);
        let times = times.as_ref().and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>());
        tally.breaches.examined += uuids.len() as u64;
        for row in (0..uuids.len()).filter(|&row| uuids.is_valid(row)) {
            let bytes = uuids.value(row);
            // RFC 9562, section 5.7: 48 bits of milliseconds since 1970, version 7, variant 10.
            let is_seventh = bytes[6] >> 4 == 7 && bytes[8] >> 6 == 0b10;
            let milliseconds = bytes[..6].iter().fold(0_i64, |all, byte| all << 8 | i64::from(*byte));
            let is_then = times.is_none_or(|times| {
                times.is_valid(row) && times.value(row).div_euclid(1_000) == milliseconds
            });
            if !(is_seventh && is_then) {
                tally.breaches.add(|| {
                    view.shard.place(
                        self.entity,
                        row,
                        Some(self.column),
                        super::validations::shown(&array, row),
                    )
                });
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        if tally.breaches.examined == 0 {
            return;
        }
        let time = bench.model.column(self.entity, self.time);
        let rule = match time.hidden {
            true => "every value is a UUID of version 7".to_owned(),
            false => format!("every value is a UUID of version 7 with the time of {}", time.name),
        };
        findings.counter(
            Promise::Domain,
            &name_of(bench.model, self.entity, self.column),
            &rule,
            &tally.breaches,
            "make the UUID of the row's own time",
        );
    }
}

/// Ranks of a permutation: each once, from 0.
pub struct Permutation {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
}

impl Claim for Permutation {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.value(self.entity, self.column) else { return };
        let rows = view.shard.model.root_rows(self.entity) as f64;
        numbers::each(&array, |row, value| {
            tally.breaches.examined += 1;
            if !(0.0..rows).contains(&value) {
                tally
                    .breaches
                    .add(|| view.shard.place(self.entity, row, Some(self.column), value.to_string()));
            }
        });
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        findings.counter(
            Promise::Domain,
            &name_of(bench.model, self.entity, self.column),
            "every value is a rank of its rows, from 0",
            &tally.breaches,
            "number the ranks from 0",
        );
    }
}
