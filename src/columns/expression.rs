//! [`evaluate`]: the values of an expression for a run of rows.
//!
//! One dispatch per operation and run, never per row. Operands that are constants stay Arrow scalars. Where an operation
//! may fail and SQL evaluates it only for some rows (a branch of CASE, the right side of AND), it sees those rows alone.

mod arithmetic;
mod casts;
mod conditional;
mod text;
mod time;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Datum, Float64Array, UInt32Array, new_empty_array, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::{boolean, cmp};
use arrow::compute::take;
use arrow::datatypes::Float64Type;
use arrow::error::ArrowError;

use super::RowError;
use crate::model::column_type::ColumnType;
use crate::model::expression::{Comparison, Expression, Function, Kind, Literal, Node};

/// Values of an expression for `rows` rows. `column` gives the array of a symbol, of its type and that many rows; it is
/// asked once for each. The result has exactly the Arrow type of the expression.
pub fn evaluate(
    expression: &Expression,
    rows: usize,
    column: &mut dyn FnMut(usize) -> ArrayRef,
) -> Result<ArrayRef, RowError> {
    let node = &expression.node;
    let columns = node.symbols().into_iter().map(|symbol| (symbol, column(symbol))).collect();
    let frame = Frame { rows, columns };
    frame.array(node).map_err(|failure| frame.first_failure(node, failure))
}

/// The rows for which a condition is true; NULL counts as false. Otherwise as [`evaluate`].
pub fn holds(
    condition: &Expression,
    rows: usize,
    column: &mut dyn FnMut(usize) -> ArrayRef,
) -> Result<BooleanBuffer, RowError> {
    Ok(certain(evaluate(condition, rows, column)?.as_boolean()))
}

/// The rows for which a condition is true, not NULL.
fn certain(condition: &BooleanArray) -> BooleanBuffer {
    match condition.nulls() {
        Some(valid) => condition.values() & valid.inner(),
        None => condition.values().clone(),
    }
}

/// Why an operation has no value for some row.
#[derive(Debug)]
struct Failure(String);

impl From<ArrowError> for Failure {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::ComputeError(message) => Self(message),
            ArrowError::DivideByZero => Self("division by zero".to_owned()),
            ArrowError::ArithmeticOverflow(_) => Self("value out of range".to_owned()),
            other => Self(other.to_string()),
        }
    }
}

/// The values of an operand: an array with a value for each row, or of one value for all.
#[derive(Clone)]
struct Operand {
    array: ArrayRef,
    scalar: bool,
}

impl Datum for Operand {
    fn get(&self) -> (&dyn Array, bool) {
        (&self.array, self.scalar)
    }
}

impl Operand {
    fn of(array: ArrayRef) -> Self {
        Self { array, scalar: false }
    }

    /// One value for each row.
    fn expanded(&self, rows: usize) -> Result<ArrayRef, Failure> {
        if !self.scalar {
            return Ok(self.array.clone());
        }
        if self.array.is_null(0) {
            return Ok(new_null_array(self.array.data_type(), rows));
        }
        Ok(take(&self.array, &UInt32Array::from_value(0, rows), None)?)
    }

    fn map(&self, operation: impl FnOnce(&ArrayRef) -> Result<ArrayRef, Failure>) -> Result<Self, Failure> {
        Ok(Self { array: operation(&self.array)?, scalar: self.scalar })
    }
}

/// The rows that are being evaluated.
struct Frame {
    rows: usize,
    columns: Vec<(usize, ArrayRef)>,
}

impl Frame {
    /// The values of a node, one for each row.
    fn array(&self, node: &Node) -> Result<ArrayRef, Failure> {
        // Not even a constant fails where there is no row.
        if self.rows == 0 {
            return Ok(new_empty_array(&node.ty.data_type()));
        }
        self.operand(node)?.expanded(self.rows)
    }

