//! [`schema`]: the model language as a JSON Schema, draft 7, which editors of YAML read best.
//!
//! A `$parameter` may stand for any value. So a mapping or a list may be such a text too; keywords for objects do not
//! look at texts, and those for texts not at objects.

use serde_json::{Map, Value, json};

use super::forms::{DATE_TIME, DURATION, NUMBER, PARAMETER, WITH_PARAMETER};
use crate::model::language::{
    Beside, CASE, COLUMN, ELEMENT, Key, LAW, LAW_NAMES, LAWS, MODEL, Mapping, Names, RANKS, STRATEGIES,
    STRATEGY_NAMES, Shape, TRUNCATION, TYPES, Word,
};

/// What the numbers of a law measure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Numbers,
    Durations,
}

/// The schema of a model's file.
pub fn schema() -> Value {
    let mut root = object();
    root.insert("$schema".to_owned(), "http://json-schema.org/draft-07/schema#".into());
    root.insert("title".to_owned(), "A model of seedmill".into());
    root.insert(
        "description".to_owned(),
        "What `seedmill check` reads. Made by `seedmill schema`; LANGUAGE.md tells the same at length."
            .into(),
    );
    root.extend(mapping(&MODEL, Unit::Numbers));
    // No parameter is known before the file is read.
    root.insert("type".to_owned(), "object".into());
    root.shift_remove("pattern");
    root.insert("definitions".to_owned(), definitions());
    Value::Object(root)
}

fn object() -> Map<String, Value> {
    Map::new()
}

/// A reference to a definition.
fn defined(name: &str) -> Value {
    json!({"$ref": format!("#/definitions/{name}")})
}

fn definitions() -> Value {
    let mut all = object();
    all.insert(
        "parameter".to_owned(),
        json!({
            "description": "A parameter: `$band.users`, `$path.to.value`, `$window.end`.",
            "type": "string",
            "pattern": format!("^{PARAMETER}$"),
        }),
    );
    for (name, description, kinds, pattern) in [
        (
            "number",
            "A number, plain or with a unit: 15, 0.7, 5K, 2M, 30%.",
            &["number", "string"][..],
            NUMBER,
        ),
        ("integer", "A whole number: 1, 5M.", &["integer", "string"], NUMBER),
        (
            "duration",
            "A length of time: 250ms, 10s, 15m, 2h, 30d, 1w; a number alone is seconds.",
            &["number", "string"],
            DURATION,
        ),
        (
            "time",
            "A date, or a time with its zone: 2025-07-28, 2025-07-28T09:30:00Z.",
            &["string"],
            DATE_TIME,
        ),
        ("flag", "true or false.", &["boolean", "string"], "(true|True|TRUE|false|False|FALSE)"),
    ] {
        all.insert(name.to_owned(), scalar(description, kinds, pattern));
    }
    let bounds = |mut schema: Value, least: f64, most: Option<f64>| {
        schema["minimum"] = json!(least);
        if let Some(most) = most {
            schema["maximum"] = json!(most);
        }
        schema
    };
    let share = scalar("A number from 0 to 1: 30%, 0.3.", &["number", "string"], NUMBER);
    all.insert("share".to_owned(), bounds(share, 0.0, Some(1.0)));
    let count = scalar("A whole number from 0: 200, 5K.", &["integer", "string"], NUMBER);
    all.insert("count".to_owned(), bounds(count, 0.0, None));
    all.insert("text".to_owned(), json!({"type": ["string", "number", "boolean"]}));
    all.insert("value".to_owned(), json!({"type": ["string", "number", "boolean", "null"]}));
    all.insert("expression".to_owned(), json!({
        "description": "A SQL expression over the row: columns, entity.column of an ancestor, reference.column.",
        "type": ["string", "number", "boolean"],
    }));
    all.insert(
        "document".to_owned(),
        json!({
            "description": "Keys with expressions, lists and keys again.",
            "type": ["object", "array", "string", "number", "boolean", "null"],
            "additionalProperties": defined("document"),
            "items": defined("document"),
        }),
    );
    all.insert("type".to_owned(), types());
    all.insert("law".to_owned(), law(Unit::Numbers));
    all.insert("law_of_durations".to_owned(), law(Unit::Durations));
    all.insert("column".to_owned(), column(&COLUMN, "A column: one strategy or law, and modifiers."));
    all.insert("case".to_owned(), column(&CASE, "A case of a switch: one strategy or law."));
    all.insert("element".to_owned(), column(&ELEMENT, "An element of an array: one strategy or law."));
    for (word, name) in STRATEGIES.iter().zip(STRATEGY_NAMES) {
        // These two are bounds of laws too: their value is told where it is known which.
        if !is_bound(name) {
            all.insert(format!("strategy.{name}"), worded(word, Unit::Numbers));
        }
    }
    for unit in [Unit::Numbers, Unit::Durations] {
        for word in &LAWS {
            all.insert(law_name(word.name, unit), worded(word, unit));
        }
    }
    Value::Object(all)
}

