//! [`run`]: a SQL expression, parsed, typed, printed, bounded, and evaluated by makers and judge.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use seedmill::columns::expression::evaluate;
use seedmill::fidelity::evaluate::evaluate as judged;
use seedmill::model::column_type::ColumnType;
use seedmill::model::expression::{Expression, ExpressionError, bounds, compile};

use super::table::{Column, ROWS, Table, columns};

/// The bytes are an expression over the columns of [`columns`]. A refused one has a reason with a place inside it. Of an
/// accepted one, the printed text reads back as the same tree, each row's value lies within the bounds, and makers and
/// judge come to the same values or fail at the same rows.
pub fn run(data: &[u8]) -> bool {
    let Ok(source) = str::from_utf8(data) else { return false };
    let table = columns();
    match compile(source, &mut Table(&table)) {
        Err(errors) => {
            assert_told(source, &errors);
            false
        }
        Ok(expression) => {
            assert_reads_back(&expression, &table);
            assert_values(&expression, &table);
            if let Ok(text) = expression.assigned_to(&ColumnType::Text) {
                assert_values(&text, &table);
            }
            true
        }
    }
}

fn assert_told(source: &str, errors: &[ExpressionError]) {
    assert!(!errors.is_empty(), "refused without a reason");
    for error in errors {
        assert!(source.get(error.start..error.end).is_some(), "a place outside the text: {error:?}");
        assert!(!error.message.is_empty(), "refused without a reason");
    }
}

fn assert_reads_back(expression: &Expression, table: &[Column]) {
    let name = |symbol: usize| {
        let (name, ..) = table[symbol];
        if name == "count" { "lines".to_owned() } else { name.to_owned() }
    };
    let printed = expression.node.print(&name);
    match compile(&printed, &mut Table(table)) {
        Ok(again) => assert_eq!(again.node, expression.node, "printed as {printed}"),
        // Casts and parentheses that printing adds may make a text too long or too deep.
        Err(errors) => assert!(printed.len() > expression.source.len(), "printed as {printed}: {errors:?}"),
    }
}

fn assert_values(expression: &Expression, table: &[Column]) {
    let inputs: Vec<ArrayRef> = table.iter().map(|(.., values)| values.clone()).collect();
    let whole = judged(expression, &inputs, ROWS);
    let known = |symbol: usize| extent(&inputs[symbol]);
    let bounds = bounds(&expression.node, &known);
    let mut failures = 0;
    for row in 0..ROWS {
        let found = whole.values.slice(row, 1);
        match evaluate(expression, 1, &mut |symbol| inputs[symbol].slice(row, 1)) {
            Ok(made) => {
                assert_eq!(*made, *found, "row {row}: made and judged {:?}", whole.first_failure);
                assert_eq!(made.data_type(), &expression.ty.data_type(), "row {row}");
                assert!(
                    expression.nullable || made.null_count() == 0,
                    "row {row} is NULL, and nothing says so"
                );
                if let (Some((low, high)), Some((least, most))) = (bounds, extent(&made)) {
                    assert!(low <= least && most <= high, "row {row}: {least} is not in {low}..={high}");
                }
            }
            Err(error) => {
                assert!(found.is_null(0), "row {row}: made {error:?}, judged {found:?}");
                failures += 1;
            }
        }
    }
    assert_eq!(failures, whole.failures, "{:?}", whole.first_failure);
}

/// The least and the greatest value, in the units of [`bounds`]; nothing without a value, or of what has no order.
fn extent(array: &ArrayRef) -> Option<(f64, f64)> {
    use arrow::datatypes::DataType;
    let values: Vec<f64> = match array.data_type() {
        DataType::Int32 => array.as_primitive::<Int32Type>().iter().flatten().map(f64::from).collect(),
        DataType::Int64 => {
            array.as_primitive::<Int64Type>().iter().flatten().map(|value| value as f64).collect()
        }
        DataType::Float64 => array.as_primitive::<Float64Type>().iter().flatten().collect(),
        DataType::Date32 => array.as_primitive::<Date32Type>().iter().flatten().map(f64::from).collect(),
        DataType::Timestamp(..) => array
            .as_primitive::<TimestampMicrosecondType>()
            .iter()
            .flatten()
            .map(|value| value as f64)
            .collect(),
        DataType::Decimal128(_, scale) => {
            // Through its digits, which gives the nearest float.
            let nearest = |value: i128| format!("{value}e-{scale}").parse().expect("a number");
            array.as_primitive::<Decimal128Type>().iter().flatten().map(nearest).collect()
        }
        _ => return None,
    };
    let least = values.iter().copied().reduce(f64::min)?;
    let most = values.iter().copied().reduce(f64::max)?;
    Some((least, most))
}
