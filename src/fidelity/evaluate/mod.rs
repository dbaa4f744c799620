//! [`evaluate`]: what an expression comes to on rows, worked out apart from those who make them.
//!
//! All operands of an expression are evaluated for all rows, a batch at a time; a row that fails carries its failure
//! upwards until an operation that does not need the operand there (AND, OR, CASE, COALESCE) drops it.

mod casts;
mod choices;
mod decimals;
mod logic;
mod numbers;
mod patterns;
mod texts;
mod times;
mod vector;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, DurationMicrosecondArray,
    FixedSizeBinaryArray, Float64Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
    new_empty_array,
};
use arrow::compute::concat;

use crate::model::column_type::ColumnType;
use crate::model::expression::{Expression, Function, Kind, Literal, Node};

use vector::Vector;

/// Rows evaluated at once: intermediate results stay in a second-level cache.
const BATCH: usize = 16_384;

/// What an expression comes to on rows.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// One value for each row, of the expression's type; NULL where the row failed.
    pub values: ArrayRef,
    /// How many rows have no value because their evaluation fails.
    pub failures: u64,
    /// The first of them, and why.
    pub first_failure: Option<(usize, String)>,
}

/// Evaluates an expression on rows: `inputs[symbol]` has a value for each, of the type that the scope gave the symbol.
pub fn evaluate(expression: &Expression, inputs: &[ArrayRef], rows: usize) -> Evaluated {
    let mut parts = Vec::with_capacity(rows.div_ceil(BATCH));
    let (mut failures, mut first_failure) = (0, None);
    for start in (0..rows).step_by(BATCH) {
        let length = BATCH.min(rows - start);
        let found = Rows::of(inputs, start, length).node(&expression.node);
        if let Some(failed) = found.failed(length) {
            failures += failed.rows.count_set_bits() as u64;
            first_failure = first_failure.or_else(|| {
                let row = start + failed.rows.set_indices().next()?;
                // A row alone has one message, its own.
                let alone = Rows::of(inputs, row, 1).node(&expression.node);
                Some((row, alone.failures?.message.into_owned()))
            });
        }
        parts.push(found.spread(length));
    }
    let values = match parts.as_slice() {
        [] => new_empty_array(&expression.ty.data_type()),
        [only] => Arc::clone(only),
        all => concat(&all.iter().map(|part| &**part).collect::<Vec<_>>()).expect("parts of one type"),
    };
    Evaluated { values, failures, first_failure }
}

/// Some rows and their columns.
struct Rows {
    columns: Vec<ArrayRef>,
    rows: usize,
}

impl Rows {
    fn of(inputs: &[ArrayRef], start: usize, rows: usize) -> Self {
        Self { columns: inputs.iter().map(|input| input.slice(start, rows)).collect(), rows }
    }

    fn node(&self, node: &Node) -> Vector {
        let rows = self.rows;
        match &node.kind {
            Kind::Literal(literal) => constant(literal, &node.ty),
            Kind::Column(symbol) | Kind::Aggregate { symbol, .. } => self.column(*symbol, &node.ty),
            Kind::Negate(operand) => numbers::negate(&self.node(operand), &node.ty, rows),
            Kind::Arithmetic { operator, left, right } => {
                let types = [&left.ty, &right.ty, &node.ty];
                numbers::arithmetic(*operator, types, &self.node(left), &self.node(right), rows)
            }
            Kind::Not(operand) => logic::not(&self.node(operand)),
            Kind::And(left, right) => logic::and(&self.node(left), &self.node(right), rows),
            Kind::Or(left, right) => logic::or(&self.node(left), &self.node(right), rows),
            Kind::Compare { operator, left, right } => {
                logic::compare(*operator, &self.node(left), &self.node(right), rows)
            }
            Kind::IsNull { operand, negated } => logic::is_null(&self.node(operand), *negated, rows),
            Kind::IsTruth { operand, value, negated } => {
                logic::is_truth(&self.node(operand), *value, *negated, rows)
            }
            Kind::InList { operand, list, negated } => {
                logic::in_list(&self.node(operand), &self.nodes(list), *negated, rows)
            }
            Kind::Between { operand, low, high, negated } => {
                let [operand, low, high] = [operand, low, high].map(|node| self.node(node));
                logic::between(&operand, &low, &high, *negated, rows)
            }
            Kind::Like { operand, pattern, ignore_case, negated } => {
                patterns::like(&self.node(operand), &self.node(pattern), *ignore_case, *negated, rows)
            }
            Kind::Case { branches, otherwise } => {
                let last = otherwise.as_ref().map_or_else(|| Vector::null(&node.ty), |node| self.node(node));
                branches.iter().rev().fold(last, |below, branch| {
                    choices::case(&self.node(&branch.condition), &self.node(&branch.result), &below, rows)
                })
            }
            Kind::Cast { operand, .. } => casts::cast(&self.node(operand), &operand.ty, &node.ty, rows),
            Kind::Concat(left, right) => texts::concatenation(&self.node(left), &self.node(right), rows),
            Kind::Call { function, arguments } => self.call(*function, arguments, &node.ty),
        }
    }

