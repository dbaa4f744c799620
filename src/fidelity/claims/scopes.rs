//! Who may stand in whose row: [`Within`] a root, [`Earlier`] under a parent, [`Distinct`] under a parent.

use arrow::array::Array;

use super::validations::shown;
use super::{Bench, Claim, Tally, name_of};
use crate::fidelity::assessment::Promise;
use crate::fidelity::findings::Findings;
use crate::fidelity::keys::NONE;
use crate::fidelity::sources::View;
use crate::fidelity::tally::Breaches;
use crate::model::{ColumnId, EntityId, PICK_SUFFIX, Source};

/// A chosen row stands under the same root, and is not the one to avoid.
pub struct Within {
    /// The entity.
    pub entity: EntityId,
    /// The hidden pick.
    pub pick: ColumnId,
    /// The visible column that betrays it.
    pub column: ColumnId,
    /// The entity that it chooses from.
    pub to: EntityId,
    /// The pick whose row must not be chosen.
    pub except: Option<Source>,
}

impl Within {
    /// The rows that must not be chosen.
    fn avoided(&self, view: &View<'_>) -> Option<Vec<u32>> {
        match self.except? {
            Source::Own(column) => view.pick(self.entity, column).map(|rows| rows.to_vec()),
            Source::Ancestor { levels, entity, column } => {
                let picks = view.pick(entity, column)?;
                let ancestors = view.shard.ancestors(self.entity, levels)?;
                Some(ancestors.iter().map(|&row| picks[row as usize]).collect())
            }
            Source::Pointed { .. } | Source::Children(_) | Source::Siblings(_) => None,
        }
    }
}

impl Claim for Within {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let (Some(rows), Some(array)) =
            (view.pick(self.entity, self.pick), view.value(self.entity, self.column))
        else {
            return;
        };
        tally.breaches.examined += array.len() as u64;
        let avoided = self.avoided(view);
        for (row, &picked) in rows.iter().enumerate() {
            let same = avoided.as_ref().is_some_and(|avoided| picked != NONE && avoided[row] == picked);
            if (picked == NONE && array.is_valid(row)) || same {
                tally
                    .breaches
                    .add(|| view.shard.place(self.entity, row, Some(self.column), shown(&array, row)));
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        if tally.breaches.examined == 0 {
            return;
        }
        let model = bench.model;
        let root = &model.entity(model.root(self.entity)).name;
        let mut rule = format!("every value stands in {} of the same {root}", model.entity(self.to).name);
        if let Some(except) = self.except {
            let avoided = super::source_name(model, self.entity, except);
            rule.push_str(&format!(", and is not {}", avoided.trim_end_matches(PICK_SUFFIX)));
        }
        findings.counter(
            Promise::Scope,
            &name_of(model, self.entity, self.column),
            &rule,
            &tally.breaches,
            "choose the row among those of the same root",
        );
    }
}

/// A row refers to an earlier one of the same parent.
pub struct Earlier {
    /// The entity.
    pub entity: EntityId,
    /// The hidden pick.
    pub pick: ColumnId,
    /// The visible column.
    pub column: ColumnId,
}

impl Claim for Earlier {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let (Some(rows), Some(array)) =
            (view.pick(self.entity, self.pick), view.value(self.entity, self.column))
        else {
            return;
        };
        let Some(table) = view.shard.table(self.entity) else { return };
        tally.breaches.examined += array.len() as u64;
        for (row, &picked) in rows.iter().enumerate() {
            if array.is_null(row) {
                continue;
            }
            let earlier = (picked as usize) < row && table.parent[picked as usize] == table.parent[row];
            if !earlier {
                tally
                    .breaches
                    .add(|| view.shard.place(self.entity, row, Some(self.column), shown(&array, row)));
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let model = bench.model;
        let parent = model.parent(self.entity).map_or("", |parent| model.entity(parent).name.as_str());
        findings.counter(
            Promise::Scope,
            &name_of(model, self.entity, self.column),
            &format!("every value is an earlier row of the same {parent}"),
            &tally.breaches,
            "refer to rows of the same parent that come before",
        );
    }
}

/// Chosen rows differ under one parent; pairs differ over all parents with two.
pub struct Distinct {
    /// The entity.
    pub entity: EntityId,
    /// The hidden pick.
    pub pick: ColumnId,
    /// The visible column.
    pub column: ColumnId,
    /// Parents with two rows have pairs that no other has.
    pub pairs: bool,
}

impl Claim for Distinct {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let (Some(rows), Some(table)) = (view.pick(self.entity, self.pick), view.shard.table(self.entity))
        else {
            return;
        };
        let Some(parent) = view.shard.model.parent(self.entity) else { return };
        tally.breaches.examined += rows.len() as u64;
        let mut chosen: Vec<(u32, usize)> = Vec::new();
        for at in 0..view.rows(parent) {
            chosen.clear();
            chosen.extend(table.under(at).map(|row| (rows[row], row)).filter(|(picked, _)| *picked != NONE));
            chosen.sort_unstable();
            for pair in chosen.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
                let row = pair[1].1;
                tally.breaches.add(|| {
                    view.shard.place(self.entity, row, Some(self.column), "a second time".to_owned())
                });
            }
            if let (true, [(low, _), (high, _)]) =
                (self.pairs && table.under(at).len() == 2, chosen.as_slice())
            {
                *tally.sizes.entry(u64::from(*low) << 32 | u64::from(*high)).or_default() += 1;
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        if tally.breaches.examined == 0 {
            return;
        }
        let model = bench.model;
        let subject = name_of(model, self.entity, self.column);
        let parent = model.parent(self.entity).map_or("", |parent| model.entity(parent).name.as_str());
        let rule = format!("all values under one of {parent} differ");
        let advice = "choose without replacement";
        findings.counter(Promise::Unique, &subject, &rule, &tally.breaches, advice);
        if self.pairs {
            let mut pairs = Breaches::among(tally.sizes.values().sum());
            pairs.violations = tally.sizes.values().map(|count| count - 1).sum();
            let rule = format!("of {parent} with two rows, no two have the same pair");
            findings.counter(Promise::Unique, &subject, &rule, &pairs, advice);
        }
    }
}
