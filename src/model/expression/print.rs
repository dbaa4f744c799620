//! [`Node::print`]: a tree as SQL text that reads back as the same tree.

use std::fmt::Write as _;

use super::ast::{Arithmetic, Kind, Literal, Node};
use super::function::{Field, Function, Side, Unit};
use crate::model::column_type::ColumnType;
use crate::model::text_form::postgres;
use crate::model::text_form::write::{
    push_date, push_decimal, push_postgres_float, push_postgres_timestamp, push_uuid, text,
};

/// How tightly a node binds, in Postgres's order.
mod binding {
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const NOT: u8 = 3;
    pub const IS: u8 = 4;
    pub const COMPARISON: u8 = 5;
    pub const BETWEEN: u8 = 6;
    pub const CONCAT: u8 = 7;
    pub const SUM: u8 = 8;
    pub const PRODUCT: u8 = 9;
    pub const SIGN: u8 = 10;
    pub const ATOM: u8 = 11;
}

impl Node {
    /// The expression as SQL; `name` gives the text of a symbol: a column as `"entity"."name"`, for an aggregate what
    /// stands between its parentheses.
    pub fn print(&self, name: &dyn Fn(usize) -> String) -> String {
        let mut printer = Printer { out: String::new(), name };
        printer.node(self, binding::OR);
        printer.out
    }

    fn binding(&self) -> u8 {
        match &self.kind {
            Kind::Or(..) => binding::OR,
            Kind::And(..) => binding::AND,
            Kind::Not(_) => binding::NOT,
            Kind::IsNull { .. } | Kind::IsTruth { .. } => binding::IS,
            Kind::Compare { operator, .. } if operator.sign().starts_with("IS") => binding::IS,
            Kind::Compare { .. } => binding::COMPARISON,
            Kind::Between { .. } | Kind::InList { .. } | Kind::Like { .. } => binding::BETWEEN,
            Kind::Concat(..) => binding::CONCAT,
            Kind::Arithmetic { operator: Arithmetic::Add | Arithmetic::Subtract, .. } => binding::SUM,
            Kind::Arithmetic { .. } => binding::PRODUCT,
            Kind::Negate(_) => binding::SIGN,
            Kind::Cast { operand, implicit: true } => operand.binding(),
            Kind::Literal(_)
            | Kind::Column(_)
            | Kind::Aggregate { .. }
            | Kind::Case { .. }
            | Kind::Cast { .. }
            | Kind::Call { .. } => binding::ATOM,
        }
    }
}

struct Printer<'a> {
    out: String,
    name: &'a dyn Fn(usize) -> String,
}

