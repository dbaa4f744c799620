//! Strategies whose values hold other values: JSON documents and arrays.

use super::strategies::Made;
use super::{ColumnType, EntityId, Linker, Reach};
use crate::laws::Expect;
use crate::model::document::Document;
use crate::model::fields::Fields;
use crate::model::yaml::{Node, Value};
use crate::model::{Source, Strategy};

/// Parts within parts of a document.
const DEEPEST: usize = 32;
/// Elements of an array at most: each has an address of its own.
const LONGEST: f64 = 1_000.0;

/// What a document's leaves need.
struct Needs {
    reach: Reach,
    depth: usize,
}

impl<'n> Linker<'n, '_> {
    /// `json: {color: color, size: {width: "width_mm / 10"}}`: the leaves are expressions.
    pub(super) fn json(&mut self, entity: EntityId, node: &'n Node) -> Option<Made> {
        if !matches!(node.value, Value::Map(_) | Value::List(_)) {
            let hint = "such as {color: color, price: {net: price, gross: \"price * 1.19\"}}";
            self.error(node.place, "`json` maps keys to expressions over the row", hint);
            return None;
        }
        let mut needs = Needs { reach: Reach::Row, depth: 0 };
        let document = self.document(entity, node, &mut needs)?;
        Some(Made::of(Strategy::Json(document), ColumnType::Json, needs.reach))
    }

    fn document(&mut self, entity: EntityId, node: &'n Node, needs: &mut Needs) -> Option<Document> {
        if needs.depth == DEEPEST {
            self.error(node.place, format!("a document is at most {DEEPEST} levels deep"), "");
            return None;
        }
        match &node.value {
            Value::Null => Some(Document::Null),
            Value::Scalar { .. } => self.leaf(entity, node, needs),
            Value::Map(entries) => {
                needs.depth += 1;
                // Every mistake is told, not the first.
                let members: Vec<Option<(String, Document)>> = entries
                    .iter()
                    .map(|(key, node)| Some((key.text.clone(), self.document(entity, node, needs)?)))
                    .collect();
                needs.depth -= 1;
                if let Some((key, _)) = entries.iter().find(|(key, _)| key.text.contains('\0')) {
                    self.error(key.place, "Postgres keeps no NUL in a document", "");
                    return None;
                }
                Some(Document::object(members.into_iter().collect::<Option<_>>()?))
            }
            Value::List(items) => {
                needs.depth += 1;
                let parts: Vec<Option<Document>> =
                    items.iter().map(|item| self.document(entity, item, needs)).collect();
                needs.depth -= 1;
                Some(Document::List(parts.into_iter().collect::<Option<_>>()?))
            }
        }
    }

    fn leaf(&mut self, entity: EntityId, node: &'n Node, needs: &mut Needs) -> Option<Document> {
        if let Some((source, ty, reach)) = self.composite_column(entity, node) {
            needs.reach = needs.reach.max(reach);
            return Some(Document::Column(source, ty));
        }
        let (bound, reach) = self.expression(entity, node)?;
        if bound.expression.ty == ColumnType::Interval {
            self.error(
                node.place,
                "JSON has no interval",
                "add it to a timestamp, or take extract(epoch FROM …)",
            );
            return None;
        }
        needs.reach = needs.reach.max(reach);
        Some(Document::Value(bound))
    }

    /// A leaf that names a column which expressions do not read as it is.
    fn composite_column(&mut self, entity: EntityId, node: &Node) -> Option<(Source, ColumnType, Reach)> {
        let column = self.find_column(entity, node.as_str()?.trim())?;
        let bound = self.bind(entity, column)?;
        matches!(bound.ty, ColumnType::Json | ColumnType::Array { .. } | ColumnType::DateTime)
            .then(|| (Source::Own(column), bound.ty.clone(), bound.reach))
    }

    /// `array: {of: {choice: {a: 3, b: 1}}, length: {geometric: {p: 0.5, min: 0, max: 8}}}`.
    pub(super) fn array(
        &mut self,
        entity: EntityId,
        name: &str,
        node: &'n Node,
        declared: Option<ColumnType>,
    ) -> Option<Made> {
        let mut fields = Fields::of(node, "`array`", self.diagnostics)?;
        let of = fields.require("of", self.diagnostics);
        let length = fields.require("length", self.diagnostics);
        fields.finish("`array`", self.diagnostics);
        let length_node = length?;
        let length = self.whole_law(length_node);
        let element = match declared {
            Some(ColumnType::Array { element }) => Some(*element),
            Some(_) | None => None,
        };
        let (element, ty) = self.element(entity, name, of?, element)?;
        let length = length?;
        let (least, most) = length.support();
        if least < -0.5 || most > LONGEST {
            self.error(
                length_node.place,
                format!("an array has 0 to {LONGEST} elements; this law reaches from {least} to {most}"),
                "truncate it with `min` and `max`",
            );
            return None;
        }
        let array = ColumnType::Array { element: Box::new(ty) };
        Some(Made::of(Strategy::Array { element: Box::new(element), length }, array, Reach::Row))
    }

    /// How elements are made: by a strategy that reads nothing of the row.
    fn element(
        &mut self,
        entity: EntityId,
        name: &str,
        node: &'n Node,
        declared: Option<ColumnType>,
    ) -> Option<(Strategy, ColumnType)> {
        let mut fields = Fields::of(node, "`of`", self.diagnostics)?;
        let place = fields.place();
        let own = fields.take("type");
        let declared = match own {
            Some(node) => Some(self.column_type(node)?),
            None => declared,
        };
        let made = self.strategy(entity, name, &mut fields, declared.clone(), place);
        fields.finish("`of`", self.diagnostics);
        let mut made = made?;
        if let Some(declared) = declared {
            self.settle_type(&mut made, declared, place)?;
        }
        let reads_nothing = matches!(
            made.strategy,
            Strategy::Uuid
                | Strategy::Constant(_)
                | Strategy::Chance(_)
                | Strategy::Pool(_)
                | Strategy::Law { by: None, .. }
                | Strategy::Text { .. }
        );
        if !reads_nothing {
            let hint = "elements are drawn by a choice, pool, chance, constant, law, text or uuid: v4";
            self.error(place, "an element reads nothing of its row", hint);
            return None;
        }
        if made.nullable {
            self.error(
                place,
                "an element is not NULL",
                "give the column `null: 10%`, or a law whose lengths reach 0",
            );
            return None;
        }
        if !ColumnType::ELEMENTS.contains(&made.ty) {
            let known: Vec<String> = ColumnType::ELEMENTS.iter().map(ToString::to_string).collect();
            self.error(
                place,
                format!("there are no arrays of {}", made.ty),
                format!("of: {}", known.join(", ")),
            );
            return None;
        }
        Some((made.strategy, made.ty))
    }
}
