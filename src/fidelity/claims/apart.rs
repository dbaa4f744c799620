//! Which columns of an entity the model makes apart from each other.

use super::independence::{Coded, Coding, Independence, Of};
use super::list::Claims;
use crate::laws::Law;
use crate::model::{Column, ColumnId, ColumnType, EntityId, FanOut, Origin, Pick, Source, Strategy};

/// Stands for all columns of other rows.
const ELSEWHERE: ColumnId = ColumnId(usize::MAX);

impl Claims<'_> {
    /// Columns of an entity that read nothing in common.
    pub(super) fn independence(&mut self, entity: EntityId) {
        let mut columns: Vec<(Coded, Vec<ColumnId>)> = Vec::new();
        for (column, declared) in self.model.entity(entity).visible() {
            if let Some(coded) = self.coded(entity, column, declared) {
                let mut leaves = Vec::new();
                self.leaves(entity, column, &mut leaves);
                columns.push((coded, leaves));
            }
        }
        let mut pairs = Vec::new();
        for one in 0..columns.len() {
            for other in one + 1..columns.len() {
                let apart = columns[one].1.iter().all(|leaf| !columns[other].1.contains(leaf));
                if apart {
                    pairs.push((one, other));
                }
            }
        }
        let mut columns: Vec<Coded> = columns.into_iter().map(|(coded, _)| coded).collect();
        self.beside_families(entity, &mut columns, &mut pairs);
        if !columns.is_empty() {
            self.add(Independence { entity, columns, pairs });
        }
    }

    /// What is drawn for each row alone does not know the row's place under its parent, nor how many others are there.
    fn beside_families(&self, entity: EntityId, columns: &mut Vec<Coded>, pairs: &mut Vec<(usize, usize)>) {
        if self.model.parent(entity).is_none() {
            return;
        }
        let mut apart: Vec<usize> = (0..columns.len()).filter(|&number| columns[number].drawn).collect();
        for child in self.model.children(entity) {
            if matches!(self.model.entity(child).origin, Origin::Child { fan_out: FanOut::Share(_), .. }) {
                apart.push(columns.len());
                columns.push(Coded { of: Of::Child(child), coding: Coding::Truth, drawn: false });
            }
        }
        if apart.is_empty() {
            return;
        }
        for coding in [Coding::Places, Coding::Sizes] {
            pairs.extend(apart.iter().map(|&number| (number, columns.len())));
            columns.push(Coded { of: Of::Family, coding, drawn: false });
        }
    }

    /// The classes of a column whose rows differ by chance alone.
    fn coded(&self, entity: EntityId, column: ColumnId, declared: &Column) -> Option<Coded> {
        const FEW: usize = 16;
        let (coding, drawn) = match &declared.strategy {
            Strategy::Chance(_) => (Coding::Truth, true),
            Strategy::Pool(pool) if matches!(declared.ty, ColumnType::Text | ColumnType::Enum { .. }) => {
                let mut texts: Vec<String> = pool.values.iter().filter_map(|value| value.0.clone()).collect();
                texts.sort_unstable();
                texts.dedup();
                if texts.len() > FEW {
                    return None;
                }
                (Coding::Texts(texts), true)
            }
            Strategy::Law { law, by: None } if !matches!(law, Law::Constant(_)) => {
                (Coding::quarters(law), true)
            }
            Strategy::Text { length, .. } => (Coding::quarters(length), true),
            Strategy::Process(_) => (Coding::Hours, false),
            Strategy::Copy(Source::Pointed { by, .. })
                if declared.when.is_some()
                    && matches!(
                        self.model.column(entity, *by).strategy,
                        Strategy::Pick(Pick::Earlier { .. })
                    ) =>
            {
                (Coding::Presence, false)
            }
            Strategy::Expression(_) => {
                // An expression over chances alone is as independent from row to row as they are.
                let mut leaves = Vec::new();
                self.leaves(entity, column, &mut leaves);
                let chances = !leaves.is_empty()
                    && !leaves.contains(&ELSEWHERE)
                    && leaves.iter().all(|leaf| {
                        matches!(
                            self.model.column(entity, *leaf).strategy,
                            Strategy::Chance(_) | Strategy::Pool(_) | Strategy::Law { by: None, .. }
                        )
                    });
                match (&declared.ty, chances) {
                    (ColumnType::Enum { values }, true) => (Coding::Texts(values.clone()), true),
                    (ColumnType::Boolean, true) => (Coding::Truth, true),
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(Coded { of: Of::Column(column), coding, drawn })
    }

    /// The columns of an entity that a column's values come from in the end.
    fn leaves(&self, entity: EntityId, column: ColumnId, found: &mut Vec<ColumnId>) {
        let declared = self.model.column(entity, column);
        let before = found.len();
        let sources = declared.when.iter().chain(match &declared.strategy {
            Strategy::Expression(bound) => Some(bound),
            _ => None,
        });
        for source in sources.flat_map(|bound| &bound.sources) {
            if let Source::Own(own) = source {
                self.leaves(entity, *own, found);
            } else {
                // What another row says ties a column to all that it says.
                found.push(ELSEWHERE);
            }
        }
        if found.len() == before || !matches!(declared.strategy, Strategy::Expression(_)) {
            found.push(column);
        }
    }
}
