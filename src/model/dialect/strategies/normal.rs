//! [`draft`] of `normal_distribution`: a normal law, truncated where `min` and `max` stand.

use std::cmp::Ordering;

use super::{Draft, Field};
use crate::model::diagnostics::Diagnostics;
use crate::model::dialect::fields::wrong_kind;
use crate::model::dialect::types;
use crate::model::yaml::{Node, Place};

/// Digits of an amount of money with `precision` digits after the point, where nothing declares more.
const DIGITS: u64 = 12;

/// `{mean, stddev, min, max, precision}`.
pub fn draft(field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<Draft> {
    let fields = &field.fields;
    let what = "`normal_distribution`";
    let mean = fields.required_number("mean", what, diagnostics);
    let stddev = fields.required_number("stddev", what, diagnostics);
    let (min, max) = (fields.number("min", diagnostics), fields.number("max", diagnostics));
    let precision = precision(field, diagnostics);
    let ((_, mean), (spread, stddev)) = (mean?, stddev?);
    if spread.is_negative() {
        wrong_kind(stddev, "`stddev`", "0 or more", diagnostics);
        return None;
    }
    if let (Some((least, _)), Some((most, node))) = (&min, &max)
        && least.compare(*most) == Ordering::Greater
    {
        diagnostics.error(node.place, "`max` is less than `min`", "");
        return None;
    }
    let law = Node::map(fields.place, [("mean", mean.clone()), ("stddev", stddev.clone())]);
    let mut draft = Draft::of("normal", law);
    draft.entries.extend(min.map(|(_, node)| ("min", node.clone())));
    draft.entries.extend(max.map(|(_, node)| ("max", node.clone())));
    draft.inferred = Some(
        precision.map_or_else(|| "float".to_owned(), |(digits, _)| format!("decimal({DIGITS},{digits})")),
    );
    Some(draft)
}

/// The digits after the point; a declared type must have as many.
fn precision(field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<(u64, Place)> {
    let (number, node) = field.fields.number("precision", diagnostics)?;
    let Some(digits) = number.to_whole().filter(|&digits| digits < DIGITS) else {
        wrong_kind(node, "`precision`", "a number of digits from 0 to 11", diagnostics);
        return None;
    };
    if let Some(declared) = &field.declared {
        let agrees = match types::shown(declared) {
            "integer" | "bigint" => digits == 0,
            spelled => types::scale(spelled).is_some_and(|scale| u64::from(scale) == digits),
        };
        if !agrees {
            let message = format!("`precision: {digits}` does not fit the type {}", types::shown(declared));
            diagnostics.error(
                node.place,
                message,
                format!("such as decimal(10,{digits}), or drop `precision`"),
            );
        }
    }
    Some((digits, node.place))
}
