//! [`ParquetSink`]: a part as Parquet, encoded by what its columns are, never by a look at the data.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

use super::part_file::PartFile;
use super::{BlockOrder, PartRecord, PartSink};
use crate::dataset::format::{CREATED_BY, ParquetProfile, ROW_GROUP_ROWS, ZSTD_LEVEL};
use crate::dataset::table::{ShapeColumn, TableShape};
use crate::error::{Error, Result};
use crate::model::column_type::ColumnType;
use crate::model::text_form::write::uuid_text;

/// Uncompressed bytes of a page, at most: the smallest unit that a reader decodes.
const PAGE_BYTES: usize = 1024 * 1024;

/// Rows of a page, at most.
const PAGE_ROWS: usize = 20_000;

/// Bytes of a dictionary before its column goes on without: in text of 8 bytes, 87,000 different values.
const DICTIONARY_BYTES: usize = 1024 * 1024;

/// Rows that are encoded at a time; pages are cut between such runs.
const ENCODE_ROWS: usize = 1024;

/// Writes Parquet.
pub struct ParquetSink {
    writer: ArrowWriter<PartFile>,
    path: PathBuf,
    order: BlockOrder,
    /// The file's schema, where it is not the table's.
    converted: Option<SchemaRef>,
}

impl ParquetSink {
    /// Starts a part of that table.
    pub fn new(part: PartFile, shape: &TableShape, profile: ParquetProfile) -> Result<Self> {
        let schema = shape.schema();
        let (file_schema, converted) = match profile {
            ParquetProfile::Standard => (schema, None),
            ParquetProfile::Spark => {
                let schema = text_uuid_schema(&schema);
                (schema.clone(), Some(schema))
            }
        };
        let path = part.path().to_owned();
        let writer = ArrowWriter::try_new(part, file_schema, Some(properties(shape, profile)?))
            .map_err(|error| blame(&path, error))?;
        Ok(Self { writer, path, order: BlockOrder::new(shape), converted })
    }
}

/// The file's own error, where that is behind the writer's.
fn blame(path: &Path, error: ParquetError) -> Error {
    match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => Error::io("cannot write", path)(*source),
            Err(source) => Error::file(path, source.to_string()),
        },
        other => Error::file(path, other.to_string()),
    }
}

impl PartSink for ParquetSink {
    fn write(&mut self, block: &RecordBatch) -> Result<()> {
        if !self.order.admit(block)? {
            return Ok(());
        }
        let written = match &self.converted {
            None => self.writer.write(block),
            Some(schema) => self.writer.write(&with_text_uuids(block, schema)?),
        };
        written.map_err(|error| blame(&self.path, error))
    }

    fn finish(self: Box<Self>) -> Result<PartRecord> {
        let Self { writer, path, order, .. } = *self;
        let part = writer.into_inner().map_err(|error| blame(&path, error))?;
        let (bytes, sha256) = part.finish()?;
        Ok(PartRecord { rows: order.rows(), bytes, sha256 })
    }

    fn buffered_bytes(&self) -> usize {
        self.writer.memory_size() + self.writer.inner().buffered_bytes()
    }
}

/// Everything that the bytes depend on is set here, defaults of the library included: a new release may move them.
fn properties(shape: &TableShape, profile: ParquetProfile) -> Result<WriterProperties> {
    let zstd = ZstdLevel::try_new(ZSTD_LEVEL).map_err(Error::internal)?;
    let mut builder = WriterProperties::builder()
        // Polars fails on the fixed-length delta encoding that version 2 falls back to.
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(zstd))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(None)
        .set_write_batch_size(ENCODE_ROWS)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_write_page_header_statistics(false)
        .set_bloom_filter_enabled(false)
        .set_offset_index_disabled(false)
        .set_coerce_types(false)
        .set_write_path_in_schema(true)
        .set_content_defined_chunking(None);
    for column in &shape.columns {
        let path = ColumnPath::from(vec![column.name.clone()]);
        let encoding = ColumnEncoding::of(column, profile);
        builder = builder.set_column_encoding(path.clone(), encoding.values);
        if encoding.dictionary {
            builder = builder.set_column_dictionary_enabled(path.clone(), true);
        }
        if encoding.statistics {
            builder = builder.set_column_statistics_enabled(path.clone(), EnabledStatistics::Chunk);
        }
        if !encoding.compressed {
            builder = builder.set_column_compression(path, Compression::UNCOMPRESSED);
        }
    }
    Ok(builder.build())
}

