//! Keys that have a form: [`Sequence`] without gaps, [`Uuid`] of version 4.

use arrow::array::{Array, AsArray};

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
