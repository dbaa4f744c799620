//! [`LogNormal`]: a number whose natural logarithm is normal.
//!
//! Johnson, Kotz, Balakrishnan 1994, "Continuous Univariate Distributions" 1, chapter 14
//! (ISBN 978-0471584957). The median is exp(mu); the mean, exp(mu + sigma²/2), lies above it.

use rand_distr::Distribution;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::special::{normal_cumulative, normal_quantile};
use super::{Draw, Expect, Moment, finite, positive};
use crate::random::Real;

/// Density φ((ln x - mu) / sigma) / (sigma x) above 0.
#[derive(Clone, Copy, Debug)]
pub struct LogNormal {
    /// Mean of the logarithm.
    pub mu: f64,
    /// Standard deviation of the logarithm.
    pub sigma: f64,
}

pub(super) fn validate(mu: f64, sigma: f64) -> Result<(), String> {
    finite("mu", mu)?;
    positive("sigma", sigma)?;
    if (LogNormal { mu, sigma }).raw_moment(2.0).is_finite() {
        Ok(())
    } else {
        Err(format!(
            "mu is {mu} and sigma is {sigma}, but mu + sigma² must stay below 354: the variance overflows"
        ))
    }
}

impl LogNormal {
    /// E[X^order].
    fn raw_moment(&self, order: f64) -> f64 {
        let scale = order * self.sigma;
        libm::exp(order * self.mu + 0.5 * scale * scale)
    }
}

impl Expect for LogNormal {
    fn cumulative(&self, x: f64) -> f64 {
        if x <= 0.0 { 0.0 } else { normal_cumulative((libm::log(x) - self.mu) / self.sigma) }
    }
    fn quantile(&self, probability: f64) -> f64 {
        libm::exp(self.mu + self.sigma * normal_quantile(probability))
    }
    fn mean(&self) -> f64 {
        self.raw_moment(1.0)
    }
    fn variance(&self) -> f64 {
        self.mean() * self.mean() * libm::expm1(self.sigma * self.sigma)
    }
    fn support(&self) -> (f64, f64) {
        (0.0, f64::INFINITY)
    }
    fn is_discrete(&self) -> bool {
        false
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        let order = match moment {
            Moment::First => 1.0,
            Moment::Second => 2.0,
        };
        // Weighting by a power moves the logarithm's mean.
        let weighted = |probability| normal_cumulative(normal_quantile(probability) - order * self.sigma);
        self.raw_moment(order) * (weighted(high) - weighted(low))
    }
}

impl Draw for LogNormal {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        let law =
            rand_distr::LogNormal::new(Real(self.mu), Real(self.sigma)).expect("validated: sigma is finite");
        law.sample(generator).0
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::{Law, agreement};

    #[test]
    fn draws_follow_it() {
        agreement::draws_follow(&Law::LogNormal { mu: 4.5, sigma: 1.2 });
    }

    #[test]
    fn figures_are_scipys() {
        let law = Law::LogNormal { mu: 4.5, sigma: 1.2 };
        agreement::moments_follow_from_quantiles(&law);
        // scipy.stats.lognorm(1.2, scale=np.exp(4.5))
        agreement::figures(
            &law,
            184.93418407068341,
            110149.8982452634,
            &[
                (1.0, 8.841728520080377e-05),
                (90.0, 0.49993672453987187),
                (500.0, 0.923474898868897),
                (20000.0, 0.9999966484778112),
            ],
        );
    }
}
