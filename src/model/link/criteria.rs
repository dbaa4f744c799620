//! `assess:` names groups of checks and sets conditions of its own.

use super::{ColumnId, EntityId, Linker};
use crate::model::criteria::{Criteria, Criterion, Measure};
use crate::model::fields::{self, Fields};
use crate::model::yaml::{Node, Value};

/// The ways to say what is measured.
const MEASURES: &str = "{top: 1%, of: messages}, {quantiles: [99%, 50%], of: messages}, {above: 10K, of: messages}, {variety: messages.type}, {busiest_hour: messages.createdAt} or {share: messages, where: \"type <> 'TEXT'\"}";

impl Linker<'_, '_> {
    /// Reads the groups; those with mistakes are reported and left out.
    pub(super) fn criteria(&mut self, node: &Node) -> Vec<Criteria> {
        let Value::Map(entries) = &node.value else {
            self.error(
                node.place,
                "`assess` must be a mapping of names",
                "such as `heavy rooms: {checks: [messages]}`",
            );
            return Vec::new();
        };
        entries.iter().filter_map(|(name, group)| self.group(&name.text, group)).collect()
    }

    fn group(&mut self, name: &str, node: &Node) -> Option<Criteria> {
        let mut fields = Fields::of(node, "a group of checks", self.diagnostics)?;
        let checks = fields.take("checks");
        let subjects = checks.map_or_else(Vec::new, |node| super::texts(node, self.diagnostics));
        if let Some(Value::List(items)) = checks.map(|node| &node.value) {
            for item in items {
                self.check_subject(item);
            }
        }
        let parameters =
            fields.take("parameters").and_then(|node| fields::text(node, "`parameters`", self.diagnostics));
        let conditions = match fields.take("conditions").map(|node| (&node.value, node)) {
            None => Vec::new(),
            Some((Value::List(items), _)) => items.iter().filter_map(|item| self.criterion(item)).collect(),
            Some((_, node)) => {
                self.error(node.place, "`conditions` must be a list", MEASURES);
                Vec::new()
            }
        };
        fields.finish("a group of checks", self.diagnostics);
        Some(Criteria {
            name: name.to_owned(),
            subjects,
            parameters: parameters.map(str::to_owned),
            conditions,
        })
    }

    /// A subject is an entity, its column, or a child for each parent.
    fn check_subject(&mut self, node: &Node) {
        let Some(subject) = node.as_str() else { return };
        if let Some((child, parent)) = subject.split_once(" per ") {
            let known = self
                .find_entity(child)
                .is_some_and(|child| self.entities[child.0].parent == self.find_entity(parent));
            if !known || self.find_entity(parent).is_none() {
                self.error(
                    node.place,
                    format!("`{child}` is no child of `{parent}`"),
                    "such as `messages per conversations`",
                );
            }
        } else if subject.contains('.') {
            self.key_reference(node);
        } else if self.find_entity(subject).is_none() {
            let hint = self.entity_hint(subject);
            self.error(node.place, format!("there is no entity `{subject}`"), hint);
        }
    }

    fn criterion(&mut self, node: &Node) -> Option<Criterion> {
        let mut fields = Fields::of(node, "a condition", self.diagnostics)?;
        // What is wrong with the figure is said; the keys beside it are not looked at then.
        let measure = self.figure(&mut fields)?;
        let at_least = fields.number("at_least", self.diagnostics);
        let at_most = fields.number("at_most", self.diagnostics);
        if at_least.is_none() && at_most.is_none() {
            self.error(node.place, "a condition needs a bound", "`at_least`, `at_most`, or both");
        }
        fields.finish("a condition", self.diagnostics);
        Some(Criterion { measure, at_least, at_most })
    }

    fn figure(&mut self, fields: &mut Fields<'_>) -> Option<Measure> {
        if let Some(top) = fields.number("top", self.diagnostics) {
            return Some(Measure::TopShare { child: self.child_of(fields)?, top });
        }
        if let Some(threshold) = fields.take("above").and_then(|node| fields::count(node, self.diagnostics)) {
            return Some(Measure::ParentsAbove { child: self.child_of(fields)?, threshold });
        }
        if let Some(node) = fields.take("quantiles") {
            let Value::List(items) = &node.value else {
                self.error(node.place, "two quantiles are expected here", "such as [99%, 50%]");
                return None;
            };
            let numbers: Vec<f64> =
                items.iter().filter_map(|item| fields::number(item, self.diagnostics)).collect();
            let [upper, lower] = numbers.as_slice() else {
                self.error(node.place, "two quantiles are expected here", "such as [99%, 50%]");
                return None;
            };
            return Some(Measure::QuantileRatio {
                child: self.child_of(fields)?,
                upper: *upper,
                lower: *lower,
            });
        }
        if let Some(node) = fields.take("variety") {
            let (entity, column) = self.visible_column(node)?;
            return Some(Measure::Variety { entity, column });
        }
        if let Some(node) = fields.take("busiest_hour") {
            let (entity, column) = self.visible_column(node)?;
            return Some(Measure::HourRatio { entity, column });
        }
        if let Some(node) = fields.take("share") {
            let entity = self.named_entity(node)?;
            let condition = fields.require("where", self.diagnostics)?;
            let (condition, _) = self.condition(entity, condition)?;
            let of = match fields.take("of") {
                Some(node) => self.named_entity(node)?,
                None => entity,
            };
            return Some(Measure::Share { entity, condition, of });
        }
        self.error(fields.place(), "the condition does not say what is measured", MEASURES);
        None
    }

    fn named_entity(&mut self, node: &Node) -> Option<EntityId> {
        let name = fields::text(node, "an entity", self.diagnostics)?;
        let found = self.find_entity(name);
        if found.is_none() {
            let hint = self.entity_hint(name);
            self.error(node.place, format!("there is no entity `{name}`"), hint);
        }
        found
    }

    fn child_of(&mut self, fields: &mut Fields<'_>) -> Option<EntityId> {
        let node = fields.require("of", self.diagnostics)?;
        let entity = self.named_entity(node)?;
        if self.entities[entity.0].parent.is_none() {
            self.error(node.place, "this entity has no parent", "name the child whose rows are counted");
            return None;
        }
        Some(entity)
    }

    fn visible_column(&mut self, node: &Node) -> Option<(EntityId, ColumnId)> {
        let (entity, column) = self.key_reference(node)?;
        let hidden = self.bind(entity, column)?.hidden;
        if hidden {
            self.error(node.place, "a hidden column is not in the files", "name a visible one");
            return None;
        }
        Some((entity, column))
    }
}
