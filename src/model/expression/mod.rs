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
mod calls;
mod coerce;
mod foresee;
pub mod function;
mod nulls;
mod operations;
mod parse;
mod print;
mod types;
mod typing;

use std::ops::Range;

pub use ast::{Aggregate, Arithmetic, Branch, Comparison, Kind, Literal, Node};
pub use bounds::bounds;
pub use foresee::{Breach, Known, Reason, foresee};
pub use function::{Field, Function, Side, Unit};

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

    /// Whether a comparison with a bare NULL is a mistake of the author: SQL knows it, and no row fulfils it.
    fn refuses_null(&self) -> bool {
        false
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
        Self {
            start: place.start,
            end: place.end.max(place.start),
            message: message.into(),
            hint: hint.into(),
        }
    }
}

/// Parses and types an expression; all mistakes of names and types at once, a mistake of syntax alone.
pub fn compile(source: &str, scope: &mut dyn Scope) -> Result<Expression, Vec<ExpressionError>> {
    let tree = parse::parse(source).map_err(|error| vec![error])?;
    let node = typing::type_tree(source, &tree, scope)?;
    Ok(Expression { ty: node.ty.clone(), nullable: node.nullable, node, source: source.to_owned() })
}

impl Expression {
    /// Whether it is a column, and nothing is done with it.
    pub fn is_symbol(&self) -> bool {
        matches!(self.node.kind, Kind::Column(_))
    }

    /// The parts that must all hold for the expression to hold.
    pub fn conjuncts(&self) -> Vec<&Node> {
        self.node.conjuncts()
    }

