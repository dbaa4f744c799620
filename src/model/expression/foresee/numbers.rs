//! [`arithmetic`], [`cast`] and [`rounded`]: what comes of numbers and times of which a range is known.

use super::{Breach, Foreseen, Known, Reason};
use crate::model::column_type::ColumnType as T;
use crate::model::expression::ast::{Arithmetic, Node};
use crate::model::expression::function::Function;
use crate::model::text_form::calendar::DAY;
use crate::model::text_form::postgres::divide_rounded;
use crate::model::text_form::write::{push_boolean, push_decimal, push_integer, text};

/// Beyond what 15 digits of a float tell.
const UNSURE: f64 = 1e-14;

/// The least and the greatest value of a type, as whole numbers.
fn limits(ty: &T) -> Option<(i128, i128)> {
    match ty {
        T::Integer | T::Date => Some((i128::from(i32::MIN), i128::from(i32::MAX))),
        T::BigInteger | T::Timestamp | T::DateTime | T::Interval => {
            Some((i128::from(i64::MIN), i128::from(i64::MAX)))
        }
        T::Decimal { precision, .. } => {
            let most = power_of_ten(i32::from(*precision)) - 1;
            Some((-most, most))
        }
        T::Float | T::Text | T::Boolean | T::Uuid | T::Enum { .. } | T::Json | T::Array { .. } => None,
    }
}

/// Of 38 digits at most.
fn power_of_ten(exponent: i32) -> i128 {
    10_i128.pow(exponent.clamp(0, 38).unsigned_abs())
}

const fn scale(ty: &T) -> i32 {
    match ty {
        T::Decimal { scale, .. } => *scale as i32,
        _ => 0,
    }
}

/// Whole numbers as values of the node's type: those beyond it fail.
fn settled(node: &Node, low: i128, high: i128) -> Foreseen<'_> {
    let Some((least, most)) = limits(&node.ty) else { return Ok(Known::Anything) };
    if low > most || high < least {
        return Err(Breach { node, reason: Reason::Overflow(Known::Whole { low, high }) });
    }
    Ok(Known::Whole { low: low.max(least), high: high.min(most) })
}

/// `-x`
pub(super) fn negate(node: &Node, known: Known) -> Foreseen<'_> {
    match known {
        Known::Whole { low, high } => settled(node, -high, -low),
        Known::Float { low, high } => Ok(Known::Float { low: -high, high: -low }),
        Known::Null => Ok(Known::Null),
        Known::Anything | Known::Text(_) | Known::Truth(_) => Ok(Known::Anything),
    }
}

/// `left op right`
pub(super) fn arithmetic<'n>(
    node: &'n Node,
    operator: Arithmetic,
    (left, one): (&Node, Known),
    (right, two): (&Node, Known),
) -> Foreseen<'n> {
    match (one, two) {
        (Known::Null, _) | (_, Known::Null) => Ok(Known::Null),
        (Known::Whole { low, high }, Known::Whole { low: least, high: most }) => {
            let scales = (scale(&left.ty), scale(&right.ty));
            match wholes(operator, ((low, high), (least, most)), scales, scale(&node.ty)) {
                Some((low, high)) => settled(node, low, high),
                None => Ok(Known::Anything),
            }
        }
        (Known::Float { low, high }, Known::Float { low: least, high: most }) if node.ty == T::Float => {
            Ok(floats(operator, (low, high), (least, most)))
        }
        _ => Ok(Known::Anything),
    }
}

type Range<N> = (N, N);

/// The least and the greatest of an operation at the corners of two ranges.
fn corners(one: Range<i128>, two: Range<i128>, of: impl Fn(i128, i128) -> i128) -> Range<i128> {
    let all = [of(one.0, two.0), of(one.0, two.1), of(one.1, two.0), of(one.1, two.1)];
    (all.into_iter().min().unwrap_or(0), all.into_iter().max().unwrap_or(0))
}

