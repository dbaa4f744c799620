//! [`bounds`]: between which numbers an expression stays, for proofs.

use super::ast::{Arithmetic, Kind, Literal, Node};
use super::function::{Field, Function, Unit};
use crate::model::column_type::ColumnType;
use crate::model::text_form::calendar::{DAY, HOUR, MINUTE, SECOND};

/// Whole numbers up to here (2^53) are exact in a float.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// Unscaled decimals up to here (2^48) come out of a few float operations nearer than half a digit.
const NEAR: f64 = 281_474_976_710_656.0;

type Bounds = (f64, f64);
type Columns<'a> = &'a dyn Fn(usize) -> Option<Bounds>;

/// Least and greatest value of a number, a time or an interval over all rows where it is not NULL; nothing where that
/// is not known. Timestamps and intervals count microseconds, dates days, decimals themselves (not unscaled).
/// `column` gives the bounds of a symbol in the same units. The answer may be too wide, never too narrow.
pub fn bounds(node: &Node, column: Columns<'_>) -> Option<Bounds> {
    match &node.kind {
        Kind::Literal(literal) => of_literal(literal),
        Kind::Column(symbol) | Kind::Aggregate { symbol, .. } => column(*symbol),
        Kind::Negate(operand) => bounds(operand, column).map(|(low, high)| (-high, -low)),
        Kind::Arithmetic { operator, left, right } => {
            of_arithmetic(*operator, bounds(left, column)?, bounds(right, column)?, &node.ty)
        }
        Kind::Case { branches, otherwise } => {
            let results = branches.iter().map(|branch| &branch.result).chain(otherwise.as_deref());
            // NULL is no value.
            let results = results.filter(|result| result.as_literal() != Some(&Literal::Null));
            union(results, column)
        }
        Kind::Cast { operand, .. } => of_cast(operand, &node.ty, column),
        Kind::Call { function, arguments } => of_call(*function, arguments, column),
        Kind::Not(_)
        | Kind::Compare { .. }
        | Kind::And(..)
        | Kind::Or(..)
        | Kind::IsNull { .. }
        | Kind::IsTruth { .. }
        | Kind::InList { .. }
        | Kind::Between { .. }
        | Kind::Like { .. }
        | Kind::Concat(..) => None,
    }
}

fn power_of_ten(exponent: i32) -> f64 {
    (0..exponent).fold(1.0, |power, _| power * 10.0)
}

/// How many values of a type fit between two whole numbers; none for floats.
fn grid(ty: &ColumnType) -> Option<f64> {
    match ty {
        ColumnType::Float => None,
        ColumnType::Decimal { scale, .. } => Some(power_of_ten(i32::from(*scale))),
        _ => Some(1.0),
    }
}

fn of_literal(literal: &Literal) -> Option<Bounds> {
    let (value, exact) = match literal {
        Literal::Integer(value) | Literal::Timestamp(value) | Literal::Interval(value) => {
            (*value as f64, value.unsigned_abs() <= EXACT as u64)
        }
        Literal::Decimal { unscaled, scale } => {
            // Of the digits themselves: powers of ten are no floats from 10^23 on.
            let nearest = format!("{unscaled}e-{scale}").parse().ok()?;
            (nearest, unscaled.unsigned_abs() <= EXACT as u128)
        }
        Literal::Float(value) => (*value, true),
        Literal::Date(days) => (f64::from(*days), true),
        Literal::Null | Literal::Boolean(_) | Literal::Text(_) | Literal::Uuid(_) => return None,
    };
    Some(if exact { (value, value) } else { (value.next_down(), value.next_up()) })
}

fn of_arithmetic(operator: Arithmetic, one: Bounds, two: Bounds, ty: &ColumnType) -> Option<Bounds> {
    let corners = |operation: fn(f64, f64) -> f64| {
        let all = [
            operation(one.0, two.0),
            operation(one.0, two.1),
            operation(one.1, two.0),
            operation(one.1, two.1),
        ];
        let known = all.iter().all(|value| !value.is_nan());
        known.then(|| {
            all.iter()
                .fold((all[0], all[0]), |(low, high), &one| (libm::fmin(low, one), libm::fmax(high, one)))
        })
    };
    // A product of an interval and a float is rounded; all other sums and products are exact.
    let rounds = *ty == ColumnType::Interval && operator == Arithmetic::Multiply;
    match operator {
        Arithmetic::Add => Some(settled((one.0 + two.0, one.1 + two.1), ty)),
        Arithmetic::Subtract => Some(settled((one.0 - two.1, one.1 - two.0), ty)),
        Arithmetic::Multiply if rounds => corners(|left, right| left * right).map(|found| outward(found, ty)),
        Arithmetic::Multiply => corners(|left, right| left * right).map(|found| settled(found, ty)),
        Arithmetic::Divide if two.0 <= 0.0 && two.1 >= 0.0 => None,
        Arithmetic::Divide => {
            let (low, high) = corners(|left, right| left / right)?;
            let whole = matches!(ty, ColumnType::Integer | ColumnType::BigInteger);
            // Below 2^53 a float quotient is whole only where the true one is.
            if whole && libm::fabs(one.0) < EXACT && libm::fabs(one.1) < EXACT {
                return Some((libm::trunc(low), libm::trunc(high)));
            }
            Some(outward((low, high), ty))
        }
        Arithmetic::Remainder => {
            // Nearer to zero than the divisor, not beyond the dividend, and of its sign.
            let most = libm::fmax(libm::fabs(two.0), libm::fabs(two.1));
            Some((libm::fmax(libm::fmin(one.0, 0.0), -most), libm::fmin(libm::fmax(one.1, 0.0), most)))
        }
    }
}