    fn nodes(&self, nodes: &[Node]) -> Vec<Vector> {
        nodes.iter().map(|node| self.node(node)).collect()
    }

    fn column(&self, symbol: usize, ty: &ColumnType) -> Vector {
        let values = Arc::clone(&self.columns[symbol]);
        assert_eq!(values.data_type(), &ty.data_type(), "a column has the type that the scope gave it");
        Vector { values, constant: false, failures: None }
    }

    fn call(&self, function: Function, arguments: &[Node], ty: &ColumnType) -> Vector {
        let (rows, values) = (self.rows, self.nodes(arguments));
        let first = &arguments[0].ty;
        match function {
            Function::Abs => numbers::magnitude(&values[0], ty, rows),
            Function::Ceil | Function::Floor | Function::Round { .. } => {
                numbers::rounded(function, &values[0], first, ty, rows)
            }
            Function::Coalesce => choices::coalesce(values, rows),
            Function::NullIf => choices::null_if(&values[0], &values[1], rows),
            Function::Least => choices::extreme(values, false, rows),
            Function::Greatest => choices::extreme(values, true, rows),
            Function::Lower => texts::lower(&values[0], rows),
            Function::Upper => texts::upper(&values[0], rows),
            Function::Length => texts::length(&values[0], rows),
            Function::Substring => texts::substring(&values, rows),
            Function::Trim(side) => texts::trim(side, &values[0], &values[1], rows),
            Function::Replace => texts::replace(&values[0], &values[1], &values[2], rows),
            Function::Left => texts::left(&values[0], &values[1], rows),
            Function::Right => texts::right(&values[0], &values[1], rows),
            Function::Extract(field) => times::extract(field, first, &values[0], ty, rows),
            Function::DateTrunc(unit) => times::truncate(unit, &values[0], ty, rows),
        }
    }
}

/// A literal as a value of its node's type.
fn constant(literal: &Literal, ty: &ColumnType) -> Vector {
    let own = literal.ty();
    let value = match literal {
        Literal::Null => return Vector::null(ty),
        Literal::Boolean(value) => Vector::constant(BooleanArray::from(vec![*value])),
        Literal::Integer(value) => match i32::try_from(*value) {
            Ok(value) => Vector::constant(Int32Array::from(vec![value])),
            Err(_) => Vector::constant(Int64Array::from(vec![*value])),
        },
        Literal::Decimal { unscaled, .. } => {
            Vector::constant(Decimal128Array::from(vec![*unscaled]).with_data_type(own.data_type()))
        }
        Literal::Float(value) => Vector::constant(Float64Array::from(vec![*value])),
        Literal::Text(value) => Vector::constant(StringArray::from(vec![value.as_str()])),
        Literal::Timestamp(value) => {
            Vector::constant(TimestampMicrosecondArray::from(vec![*value]).with_data_type(own.data_type()))
        }
        Literal::Date(value) => Vector::constant(Date32Array::from(vec![*value])),
        Literal::Interval(value) => Vector::constant(DurationMicrosecondArray::from(vec![*value])),
        Literal::Uuid(value) => Vector::constant(FixedSizeBinaryArray::new(16, value.to_vec().into(), None)),
    };
    if own == *ty { value } else { casts::cast(&value, &own, ty, 1) }
}

#[cfg(test)]
pub(super) mod tests {
    use arrow::array::AsArray;

    use super::*;
    use crate::model::expression::{Resolved, Scope, compile};