/// How a column is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ColumnEncoding {
    /// Of the values, without a dictionary or after it has overflown.
    values: Encoding,
    dictionary: bool,
    /// Least and greatest value of every row group, for readers that skip.
    statistics: bool,
    compressed: bool,
}

impl ColumnEncoding {
    fn of(column: &ShapeColumn, profile: ParquetProfile) -> Self {
        let dictionary = column.low_cardinality;
        let number = |values| Self { values, dictionary, statistics: true, compressed: true };
        let text = Self {
            values: Encoding::DELTA_LENGTH_BYTE_ARRAY,
            dictionary,
            statistics: false,
            compressed: true,
        };
        match (&column.ty, profile) {
            // Random bytes: zstd finds nothing in them (ratio 1.00). Keys that come in runs shrink well.
            // Version 1 files have no dictionaries of fixed-length bytes.
            (ColumnType::Uuid, ParquetProfile::Standard) => Self {
                values: Encoding::PLAIN,
                dictionary: false,
                statistics: false,
                compressed: column.low_cardinality,
            },
            (ColumnType::Uuid, ParquetProfile::Spark) | (ColumnType::Text, _) => text,
            (ColumnType::Enum { .. }, _) => Self { dictionary: true, ..text },
            (ColumnType::Integer | ColumnType::BigInteger | ColumnType::Date, _) => {
                number(Encoding::DELTA_BINARY_PACKED)
            }
            (ColumnType::Timestamp | ColumnType::Interval, _) => {
                Self { dictionary: false, ..number(Encoding::DELTA_BINARY_PACKED) }
            }
            // Up to 18 digits are integers in the file, more are bytes of fixed length.
            (ColumnType::Decimal { precision: ..=18, .. }, _) => number(Encoding::DELTA_BINARY_PACKED),
            (ColumnType::Decimal { .. }, _) => Self { dictionary: false, ..number(Encoding::PLAIN) },
            (ColumnType::Float, ParquetProfile::Standard) => number(Encoding::BYTE_STREAM_SPLIT),
            // A vectorised reader of byte streams was proposed to Spark only in 2026 (SPARK-56894).
            (ColumnType::Float, ParquetProfile::Spark) => number(Encoding::PLAIN),
            // Bits have no dictionary in Parquet.
            (ColumnType::Boolean, _) => Self { dictionary: false, ..number(Encoding::PLAIN) },
        }
    }
}

/// The same schema with text where UUIDs were.
fn text_uuid_schema(schema: &Schema) -> SchemaRef {
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .map(|field| match field.data_type() {
            DataType::FixedSizeBinary(16) => Field::new(field.name(), DataType::Utf8, field.is_nullable()),
            _ => field.as_ref().clone(),
        })
        .collect();
    Arc::new(Schema::new(fields))
}

fn with_text_uuids(block: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = block
        .columns()
        .iter()
        .map(|array| match array.data_type() {
            DataType::FixedSizeBinary(16) => uuids_to_text(array),
            _ => Ok(array.clone()),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}

fn uuids_to_text(array: &ArrayRef) -> Result<ArrayRef> {
    let mut text = StringBuilder::with_capacity(array.len(), 36 * array.len());
    for uuid in array.as_fixed_size_binary().iter() {
        match uuid {
            None => text.append_null(),
            Some(bytes) => {
                let bytes = bytes.try_into().expect("a UUID has 16 bytes");
                text.append_value(str::from_utf8(&uuid_text(bytes)).expect("hexadecimal is ASCII"));
            }
        }
    }
    Ok(Arc::new(text.finish()))
}
