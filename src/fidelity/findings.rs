//! [`Findings`]: checks, counters, pictures and remarks as claims report them.

use super::assessment::{Check, Counter, Portrait, Promise, Remark, State, Unit};
use super::tally::Breaches;

/// What all claims reported, in the order of the model.
#[derive(Default)]
pub struct Findings {
    /// Statistical checks.
    pub checks: Vec<Check>,
    /// Exact counters.
    pub counters: Vec<Counter>,
    /// Pictures.
    pub portraits: Vec<Portrait>,
    /// What could not be judged.
    pub remarks: Vec<Remark>,
}

/// A figure of the data beside the model's, before its state is known.
pub struct Figure<'f> {
    /// What it is of.
    pub subject: &'f str,
    /// What is measured.
    pub measure: &'f str,
    /// The declaration in words.
    pub declared: Option<String>,
    /// The model's figure.
    pub resolved: Option<f64>,
    /// The data's.
    pub observed: f64,
    /// The unit of both.
    pub unit: Unit,
    /// How far off.
    pub effect: f64,
    /// How far off it may be.
    pub threshold: f64,
    /// Where the threshold comes from.
    pub from: String,
    /// How far off chance puts a true dataset.
    pub noise: f64,
    /// Whether a FAIL alone decides.
    pub critical: bool,
    /// What to do where it is too high, and where it is too low.
    pub advice: (&'f str, &'f str),
}

impl Findings {
    /// Decides a figure: FAIL beyond threshold and chance, WARN beyond the threshold alone.
    pub fn figure(&mut self, figure: Figure<'_>) {
        let Figure { effect, threshold, noise, .. } = figure;
        let state = if effect.is_nan() || effect - noise > threshold {
            State::Fail
        } else if effect > threshold {
            State::Warn
        } else {
            State::Pass
        };
        let (too_high, too_low) = figure.advice;
        let advice = match figure.resolved {
            Some(resolved) if figure.observed < resolved => too_low,
            _ => too_high,
        };
        self.checks.push(Check {
            subject: figure.subject.to_owned(),
            measure: figure.measure.to_owned(),
            group: None,
            declared: figure.declared,
            resolved: figure.resolved,
            observed: figure.observed,
            unit: figure.unit,
            effect,
            threshold,
            threshold_from: figure.from,
            noise,
            state,
            critical: figure.critical,
            low_power: state == State::Pass && noise > threshold,
            advice: (state != State::Pass && !advice.is_empty()).then(|| advice.to_owned()),
        });
    }

    /// A figure that may be off by the tolerance, relative to the model's.
    pub fn relative(&mut self, relative: Relative<'_>) {
        let Relative { resolved, observed, tolerance, .. } = relative;
        let effect = if resolved == 0.0 {
            f64::from(u8::from(observed != 0.0))
        } else {
            (observed / resolved - 1.0).abs()
        };
        self.figure(Figure {
            subject: relative.subject,
            measure: relative.measure,
            declared: relative.declared,
            resolved: Some(resolved),
            observed,
            unit: relative.unit,
            effect,
            threshold: tolerance,
            from: "the tolerance, relative to the resolved figure".to_owned(),
            noise: relative.noise,
            critical: relative.critical,
            advice: relative.advice,
        });
    }

    /// Reports a counter.
    pub fn counter(
        &mut self,
        promise: Promise,
        subject: &str,
        rule: &str,
        breaches: &Breaches,
        advice: &str,
    ) {
        self.counters.push(Counter {
            promise,
            subject: subject.to_owned(),
            rule: rule.to_owned(),
            examined: breaches.examined,
            violations: breaches.violations,
            places: breaches.places(),
            advice: (breaches.violations > 0).then(|| advice.to_owned()),
        });
    }

    /// Says what could not be judged.
    pub fn remark(&mut self, subject: &str, text: impl Into<String>) {
        self.remarks.push(Remark { subject: subject.to_owned(), text: text.into() });
    }
}

/// A figure judged by its relative error.
pub struct Relative<'f> {
    /// What it is of.
    pub subject: &'f str,
    /// What is measured.
    pub measure: &'f str,
    /// The declaration in words.
    pub declared: Option<String>,
    /// The model's figure.
    pub resolved: f64,
    /// The data's.
    pub observed: f64,
    /// The unit of both.
    pub unit: Unit,
    /// The tolerance.
    pub tolerance: f64,
    /// The relative error that chance gives a true dataset.
    pub noise: f64,
    /// Whether a FAIL alone decides.
    pub critical: bool,
    /// What to do where it is too high, and where it is too low.
    pub advice: (&'f str, &'f str),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(effect: f64, threshold: f64, noise: f64) -> (State, bool) {
        let mut findings = Findings::default();
        findings.figure(Figure {
            subject: "users.age",
            measure: "KS distance",
            declared: None,
            resolved: None,
            observed: effect,
            unit: Unit::Distance,
            effect,
            threshold,
            from: String::new(),
            noise,
            critical: false,
            advice: ("", ""),
        });
        (findings.checks[0].state, findings.checks[0].low_power)
    }

    #[test]
    fn only_what_chance_cannot_explain_fails() {
        assert_eq!(state(0.01, 0.02, 0.005), (State::Pass, false));
        assert_eq!(state(0.022, 0.02, 0.005), (State::Warn, false));
        assert_eq!(state(0.026, 0.02, 0.005), (State::Fail, false));
        assert_eq!(state(0.01, 0.02, 0.03), (State::Pass, true));
        assert_eq!(state(f64::NAN, 0.02, 0.005).0, State::Fail);
    }
}
