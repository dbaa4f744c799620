//! [`Seed`]: the records and patterns of a seed file, and the pools of values that strategies draw from.

use jiff::Timestamp;

use super::fields::{Fields, wrong_kind};
use super::times;
use crate::model::diagnostics::Diagnostics;
use crate::model::scalars;
use crate::model::yaml::{Name, Node, Place, Value};

/// A seed file.
pub struct Seed {
    /// The entity it says it is of.
    pub entity: Option<Node>,
    /// What `now` means in it.
    pub generated_at: Option<Timestamp>,
    patterns: Vec<(Name, Node)>,
    records: Vec<Vec<(Name, Node)>>,
}

/// Why there is no pool: message and hint.
pub type NoPool = (String, String);

impl Seed {
    /// Reads a seed file's tree.
    pub fn of(node: Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let node = without_ellipses(node, diagnostics);
        let fields = Fields::of(&node, "a seed file", diagnostics)?;
        let known = ["entity", "seed_count", "target_multiplication", "generated_at", "patterns", "records"];
        fields.allow_only(&known, diagnostics);
        fields.text("entity", diagnostics);
        fields.number("target_multiplication", diagnostics);
        let records = records(&fields, diagnostics);
        let declared = fields.number("seed_count", diagnostics);
        if let Some((declared, node)) = declared
            && declared.to_whole() != Some(records.len() as u64)
        {
            let message =
                format!("`seed_count` is {}, but {} records stand here", text_of(node), records.len());
            diagnostics.warning(node.place, message, "pools hold the records that stand here");
        }
        let patterns = fields.get("patterns").and_then(|node| Fields::of(node, "`patterns`", diagnostics));
        Some(Self {
            entity: fields.get("entity").cloned(),
            generated_at: fields
                .get("generated_at")
                .and_then(|node| times::instant(node, "`generated_at`", None, diagnostics)),
            patterns: patterns.map(|patterns| patterns.entries.to_vec()).unwrap_or_default(),
            records,
        })
    }

    /// The values of a field over the records, NULL among them; of a field that no record has, the list
    /// of that name (or its plural or singular) among the patterns, those of the field `near` first.
    pub fn pool(&self, name: &str, near: &str) -> Result<Vec<Node>, NoPool> {
        let named = |record: &Vec<(Name, Node)>| record.iter().find(|(field, _)| field.text == name).cloned();
        let values: Vec<Node> = self.records.iter().filter_map(named).map(|(_, node)| node).collect();
        if !values.is_empty() {
            return Ok(values);
        }
        let own = self.patterns.iter().filter(|(field, _)| field.text == near);
        let mut found = Vec::new();
        own.for_each(|(field, node)| lists_named(name, &field.text, node, &mut found));
        if found.is_empty() {
            self.patterns.iter().for_each(|(field, node)| lists_named(name, &field.text, node, &mut found));
        }
        match found.as_slice() {
            [] => Err(self.no_pool(name)),
            [(_, items)] if items.is_empty() => {
                Err((format!("the pattern for `{name}` is an empty list"), String::new()))
            }
            [(_, items)] => Ok(items.to_vec()),
            several => {
                let paths: Vec<&str> = several.iter().map(|(path, _)| path.as_str()).collect();
                let hint = "give the records the field, or keep one of the lists".to_owned();
                Err((format!("`{name}` may be any of the patterns {}", paths.join(", ")), hint))
            }
        }
    }

    /// What `patterns` says about the range of a field: `range: [-730d, now]`.
    pub fn range(&self, field: &str) -> Option<(&Node, &Node)> {
        let (_, pattern) = self.patterns.iter().find(|(name, _)| name.text == field)?;
        match &pattern.get("range")?.value {
            Value::List(ends) if ends.len() == 2 => Some((&ends[0], &ends[1])),
            Value::List(_) | Value::Null | Value::Scalar { .. } | Value::Map(_) => None,
        }
    }

    fn no_pool(&self, name: &str) -> NoPool {
        let mut fields: Vec<&str> = Vec::new();
        for (field, _) in self.records.iter().flatten() {
            if !fields.contains(&field.text.as_str()) {
                fields.push(&field.text);
            }
        }
        let hint = if fields.is_empty() {
            format!(
                "the seed file has no records; give it some with `{name}`, or a list `{name}` among its patterns"
            )
        } else {
            format!("the records have {}; patterns may hold a list `{name}`", fields.join(", "))
        };
        (format!("no record and no pattern of the seed file has `{name}`"), hint)
    }
}

/// The type that holds all the values; NULL fits every type.
pub fn infer(values: &[Node]) -> &'static str {
    let kinds: Vec<Kind> = values.iter().filter_map(kind).collect();
    let all = |known: &[Kind]| !kinds.is_empty() && kinds.iter().all(|kind| known.contains(kind));
    if all(&[Kind::Integer]) {
        "bigint"
    } else if all(&[Kind::Integer, Kind::Float]) {
        "float"
    } else if all(&[Kind::Boolean]) {
        "boolean"
    } else if all(&[Kind::Date]) {
        "date"
    } else if all(&[Kind::Time]) {
        "timestamp"
    } else {
        "text"
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Integer,
    Float,
    Boolean,
    Time,
    Date,
    Text,
}

