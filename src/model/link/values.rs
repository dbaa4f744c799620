//! Strategies over lists of values: choices, pools, templates, texts; and the types of literals.

use super::strategies::Made;
use super::{ColumnType, EntityId, Linker, Reach, texts};
use crate::model::diagnostics::meant_or_known;
use crate::model::fields::{self, Fields};
use crate::model::habits;
use crate::model::literals;
use crate::model::word_lists::{NAMES, word_list};
use crate::model::yaml::{Node, Place, Value};
use crate::model::{Literal, Piece, Pool, Strategy, scalars};

impl Linker<'_, '_> {
    /// `choice: {A: 70%, B: 30%}`.
    pub(super) fn choice(&mut self, node: &Node, declared: Option<ColumnType>) -> Option<Made> {
        let Value::Map(entries) = &node.value else {
            self.error(node.place, "`choice` maps values to weights", "such as {A: 70%, B: 30%}");
            return None;
        };
        let mut pool = Pool { values: Vec::new(), weights: Vec::new() };
        for (name, weight) in entries {
            if matches!(weight.value, Value::Null) {
                let message = format!("`{}` has no weight", name.text);
                self.error(
                    weight.place,
                    message,
                    "such as {red: 70%, blue: 30%}, or a pool for equal chances",
                );
                return None;
            }
            let weight_value = fields::number(weight, self.diagnostics)?;
            if weight_value < 0.0 {
                self.error(weight.place, "a weight is not negative", "");
                return None;
            }
            pool.values.push(Literal(Some(name.text.clone())));
            pool.weights.push(weight_value);
        }
        if pool.weights.iter().sum::<f64>() <= 0.0 {
            self.error(node.place, "a choice needs at least one value of positive weight", "");
            return None;
        }
        let ty = declared.unwrap_or_else(|| inferred(&pool.values, |_| false));
        self.parse_literals(&pool.values, &ty, |at| entries[at].0.place)?;
        Some(Made::of(Strategy::Pool(pool), ty, Reach::Row))
    }

    /// `pool: {values: [...] | names: first_names, zipf: 1.2}`.
    pub(super) fn pool(&mut self, node: &Node, declared: Option<ColumnType>) -> Option<Made> {
        let mut fields = Fields::of(node, "`pool`", self.diagnostics)?;
        let values = fields.take("values");
        let names = fields.take("names");
        let zipf = fields.number("zipf", self.diagnostics);
        fields.finish("`pool`", self.diagnostics);
        let (literals, ty) = match (values, names) {
            (Some(list), None) => {
                let Value::List(items) = &list.value else {
                    let hint = "such as values: [red, blue]; values with weights are {choice: {red: 70%, blue: 30%}}";
                    self.error(list.place, "`values` is a list", hint);
                    return None;
                };
                let literals: Option<Vec<Literal>> = items.iter().map(|item| self.literal(item)).collect();
                let literals = literals?;
                let ty = declared.unwrap_or_else(|| self.natural_type(&literals, items));
                (literals, ty)
            }
            (None, Some(name)) => {
                let words = self.named_words(name)?;
                let literals = words.iter().map(|word| Literal(Some((*word).to_owned()))).collect();
                (literals, declared.unwrap_or(ColumnType::Text))
            }
            _ => {
                self.error(node.place, "a pool has either `values` or `names`", habits::example("pool"));
                return None;
            }
        };
        if literals.is_empty() {
            self.error(node.place, "the pool is empty", "");
            return None;
        }
        let items: &[Node] = match values.map(|list| &list.value) {
            Some(Value::List(items)) => items,
            _ => &[],
        };
        self.parse_literals(&literals, &ty, |at| items.get(at).unwrap_or(node).place)?;
        let pool = match zipf {
            None => Pool { weights: vec![1.0; literals.len()], values: literals },
            Some(exponent) => ranked(literals, self.exponent(exponent, node.place)?),
        };
        let nullable = pool.values.iter().any(|value| value.0.is_none());
        Some(Made { nullable, ..Made::of(Strategy::Pool(pool), ty, Reach::Row) })
    }

