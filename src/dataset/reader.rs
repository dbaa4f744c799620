//! [`PartReader`]: the rows of a part, typed, from any format.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::csv_reader::{CsvError, CsvReader, CsvRecord};
use super::format::{BLOCK_ROWS, Format};
use super::stored;
use super::table::{ShapeColumn, TableShape};
use super::text_builder::TextBuilder;
use crate::error::{Error, Result};

/// Iterates over the batches of a part: at most [`BLOCK_ROWS`] rows each, with the columns, types and order of
/// the shape, whatever else the file holds. UUIDs that the file holds as text come as UUIDs.
pub struct PartReader {
    path: PathBuf,
    shape: TableShape,
    schema: SchemaRef,
    source: Source,
    failed: bool,
}

enum Source {
    Parquet(ParquetRecordBatchReader),
    Csv(CsvSource),
}

struct CsvSource {
    reader: CsvReader<Box<dyn Read + Send>>,
    record: CsvRecord,
    /// How many columns the header names.
    width: usize,
    /// Where in a record each column of the shape stands.
    places: Vec<usize>,
}

impl PartReader {
    /// Opens a part and finds the shape's columns in it.
    pub fn open(path: &Path, shape: &TableShape, format: Format) -> Result<Self> {
        let file = File::open(path).map_err(Error::io("cannot open", path))?;
        let source = match format {
            Format::Parquet => Source::Parquet(open_parquet(path, file, shape)?),
            Format::Csv => Source::Csv(CsvSource::open(path, Box::new(file), shape)?),
            Format::CsvZstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(BufReader::new(file))
                    .map_err(Error::io("cannot decompress", path))?;
                Source::Csv(CsvSource::open(path, Box::new(decoder), shape)?)
            }
        };
        Ok(Self {
            path: path.to_owned(),
            shape: shape.clone(),
            schema: shape.schema(),
            source,
            failed: false,
        })
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        match &mut self.source {
            Source::Parquet(reader) => match reader.next() {
                None => Ok(None),
                Some(Err(error)) => Err(Error::file(&self.path, error.to_string())),
                Some(Ok(batch)) => typed(&self.path, &self.shape, &self.schema, &batch).map(Some),
            },
            Source::Csv(source) => source.next_batch(&self.path, &self.shape, &self.schema),
        }
    }
}

impl Iterator for PartReader {
    type Item = Result<RecordBatch>;

    /// After an error there is nothing more.
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let batch = self.next_batch().transpose();
        self.failed = matches!(batch, Some(Err(_)));
        batch
    }
}

fn open_parquet(path: &Path, file: File, shape: &TableShape) -> Result<ParquetRecordBatchReader> {
    let wrong = |error: parquet::errors::ParquetError| Error::file(path, error.to_string());
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(wrong)?;
    let roots = shape
        .columns
        .iter()
        .map(|column| parquet_root(builder.schema(), column).map_err(|message| Error::file(path, message)))
        .collect::<Result<Vec<_>>>()?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    builder.with_projection(mask).with_batch_size(BLOCK_ROWS).build().map_err(wrong)
}

/// Where the column stands in the file.
fn parquet_root(schema: &Schema, column: &ShapeColumn) -> Result<usize, String> {
    let (root, field) = schema
        .column_with_name(&column.name)
        .ok_or_else(|| format!("the column `{}` is missing", column.name))?;
    if stored::is_form_of(field.data_type(), &column.ty) {
        Ok(root)
    } else {
        Err(format!("the column `{}` is {}, not {}", column.name, field.data_type(), column.ty))
    }
}

