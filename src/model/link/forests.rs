//! References into the own entity: to earlier rows, and to any but the own.

use super::{ColumnId, EntityId, Linker, Reach};
use crate::laws::{Expect, Law};
use crate::model::Pick;
use crate::model::scalars;
use crate::model::yaml::{Node, Place};

/// Distances have a table, which is no longer.
const LONGEST_LAG: f64 = 65_536.0;

impl Linker<'_, '_> {
    /// `earlier: <law of the lag>`, and of a root entity `earlier: uniform`, with `roots: 5%` beside it.
    pub(super) fn earlier(
        &mut self,
        entity: EntityId,
        target: EntityId,
        node: &Node,
        roots: Option<&Node>,
        place: Place,
    ) -> Option<(Pick, bool, Reach)> {
        if target != entity {
            self.error(
                place,
                "`earlier` refers to the own entity",
                "an earlier row is one of the same table: under the same parent, or before it in a root entity",
            );
            return None;
        }
        let is_root = self.entities[entity.0].parent.is_none();
        let roots = match roots {
            None => 0.0,
            Some(node) if is_root => self.share(node, "`roots`")?,
            Some(node) => {
                self.error(
                    node.place,
                    "`roots` is for an entity without a parent: here the first row of each parent is one",
                    "for more of them say `null` beside the reference",
                );
                return None;
            }
        };
        if node.as_str() == Some("uniform") {
            if is_root {
                return Some((Pick::Before { entity, lag: None, roots }, true, Reach::Row));
            }
            self.error(
                node.place,
                "`earlier: uniform` is for an entity without a parent",
                "under a parent say the law of the lag: a constant, {uniform: {min, max}}, `geometric` or `power_law`",
            );
            return None;
        }
        let lag = self.whole_law(node)?;
        let counts = matches!(
            lag,
            Law::Constant(_) | Law::UniformSteps { .. } | Law::Geometric { .. } | Law::PowerLaw { .. }
        );
        if !counts {
            self.error(
                node.place,
                "the lag is a number of rows: `uniform`, `geometric`, `power_law` or a constant",
                "such as earlier: {geometric: {p: 0.3, min: 1, max: 20}}",
            );
            return None;
        }
        if !is_root {
            return Some((Pick::Earlier { lag }, true, Reach::Row));
        }
        if lag.support().0 < 1.0 {
            self.error(node.place, "an earlier row is at least 1 row back", "let the law begin at 1");
            return None;
        }
        if lag.support().1 > LONGEST_LAG {
            let message = format!("a row refers back over {LONGEST_LAG} rows at the most");
            self.error(node.place, message, "truncate the law with `max`, or say earlier: uniform");
            return None;
        }
        Some((Pick::Before { entity, lag: Some(lag), roots }, true, Reach::Row))
    }

    /// `except: self`: any other row of a root entity.
    pub(super) fn others(
        &mut self,
        entity: EntityId,
        target: EntityId,
        zipf: Option<Place>,
        place: Place,
    ) -> Option<(Pick, bool, Reach)> {
        if target != entity {
            self.error(
                place,
                "`except: self` is for a reference into the own entity",
                "rows of another entity are never the own one: drop it",
            );
            return None;
        }
        if let Some(place) = zipf {
            self.error(
                place,
                "`zipf` does not go with `except: self`: the most popular row would have to avoid itself",
                "drop one of them",
            );
            return None;
        }
        self.outside_root(target, place)?;
        let rows = self.entities[entity.0].rows.and_then(Node::as_str).and_then(scalars::parse_number);
        if rows == Some(1.0) {
            self.error(
                place,
                "there is no other row: the entity has 1",
                "let it have more, or drop `except`",
            );
            return None;
        }
        Some((Pick::Others { entity }, false, Reach::Row))
    }

    /// Refuses a key of several columns, which no single column can refer to.
    pub(super) fn referable(&mut self, target: EntityId, key: ColumnId, place: Place) -> Option<()> {
        if !self.has_composite_key(target) {
            return Some(());
        }
        let bound = self.bind(target, key)?;
        if bound.unique || super::unique::is_unique(bound) {
            return Some(());
        }
        let name = self.entities[target.0].name.clone();
        self.error(
            place,
            format!("the key of `{name}` is several columns, which one column cannot refer to"),
            "refer to a column of it that is unique alone, or give it a key of one column",
        );
        None
    }
}
