//! [`case`], [`coalesce`] and the other choices between values.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::zip::zip;
use arrow::compute::nullif;

use super::logic::compare;
use super::vector::{Failures, Vector, any_failed, rows_of};
use crate::model::expression::Comparison;

/// One branch of CASE over what the branches below it come to.
pub(super) fn case(condition: &Vector, result: &Vector, below: &Vector, rows: usize) -> Vector {
    let rows = rows_of(&[condition, result, below], rows);
    let taken = condition.is_true(rows);
    let failed = condition.failed(rows);
    let undecided = failed.as_ref().map(|failed| &failed.rows | &taken).unwrap_or_else(|| taken.clone());
    let failures = Failures::union(
        Failures::union(failed, result.failed(rows).and_then(|failed| failed.within(&taken))),
        below.failed(rows).and_then(|failed| failed.within(&!&undecided)),
    );
    chosen(&taken, result, below, failures, condition.constant)
}

/// The first value that is not NULL.
pub(super) fn coalesce(arguments: Vec<Vector>, rows: usize) -> Vector {
    let over = |below: Vector, first: Vector| {
        let rows = rows_of(&[&first, &below], rows);
        let taken = first.valid(rows);
        let failed = first.failed(rows);
        let settled = failed.as_ref().map_or_else(|| taken.clone(), |failed| &failed.rows | &taken);
        let late = below.failed(rows).and_then(|failed| failed.within(&!&settled));
        chosen(&taken, &first, &below, Failures::union(failed, late), true)
    };
    arguments.into_iter().rev().reduce(over).expect("typing wants an argument")
}

/// NULL where both are equal, else the first.
pub(super) fn null_if(first: &Vector, second: &Vector, rows: usize) -> Vector {
    let rows = rows_of(&[first, second], rows);
    let equal = compare(Comparison::Equal, first, second, rows).spread(rows);
    let values = nullif(&first.spread(rows), equal.as_boolean()).expect("equal lengths");
    Vector::new(values, first.constant && second.constant, any_failed(&[first, second], rows))
}

/// The least or greatest of the values that are not NULL.
pub(super) fn extreme(arguments: Vec<Vector>, greatest: bool, rows: usize) -> Vector {
    let operator = if greatest { Comparison::Greater } else { Comparison::Less };
    let better = |best: Vector, next: Vector| {
        let rows = rows_of(&[&best, &next], rows);
        let better = compare(operator, &next, &best, rows).is_true(rows);
        let taken = &better | &!&best.valid(rows);
        let failures = any_failed(&[&best, &next], rows);
        chosen(&taken, &next, &best, failures, true)
    };
    arguments.into_iter().reduce(better).expect("typing wants an argument")
}

/// `yes` in the taken rows, `no` in the others.
fn chosen(
    taken: &BooleanBuffer,
    yes: &Vector,
    no: &Vector,
    failures: Option<Failures>,
    condition_is_constant: bool,
) -> Vector {
    let constant = condition_is_constant && yes.constant && no.constant;
    let all = taken.count_set_bits();
    // One side alone is the answer more often than not, and a copy of texts is dear.
    let only = match all {
        0 => Some(no),
        all if all == taken.len() => Some(yes),
        _ => None,
    };
    let values = match only {
        Some(only) if only.constant == constant => Arc::clone(&only.values),
        Some(only) => only.spread(taken.len()),
        None => {
            let mask = BooleanArray::from(taken.clone());
            zip(&mask, &*yes.datum(), &*no.datum()).expect("typing gave both sides one type")
        }
    };
    debug_assert_eq!(values.len(), taken.len());
    Vector::new(values, constant, failures)
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_all;

    #[test]
    fn the_first_true_condition_decides_and_later_ones_do_not_fail() {
        assert_all(&[
            ("case when true then 'a' when 1 / 0 = 1 then 'b' end", "a"),
            ("case when false then 1 / 0 else 2 end", "2"),
            ("case when null then 1 else 2 end", "2"),
            ("case when false then 1 end", "null"),
            ("case when true then 1 / 0 else 2 end", "! division by zero"),
            ("case when 1 / 0 = 1 then 1 else 2 end", "! division by zero"),
            ("case 2 when 1 then 'one' when 2 then 'two' end", "two"),
        ]);
    }

    #[test]
    fn coalesce_takes_the_first_value_and_asks_no_further() {
        assert_all(&[
            ("coalesce(null, 2, 1 / 0)", "2"),
            ("coalesce(null, 1 / 0, 2)", "! division by zero"),
            ("coalesce(null, null)", "null"),
        ]);
    }

    #[test]
    fn extremes_leave_nulls_out_and_evaluate_everything() {
        assert_all(&[
            ("least(3, null, 2)", "2"),
            ("greatest(null, 3, 2)", "3"),
            ("greatest(null, null)", "null"),
            ("least(1, 1 / 0)", "! division by zero"),
            ("least('b', 'a', 'c')", "a"),
            ("nullif(1, 1)", "null"),
            ("nullif(1, 2)", "1"),
            ("nullif(1, null)", "1"),
        ]);
    }
}