/// Bounds of an operation that is exact in `ty`: its values lie on a grid, so the nearest grid point is the bound
/// itself. Floats round as the operation does.
fn settled((low, high): Bounds, ty: &ColumnType) -> Bounds {
    let Some(grid) = grid(ty) else { return (low, high) };
    let limit = if grid == 1.0 { EXACT } else { NEAR };
    let settle = |value: f64, direction: f64| {
        if libm::fabs(value * grid) < limit {
            libm::rint(value * grid) / grid
        } else {
            wider(value, direction, grid)
        }
    };
    (settle(low, -1.0), settle(high, 1.0))
}

/// Bounds of an operation that rounds to the grid of `ty`: to the grid points outside.
fn outward((low, high): Bounds, ty: &ColumnType) -> Bounds {
    let Some(grid) = grid(ty) else { return (low, high) };
    let near = |value: f64| libm::fabs(value * grid) < NEAR;
    (
        if near(low) { libm::floor(low * grid) / grid } else { wider(low, -1.0, grid) },
        if near(high) { libm::ceil(high * grid) / grid } else { wider(high, 1.0, grid) },
    )
}

/// Beyond what floats tell apart: further by four of their steps and one of the grid.
fn wider(value: f64, direction: f64, grid: f64) -> f64 {
    value + direction * (4.0 * f64::EPSILON * libm::fabs(value) + 1.0 / grid)
}

fn of_cast(operand: &Node, to: &ColumnType, column: Columns<'_>) -> Option<Bounds> {
    use ColumnType as T;
    let (low, high) = bounds(operand, column)?;
    let number = |ty: &T| matches!(ty, T::Integer | T::BigInteger | T::Float | T::Decimal { .. });
    match (&operand.ty, to) {
        (T::Date, T::Timestamp) => Some(settled((low * DAY as f64, high * DAY as f64), to)),
        (T::Timestamp, T::Date) => Some(((libm::floor(low / DAY as f64)), libm::floor(high / DAY as f64))),
        (from, T::Float) if number(from) => Some((low, high)),
        (from, to) if number(from) && number(to) => {
            let kept = grid(from).zip(grid(to)).is_some_and(|(from, to)| from <= to);
            Some(if kept { (low, high) } else { outward((low, high), to) })
        }
        _ => None,
    }
}

fn of_call(function: Function, arguments: &[Node], column: Columns<'_>) -> Option<Bounds> {
    let of = |at: usize| bounds(arguments.get(at)?, column);
    match function {
        Function::Abs => {
            let (low, high) = of(0)?;
            let (one, two) = (libm::fabs(low), libm::fabs(high));
            let least = if low <= 0.0 && high >= 0.0 { 0.0 } else { libm::fmin(one, two) };
            Some((least, libm::fmax(one, two)))
        }
        Function::Ceil => of(0).map(|(low, high)| (libm::ceil(low), libm::ceil(high))),
        Function::Floor => of(0).map(|(low, high)| (libm::floor(low), libm::floor(high))),
        Function::Round { places } if places >= 0 => {
            let ty = ColumnType::Decimal { precision: 38, scale: places.min(38) as i8 };
            of(0).map(|found| outward(found, &ty))
        }
        Function::Round { places } => {
            let unit = power_of_ten(-places);
            of(0).map(|(low, high)| (libm::floor(low / unit) * unit, libm::ceil(high / unit) * unit))
        }
        Function::Coalesce => union(arguments.iter(), column),
        Function::NullIf => of(0),
        Function::Least => {
            let (low, high) = union(arguments.iter(), column)?;
            let certain =
                arguments.iter().filter(|node| !node.nullable).filter_map(|node| bounds(node, column));
            Some((low, certain.fold(high, |high, one| libm::fmin(high, one.1))))
        }
        Function::Greatest => {
            let (low, high) = union(arguments.iter(), column)?;
            let certain =
                arguments.iter().filter(|node| !node.nullable).filter_map(|node| bounds(node, column));
            Some((certain.fold(low, |low, one| libm::fmax(low, one.0)), high))
        }
        Function::Length => Some((0.0, f64::from(i32::MAX))),
        Function::Extract(Field::Epoch) => {
            of(0).map(|(low, high)| settled((low / 1e6, high / 1e6), &Field::Epoch.ty()))
        }
        Function::Extract(field) => of_field(field),
        Function::DateTrunc(unit) => of(0).map(|(low, high)| (low - longest(unit) as f64, high)),
        Function::Lower
        | Function::Upper
        | Function::Substring
        | Function::Trim(_)
        | Function::Replace
        | Function::Left
        | Function::Right => None,
    }
}

