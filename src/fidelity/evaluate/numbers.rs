//! [`arithmetic`] with signs and roundings of whole numbers, decimals and floats.

use arrow::array::ArrowPrimitiveType;
use arrow::datatypes::{Decimal128Type, DurationMicrosecondType, Float64Type, Int32Type, Int64Type};
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedNeg, CheckedRem, CheckedSub, One, Zero};

use super::vector::{Failure, Strict, Vector};
use super::{decimals, times};
use crate::model::column_type::ColumnType as T;
use crate::model::expression::{Arithmetic, Function};

pub(super) const DIVISION_BY_ZERO: Failure = Failure::Borrowed("division by zero");

/// What a whole number, time or interval fails with.
pub(super) fn out_of_range(ty: &T) -> Failure {
    Failure::Borrowed(match ty {
        T::Integer => "integer out of range",
        T::BigInteger => "bigint out of range",
        T::Timestamp | T::DateTime => "timestamp out of range",
        T::Date => "date out of range",
        T::Interval => "interval out of range",
        T::Uuid
        | T::Text
        | T::Float
        | T::Decimal { .. }
        | T::Boolean
        | T::Enum { .. }
        | T::Json
        | T::Array { .. } => "numeric field overflow",
    })
}

/// Whole numbers with overflow noticed.
pub(super) trait Whole:
    CheckedAdd + CheckedSub + CheckedMul + CheckedDiv + CheckedRem + CheckedNeg + Zero + One + PartialEq + Copy
{
}

impl Whole for i32 {}
impl Whole for i64 {}

/// `left operator right`; the types are those of both and of the result.
pub(super) fn arithmetic(
    operator: Arithmetic,
    types: [&T; 3],
    left: &Vector,
    right: &Vector,
    rows: usize,
) -> Vector {
    let ty = types[2];
    match types {
        [T::Integer, T::Integer, T::Integer] => whole::<Int32Type>(operator, ty, left, right, rows),
        [T::BigInteger, T::BigInteger, T::BigInteger] => whole::<Int64Type>(operator, ty, left, right, rows),
        [T::Interval, T::Interval, T::Interval] => {
            whole::<DurationMicrosecondType>(operator, ty, left, right, rows)
        }
        [T::Float, T::Float, T::Float] => floats(operator, ty, left, right, rows),
        [T::Decimal { .. }, T::Decimal { .. }, T::Decimal { .. }] => {
            let [(_, one), (_, other), result] = types.map(decimals::digits);
            let (first, second) = (left.numbers::<Decimal128Type>(), right.numbers::<Decimal128Type>());
            let value = |row| decimals::arithmetic(operator, (first(row), one), (second(row), other), result);
            Strict::new(&[left, right], rows).numbers::<Decimal128Type>(ty, value)
        }
        _ => times::arithmetic(operator, types, left, right, rows),
    }
}

fn whole<P: ArrowPrimitiveType>(
    operator: Arithmetic,
    ty: &T,
    left: &Vector,
    right: &Vector,
    rows: usize,
) -> Vector
where
    P::Native: Whole,
{
    let (one, other) = (left.numbers::<P>(), right.numbers::<P>());
    let operands = [left, right];
    let strict = Strict::new(&operands, rows);
    let checked = |value: Option<P::Native>| value.ok_or_else(|| out_of_range(ty));
    match operator {
        Arithmetic::Add => strict.numbers::<P>(ty, |row| checked(one(row).checked_add(&other(row)))),
        Arithmetic::Subtract => strict.numbers::<P>(ty, |row| checked(one(row).checked_sub(&other(row)))),
        Arithmetic::Multiply => strict.numbers::<P>(ty, |row| checked(one(row).checked_mul(&other(row)))),
        Arithmetic::Divide => strict.numbers::<P>(ty, |row| match other(row) {
            zero if zero.is_zero() => Err(DIVISION_BY_ZERO),
            divisor => checked(one(row).checked_div(&divisor)),
        }),
        Arithmetic::Remainder => strict.numbers::<P>(ty, |row| match other(row) {
            zero if zero.is_zero() => Err(DIVISION_BY_ZERO),
            // The least number has a remainder too, although not a quotient.
            divisor => Ok(one(row).checked_rem(&divisor).unwrap_or_else(P::Native::zero)),
        }),
    }
}