    /// The same rows in an order of `picked`, with the columns that `node` reads.
    fn picked(&self, node: &Node, picked: &UInt32Array) -> Result<Self, Failure> {
        let symbols = node.symbols();
        let columns = self.columns.iter().filter(|(symbol, _)| symbols.binary_search(symbol).is_ok());
        let columns = columns.map(|(symbol, array)| Ok((*symbol, take(array, picked, None)?)));
        Ok(Self { rows: picked.len(), columns: columns.collect::<Result<_, Failure>>()? })
    }

    fn head(&self, rows: usize) -> Self {
        let columns = self.columns.iter().map(|(symbol, array)| (*symbol, array.slice(0, rows))).collect();
        Self { rows, columns }
    }

    /// The first row that fails: values depend on their own row alone, so a longer head fails where a shorter one does.
    fn first_failure(&self, node: &Node, failure: Failure) -> RowError {
        let (mut good, mut bad, mut message) = (0, self.rows, failure.0);
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            match self.head(middle).array(node) {
                Ok(_) => good = middle,
                Err(failure) => (bad, message) = (middle, failure.0),
            }
        }
        RowError { row: bad.saturating_sub(1), message }
    }

    fn operand(&self, node: &Node) -> Result<Operand, Failure> {
        match &node.kind {
            Kind::Literal(literal) => {
                Ok(Operand { array: casts::constant(literal, &node.ty)?, scalar: true })
            }
            Kind::Column(symbol) | Kind::Aggregate { symbol, .. } => {
                let found = self.columns.iter().find(|(known, _)| known == symbol);
                Ok(Operand::of(found.expect("a frame has every symbol of its node").1.clone()))
            }
            Kind::Negate(operand) => self.operand(operand)?.map(|array| arithmetic::negate(array, &node.ty)),
            Kind::Arithmetic { operator, left, right } => arithmetic::arithmetic(
                *operator,
                (&self.operand(left)?, &left.ty),
                (&self.operand(right)?, &right.ty),
                &node.ty,
            ),
            Kind::Not(operand) => {
                self.operand(operand)?.map(|array| Ok(Arc::new(boolean::not(array.as_boolean())?)))
            }
            Kind::And(left, right) => self.junction(left, right, false),
            Kind::Or(left, right) => self.junction(left, right, true),
            Kind::Compare { operator, left, right } => {
                compare(*operator, &self.operand(left)?, &self.operand(right)?)
            }
            Kind::IsNull { operand, negated } => self.operand(operand)?.map(|array| {
                let found = if *negated { boolean::is_not_null(array) } else { boolean::is_null(array) };
                Ok(Arc::new(found?))
            }),
            Kind::IsTruth { operand, value, negated } => {
                self.operand(operand)?.map(|array| is_truth(array.as_boolean(), *value, *negated))
            }
            Kind::InList { operand, list, negated } => self.in_list(operand, list, *negated),
            Kind::Between { operand, low, high, negated } => {
                let above = || comparison(Comparison::GreaterOrEqual, operand, low);
                let below = || comparison(Comparison::LessOrEqual, operand, high);
                if high.may_fail() {
                    return negated_if(*negated, &self.junction(&above(), &below(), false)?);
                }
                let operand = self.operand(operand)?;
                let above = compare(Comparison::GreaterOrEqual, &operand, &self.operand(low)?)?;
                let below = compare(Comparison::LessOrEqual, &operand, &self.operand(high)?)?;
                negated_if(*negated, &self.joined(&above, &below, false)?)
            }
            Kind::Like { operand, pattern, ignore_case, negated } => {
                text::like(&self.operand(operand)?, &self.operand(pattern)?, *ignore_case, *negated)
            }
            Kind::Case { branches, otherwise } => self.case(branches, otherwise.as_deref(), &node.ty),
            Kind::Cast { operand, .. } => {
                self.operand(operand)?.map(|array| casts::cast(array, &operand.ty, &node.ty))
            }
            Kind::Concat(left, right) => {
                let (left, right) = (self.operand(left)?, self.operand(right)?);
                text::concat(&left, &right, self.rows)
            }
            Kind::Call { function, arguments } => self.call(*function, arguments, &node.ty),
        }
    }

    fn call(&self, function: Function, arguments: &[Node], ty: &ColumnType) -> Result<Operand, Failure> {
        match function {
            Function::Coalesce => return self.coalesce(arguments),
            Function::NullIf | Function::Least | Function::Greatest => {
                return self.choice(function, arguments);
            }
            _ => {}
        }
        let operands: Vec<Operand> =
            arguments.iter().map(|node| self.operand(node)).collect::<Result<_, _>>()?;
        let first = &operands[0];
        match function {
            Function::Abs | Function::Ceil | Function::Floor | Function::Round { .. } => {
                first.map(|array| arithmetic::rounded(function, array, &arguments[0].ty, ty))
            }
            Function::Extract(field) => first.map(|array| time::extract(array, field, ty)),
            Function::DateTrunc(unit) => first.map(|array| time::truncate(array, unit)),
            _ => text::call(function, &operands, self.rows),
        }
    }

    /// AND (`absorbing` false) or OR (true): the right side is evaluated where the left side leaves it open.
    fn junction(&self, left: &Node, right: &Node, absorbing: bool) -> Result<Operand, Failure> {
        let first = self.operand(left)?;
        if !right.may_fail() {
            return self.joined(&first, &self.operand(right)?, absorbing);
        }
        let decided = first.expanded(self.rows)?;
        let decided = decided.as_boolean();
        let open = (0..self.rows).filter(|&row| decided.is_null(row) || decided.value(row) != absorbing);
        let open: Vec<u32> = open.map(|row| row as u32).collect();
        if open.len() == self.rows {
            return self.joined(&first, &self.operand(right)?, absorbing);
        }
        let mut places = vec![None; self.rows];
        for (place, row) in open.iter().enumerate() {
            places[*row as usize] = Some(place as u32);
        }
        let some = self.picked(right, &UInt32Array::from(open))?.array(right)?;
        // NULL where it was not needed: false AND NULL is false, true OR NULL is true.
        let second = take(&some, &UInt32Array::from(places), None)?;
        self.joined(&first, &Operand::of(second), absorbing)
    }

    /// Kleene's AND or OR of two operands.
    fn joined(&self, left: &Operand, right: &Operand, or: bool) -> Result<Operand, Failure> {
        let scalar = left.scalar && right.scalar;
        let rows = if scalar { 1 } else { self.rows };
        let (left, right) = (left.expanded(rows)?, right.expanded(rows)?);
        let kernel = if or { boolean::or_kleene } else { boolean::and_kleene };
        Ok(Operand { array: Arc::new(kernel(left.as_boolean(), right.as_boolean())?), scalar })
    }

    fn in_list(&self, operand: &Node, list: &[Node], negated: bool) -> Result<Operand, Failure> {
        if list.iter().skip(1).any(Node::may_fail) {
            let equal = list.iter().map(|candidate| comparison(Comparison::Equal, operand, candidate));
            let any = equal.reduce(|one, two| condition(Kind::Or(Box::new(one), Box::new(two))));
            return negated_if(negated, &self.operand(&any.expect("a list has an element"))?);
        }
        let operand = self.operand(operand)?;
        let mut found: Option<Operand> = None;
        for candidate in list {
            let equal = compare(Comparison::Equal, &operand, &self.operand(candidate)?)?;
            found = Some(match found {
                None => equal,
                Some(found) => self.joined(&found, &equal, true)?,
            });
        }
        negated_if(negated, &found.expect("a list has an element"))
    }
}

