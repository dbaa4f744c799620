//! [`draft`] of `distribute_range`: times between two ends, in order of the rows or drawn.

use jiff::Timestamp;

use super::{Draft, Field, Scope};
use crate::model::diagnostics::Diagnostics;
use crate::model::dialect::fields::Fields;
use crate::model::dialect::times;
use crate::model::yaml::{Node, Place};

/// `{range_start, range_end, distribution}`; an end that is missing is the pattern's of that field.
pub fn draft(scope: &Scope<'_>, field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<Draft> {
    let (from, to) = (end(scope, field, true, diagnostics), end(scope, field, false, diagnostics));
    let ((start, from), (stop, to)) = (from?, to?);
    if start > stop {
        diagnostics.error(to.place, "the range ends before it starts", "");
        return None;
    }
    let shape = shape(&field.fields, diagnostics)?;
    let mut shape = Node::plain(shape.1, shape.0);
    let mut entries = vec![("from", from), ("to", to)];
    let couplings: Vec<&Node> = scope
        .rules
        .not_before
        .iter()
        .filter(|(name, _)| *name == field.name.text)
        .map(|(_, node)| node)
        .collect();
    if let [_, second, ..] = couplings.as_slice() {
        let message = format!("`{}` may not precede two referenced times", field.name.text);
        diagnostics.error(second.place, message, "keep one of the two rules");
        return None;
    }
    let earliest = couplings.first().map(|node| ("not_before", (*node).clone()));
    if let (Some((_, earliest)), Some("linear")) = (&earliest, shape.as_str()) {
        let message = format!(
            "`{}` may not precede `{}`, so it cannot grow with the row's number: it is drawn uniformly",
            field.name.text,
            earliest.as_str().unwrap_or_default()
        );
        diagnostics.warning(shape.place, message, "write `distribution: uniform`, or `exponential`");
        shape = Node::plain(shape.place, "uniform");
    }
    entries.push(("shape", shape));
    entries.extend(earliest);
    Some(Draft {
        inferred: Some("timestamp".to_owned()),
        ..Draft::of("range", Node::map(field.fields.place, entries))
    })
}

/// The native name of the distribution.
fn shape(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<(&'static str, Place)> {
    let Some(_) = fields.get("distribution") else { return Some(("uniform", fields.place)) };
    let known = ["linear", "exponential", "uniform"];
    let (text, place) = fields.one_of("distribution", &known, diagnostics)?;
    let shape = match text {
        "linear" => "linear",
        // More recent rows: F(x) = 1 - √(1-x), as the document's text has it.
        "exponential" => "rising",
        _ => "uniform",
    };
    Some((shape, place))
}

fn end(
    scope: &Scope<'_>,
    field: &Field<'_>,
    is_start: bool,
    diagnostics: &mut Diagnostics,
) -> Option<(Timestamp, Node)> {
    let key = if is_start { "range_start" } else { "range_end" };
    let seed = scope.source.seed.as_ref();
    let now = seed.and_then(|seed| seed.generated_at).or(scope.settings.now);
    let pattern = seed.and_then(|seed| seed.range(&field.name.text));
    let pattern = pattern.map(|(from, to)| if is_start { from } else { to });
    let node = match field.fields.get(key).or(pattern) {
        Some(node) => node,
        None => field.fields.require(key, "`distribute_range`", diagnostics)?,
    };
    let instant = times::instant(node, &format!("`{key}`"), now, diagnostics)?;
    Some((instant, Node::plain(node.place, instant.to_string())))
}
