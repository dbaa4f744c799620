//! [`foresee`]: what an expression comes to over a set of rows, or why it fails in every one of them.

mod logic;
mod numbers;
mod texts;

use super::ast::{Branch, Kind, Literal, Node};
use super::function::Function;
use crate::model::column_type::ColumnType;
use logic::{junction, negated};

/// What is known of the values that an expression has in a set of rows, where it does not fail.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// Anything, or NULL.
    Anything,
    /// NULL in every row.
    Null,
    /// A whole number in every row: integers, decimals without their point, days, microseconds.
    Whole {
        /// None is less.
        low: i128,
        /// None is greater.
        high: i128,
    },
    /// A float in every row, and a number.
    Float {
        /// None is less.
        low: f64,
        /// None is greater.
        high: f64,
    },
    /// The same text in every row.
    Text(String),
    /// The same truth in every row.
    Truth(bool),
}

/// An operation that fails in every row of a set, and all that is computed from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Breach<'n> {
    /// The operation.
    pub node: &'n Node,
    /// Why it fails.
    pub reason: Reason,
}

/// Why an operation fails.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// Its values lie beyond its type, and this is what is known of them.
    Overflow(Known),
    /// A text that is none of the type.
    Unreadable {
        /// The text.
        text: String,
        /// What it is not.
        message: String,
    },
    /// `substr` of a length below zero.
    NegativeLength(i128),
    /// A pattern of LIKE that ends with its escape character.
    OpenEscape(String),
}

type Foreseen<'n> = Result<Known, Breach<'n>>;
type Columns<'a> = &'a dyn Fn(usize) -> Known;

/// What an expression comes to in rows whose columns are known by `column`. The answer may be too wide, never too narrow;
/// a breach is one of every row. What a row does not evaluate (a branch of CASE, the right side of AND) breaks nothing,
/// and what only some of the rows may evaluate neither. Division by zero is no breach: others look for it.
///
/// # Errors
///
/// The operation that fails in all of the rows.
pub fn foresee<'n>(node: &'n Node, column: Columns<'_>) -> Foreseen<'n> {
    let of = |operand: &'n Node| foresee(operand, column);
    match &node.kind {
        Kind::Literal(literal) => Ok(Known::of_literal(literal)),
        Kind::Column(symbol) | Kind::Aggregate { symbol, .. } => Ok(column(*symbol)),
        Kind::Negate(operand) => {
            let known = of(operand)?;
            numbers::negate(node, known)
        }
        Kind::Arithmetic { operator, left, right } => {
            let operands = (of(left)?, of(right)?);
            numbers::arithmetic(node, *operator, (left, operands.0), (right, operands.1))
        }
        Kind::Not(operand) => Ok(negated(&of(operand)?, true)),
        Kind::And(left, right) => either(of(left)?, &|| of(right), false),
        Kind::Or(left, right) => either(of(left)?, &|| of(right), true),
        Kind::Compare { operator, left, right } => {
            let (one, two) = (of(left)?, of(right)?);
            Ok(logic::compare(*operator, (&one, left), (&two, right)))
        }
        Kind::IsNull { operand, negated } => Ok(match of(operand)? {
            Known::Null => Known::Truth(!negated),
            known if is_value(&known, operand) => Known::Truth(*negated),
            _ => Known::Anything,
        }),
        Kind::IsTruth { operand, value, negated } => Ok(match of(operand)? {
            Known::Null => Known::Truth(*negated),
            Known::Truth(truth) => Known::Truth((truth == *value) != *negated),
            _ => Known::Anything,
        }),
        Kind::InList { operand, list, negated: not } => {
            let sought = of(operand)?;
            let mut found = Known::Truth(false);
            for (at, item) in list.iter().enumerate() {
                // Later ones are evaluated for the rows that the earlier leave open.
                let known = match of(item) {
                    Err(breach) if at == 0 => return Err(breach),
                    found => found.unwrap_or(Known::Anything),
                };
                let equal = logic::compare(super::Comparison::Equal, (&sought, operand), (&known, item));
                found = junction(&found, &equal, true);
            }
            Ok(negated(&found, *not))
        }
        Kind::Between { operand, low, high, negated: not } => {
            let (known, least) = (of(operand)?, of(low)?);
            let above = logic::compare(super::Comparison::GreaterOrEqual, (&known, operand), (&least, low));
            let below = || {
                let most = of(high)?;
                Ok(logic::compare(super::Comparison::LessOrEqual, (&known, operand), (&most, high)))
            };
            Ok(negated(&either(above, &below, false)?, *not))
        }
        Kind::Like { operand, pattern, .. } => {
            let (known, form) = (of(operand)?, of(pattern)?);
            texts::like(node, (&known, operand), form)
        }
        Kind::Case { branches, otherwise } => case(branches, otherwise.as_deref(), column),
        Kind::Cast { operand, .. } => {
            let known = of(operand)?;
            match operand.ty {
                ColumnType::Text | ColumnType::Enum { .. } => texts::read(node, known),
                _ => numbers::cast(node, &operand.ty, known),
            }
        }
        Kind::Concat(left, right) => {
            let operands = (of(left)?, of(right)?);
            Ok(match operands {
                (Known::Text(left), Known::Text(right)) => Known::Text(left + &right),
                (Known::Null, _) | (_, Known::Null) => Known::Null,
                _ => Known::Anything,
            })
        }
        Kind::Call { function: Function::Coalesce, arguments } => coalesce(arguments, column),
        Kind::Call { function, arguments } => {
            let known: Vec<Known> = arguments.iter().map(of).collect::<Result<_, _>>()?;
            call(node, *function, arguments, known)
        }
    }
}

