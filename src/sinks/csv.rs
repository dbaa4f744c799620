//! [`CsvSink`]: a part as psql's `\copy … FROM … CSV HEADER` takes it, plain or in zstd frames.
//!
//! UTF-8, LF, a header line; NULL is a bare nothing and the empty text `""`. Rows are formatted from typed
//! columns into one buffer of a block, with one match a value and no allocation.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use zstd::zstd_safe::CParameter;

use super::csv_text::push_text;
use super::part_file::PartFile;
use super::{BlockOrder, PartSink, WrittenPart};
use crate::dataset::format::{BLOCK_ROWS, ZSTD_LEVEL};
use crate::dataset::table::TableShape;
use crate::error::{Error, Result};
use crate::model::column_type::ColumnType;
use crate::model::text_form::write::{
    LastDay, push_boolean, push_date, push_datetime, push_decimal, push_float, push_integer,
    push_timestamp_beside, push_uuid,
};

/// Rows of plain CSV that are put together at a time, few enough for the caches: its bytes are the same for any cut.
const PLAIN_ROWS: usize = 1024;

/// Writes CSV, or CSV.zst: then every block is a frame with its content size and checksum, and the first also
/// holds the header, so that any run of frames can be read alone.
pub struct CsvSink {
    part: PartFile,
    columns: Vec<ColumnType>,
    order: BlockOrder,
    /// The text of the block at hand; at first, the header.
    text: Vec<u8>,
    compression: Option<Compression>,
}

struct Compression {
    compressor: zstd::bulk::Compressor<'static>,
    frame: Vec<u8>,
}

impl CsvSink {
    /// Starts a part of that table.
    pub fn new(part: PartFile, shape: &TableShape, compressed: bool) -> Result<Self> {
        let compression = compressed.then(|| Compression::new(&part)).transpose()?;
        let mut text = Vec::new();
        for (index, column) in shape.columns.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            push_text(&mut text, column.name.as_bytes());
        }
        text.push(b'\n');
        let columns = shape.columns.iter().map(|column| column.ty.clone()).collect();
        let block_rows = if compressed { BLOCK_ROWS } else { PLAIN_ROWS };
        Ok(Self { part, columns, order: BlockOrder::new(shape, block_rows), text, compression })
    }

    fn write_block(&mut self, block: &RecordBatch) -> Result<()> {
        let mut columns: Vec<Column<'_>> =
            self.columns.iter().zip(block.columns()).map(|(ty, array)| Column::new(ty, array)).collect();
        for row in 0..block.num_rows() {
            for (index, column) in columns.iter_mut().enumerate() {
                if index > 0 {
                    self.text.push(b',');
                }
                column.push(&mut self.text, row);
            }
            self.text.push(b'\n');
        }
        self.pass_on()
    }

    /// Writes the text at hand.
    fn pass_on(&mut self) -> Result<()> {
        match &mut self.compression {
            None => self.part.put(&self.text)?,
            Some(compression) => compression.put(&self.text, &mut self.part)?,
        }
        self.text.clear();
        Ok(())
    }
}

impl PartSink for CsvSink {
    fn block_rows(&self) -> usize {
        self.order.block_rows
    }

