//! What is foreseen of an expression contains every value that it comes to, and a breach fails in every row.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use seedmill::columns::expression::evaluate;
use seedmill::model::column_type::ColumnType;
use seedmill::model::expression::{Known, compile, foresee};

use super::judge::{Author, extremes};
use super::{FAILURES, ROWS, Table, VALUES, columns, compiled};

/// A value of a row, as it is known.
fn known(array: &ArrayRef, ty: &ColumnType, row: usize) -> Known {
    if array.is_null(row) {
        return Known::Null;
    }
    let whole = |value: i64| Known::whole(i128::from(value));
    match ty {
        ColumnType::Integer => whole(array.as_primitive::<Int32Type>().value(row).into()),
        ColumnType::BigInteger => whole(array.as_primitive::<Int64Type>().value(row)),
        ColumnType::Decimal { .. } => Known::whole(array.as_primitive::<Decimal128Type>().value(row)),
        ColumnType::Date => whole(array.as_primitive::<Date32Type>().value(row).into()),
        ColumnType::Timestamp => whole(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        ColumnType::Boolean => Known::Truth(array.as_boolean().value(row)),
        ColumnType::Text | ColumnType::Enum { .. } => Known::Text(array.as_string::<i32>().value(row).into()),
        ColumnType::Float => match array.as_primitive::<Float64Type>().value(row) {
            value if value.is_nan() => Known::Anything,
            value => Known::Float { low: value, high: value },
        },
        _ => Known::Anything,
    }
}

/// What is known of several rows together.
fn together(array: &ArrayRef, ty: &ColumnType, rows: &[usize]) -> Known {
    rows.iter().map(|&row| known(array, ty, row)).reduce(|one, two| one.or(&two)).expect("a row")
}

fn contains(foreseen: &Known, value: &Known) -> bool {
    match (foreseen, value) {
        (Known::Anything, _) => true,
        (Known::Float { low, high }, Known::Float { low: value, .. }) => low <= value && value <= high,
        // Not a number.
        (Known::Float { .. }, Known::Anything) => false,
        (Known::Whole { low, high }, Known::Whole { low: value, .. }) => low <= value && value <= high,
        (one, two) => one == two,
    }
}

/// The rows one by one, and some of them together.
const SETS: &[&[usize]] =
    &[&[0], &[1], &[2], &[3], &[4], &[0, 1], &[1, 2], &[0, 4], &[0, 1, 2, 4], &[0, 1, 2, 3, 4]];

/// Whether the expression means anything, and in how many sets it was foreseen to fail.
fn foreseen(source: &str, inputs: &[ArrayRef]) -> Result<Option<usize>, String> {
    let table = columns();
    let Ok(expression) = compile(source, &mut Table(columns())) else { return Ok(None) };
    let made: Vec<_> =
        (0..ROWS).map(|row| evaluate(&expression, 1, &mut |symbol| inputs[symbol].slice(row, 1))).collect();
    let mut breaches = 0;
    for set in SETS {
        let column = |symbol: usize| together(&inputs[symbol], &table[symbol].1, set);
        let foreseen = foresee(&expression.node, &column);
        breaches += usize::from(foreseen.is_err());
        for &row in *set {
            match (&foreseen, &made[row]) {
                (Ok(foreseen), Ok(made)) if !contains(foreseen, &known(made, &expression.ty, 0)) => {
                    return Err(format!("{source}, rows {set:?}: {foreseen:?}, but row {row} is {made:?}"));
                }
                (Err(breach), Ok(made)) => {
                    return Err(format!("{source}, rows {set:?}: {breach:?}, but row {row} is {made:?}"));
                }
                (Ok(_), Ok(_)) | (_, Err(_)) => {}
            }
        }
    }
    Ok(Some(breaches))
}

#[test]
fn the_cases_of_postgres_are_foreseen() {
    let inputs: Vec<ArrayRef> = columns().into_iter().map(|(.., values)| values).collect();
    for (source, _) in VALUES {
        assert!(foreseen(source, &inputs).unwrap_or_else(|error| panic!("{error}")).is_some(), "{source}");
    }
    // A division by zero is nobody's breach here.
    let mut broken = 0;
    for (source, ..) in FAILURES {
        let found = foreseen(source, &inputs).unwrap_or_else(|error| panic!("{error}"));
        broken += usize::from(found.is_some_and(|breaches| breaches > 0));
    }
    assert!(broken * 2 > FAILURES.len(), "only {broken} of {} failures are foreseen", FAILURES.len());
}

#[test]
fn expressions_made_up_are_foreseen() {
    let tables = [columns().into_iter().map(|(.., values)| values).collect(), extremes()];
    let mut runner = TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
    let counts = std::cell::Cell::new((0, 0));
    let result = runner.run(&prop::collection::vec(any::<u8>(), 1..60), |choices| {
        for kind in ["b", "i", "f", "n", "s", "t", "d"] {
            let source = Author::new(&choices).expression(kind, 5);
            for table in &tables {
                let found = foreseen(&source, table).map_err(TestCaseError::fail)?;
                let (good, broken) = counts.get();
                counts.set((good + usize::from(found.is_some()), broken + found.unwrap_or(0)));
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let (good, broken) = counts.get();
    assert!(good > 5_000 && broken > 1_000, "{good} expressions with {broken} breaches");
}

#[test]
fn what_guards_keep_from_being_evaluated_breaks_nothing() {
    let five = |symbol: usize| match columns()[symbol].1 {
        ColumnType::Integer => Known::Whole { low: 1, high: 5 },
        ColumnType::Text => Known::Text("n/a".to_owned()),
        _ => Known::Anything,
    };
    let breaks = |source: &str| foresee(&compiled(source).node, &five).is_err();
    for source in [
        "i * 2147483647 * 2147483647 * 0 + 2147483647 * 2147483647",
        "s::integer",
        "case when i > 0 then s::integer end",
        "case when ok then s::integer else abs(s::decimal(9,2))::integer end",
        "substr(s, 1, i - 6)",
        "i > 0 and s::integer > 3",
        "coalesce(null, s::integer)",
        "s like '%' || '\\'",
    ] {
        assert!(breaks(source), "{source}");
    }
    for source in [
        "case when i > 5 then s::integer end",
        "case when ok then s::integer else 3 end",
        "case when s <> 'n/a' then s::integer end",
        "i < 1 and s::integer > 3",
        "ok or s::integer > 3",
        "coalesce(i, s::integer)",
        "nullif(s, 'n/a')::integer",
        "substr(s, 1, greatest(i - 6, 0))",
        "substr(p, 1, i - 5)",
        "i * 1000000000",
    ] {
        assert!(!breaks(source), "{source}");
    }
}
