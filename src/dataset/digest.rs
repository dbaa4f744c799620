//! [`LogicalDigest`]: what the rows of a table are, whatever their order, cut and encoding.
//!
//! One 64-bit hash a row; the digest is their sum modulo 2^128. A row's hash is a finaliser over the sum of its
//! columns' hashes, and a column's hash is keyed with the column's *name*: columns may change places, values may
//! not. Values are canonical: integers, days and microseconds as 64-bit numbers, decimals unscaled, floats with
//! one zero and one NaN, text as its UTF-8 bytes, UUIDs as their 16 bytes also where a file holds them as text,
//! and NULL as something that no value is.
//!
//! The hash is the folded multiplication of wyhash (low half xor high half of a 64 × 64 bit product). It guards
//! against accidents and bugs, not against someone who wants a collision; sha256 does that.

use std::hint::select_unpredictable;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float64Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};

use super::table::TableShape;
use crate::error::{Error, Result};
use crate::model::column_type::ColumnType;
use crate::model::text_form::exact;

/// The digest of the rows that were added.
#[derive(Clone, Debug)]
pub struct LogicalDigest {
    columns: Vec<DigestColumn>,
    sum: u128,
    rows: u64,
    /// One sum for each row of the batch at hand, kept to spare the allocation.
    accumulators: Vec<u64>,
}

#[derive(Clone, Debug)]
struct DigestColumn {
    name: String,
    ty: ColumnType,
    key: ColumnKey,
}

/// What separates a column's values from those of other columns.
#[derive(Clone, Copy, Debug)]
struct ColumnKey {
    low: u64,
    high: u64,
    /// The hash of NULL.
    null: u64,
}

/// Odd constants with balanced bits: the fractional parts of the golden ratio and of the square root of 3.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
const ROOT_THREE: u64 = 0xBB67_AE85_84CA_A73B;

/// Rows whose sums lie in the first-level cache while one column after the other is added.
const AT_ONCE: usize = 1_024;

impl LogicalDigest {
    /// The digest of no rows of that table.
    pub fn new(shape: &TableShape) -> Self {
        let columns = shape
            .columns
            .iter()
            .map(|column| DigestColumn {
                name: column.name.clone(),
                ty: column.ty.clone(),
                key: ColumnKey::new(&column.name),
            })
            .collect();
        Self { columns, sum: 0, rows: 0, accumulators: Vec::new() }
    }

    /// Adds the rows of a batch, whose columns are found by name.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        for start in (0..batch.num_rows()).step_by(AT_ONCE) {
            self.add_few(&batch.slice(start, AT_ONCE.min(batch.num_rows() - start)))?;
        }
        Ok(())
    }

    fn add_few(&mut self, batch: &RecordBatch) -> Result<()> {
        self.accumulators.clear();
        self.accumulators.resize(batch.num_rows(), 0);
        for column in &self.columns {
            let array = batch
                .column_by_name(&column.name)
                .ok_or_else(|| Error::internal(format!("a batch lacks the column `{}`", column.name)))?;
            column.add(array, &mut self.accumulators)?;
        }
        let rows: u128 = self.accumulators.iter().map(|row| u128::from(finish_row(*row))).sum();
        self.sum = self.sum.wrapping_add(rows);
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Adds the rows that another digest of the same table has seen.
    pub fn merge(&mut self, other: &Self) {
        self.sum = self.sum.wrapping_add(other.sum);
        self.rows += other.rows;
    }

    /// How many rows were added.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The digest as a number: the digest of a table is the wrapping sum of its parts' digests.
    pub fn value(&self) -> u128 {
        self.sum
    }
}

impl std::fmt::Display for LogicalDigest {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.sum)
    }
}

impl ColumnKey {
    fn new(name: &str) -> Self {
        let digest = blake3::derive_key("seedmill logical digest column 1", name.as_bytes());
        let word = |at: usize| read_u64(&digest[at..]);
        Self { low: word(0), high: word(8), null: word(16) }
    }