fn is_bound(name: &str) -> bool {
    TRUNCATION.iter().any(|key| key.name == name)
}

/// A scalar of some kinds whose texts have a form, or are a parameter.
fn scalar(description: &str, kinds: &[&str], pattern: &str) -> Value {
    json!({"description": description, "type": kinds, "pattern": format!("^{pattern}$|{WITH_PARAMETER}")})
}

fn law_name(name: &str, unit: Unit) -> String {
    match unit {
        Unit::Numbers => format!("law.{name}"),
        Unit::Durations => format!("law_of_durations.{name}"),
    }
}

/// A word's value with its sentence and its examples.
fn worded(word: &Word, unit: Unit) -> Value {
    let examples: Vec<&str> = word.examples.iter().map(|example| example.text).collect();
    described(shape(&word.value, unit), &format!("{}\n\nExample:\n\n{}", word.does, examples.join("\n")))
}

/// A value with what is said of it; beside a bare reference nothing would be read.
fn described(value: Value, does: &str) -> Value {
    let mut schema = object();
    schema.insert("description".to_owned(), does.into());
    match value {
        Value::Object(map) if map.contains_key("$ref") => {
            schema.insert("allOf".to_owned(), json!([map]));
        }
        Value::Object(map) => schema.extend(map.into_iter().filter(|(key, _)| key != "description")),
        _ => {}
    }
    Value::Object(schema)
}

fn keyed(key: &Key, unit: Unit) -> Value {
    described(shape(&key.value, unit), key.does)
}

fn shape(shape_of: &Shape, unit: Unit) -> Value {
    match shape_of {
        Shape::Number => defined("number"),
        Shape::Share => defined("share"),
        Shape::Count => defined("count"),
        Shape::Integer => defined("integer"),
        Shape::Duration => defined("duration"),
        Shape::Time => defined("time"),
        Shape::Measure => defined(if unit == Unit::Numbers { "number" } else { "duration" }),
        Shape::Flag => defined("flag"),
        Shape::True => json!({"enum": [true, "true"]}),
        Shape::Text(_) => defined("text"),
        Shape::Value => defined("value"),
        Shape::Expression => defined("expression"),
        Shape::Words(words) => json!({"anyOf": [{"enum": words}, defined("parameter")]}),
        Shape::List(inner) => list(shape(inner, unit), None),
        Shape::Exactly(count, inner) => list(shape(inner, unit), Some(*count)),
        Shape::Map(Names::Given(_), inner) => named(shape(inner, unit)),
        Shape::Map(Names::Percentiles, inner) => {
            // Each end may be spelled with a point too.
            let end = |spelled: [&str; 2]| json!({"anyOf": requires(&spelled)});
            let mut schema = percentiles(shape(inner, unit));
            schema["allOf"] = json!([end(["p0", "p0.0"]), end(["p100", "p100.0"])]);
            schema
        }
        Shape::Percentile => {
            let mut one = percentiles(defined("number"));
            one["minProperties"] = json!(1);
            one["maxProperties"] = json!(1);
            one
        }
        Shape::Keys(known) => Value::Object(mapping(known, unit)),
        Shape::Either(shapes) => {
            let forms: Vec<Value> = shapes.iter().map(|form| shape(form, unit)).collect();
            json!({"anyOf": forms})
        }
        Shape::Law => defined(if unit == Unit::Numbers { "law" } else { "law_of_durations" }),
        Shape::LawOfNumbers => defined("law"),
        Shape::LawOfDurations => defined("law_of_durations"),
        Shape::Column => defined("column"),
        Shape::Case => defined("case"),
        Shape::Element => defined("element"),
        Shape::Record => {
            let weight = json!({"weight": {"description": "How often the record is taken.", "allOf": [defined("number")]}});
            let mut record = named(defined("value"));
            record["properties"] = weight;
            record
        }
        Shape::Type => defined("type"),
        Shape::Document => {
            let mut document = named(defined("document"));
            document["type"] = json!(["object", "array", "string"]);
            document["items"] = defined("document");
            document
        }
        Shape::Anything => json!({}),
    }
}