/// As whole numbers at the scale of the result, those beyond 128 bits as the last of them, which no type holds.
fn wholes(
    operator: Arithmetic,
    (one, two): (Range<i128>, Range<i128>),
    (left, right): (i32, i32),
    scale: i32,
) -> Option<Range<i128>> {
    let aligned = |range: Range<i128>, from: i32| {
        let up = power_of_ten(scale - from);
        Some((range.0.checked_mul(up)?, range.1.checked_mul(up)?))
    };
    match operator {
        Arithmetic::Multiply => Some(corners(one, two, i128::saturating_mul)),
        Arithmetic::Add => {
            let (one, two) = (aligned(one, left)?, aligned(two, right)?);
            Some((one.0.saturating_add(two.0), one.1.saturating_add(two.1)))
        }
        Arithmetic::Subtract => {
            let (one, two) = (aligned(one, left)?, aligned(two, right)?);
            Some((one.0.saturating_sub(two.1), one.1.saturating_sub(two.0)))
        }
        Arithmetic::Divide if two.0 <= 0 && two.1 >= 0 => None,
        Arithmetic::Divide if scale == 0 && left == 0 && right == 0 => {
            Some(corners(one, two, |one, two| one / two))
        }
        Arithmetic::Divide => {
            let up = power_of_ten(scale - left + right);
            let one = (one.0.checked_mul(up)?, one.1.checked_mul(up)?);
            Some(corners(one, two, quotient))
        }
        Arithmetic::Remainder => {
            let (one, two) = (aligned(one, left)?, aligned(two, right)?);
            if one.0 == one.1 && two.0 == two.1 && two.0 != 0 {
                let rest = one.0 % two.0;
                return Some((rest, rest));
            }
            // Nearer to zero than the divisor, not beyond the dividend, and of its sign.
            let most = (two.0.saturating_abs().max(two.1.saturating_abs()) - 1).max(0);
            Some((one.0.clamp(-most, 0), one.1.clamp(0, most)))
        }
    }
}

/// Halves away from zero.
fn quotient(one: i128, two: i128) -> i128 {
    if two < 0 { divide_rounded(-one, -two) } else { divide_rounded(one, two) }
}

fn floats(operator: Arithmetic, one: Range<f64>, two: Range<f64>) -> Known {
    let of: fn(f64, f64) -> f64 = match operator {
        Arithmetic::Add => |one, two| one + two,
        Arithmetic::Subtract => |one, two| one - two,
        Arithmetic::Multiply => |one, two| one * two,
        Arithmetic::Divide if two.0 > 0.0 || two.1 < 0.0 => |one, two| one / two,
        Arithmetic::Divide | Arithmetic::Remainder => return Known::Anything,
    };
    let all = [of(one.0, two.0), of(one.0, two.1), of(one.1, two.0), of(one.1, two.1)];
    if all.iter().any(|value| !value.is_finite()) {
        return Known::Anything;
    }
    Known::Float {
        low: all.iter().copied().fold(f64::INFINITY, libm::fmin),
        high: all.iter().copied().fold(f64::NEG_INFINITY, libm::fmax),
    }
}

