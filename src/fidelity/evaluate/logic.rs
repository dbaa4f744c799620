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

#[cfg(test)]
mod tests {
    use super::super::tests::assert_all;

    const TRUTHS: [&str; 3] = ["true", "false", "null"];

    #[test]
    fn and_and_or_have_three_truth_values() {
        let expected = |one: &str, other: &str, settles: &'static str, else_: &'static str| match (one, other)
        {
            (one, other) if one == settles || other == settles => settles,
            ("null", _) | (_, "null") => "null",
            _ => else_,
        };
        for one in TRUTHS {
            for other in TRUTHS {
                assert_all(&[
                    (&format!("{one}::boolean and {other}"), expected(one, other, "false", "true")),
                    (&format!("{one}::boolean or {other}"), expected(one, other, "true", "false")),
                ]);
            }
        }
    }

    #[test]
    fn a_settled_row_does_not_fail() {
        assert_all(&[
            ("false and 1 / 0 = 1", "false"),
            ("true or 1 / 0 = 1", "true"),
            ("null and 1 / 0 = 1", "! division by zero"),
            ("true and 1 / 0 = 1", "! division by zero"),
            ("1 / 0 = 1 and false", "! division by zero"),
            ("1 / 0 = 1 or true", "! division by zero"),
            ("1 in (1, 1 / 0)", "true"),
            ("1 not in (1, 1 / 0)", "false"),
            ("2 in (1, 1 / 0)", "! division by zero"),
            ("0 between 1 and 1 / 0", "false"),
            ("(1 / 0) is null", "! division by zero"),
            ("(1 / 0) is distinct from null", "! division by zero"),
        ]);
    }

    #[test]
    fn null_is_unknown_to_comparisons_and_lists() {
        assert_all(&[
            ("1 = null", "null"),
            ("null is distinct from 1", "true"),
            ("null is not distinct from null", "true"),
            ("1 in (2, null)", "null"),
            ("1 in (1, null)", "true"),
            ("1 not in (2, null)", "null"),
            ("5 between null and 4", "false"),
            ("(null = 1) is not true", "true"),
            ("(null = 1) is false", "false"),
            ("not null::boolean", "null"),
        ]);
    }

    #[test]
    fn long_lists_of_texts_find_what_short_ones_do() {
        assert_all(&[
            ("'c' in ('d', 'a', 'e', 'c', 'b')", "true"),
            ("'f' in ('d', 'a', 'e', 'c', 'b')", "false"),
            ("'f' not in ('d', 'a', 'e', 'c', 'b')", "true"),
            ("'f' in ('d', 'a', 'e', 'c', 'b', null)", "null"),
            ("null::text in ('d', 'a', 'e', 'c', 'b')", "null"),
        ]);
    }

    #[test]
    fn texts_compare_byte_by_byte_and_zeros_of_floats_are_equal() {
        assert_all(&[
            ("'Z' < 'a'", "true"),
            ("'a' < 'ä'", "true"),
            ("'a' < 'aa'", "true"),
            ("0.0::float = -0.0::float", "true"),
            ("0.0::float > -0.0::float", "false"),
            ("0.0::float is distinct from -0.0::float", "false"),
        ]);
    }

    #[test]
    fn nan_equals_itself_and_is_the_greatest_float() {
        use super::float_order;
        use std::cmp::Ordering::{Equal, Greater, Less};
        let all = [f64::NEG_INFINITY, -1.0, 0.0, f64::INFINITY, f64::NAN];
        for (at, one) in all.into_iter().enumerate() {
            for (place, other) in all.into_iter().enumerate() {
                let expected = if at < place {
                    Less
                } else if at > place {
                    Greater
                } else {
                    Equal
                };
                assert_eq!(float_order(one, other), expected, "{one} {other}");
            }
        }
        assert_eq!(float_order(-f64::NAN, f64::INFINITY), Greater);
    }
}