    /// The hash of 16 bytes; twice folded, because one folding keeps too much of a product's order.
    fn pair(self, low: u64, high: u64) -> u64 {
        fold(fold(low ^ self.low, high ^ self.high) ^ GOLDEN, ROOT_THREE)
    }

    fn word(self, word: u64) -> u64 {
        self.pair(word, 0)
    }

    fn integer(self, integer: i64) -> u64 {
        self.word(integer.cast_unsigned())
    }

    /// The hash of text: 32 bytes a step in two lanes, the last 32 at most by reads that may overlap. The length
    /// is mixed in, so the overlap cannot make two texts one.
    fn text(self, bytes: &[u8]) -> u64 {
        let length = bytes.len() as u64;
        let (mut one, mut two) = (self.low ^ length, self.high);
        let mut rest = bytes;
        while rest.len() > 32 {
            one = fold(read_u64(rest) ^ self.high, read_u64(&rest[8..]) ^ one);
            two = fold(read_u64(&rest[16..]) ^ self.low, read_u64(&rest[24..]) ^ two);
            rest = &rest[32..];
        }
        if bytes.len() >= 16 {
            // Nobody can predict whether more than 16 are left; where they are not, what is read counts for nothing.
            let step = &bytes[(bytes.len() - rest.len()).min(bytes.len() - 16)..];
            let folded = fold(read_u64(step) ^ self.high, read_u64(&step[8..]) ^ one);
            one = select_unpredictable(rest.len() > 16, folded, one);
        }
        let (low, high) = last_words(rest, bytes);
        fold(fold(low ^ one, high ^ two) ^ length ^ GOLDEN, one ^ ROOT_THREE)
    }
}

/// The last 16 bytes of a text, or all of a shorter one, as two words. `rest` is the tail of `bytes`.
fn last_words(rest: &[u8], bytes: &[u8]) -> (u64, u64) {
    let read_u32 = |at: &[u8]| u64::from(u32::from_le_bytes(at[..4].try_into().expect("a slice of 4 bytes")));
    match (bytes.len(), rest.len()) {
        (16.., _) => {
            let tail = &bytes[bytes.len() - 16..];
            (read_u64(tail), read_u64(&tail[8..]))
        }
        (8..16, n) => (read_u64(rest), read_u64(&rest[n - 8..])),
        (4..8, n) => (read_u32(rest), read_u32(&rest[n - 4..])),
        (1..4, n) => {
            let [first, middle, last] = [rest[0], rest[n / 2], rest[n - 1]].map(u64::from);
            (first | middle << 8 | last << 16, 0)
        }
        (0, _) => (0, 0),
    }
}

