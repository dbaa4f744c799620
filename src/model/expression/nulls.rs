//! [`Typing::refuse_null`]: comparisons with a bare NULL, which hold for no row.

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
        if !is_null(value) {
            return Some(());
        }
        let hint = format!("write case when {} is null then …", shown(subject));
        self.never_true("a comparison with NULL is never true", hint)
    }

    /// The same of a list: one NULL keeps NOT IN from ever being true, and IN finds it in no row.
    pub(super) fn refuse_null_in_list(&mut self, operand: &Expr, list: &[Expr], negated: bool) -> Option<()> {
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

    fn never_true(&mut self, message: &str, hint: String) -> Option<()> {
        if self.refuses_null() { self.fail(message, hint) } else { Some(()) }
    }
}

fn is_null(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => value.value == Value::Null,
        Expr::Nested(inner) => is_null(inner),
        _ => false,
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
