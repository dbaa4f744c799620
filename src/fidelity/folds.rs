//! [`fold`]: aggregates of rows into the rows that they belong to.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Float64Array, Int32Array, Int64Array,
    TimestampMicrosecondArray, UInt32Array,
};
use arrow::compute::take;
use arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};

use super::keys::NONE;
use crate::model::{ColumnType, Fold};

/// Folds `values` into `count` targets; `targets` has the target of each row, or [`NONE`]. Nothing for types that
/// have no order or sum, and for a sum that leaves its type.
pub fn fold(
    kind: Fold,
    values: &ArrayRef,
    targets: &[u32],
    count: usize,
    ty: &ColumnType,
) -> Option<ArrayRef> {
    if kind == Fold::First {
        return first(values, targets, count);
    }
    match ty {
        ColumnType::Float => floats(kind, values.as_primitive_opt::<Float64Type>()?, targets, count),
        ColumnType::Integer
        | ColumnType::BigInteger
        | ColumnType::Decimal { .. }
        | ColumnType::Timestamp
        | ColumnType::DateTime
        | ColumnType::Date => whole(&fold_whole(kind, values, targets, count)?, ty),
        ColumnType::Uuid
        | ColumnType::Text
        | ColumnType::Boolean
        | ColumnType::Enum { .. }
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Interval => None,
    }
}

/// Sums over the rows of each range up to each row, beginning with the start that stands in its first row.
pub fn running(
    values: &ArrayRef,
    starts: Option<&ArrayRef>,
    ranges: impl Iterator<Item = std::ops::Range<usize>>,
    ty: &ColumnType,
) -> Option<ArrayRef> {
    let read = reader(values)?;
    let start = match starts {
        Some(starts) => Some((reader(starts)?, starts)),
        None => None,
    };
    let mut sums = vec![None; values.len()];
    for range in ranges {
        let mut sum = match &start {
            Some((read, starts)) if !range.is_empty() && starts.is_valid(range.start) => read(range.start),
            Some(_) | None => 0,
        };
        for row in range {
            sum += if values.is_valid(row) { read(row) } else { 0 };
            sums[row] = Some(sum);
        }
    }
    whole(&sums, ty)
}

fn first(values: &ArrayRef, targets: &[u32], count: usize) -> Option<ArrayRef> {
    let mut rows = vec![None; count];
    for (row, &target) in targets.iter().enumerate() {
        if target != NONE && rows[target as usize].is_none() {
            rows[target as usize] = Some(row as u32);
        }
    }
    take(values, &UInt32Array::from(rows), None).ok()
}

/// A value as a whole number of its unit.
fn reader(values: &ArrayRef) -> Option<Box<dyn Fn(usize) -> i128 + '_>> {
    if let Some(array) = values.as_primitive_opt::<TimestampMicrosecondType>() {
        return Some(Box::new(|row| i128::from(array.value(row))));
    }
    if let Some(array) = values.as_primitive_opt::<Int64Type>() {
        return Some(Box::new(|row| i128::from(array.value(row))));
    }
    if let Some(array) = values.as_primitive_opt::<Int32Type>() {
        return Some(Box::new(|row| i128::from(array.value(row))));
    }
    if let Some(array) = values.as_primitive_opt::<arrow::datatypes::Date32Type>() {
        return Some(Box::new(|row| i128::from(array.value(row))));
    }
    values.as_primitive_opt::<Decimal128Type>().map(|array| {
        let read: Box<dyn Fn(usize) -> i128 + '_> = Box::new(|row| array.value(row));
        read
    })
}

fn fold_whole(kind: Fold, values: &ArrayRef, targets: &[u32], count: usize) -> Option<Vec<Option<i128>>> {
    let read = reader(values)?;
    let mut folded = vec![if kind == Fold::Sum { Some(0_i128) } else { None }; count];
    for (row, &target) in targets.iter().enumerate() {
        if target == NONE || values.is_null(row) {
            continue;
        }
        let (value, known) = (read(row), &mut folded[target as usize]);
        *known = Some(match (kind, *known) {
            (Fold::Sum, known) => known.unwrap_or(0_i128).checked_add(value)?,
            (Fold::Min, Some(known)) => known.min(value),
            (Fold::Max, Some(known)) => known.max(value),
            (Fold::Min | Fold::Max | Fold::First, _) => value,
        });
    }
    Some(folded)
}

fn whole(folded: &[Option<i128>], ty: &ColumnType) -> Option<ArrayRef> {
    let narrow = |value: &Option<i128>| value.map(i64::try_from).transpose().ok();
    match ty {
        ColumnType::Integer => {
            let values: Option<Vec<Option<i32>>> =
                folded.iter().map(|value| value.map(i32::try_from).transpose().ok()).collect();
            Some(Arc::new(Int32Array::from(values?)))
        }
        ColumnType::Date => {
            let values: Option<Vec<Option<i32>>> =
                folded.iter().map(|value| value.map(i32::try_from).transpose().ok()).collect();
            Some(Arc::new(arrow::array::Date32Array::from(values?)))
        }
        ColumnType::BigInteger => {
            let values: Option<Vec<Option<i64>>> = folded.iter().map(narrow).collect();
            Some(Arc::new(Int64Array::from(values?)))
        }
        ColumnType::Timestamp | ColumnType::DateTime => {
            let values: Option<Vec<Option<i64>>> = folded.iter().map(narrow).collect();
            Some(Arc::new(TimestampMicrosecondArray::from(values?).with_timezone("UTC")))
        }
        ColumnType::Decimal { precision, scale } => {
            let array =
                Decimal128Array::from(folded.to_vec()).with_precision_and_scale(*precision, *scale).ok()?;
            Some(Arc::new(array))
        }
        ColumnType::Uuid
        | ColumnType::Text
        | ColumnType::Float
        | ColumnType::Boolean
        | ColumnType::Enum { .. }
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Interval => None,
    }
}

/// Sums of floats depend on their order, which the files keep.
fn floats(kind: Fold, values: &Float64Array, targets: &[u32], count: usize) -> Option<ArrayRef> {
    let mut folded = vec![if kind == Fold::Sum { Some(0.0) } else { None }; count];
    for (row, &target) in targets.iter().enumerate() {
        if target == NONE || values.is_null(row) {
            continue;
        }
        let (value, known) = (values.value(row), &mut folded[target as usize]);
        *known = Some(match (kind, *known) {
            (Fold::Sum, known) => known.unwrap_or(0.0_f64) + value,
            (Fold::Min, Some(known)) => known.min(value),
            (Fold::Max, Some(known)) => known.max(value),
            (Fold::Min | Fold::Max | Fold::First, _) => value,
        });
    }
    Some(Arc::new(Float64Array::from(folded)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fold_into_their_targets_and_null_is_skipped() {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![Some(5), None, Some(3), Some(9), Some(1)]));
        let targets = [0, 0, 0, 2, NONE];
        let folded = |kind| {
            let array = fold(kind, &values, &targets, 3, &ColumnType::BigInteger).unwrap();
            array.as_primitive::<Int64Type>().iter().collect::<Vec<_>>()
        };
        assert_eq!(folded(Fold::Sum), [Some(8), Some(0), Some(9)]);
        assert_eq!(folded(Fold::Min), [Some(3), None, Some(9)]);
        assert_eq!(folded(Fold::Max), [Some(5), None, Some(9)]);
        assert_eq!(folded(Fold::First), [Some(5), None, Some(9)]);
    }
}
