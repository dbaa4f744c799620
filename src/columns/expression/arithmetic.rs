//! [`arithmetic`]: numbers, times and intervals, with Postgres's checks.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, new_null_array};
use arrow::compute::kernels::numeric;
use arrow::compute::{try_binary, try_unary};
use arrow::datatypes::{
    ArrowNativeTypeOp, DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float64Type, Int32Type,
    Int64Type, TimestampMicrosecondType, i256,
};
use arrow::error::ArrowError;

use super::{Failure, Operand};
use crate::model::column_type::ColumnType;
use crate::model::expression::{Arithmetic, Function};
use crate::model::text_form::postgres::divide_rounded;

type Checked<T> = Result<T, ArrowError>;

fn fails<T>(message: &str) -> Checked<T> {
    Err(ArrowError::ComputeError(message.to_owned()))
}

/// What Postgres says of a value beyond its type.
pub(super) fn out_of_range(ty: &ColumnType) -> String {
    match ty {
        ColumnType::Decimal { .. } => format!("numeric field overflow: the value does not fit {ty}"),
        other => format!("{other} out of range"),
    }
}

/// `left op right`, with the types of both and of the result.
pub(super) fn arithmetic(
    operator: Arithmetic,
    (left, left_type): (&Operand, &ColumnType),
    (right, right_type): (&Operand, &ColumnType),
    ty: &ColumnType,
) -> Result<Operand, Failure> {
    use ColumnType as T;
    let scalar = left.scalar && right.scalar;
    let array = match (left_type, right_type) {
        (T::Integer, T::Integer) if operator == Arithmetic::Remainder => remainder::<Int32Type>(left, right),
        (T::BigInteger, T::BigInteger) if operator == Arithmetic::Remainder => {
            remainder::<Int64Type>(left, right)
        }
        (T::Float, T::Float) => floats(operator, left, right),
        (T::Decimal { scale: one, .. }, T::Decimal { scale: two, .. }) => {
            decimals(operator, (left, *one), (right, *two), ty)
        }
        (T::Date, T::Date) => {
            elementwise::<Date32Type, Date32Type, Int32Type>(left, right, &ty.data_type(), |one, two| {
                one.sub_checked(two)
            })
        }
        (T::Date, T::Integer) => {
            elementwise::<Date32Type, Int32Type, Date32Type>(left, right, &ty.data_type(), |one, two| {
                if operator == Arithmetic::Add { one.add_checked(two) } else { one.sub_checked(two) }
            })
        }
        (T::Integer, T::Date) => {
            elementwise::<Int32Type, Date32Type, Date32Type>(left, right, &ty.data_type(), |one, two| {
                one.add_checked(two)
            })
        }
        (T::Timestamp, T::Interval) => elementwise::<
            TimestampMicrosecondType,
            DurationMicrosecondType,
            TimestampMicrosecondType,
        >(left, right, &ty.data_type(), |one, two| {
            if operator == Arithmetic::Add { one.add_checked(two) } else { one.sub_checked(two) }
        }),
        // Arrow's own kernel parses the zone, of which it knows offsets only.
        (T::Timestamp, T::Timestamp) => elementwise::<
            TimestampMicrosecondType,
            TimestampMicrosecondType,
            DurationMicrosecondType,
        >(left, right, &ty.data_type(), |one, two| {
            one.sub_checked(two)
        }),
        (T::Interval, T::Timestamp) => elementwise::<
            DurationMicrosecondType,
            TimestampMicrosecondType,
            TimestampMicrosecondType,
        >(left, right, &ty.data_type(), |one, two| {
            one.add_checked(two)
        }),
        (T::Interval, T::Float) => scaled(left, right, operator == Arithmetic::Divide),
        (T::Float, T::Interval) => scaled(right, left, false),
        _ => {
            let kernel = match operator {
                Arithmetic::Add => numeric::add,
                Arithmetic::Subtract => numeric::sub,
                Arithmetic::Multiply => numeric::mul,
                Arithmetic::Divide => numeric::div,
                Arithmetic::Remainder => numeric::rem,
            };
            kernel(left, right).map_err(Failure::from)
        }
    };
    let array = array.map_err(|failure| match failure.0.as_str() {
        "value out of range" => Failure(out_of_range(ty)),
        _ => failure,
    })?;
    Ok(Operand { array, scalar })
}

/// A checked operation on two primitive operands, either of which may be one value for all rows.
fn elementwise<A, B, O>(
    left: &Operand,
    right: &Operand,
    ty: &DataType,
    operation: impl Fn(A::Native, B::Native) -> Checked<O::Native>,
) -> Result<ArrayRef, Failure>
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let (one, two) = (left.array.as_primitive::<A>(), right.array.as_primitive::<B>());
    let values: PrimitiveArray<O> = match (left.scalar, right.scalar) {
        (true, false) if left.array.is_null(0) => return Ok(new_null_array(ty, two.len())),
        (false, true) if right.array.is_null(0) => return Ok(new_null_array(ty, one.len())),
        (true, false) => {
            let one = one.value(0);
            try_unary(two, |two| operation(one, two))?
        }
        (false, true) => {
            let two = two.value(0);
            try_unary(one, |one| operation(one, two))?
        }
        (true, true) | (false, false) => try_binary(one, two, operation)?,
    };
    Ok(Arc::new(values.with_data_type(ty.clone())))
}

