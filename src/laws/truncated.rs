//! [`Truncated`]: a law under the condition that it falls inside an interval.
//!
//! Johnson, Kotz, Balakrishnan 1994, "Continuous Univariate Distributions" 1, section 1.10.
//! The mass inside is renormalised, not clamped: nothing piles up at the ends. Parameters of the law
//! describe it untruncated; its mean moves. Drawn by rejection where the interval keeps 5 % or more of
//! the law, by the quantile where it keeps less.

use super::{Draw, Expect, Law, Moment, Sampler};
use crate::random::unit;

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Less mass than this is refused: it is a mistake in the model, and floats near 1 would be too coarse.
const LEAST_MASS: f64 = 1e-6;

/// From this acceptance on, rejection takes 20 draws on average at the most.
const REJECTION: f64 = 0.05;

/// F = (F(x) - F(min-)) / (F(max) - F(min-)) of the law inside.
#[derive(Debug)]
pub struct Truncated {
    law: Box<dyn Expect>,
    /// The smallest and the greatest value that is left.
    support: (f64, f64),
    /// The mass below the interval.
    below: f64,
    /// The mass inside.
    mass: f64,
}

pub(super) fn validate(law: &Law, min: f64, max: f64) -> Result<(), String> {
    law.validate()?;
    if min.is_nan() || max.is_nan() || min > max {
        return Err(format!("truncated to min {min} and max {max}, but min must not exceed max"));
    }
    let Truncated { law, mass, .. } = Truncated::new(law, min, max);
    if mass >= LEAST_MASS {
        return Ok(());
    }
    let (low, high) = (law.quantile(0.001), law.quantile(0.999));
    Err(format!(
        "truncated to min {min} and max {max}, which keeps {mass:.0e} of the law, but must keep {LEAST_MASS:.0e}: \
         99.8 % of it lie from {low} to {high}"
    ))
}

impl Truncated {
    /// The law of valid parameters.
    pub fn new(law: &Law, min: f64, max: f64) -> Self {
        let law = law.expectation();
        let (below, upto) = (law.cumulative(min.next_down()), law.cumulative(max));
        let support = if law.is_discrete() {
            (law.quantile(below.next_up()), law.quantile(upto))
        } else {
            (min.max(law.support().0), max.min(law.support().1))
        };
        Self { law, support, below, mass: upto - below }
    }
}

impl Expect for Truncated {
    fn cumulative(&self, x: f64) -> f64 {
        if x >= self.support.1 {
            return 1.0;
        }
        ((self.law.cumulative(x) - self.below) / self.mass).clamp(0.0, 1.0)
    }
    fn quantile(&self, probability: f64) -> f64 {
        let inner = self.law.quantile(self.below + probability.clamp(0.0, 1.0) * self.mass);
        inner.clamp(self.support.0, self.support.1)
    }
    fn mean(&self) -> f64 {
        self.moment_between(Moment::First, 0.0, 1.0)
    }
    fn variance(&self) -> f64 {
        let mean = self.mean();
        if mean.is_infinite() {
            return f64::INFINITY;
        }
        self.moment_between(Moment::Second, 0.0, 1.0) - mean * mean
    }
    fn support(&self) -> (f64, f64) {
        self.support
    }
    fn is_discrete(&self) -> bool {
        self.law.is_discrete()
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        let inside = |probability: f64| self.below + probability * self.mass;
        self.law.moment_between(moment, inside(low), inside(high)) / self.mass
    }
}

/// How a truncated law is drawn.
#[derive(Debug)]
pub(super) enum TruncatedDrawing {
    /// Until a draw falls inside.
    Rejection { sampler: Box<Sampler>, min: f64, max: f64 },
    /// By the quantile of a uniform number.
    Inversion(Truncated),
}

impl TruncatedDrawing {
    pub(super) fn new(law: &Law, min: f64, max: f64) -> Result<Self, String> {
        let truncated = Truncated::new(law, min, max);
        if truncated.mass < REJECTION {
            return Ok(Self::Inversion(truncated));
        }
        Ok(Self::Rejection { sampler: Box::new(Sampler::new(law)?), min, max })
    }
}

