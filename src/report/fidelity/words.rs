//! Words and order that the text and the page share.

use crate::fidelity::assessment::{Assessment, Check, Counter, Promise, State, Verdict};

/// The sign of a state, for eyes that do not see its colour.
pub(super) fn sign(state: State) -> &'static str {
    match state {
        State::Pass => "✓",
        State::Warn => "!",
        State::Fail => "✗",
    }
}

/// The name of a state.
pub(super) fn state(state: State) -> &'static str {
    match state {
        State::Pass => "PASS",
        State::Warn => "WARN",
        State::Fail => "FAIL",
    }
}

/// The name of a verdict.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Go => "GO",
        Verdict::NoGo => "NO-GO",
    }
}

/// The state of a counter: one breach is one too many.
pub(super) fn counter_state(counter: &Counter) -> State {
    if counter.violations == 0 { State::Pass } else { State::Fail }
}

/// What a promise is called at the head of its counters.
pub(super) fn promise(promise: Promise) -> &'static str {
    match promise {
        Promise::Files => "Files",
        Promise::PrimaryKey => "Primary keys",
        Promise::Unique => "Uniqueness",
        Promise::Reference => "Referential integrity",
        Promise::Null => "NULLs",
        Promise::Order => "Monotonic timestamps",
        Promise::Validation => "Validation rules",
        Promise::Derived => "Derived columns",
        Promise::Domain => "Declared values",
        Promise::Scope => "Who may stand where",
        Promise::Cardinality => "Numbers of children",
        Promise::Privacy => "PII absence",
    }
}

/// How many things there are: `1 check`, `2 checks`.
pub(super) fn several(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// What all counters of a promise promise.
pub(super) fn promised(promise: Promise) -> &'static str {
    match promise {
        Promise::Files => "files can be read and have the model's columns",
        Promise::PrimaryKey => "no key stands twice",
        Promise::Unique => "what is declared unique stands once",
        Promise::Reference => "every key points at a row that exists",
        Promise::Null => "NULL only where the model has it",
        Promise::Order => "times rise under one parent",
        Promise::Validation => "the model's own rules hold for every row",
        Promise::Derived => "copies, expressions and aggregates come out as declared",
        Promise::Domain => "no value that the declaration cannot give",
        Promise::Scope => "rows refer only to those that they may refer to",
        Promise::Cardinality => "parents have as many children as a rule fixes",
        Promise::Privacy => "no text holds personal data",
    }
}

/// The column, table or volume that a subject is a case or an aspect of: `messages.content` of
/// `messages.content: characters`, `attachments.mimeType` of `attachments.mimeType where messages.type = IMAGE`.
pub(super) fn root(subject: &str) -> &str {
    let end = subject.find([' ', ':']).unwrap_or(subject.len());
    if subject[..end].contains('.') { &subject[..end] } else { subject }
}

/// The table that a subject is of: `messages` of `messages.content` and of `messages per conversations`.
fn entity(subject: &str) -> &str {
    subject.split(['.', ' ', ':']).next().unwrap_or(subject)
}

/// A text with its first letter large.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The checks of one group, or of one column where the model has no group for it, in the order of their first.
pub(super) fn groups(assessment: &Assessment) -> Vec<(&str, Vec<&Check>)> {
    together(&assessment.checks, |check| check.group.as_deref().unwrap_or(root(&check.subject)))
}

/// The checks of one group, or of one table where the model has no group for it, in the order of their first.
pub(super) fn chapters(assessment: &Assessment) -> Vec<(&str, Vec<&Check>)> {
    together(&assessment.checks, |check| check.group.as_deref().unwrap_or(entity(&check.subject)))
}

/// Checks of one subject together, in the order of their first.
pub(super) fn subjects<'a>(checks: &[&'a Check]) -> Vec<(&'a str, Vec<&'a Check>)> {
    let subject = |check: &&'a Check| -> &'a str { &check.subject };
    together(checks, subject)
        .into_iter()
        .map(|(subject, checks)| (subject, checks.into_iter().copied().collect()))
        .collect()
}

/// The counters of one promise together, in the order of their first.
pub(super) fn promises(assessment: &Assessment) -> Vec<(Promise, Vec<&Counter>)> {
    together(&assessment.counters, |counter| counter.promise)
}

fn together<'a, T, K: PartialEq>(things: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<(K, Vec<&'a T>)> {
    let mut groups: Vec<(K, Vec<&T>)> = Vec::new();
    for thing in things {
        let key = key(thing);
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, members)) => members.push(thing),
            None => groups.push((key, vec![thing])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_and_aspects_are_of_their_column() {
        let roots = [
            ("attachments.mimeType where messages.type = IMAGE", "attachments.mimeType", "attachments"),
            ("messages.content: characters", "messages.content", "messages"),
            ("messages per conversations", "messages per conversations", "messages"),
            ("users", "users", "users"),
        ];
        for (subject, of, table) in roots {
            assert_eq!((root(subject), entity(subject)), (of, table));
        }
    }

    #[test]
    fn groups_stand_in_the_order_of_their_first_member() {
        let parity = |number: &u32| number % 2;
        assert_eq!(together(&[3, 2, 5, 4], parity), [(1, vec![&3, &5]), (0, vec![&2, &4])]);
    }
}
