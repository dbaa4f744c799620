//! [`encode`]: record batches to the bytes of `COPY … FROM STDIN (FORMAT binary)`.
//!
//! The format is that of the manual's page on COPY; a value's bytes are those of its type's `recv` function. The
//! server checks lengths, not types: who sends must have compared the table's types first.

use arrow::array::{
    Array, AsArray, BooleanArray, Date32Array, Decimal128Array, DurationMicrosecondArray,
    FixedSizeBinaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};

pub use self::array::array_types;
use self::array::push_array;
use crate::dataset::table::TableShape;
use crate::model::ColumnType;

mod array;

/// What every stream begins with: signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What every stream ends with: a row of -1 fields.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();
/// The length that stands for NULL.
const NULL: [u8; 4] = (-1_i32).to_be_bytes();
/// Days from 1970-01-01 to 2000-01-01, where Postgres counts from.
const EPOCH_DAYS: i32 = 10_957;
/// The same in microseconds.
const EPOCH_MICROSECONDS: i64 = EPOCH_DAYS as i64 * 86_400_000_000;
/// Decimal digits of one digit of `numeric`.
const NUMERIC_DIGITS: u32 = 4;
const NUMERIC_BASE: u128 = 10_000;
const NUMERIC_NEGATIVE: u16 = 0x4000;
/// Groups of four digits that 38 digits can touch, with a broken group at either end of the point.
const MOST_GROUPS: usize = 11;

/// Appends the beginning of a stream.
pub fn begin(buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(HEADER);
}

/// Appends the end of a stream.
pub fn end(buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(&TRAILER);
}

/// Appends a batch's rows. The batch has the shape's columns, types and order, as `PartReader` gives them.
pub fn encode(shape: &TableShape, batch: &RecordBatch, buffer: &mut Vec<u8>) {
    let columns: Vec<Values<'_>> = shape
        .columns
        .iter()
        .zip(batch.columns())
        .map(|(column, array)| Values::of(&column.ty, array.as_ref()))
        .collect();
    let width = i16::try_from(columns.len()).expect("a table has at most 1,600 columns").to_be_bytes();
    for row in 0..batch.num_rows() {
        buffer.extend_from_slice(&width);
        for column in &columns {
            column.push(row, buffer);
        }
    }
}