/// The least integer has a remainder of 0 by -1, though no quotient.
fn remainder<T: ArrowPrimitiveType>(left: &Operand, right: &Operand) -> Result<ArrayRef, Failure>
where
    T::Native: ArrowNativeTypeOp,
{
    elementwise::<T, T, T>(left, right, &T::DATA_TYPE, |one, two| {
        if two.is_zero() { Err(ArrowError::DivideByZero) } else { Ok(one.mod_wrapping(two)) }
    })
}

fn floats(operator: Arithmetic, left: &Operand, right: &Operand) -> Result<ArrayRef, Failure> {
    let divides = operator == Arithmetic::Divide;
    let shrinks = divides || operator == Arithmetic::Multiply;
    elementwise::<Float64Type, Float64Type, Float64Type>(left, right, &DataType::Float64, |one, two| {
        if divides && two == 0.0 {
            return Err(ArrowError::DivideByZero);
        }
        let value = match operator {
            Arithmetic::Add => one + two,
            Arithmetic::Subtract => one - two,
            Arithmetic::Multiply => one * two,
            Arithmetic::Divide => one / two,
            Arithmetic::Remainder => return fails("floats have no remainder"),
        };
        if value.is_infinite() && one.is_finite() && two.is_finite() {
            return fails("value out of range: overflow");
        }
        if shrinks && value == 0.0 && one != 0.0 && (divides || two != 0.0) && two.is_finite() {
            return fails("value out of range: underflow");
        }
        Ok(value)
    })
}

/// An interval times or divided by a float, to the nearest microsecond.
fn scaled(interval: &Operand, factor: &Operand, divides: bool) -> Result<ArrayRef, Failure> {
    let ty = ColumnType::Interval.data_type();
    elementwise::<DurationMicrosecondType, Float64Type, DurationMicrosecondType>(
        interval,
        factor,
        &ty,
        |length, factor| {
            if divides && factor == 0.0 {
                return Err(ArrowError::DivideByZero);
            }
            let value = if divides { length as f64 / factor } else { length as f64 * factor };
            whole_i64(value).map_or_else(|| fails("interval out of range"), Ok)
        },
    )
}

/// The nearest whole number, halves to even, if 64 bits hold it.
pub(super) fn whole_i64(value: f64) -> Option<i64> {
    let value = libm::rint(value);
    // 2^63 is a float, 2^63 - 1 is not.
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value).then_some(value as i64)
}

pub(super) const fn power_of_ten(exponent: u32) -> i128 {
    10_i128.pow(exponent)
}

/// A check that an unscaled value has no more digits than a decimal type.
pub(super) fn within(precision: u8) -> impl Fn(i128) -> Option<i128> {
    let limit = power_of_ten(u32::from(precision)).unsigned_abs();
    move |value: i128| (value.unsigned_abs() < limit).then_some(value)
}

fn decimals(
    operator: Arithmetic,
    (left, left_scale): (&Operand, i8),
    (right, right_scale): (&Operand, i8),
    ty: &ColumnType,
) -> Result<ArrayRef, Failure> {
    let ColumnType::Decimal { precision, scale } = *ty else {
        return Err(Failure(format!("{ty} is not a decimal")));
    };
    let fits = within(precision);
    let checked = move |value: Option<i128>| {
        value.and_then(&fits).ok_or_else(|| ArrowError::ArithmeticOverflow("decimal".to_owned()))
    };
    let data_type = ty.data_type();
    // Factors that bring both to the result's scale.
    let one_up = power_of_ten((scale - left_scale).max(0) as u32);
    let two_up = power_of_ten((scale - right_scale).max(0) as u32);
    let run = |operation: &dyn Fn(i128, i128) -> Checked<i128>| {
        elementwise::<Decimal128Type, Decimal128Type, Decimal128Type>(left, right, &data_type, operation)
    };
    match operator {
        Arithmetic::Multiply => elementwise::<Decimal128Type, Decimal128Type, Decimal128Type>(
            left,
            right,
            &data_type,
            |one, two| checked(one.checked_mul(two)),
        ),
        Arithmetic::Add => elementwise::<Decimal128Type, Decimal128Type, Decimal128Type>(
            left,
            right,
            &data_type,
            |one, two| checked(aligned((one, one_up), (two, two_up), i128::checked_add, i256::checked_add)),
        ),
        Arithmetic::Subtract => elementwise::<Decimal128Type, Decimal128Type, Decimal128Type>(
            left,
            right,
            &data_type,
            |one, two| checked(aligned((one, one_up), (two, two_up), i128::checked_sub, i256::checked_sub)),
        ),
        Arithmetic::Divide => {
            let shift = (scale - left_scale + right_scale).max(0) as u32;
            run(&|one, two| {
                if two == 0 { Err(ArrowError::DivideByZero) } else { checked(quotient(one, shift, two)) }
            })
        }
        Arithmetic::Remainder => run(&|one, two| {
            if two == 0 {
                return Err(ArrowError::DivideByZero);
            }
            checked(aligned((one, one_up), (two, two_up), i128::checked_rem, i256::checked_rem))
        }),
    }
}