/// Microseconds of the longest such unit.
const fn longest(unit: Unit) -> i64 {
    match unit {
        Unit::Microsecond => 0,
        Unit::Millisecond => 1_000,
        Unit::Second => SECOND,
        Unit::Minute => MINUTE,
        Unit::Hour => HOUR,
        Unit::Day => DAY,
        Unit::Week => 7 * DAY,
        Unit::Month => 31 * DAY,
        Unit::Quarter => 92 * DAY,
        Unit::Year => 366 * DAY,
        Unit::Decade => 3_653 * DAY,
        Unit::Century => 36_525 * DAY,
    }
}

const fn of_field(field: Field) -> Option<Bounds> {
    Some(match field {
        Field::Quarter => (1.0, 4.0),
        Field::Month => (1.0, 12.0),
        Field::Week => (1.0, 53.0),
        Field::Day => (1.0, 31.0),
        Field::DayOfYear => (1.0, 366.0),
        Field::DayOfWeek => (0.0, 6.0),
        Field::IsoDayOfWeek => (1.0, 7.0),
        Field::Hour => (0.0, 23.0),
        Field::Minute => (0.0, 59.0),
        Field::Second => (0.0, 59.999_999),
        Field::Millisecond => (0.0, 59_999.999),
        Field::Microsecond => (0.0, 59_999_999.0),
        Field::Century | Field::Decade | Field::Year | Field::IsoYear | Field::Epoch => return None,
    })
}

/// The bounds of all nodes together.
fn union<'n>(mut nodes: impl Iterator<Item = &'n Node>, column: Columns<'_>) -> Option<Bounds> {
    let (low, high) = bounds(nodes.next()?, column)?;
    nodes.try_fold((low, high), |(low, high), node| {
        let one = bounds(node, column)?;
        Some((libm::fmin(low, one.0), libm::fmax(high, one.1)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::compile;
    use super::super::tests::Columns as Names;
    use super::*;
    use crate::model::text_form::postgres;

    /// `quantity` in 1..12, `price` in 0.99..999.99, `debt` (nullable) in -5..5, `createdAt` in a day of 2025.
    fn of(source: &str) -> Option<Bounds> {
        let node = compile(source, &mut Names).unwrap_or_else(|errors| panic!("{source}: {errors:?}")).node;
        let start = postgres::timestamp("2025-01-01").unwrap() as f64;
        bounds(&node, &|symbol| match Names::NAMES[symbol].0 {
            "quantity" => Some((1.0, 12.0)),
            "price" => Some((0.99, 999.99)),
            "debt" => Some((-5.0, 5.0)),
            "createdAt" => Some((start, start + DAY as f64)),
            _ => None,
        })
    }

    #[test]
    fn the_ends_are_exact_where_the_type_is() {
        assert_eq!(of("quantity * price"), Some((0.99, 11_999.88)));
        assert_eq!(of("quantity + 1 - quantity"), Some((-10.0, 12.0)));
        assert_eq!(of("price + 0.01"), Some((1.0, 1_000.0)));
        assert_eq!(of("-debt * 2"), Some((-10.0, 10.0)));
        assert_eq!(of("quantity / 5"), Some((0.0, 2.0)));
        assert_eq!(of("abs(debt)"), Some((0.0, 5.0)));
        assert_eq!(of("debt % 3"), Some((-3.0, 3.0)));
        assert_eq!(of("case when debt > 0 then quantity else 20 end"), Some((1.0, 20.0)));
        assert_eq!(of("coalesce(debt, 7)"), Some((-5.0, 7.0)));
        assert_eq!(of("greatest(debt, 0)"), Some((0.0, 5.0)));
        assert_eq!(of("least(debt, quantity)"), Some((-5.0, 12.0)));
        assert_eq!(of("price::integer"), Some((0.0, 1_000.0)));
        assert_eq!(of("1e-32"), Some((1e-32, 1e-32)));
    }

    #[test]
    fn times_count_microseconds() {
        let start = postgres::timestamp("2025-01-01").unwrap() as f64;
        let day = DAY as f64;
        assert_eq!(of("createdAt + interval '1 day'"), Some((start + day, start + 2.0 * day)));
        assert_eq!(of("extract(epoch from createdAt - timestamp '2025-01-01')"), Some((0.0, 86_400.0)));
        assert_eq!(of("date '1970-01-02'::timestamp"), Some((day, day)));
        assert_eq!(of("extract(hour from createdAt)"), Some((0.0, 23.0)));
    }

    #[test]
    fn what_is_not_known_has_no_bounds() {
        for source in [
            "1 / debt",
            "unbounded + 1",
            "length(name) + unbounded",
            "quantity > 1",
            "coalesce(debt, unbounded)",
        ] {
            assert_eq!(of(source), None, "{source}");
        }
    }
}