/// A list, or a parameter that is one.
fn list(items: Value, count: Option<usize>) -> Value {
    let mut schema =
        json!({"type": ["array", "string"], "pattern": format!("^{PARAMETER}$"), "items": items});
    if let Some(count) = count {
        schema["minItems"] = json!(count);
        schema["maxItems"] = json!(count);
    }
    schema
}

/// Names that an author gives, or a parameter that is a mapping.
fn named(value: Value) -> Value {
    json!({"type": ["object", "string"], "pattern": format!("^{PARAMETER}$"), "additionalProperties": value})
}

fn percentiles(value: Value) -> Value {
    json!({
        "type": ["object", "string"],
        "pattern": format!("^{PARAMETER}$"),
        "patternProperties": {"^p(100(\\.0*)?|[0-9]{1,2}(\\.[0-9]*)?)$": value},
        "additionalProperties": false,
    })
}

/// A mapping whose keys are known, with one law beside them where there is one.
fn mapping(known: &Mapping, unit: Unit) -> Map<String, Value> {
    let mut properties: Map<String, Value> =
        known.keys.iter().map(|key| (key.name.to_owned(), keyed(key, unit))).collect();
    let mut conditions: Vec<Value> = choices(known);
    if known.beside == Beside::Law {
        properties.extend(LAW_NAMES.iter().map(|name| ((*name).to_owned(), defined(&law_name(name, unit)))));
        properties.extend(TRUNCATION.iter().map(|key| (key.name.to_owned(), keyed(key, unit))));
        conditions.push(one_law());
    }
    let required: Vec<&str> = known.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = object();
    schema.insert("type".to_owned(), json!(["object", "string"]));
    schema.insert("pattern".to_owned(), format!("^{PARAMETER}$").into());
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("additionalProperties".to_owned(), false.into());
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    if !conditions.is_empty() {
        schema.insert("if".to_owned(), json!({"type": "object"}));
        schema.insert("then".to_owned(), json!({"allOf": conditions}));
    }
    schema
}

/// Exactly one of the sets of keys that exclude each other; at least one of those that need not.
fn choices(known: &Mapping) -> Vec<Value> {
    let mut conditions = Vec::new();
    if !known.one_of.is_empty() {
        let ways: Vec<Value> = known
            .one_of
            .iter()
            .map(|keys| {
                let others = known.one_of.iter().copied().flatten().filter(|key| !keys.contains(key));
                let absent: Map<String, Value> =
                    others.map(|key| ((*key).to_owned(), false.into())).collect();
                json!({"required": keys, "properties": absent})
            })
            .collect();
        conditions.push(json!({"oneOf": ways}));
    }
    if !known.some_of.is_empty() {
        conditions.push(json!({"anyOf": requires(known.some_of)}));
    }
    conditions
}

