//! [`keys`]: the keys of a column as 128 bits.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float64Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};

/// Appends each row's key: a UUID's or a number's own bits, the first 128 bits of a text's BLAKE3; none for NULL.
pub fn keys(array: &ArrayRef, into: &mut Vec<Option<u128>>) {
    let wide = |value: i64| value as u128;
    macro_rules! numbers {
        ($type:ty, $wide:expr) => {
            into.extend(array.as_primitive::<$type>().iter().map(|value| value.map($wide)))
        };
    }
    match array.data_type() {
        DataType::FixedSizeBinary(_) => {
            let key = |bytes: &[u8]| bytes.try_into().map_or_else(|_| hashed(bytes), u128::from_be_bytes);
            into.extend(array.as_fixed_size_binary().iter().map(|value| value.map(key)));
        }
        DataType::Utf8 => {
            into.extend(
                array.as_string::<i32>().iter().map(|value| value.map(|text| hashed(text.as_bytes()))),
            );
        }
        DataType::Int32 => numbers!(Int32Type, |value| wide(value.into())),
        DataType::Int64 => numbers!(Int64Type, wide),
        DataType::Float64 => numbers!(Float64Type, |value| value.to_bits().into()),
        DataType::Decimal128(..) => numbers!(Decimal128Type, i128::cast_unsigned),
        DataType::Timestamp(..) => numbers!(TimestampMicrosecondType, wide),
        DataType::Date32 => numbers!(Date32Type, |value| wide(value.into())),
        DataType::Duration(_) => numbers!(DurationMicrosecondType, wide),
        DataType::Boolean => into.extend(array.as_boolean().iter().map(|value| value.map(u128::from))),
        // The types of the model are all above.
        _ => into.extend(std::iter::repeat_n(None, array.len())),
    }
}

fn hashed(bytes: &[u8]) -> u128 {
    let digest = blake3::hash(bytes);
    let (half, _) = digest.as_bytes().split_at(16);
    u128::from_be_bytes(half.try_into().expect("16 bytes are 128 bits"))
}
