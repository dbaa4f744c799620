//! [`cast`]: values of one type as another.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Date32Array, Decimal128Array,
    DurationMicrosecondArray, FixedSizeBinaryArray, Float64Array, Int32Array, Int64Array, PrimitiveArray,
    StringArray, StringBuilder, TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::try_unary;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow::error::ArrowError;

use super::Failure;
use super::arithmetic::{out_of_range, power_of_ten, whole_i64, within};
use crate::model::column_type::ColumnType as T;
use crate::model::expression::Literal;
use crate::model::text_form::calendar::DAY;
use crate::model::text_form::postgres::{self, divide_rounded};
use crate::model::text_form::write::{
    push_boolean, push_date, push_decimal, push_integer, push_postgres_float, push_postgres_timestamp,
    push_uuid, text,
};

/// A constant as an array of one value.
pub(super) fn constant(literal: &Literal, ty: &T) -> Result<ArrayRef, Failure> {
    let data_type = ty.data_type();
    Ok(match literal {
        Literal::Null => new_null_array(&data_type, 1),
        Literal::Boolean(value) => Arc::new(BooleanArray::from(vec![*value])),
        Literal::Integer(value) if *ty == T::Integer => {
            Arc::new(Int32Array::from(vec![i32::try_from(*value).map_err(|_| Failure(out_of_range(ty)))?]))
        }
        Literal::Integer(value) => Arc::new(Int64Array::from(vec![*value])),
        Literal::Decimal { unscaled, .. } => {
            Arc::new(Decimal128Array::from(vec![*unscaled]).with_data_type(data_type))
        }
        Literal::Float(value) => Arc::new(Float64Array::from(vec![*value])),
        Literal::Text(text) => Arc::new(StringArray::from(vec![text.as_str()])),
        Literal::Timestamp(value) => {
            Arc::new(TimestampMicrosecondArray::from(vec![*value]).with_data_type(data_type))
        }
        Literal::Date(days) => Arc::new(Date32Array::from(vec![*days])),
        Literal::Interval(length) => Arc::new(DurationMicrosecondArray::from(vec![*length])),
        Literal::Uuid(bytes) => Arc::new(FixedSizeBinaryArray::try_from_iter(std::iter::once(bytes))?),
    })
}

