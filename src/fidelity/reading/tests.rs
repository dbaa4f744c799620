//! Tests of [`Rows`](super::Rows): what comes out of files of any tool, whole or damaged.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray,
    Float64Array, Int8Array, Int16Array, Int64Array, LargeStringArray, ListArray, RecordBatch, StringArray,
    StringViewArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow::datatypes::{Int32Type, Int64Type};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;

use super::values::Given;
use super::*;
use crate::model::text_form::write::{self, uuid_text};

const DECIMAL: ColumnType = ColumnType::Decimal { precision: 9, scale: 2 };

fn all_types() -> Vec<ColumnType> {
    vec![
        ColumnType::Uuid,
        ColumnType::Text,
        ColumnType::Integer,
        ColumnType::BigInteger,
        ColumnType::Float,
        DECIMAL,
        ColumnType::Boolean,
        ColumnType::Timestamp,
        ColumnType::Date,
        ColumnType::Enum { values: vec!["A".into(), "B".into()] },
        ColumnType::Interval,
    ]
}

fn wanted(types: &[ColumnType]) -> Vec<Wanted> {
    let column = |(at, ty): (usize, &ColumnType)| Wanted {
        column: ColumnId(at),
        name: format!("c{at}"),
        ty: ty.clone(),
    };
    types.iter().enumerate().map(column).collect()
}

fn file(path: &Path, format: Format) -> TableFile {
    TableFile { path: path.to_owned(), name: "part".to_owned(), format, shard: None }
}

