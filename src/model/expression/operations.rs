//! [`Typing`]: arithmetic of numbers and times with Postgres's types.

use sqlparser::ast::Expr;

use super::ast::{Arithmetic, Kind, Node};
use super::coerce::{decimal_type, is_numeric, is_unknown, node_digits};
use super::typing::Typing;
use crate::model::column_type::ColumnType as T;

/// Digits after the point of a quotient: Postgres's least number of significant digits.
const QUOTIENT_SCALE: i32 = 16;

impl Typing<'_> {
    /// `left op right`
    pub(super) fn arithmetic(&mut self, operator: Arithmetic, left: &Expr, right: &Expr) -> Option<Node> {
        let nodes = (self.node(left), self.node(right));
        self.refuse_null_operand(operator.sign(), &[left, right])?;
        self.arithmetic_of(operator, nodes.0?, nodes.1?)
    }

    /// The same of typed operands.
    pub(super) fn arithmetic_of(&mut self, operator: Arithmetic, left: Node, right: Node) -> Option<Node> {
        let (left, right) = self.literals_adapted(operator, left, right)?;
        if is_numeric(&left.ty) && is_numeric(&right.ty) {
            return self.numbers(operator, left, right);
        }
        self.times(operator, left, right)
    }

    /// A bare literal takes the other operand's type; beside a time, `+` makes it an interval.
    fn literals_adapted(&mut self, operator: Arithmetic, left: Node, right: Node) -> Option<(Node, Node)> {
        let adapted = |other: &T| match (other, operator) {
            (T::Timestamp, Arithmetic::Add) => T::Interval,
            (T::Date, Arithmetic::Add) => T::Integer,
            _ => other.clone(),
        };
        match (is_unknown(&left), is_unknown(&right)) {
            (true, true) => self.fail("an operation on two bare literals has no type", "cast one of them"),
            (true, false) => {
                let ty = adapted(&right.ty);
                Some((self.coerced(left, &ty, true)?, right))
            }
            (false, true) => {
                let ty = adapted(&left.ty);
                Some((left, self.coerced(right, &ty, true)?))
            }
            (false, false) => Some((left, right)),
        }
    }

    fn numbers(&mut self, operator: Arithmetic, left: Node, right: Node) -> Option<Node> {
        let ty = match (&left.ty, &right.ty) {
            (T::Integer, T::Integer) => T::Integer,
            (T::Integer | T::BigInteger, T::Integer | T::BigInteger) => T::BigInteger,
            (T::Float, _) | (_, T::Float) => {
                if operator == Arithmetic::Remainder {
                    return self.fail("floats have no remainder", "cast them to decimal");
                }
                T::Float
            }
            _ => return self.decimals(operator, left, right),
        };
        let left = self.coerced(left, &ty, true)?;
        let right = self.coerced(right, &ty, true)?;
        Some(operation(operator, left, right, ty))
    }

    /// The scales are those of the module's description.
    fn decimals(&mut self, operator: Arithmetic, left: Node, right: Node) -> Option<Node> {
        let (Some(one), Some(two)) = (node_digits(&left), node_digits(&right)) else { return None };
        let scale = one.1.max(two.1);
        let ty = match operator {
            Arithmetic::Add | Arithmetic::Subtract => decimal_type(one.0.max(two.0) + 1, scale),
            Arithmetic::Remainder => decimal_type(one.0.max(two.0), scale),
            Arithmetic::Multiply if one.1 + two.1 > 38 => {
                return self
                    .fail("the product has more than 38 digits after its point", "round an operand first");
            }
            Arithmetic::Multiply => decimal_type(one.0 + two.0, one.1 + two.1),
            Arithmetic::Divide => {
                let whole = one.0 + two.1;
                let least = scale.max(6);
                decimal_type(whole, scale.max(QUOTIENT_SCALE).min(38 - whole).max(least))
            }
        };
        let left = self.coerced(left, &decimal_type(one.0, one.1), true)?;
        let right = self.coerced(right, &decimal_type(two.0, two.1), true)?;
        Some(operation(operator, left, right, ty))
    }

    fn times(&mut self, operator: Arithmetic, left: Node, right: Node) -> Option<Node> {
        use Arithmetic::{Add, Divide, Multiply, Subtract};
        // Operand types that the operation wants, and its own.
        let (wanted_left, wanted_right, ty) = match (&left.ty, operator, &right.ty) {
            (T::Timestamp, Add | Subtract, T::Interval) => (T::Timestamp, T::Interval, T::Timestamp),
            (T::Interval, Add, T::Timestamp) => (T::Interval, T::Timestamp, T::Timestamp),
            (T::Timestamp | T::Date, Subtract, T::Timestamp) | (T::Timestamp, Subtract, T::Date) => {
                (T::Timestamp, T::Timestamp, T::Interval)
            }
            (T::Date, Subtract, T::Date) => (T::Date, T::Date, T::Integer),
            (T::Date, Add | Subtract, T::Integer) => (T::Date, T::Integer, T::Date),
            (T::Integer, Add, T::Date) => (T::Integer, T::Date, T::Date),
            (T::Date, Add | Subtract, T::Interval) => (T::Timestamp, T::Interval, T::Timestamp),
            (T::Interval, Add, T::Date) => (T::Interval, T::Timestamp, T::Timestamp),
            (T::Interval, Add | Subtract, T::Interval) => (T::Interval, T::Interval, T::Interval),
            (T::Interval, Multiply | Divide, number) if is_numeric(number) => {
                (T::Interval, T::Float, T::Interval)
            }
            (number, Multiply, T::Interval) if is_numeric(number) => (T::Float, T::Interval, T::Interval),
            _ => {
                let message = format!(
                    "`{}` knows no {} and {}",
                    operator.sign(),
                    kind_of(&left.ty),
                    kind_of(&right.ty)
                );
                let hint = match (&left.ty, operator, &right.ty) {
                    (T::Text | T::Enum { .. }, Add, _) | (_, Add, T::Text | T::Enum { .. }) => {
                        "texts are joined by ||: a || b"
                    }
                    (T::Timestamp, Add | Subtract, number) if is_numeric(number) => {
                        "say what the number counts: x + interval '5 days', x + n * interval '1 hour'"
                    }
                    _ => "",
                };
                return self.fail(message, hint);
            }
        };
        let left = self.coerced(left, &wanted_left, true)?;
        let right = self.coerced(right, &wanted_right, true)?;
        Some(operation(operator, left, right, ty))
    }
}

fn operation(operator: Arithmetic, left: Node, right: Node, ty: T) -> Node {
    let nullable = left.nullable || right.nullable;
    Node { kind: Kind::Arithmetic { operator, left: Box::new(left), right: Box::new(right) }, ty, nullable }
}

fn kind_of(ty: &T) -> String {
    match ty {
        T::Enum { .. } => "enum".to_owned(),
        other => other.to_string(),
    }
}
