//! [`table`]: the assessment as text for a terminal, verdict first.

use super::{figures, outcome, quality, words};
use crate::fidelity::assessment::{Assessment, Check, Counter, Place, Promise, State, Verdict};

/// No line is wider.
const WIDTH: usize = 110;
/// How much room a heading gets before its figures.
const HEADING: usize = 42;

/// How the text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// ANSI colours.
    pub colour: bool,
    /// Every check and counter on a line of its own, also those that hold.
    pub verbose: bool,
}

/// The text, with a last line end.
pub fn table(assessment: &Assessment, look: Look) -> String {
    let mut text = Text { lines: Vec::new(), look };
    head(&mut text, assessment);
    checks(&mut text, assessment);
    counters(&mut text, assessment);
    quality_tests(&mut text, assessment);
    remarks(&mut text, assessment);
    recommendations(&mut text, assessment);
    text.lines.join("\n") + "\n"
}

/// What a piece of text is, for its colour.
#[derive(Clone, Copy)]
enum Tone {
    Of(State),
    Heading,
    Quiet,
}

/// The lines so far.
struct Text {
    lines: Vec<String>,
    look: Look,
}

impl Text {
    fn paint(&self, text: &str, tone: Tone) -> String {
        let code = match tone {
            Tone::Of(State::Pass) => "32",
            Tone::Of(State::Warn) => "33",
            Tone::Of(State::Fail) => "1;31",
            Tone::Heading => "1",
            Tone::Quiet => "2",
        };
        if self.look.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn sign(&self, state: State) -> String {
        self.paint(words::sign(state), Tone::Of(state))
    }

    fn line(&mut self, line: impl AsRef<str>) {
        self.lines.push(line.as_ref().trim_end().to_owned());
    }

    fn heading(&mut self, name: &str, rest: &str) {
        self.lines.push(String::new());
        let name = self.paint(name, Tone::Heading);
        self.line(format!("{name}  {rest}"));
    }

    /// Sentences, wrapped, the first line after `first` and the others as deep.
    fn wrapped(&mut self, first: &str, text: &str, tone: Option<Tone>) {
        let depth = first.chars().count();
        for (at, line) in wrap(text, WIDTH - depth).iter().enumerate() {
            let margin = if at == 0 { first.to_owned() } else { " ".repeat(depth) };
            let line = tone.map_or_else(|| line.clone(), |tone| self.paint(line, tone));
            self.line(format!("{margin}{line}"));
        }
    }
}

fn head(text: &mut Text, assessment: &Assessment) {
    let state = if assessment.verdict == Verdict::Go { State::Pass } else { State::Fail };
    let verdict = text
        .paint(&format!("{} {}", words::sign(state), words::verdict(assessment.verdict)), Tone::Of(state));
    let what = format!(
        "{} {}, tolerance {} ({})",
        clean(&assessment.model),
        clean(&assessment.band),
        clean(&assessment.tolerance_name),
        figures::round_percent(assessment.tolerance)
    );
    text.line(format!("{verdict}   {}", text.paint(&what, Tone::Heading)));
    text.lines.push(String::new());
    for reason in &assessment.rationale {
        text.wrapped("  ", reason, None);
    }
    text.lines.push(String::new());
    text.wrapped("  Dataset  ", &assessment.dataset, None);
    if let Some(seed) = &assessment.seed {
        text.wrapped("  Seed     ", seed, None);
    }
    let rows: Vec<String> = assessment
        .entities
        .iter()
        .map(|entity| format!("{} {}", clean(&entity.entity), figures::count(entity.rows)))
        .collect();
    text.wrapped("  Rows     ", &rows.join(", "), None);
}

fn checks(text: &mut Text, assessment: &Assessment) {
    let of = |state| assessment.checks_that(state).count();
    let counts = format!(
        "{}: {} passed, {} warned, {} failed",
        assessment.checks.len(),
        of(State::Pass),
        of(State::Warn),
        of(State::Fail)
    );
    text.heading("CHECKS", &counts);
    for (name, checks) in words::groups(assessment) {
        group(text, name, &checks);
    }
}

/// A group on one line where all of it passed, with a table of the rest below where not.
fn group(text: &mut Text, name: &str, checks: &[&Check]) {
    let worst = checks.iter().map(|check| check.state).max().unwrap_or(State::Pass);
    let passed: Vec<&Check> = checks.iter().copied().filter(|check| check.state == State::Pass).collect();
    let tally = if passed.len() == checks.len() {
        words::several(checks.len(), "check")
    } else {
        format!("{} of {} passed", passed.len(), checks.len())
    };
    let line = format!("  {} {} {tally:<15}", text.sign(worst), fit(name, HEADING));
    let closest = passed.iter().max_by(|a, b| outcome::strain(a).total_cmp(&outcome::strain(b)));
    let note = closest.map(|check| nearest(check, &passed)).unwrap_or_default();
    let note = text.paint(&cut(&note, WIDTH - HEADING - 21), Tone::Quiet);
    text.line(format!("{line} {note}"));
    let shown: Vec<&Check> =
        checks.iter().copied().filter(|check| text.look.verbose || check.state != State::Pass).collect();
    if shown.is_empty() {
        return;
    }
    let columns = format!(
        "      {:<36}{:>16} {:>11} {:>11} {:>20}",
        "", "declared", "resolved", "observed", "off / allowed"
    );
    text.line(text.paint(&columns, Tone::Quiet));
    for (subject, checks) in words::subjects(&shown) {
        if subject != name {
            text.wrapped("      ", subject, Some(Tone::Quiet));
        }
        for check in checks {
            row(text, check);
        }
    }
}

/// How near the nearest of the passed came to its threshold.
fn nearest(check: &Check, passed: &[&Check]) -> String {
    let weak = passed.iter().filter(|check| check.low_power).count();
    let weak = if weak > 0 { format!("{weak} of low power; ") } else { String::new() };
    let strain = outcome::strain(check);
    if strain == 0.0 {
        let exact = if passed.len() == 1 { outcome::standing(check) } else { "exact".to_owned() };
        return format!("{weak}{exact}");
    }
    let which = if passed.len() > 1 { format!(": {}", clean(&check.measure)) } else { String::new() };
    format!("{weak}at most {} of the threshold{which}", figures::percent(strain))
}

fn row(text: &mut Text, check: &Check) {
    let resolved = check.resolved.map_or_else(|| "-".to_owned(), |value| figures::value(value, check.unit));
    let off = cut(&outcome::standing(check), 20);
    let state = text.paint(words::state(check.state), Tone::Of(check.state));
    let line = format!(
        "    {} {} {:>15} {resolved:>11} {:>11} {off:>20} {state}",
        text.sign(check.state),
        fit(&check.measure, 36),
        cut(&clean(check.declared.as_deref().unwrap_or("-")), 15),
        figures::value(check.observed, check.unit),
    );
    text.line(line);
    if check.state == State::Pass {
        if check.low_power {
            text.wrapped("        ", "low power: chance alone exceeds the threshold", Some(Tone::Quiet));
        }
        return;
    }
    let critical = if check.critical { "critical; " } else { "" };
    let weak = if check.low_power { ", so this check has low power" } else { "" };
    let origin = format!(
        "{critical}threshold: {}; chance alone: {}{weak}",
        clean(&check.threshold_from),
        outcome::amount(check, check.noise)
    );
    text.wrapped("        ", &origin, Some(Tone::Quiet));
    if let Some(advice) = &check.advice {
        text.wrapped("        → ", advice, None);
    }
}

fn counters(text: &mut Text, assessment: &Assessment) {
    let broken = assessment.broken().count();
    let rest = match broken {
        0 => format!("{}: all hold", assessment.counters.len()),
        broken => format!("{}: {broken} broken", assessment.counters.len()),
    };
    text.heading("INTEGRITY", &rest);
    for (promise, counters) in words::promises(assessment) {
        promise_lines(text, promise, &counters);
    }
}

fn promise_lines(text: &mut Text, promise: Promise, counters: &[&Counter]) {
    let worst = counters.iter().map(|counter| words::counter_state(counter)).max().unwrap_or(State::Pass);
    let held = counters.iter().filter(|counter| counter.violations == 0).count();
    let tally = if held == counters.len() {
        words::several(counters.len(), "counter")
    } else {
        format!("{held} of {} hold", counters.len())
    };
    let examined: u64 = counters.iter().map(|counter| counter.examined).sum();
    let note = text.paint(&format!("{} looked at", figures::count(examined)), Tone::Quiet);
    text.line(format!("  {} {} {tally:<15} {note}", text.sign(worst), fit(words::promise(promise), HEADING)));
    for counter in counters {
        if text.look.verbose || counter.violations > 0 {
            counter_lines(text, counter);
        }
    }
}

fn counter_lines(text: &mut Text, counter: &Counter) {
    let state = words::counter_state(counter);
    let found = match counter.violations {
        0 => format!("none in {}", figures::count(counter.examined)),
        found => format!("{} in {}", figures::count(found), figures::count(counter.examined)),
    };
    let found = text.paint(&found, Tone::Of(state));
    let rule = format!("{}: {}", clean(&counter.subject), clean(&counter.rule));
    text.line(format!("    {} {} {found}", text.sign(state), fit(&rule, 72)));
    for at in &counter.places {
        text.wrapped("        ", &place(at), Some(Tone::Quiet));
    }
    if let Some(advice) = counter.advice.as_ref().filter(|_| counter.violations > 0) {
        text.wrapped("        → ", advice, None);
    }
}

/// A breach: `messages/part-00003.parquet row 1,234 senderId: "x"`.
fn place(place: &Place) -> String {
    let row = place.row.map_or_else(String::new, |row| format!(" row {}", figures::count(row)));
    let column = place.column.as_ref().map_or_else(String::new, |column| format!(" {column}"));
    format!("{}{row}{column}: {}", place.file, place.found)
}

fn quality_tests(text: &mut Text, assessment: &Assessment) {
    let tests = quality::tests(&assessment.summary);
    let passed = tests.iter().filter(|test| test.passed).count();
    let ready = if quality::is_ready(assessment) { "yes" } else { "no" };
    text.heading(
        "QUALITY",
        &format!("{passed} of {} tests passed; ready for load tests: {ready}", tests.len()),
    );
    for test in &tests {
        let state = if test.passed { State::Pass } else { State::Fail };
        let condition = text.paint(&cut(&clean(&test.condition), 66), Tone::Quiet);
        text.line(format!(
            "  {} {} {} {condition}",
            text.sign(state),
            fit(test.name, 22),
            fit(&test.found, 16)
        ));
    }
}

fn remarks(text: &mut Text, assessment: &Assessment) {
    if assessment.remarks.is_empty() {
        return;
    }
    text.heading("REMARKS", "");
    for remark in &assessment.remarks {
        text.wrapped("  ", &format!("{}: {}", remark.subject, remark.text), None);
    }
}

fn recommendations(text: &mut Text, assessment: &Assessment) {
    text.heading("RECOMMENDATIONS", "");
    for line in quality::recommendations(assessment) {
        match line.strip_prefix("✓ ") {
            Some(good) => text.wrapped("  ✓ ", good, None),
            None => text.wrapped("  → ", &line, None),
        }
    }
}

/// Text of users without what a terminal would obey.
fn clean(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '�' } else { character }).collect()
}

/// Shortened to a width.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Shortened or filled up to a width.
fn fit(text: &str, width: usize) -> String {
    format!("{:<width$}", cut(&clean(text), width))
}

/// Lines of at most a width; a word that is wider is cut into pieces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in text.split_whitespace() {
        let letters: Vec<char> = clean(word).chars().collect();
        for (at, piece) in letters.chunks(width).enumerate() {
            let gap = usize::from(at == 0 && length > 0);
            if length + gap + piece.len() > width || at > 0 {
                lines.push(String::new());
                length = 0;
            }
            let line = lines.last_mut().expect("never empty");
            if length > 0 {
                line.push(' ');
                length += 1;
            }
            line.extend(piece);
            length += piece.len();
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_terminal_is_never_given_orders() {
        assert_eq!(clean("a\u{1b}[31mb\r\n"), "a�[31mb��");
    }

    proptest! {
        #[test]
        fn wrapping_loses_no_letter_and_keeps_the_width(text in "[a-zé ]{0,200}", width in 1_usize..40) {
            let lines = wrap(&text, width);
            let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
            prop_assert!(lines.iter().all(|line| line.chars().count() <= width), "{:?}", lines);
        }
    }
}
