//! [`standing`] and [`sentence`]: how far off a check is, as people read it.

use super::figures;
use crate::fidelity::assessment::{Check, Unit};

/// What sums of shares leave behind where nothing is off.
const ROUNDING: f64 = 1e-12;

/// How much of its threshold a check takes up: above 1 is outside.
pub(super) fn strain(check: &Check) -> f64 {
    if check.effect.abs() < ROUNDING { 0.0 } else { check.effect / check.threshold }
}

/// The bounds in words, where a check asks for a figure between bounds rather than for a figure.
pub(super) fn bounds(check: &Check) -> Option<&str> {
    let bounded = check.threshold == 0.0 && (check.resolved.is_none() || check.effect != 0.0);
    check.declared.as_deref().filter(|_| bounded)
}

/// An effect, a threshold or a noise: relative ones as percentages, distances as they are.
pub(super) fn amount(check: &Check, amount: f64) -> String {
    if check.unit == Unit::Distance { figures::distance(amount) } else { figures::percent(amount) }
}

/// A threshold, shorter where it is round.
pub(super) fn allowed(check: &Check) -> String {
    if check.unit == Unit::Distance {
        figures::distance(check.threshold)
    } else {
        figures::round_percent(check.threshold)
    }
}

/// How a check without room to be off came out: `exact`, `holds`, `within 12 % to 20 %`, `misses by 3.2 points`.
/// None where a threshold leaves room.
pub(super) fn strict(check: &Check) -> Option<String> {
    if let Some(bounds) = bounds(check) {
        return Some(match (strain(check) == 0.0, bounds.starts_with("at ")) {
            (true, true) => "holds".to_owned(),
            (true, false) => format!("within {bounds}"),
            (false, _) => format!("misses by {}", missed(check)),
        });
    }
    (strain(check) == 0.0).then(|| "exact".to_owned())
}

/// How far a figure is from the nearer of its bounds.
fn missed(check: &Check) -> String {
    if check.unit == Unit::Share {
        let points = figures::round_percent(libm::round(check.effect * 1e4) / 1e4);
        format!("{} points", points.trim_end_matches(" %"))
    } else {
        figures::value(check.effect, check.unit)
    }
}

/// What is wrong, or how near it is: `180.55 instead of 262.24, 31.2 % off where 15 % are allowed`.
pub(super) fn sentence(check: &Check) -> String {
    let observed = figures::value(check.observed, check.unit);
    if let Some(bounds) = bounds(check) {
        let outcome = strict(check).unwrap_or_default();
        return if outcome.starts_with("misses") {
            format!("{observed} where {bounds} was asked for: {outcome}")
        } else {
            format!("{observed}, {bounds} was asked for")
        };
    }
    let (off, allowed) = (amount(check, check.effect), allowed(check));
    match check.resolved {
        Some(resolved) if check.unit != Unit::Distance => {
            let resolved = figures::value(resolved, check.unit);
            format!("{observed} instead of {resolved}, {off} off where {allowed} is allowed")
        }
        Some(_) | None => format!("{off} where {allowed} is allowed"),
    }
}

/// The same on a line of the terminal's table: `exact`, `0.0132 / 0.0339`.
pub(super) fn standing(check: &Check) -> String {
    strict(check).unwrap_or_else(|| format!("{} / {}", amount(check, check.effect), allowed(check)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::assessment::State;

    fn check(unit: Unit, figures: (Option<f64>, f64), effect: f64, threshold: f64) -> Check {
        Check {
            subject: "messages".into(),
            measure: "mean".into(),
            group: None,
            declared: None,
            resolved: figures.0,
            observed: figures.1,
            unit,
            effect,
            threshold,
            threshold_from: String::new(),
            noise: 0.0,
            state: State::Pass,
            critical: false,
            low_power: false,
            advice: None,
        }
    }

    fn bounded(bounds: &str, resolved: Option<f64>, observed: f64, effect: f64) -> Check {
        Check { declared: Some(bounds.into()), ..check(Unit::Share, (resolved, observed), effect, 0.0) }
    }

    #[test]
    fn bounds_hold_or_are_missed_by_so_much() {
        let within = bounded("12 % to 20 %", None, 0.15, 0.0);
        assert_eq!(standing(&within), "within 12 % to 20 %");
        assert_eq!(standing(&bounded("at least 15 %", None, 0.62, 0.0)), "holds");
        let missed = bounded("12 % to 20 %", Some(0.12), 0.088, 0.032);
        assert_eq!(standing(&missed), "misses by 3.2 points");
        assert_eq!(sentence(&missed), "8.8 % where 12 % to 20 % was asked for: misses by 3.2 points");
        assert_eq!(strain(&missed), f64::INFINITY);
    }

    #[test]
    fn distances_are_numbers_and_the_others_percentages() {
        let mean = check(Unit::Number, (Some(262.24), 180.55), 0.3115, 0.15);
        assert_eq!(standing(&mean), "31.1 % / 15 %");
        assert_eq!(sentence(&mean), "180.55 instead of 262.24, 31.1 % off where 15 % is allowed");
        let distance = check(Unit::Distance, (None, 0.1321), 0.1321, 0.0339);
        assert_eq!(standing(&distance), "0.1321 / 0.0339");
        assert_eq!(sentence(&distance), "0.1321 where 0.0339 is allowed");
    }

    #[test]
    fn what_rounding_left_is_exact() {
        assert_eq!(standing(&check(Unit::Distance, (None, 2e-16), 2e-16, 0.04)), "exact");
        // A declared figure with no room at all is no bound.
        let rows = Check { declared: Some("5K".into()), ..check(Unit::Count, (Some(5e3), 5e3), 0.0, 0.0) };
        assert_eq!(standing(&rows), "exact");
    }
}