impl DigestColumn {
    /// Adds the hash of every value to its row's accumulator.
    fn add(&self, array: &ArrayRef, rows: &mut [u64]) -> Result<()> {
        let key = self.key;
        let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        let nulls = nulls.as_ref();
        let stored = array.data_type();
        if *stored != self.ty.data_type() && !(self.ty == ColumnType::Uuid && *stored == DataType::Utf8) {
            return Err(Error::internal(format!("the column `{}` is {stored}, not {}", self.name, self.ty)));
        }
        match &self.ty {
            ColumnType::Uuid if *stored == DataType::Utf8 => return self.add_uuid_text(array, nulls, rows),
            ColumnType::Uuid => {
                let (bytes, _) = array.as_fixed_size_binary().value_data().as_chunks::<16>();
                let hash = |bytes: &[u8; 16]| key.pair(read_u64(bytes), read_u64(&bytes[8..]));
                add_each(rows, nulls, key, bytes.iter().map(hash));
            }
            ColumnType::Text | ColumnType::Enum { .. } | ColumnType::Json | ColumnType::Array { .. } => {
                let text = array.as_string::<i32>();
                let (offsets, data) = (text.value_offsets(), text.value_data());
                let hash = |ends: &[i32]| key.text(&data[ends[0] as usize..ends[1] as usize]);
                add_each(rows, nulls, key, offsets.windows(2).map(hash));
            }
            ColumnType::Integer => {
                let values = array.as_primitive::<Int32Type>().values();
                add_each(rows, nulls, key, values.iter().map(|&value| key.integer(value.into())));
            }
            ColumnType::BigInteger => {
                let values = array.as_primitive::<Int64Type>().values();
                add_each(rows, nulls, key, values.iter().map(|&value| key.integer(value)));
            }
            ColumnType::Float => {
                let values = array.as_primitive::<Float64Type>().values();
                add_each(rows, nulls, key, values.iter().map(|&value| key.word(canonical_float(value))));
            }
            ColumnType::Decimal { .. } => {
                let values = array.as_primitive::<Decimal128Type>().values();
                let hash = |unscaled: u128| key.pair(unscaled as u64, (unscaled >> 64) as u64);
                add_each(rows, nulls, key, values.iter().map(|value| hash(value.cast_unsigned())));
            }
            ColumnType::Boolean => {
                let values = array.as_boolean().values();
                add_each(rows, nulls, key, values.iter().map(|value| key.word(u64::from(value))));
            }
            ColumnType::Timestamp | ColumnType::DateTime => {
                let values = array.as_primitive::<TimestampMicrosecondType>().values();
                add_each(rows, nulls, key, values.iter().map(|&value| key.integer(value)));
            }
            ColumnType::Date => {
                let values = array.as_primitive::<Date32Type>().values();
                add_each(rows, nulls, key, values.iter().map(|&value| key.integer(value.into())));
            }
            ColumnType::Interval => {
                let values = array.as_primitive::<DurationMicrosecondType>().values();
                add_each(rows, nulls, key, values.iter().map(|&value| key.integer(value)));
            }
        }
        Ok(())
    }

    fn add_uuid_text(&self, array: &ArrayRef, nulls: Option<&NullBuffer>, rows: &mut [u64]) -> Result<()> {
        let text = array.as_string::<i32>();
        for (row, accumulator) in rows.iter_mut().enumerate() {
            let hash = if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                self.key.null
            } else {
                let value = text.value(row);
                let bytes = exact::uuid(value.as_bytes()).ok_or_else(|| {
                    Error::internal(format!("the column `{}` holds `{value}`, which is no UUID", self.name))
                })?;
                self.key.pair(read_u64(&bytes), read_u64(&bytes[8..]))
            };
            *accumulator = accumulator.wrapping_add(hash);
        }
        Ok(())
    }
}

/// Adds each value's hash, or the key's hash of NULL, to its row's accumulator.
fn add_each(rows: &mut [u64], nulls: Option<&NullBuffer>, key: ColumnKey, hashes: impl Iterator<Item = u64>) {
    let rows = rows.iter_mut().zip(hashes);
    match nulls {
        None => rows.for_each(|(row, hash)| *row = row.wrapping_add(hash)),
        Some(nulls) => rows.zip(nulls.iter()).for_each(|((row, hash), valid)| {
            *row = row.wrapping_add(if valid { hash } else { key.null });
        }),
    }
}

/// -0 is 0, and all NaNs are one.
fn canonical_float(value: f64) -> u64 {
    if value == 0.0 {
        0
    } else if value.is_nan() {
        0x7FF8_0000_0000_0000
    } else {
        value.to_bits()
    }
}