    /// `x` and `y`, whole numbers that may be NULL.
    struct Numbers;

    impl Scope for Numbers {
        fn resolve(&mut self, _: Option<&str>, name: &str) -> Result<Resolved, String> {
            let symbol = ["x", "y"].iter().position(|known| *known == name).ok_or("no such column")?;
            Ok(Resolved { symbol, ty: ColumnType::Integer, nullable: true })
        }
    }

    fn evaluated(source: &str, inputs: &[ArrayRef], rows: usize) -> Evaluated {
        evaluate(&compile(source, &mut Numbers).expect(source), inputs, rows)
    }

    /// The text of an expression without columns, or why it has none.
    pub(in crate::fidelity::evaluate) fn shown(source: &str) -> String {
        let text = compile(source, &mut Numbers).expect(source).assigned_to(&ColumnType::Text).expect(source);
        let found = evaluate(&text, &[], 1);
        match found.first_failure {
            Some((0, why)) => format!("! {why}"),
            Some((row, _)) => panic!("{source}: row {row} of one"),
            None => found.values.as_string::<i32>().iter().next().flatten().unwrap_or("null").to_owned(),
        }
    }

    pub(in crate::fidelity::evaluate) fn assert_all(cases: &[(&str, &str)]) {
        for (source, expected) in cases {
            assert_eq!(shown(source), *expected, "{source}");
        }
    }

    fn numbers(values: impl IntoIterator<Item = Option<i32>>) -> ArrayRef {
        Arc::new(Int32Array::from_iter(values))
    }

    #[test]
    fn rows_of_every_batch_count_and_fail_at_their_own_place() {
        let rows = 2 * BATCH + 10;
        // Each 7th row is NULL; zeros stand at the end of the first batch and in the last.
        let zeros = [BATCH - 1, 2 * BATCH + 3];
        let at = |row: usize| {
            if zeros.contains(&row) { Some(0) } else { (!row.is_multiple_of(7)).then_some(row as i32) }
        };
        assert!(zeros.iter().all(|row| !row.is_multiple_of(7)));
        let inputs = [numbers((0..rows).map(at)), numbers((0..rows).map(|_| Some(-1)))];
        let found = evaluated("1000000 / x + y", &inputs, rows);
        assert_eq!((found.failures, found.values.len()), (2, rows));
        assert_eq!(found.first_failure, Some((BATCH - 1, "division by zero".to_owned())));
        let expected = (0..rows).map(|row| at(row).filter(|x| *x != 0).map(|x| 1_000_000 / x - 1));
        assert_eq!(&found.values, &numbers(expected));
    }

    #[test]
    fn the_first_failure_is_told_by_its_row_not_by_the_order_of_the_operands() {
        let inputs = [numbers([None, Some(0), Some(i32::MAX)]), numbers([Some(1), Some(1), Some(1)])];
        let found = evaluated("x + y < 0 or 1 / x > 0", &inputs, 3);
        assert_eq!(found.first_failure, Some((1, "division by zero".to_owned())));
        assert_eq!(found.failures, 2);
        let found = evaluated("x + 1", &inputs, 3);
        assert_eq!(found.first_failure, Some((2, "integer out of range".to_owned())));
    }

    #[test]
    fn no_rows_have_no_values_and_constants_have_one_for_each() {
        let none = evaluated("x / 0", &[numbers([]), numbers([])], 0);
        assert_eq!((none.values.len(), none.failures), (0, 0));
        assert_eq!(none.values.data_type(), &ColumnType::Integer.data_type());
        let some = evaluated("1 + 1", &[], BATCH + 1);
        assert_eq!(&some.values, &numbers(vec![Some(2); BATCH + 1]));
        assert_eq!(evaluated("1 / 0", &[], BATCH + 1).failures, BATCH as u64 + 1);
    }

    #[test]
    fn constants_have_the_type_of_their_place() {
        assert_all(&[
            ("case when true then 1 else 2.50 end", "1.00"),
            ("coalesce(null, 3000000000)", "3000000000"),
            ("date '2025-07-28' + 1", "2025-07-29"),
            ("'6F9619FF8B86D011B42D00CF4FC964FF'::uuid", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
            ("timestamp '2025-07-28 02:00+02'", "2025-07-28 00:00:00+00"),
        ]);
    }
}
