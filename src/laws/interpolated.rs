//! [`Interpolated`]: a law by its quantiles, straight between them.
//!
//! Anchors are percents with the value below which so much of the mass lies. Between two of them the value moves
//! evenly, on a logarithmic scale where all of them are above 0 (then F is linear in log x, and the density falls
//! as 1/x), else on a linear one. Two anchors of one value make an atom. Drawn by inversion, one number a draw.

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Draw, Expect, Moment, finite};
use crate::random::unit;

/// F is piecewise linear in x, or in log x.
#[derive(Clone, Debug)]
pub struct Interpolated {
    /// Probabilities and values, neither of which falls.
    anchors: Vec<(f64, f64)>,
    logarithmic: bool,
}

/// Refuses anchors that are no quantile function from 0 to 100 per cent.
pub(super) fn validate(anchors: &[(f64, f64)]) -> Result<(), String> {
    let (Some(&(first, least)), Some(&(last, greatest))) = (anchors.first(), anchors.last()) else {
        return Err("there are no quantiles: give p0, p100 and what you know between".to_owned());
    };
    for (percent, wanted) in [(first, 0.0), (last, 100.0)] {
        if percent != wanted {
            let end = if wanted == 0.0 { "smallest" } else { "greatest" };
            return Err(format!("p{wanted} is missing: it is the {end} value"));
        }
    }
    for (percent, value) in anchors {
        finite(&format!("p{percent}"), *value)?;
    }
    for pair in anchors.windows(2) {
        let [(lower, low), (upper, high)] = [pair[0], pair[1]];
        if lower == upper {
            return Err(format!("p{lower} stands twice"));
        }
        if lower.is_nan() || upper.is_nan() || lower > upper {
            return Err(format!("p{upper} stands after p{lower}: percents rise from p0 to p100"));
        }
        if low > high {
            return Err(format!("p{upper} is {high}, below p{lower} at {low}: quantiles never fall"));
        }
    }
    if least == greatest {
        return Err(format!("all quantiles are {least}: use `constant: {least}`"));
    }
    if (greatest - least).is_finite() {
        Ok(())
    } else {
        Err(format!("p0 is {least:?} and p100 is {greatest:?}, but their distance must be a finite number"))
    }
}

impl Interpolated {
    /// The law of valid anchors in per cent.
    pub fn new(anchors: &[(f64, f64)]) -> Self {
        let logarithmic = anchors.iter().all(|(_, value)| *value > 0.0);
        let anchors = anchors.iter().map(|(percent, value)| (percent / 100.0, *value)).collect();
        Self { anchors, logarithmic }
    }

    /// The law of probabilities and values, neither of which falls, straight on a linear scale.
    pub(super) fn linear(anchors: Vec<(f64, f64)>) -> Self {
        Self { anchors, logarithmic: false }
    }

    /// How far `x` is on the way from `low` to `high`, which it lies between.
    fn way(&self, x: f64, low: f64, high: f64) -> f64 {
        if self.logarithmic { libm::log(x / low) / libm::log(high / low) } else { (x - low) / (high - low) }
    }

    /// The value at a part of the way.
    fn at(&self, way: f64, low: f64, high: f64) -> f64 {
        let value = if self.logarithmic {
            low * libm::exp(way * libm::log(high / low))
        } else {
            low + way * (high - low)
        };
        value.clamp(low, high)
    }

    /// ∫ of a power of the value over a segment's whole way from `low` to `high`.
    fn segment(&self, moment: Moment, low: f64, high: f64) -> f64 {
        if low == high {
            return moment.of(low);
        }
        match (moment, self.logarithmic) {
            (Moment::First, false) => 0.5 * (low + high),
            (Moment::Second, false) => (low * low + low * high + high * high) / 3.0,
            (Moment::First, true) => exponential_mean(low, libm::log(high / low)),
            (Moment::Second, true) => exponential_mean(low * low, 2.0 * libm::log(high / low)),
        }
    }
}

/// ∫ start exp(slope t) dt over 0 ≤ t ≤ 1.
fn exponential_mean(start: f64, slope: f64) -> f64 {
    if slope == 0.0 { start } else { start * libm::expm1(slope) / slope }
}

