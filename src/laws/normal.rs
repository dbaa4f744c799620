//! [`Normal`]: the bell curve.
//!
//! Johnson, Kotz, Balakrishnan 1994, "Continuous Univariate Distributions" 1, chapter 13
//! (ISBN 978-0471584957); the partial moments are those of section 10 there, on truncation.

use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::special::{normal_cumulative, normal_density, normal_quantile};
use super::{Draw, Expect, Moment, finite, positive};
use crate::random::Real;

/// Density φ((x - mean) / deviation) / deviation.
#[derive(Clone, Copy, Debug)]
pub struct Normal {
    /// Mean and median.
    pub mean: f64,
    /// Standard deviation, in the unit of the mean.
    pub deviation: f64,
}

pub(super) fn validate(mean: f64, deviation: f64) -> Result<(), String> {
    finite("mean", mean)?;
    positive("stddev", deviation)
}

impl Expect for Normal {
    fn cumulative(&self, x: f64) -> f64 {
        normal_cumulative((x - self.mean) / self.deviation)
    }
    fn quantile(&self, probability: f64) -> f64 {
        self.mean + self.deviation * normal_quantile(probability)
    }
    fn mean(&self) -> f64 {
        self.mean
    }
    fn variance(&self) -> f64 {
        self.deviation * self.deviation
    }
    fn support(&self) -> (f64, f64) {
        (f64::NEG_INFINITY, f64::INFINITY)
    }
    fn is_discrete(&self) -> bool {
        false
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        let (from, to) = (normal_quantile(low), normal_quantile(high));
        let slope = self.deviation * (normal_density(from) - normal_density(to));
        let first = self.mean * (high - low) + slope;
        // z φ(z) vanishes at the infinities, where the product is not a number.
        let edge = |z: f64| if z.is_finite() { z * normal_density(z) } else { 0.0 };
        match moment {
            Moment::First => first,
            Moment::Second => {
                self.mean * (first + slope) + self.variance() * (high - low + edge(from) - edge(to))
            }
        }
    }
}

impl Draw for Normal {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        let Real(z) = StandardNormal.sample(generator);
        self.mean + self.deviation * z
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::{Law, agreement};

    #[test]
    fn draws_follow_it() {
        agreement::draws_follow(&Law::Normal { mean: 35.0, deviation: 12.0 });
    }

    #[test]
    fn figures_are_scipys() {
        let law = Law::Normal { mean: 35.0, deviation: 12.0 };
        agreement::moments_follow_from_quantiles(&law);
        // scipy.stats.norm(35, 12)
        agreement::figures(
            &law,
            35.0,
            144.0,
            &[
                (-20.0, 2.2881082869581217e-06),
                (30.0, 0.33846111951068963),
                (35.5, 0.5166177864903634),
                (90.0, 0.999997711891713),
            ],
        );
    }
}
