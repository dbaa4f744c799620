//! [`Typing`]: calls of functions with Postgres's types.

use sqlparser::ast::{
    CeilFloorKind, Expr, Function as Call, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    Spanned as _, TrimWhereField,
};

use super::Aggregate;
use super::ast::{Arithmetic, Kind, Literal, Node};
use super::coerce::{article, decimal_type, digits, is_numeric, is_unknown, node_digits};
use super::function::{Field, Function, Side, Unit};
use super::typing::Typing;
use crate::model::column_type::ColumnType as T;
use crate::model::diagnostics::{did_you_mean, meant_or_known};
use crate::model::language::FUNCTION_NAMES;

/// Functions that are known to be refused, after their arguments have been read.
const REFUSED: [&str; 2] = ["concat", "date_part"];

impl Typing<'_> {
    /// What sqlparser parses apart from other functions.
    pub(super) fn function_like(&mut self, expr: &Expr) -> Option<Node> {
        match expr {
            Expr::Function(call) => self.call(call),
            Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(_) } => self.apply("ceil", &[expr]),
            Expr::Floor { expr, field: CeilFloorKind::DateTimeField(_) } => self.apply("floor", &[expr]),
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                let from = substring_from.as_deref();
                let one = Expr::Value(sqlparser::ast::Value::Number("1".into(), false).into());
                let start = from.or_else(|| substring_for.is_some().then_some(&one));
                let all: Vec<&Expr> =
                    std::iter::once(&**expr).chain(start).chain(substring_for.as_deref()).collect();
                self.apply("substring", &all)
            }
            Expr::Trim { expr, trim_where, trim_what, trim_characters: None } => {
                let name = match trim_where {
                    None | Some(TrimWhereField::Both) => "btrim",
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                };
                let all: Vec<&Expr> = std::iter::once(&**expr).chain(trim_what.as_deref()).collect();
                self.apply(name, &all)
            }
            Expr::Extract { field, expr, .. } => {
                let name = field.to_string().to_ascii_lowercase();
                let operand = self.node(expr);
                self.extract(name.trim_matches('\''), operand?)
            }
            other => self.fail(
                format!("`{other}` is not part of the expression language"),
                "it has arithmetic, comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, CASE, CAST and functions",
            ),
        }
    }

    fn apply(&mut self, name: &str, arguments: &[&Expr]) -> Option<Node> {
        let nodes: Vec<Option<Node>> = arguments.iter().map(|expr| self.node(expr)).collect();
        self.function(name, nodes.into_iter().collect::<Option<_>>()?)
    }

    fn call(&mut self, call: &Call) -> Option<Node> {
        let name = call.name.to_string().replace('"', "").to_ascii_lowercase();
        if let Some((message, hint)) = refusal(&name) {
            return self.fail(message, hint);
        }
        let known = FUNCTION_NAMES.contains(&name.as_str()) || REFUSED.contains(&name.as_str());
        let FunctionArguments::List(list) = &call.args else {
            return self.fail(format!("`{name}` is not part of the expression language"), "");
        };
        let plain = list.clauses.is_empty() && list.duplicate_treatment.is_none();
        if known
            && (!plain
                || call.filter.is_some()
                || call.over.is_some()
                || !call.within_group.is_empty()
                || call.null_treatment.is_some())
        {
            return self.fail(format!("{name} takes plain arguments only"), "");
        }
        let aggregate = [Aggregate::Sum, Aggregate::Count, Aggregate::Min, Aggregate::Max]
            .into_iter()
            .find(|aggregate| aggregate.name() == name);
        if let Some(aggregate) = aggregate {
            return self.aggregate_call(aggregate, &list.args);
        }
        let arguments: Vec<Option<Node>> = list
            .args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.node(expr),
                _ => self.fail(format!("{name} takes plain arguments only"), ""),
            })
            .collect();
        if !known {
            let hint = meant_or_known(&name, FUNCTION_NAMES, "the functions are");
            return self.fail(format!("there is no function `{name}`"), hint);
        }
        self.function(&name, arguments.into_iter().collect::<Option<_>>()?)
    }

    fn aggregate_call(&mut self, aggregate: Aggregate, arguments: &[FunctionArg]) -> Option<Node> {
        let name = aggregate.name();
        let [FunctionArg::Unnamed(argument)] = arguments else {
            let hint = match aggregate {
                Aggregate::Min => "of several values in one row, take LEAST",
                Aggregate::Max => "of several values in one row, take GREATEST",
                Aggregate::Sum | Aggregate::Count => "",
            };
            return self.fail(format!("{name} takes one column"), hint);
        };
        let column = match argument {
            FunctionArgExpr::Expr(Expr::Identifier(column)) => Some((None, column.clone())),
            FunctionArgExpr::Expr(Expr::CompoundIdentifier(parts)) => match parts.as_slice() {
                [qualifier, column] => Some((Some(qualifier.clone()), column.clone())),
                _ => None,
            },
            FunctionArgExpr::QualifiedWildcard(entity) if aggregate == Aggregate::Count => {
                let entity_name = entity.to_string().replace('"', "");
                Some((None, Ident::with_span(entity.span(), entity_name)))
            }
            FunctionArgExpr::Expr(_) | FunctionArgExpr::QualifiedWildcard(_) | FunctionArgExpr::Wildcard => {
                None
            }
        };
        match column {
            Some((qualifier, column)) => self.aggregate(aggregate, qualifier.as_ref(), &column),
            None => self.fail(
                format!("{name} takes the column of a child entity, not an expression"),
                "compute it as a hidden column of the child and write sum(order_items.line_total), count(messages)",
            ),
        }
    }

    fn function(&mut self, name: &str, arguments: Vec<Node>) -> Option<Node> {
        let count = arguments.len();
        let least_and_most = match name {
            "coalesce" | "least" | "greatest" | "concat" => (1, usize::MAX),
            "nullif" | "mod" | "left" | "right" | "date_trunc" | "date_part" => (2, 2),
            "substr" | "substring" => (2, 3),
            "replace" => (3, 3),
            "round" | "trim" | "btrim" | "ltrim" | "rtrim" => (1, 2),
            _ => (1, 1),
        };
        if count < least_and_most.0 || count > least_and_most.1 {
            let wanted = match least_and_most {
                (least, usize::MAX) => format!("at least {least}"),
                (least, most) if least == most => least.to_string(),
                (least, most) => format!("{least} or {most}"),
            };
            let plural = if wanted.ends_with('1') { "" } else { "s" };
            return self.fail(format!("{name} takes {wanted} argument{plural}, not {count}"), "");
        }
        match name {
            "abs" | "ceil" | "ceiling" | "floor" | "round" => self.numeric_function(name, arguments),
            "mod" => {
                let [left, right] = <[Node; 2]>::try_from(arguments).ok()?;
                self.arithmetic_of(Arithmetic::Remainder, left, right)
            }
            "coalesce" => self.choice(Function::Coalesce, arguments),
            "nullif" => self.choice(Function::NullIf, arguments),
            "least" => self.choice(Function::Least, arguments),
            "greatest" => self.choice(Function::Greatest, arguments),
            "date_trunc" | "date_part" => {
                let [unit, time] = <[Node; 2]>::try_from(arguments).ok()?;
                let Some(Literal::Text(unit)) = unit.as_literal().cloned() else {
                    return self.fail(
                        format!("{name} needs its unit as a literal"),
                        format!("write {name}('day', x)"),
                    );
                };
                if name == "date_trunc" { self.date_trunc(&unit, time) } else { self.date_part(&unit) }
            }
            "concat" => self.fail("concat treats NULL unlike `||`", "write a || coalesce(b, '')"),
            _ => self.text_function(name, arguments),
        }
    }

    fn numeric_function(&mut self, name: &str, mut arguments: Vec<Node>) -> Option<Node> {
        let places = if arguments.len() > 1 { arguments.pop() } else { None };
        let mut operand = arguments.pop()?;
        if is_unknown(&operand) {
            operand = self.coerced(operand, &T::Float, true)?;
        }
        if !is_numeric(&operand.ty) {
            return self.fail(format!("{name} takes a number, not {}", article(&operand.ty)), "");
        }
        if let Some(places) = places {
            return self.round_to(operand, &places);
        }
        let function = match name {
            "abs" => Function::Abs,
            "floor" => Function::Floor,
            "round" => Function::Round { places: 0 },
            _ => Function::Ceil,
        };
        let ty = match (function, node_digits(&operand)) {
            (Function::Abs, _) => operand.ty.clone(),
            (_, Some((whole, scale))) if matches!(operand.ty, T::Decimal { .. }) => {
                decimal_type(if scale > 0 { whole + 1 } else { whole }, 0)
            }
            // As in Postgres, whole numbers round as floats.
            _ => T::Float,
        };
        if ty == T::Float {
            operand = self.coerced(operand, &T::Float, true)?;
        }
        Some(called(function, vec![operand], ty))
    }

    fn round_to(&mut self, operand: Node, places: &Node) -> Option<Node> {
        let Some(Literal::Integer(places)) = places.as_literal() else {
            return self.fail("round needs its places as a whole literal", "write round(x, 2)");
        };
        let Some((whole, scale)) = digits(&operand.ty) else {
            return self.fail("round to places takes a decimal", "write round(x::decimal(12,4), 2)");
        };
        let places = (*places).clamp(-38, 38) as i32;
        let operand = self.coerced(operand, &decimal_type(whole, scale), true)?;
        let grown = if places < scale { whole + 1 } else { whole };
        let ty = decimal_type(grown, places.max(0));
        Some(called(Function::Round { places }, vec![operand], ty))
    }

    fn choice(&mut self, function: Function, arguments: Vec<Node>) -> Option<Node> {
        let (nodes, ty) = self.unified(arguments)?;
        if matches!(function, Function::Least | Function::Greatest) {
            self.ordered(&ty)?;
        }
        let nullable = function == Function::NullIf || nodes.iter().all(|node| node.nullable);
        Some(Node { kind: Kind::Call { function, arguments: nodes }, ty, nullable })
    }

    fn text_function(&mut self, name: &str, arguments: Vec<Node>) -> Option<Node> {
        let (function, ty) = match name {
            "lower" => (Function::Lower, T::Text),
            "upper" => (Function::Upper, T::Text),
            "length" | "char_length" | "character_length" => (Function::Length, T::Integer),
            "substr" | "substring" => (Function::Substring, T::Text),
            "trim" | "btrim" => (Function::Trim(Side::Both), T::Text),
            "ltrim" => (Function::Trim(Side::Leading), T::Text),
            "rtrim" => (Function::Trim(Side::Trailing), T::Text),
            "replace" => (Function::Replace, T::Text),
            "left" => (Function::Left, T::Text),
            "right" => (Function::Right, T::Text),
            other => return self.fail(format!("there is no function `{other}`"), ""),
        };
        let counts = matches!(function, Function::Substring | Function::Left | Function::Right);
        let typed: Vec<Option<Node>> = arguments
            .into_iter()
            .enumerate()
            .map(|(at, node)| {
                if at == 0 || !counts {
                    self.text(node)
                } else if node.ty == T::Integer || is_unknown(&node) {
                    self.coerced(node, &T::Integer, true)
                } else {
                    self.fail(
                        format!("{name} counts with integers, not {}", article(&node.ty)),
                        "cast it: x::integer",
                    )
                }
            })
            .collect();
        let mut typed = typed.into_iter().collect::<Option<Vec<_>>>()?;
        if matches!(function, Function::Trim(_)) && typed.len() == 1 {
            typed.push(Node::literal(Literal::Text(" ".to_owned())));
        }
        Some(called(function, typed, ty))
    }

    fn extract(&mut self, name: &str, operand: Node) -> Option<Node> {
        let Some(&(_, field)) = Field::NAMES.iter().find(|(known, _)| *known == name) else {
            let known = Field::NAMES.iter().map(|(known, _)| *known);
            let hint = did_you_mean(name, known)
                .map_or_else(String::new, |meant| format!("did you mean `{meant}`?"));
            return self.fail(format!("a time has no field `{name}`"), hint);
        };
        let within_day = matches!(
            field,
            Field::Hour | Field::Minute | Field::Second | Field::Millisecond | Field::Microsecond
        );
        match &operand.ty {
            T::Interval if field == Field::Epoch => {
                Some(called(Function::Extract(field), vec![operand], field.ty()))
            }
            T::Interval => self.fail(
                "an interval has no fields here, only its length",
                "write extract(epoch from x) / 86400 for days",
            ),
            T::Date if within_day => self.fail(format!("a date has no {name}"), ""),
            T::Date | T::Timestamp => {
                let operand = self.coerced(operand, &T::Timestamp, true)?;
                Some(called(Function::Extract(field), vec![operand], field.ty()))
            }
            other => self.fail(format!("extract takes a time, not {}", article(other)), ""),
        }
    }

    fn date_part(&mut self, unit: &str) -> Option<Node> {
        self.fail("date_part gives floats", format!("write extract({unit} from x), which gives decimals"))
    }

    fn date_trunc(&mut self, name: &str, operand: Node) -> Option<Node> {
        let Some(&(_, unit)) = Unit::NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)) else {
            let hint = meant_or_known(name, Unit::NAMES.iter().map(|(known, _)| *known), "known are");
            return self.fail(format!("date_trunc knows no unit '{name}'"), hint);
        };
        match &operand.ty {
            T::Date | T::Timestamp => {}
            other => return self.fail(format!("date_trunc takes a time, not {}", article(other)), ""),
        }
        let operand = self.coerced(operand, &T::Timestamp, true)?;
        Some(called(Function::DateTrunc(unit), vec![operand], T::Timestamp))
    }
}

