//! [`Growth`]: by how much the weeks of a rhythm grow.

use super::Bench;
use crate::fidelity::assessment::Unit;
use crate::fidelity::findings::{Figure, Findings};
use crate::fidelity::thresholds::NORMAL_ONE_PERCENT;
use crate::laws::special::smallest_float;

/// No growth is asked to be nearer than this one's tolerance.
const LEAST_GROWTH: f64 = 0.01;
/// The greatest tilt of a week's logarithm: beyond, a week is twenty times its neighbour.
const MOST_TILT: f64 = 3.0;

/// The weeks of a rhythm, as they are and as the law has them.
pub struct Growth {
    /// By how much a week is declared busier than the one before it.
    pub declared: f64,
    /// The share of each week in the data.
    pub seen: Vec<f64>,
    /// The share that the law gives it.
    pub expected: Vec<f64>,
}

impl Growth {
    /// The growth of the data: the law's weeks, each taken a factor times the one before it, until their mean is the
    /// data's. That factor is the likeliest one (of an exponential family, by its mean).
    fn observed(&self) -> f64 {
        let sought = mean_place(&self.seen, 0.0);
        let tilt = smallest_float(-MOST_TILT, MOST_TILT, |tilt| mean_place(&self.expected, tilt) >= sought);
        (1.0 + self.declared) * libm::exp(tilt) - 1.0
    }

    /// The variance of a row's week under the law.
    fn variance(&self) -> f64 {
        let mean = mean_place(&self.expected, 0.0);
        let square = |(week, share): (usize, &f64)| share * (week as f64 - mean) * (week as f64 - mean);
        self.expected.iter().enumerate().map(square).sum()
    }

    /// Compares both, where growth is declared and there are two weeks; `effective` rows are worth one draw each.
    pub fn judge(&self, subject: &str, effective: f64, bench: &Bench<'_>, findings: &mut Findings) {
        let (growth, variance) = (self.declared, self.variance());
        if growth == 0.0 || variance <= 0.0 {
            return;
        }
        let observed = self.observed();
        findings.figure(Figure {
            subject,
            measure: "growth a week",
            declared: Some(format!("growth = {growth}")),
            resolved: Some(growth),
            observed,
            unit: Unit::Share,
            effect: (observed - growth).abs(),
            threshold: bench.tolerance * growth.abs().max(LEAST_GROWTH),
            from: "the growth off by the tolerance".to_owned(),
            noise: NORMAL_ONE_PERCENT * (1.0 + growth) / libm::sqrt(effective * variance),
            critical: true,
            advice: ("lower the growth", "raise the growth"),
        });
    }
}

/// The mean place of shares, each taken e^tilt times the one before it.
fn mean_place(shares: &[f64], tilt: f64) -> f64 {
    let (mut total, mut sum) = (0.0, 0.0);
    // From the place of the greatest factor, so that none leaves the numbers.
    let from = if tilt > 0.0 { shares.len() as f64 - 1.0 } else { 0.0 };
    for (place, share) in shares.iter().enumerate() {
        let weight = share * libm::exp(tilt * (place as f64 - from));
        total += weight;
        sum += weight * place as f64;
    }
    sum / total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::thresholds::normalised;

    /// Weeks that grow.
    fn weeks(growth: f64, count: i32) -> Vec<f64> {
        normalised((0..count).map(|week| libm::pow(1.0 + growth, f64::from(week))))
    }

    #[test]
    fn the_growth_of_the_data_is_found_again() {
        for (declared, real) in [(0.03, 0.03), (0.03, 0.0), (0.06, 0.09), (-0.04, -0.02), (0.5, 0.1)] {
            for count in [2, 12, 520] {
                let growth = Growth { declared, seen: weeks(real, count), expected: weeks(declared, count) };
                let found = growth.observed();
                assert!((found - real).abs() < 1e-9, "{declared} {real} {count}: {found}");
            }
        }
    }

    #[test]
    fn one_week_tells_nothing_of_growth() {
        let growth = Growth { declared: 0.03, seen: vec![1.0], expected: vec![1.0] };
        assert_eq!(growth.variance(), 0.0);
    }
}
