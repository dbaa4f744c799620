//! [`Typing`]: sqlparser's tree as typed nodes, with all mistakes collected.

use std::ops::Range;

use sqlparser::ast::{BinaryOperator, CaseWhen, CastKind, Expr, Ident, Spanned, UnaryOperator, Value};

use super::ast::{Arithmetic, Branch, Comparison, Kind, Literal, Node};
use super::coerce::{article, coerce, common, decimal_type, is_numeric, is_unknown, node_digits};
use super::parse::{Places, parameter_path};
use super::{ExpressionError, Resolved, Scope};
use crate::model::column_type::ColumnType;
use crate::model::text_form::postgres;

/// Longer chains of operators than any expression has; recursion stays within a thread's stack.
const MAX_DEPTH: usize = 250;

/// Types a whole tree.
pub(super) fn type_tree(
    source: &str,
    tree: &Expr,
    scope: &mut dyn Scope,
) -> Result<Node, Vec<ExpressionError>> {
    let mut typing =
        Typing { places: Places::new(source), scope, errors: vec![], around: 0..source.len(), depth: 0 };
    let node = typing.node(tree);
    match node {
        Some(node) if typing.errors.is_empty() => Ok(node),
        _ => Err(typing.errors),
    }
}

/// Typing of one expression. `None` stands for a node whose mistake is already among the errors.
pub(super) struct Typing<'a> {
    places: Places<'a>,
    scope: &'a mut dyn Scope,
    errors: Vec<ExpressionError>,
    around: Range<usize>,
    depth: usize,
}

