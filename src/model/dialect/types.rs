//! [`declared`]: the types of fields, `type: decimal(10,2)`, and `type: enum` with its `values`.

use super::fields::{Fields, unknown, wrong_kind};
use crate::model::diagnostics::Diagnostics;
use crate::model::yaml::Node;

const KNOWN: [&str; 10] =
    ["uuid", "text", "integer", "bigint", "float", "boolean", "decimal(10,2)", "timestamp", "date", "enum"];

/// The native type that `type` declares; that of an enum lists `values`.
pub fn declared(fields: &Fields<'_>, values: &[Node], diagnostics: &mut Diagnostics) -> Option<Node> {
    let (text, place) = fields.text("type", diagnostics)?;
    if text == "enum" {
        if values.is_empty() {
            diagnostics.error(place, "an enum needs its values", "add `values: [first, second]`");
            return None;
        }
        if let Some(wrong) = values.iter().find(|value| value.as_str().is_none()) {
            wrong_kind(wrong, "a value of an enum", "a text", diagnostics);
            return None;
        }
        return Some(Node::map(place, [("enum", Node::list(place, values.to_vec()))]));
    }
    let spelled: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    if text.starts_with("decimal") {
        if scale(&spelled).is_none() {
            let hint = "decimal(10,2) has 10 digits, 2 of them after the point; at most 38";
            diagnostics.error(place, format!("`{text}` is not a decimal type"), hint);
            return None;
        }
    } else if !KNOWN.contains(&spelled.as_str()) {
        unknown("type", text, place, &KNOWN, diagnostics);
        return None;
    }
    Some(Node::plain(place, spelled))
}

/// The digits after the point of `decimal(10,2)`.
pub fn scale(spelled: &str) -> Option<u8> {
    let digits = spelled.strip_prefix("decimal(")?.strip_suffix(')')?;
    let (precision, scale) = digits.split_once(',').unwrap_or((digits, "0"));
    let (precision, scale): (u8, u8) = (precision.parse().ok()?, scale.parse().ok()?);
    (1..=38).contains(&precision).then_some(scale).filter(|&scale| scale <= precision)
}

/// Whether two declared types are the same.
pub fn same(one: &Node, two: &Node) -> bool {
    match (one.as_str(), two.as_str()) {
        (Some(one), Some(two)) => one == two,
        (None, None) => crate::model::yaml::emit(one) == crate::model::yaml::emit(two),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// A type as messages print it.
pub fn shown(node: &Node) -> &str {
    node.as_str().unwrap_or("enum")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_has_at_most_38_digits_and_no_more_of_them_after_the_point() {
        assert_eq!(scale("decimal(10,2)"), Some(2));
        assert_eq!(scale("decimal(38)"), Some(0));
        for wrong in
            ["decimal", "decimal(39,2)", "decimal(2,3)", "decimal(0,0)", "decimal(a,b)", "decimal(10,-2)"]
        {
            assert_eq!(scale(wrong), None, "{wrong}");
        }
    }
}
