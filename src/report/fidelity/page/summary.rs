//! [`html`]: what was measured and what was promised, a row for each group, what is wrong first.

use super::markup::{badge, cell, escape, name, row, table};
use super::{checks, integrity};
use crate::fidelity::assessment::{Assessment, Check, Counter, Promise, State};
use crate::report::fidelity::{figures, outcome, words};

/// So many things that are wrong are told in a row; its details have the others.
const TOLD: usize = 4;
/// So many columns of a group are named.
const NAMED: usize = 4;

/// What the section says of itself.
pub(super) fn lead(assessment: &Assessment) -> String {
    format!(
        "Each group leads to its details. A bar that reaches the mark is as far off as ± {} of the law's own scale \
         or shape would put it.",
        figures::round_percent(assessment.tolerance)
    )
}

/// Both tables.
pub(super) fn html(assessment: &Assessment) -> String {
    [measured(assessment), promised(assessment)].concat()
}

/// The groups of checks, the worst first.
fn measured(assessment: &Assessment) -> String {
    let weight = |checks: &[&Check]| checks.iter().map(|check| weight(check)).max();
    let mut rows: Vec<_> = words::chapters(assessment)
        .iter()
        .enumerate()
        .map(|(at, (name, checks))| (weight(checks), group(at, name, checks)))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    rows.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    let columns = [
        ("", "Measured"),
        ("number", "Checks"),
        ("rule", "Nearest to its threshold, or furthest beyond"),
        ("off", "Off / allowed"),
        ("state", "State"),
    ];
    body("summary measures", "Groups of checks, the worst first", &columns, rows)
}

/// The promises, the broken ones first.
fn promised(assessment: &Assessment) -> String {
    let mut rows: Vec<_> = words::promises(assessment)
        .iter()
        .enumerate()
        .map(|(at, (promise, counters))| (integrity::worst(counters), promise_row(at, *promise, counters)))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    rows.sort_by_key(|(state, _)| std::cmp::Reverse(*state));
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    let columns = [
        ("", "Promised"),
        ("rule", "That"),
        ("number", "Looked at"),
        ("number", "Breaches"),
        ("state", "State"),
    ];
    body("summary promises", "Integrity counters by promise, the broken ones first", &columns, rows)
}

/// How much a check weighs in the verdict: a FAIL that decides alone, any other, a WARN.
fn weight(check: &Check) -> (State, bool) {
    (check.state, check.critical && check.state == State::Fail)
}