impl Expect for Interpolated {
    fn cumulative(&self, x: f64) -> f64 {
        // The anchors up to x; of an atom's two, both.
        let count = self.anchors.partition_point(|(_, value)| *value <= x);
        let Some(&(below, low)) = count.checked_sub(1).map(|last| &self.anchors[last]) else { return 0.0 };
        match self.anchors.get(count) {
            None => 1.0,
            Some(&(above, high)) => below + (above - below) * self.way(x, low, high),
        }
    }
    fn quantile(&self, probability: f64) -> f64 {
        let count = self.anchors.partition_point(|(below, _)| *below < probability);
        let (Some(&(above, high)), Some(before)) = (self.anchors.get(count), count.checked_sub(1)) else {
            return if count == 0 { self.support().0 } else { self.support().1 };
        };
        let (below, low) = self.anchors[before];
        if low == high { low } else { self.at((probability - below) / (above - below), low, high) }
    }
    fn mean(&self) -> f64 {
        self.moment_between(Moment::First, 0.0, 1.0)
    }
    fn variance(&self) -> f64 {
        let mean = self.mean();
        self.moment_between(Moment::Second, 0.0, 1.0) - mean * mean
    }
    fn support(&self) -> (f64, f64) {
        let (first, last) = (self.anchors.first(), self.anchors.last());
        let value = |anchor: Option<&(f64, f64)>| anchor.expect("validated: there are anchors").1;
        (value(first), value(last))
    }
    fn is_discrete(&self) -> bool {
        false
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        let part = |pair: &[(f64, f64)]| {
            let [(below, start), (above, end)] = [pair[0], pair[1]];
            let (from, to) = (low.max(below), high.min(above));
            if from >= to {
                return 0.0;
            }
            let at = |probability: f64| self.at((probability - below) / (above - below), start, end);
            (to - from) * self.segment(moment, at(from), at(to))
        };
        self.anchors.windows(2).map(part).sum()
    }
}

impl Draw for Interpolated {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        self.quantile(unit(generator.next_u64()))
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::{Expect, Law, agreement};

    fn sizes() -> Law {
        Law::Quantiles(vec![(0.0, 1.0), (50.0, 15.0), (95.0, 500.0), (100.0, 10_000.0)])
    }

    fn temperatures() -> Law {
        Law::Quantiles(vec![(0.0, -10.0), (50.0, 0.0), (99.9, 30.0), (100.0, 45.0)])
    }

    /// A third of it is 0.
    fn atom() -> Law {
        Law::Quantiles(vec![(0.0, 0.0), (30.0, 0.0), (80.0, 4.0), (100.0, 9.0)])
    }

    #[test]
    fn draws_follow_it() {
        agreement::draws_follow(&sizes());
        agreement::draws_follow(&temperatures());
        agreement::draws_follow(&atom());
    }

    #[test]
    fn figures_are_those_of_the_integrals() {
        // Decimals of 40 digits: between anchors F is linear in log x, and ∫ Qⁿ du = (bⁿ - aⁿ) / (n log(b/a))
        agreement::moments_follow_from_quantiles(&sizes());
        agreement::figures(
            &sizes(),
            223.38430466641478,
            798581.2668566806,
            &[
                (4.0, 0.2559580248098155),
                (15.0, 0.5),
                (100.0, 0.7434592606758673),
                (500.0, 0.95),
                (2_000.0, 0.9731378213159759),
            ],
        );
        // the same with F linear in x, since one anchor is not above 0
        agreement::moments_follow_from_quantiles(&temperatures());
        agreement::figures(
            &temperatures(),
            5.0225,
            142.56616041666666,
            &[(-4.0, 0.3), (0.5, 0.5083166666666666), (15.0, 0.7495), (40.0, 0.9996666666666667)],
        );
    }

    #[test]
    fn anchors_of_one_value_are_an_atom() {
        agreement::moments_follow_from_quantiles(&atom());
        assert_eq!((atom().cumulative(0.0), atom().cumulative(-1e-300)), (0.3, 0.0));
        assert_eq!((atom().quantile(0.3), atom().quantile(0.1)), (0.0, 0.0));
        assert!(atom().quantile(0.300_001) > 0.0);
    }

    #[test]
    fn what_is_no_quantile_function_is_named() {
        let wrong = |anchors: &[(f64, f64)]| Law::Quantiles(anchors.to_vec()).validate().unwrap_err();
        insta::assert_snapshot!([
            wrong(&[]),
            wrong(&[(50.0, 1.0), (100.0, 2.0)]),
            wrong(&[(0.0, 1.0), (99.9, 2.0)]),
            wrong(&[(0.0, 1.0), (50.0, 20.0), (95.0, 15.0), (100.0, 30.0)]),
            wrong(&[(0.0, 1.0), (50.0, 20.0), (50.0, 25.0), (100.0, 30.0)]),
            wrong(&[(0.0, 1.0), (50.0, 20.0), (20.0, 25.0), (100.0, 30.0)]),
            wrong(&[(0.0, 1.0), (50.0, f64::NAN), (100.0, 30.0)]),
            wrong(&[(0.0, 7.0), (100.0, 7.0)]),
            wrong(&[(0.0, f64::MIN), (100.0, f64::MAX)]),
        ].join("\n"), @"
        there are no quantiles: give p0, p100 and what you know between
        p0 is missing: it is the smallest value
        p100 is missing: it is the greatest value
        p95 is 15, below p50 at 20: quantiles never fall
        p50 stands twice
        p20 stands after p50: percents rise from p0 to p100
        p50 is NaN, but must be a finite number
        all quantiles are 7: use `constant: 7`
        p0 is -1.7976931348623157e308 and p100 is 1.7976931348623157e308, but their distance must be a finite number
        ");
    }
}