/// An operation on two decimals, each brought to the result's scale by its factor. The result may fit where an operand of
/// that scale does not.
fn aligned(
    (one, one_up): (i128, i128),
    (two, two_up): (i128, i128),
    narrow: impl Fn(i128, i128) -> Option<i128>,
    wide: impl Fn(i256, i256) -> Option<i256>,
) -> Option<i128> {
    if let Some((one, two)) = one.checked_mul(one_up).zip(two.checked_mul(two_up)) {
        return narrow(one, two);
    }
    let up = |value, factor| i256::from_i128(value).checked_mul(i256::from_i128(factor));
    wide(up(one, one_up)?, up(two, two_up)?)?.to_i128()
}

/// `one * 10^shift / two`, halves away from zero.
fn quotient(one: i128, shift: u32, two: i128) -> Option<i128> {
    let (numerator, divisor) = if two < 0 { (-one, -two) } else { (one, two) };
    if let Some(numerator) = 10_i128.checked_pow(shift).and_then(|power| numerator.checked_mul(power)) {
        return Some(divide_rounded(numerator, divisor));
    }
    let ten = i256::from_i128(10);
    let numerator = i256::from_i128(numerator).checked_mul(ten.checked_pow(shift)?)?;
    let divisor = i256::from_i128(divisor);
    let (value, rest) =
        (numerator.checked_div(divisor)?.to_i128()?, numerator.checked_rem(divisor)?.to_i128()?);
    let divisor = divisor.to_i128()?;
    let up = rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs();
    value.checked_add(if up { rest.signum() } else { 0 })
}

/// `-x`
pub(super) fn negate(array: &ArrayRef, ty: &ColumnType) -> Result<ArrayRef, Failure> {
    numeric::neg(array).map_err(|error| match error {
        ArrowError::ArithmeticOverflow(_) => Failure(out_of_range(ty)),
        other => other.into(),
    })
}

/// ABS, CEIL, FLOOR and ROUND of numbers of type `from`, as type `to`.
pub(super) fn rounded(
    function: Function,
    array: &ArrayRef,
    from: &ColumnType,
    to: &ColumnType,
) -> Result<ArrayRef, Failure> {
    let overflow = || ArrowError::ComputeError(out_of_range(to));
    Ok(match (from, to) {
        (ColumnType::Float, _) => {
            let operation = match function {
                Function::Ceil => libm::ceil,
                Function::Floor => libm::floor,
                Function::Round { .. } => libm::rint,
                _ => libm::fabs,
            };
            Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(operation))
        }
        (ColumnType::Integer, _) => {
            Arc::new(try_unary::<Int32Type, _, Int32Type>(array.as_primitive(), |value| {
                value.checked_abs().ok_or_else(overflow)
            })?)
        }
        (ColumnType::BigInteger, _) => {
            Arc::new(try_unary::<Int64Type, _, Int64Type>(array.as_primitive(), |value| {
                value.checked_abs().ok_or_else(overflow)
            })?)
        }
        (ColumnType::Decimal { scale, .. }, ColumnType::Decimal { precision, .. }) => {
            let (fits, operation) = (within(*precision), decimal_rounding(function, i32::from(*scale)));
            let values = try_unary::<Decimal128Type, _, Decimal128Type>(array.as_primitive(), |value| {
                operation(value).and_then(&fits).ok_or_else(overflow)
            })?;
            Arc::new(values.with_data_type(to.data_type()))
        }
        _ => return Err(Failure(format!("{from} does not round to {to}"))),
    })
}

/// What a rounding function does with unscaled values.
fn decimal_rounding(function: Function, scale: i32) -> Box<dyn Fn(i128) -> Option<i128>> {
    let unit = power_of_ten(scale.unsigned_abs());
    match function {
        Function::Floor => Box::new(move |value| Some(value.div_euclid(unit))),
        Function::Ceil => Box::new(move |value: i128| Some(-(-value).div_euclid(unit))),
        Function::Round { places } if places >= scale => {
            let up = power_of_ten((places - scale).unsigned_abs());
            Box::new(move |value| value.checked_mul(up))
        }
        Function::Round { places } if scale - places > 38 => Box::new(|_| Some(0)),
        Function::Round { places } => {
            let down = power_of_ten((scale - places).unsigned_abs());
            let up = power_of_ten((-places).max(0).unsigned_abs());
            Box::new(move |value| divide_rounded(value, down).checked_mul(up))
        }
        _ => Box::new(|value: i128| Some(value.abs())),
    }
}
