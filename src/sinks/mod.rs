//! [`PartSink`]: writers of parts.
pub mod assembler;
pub mod csv;
pub mod csv_text;
pub mod parquet;
pub mod part_file;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use serde::{Deserialize, Serialize};

use crate::dataset::format::{Format, ParquetProfile};
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
    /// The rows of a block. The bytes of a part depend on where its blocks end.
    fn block_rows(&self) -> usize;

    /// Writes the next blocks, all of them whole but the part's last one. No row may be NULL where the table says so.
    /// Rows behind an unfinished block are an error.
    fn write(&mut self, blocks: &RecordBatch) -> Result<()>;

    /// Writes all that is left.
    fn finish(self: Box<Self>) -> Result<WrittenPart>;

    /// Bytes held in memory.
    fn buffered_bytes(&self) -> usize;
}

/// A part whose bytes are written, though perhaps not yet to the disk. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct WrittenPart {
    /// What it is.
    pub record: PartRecord,
    file: PartFile,
}

impl WrittenPart {
    fn new(mut file: PartFile, rows: u64) -> Result<Self> {
        let (bytes, sha256) = file.close()?;
        Ok(Self { record: PartRecord { rows, bytes, sha256 }, file })
    }

    /// Makes the part durable under its name. It waits for the disk, so whoever has more to write lets another thread
    /// do it.
    pub fn keep(self) -> Result<PartRecord> {
        self.file.keep()?;
        Ok(self.record)
    }
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
        return Err(Error::internal(format!("`{}` is an interval, which no file holds", column.name)));
    }
    Ok(match format {
        Format::Parquet => Box::new(parquet::ParquetSink::new(part, shape, profile)?),
        Format::Csv => Box::new(csv::CsvSink::new(part, shape, false)?),
        Format::CsvZstd => Box::new(csv::CsvSink::new(part, shape, true)?),
    })
}

/// Sees to it that blocks are the table's and are cut as the format says.
struct BlockOrder {
    block_rows: usize,
    columns: Vec<(DataType, bool)>,
    rows: u64,
    ended: bool,
}

impl BlockOrder {
    fn new(shape: &TableShape, block_rows: usize) -> Self {
        let columns = shape.columns.iter().map(|column| (column.ty.data_type(), column.nullable)).collect();
        Self { block_rows, columns, rows: 0, ended: false }
    }

    /// Counts some blocks; false if they have no rows.
    fn admit(&mut self, blocks: &RecordBatch) -> Result<bool> {
        let rows = blocks.num_rows();
        if rows == 0 {
            return Ok(false);
        }
        if self.ended {
            return Err(Error::internal(format!("{rows} rows after {}, of no whole block", self.rows)));
        }
        let fits = blocks.num_columns() == self.columns.len()
            && blocks.columns().iter().zip(&self.columns).all(|(array, (data_type, nullable))| {
                array.data_type() == data_type && (*nullable || array.null_count() == 0)
            });
        if !fits {
            return Err(Error::internal(format!(
                "a block's columns are not the table's: {}",
                blocks.schema()
            )));
        }
        self.ended = !rows.is_multiple_of(self.block_rows);
        self.rows += rows as u64;
        Ok(true)
    }

