//! [`Written`]: the expressions that a column is declared with, and where they stand.

use super::{ColumnId, EntityId, Linker, Role, Strategy};
use crate::model::document::Document;
use crate::model::yaml::{Node, Place};
use crate::model::{BoundExpression, FanOut, Origin};

/// Where a mistake stands, what it is, and what would work.
pub(super) type Mistake = (Place, String, String);

/// An expression and its place.
pub(super) type Placed<'l> = (Place, &'l BoundExpression);

/// The expressions of a column.
pub(super) struct Written<'l> {
    /// Whether a row has a value.
    pub when: Option<Placed<'l>>,
    /// What the value is made of.
    pub values: Vec<Placed<'l>>,
    /// It makes one case of a switch.
    pub is_case: bool,
}

impl<'n> Linker<'n, '_> {
    /// The node that declares a column, or a case of it.
    pub(super) fn declaration(&self, entity: EntityId, column: ColumnId) -> Option<&'n Node> {
        match self.entities[entity.0].columns[column.0].role {
            Role::Declared(node) | Role::CaseOf(node) => Some(node),
            Role::PickOf(_) | Role::Rank => None,
        }
    }

    /// The expressions of a bound column.
    pub(super) fn written(&self, entity: EntityId, column: ColumnId) -> Option<Written<'_>> {
        let bound = self.bound(entity, column)?;
        let node = self.declaration(entity, column);
        let declared = &self.entities[entity.0].columns[column.0];
        let place = |key: &str| node.and_then(|node| node.get(key)).map_or(declared.place, |node| node.place);
        let values = match &bound.strategy {
            Strategy::Expression(expression) => vec![(place("expression"), expression)],
            Strategy::Json(document) => {
                let leaves = document.leaves().into_iter().filter_map(|leaf| match leaf {
                    Document::Value(expression) => Some((place("json"), expression)),
                    _ => None,
                });
                leaves.collect()
            }
            _ => Vec::new(),
        };
        let when = bound.when.as_ref().map(|when| (place("when"), when));
        Some(Written { when, values, is_case: matches!(declared.role, Role::CaseOf(_)) })
    }

    /// The condition that children depend on; it reads the parent's row.
    pub(super) fn written_count<'l>(
        &self,
        child: EntityId,
        origins: &'l [Option<Origin>],
    ) -> Option<(EntityId, Placed<'l>)> {
        let Some(Origin::Child { parent, fan_out: FanOut::When(condition) }) = origins.get(child.0)? else {
            return None;
        };
        Some((*parent, (self.entities[child.0].per_parent?.get("when")?.place, condition)))
    }
}
