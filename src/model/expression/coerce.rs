//! [`coerce`]: values of one type as another, constants at once.

use super::ast::{Branch, Kind, Literal, Node};
use super::function::Function;
use crate::model::column_type::ColumnType;
use crate::model::diagnostics::did_you_mean;
use crate::model::text_form::calendar::DAY;
use crate::model::text_form::postgres;
use crate::model::text_form::write::{push_decimal, text};

/// Arrow's and Parquet's widest decimal.
pub(super) const MAX_DIGITS: i32 = 38;

/// A decimal type with that many digits before and after the point, cut to 38 in all.
pub(super) fn decimal_type(whole: i32, scale: i32) -> ColumnType {
    let precision = (whole + scale).clamp(scale.max(1), MAX_DIGITS);
    ColumnType::Decimal { precision: precision as u8, scale: scale as i8 }
}

/// Digits before and after the point of an exact number type.
pub(super) fn digits(ty: &ColumnType) -> Option<(i32, i32)> {
    match ty {
        ColumnType::Integer => Some((10, 0)),
        ColumnType::BigInteger => Some((19, 0)),
        ColumnType::Decimal { precision, scale } => {
            Some((i32::from(*precision) - i32::from(*scale), i32::from(*scale)))
        }
        _ => None,
    }
}

/// A number of any kind.
pub(super) fn is_numeric(ty: &ColumnType) -> bool {
    *ty == ColumnType::Float || digits(ty).is_some()
}

/// A text or NULL literal, whose type its neighbours decide.
pub(super) fn is_unknown(node: &Node) -> bool {
    node.ty == ColumnType::Text && matches!(node.kind, Kind::Literal(Literal::Text(_) | Literal::Null))
}

/// The exact type of a node as a decimal: a literal has as many digits as it needs.
pub(super) fn node_digits(node: &Node) -> Option<(i32, i32)> {
    match &node.kind {
        Kind::Literal(Literal::Integer(value)) => {
            Some((value.unsigned_abs().checked_ilog10().unwrap_or(0) as i32 + 1, 0))
        }
        _ => digits(&node.ty),
    }
}

/// The type that values of both types have, if there is one.
pub(super) fn common(left: &ColumnType, right: &ColumnType) -> Option<ColumnType> {
    use ColumnType as T;
    match (left, right) {
        (left, right) if left == right => Some(left.clone()),
        (left, right) if is_numeric(left) && is_numeric(right) => match (digits(left), digits(right)) {
            (Some((_, 0)), Some((_, 0)))
                if !matches!((left, right), (T::Decimal { .. }, _) | (_, T::Decimal { .. })) =>
            {
                Some(T::BigInteger)
            }
            (Some((whole, scale)), Some((other_whole, other_scale))) => {
                Some(decimal_type(whole.max(other_whole), scale.max(other_scale)))
            }
            _ => Some(T::Float),
        },
        (T::Date, T::Timestamp) | (T::Timestamp, T::Date) => Some(T::Timestamp),
        (T::Enum { .. } | T::Text, T::Enum { .. } | T::Text) => Some(T::Text),
        _ => None,
    }
}

/// CAST knows the pair.
fn castable(from: &ColumnType, to: &ColumnType) -> bool {
    use ColumnType as T;
    match (from, to) {
        (from, to) if from == to => true,
        (T::Interval, _) | (_, T::Interval) => false,
        (_, T::Text) | (T::Text | T::Enum { .. }, T::Enum { .. }) => true,
        (T::Text, _) => true,
        (T::Date, T::Timestamp) | (T::Timestamp, T::Date) => true,
        (T::Integer, T::Boolean) | (T::Boolean, T::Integer) => true,
        (from, to) => is_numeric(from) && is_numeric(to),
    }
}

/// The node as a value of type `to`; a constant becomes a constant.
pub(super) fn coerce(node: Node, to: &ColumnType, implicit: bool) -> Result<Node, String> {
    if let Kind::Literal(literal) = &node.kind
        // An explicit 'x'::text is a text from now on, no longer a literal that adapts.
        && !(is_unknown(&node) && *to == ColumnType::Text && !implicit)
        && let Some(folded) = fold(literal, to)
    {
        let literal = folded?;
        return Ok(Node { nullable: literal == Literal::Null, kind: Kind::Literal(literal), ty: to.clone() });
    }
    if node.ty == *to && (implicit || !is_unknown(&node)) {
        return Ok(node);
    }
    if !castable(&node.ty, to) {
        return Err(format!("{} cannot become {to}", article(&node.ty)));
    }
    let nullable = node.nullable;
    Ok(Node { kind: Kind::Cast { operand: Box::new(node), implicit }, ty: to.clone(), nullable })
}

