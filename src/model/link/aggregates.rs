//! Aggregates: folds of the rows of a descendant or of a referring entity.

use super::strategies::Made;
use super::{ColumnType, EntityId, Linker, Reach};
use crate::model::fields::{self, Fields};
use crate::model::language::LAW_NAMES;
use crate::model::yaml::{Node, Place};
use crate::model::{Edge, Fold, Source, Strategy};

impl Linker<'_, '_> {
    /// `max: messages.createdAt` and its like.
    pub(super) fn aggregate(
        &mut self,
        entity: EntityId,
        key: &str,
        node: &Node,
        declared: Option<ColumnType>,
    ) -> Option<Made> {
        let text = fields::text(node, "an aggregate", self.diagnostics)?;
        if !text.contains('.') {
            self.error(
                node.place,
                "an aggregate names an entity and its column",
                "such as max: messages.createdAt",
            );
            return None;
        }
        let (from, column) = self.key_reference(node)?;
        let edge = self.edge(entity, from, node.place)?;
        let bound = self.bind(from, column)?;
        let (ty, bound_nullable) = (bound.ty.clone(), bound.nullable);
        let fold = match key {
            "sum" => Fold::Sum,
            "min" => Fold::Min,
            "max" => Fold::Max,
            _ => Fold::First,
        };
        if fold == Fold::First && (edge != Edge::Ancestor(1) || !self.never_empty(from)) {
            self.error(
                node.place,
                "`first` takes the value of a direct child, of which every row must have one",
                "say how few children a row has, such as per_parent: {uniform: {min: 1, max: 9}}, or take `min`",
            );
            return None;
        }
        let foldable = matches!(
            ty,
            ColumnType::Integer
                | ColumnType::BigInteger
                | ColumnType::Decimal { .. }
                | ColumnType::Timestamp
                | ColumnType::DateTime
                | ColumnType::Date
        );
        if fold != Fold::First && !foldable
            || fold == Fold::Sum
                && matches!(ty, ColumnType::Timestamp | ColumnType::DateTime | ColumnType::Date)
        {
            let hint = match (key, &ty) {
                (_, ColumnType::Float) => {
                    "floats have no exact sum: let the column have a `type` such as \"decimal(10,2)\""
                }
                ("sum", _) => "numbers have sums",
                _ => "numbers and times have a least and a greatest",
            };
            self.error(node.place, format!("`{key}` cannot fold values of type {ty}"), hint);
            return None;
        }
        let natural = match (fold, ty) {
            (Fold::Sum, ColumnType::Integer) => ColumnType::BigInteger,
            (Fold::Sum, ColumnType::Decimal { scale, .. }) => ColumnType::Decimal { precision: 38, scale },
            (_, ty) => ty,
        };
        if let (
            Fold::Sum,
            Some(ColumnType::Decimal { scale: declared_scale, .. }),
            ColumnType::Decimal { scale, .. },
        ) = (fold, &declared, &natural)
            && declared_scale != scale
        {
            self.error(
                node.place,
                format!("the sum has {scale} digits after the point, the column {declared_scale}"),
                "",
            );
            return None;
        }
        let strategy = Strategy::Aggregate { fold, entity: from, column, edge };
        let sure =
            fold == Fold::Sum || (edge == Edge::Ancestor(1) && self.never_empty(from) && !bound_nullable);
        Some(Made { nullable: !sure, ..Made::of(strategy, natural, Reach::Root) })
    }

