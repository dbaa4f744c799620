//! [`Given`], a value as a file has it, and [`Column`], which takes it if it is one of the model's type.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, DurationMicrosecondBuilder,
    FixedSizeBinaryBuilder, Float64Builder, Int32Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};

use crate::model::column_type::ColumnType;
use crate::model::text_form::calendar::{DAY, SECOND};
use crate::model::text_form::{exact, postgres};

/// Every whole number up to here is a float of its own: 2^53.
const EXACT_IN_FLOAT: u128 = 1 << 53;

/// Decimals of so many digits come back from the nearest float.
const DIGITS_IN_FLOAT: u128 = 1_000_000_000_000_000;

/// A value as a file has it.
#[derive(Clone, Copy, Debug)]
pub enum Given<'v> {
    /// Text.
    Text(&'v str),
    /// Bytes that no type of the file says more of.
    Bytes(&'v [u8]),
    /// A whole number of any width.
    Integer(i128),
    /// A float.
    Float(f64),
    /// A decimal: its digits, and how many stand behind the point.
    Decimal(i128, i8),
    /// A truth value.
    Boolean(bool),
    /// A time since 1970 in UTC.
    Time {
        /// How many units.
        ticks: i64,
        /// Units of a second.
        per_second: i64,
    },
    /// Days since 1970.
    Day(i32),
    /// A duration.
    Duration {
        /// How many units.
        ticks: i64,
        /// Units of a second.
        per_second: i64,
    },
}

/// A column in the making.
pub enum Column {
    Uuid(FixedSizeBinaryBuilder),
    Text(StringBuilder),
    Integer(Int32Builder),
    BigInteger(Int64Builder),
    Float(Float64Builder),
    Decimal { builder: Decimal128Builder, precision: u8, scale: i8 },
    Boolean(BooleanBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    Date(Date32Builder),
    Interval(DurationMicrosecondBuilder),
}

impl Column {
    pub fn new(ty: &ColumnType, rows: usize) -> Self {
        match ty {
            ColumnType::Uuid => Self::Uuid(FixedSizeBinaryBuilder::with_capacity(rows, 16)),
            ColumnType::Text | ColumnType::Enum { .. } | ColumnType::Json | ColumnType::Array { .. } => {
                Self::Text(StringBuilder::with_capacity(rows, 0))
            }
            ColumnType::Integer => Self::Integer(Int32Builder::with_capacity(rows)),
            ColumnType::BigInteger => Self::BigInteger(Int64Builder::with_capacity(rows)),
            ColumnType::Float => Self::Float(Float64Builder::with_capacity(rows)),
            ColumnType::Decimal { precision, scale } => Self::Decimal {
                builder: Decimal128Builder::with_capacity(rows).with_data_type(ty.data_type()),
                precision: *precision,
                scale: *scale,
            },
            ColumnType::Boolean => Self::Boolean(BooleanBuilder::with_capacity(rows)),
            ColumnType::Timestamp | ColumnType::DateTime => Self::Timestamp(
                TimestampMicrosecondBuilder::with_capacity(rows).with_data_type(ty.data_type()),
            ),
            ColumnType::Date => Self::Date(Date32Builder::with_capacity(rows)),
            ColumnType::Interval => Self::Interval(DurationMicrosecondBuilder::with_capacity(rows)),
        }
    }

    /// Appends a value, or NULL and says so.
    pub fn take(&mut self, value: Given<'_>) -> bool {
        let fits = self.push(value).is_some();
        if !fits {
            self.push_null();
        }
        fits
    }

    fn push(&mut self, value: Given<'_>) -> Option<()> {
        match self {
            Self::Uuid(builder) => builder.append_value(uuid(value)?).ok()?,
            Self::Text(builder) => builder.append_value(text(value)?),
            Self::Integer(builder) => builder.append_value(i32::try_from(integer(value)?).ok()?),
            Self::BigInteger(builder) => builder.append_value(i64::try_from(integer(value)?).ok()?),
            Self::Float(builder) => builder.append_value(float(value)?),
            Self::Decimal { builder, precision, scale } => {
                builder.append_value(decimal(value, *precision, *scale)?);
            }
            Self::Boolean(builder) => builder.append_value(boolean(value)?),
            Self::Timestamp(builder) => builder.append_value(timestamp(value)?),
            Self::Date(builder) => builder.append_value(date(value)?),
            Self::Interval(builder) => builder.append_value(interval(value)?),
        }
        Some(())
    }

    pub fn push_null(&mut self) {
        match self {
            Self::Uuid(builder) => builder.append_null(),
            Self::Text(builder) => builder.append_null(),
            Self::Integer(builder) => builder.append_null(),
            Self::BigInteger(builder) => builder.append_null(),
            Self::Float(builder) => builder.append_null(),
            Self::Decimal { builder, .. } => builder.append_null(),
            Self::Boolean(builder) => builder.append_null(),
            Self::Timestamp(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Interval(builder) => builder.append_null(),
        }
    }

    pub fn finish(self) -> ArrayRef {
        match self {
            Self::Uuid(mut builder) => Arc::new(builder.finish()),
            Self::Text(mut builder) => Arc::new(builder.finish()),
            Self::Integer(mut builder) => Arc::new(builder.finish()),
            Self::BigInteger(mut builder) => Arc::new(builder.finish()),
            Self::Float(mut builder) => Arc::new(builder.finish()),
            Self::Decimal { mut builder, .. } => Arc::new(builder.finish()),
            Self::Boolean(mut builder) => Arc::new(builder.finish()),
            Self::Timestamp(mut builder) => Arc::new(builder.finish()),
            Self::Date(mut builder) => Arc::new(builder.finish()),
            Self::Interval(mut builder) => Arc::new(builder.finish()),
        }
    }
}

fn uuid(value: Given<'_>) -> Option<[u8; 16]> {
    match value {
        Given::Text(text) => exact::uuid(text.as_bytes()).or_else(|| postgres::uuid(text)),
        Given::Bytes(bytes) => {
            bytes.try_into().ok().or_else(|| uuid(Given::Text(str::from_utf8(bytes).ok()?)))
        }
        Given::Integer(_)
        | Given::Float(_)
        | Given::Decimal(..)
        | Given::Boolean(_)
        | Given::Time { .. }
        | Given::Day(_)
        | Given::Duration { .. } => None,
    }
}

/// A number is no text: it has lost its leading zeros.
fn text(value: Given<'_>) -> Option<&str> {
    match value {
        Given::Text(text) => Some(text),
        Given::Bytes(bytes) => str::from_utf8(bytes).ok(),
        Given::Integer(_)
        | Given::Float(_)
        | Given::Decimal(..)
        | Given::Boolean(_)
        | Given::Time { .. }
        | Given::Day(_)
        | Given::Duration { .. } => None,
    }
}

fn integer(value: Given<'_>) -> Option<i128> {
    match value {
        Given::Integer(value) => Some(value),
        Given::Text(text) => text.parse().ok().or_else(|| {
            let (unscaled, scale) = postgres::decimal(text)?;
            rescaled(unscaled, scale.cast_signed(), 0)
        }),
        Given::Decimal(unscaled, scale) => rescaled(unscaled, scale, 0),
        Given::Float(value) => whole(value),
        Given::Bytes(_) | Given::Boolean(_) | Given::Time { .. } | Given::Day(_) | Given::Duration { .. } => {
            None
        }
    }
}

fn whole(value: f64) -> Option<i128> {
    // 2^64 bounds what any integer type holds.
    let fits = libm::fabs(value) < 18_446_744_073_709_551_616.0 && libm::trunc(value) == value;
    fits.then_some(value as i128)
}

fn float(value: Given<'_>) -> Option<f64> {
    match value {
        Given::Float(value) => Some(value),
        Given::Integer(value) => (value.unsigned_abs() <= EXACT_IN_FLOAT).then_some(value as f64),
        Given::Decimal(unscaled, scale) => nearest_float(unscaled, scale),
        Given::Text(text) => text.trim().parse().ok(),
        Given::Bytes(_) | Given::Boolean(_) | Given::Time { .. } | Given::Day(_) | Given::Duration { .. } => {
            None
        }
    }
}

/// The float that a decimal of so few digits was made of.
fn nearest_float(unscaled: i128, scale: i8) -> Option<f64> {
    if unscaled.unsigned_abs() >= DIGITS_IN_FLOAT {
        return None;
    }
    format!("{unscaled}e{}", -i16::from(scale)).parse().ok()
}

fn decimal(value: Given<'_>, precision: u8, scale: i8) -> Option<i128> {
    let unscaled = match value {
        Given::Decimal(unscaled, from) => rescaled(unscaled, from, scale)?,
        Given::Integer(value) => rescaled(value, 0, scale)?,
        Given::Text(text) => match exact::decimal(text, precision, scale) {
            Some(unscaled) => unscaled,
            None => {
                let (unscaled, from) = postgres::decimal(text)?;
                rescaled(unscaled, from.cast_signed(), scale)?
            }
        },
        // The shortest decimal that is this float is the one that was meant.
        Given::Float(value) => {
            let mut shortest = ryu::Buffer::new();
            let (unscaled, from) = postgres::decimal(shortest.format(value))?;
            rescaled(unscaled, from.cast_signed(), scale)?
        }
        Given::Bytes(_) | Given::Boolean(_) | Given::Time { .. } | Given::Day(_) | Given::Duration { .. } => {
            return None;
        }
    };
    let limit = 10_u128.checked_pow(u32::from(precision))?;
    (unscaled.unsigned_abs() < limit).then_some(unscaled)
}

/// The same number with another count of digits behind the point; none if it has more of them.
fn rescaled(unscaled: i128, from: i8, to: i8) -> Option<i128> {
    let shift = i32::from(to) - i32::from(from);
    let factor = 10_i128.checked_pow(shift.unsigned_abs());
    match factor {
        Some(factor) if shift >= 0 => unscaled.checked_mul(factor),
        Some(factor) => (unscaled % factor == 0).then_some(unscaled / factor),
        None => (unscaled == 0).then_some(0),
    }
}

fn boolean(value: Given<'_>) -> Option<bool> {
    match value {
        Given::Boolean(value) => Some(value),
        Given::Integer(0) => Some(false),
        Given::Integer(1) => Some(true),
        Given::Text(text) => exact::boolean(text).or_else(|| postgres::boolean(text)),
        Given::Integer(_)
        | Given::Bytes(_)
        | Given::Float(_)
        | Given::Decimal(..)
        | Given::Time { .. }
        | Given::Day(_)
        | Given::Duration { .. } => None,
    }
}

fn timestamp(value: Given<'_>) -> Option<i64> {
    match value {
        Given::Time { ticks, per_second } => microseconds(ticks, per_second),
        Given::Day(days) => Some(i64::from(days) * DAY),
        Given::Text(text) => text_timestamp(text),
        Given::Integer(_)
        | Given::Bytes(_)
        | Given::Float(_)
        | Given::Decimal(..)
        | Given::Boolean(_)
        | Given::Duration { .. } => None,
    }
}

/// None if they are not whole, or too many.
fn microseconds(ticks: i64, per_second: i64) -> Option<i64> {
    if per_second <= SECOND {
        ticks.checked_mul(SECOND / per_second)
    } else {
        let unit = per_second / SECOND;
        (ticks % unit == 0).then_some(ticks / unit)
    }
}

/// Postgres rounds to microseconds; here only zeros may follow them.
fn text_timestamp(text: &str) -> Option<i64> {
    exact::timestamp(text).or_else(|| {
        let fraction = text.split_once('.').map_or("", |(_, rest)| rest);
        let digits = fraction.bytes().take_while(u8::is_ascii_digit);
        digits.skip(6).all(|digit| digit == b'0').then(|| postgres::timestamp(text))?
    })
}

fn date(value: Given<'_>) -> Option<i32> {
    let midnight =
        |time: i64| (time % DAY == 0).then_some(time / DAY).and_then(|days| i32::try_from(days).ok());
    match value {
        Given::Day(days) => Some(days),
        Given::Time { ticks, per_second } => midnight(microseconds(ticks, per_second)?),
        Given::Text(text) => exact::date(text).or_else(|| midnight(text_timestamp(text)?)),
        Given::Integer(_)
        | Given::Bytes(_)
        | Given::Float(_)
        | Given::Decimal(..)
        | Given::Boolean(_)
        | Given::Duration { .. } => None,
    }
}

fn interval(value: Given<'_>) -> Option<i64> {
    match value {
        Given::Duration { ticks, per_second } => microseconds(ticks, per_second),
        Given::Integer(_) | Given::Text(_) => i64::try_from(integer(value)?).ok(),
        Given::Bytes(_)
        | Given::Float(_)
        | Given::Decimal(..)
        | Given::Boolean(_)
        | Given::Time { .. }
        | Given::Day(_) => None,
    }
}