/// AND (`absorbing` false) or OR (true): the right side is evaluated where the left side leaves it open.
fn either<'n>(left: Known, right: &dyn Fn() -> Foreseen<'n>, absorbing: bool) -> Foreseen<'n> {
    match left {
        Known::Truth(truth) if truth == absorbing => Ok(Known::Truth(absorbing)),
        Known::Truth(_) | Known::Null => Ok(junction(&left, &right()?, absorbing)),
        _ => Ok(junction(&left, &right().unwrap_or(Known::Anything), absorbing)),
    }
}

/// Every branch that some row may take; a breach if all of them are.
fn case<'n>(branches: &'n [Branch], otherwise: Option<&'n Node>, column: Columns<'_>) -> Foreseen<'n> {
    let mut results: Vec<Foreseen<'n>> = Vec::new();
    let mut is_decided = false;
    for Branch { condition, result } in branches {
        match foresee(condition, column) {
            Ok(Known::Truth(false) | Known::Null) => {}
            Ok(Known::Truth(true)) => {
                results.push(foresee(result, column));
                is_decided = true;
            }
            Ok(_) => results.push(foresee(result, column)),
            // All rows fail that come so far.
            Err(breach) => {
                results.push(Err(breach));
                is_decided = true;
            }
        }
        if is_decided {
            break;
        }
    }
    if !is_decided {
        results.push(otherwise.map_or(Ok(Known::Null), |node| foresee(node, column)));
    }
    let (made, broken): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    let union = made.into_iter().flatten().reduce(|one, two| one.or(&two));
    match (union, broken.into_iter().next()) {
        (Some(known), _) => Ok(known),
        (None, Some(breach)) => breach,
        (None, None) => Ok(Known::Null),
    }
}

fn coalesce<'n>(arguments: &'n [Node], column: Columns<'_>) -> Foreseen<'n> {
    for argument in arguments {
        match foresee(argument, column)? {
            Known::Null => {}
            Known::Anything if argument.nullable => return Ok(Known::Anything),
            known => return Ok(known),
        }
    }
    Ok(Known::Null)
}

fn call<'n>(
    node: &'n Node,
    function: Function,
    arguments: &'n [Node],
    mut known: Vec<Known>,
) -> Foreseen<'n> {
    match function {
        Function::NullIf => {
            let equal = super::Comparison::Equal;
            Ok(match logic::compare(equal, (&known[0], &arguments[0]), (&known[1], &arguments[1])) {
                Known::Truth(true) => Known::Null,
                Known::Truth(false) | Known::Null => known.swap_remove(0),
                _ => Known::Anything,
            })
        }
        Function::Least | Function::Greatest => {
            known.retain(|known| *known != Known::Null);
            Ok(known
                .into_iter()
                .reduce(|one, two| one.extreme(&two, function == Function::Greatest))
                .unwrap_or(Known::Null))
        }
        Function::Abs | Function::Ceil | Function::Floor | Function::Round { .. } => {
            numbers::rounded(node, function, &arguments[0].ty, known.swap_remove(0))
        }
        Function::Extract(super::Field::Epoch) => Ok(known.swap_remove(0)),
        // COALESCE is lazy, and was followed before.
        Function::Extract(_) | Function::DateTrunc(_) | Function::Coalesce => Ok(Known::Anything),
        Function::Lower
        | Function::Upper
        | Function::Length
        | Function::Substring
        | Function::Trim(_)
        | Function::Replace
        | Function::Left
        | Function::Right => texts::call(node, function, arguments, &known),
    }
}

/// Whether a node has a value in every row.
fn is_value(known: &Known, node: &Node) -> bool {
    match known {
        Known::Null => false,
        Known::Anything => !node.nullable,
        Known::Whole { .. } | Known::Float { .. } | Known::Text(_) | Known::Truth(_) => true,
    }
}

impl Known {
    /// One whole number.
    pub const fn whole(value: i128) -> Self {
        Self::Whole { low: value, high: value }
    }

    /// A constant.
    pub fn of_literal(literal: &Literal) -> Self {
        match literal {
            Literal::Null => Self::Null,
            Literal::Boolean(value) => Self::Truth(*value),
            Literal::Integer(value) | Literal::Timestamp(value) | Literal::Interval(value) => {
                Self::whole(i128::from(*value))
            }
            Literal::Decimal { unscaled, .. } => Self::whole(*unscaled),
            Literal::Float(value) if value.is_nan() => Self::Anything,
            Literal::Float(value) => Self::Float { low: *value, high: *value },
            Literal::Text(text) => Self::Text(text.clone()),
            Literal::Date(days) => Self::whole(i128::from(*days)),
            Literal::Uuid(_) => Self::Anything,
        }
    }

    /// What is known of the rows of both.
    pub fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (one, two) if one == two => one.clone(),
            (Self::Whole { low, high }, Self::Whole { low: least, high: most }) => {
                Self::Whole { low: *low.min(least), high: *high.max(most) }
            }
            (Self::Float { low, high }, Self::Float { low: least, high: most }) => {
                Self::Float { low: libm::fmin(*low, *least), high: libm::fmax(*high, *most) }
            }
            _ => Self::Anything,
        }
    }

    fn extreme(&self, other: &Self, greatest: bool) -> Self {
        match (self, other) {
            (Self::Whole { low, high }, Self::Whole { low: least, high: most }) if greatest => {
                Self::Whole { low: *low.max(least), high: *high.max(most) }
            }
            (Self::Whole { low, high }, Self::Whole { low: least, high: most }) => {
                Self::Whole { low: *low.min(least), high: *high.min(most) }
            }
            _ => Self::Anything,
        }
    }
}
