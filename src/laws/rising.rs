//! [`Rising`]: more and more towards the end of an interval.
//!
//! F(x) = 1 - √(1 - t) at t = (x - min) / (max - min), that is x = min + (max - min)(1 - (1-u)²): the
//! beta law with parameters 1 and 1/2 (Johnson, Kotz, Balakrishnan 1995, "Continuous Univariate
//! Distributions" 2, chapter 25). Half of the mass lies in the last quarter; the density at the end is
//! infinite. Times "that favour recent dates" follow it.

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Draw, Expect, Moment, interval};
use crate::random::unit;

/// Density 1 / (2 (max - min) √(1 - t)).
#[derive(Clone, Copy, Debug)]
pub struct Rising {
    /// The lower end.
    pub min: f64,
    /// The upper end.
    pub max: f64,
}

pub(super) fn validate(min: f64, max: f64) -> Result<(), String> {
    interval(min, max)
}

impl Rising {
    fn width(&self) -> f64 {
        self.max - self.min
    }
}

impl Expect for Rising {
    fn cumulative(&self, x: f64) -> f64 {
        // From the end backwards, where the density is greatest and cancellation would hurt.
        1.0 - libm::sqrt(((self.max - x) / self.width()).clamp(0.0, 1.0))
    }
    fn quantile(&self, probability: f64) -> f64 {
        let above = 1.0 - probability.clamp(0.0, 1.0);
        (self.max - self.width() * above * above).clamp(self.min, self.max)
    }
    fn mean(&self) -> f64 {
        self.min + self.width() * (2.0 / 3.0)
    }
    fn variance(&self) -> f64 {
        self.width() * self.width() * (4.0 / 45.0)
    }
    fn support(&self) -> (f64, f64) {
        (self.min, self.max)
    }
    fn is_discrete(&self) -> bool {
        false
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        // With v = 1 - u, Q = max - width · v².
        let (first, last) = (1.0 - high, 1.0 - low);
        let (first_square, last_square) = (first * first, last * last);
        let linear = last - first;
        let cubic = self.width() * (last_square * last - first_square * first) / 3.0;
        match moment {
            Moment::First => self.max * linear - cubic,
            Moment::Second => {
                let fifth = last_square * last_square * last - first_square * first_square * first;
                let quintic = self.width() * self.width() * fifth / 5.0;
                self.max * (self.max * linear - 2.0 * cubic) + quintic
            }
        }
    }
}

impl Draw for Rising {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        self.quantile(unit(generator.next_u64()))
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::{Expect, Law, agreement};

    #[test]
    fn draws_follow_it() {
        agreement::draws_follow(&Law::Rising { min: 100.0, max: 180.0 });
    }

    #[test]
    fn half_of_the_mass_lies_in_the_last_quarter() {
        assert_eq!(Law::Rising { min: 0.0, max: 1.0 }.cumulative(0.75), 0.5);
    }

    #[test]
    fn figures_are_scipys() {
        let law = Law::Rising { min: 100.0, max: 180.0 };
        agreement::moments_follow_from_quantiles(&law);
        // scipy.stats.beta(1, .5, 100, 80)
        agreement::figures(
            &law,
            153.33333333333331,
            568.8888888888889,
            &[(101.0, 0.006269654282410475), (160.0, 0.5), (179.5, 0.9209430584957906)],
        );
    }
}
