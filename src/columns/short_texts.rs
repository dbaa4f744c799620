//! [`ShortTexts`]: texts of a list, gathered by their places.

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::DataType;

use super::RowError;

/// Bytes of the longest short text.
pub(super) const SHORT: usize = 16;

/// Appends the text of so many bytes with which a view begins. All of the view is copied and the rest cut off, since nobody
/// can predict how many there are, and to copy just those is a call.
#[inline]
pub(super) fn push_view<const VIEW: usize>(view: &[u8; VIEW], length: usize, out: &mut Vec<u8>) {
    let end = out.len() + length;
    out.extend_from_slice(view);
    out.truncate(end);
}

/// Texts of 16 bytes at the most, which [`push_view`] copies; Arrow's `take` calls for each.
pub(super) struct ShortTexts {
    texts: Vec<[u8; SHORT]>,
    lengths: Vec<u8>,
}

impl ShortTexts {
    /// The texts of a list, if all are that short and none is NULL.
    pub(super) fn of(list: &ArrayRef) -> Option<Self> {
        if *list.data_type() != DataType::Utf8 || list.null_count() > 0 {
            return None;
        }
        let mut short = Self { texts: Vec::new(), lengths: Vec::new() };
        for text in list.as_string::<i32>().iter().flatten() {
            let mut padded = [0; SHORT];
            padded.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
            short.texts.push(padded);
            short.lengths.push(text.len() as u8);
        }
        Some(short)
    }

    /// The texts at some places.
    pub(super) fn gather(
        &self,
        places: impl ExactSizeIterator<Item = usize>,
    ) -> Result<StringArray, RowError> {
        let mut written: Vec<u8> = Vec::with_capacity((places.len() + 1) * SHORT);
        let mut offsets = Vec::with_capacity(places.len() + 1);
        offsets.push(0);
        for (at, place) in places.enumerate() {
            push_view(&self.texts[place], self.lengths[place].into(), &mut written);
            let end = i32::try_from(written.len())
                .map_err(|_| RowError::new(at, "a slice holds over 2 GiB of text"))?;
            offsets.push(end);
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Ok(StringArray::try_new(offsets, Buffer::from_vec(written), None)?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::UInt32Array;
    use arrow::compute::take;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn short_texts_are_gathered_as_arrow_takes_them(
            texts in prop::collection::vec("[a-zäöü🦀]{0,4}", 1..9),
            draws in prop::collection::vec(0usize..1_000, 0..50),
        ) {
            let list: ArrayRef = Arc::new(StringArray::from(texts.clone()));
            let places: Vec<usize> = draws.iter().map(|draw| draw % texts.len()).collect();
            let short = ShortTexts::of(&list).expect("at most 16 bytes");
            let taken = take(&list, &UInt32Array::from_iter_values(places.iter().map(|&at| at as u32)), None);
            let gathered: ArrayRef = Arc::new(short.gather(places.into_iter()).expect("texts"));
            prop_assert_eq!(&gathered, &taken.expect("places"));
        }
    }

    #[test]
    fn longer_texts_missing_ones_and_numbers_are_no_short_texts() {
        let of = |texts: Vec<Option<&str>>| {
            ShortTexts::of(&(Arc::new(StringArray::from(texts)) as ArrayRef)).is_some()
        };
        assert!(of(vec![Some("sixteen bytes...")]));
        assert!(!of(vec![Some("seventeen bytes..")]));
        assert!(!of(vec![Some("a"), None]));
        assert!(ShortTexts::of(&(Arc::new(UInt32Array::from(vec![1])) as ArrayRef)).is_none());
    }
}
