//! [`ParquetSink`]: a part as Parquet, encoded by what its columns are, never by a look at the data.

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};

use super::part_file::PartFile;
use super::{BlockOrder, PartSink, WrittenPart};
use crate::dataset::format::{CREATED_BY, ParquetProfile, ROW_GROUP_ROWS, ZSTD_LEVEL};
use crate::dataset::stored::{self, StoredForm};
use crate::dataset::table::{ShapeColumn, TableShape};
use crate::error::{Error, Result};
use crate::model::column_type::ColumnType;

/// Uncompressed bytes of a page, at most: the smallest unit that a reader decodes.
const PAGE_BYTES: usize = 1024 * 1024;

/// Rows of a page, at most.
const PAGE_ROWS: usize = 20_000;

/// Bytes of a dictionary before its column goes on without: in text of 8 bytes, 87,000 different values.
const DICTIONARY_BYTES: usize = 1024 * 1024;

/// Rows that are encoded at a time, which are this format's block: pages are cut between blocks.
const ENCODE_ROWS: usize = 1024;

/// Writes Parquet.
pub struct ParquetSink {
    writer: ArrowWriter<PartFile>,
    path: PathBuf,
    order: BlockOrder,
    /// How the file holds the table, where that is not how rows are worked on.
    stored: Option<StoredForm>,
}

impl ParquetSink {
    /// Starts a part of that table.
    pub fn new(part: PartFile, shape: &TableShape, profile: ParquetProfile) -> Result<Self> {
        let stored = StoredForm::new(shape, profile);
        let path = part.path().to_owned();
        let writer = ArrowWriter::try_new(part, stored.schema().clone(), Some(properties(shape, profile)?))
            .map_err(|error| blame(&path, error))?;
        let stored = stored.differs().then_some(stored);
        Ok(Self { writer, path, order: BlockOrder::new(shape, ENCODE_ROWS), stored })
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
    fn block_rows(&self) -> usize {
        ENCODE_ROWS
    }

    fn write(&mut self, blocks: &RecordBatch) -> Result<()> {
        if !self.order.admit(blocks)? {
            return Ok(());
        }
        let written = match &self.stored {
            None => self.writer.write(blocks),
            Some(stored) => self.writer.write(&stored.block(blocks)?),
        };
        written.map_err(|error| blame(&self.path, error))
    }

    fn finish(self: Box<Self>) -> Result<WrittenPart> {
        let Self { writer, path, order, .. } = *self;
        let part = writer.into_inner().map_err(|error| blame(&path, error))?;
        WrittenPart::new(part, order.rows())
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
        let path = stored::leaf(column);
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
        Self::of_type(&column.ty, column.low_cardinality, profile)
    }

    fn of_type(ty: &ColumnType, dictionary: bool, profile: ParquetProfile) -> Self {
        let number = |values| Self { values, dictionary, statistics: true, compressed: true };
        let text = Self {
            values: Encoding::DELTA_LENGTH_BYTE_ARRAY,
            dictionary,
            statistics: false,
            compressed: true,
        };
        match (ty, profile) {
            // Random bytes: zstd finds nothing in them (ratio 1.00). Keys that come in runs shrink well.
            // Version 1 files have no dictionaries of fixed-length bytes.
            (ColumnType::Uuid, ParquetProfile::Standard) => {
                Self { values: Encoding::PLAIN, dictionary: false, statistics: false, compressed: dictionary }
            }
            (ColumnType::Uuid, ParquetProfile::Spark) | (ColumnType::Text | ColumnType::Json, _) => text,
            (ColumnType::Array { element }, _) => {
                Self { statistics: false, ..Self::of_type(element, dictionary, profile) }
            }
            (ColumnType::Enum { .. }, _) => Self { dictionary: true, ..text },
            (ColumnType::Integer | ColumnType::BigInteger | ColumnType::Date, _) => {
                number(Encoding::DELTA_BINARY_PACKED)
            }
            (ColumnType::Timestamp | ColumnType::DateTime | ColumnType::Interval, _) => {
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
