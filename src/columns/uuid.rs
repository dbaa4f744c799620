//! [`Uuids`]: random UUIDs of version 4 (RFC 9562), 122 bits of the row's draw.

use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeBinaryArray};
use arrow::buffer::Buffer;

use super::{ColumnGenerator, RowError, Rows};
use crate::random::Key;

pub(super) struct Uuids {
    pub key: Key,
}

impl ColumnGenerator for Uuids {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let mut bytes = Vec::with_capacity(rows.len() * 16);
        for (&root, &local) in rows.root.iter().zip(&rows.local) {
            let mut id = self.key.wide_at(root, local).to_be_bytes();
            id[6] = (id[6] & 0x0f) | 0x40;
            id[8] = (id[8] & 0x3f) | 0x80;
            bytes.extend_from_slice(&id);
        }
        Ok(Arc::new(FixedSizeBinaryArray::try_new(16, Buffer::from_vec(bytes), None)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_and_variant_are_those_of_rfc_9562() {
        let uuids = Uuids { key: Key::derive("s", "users", "id", "value") };
        let array = uuids.generate(&Rows::roots(0..1_000), &[]).expect("ids");
        let array = array.as_any().downcast_ref::<FixedSizeBinaryArray>().expect("16 bytes");
        assert!(array.iter().flatten().all(|id| id[6] >> 4 == 4 && id[8] >> 6 == 0b10));
    }
}
