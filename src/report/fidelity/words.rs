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
        Promise::Reference => "References",
        Promise::Null => "NULLs",
        Promise::Order => "Order in time",
        Promise::Validation => "Validation rules",
        Promise::Derived => "Derived columns",
        Promise::Domain => "Declared values",
        Promise::Scope => "Who may stand where",
        Promise::Cardinality => "Numbers of children",
        Promise::Privacy => "Personal data",
    }
}

/// How much of its threshold a check takes up: above 1 is outside.
pub(super) fn strain(check: &Check) -> f64 {
    if check.effect == 0.0 { 0.0 } else { check.effect / check.threshold }
}

/// How many things there are: `1 check`, `2 checks`.
pub(super) fn several(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// Consecutive or not, the checks of one name together, in the order of their first.
pub(super) fn groups(assessment: &Assessment) -> Vec<(&str, Vec<&Check>)> {
    together(&assessment.checks, |check| check.group.as_deref().unwrap_or(&check.subject))
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
    fn groups_stand_in_the_order_of_their_first_member() {
        let parity = |number: &u32| number % 2;
        assert_eq!(together(&[3, 2, 5, 4], parity), [(1, vec![&3, &5]), (0, vec![&2, &4])]);
    }
}
