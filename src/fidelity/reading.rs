//! [`Rows`]: the rows of any file, in the model's types.
//!
//! What another tool wrote is taken in whatever type holds the same values; a value that is none of the model's type
//! comes as NULL and is counted.

mod convert;
mod csv;
mod values;

use std::fs::File;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use self::convert::Conversion;
use self::csv::CsvRows;
use super::evidence::TableFile;
use crate::dataset::format::{BLOCK_ROWS, Format};
use crate::model::ColumnId;
use crate::model::column_type::ColumnType;

/// How many characters of a value are shown.
const SHOWN: usize = 60;

/// A column that is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whose values they are.
    pub column: ColumnId,
    /// Its name in the file.
    pub name: String,
    /// What the model says that it holds.
    pub ty: ColumnType,
}

/// A column as the head of a file names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileColumn {
    /// Its name.
    pub name: String,
    /// Its type; text in CSV.
    pub data_type: DataType,
}

/// A file, or the rest of one, that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct Unreadable {
    /// The file, from the dataset's root.
    pub file: String,
    /// The row, from 1, where it is known.
    pub row: Option<u64>,
    /// What is wrong.
    pub message: String,
}

/// Values of a column that are not of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The column.
    pub column: ColumnId,
    /// The row of the first, from 1.
    pub row: u64,
    /// How many.
    pub count: u64,
    /// The first, shortened.
    pub found: String,
}

/// A stretch of a file that can be read for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its row groups, where the file has such; none: the file is one piece.
    groups: Option<Range<usize>>,
    /// The rows before it.
    pub first_row: u64,
}

impl Piece {
    const WHOLE: Self = Self { groups: None, first_row: 0 };
}

/// The rows of a file: batches of at most [`BLOCK_ROWS`] rows, with the wanted columns in the order of asking, each of
/// its type's [`ColumnType::data_type`], all nullable.
pub struct Rows {
    file: String,
    source: Source,
    columns: Vec<ColumnId>,
    schema: SchemaRef,
    /// Rows of the file that are behind.
    rows: u64,
    misfits: Misfits,
    finished: bool,
}

enum Source {
    Parquet { reader: ParquetRecordBatchReader, conversions: Vec<(Option<usize>, Conversion)> },
    Csv(CsvRows),
}

impl Rows {
    /// Opens a file. A column that it has not is NULL throughout, and a misfit in every row.
    ///
    /// # Errors
    ///
    /// A file that is missing, empty, cut off, or not what its name says.
    pub fn open(file: &TableFile, wanted: &[Wanted]) -> Result<Self, Unreadable> {
        Self::open_piece(file, &Piece::WHOLE, wanted)
    }

    /// Opens a piece of a file; rows are numbered as in the file.
    ///
    /// # Errors
    ///
    /// As [`Rows::open`].
    pub fn open_piece(file: &TableFile, piece: &Piece, wanted: &[Wanted]) -> Result<Self, Unreadable> {
        let blame = |message: String| Unreadable { file: file.name.clone(), row: None, message };
        let opened = File::open(&file.path).map_err(|error| blame(error.to_string()))?;
        let source = match file.format {
            Format::Parquet => guarded(|| open_parquet(opened, piece, wanted)),
            Format::Csv => CsvRows::open(Box::new(opened), wanted).map(Source::Csv),
            Format::CsvZstd => {
                csv::decoded(opened).and_then(|source| CsvRows::open(source, wanted)).map(Source::Csv)
            }
        };
        let fields = wanted.iter().map(|column| Field::new(&column.name, column.ty.data_type(), true));
        Ok(Self {
            file: file.name.clone(),
            source: source.map_err(blame)?,
            columns: wanted.iter().map(|column| column.column).collect(),
            schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())),
            rows: piece.first_row,
            misfits: Misfits { found: Vec::new() },
            finished: false,
        })
    }

    /// What did not fit so far, in the order of the columns asked for; complete after the last batch.
    pub fn misfits(&self) -> &[Misfit] {
        &self.misfits.found
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, Unreadable> {
        let blame = |row, message| Unreadable { file: self.file.clone(), row, message };
        let misfits = &mut self.misfits;
        let (rows, arrays) = match &mut self.source {
            Source::Parquet { reader, conversions } => {
                let next = guarded(|| reader.next().transpose().map_err(|error| error.to_string()));
                let next = next.map_err(|error| blame(None, format!("behind row {}: {error}", self.rows)))?;
                let Some(batch) = next else { return Ok(None) };
                let mut arrays: Vec<ArrayRef> = Vec::with_capacity(conversions.len());
                for ((place, conversion), column) in conversions.iter().zip(&self.columns) {
                    let array = place.map(|place| batch.column(place));
                    let mut misfit = |row: usize, found: &dyn Fn() -> String| {
                        misfits.count(*column, self.rows + row as u64 + 1, found);
                    };
                    let converted = conversion.apply(array, batch.num_rows(), &mut misfit);
                    arrays.push(converted.map_err(|error| blame(None, error.to_string()))?);
                }
                (batch.num_rows(), arrays)
            }
            Source::Csv(source) => {
                let mut misfit = |column: usize, row: usize, found: &dyn Fn() -> String| {
                    misfits.count(self.columns[column], self.rows + row as u64 + 1, found);
                };
                let (rows, arrays) =
                    source.next_rows(&mut misfit).map_err(|fault| blame(Some(self.rows + 1), fault))?;
                if rows == 0 {
                    return Ok(None);
                }
                (rows, arrays)
            }
        };
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .map_err(|error| blame(None, error.to_string()))?;
        self.rows += rows as u64;
        Ok(Some(batch))
    }
}

