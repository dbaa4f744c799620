//! Records: fields that agree with each other, and the columns that have them.

use super::strategies::Made;
use super::{ColumnType, EntityId, Linker, Reach, Role};
use crate::model::diagnostics::meant_or_known;
use crate::model::fields::{self, Fields};
use crate::model::yaml::{Name, Node, Place, Value};
use crate::model::{Literal, Records, Strategy};

/// The key of a record that is its weight, not a field.
const WEIGHT: &str = "weight";

impl Linker<'_, '_> {
    /// `record: {of: [{country: DE, city: Berlin, weight: 3}, ...], zipf: 1.2}`: a file has been put in its place.
    pub(super) fn record(&mut self, node: &Node) -> Option<Made> {
        let mut fields = Fields::of(node, "`record`", self.diagnostics)?;
        let of = fields.require("of", self.diagnostics);
        let zipf = fields.take("zipf");
        fields.finish("`record`", self.diagnostics);
        let of = of?;
        let Value::List(items) = &of.value else {
            self.error(
                of.place,
                format!("`of` is a list of records or a CSV file, not {}", of.kind()),
                "such as [{country: DE, city: Berlin}, {country: FR, city: Paris}] or places.csv",
            );
            return None;
        };
        let mut records = Records { fields: Vec::new(), records: Vec::new(), weights: Vec::new() };
        let mut weights = Vec::new();
        for item in items {
            let (record, weight) = self.one_record(item, &mut records.fields)?;
            records.records.push(record);
            weights.push((weight, item.place));
        }
        if records.records.is_empty() {
            self.error(of.place, "there is no record", "");
            return None;
        }
        records.weights = self.record_weights(&weights, zipf, of.place)?;
        Some(Made::of(Strategy::Record(records), ColumnType::BigInteger, Reach::Row))
    }

    /// A column of records is hidden and whole: its fields are what tables have.
    pub(super) fn record_alone(&mut self, hidden: bool, modified: bool, place: Place) -> Option<()> {
        if !hidden {
            self.error(
                place,
                "no table can have a column of records, only their fields",
                "add hidden: true, and columns such as {field: place.country}",
            );
        }
        if modified {
            self.error(
                place,
                "every row has a record: `null`, `when` and `unique` do not go with it",
                "say them on the columns that have its fields; a hidden `chance` in their `when` makes them NULL together",
            );
        }
        (hidden && !modified).then_some(())
    }

    /// One record's values by the fields of the first, and its weight.
    fn one_record(&mut self, node: &Node, names: &mut Vec<String>) -> Option<(Vec<Literal>, Option<f64>)> {
        let Value::Map(entries) = &node.value else {
            let what = format!("a record maps fields to values, it is not {}", node.kind());
            self.error(node.place, what, "such as {country: DE, city: Berlin}");
            return None;
        };
        let is_field = |(name, _): &&(Name, Node)| name.text != WEIGHT;
        if names.is_empty() {
            names.extend(entries.iter().filter(is_field).map(|(name, _)| name.text.clone()));
            if names.is_empty() {
                self.error(node.place, "a record has at least one field", "such as {country: DE}");
                return None;
            }
        }
        let mut fields = entries.iter().filter(is_field);
        if let Some((name, _)) = fields.find(|(name, _)| !names.contains(&name.text)) {
            let known = meant_or_known(&name.text, names.iter().map(String::as_str), "its fields are");
            self.error(name.place, format!("the first record has no field `{}`", name.text), known);
            return None;
        }
        let mut record = Vec::new();
        for name in names.iter() {
            let Some(value) = node.get(name) else {
                let message = format!("this record has no `{name}`");
                self.error(
                    node.place,
                    message,
                    "every record has the fields of the first; a value may be null",
                );
                return None;
            };
            record.push(self.literal(value)?);
        }
        let Some(weight) = node.get(WEIGHT) else { return Some((record, None)) };
        let number = fields::number(weight, self.diagnostics)?;
        if number < 0.0 {
            self.error(weight.place, "a weight is not negative", "");
            return None;
        }
        Some((record, Some(number)))
    }

    fn record_weights(
        &mut self,
        weights: &[(Option<f64>, Place)],
        zipf: Option<&Node>,
        place: Place,
    ) -> Option<Vec<f64>> {
        let weighed = weights.iter().filter(|(weight, _)| weight.is_some()).count();
        if let Some(node) = zipf {
            if weighed > 0 {
                self.error(
                    node.place,
                    "the records have weights, and `zipf` gives them others",
                    "keep one of them: `zipf` ranks the records by their place",
                );
                return None;
            }
            let exponent = fields::number(node, self.diagnostics)?;
            let exponent = self.exponent(exponent, node.place)?;
            return Some((1..=weights.len()).map(|rank| libm::pow(rank as f64, -exponent)).collect());
        }
        if weighed == 0 {
            return Some(vec![1.0; weights.len()]);
        }
        if let Some((_, place)) = weights.iter().find(|(weight, _)| weight.is_none()) {
            self.error(
                *place,
                "this record has no `weight`, and others have",
                "give each record one, or none",
            );
            return None;
        }
        let weights: Vec<f64> = weights.iter().filter_map(|(weight, _)| *weight).collect();
        if weights.iter().sum::<f64>() <= 0.0 {
            self.error(place, "one record at least has a positive weight", "");
            return None;
        }
        Some(weights)
    }

    /// `field: place.country`: a field of the record that the hidden column `place` chose.
    pub(super) fn field(
        &mut self,
        entity: EntityId,
        node: &Node,
        declared: Option<ColumnType>,
    ) -> Option<Made> {
        let text = fields::text(node, "`field`", self.diagnostics)?;
        let Some((column_name, field_name)) = text.split_once('.') else {
            self.error(
                node.place,
                "`field` names a column of records and one of their fields",
                "such as field: place.country",
            );
            return None;
        };
        let Some(record) = self.find_column(entity, column_name) else {
            let hint = self.column_hint(entity, column_name);
            self.error(node.place, format!("there is no column `{column_name}`"), hint);
            return None;
        };
        let Strategy::Record(records) = &self.bind(entity, record)?.strategy else {
            self.error(
                node.place,
                format!("`{column_name}` is no column of records"),
                "declare it as {record: {of: [...]}, hidden: true}",
            );
            return None;
        };
        let names = records.fields.clone();
        let Some(field) = names.iter().position(|name| name == field_name) else {
            let hint = meant_or_known(field_name, names.iter().map(String::as_str), "their fields are");
            self.error(node.place, format!("the records have no field `{field_name}`"), hint);
            return None;
        };
        let values = records.field(field);
        let nodes = self.field_nodes(entity, column_name, field_name);
        let ty = declared.unwrap_or_else(|| self.natural_type(&values.values, &nodes));
        self.parse_literals(&values.values, &ty, |at| nodes.get(at).map_or(node.place, |node| node.place))?;
        let nullable = values.values.iter().any(|value| value.0.is_none());
        Some(Made { nullable, ..Made::of(Strategy::Field { record, values }, ty, Reach::Row) })
    }

    /// Where a field's values stand, record by record.
    fn field_nodes(&self, entity: EntityId, record: &str, field: &str) -> Vec<Node> {
        let column =
            self.find_column(entity, record).map(|column| &self.entities[entity.0].columns[column.0]);
        let declared = match column.map(|column| column.role) {
            Some(Role::Declared(node)) => node.get("record").and_then(|record| record.get("of")),
            _ => None,
        };
        match declared.map(|node| &node.value) {
            Some(Value::List(items)) => items.iter().filter_map(|item| item.get(field).cloned()).collect(),
            _ => Vec::new(),
        }
    }
}
