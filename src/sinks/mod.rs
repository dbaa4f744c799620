//! [`PartSink`]: writers of parts.
pub mod csv;
pub mod csv_text;
pub mod parquet;
pub mod part_file;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use serde::{Deserialize, Serialize};

use crate::dataset::format::{BLOCK_ROWS, Format, ParquetProfile};
use crate::dataset::table::TableShape;
use crate::error::{Error, Result};
use crate::model::column_type::ColumnType;
use part_file::{PartFile, Target};

/// What a finished part is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRecord {
    /// Its rows.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Its sha256, in hexadecimal.
    pub sha256: String,
}

/// A part that is being written. Dropped before it is finished, it leaves nothing behind.
pub trait PartSink: Send {
    /// Writes the next block: every one but the last has exactly [`BLOCK_ROWS`] rows, and no row may be NULL
    /// where the table says so. The bytes of a part depend on its blocks, so any other cut is an error.
    fn write(&mut self, block: &RecordBatch) -> Result<()>;

    /// Makes the part durable under its name.
    fn finish(self: Box<Self>) -> Result<PartRecord>;

    /// Bytes held in memory.
    fn buffered_bytes(&self) -> usize;
}

/// Starts a part of that table; the profile speaks only of Parquet.
pub fn open(
    target: impl Into<Target>,
    shape: &TableShape,
    format: Format,
    profile: ParquetProfile,
) -> Result<Box<dyn PartSink>> {
    open_on(PartFile::create(target.into())?, shape, format, profile)
}

fn open_on(
    part: PartFile,
    shape: &TableShape,
    format: Format,
    profile: ParquetProfile,
) -> Result<Box<dyn PartSink>> {
    if let Some(column) = shape.columns.iter().find(|column| column.ty == ColumnType::Interval) {
        return Err(Error::Internal(format!("`{}` is an interval, which no file holds", column.name)));
    }
    Ok(match format {
        Format::Parquet => Box::new(parquet::ParquetSink::new(part, shape, profile)?),
        Format::Csv => Box::new(csv::CsvSink::new(part, shape, false)?),
        Format::CsvZstd => Box::new(csv::CsvSink::new(part, shape, true)?),
    })
}

/// Sees to it that blocks are the table's and are cut as the format says.
struct BlockOrder {
    columns: Vec<(DataType, bool)>,
    rows: u64,
    ended: bool,
}

impl BlockOrder {
    fn new(shape: &TableShape) -> Self {
        let columns = shape.columns.iter().map(|column| (column.ty.data_type(), column.nullable)).collect();
        Self { columns, rows: 0, ended: false }
    }

    /// Counts a block; false if it has no rows.
    fn admit(&mut self, block: &RecordBatch) -> Result<bool> {
        let rows = block.num_rows();
        if rows == 0 {
            return Ok(false);
        }
        if self.ended || rows > BLOCK_ROWS {
            return Err(Error::Internal(format!("a block of {rows} rows after {} rows", self.rows)));
        }
        let fits = block.num_columns() == self.columns.len()
            && block.columns().iter().zip(&self.columns).all(|(array, (data_type, nullable))| {
                array.data_type() == data_type && (*nullable || array.null_count() == 0)
            });
        if !fits {
            return Err(Error::Internal(format!(
                "a block's columns are not the table's: {}",
                block.schema()
            )));
        }
        self.ended = rows < BLOCK_ROWS;
        self.rows += rows as u64;
        Ok(true)
    }

    /// Rows so far.
    fn rows(&self) -> u64 {
        self.rows
    }
}
