//! [`figures`]: a batch's figures, column by column.

use arrow::array::{Array, ArrowPrimitiveType, AsArray, PrimitiveArray, RecordBatch};
use arrow::datatypes::{
    Date32Type, Decimal128Type, DurationMicrosecondType, Float64Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};

use super::{ColumnFigures, Figures, Whole, has_bounds, has_total, ties};
use crate::dataset::table::TableShape;
use crate::model::ColumnType;
use crate::postgres::hash;

/// Microseconds from 1970-01-01 to 2000-01-01, where Postgres counts from.
const EPOCH_MICROSECONDS: i64 = 946_684_800_000_000;

/// The figures of a batch that has the shape's columns.
pub(super) fn figures(shape: &TableShape, batch: &RecordBatch) -> Figures {
    let ties = ties(shape);
    // The seeds that each tie leaves, from none on.
    let mut seeds = vec![vec![0; batch.num_rows()]];
    for (place, &tie) in ties.iter().enumerate() {
        // The column has no NULL, so that hashes come for every row in turn.
        let mut hashes = Vec::with_capacity(batch.num_rows());
        each_hash(batch.column(tie).as_ref(), &shape.columns[tie].ty, &seeds[place], |hash| {
            hashes.push(hash)
        });
        hashes.resize(batch.num_rows(), 0);
        seeds.push(hashes);
    }
    let columns = shape.columns.iter().zip(batch.columns()).enumerate();
    let columns = columns.map(|(at, (column, array))| {
        let place = ties.iter().position(|&tie| tie == at).unwrap_or(ties.len());
        of_column(array.as_ref(), &column.ty, &seeds[place])
    });
    Figures { rows: batch.num_rows() as u64, columns: columns.collect() }
}

fn of_column(array: &dyn Array, ty: &ColumnType, seeds: &[u64]) -> ColumnFigures {
    let mut content = 0_i128;
    each_hash(array, ty, seeds, |hash| content += i128::from(hash as i64));
    let (total, bounds) = match ty {
        ColumnType::Integer => summary::<Int32Type>(array, i128::from),
        ColumnType::BigInteger => summary::<Int64Type>(array, i128::from),
        ColumnType::Decimal { .. } => summary::<Decimal128Type>(array, |unscaled| unscaled),
        ColumnType::Timestamp | ColumnType::DateTime => {
            summary::<TimestampMicrosecondType>(array, i128::from)
        }
        ColumnType::Date => summary::<Date32Type>(array, i128::from),
        ColumnType::Boolean => (array.as_boolean().true_count() as i128, None),
        ColumnType::Uuid
        | ColumnType::Text
        | ColumnType::Float
        | ColumnType::Enum { .. }
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Interval => (0, None),
    };
    ColumnFigures {
        present: (array.len() - array.null_count()) as u64,
        content: Whole(content),
        total: has_total(ty).then_some(Whole(total)),
        bounds: bounds.filter(|_| has_bounds(ty)),
    }
}

/// Sum modulo 2^128, least and greatest.
fn summary<T: ArrowPrimitiveType>(
    array: &dyn Array,
    whole: impl Fn(T::Native) -> i128,
) -> (i128, Option<(Whole, Whole)>) {
    let (mut total, mut least, mut greatest) = (0_i128, i128::MAX, i128::MIN);
    each_value(array.as_primitive::<T>(), |_, value| {
        let value = whole(value);
        total = total.wrapping_add(value);
        least = least.min(value);
        greatest = greatest.max(value);
    });
    (total, (array.null_count() < array.len()).then_some((Whole(least), Whole(greatest))))
}

/// The hash of every value that is not NULL, as the SQL of the same type has it; the seeds are the rows'.
fn each_hash(array: &dyn Array, ty: &ColumnType, seeds: &[u64], mut take: impl FnMut(u64)) {
    match ty {
        ColumnType::Uuid => {
            let array = array.as_fixed_size_binary();
            let (uuids, _) = array.value_data().as_chunks::<16>();
            each_row(array, |row| take(hash::bytes(&uuids[row], seeds[row])));
        }
        ColumnType::Text | ColumnType::Enum { .. } | ColumnType::Json | ColumnType::Array { .. } => {
            let array = array.as_string::<i32>();
            let (offsets, bytes) = (array.value_offsets(), array.value_data());
            each_row(array, |row| {
                let value = &bytes[offsets[row] as usize..offsets[row + 1] as usize];
                take(hash::bytes(value, seeds[row]));
            });
        }
        ColumnType::Integer => {
            each_value(array.as_primitive::<Int32Type>(), |row, value| take(hash::int4(value, seeds[row])));
        }
        ColumnType::BigInteger => {
            each_value(array.as_primitive::<Int64Type>(), |row, value| take(hash::int8(value, seeds[row])));
        }
        ColumnType::Float => {
            each_value(array.as_primitive::<Float64Type>(), |row, value| {
                take(hash::float8(value, seeds[row]));
            });
        }
        ColumnType::Decimal { scale, .. } => {
            let mut text = String::new();
            each_value(array.as_primitive::<Decimal128Type>(), |row, unscaled| {
                write_decimal(&mut text, unscaled, usize::from(scale.unsigned_abs()));
                take(hash::bytes(text.as_bytes(), seeds[row]));
            });
        }
        ColumnType::Boolean => {
            let values = array.as_boolean().values();
            each_row(array, |row| take(hash::int4(i32::from(values.value(row)), seeds[row])));
        }
        ColumnType::Timestamp | ColumnType::DateTime => {
            each_value(array.as_primitive::<TimestampMicrosecondType>(), |row, value| {
                take(hash::int8(value.wrapping_sub(EPOCH_MICROSECONDS), seeds[row]));
            });
        }
        ColumnType::Date => {
            each_value(array.as_primitive::<Date32Type>(), |row, value| take(hash::int4(value, seeds[row])));
        }
        ColumnType::Interval => {
            each_value(array.as_primitive::<DurationMicrosecondType>(), |row, value| {
                take(hash::int8(value, seeds[row]));
            });
        }
    }
}

