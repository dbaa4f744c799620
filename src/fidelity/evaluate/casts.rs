//! [`cast`]: a value of one type as another.

use arrow::array::{ArrowPrimitiveType, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};

use super::decimals;
use super::numbers::out_of_range;
use super::times::to_whole;
use super::vector::{Failure, Strict, Vector};
use crate::model::column_type::ColumnType as T;
use crate::model::text_form::calendar::DAY;
use crate::model::text_form::{postgres, write};

pub(super) fn cast(operand: &Vector, from: &T, to: &T, rows: usize) -> Vector {
    match (from, to) {
        (from, to) if from == to => same(operand),
        (T::Text | T::Enum { .. }, T::Text) => same(operand),
        (T::Text | T::Enum { .. }, T::Enum { values }) => to_enum(operand, values, rows),
        (from, T::Text) => to_text(operand, from, rows),
        (T::Text, to) => from_text(operand, to, rows),
        (T::Date, T::Timestamp) => {
            numbers::<Date32Type, TimestampMicrosecondType>(operand, to, rows, |days| {
                i64::from(days).checked_mul(DAY).ok_or_else(|| out_of_range(to))
            })
        }
        (T::Timestamp, T::Date) => {
            numbers::<TimestampMicrosecondType, Date32Type>(operand, to, rows, |time| {
                Ok(time.div_euclid(DAY) as i32)
            })
        }
        (T::Boolean, T::Integer) => {
            let values = operand.values.as_boolean();
            let stride = usize::from(!operand.constant);
            Strict::new(&[operand], rows)
                .numbers::<Int32Type>(to, |row| Ok(i32::from(values.value(row * stride))))
        }
        (T::Integer, T::Boolean) => {
            let value = operand.numbers::<Int32Type>();
            Strict::new(&[operand], rows).booleans(|row| Ok(value(row) != 0))
        }
        (T::Integer, to) => from_exact::<Int32Type>(operand, 0, i128::from, to, rows),
        (T::BigInteger, to) => from_exact::<Int64Type>(operand, 0, i128::from, to, rows),
        (T::Decimal { scale, .. }, to) => {
            from_exact::<Decimal128Type>(operand, i32::from(*scale), |value| value, to, rows)
        }
        (T::Float, to) => from_float(operand, to, rows),
        (from, to) => unreachable!("typing refuses {from} as {to}"),
    }
}

fn same(operand: &Vector) -> Vector {
    Vector { values: operand.values.clone(), constant: operand.constant, failures: operand.failures.clone() }
}

fn numbers<A: ArrowPrimitiveType, B: ArrowPrimitiveType>(
    operand: &Vector,
    to: &T,
    rows: usize,
    convert: impl Fn(A::Native) -> Result<B::Native, Failure>,
) -> Vector {
    let value = operand.numbers::<A>();
    Strict::new(&[operand], rows).numbers::<B>(to, |row| convert(value(row)))
}

/// Whole numbers and decimals as numbers.
fn from_exact<P: ArrowPrimitiveType>(
    operand: &Vector,
    scale: i32,
    unscaled: impl Fn(P::Native) -> i128,
    to: &T,
    rows: usize,
) -> Vector {
    let whole = |value| decimals::rescaled(unscaled(value), scale, (38, 0));
    match to {
        T::Integer => numbers::<P, Int32Type>(operand, to, rows, |value| {
            i32::try_from(whole(value)?).map_err(|_| out_of_range(to))
        }),
        T::BigInteger => numbers::<P, Int64Type>(operand, to, rows, |value| {
            i64::try_from(whole(value)?).map_err(|_| out_of_range(to))
        }),
        T::Float => numbers::<P, Float64Type>(operand, to, rows, |value| {
            Ok(decimals::to_float(unscaled(value), scale))
        }),
        _ => {
            let digits = decimals::digits(to);
            numbers::<P, Decimal128Type>(operand, to, rows, |value| {
                decimals::rescaled(unscaled(value), scale, digits)
            })
        }
    }
}

fn from_float(operand: &Vector, to: &T, rows: usize) -> Vector {
    // Halves to the even neighbour.
    let whole = |value| to_whole(libm::rint(value));
    match to {
        T::Integer => numbers::<Float64Type, Int32Type>(operand, to, rows, |value| {
            whole(value).and_then(|value| i32::try_from(value).ok()).ok_or_else(|| out_of_range(to))
        }),
        T::BigInteger => numbers::<Float64Type, Int64Type>(operand, to, rows, |value| {
            whole(value).ok_or_else(|| out_of_range(to))
        }),
        _ => {
            let digits = decimals::digits(to);
            numbers::<Float64Type, Decimal128Type>(operand, to, rows, |value| {
                decimals::from_float(value, digits)
            })
        }
    }
}

fn to_enum(operand: &Vector, values: &[String], rows: usize) -> Vector {
    let text = operand.texts();
    Strict::new(&[operand], rows).texts(|row, out| {
        let text = text(row);
        if !values.iter().any(|value| value == text) {
            return Err(format!("invalid input value for enum: \"{text}\"").into());
        }
        out.push_str(text);
        Ok(())
    })
}

