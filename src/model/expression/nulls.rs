//! [`Typing::refuse_null`]: operations with a bare NULL, which hold for no row or have a value in none.

use sqlparser::ast::{Expr, Value};

use super::ast::Comparison;
use super::typing::Typing;

impl Typing<'_> {
    /// Refuses a comparison with a bare NULL, where the scope wants that: it is NULL whatever the row holds.
    pub(super) fn refuse_null(&mut self, operator: Comparison, left: &Expr, right: &Expr) -> Option<()> {
        let subject = match (is_null(left), is_null(right)) {
            (true, _) => shown(right),
            (false, true) => shown(left),
            (false, false) => return Some(()),
        };
        let hint = match operator {
            Comparison::Equal => format!("write {subject} is null"),
            Comparison::NotEqual => format!("write {subject} is not null"),
            Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual => {
                format!("whether there is a value is {subject} is not null")
            }
            Comparison::Distinct | Comparison::NotDistinct => return Some(()),
        };
        self.never_true("a comparison with NULL is never true", hint)
    }

    /// The same of `CASE subject WHEN value`.
    pub(super) fn refuse_null_case(&mut self, subject: &Expr, value: &Expr) -> Option<()> {
        let hint = match (is_null(subject), is_null(value)) {
            (true, _) => "compare a column, or write case when condition then …".to_owned(),
            (false, true) => format!("write case when {} is null then …", shown(subject)),
            (false, false) => return Some(()),
        };
        self.never_true("a comparison with NULL is never true", hint)
    }

    /// The same of a list: one NULL keeps NOT IN from ever being true, and IN finds it in no row.
    pub(super) fn refuse_null_in_list(&mut self, operand: &Expr, list: &[Expr], negated: bool) -> Option<()> {
        if is_null(operand) {
            let hint = "write the column that is looked for in the list".to_owned();
            let message = if negated { "NULL is never NOT IN a list" } else { "NULL is never IN a list" };
            return self.never_true(message, hint);
        }
        if !list.iter().any(is_null) {
            return Some(());
        }
        let subject = shown(operand);
        if negated {
            let hint =
                format!("leave NULL out of the list; whether there is a value is {subject} is not null");
            return self.never_true("NOT IN a list with NULL is never true", hint);
        }
        let hint = format!("leave it out of the list; whether there is no value is {subject} is null");
        self.never_true("IN never finds the NULL of its list", hint)
    }

    /// The same of BETWEEN, which is two comparisons, of which NOT BETWEEN needs one.
    pub(super) fn refuse_null_bound(
        &mut self,
        operand: &Expr,
        (low, high): (&Expr, &Expr),
        negated: bool,
    ) -> Option<()> {
        let subject = shown(operand);
        let bound = |operator: &str, bound: &Expr| format!("write {subject} {operator} {}", figure(bound));
        let hint = match (is_null(low), is_null(high), negated) {
            _ if is_null(operand) => "write the column that lies between them".to_owned(),
            (true, true, _) => format!("whether there is a value is {subject} is not null"),
            (true, false, false) => bound("<=", high),
            (false, true, false) => bound(">=", low),
            (true, false, true) => bound(">", high),
            (false, true, true) => bound("<", low),
            (false, false, _) => return Some(()),
        };
        let message = match (negated, is_null(operand) || is_null(low) && is_null(high)) {
            (false, _) => "BETWEEN with NULL is never true",
            (true, true) => "NOT BETWEEN with NULL is never true",
            (true, false) => "a bound of NULL bounds nothing",
        };
        self.never_true(message, hint)
    }

    /// The same of LIKE.
    pub(super) fn refuse_null_pattern(
        &mut self,
        operand: &Expr,
        pattern: &Expr,
        (ignore_case, negated): (bool, bool),
    ) -> Option<()> {
        let name = if ignore_case { "ILIKE" } else { "LIKE" };
        let not = if negated { "NOT " } else { "" };
        let hint = match (is_null(operand), is_null(pattern)) {
            (true, _) => "write the text that is compared with the pattern".to_owned(),
            (false, true) => format!("whether there is a value is {} is not null", shown(operand)),
            (false, false) => return Some(()),
        };
        self.never_true(&format!("{not}{name} with NULL is never true"), hint)
    }

    /// The same where a condition stands.
    pub(super) fn refuse_null_condition(&mut self, condition: &Expr) -> Option<()> {
        if !is_null(condition) {
            return Some(());
        }
        self.never_true("a condition of NULL is never true", "write x is null, or leave it out".to_owned())
    }

    /// Refuses an operation that is NULL in every row, since one of its operands is a bare NULL.
    pub(super) fn refuse_null_operand(&mut self, operation: &str, operands: &[&Expr]) -> Option<()> {
        if !operands.iter().any(|operand| is_null(operand)) {
            return Some(());
        }
        let hint = "leave NULL out; a column without values is {constant: null}";
        self.never_true(&format!("`{operation}` with NULL is NULL in every row"), hint.to_owned())
    }

    fn never_true(&mut self, message: &str, hint: String) -> Option<()> {
        if self.refuses_null() { self.fail(message, hint) } else { Some(()) }
    }
}

fn is_null(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => value.value == Value::Null,
        Expr::Nested(inner) => is_null(inner),
        Expr::Cast { expr, .. } => is_null(expr),
        _ => false,
    }
}

/// A bound in a hint: a literal as it is written, anything longer by dots.
fn figure(expr: &Expr) -> String {
    match expr {
        Expr::Value(value) => value.to_string(),
        Expr::UnaryOp { op, expr } => format!("{op}{}", figure(expr)),
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => shown(expr),
        Expr::Nested(inner) => figure(inner),
        _ => "…".to_owned(),
    }
}

/// An operand in a hint: a name as it is written, anything longer by a letter.
fn shown(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(parts) => {
            parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".")
        }
        _ => "x".to_owned(),
    }
}