/// The file's columns in the shape's order and types.
fn typed(path: &Path, shape: &TableShape, schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch> {
    let columns = shape
        .columns
        .iter()
        .map(|column| {
            let array = batch
                .column_by_name(&column.name)
                .ok_or_else(|| Error::internal(format!("the projection lost `{}`", column.name)))?;
            stored::restore(array, &column.ty)
                .map_err(|message| Error::file(path, format!("column `{}`: {message}", column.name)))
        })
        .collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(schema.clone(), columns).map_err(|error| Error::file(path, error.to_string()))
}

impl CsvSource {
    fn open(path: &Path, source: Box<dyn Read + Send>, shape: &TableShape) -> Result<Self> {
        let mut reader = CsvReader::new(source);
        let mut record = CsvRecord::default();
        if !reader.read(&mut record).map_err(|error| blame(path, error))? {
            return Err(Error::file(path, "the header is missing"));
        }
        let place = |column: &ShapeColumn| {
            (0..record.len())
                .find(|index| record.value(*index) == Some(column.name.as_bytes()))
                .ok_or_else(|| Error::file(path, format!("the header lacks the column `{}`", column.name)))
        };
        let places = shape.columns.iter().map(place).collect::<Result<_>>()?;
        let width = record.len();
        Ok(Self { reader, record, width, places })
    }

    fn next_batch(
        &mut self,
        path: &Path,
        shape: &TableShape,
        schema: &SchemaRef,
    ) -> Result<Option<RecordBatch>> {
        let mut builders: Vec<TextBuilder> =
            shape.columns.iter().map(|column| TextBuilder::new(&column.ty)).collect();
        let mut rows = 0;
        while rows < BLOCK_ROWS && self.reader.read(&mut self.record).map_err(|error| blame(path, error))? {
            self.append(shape, &mut builders)
                .map_err(|message| Error::file(path, format!("line {}, {message}", self.record.line())))?;
            rows += 1;
        }
        if rows == 0 {
            return Ok(None);
        }
        let columns = builders.into_iter().map(TextBuilder::finish).collect();
        // Without columns only the count is left to tell.
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(Some(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?))
    }

    fn append(&self, shape: &TableShape, builders: &mut [TextBuilder]) -> Result<(), String> {
        if self.record.len() != self.width {
            return Err(format!("{} values where the header names {}", self.record.len(), self.width));
        }
        for ((column, place), builder) in shape.columns.iter().zip(&self.places).zip(builders) {
            match self.record.value(*place) {
                Some(value) => builder.push(value).ok_or_else(|| wrong_value(column, value))?,
                None if column.nullable => builder.push_null(),
                None => return Err(format!("column `{}`: NULL, where it is not allowed", column.name)),
            }
        }
        Ok(())
    }
}

fn wrong_value(column: &ShapeColumn, value: &[u8]) -> String {
    let mut text: String = String::from_utf8_lossy(value).chars().take(60).collect();
    if text.len() < value.len() && text.chars().count() == 60 {
        text.push('…');
    }
    format!("column `{}`: `{text}` is no {}", column.name, column.ty)
}

fn blame(path: &Path, error: CsvError) -> Error {
    match error {
        CsvError::Io(source) => Error::io("cannot read", path)(source),
        CsvError::Syntax { .. } => Error::file(path, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;

    use super::*;
    use crate::model::ColumnType;

    fn shape() -> TableShape {
        TableShape {
            entity: "things".into(),
            columns: vec![
                ShapeColumn::new("id", ColumnType::Integer),
                ShapeColumn::new("price", ColumnType::Decimal { precision: 5, scale: 2 }).nullable(),
            ],
        }
    }

    fn read(text: &str) -> Result<Vec<RecordBatch>> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("part.csv");
        std::fs::write(&path, text).unwrap();
        PartReader::open(&path, &shape(), Format::Csv)?.collect()
    }

    #[test]
    fn columns_are_found_by_name_and_others_skipped() {
        let batches = read("extra,price,id\nx,1.50,7\n\"\",,8\n").unwrap();
        let ids = batches[0].column(0).as_primitive::<arrow::datatypes::Int32Type>();
        assert_eq!(ids.values(), &[7, 8]);
        let prices = batches[0].column(1).as_primitive::<arrow::datatypes::Decimal128Type>();
        assert_eq!(prices.iter().collect::<Vec<_>>(), [Some(150), None]);
    }

    #[test]
    fn a_wrong_value_is_named_with_file_line_and_column() {
        for (text, message) in [
            ("id,price\n1,1.00\n2,1.005\n", "line 3, column `price`: `1.005` is no decimal(5,2)"),
            ("id,price\n\"1\n\",1.00\n", "line 2, column `id`: `1\n` is no integer"),
            ("id,price\n,1.00\n", "line 2, column `id`: NULL, where it is not allowed"),
            ("id,price\n\"\",1.00\n", "line 2, column `id`: `` is no integer"),
            ("id,price\n1\n", "line 2, 1 values where the header names 2"),
            ("id,price\n1,\"2\n", "line 2: a quoted value of this record has no end"),
            ("id,cost\n", "the header lacks the column `price`"),
            ("", "the header is missing"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.ends_with(&format!("part.csv: {message}")), "{error}");
        }
    }

    #[test]
    fn nothing_follows_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("part.csv");
        std::fs::write(&path, "id,price\nx,\n1,\n").unwrap();
        let mut reader = PartReader::open(&path, &shape(), Format::Csv).unwrap();
        assert!(reader.next().unwrap().is_err());
        assert!(reader.next().is_none());
    }

    #[test]
    fn a_file_that_is_no_parquet_or_no_zstd_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("part");
        std::fs::write(&path, "id,price\n1,1.00\n").unwrap();
        for format in [Format::Parquet, Format::CsvZstd] {
            let error = PartReader::open(&path, &shape(), format).err().unwrap().to_string();
            assert!(error.contains(path.to_str().unwrap()), "{error}");
        }
    }
}