/// The values as type `to`.
pub(super) fn cast(array: &ArrayRef, from: &T, to: &T) -> Result<ArrayRef, Failure> {
    let overflow = || ArrowError::ComputeError(out_of_range(to));
    Ok(match (from, to) {
        (from, to) if from == to => array.clone(),
        (T::Enum { .. }, T::Text) => array.clone(),
        (_, T::Text) => to_text(array, from)?,
        (T::Text | T::Enum { .. }, _) => from_text(array.as_string(), to)?,
        (T::Integer, T::BigInteger) => {
            Arc::new(array.as_primitive::<Int32Type>().unary::<_, Int64Type>(i64::from))
        }
        (T::BigInteger, T::Integer) => {
            checked::<Int64Type, Int32Type>(array, to, |value| i32::try_from(value).ok())?
        }
        (T::Integer, T::Float) => {
            Arc::new(array.as_primitive::<Int32Type>().unary::<_, Float64Type>(f64::from))
        }
        (T::BigInteger, T::Float) => {
            Arc::new(array.as_primitive::<Int64Type>().unary::<_, Float64Type>(|value| value as f64))
        }
        (T::Decimal { scale, .. }, T::Float) => {
            let scale = *scale as u8;
            Arc::new(
                array
                    .as_primitive::<Decimal128Type>()
                    .unary::<_, Float64Type>(|value| decimal_as_float(value, scale)),
            )
        }
        (T::Float, T::Integer) => checked::<Float64Type, Int32Type>(array, to, |value| {
            whole_i64(value).and_then(|value| i32::try_from(value).ok())
        })?,
        (T::Float, T::BigInteger) => checked::<Float64Type, Int64Type>(array, to, whole_i64)?,
        (T::Float, T::Decimal { precision, scale }) => {
            let (fits, scale) = (within(*precision), *scale as u8);
            checked::<Float64Type, Decimal128Type>(array, to, |value| {
                float_as_decimal(value, scale).and_then(&fits)
            })?
        }
        (T::Integer, T::Decimal { precision, scale }) => {
            let (fits, up) = (within(*precision), power_of_ten(*scale as u32));
            checked::<Int32Type, Decimal128Type>(array, to, |value| fits(i128::from(value) * up))?
        }
        (T::BigInteger, T::Decimal { precision, scale }) => {
            let (fits, up) = (within(*precision), power_of_ten(*scale as u32));
            checked::<Int64Type, Decimal128Type>(array, to, |value| {
                i128::from(value).checked_mul(up).and_then(&fits)
            })?
        }
        (T::Decimal { scale: old, .. }, T::Decimal { precision, scale: new }) => {
            let fits = within(*precision);
            if new >= old {
                let up = power_of_ten((new - old) as u32);
                checked::<Decimal128Type, Decimal128Type>(array, to, |value| {
                    value.checked_mul(up).and_then(&fits)
                })?
            } else {
                let down = power_of_ten((old - new) as u32);
                checked::<Decimal128Type, Decimal128Type>(array, to, |value| {
                    fits(divide_rounded(value, down))
                })?
            }
        }
        (T::Decimal { scale, .. }, T::Integer) => {
            let down = power_of_ten(*scale as u32);
            checked::<Decimal128Type, Int32Type>(array, to, |value| {
                i32::try_from(divide_rounded(value, down)).ok()
            })?
        }
        (T::Decimal { scale, .. }, T::BigInteger) => {
            let down = power_of_ten(*scale as u32);
            checked::<Decimal128Type, Int64Type>(array, to, |value| {
                i64::try_from(divide_rounded(value, down)).ok()
            })?
        }
        (T::Date, T::Timestamp) => checked::<Date32Type, TimestampMicrosecondType>(array, to, |days| {
            i64::from(days).checked_mul(DAY)
        })?,
        (T::Timestamp, T::Date) => checked::<TimestampMicrosecondType, Date32Type>(array, to, |time| {
            i32::try_from(time.div_euclid(DAY)).ok()
        })?,
        (T::Integer, T::Boolean) => {
            let values = array.as_primitive::<Int32Type>();
            Arc::new(BooleanArray::from_unary(values, |value| value != 0))
        }
        (T::Boolean, T::Integer) => {
            Arc::new(array.as_boolean().iter().map(|value| value.map(i32::from)).collect::<Int32Array>())
        }
        _ => return Err(overflow().into()),
    })
}

fn checked<A, B>(
    array: &ArrayRef,
    to: &T,
    operation: impl Fn(A::Native) -> Option<B::Native>,
) -> Result<ArrayRef, Failure>
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
{
    let values: PrimitiveArray<B> = try_unary(array.as_primitive::<A>(), |value| {
        operation(value).ok_or_else(|| ArrowError::ComputeError(out_of_range(to)))
    })?;
    Ok(Arc::new(values.with_data_type(to.data_type())))
}

/// The nearest float: one rounding where both parts are exact, else by way of the digits.
fn decimal_as_float(unscaled: i128, scale: u8) -> f64 {
    if unscaled.unsigned_abs() <= 1 << 53 && scale <= 22 {
        return unscaled as f64 / power_of_ten(u32::from(scale)) as f64;
    }
    postgres::float(&text(|out| push_decimal(out, unscaled, scale as i8))).unwrap_or(f64::NAN)
}

/// Postgres takes the 15 digits that a float is sure of.
fn float_as_decimal(value: f64, scale: u8) -> Option<i128> {
    let (unscaled, digits) = postgres::decimal(&format!("{value:.14e}")).or_else(|| {
        // Too small for 38 digits.
        (value.is_finite() && libm::fabs(value) < 1.0).then_some((0, 0))
    })?;
    if digits > scale {
        Some(divide_rounded(unscaled, power_of_ten(u32::from(digits - scale))))
    } else {
        unscaled.checked_mul(power_of_ten(u32::from(scale - digits)))
    }
}

