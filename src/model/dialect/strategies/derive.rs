//! [`draft`] of `derive_from_field`: a value made of others.

use super::{Draft, Field, Scope};
use crate::model::diagnostics::Diagnostics;
use crate::model::dialect::expressions;
use crate::model::dialect::fields::{entry, unknown, wrong_kind};
use crate::model::dialect::times;
use crate::model::yaml::{Name, Node, Place, Value};

const OPERATIONS: [&str; 4] = ["add_random_duration", "copy", "multiply", "sum"];

/// `{operation, base_field, …}`.
pub fn draft(scope: &Scope<'_>, field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<Draft> {
    let (operation, place) = field.fields.required_text("operation", "`derive_from_field`", diagnostics)?;
    refuse_idle_keys(field, operation, diagnostics);
    match operation {
        "add_random_duration" => later(scope, field, diagnostics),
        "copy" => copy(scope, field, diagnostics),
        "multiply" => product(scope, field, diagnostics),
        "sum" => sum(scope, field, diagnostics),
        _ => {
            unknown("operation", operation, place, &OPERATIONS, diagnostics);
            None
        }
    }
}

/// A key that another operation would read is a mistake here.
fn refuse_idle_keys(field: &Field<'_>, operation: &str, diagnostics: &mut Diagnostics) {
    let keys: &[&str] = match operation {
        "add_random_duration" => &["base_field", "min_duration", "max_duration"],
        "copy" | "sum" => &["base_field"],
        "multiply" => &["fields"],
        _ => return,
    };
    for (name, _) in field.fields.entries {
        let derived = super::Strategy::DeriveFromField.keys().contains(&name.text.as_str());
        if derived && name.text != "operation" && !keys.contains(&name.text.as_str()) {
            let message = format!("`{}` means nothing to the operation `{operation}`", name.text);
            diagnostics.error(name.place, message, format!("it reads {}", keys.join(", ")));
        }
    }
}

/// A time a random while after another.
fn later(scope: &Scope<'_>, field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<Draft> {
    let (least, most) =
        (duration(field, "min_duration", diagnostics), duration(field, "max_duration", diagnostics));
    let base = base(scope, field, diagnostics)?;
    let ((shortest, min), (longest, max)) = (least?, most?);
    if shortest > longest {
        diagnostics.error(max.place, "`max_duration` is less than `min_duration`", "");
        return None;
    }
    let place = field.fields.place;
    let mut hidden = Vec::new();
    let base = match base.qualifier {
        None => Node::plain(base.place, base.field),
        Some(qualifier) => {
            // The native `after` starts from a column of its own row.
            let name = hidden_name(scope, field.name, "base");
            let copy = Node::plain(base.place, format!("{qualifier}.{}", base.field));
            hidden.push(entry(
                &name,
                base.place,
                Node::map(base.place, [("copy", copy), ("hidden", yes(base.place))]),
            ));
            Node::plain(base.place, name)
        }
    };
    let law = Node::map(place, [("uniform", Node::map(place, [("min", min), ("max", max)]))]);
    Some(Draft { hidden, ..Draft::of("after", Node::map(place, [("base", base), ("by", law)])) })
}

fn copy(scope: &Scope<'_>, field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<Draft> {
    let base = base(scope, field, diagnostics)?;
    Some(match base.qualifier {
        Some(qualifier) => Draft::of("copy", Node::plain(base.place, format!("{qualifier}.{}", base.field))),
        None => Draft::of("expression", Node::text(base.place, expressions::name(&base.field))),
    })
}

fn product(scope: &Scope<'_>, field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<Draft> {
    let node = field.fields.require("fields", "the operation `multiply`", diagnostics)?;
    let factors = field.fields.list("fields", diagnostics);
    if factors.len() < 2 {
        wrong_kind(node, "`fields`", "a list of two fields or more", diagnostics);
        return None;
    }
    let mut names = Vec::new();
    for factor in factors {
        let found = operand(scope, factor, diagnostics)?;
        let name = expressions::name(&found.field);
        names.push(found.qualifier.map_or_else(|| name.clone(), |qualifier| format!("{qualifier}.{name}")));
    }
    Some(Draft::of("expression", Node::text(node.place, names.join(" * "))))
}

/// The sum of a field over the rows below this one.
fn sum(scope: &Scope<'_>, field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<Draft> {
    let (text, place) = field.fields.required_text("base_field", "the operation `sum`", diagnostics)?;
    let Some((qualifier, summed)) = text.split_once('.') else {
        let hint = "write the entity before it: `base_field: order_items.line_total`";
        diagnostics.error(place, "`sum` needs a field of a child entity", hint);
        return None;
    };
    let found = expressions::below(scope.catalogue, qualifier, summed, place, diagnostics)?;
    let entity = found.qualifier?;
    Some(Draft::of("sum", Node::plain(place, format!("{entity}.{summed}"))))
}

/// A field, of this row or of one that it points at.
struct Operand {
    qualifier: Option<String>,
    field: String,
    place: Place,
}

fn base(scope: &Scope<'_>, field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<Operand> {
    let node = field.fields.require("base_field", "`derive_from_field`", diagnostics)?;
    operand(scope, node, diagnostics)
}

fn operand(scope: &Scope<'_>, node: &Node, diagnostics: &mut Diagnostics) -> Option<Operand> {
    let Some(text) = node.as_str() else {
        wrong_kind(node, "a base field", "a field's name", diagnostics);
        return None;
    };
    let (qualifier, field) = match text.split_once('.') {
        None => {
            scope.entity().require(text, node.place, diagnostics).then_some(())?;
            (None, text)
        }
        Some((qualifier, field)) => {
            let found = expressions::resolve(
                scope.catalogue,
                scope.index,
                qualifier,
                field,
                node.place,
                diagnostics,
            )?;
            (found.qualifier, field)
        }
    };
    Some(Operand { qualifier, field: field.to_owned(), place: node.place })
}

fn duration(
    field: &Field<'_>,
    key: &str,
    diagnostics: &mut Diagnostics,
) -> Option<(jiff::SignedDuration, Node)> {
    let node = field.fields.require(key, "the operation `add_random_duration`", diagnostics)?;
    let found = node.as_str().and_then(times::duration).filter(|duration| !duration.is_negative());
    if found.is_none() {
        wrong_kind(node, &format!("`{key}`"), "a duration, 0 or more, such as 0d, 12h or 365d", diagnostics);
    }
    let text = node.as_str().unwrap_or_default();
    Some((found?, Node::new(node.place, Value::Scalar { text: text.to_owned(), quoted: false })))
}

/// A name for a hidden column of a field, which no field of the entity has.
pub fn hidden_name(scope: &Scope<'_>, field: &Name, part: &str) -> String {
    let mut name = format!("{}__{part}", field.text);
    while scope.entity().has(&name) {
        name.push('_');
    }
    name
}

/// `hidden: true`.
pub fn yes(place: Place) -> Node {
    Node::plain(place, "true")
}