impl Printer<'_> {
    /// Writes a node, in parentheses if it binds less tightly than `least`.
    fn node(&mut self, node: &Node, least: u8) {
        let parentheses = node.binding() < least;
        if parentheses {
            self.out.push('(');
        }
        self.bare(node);
        if parentheses {
            self.out.push(')');
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn pair(&mut self, left: &Node, sign: &str, right: &Node, least: (u8, u8)) {
        self.node(left, least.0);
        let _ = write!(self.out, " {sign} ");
        self.node(right, least.1);
    }

    fn list<'n>(&mut self, nodes: impl IntoIterator<Item = &'n Node>) {
        for (at, node) in nodes.into_iter().enumerate() {
            if at > 0 {
                self.text(", ");
            }
            self.node(node, binding::OR);
        }
    }

    fn bare(&mut self, node: &Node) {
        match &node.kind {
            Kind::Literal(literal) => self.literal(literal, &node.ty),
            Kind::Column(symbol) => self.out.push_str(&(self.name)(*symbol)),
            Kind::Aggregate { function, symbol } => {
                let _ = write!(self.out, "{}({})", function.name(), (self.name)(*symbol));
            }
            Kind::Negate(operand) => {
                self.text("- ");
                self.node(operand, binding::ATOM);
            }
            Kind::Not(operand) => {
                self.text("NOT ");
                self.node(operand, binding::NOT);
            }
            Kind::And(left, right) => self.pair(left, "AND", right, (binding::AND, binding::NOT)),
            Kind::Or(left, right) => self.pair(left, "OR", right, (binding::OR, binding::AND)),
            Kind::Arithmetic { operator, left, right } => {
                let own = node.binding();
                self.pair(left, operator.sign(), right, (own, own + 1));
            }
            Kind::Concat(left, right) => self.pair(left, "||", right, (binding::CONCAT, binding::SUM)),
            Kind::Compare { operator, left, right } => {
                self.pair(left, operator.sign(), right, (binding::CONCAT, binding::CONCAT));
            }
            Kind::IsNull { operand, negated } => {
                self.node(operand, binding::CONCAT);
                self.text(if *negated { " IS NOT NULL" } else { " IS NULL" });
            }
            Kind::IsTruth { operand, value, negated } => {
                self.node(operand, binding::CONCAT);
                let value = if *value { "TRUE" } else { "FALSE" };
                let _ = write!(self.out, " IS {}{value}", if *negated { "NOT " } else { "" });
            }
            Kind::InList { operand, list, negated } => {
                self.node(operand, binding::CONCAT);
                self.text(if *negated { " NOT IN (" } else { " IN (" });
                self.list(list);
                self.text(")");
            }
            Kind::Between { operand, low, high, negated } => {
                self.node(operand, binding::CONCAT);
                self.text(if *negated { " NOT BETWEEN " } else { " BETWEEN " });
                self.pair(low, "AND", high, (binding::CONCAT, binding::CONCAT));
            }
            Kind::Like { operand, pattern, ignore_case, negated } => {
                let not = if *negated { "NOT " } else { "" };
                let sign = format!("{not}{}", if *ignore_case { "ILIKE" } else { "LIKE" });
                self.pair(operand, &sign, pattern, (binding::CONCAT, binding::CONCAT));
            }
            Kind::Case { branches, otherwise } => {
                self.text("CASE");
                for branch in branches {
                    self.text(" WHEN ");
                    self.node(&branch.condition, binding::OR);
                    self.text(" THEN ");
                    self.node(&branch.result, binding::OR);
                }
                if let Some(otherwise) = otherwise {
                    self.text(" ELSE ");
                    self.node(otherwise, binding::OR);
                }
                self.text(" END");
            }
            Kind::Cast { operand, implicit: true } => self.bare(operand),
            Kind::Cast { operand, implicit: false } => {
                self.text("CAST(");
                self.node(operand, binding::OR);
                let _ = write!(self.out, " AS {})", node.ty);
            }
            Kind::Call { function, arguments } => self.call(*function, arguments),
        }
    }

    fn call(&mut self, function: Function, arguments: &[Node]) {
        let name = match function {
            Function::Abs => "abs",
            Function::Ceil => "ceil",
            Function::Floor => "floor",
            Function::Round { .. } => "round",
            Function::Coalesce => "coalesce",
            Function::NullIf => "nullif",
            Function::Least => "least",
            Function::Greatest => "greatest",
            Function::Lower => "lower",
            Function::Upper => "upper",
            Function::Length => "length",
            Function::Substring => "substring",
            Function::Trim(Side::Both) => "btrim",
            Function::Trim(Side::Leading) => "ltrim",
            Function::Trim(Side::Trailing) => "rtrim",
            Function::Replace => "replace",
            Function::Left => "left",
            Function::Right => "right",
            Function::Extract(_) => "extract",
            Function::DateTrunc(_) => "date_trunc",
        };
        let _ = write!(self.out, "{name}(");
        if let Function::Extract(field) = function {
            let _ = write!(self.out, "{} FROM ", field_name(field));
        }
        if let Function::DateTrunc(unit) = function {
            let _ = write!(self.out, "'{}', ", unit_name(unit));
        }
        self.list(arguments);
        if let Function::Round { places } = function
            && arguments.first().is_some_and(|node| node.ty != ColumnType::Float)
        {
            let _ = write!(self.out, ", {places}");
        }
        self.text(")");
    }

    fn literal(&mut self, literal: &Literal, ty: &ColumnType) {
        let other = literal.ty() != *ty
            && !matches!(ty, ColumnType::Enum { .. } | ColumnType::Interval)
            && !matches!(literal, Literal::Float(_));
        // `1e2` is a decimal, `100` an integer, and they divide otherwise.
        let whole = matches!(literal, Literal::Decimal { scale: 0, .. });
        let named = other || whole || matches!(literal, Literal::Integer(value) if is_least(*value, ty));
        if named {
            self.text("CAST(");
        }
        match literal {
            Literal::Null => self.text("NULL"),
            Literal::Boolean(value) => self.text(if *value { "TRUE" } else { "FALSE" }),
            // Without its sign it is of the next wider type, and so is what its sign makes of it.
            Literal::Integer(value) if is_least(*value, ty) => {
                let _ = write!(self.out, "'{value}'");
            }
            Literal::Integer(value) => {
                let _ = if *value < 0 { write!(self.out, "({value})") } else { write!(self.out, "{value}") };
            }
            Literal::Decimal { unscaled, scale } => {
                let negative = *unscaled < 0;
                self.text(if negative { "(" } else { "" });
                self.text(&text(|out| push_decimal(out, *unscaled, *scale as i8)));
                self.text(if negative { ")" } else { "" });
            }
            Literal::Float(value) => {
                self.text("CAST('");
                self.text(&text(|out| push_postgres_float(out, *value)));
                self.text("' AS float)");
            }
            Literal::Text(text) => {
                let _ = write!(self.out, "'{}'", text.replace('\'', "''"));
            }
            Literal::Timestamp(value) => {
                self.text("timestamp '");
                self.text(&text(|out| push_postgres_timestamp(out, *value)));
                self.text("'");
            }
            Literal::Date(days) => {
                self.text("date '");
                self.text(&text(|out| push_date(out, *days)));
                self.text("'");
            }
            Literal::Interval(length) => {
                let (count, unit) = postgres::interval_parts(*length);
                let _ = write!(self.out, "interval '{count} {unit}'");
            }
            Literal::Uuid(bytes) => {
                self.text("uuid '");
                self.text(&text(|out| push_uuid(out, bytes)));
                self.text("'");
            }
        }
        if named {
            let _ = write!(self.out, " AS {ty})");
        }
    }
}

