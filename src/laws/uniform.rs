//! [`Uniform`]: evenly over an interval.
//!
//! Johnson, Kotz, Balakrishnan 1995, "Continuous Univariate Distributions" 2, chapter 26
//! (ISBN 978-0471584940). Rounded values are another law, [`UniformSteps`](super::UniformSteps).

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Draw, Expect, Moment, interval};
use crate::random::unit;

/// Density 1 / (max - min) between `min` and `max`.
#[derive(Clone, Copy, Debug)]
pub struct Uniform {
    /// The lower end.
    pub min: f64,
    /// The upper end.
    pub max: f64,
}

pub(super) fn validate(min: f64, max: f64) -> Result<(), String> {
    interval(min, max)
}

impl Uniform {
    fn width(&self) -> f64 {
        self.max - self.min
    }
}

impl Expect for Uniform {
    fn cumulative(&self, x: f64) -> f64 {
        ((x - self.min) / self.width()).clamp(0.0, 1.0)
    }
    fn quantile(&self, probability: f64) -> f64 {
        (self.min + self.width() * probability).clamp(self.min, self.max)
    }
    fn mean(&self) -> f64 {
        self.min + 0.5 * self.width()
    }
    fn variance(&self) -> f64 {
        self.width() * self.width() / 12.0
    }
    fn support(&self) -> (f64, f64) {
        (self.min, self.max)
    }
    fn is_discrete(&self) -> bool {
        false
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        let (from, to) = (self.quantile(low), self.quantile(high));
        let average = match moment {
            Moment::First => (from + to) / 2.0,
            Moment::Second => (from * from + from * to + to * to) / 3.0,
        };
        (high - low) * average
    }
}

impl Draw for Uniform {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        self.quantile(unit(generator.next_u64()))
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::{Law, agreement};

    #[test]
    fn draws_follow_it() {
        agreement::draws_follow(&Law::Uniform { min: -3.0, max: 11.0 });
    }

    #[test]
    fn figures_are_scipys() {
        let law = Law::Uniform { min: -3.0, max: 11.0 };
        agreement::moments_follow_from_quantiles(&law);
        // scipy.stats.uniform(-3, 14)
        agreement::figures(
            &law,
            4.0,
            16.333333333333332,
            &[(-2.0, 0.07142857142857142), (0.0, 0.21428571428571427), (10.5, 0.9642857142857143)],
        );
    }
}
