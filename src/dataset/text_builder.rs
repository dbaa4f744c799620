//! [`TextBuilder`]: values of any type from the text that CSV parts and arrays have of them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, DurationMicrosecondBuilder,
    FixedSizeBinaryBuilder, Float64Builder, Int32Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};

use crate::model::text_form::exact;
use crate::model::{ColumnType, literals};

/// A column that is being read from text.
pub struct TextBuilder(Builder);

impl TextBuilder {
    /// An empty column of the type.
    pub fn new(ty: &ColumnType) -> Self {
        Self(Builder::new(ty))
    }

    /// Appends a value; `None` if the text is none of the type.
    pub fn push(&mut self, value: &[u8]) -> Option<()> {
        self.0.push(value)
    }

    /// Appends NULL.
    pub fn push_null(&mut self) {
        self.0.push_null();
    }

    /// The column.
    pub fn finish(self) -> ArrayRef {
        self.0.finish()
    }
}

enum Builder {
    Uuid(FixedSizeBinaryBuilder),
    Text(StringBuilder),
    Integer(Int32Builder),
    BigInteger(Int64Builder),
    Float(Float64Builder),
    Decimal { builder: Decimal128Builder, precision: u8, scale: i8 },
    Boolean(BooleanBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    DateTime(TimestampMicrosecondBuilder),
    Json(StringBuilder),
    Array { builder: StringBuilder, ty: ColumnType },
    Date(Date32Builder),
    Interval(DurationMicrosecondBuilder),
}

impl Builder {
    fn new(ty: &ColumnType) -> Self {
        match ty {
            ColumnType::Uuid => Self::Uuid(FixedSizeBinaryBuilder::new(16)),
            ColumnType::Text | ColumnType::Enum { .. } => Self::Text(StringBuilder::new()),
            ColumnType::Json => Self::Json(StringBuilder::new()),
            ColumnType::Array { .. } => Self::Array { builder: StringBuilder::new(), ty: ty.clone() },
            ColumnType::DateTime => {
                Self::DateTime(TimestampMicrosecondBuilder::new().with_data_type(ty.data_type()))
            }
            ColumnType::Integer => Self::Integer(Int32Builder::new()),
            ColumnType::BigInteger => Self::BigInteger(Int64Builder::new()),
            ColumnType::Float => Self::Float(Float64Builder::new()),
            ColumnType::Decimal { precision, scale } => Self::Decimal {
                builder: Decimal128Builder::new().with_data_type(ty.data_type()),
                precision: *precision,
                scale: *scale,
            },
            ColumnType::Boolean => Self::Boolean(BooleanBuilder::new()),
            ColumnType::Timestamp => {
                Self::Timestamp(TimestampMicrosecondBuilder::new().with_data_type(ty.data_type()))
            }
            ColumnType::Date => Self::Date(Date32Builder::new()),
            ColumnType::Interval => Self::Interval(DurationMicrosecondBuilder::new()),
        }
    }

    fn push(&mut self, value: &[u8]) -> Option<()> {
        let text = str::from_utf8(value).ok()?;
        match self {
            Self::Uuid(builder) => builder.append_value(exact::uuid(value)?).ok()?,
            Self::Text(builder) => builder.append_value(text),
            Self::Integer(builder) => builder.append_value(text.parse().ok()?),
            Self::BigInteger(builder) => builder.append_value(text.parse().ok()?),
            Self::Float(builder) => builder.append_value(text.parse().ok()?),
            Self::Decimal { builder, precision, scale } => {
                builder.append_value(exact::decimal(text, *precision, *scale)?);
            }
            Self::Boolean(builder) => builder.append_value(exact::boolean(text)?),
            Self::Timestamp(builder) => builder.append_value(exact::timestamp(text)?),
            Self::DateTime(builder) => builder.append_value(exact::datetime(text)?),
            Self::Array { builder, ty } => builder.append_value(literals::text(text, ty)?),
            Self::Json(builder) => {
                // What Postgres or this program wrote is in its one form already.
                serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
                builder.append_value(text);
            }
            Self::Date(builder) => builder.append_value(exact::date(text)?),
            Self::Interval(builder) => builder.append_value(text.parse().ok()?),
        }
        Some(())
    }

    fn push_null(&mut self) {
        match self {
            Self::Uuid(builder) => builder.append_null(),
            Self::Text(builder) => builder.append_null(),
            Self::Integer(builder) => builder.append_null(),
            Self::BigInteger(builder) => builder.append_null(),
            Self::Float(builder) => builder.append_null(),
            Self::Decimal { builder, .. } => builder.append_null(),
            Self::Boolean(builder) => builder.append_null(),
            Self::Timestamp(builder) => builder.append_null(),
            Self::DateTime(builder) => builder.append_null(),
            Self::Json(builder) | Self::Array { builder, .. } => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Interval(builder) => builder.append_null(),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Uuid(mut builder) => Arc::new(builder.finish()),
            Self::Text(mut builder) => Arc::new(builder.finish()),
            Self::Integer(mut builder) => Arc::new(builder.finish()),
            Self::BigInteger(mut builder) => Arc::new(builder.finish()),
            Self::Float(mut builder) => Arc::new(builder.finish()),
            Self::Decimal { mut builder, .. } => Arc::new(builder.finish()),
            Self::Boolean(mut builder) => Arc::new(builder.finish()),
            Self::Timestamp(mut builder) => Arc::new(builder.finish()),
            Self::DateTime(mut builder) => Arc::new(builder.finish()),
            Self::Json(mut builder) | Self::Array { mut builder, .. } => Arc::new(builder.finish()),
            Self::Date(mut builder) => Arc::new(builder.finish()),
            Self::Interval(mut builder) => Arc::new(builder.finish()),
        }
    }
}