fn to_text(operand: &Vector, from: &T, rows: usize) -> Vector {
    let operands = [operand];
    let strict = Strict::new(&operands, rows);
    let stride = usize::from(!operand.constant);
    match from {
        T::Integer => {
            written::<Int32Type>(operand, rows, |out, value| write::push_integer(out, value.into()))
        }
        T::BigInteger => written::<Int64Type>(operand, rows, write::push_integer),
        T::Float => written::<Float64Type>(operand, rows, write::push_postgres_float),
        T::Decimal { scale, .. } => {
            written::<Decimal128Type>(operand, rows, |out, value| write::push_decimal(out, value, *scale))
        }
        T::Timestamp | T::DateTime => {
            written::<TimestampMicrosecondType>(operand, rows, write::push_postgres_timestamp)
        }
        T::Date => written::<Date32Type>(operand, rows, write::push_date),
        T::Boolean => {
            let values = operand.values.as_boolean();
            strict.texts(|row, out| {
                out.push_str(if values.value(row * stride) { "true" } else { "false" });
                Ok(())
            })
        }
        T::Uuid => {
            let values = operand.values.as_fixed_size_binary();
            strict.texts(|row, out| {
                let bytes = values.value(row * stride).try_into().expect("16 bytes");
                out.extend(write::uuid_text(bytes).map(char::from));
                Ok(())
            })
        }
        T::Text | T::Enum { .. } | T::Json | T::Array { .. } | T::Interval => {
            unreachable!("{from} is no value to be written")
        }
    }
}

fn written<P: ArrowPrimitiveType>(
    operand: &Vector,
    rows: usize,
    push: impl Fn(&mut Vec<u8>, P::Native),
) -> Vector {
    let value = operand.numbers::<P>();
    Strict::new(&[operand], rows).texts(|row, out| {
        let mut bytes = std::mem::take(out).into_bytes();
        push(&mut bytes, value(row));
        *out = String::from_utf8(bytes).expect("values are written in ASCII");
        Ok(())
    })
}

fn from_text(operand: &Vector, to: &T, rows: usize) -> Vector {
    let text = operand.texts();
    let operands = [operand];
    let strict = Strict::new(&operands, rows);
    let invalid = |row| Failure::from(format!("invalid input syntax for type {to}: \"{}\"", text(row)));
    match to {
        T::Integer => strict.numbers::<Int32Type>(to, |row| {
            whole(text(row), to).and_then(|value| i32::try_from(value).map_err(|_| beyond(text(row), to)))
        }),
        T::BigInteger => strict.numbers::<Int64Type>(to, |row| whole(text(row), to)),
        T::Float => {
            strict.numbers::<Float64Type>(to, |row| postgres::float(text(row)).ok_or_else(|| invalid(row)))
        }
        T::Decimal { .. } => {
            let digits = decimals::digits(to);
            strict.numbers::<Decimal128Type>(to, |row| {
                let (unscaled, scale) = postgres::decimal(text(row)).ok_or_else(|| invalid(row))?;
                decimals::rescaled(unscaled, i32::from(scale), digits)
            })
        }
        T::Boolean => strict.booleans(|row| postgres::boolean(text(row)).ok_or_else(|| invalid(row))),
        T::Timestamp | T::DateTime => strict.numbers::<TimestampMicrosecondType>(to, |row| {
            postgres::timestamp(text(row)).ok_or_else(|| invalid(row))
        }),
        T::Date => {
            strict.numbers::<Date32Type>(to, |row| postgres::date(text(row)).ok_or_else(|| invalid(row)))
        }
        T::Uuid => strict.uuids(|row| postgres::uuid(text(row)).ok_or_else(|| invalid(row))),
        T::Text | T::Enum { .. } | T::Json | T::Array { .. } | T::Interval => {
            unreachable!("{to} is no value to be read")
        }
    }
}

fn beyond(text: &str, to: &T) -> Failure {
    format!("value \"{text}\" is out of range for type {to}").into()
}

fn whole(text: &str, to: &T) -> Result<i64, Failure> {
    postgres::integer(text).ok_or_else(|| {
        let digits = text.trim().trim_start_matches(['+', '-']);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            beyond(text, to)
        } else {
            format!("invalid input syntax for type {to}: \"{text}\"").into()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_all;

    #[test]
    fn numbers_round_into_each_other() {
        assert_all(&[
            ("2.5::integer", "3"),
            ("(-2.5)::integer", "-3"),
            ("(2.5::float)::integer", "2"),
            ("(3000000000 + 0)::integer", "! integer out of range"),
            ("('1e300'::float)::bigint", "! bigint out of range"),
            ("(9223372036854775807::float)::bigint", "! bigint out of range"),
            ("(0.1::float + 0.2::float)::decimal(20,17)", "0.30000000000000000"),
            ("('1e-50'::float)::decimal(20,2)", "0.00"),
            ("('1e50'::float)::decimal(38,2)", "! numeric field overflow"),
            ("(99.995 + 0)::decimal(4,2)", "! numeric field overflow"),
            ("(99.994 + 0)::decimal(4,2)", "99.99"),
        ]);
    }

    #[test]
    fn texts_become_values_or_say_why_not() {
        assert_all(&[
            ("('4' || '2')::integer", "42"),
            ("('4' || 'x')::integer", "! invalid input syntax for type integer: \"4x\""),
            ("('4' || '000000000')::integer", "! value \"4000000000\" is out of range for type integer"),
            ("('1e' || '2')::decimal(5,1)", "100.0"),
            ("('t' || 'r')::boolean", "true"),
            ("('2024-02' || '-30')::date", "! invalid input syntax for type date: \"2024-02-30\""),
            ("('2024-02-29' || ' 12:00')::timestamp", "2024-02-29 12:00:00+00"),
            ("('x' || '')::uuid", "! invalid input syntax for type uuid: \"x\""),
        ]);
    }

    #[test]
    fn values_become_the_texts_of_postgres() {
        assert_all(&[
            ("(1 = 1)::text", "true"),
            ("(1e20::float)::text", "1e+20"),
            ("(1.50 + 0)::text", "1.50"),
            ("(date '2024-02-29')::timestamp::text", "2024-02-29 00:00:00+00"),
            ("(timestamp '1969-12-31 23:59:59')::date", "1969-12-31"),
            ("true::integer", "1"),
            ("5::boolean", "true"),
        ]);
    }
}
