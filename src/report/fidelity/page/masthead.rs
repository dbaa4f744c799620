//! [`html`]: the head of the page: the verdict, why, and the figures in short.

use super::markup::escape;
use crate::fidelity::assessment::{Assessment, State, Verdict};
use crate::report::fidelity::{figures, quality, words};

/// Verdict and tiles.
pub(super) fn html(assessment: &Assessment, timestamp: &str) -> String {
    let (class, sign) = match assessment.verdict {
        Verdict::Go => ("good", "✓"),
        Verdict::NoGo => ("bad", "✗"),
    };
    let reasons: String =
        assessment.rationale.iter().map(|reason| format!("<li>{}</li>", escape(reason))).collect();
    let reasons = if reasons.is_empty() { reasons } else { format!("<ul>{reasons}</ul>") };
    format!(
        r#"<header>
<p class="brand"><strong>seedmill</strong> fidelity report</p>
<h1>{model} <span class="band-name">{band}</span></h1>
<dl class="facts">{facts}</dl>
<div class="verdict {class}">
<p class="word"><span class="sign" aria-hidden="true">{sign}</span> {verdict}</p>
<div class="why">{reasons}</div>
</div>
<ul class="tiles" role="list">{tiles}</ul>
</header>"#,
        model = escape(&assessment.model),
        band = escape(&assessment.band),
        facts = facts(assessment, timestamp),
        verdict = words::verdict(assessment.verdict),
        tiles = tiles(assessment),
    )
}

fn facts(assessment: &Assessment, timestamp: &str) -> String {
    let fact = |name: &str, value: &str| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(value));
    let mut facts = fact("Dataset", &assessment.dataset);
    if let Some(seed) = &assessment.seed {
        facts.push_str(&fact("Seed", seed));
    }
    facts + &fact("Judged", timestamp)
}

fn tiles(assessment: &Assessment) -> String {
    let passed = assessment.checks_that(State::Pass).count();
    let (warned, failed) =
        (assessment.checks_that(State::Warn).count(), assessment.checks_that(State::Fail).count());
    let worst = assessment.checks.iter().map(|check| check.state).max().unwrap_or(State::Pass);
    let broken = assessment.broken().count();
    let tests = quality::tests(&assessment.summary);
    let good = tests.iter().filter(|test| test.passed).count();
    let rows: u64 = assessment.entities.iter().map(|entity| entity.rows).sum();
    let bytes: u64 = assessment.entities.iter().map(|entity| entity.bytes).sum();
    let note = match (warned, failed) {
        (0, 0) => "not one outside".to_owned(),
        (warned, failed) => format!("{warned} warned, {failed} failed"),
    };
    let state = |holds: bool| Some(if holds { State::Pass } else { State::Fail });
    [
        tile("Checks passed", &of(passed, assessment.checks.len()), &note, Some(worst)),
        tile(
            "Integrity counters hold",
            &of(assessment.counters.len() - broken, assessment.counters.len()),
            &if broken == 0 { "not one breach".to_owned() } else { format!("{broken} broken") },
            state(broken == 0),
        ),
        tile(
            "Quality tests passed",
            &of(good, tests.len()),
            match (quality::is_ready(assessment), good == tests.len()) {
                (true, _) => "ready for load tests",
                (false, true) => "not what was declared",
                (false, false) => "not ready",
            },
            state(good == tests.len()),
        ),
        tile(
            "Rows judged",
            &figures::count(rows),
            &format!("{}, {}", words::several(assessment.entities.len(), "table"), figures::bytes(bytes)),
            None,
        ),
        tile(
            "Tolerance",
            &format!("± {}", figures::round_percent(assessment.tolerance)),
            &assessment.tolerance_name,
            None,
        ),
    ]
    .concat()
}

fn of(part: usize, whole: usize) -> String {
    format!("{part} of {whole}")
}

fn tile(name: &str, figure: &str, note: &str, state: Option<State>) -> String {
    let sign = state.map_or_else(String::new, |state| {
        format!(
            r#"<span class="badge {}"><span aria-hidden="true">{}</span></span> "#,
            super::markup::class(state),
            words::sign(state)
        )
    });
    format!(
        r#"<li><span class="label">{name}</span><span class="figure">{}</span><span class="note">{sign}{}</span></li>"#,
        escape(figure),
        escape(note)
    )
}
