//! [`Expression`]: a SQL scalar expression with Postgres semantics, parsed and typed.
//!
//! What holds where Postgres leaves room or works otherwise:
//!
//! - Names are case-sensitive as written, quoted or not; a name never clashes with a keyword unless it is one of the
//!   expression's own grammar (`case`, `end`, `from`, …).
//! - Texts compare byte by byte (the "C" collation). `lower`, `upper` and ILIKE map characters one to one, as Postgres
//!   does in a UTF-8 locale.
//! - Times are in UTC (`timestamp` means `timestamptz`); an interval is a number of microseconds, so it has no months.
//! - Decimals have a fixed scale, 38 digits at most. `+ - %` keep the larger scale, `*` adds both, `/` has 16 digits
//!   after the point, or more if an operand has, or fewer (never under 6) where 38 digits do not suffice. A result that
//!   needs more digits is an error.
//! - Enums equal texts, of which a literal must be one of the values. They have no order (Postgres's is that of their
//!   declaration, which a text does not know): cast them to text.
//! - AND, OR, CASE and COALESCE evaluate their later operands only for the rows that need them.

mod ast;
mod bounds;
pub mod calendar;
mod coerce;
mod functions;
mod parse;
mod print;
pub mod text_form;
mod typing;

use std::ops::Range;

pub use ast::{Aggregate, Arithmetic, Branch, Comparison, Field, Function, Kind, Literal, Node, Side, Unit};
pub use bounds::bounds;

use super::column_type::ColumnType;

/// A typed expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// The type of its value.
    pub ty: ColumnType,
    /// The value may be NULL.
    pub nullable: bool,
    /// The tree.
    pub node: Node,
    /// The text that it was read from.
    pub source: String,
}

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The caller's number for it; evaluation asks for its array.
    pub symbol: usize,
    /// Its type.
    pub ty: ColumnType,
    /// It may be NULL.
    pub nullable: bool,
}

/// The names that an expression may use. Errors are messages without a final stop.
pub trait Scope {
    /// A column `name` or `qualifier.name`.
    fn resolve(&mut self, qualifier: Option<&str>, name: &str) -> Result<Resolved, String>;

    /// An aggregate such as `sum(order_items.line_total)`; `count(messages)` has no qualifier.
    fn resolve_aggregate(
        &mut self,
        function: Aggregate,
        _qualifier: Option<&str>,
        _name: &str,
    ) -> Result<Resolved, String> {
        Err(format!("the aggregate {}(…) is not possible here: an expression sees one row", function.name()))
    }

    /// The value of a parameter `$path`, such as `band.users` or `window.from`.
    fn resolve_parameter(&mut self, path: &str) -> Result<Literal, String> {
        Err(format!("there is no parameter `${path}` here"))
    }
}

/// One mistake in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// First byte in the source.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// What is wrong, without a final stop.
    pub message: String,
    /// What would work; may be empty.
    pub hint: String,
}

impl ExpressionError {
    fn new(place: Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { start: place.start, end: place.end.max(place.start), message: message.into(), hint: hint.into() }
    }
}

/// Parses and types an expression; all mistakes of names and types at once, a mistake of syntax alone.
pub fn compile(source: &str, scope: &mut dyn Scope) -> Result<Expression, Vec<ExpressionError>> {
    let tree = parse::parse(source).map_err(|error| vec![error])?;
    let node = typing::type_tree(source, &tree, scope)?;
    Ok(Expression { ty: node.ty.clone(), nullable: node.nullable, node, source: source.to_owned() })
}

impl Expression {
    /// The parts that must all hold for the expression to hold.
    pub fn conjuncts(&self) -> Vec<&Node> {
        self.node.conjuncts()
    }

    /// The expression as a value for a column of type `ty`: numbers convert to numbers, anything to text, texts
    /// to enums; the branches of CASE and COALESCE one by one, so that their literals are checked now.
    pub fn assigned_to(self, ty: &ColumnType) -> Result<Self, ExpressionError> {
        let Self { node, source, .. } = self;
        match coerce::assign(node, ty) {
            Ok(node) => Ok(Self { ty: node.ty.clone(), nullable: node.nullable, node, source }),
            Err(message) => {
                Err(ExpressionError::new(0..source.len(), message, format!("convert it with CAST(… AS {ty})")))
            }
        }
    }
}