/// A column's values, each kind in its own array.
enum Values<'a> {
    Uuid(&'a FixedSizeBinaryArray),
    Text(&'a StringArray),
    Integer(&'a Int32Array),
    BigInteger(&'a Int64Array),
    Float(&'a Float64Array),
    Decimal(&'a Decimal128Array, i8),
    Boolean(&'a BooleanArray),
    Timestamp(&'a TimestampMicrosecondArray),
    Date(&'a Date32Array),
    Interval(&'a DurationMicrosecondArray),
    Json(&'a StringArray),
    Array(&'a StringArray, &'a ColumnType),
}

impl<'a> Values<'a> {
    fn of(ty: &'a ColumnType, array: &'a dyn Array) -> Self {
        match ty {
            ColumnType::Uuid => Self::Uuid(array.as_fixed_size_binary()),
            ColumnType::Text | ColumnType::Enum { .. } => Self::Text(array.as_string()),
            ColumnType::Integer => Self::Integer(array.as_primitive()),
            ColumnType::BigInteger => Self::BigInteger(array.as_primitive()),
            ColumnType::Float => Self::Float(array.as_primitive()),
            ColumnType::Decimal { scale, .. } => Self::Decimal(array.as_primitive(), *scale),
            ColumnType::Boolean => Self::Boolean(array.as_boolean()),
            ColumnType::Timestamp | ColumnType::DateTime => Self::Timestamp(array.as_primitive()),
            ColumnType::Date => Self::Date(array.as_primitive()),
            ColumnType::Interval => Self::Interval(array.as_primitive()),
            ColumnType::Json => Self::Json(array.as_string()),
            ColumnType::Array { element } => Self::Array(array.as_string(), element),
        }
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Uuid(array) => array.is_null(row),
            Self::Text(array) | Self::Json(array) | Self::Array(array, _) => array.is_null(row),
            Self::Integer(array) => array.is_null(row),
            Self::BigInteger(array) => array.is_null(row),
            Self::Float(array) => array.is_null(row),
            Self::Decimal(array, _) => array.is_null(row),
            Self::Boolean(array) => array.is_null(row),
            Self::Timestamp(array) => array.is_null(row),
            Self::Date(array) => array.is_null(row),
            Self::Interval(array) => array.is_null(row),
        }
    }

    /// Appends a value with its length.
    fn push(&self, row: usize, buffer: &mut Vec<u8>) {
        if self.is_null(row) {
            buffer.extend_from_slice(&NULL);
            return;
        }
        match self {
            Self::Uuid(array) => push_bytes(buffer, array.value(row)),
            Self::Text(array) => push_bytes(buffer, array.value(row).as_bytes()),
            Self::Integer(array) => push_fixed(buffer, array.value(row).to_be_bytes()),
            Self::BigInteger(array) => push_fixed(buffer, array.value(row).to_be_bytes()),
            Self::Float(array) => push_fixed(buffer, array.value(row).to_be_bytes()),
            Self::Decimal(array, scale) => push_numeric(buffer, array.value(row), *scale),
            Self::Boolean(array) => push_fixed(buffer, [u8::from(array.value(row))]),
            Self::Timestamp(array) => push_timestamp(buffer, array.value(row)),
            Self::Date(array) => push_date(buffer, array.value(row)),
            Self::Json(array) => push_json(buffer, array.value(row)),
            Self::Array(array, element) => push_array(buffer, array.value(row), element),
            Self::Interval(array) => {
                // Microseconds; days and months are none.
                let mut bytes = [0; 16];
                bytes[..8].copy_from_slice(&array.value(row).to_be_bytes());
                push_fixed(buffer, bytes);
            }
        }
    }
}

fn push_timestamp(buffer: &mut Vec<u8>, microseconds: i64) {
    push_fixed(buffer, microseconds.wrapping_sub(EPOCH_MICROSECONDS).to_be_bytes());
}

fn push_date(buffer: &mut Vec<u8>, days: i32) {
    push_fixed(buffer, days.wrapping_sub(EPOCH_DAYS).to_be_bytes());
}

/// A `jsonb`: the version of the form, and the document's text (`jsonb_recv` in `src/backend/utils/adt/jsonb.c`).
fn push_json(buffer: &mut Vec<u8>, text: &str) {
    let length = i32::try_from(text.len() + 1).expect("a block's texts are shorter than 2 GiB");
    buffer.extend_from_slice(&length.to_be_bytes());
    buffer.push(1);
    buffer.extend_from_slice(text.as_bytes());
}

fn push_bytes(buffer: &mut Vec<u8>, value: &[u8]) {
    let length = i32::try_from(value.len()).expect("a block's texts are shorter than 2 GiB");
    buffer.extend_from_slice(&length.to_be_bytes());
    buffer.extend_from_slice(value);
}

fn push_fixed<const N: usize>(buffer: &mut Vec<u8>, value: [u8; N]) {
    buffer.extend_from_slice(&(N as i32).to_be_bytes());
    buffer.extend_from_slice(&value);
}

/// A `numeric`: count of base-10,000 digits, the first one's weight, sign, digits after the point, the digits
/// (`numeric_recv` in `src/backend/utils/adt/numeric.c`).
fn push_numeric(buffer: &mut Vec<u8>, unscaled: i128, scale: i8) {
    let scale = u32::from(scale.unsigned_abs());
    let (mut rest, mut groups, mut count) = (unscaled.unsigned_abs(), [0_u16; MOST_GROUPS], 0);
    let mut push = |group: u128| {
        groups[count] = group as u16;
        count += 1;
    };
    // From the right. Digits after the point that do not fill a group are the left ones of theirs.
    let broken = scale % NUMERIC_DIGITS;
    if broken > 0 {
        let unit = 10_u128.pow(broken);
        push(rest % unit * 10_u128.pow(NUMERIC_DIGITS - broken));
        rest /= unit;
    }
    while rest > 0 {
        push(rest % NUMERIC_BASE);
        rest /= NUMERIC_BASE;
    }
    let digits = &groups[..count];
    let zeros = digits.iter().take_while(|group| **group == 0).count();
    let weight = count as i32 - scale.div_ceil(NUMERIC_DIGITS) as i32 - 1;
    let kept = &digits[zeros..];
    let leading = kept.iter().rev().take_while(|group| **group == 0).count();
    let kept = &kept[..kept.len() - leading];
    let sign = if unscaled < 0 { NUMERIC_NEGATIVE } else { 0 };
    buffer.extend_from_slice(&(8 + 2 * kept.len() as i32).to_be_bytes());
    buffer.extend_from_slice(&(kept.len() as i16).to_be_bytes());
    let weight = if kept.is_empty() { 0 } else { weight - leading as i32 };
    buffer.extend_from_slice(&(weight as i16).to_be_bytes());
    buffer.extend_from_slice(&sign.to_be_bytes());
    buffer.extend_from_slice(&(scale as i16).to_be_bytes());
    for group in kept.iter().rev() {
        buffer.extend_from_slice(&group.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::ArrayRef;
    use proptest::prelude::*;

    use super::*;
    use crate::dataset::table::ShapeColumn;

    fn shape(types: &[ColumnType]) -> TableShape {
        let column =
            |(at, ty): (usize, &ColumnType)| ShapeColumn::new(format!("c{at}"), ty.clone()).nullable();
        TableShape { entity: "things".into(), columns: types.iter().enumerate().map(column).collect() }
    }

    fn stream(shape: &TableShape, batch: &RecordBatch) -> Vec<u8> {
        let mut bytes = Vec::new();
        begin(&mut bytes);
        encode(shape, batch, &mut bytes);
        end(&mut bytes);
        bytes
    }

    /// The same stream by another library.
    fn by_pgpq(batch: &RecordBatch) -> Vec<u8> {
        let mut bytes = bytes::BytesMut::new();
        let mut encoder = pgpq::ArrowToPostgresBinaryEncoder::try_new(batch.schema().as_ref()).unwrap();
        encoder.write_header(&mut bytes).unwrap();
        encoder.write_batch(batch, &mut bytes).unwrap();
        encoder.write_footer(&mut bytes).unwrap();
        bytes.to_vec()
    }

    fn numeric(unscaled: i128, scale: i8) -> (Vec<i16>, i16) {
        let mut bytes = Vec::new();
        push_numeric(&mut bytes, unscaled, scale);
        let words: Vec<i16> =
            bytes[4..].chunks(2).map(|word| i16::from_be_bytes([word[0], word[1]])).collect();
        assert_eq!(words[0] as usize, words.len() - 4);
        assert_eq!(words[2], if unscaled < 0 { 0x4000 } else { 0 });
        assert_eq!(words[3], i16::from(scale));
        (words[4..].to_vec(), words[1])
    }

    #[test]
    fn numbers_are_cut_at_the_point_in_groups_of_four() {
        // 12345.67 is 1 2345 . 6700
        assert_eq!(numeric(1_234_567, 2), (vec![1, 2345, 6700], 1));
        assert_eq!(numeric(-1_234_567, 2), (vec![1, 2345, 6700], 1));
        assert_eq!(numeric(10_000, 0), (vec![1], 1));
        assert_eq!(numeric(0, 2), (vec![], 0));
        // 0.0000000005 is . 0000 0000 0500
        assert_eq!(numeric(5, 10), (vec![500], -3));
        assert_eq!(numeric(1, 2), (vec![100], -1));
        assert_eq!(numeric(10_i128.pow(38) - 1, 38).0.len(), 10);
    }

    proptest! {
        #[test]
        fn a_number_is_the_sum_of_its_groups(unscaled in any::<i64>(), scale in 0_i8..=12) {
            let (groups, weight) = numeric(i128::from(unscaled), scale);
            // In units of 10000^-3, which holds 12 digits after the point.
            let value: u128 = groups
                .iter()
                .enumerate()
                .map(|(at, group)| *group as u128 * NUMERIC_BASE.pow((i32::from(weight) - at as i32 + 3) as u32))
                .sum();
            prop_assert_eq!(value, u128::from(unscaled.unsigned_abs()) * 10_u128.pow(12 - scale as u32));
        }

        #[test]
        fn batches_are_encoded_as_pgpq_does(
            rows in prop::collection::vec(
                (
                    any::<Option<i32>>(),
                    any::<Option<i64>>(),
                    any::<Option<f64>>(),
                    any::<Option<bool>>(),
                    any::<Option<String>>(),
                    // Years 1700 to 2200: pgpq refuses what does not fit after the shift of the epoch.
                    prop::option::of(-8_000_000_000_000_000_i64..8_000_000_000_000_000),
                    prop::option::of(-100_000..100_000),
                    any::<Option<[u8; 16]>>(),
                ),
                0..20,
            ),
        ) {
            let types = [
                ColumnType::Integer,
                ColumnType::BigInteger,
                ColumnType::Float,
                ColumnType::Boolean,
                ColumnType::Text,
                ColumnType::Timestamp,
                ColumnType::Date,
                ColumnType::Uuid,
            ];
            let shape = shape(&types);
            let times: TimestampMicrosecondArray = rows.iter().map(|row| row.5).collect();
            let uuids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(rows.iter().map(|row| row.7), 16);
            let columns: Vec<ArrayRef> = vec![
                Arc::new(rows.iter().map(|row| row.0).collect::<Int32Array>()),
                Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>()),
                Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>()),
                Arc::new(rows.iter().map(|row| row.3).collect::<BooleanArray>()),
                Arc::new(rows.iter().map(|row| row.4.as_deref()).collect::<StringArray>()),
                Arc::new(times.with_timezone("UTC")),
                Arc::new(rows.iter().map(|row| row.6).collect::<Date32Array>()),
                Arc::new(uuids.unwrap()),
            ];
            let batch = RecordBatch::try_new(shape.schema(), columns).unwrap();
            prop_assert_eq!(stream(&shape, &batch), by_pgpq(&batch));
        }
    }
}