/// What BETWEEN and IN stand for; as for AND and OR, later parts are evaluated where earlier ones leave it open.
fn comparison(operator: Comparison, left: &Node, right: &Node) -> Node {
    condition(Kind::Compare { operator, left: Box::new(left.clone()), right: Box::new(right.clone()) })
}

const fn condition(kind: Kind) -> Node {
    Node { kind, ty: ColumnType::Boolean, nullable: true }
}

fn negated_if(negated: bool, operand: &Operand) -> Result<Operand, Failure> {
    if negated {
        operand.map(|array| Ok(Arc::new(boolean::not(array.as_boolean())?)))
    } else {
        Ok(operand.clone())
    }
}

fn is_truth(values: &BooleanArray, value: bool, negated: bool) -> Result<ArrayRef, Failure> {
    let wanted = if value { values.values().clone() } else { !values.values() };
    let certain = match values.nulls() {
        Some(valid) => &wanted & valid.inner(),
        None => wanted,
    };
    Ok(Arc::new(BooleanArray::new(if negated { !&certain } else { certain }, None)))
}

/// Arrow orders floats totally; SQL has one zero and one NaN.
fn comparable(operand: &Operand) -> Operand {
    let Some(floats) = operand.array.as_primitive_opt::<Float64Type>() else { return operand.clone() };
    let one = |value: f64| if value.is_nan() { f64::NAN } else { value + 0.0 };
    let floats: Float64Array = floats.unary(one);
    Operand { array: Arc::new(floats), scalar: operand.scalar }
}