fn kind(node: &Node) -> Option<Kind> {
    let text = match &node.value {
        Value::Null => return None,
        Value::Scalar { text, quoted: false } => text,
        Value::Scalar { quoted: true, .. } | Value::List(_) | Value::Map(_) => return Some(Kind::Text),
    };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let numeral = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    // 01234 is a postal code, not a number.
    let number = numeral(whole) && numeral(fraction) && (whole.len() == 1 || !whole.starts_with('0'));
    Some(if number && digits.contains('.') {
        Kind::Float
    } else if number && text.parse::<i64>().is_ok() {
        Kind::Integer
    } else if scalars::truth(text).is_some() {
        Kind::Boolean
    } else if scalars::date(text).is_some() {
        Kind::Date
    } else if scalars::instant(text).is_some() {
        Kind::Time
    } else {
        Kind::Text
    })
}

fn records(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Vec<Vec<(Name, Node)>> {
    let mut records = Vec::new();
    for item in fields.list("records", diagnostics) {
        let Some(record) = Fields::of(item, "a record", diagnostics) else { continue };
        for (name, node) in record.entries {
            if matches!(node.value, Value::List(_) | Value::Map(_)) {
                wrong_kind(node, &format!("`{}` of a record", name.text), "a scalar or null", diagnostics);
            }
        }
        records.push(record.entries.to_vec());
    }
    records
}

/// Every list of scalars called `name`, with its path, anywhere in a pattern.
fn lists_named(name: &str, path: &str, node: &Node, found: &mut Vec<(String, Vec<Node>)>) {
    match &node.value {
        Value::Map(entries) => {
            for (key, below) in entries {
                lists_named(name, &format!("{path}.{}", key.text), below, found);
            }
        }
        Value::List(items) => {
            let own = path.rsplit('.').next().unwrap_or(path);
            let scalars = items.iter().all(|item| matches!(item.value, Value::Scalar { .. } | Value::Null));
            if scalars && (own == name || own == plural(name) || plural(own) == name) {
                found.push((path.to_owned(), items.clone()));
            }
        }
        Value::Null | Value::Scalar { .. } => {}
    }
}

/// The English plural, as far as names of fields need one.
pub fn plural(name: &str) -> String {
    match name.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if name.ends_with(['s', 'x']) || name.ends_with("ch") || name.ends_with("sh") => {
            format!("{name}es")
        }
        _ => format!("{name}s"),
    }
}

/// Drops each bare `...` of a list: it says that there are more, and they are not there.
fn without_ellipses(mut node: Node, diagnostics: &mut Diagnostics) -> Node {
    match &mut node.value {
        Value::List(items) => {
            let (dots, kept): (Vec<Node>, Vec<Node>) = std::mem::take(items).into_iter().partition(
                |item| matches!(&item.value, Value::Scalar { text, quoted: false } if text == "..."),
            );
            for dots in dots {
                diagnostics.warning(
                    dots.place,
                    "the `...` is dropped: it stands for values that are not here",
                    "write the values, or put it in quotes if it is one",
                );
            }
            *items = kept.into_iter().map(|item| without_ellipses(item, diagnostics)).collect();
        }
        Value::Map(entries) => {
            for (_, below) in entries {
                let taken = std::mem::replace(below, Node::new(Place::default(), Value::Null));
                *below = without_ellipses(taken, diagnostics);
            }
        }
        Value::Null | Value::Scalar { .. } => {}
    }
    node
}

fn text_of(node: &Node) -> &str {
    node.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(texts: &[&str]) -> Vec<Node> {
        let node = |text: &&str| match *text {
            "null" => Node::new(Place::default(), Value::Null),
            quoted if quoted.starts_with('"') => Node::text(Place::default(), quoted.trim_matches('"')),
            plain => Node::plain(Place::default(), plain),
        };
        texts.iter().map(node).collect()
    }

    #[test]
    fn a_type_is_inferred_only_where_every_value_has_it() {
        for (texts, expected) in [
            (&["1", "-2", "null"][..], "bigint"),
            (&["1", "2.50"], "float"),
            (&["0", "0.5"], "float"),
            (&["true", "False"], "boolean"),
            (&["2024-01-15"], "date"),
            (&["2024-01-15T12:00:00Z", "null"], "timestamp"),
            (&["1", "x"], "text"),
            (&["\"1\""], "text"),
            (&["01234"], "text"),
            (&["9223372036854775808"], "text"),
            (&["1", "true"], "text"),
            (&["null"], "text"),
            (&[], "text"),
        ] {
            assert_eq!(infer(&values(texts)), expected, "{texts:?}");
        }
    }

    #[test]
    fn plurals_are_english_enough() {
        for (name, expected) in
            [("domain", "domains"), ("category", "categories"), ("day", "days"), ("box", "boxes")]
        {
            assert_eq!(plural(name), expected);
        }
    }
}