/// A conversion of what is no text.
pub(super) fn cast<'n>(node: &'n Node, from: &T, known: Known) -> Foreseen<'n> {
    match (known, &node.ty) {
        (Known::Null, _) => Ok(Known::Null),
        (known, to) if from == to => Ok(known),
        (Known::Truth(truth), T::Integer) => Ok(Known::whole(i128::from(truth))),
        (Known::Truth(truth), T::Text) => Ok(Known::Text(text(|out| push_boolean(out, truth)))),
        (Known::Whole { low, high }, T::Text) if low == high => Ok(written(low, from)),
        (Known::Whole { low, high }, T::Boolean) => Ok(match (low, high) {
            (0, 0) => Known::Truth(false),
            _ if low > 0 || high < 0 => Known::Truth(true),
            _ => Known::Anything,
        }),
        (Known::Whole { low, high }, T::Float) => Ok(as_floats(low, high, scale(from))),
        (Known::Whole { low, high }, to) => {
            let convert = |value: i128| match (from, to) {
                (T::Date, T::Timestamp | T::DateTime) => value.saturating_mul(i128::from(DAY)),
                (T::Timestamp | T::DateTime, T::Date) => value.div_euclid(i128::from(DAY)),
                _ => rescaled(value, scale(from), scale(to)),
            };
            settled(node, convert(low), convert(high))
        }
        (Known::Float { low, high }, T::Integer | T::BigInteger) => {
            settled(node, libm::rint(low) as i128, libm::rint(high) as i128)
        }
        (Known::Float { low, high }, T::Decimal { scale, .. }) => {
            let factor = power_of_ten(i32::from(*scale)) as f64;
            let wider = |value: f64, direction: f64| {
                value * factor + direction * (libm::fabs(value * factor) * UNSURE + 1.0)
            };
            settled(node, libm::floor(wider(low, -1.0)) as i128, libm::ceil(wider(high, 1.0)) as i128)
        }
        _ => Ok(Known::Anything),
    }
}

/// With more digits after the point or with fewer, halves away from zero.
fn rescaled(value: i128, from: i32, to: i32) -> i128 {
    if to >= from {
        value.saturating_mul(power_of_ten(to - from))
    } else {
        divide_rounded(value, power_of_ten(from - to))
    }
}

fn written(value: i128, ty: &T) -> Known {
    match ty {
        T::Integer | T::BigInteger => Known::Text(text(|out| push_integer(out, value as i64))),
        T::Decimal { scale, .. } => Known::Text(text(|out| push_decimal(out, value, *scale))),
        _ => Known::Anything,
    }
}

/// Two steps of a float cover both roundings.
fn as_floats(low: i128, high: i128, scale: i32) -> Known {
    let up = power_of_ten(scale) as f64;
    Known::Float {
        low: (low as f64 / up).next_down().next_down(),
        high: (high as f64 / up).next_up().next_up(),
    }
}

/// ABS, CEIL, FLOOR and ROUND of numbers of type `from`.
pub(super) fn rounded<'n>(node: &'n Node, function: Function, from: &T, known: Known) -> Foreseen<'n> {
    match known {
        Known::Null => Ok(Known::Null),
        Known::Whole { low, high } if function == Function::Abs => {
            let least = if low <= 0 && high >= 0 { 0 } else { low.abs().min(high.abs()) };
            settled(node, least, low.abs().max(high.abs()))
        }
        Known::Float { low, high } if function == Function::Abs => {
            let least =
                if low <= 0.0 && high >= 0.0 { 0.0 } else { libm::fmin(libm::fabs(low), libm::fabs(high)) };
            Ok(Known::Float { low: least, high: libm::fmax(libm::fabs(low), libm::fabs(high)) })
        }
        Known::Whole { low, high } => {
            let round = |value| whole_rounded(function, value, scale(from));
            settled(node, round(low), round(high))
        }
        Known::Float { low, high } => {
            let round = match function {
                Function::Ceil => libm::ceil,
                Function::Floor => libm::floor,
                _ => libm::rint,
            };
            Ok(Known::Float { low: round(low), high: round(high) })
        }
        Known::Anything | Known::Text(_) | Known::Truth(_) => Ok(Known::Anything),
    }
}

fn whole_rounded(function: Function, value: i128, scale: i32) -> i128 {
    let unit = power_of_ten(scale);
    match function {
        Function::Floor => value.div_euclid(unit),
        Function::Ceil => -(-value).div_euclid(unit),
        Function::Round { places } if places >= scale => value.saturating_mul(power_of_ten(places - scale)),
        Function::Round { places } if scale - places > 38 => 0,
        Function::Round { places } => {
            divide_rounded(value, power_of_ten(scale - places)).saturating_mul(power_of_ten(-places))
        }
        _ => value,
    }
}
