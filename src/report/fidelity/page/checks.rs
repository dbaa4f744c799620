//! [`html`]: the table of checks, a body for each group.

use super::markup::{badge, cell, class, escape, table};
use crate::fidelity::assessment::{Assessment, Check, State};
use crate::report::fidelity::{figures, words};

/// How far a meter reaches, in thresholds.
const METER: f64 = 1.5;

/// What the section says of itself.
pub(super) fn lead(assessment: &Assessment) -> String {
    format!(
        "Each figure of the data against what the model comes to. A bar that reaches the mark is as far off as \
         ± {} of the law's own scale or shape would put it.",
        figures::round_percent(assessment.tolerance)
    )
}

/// The table.
pub(super) fn html(assessment: &Assessment) -> String {
    let bodies: String = words::groups(assessment).iter().map(|(name, checks)| body(name, checks)).collect();
    if bodies.is_empty() {
        return bodies;
    }
    let columns = [
        ("", "Check"),
        ("number", "Declared"),
        ("number", "Resolved"),
        ("number", "Observed"),
        ("off", "Off by, of what is allowed"),
        ("state", "State"),
    ];
    table("checks", "Checks by group, with their thresholds", &columns, &bodies)
}

fn body(name: &str, checks: &[&Check]) -> String {
    let passed = checks.iter().filter(|check| check.state == State::Pass).count();
    let tally = if passed == checks.len() {
        format!("{} passed", words::several(passed, "check"))
    } else {
        format!("{passed} of {} passed", checks.len())
    };
    if let [check] = checks {
        return format!(
            "<tbody role=\"rowgroup\" class=\"single\">{}</tbody>\n",
            row(&alone(name, check), check)
        );
    }
    let subject = &checks[0].subject;
    let of_one = checks.iter().all(|check| check.subject == *subject);
    let rows: String = checks.iter().map(|check| row(&measure(check, !of_one), check)).collect();
    let subject = if of_one && subject != name { format!("{}, ", escape(subject)) } else { String::new() };
    format!(
        concat!(
            r#"<tbody role="rowgroup"><tr role="row" class="group"><th role="rowheader" colspan="6" scope="rowgroup">"#,
            "{} <small>{}{}</small></th></tr>{}</tbody>\n"
        ),
        escape(name),
        subject,
        tally,
        rows
    )
}

fn row(name: &str, check: &Check) -> String {
    let dash = r#"<span class="none">–</span>"#;
    let declared = check.declared.as_ref().map_or_else(|| dash.to_owned(), |words| escape(words));
    let resolved = check.resolved.map_or_else(|| dash.to_owned(), |value| figures::value(value, check.unit));
    let cells = [
        cell("number", "Declared", &declared),
        cell("number", "Resolved", &resolved),
        cell("number", "Observed", &figures::value(check.observed, check.unit)),
        cell("off", "Off by", &off(check)),
        cell("state", "State", &badge(check.state)),
    ];
    let detail = detail(check);
    let spoken = if detail.is_empty() { "" } else { " spoken" };
    format!(
        r#"<tr role="row" class="{}{spoken}"><th role="rowheader" scope="row">{}</th>{}</tr>{detail}"#,
        class(check.state),
        name,
        cells.concat()
    )
}

/// What is measured, in a group.
fn measure(check: &Check, with_subject: bool) -> String {
    let subject = if with_subject {
        format!(r#" <small class="subject">{}</small>"#, escape(&check.subject))
    } else {
        String::new()
    };
    format!("{}{}{subject}", escape(&check.measure), tags(check))
}

/// What is measured of what, where a group has nothing else.
fn alone(group: &str, check: &Check) -> String {
    let subject = if check.subject == group {
        String::new()
    } else {
        format!(r#" <small class="subject">{}</small>"#, escape(&check.subject))
    };
    format!(
        r#"<span class="alone">{}</span> {}{}{subject}"#,
        escape(group),
        escape(&check.measure),
        tags(check)
    )
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

fn off(check: &Check) -> String {
    if check.effect == 0.0 && check.threshold == 0.0 {
        return r#"<span class="of">exact, as it must be</span>"#.to_owned();
    }
    let strain = words::strain(check).abs();
    let length = 100.0 * strain.min(METER) / METER;
    format!(
        concat!(
            r#"<span class="meter {}" aria-hidden="true"><span style="inline-size:{:.1}%"></span></span>"#,
            r#"<span class="effect">{} <span class="of">of {}</span></span>"#
        ),
        class(check.state),
        length,
        figures::distance(check.effect),
        figures::distance(check.threshold)
    )
}

/// What a reader needs to know of a check that did not pass, or that could hardly fail.
fn detail(check: &Check) -> String {
    let weak =
        if check.low_power { "Chance alone exceeds the threshold, so a pass says little. " } else { "" };
    let advice = check
        .advice
        .as_ref()
        .filter(|_| check.state != State::Pass)
        .map_or_else(String::new, |advice| format!("<strong>{}</strong><br>", escape(advice)));
    if check.state == State::Pass && weak.is_empty() {
        return String::new();
    }
    format!(
        concat!(
            r#"<tr role="row" class="detail {}"><td role="cell" colspan="6"><p>{}{}Threshold: {}. "#,
            "Chance alone puts a true dataset of this size up to {} off.</p></td></tr>"
        ),
        class(check.state),
        advice,
        weak,
        escape(&check.threshold_from),
        figures::distance(check.noise)
    )
}
