//! [`told`]: what is said of an expression that fails in some rows, and what helps.

use super::ColumnType;
use super::breaches::Found;
use crate::model::expression::{Expression, Kind, Known, Literal, Node as Tree, Reason};
use crate::model::scalars;
use crate::model::text_form::write::{push_date, push_decimal, text};

/// So many texts are named.
const MOST_NAMED: usize = 5;

/// The message and the hint. `whole` is the expression, `name` that of a symbol.
pub(super) fn told(
    found: &Found<'_>,
    whole: &Expression,
    name: &dyn Fn(usize) -> String,
) -> (String, String) {
    let node = found.breach.node;
    let print = |node: &Tree| node.written().print(name);
    // Of the whole, the author's own words.
    let is_root = std::ptr::eq(node.written(), whole.node.written());
    let shown = if is_root { whole.source.trim().to_owned() } else { print(node) };
    let operands = node.operands();
    let at = |operand: usize| rows(found, operands.get(operand).copied().unwrap_or(node), name);
    match &found.breach.reason {
        Reason::Overflow(known) => {
            let value = figure(known, &node.ty).unwrap_or_default();
            let message = format!("`{shown}` overflows {}: {value}{}", node.ty, rows(found, node, name));
            (message, wider(node, std::ptr::eq(node, &whole.node), known, &print))
        }
        Reason::Unreadable { message, .. } => {
            let shown_texts: Vec<String> =
                found.texts.iter().take(MOST_NAMED).map(|text| quoted(text)).collect();
            let others = match found.texts.len() {
                0 | 1 => String::new(),
                count if count <= MOST_NAMED => format!(", nor {}", join(&shown_texts[1..])),
                count => {
                    format!(", nor {} and {} more", shown_texts[1..].join(", "), count - MOST_NAMED)
                }
            };
            let first = match &found.breach.reason {
                Reason::Unreadable { text, .. } if found.texts.first() != Some(text) => {
                    // The message is of the likeliest, the list begins with the first.
                    message.replacen(&quoted(text), &shown_texts[0], 1)
                }
                _ => message.clone(),
            };
            (format!("`{shown}` fails in some rows: {first}{others}"), readable(found, node, &print))
        }
        Reason::NegativeLength(length) => {
            let hint = match operands.get(2) {
                Some(count) if count.as_literal().is_none() => {
                    format!("greatest({}, 0) is never negative", print(count))
                }
                _ => "take a length of 0 or more".to_owned(),
            };
            let message = format!("`{shown}` has a negative length, {length} at the most{}", at(2));
            (message, hint)
        }
        Reason::OpenEscape(pattern) => {
            let message =
                format!("`{shown}`: the pattern {} ends with its escape character{}", quoted(pattern), at(1));
            (message, r"a backslash stands for itself where it is written twice: '\\'".to_owned())
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{text}'")
}

fn join(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// In which rows: ` where `n` is 4 to 5`.
fn rows(found: &Found<'_>, node: &Tree, name: &dyn Fn(usize) -> String) -> String {
    let types = types(node);
    let read = node.symbols();
    let all: Vec<String> = found
        .symbols
        .iter()
        .filter(|(symbol, _)| read.contains(symbol))
        .filter_map(|(symbol, known)| {
            let ty = types.iter().find(|(at, _)| at == symbol).map(|(_, ty)| ty)?;
            Some(format!("`{}` is {}", name(*symbol), figure(known, ty)?))
        })
        .collect();
    if all.is_empty() { String::new() } else { format!(" where {}", join(&all)) }
}

/// The types of the columns below a node.
fn types(node: &Tree) -> Vec<(usize, ColumnType)> {
    match &node.kind {
        Kind::Column(symbol) | Kind::Aggregate { symbol, .. } => vec![(*symbol, node.ty.clone())],
        _ => node.operands().into_iter().flat_map(types).collect(),
    }
}

/// A value or a range of them; nothing where nothing is known.
fn figure(known: &Known, ty: &ColumnType) -> Option<String> {
    let whole = |value: i128| match ty {
        ColumnType::Decimal { scale, .. } => text(|out| push_decimal(out, value, *scale)),
        ColumnType::Timestamp | ColumnType::DateTime => {
            i64::try_from(value).map_or_else(|_| format!("{value} µs"), scalars::format_time)
        }
        ColumnType::Date => i32::try_from(value)
            .map_or_else(|_| format!("day {value}"), |days| text(|out| push_date(out, days))),
        ColumnType::Interval => format!("{value} µs"),
        _ => value.to_string(),
    };
    Some(match known {
        Known::Whole { low, high } if low == high => whole(*low),
        Known::Whole { low, high } => format!("{} to {}", whole(*low), whole(*high)),
        Known::Float { low, high } if low == high => low.to_string(),
        Known::Float { low, high } => format!("{low} to {high}"),
        Known::Text(text) => quoted(text),
        Known::Truth(truth) => truth.to_string(),
        Known::Null => "NULL".to_owned(),
        Known::Anything => return None,
    })
}

/// What holds numbers that a type does not.
fn wider(node: &Tree, is_root: bool, known: &Known, print: &dyn Fn(&Tree) -> String) -> String {
    let fits_bigint = |value: i128| i64::try_from(value).is_ok();
    let is_small = matches!(known, Known::Whole { low, high } if fits_bigint(*low) && fits_bigint(*high));
    let type_name = match &node.ty {
        ColumnType::Integer if is_small => "bigint",
        ColumnType::Integer | ColumnType::BigInteger => "decimal(38,0)",
        _ => "",
    };
    match (&node.kind, type_name) {
        (Kind::Cast { implicit: true, .. }, "") if is_root => {
            "let the column's type have more digits before the point, or its values be less".to_owned()
        }
        (Kind::Cast { implicit: true, .. }, wider) if is_root => {
            format!("let the column have type: {wider}, or its values be less")
        }
        (Kind::Cast { operand, .. }, wider) if !wider.is_empty() => {
            format!("{}::{wider} holds them", enclosed(operand, print))
        }
        (Kind::Arithmetic { operator, left, right }, wider) if !wider.is_empty() => {
            let (one, other) = (enclosed(left, print), enclosed(right, print));
            format!("compute with a wider type: {one}::{wider} {} {other}", operator.sign())
        }
        (_, wider) if !wider.is_empty() => {
            format!("compute with a wider type: cast what it reads to {wider}")
        }
        _ => "let the columns that it reads hold less".to_owned(),
    }
}

/// An operand that a cast may follow.
fn enclosed(node: &Tree, print: &dyn Fn(&Tree) -> String) -> String {
    let node = node.written();
    match &node.kind {
        Kind::Column(_)
        | Kind::Aggregate { .. }
        | Kind::Call { .. }
        | Kind::Cast { .. }
        | Kind::Case { .. } => print(node),
        Kind::Literal(Literal::Integer(value)) if *value >= 0 => print(node),
        _ => format!("({})", print(node)),
    }
}

/// What reads the texts that can be read.
fn readable(found: &Found<'_>, node: &Tree, print: &dyn Fn(&Tree) -> String) -> String {
    let operands = node.operands();
    match operands.first() {
        Some(operand) if found.texts.len() <= MOST_NAMED => {
            let texts: Vec<String> =
                found.texts.iter().map(|text| quoted(&text.replace('\'', "''"))).collect();
            format!(
                "leave such values out, or read the others alone: case when {} not in ({}) then {} end",
                print(operand),
                texts.join(", "),
                print(node)
            )
        }
        _ => "leave such values out, or read the others alone: case when … then … end".to_owned(),
    }
}
