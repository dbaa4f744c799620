//! [`Keys`]: key columns as 128-bit numbers; [`KeyIndex`]: the row of a key.

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, Int32Array, Int64Array, StringArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float64Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};

use crate::model::text_form::write::{self, hexadecimal};

/// No row.
pub const NONE: u32 = u32::MAX;

/// A column whose values are keys. A UUID's or number's own bits; of a text the first half of its BLAKE3 digest.
pub enum Keys<'a> {
    /// UUIDs.
    Uuids(&'a FixedSizeBinaryArray),
    /// 32-bit numbers.
    Integers(&'a Int32Array),
    /// 64-bit numbers.
    BigIntegers(&'a Int64Array),
    /// Texts.
    Texts(&'a StringArray),
    /// Values of other types.
    Others(&'a ArrayRef, Vec<Option<u128>>),
}

impl<'a> Keys<'a> {
    /// The keys of an array.
    pub fn of(array: &'a ArrayRef) -> Self {
        if let Some(uuids) = array.as_fixed_size_binary_opt().filter(|array| array.value_length() == 16) {
            return Self::Uuids(uuids);
        }
        if let Some(integers) = array.as_primitive_opt() {
            return Self::Integers(integers);
        }
        if let Some(integers) = array.as_primitive_opt() {
            return Self::BigIntegers(integers);
        }
        if let Some(texts) = array.as_string_opt() {
            return Self::Texts(texts);
        }
        let mut all = Vec::with_capacity(array.len());
        keys(array, &mut all);
        Self::Others(array, all)
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Uuids(array) => array.len(),
            Self::Integers(array) => array.len(),
            Self::BigIntegers(array) => array.len(),
            Self::Texts(array) => array.len(),
            Self::Others(array, _) => array.len(),
        }
    }

    /// The key of a row; nothing for NULL.
    #[inline]
    pub fn get(&self, row: usize) -> Option<u128> {
        match self {
            Self::Uuids(array) if array.is_valid(row) => {
                Some(u128::from_be_bytes(array.value(row).try_into().expect("a UUID has 16 bytes")))
            }
            Self::Integers(array) if array.is_valid(row) => {
                Some(i128::from(array.value(row)).cast_unsigned())
            }
            Self::BigIntegers(array) if array.is_valid(row) => {
                Some(i128::from(array.value(row)).cast_unsigned())
            }
            Self::Texts(array) if array.is_valid(row) => Some(text_key(array.value(row))),
            Self::Others(_, keys) => keys[row],
            Self::Uuids(_) | Self::Integers(_) | Self::BigIntegers(_) | Self::Texts(_) => None,
        }
    }

    /// The key as it is written.
    pub fn text(&self, row: usize) -> String {
        match self {
            Self::Uuids(array) if array.is_valid(row) => match array.value(row).try_into() {
                Ok(bytes) => write::text(|out| write::push_uuid(out, bytes)),
                Err(_) => hexadecimal(array.value(row)),
            },
            Self::Integers(array) if array.is_valid(row) => array.value(row).to_string(),
            Self::BigIntegers(array) if array.is_valid(row) => array.value(row).to_string(),
            Self::Texts(array) if array.is_valid(row) => shortened(array.value(row)),
            Self::Others(array, _) => {
                arrow::util::display::array_value_to_string(array, row).unwrap_or_default()
            }
            Self::Uuids(_) | Self::Integers(_) | Self::BigIntegers(_) | Self::Texts(_) => "NULL".to_owned(),
        }
    }
}

/// Appends each row's key: a UUID's or a number's own bits, the first 128 bits of a text's BLAKE3; none for NULL.
pub fn keys(array: &ArrayRef, into: &mut Vec<Option<u128>>) {
    let wide = |value: i64| i128::from(value).cast_unsigned();
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
            into.extend(array.as_string::<i32>().iter().map(|value| value.map(text_key)));
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

/// The key of a text.
pub fn text_key(text: &str) -> u128 {
    hashed(text.as_bytes())
}

fn hashed(bytes: &[u8]) -> u128 {
    let digest = blake3::hash(bytes);
    u128::from_be_bytes(digest.as_bytes()[..16].try_into().expect("a digest has 32 bytes"))
}

/// The key of several columns together.
pub fn joint_key(keys: &[u128]) -> u128 {
    match keys {
        [one] => *one,
        several => {
            let bytes: String = several.iter().map(|key| format!("{key:032x}")).collect();
            text_key(&bytes)
        }
    }
}

/// As [`keys`], of several columns together, at least one; none where one of them is NULL.
pub fn joint_keys<'a>(arrays: impl IntoIterator<Item = &'a ArrayRef>, into: &mut Vec<Option<u128>>) {
    let columns: Vec<Keys<'_>> = match arrays.into_iter().collect::<Vec<_>>().as_slice() {
        [one] => return keys(one, into),
        several => several.iter().map(|array| Keys::of(array)).collect(),
    };
    let rows = columns.first().map_or(0, Keys::len);
    into.extend((0..rows).map(|row| together(&columns, row)));
}

/// The key of a row in several columns; nothing where one of them is NULL.
pub fn together(columns: &[Keys<'_>], row: usize) -> Option<u128> {
    match columns {
        [one] => one.get(row),
        several => {
            let keys: Option<Vec<u128>> = several.iter().map(|keys| keys.get(row)).collect();
            keys.map(|keys| joint_key(&keys))
        }
    }
}

/// A text of at most 60 characters.
pub fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// The first row of every key: open addressing, 4 bytes a slot beside the keys.
#[derive(Default)]
pub struct KeyIndex {
    keys: Vec<u128>,
    slots: Vec<u32>,
    mask: usize,
}

impl KeyIndex {
    /// The index of keys by row; rows without a key are not found.
    pub fn new(keys: Vec<Option<u128>>) -> Self {
        let capacity = (keys.len() * 2).next_power_of_two().max(4);
        let mut index = Self {
            keys: keys.iter().map(|key| key.unwrap_or(0)).collect(),
            slots: vec![NONE; capacity],
            mask: capacity - 1,
        };
        for (row, key) in keys.iter().enumerate() {
            let Some(key) = key else { continue };
            let mut slot = index.home(*key);
            while index.slots[slot] != NONE && index.keys[index.slots[slot] as usize] != *key {
                slot = (slot + 1) & index.mask;
            }
            if index.slots[slot] == NONE {
                index.slots[slot] = row as u32;
            }
        }
        index
    }

    /// The row of a key.
    #[inline]
    pub fn find(&self, key: u128) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mut slot = self.home(key);
        loop {
            match self.slots[slot] {
                NONE => return None,
                row if self.keys[row as usize] == key => return Some(row),
                _ => slot = (slot + 1) & self.mask,
            }
        }
    }

    /// Multiplied by the golden ratio's bits, so that consecutive numbers scatter (Knuth 6.4).
    #[inline]
    fn home(&self, key: u128) -> usize {
        let folded = (key ^ (key >> 64)) as u64;
        let mixed = (folded ^ (folded >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 20) as usize & self.mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;

    proptest! {
        #[test]
        fn the_index_finds_the_first_row_of_every_key(keys in proptest::collection::vec(proptest::option::of(0u128..40), 0..80)) {
            let index = KeyIndex::new(keys.clone());
            for key in 0..50 {
                let first = keys.iter().position(|found| *found == Some(key)).map(|row| row as u32);
                prop_assert_eq!(index.find(key), first);
            }
        }
    }

    #[test]
    fn an_index_without_rows_finds_nothing() {
        assert_eq!(KeyIndex::default().find(7), None);
        assert_eq!(KeyIndex::new(vec![]).find(7), None);
    }

    #[test]
    fn keys_of_equal_values_are_equal_and_null_has_none() {
        let array: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("a"), Some("b")]));
        let keys = Keys::of(&array);
        assert_eq!(keys.get(0), keys.get(2));
        assert_ne!(keys.get(0), keys.get(3));
        assert_eq!((keys.get(1), keys.text(1).as_str()), (None, "NULL"));
    }
}
