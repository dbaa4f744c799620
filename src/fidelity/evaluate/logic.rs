//! [`compare`] and the other conditions, with SQL's three truth values.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::{boolean, cmp};
use arrow::datatypes::{DataType, Float64Type};

use super::vector::{Failures, Strict, Vector, any_failed, rows_of};
use crate::model::expression::Comparison;

/// Above this many literals of an IN, a sorted list is searched.
const MOST_EQUALITIES: usize = 4;

pub(super) fn not(operand: &Vector) -> Vector {
    let values = boolean::not(operand.values.as_boolean()).expect("a boolean has its opposite");
    Vector { values: Arc::new(values), constant: operand.constant, failures: operand.failures.clone() }
}

pub(super) fn and(left: &Vector, right: &Vector, rows: usize) -> Vector {
    let rows = rows_of(&[left, right], rows);
    let values = boolean::and_kleene(left.spread(rows).as_boolean(), right.spread(rows).as_boolean());
    // A false left side settles the row; NULL and failure do not.
    let settled = |left: &Vector| left.is_false(rows);
    settled_by(left, right, rows, values.expect("equal lengths"), settled)
}

pub(super) fn or(left: &Vector, right: &Vector, rows: usize) -> Vector {
    let rows = rows_of(&[left, right], rows);
    let values = boolean::or_kleene(left.spread(rows).as_boolean(), right.spread(rows).as_boolean());
    settled_by(left, right, rows, values.expect("equal lengths"), |left| left.is_true(rows))
}

fn settled_by(
    left: &Vector,
    right: &Vector,
    rows: usize,
    values: BooleanArray,
    settled: impl Fn(&Vector) -> BooleanBuffer,
) -> Vector {
    let late = right.failed(rows).and_then(|failed| failed.within(&!&settled(left)));
    let failures = Failures::union(left.failed(rows), late);
    Vector::new(Arc::new(values), left.constant && right.constant, failures)
}

/// Both sides have the same type.
pub(super) fn compare(operator: Comparison, left: &Vector, right: &Vector, rows: usize) -> Vector {
    let rows = rows_of(&[left, right], rows);
    let values = if *left.values.data_type() == DataType::Float64 {
        compare_floats(operator, left, right, rows)
    } else {
        let (one, other) = (left.datum(), right.datum());
        let (one, other) = (&*one, &*other);
        match operator {
            Comparison::Equal => cmp::eq(one, other),
            Comparison::NotEqual => cmp::neq(one, other),
            Comparison::Less => cmp::lt(one, other),
            Comparison::LessOrEqual => cmp::lt_eq(one, other),
            Comparison::Greater => cmp::gt(one, other),
            Comparison::GreaterOrEqual => cmp::gt_eq(one, other),
            Comparison::Distinct => cmp::distinct(one, other),
            Comparison::NotDistinct => cmp::not_distinct(one, other),
        }
        .expect("typing gave both sides one type")
    };
    let failures = any_failed(&[left, right], rows);
    Vector::new(Arc::new(values), left.constant && right.constant, failures)
}

/// Postgres's order of floats, which Arrow's is not: both zeros are equal; NaN equals itself and is the greatest.
pub(super) fn float_order(one: f64, other: f64) -> Ordering {
    one.partial_cmp(&other).unwrap_or_else(|| one.is_nan().cmp(&other.is_nan()))
}

fn compare_floats(operator: Comparison, left: &Vector, right: &Vector, rows: usize) -> BooleanArray {
    let operands = [left, right];
    let order = {
        let (one, other) = (left.numbers::<Float64Type>(), right.numbers::<Float64Type>());
        move |row| float_order(one(row), other(row))
    };
    let strict = |holds: fn(Ordering) -> bool| {
        let found = Strict::new(&operands, rows).booleans(|row| Ok(holds(order(row))));
        found.values.as_boolean().clone()
    };
    let same = || {
        // Both NULL, or both with values that are equal.
        let (one, other) = (left.valid(rows), right.valid(rows));
        let equal = BooleanBuffer::collect_bool(rows, |row| order(row) == Ordering::Equal);
        &(&(&one & &other) & &equal) | &(&!&one & &!&other)
    };
    match operator {
        Comparison::Equal => strict(Ordering::is_eq),
        Comparison::NotEqual => strict(Ordering::is_ne),
        Comparison::Less => strict(Ordering::is_lt),
        Comparison::LessOrEqual => strict(Ordering::is_le),
        Comparison::Greater => strict(Ordering::is_gt),
        Comparison::GreaterOrEqual => strict(Ordering::is_ge),
        Comparison::Distinct => BooleanArray::from(!&same()),
        Comparison::NotDistinct => BooleanArray::from(same()),
    }
}

pub(super) fn is_null(operand: &Vector, negated: bool, rows: usize) -> Vector {
    let rows = rows_of(&[operand], rows);
    let valid = operand.valid(rows);
    truths(operand, if negated { valid } else { !&valid }, rows)
}

pub(super) fn is_truth(operand: &Vector, value: bool, negated: bool, rows: usize) -> Vector {
    let rows = rows_of(&[operand], rows);
    let found = if value { operand.is_true(rows) } else { operand.is_false(rows) };
    truths(operand, if negated { !&found } else { found }, rows)
}

/// A condition that is never NULL, on a single operand.
fn truths(operand: &Vector, truths: BooleanBuffer, rows: usize) -> Vector {
    Vector::new(Arc::new(BooleanArray::from(truths)), operand.constant, operand.failed(rows))
}

/// As `operand >= low AND operand <= high`: a low bound that is missed settles the row.
pub(super) fn between(operand: &Vector, low: &Vector, high: &Vector, negated: bool, rows: usize) -> Vector {
    let above = compare(Comparison::GreaterOrEqual, operand, low, rows);
    let below = compare(Comparison::LessOrEqual, operand, high, rows);
    let inside = and(&above, &below, rows);
    if negated { not(&inside) } else { inside }
}

/// As equalities joined by OR: a candidate that is met settles the row.
pub(super) fn in_list(operand: &Vector, list: &[Vector], negated: bool, rows: usize) -> Vector {
    let found = searched(operand, list, rows).unwrap_or_else(|| {
        let equal = |candidate| compare(Comparison::Equal, operand, candidate, rows);
        list.iter()
            .map(equal)
            .reduce(|one, other| or(&one, &other, rows))
            .expect("the grammar wants a candidate")
    });
    if negated { not(&found) } else { found }
}

/// IN with many constant texts.
fn searched(operand: &Vector, list: &[Vector], rows: usize) -> Option<Vector> {
    let plain = |candidate: &Vector| {
        candidate.constant && candidate.failures.is_none() && candidate.values.null_count() == 0
    };
    let texts = *operand.values.data_type() == DataType::Utf8;
    if !texts || list.len() <= MOST_EQUALITIES || !list.iter().all(plain) {
        return None;
    }
    let mut candidates: Vec<&str> = list.iter().map(|one| one.values.as_string::<i32>().value(0)).collect();
    candidates.sort_unstable();
    let text = operand.texts();
    Some(Strict::new(&[operand], rows).booleans(|row| Ok(candidates.binary_search(&text(row)).is_ok())))
}
