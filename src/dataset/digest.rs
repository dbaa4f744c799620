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

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMicrosecondType, Float64Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};

use super::csv_values::parse_uuid;
use super::table::TableShape;
use crate::error::{Error, Result};
use crate::model::column_type::ColumnType;

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
        self.accumulators.clear();
        self.accumulators.resize(batch.num_rows(), 0);
        for column in &self.columns {
            let array = batch
                .column_by_name(&column.name)
                .ok_or_else(|| Error::Internal(format!("a batch lacks the column `{}`", column.name)))?;
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
        if rest.len() > 16 {
            one = fold(read_u64(rest) ^ self.high, read_u64(&rest[8..]) ^ one);
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
            return Err(Error::Internal(format!("the column `{}` is {stored}, not {}", self.name, self.ty)));
        }
        match &self.ty {
            ColumnType::Uuid if *stored == DataType::Utf8 => return self.add_uuid_text(array, nulls, rows),
            ColumnType::Uuid => {
                let uuids = array.as_fixed_size_binary();
                let hash = |row: usize| {
                    let bytes = uuids.value(row);
                    key.pair(read_u64(bytes), read_u64(&bytes[8..]))
                };
                add_each(rows, nulls, key, hash);
            }
            ColumnType::Text | ColumnType::Enum { .. } => {
                let text = array.as_string::<i32>();
                let (offsets, data) = (text.value_offsets(), text.value_data());
                add_each(rows, nulls, key, |row| {
                    key.text(&data[offsets[row] as usize..offsets[row + 1] as usize])
                });
            }
            ColumnType::Integer => {
                let values = array.as_primitive::<Int32Type>().values();
                add_each(rows, nulls, key, |row| key.word(i64::from(values[row]).cast_unsigned()));
            }
            ColumnType::BigInteger => {
                let values = array.as_primitive::<Int64Type>().values();
                add_each(rows, nulls, key, |row| key.word(values[row].cast_unsigned()));
            }
            ColumnType::Float => {
                let values = array.as_primitive::<Float64Type>().values();
                add_each(rows, nulls, key, |row| key.word(canonical_float(values[row])));
            }
            ColumnType::Decimal { .. } => {
                let values = array.as_primitive::<Decimal128Type>().values();
                add_each(rows, nulls, key, |row| {
                    let unscaled = values[row].cast_unsigned();
                    key.pair(unscaled as u64, (unscaled >> 64) as u64)
                });
            }
            ColumnType::Boolean => {
                let values = array.as_boolean().values();
                add_each(rows, nulls, key, |row| key.word(u64::from(values.value(row))));
            }
            ColumnType::Timestamp => {
                let values = array.as_primitive::<TimestampMicrosecondType>().values();
                add_each(rows, nulls, key, |row| key.word(values[row].cast_unsigned()));
            }
            ColumnType::Date => {
                let values = array.as_primitive::<Date32Type>().values();
                add_each(rows, nulls, key, |row| key.word(i64::from(values[row]).cast_unsigned()));
            }
            ColumnType::Interval => {
                let values = array.as_primitive::<DurationMicrosecondType>().values();
                add_each(rows, nulls, key, |row| key.word(values[row].cast_unsigned()));
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
                let bytes = parse_uuid(value.as_bytes()).ok_or_else(|| {
                    Error::Internal(format!("the column `{}` holds `{value}`, which is no UUID", self.name))
                })?;
                self.key.pair(read_u64(&bytes), read_u64(&bytes[8..]))
            };
            *accumulator = accumulator.wrapping_add(hash);
        }
        Ok(())
    }
}

/// Adds `hash(row)`, or the key's hash of NULL, to every row's accumulator.
fn add_each(rows: &mut [u64], nulls: Option<&NullBuffer>, key: ColumnKey, hash: impl Fn(usize) -> u64) {
    match nulls {
        None => {
            for (row, accumulator) in rows.iter_mut().enumerate() {
                *accumulator = accumulator.wrapping_add(hash(row));
            }
        }
        Some(nulls) => {
            for (row, accumulator) in rows.iter_mut().enumerate() {
                let hash = if nulls.is_valid(row) { hash(row) } else { key.null };
                *accumulator = accumulator.wrapping_add(hash);
            }
        }
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