fn floats(operator: Arithmetic, ty: &T, left: &Vector, right: &Vector, rows: usize) -> Vector {
    let (one, other) = (left.numbers::<Float64Type>(), right.numbers::<Float64Type>());
    Strict::new(&[left, right], rows)
        .numbers::<Float64Type>(ty, |row| float_arithmetic(operator, one(row), other(row)))
}

/// Floats do not become infinite, and products and quotients do not become zero, unnoticed.
fn float_arithmetic(operator: Arithmetic, one: f64, other: f64) -> Result<f64, Failure> {
    let (value, may_vanish) = match operator {
        Arithmetic::Add => (one + other, false),
        Arithmetic::Subtract => (one - other, false),
        Arithmetic::Multiply => (one * other, one != 0.0 && other != 0.0),
        Arithmetic::Divide if other == 0.0 && !one.is_nan() => return Err(DIVISION_BY_ZERO),
        Arithmetic::Divide => (one / other, one != 0.0 && other.is_finite()),
        Arithmetic::Remainder => (one % other, false),
    };
    if value.is_infinite() && one.is_finite() && other.is_finite() {
        return Err(Failure::Borrowed("value out of range: overflow"));
    }
    if value == 0.0 && may_vanish {
        return Err(Failure::Borrowed("value out of range: underflow"));
    }
    Ok(value)
}

pub(super) fn negate(operand: &Vector, ty: &T, rows: usize) -> Vector {
    fn negated<P: ArrowPrimitiveType>(operand: &Vector, ty: &T, rows: usize) -> Vector
    where
        P::Native: Whole,
    {
        let value = operand.numbers::<P>();
        Strict::new(&[operand], rows)
            .numbers::<P>(ty, |row| value(row).checked_neg().ok_or_else(|| out_of_range(ty)))
    }
    match ty {
        T::Integer => negated::<Int32Type>(operand, ty, rows),
        T::BigInteger => negated::<Int64Type>(operand, ty, rows),
        T::Interval => negated::<DurationMicrosecondType>(operand, ty, rows),
        T::Float => mapped::<Float64Type>(operand, ty, rows, |value| Ok(-value)),
        T::Decimal { .. } => mapped::<Decimal128Type>(operand, ty, rows, |value| Ok(-value)),
        T::Uuid
        | T::Text
        | T::Boolean
        | T::Timestamp
        | T::DateTime
        | T::Date
        | T::Enum { .. }
        | T::Json
        | T::Array { .. } => {
            unreachable!("{ty} has no sign")
        }
    }
}

pub(super) fn magnitude(operand: &Vector, ty: &T, rows: usize) -> Vector {
    match ty {
        T::Integer => mapped::<Int32Type>(operand, ty, rows, |value| {
            value.checked_abs().ok_or_else(|| out_of_range(ty))
        }),
        T::BigInteger => mapped::<Int64Type>(operand, ty, rows, |value| {
            value.checked_abs().ok_or_else(|| out_of_range(ty))
        }),
        T::Float => mapped::<Float64Type>(operand, ty, rows, |value| Ok(value.abs())),
        T::Decimal { .. } => mapped::<Decimal128Type>(operand, ty, rows, |value| Ok(value.abs())),
        T::Uuid
        | T::Text
        | T::Boolean
        | T::Timestamp
        | T::DateTime
        | T::Date
        | T::Enum { .. }
        | T::Json
        | T::Array { .. }
        | T::Interval => {
            unreachable!("{ty} has no magnitude")
        }
    }
}