    /// Rows so far.
    fn rows(&self) -> u64 {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use arrow::array::*;
    use arrow::compute::concat_batches;

    use super::assembler::Assembler;
    use super::*;
    use crate::dataset::digest::LogicalDigest;
    use crate::dataset::format::BLOCK_ROWS;
    use crate::dataset::reader::PartReader;
    use crate::dataset::table::ShapeColumn;

    const EVERY_FILE: [(Format, ParquetProfile); 4] = [
        (Format::Parquet, ParquetProfile::Standard),
        (Format::Parquet, ParquetProfile::Spark),
        (Format::Csv, ParquetProfile::Standard),
        (Format::CsvZstd, ParquetProfile::Standard),
    ];

    /// A table with every type, with and without NULL.
    fn shape() -> TableShape {
        let kinds = vec!["TEXT".to_owned(), "a, \"b\"".to_owned(), String::new()];
        let columns = vec![
            ShapeColumn::new("id", ColumnType::Uuid),
            ShapeColumn::new("parentId", ColumnType::Uuid).nullable().low_cardinality(),
            ShapeColumn::new("content", ColumnType::Text).nullable(),
            ShapeColumn::new("city", ColumnType::Text).nullable().low_cardinality(),
            ShapeColumn::new("small", ColumnType::Integer).nullable().low_cardinality(),
            ShapeColumn::new("big", ColumnType::BigInteger).nullable(),
            ShapeColumn::new("real", ColumnType::Float).nullable(),
            ShapeColumn::new("price", ColumnType::Decimal { precision: 9, scale: 2 }).nullable(),
            ShapeColumn::new("amount", ColumnType::Decimal { precision: 18, scale: 4 }).nullable(),
            ShapeColumn::new("huge", ColumnType::Decimal { precision: 38, scale: 10 }).nullable(),
            ShapeColumn::new("flag", ColumnType::Boolean).nullable(),
            ShapeColumn::new("created, \"at\"", ColumnType::Timestamp),
            ShapeColumn::new("day", ColumnType::Date).nullable(),
            ShapeColumn::new("kind", ColumnType::Enum { values: kinds }).nullable(),
        ];
        TableShape { entity: "things".into(), columns }
    }

    const EVIL: [&str; 16] = [
        "",
        "plain",
        "a,b",
        "say \"hi\"",
        "\"",
        "line\nbreak",
        "carriage\rreturn",
        "\r\n",
        " blanks ",
        "\\.",
        "\\N",
        "NULL",
        "tab\there",
        "ünïcödé 😀",
        "\"\"\n,,\"\n\"",
        "null",
    ];

    const NUMBERS: [i64; 8] = [0, 1, -1, i32::MAX as i64, i32::MIN as i64, 42, 1_000_000, -99_999];

    const REALS: [f64; 10] =
        [0.0, -0.0, 0.1, 1e300, 5e-324, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.0 / 3.0, -123_456.789];

    /// Rows `from..from + count` of a table that cycles through awkward values.
    fn rows(from: usize, count: usize) -> RecordBatch {
        let rows = from..from + count;
        fn cycle<T: Copy>(values: &[T], i: usize, every: usize) -> Option<T> {
            (!i.is_multiple_of(every)).then(|| values[i % values.len()])
        }
        let uuid =
            |i: usize| (i as u128).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C834).to_be_bytes();
        let uuids = |each: &dyn Fn(usize) -> Option<[u8; 16]>| -> ArrayRef {
            let values = rows.clone().map(each).collect::<Vec<_>>();
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.into_iter(), 16).unwrap())
        };
        let decimal = |precision: u8, scale, every: usize| -> ArrayRef {
            let limit = 10_i128.pow(precision.into()) - 1;
            let value = move |i: usize| cycle(&[0, 5, -5, limit, -limit, 100, i as i128], i, every);
            let array: Decimal128Array = rows.clone().map(value).collect();
            Arc::new(array.with_precision_and_scale(precision, scale).unwrap())
        };
        let text = |every| -> ArrayRef {
            Arc::new(rows.clone().map(|i| cycle(&EVIL, i, every)).collect::<StringArray>())
        };
        let times: TimestampMicrosecondArray =
            rows.clone().map(|i| Some(1_753_660_800_123_456 + (i as i64 - 3) * 1_000_000_007)).collect();
        let columns: Vec<ArrayRef> = vec![
            uuids(&|i| Some(uuid(i))),
            uuids(&|i| (i % 5 != 0).then(|| uuid(i / 100))),
            text(7),
            text(4),
            Arc::new(rows.clone().map(|i| cycle(&NUMBERS, i, 3).map(|v| v as i32)).collect::<Int32Array>()),
            Arc::new(
                rows.clone()
                    .map(|i| cycle(&NUMBERS, i, 6).map(|v| v * 4_000_000_000))
                    .collect::<Int64Array>(),
            ),
            Arc::new(rows.clone().map(|i| cycle(&REALS, i, 7)).collect::<Float64Array>()),
            decimal(9, 2, 4),
            decimal(18, 4, 5),
            decimal(38, 10, 6),
            Arc::new(rows.clone().map(|i| cycle(&[true, false], i, 3)).collect::<BooleanArray>()),
            Arc::new(times.with_timezone("UTC")),
            Arc::new(rows.clone().map(|i| cycle(&[0, 20_297, -719_162], i, 4)).collect::<Date32Array>()),
            Arc::new(rows.clone().map(|i| cycle(&["TEXT", "a, \"b\"", ""], i, 5)).collect::<StringArray>()),
        ];
        RecordBatch::try_new(shape().schema(), columns).unwrap()
    }

    /// Writes the table's rows in the format's blocks.
    fn write(
        table: &RecordBatch,
        target: impl Into<Target>,
        (format, profile): (Format, ParquetProfile),
    ) -> PartRecord {
        let mut sink = open(target, &shape(), format, profile).unwrap();
        let mut from = 0;
        while from < table.num_rows() {
            let count = BLOCK_ROWS.min(table.num_rows() - from);
            sink.write(&table.slice(from, count)).unwrap();
            from += count;
        }
        sink.finish().unwrap().keep().unwrap()
    }

    fn read(path: &Path, format: Format) -> RecordBatch {
        let batches: Result<Vec<_>> = PartReader::open(path, &shape(), format).unwrap().collect();
        concat_batches(&shape().schema(), &batches.unwrap()).unwrap()
    }

    fn digest(table: &RecordBatch) -> String {
        let mut digest = LogicalDigest::new(&shape());
        digest.add(table).unwrap();
        digest.to_string()
    }

    /// Equal values, floats by their bits (`-0.0`), but any NaN.
    fn assert_same(left: &RecordBatch, right: &RecordBatch) {
        assert_eq!(left.num_rows(), right.num_rows());
        for (index, column) in shape().columns.iter().enumerate() {
            assert_eq!(left.column(index).to_data(), right.column(index).to_data(), "{}", column.name);
        }
    }

    #[test]
    fn every_format_gives_back_what_it_was_given() {
        let directory = tempfile::tempdir().unwrap();
        let table = rows(0, BLOCK_ROWS + 1_000);
        for (format, profile) in EVERY_FILE {
            let path = directory.path().join(format!("{profile}.{format}"));
            let record = write(&table, path.as_path(), (format, profile));
            assert_eq!(record.rows, table.num_rows() as u64);
            assert_eq!(record.bytes, std::fs::metadata(&path).unwrap().len());
            let back = read(&path, format);
            assert_same(&table, &back);
            assert_eq!(digest(&back), digest(&table), "{format} {profile}");
        }
    }

    #[test]
    fn the_same_blocks_give_the_same_bytes_however_they_lie_in_memory() {
        let table = rows(0, BLOCK_ROWS * 2 + 77);
        let elsewhere = rows(0, 3 * BLOCK_ROWS).slice(0, table.num_rows());
        let pieces: Vec<_> = (0..table.num_rows())
            .step_by(999)
            .map(|from| rows(from, 999.min(table.num_rows() - from)))
            .collect();
        let assembled = concat_batches(&shape().schema(), &pieces).unwrap();
        for file in EVERY_FILE {
            let expected = write(&table, Target::Discard, file);
            assert_eq!(write(&elsewhere, Target::Discard, file), expected, "{file:?}");
            assert_eq!(write(&assembled, Target::Discard, file), expected, "{file:?}");
            assert_ne!(write(&rows(1, table.num_rows()), Target::Discard, file).sha256, expected.sha256);
        }
    }

    #[test]
    fn a_compressed_part_is_the_plain_one_in_a_frame_a_block() {
        let table = rows(0, BLOCK_ROWS * 2 + 77);
        let bytes = |format| {
            let memory = Arc::new(std::sync::Mutex::new(Vec::new()));
            write(&table, Target::Memory(memory.clone()), (format, ParquetProfile::Standard));
            Arc::try_unwrap(memory).unwrap().into_inner().unwrap()
        };
        let (plain, compressed) = (bytes(Format::Csv), bytes(Format::CsvZstd));
        assert_eq!(zstd::stream::decode_all(&compressed[..]).unwrap(), plain);
        let mut frames = 0;
        let mut rest = &compressed[..];
        while !rest.is_empty() {
            let size = zstd::zstd_safe::find_frame_compressed_size(rest).unwrap();
            assert!(zstd::zstd_safe::get_frame_content_size(rest).unwrap().is_some());
            rest = &rest[size..];
            frames += 1;
        }
        assert_eq!(frames, 3);
    }

    #[test]
    fn a_part_without_rows_is_a_file_that_can_be_read() {
        let directory = tempfile::tempdir().unwrap();
        for (format, profile) in EVERY_FILE {
            let path = directory.path().join(format!("{profile}.{format}"));
            assert_eq!(write(&rows(0, 0), path.as_path(), (format, profile)).rows, 0);
            assert_eq!(read(&path, format).num_rows(), 0);
        }
    }

    #[test]
    fn rows_in_any_slices_give_the_same_bytes() {
        let table = rows(0, BLOCK_ROWS * 3 + 77);
        for (format, profile) in EVERY_FILE {
            let expected = write(&table, Target::Discard, (format, profile));
            for step in [999, 1_024, 5_000, BLOCK_ROWS, 3 * BLOCK_ROWS - 1, table.num_rows()] {
                let sink = open(Target::Discard, &shape(), format, profile).unwrap();
                let mut assembler = Assembler::new(&shape(), sink);
                for from in (0..table.num_rows()).step_by(step) {
                    assembler.push(&table.slice(from, step.min(table.num_rows() - from))).unwrap();
                }
                assert_eq!(assembler.received(), expected.rows);
                let (written, digested) = assembler.finish().unwrap();
                assert_eq!(written.record, expected, "{format} {profile} {step}");
                assert_eq!(digested.to_string(), digest(&table));
            }
        }
    }

    #[test]
    fn rows_behind_an_unfinished_block_are_refused() {
        for (format, profile) in EVERY_FILE {
            let mut sink = open(Target::Discard, &shape(), format, profile).unwrap();
            let blocks = 2 * sink.block_rows();
            sink.write(&rows(0, blocks)).unwrap();
            sink.write(&rows(0, blocks - 1)).unwrap();
            sink.write(&rows(0, 0)).unwrap();
            assert!(sink.write(&rows(0, 1)).is_err());
            assert_eq!(sink.finish().unwrap().record.rows, 2 * blocks as u64 - 1);
        }
    }

    #[test]
    fn a_block_of_another_table_and_an_interval_are_refused() {
        let mut mine = shape();
        mine.columns[1].nullable = false;
        for (format, profile) in EVERY_FILE {
            let mut sink = open(Target::Discard, &mine, format, profile).unwrap();
            assert!(sink.write(&rows(0, 10)).is_err(), "NULL where it is not allowed");
            assert!(sink.write(&rows(0, 10).project(&[0]).unwrap()).is_err());
        }
        mine.columns = vec![ShapeColumn::new("gap", ColumnType::Interval)];
        assert!(open(Target::Discard, &mine, Format::Csv, ParquetProfile::Standard).is_err());
    }

    #[test]
    fn a_dropped_sink_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        for (format, profile) in EVERY_FILE {
            let path = directory.path().join("part");
            let mut sink = open(path.as_path(), &shape(), format, profile).unwrap();
            sink.write(&rows(0, BLOCK_ROWS)).unwrap();
            assert!(sink.buffered_bytes() > 0);
            drop(sink);
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_surfaces_through_every_sink() {
        let table = rows(0, BLOCK_ROWS);
        for (format, profile) in EVERY_FILE {
            let mut sink = open_on(PartFile::on_full_disk(), &shape(), format, profile).unwrap();
            // 17 row groups' worth of blocks at the most: a sink that hides the error writes them all.
            let failed = (0..17 * 16).find_map(|_| sink.write(&table).err());
            let error = failed.unwrap_or_else(|| sink.finish().unwrap_err());
            assert!(
                matches!(&error, Error::Io { path, source, .. }
                    if path == Path::new("/full/part") && source.kind() == std::io::ErrorKind::StorageFull),
                "{format}: {error:?}"
            );
        }
    }
}