impl Iterator for Rows {
    type Item = Result<RecordBatch, Unreadable>;

    /// After an error there is nothing more.
    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let batch = self.next_batch().transpose();
        self.finished = !matches!(batch, Some(Ok(_)));
        batch
    }
}

/// What has not fitted.
struct Misfits {
    found: Vec<Misfit>,
}

impl Misfits {
    fn count(&mut self, column: ColumnId, row: u64, found: &dyn Fn() -> String) {
        match self.found.iter_mut().find(|misfit| misfit.column == column) {
            Some(misfit) => misfit.count += 1,
            None => self.found.push(Misfit { column, row, count: 1, found: shortened(&found()) }),
        }
    }
}

/// The first characters of a value.
pub(super) fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(SHOWN).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

/// The columns that the head of a file names.
///
/// # Errors
///
/// As [`Rows::open`].
pub fn columns_of(file: &TableFile) -> Result<Vec<FileColumn>, Unreadable> {
    let blame = |message: String| Unreadable { file: file.name.clone(), row: None, message };
    let opened = File::open(&file.path).map_err(|error| blame(error.to_string()))?;
    let columns = match file.format {
        Format::Parquet => parquet_builder(opened)
            .map(|builder| builder.schema().fields().iter().map(|field| file_column(field)).collect()),
        Format::Csv => csv::header(Box::new(opened)),
        Format::CsvZstd => csv::decoded(opened).and_then(csv::header),
    };
    columns.map_err(blame)
}

fn file_column(field: &Field) -> FileColumn {
    FileColumn { name: field.name().clone(), data_type: field.data_type().clone() }
}

/// The pieces of a file, of about so many rows or more each; one, where it cannot be cut or read.
pub fn pieces(file: &TableFile, rows: u64) -> Vec<Piece> {
    let opened = File::open(&file.path).ok().filter(|_| file.format == Format::Parquet);
    let Some(builder) = opened.and_then(|opened| parquet_builder(opened).ok()) else {
        return vec![Piece::WHOLE];
    };
    let (mut pieces, mut first, mut piece_rows, mut first_row) = (Vec::new(), 0, 0, 0);
    let groups = builder.metadata().row_groups();
    for (at, group) in groups.iter().enumerate() {
        piece_rows += u64::try_from(group.num_rows()).unwrap_or_default();
        if piece_rows >= rows || at + 1 == groups.len() {
            pieces.push(Piece { groups: Some(first..at + 1), first_row });
            first_row += std::mem::take(&mut piece_rows);
            first = at + 1;
        }
    }
    if pieces.is_empty() { vec![Piece::WHOLE] } else { pieces }
}

/// What the rows of a Parquet file take when they are not compressed, by its own account.
pub(super) fn uncompressed_bytes(file: &TableFile) -> Option<u64> {
    let builder = parquet_builder(File::open(&file.path).ok()?).ok()?;
    let bytes = builder.metadata().row_groups().iter().map(|group| group.total_byte_size());
    bytes.map(|bytes| u64::try_from(bytes).ok()).sum()
}

fn parquet_builder(file: File) -> Result<ParquetRecordBatchReaderBuilder<File>, String> {
    guarded(|| ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| error.to_string()))
}

/// The library panics at some damaged files (3 of 1,000 with a few wrong bytes). What it worked on is given up then.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        Err(format!("the file is damaged: {text}"))
    })
}

fn open_parquet(file: File, piece: &Piece, wanted: &[Wanted]) -> Result<Source, String> {
    let builder = parquet_builder(file)?;
    let builder = match &piece.groups {
        Some(groups) => builder.with_row_groups(groups.clone().collect()),
        None => builder,
    };
    let schema = builder.schema().clone();
    let found: Vec<Option<usize>> = wanted
        .iter()
        .map(|column| schema.fields().iter().position(|field| *field.name() == column.name))
        .collect();
    // A batch holds the projected columns in the order of the file.
    let mut projected: Vec<usize> = found.iter().flatten().copied().collect();
    projected.sort_unstable();
    projected.dedup();
    let conversions = found
        .iter()
        .zip(wanted)
        .map(|(root, column)| match root {
            None => (None, Conversion::missing(&column.ty)),
            Some(root) => {
                let conversion = Conversion::between(schema.field(*root).data_type(), &column.ty);
                (projected.binary_search(root).ok(), conversion)
            }
        })
        .collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), projected);
    let reader = builder.with_projection(mask).with_batch_size(BLOCK_ROWS).build();
    let reader = reader.map_err(|error| error.to_string())?;
    Ok(Source::Parquet { reader, conversions })
}

#[cfg(test)]
mod tests;
