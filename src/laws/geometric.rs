//! [`Geometric`]: integers, each less likely than the one before it by the same factor.
//!
//! Johnson, Kemp, Kotz 2005, "Univariate Discrete Distributions", third edition, chapter 5
//! (ISBN 978-0471272465), truncated to a range. Drawn by inversion, one logarithm a draw:
//! `rand_distr`'s Geometric has neither a range nor a portable float.

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::integers::{self, Integers};
use super::{Draw, Moment};
use crate::random::unit;

/// P(k) = p (1-p)^(k-min) / (1 - (1-p)^(max-min+1)) on `min..=max`.
#[derive(Clone, Copy, Debug)]
pub struct Geometric {
    min: f64,
    max: f64,
    p: f64,
    /// ln(1 - p), below 0.
    logarithm: f64,
    /// (1-p)^(max-min+1) - 1, below 0.
    reach: f64,
}

pub(super) fn validate(p: f64, min: f64, max: f64) -> Result<(), String> {
    if !(p > 0.0 && p < 1.0) {
        return Err(format!("p is {p}, but must lie between 0 and 1"));
    }
    integers::range(min, max, integers::LEAST)
}

impl Geometric {
    /// The law of valid parameters.
    pub fn new(p: f64, min: f64, max: f64) -> Self {
        let logarithm = libm::log1p(-p);
        Self { min, max, p, logarithm, reach: libm::expm1((max - min + 1.0) * logarithm) }
    }

    /// The weight of every integer of the range, 1 for the first.
    pub(super) fn weights(&self) -> Vec<f64> {
        let count = (self.max - self.min) as usize + 1;
        (0..count).map(|step| libm::pow(1.0 - self.p, step as f64)).collect()
    }

    /// Σ (1-p)^i, Σ i (1-p)^i and Σ i² (1-p)^i over i = 0..count, by doubling: sums of positive numbers
    /// only, where the closed forms cancel for small p.
    fn sums(&self, count: u64) -> [f64; 3] {
        let power = |m: f64| libm::exp(m * self.logarithm);
        let (mut sums, mut done) = ([0.0; 3], 0.0);
        for bit in (0..64 - count.leading_zeros()).rev() {
            let [zeroth, first, second] = sums;
            let shifted = [zeroth, first + done * zeroth, second + 2.0 * done * first + done * done * zeroth];
            let factor = power(done);
            sums = [0, 1, 2].map(|order| sums[order] + factor * shifted[order]);
            done *= 2.0;
            if count >> bit & 1 == 1 {
                let factor = power(done);
                sums = [sums[0] + factor, sums[1] + done * factor, sums[2] + done * done * factor];
                done += 1.0;
            }
        }
        sums
    }
}

impl Integers for Geometric {
    fn range(&self) -> (f64, f64) {
        (self.min, self.max)
    }
    fn cumulative_at(&self, k: f64) -> f64 {
        libm::expm1((k - self.min + 1.0) * self.logarithm) / self.reach
    }
    fn moment_of(&self, moment: Moment, from: f64, to: f64) -> f64 {
        if from > to {
            return 0.0;
        }
        let [zeroth, first, second] = self.sums((to - from + 1.0) as u64);
        let sum = match moment {
            Moment::First => from * zeroth + first,
            Moment::Second => from * from * zeroth + 2.0 * from * first + second,
        };
        self.p * libm::exp((from - self.min) * self.logarithm) / -self.reach * sum
    }
}

impl Draw for Geometric {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        let steps = libm::log1p(unit(generator.next_u64()) * self.reach) / self.logarithm;
        (self.min + libm::ceil(steps) - 1.0).clamp(self.min, self.max)
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::{Expect, Law, agreement};

    #[test]
    fn draws_follow_it() {
        agreement::draws_follow(&Law::Geometric { p: 0.25, min: 3.0, max: 20.0 });
        agreement::draws_follow(&Law::Geometric { p: 0.25, min: -1.0, max: 1.0 });
        agreement::draws_follow(&Law::Geometric { p: 1e-7, min: 0.0, max: 30_000_000.0 });
    }

    #[test]
    fn figures_are_scipys() {
        let law = Law::Geometric { p: 0.25, min: 3.0, max: 20.0 };
        agreement::moments_follow_from_quantiles(&law);
        // mpmath sums of .75^(k-3), k = 3..20; scipy.stats.rv_discrete gives the same mean
        agreement::figures(
            &law,
            5.897945866332595,
            10.152610547788099,
            &[
                (3.0, 0.2514174185231584),
                (5.0, 0.5814027803348039),
                (12.0, 0.9490368801077476),
                (19.0, 0.9981101086357888),
            ],
        );
    }

    #[test]
    fn a_small_p_comes_near_the_uniform_law() {
        let law = Law::Geometric { p: 1e-15, min: 0.0, max: 1_000_000.0 };
        assert!(libm::fabs(law.mean() / 500_000.0 - 1.0) < 1e-8);
        assert!(libm::fabs(law.variance() * 12.0 / 1_000_002_000_000.0 - 1.0) < 1e-6);
    }
}
