//! [`draft`] of `categorical_weighted`: named values with weights.

use std::cmp::Ordering;

use super::{Draft, Field};
use crate::model::diagnostics::Diagnostics;
use crate::model::dialect::decimal::Decimal;
use crate::model::dialect::fields::{Fields, number, wrong_kind};
use crate::model::dialect::seeds::infer;
use crate::model::yaml::{Name, Node, Value};

/// `values: {delivered: 0.70, shipped: 0.30}`.
pub fn draft(field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<Draft> {
    let node = field.fields.require("values", "`categorical_weighted`", diagnostics)?;
    let Value::Map(entries) = &node.value else {
        wrong_kind(node, "`values`", "a mapping of values to weights", diagnostics);
        return None;
    };
    let values = Fields { place: node.place, entries };
    let sum = sum(&values, diagnostics)?;
    let is = |whole| sum.compare(Decimal::whole(whole)) == Ordering::Equal;
    if sum.compare(Decimal::ZERO) == Ordering::Equal {
        diagnostics.error(node.place, "the weights sum to 0", "give at least one value a weight");
        return None;
    }
    if !is(1) && !is(100) {
        let message = format!("the weights sum to {}; they are taken as shares of that", sum.to_f64());
        diagnostics.warning(node.place, message, "weights sum to 1 or to 100");
    }
    let names: Vec<Node> = entries.iter().map(|(name, _)| scalar(name, diagnostics)).collect();
    Some(Draft { inferred: Some(infer(&names).to_owned()), ..Draft::of("choice", node.clone()) })
}

fn sum(values: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Decimal> {
    let mut sum = Some(Decimal::ZERO);
    for (name, node) in values.entries {
        let what = format!("the weight of `{}`", name.text);
        let weight = number(node, &what, diagnostics).filter(|weight| {
            if weight.is_negative() {
                wrong_kind(node, &what, "0 or more", diagnostics);
            }
            !weight.is_negative()
        });
        sum = sum.and_then(|sum| sum.plus(weight?));
    }
    sum
}

/// A key as the scalar that it was in the text: a quoted number is no number.
fn scalar(name: &Name, diagnostics: &Diagnostics) -> Node {
    let text = diagnostics.text(name.place.file);
    let quoted = text.get(name.place.start as usize..).is_some_and(|rest| rest.starts_with(['"', '\'']));
    Node::new(name.place, Value::Scalar { text: name.text.clone(), quoted })
}