    fn named_words(&mut self, node: &Node) -> Option<&'static [&'static str]> {
        let name = fields::text(node, "a list's name", self.diagnostics)?;
        let Some(words) = word_list(name) else {
            let hint = meant_or_known(name, NAMES, "the lists are");
            self.error(node.place, format!("there is no list `{name}`"), hint);
            return None;
        };
        self.use_word_list(name, words);
        Some(words)
    }

    /// `text: {length: <law>, words: english}`.
    pub(super) fn text(&mut self, node: &Node) -> Option<Made> {
        let mut fields = Fields::of(node, "`text`", self.diagnostics)?;
        let length = fields.require("length", self.diagnostics);
        let words = fields.require("words", self.diagnostics);
        fields.finish("`text`", self.diagnostics);
        let length_node = length?;
        let length = self.whole_law(length_node)?;
        let words_node = words?;
        self.named_words(words_node)?;
        let (min, max) = crate::laws::Expect::support(&length);
        if min < 0.5 || max > 1e6 {
            self.error(
                length_node.place,
                format!(
                    "a length lies between 1 and 1,000,000 characters; this law reaches from {min} to {max}"
                ),
                "truncate it with `min` and `max`",
            );
            return None;
        }
        let words = fields::text(words_node, "`words`", self.diagnostics)?.to_owned();
        if words != "english" {
            self.error(words_node.place, "texts are made of the list `english`", "");
            return None;
        }
        Some(Made::of(Strategy::Text { length, words }, ColumnType::Text, Reach::Row))
    }

    /// `template: "SKU-{row}"`.
    pub(super) fn template(&mut self, entity: EntityId, node: &Node) -> Option<Made> {
        let text = fields::text(node, "`template`", self.diagnostics)?;
        let mut pieces = Vec::new();
        let (mut reach, mut nullable) = (Reach::Row, false);
        let mut rest = text;
        while !rest.is_empty() {
            let open = rest.find(['{', '}']).unwrap_or(rest.len());
            push_text(&mut pieces, &rest[..open]);
            rest = &rest[open..];
            if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
                push_text(&mut pieces, &rest[..1]);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('{') {
                let Some(close) = after.find('}') else {
                    self.error(node.place, "a `{` of the template is not closed", "write `{{` for a brace");
                    return None;
                };
                let name = &after[..close];
                rest = &after[close + 1..];
                if name == "row" {
                    pieces.push(Piece::Row);
                    continue;
                }
                let Ok(found) = self.resolve_split(entity, name) else {
                    self.unknown_placeholder(entity, name, node.place);
                    return None;
                };
                let found = found?;
                let crate::model::Source::Own(column) = found.source else {
                    self.error(
                        node.place,
                        format!("`{{{name}}}` is not a column of the same row"),
                        "copy it into a hidden column",
                    );
                    return None;
                };
                reach = reach.max(found.reach);
                nullable |= found.nullable;
                pieces.push(Piece::Column(column));
            } else if rest.starts_with('}') {
                self.error(node.place, "a `}` of the template closes nothing", "write `}}` for a brace");
                return None;
            }
        }
        Some(Made { nullable, ..Made::of(Strategy::Template(pieces), ColumnType::Text, reach) })
    }

    fn unknown_placeholder(&mut self, entity: EntityId, name: &str, place: Place) {
        let declared = self.column_hint(entity, name.trim());
        let hint = match name.trim().to_lowercase().as_str() {
            "row" | "index" | "i" | "n" | "id" | "number" | "seq" | "" => {
                "{row} is the number of the row, from 0".to_owned()
            }
            other if other.starts_with("row:") => {
                "{row} has no format; zeros come from an expression: right('0000' || number::text, 5)"
                    .to_owned()
            }
            other if other.contains('(') => {
                "a template joins columns; compute in an expression: {expression: \"lower(name) || '-x'\"}"
                    .to_owned()
            }
            other if other.contains('.') => {
                "copy it into a hidden column: {copy: users.name, hidden: true}".to_owned()
            }
            _ if declared.starts_with("did you mean") => declared,
            _ => format!("{declared}; {{row}} is the number of the row"),
        };
        self.error(place, format!("`{{{name}}}` is no column of the row"), hint);
    }

    /// The type that plain values have: quoted ones are text.
    pub(super) fn natural_type(&mut self, literals: &[Literal], nodes: &[Node]) -> ColumnType {
        inferred(literals, |at| {
            matches!(nodes.get(at).map(|node| &node.value), Some(Value::Scalar { quoted: true, .. }))
        })
    }

    /// Reports every value that is not of the type, at its own place where it has one.
    pub(super) fn parse_literals(
        &mut self,
        values: &[Literal],
        ty: &ColumnType,
        places: impl Fn(usize) -> Place,
    ) -> Option<()> {
        if literals::array(values, ty).is_ok() {
            return Some(());
        }
        for (at, value) in values.iter().enumerate() {
            if let Err(message) = literals::array(std::slice::from_ref(value), ty) {
                self.error(places(at), message, "change the value or the column's `type`");
            }
        }
        None
    }

    /// A list of `count` numbers.
    pub(super) fn numbers(&mut self, node: &Node, count: usize) -> Option<Vec<f64>> {
        let numbers: Option<Vec<f64>> = match &node.value {
            Value::List(items) => items.iter().map(|item| fields::number(item, self.diagnostics)).collect(),
            Value::Null | Value::Scalar { .. } | Value::Map(_) => None,
        };
        match numbers {
            Some(numbers) if numbers.len() == count && numbers.iter().all(|&number| number > 0.0) => {
                Some(numbers)
            }
            _ => {
                self.error(node.place, format!("a list of {count} positive numbers is expected here"), "");
                None
            }
        }
    }

    /// The lists of columns that `key` has.
    pub(super) fn name_lists(&mut self, node: &Node, key: &str, such: &str) -> Vec<(Vec<String>, Place)> {
        match &node.value {
            Value::List(items) => {
                let list = |item: &Node| match &item.value {
                    Value::List(names) if !names.is_empty() || key != "unique" => {
                        (texts(item, self.diagnostics), item.place)
                    }
                    Value::List(_) | Value::Null | Value::Scalar { .. } | Value::Map(_) => {
                        let found =
                            if matches!(item.value, Value::List(_)) { "an empty list" } else { item.kind() };
                        let message = format!("an entry of `{key}` is a list of columns, not {found}");
                        self.error(item.place, message, format!("such as {such}"));
                        (Vec::new(), item.place)
                    }
                };
                items.iter().map(list).collect()
            }
            Value::Null | Value::Scalar { .. } | Value::Map(_) => {
                self.error(
                    node.place,
                    format!("`{key}` is a list of lists of columns, not {}", node.kind()),
                    format!("such as {such}"),
                );
                Vec::new()
            }
        }
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if text.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// Distinct values by how often they stand in the list, then by their first place; Zipf's weights.
fn ranked(literals: Vec<Literal>, exponent: f64) -> Pool {
    let mut counted: Vec<(usize, usize, Literal)> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    for (at, literal) in literals.into_iter().enumerate() {
        let slot = *places.entry(literal.clone()).or_insert_with(|| {
            counted.push((0, at, literal));
            counted.len() - 1
        });
        counted[slot].0 += 1;
    }
    counted.sort_by_key(|(count, first, _)| (std::cmp::Reverse(*count), *first));
    let weights = (1..=counted.len()).map(|rank| libm::pow(rank as f64, -exponent)).collect();
    Pool { values: counted.into_iter().map(|(_, _, literal)| literal).collect(), weights }
}

/// The narrowest type that all values have.
fn inferred(literals: &[Literal], quoted: impl Fn(usize) -> bool) -> ColumnType {
    let values = || {
        literals.iter().enumerate().filter_map(|(at, literal)| literal.0.as_deref().map(|text| (at, text)))
    };
    if values().next().is_none() || values().any(|(at, _)| quoted(at)) {
        return ColumnType::Text;
    }
    if values().all(|(_, text)| text.parse::<i64>().is_ok()) {
        return ColumnType::BigInteger;
    }
    if values().all(|(_, text)| text.parse::<f64>().is_ok()) {
        return ColumnType::Float;
    }
    if values().all(|(_, text)| matches!(text, "true" | "false")) {
        return ColumnType::Boolean;
    }
    if values().all(|(_, text)| scalars::parse_time(text).is_some() && text.len() > 10) {
        return ColumnType::Timestamp;
    }
    ColumnType::Text
}