fn mapped<P: ArrowPrimitiveType>(
    operand: &Vector,
    ty: &T,
    rows: usize,
    change: impl Fn(P::Native) -> Result<P::Native, Failure>,
) -> Vector {
    let value = operand.numbers::<P>();
    Strict::new(&[operand], rows).numbers::<P>(ty, |row| change(value(row)))
}

/// CEIL, FLOOR and ROUND of a value of type `from`.
pub(super) fn rounded(function: Function, operand: &Vector, from: &T, ty: &T, rows: usize) -> Vector {
    if *from == T::Float {
        let change = match function {
            Function::Ceil => libm::ceil,
            Function::Floor => libm::floor,
            _ => libm::rint,
        };
        return mapped::<Float64Type>(operand, ty, rows, |value| Ok(change(value)));
    }
    let ((_, scale), to) = (decimals::digits(from), decimals::digits(ty));
    let unit = 10_i128.pow(scale.unsigned_abs());
    mapped::<Decimal128Type>(operand, ty, rows, |value| match function {
        Function::Floor => decimals::fitting(Some(value.div_euclid(unit)), to.0),
        Function::Ceil => decimals::fitting(Some(-(-value).div_euclid(unit)), to.0),
        Function::Round { places } if places < 0 => {
            // To tens or hundreds, and back to ones.
            decimals::rescaled(value, scale, (38, places))
                .and_then(|tens| decimals::rescaled(tens, places, to))
        }
        _ => decimals::rescaled(value, scale, to),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_all;

    #[test]
    fn whole_numbers_truncate_and_overflow() {
        assert_all(&[
            ("-7 / 2", "-3"),
            ("-7 % 2", "-1"),
            ("7 % -2", "1"),
            ("2147483647 + 1", "! integer out of range"),
            ("2147483647 + 3000000000", "5147483647"),
            ("9223372036854775807 + 1", "! bigint out of range"),
            ("(-2147483648)::integer / -1", "! integer out of range"),
            ("(-2147483648)::integer % -1", "0"),
            ("- (-2147483648)::integer", "! integer out of range"),
            ("abs('-2147483648'::integer)", "! integer out of range"),
            ("1 % 0", "! division by zero"),
        ]);
    }

    #[test]
    fn decimals_are_exact() {
        assert_all(&[
            ("0.1 + 0.2", "0.3"),
            ("0.05 * 0.05", "0.0025"),
            ("1.00 / 3", "0.3333333333333333"),
            ("-2.0 / 3", "-0.6666666666666667"),
            ("-7.5 % 2", "-1.5"),
            ("1.0 / 0", "! division by zero"),
            ("99999999999999999999999999999999999999 * 10.0", "! numeric field overflow"),
            ("99999999999999999999999999999999999999 - 99999999999999999999999999999999999998", "1"),
        ]);
    }

    #[test]
    fn rounding_goes_away_from_zero_for_decimals_and_to_even_for_floats() {
        assert_all(&[
            ("round(2.5)", "3"),
            ("round(-2.5)", "-3"),
            ("round(2.5::float)", "2"),
            ("round(3.5::float)", "4"),
            ("round(1250.0, -2)", "1300"),
            ("round(-0.005, 2)", "-0.01"),
            ("round(1.5, 3)", "1.500"),
            ("ceil(-1.5)", "-1"),
            ("floor(-1.5)", "-2"),
            ("ceil(1.2::float)", "2"),
        ]);
    }

    #[test]
    fn floats_do_not_overflow_or_vanish_unnoticed() {
        assert_all(&[
            ("'1e300'::float * '1e300'::float", "! value out of range: overflow"),
            ("'1e-300'::float * '1e-300'::float", "! value out of range: underflow"),
            ("'1e-300'::float / '1e300'::float", "! value out of range: underflow"),
            ("0::float * '1e300'::float", "0"),
            ("1::float / 0", "! division by zero"),
        ]);
    }
}