/// A condition for each of the keys: that it is there.
fn requires(keys: &[&str]) -> Vec<Value> {
    keys.iter().map(|key| json!({"required": [key]})).collect()
}

fn one_law() -> Value {
    json!({"oneOf": requires(&LAW_NAMES)})
}

/// A law of numbers or of durations; a number is a law that is always the same.
fn law(unit: Unit) -> Value {
    let mut schema = mapping(&LAW, unit);
    let pattern = if unit == Unit::Numbers { NUMBER } else { DURATION };
    schema.insert("type".to_owned(), json!(["object", "number", "string"]));
    schema.insert("pattern".to_owned(), format!("^{pattern}$|{WITH_PARAMETER}").into());
    let does = match unit {
        Unit::Numbers => "A law with `min` and `max` beside it, or a number.",
        Unit::Durations => "A law of lengths of time with `min` and `max` beside it, or a length of time.",
    };
    described(Value::Object(schema), does)
}

/// A mapping with one strategy or one law beside its keys.
fn column(known: &Mapping, does: &str) -> Value {
    let mut schema = mapping(known, Unit::Numbers);
    let mut properties = object();
    for name in STRATEGY_NAMES {
        properties.insert(
            name.to_owned(),
            if is_bound(name) { bound_or_fold(name) } else { defined(&format!("strategy.{name}")) },
        );
    }
    properties
        .extend(LAW_NAMES.iter().map(|name| ((*name).to_owned(), defined(&law_name(name, Unit::Numbers)))));
    properties.insert(RANKS.name.to_owned(), keyed(&RANKS, Unit::Numbers));
    if let Some(Value::Object(own)) = schema.get("properties") {
        properties.extend(own.clone());
    }
    schema.insert("properties".to_owned(), properties.into());
    let bounds = |value: Value| -> Map<String, Value> {
        TRUNCATION.iter().map(|key| (key.name.to_owned(), value.clone())).collect()
    };
    let others: Vec<&str> = STRATEGY_NAMES.into_iter().filter(|name| !is_bound(name)).collect();
    let mut folds = bounds(defined("text"));
    folds.insert(RANKS.name.to_owned(), false.into());
    schema.insert("if".to_owned(), json!({"type": "object"}));
    schema.insert(
        "then".to_owned(),
        json!({
            "if": {"anyOf": requires(&LAW_NAMES)},
            "then": {
                "oneOf": requires(&LAW_NAMES),
                "not": {"anyOf": requires(&others)},
                "properties": bounds(defined("number")),
            },
            "else": {"oneOf": requires(&STRATEGY_NAMES), "properties": folds},
        }),
    );
    described(Value::Object(schema), does)
}

/// `min` and `max`: beside a law its bounds, alone a strategy.
fn bound_or_fold(name: &str) -> Value {
    let bound = TRUNCATION.iter().find(|key| key.name == name).map_or("", |key| key.does);
    let fold = STRATEGIES.iter().find(|word| word.name == name).map_or("", |word| word.does);
    json!({"description": format!("Beside a law: {bound}\n\nAlone, with the column of descendants: {fold}")})
}

fn types() -> Value {
    let plain: Vec<&str> =
        TYPES.iter().filter(|ty| !ty.has_parts() && !ty.name.contains('(')).map(|ty| ty.name).collect();
    let parts = TYPES.iter().filter(|ty| ty.has_parts()).map(|ty| worded(ty, Unit::Numbers));
    let mut forms = vec![
        json!({"enum": plain}),
        json!({"type": "string", "pattern": "^decimal\\( *[0-9]{1,2} *, *[0-9]{1,2} *\\)$"}),
    ];
    forms.extend(parts);
    forms.push(defined("parameter"));
    json!({"description": "A type: a name, decimal(10,2), {enum: [A, B]} or {array: text}.", "anyOf": forms})
}