    fn write(&mut self, blocks: &RecordBatch) -> Result<()> {
        if !self.order.admit(blocks)? {
            return Ok(());
        }
        let block_rows = self.block_rows();
        for start in (0..blocks.num_rows()).step_by(block_rows) {
            self.write_block(&blocks.slice(start, block_rows.min(blocks.num_rows() - start)))?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<WrittenPart> {
        if !self.text.is_empty() {
            self.pass_on()?;
        }
        WrittenPart::new(self.part, self.order.rows())
    }

    fn buffered_bytes(&self) -> usize {
        let frame = self.compression.as_ref().map_or(0, |compression| compression.frame.capacity());
        self.text.capacity() + frame + self.part.buffered_bytes()
    }
}

impl Compression {
    fn new(part: &PartFile) -> Result<Self> {
        let error = Error::io("cannot compress", part.path());
        let compressor = (|| {
            let mut compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL)?;
            compressor.set_parameter(CParameter::ContentSizeFlag(true))?;
            compressor.set_parameter(CParameter::ChecksumFlag(true))?;
            Ok(compressor)
        })();
        Ok(Self { compressor: compressor.map_err(error)?, frame: Vec::new() })
    }

    fn put(&mut self, text: &[u8], part: &mut PartFile) -> Result<()> {
        self.frame.clear();
        self.frame.reserve(zstd::zstd_safe::compress_bound(text.len()));
        self.compressor
            .compress_to_buffer(text, &mut self.frame)
            .map_err(Error::io("cannot compress", part.path()))?;
        part.put(&self.frame)
    }
}

/// A column of the block at hand, with its type resolved once.
struct Column<'a> {
    nulls: Option<&'a NullBuffer>,
    values: Values<'a>,
}

enum Values<'a> {
    Uuid(&'a [[u8; 16]]),
    Text { offsets: &'a [i32], data: &'a [u8] },
    Integer(&'a [i32]),
    BigInteger(&'a [i64]),
    Float(&'a [f64]),
    Decimal(&'a [i128], i8),
    Boolean(&'a BooleanArray),
    Timestamp(&'a [i64], LastDay),
    DateTime(&'a [i64]),
    Date(&'a [i32]),
}

impl<'a> Column<'a> {
    fn new(ty: &ColumnType, array: &'a ArrayRef) -> Self {
        let values = match ty {
            ColumnType::Uuid => Values::Uuid(array.as_fixed_size_binary().value_data().as_chunks().0),
            ColumnType::Text | ColumnType::Enum { .. } | ColumnType::Json | ColumnType::Array { .. } => {
                let text = array.as_string::<i32>();
                Values::Text { offsets: text.value_offsets(), data: text.value_data() }
            }
            ColumnType::Integer => Values::Integer(array.as_primitive::<Int32Type>().values()),
            ColumnType::BigInteger => Values::BigInteger(array.as_primitive::<Int64Type>().values()),
            ColumnType::Float => Values::Float(array.as_primitive::<Float64Type>().values()),
            ColumnType::Decimal { scale, .. } => {
                Values::Decimal(array.as_primitive::<Decimal128Type>().values(), *scale)
            }
            ColumnType::Boolean => Values::Boolean(array.as_boolean()),
            ColumnType::Timestamp => {
                let times = array.as_primitive::<TimestampMicrosecondType>();
                Values::Timestamp(times.values(), LastDay::default())
            }
            ColumnType::DateTime => {
                Values::DateTime(array.as_primitive::<TimestampMicrosecondType>().values())
            }
            ColumnType::Date => Values::Date(array.as_primitive::<Date32Type>().values()),
            ColumnType::Interval => unreachable!("`open` refuses tables with an interval"),
        };
        Self { nulls: array.nulls().filter(|nulls| nulls.null_count() > 0), values }
    }

    fn push(&mut self, out: &mut Vec<u8>, row: usize) {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return;
        }
        match &mut self.values {
            Values::Uuid(uuids) => push_uuid(out, &uuids[row]),
            Values::Text { offsets, data } => {
                push_text(out, &data[offsets[row] as usize..offsets[row + 1] as usize]);
            }
            Values::Integer(values) => push_integer(out, i64::from(values[row])),
            Values::BigInteger(values) => push_integer(out, values[row]),
            Values::Float(values) => push_float(out, values[row]),
            Values::Decimal(values, scale) => push_decimal(out, values[row], *scale),
            Values::Boolean(values) => push_boolean(out, values.value(row)),
            Values::Timestamp(values, last) => push_timestamp_beside(out, values[row], last),
            Values::DateTime(values) => push_datetime(out, values[row]),
            Values::Date(values) => push_date(out, values[row]),
        }
    }
}
