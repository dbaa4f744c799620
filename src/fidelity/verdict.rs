//! [`decide`]: GO or NO-GO, and why.
//!
//! GO: no critical FAIL, at most three warnings (a FAIL that is not critical and a PASS of low power count as such), and
//! every integrity counter 0.

use super::assessment::{Check, State, Verdict};
use super::findings::Findings;

/// Warnings that a GO may have.
pub const MOST_WARNINGS: usize = 3;

/// The verdict with its reasons.
pub struct Decision {
    /// GO or NO-GO.
    pub verdict: Verdict,
    /// Why.
    pub rationale: Vec<String>,
    /// What to change.
    pub recommendations: Vec<String>,
}

/// Decides on what was found.
pub fn decide(findings: &Findings, tolerance: f64) -> Decision {
    let critical: Vec<&Check> =
        findings.checks.iter().filter(|check| check.critical && check.state == State::Fail).collect();
    let warnings: Vec<&Check> = findings.checks.iter().filter(|check| is_warning(check)).collect();
    let broken = findings.counters.iter().filter(|counter| counter.violations > 0).count();
    let go = critical.is_empty() && warnings.len() <= MOST_WARNINGS && broken == 0;
    let verdict = if go { Verdict::Go } else { Verdict::NoGo };
    let mut rationale = Vec::new();
    let percent = libm::round(tolerance * 1e4) / 1e2;
    if go {
        rationale.push(format!(
            "GO: all {} integrity counters are 0, and of {} checks none that is critical fails at a tolerance of {percent} %.",
            findings.counters.len(),
            findings.checks.len(),
        ));
    } else {
        rationale.push(format!("NO-GO at a tolerance of {percent} %."));
    }
    if broken > 0 {
        let names = findings
            .counters
            .iter()
            .filter(|counter| counter.violations > 0)
            .map(|counter| format!("{} ({}: {})", counter.subject, counter.rule, counter.violations));
        rationale.push(format!(
            "{} not 0: {}.",
            several(broken, "integrity counter is", "integrity counters are"),
            listed(names)
        ));
    }
    if !critical.is_empty() {
        rationale.push(format!(
            "{}: {}.",
            several(critical.len(), "critical check fails", "critical checks fail"),
            listed(critical.iter().map(|check| named(check)))
        ));
    }
    if !warnings.is_empty() {
        let comparison = if warnings.len() > MOST_WARNINGS { "more than" } else { "within" };
        rationale.push(format!(
            "{}, {comparison} the {MOST_WARNINGS} that a GO may have: {}.",
            several(warnings.len(), "warning", "warnings"),
            listed(warnings.iter().map(|check| named(check)))
        ));
    }
    let low = findings.checks.iter().filter(|check| check.low_power).count();
    if low > MOST_WARNINGS {
        rationale.push(format!(
            "{low} checks pass, but the dataset is too small to tell at this tolerance: take a larger band, or a wider tolerance."
        ));
    }
    Decision { verdict, rationale, recommendations: recommendations(findings) }
}

/// A WARN, a FAIL that is not critical, or a PASS that says little.
pub fn is_warning(check: &Check) -> bool {
    match check.state {
        State::Warn => true,
        State::Fail => !check.critical,
        State::Pass => check.low_power,
    }
}

/// A number of things in words.
fn several(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

fn named(check: &Check) -> String {
    let suffix = if check.low_power { " (low power)" } else { "" };
    format!("{} {}{suffix}", check.subject, check.measure)
}

/// The first names, and how many more there are.
fn listed(names: impl Iterator<Item = String>) -> String {
    const FIRST: usize = 6;
    let names: Vec<String> = names.collect();
    let mut text = names.iter().take(FIRST).cloned().collect::<Vec<_>>().join("; ");
    if names.len() > FIRST {
        text.push_str(&format!("; and {} more", names.len() - FIRST));
    }
    text
}

fn recommendations(findings: &Findings) -> Vec<String> {
    let broken = findings.counters.iter().filter_map(|counter| {
        counter.advice.as_ref().map(|advice| format!("{}: {advice}.", counter.subject))
    });
    let mut all: Vec<String> = Vec::new();
    for sentence in broken.chain(advised(findings)) {
        if !all.contains(&sentence) {
            all.push(sentence);
        }
    }
    all
}

/// What decides first; the measures of one subject that the same advice cures are told together.
fn advised(findings: &Findings) -> Vec<String> {
    let rank = |check: &Check| (check.state == State::Warn, !check.critical);
    let mut outside: Vec<&Check> =
        findings.checks.iter().filter(|check| check.state != State::Pass && check.advice.is_some()).collect();
    outside.sort_by_key(|check| rank(check));
    let mut told: Vec<(&Check, Vec<&str>)> = Vec::new();
    for check in outside {
        let same = |other: &Check| other.subject == check.subject && other.advice == check.advice;
        match told.iter_mut().find(|(other, _)| same(other)) {
            Some((_, measures)) => measures.push(&check.measure),
            None => told.push((check, vec![&check.measure])),
        }
    }
    told.iter()
        .map(|(check, measures)| {
            let advice = check.advice.as_deref().unwrap_or_default();
            format!("{}, {}: {advice}.", check.subject, measures.join(" and "))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::assessment::{Promise, Unit};
    use crate::fidelity::tally::Breaches;

    fn check(state: State, critical: bool, low_power: bool) -> Check {
        Check {
            subject: "messages.content".into(),
            measure: "mean".into(),
            group: None,
            declared: None,
            resolved: Some(1.0),
            observed: 2.0,
            unit: Unit::Number,
            effect: 1.0,
            threshold: 0.1,
            threshold_from: String::new(),
            noise: 0.0,
            state,
            critical,
            low_power,
            advice: Some("lower it".into()),
        }
    }

    fn verdict(checks: Vec<Check>, violations: u64) -> Verdict {
        let mut findings = Findings { checks, ..Findings::default() };
        let mut breaches = Breaches::among(10);
        breaches.add_many(violations, &[]);
        findings.counter(
            Promise::Reference,
            "messages.conversationId",
            "every value is a key",
            &breaches,
            "keep them",
        );
        decide(&findings, 0.15).verdict
    }

    #[test]
    fn three_warnings_go_and_four_do_not_whatever_makes_them() {
        let warnings = |count: usize| {
            let kinds = [
                check(State::Warn, true, false),
                check(State::Fail, false, false),
                check(State::Pass, true, true),
            ];
            kinds.into_iter().cycle().take(count).collect::<Vec<_>>()
        };
        assert_eq!(verdict(warnings(3), 0), Verdict::Go);
        assert_eq!(verdict(warnings(4), 0), Verdict::NoGo);
    }

    #[test]
    fn what_decides_is_advised_first_and_the_same_advice_once() {
        let named = |measure: &str, state, critical| Check {
            measure: measure.into(),
            ..check(state, critical, false)
        };
        let checks = vec![
            named("mean", State::Fail, false),
            Check { advice: Some("raise it".into()), ..named("spread", State::Fail, true) },
            named("median", State::Warn, false),
        ];
        let findings = Findings { checks, ..Findings::default() };
        assert_eq!(
            decide(&findings, 0.15).recommendations,
            ["messages.content, spread: raise it.", "messages.content, mean and median: lower it."]
        );
    }

    #[test]
    fn one_critical_failure_or_one_breach_is_enough() {
        assert_eq!(verdict(vec![check(State::Pass, true, false)], 0), Verdict::Go);
        assert_eq!(verdict(vec![check(State::Fail, true, false)], 0), Verdict::NoGo);
        assert_eq!(verdict(vec![], 1), Verdict::NoGo);
    }
}
