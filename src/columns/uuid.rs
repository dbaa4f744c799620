//! [`Uuids`] and [`TimeUuids`]: UUIDs of RFC 9562.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, FixedSizeBinaryBuilder};
use arrow::buffer::Buffer;
use arrow::datatypes::TimestampMicrosecondType;

use super::{ColumnGenerator, RowError, Rows};
use crate::model::scalars::format_time;
use crate::random::Key;

/// Random UUIDs of version 4: 122 bits of the row's draw.
pub(super) struct Uuids {
    pub key: Key,
}

impl ColumnGenerator for Uuids {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let ids = self.key.wide_draws(&rows.root, &rows.local).map(|draw| {
            let mut id = draw.to_be_bytes();
            id[6] = (id[6] & 0x0f) | 0x40;
            id[8] = (id[8] & 0x3f) | 0x80;
            id
        });
        let bytes = ids.collect::<Vec<[u8; 16]>>().into_flattened();
        Ok(Arc::new(FixedSizeBinaryArray::try_new(16, Buffer::from_vec(bytes), None)?))
    }
}

/// Milliseconds that 48 bits hold: until the year 10889.
const LAST_MILLISECOND: i64 = (1 << 48) - 1;

/// UUIDs of version 7: 48 bits of milliseconds since 1970, then 74 bits of the row's draw. The input is the time.
pub(super) struct TimeUuids {
    pub key: Key,
}

impl ColumnGenerator for TimeUuids {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let times = inputs[0].as_primitive::<TimestampMicrosecondType>();
        let mut ids = FixedSizeBinaryBuilder::with_capacity(rows.len(), 16);
        for at in 0..rows.len() {
            if times.is_null(at) {
                ids.append_null();
                continue;
            }
            let milliseconds = times.value(at).div_euclid(1_000);
            if !(0..=LAST_MILLISECOND).contains(&milliseconds) {
                let time = format_time(times.value(at));
                let message = format!("a UUID of version 7 has a time of 1970 to 10889, not {time}");
                return Err(RowError::new(at, message));
            }
            let mut id = self.key.wide_at(rows.root[at], rows.local[at]).to_be_bytes();
            id[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
            id[6] = (id[6] & 0x0f) | 0x70;
            id[8] = (id[8] & 0x3f) | 0x80;
            ids.append_value(id)?;
        }
        Ok(Arc::new(ids.finish()))
    }

    fn may_fail(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::TimestampMicrosecondArray;

    use super::*;

    fn binary(array: &ArrayRef) -> &FixedSizeBinaryArray {
        array.as_any().downcast_ref().expect("16 bytes")
    }

    #[test]
    fn version_and_variant_are_those_of_rfc_9562() {
        let uuids = Uuids { key: Key::derive("s", "users", "id", "value") };
        let array = uuids.generate(&Rows::roots(0..1_000), &[]).expect("ids");
        assert!(binary(&array).iter().flatten().all(|id| id[6] >> 4 == 4 && id[8] >> 6 == 0b10));
    }

    fn of_times(times: Vec<Option<i64>>) -> Result<ArrayRef, RowError> {
        let rows = Rows::roots(0..times.len() as u64);
        let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC"));
        TimeUuids { key: Key::derive("s", "events", "id", "value") }.generate(&rows, &[times])
    }

    /// Appendix A.6 of RFC 9562: 2022-02-22 19:22:22 UTC is 017F22E279B0.
    #[test]
    fn a_time_stands_where_rfc_9562_puts_it() {
        let array = of_times(vec![Some(1_645_557_742_000_999), None, Some(0)]).expect("ids");
        let ids = binary(&array);
        assert_eq!(ids.value(0)[..6], [0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0]);
        assert_eq!((ids.value(0)[6] >> 4, ids.value(0)[8] >> 6), (7, 0b10));
        assert!(ids.is_null(1));
        assert_eq!(ids.value(2)[..6], [0; 6]);
    }

    #[test]
    fn ids_of_one_millisecond_differ_in_all_that_is_random() {
        let array = of_times(vec![Some(1_000_000); 10_000]).expect("ids");
        let mut seen: Vec<&[u8]> = binary(&array).iter().flatten().collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 10_000);
        let (mut ones, mut zeros) = ([0u8; 16], [0u8; 16]);
        for id in seen {
            for at in 0..16 {
                ones[at] |= id[at];
                zeros[at] |= !id[at];
            }
        }
        // Every bit but the time, the version and the variant takes both values.
        let free: u32 = (0..16).map(|at| (ones[at] & zeros[at]).count_ones()).sum();
        assert_eq!(free, 74);
    }

    #[test]
    fn a_time_before_1970_names_its_row() {
        let error = of_times(vec![Some(5), Some(-1)]).expect_err("too early");
        assert_eq!(error.row, 1);
        assert!(error.message.contains("1969-12-31"), "{}", error.message);
    }
}