    /// `running: {sum: amount, from: accounts.opening}`.
    pub(super) fn running(&mut self, entity: EntityId, node: &Node) -> Option<Made> {
        let mut fields = Fields::of(node, "`running`", self.diagnostics)?;
        let of = fields.require("sum", self.diagnostics);
        let from = fields.take("from");
        fields.finish("`running`", self.diagnostics);
        let Some(parent) = self.entities[entity.0].parent else {
            self.error(
                node.place,
                "a running sum goes over the rows under one parent, and this entity has none",
                "",
            );
            return None;
        };
        let of = self.summed(entity, of?)?;
        let (from, start_scale, reach) = match from {
            None => (None, 0, Reach::Parent),
            Some(node) => {
                let start = self.summed(entity, node)?;
                let of_parent = matches!(start.source, Source::Ancestor { entity, .. } if entity == parent);
                if !of_parent {
                    let hint = "such as from: accounts.opening";
                    self.error(node.place, "a running sum begins with a column of the parent", hint);
                    return None;
                }
                (Some(start.source), scale(&start.ty), start.reach.max(Reach::Parent))
            }
        };
        if from.is_some() && start_scale != scale(&of.ty) {
            self.error(
                node.place,
                "what is summed and what it begins with have different places after the point",
                "cast one of them",
            );
            return None;
        }
        let ty = match of.ty {
            ColumnType::Decimal { scale, .. } => ColumnType::Decimal { precision: 38, scale },
            _ => ColumnType::BigInteger,
        };
        Some(Made::of(Strategy::RunningSum { of: of.source, from }, ty, reach.max(of.reach)))
    }

    /// A column of whole numbers or decimals.
    fn summed(&mut self, entity: EntityId, node: &Node) -> Option<super::sources::Found> {
        let name = fields::text(node, "a column", self.diagnostics)?;
        let found = self.source(entity, name, node.place)?;
        let is_exact =
            matches!(found.ty, ColumnType::Integer | ColumnType::BigInteger | ColumnType::Decimal { .. });
        if !is_exact {
            let hint = "integers and decimals have exact sums";
            self.error(node.place, format!("`{name}` is {}, which has no running sum", found.ty), hint);
            return None;
        }
        Some(found)
    }

    /// How rows of `from` find the row of `entity` that they are folded into.
    fn edge(&mut self, entity: EntityId, from: EntityId, place: Place) -> Option<Edge> {
        if let Some(levels) = self.levels_up(from, entity) {
            return Some(Edge::Ancestor(levels));
        }
        if from == entity {
            self.error(
                place,
                "an aggregate folds the rows of another entity",
                "a row has one value of its own column",
            );
            return None;
        }
        let names = format!("`{}` and `{}`", self.entities[from.0].name, self.entities[entity.0].name);
        if self.family_root(entity) != self.family_root(from) {
            self.error(
                place,
                format!("{names} are of different families"),
                "an aggregate folds rows of its own family",
            );
            return None;
        }
        match self.picks_into(from, entity).as_slice() {
            [pick] => {
                // Whether a row is chosen may depend on aggregates too.
                self.bind(from, *pick)?;
                Some(Edge::Pick(*pick))
            }
            [] => {
                self.error(place, format!("{names} are not connected: no parent edge, no reference"), "");
                None
            }
            _ => {
                self.error(place, format!("several references connect {names}"), "");
                None
            }
        }
    }

    /// Whether every parent has at least one row of `child`, as far as the declaration shows.
    pub(super) fn never_empty(&mut self, child: EntityId) -> bool {
        let Some(parent) = self.entities[child.0].parent else { return false };
        let Some(node) = self.entities[child.0].per_parent else { return false };
        if let Some(name) = node.get("column").and_then(Node::as_str) {
            let Some(column) = self.find_column(parent, name) else { return false };
            return match self.bind(parent, column).map(|bound| &bound.strategy) {
                Some(Strategy::Law { law, .. }) => crate::laws::Expect::support(law).0 >= 1.0,
                _ => false,
            };
        }
        if node.get("quantiles").is_some() {
            return true;
        }
        if node.get("when").is_some() || node.get("share").is_some() {
            return false;
        }
        match node.as_str() {
            Some(text) => text.parse::<f64>().is_ok_and(|count| count >= 1.0),
            None => {
                let smallest = LAW_NAMES.iter().find_map(|law| {
                    let inner = node.get(law)?;
                    node.get("min").or_else(|| inner.get("min")).and_then(Node::as_str)
                });
                smallest.and_then(|text| text.parse::<f64>().ok()).is_some_and(|least| least >= 1.0)
            }
        }
    }
}

/// Places after the point.
const fn scale(ty: &ColumnType) -> i8 {
    match ty {
        ColumnType::Decimal { scale, .. } => *scale,
        _ => 0,
    }
}
