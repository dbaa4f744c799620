//! [`html`]: the exact counters with the places of breaches, and the tests of the quality report.

use super::markup::{badge, cell, class, escape, folded, name, row, table};
use crate::fidelity::assessment::{Assessment, Counter, Place, State};
use crate::report::fidelity::{figures, quality, words};

/// Columns of the table.
const COLUMNS: [(&str, &str); 5] =
    [("", "Of"), ("rule", "Rule"), ("number", "Looked at"), ("number", "Breaches"), ("state", "State")];

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

/// The worst state of some counters.
pub(super) fn worst(counters: &[&Counter]) -> State {
    counters.iter().map(|counter| words::counter_state(counter)).max().unwrap_or(State::Pass)
}

/// All counters, folded by promise; the broken ones are open.
pub(super) fn html(assessment: &Assessment) -> String {
    words::promises(assessment)
        .iter()
        .enumerate()
        .map(|(at, (promise, counters))| group(at, words::promise(*promise), counters))
        .collect()
}

fn group(at: usize, promise: &str, counters: &[&Counter]) -> String {
    let held = counters.iter().filter(|counter| counter.violations == 0).count();
    let tally = if held == counters.len() {
        words::several(held, "counter")
    } else {
        format!("{held} of {} hold", counters.len())
    };
    let rows: String = counters.iter().map(|counter| line(counter)).collect();
    let bodies = format!(r#"<tbody role="rowgroup">{rows}</tbody>"#);
    let table = table("counters", &format!("Counters of {promise}"), &COLUMNS, &bodies);
    folded(&format!("promise-{at}"), promise, &tally, worst(counters), &table)
}

fn line(counter: &Counter) -> String {
    let state = words::counter_state(counter);
    let cells = [
        cell("rule", "Rule", &escape(&counter.rule)),
        cell("number", "Looked at", &figures::count(counter.examined)),
        cell("number", "Breaches", &figures::count(counter.violations)),
        cell("state", "State", &badge(state)),
    ];
    let detail = if counter.violations > 0 { detail(counter) } else { String::new() };
    row(state, &name(&counter.subject), &cells, &detail, COLUMNS.len())
}

fn detail(counter: &Counter) -> String {
    let advice = counter.advice.as_ref().map_or_else(String::new, |advice| {
        format!("<p><strong>{}</strong></p>", escape(&words::capital(advice)))
    });
    let places: String = counter.places.iter().map(|at| format!("<li>{}</li>", place(at))).collect();
    let places = if places.is_empty() {
        places
    } else {
        format!(r#"<p>The first of them:</p><ul class="places">{places}</ul>"#)
    };
    format!("{advice}{places}")
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
