//! Which columns of an entity the model makes apart from each other.

use super::independence::{Coded, Coding, Independence};
use super::list::Claims;
use crate::laws::Law;
use crate::model::{Column, ColumnId, ColumnType, EntityId, Pick, Source, Strategy};

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
        if !columns.is_empty() {
            self.add(Independence {
                entity,
                columns: columns.into_iter().map(|(coded, _)| coded).collect(),
                pairs,
            });
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
        Some(Coded { column, coding, drawn })
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
                found.push(ColumnId(usize::MAX));
            }
        }
        if found.len() == before || !matches!(declared.strategy, Strategy::Expression(_)) {
            found.push(column);
        }
    }
}