fn write_parquet(path: &Path, batch: &RecordBatch) {
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

type Read = Result<(Vec<ArrayRef>, Vec<Misfit>), Unreadable>;

fn read(path: &Path, format: Format, wanted: &[Wanted]) -> Read {
    let mut rows = Rows::open(&file(path, format), wanted)?;
    let batches = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    let column = |at: usize| {
        let pieces: Vec<&dyn arrow::array::Array> = batches.iter().map(|batch| &**batch.column(at)).collect();
        arrow::compute::concat(&pieces).unwrap()
    };
    let columns = if batches.is_empty() { Vec::new() } else { (0..wanted.len()).map(column).collect() };
    Ok((columns, rows.misfits().to_vec()))
}

/// One column of a Parquet file, read as a type of the model.
fn read_as(array: ArrayRef, ty: &ColumnType) -> (ArrayRef, Vec<Misfit>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.parquet");
    let batch = RecordBatch::try_from_iter_with_nullable([("c0", array, true)]).unwrap();
    write_parquet(&path, &batch);
    let (mut columns, misfits) = read(&path, Format::Parquet, &wanted(std::slice::from_ref(ty))).unwrap();
    (columns.remove(0), misfits)
}

fn read_csv(text: &[u8], types: &[ColumnType]) -> Read {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.csv");
    std::fs::write(&path, text).unwrap();
    read(&path, Format::Csv, &wanted(types))
}

fn column(ty: &ColumnType, values: &[Option<Given<'_>>]) -> ArrayRef {
    let mut column = values::Column::new(ty, values.len());
    for value in values {
        match value {
            Some(value) => assert!(column.take(*value), "{value:?} is no {ty}"),
            None => column.push_null(),
        }
    }
    column.finish()
}

/// A value of every type but text.
type Plain = ([u8; 16], i32, i64, f64, i64, bool, i64, i32, i64);

#[derive(Clone, Debug)]
struct Row {
    text: String,
    plain: Plain,
    nulls: [bool; 11],
}

fn any_row() -> impl Strategy<Value = Row> {
    let plain = (
        any::<[u8; 16]>(),
        any::<i32>(),
        any::<i64>(),
        proptest::num::f64::NORMAL,
        -999_999_999..1_000_000_000_i64,
        any::<bool>(),
        // Years 1 to 9999.
        -62_135_596_800_000_000..253_402_300_800_000_000_i64,
        -719_162..2_932_897_i32,
        any::<i64>(),
    );
    (any::<String>(), plain, any::<[bool; 11]>()).prop_map(|(text, plain, nulls)| Row { text, plain, nulls })
}

impl Row {
    fn values(&self) -> [Option<Given<'_>>; 11] {
        let (uuid, small, big, float, decimal, boolean, time, day, duration) = &self.plain;
        let values = [
            Given::Bytes(uuid),
            Given::Text(&self.text),
            Given::Integer((*small).into()),
            Given::Integer((*big).into()),
            Given::Float(*float),
            Given::Decimal((*decimal).into(), 2),
            Given::Boolean(*boolean),
            Given::Time { ticks: *time, per_second: 1_000_000 },
            Given::Day(*day),
            Given::Text(if *boolean { "A" } else { "B" }),
            Given::Duration { ticks: *duration, per_second: 1_000_000 },
        ];
        std::array::from_fn(|at| (!self.nulls[at]).then_some(values[at]))
    }

    fn csv(&self) -> String {
        let value = |value: Option<Given<'_>>| {
            write::text(|out| match value {
                None => {}
                Some(Given::Bytes(bytes)) => write::push_uuid(out, bytes.try_into().unwrap()),
                Some(Given::Text(text)) => {
                    out.extend_from_slice(format!("\"{}\"", text.replace('"', "\"\"")).as_bytes());
                }
                Some(Given::Integer(value)) => write::push_integer(out, value as i64),
                Some(Given::Float(value)) => write::push_float(out, value),
                Some(Given::Decimal(unscaled, scale)) => write::push_decimal(out, unscaled, scale),
                Some(Given::Boolean(value)) => write::push_boolean(out, value),
                Some(Given::Time { ticks, .. }) => write::push_timestamp(out, ticks),
                Some(Given::Day(days)) => write::push_date(out, days),
                Some(Given::Duration { ticks, .. }) => write::push_integer(out, ticks),
            })
        };
        self.values().map(value).join(",") + "\r\n"
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_type_survives_in_every_format(rows in prop::collection::vec(any_row(), 1..20)) {
        let types = all_types();
        let expected: Vec<ArrayRef> = types.iter().enumerate().map(|(at, ty)| {
            column(ty, &rows.iter().map(|row| row.values()[at]).collect::<Vec<_>>())
        }).collect();
        let names: Vec<String> = (0..types.len()).map(|at| format!("c{at}")).collect();

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        let columns = names.iter().cloned().zip(expected.iter().cloned());
        write_parquet(&path, &RecordBatch::try_from_iter(columns).unwrap());
        let (found, misfits) = read(&path, Format::Parquet, &wanted(&types)).unwrap();
        prop_assert_eq!((&found, misfits.len()), (&expected, 0));

        let text = format!("{}\r\n{}", names.join(","), rows.iter().map(Row::csv).collect::<String>());
        std::fs::write(&path, &text).unwrap();
        let (found, misfits) = read(&path, Format::Csv, &wanted(&types)).unwrap();
        prop_assert_eq!((&found, misfits.len()), (&expected, 0));
        // In two frames.
        let (first, second) = text.as_bytes().split_at(text.len() / 2);
        let frames = [first, second].map(|half| zstd::encode_all(half, 1).unwrap());
        std::fs::write(&path, frames.concat()).unwrap();
        prop_assert_eq!(&read(&path, Format::CsvZstd, &wanted(&types)).unwrap().0, &expected);
    }
}

#[test]
fn other_tools_types_of_the_same_values_are_taken() {
    let uuid: [u8; 16] = std::array::from_fn(|at| at as u8 * 17);
    let text = String::from_utf8(uuid_text(&uuid).to_vec()).unwrap();
    let (upper, braces) = (text.to_uppercase(), format!("{{{text}}}"));
    let dictionary: DictionaryArray<Int32Type> = vec![Some("A"), None].into_iter().collect();
    let uuids: DictionaryArray<Int32Type> = vec![Some(&*text), None].into_iter().collect();
    let decimal = |values: Vec<Option<i128>>, precision, scale| {
        Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap()
    };
    let time = Given::Time { ticks: 1_753_660_800, per_second: 1 };
    let seconds = 1_753_660_800_i64;
    let cases: Vec<(ArrayRef, ColumnType, Option<Given<'_>>)> = vec![
        (Arc::new(StringArray::from(vec![Some(&*upper), None])), ColumnType::Uuid, Some(Given::Bytes(&uuid))),
        (
            Arc::new(LargeStringArray::from(vec![Some(&*braces), None])),
            ColumnType::Uuid,
            Some(Given::Bytes(&uuid)),
        ),
        (
            Arc::new(BinaryArray::from_opt_vec(vec![Some(&uuid), None])),
            ColumnType::Uuid,
            Some(Given::Bytes(&uuid)),
        ),
        (Arc::new(uuids), ColumnType::Uuid, Some(Given::Bytes(&uuid))),
        (Arc::new(dictionary), ColumnType::Enum { values: vec!["A".into()] }, Some(Given::Text("A"))),
        (Arc::new(StringViewArray::from(vec![Some("é"), None])), ColumnType::Text, Some(Given::Text("é"))),
        (Arc::new(LargeStringArray::from(vec![Some("é"), None])), ColumnType::Text, Some(Given::Text("é"))),
        (Arc::new(Int8Array::from(vec![Some(-5), None])), ColumnType::Integer, Some(Given::Integer(-5))),
        (Arc::new(Int64Array::from(vec![Some(-5), None])), ColumnType::Integer, Some(Given::Integer(-5))),
        (Arc::new(Int16Array::from(vec![Some(-5), None])), ColumnType::BigInteger, Some(Given::Integer(-5))),
        (Arc::new(UInt64Array::from(vec![Some(5), None])), ColumnType::BigInteger, Some(Given::Integer(5))),
        (
            Arc::new(Float64Array::from(vec![Some(5.0), None])),
            ColumnType::BigInteger,
            Some(Given::Integer(5)),
        ),
        (Arc::new(decimal(vec![Some(500), None], 20, 2)), ColumnType::Integer, Some(Given::Integer(5))),
        (Arc::new(decimal(vec![Some(1250), None], 20, 3)), DECIMAL, Some(Given::Decimal(125, 2))),
        (Arc::new(decimal(vec![Some(125), None], 5, 2)), DECIMAL, Some(Given::Decimal(125, 2))),
        (Arc::new(decimal(vec![Some(1250), None], 5, 3)), DECIMAL, Some(Given::Decimal(125, 2))),
        (Arc::new(Float64Array::from(vec![Some(19.99), None])), DECIMAL, Some(Given::Decimal(1999, 2))),
        (Arc::new(Int64Array::from(vec![Some(7), None])), DECIMAL, Some(Given::Decimal(700, 2))),
        (Arc::new(decimal(vec![Some(-1), None], 9, 1)), ColumnType::Float, Some(Given::Float(-0.1))),
        (Arc::new(Int64Array::from(vec![Some(1), None])), ColumnType::Boolean, Some(Given::Boolean(true))),
        (Arc::new(StringArray::from(vec![Some("t"), None])), ColumnType::Boolean, Some(Given::Boolean(true))),
        (Arc::new(TimestampSecondArray::from(vec![Some(seconds), None])), ColumnType::Timestamp, Some(time)),
        (
            Arc::new(
                TimestampMillisecondArray::from(vec![Some(seconds * 1_000), None]).with_timezone("+02:00"),
            ),
            ColumnType::Timestamp,
            Some(time),
        ),
        (
            Arc::new(TimestampNanosecondArray::from(vec![Some(seconds * 1_000_000_000), None])),
            ColumnType::Timestamp,
            Some(time),
        ),
        (Arc::new(Date32Array::from(vec![Some(20_297), None])), ColumnType::Timestamp, Some(time)),
        (
            Arc::new(Date64Array::from(vec![Some(seconds * 1_000), None])),
            ColumnType::Date,
            Some(Given::Day(20_297)),
        ),
        (
            Arc::new(TimestampSecondArray::from(vec![Some(seconds), None])),
            ColumnType::Date,
            Some(Given::Day(20_297)),
        ),
        (Arc::new(arrow::array::NullArray::new(2)), ColumnType::Date, None),
    ];
    for (array, ty, expected) in cases {
        let stored = array.data_type().clone();
        let (found, misfits) = read_as(array, &ty);
        assert_eq!(&found, &column(&ty, &[expected, None]), "{stored} as {ty}");
        assert_eq!((misfits, found.data_type()), (Vec::new(), &ty.data_type()), "{stored} as {ty}");
    }
}

#[test]
fn values_of_no_model_type_are_null_and_counted_with_the_first() {
    let list =
        ListArray::from_iter_primitive::<Int64Type, _, _>(vec![None, Some(vec![Some(1)]), Some(vec![])]);
    let cases: Vec<(ArrayRef, ColumnType, u64, &str)> = vec![
        (Arc::new(Float64Array::from(vec![1.0, 1.5, f64::NAN])), ColumnType::Integer, 2, "1.5"),
        (Arc::new(Int64Array::from(vec![0, 1 << 40, 5])), ColumnType::Integer, 1, "1099511627776"),
        (
            Arc::new(UInt64Array::from(vec![0, u64::MAX, 5])),
            ColumnType::BigInteger,
            1,
            "18446744073709551615",
        ),
        (
            Arc::new(TimestampNanosecondArray::from(vec![0, 1, 1000])),
            ColumnType::Timestamp,
            1,
            "1970-01-01T00:00:00.000000001",
        ),
        (
            Arc::new(TimestampSecondArray::from(vec![0, 1, i64::MAX])),
            ColumnType::Date,
            2,
            "1970-01-01T00:00:01",
        ),
        (Arc::new(Int64Array::from(vec![1, 2, 0])), ColumnType::Boolean, 1, "2"),
        (Arc::new(StringArray::from(vec!["1.25", "1.255", "12345678.00"])), DECIMAL, 2, "1.255"),
        (
            Arc::new(
                Decimal128Array::from(vec![0, 1_000_000_000, 5]).with_precision_and_scale(20, 2).unwrap(),
            ),
            DECIMAL,
            1,
            "10000000.00",
        ),
        (Arc::new(BooleanArray::from(vec![None, Some(true), None])), ColumnType::Text, 1, "true"),
        (Arc::new(list), ColumnType::Text, 2, "[1]"),
        (Arc::new(BinaryArray::from_vec(vec![b"a", b"\xff", b"b"])), ColumnType::Text, 1, "ff"),
        (
            Arc::new(StringArray::from(vec!["2025-01-01", "2025-01-01 00:00:00.0000001", ""])),
            ColumnType::Timestamp,
            2,
            "2025-01-01 00:00:00.0000001",
        ),
        (
            Arc::new(Int64Array::from(vec![None, Some((1 << 53) + 1), None])),
            ColumnType::Float,
            1,
            "9007199254740993",
        ),
    ];
    for (array, ty, count, shown) in cases {
        let stored = array.data_type().clone();
        let (found, misfits) = read_as(array, &ty);
        assert!(found.is_null(1), "{stored} as {ty}");
        let expected = Misfit { column: ColumnId(0), row: 2, count, found: shown.to_owned() };
        assert_eq!(misfits, [expected], "{stored} as {ty}");
    }
}

#[test]
fn csv_of_any_tool_is_read() {
    let types = [ColumnType::Integer, ColumnType::Text, ColumnType::Timestamp, ColumnType::Boolean];
    let text = "\u{feff}\"c0\",extra,c1,c2,c3\r\n\
        5.0,x,\\N,2025-07-28T02:00:00+02:00,1\r\n\
        NULL,x,\"\",2025-07-28 00:00:00.000000000,f\r\n\
        \\N,x,,2025-07-28,\"NULL\"\r\n\r\n";
    let (found, misfits) = read_csv(text.as_bytes(), &types).unwrap();
    let time = Some(Given::Time { ticks: 1_753_660_800, per_second: 1 });
    assert_eq!(misfits, []);
    assert_eq!(&found[0], &column(&types[0], &[Some(Given::Integer(5)), None, None]));
    assert_eq!(&found[1], &column(&types[1], &[Some(Given::Text("\\N")), Some(Given::Text("")), None]));
    assert_eq!(&found[2], &column(&types[2], &[time, time, time]));
    assert_eq!(
        &found[3],
        &column(&types[3], &[Some(Given::Boolean(true)), Some(Given::Boolean(false)), None])
    );
}

#[test]
fn damaged_csv_names_its_row() {
    let types = [ColumnType::Integer, ColumnType::Integer];
    for (text, row, message) in [
        ("c0,c1\n1,2\n3\n", Some(2), "line 3: 1 values where the header names 2"),
        ("c0,c1\n1,\"2\n", Some(1), "line 2: a quoted value of this record has no end"),
        ("", None, "the header is missing"),
        ("c0,\"c1\n1,2", None, "line 1: a quoted value of this record has no end"),
    ] {
        let expected = Unreadable { file: "part".to_owned(), row, message: message.to_owned() };
        assert_eq!(read_csv(text.as_bytes(), &types).unwrap_err(), expected, "{text:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.csv");
    std::fs::write(&path, "c0,c1\n1,2\n3\n").unwrap();
    let mut rows = Rows::open(&file(&path, Format::Csv), &wanted(&types)).unwrap();
    assert_eq!(rows.next().unwrap().unwrap().num_rows(), 1, "what stands before the damage");
    assert!(rows.next().unwrap().is_err() && rows.next().is_none());
    let (_, misfits) = read_csv(b"c0,c1\n1,2\nx,\xff\ny,3\n", &types).unwrap();
    assert_eq!(misfits[0], Misfit { column: ColumnId(0), row: 2, count: 2, found: "x".to_owned() });
    assert_eq!((misfits[1].row, misfits[1].count), (2, 1));
}

#[test]
fn a_column_that_the_file_lacks_is_a_misfit_in_every_row() {
    let (found, misfits) = read_csv(b"c1\n1\n2\n", &[ColumnType::Integer, ColumnType::Integer]).unwrap();
    assert_eq!((found[0].null_count(), found[1].null_count()), (2, 0));
    assert_eq!((misfits[0].row, misfits[0].count), (1, 2));
    let batch =
        RecordBatch::try_from_iter([("c1", column(&ColumnType::Integer, &[Some(Given::Integer(1))]))]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part");
    write_parquet(&path, &batch.unwrap());
    let (found, misfits) =
        read(&path, Format::Parquet, &wanted(&[ColumnType::Integer, ColumnType::Integer])).unwrap();
    assert_eq!((found[0].null_count(), found[1].null_count(), misfits.len()), (1, 0, 1));
    // Nothing asked for: the rows count all the same.
    let rows = Rows::open(&file(&path, Format::Parquet), &[]).unwrap();
    assert_eq!(rows.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 1);
}

#[test]
fn cut_off_and_garbled_files_are_unreadable_and_never_panic() {
    let types = all_types();
    let rows = 3_000;
    let numbers: Vec<Option<Given<'_>>> = (0..rows).map(|row| Some(Given::Integer(row * 7_919))).collect();
    let texts: Vec<String> = (0..rows).map(|row| format!("text {}", row * 7_919)).collect();
    let texts: Vec<Option<Given<'_>>> = texts.iter().map(|text| Some(Given::Text(text))).collect();
    let columns = [("c1", column(&types[1], &texts)), ("c2", column(&types[2], &numbers))];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part");
    write_parquet(&path, &RecordBatch::try_from_iter(columns).unwrap());
    let parquet = std::fs::read(&path).unwrap();
    let csv: String = (0..rows).map(|row| format!("text,{row}\n")).collect();
    let zstd = zstd::encode_all(format!("c1,c2\n{csv}").as_bytes(), 1).unwrap();
    for (format, whole) in [(Format::Parquet, parquet), (Format::CsvZstd, zstd)] {
        for length in (0..whole.len()).step_by(1_000) {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(read(&path, format, &wanted(&types[1..3])).is_err(), "{format} cut at {length}");
            let mut garbled = whole.clone();
            for byte in &mut garbled[length..(length + 40).min(whole.len())] {
                *byte ^= 0x5a;
            }
            std::fs::write(&path, &garbled).unwrap();
            // What is read may be wrong, or refused.
            let _ = read(&path, format, &wanted(&types[1..3]));
        }
        std::fs::write(&path, b"PAR1 this is no file of its name PAR1").unwrap();
        assert!(read(&path, format, &wanted(&types[1..3])).is_err());
    }
    let missing = Rows::open(&file(&folder.path().join("none"), Format::Csv), &[]).err().unwrap();
    assert!(missing.message.contains("No such file"), "{missing}");
}

#[test]
fn a_panic_of_the_library_is_a_damaged_file() {
    let error = guarded::<()>(|| panic!("at byte {}", 7)).unwrap_err();
    assert_eq!(error, "the file is damaged: at byte 7");
    assert_eq!(guarded(|| Ok(7)), Ok(7));
}

#[test]
fn pieces_are_the_file_with_its_row_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part");
    let numbers: Vec<Option<f64>> =
        (0..1_000).map(|row| Some(if row == 700 { 0.5 } else { f64::from(row) })).collect();
    let batch =
        RecordBatch::try_from_iter([("c0", Arc::new(Float64Array::from(numbers)) as ArrayRef)]).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(90)).build();
    let mut writer =
        ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let part = file(&path, Format::Parquet);
    let (mut rows, mut misfits) = (0, Vec::new());
    let pieces = pieces(&part, 200);
    assert_eq!(pieces.iter().map(|piece| piece.first_row).collect::<Vec<_>>(), [0, 270, 540, 810]);
    for piece in &pieces {
        let mut read = Rows::open_piece(&part, piece, &wanted(&[ColumnType::Integer])).unwrap();
        assert_eq!(rows, piece.first_row);
        rows += read.by_ref().map(|batch| batch.unwrap().num_rows() as u64).sum::<u64>();
        misfits.extend(read.misfits().to_vec());
    }
    assert_eq!((rows, misfits.len(), misfits[0].row), (1_000, 1, 701));
    assert_eq!(super::pieces(&file(&path, Format::Csv), 1), [Piece::WHOLE]);
}
