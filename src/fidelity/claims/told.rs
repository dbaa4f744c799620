//! What the files tell of hidden columns: which follow from others, and which from the order of rows.

use super::list::Claims;
use crate::fidelity::records::Fields;
use crate::model::document::holder;
use crate::model::{BoundExpression, ColumnId, EntityId, FanOut, Origin, Source, Strategy};

/// How deep a derivation is followed; deeper ones are not written by hand.
const DEEPEST: u8 = 24;

impl Claims<'_> {
    /// Whether the files tell a column, itself or through others.
    pub(super) fn is_told(&self, entity: EntityId, column: ColumnId, depth: u8) -> bool {
        let declared = self.model.column(entity, column);
        if depth > 0 && !declared.hidden {
            return true;
        }
        let told = |source: &Source| self.is_source_told(entity, source, depth);
        let stands =
            declared.null_share == 0.0 && declared.when.iter().flat_map(|bound| &bound.sources).all(told);
        if declared.hidden && holder(self.model.entity(entity), column).is_some() {
            return true;
        }
        depth < DEEPEST
            && stands
            && match &declared.strategy {
                Strategy::Constant(_) | Strategy::Ordinal | Strategy::Children(_) => true,
                Strategy::Copy(source) => told(source),
                Strategy::Expression(bound) => bound.sources.iter().all(told),
                Strategy::Json(document) => {
                    document.leaves().iter().flat_map(|leaf| leaf.sources()).all(told)
                }
                Strategy::Aggregate { entity, column, .. } => self.is_told(*entity, *column, depth + 1),
                Strategy::Law { .. } => self.model.children(entity).any(|child| {
                    matches!(&self.model.entity(child).origin, Origin::Child { fan_out: FanOut::Column(by), .. } if *by == column)
                }),
                Strategy::Field { record, .. } => {
                    Fields::of(self.model, entity, *record).tell(self.model, entity, column)
                },
                Strategy::Uuid
                | Strategy::TimeUuid { .. }
                | Strategy::Record(_)
                | Strategy::Sequence { .. }
                | Strategy::Permutation { .. }
                | Strategy::Chance(_)
                | Strategy::Pool(_)
                | Strategy::Range { .. }
                | Strategy::Template(_)
                | Strategy::Text { .. }
                | Strategy::Pick(_)
                | Strategy::After { .. }
                | Strategy::Between { .. }
                | Strategy::Process(_)
                | Strategy::Array { .. }
                | Strategy::RunningSum { .. }
                | Strategy::Switch { .. } => false,
            }
    }

    pub(super) fn is_source_told(&self, entity: EntityId, source: &Source, depth: u8) -> bool {
        match *source {
            Source::Own(column) => self.is_told(entity, column, depth + 1),
            Source::Ancestor { entity, column, .. } => self.is_told(entity, column, depth + 1),
            Source::Pointed { by, entity: to, column } => {
                let betrayed = self.model.entity(entity).visible().any(|(_, other)| {
                    matches!(other.strategy, Strategy::Copy(Source::Pointed { by: other, .. }) if other == by)
                });
                betrayed && self.is_told(to, column, depth + 1)
            }
            Source::Children(_) | Source::Siblings(_) => true,
        }
    }

    /// Whether a column follows from a row's place under its parent.
    pub(super) fn reads_order(&self, entity: EntityId, column: ColumnId, depth: u8) -> bool {
        let declared = self.model.column(entity, column);
        match &declared.strategy {
            Strategy::Ordinal => true,
            Strategy::Expression(bound) if depth < DEEPEST => self.reads_place(entity, bound, depth),
            _ => false,
        }
    }

    pub(super) fn reads_place(&self, entity: EntityId, bound: &BoundExpression, depth: u8) -> bool {
        bound.sources.iter().any(|source| match *source {
            Source::Own(column) => {
                self.model.column(entity, column).hidden && self.reads_order(entity, column, depth + 1)
            }
            Source::Ancestor { .. } | Source::Pointed { .. } | Source::Children(_) | Source::Siblings(_) => {
                false
            }
        })
    }

    /// Whether a condition reads the row that a pick chose: what it leaves of the choices is no fair part of them.
    pub(super) fn reads_choice(
        &self,
        entity: EntityId,
        condition: &BoundExpression,
        pick: ColumnId,
        depth: u8,
    ) -> bool {
        condition.sources.iter().any(|source| match *source {
            Source::Pointed { by, .. } => by == pick,
            Source::Own(column) if depth < DEEPEST => match &self.model.column(entity, column).strategy {
                Strategy::Copy(Source::Pointed { by, .. }) => *by == pick,
                Strategy::Expression(bound) => self.reads_choice(entity, bound, pick, depth + 1),
                _ => false,
            },
            Source::Own(_) | Source::Ancestor { .. } | Source::Children(_) | Source::Siblings(_) => false,
        })
    }
}