fn compare(operator: Comparison, left: &Operand, right: &Operand) -> Result<Operand, Failure> {
    if let Comparison::Equal | Comparison::NotEqual = operator
        && let Some(equal) = text::equal_to_short(left, right, operator == Comparison::NotEqual)
    {
        return Ok(equal);
    }
    let scalar = left.scalar && right.scalar;
    let (left, right) = (comparable(left), comparable(right));
    let kernel = match operator {
        Comparison::Equal => cmp::eq,
        Comparison::NotEqual => cmp::neq,
        Comparison::Less => cmp::lt,
        Comparison::LessOrEqual => cmp::lt_eq,
        Comparison::Greater => cmp::gt,
        Comparison::GreaterOrEqual => cmp::gt_eq,
        Comparison::Distinct => cmp::distinct,
        Comparison::NotDistinct => cmp::not_distinct,
    };
    Ok(Operand { array: Arc::new(kernel(&left, &right)?), scalar })
}

/// A literal of its own type, for NULL of no known type.
fn null_scalar(ty: &ColumnType) -> Result<Operand, Failure> {
    Ok(Operand { array: casts::constant(&Literal::Null, ty)?, scalar: true })
}

#[cfg(test)]
mod tests {
    use arrow::array::Int32Array;

    use super::*;
    use crate::model::expression::{Resolved, Scope, compile};

    /// `a` and `b` are booleans, all others integers that may be NULL; symbols are letters.
    struct Letters;

    impl Scope for Letters {
        fn resolve(&mut self, _: Option<&str>, name: &str) -> Result<Resolved, String> {
            let ty = if ["a", "b"].contains(&name) { ColumnType::Boolean } else { ColumnType::Integer };
            Ok(Resolved { symbol: usize::from(name.as_bytes()[0]), ty, nullable: true })
        }
    }

    fn run(source: &str, rows: usize, column: impl Fn(char) -> ArrayRef) -> Result<ArrayRef, RowError> {
        let expression =
            compile(source, &mut Letters).unwrap_or_else(|errors| panic!("{source}: {errors:?}"));
        let values = evaluate(&expression, rows, &mut |symbol| column(symbol as u8 as char))?;
        assert_eq!((values.len(), values.data_type()), (rows, &expression.ty.data_type()));
        Ok(values)
    }

    const T: Option<bool> = Some(true);
    const F: Option<bool> = Some(false);
    const N: Option<bool> = None;

    /// The value for every pair of true, false and NULL.
    fn table(source: &str) -> Vec<Option<bool>> {
        let a = BooleanArray::from(vec![T, T, T, F, F, F, N, N, N]);
        let b = BooleanArray::from(vec![T, F, N, T, F, N, T, F, N]);
        let values =
            run(source, 9, |name| Arc::new(if name == 'a' { a.clone() } else { b.clone() })).unwrap();
        values.as_boolean().iter().collect()
    }