/// Why a function that SQL has is not here.
fn refusal(name: &str) -> Option<(String, &'static str)> {
    let because = |reason: &str| format!("`{name}` is not possible: {reason}");
    Some(match name {
        "now"
        | "current_date"
        | "current_time"
        | "current_timestamp"
        | "localtime"
        | "localtimestamp"
        | "clock_timestamp"
        | "statement_timestamp"
        | "transaction_timestamp"
        | "timeofday"
        | "age" => (
            because("values depend on the model and the seed, never on the clock"),
            "use $window.end or $snapshot",
        ),
        "random" | "gen_random_uuid" | "uuid_generate_v4" | "setseed" | "nextval" | "rand" => (
            because("randomness comes from the column's own strategy"),
            "declare a hidden column with a law and read it",
        ),
        "sqrt" | "cbrt" | "exp" | "ln" | "log" | "log10" | "power" | "pow" | "sin" | "cos" | "tan"
        | "asin" | "acos" | "atan" | "atan2" => (
            because("its last digits differ between mathematics libraries"),
            "declare a law whose shape has the curve",
        ),
        "regexp_replace" | "regexp_match" | "regexp_matches" | "regexp_like" | "regexp_split_to_array" => {
            (because("engines of regular expressions disagree"), "use LIKE, replace, substring")
        }
        "avg" => (because("it has no column type"), "write sum(x.y) / nullif(count(x), 0)"),
        "row_number" | "rank" | "dense_rank" | "lag" | "lead" | "ntile" => {
            (because("an expression sees one row"), "use `ordinal`, `permutation` or an aggregate")
        }
        _ => return None,
    })
}

fn called(function: Function, arguments: Vec<Node>, ty: T) -> Node {
    let nullable = arguments.iter().any(|node| node.nullable);
    Node { kind: Kind::Call { function, arguments }, ty, nullable }
}