fn body(class: &str, caption: &str, columns: &[(&str, &str)], rows: Vec<String>) -> String {
    let rows: String = rows.concat();
    table(class, caption, columns, &format!(r#"<tbody role="rowgroup">{rows}</tbody>"#))
}

fn group(at: usize, group: &str, checks: &[&Check]) -> String {
    let state = checks::worst(checks);
    let outside: Vec<&Check> = checks.iter().copied().filter(|check| check.state != State::Pass).collect();
    let furthest = checks::furthest(checks);
    let tally = match outside.len() {
        0 => figures::count(checks.len() as u64),
        outside => format!("{outside} of {} off", checks.len()),
    };
    let cells = [
        cell("number", "Checks", &tally),
        cell("rule", "Worst", &furthest.map_or_else(String::new, |check| worst(group, checks, check))),
        cell("off", "Off", &furthest.map_or_else(String::new, checks::off)),
        cell("state", "State", &badge(state)),
    ];
    let head = format!(r##"<a href="#group-{at}">{}</a>{}"##, escape(group), covered(group, checks));
    let detail = if outside.is_empty() { String::new() } else { wrong_checks(at, &outside) };
    row(state, &head, &cells, &detail, cells.len() + 1)
}

/// The columns that a group is of.
fn covered(group: &str, checks: &[&Check]) -> String {
    let mut roots: Vec<&str> = Vec::new();
    for check in checks {
        let root = words::root(&check.subject);
        let root = root.strip_prefix(group).and_then(|rest| rest.strip_prefix('.')).unwrap_or(root);
        if root != group && !roots.contains(&root) {
            roots.push(root);
        }
    }
    if roots.is_empty() {
        return String::new();
    }
    let more = roots.len().saturating_sub(NAMED);
    let mut names: Vec<String> = roots.iter().take(NAMED).map(|root| name(root)).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    format!(r#" <small class="subject">{}</small>"#, names.join(", "))
}

/// What the nearest or the furthest check of a group measures.
fn worst(group: &str, checks: &[&Check], check: &Check) -> String {
    if outcome::strain(check) == 0.0 && outcome::bounds(check).is_none() {
        return if checks.len() == 1 { escape(&check.measure) } else { "all of them".to_owned() };
    }
    let of = if check.subject == group {
        String::new()
    } else {
        format!(r#" <small class="subject">{}</small>"#, name(&check.subject))
    };
    format!("{}{of}", escape(&check.measure))
}

/// What is wrong in words, and each piece of advice once.
fn wrong_checks(at: usize, outside: &[&Check]) -> String {
    let mut order = outside.to_vec();
    order.sort_by(|a, b| weight(b).cmp(&weight(a)).then(outcome::strain(b).total_cmp(&outcome::strain(a))));
    let sentence = |check: &&Check| {
        let critical = if check.critical { r#" <span class="tag">critical</span>"# } else { "" };
        format!(
            "<li>{}, <strong>{}</strong>: {}{critical}</li>",
            name(&check.subject),
            escape(&check.measure),
            escape(&outcome::sentence(check))
        )
    };
    let advice = order.iter().filter_map(|check| check.advice.as_deref());
    told(&order.iter().map(sentence).collect::<Vec<_>>(), advice, &format!("group-{at}"))
}

fn promise_row(at: usize, promise: Promise, counters: &[&Counter]) -> String {
    let state = integrity::worst(counters);
    let broken: Vec<&Counter> = counters.iter().copied().filter(|counter| counter.violations > 0).collect();
    let sum = |of: fn(&Counter) -> u64| figures::count(counters.iter().map(|counter| of(counter)).sum());
    let cells = [
        cell("rule", "That", words::promised(promise)),
        cell("number", "Looked at", &sum(|counter| counter.examined)),
        cell("number", "Breaches", &sum(|counter| counter.violations)),
        cell("state", "State", &badge(state)),
    ];
    let head = format!(
        r##"<a href="#promise-{at}">{}</a> <small>{}</small>"##,
        words::promise(promise),
        words::several(counters.len(), "counter")
    );
    let detail = if broken.is_empty() { String::new() } else { wrong_counters(at, &broken) };
    row(state, &head, &cells, &detail, cells.len() + 1)
}

fn wrong_counters(at: usize, broken: &[&Counter]) -> String {
    let sentence = |counter: &&Counter| {
        format!(
            "<li><strong>{}</strong>: {} of {} break “{}”</li>",
            name(&counter.subject),
            figures::count(counter.violations),
            figures::count(counter.examined),
            escape(&counter.rule)
        )
    };
    let advice = broken.iter().filter_map(|counter| counter.advice.as_deref());
    told(&broken.iter().map(sentence).collect::<Vec<_>>(), advice, &format!("promise-{at}"))
}

/// The first sentences and their advice; a link to the others.
fn told<'a>(sentences: &[String], advice: impl Iterator<Item = &'a str>, details: &str) -> String {
    let more = sentences.len().saturating_sub(TOLD);
    let mut items = sentences.iter().take(TOLD).cloned().collect::<String>();
    if more > 0 {
        items.push_str(&format!(r##"<li><a href="#{details}">{more} more</a></li>"##));
    }
    let mut pieces: Vec<&str> = Vec::new();
    for piece in advice {
        if !pieces.contains(&piece) {
            pieces.push(piece);
        }
    }
    let advice: String = pieces
        .iter()
        .take(TOLD)
        .map(|piece| format!(r#"<li class="todo">{}</li>"#, escape(&words::capital(piece))))
        .collect();
    format!(r#"<ul class="wrong">{items}{advice}</ul>"#)
}