    #[test]
    fn logic_has_three_values() {
        for (source, expected) in [
            ("a and b", [T, F, N, F, F, F, N, F, N]),
            ("a or b", [T, T, T, T, F, N, T, N, N]),
            ("not a", [F, F, F, T, T, T, N, N, N]),
            ("a = b", [T, F, N, F, T, N, N, N, N]),
            ("a is distinct from b", [F, T, T, T, F, T, T, T, F]),
            ("a is true", [T, T, T, F, F, F, F, F, F]),
            ("a is not false", [T, T, T, F, F, F, T, T, T]),
            ("a is null", [F, F, F, F, F, F, T, T, T]),
            ("a in (b, false)", [T, F, N, T, T, T, N, N, N]),
            ("a not in (b, false)", [F, T, N, F, F, F, N, N, N]),
        ] {
            assert_eq!(table(source), expected, "{source}");
        }
    }

    #[test]
    fn a_right_side_that_may_fail_changes_no_logic() {
        // `1 / 1 = 1` cannot fail, but looks as if it could.
        for (plain, guarded) in [("a and b", "a and (b and 1 / 1 = 1)"), ("a or b", "a or (b and 1 / 1 = 1)")]
        {
            assert_eq!(table(plain), table(guarded));
        }
    }

    #[test]
    fn a_failure_names_the_first_row_of_all_operations() {
        let x: ArrayRef = Arc::new(Int32Array::from(vec![1, 1, 0, i32::MAX]));
        let error = run("(x + 1) / x", 4, |_| x.clone()).unwrap_err();
        assert_eq!((error.row, error.message.as_str()), (2, "division by zero"));
        let y: ArrayRef = Arc::new(Int32Array::from(vec![1, i32::MAX, 0, 0]));
        let error = run("(y + 1) / y", 4, |_| y.clone()).unwrap_err();
        assert_eq!((error.row, error.message.as_str()), (1, "integer out of range"));
    }

    #[test]
    fn a_branch_is_evaluated_only_for_its_rows() {
        let x: ArrayRef = Arc::new(Int32Array::from(vec![Some(0), Some(5), None, Some(-2)]));
        let read = |source: &str| {
            run(source, 4, |_| x.clone())
                .map(|values| values.as_primitive::<arrow::datatypes::Int32Type>().iter().collect::<Vec<_>>())
        };
        assert_eq!(
            read("case when x <> 0 then 10 / x else -1 end"),
            Ok(vec![Some(-1), Some(2), Some(-1), Some(-5)])
        );
        assert_eq!(
            read("case when x = 0 then 0 when 10 / x > 0 then 1 end"),
            Ok(vec![Some(0), Some(1), None, None])
        );
        assert_eq!(read("coalesce(x, 1 / (1 - 1))").map_err(|error| error.row), Err(2));
        assert_eq!(read("coalesce(nullif(x, 0), 1 / 1)"), Ok(vec![Some(1), Some(5), Some(1), Some(-2)]));
        assert_eq!(
            read("case when x between 1 and 10 / x then 1 else 0 end"),
            Ok(vec![Some(0), Some(0), Some(0), Some(0)])
        );
        assert_eq!(
            read("case when x in (0, 10 / x) then 1 else 0 end"),
            Ok(vec![Some(1), Some(0), Some(0), Some(0)])
        );
        assert_eq!(read("case when false then 1 / 0 else x end"), Ok(vec![Some(0), Some(5), None, Some(-2)]));
    }

    #[test]
    fn no_rows_give_an_empty_array_of_the_type() {
        let empty: ArrayRef = Arc::new(Int32Array::from(Vec::<i32>::new()));
        for source in ["1 / 0", "x + 1", "case when x > 0 then 'a' end", "x > 0 and 1 / x > 0"] {
            run(source, 0, |_| empty.clone()).unwrap();
        }
    }
}
