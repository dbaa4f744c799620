//! [`ColumnType`]: what a column holds, in Arrow, in Parquet and in SQL.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, TimeUnit};
use serde::{Deserialize, Serialize};

/// The type of a column's values. NULL is a property of the column, not of its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// 16 bytes with the UUID logical type.
    Uuid,
    /// UTF-8 text.
    Text,
    /// 32-bit signed integer.
    Integer,
    /// 64-bit signed integer.
    BigInteger,
    /// 64-bit float.
    Float,
    /// Exact decimal with at most 38 digits, `scale` of them after the point.
    Decimal {
        /// All digits.
        precision: u8,
        /// Digits after the point.
        scale: i8,
    },
    /// True or false.
    Boolean,
    /// Microseconds since 1970 in UTC.
    Timestamp,
    /// A timestamp without time zone: what a clock on the wall shows. It is worked on as if the wall stood in UTC.
    #[serde(rename = "datetime")]
    DateTime,
    /// Days since 1970.
    Date,
    /// One of a few texts; an enumerated type in SQL.
    Enum {
        /// The texts, in order.
        values: Vec<String>,
    },
    /// A JSON document, as the text that Postgres' `jsonb` has of it.
    Json,
    /// A list of values, worked on as Postgres' text of it: `{a,"b c",NULL}`.
    Array {
        /// What it holds: one of [`ColumnType::ELEMENTS`].
        element: Box<ColumnType>,
    },
    /// Microseconds between two timestamps; lives inside expressions only.
    Interval,
}

impl ColumnType {
    /// The types that are written as a name alone.
    pub const PLAIN: [Self; 10] = [
        Self::Uuid,
        Self::Text,
        Self::Integer,
        Self::BigInteger,
        Self::Float,
        Self::Boolean,
        Self::Timestamp,
        Self::Date,
        Self::DateTime,
        Self::Json,
    ];

    /// The types of which there are arrays.
    pub const ELEMENTS: [Self; 8] = [
        Self::Text,
        Self::Integer,
        Self::BigInteger,
        Self::Float,
        Self::Boolean,
        Self::Uuid,
        Self::Timestamp,
        Self::Date,
    ];

    /// The Arrow type that values are worked on in; `dataset::stored` knows that of files.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Uuid => DataType::FixedSizeBinary(16),
            Self::Text | Self::Enum { .. } | Self::Json | Self::Array { .. } => DataType::Utf8,
            Self::Integer => DataType::Int32,
            Self::BigInteger => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale),
            Self::Boolean => DataType::Boolean,
            Self::Timestamp | Self::DateTime => {
                DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
            }
            Self::Date => DataType::Date32,
            Self::Interval => DataType::Duration(TimeUnit::Microsecond),
        }
    }

    /// The places after the point of numbers that have so many and no more: 0 of whole numbers.
    pub fn decimals(&self) -> Option<u8> {
        match self {
            Self::Integer | Self::BigInteger => Some(0),
            Self::Decimal { scale, .. } => u8::try_from(*scale).ok(),
            Self::Float
            | Self::Uuid
            | Self::Text
            | Self::Enum { .. }
            | Self::Boolean
            | Self::Timestamp
            | Self::DateTime
            | Self::Date
            | Self::Json
            | Self::Array { .. }
            | Self::Interval => None,
        }
    }

    /// The Arrow field of a column of this type, with the UUID extension where it applies.
    pub fn field(&self, name: &str, nullable: bool) -> Field {
        let field = Field::new(name, self.data_type(), nullable);
        match self {
            Self::Uuid => field.with_extension_type(arrow_schema::extension::Uuid),
            _ => field,
        }
    }

    /// An Arrow schema of named columns: (name, type, nullable).
    pub fn schema<'a>(
        columns: impl IntoIterator<Item = (&'a str, &'a Self, bool)>,
    ) -> Arc<arrow::datatypes::Schema> {
        let fields: Vec<Field> =
            columns.into_iter().map(|(name, ty, nullable)| ty.field(name, nullable)).collect();
        Arc::new(arrow::datatypes::Schema::new(fields))
    }
}

impl std::fmt::Display for ColumnType {
    /// The spelling of the model language.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Uuid => f.write_str("uuid"),
            Self::Text => f.write_str("text"),
            Self::Integer => f.write_str("integer"),
            Self::BigInteger => f.write_str("bigint"),
            Self::Float => f.write_str("float"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Boolean => f.write_str("boolean"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Date => f.write_str("date"),
            Self::Enum { values } => write!(f, "enum({})", values.join(", ")),
            Self::DateTime => f.write_str("datetime"),
            Self::Json => f.write_str("json"),
            Self::Array { element } => write!(f, "{element}[]"),
            Self::Interval => f.write_str("interval"),
        }
    }
}
