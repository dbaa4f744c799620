//! [`Records`]: fields of one row that agree with each other.

use std::collections::{BTreeMap, BTreeSet};

use super::validations::shown;
use super::{Bench, Claim, Tally};
use crate::fidelity::assessment::Promise;
use crate::fidelity::findings::Findings;
use crate::fidelity::keys::keys;
use crate::fidelity::records::{Fields, Tuple};
use crate::fidelity::sources::View;
use crate::model::{ColumnId, EntityId, Model};

/// The fields of every row stand together in a record.
pub struct Records {
    /// The entity.
    entity: EntityId,
    fields: Fields,
    /// The tuples that may stand, by which of their values are NULL for a reason of their own.
    allowed: BTreeMap<u64, BTreeSet<Tuple>>,
}

/// As many fields as a set of them has bits.
const MOST_FIELDS: usize = 63;

impl Records {
    /// The claim of a column of records; nothing where fewer than two of its fields are seen.
    pub fn new(model: &Model, entity: EntityId, record: ColumnId) -> Option<Self> {
        let mut fields = Fields::of(model, entity, record);
        fields.visible.truncate(MOST_FIELDS);
        if fields.visible.len() < 2 {
            return None;
        }
        let mut allowed: BTreeMap<u64, BTreeSet<Tuple>> = BTreeMap::new();
        let loose: u64 =
            fields.visible.iter().enumerate().map(|(at, field)| u64::from(field.is_loose) << at).sum();
        // Every set of loose fields; with many of them the sets that occur are made when they are met.
        allowed.insert(0, tuples(&fields, 0));
        if loose.count_ones() <= 4 {
            let mut absent = loose;
            while absent > 0 {
                allowed.insert(absent, tuples(&fields, absent));
                absent = (absent - 1) & loose;
            }
        }
        Some(Self { entity, fields, allowed })
    }

    fn may_stand(&self, absent: u64, tuple: &Tuple) -> bool {
        match self.allowed.get(&absent) {
            Some(allowed) => allowed.contains(tuple),
            None => tuples(&self.fields, absent).contains(tuple),
        }
    }
}

/// The records without the fields that are absent.
fn tuples(fields: &Fields, absent: u64) -> BTreeSet<Tuple> {
    let count = fields.visible.first().map_or(0, |field| field.values.len());
    let value = |record: usize| {
        move |(at, field): (usize, &crate::fidelity::records::FieldColumn)| {
            field.values[record].filter(|_| absent >> at & 1 == 0)
        }
    };
    (0..count).map(|record| fields.visible.iter().enumerate().map(value(record)).collect()).collect()
}

impl Claim for Records {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let mut arrays = Vec::new();
        for field in &self.fields.visible {
            let Some(array) = view.value(self.entity, field.column) else { return };
            arrays.push(array);
        }
        let mut columns = Vec::new();
        for array in &arrays {
            let mut found = Vec::with_capacity(array.len());
            keys(array, &mut found);
            columns.push(found);
        }
        tally.breaches.examined += view.rows(self.entity) as u64;
        let mut tuple: Tuple = vec![None; columns.len()];
        for row in 0..view.rows(self.entity) {
            let mut absent = 0;
            for (at, column) in columns.iter().enumerate() {
                tuple[at] = column[row];
                absent |= u64::from(self.fields.visible[at].is_loose && column[row].is_none()) << at;
            }
            if !self.may_stand(absent, &tuple) {
                let found: Vec<String> = arrays.iter().map(|array| shown(array, row)).collect();
                let column = self.fields.visible[0].column;
                tally.breaches.add(|| view.shard.place(self.entity, row, Some(column), found.join(", ")));
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        if tally.breaches.examined == 0 {
            return;
        }
        let entity = bench.model.entity(self.entity);
        let names = self.fields.visible.iter().map(|field| entity.columns[field.column.0].name.as_str());
        findings.counter(
            Promise::Domain,
            &format!("{}({})", entity.name, names.collect::<Vec<_>>().join(", ")),
            "these values stand together in a record",
            &tally.breaches,
            "take all fields of a row from one record",
        );
    }
}
