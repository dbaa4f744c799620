//! [`Exponential`]: waiting without memory.
//!
//! Johnson, Kotz, Balakrishnan 1994, "Continuous Univariate Distributions" 1, chapter 19
//! (ISBN 978-0471584957).

use rand_distr::{Distribution, Exp1};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Draw, Expect, Moment, positive};
use crate::random::Real;

/// Density exp(-x / mean) / mean from 0 on.
#[derive(Clone, Copy, Debug)]
pub struct Exponential {
    /// The mean, which is also the standard deviation.
    pub mean: f64,
}

pub(super) fn validate(mean: f64) -> Result<(), String> {
    positive("mean", mean)
}

impl Expect for Exponential {
    fn cumulative(&self, x: f64) -> f64 {
        if x <= 0.0 { 0.0 } else { -libm::expm1(-x / self.mean) }
    }
    fn quantile(&self, probability: f64) -> f64 {
        if probability >= 1.0 { f64::INFINITY } else { -self.mean * libm::log1p(-probability.max(0.0)) }
    }
    fn mean(&self) -> f64 {
        self.mean
    }
    fn variance(&self) -> f64 {
        self.mean * self.mean
    }
    fn support(&self) -> (f64, f64) {
        (0.0, f64::INFINITY)
    }
    fn is_discrete(&self) -> bool {
        false
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        if low >= high {
            return 0.0;
        }
        // In units of the mean, from the lower end: x = from + t, and what lies beyond begins anew.
        let from = self.quantile(low) / self.mean;
        let length = self.quantile(high) / self.mean - from;
        let [zeroth, first, second] = [0, 1, 2].map(|order| lower_gamma(order, length));
        let integral = match moment {
            Moment::First => from * zeroth + first,
            Moment::Second => from * from * zeroth + 2.0 * from * first + second,
        };
        moment.of(self.mean) * (1.0 - low) * integral
    }
}

/// ∫ tⁿ exp(-t) dt over 0 ≤ t ≤ x for n up to 2: the lower incomplete gamma function (DLMF 8.7.1 and 8.4.8,
/// <https://dlmf.nist.gov/8>), by its series where the closed form cancels.
fn lower_gamma(n: u32, x: f64) -> f64 {
    let density = libm::exp(-x);
    if x > 1.0 {
        // n! (1 - exp(-x) Σ xʲ/j!), where infinity leaves n!.
        let beyond = |polynomial: f64| if density > 0.0 { density * polynomial } else { 0.0 };
        return match n {
            0 => 1.0 - density,
            1 => 1.0 - beyond(1.0 + x),
            _ => 2.0 - beyond(2.0 + x * (2.0 + x)),
        };
    }
    let mut term = x;
    for _ in 0..n {
        term *= x;
    }
    // Σ (-1)ʲ x^(n+1+j) / (j! (n+1+j)): 20 terms leave 1/21!.
    let mut sum = 0.0;
    for j in 0..20 {
        sum += term / f64::from(n + 1 + j);
        term *= -x / f64::from(j + 1);
    }
    sum
}

impl Draw for Exponential {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        let Real(units) = Exp1.sample(generator);
        self.mean * units
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::{Law, agreement};

    #[test]
    fn draws_follow_it() {
        agreement::draws_follow(&Law::Exponential { mean: 900.0 });
    }

    #[test]
    fn figures_are_scipys() {
        let law = Law::Exponential { mean: 900.0 };
        agreement::moments_follow_from_quantiles(&law);
        // scipy.stats.expon(scale=900)
        agreement::figures(
            &law,
            900.0,
            810000.0,
            &[(1.0, 0.001110494055720687), (900.0, 0.6321205588285577), (9000.0, 0.9999546000702375)],
        );
    }
}