impl Typing<'_> {
    /// Reports a mistake of the node that is being typed.
    pub(super) fn fail<T>(&mut self, message: impl Into<String>, hint: impl Into<String>) -> Option<T> {
        let error = ExpressionError::new(self.around.clone(), message, hint);
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
        None
    }

    fn unsupported<T>(&mut self, what: &str) -> Option<T> {
        self.fail(format!("{what} not part of the expression language"), "")
    }

    /// Whether comparisons with a bare NULL are refused.
    pub(super) fn refuses_null(&self) -> bool {
        self.scope.refuses_null()
    }

    /// Types an operand.
    pub(super) fn node(&mut self, expr: &Expr) -> Option<Node> {
        let place = self.places.range(expr.span()).unwrap_or_else(|| self.around.clone());
        let outer = std::mem::replace(&mut self.around, place);
        self.depth += 1;
        let node = if self.depth > MAX_DEPTH {
            self.fail("the expression is nested too deeply", "split it over hidden columns")
        } else {
            self.dispatch(expr)
        };
        self.depth -= 1;
        self.around = outer;
        node
    }

    fn dispatch(&mut self, expr: &Expr) -> Option<Node> {
        match expr {
            Expr::Nested(inner) => self.node(inner),
            Expr::Identifier(name) => match parameter_path(name) {
                Some(path) => {
                    let value = self.scope.resolve_parameter(path);
                    self.reported(value, "").map(Node::literal)
                }
                None => self.column(None, name),
            },
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [qualifier, name] => self.column(Some(qualifier), name),
                _ => self.fail(
                    "a column has at most one qualifier",
                    "write `entity.column` or `reference.column`",
                ),
            },
            Expr::Value(value) => self.literal(&value.value),
            Expr::TypedString(typed) => {
                let ty = self.data_type(&typed.data_type)?;
                let text = typed.value.value.clone().into_string().unwrap_or_default();
                self.coerced(Node::literal(Literal::Text(text)), &ty, false)
            }
            Expr::Interval(interval) => self.interval(interval),
            Expr::UnaryOp { op, expr } => self.unary(*op, expr),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::IsNull(operand) | Expr::IsUnknown(operand) => self.is_null(operand, false),
            Expr::IsNotNull(operand) | Expr::IsNotUnknown(operand) => self.is_null(operand, true),
            Expr::IsTrue(operand) => self.is_truth(operand, true, false),
            Expr::IsNotTrue(operand) => self.is_truth(operand, true, true),
            Expr::IsFalse(operand) => self.is_truth(operand, false, false),
            Expr::IsNotFalse(operand) => self.is_truth(operand, false, true),
            Expr::IsDistinctFrom(left, right) => self.comparison(Comparison::Distinct, left, right),
            Expr::IsNotDistinctFrom(left, right) => self.comparison(Comparison::NotDistinct, left, right),
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated),
            Expr::Between { expr, negated, low, high } => self.between(expr, low, high, *negated),
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                self.like(expr, pattern, escape_char.as_ref(), false, *negated)
            }
            Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
                self.like(expr, pattern, escape_char.as_ref(), true, *negated)
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, format: None } => {
                let node = self.node(expr);
                let ty = self.cast_type(data_type, node.as_ref());
                self.coerced(node?, &ty?, false)
            }
            Expr::SimilarTo { .. } | Expr::RLike { .. } => self.fail(
                "regular expressions are not possible: engines disagree about them",
                "use LIKE with % and _",
            ),
            Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => self.fail(
                "a subquery is not possible: an expression sees one row",
                "use a column of the row that is pointed at, or an aggregate",
            ),
            Expr::Collate { .. } => self.fail("COLLATE is not possible: texts compare byte by byte", ""),
            Expr::AtTimeZone { .. } => self.fail("AT TIME ZONE is not possible: all times are in UTC", ""),
            other => self.function_like(other),
        }
    }

    /// The value, or its message reported at the node being typed.
    pub(super) fn reported<T>(&mut self, value: Result<T, String>, hint: &str) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(message) => self.fail(message, hint),
        }
    }

    fn column(&mut self, qualifier: Option<&Ident>, name: &Ident) -> Option<Node> {
        let found = self.scope.resolve(qualifier.map(|part| part.value.as_str()), &name.value);
        let hint = match (&found, qualifier) {
            // Columns seldom begin with a capital, and values of a choice often do.
            (Err(message), None)
                if message.contains("; the columns of ") && name.value.starts_with(char::is_uppercase) =>
            {
                format!("a text stands in single quotes: '{}'", name.value)
            }
            _ => String::new(),
        };
        let Resolved { symbol, ty, nullable } = self.reported(found, &hint)?;
        Some(Node { kind: Kind::Column(symbol), ty, nullable })
    }

    /// Resolves an aggregate's argument.
    pub(super) fn aggregate(
        &mut self,
        function: super::Aggregate,
        qualifier: Option<&Ident>,
        name: &Ident,
    ) -> Option<Node> {
        let qualifier = qualifier.map(|part| part.value.as_str());
        let found = self.scope.resolve_aggregate(function, qualifier, &name.value);
        let Resolved { symbol, ty, nullable } = self.reported(found, "")?;
        Some(Node { kind: Kind::Aggregate { function, symbol }, ty, nullable })
    }

    fn literal(&mut self, value: &Value) -> Option<Node> {
        let literal = match value {
            Value::Null => Literal::Null,
            Value::Boolean(value) => Literal::Boolean(*value),
            Value::Number(text, false) => match (text.parse(), postgres::decimal(text)) {
                (Ok(whole), _) => Literal::Integer(whole),
                (Err(_), Some((unscaled, scale))) => Literal::Decimal { unscaled, scale },
                (Err(_), None) => return self.fail(format!("`{text}` has more than 38 digits"), ""),
            },
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => {
                Literal::Text(text.clone())
            }
            Value::DollarQuotedString(text) => Literal::Text(text.value.clone()),
            other => return self.unsupported(&format!("the literal {other} is")),
        };
        Some(Node::literal(literal))
    }

    fn interval(&mut self, interval: &sqlparser::ast::Interval) -> Option<Node> {
        let text = match &*interval.value {
            Expr::Value(value) => value.value.clone().into_string(),
            _ => None,
        };
        let text = match (text, &interval.leading_field, &interval.last_field) {
            (Some(text), None, None) => text,
            (Some(text), Some(field), None) => format!("{text} {}", field.to_string().to_ascii_lowercase()),
            _ => return self.fail("an interval is a text", "write interval '30 days'"),
        };
        let length = self.reported(postgres::interval(&text), "write interval '30 days' or interval '2h'")?;
        Some(Node::literal(Literal::Interval(length)))
    }

    /// The node as another type; the mistake is reported at the node being typed.
    pub(super) fn coerced(&mut self, node: Node, ty: &ColumnType, implicit: bool) -> Option<Node> {
        let node = coerce(node, ty, implicit);
        self.reported(node, "")
    }

    /// An operand that must be a text.
    pub(super) fn text(&mut self, node: Node) -> Option<Node> {
        match node.ty {
            ColumnType::Text | ColumnType::Enum { .. } => self.coerced(node, &ColumnType::Text, true),
            _ => {
                self.fail(format!("{} stands where a text is needed", article(&node.ty)), "cast it: x::text")
            }
        }
    }

    fn condition(&mut self, expr: &Expr) -> Option<Node> {
        let node = self.node(expr)?;
        self.refuse_null_condition(expr)?;
        if node.ty == ColumnType::Boolean || is_unknown(&node) {
            return self.coerced(node, &ColumnType::Boolean, true);
        }
        let place = self.places.range(expr.span()).unwrap_or_else(|| self.around.clone());
        let outer = std::mem::replace(&mut self.around, place);
        self.fail::<()>(
            format!("{} stands where a condition is needed", article(&node.ty)),
            "compare it: x <> 0",
        );
        self.around = outer;
        None
    }

    fn unary(&mut self, operator: UnaryOperator, expr: &Expr) -> Option<Node> {
        match operator {
            UnaryOperator::Not => {
                let operand = self.condition(expr)?;
                let nullable = operand.nullable;
                Some(Node { kind: Kind::Not(Box::new(operand)), ty: ColumnType::Boolean, nullable })
            }
            UnaryOperator::Plus | UnaryOperator::Minus => {
                let node = self.node(expr)?;
                if !is_numeric(&node.ty) && node.ty != ColumnType::Interval {
                    return self.fail(format!("{} has no sign", article(&node.ty)), "");
                }
                if operator == UnaryOperator::Plus { Some(node) } else { Some(negated(node)) }
            }
            other => self.unsupported(&format!("the operator `{other}` is")),
        }
    }

    fn binary(&mut self, left: &Expr, operator: &BinaryOperator, right: &Expr) -> Option<Node> {
        use BinaryOperator as Op;
        match operator {
            Op::And | Op::Or => {
                let (left, right) = (self.condition(left), self.condition(right));
                let (left, right) = (Box::new(left?), Box::new(right?));
                let nullable = left.nullable || right.nullable;
                let kind = if *operator == Op::And { Kind::And(left, right) } else { Kind::Or(left, right) };
                Some(Node { kind, ty: ColumnType::Boolean, nullable })
            }
            Op::Plus => self.arithmetic(Arithmetic::Add, left, right),
            Op::Minus => self.arithmetic(Arithmetic::Subtract, left, right),
            Op::Multiply => self.arithmetic(Arithmetic::Multiply, left, right),
            Op::Divide => self.arithmetic(Arithmetic::Divide, left, right),
            Op::Modulo => self.arithmetic(Arithmetic::Remainder, left, right),
            Op::Eq => self.comparison(Comparison::Equal, left, right),
            Op::NotEq => self.comparison(Comparison::NotEqual, left, right),
            Op::Lt => self.comparison(Comparison::Less, left, right),
            Op::LtEq => self.comparison(Comparison::LessOrEqual, left, right),
            Op::Gt => self.comparison(Comparison::Greater, left, right),
            Op::GtEq => self.comparison(Comparison::GreaterOrEqual, left, right),
            Op::StringConcat => {
                let nodes = (self.node(left), self.node(right));
                self.refuse_null_operand("||", &[left, right])?;
                let (left, right) = (nodes.0?, nodes.1?);
                if ![&left, &right]
                    .into_iter()
                    .any(|node| matches!(node.ty, ColumnType::Text | ColumnType::Enum { .. }))
                {
                    return self.fail("`||` needs a text on one side", "cast one side: x::text");
                }
                let nullable = left.nullable || right.nullable;
                let left = self.coerced(left, &ColumnType::Text, true);
                let right = self.coerced(right, &ColumnType::Text, true);
                Some(Node {
                    kind: Kind::Concat(Box::new(left?), Box::new(right?)),
                    ty: ColumnType::Text,
                    nullable,
                })
            }
            Op::PGRegexMatch
            | Op::PGRegexIMatch
            | Op::PGRegexNotMatch
            | Op::PGRegexNotIMatch
            | Op::Regexp => self.fail(
                "regular expressions are not possible: engines disagree about them",
                "use LIKE with % and _",
            ),
            other => self.unsupported(&format!("the operator `{other}` is")),
        }
    }

    fn is_null(&mut self, operand: &Expr, negated: bool) -> Option<Node> {
        let operand = Box::new(self.node(operand)?);
        Some(Node { kind: Kind::IsNull { operand, negated }, ty: ColumnType::Boolean, nullable: false })
    }

    fn is_truth(&mut self, operand: &Expr, value: bool, negated: bool) -> Option<Node> {
        let operand = Box::new(self.condition(operand)?);
        Some(Node {
            kind: Kind::IsTruth { operand, value, negated },
            ty: ColumnType::Boolean,
            nullable: false,
        })
    }

    /// Makes all nodes of one type: that of the nodes which are no bare literals.
    pub(super) fn unified(&mut self, nodes: Vec<Node>) -> Option<(Vec<Node>, ColumnType)> {
        let mut ty: Option<ColumnType> = None;
        for node in nodes.iter().filter(|node| !is_unknown(node)) {
            let next = match (&ty, node_digits(node)) {
                (None, _) => Some(node.ty.clone()),
                // A whole literal takes no more digits of a decimal than it needs.
                (Some(ty @ ColumnType::Decimal { .. }), Some((whole, scale))) => {
                    common(ty, &decimal_type(whole, scale))
                }
                (Some(ty), _) => common(ty, &node.ty),
            };
            if next.is_none() {
                let (one, other) = (article(ty.as_ref().unwrap_or(&node.ty)), article(&node.ty));
                return self.fail(format!("{one} and {other} have no common type"), "cast one of them");
            }
            ty = next;
        }
        let ty = ty.unwrap_or(ColumnType::Text);
        let nodes: Vec<Option<Node>> = nodes.into_iter().map(|node| self.coerced(node, &ty, true)).collect();
        Some((nodes.into_iter().collect::<Option<_>>()?, ty))
    }

    fn comparison(&mut self, operator: Comparison, left: &Expr, right: &Expr) -> Option<Node> {
        if [left, right].into_iter().any(is_comparison) {
            return self.fail("comparisons do not chain", "write a < b AND b < c, or use parentheses");
        }
        let (one, other) = (self.node(left), self.node(right));
        self.refuse_null(operator, left, right)?;
        self.compare(operator, one?, other?)
    }

    fn compare(&mut self, operator: Comparison, left: Node, right: Node) -> Option<Node> {
        let (nodes, ty) = self.unified(vec![left, right])?;
        let [left, right] = <[Node; 2]>::try_from(nodes).ok()?;
        let never_null = matches!(operator, Comparison::Distinct | Comparison::NotDistinct);
        if !never_null && !matches!(operator, Comparison::Equal | Comparison::NotEqual) {
            self.ordered(&ty)?;
        }
        let nullable = !never_null && (left.nullable || right.nullable);
        let kind = Kind::Compare { operator, left: Box::new(left), right: Box::new(right) };
        Some(Node { kind, ty: ColumnType::Boolean, nullable })
    }

    /// Refuses the types without an order.
    pub(super) fn ordered(&mut self, ty: &ColumnType) -> Option<()> {
        match ty {
            ColumnType::Enum { .. } => {
                self.fail("the values of an enum have no order here", "compare them as texts: x::text")
            }
            _ => Some(()),
        }
    }

    fn in_list(&mut self, operand: &Expr, list: &[Expr], negated: bool) -> Option<Node> {
        let nodes: Vec<Option<Node>> =
            std::iter::once(operand).chain(list).map(|expr| self.node(expr)).collect();
        self.refuse_null_in_list(operand, list, negated)?;
        let (mut list, _) = self.unified(nodes.into_iter().collect::<Option<_>>()?)?;
        let operand = Box::new(list.remove(0));
        let nullable = operand.nullable || list.iter().any(|node| node.nullable);
        Some(Node { kind: Kind::InList { operand, list, negated }, ty: ColumnType::Boolean, nullable })
    }

    fn between(&mut self, operand: &Expr, low: &Expr, high: &Expr, negated: bool) -> Option<Node> {
        let nodes = [operand, low, high].map(|expr| self.node(expr));
        self.refuse_null_bound(operand, (low, high), negated)?;
        let (nodes, ty) = self.unified(nodes.into_iter().collect::<Option<_>>()?)?;
        self.ordered(&ty)?;
        let nullable = nodes.iter().any(|node| node.nullable);
        let [operand, low, high] = <[Node; 3]>::try_from(nodes).ok()?.map(Box::new);
        Some(Node { kind: Kind::Between { operand, low, high, negated }, ty: ColumnType::Boolean, nullable })
    }

    fn like(
        &mut self,
        operand: &Expr,
        pattern: &Expr,
        escape: Option<&Value>,
        ignore_case: bool,
        negated: bool,
    ) -> Option<Node> {
        let nodes = (self.node(operand), self.node(pattern));
        self.refuse_null_pattern(operand, pattern, (ignore_case, negated))?;
        let (operand, mut pattern) = (self.text(nodes.0?), self.text(nodes.1?)?);
        if let Some(escape) = escape {
            let escape = escape.clone().into_string().unwrap_or_default();
            let Kind::Literal(Literal::Text(text)) = &mut pattern.kind else {
                return self.fail("ESCAPE needs a literal pattern", "");
            };
            *text = with_backslash(text, &escape);
        }
        if let Kind::Literal(Literal::Text(text)) = &pattern.kind
            && (text.len() - text.trim_end_matches('\\').len()) % 2 == 1
        {
            return self.fail("the pattern ends with its escape character", "write it twice");
        }
        let operand = Box::new(operand?);
        let nullable = operand.nullable || pattern.nullable;
        let kind = Kind::Like { operand, pattern: Box::new(pattern), ignore_case, negated };
        Some(Node { kind, ty: ColumnType::Boolean, nullable })
    }

    fn case(&mut self, operand: Option<&Expr>, cases: &[CaseWhen], otherwise: Option<&Expr>) -> Option<Node> {
        let subject = operand.map(|operand| self.node(operand));
        let conditions: Vec<Option<Node>> = cases
            .iter()
            .map(|case| match &subject {
                None => self.condition(&case.condition),
                Some(subject) => {
                    let value = self.node(&case.condition);
                    self.refuse_null_case(operand?, &case.condition)?;
                    self.compare(Comparison::Equal, subject.clone()?, value?)
                }
            })
            .collect();
        let results: Vec<Option<Node>> =
            cases.iter().map(|case| &case.result).chain(otherwise).map(|expr| self.node(expr)).collect();
        let (mut results, ty) = self.unified(results.into_iter().collect::<Option<_>>()?)?;
        let nullable = otherwise.is_none() || results.iter().any(|node| node.nullable);
        let otherwise = otherwise.and_then(|_| results.pop()).map(Box::new);
        let branches = conditions
            .into_iter()
            .zip(results)
            .map(|(condition, result)| Some(Branch { condition: condition?, result }))
            .collect::<Option<_>>()?;
        Some(Node { kind: Kind::Case { branches, otherwise }, ty, nullable })
    }
}

