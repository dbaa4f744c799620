//! [`html`]: all checks, folded by group; those that something is wrong with are open.

use super::markup::{badge, cell, class, escape, folded, name, row, table};
use crate::fidelity::assessment::{Assessment, Check, State};
use crate::report::fidelity::{figures, outcome, words};

/// How far a meter reaches, in thresholds.
const METER: f64 = 1.5;
/// Columns of the table.
const COLUMNS: [(&str, &str); 6] = [
    ("", "Check"),
    ("number", "Declared"),
    ("number", "Resolved"),
    ("number", "Observed"),
    ("off", "Off / allowed"),
    ("state", "State"),
];

/// The worst state of some checks.
pub(super) fn worst(checks: &[&Check]) -> State {
    checks.iter().map(|check| check.state).max().unwrap_or(State::Pass)
}

/// The check that is furthest off, of those with the worst state.
pub(super) fn furthest<'a>(checks: &[&'a Check]) -> Option<&'a Check> {
    let strain = |check: &Check| {
        let strain = outcome::strain(check).abs();
        if strain.is_nan() { f64::INFINITY } else { strain }
    };
    // The first of equals.
    checks.iter().copied().rev().max_by(|a, b| a.state.cmp(&b.state).then(strain(a).total_cmp(&strain(b))))
}

/// The groups.
pub(super) fn html(assessment: &Assessment) -> String {
    words::chapters(assessment)
        .iter()
        .enumerate()
        .map(|(at, (name, checks))| group(at, name, checks))
        .collect()
}

fn group(at: usize, group: &str, checks: &[&Check]) -> String {
    let passed = checks.iter().filter(|check| check.state == State::Pass).count();
    let tally = if passed == checks.len() {
        format!("{} passed", words::several(passed, "check"))
    } else {
        format!("{passed} of {} passed", checks.len())
    };
    let bodies: String =
        words::subjects(checks).iter().map(|(subject, checks)| body(group, subject, checks)).collect();
    let table = table("checks", &format!("Checks of {group}"), &COLUMNS, &bodies);
    folded(&format!("group-{at}"), &escape(group), &tally, worst(checks), &table)
}

/// The checks of one subject under its name.
fn body(group: &str, subject: &str, checks: &[&Check]) -> String {
    let head = if subject == group {
        String::new()
    } else {
        format!(
            concat!(
                r#"<tr role="row" class="group"><th role="rowheader" colspan="6" scope="rowgroup">"#,
                "{}</th></tr>"
            ),
            name(subject)
        )
    };
    let rows: String = checks.iter().map(|check| line(check)).collect();
    format!("<tbody role=\"rowgroup\">{head}{rows}</tbody>\n")
}

fn line(check: &Check) -> String {
    let dash = r#"<span class="none">–</span>"#;
    let declared = check.declared.as_ref().map_or_else(|| dash.to_owned(), |words| escape(words));
    let resolved = check.resolved.map_or_else(|| dash.to_owned(), |value| figures::value(value, check.unit));
    let cells = [
        cell("number", "Declared", &declared),
        cell("number", "Resolved", &resolved),
        cell("number", "Observed", &figures::value(check.observed, check.unit)),
        cell("off", "Off", &off(check)),
        cell("state", "State", &badge(check.state)),
    ];
    let head = format!("{}{}", escape(&check.measure), tags(check));
    row(check.state, &head, &cells, &detail(check), COLUMNS.len())
}

fn tags(check: &Check) -> String {
    let mut tags = String::new();
    if check.critical {
        tags.push_str(r#" <span class="tag">critical</span>"#);
    }
    if check.low_power {
        tags.push_str(r#" <span class="tag">low power</span>"#);
    }
    tags
}

/// How far off a check is, as a bar and in figures.
pub(super) fn off(check: &Check) -> String {
    let meter = |strain: f64| {
        format!(
            r#"<span class="meter {}" aria-hidden="true"><span style="inline-size:{:.1}%"></span></span>"#,
            class(check.state),
            100.0 * strain.abs().min(METER) / METER
        )
    };
    if let Some(strict) = outcome::strict(check) {
        // Where any distance is too far, a bar of what is allowed has no length.
        let meter = if check.state == State::Pass { String::new() } else { meter(METER) };
        return format!(r#"{meter}<span class="of">{}</span>"#, escape(&strict));
    }
    format!(
        r#"{}<span class="effect">{} <span class="of">/ {}</span></span>"#,
        meter(outcome::strain(check)),
        outcome::amount(check, check.effect),
        outcome::allowed(check)
    )
}

/// What a reader needs to know of a check that did not pass, or that could hardly fail.
fn detail(check: &Check) -> String {
    let weak =
        if check.low_power { "Chance alone exceeds the threshold, so a pass says little. " } else { "" };
    let advice =
        check.advice.as_ref().filter(|_| check.state != State::Pass).map_or_else(String::new, |advice| {
            format!("<strong>{}</strong><br>", escape(&words::capital(advice)))
        });
    if check.state == State::Pass && weak.is_empty() {
        return String::new();
    }
    format!(
        "<p>{}{}Threshold: {}. Chance alone puts a true dataset of this size up to {} off.</p>",
        advice,
        weak,
        escape(&check.threshold_from),
        outcome::amount(check, check.noise)
    )
}
