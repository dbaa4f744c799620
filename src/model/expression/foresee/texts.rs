//! [`read`], [`like`] and [`call`]: what comes of texts that are known.

use super::{Breach, Foreseen, Known, Reason, is_value};
use crate::model::column_type::ColumnType;
use crate::model::expression::ast::Node;
use crate::model::expression::coerce::from_text;
use crate::model::expression::function::Function;

/// A text as another type.
pub(super) fn read(node: &Node, known: Known) -> Foreseen<'_> {
    match (known, &node.ty) {
        (Known::Null, _) => Ok(Known::Null),
        (Known::Text(text), ColumnType::Text) => Ok(Known::Text(text)),
        (Known::Text(_), ColumnType::Json | ColumnType::Array { .. }) => Ok(Known::Anything),
        (Known::Text(text), ty) => match from_text(&text, ty) {
            Ok(literal) => Ok(Known::of_literal(&literal)),
            Err(message) => Err(Breach { node, reason: Reason::Unreadable { text, message } }),
        },
        _ => Ok(Known::Anything),
    }
}

/// LIKE; whether a text has the form is left open.
pub(super) fn like<'n>(node: &'n Node, (known, operand): (&Known, &Node), pattern: Known) -> Foreseen<'n> {
    match pattern {
        Known::Null => Ok(Known::Null),
        _ if *known == Known::Null => Ok(Known::Null),
        Known::Text(form) if ends_open(&form) && is_value(known, operand) => {
            Err(Breach { node, reason: Reason::OpenEscape(form) })
        }
        _ => Ok(Known::Anything),
    }
}

/// Whether the last backslash escapes nothing.
fn ends_open(pattern: &str) -> bool {
    (pattern.len() - pattern.trim_end_matches('\\').len()) % 2 == 1
}

/// A function of texts; not all of them are followed.
pub(super) fn call<'n>(
    node: &'n Node,
    function: Function,
    arguments: &[Node],
    known: &[Known],
) -> Foreseen<'n> {
    if known.contains(&Known::Null) {
        return Ok(Known::Null);
    }
    if function == Function::Substring
        && let Some(Known::Whole { high, .. }) = known.get(2)
        && *high < 0
        && known.iter().zip(arguments).all(|(known, argument)| is_value(known, argument))
    {
        return Err(Breach { node, reason: Reason::NegativeLength(*high) });
    }
    let texts: Option<Vec<&str>> = known
        .iter()
        .map(|known| match known {
            Known::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    Ok(match (function, texts.as_deref()) {
        (Function::Length, Some([text])) => Known::whole(text.chars().count() as i128),
        (Function::Lower, Some([text])) if text.is_ascii() => Known::Text(text.to_ascii_lowercase()),
        (Function::Upper, Some([text])) if text.is_ascii() => Known::Text(text.to_ascii_uppercase()),
        (Function::Trim(side), Some([text, characters])) => {
            Known::Text(side.trim(text, characters).to_owned())
        }
        (Function::Replace, Some([text, "", _])) => Known::Text((*text).to_owned()),
        (Function::Replace, Some([text, sought, other])) => Known::Text(text.replace(sought, other)),
        (Function::Substring, None) => substring(known),
        _ => Known::Anything,
    })
}

/// Positions count from 1; what lies before it uses up the count.
fn substring(known: &[Known]) -> Known {
    let point = |at: usize| match known.get(at) {
        Some(Known::Whole { low, high }) if low == high => Some(*low),
        _ => None,
    };
    let (Known::Text(text), Some(start)) = (&known[0], point(1)) else { return Known::Anything };
    let end = match (known.len(), point(2)) {
        (3, None) => return Known::Anything,
        (_, None) => i128::MAX,
        (_, Some(count)) => start + count,
    };
    let skip = (start - 1).max(0);
    let kept = text.chars().zip(0..).filter(|(_, at)| *at >= skip && *at < end - 1);
    Known::Text(kept.map(|(character, _)| character).collect())
}
