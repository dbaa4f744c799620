//! [`CsvRows`]: the rows of a CSV file, from any tool.

use std::fs::File;
use std::io::{BufReader, Read};

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;

use super::values::{Column, Given};
use super::{FileColumn, Wanted};
use crate::dataset::csv_reader::{CsvReader, CsvRecord};
use crate::dataset::format::BLOCK_ROWS;
use crate::model::column_type::ColumnType;

/// Where text comes from.
pub type Bytes = Box<dyn Read + Send>;

/// Reads rows into columns.
pub struct CsvRows {
    reader: CsvReader<Bytes>,
    record: CsvRecord,
    /// How many columns the header names.
    width: usize,
    /// The wanted columns, and where they stand in a record.
    columns: Vec<(Option<usize>, ColumnType)>,
    /// What is wrong behind the rows that were given out.
    fault: Option<String>,
}

/// Told of the wanted column, the row among those of the call, and how to show what stands there.
type Report<'r> = &'r mut dyn FnMut(usize, usize, &dyn Fn() -> String);

/// The text of a compressed file.
pub fn decoded(file: File) -> Result<Bytes, String> {
    let decoder = zstd::stream::read::Decoder::with_buffer(BufReader::with_capacity(1 << 17, file));
    Ok(Box::new(decoder.map_err(|error| error.to_string())?))
}

/// The columns that the first record names.
pub fn header(source: Bytes) -> Result<Vec<FileColumn>, String> {
    let (_, record) = open(source)?;
    let column = |name| FileColumn { name, data_type: DataType::Utf8 };
    Ok(names(&record)?.into_iter().map(column).collect())
}

fn open(source: Bytes) -> Result<(CsvReader<Bytes>, CsvRecord), String> {
    let mut reader = CsvReader::new(without_mark(source)?);
    let mut record = CsvRecord::default();
    if !reader.read(&mut record).map_err(|error| error.to_string())? {
        return Err("the header is missing".to_owned());
    }
    Ok((reader, record))
}

/// The text without the byte order mark that some tools begin it with.
fn without_mark(mut source: Bytes) -> Result<Bytes, String> {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let mut first = Vec::new();
    (&mut source).take(MARK.len() as u64).read_to_end(&mut first).map_err(|error| error.to_string())?;
    if first == MARK {
        return Ok(source);
    }
    Ok(Box::new(std::io::Cursor::new(first).chain(source)))
}

fn names(record: &CsvRecord) -> Result<Vec<String>, String> {
    let name = |at| {
        let bytes = record.value(at).unwrap_or_default();
        str::from_utf8(bytes).map(str::to_owned).map_err(|_| "the header is not UTF-8".to_owned())
    };
    (0..record.len()).map(name).collect()
}

impl CsvRows {
    pub fn open(source: Bytes, wanted: &[Wanted]) -> Result<Self, String> {
        let (reader, record) = open(source)?;
        let names = names(&record)?;
        let place = |wanted: &Wanted| names.iter().position(|name| *name == wanted.name);
        let columns = wanted.iter().map(|wanted| (place(wanted), wanted.ty.clone())).collect();
        Ok(Self { reader, record, width: names.len(), columns, fault: None })
    }

    /// The next block of rows; none at the end. A fault comes behind the rows before it.
    pub fn next_rows(&mut self, report: Report<'_>) -> Result<(usize, Vec<ArrayRef>), String> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let mut built: Vec<Column> = self.columns.iter().map(|(_, ty)| Column::new(ty, BLOCK_ROWS)).collect();
        let mut rows = 0;
        while rows < BLOCK_ROWS {
            match self.read() {
                Ok(true) => {}
                Ok(false) => break,
                Err(fault) if rows == 0 => return Err(fault),
                Err(fault) => {
                    self.fault = Some(fault);
                    break;
                }
            }
            for (at, (column, (place, ty))) in built.iter_mut().zip(&self.columns).enumerate() {
                let Some(place) = *place else {
                    column.push_null();
                    report(at, rows, &|| "no such column".to_owned());
                    continue;
                };
                let Some(value) = self.record.value(place).filter(|value| !is_null(value, ty)) else {
                    column.push_null();
                    continue;
                };
                let given = str::from_utf8(value).map_or(Given::Bytes(value), Given::Text);
                if !column.take(given) {
                    report(at, rows, &|| String::from_utf8_lossy(value).into_owned());
                }
            }
            rows += 1;
        }
        Ok((rows, built.into_iter().map(Column::finish).collect()))
    }

    /// The next record; an empty line is none, unless it is all that a record can be.
    fn read(&mut self) -> Result<bool, String> {
        loop {
            if !self.reader.read(&mut self.record).map_err(|error| error.to_string())? {
                return Ok(false);
            }
            let length = self.record.len();
            if length == self.width {
                return Ok(true);
            }
            if length != 1 || self.record.value(0).is_some() {
                let line = self.record.line();
                return Err(format!("line {line}: {length} values where the header names {}", self.width));
            }
        }
    }
}

/// Spellings of NULL besides nothing at all; in a text they are text.
fn is_null(value: &[u8], ty: &ColumnType) -> bool {
    let is_text = matches!(ty, ColumnType::Text | ColumnType::Enum { .. });
    !is_text && (value.eq_ignore_ascii_case(b"null") || value == b"\\N")
}