fn each_value<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, mut take: impl FnMut(usize, T::Native)) {
    let values = array.values();
    each_row(array, |row| take(row, values[row]));
}

/// Every row whose value is not NULL.
fn each_row(array: &dyn Array, take: impl FnMut(usize)) {
    match array.nulls() {
        Some(nulls) => nulls.valid_indices().for_each(take),
        None => (0..array.len()).for_each(take),
    }
}

/// As Postgres prints a `numeric` of that scale.
fn write_decimal(text: &mut String, unscaled: i128, scale: usize) {
    text.clear();
    if unscaled < 0 {
        text.push('-');
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(unscaled.unsigned_abs());
    let whole = digits.len().saturating_sub(scale);
    text.push_str(if whole == 0 { "0" } else { &digits[..whole] });
    if scale > 0 {
        text.push('.');
        text.extend(std::iter::repeat_n('0', scale.saturating_sub(digits.len())));
        text.push_str(&digits[whole..]);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, BooleanArray, Int32Array, Int64Array, StringArray};

    use super::*;
    use crate::dataset::table::ShapeColumn;

    fn shape() -> TableShape {
        let key = ShapeColumn { unique: true, ..ShapeColumn::new("key", ColumnType::BigInteger) };
        let columns = vec![
            ShapeColumn::new("flag", ColumnType::Boolean),
            key,
            ShapeColumn::new("number", ColumnType::Integer).nullable(),
            ShapeColumn::new("text", ColumnType::Text).nullable(),
        ];
        TableShape { entity: "things".into(), columns }
    }

    type Row = (bool, i64, Option<i32>, Option<&'static str>);

    const ROWS: [Row; 5] = [
        (true, 10, Some(-5), Some("five")),
        (false, 11, None, Some("")),
        (true, 12, Some(i32::MAX), None),
        (true, 13, Some(7), Some("🦀")),
        (false, 14, Some(0), Some("five")),
    ];

    fn batch(rows: &[Row]) -> RecordBatch {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(rows.iter().map(|row| Some(row.0)).collect::<BooleanArray>()),
            Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>()),
            Arc::new(rows.iter().map(|row| row.2).collect::<Int32Array>()),
            Arc::new(rows.iter().map(|row| row.3).collect::<StringArray>()),
        ];
        RecordBatch::try_new(shape().schema(), columns).unwrap()
    }

    fn of(rows: &[Row]) -> Figures {
        figures(&shape(), &batch(rows))
    }

    #[test]
    fn counts_totals_and_bounds_are_those_of_the_values() {
        let figures = of(&ROWS);
        assert_eq!(figures.rows, 5);
        let present: Vec<u64> = figures.columns.iter().map(|column| column.present).collect();
        assert_eq!(present, [5, 5, 4, 4]);
        let totals: Vec<Option<i128>> =
            figures.columns.iter().map(|column| column.total.map(|total| total.0)).collect();
        assert_eq!(totals, [Some(3), Some(60), Some(i128::from(i32::MAX) + 2), None]);
        assert_eq!(figures.columns[2].bounds, Some((Whole(-5), Whole(i128::from(i32::MAX)))));
        assert_eq!(figures.columns[0].bounds, None);
    }

    #[test]
    fn order_and_cut_do_not_matter() {
        let mut reversed = ROWS;
        reversed.reverse();
        assert_eq!(of(&reversed), of(&ROWS));
        for cut in 0..=ROWS.len() {
            let mut merged = Figures::new(&shape());
            for rows in [&ROWS[..cut], &ROWS[cut..]] {
                merged.add(&shape(), &batch(rows)).unwrap();
            }
            assert_eq!(merged, of(&ROWS), "cut at {cut}");
            let whole = batch(&ROWS);
            let mut sliced = figures(&shape(), &whole.slice(0, cut));
            sliced.merge(&figures(&shape(), &whole.slice(cut, ROWS.len() - cut)));
            assert_eq!(sliced, of(&ROWS), "sliced at {cut}");
        }
    }

    #[test]
    fn values_that_change_places_are_noticed() {
        for (first, second) in [(0, 1), (0, 2), (3, 4), (1, 4)] {
            let mut rows = ROWS;
            (rows[first].2, rows[second].2) = (rows[second].2, rows[first].2);
            let (found, expected) = (of(&rows), of(&ROWS));
            assert_eq!(found.columns[3], expected.columns[3]);
            assert_eq!(found.columns[2].total, expected.columns[2].total);
            assert_ne!(found.columns[2].content, expected.columns[2].content, "{first} and {second}");
        }
    }

    #[test]
    fn a_batch_of_other_columns_is_refused() {
        let mut other = shape();
        other.columns.swap(0, 1);
        assert!(Figures::new(&other).add(&other, &batch(&ROWS)).is_err());
        other.columns.truncate(1);
        assert!(Figures::new(&other).add(&other, &batch(&ROWS)).is_err());
    }

    #[test]
    fn decimals_are_written_with_all_their_places() {
        let written = |unscaled, scale| {
            let mut text = "before".to_owned();
            write_decimal(&mut text, unscaled, scale);
            text
        };
        assert_eq!(written(-5, 2), "-0.05");
        assert_eq!(written(0, 2), "0.00");
        assert_eq!(written(100, 2), "1.00");
        assert_eq!(written(-12345, 0), "-12345");
        assert_eq!(written(10_i128.pow(37), 38), "0.10000000000000000000000000000000000000");
    }
}