/// A comparison without parentheses.
const fn is_comparison(expr: &Expr) -> bool {
    use BinaryOperator as Op;
    matches!(expr, Expr::BinaryOp { op: Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq, .. })
}

/// `-x`, a literal at once.
fn negated(node: Node) -> Node {
    let kind = match node.kind {
        // The least of a type has no opposite in it.
        Kind::Literal(Literal::Integer(value))
            if value != i64::MIN && (node.ty != ColumnType::Integer || i32::try_from(-value).is_ok()) =>
        {
            Kind::Literal(Literal::Integer(-value))
        }
        Kind::Literal(Literal::Decimal { unscaled, scale }) => {
            Kind::Literal(Literal::Decimal { unscaled: -unscaled, scale })
        }
        Kind::Literal(Literal::Float(value)) => Kind::Literal(Literal::Float(-value)),
        Kind::Literal(Literal::Interval(value)) if value != i64::MIN => {
            Kind::Literal(Literal::Interval(-value))
        }
        kind => {
            let operand = Node { kind, ty: node.ty.clone(), nullable: node.nullable };
            Kind::Negate(Box::new(operand))
        }
    };
    Node { kind, ..Node { kind: Kind::Literal(Literal::Null), ty: node.ty, nullable: node.nullable } }
}

/// A LIKE pattern with another escape character as one with the backslash; an empty one escapes nothing.
fn with_backslash(pattern: &str, escape: &str) -> String {
    let escape = escape.chars().next();
    let mut out = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if Some(character) == escape {
            out.push('\\');
            out.extend(characters.next());
        } else {
            if character == '\\' {
                out.push('\\');
            }
            out.push(character);
        }
    }
    out
}