/// The least integer of its type.
fn is_least(value: i64, ty: &ColumnType) -> bool {
    (value == i64::from(i32::MIN) && *ty == ColumnType::Integer)
        || (value == i64::MIN && *ty == ColumnType::BigInteger)
}

fn field_name(field: Field) -> &'static str {
    Field::NAMES.iter().find(|(_, known)| *known == field).map_or("", |(name, _)| name)
}

fn unit_name(unit: Unit) -> &'static str {
    Unit::NAMES.iter().find(|(_, known)| *known == unit).map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{Columns, read};

    fn printed(source: &str) -> String {
        read(source)
            .node
            .print(&|symbol| Columns::NAMES.get(symbol).map_or("order_items", |(name, ..)| *name).to_owned())
    }

    #[test]
    fn parentheses_stand_where_they_are_needed() {
        for (source, text) in [
            ("(quantity + 1) * 2 - (3 - debt)", "(quantity + 1) * 2 - (3 - debt)"),
            ("((quantity + 1) + 2)", "quantity + 1 + 2"),
            ("not (ok and (ok or debt = 1))", "NOT (ok AND (ok OR debt = 1))"),
            ("(not ok) is null", "(NOT ok) IS NULL"),
            ("(quantity = 1) = ok", "(quantity = 1) = ok"),
            ("- (-5)", "5"),
            ("quantity - -5", "quantity - (-5)"),
            ("createdAt + 90m", "createdAt + interval '90 minutes'"),
            ("name || 'it''s' || quantity", "name || 'it''s' || quantity"),
            ("debt is distinct from 1 or ok", "debt IS DISTINCT FROM 1 OR ok"),
            ("ok and debt is not distinct from 1 or ok", "ok AND debt IS NOT DISTINCT FROM 1 OR ok"),
            (
                "quantity=-1 and quantity*-1<-1 and price>-1",
                "quantity = (-1) AND quantity * (-1) < (-1) AND price > CAST((-1.00) AS decimal(10,2))",
            ),
            ("total = 1", "total = CAST(1 AS bigint)"),
            ("total > '-9223372036854775808'", "total > CAST('-9223372036854775808' AS bigint)"),
            ("quantity <> '-2147483648'", "quantity <> CAST('-2147483648' AS integer)"),
            ("quantity / 1e2", "quantity / CAST(100 AS decimal(3,0))"),
            ("quantity * -7.", "quantity * CAST((-7) AS decimal(1,0))"),
        ] {
            assert_eq!(printed(source), text);
        }
    }

    fn picked(words: &'static [&'static str]) -> impl Strategy<Value = String> {
        prop::sample::select(words).prop_map(str::to_owned)
    }

    /// Texts of numbers that are no floats, built of those one level below.
    fn number(depth: u32) -> BoxedStrategy<String> {
        let leaf = picked(&[
            "quantity",
            "price",
            "debt",
            "total",
            "1",
            "2.50",
            "-7",
            "0.005",
            "1234567890",
            "2e3",
            "'-2147483648'::integer",
            "count(order_items)",
        ]);
        if depth == 0 {
            return leaf.boxed();
        }
        let below = || number(depth - 1);
        prop_oneof![
            leaf,
            (below(), picked(&["+", "-", "%"]), below()).prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            below().prop_map(|a| format!("-({a})")),
            below().prop_map(|a| format!("round(cast({a} as decimal(20, 3)), 1)")),
            (below(), below()).prop_map(|(a, b)| format!("least({a}, {b})")),
            (condition(depth - 1), below(), below())
                .prop_map(|(c, a, b)| format!("case when {c} then {a} else {b} end")),
            picked(&["date", "createdAt"]).prop_map(|time| format!("extract(year from {time})")),
        ]
        .boxed()
    }

    fn text(depth: u32) -> BoxedStrategy<String> {
        let leaf = picked(&["name", "type", "'it''s'", "'ä%_'", "null::text"]);
        if depth == 0 {
            return leaf.boxed();
        }
        prop_oneof![
            leaf,
            (text(depth - 1), text(depth - 1)).prop_map(|(a, b)| format!("({a}) || ({b})")),
            text(depth - 1).prop_map(|a| format!("trim(both 'x' from {a})")),
            (text(depth - 1), number(depth - 1))
                .prop_map(|(a, b)| format!("left({a}, cast({b} as integer))")),
        ]
        .boxed()
    }

    fn condition(depth: u32) -> BoxedStrategy<String> {
        let leaf = picked(&[
            "ok",
            "true",
            "total > 12345678901",
            "createdAt > '2025-01-01'",
            "date < date '2025-02-03'",
            "type in ('TEXT', 'IMAGE')",
        ]);
        if depth == 0 {
            return leaf.boxed();
        }
        let below = || condition(depth - 1);
        prop_oneof![
            leaf,
            (below(), picked(&["and", "or", "=", "is distinct from"]), below())
                .prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            below().prop_map(|a| format!("not ({a})")),
            below().prop_map(|a| format!("({a}) is not true")),
            number(depth - 1).prop_map(|a| format!("({a}) is null")),
            (number(depth - 1), number(depth - 1), number(depth - 1))
                .prop_map(|(a, b, c)| format!("{a} not between ({b}) and ({c})")),
            (number(depth - 1), number(depth - 1)).prop_map(|(a, b)| format!("({a}) in ({b}, 3)")),
            (text(depth - 1), text(depth - 1)).prop_map(|(a, b)| format!("({a}) not like ({b})")),
            (number(depth - 1), number(depth - 1)).prop_map(|(a, b)| format!("({a}) <= ({b})")),
        ]
        .boxed()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn what_is_printed_reads_back_as_the_same_tree(source in prop_oneof![condition(3), number(3), text(3)]) {
            let first = read(&source);
            let text = printed(&source);
            prop_assert_eq!(&read(&text).node, &first.node, "{} printed as {}", source, text);
        }
    }
}
