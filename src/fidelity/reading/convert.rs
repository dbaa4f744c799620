//! [`Conversion`]: from the type that a file has to the type that the model has.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Decimal128Array, Decimal256Array,
    FixedSizeBinaryArray, Float64Array, Int64Array, StringArray, UInt64Array, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int64Type, TimeUnit,
    TimestampMicrosecondType, UInt64Type,
};
use arrow::error::ArrowError;
use arrow::util::display::array_value_to_string;

use super::values::{Column, Given};
use crate::dataset::stored;
use crate::model::column_type::ColumnType;

/// How a column of a file becomes one of the model's.
#[derive(Clone, Debug)]
pub struct Conversion {
    ty: ColumnType,
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It is one.
    Same,
    /// It is one by another name: the zone of a time, the digits of a decimal.
    Relabelled,
    /// Arrow's own cast takes all values and changes none.
    Cast,
    /// Lists become their text.
    Lists,
    /// Value by value.
    Values,
    /// No column.
    Missing,
}

/// Told of the row in the batch, and how to show what stands there.
type Report<'r> = &'r mut dyn FnMut(usize, &dyn Fn() -> String);

impl Conversion {
    /// Of a column that the file has not.
    pub fn missing(ty: &ColumnType) -> Self {
        Self { ty: ty.clone(), way: Way::Missing }
    }

    pub fn between(from: &DataType, ty: &ColumnType) -> Self {
        use DataType as D;
        let to = ty.data_type();
        let way = if matches!(
            (from, ty),
            (D::List(_) | D::LargeList(_) | D::FixedSizeList(..), ColumnType::Array { .. })
        ) {
            Way::Lists
        } else if *from == to {
            Way::Same
        } else {
            match (from, &to) {
                (D::Timestamp(TimeUnit::Microsecond, _), D::Timestamp(TimeUnit::Microsecond, _)) => {
                    Way::Relabelled
                }
                (D::Decimal128(precision, scale), D::Decimal128(most, same))
                    if precision <= most && scale == same =>
                {
                    Way::Relabelled
                }
                (D::LargeUtf8 | D::Utf8View, D::Utf8)
                | (D::Int8 | D::Int16 | D::UInt8 | D::UInt16, D::Int32)
                | (D::Int8 | D::Int16 | D::Int32 | D::UInt8 | D::UInt16 | D::UInt32, D::Int64)
                | (D::Float16 | D::Float32, D::Float64)
                | (D::Null, _) => Way::Cast,
                (D::Dictionary(_, values), D::Utf8)
                    if matches!(**values, D::Utf8 | D::LargeUtf8 | D::Utf8View) =>
                {
                    Way::Cast
                }
                _ => Way::Values,
            }
        };
        Self { ty: ty.clone(), way }
    }

    /// The column in the model's type; `report` hears of values that are none.
    pub fn apply(
        &self,
        array: Option<&ArrayRef>,
        rows: usize,
        report: Report<'_>,
    ) -> Result<ArrayRef, ArrowError> {
        let to = self.ty.data_type();
        let Some(array) = array.filter(|_| self.way != Way::Missing) else {
            for row in 0..rows {
                report(row, &|| "no such column".to_owned());
            }
            return Ok(new_null_array(&to, rows));
        };
        match self.way {
            Way::Same => Ok(array.clone()),
            Way::Relabelled => relabelled(array, &to),
            Way::Cast if *array.data_type() == DataType::Null => Ok(new_null_array(&to, rows)),
            Way::Cast => cast(array, &to),
            Way::Lists => {
                let lists = cast(array, &stored::list_type(&self.ty))?;
                stored::restore(&lists, &self.ty).map_err(ArrowError::CastError)
            }
            Way::Values | Way::Missing => self.by_values(array, report),
        }
    }

    fn by_values(&self, array: &ArrayRef, report: Report<'_>) -> Result<ArrayRef, ArrowError> {
        let plain = plain(array)?;
        let source = Plain::of(&plain, array.data_type());
        let mut column = Column::new(&self.ty, array.len());
        // A dictionary's NULL may stand in its values.
        let nulls = plain.logical_nulls();
        for row in 0..plain.len() {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                column.push_null();
                continue;
            }
            let fits = match source.value(row) {
                Some(value) => column.take(value),
                None => {
                    column.push_null();
                    false
                }
            };
            if !fits {
                report(row, &|| array_value_to_string(array, row).unwrap_or_else(|error| error.to_string()));
            }
        }
        Ok(column.finish())
    }
}

