//! [`Pareto`]: sizes of which the greatest few hold the most.
//!
//! Johnson, Kotz, Balakrishnan 1994, "Continuous Univariate Distributions" 1, chapter 20
//! (ISBN 978-0471584957), of the first kind. Up to alpha 1 it has no mean, up to 2 no variance; both are
//! infinite then, and whoever needs them truncates it. Drawn by `rand_distr`, by inversion.

use rand_distr::Distribution;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Draw, Expect, Moment, positive};
use crate::random::Real;

/// Draws of lesser exponents leave the floats; greater ones leave `min` alone.
const EXPONENTS: (f64, f64) = (0.1, 1_000.0);

/// Up to here the rarest draw, `min` times 2^530 at the least exponent, is a float.
const GREATEST_MIN: f64 = 1e100;

/// F(x) = 1 - (min / x)^alpha from `min` on.
#[derive(Clone, Copy, Debug)]
pub struct Pareto {
    /// How fast the tail falls.
    pub alpha: f64,
    /// The smallest and likeliest value.
    pub min: f64,
}

pub(super) fn validate(alpha: f64, min: f64) -> Result<(), String> {
    let (least, greatest) = EXPONENTS;
    if !(least..=greatest).contains(&alpha) {
        return Err(format!("alpha is {alpha}, but must lie between {least} and {greatest}"));
    }
    positive("min", min)?;
    if min <= GREATEST_MIN {
        Ok(())
    } else {
        Err(format!("min is {min:e}, but must not exceed {GREATEST_MIN:e}"))
    }
}

impl Expect for Pareto {
    fn cumulative(&self, x: f64) -> f64 {
        if x <= self.min { 0.0 } else { -libm::expm1(self.alpha * libm::log(self.min / x)) }
    }
    fn quantile(&self, probability: f64) -> f64 {
        if probability >= 1.0 {
            return f64::INFINITY;
        }
        self.min * libm::exp(-libm::log1p(-probability.max(0.0)) / self.alpha)
    }
    fn mean(&self) -> f64 {
        if self.alpha > 1.0 { self.min * self.alpha / (self.alpha - 1.0) } else { f64::INFINITY }
    }
    fn variance(&self) -> f64 {
        if self.alpha <= 2.0 {
            return f64::INFINITY;
        }
        let below = self.alpha - 1.0;
        self.min * self.min * self.alpha / (below * below * (self.alpha - 2.0))
    }
    fn support(&self) -> (f64, f64) {
        (self.min, f64::INFINITY)
    }
    fn is_discrete(&self) -> bool {
        false
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        if low >= high {
            return 0.0;
        }
        let order = match moment {
            Moment::First => 1.0,
            Moment::Second => 2.0,
        };
        // With v = 1 - u, Q^order = min^order v^-(order / alpha): a power of v from 1 - high to 1 - low.
        let slope = 1.0 - order / self.alpha;
        let (from, to) = (1.0 - high, 1.0 - low);
        let integral = if from > 0.0 {
            super::special::power_integral(from, to, 1.0 - slope)
        } else if slope > 0.0 {
            libm::exp(slope * libm::log(to)) / slope
        } else {
            f64::INFINITY
        };
        moment.of(self.min) * integral
    }
}

/// Draws of the law.
#[derive(Clone, Copy, Debug)]
pub(super) struct ParetoDrawing(rand_distr::Pareto<Real>);

impl ParetoDrawing {
    pub(super) fn new(law: &Pareto) -> Self {
        let drawing = rand_distr::Pareto::new(Real(law.min), Real(law.alpha));
        Self(drawing.expect("validated: both are above 0"))
    }
}

impl Draw for ParetoDrawing {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        self.0.sample(generator).0
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::{Expect, Law, agreement};

    #[test]
    fn draws_follow_it() {
        for alpha in [0.1, 0.8, 1.5, 2.0, 40.0] {
            agreement::draws_follow(&Law::Pareto { alpha, min: 3.0 });
        }
    }

    #[test]
    fn figures_are_scipys() {
        let law = Law::Pareto { alpha: 3.5, min: 2.0 };
        agreement::moments_follow_from_quantiles(&law);
        // scipy.stats.pareto(3.5, scale=2)
        agreement::figures(
            &law,
            2.8,
            1.4933333333333334,
            &[(2.5, 0.542053278208043), (10.0, 0.9964222912360003), (100.0, 0.9999988686291501)],
        );
    }

    #[test]
    fn figures_of_a_truncated_one_are_those_of_its_integrals() {
        // ∫ x f and ∫ x² f over 1 to 1000 in 40 decimal digits
        let law =
            Law::Truncated { law: Box::new(Law::Pareto { alpha: 1.5, min: 1.0 }), min: 1.0, max: 1_000.0 };
        agreement::moments_follow_from_quantiles(&law);
        agreement::draws_follow(&law);
        agreement::figures(
            &law,
            2.905223541429977,
            83.43091120291388,
            &[(2.0, 0.6464670524899074), (10.0, 0.9684078471433257), (500.0, 0.9999421782290168)],
        );
    }

    #[test]
    fn heavy_tails_have_quantiles_but_no_moments() {
        let law = Law::Pareto { alpha: 1.5, min: 1.0 };
        // scipy.stats.pareto(1.5)
        agreement::close(law.quantile(0.99), 21.54434690031882, 1e-12);
        assert_eq!((law.mean(), law.variance()), (3.0, f64::INFINITY));
        let law = Law::Pareto { alpha: 1.0, min: 1.0 };
        assert_eq!((law.mean(), law.partial_mean(0.5)), (f64::INFINITY, f64::INFINITY));
        let mixed = Law::Mixture(vec![(1.0, law.clone()), (1.0, Law::Constant(3.0))]);
        assert_eq!((mixed.mean(), mixed.variance()), (f64::INFINITY, f64::INFINITY));
        let cut = Law::Truncated { law: Box::new(law), min: 5.0, max: f64::INFINITY };
        assert_eq!((cut.mean(), cut.variance()), (f64::INFINITY, f64::INFINITY));
    }
}
