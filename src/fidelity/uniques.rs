//! [`Uniques`]: no key twice. Fingerprints of all keys are compared first; only where two are equal the keys are read
//! again, in full.

use std::path::Path;

use super::assessment::{Place, Promise};
use super::claims::{Batch, name_of};
use super::evidence::Evidence;
use super::findings::Findings;
use super::keys::{Keys, joint_key};
use super::reading::{Rows, Wanted};
use super::tally::Breaches;
use super::uniqueness::{Fingerprints, fingerprint};
use crate::error::Result;
use crate::model::{ColumnId, EntityId, Model};

/// Memory for the fingerprints of all keys; what exceeds it goes to the scratch folder.
const BUDGET_BYTES: usize = 256 << 20;

/// All that a model calls unique.
pub struct Uniques {
    sets: Vec<UniqueSet>,
}

/// Columns that are unique together.
struct UniqueSet {
    entity: EntityId,
    columns: Vec<ColumnId>,
    is_key: bool,
    fingerprints: Fingerprints,
}

impl Uniques {
    /// The keys, unique columns and unique sets of a model.
    pub fn of(model: &Model, scratch: &Path) -> Self {
        let mut found: Vec<(EntityId, Vec<ColumnId>, bool)> = Vec::new();
        for entity in model.entity_ids() {
            let declared = model.entity(entity);
            found.extend(
                declared
                    .key
                    .filter(|key| !declared.columns[key.0].hidden)
                    .map(|key| (entity, vec![key], true)),
            );
            found.extend(
                (!declared.composite_key.is_empty()).then(|| (entity, declared.composite_key.clone(), true)),
            );
            let unique = declared.visible().filter(|(id, column)| column.unique && declared.key != Some(*id));
            found.extend(unique.map(|(id, _)| (entity, vec![id], false)));
            let visible = |set: &&Vec<ColumnId>| set.iter().all(|column| !declared.columns[column.0].hidden);
            found.extend(declared.unique.iter().filter(visible).map(|set| (entity, set.clone(), false)));
        }
        let budget = BUDGET_BYTES / found.len().max(1);
        let sets = found.into_iter().map(|(entity, columns, is_key)| UniqueSet {
            entity,
            columns,
            is_key,
            fingerprints: Fingerprints::new(scratch, budget),
        });
        Self { sets: sets.collect() }
    }

    /// Takes the keys of some rows.
    ///
    /// # Errors
    ///
    /// The scratch folder's.
    pub fn look(&self, batch: &Batch<'_>) -> Result<()> {
        for set in self.sets.iter().filter(|set| set.entity == batch.entity) {
            let mut fingerprints = Vec::with_capacity(batch.rows);
            each_key(&set.columns, batch.columns, batch.rows, |_, key| fingerprints.push(fingerprint(key)));
            set.fingerprints.add(&fingerprints)?;
        }
        Ok(())
    }

    /// Reports every set, after a second look at keys whose fingerprints are equal.
    ///
    /// # Errors
    ///
    /// The scratch folder's.
    pub fn judge(
        self,
        model: &Model,
        evidence: &Evidence,
        rows: impl Fn(EntityId) -> u64,
        threads: usize,
        findings: &mut Findings,
    ) -> Result<()> {
        for set in self.sets {
            let UniqueSet { entity, columns, is_key, fingerprints } = set;
            let there = columns.iter().all(|column| evidence.tables[entity.0].columns[column.0].is_some());
            if !there {
                continue;
            }
            let repeated = fingerprints.finish(threads)?;
            let mut breaches = Breaches::default();
            if !repeated.fingerprints.is_empty() {
                breaches = second_look(model, evidence, entity, &columns, &repeated.fingerprints);
            }
            breaches.examined = rows(entity);
            let names: Vec<String> =
                columns.iter().map(|&column| model.column(entity, column).name.clone()).collect();
            let (promise, rule) = match (is_key, names.len()) {
                (true, _) => (Promise::PrimaryKey, "no key stands twice".to_owned()),
                (false, 1) => (Promise::Unique, "no value stands twice".to_owned()),
                (false, _) => {
                    (Promise::Unique, format!("no values of ({}) stand together twice", names.join(", ")))
                }
            };
            let mut subject = name_of(model, entity, columns[0]);
            if columns.len() > 1 {
                subject = format!("{}({})", model.entity(entity).name, names.join(", "));
            }
            let rule = if repeated.overflowed { format!("{rule}; counted up to a limit") } else { rule };
            findings.counter(promise, &subject, &rule, &breaches, "make every value once");
        }
        Ok(())
    }
}

/// Calls with every row whose values are all there.
fn each_key(
    set: &[ColumnId],
    columns: &[Option<arrow::array::ArrayRef>],
    rows: usize,
    mut call: impl FnMut(usize, u128),
) {
    let keys: Option<Vec<Keys<'_>>> =
        set.iter().map(|column| columns[column.0].as_ref().map(Keys::of)).collect();
    let Some(keys) = keys else { return };
    let mut values = vec![0; keys.len()];
    for row in 0..rows {
        let all =
            keys.iter().zip(&mut values).all(|(keys, value)| keys.get(row).map(|key| *value = key).is_some());
        if all {
            call(row, joint_key(&values));
        }
    }
}

/// The rows whose keys really stand twice.
fn second_look(
    model: &Model,
    evidence: &Evidence,
    entity: EntityId,
    set: &[ColumnId],
    repeated: &[u64],
) -> Breaches {
    let table = &evidence.tables[entity.0];
    let wanted: Vec<Wanted> = set
        .iter()
        .filter_map(|&column| {
            let name = table.columns[column.0].clone()?;
            Some(Wanted { column, name, ty: model.column(entity, column).ty.clone() })
        })
        .collect();
    let mut seen: Vec<(u128, Place)> = Vec::new();
    for file in &table.files {
        let Ok(rows) = Rows::open(file, &wanted) else { continue };
        let mut first = 0;
        for batch in rows.map_while(std::result::Result::ok) {
            let mut columns = vec![None; model.entity(entity).columns.len()];
            for (wanted, array) in wanted.iter().zip(batch.columns()) {
                columns[wanted.column.0] = Some(array.clone());
            }
            each_key(set, &columns, batch.num_rows(), |row, key| {
                if repeated.binary_search(&fingerprint(key)).is_ok() {
                    let shown =
                        columns[set[0].0].as_ref().map(|array| Keys::of(array).text(row)).unwrap_or_default();
                    let place = Place {
                        file: file.name.clone(),
                        row: Some((first + row + 1) as u64),
                        column: Some(wanted[0].name.clone()),
                        found: shown,
                    };
                    seen.push((key, place));
                }
            });
            first += batch.num_rows();
        }
    }
    seen.sort();
    let mut breaches = Breaches::default();
    for pair in seen.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        breaches.add(|| pair[1].1.clone());
    }
    breaches
}
