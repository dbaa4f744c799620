//! [`rescaled`] and the arithmetic of exact decimals with a fixed scale, 38 digits at most.

use arrow::datatypes::i256;

use super::vector::Failure;
use crate::model::column_type::ColumnType;
use crate::model::expression::Arithmetic;
use crate::model::text_form::postgres::divide_rounded;
use crate::model::text_form::write::{push_decimal, text};

/// Arrow's widest decimal.
const MOST_DIGITS: u32 = 38;

/// Precision and scale of a decimal type.
pub(super) fn digits(ty: &ColumnType) -> (u32, i32) {
    match ty {
        ColumnType::Decimal { precision, scale } => (u32::from(*precision), i32::from(*scale)),
        ColumnType::Uuid
        | ColumnType::Text
        | ColumnType::Integer
        | ColumnType::BigInteger
        | ColumnType::Float
        | ColumnType::Boolean
        | ColumnType::Timestamp
        | ColumnType::DateTime
        | ColumnType::Date
        | ColumnType::Enum { .. }
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Interval => (MOST_DIGITS, 0),
    }
}

pub(super) const fn overflow() -> Failure {
    Failure::Borrowed("numeric field overflow")
}

/// The number, if it has no more digits than the type.
pub(super) fn fitting(unscaled: Option<i128>, precision: u32) -> Result<i128, Failure> {
    unscaled.filter(|value| value.unsigned_abs() < 10_u128.pow(precision)).ok_or_else(overflow)
}

/// A number of one scale at another, halves away from zero.
pub(super) fn rescaled(unscaled: i128, from: i32, to: (u32, i32)) -> Result<i128, Failure> {
    let (precision, scale) = to;
    let power = 10_i128.checked_pow(scale.abs_diff(from));
    let value = match power {
        Some(power) if scale >= from => unscaled.checked_mul(power),
        Some(power) => Some(divide_rounded(unscaled, power)),
        None if scale >= from => (unscaled == 0).then_some(0),
        None => Some(0),
    };
    fitting(value, precision)
}

/// `left operator right`, whose scales are given, at the scale of the result.
pub(super) fn arithmetic(
    operator: Arithmetic,
    (left, left_scale): (i128, i32),
    (right, right_scale): (i128, i32),
    (precision, scale): (u32, i32),
) -> Result<i128, Failure> {
    let zero = right == 0 && matches!(operator, Arithmetic::Divide | Arithmetic::Remainder);
    if zero {
        return Err(Failure::Borrowed("division by zero"));
    }
    let value = match operator {
        Arithmetic::Multiply => {
            let product = left.checked_mul(right).ok_or_else(overflow)?;
            return rescaled(product, left_scale + right_scale, (precision, scale));
        }
        Arithmetic::Divide => quotient(left, scale + right_scale - left_scale, right),
        Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Remainder => {
            let (one, other) = (raised(left, scale - left_scale), raised(right, scale - right_scale));
            match operator {
                Arithmetic::Add => one.checked_add(other),
                Arithmetic::Subtract => one.checked_sub(other),
                Arithmetic::Remainder | Arithmetic::Multiply | Arithmetic::Divide => one.checked_rem(other),
            }
            .and_then(i256::to_i128)
        }
    };
    fitting(value, precision)
}

/// A number with more digits after its point: 76 in all fit.
fn raised(value: i128, places: i32) -> i256 {
    let power = i256::from_i128(10).checked_pow(places.unsigned_abs()).expect("at most 38 places");
    i256::from_i128(value).checked_mul(power).expect("38 digits and 38 places")
}

/// `left * 10^places / right`, halves away from zero.
fn quotient(left: i128, places: i32, right: i128) -> Option<i128> {
    // A quotient's scale is not less than its operands'. What overflows 76 digits has a quotient of more than 38.
    let power = i256::from_i128(10).checked_pow(places.unsigned_abs())?;
    let numerator = i256::from_i128(left).checked_mul(power)?;
    let divisor = i256::from_i128(right);
    let (whole, rest) = (numerator.checked_div(divisor)?, numerator.checked_rem(divisor)?);
    let (rest, half) = (rest.checked_abs()?, divisor.checked_abs()?);
    let up = rest.checked_add(rest)? >= half;
    let away = if (left < 0) == (right < 0) { 1 } else { -1 };
    whole.checked_add(i256::from_i128(if up { away } else { 0 }))?.to_i128()
}

/// The nearest float.
pub(super) fn to_float(unscaled: i128, scale: i32) -> f64 {
    /// Powers of ten are exact floats up to here, and so are whole numbers up to 2^53.
    const EXACT: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
        1e18, 1e19, 1e20, 1e21, 1e22,
    ];
    let power = usize::try_from(scale).ok().and_then(|scale| EXACT.get(scale));
    match power {
        Some(power) if unscaled.unsigned_abs() < 1 << 53 => unscaled as f64 / power,
        _ => {
            let digits = text(|out| push_decimal(out, unscaled, scale as i8));
            digits.parse().expect("digits are a number")
        }
    }
}

/// A float's first 15 digits, as Postgres converts it.
pub(super) fn from_float(value: f64, to: (u32, i32)) -> Result<i128, Failure> {
    if !value.is_finite() {
        return Err(overflow());
    }
    let digits = format!("{value:.14e}");
    let (mantissa, exponent) = digits.split_once('e').expect("the format has an exponent");
    let unscaled: i128 = mantissa.replace('.', "").parse().expect("15 digits");
    let exponent: i32 = exponent.parse().expect("an exponent is a number");
    rescaled(unscaled, 14 - exponent, to)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quotient_of_38_digits_is_rounded_in_its_last() {
        let nines = 10_i128.pow(38) - 1;
        assert_eq!(quotient(nines, 0, 2), Some(nines / 2 + 1));
        assert_eq!(quotient(nines, 38, nines), Some(10_i128.pow(38)));
        assert_eq!(quotient(1, 38, 3), Some(nines / 3));
        assert_eq!(quotient(-2, 38, 3), Some(-(nines / 3 * 2 + 1)));
        assert_eq!(quotient(nines, 76, 1), None);
        assert_eq!(rescaled(5, 38, (38, 37)), Ok(1));
        assert_eq!(rescaled(nines, 38, (38, -2)), Ok(0));
        assert_eq!(rescaled(nines, 0, (38, 1)), Err(overflow()));
    }

    proptest! {
        #[test]
        fn conversions_to_float_are_the_nearest(unscaled: i64, scale in 0..30_i32) {
            let text = text(|out| push_decimal(out, unscaled.into(), scale as i8));
            prop_assert_eq!(to_float(unscaled.into(), scale), text.parse::<f64>().unwrap());
        }

        #[test]
        fn what_is_added_is_taken_away(one in -1_000_000_i128..1_000_000, other in -1_000_000_i128..1_000_000) {
            let wide = (38, 9);
            let sum = arithmetic(Arithmetic::Add, (one, 3), (other, 9), wide).unwrap();
            let back = arithmetic(Arithmetic::Subtract, (sum, 9), (other, 9), wide);
            prop_assert_eq!(back, rescaled(one, 3, wide));
        }
    }
}
