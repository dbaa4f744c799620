//! [`Mixture`]: one of several laws, each with a weight.
//!
//! McLachlan, Peel 2000, "Finite Mixture Models" (doi:10.1002/0471721182), chapter 1. The quantile has no
//! closed form; it is found by halving, to the last bit.

use super::special::smallest_float;
use super::{Expect, Law, Moment, weights};

/// F = Σ weight · F of the part / Σ weight.
#[derive(Debug)]
pub struct Mixture {
    /// Parts with a weight above 0, with it.
    parts: Vec<(f64, Box<dyn Expect>)>,
    /// The sum of the weights; dividing by it last makes the shares sum to 1 without rounding.
    total: f64,
}

pub(super) fn validate(parts: &[(f64, Law)]) -> Result<(), String> {
    if parts.is_empty() {
        return Err("the mixture is empty: give at least one law with a weight".to_owned());
    }
    weights(parts.iter().map(|(weight, _)| *weight))?;
    for (index, (_, law)) in parts.iter().enumerate() {
        law.validate().map_err(|reason| format!("part {} of the mixture: {reason}", index + 1))?;
    }
    Ok(())
}

impl Mixture {
    /// The law of valid parts, (weight, law).
    pub fn new(parts: &[(f64, Law)]) -> Self {
        let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
        let parts = parts
            .iter()
            .filter(|(weight, _)| *weight > 0.0)
            .map(|(weight, law)| (*weight, law.expectation()))
            .collect();
        Self { parts, total }
    }

    /// A figure's mean over the parts.
    fn average(&self, figure: impl Fn(&dyn Expect) -> f64) -> f64 {
        self.parts.iter().map(|(weight, law)| weight * figure(law.as_ref())).sum::<f64>() / self.total
    }

    /// The smallest and the greatest of a figure over the parts.
    fn extremes(&self, figure: impl Fn(&dyn Expect) -> (f64, f64)) -> (f64, f64) {
        self.parts
            .iter()
            .map(|(_, law)| figure(law.as_ref()))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(smallest, greatest), (low, high)| {
                (smallest.min(low), greatest.max(high))
            })
    }
}

impl Expect for Mixture {
    fn cumulative(&self, x: f64) -> f64 {
        self.average(|law| law.cumulative(x))
    }
    fn quantile(&self, probability: f64) -> f64 {
        let support = self.support();
        if probability <= 0.0 {
            return support.0;
        }
        if probability >= 1.0 {
            return support.1;
        }
        // It lies between the quantiles of the parts.
        let (low, high) = self.extremes(|law| (law.quantile(probability), law.quantile(probability)));
        smallest_float(low, high, |x| self.cumulative(x) >= probability)
    }
    fn mean(&self) -> f64 {
        self.average(|law| law.mean())
    }
    fn variance(&self) -> f64 {
        // Within the parts, and between them.
        let mean = self.mean();
        if mean.is_infinite() {
            return f64::INFINITY;
        }
        self.average(|law| law.variance() + (law.mean() - mean) * (law.mean() - mean))
    }
    fn support(&self) -> (f64, f64) {
        self.extremes(|law| law.support())
    }
    fn is_discrete(&self) -> bool {
        self.parts.iter().all(|(_, law)| law.is_discrete())
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        if low >= high {
            return 0.0;
        }
        let (first, last) = (self.quantile(low), self.quantile(high));
        if first == last {
            return moment.of(first) * (high - low);
        }
        // What is left of an atom at the first value, all between, and what is taken of one at the last.
        // Where there is none, the value may be infinite.
        let atom = |value: f64, mass: f64| if mass > 0.0 { mass * moment.of(value) } else { 0.0 };
        let before = last.next_down();
        atom(first, self.cumulative(first) - low)
            + self.average(|law| law.moment_between(moment, law.cumulative(first), law.cumulative(before)))
            + atom(last, high - self.cumulative(before))
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::{Expect, Law, agreement};

    /// Members of a room: pairs, small groups, large groups.
    fn members() -> Law {
        Law::Mixture(vec![
            (70.0, Law::Constant(2.0)),
            (25.0, Law::Geometric { p: 0.25, min: 3.0, max: 20.0 }),
            (5.0, Law::PowerLaw { exponent: 2.5, min: 21.0, max: 256.0 }),
        ])
    }

    fn two_bells() -> Law {
        Law::Mixture(vec![
            (1.0, Law::Normal { mean: 0.0, deviation: 1.0 }),
            (0.0, Law::Constant(1e9)),
            (3.0, Law::Normal { mean: 8.0, deviation: 2.0 }),
        ])
    }

    /// Atoms in a continuous law.
    fn partly_discrete() -> Law {
        Law::Mixture(vec![(1.0, Law::Constant(3.0)), (1.0, Law::Exponential { mean: 5.0 })])
    }

    #[test]
    fn draws_follow_it() {
        agreement::draws_follow(&members());
        agreement::draws_follow(&two_bells());
        agreement::draws_follow(&partly_discrete());
    }

    #[test]
    fn moments_follow_from_its_quantiles() {
        agreement::moments_follow_from_quantiles(&members());
        agreement::moments_follow_from_quantiles(&two_bells());
        agreement::moments_follow_from_quantiles(&partly_discrete());
    }

    #[test]
    fn an_atom_is_its_own_quantile() {
        assert_eq!(members().quantile(0.7), 2.0);
        assert_eq!(members().quantile(0.700_001), 3.0);
        assert_eq!(members().quantile(0.96), members().quantile(0.96) as i64 as f64);
        assert_eq!(partly_discrete().quantile(0.5), 3.0);
    }

    #[test]
    fn figures_are_scipys() {
        // (scipy.stats.norm(0, 1).cdf(x) + 3 * scipy.stats.norm(8, 2).cdf(x)) / 4; moments by hand
        agreement::figures(
            &two_bells(),
            6.0,
            15.25,
            &[
                (-1.0, 0.039666361737707816),
                (2.5, 0.2506824060948469),
                (8.0, 0.6249999999999998),
                (12.0, 0.9829374010388656),
            ],
        );
    }
}