impl Draw for TruncatedDrawing {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        match self {
            Self::Rejection { sampler, min, max } => loop {
                let value = sampler.draw(generator);
                if (*min..=*max).contains(&value) {
                    return value;
                }
            },
            Self::Inversion(law) => law.quantile(unit(generator.next_u64())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws::agreement;

    fn truncated(law: Law, min: f64, max: f64) -> Law {
        Law::Truncated { law: Box::new(law), min, max }
    }

    fn content() -> Law {
        truncated(Law::LogNormal { mu: 4.5, sigma: 1.2 }, 1.0, 4_000.0)
    }

    fn age() -> Law {
        truncated(Law::Normal { mean: 35.0, deviation: 12.0 }, 18.0, 80.0)
    }

    /// An interval in the tail, drawn by the quantile.
    fn far() -> Law {
        truncated(Law::Normal { mean: 0.0, deviation: 1.0 }, 3.0, 4.0)
    }

    #[test]
    fn draws_follow_it_by_rejection_and_by_the_quantile() {
        for law in [content(), age()] {
            assert!(matches!(drawing(&law), TruncatedDrawing::Rejection { .. }));
            agreement::draws_follow(&law);
        }
        let rare = truncated(Law::Geometric { p: 0.25, min: 3.0, max: 40.0 }, 14.5, 18.5);
        for law in [far(), rare] {
            assert!(matches!(drawing(&law), TruncatedDrawing::Inversion(_)));
            agreement::draws_follow(&law);
        }
    }

    fn drawing(law: &Law) -> TruncatedDrawing {
        let Law::Truncated { law, min, max } = law else { panic!("{law:?} is not truncated") };
        TruncatedDrawing::new(law, *min, *max).unwrap()
    }

    #[test]
    fn figures_are_scipys() {
        // scipy.stats.truncnorm((18-35)/12, (80-35)/12, 35, 12)
        agreement::figures(
            &age(),
            36.899713204073905,
            107.81132432000081,
            &[(20.0, 0.029686344892170445), (36.9, 0.525826262064003), (79.0, 0.9999626211961409)],
        );
        // scipy.stats.truncnorm(3, 4)
        agreement::figures(
            &far(),
            3.2604542855900243,
            0.04927779377738217,
            &[(3.01, 0.03311993292698199), (3.3, 0.6573025946315094), (3.9, 0.9875400027433728)],
        );
        // mpmath.ncdf closed form; scipy.stats.lognorm(1.2, scale=exp(4.5)).expect(x, 1, 4000, conditional=True) = 180.487
        agreement::figures(
            &content(),
            180.4870814205332,
            79665.82965006515,
            &[(2.0, 0.0006681478204038722), (90.0, 0.5002848813468153), (3000.0, 0.9990442910874828)],
        );
    }

    #[test]
    fn known_means_hold() {
        assert!(libm::fabs(content().mean() - 180.5) < 0.05, "{}", content().mean());
        assert!(libm::fabs(age().mean() - 36.9) < 0.05, "{}", age().mean());
    }

    #[test]
    fn moments_follow_from_its_quantiles() {
        let nested = truncated(
            Law::Mixture(vec![(1.0, age()), (1.0, Law::Zipf { exponent: 1.2, count: 1_000 })]),
            2.0,
            f64::INFINITY,
        );
        for law in [content(), age(), far(), nested] {
            agreement::moments_follow_from_quantiles(&law);
        }
    }

    #[test]
    fn a_heavy_tail_outside_does_not_blur_the_moments_inside() {
        for exponent in [1.2, 2.1] {
            let cut = truncated(Law::Zipf { exponent, count: 300_000_000 }, 1.0, 100.0);
            let short = Law::Zipf { exponent, count: 100 };
            agreement::close(cut.mean(), short.mean(), 1e-12);
            agreement::close(cut.variance(), short.variance(), 1e-12);
        }
        let start = truncated(Law::Exponential { mean: 1e5 }, 0.0, 1.0);
        agreement::close(start.mean(), 0.5 - 1e-5 / 12.0, 1e-9);
        agreement::close(start.variance(), 1.0 / 12.0, 1e-9);
    }

    #[test]
    fn a_geometric_law_cut_above_is_the_geometric_law_of_the_shorter_range() {
        let cut = truncated(Law::Geometric { p: 0.25, min: 1.0, max: 50.0 }, 2.5, 20.0);
        let short = Law::Geometric { p: 0.25, min: 3.0, max: 20.0 };
        assert_eq!(cut.support(), (3.0, 20.0));
        for k in 2..22 {
            let k = f64::from(k);
            assert!(libm::fabs(cut.cumulative(k) - short.cumulative(k)) < 1e-14, "at {k}");
            assert_eq!(cut.quantile(short.cumulative(k) - 1e-9), short.quantile(short.cumulative(k) - 1e-9));
        }
        assert!(libm::fabs(cut.variance() - short.variance()) < 1e-9);
        agreement::draws_follow(&cut);
    }
}