fn to_text(array: &ArrayRef, from: &T) -> Result<ArrayRef, Failure> {
    match from {
        T::Integer => {
            written(array.as_primitive::<Int32Type>(), |out, value| push_integer(out, i64::from(value)))
        }
        T::BigInteger => written(array.as_primitive::<Int64Type>(), push_integer),
        T::Float => written(array.as_primitive::<Float64Type>(), push_postgres_float),
        T::Decimal { scale, .. } => written(array.as_primitive::<Decimal128Type>(), |out, value| {
            push_decimal(out, value, *scale);
        }),
        T::Timestamp | T::DateTime => {
            written(array.as_primitive::<TimestampMicrosecondType>(), push_postgres_timestamp)
        }
        T::Date => written(array.as_primitive::<Date32Type>(), push_date),
        T::Boolean => written(array.as_boolean(), push_boolean),
        T::Uuid => written(array.as_fixed_size_binary(), |out, bytes| {
            push_uuid(out, bytes.try_into().expect("a UUID has 16 bytes"));
        }),
        T::Text | T::Enum { .. } | T::Json | T::Array { .. } => Ok(array.clone()),
        T::Interval => Err(Failure("an interval has no text".to_owned())),
    }
}

fn written<A: arrow::array::ArrayAccessor>(
    array: A,
    push: impl Fn(&mut Vec<u8>, A::Item),
) -> Result<ArrayRef, Failure> {
    let mut out = StringBuilder::with_capacity(array.len(), array.len() * 16);
    let mut buffer = Vec::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            out.append_null();
        } else {
            buffer.clear();
            push(&mut buffer, array.value(row));
            out.append_value(str::from_utf8(&buffer).expect("values are written in ASCII"));
        }
    }
    Ok(Arc::new(out.finish()))
}

fn from_text(array: &StringArray, to: &T) -> Result<ArrayRef, Failure> {
    Ok(match to {
        T::Text | T::Json | T::Array { .. } => Arc::new(array.clone()),
        T::Enum { values } => {
            for text in array.iter().flatten() {
                if !values.iter().any(|value| value == text) {
                    return Err(Failure(format!("invalid input value for enum: \"{text}\"")));
                }
            }
            Arc::new(array.clone())
        }
        T::Integer => read::<Int32Type>(array, to, |text| {
            postgres::integer(text).and_then(|value| i32::try_from(value).ok())
        })?,
        T::BigInteger => read::<Int64Type>(array, to, postgres::integer)?,
        T::Float => read::<Float64Type>(array, to, postgres::float)?,
        T::Timestamp | T::DateTime => read::<TimestampMicrosecondType>(array, to, postgres::timestamp)?,
        T::Date => read::<Date32Type>(array, to, postgres::date)?,
        T::Decimal { precision, scale } => {
            let (fits, wanted) = (within(*precision), *scale as u8);
            read::<Decimal128Type>(array, to, |text| {
                let (unscaled, scale) = postgres::decimal(text)?;
                fits(if wanted >= scale {
                    unscaled.checked_mul(power_of_ten(u32::from(wanted - scale)))?
                } else {
                    divide_rounded(unscaled, power_of_ten(u32::from(scale - wanted)))
                })
            })?
        }
        T::Boolean => {
            let values = array.iter().map(|text| {
                text.map(|text| postgres::boolean(text).ok_or_else(|| invalid(text, to))).transpose()
            });
            Arc::new(values.collect::<Result<BooleanArray, Failure>>()?)
        }
        T::Uuid => {
            let values = array.iter().map(|text| {
                text.map(|text| postgres::uuid(text).ok_or_else(|| invalid(text, to))).transpose()
            });
            let values = values.collect::<Result<Vec<_>, Failure>>()?;
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.into_iter(), 16)?)
        }
        T::Interval => return Err(Failure("an interval is read from literals only".to_owned())),
    })
}

fn invalid(text: &str, to: &T) -> Failure {
    Failure(format!("invalid input syntax for type {to}: \"{text}\""))
}

fn read<O: ArrowPrimitiveType>(
    array: &StringArray,
    to: &T,
    parse: impl Fn(&str) -> Option<O::Native>,
) -> Result<ArrayRef, Failure> {
    let values =
        array.iter().map(|text| text.map(|text| parse(text).ok_or_else(|| invalid(text, to))).transpose());
    let values = values.collect::<Result<Vec<Option<O::Native>>, Failure>>()?;
    let data_type: DataType = to.data_type();
    Ok(Arc::new(PrimitiveArray::<O>::from_iter(values).with_data_type(data_type)))
}