/// The node as the value of a column; see `Expression::assigned_to`.
pub(super) fn assign(node: Node, to: &ColumnType) -> Result<Node, String> {
    if node.ty == *to {
        return Ok(node);
    }
    let Node { kind, ty, nullable } = node;
    let kind = match kind {
        Kind::Case { branches, otherwise } => Kind::Case {
            branches: branches
                .into_iter()
                .map(|Branch { condition, result }| Ok(Branch { condition, result: assign(result, to)? }))
                .collect::<Result<_, String>>()?,
            otherwise: otherwise.map(|node| assign(*node, to).map(Box::new)).transpose()?,
        },
        Kind::Call { function: Function::Coalesce, arguments } => Kind::Call {
            function: Function::Coalesce,
            arguments: arguments.into_iter().map(|node| assign(node, to)).collect::<Result<_, String>>()?,
        },
        kind => {
            let node = Node { kind, ty, nullable };
            let text_to_other = node.ty == ColumnType::Text && !matches!(to, ColumnType::Enum { .. });
            if text_to_other && !is_unknown(&node) {
                return Err(format!("the expression is text, the column is {to}"));
            }
            return coerce(node, to, true).map_err(|reason| format!("the column is {to}: {reason}"));
        }
    };
    Ok(Node { kind, ty: to.clone(), nullable })
}

/// A constant as a constant of another type; nothing where only evaluation can tell.
fn fold(literal: &Literal, to: &ColumnType) -> Option<Result<Literal, String>> {
    use ColumnType as T;
    Some(match (literal, to) {
        (Literal::Null, _) => Ok(Literal::Null),
        (Literal::Text(text), _) => from_text(text, to),
        (Literal::Integer(value), T::Integer) => i32::try_from(*value)
            .map(|_| Literal::Integer(*value))
            .map_err(|_| "integer out of range".to_owned()),
        (Literal::Integer(value), T::BigInteger) => Ok(Literal::Integer(*value)),
        (Literal::Integer(value), T::Float) => Ok(Literal::Float(*value as f64)),
        (Literal::Integer(value), T::Decimal { .. }) => rescaled(i128::from(*value), 0, to),
        (Literal::Decimal { unscaled, scale }, T::Decimal { .. }) => rescaled(*unscaled, *scale, to),
        (Literal::Decimal { unscaled, scale }, T::Float) => {
            let text = text(|out| push_decimal(out, *unscaled, *scale as i8));
            postgres::float(&text).map(Literal::Float).ok_or_else(|| format!("`{text}` is not a float"))
        }
        (Literal::Date(days), T::Timestamp) => Ok(Literal::Timestamp(i64::from(*days) * DAY)),
        (literal, to) if literal.ty() == *to => Ok(literal.clone()),
        _ => return None,
    })
}

fn rescaled(unscaled: i128, scale: u8, to: &ColumnType) -> Result<Literal, String> {
    let ColumnType::Decimal { precision, scale: wanted } = to else { return Err("not a decimal".to_owned()) };
    let wanted = *wanted as u8;
    let value = if wanted >= scale {
        unscaled.checked_mul(10_i128.pow(u32::from(wanted - scale)))
    } else {
        Some(postgres::divide_rounded(unscaled, 10_i128.pow(u32::from(scale - wanted))))
    };
    value
        .filter(|value| value.unsigned_abs() < 10_u128.pow(u32::from(*precision)))
        .map(|unscaled| Literal::Decimal { unscaled, scale: wanted })
        .ok_or_else(|| format!("the number does not fit {to}"))
}

pub(super) fn from_text(text: &str, to: &ColumnType) -> Result<Literal, String> {
    use ColumnType as T;
    let literal = match to {
        T::Text => Some(Literal::Text(text.to_owned())),
        T::Enum { values } => return enum_value(text, values),
        T::Uuid => postgres::uuid(text).map(Literal::Uuid),
        T::Boolean => postgres::boolean(text).map(Literal::Boolean),
        T::Integer => {
            postgres::integer(text).filter(|&value| i32::try_from(value).is_ok()).map(Literal::Integer)
        }
        T::BigInteger => postgres::integer(text).map(Literal::Integer),
        T::Float => postgres::float(text).map(Literal::Float),
        T::Decimal { .. } => match postgres::decimal(text) {
            Some((unscaled, scale)) => return rescaled(unscaled, scale, to),
            None => None,
        },
        T::Timestamp | T::DateTime => postgres::timestamp(text).map(Literal::Timestamp),
        T::Date => postgres::date(text).map(Literal::Date),
        T::Interval => return postgres::interval(text).map(Literal::Interval),
        T::Json | T::Array { .. } => None,
    };
    literal.ok_or_else(|| format!("'{text}' is not {}", article(to)))
}

fn enum_value(text: &str, values: &[String]) -> Result<Literal, String> {
    if values.iter().any(|value| value == text) {
        return Ok(Literal::Text(text.to_owned()));
    }
    let known = values.iter().map(String::as_str);
    Err(match did_you_mean(text, known) {
        Some(meant) => format!("'{text}' is not among the values of the enum; did you mean '{meant}'?"),
        None => format!("'{text}' is not among the values of the enum: {}", values.join(", ")),
    })
}

/// The type with its article, for messages.
pub(super) fn article(ty: &ColumnType) -> String {
    match ty {
        ColumnType::Integer | ColumnType::Interval => format!("an {ty}"),
        ColumnType::Enum { .. } => "an enum".to_owned(),
        ColumnType::Text => "text".to_owned(),
        _ => format!("a {ty}"),
    }
}