/// SplitMix64's finaliser: a bijection, without which the digest would be a sum over columns, blind to two rows
/// that exchange values.
fn finish_row(sum: u64) -> u64 {
    let mut z = sum.wrapping_add(GOLDEN);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

fn read_u64(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes[..8].try_into().expect("a slice of 8 bytes"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{FixedSizeBinaryArray, Float64Array, Int64Array, StringArray};
    use arrow::datatypes::{Field, Schema};
    use proptest::prelude::*;

    use super::*;
    use crate::dataset::table::ShapeColumn;

    fn shape(columns: &[(&str, ColumnType)]) -> TableShape {
        let column = |(name, ty): &(&str, ColumnType)| ShapeColumn::new(*name, ty.clone()).nullable();
        TableShape { entity: "things".into(), columns: columns.iter().map(column).collect() }
    }

    /// The digest of one batch with these columns.
    fn digest(columns: &[(&str, ColumnType, ArrayRef)]) -> LogicalDigest {
        let types: Vec<_> = columns.iter().map(|(name, ty, _)| (*name, ty.clone())).collect();
        let fields: Vec<_> = columns
            .iter()
            .map(|(name, _, array)| Field::new(*name, array.data_type().clone(), true))
            .collect();
        let arrays = columns.iter().map(|(_, _, array)| array.clone()).collect();
        let mut digest = LogicalDigest::new(&shape(&types));
        digest.add(&RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()).unwrap();
        digest
    }

    fn text(values: &[Option<&str>]) -> LogicalDigest {
        digest(&[("a", ColumnType::Text, Arc::new(StringArray::from(values.to_vec())))])
    }

    fn two(a: &[i64], b: &[i64]) -> LogicalDigest {
        let column = |values: &[i64]| -> ArrayRef { Arc::new(Int64Array::from(values.to_vec())) };
        digest(&[("a", ColumnType::BigInteger, column(a)), ("b", ColumnType::BigInteger, column(b))])
    }

    fn float(value: f64) -> u128 {
        digest(&[("a", ColumnType::Float, Arc::new(Float64Array::from(vec![value])))]).value()
    }

    #[test]
    fn the_digest_is_frozen() {
        assert_eq!(two(&[1, 2, -3], &[4, 5, 6]).to_string(), FROZEN_NUMBERS);
        let texts =
            ["", "a", "abcd", "abcdefgh", "0123456789abcdef", &"long text, 32 bytes and over ".repeat(5)];
        let texts: Vec<_> = texts.into_iter().map(Some).chain([None]).collect();
        assert_eq!(text(&texts).to_string(), FROZEN_TEXTS);
    }

    /// From a second implementation, in Python on arbitrary-precision integers.
    const FROZEN_NUMBERS: &str = "0000000000000001de79758ea7269cb9";
    const FROZEN_TEXTS: &str = "0000000000000002b79fca23bac61f9e";

    #[test]
    fn exchanging_values_between_rows_or_columns_changes_it() {
        // The low half: in a plain sum of hashes the carries into the high half tell some exchanges by luck.
        let low = |a: &[i64], b: &[i64]| two(a, b).value() as u64;
        let before = low(&[1, 2], &[3, 4]);
        assert_ne!(before, low(&[2, 1], &[3, 4]));
        assert_ne!(before, low(&[3, 2], &[1, 4]));
        assert_ne!(before, low(&[3, 4], &[1, 2]));
        assert_eq!(before, low(&[2, 1], &[4, 3]));
    }

    #[test]
    fn columns_may_change_places_but_not_names() {
        let a: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let b: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
        let first = ("a", ColumnType::BigInteger, a.clone());
        let second = ("b", ColumnType::Text, b);
        let before = digest(&[first.clone(), second.clone()]).value();
        assert_eq!(before, digest(&[second.clone(), first]).value());
        assert_ne!(before, digest(&[("c", ColumnType::BigInteger, a), second]).value());
    }

    #[test]
    fn null_is_no_value() {
        assert_ne!(text(&[None]).value(), text(&[Some("")]).value());
        assert_ne!(text(&[None, Some("a")]).value(), text(&[Some("a"), Some("")]).value());
        let integers =
            |value| digest(&[("a", ColumnType::BigInteger, Arc::new(Int64Array::from(vec![value])))]).value();
        assert_ne!(integers(None), integers(Some(0)));
    }

    #[test]
    fn there_is_one_zero_and_one_nan() {
        assert_eq!(float(0.0), float(-0.0));
        assert_eq!(float(f64::NAN), float(-f64::from_bits(f64::NAN.to_bits() | 1)));
        assert_ne!(float(0.0), float(f64::MIN_POSITIVE));
        assert_ne!(float(1.0), float(-1.0));
    }

    #[test]
    fn a_uuid_is_the_same_as_bytes_and_as_text() {
        let bytes: [u8; 16] = std::array::from_fn(|i| i as u8 * 17);
        let binary =
            FixedSizeBinaryArray::try_from_sparse_iter_with_size([Some(bytes), None].into_iter(), 16);
        let binary = digest(&[("a", ColumnType::Uuid, Arc::new(binary.unwrap()))]);
        let written = StringArray::from(vec![Some("00112233-4455-6677-8899-aabbccddeeff"), None]);
        assert_eq!(binary.value(), digest(&[("a", ColumnType::Uuid, Arc::new(written))]).value());
        let mut refusing = LogicalDigest::new(&shape(&[("a", ColumnType::Uuid)]));
        let bad: ArrayRef = Arc::new(StringArray::from(vec!["no uuid"]));
        assert!(refusing.add(&RecordBatch::try_from_iter([("a", bad)]).unwrap()).is_err());
    }

    #[test]
    fn a_missing_or_mistyped_column_is_an_error() {
        let mut digest = LogicalDigest::new(&shape(&[("a", ColumnType::Text)]));
        let array: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        assert!(digest.add(&RecordBatch::try_from_iter([("b", array.clone())]).unwrap()).is_err());
        assert!(digest.add(&RecordBatch::try_from_iter([("a", array)]).unwrap()).is_err());
        assert_eq!((digest.rows(), digest.value()), (0, 0));
    }

    #[test]
    fn every_bit_of_a_text_counts_at_every_length() {
        for length in 1..=130 {
            let plain = vec![b'a'; length];
            let before = text(&[Some(str::from_utf8(&plain).unwrap())]).value();
            for at in 0..length {
                let mut changed = plain.clone();
                changed[at] ^= 1;
                assert_ne!(before, text(&[Some(str::from_utf8(&changed).unwrap())]).value(), "{length} {at}");
            }
            let longer = "a".repeat(length + 1);
            assert_ne!(before, text(&[Some(&longer)]).value(), "{length}");
        }
    }

    #[test]
    fn a_grid_of_small_numbers_has_no_equal_rows() {
        let (a, b): (Vec<i64>, Vec<i64>) = (0..90_000).map(|i| (i / 300, i % 300)).unzip();
        let mut seen: Vec<u128> = a.iter().zip(&b).map(|(a, b)| two(&[*a], &[*b]).value()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), a.len());
    }

    proptest! {
        #[test]
        fn order_and_cut_do_not_matter(
            mut values in prop::collection::vec(prop::option::of(".{0,40}"), 1..60), cut: prop::sample::Index,
        ) {
            let whole = text(&values.iter().map(Option::as_deref).collect::<Vec<_>>());
            let all: ArrayRef = Arc::new(StringArray::from(values.clone()));
            let at = cut.index(values.len());
            let mut merged = digest(&[("a", ColumnType::Text, all.slice(at, values.len() - at))]);
            merged.merge(&digest(&[("a", ColumnType::Text, all.slice(0, at))]));
            prop_assert_eq!((merged.value(), merged.rows()), (whole.value(), whole.rows()));
            values.reverse();
            prop_assert_eq!(text(&values.iter().map(Option::as_deref).collect::<Vec<_>>()).value(), whole.value());
            values.push(None);
            prop_assert_ne!(text(&values.iter().map(Option::as_deref).collect::<Vec<_>>()).value(), whole.value());
        }
    }
}