    /// The expression as a value for a column of type `ty`: numbers convert to numbers, anything to text, texts
    /// to enums; the branches of CASE and COALESCE one by one, so that their literals are checked now.
    pub fn assigned_to(self, ty: &ColumnType) -> Result<Self, ExpressionError> {
        let Self { node, source, .. } = self;
        let node_type = node.ty.clone();
        match coerce::assign(node, ty) {
            Ok(node) => Ok(Self { ty: node.ty.clone(), nullable: node.nullable, node, source }),
            Err(message) => Err(ExpressionError::new(
                0..source.len(),
                message,
                match node_type {
                    ColumnType::Interval => "its seconds are extract(epoch from x)".to_owned(),
                    _ => format!("convert it with CAST(… AS {ty})"),
                },
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scope with a column of each type.
    pub(super) struct Columns;

    impl Columns {
        pub(super) const NAMES: [(&'static str, ColumnType, bool); 12] = [
            ("quantity", ColumnType::Integer, false),
            ("price", ColumnType::Decimal { precision: 10, scale: 2 }, false),
            ("debt", ColumnType::Integer, true),
            ("createdAt", ColumnType::Timestamp, false),
            ("name", ColumnType::Text, true),
            ("unbounded", ColumnType::Integer, false),
            ("ok", ColumnType::Boolean, true),
            ("date", ColumnType::Date, false),
            ("ratio", ColumnType::Float, false),
            ("total", ColumnType::BigInteger, false),
            ("id", ColumnType::Uuid, false),
            // Its type is made in `resolve`: a constant holds no values.
            ("type", ColumnType::Text, false),
        ];
    }

    impl Scope for Columns {
        fn resolve(&mut self, qualifier: Option<&str>, name: &str) -> Result<Resolved, String> {
            let known = Self::NAMES.iter().position(|(known, ..)| *known == name);
            let symbol =
                known.filter(|_| matches!(qualifier, None | Some("user"))).ok_or_else(
                    || match qualifier {
                        Some(qualifier) => format!("there is no column `{qualifier}.{name}`"),
                        None => format!("there is no column `{name}`"),
                    },
                )?;
            let (_, ty, nullable) = Self::NAMES[symbol].clone();
            let values = || ["TEXT", "IMAGE"].map(str::to_owned).to_vec();
            let ty = if name == "type" { ColumnType::Enum { values: values() } } else { ty };
            Ok(Resolved { symbol, ty, nullable })
        }

        fn resolve_aggregate(
            &mut self,
            _: Aggregate,
            entity: Option<&str>,
            name: &str,
        ) -> Result<Resolved, String> {
            match (entity, name) {
                (Some("order_items"), "line_total") | (None, "order_items") => {
                    Ok(Resolved { symbol: 100, ty: ColumnType::BigInteger, nullable: false })
                }
                _ => Err("there is no such child".to_owned()),
            }
        }

        fn resolve_parameter(&mut self, path: &str) -> Result<Literal, String> {
            if path == "band.users" { Ok(Literal::Integer(5_000)) } else { Err(format!("no `${path}`")) }
        }
    }

    pub(super) fn read(source: &str) -> Expression {
        compile(source, &mut Columns).unwrap_or_else(|errors| panic!("{source}: {errors:?}"))
    }

    fn mistakes(source: &str) -> Vec<(String, String, String)> {
        let errors = compile(source, &mut Columns).map(|found| found.ty).expect_err(source);
        errors
            .into_iter()
            .map(|error| (source[error.start..error.end].to_owned(), error.message, error.hint))
            .collect()
    }

    fn mistake(source: &str) -> String {
        let all = mistakes(source);
        assert_eq!(all.len(), 1, "{source}: {all:?}");
        format!("{} | {} | {}", all[0].0, all[0].1, all[0].2)
    }

    #[test]
    fn names_are_columns_whatever_sql_makes_of_them() {
        for source in [
            "createdAt",
            "\"createdAt\"",
            "type",
            "date",
            "user.createdAt",
            "\"user\".date",
            "date >= date '2025-01-01'",
        ] {
            assert!(!read(source).node.symbols().is_empty(), "{source}");
        }
        assert_eq!(mistake("createdat"), "createdat | there is no column `createdat` | ");
        assert_eq!(mistake("owner.name"), "owner.name | there is no column `owner.name` | ");
    }

    #[test]
    fn types_are_those_of_postgres() {
        let decimal = |precision, scale| ColumnType::Decimal { precision, scale };
        for (source, ty) in [
            ("quantity + 1", ColumnType::Integer),
            ("quantity + total", ColumnType::BigInteger),
            ("quantity * price", decimal(20, 2)),
            ("price * 2", decimal(11, 2)),
            ("price + 0.125", decimal(12, 3)),
            ("price / quantity", decimal(24, 16)),
            ("price * ratio", ColumnType::Float),
            ("round(quantity)", ColumnType::Float),
            ("round(price, 1)", decimal(10, 1)),
            ("date - date", ColumnType::Integer),
            ("createdAt - date", ColumnType::Interval),
            ("date + 30d", ColumnType::Timestamp),
            ("createdAt + interval '1' day", ColumnType::Timestamp),
            ("coalesce(debt, price)", decimal(12, 2)),
            ("extract(year from createdAt)", decimal(10, 0)),
            ("sum(order_items.line_total) - count(order_items)", ColumnType::BigInteger),
            ("$band.users * 2", ColumnType::Integer),
            ("case when ok then 1 else null end", ColumnType::Integer),
            ("'a'", ColumnType::Text),
        ] {
            assert_eq!(read(source).ty, ty, "{source}");
        }
    }

    #[test]
    fn null_comes_only_where_an_operand_has_it() {
        for source in [
            "debt + 1",
            "case when ok then 1 end",
            "nullif(quantity, 1)",
            "ok and quantity > 0",
            "lower(name)",
        ] {
            assert!(read(source).nullable, "{source}");
        }
        for source in
            ["quantity + 1", "coalesce(debt, 0)", "debt is null", "debt is distinct from 1", "ok is true"]
        {
            assert!(!read(source).nullable, "{source}");
        }
    }

    #[test]
    fn all_mistakes_are_found_at_once_with_their_places() {
        let found = mistakes("quantty + 1 > 0 and lowr(name) = 'a' and type = 'TXT' and quantity + ok > 0");
        let places: Vec<&str> = found.iter().map(|(place, ..)| place.as_str()).collect();
        assert_eq!(places, ["quantty", "lowr(name", "type = 'TXT'", "quantity + ok"]);
        assert_eq!(found[1].2, "did you mean `lower`?");
        assert!(found[2].1.ends_with("did you mean 'TEXT'?"), "{found:?}");
        assert_eq!(found[3].1, "`+` knows no integer and boolean");
    }

    #[test]
    fn what_is_not_in_the_language_says_why() {
        for (source, reason) in [
            ("(select max(a) from t) > 1", "a subquery is not possible"),
            ("quantity in (select 1)", "a subquery is not possible"),
            ("row_number() over (order by 1)", "a window is not possible"),
            ("name ~ 'a+'", "regular expressions are not possible"),
            ("name similar to 'a+'", "regular expressions are not possible"),
            ("createdAt < now()", "never on the clock"),
            ("createdAt < current_timestamp", "never on the clock"),
            ("random() < 0.5", "randomness comes from"),
            ("sqrt(quantity)", "differ between mathematics libraries"),
            ("interval '1 month' + createdAt", "no fixed length"),
            ("sum(quantity * 2)", "not an expression"),
            ("name::varchar(10)", "not possible here"),
            ("type > 'TEXT'", "no order"),
            ("type in ('TEXT', 'IMAG')", "did you mean 'IMAGE'?"),
            ("case type when 'VIDEO' then 1 end", "not among the values"),
            ("createdAt > '2025-13-01'", "'2025-13-01' is not a timestamp"),
            ("quantity = 'many'", "'many' is not an integer"),
            ("not quantity", "stands where a condition is needed"),
            ("name like 'a\\'", "ends with its escape character"),
            ("1 < quantity < 5", "comparisons do not chain"),
            ("quantity +", "not an expression"),
            ("quantity quantity", "is not expected here"),
            ("'open", "cannot be read"),
            ("1 = 1; drop table x", "is not expected here"),
        ] {
            let all = mistake(source);
            assert!(all.contains(reason), "{source}: {all}");
        }
    }

    #[test]
    fn deep_and_long_texts_are_refused_not_fatal() {
        let chain = |terms| format!("{}1", "1 + ".repeat(terms));
        let inside = |depth| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        let deep =
            ["(".repeat(5_000), inside(900), chain(400), chain(9_000), "not ".repeat(900), "- ".repeat(900)];
        for source in deep.into_iter().chain([" ".repeat(70_000), format!("{}1", "case when ".repeat(900))]) {
            assert!(compile(&source, &mut Columns).is_err());
        }
        assert!(compile(&inside(30), &mut Columns).is_ok() && compile(&chain(200), &mut Columns).is_ok());
    }

    #[test]
    fn conjuncts_are_the_parts_that_must_all_hold() {
        let expression = read("quantity >= 1 and (price > 0 and ok) and (ok or debt = 1)");
        assert_eq!(expression.conjuncts().len(), 4);
        let Kind::Compare { operator, left, right } = &expression.conjuncts()[1].kind else {
            panic!("a comparison")
        };
        assert_eq!((*operator, &left.kind), (Comparison::Greater, &Kind::Column(1)));
        assert_eq!(right.as_literal(), Some(&Literal::Decimal { unscaled: 0, scale: 2 }));
    }

    #[test]
    fn an_assignment_checks_the_texts_of_an_enum() {
        let values = ["DIRECT", "GROUP"].map(str::to_owned).to_vec();
        let ty = ColumnType::Enum { values };
        let case = |other: &str| read(&format!("case when quantity = 2 then 'DIRECT' else '{other}' end"));
        assert_eq!(case("GROUP").assigned_to(&ty).map(|found| found.ty), Ok(ty.clone()));
        let error = case("GROPU").assigned_to(&ty).expect_err("no such value");
        assert!(error.message.contains("did you mean 'GROUP'?"), "{error:?}");
        assert!(read("lower(name)").assigned_to(&ColumnType::Integer).is_err());
        assert_eq!(
            read("price * 2").assigned_to(&ColumnType::Integer).map(|found| found.ty),
            Ok(ColumnType::Integer)
        );
    }
}
