//! [`html`]: the exact counters with the places of breaches, and the tests of the quality report.

use super::markup::{badge, cell, class, escape, table};
use crate::fidelity::assessment::{Assessment, Counter, Place, State};
use crate::report::fidelity::{figures, quality, words};

/// What the section says of itself.
pub(super) fn lead(assessment: &Assessment) -> String {
    let broken = assessment.broken().count();
    let counters = words::several(assessment.counters.len(), "promise");
    match broken {
        0 => format!("{counters}, counted over every row. All hold."),
        1 => format!("{counters}, counted over every row. One is broken."),
        many => format!("{counters}, counted over every row. {many} are broken."),
    }
}

/// The table of counters.
pub(super) fn html(assessment: &Assessment) -> String {
    let bodies: String = words::promises(assessment)
        .iter()
        .map(|(promise, counters)| body(words::promise(*promise), counters))
        .collect();
    if bodies.is_empty() {
        return bodies;
    }
    let columns = [
        ("", "Promise"),
        ("rule", "Rule"),
        ("number", "Looked at"),
        ("number", "Breaches"),
        ("state", "State"),
    ];
    table("counters", "Integrity counters by promise", &columns, &bodies)
}

fn body(name: &str, counters: &[&Counter]) -> String {
    if let [counter] = counters {
        let name = format!(r#"<span class="alone">{name}</span> {}"#, escape(&counter.subject));
        return format!("<tbody role=\"rowgroup\" class=\"single\">{}</tbody>\n", row(&name, counter));
    }
    let rows: String = counters.iter().map(|counter| row(&escape(&counter.subject), counter)).collect();
    format!(
        concat!(
            r#"<tbody role="rowgroup"><tr role="row" class="group"><th role="rowheader" colspan="5" scope="rowgroup">"#,
            "{}</th></tr>{}</tbody>\n"
        ),
        name, rows
    )
}

fn row(name: &str, counter: &Counter) -> String {
    let state = words::counter_state(counter);
    let cells = [
        cell("rule", "Rule", &escape(&counter.rule)),
        cell("number", "Looked at", &figures::count(counter.examined)),
        cell("number", "Breaches", &figures::count(counter.violations)),
        cell("state", "State", &badge(state)),
    ];
    let detail = if counter.violations > 0 { detail(counter) } else { String::new() };
    let spoken = if detail.is_empty() { "" } else { " spoken" };
    format!(
        r#"<tr role="row" class="{}{spoken}"><th role="rowheader" scope="row">{}</th>{}</tr>{detail}"#,
        class(state),
        name,
        cells.concat()
    )
}

fn detail(counter: &Counter) -> String {
    let advice = counter
        .advice
        .as_ref()
        .map_or_else(String::new, |advice| format!("<p><strong>{}</strong></p>", escape(advice)));
    let places: String = counter.places.iter().map(|at| format!("<li>{}</li>", place(at))).collect();
    let places = if places.is_empty() {
        places
    } else {
        format!(r#"<p>The first of them:</p><ul class="places">{places}</ul>"#)
    };
    format!(r#"<tr role="row" class="detail bad"><td role="cell" colspan="5">{advice}{places}</td></tr>"#)
}

fn place(place: &Place) -> String {
    let row = place.row.map_or_else(String::new, |row| format!(", row {}", figures::count(row)));
    let column = place.column.as_ref().map_or_else(String::new, |column| format!(", {}", escape(column)));
    format!("<code>{}</code>{row}{column}: <code>{}</code>", escape(&place.file), escape(&place.found))
}

/// The table of the quality report's tests.
pub(super) fn quality_tests(assessment: &Assessment) -> String {
    let rows: String = quality::tests(&assessment.summary)
        .iter()
        .map(|test| {
            let state = if test.passed { State::Pass } else { State::Fail };
            format!(
                r#"<tr role="row" class="{}"><th role="rowheader" scope="row">{}</th>{}{}{}</tr>"#,
                class(state),
                test.name,
                cell("rule", "Passed when", &escape(&test.condition)),
                cell("number", "Found", &escape(&test.found)),
                cell("state", "State", &badge(state))
            )
        })
        .collect();
    let columns = [("", "Test"), ("rule", "Passed when"), ("number", "Found"), ("state", "State")];
    let bodies = format!(r#"<tbody role="rowgroup">{rows}</tbody>"#);
    table("quality", "The tests of the quality report", &columns, &bodies)
}