/// The same values under the model's label.
fn relabelled(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    match to {
        DataType::Decimal128(precision, scale) => {
            let decimals = array.as_primitive::<Decimal128Type>().clone();
            Ok(Arc::new(decimals.with_precision_and_scale(*precision, *scale)?))
        }
        _ => Ok(Arc::new(array.as_primitive::<TimestampMicrosecondType>().clone().with_timezone("UTC"))),
    }
}

/// The same values in one of the few types that [`Plain`] knows.
fn plain(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    use DataType as D;
    let to = match array.data_type() {
        D::Dictionary(_, values) => {
            let values = cast(array, values)?;
            return plain(&values);
        }
        D::LargeUtf8 | D::Utf8View => D::Utf8,
        D::LargeBinary | D::BinaryView => D::Binary,
        D::Int8 | D::Int16 | D::Int32 | D::UInt8 | D::UInt16 | D::UInt32 => D::Int64,
        D::Float16 | D::Float32 => D::Float64,
        D::Decimal32(precision, scale) | D::Decimal64(precision, scale) => D::Decimal128(*precision, *scale),
        D::Timestamp(..) | D::Date64 | D::Duration(_) => D::Int64,
        _ => return Ok(array.clone()),
    };
    cast(array, &to)
}

/// An array whose values can be asked for.
enum Plain<'a> {
    Text(&'a StringArray),
    Bytes(&'a BinaryArray),
    FixedBytes(&'a FixedSizeBinaryArray),
    Integer(&'a Int64Array),
    Unsigned(&'a UInt64Array),
    Float(&'a Float64Array),
    Decimal(&'a Decimal128Array, i8),
    WideDecimal(&'a Decimal256Array, i8),
    Boolean(&'a BooleanArray),
    Days(&'a arrow::array::Date32Array),
    Times(&'a Int64Array, i64),
    Durations(&'a Int64Array, i64),
    /// Lists and other things that are no values.
    Hopeless,
}

impl<'a> Plain<'a> {
    /// `stored` is the type that the file had.
    fn of(array: &'a ArrayRef, stored: &DataType) -> Self {
        use DataType as D;
        let stored = match stored {
            D::Dictionary(_, values) => values,
            other => other,
        };
        match (stored, array.data_type()) {
            (D::Timestamp(unit, _), _) => Self::Times(array.as_primitive::<Int64Type>(), per_second(*unit)),
            (D::Date64, _) => Self::Times(array.as_primitive::<Int64Type>(), 1_000),
            (D::Duration(unit), _) => Self::Durations(array.as_primitive::<Int64Type>(), per_second(*unit)),
            (_, D::Utf8) => Self::Text(array.as_string::<i32>()),
            (_, D::Binary) => Self::Bytes(array.as_binary::<i32>()),
            (_, D::FixedSizeBinary(_)) => Self::FixedBytes(array.as_fixed_size_binary()),
            (_, D::Int64) => Self::Integer(array.as_primitive::<Int64Type>()),
            (_, D::UInt64) => Self::Unsigned(array.as_primitive::<UInt64Type>()),
            (_, D::Float64) => Self::Float(array.as_primitive::<Float64Type>()),
            (_, D::Decimal128(_, scale)) => Self::Decimal(array.as_primitive::<Decimal128Type>(), *scale),
            (_, D::Decimal256(_, scale)) => Self::WideDecimal(array.as_primitive::<Decimal256Type>(), *scale),
            (_, D::Boolean) => Self::Boolean(array.as_boolean()),
            (_, D::Date32) => Self::Days(array.as_primitive::<Date32Type>()),
            _ => Self::Hopeless,
        }
    }

    fn value(&self, row: usize) -> Option<Given<'a>> {
        Some(match self {
            Self::Text(array) => Given::Text(array.value(row)),
            Self::Bytes(array) => Given::Bytes(array.value(row)),
            Self::FixedBytes(array) => Given::Bytes(array.value(row)),
            Self::Integer(array) => Given::Integer(array.value(row).into()),
            Self::Unsigned(array) => Given::Integer(array.value(row).into()),
            Self::Float(array) => Given::Float(array.value(row)),
            Self::Decimal(array, scale) => Given::Decimal(array.value(row), *scale),
            Self::WideDecimal(array, scale) => Given::Decimal(array.value(row).to_i128()?, *scale),
            Self::Boolean(array) => Given::Boolean(array.value(row)),
            Self::Days(array) => Given::Day(array.value(row)),
            Self::Times(array, per_second) => {
                Given::Time { ticks: array.value(row), per_second: *per_second }
            }
            Self::Durations(array, per_second) => {
                Given::Duration { ticks: array.value(row), per_second: *per_second }
            }
            Self::Hopeless => return None,
        })
    }
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}
