//! Keys point at rows that exist: [`ParentReference`] inside a family, [`Reference`] into another.

use std::rc::Rc;

use arrow::array::Array;

use super::{Bench, Claim, Tally, name_of};
use crate::fidelity::assessment::Promise;
use crate::fidelity::findings::Findings;
use crate::fidelity::keys::{Keys, NONE};
use crate::fidelity::sources::View;
use crate::model::{ColumnId, EntityId, Pick, Source, Strategy};

const ADVICE: &str = "keep the referenced rows in the dataset, or draw the key from them";

/// The key of the parent in a child.
pub struct ParentReference {
    /// The child.
    pub entity: EntityId,
    /// The columns: one, or as many as the parent's key has.
    pub columns: Vec<ColumnId>,
    /// The parent.
    pub parent: EntityId,
}

impl Claim for ParentReference {
    fn counts_orphans_of(&self) -> Option<EntityId> {
        Some(self.entity)
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(table) = view.shard.table(self.entity) else { return };
        if self.columns.iter().any(|column| table.column(*column).is_none()) {
            return;
        }
        tally.breaches.examined += (table.rows + table.strangers.len() + table.unlinked.len()) as u64;
        tally.add(0, table.unlinked.len() as i128);
        for stranger in &table.strangers {
            tally.breaches.add(|| stranger.place.clone());
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let entity = bench.model.entity(self.entity);
        let names: Vec<&str> =
            self.columns.iter().map(|column| entity.columns[column.0].name.as_str()).collect();
        let subject = match names.as_slice() {
            [one] => format!("{}.{one}", entity.name),
            several => format!("{}({})", entity.name, several.join(", ")),
        };
        let parent = &bench.model.entity(self.parent).name;
        let rule = format!("every value is a key of {parent}");
        findings.counter(Promise::Reference, &subject, &rule, &tally.breaches, ADVICE);
        let mut nulls = tally.breaches.clone();
        nulls.violations = u64::try_from(tally.sum(0)).unwrap_or(0);
        if nulls.violations == 0 || tally.breaches.violations > 0 {
            nulls.clear_places();
        }
        findings.counter(Promise::Null, &subject, "a key is never NULL", &nulls, "give every row a parent");
    }
}

/// A key of another family's row.
pub struct Reference {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
    /// The referenced entity.
    pub to: EntityId,
    /// The referenced column.
    pub there: ColumnId,
}

impl Reference {
    /// Rows that were found among rows whose own key was found, so that theirs need not be looked for.
    fn vouched(&self, view: &View<'_>) -> Option<Vouched> {
        let model = view.shard.model;
        let Strategy::Copy(Source::Pointed { by, entity, column }) =
            model.column(self.entity, self.column).strategy
        else {
            return None;
        };
        let Strategy::Pick(Pick::Within { .. }) = model.column(self.entity, by).strategy else { return None };
        let Strategy::Copy(Source::Pointed { by: theirs, .. }) = model.column(entity, column).strategy else {
            return None;
        };
        Some(Vouched { rows: view.pick(self.entity, by)?, found: view.pick(entity, theirs)? })
    }
}

/// The row that each row's key was found in, and what that row's own key was found in.
struct Vouched {
    rows: Rc<Vec<u32>>,
    found: Rc<Vec<u32>>,
}

impl Vouched {
    fn holds(&self, row: usize) -> bool {
        let voucher = self.rows[row];
        voucher != NONE && self.found[voucher as usize] != NONE
    }
}

impl Claim for Reference {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.value(self.entity, self.column) else { return };
        let keys = Keys::of(&array);
        let registered = view.registry.entity(self.to);
        let Some(index) = registered.and_then(|registered| registered.index(self.there)) else { return };
        tally.breaches.examined += array.len() as u64;
        let vouched = self.vouched(view);
        for row in 0..keys.len() {
            if vouched.as_ref().is_some_and(|vouched| vouched.holds(row)) {
                continue;
            }
            if keys.get(row).is_some_and(|key| index.find(key).is_none()) {
                tally.breaches.add(|| view.shard.place(self.entity, row, Some(self.column), keys.text(row)));
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let rule = format!("every value is a key of {}", bench.model.entity(self.to).name);
        let subject = name_of(bench.model, self.entity, self.column);
        findings.counter(Promise::Reference, &subject, &rule, &tally.breaches, ADVICE);
    }
}
