//! [`Law`]: a probability law, declared once; [`Expect`] says what it promises, [`Draw`] keeps it.
//!
//! One file per law holds its parameters with their units, its closed forms and how it is drawn.
//! Expecting and drawing are two traits: a judge of data reads the closed forms and never names
//! [`Draw`], and each law's tests hold the one against the other and against published values.
//!
//! Parameters are plain numbers in whatever unit the column has. Truncation renormalises: no mass piles
//! up at the ends. Rounding is the caller's; [`Law::rounded_cumulative`] is its expectation,
//! and [`Law::in_steps`] the law for which it is none.
//!
//! # Adding a law
//!
//! 1. A file `the_law.rs`: a struct of its parameters with [`Expect`], a `validate`, and [`Draw`] (through
//!    `rand_distr` on [`Real`](crate::random::Real) where that has the law). Its tests call
//!    `agreement::draws_follow` and compare moments and quantiles with an outside library.
//! 2. A variant of [`Law`], and the arms that the compiler then asks for: [`Law::validate`],
//!    [`Law::expectation`] and `Sampler::new`.
//! 3. Its first draws in `golden.rs`. Values of existing laws never change without a new `VALUES_VERSION`.

pub mod bursts;
mod choice;
mod constant;
mod exponential;
mod geometric;
mod histogram;
mod integers;
mod interpolated;
mod log_normal;
mod mixture;
mod normal;
pub mod pairs;
mod pareto;
mod poisson;
mod power_law;
pub mod quantiles;
pub mod ranked;
pub mod rhythm;
mod rising;
mod sampler;
pub mod shares;
pub mod special;
pub mod tables;
mod truncated;
mod uniform;
mod uniform_steps;
mod zipf;

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod golden;

use std::fmt::Debug;

use serde::Serialize;

pub use choice::Choice;
pub use constant::Constant;
pub use exponential::Exponential;
pub use geometric::Geometric;
pub use histogram::Histogram;
pub use interpolated::Interpolated;
pub use log_normal::LogNormal;
pub use mixture::Mixture;
pub use normal::Normal;
pub use pareto::Pareto;
pub use poisson::Poisson;
pub use power_law::PowerLaw;
pub use rising::Rising;
pub use sampler::{Draw, Sampler};
pub use truncated::Truncated;
pub use uniform::Uniform;
pub use uniform_steps::{BetweenSteps, UniformSteps};
pub use zipf::{Zipf, ZipfFamily};

/// A law with its parameters. Everything but [`Law::validate`] takes a valid one for granted.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// Always this value.
    Constant(f64),
    /// Evenly over an interval.
    Uniform {
        /// The lower end.
        min: f64,
        /// The upper end.
        max: f64,
    },
    /// Evenly over the multiples of 10^-decimals from `min` to `max`.
    UniformSteps {
        /// The least value.
        min: f64,
        /// The greatest value.
        max: f64,
        /// The places after the point; 0 of whole numbers.
        decimals: u8,
    },
    /// The bell curve.
    Normal {
        /// Mean and median.
        mean: f64,
        /// Standard deviation, in the unit of the mean.
        #[serde(rename = "stddev")]
        deviation: f64,
    },
    /// A number whose natural logarithm is normal.
    LogNormal {
        /// Mean of the logarithm; the median is exp(mu).
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Waiting without memory.
    Exponential {
        /// The mean, which is also the standard deviation.
        mean: f64,
    },
    /// More and more towards the end of an interval: F = 1 - √(1 - t) at t = (x - min) / (max - min).
    Rising {
        /// The lower end.
        min: f64,
        /// The upper end, where the density is greatest.
        max: f64,
    },
    /// Integers k of `min..=max` with P(k) ∝ (1 - p)^(k - min).
    Geometric {
        /// How much of what remains each step takes, between 0 and 1.
        p: f64,
        /// The smallest and likeliest integer.
        min: f64,
        /// The greatest integer.
        max: f64,
    },
    /// Integers k of `min..=max` with P(k) ∝ k^-exponent.
    PowerLaw {
        /// 0 (all alike) to 20.
        exponent: f64,
        /// The smallest and likeliest integer, at least 1.
        min: f64,
        /// The greatest integer.
        max: f64,
    },
    /// Ranks k of `1..=count` with P(k) ∝ k^-exponent.
    Zipf {
        /// 0 (all alike) to 20.
        exponent: f64,
        /// How many ranks there are.
        count: u64,
    },
    /// Integers k from 0 on with P(k) = mean^k exp(-mean) / k!.
    Poisson {
        /// The mean, which is also the variance.
        mean: f64,
    },
    /// F(x) = 1 - (min / x)^alpha from `min` on.
    Pareto {
        /// How fast the tail falls; up to 1 there is no mean, up to 2 no variance.
        alpha: f64,
        /// The smallest and likeliest value, above 0.
        min: f64,
    },
    /// Percents from 0 to 100, each with the value below which so much lies; straight between them, on a
    /// logarithmic scale where all values are above 0.
    Quantiles(Vec<(f64, f64)>),
    /// Cells with a weight each, even inside.
    Histogram {
        /// Where cells begin and end, rising.
        edges: Vec<f64>,
        /// One for each cell; they need not sum to 1.
        weights: Vec<f64>,
    },
    /// One of several values, each with a weight; the weights need not sum to 1.
    Choice(Vec<(f64, f64)>),
    /// One of several laws, each with a weight in front of it; the weights need not sum to 1.
    Mixture(Vec<(f64, Law)>),
    /// A law under the condition that it falls inside `min..=max`.
    Truncated {
        /// The law without the condition.
        law: Box<Law>,
        /// The smallest value kept; -∞ (null in JSON) for none.
        min: f64,
        /// The greatest value kept; ∞ (null in JSON) for none.
        max: f64,
    },
}

/// What a law promises, in closed form. Implementors hold parameters that were found valid.
pub trait Expect: Debug + Send + Sync {
    /// F(x), the probability of a value up to and including `x`.
    fn cumulative(&self, x: f64) -> f64;
    /// Q(p), the smallest value x with F(x) ≥ p; the ends of the support at 0 and 1.
    fn quantile(&self, probability: f64) -> f64;
    /// The mean.
    fn mean(&self) -> f64;
    /// The variance.
    fn variance(&self) -> f64;
    /// The smallest and the greatest value, which may be infinite.
    fn support(&self) -> (f64, f64);
    /// Whether the law has atoms only.
    fn is_discrete(&self) -> bool;
    /// ∫ Q(u) du, or of Q(u)², over `low` ≤ u ≤ `high`. Both ends are asked for, since a difference of two
    /// moments of a heavy tail would leave nothing of the body.
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64;
    /// ∫ Q(u) du over the greatest `share` of the mass: the part of the total that the top `share` holds,
    /// times the mean.
    fn partial_mean(&self, share: f64) -> f64 {
        self.moment_between(Moment::First, 1.0 - share.clamp(0.0, 1.0), 1.0)
    }
}

/// Which power of the value is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The value.
    First,
    /// Its square.
    Second,
}

impl Moment {
    /// The power of a value.
    pub fn of(self, value: f64) -> f64 {
        match self {
            Moment::First => value,
            Moment::Second => value * value,
        }
    }
}

impl Law {
    /// Names the first wrong parameter and what would work.
    pub fn validate(&self) -> Result<(), String> {
        match self {
            Law::Constant(value) => constant::validate(*value),
            Law::Uniform { min, max } => uniform::validate(*min, *max),
            Law::UniformSteps { min, max, decimals } => uniform_steps::validate(*min, *max, *decimals),
            Law::Normal { mean, deviation } => normal::validate(*mean, *deviation),
            Law::LogNormal { mu, sigma } => log_normal::validate(*mu, *sigma),
            Law::Exponential { mean } => exponential::validate(*mean),
            Law::Rising { min, max } => rising::validate(*min, *max),
            Law::Geometric { p, min, max } => geometric::validate(*p, *min, *max),
            Law::PowerLaw { exponent, min, max } => power_law::validate(*exponent, *min, *max),
            Law::Zipf { exponent, count } => zipf::validate(*exponent, *count),
            Law::Poisson { mean } => poisson::validate(*mean),
            Law::Pareto { alpha, min } => pareto::validate(*alpha, *min),
            Law::Quantiles(anchors) => interpolated::validate(anchors),
            Law::Histogram { edges, weights } => histogram::validate(edges, weights),
            Law::Choice(options) => choice::validate(options),
            Law::Mixture(parts) => mixture::validate(parts),
            Law::Truncated { law, min, max } => truncated::validate(law, *min, *max),
        }
    }

    /// The closed forms, with whatever they share computed once: for many questions about one law.
    pub fn expectation(&self) -> Box<dyn Expect> {
        match self {
            Law::Constant(value) => Box::new(Constant { value: *value }),
            Law::Uniform { min, max } => Box::new(Uniform { min: *min, max: *max }),
            Law::UniformSteps { min, max, decimals } => Box::new(UniformSteps::new(*min, *max, *decimals)),
            Law::Normal { mean, deviation } => Box::new(Normal { mean: *mean, deviation: *deviation }),
            Law::LogNormal { mu, sigma } => Box::new(LogNormal { mu: *mu, sigma: *sigma }),
            Law::Exponential { mean } => Box::new(Exponential { mean: *mean }),
            Law::Rising { min, max } => Box::new(Rising { min: *min, max: *max }),
            Law::Geometric { p, min, max } => Box::new(Geometric::new(*p, *min, *max)),
            Law::PowerLaw { exponent, min, max } => Box::new(PowerLaw::new(*exponent, *min, *max)),
            Law::Zipf { exponent, count } => Box::new(Zipf::new(*exponent, *count)),
            Law::Poisson { mean } => Box::new(Poisson::new(*mean)),
            Law::Pareto { alpha, min } => Box::new(Pareto { alpha: *alpha, min: *min }),
            Law::Quantiles(anchors) => Box::new(Interpolated::new(anchors)),
            Law::Histogram { edges, weights } => Box::new(Histogram::new(edges, weights)),
            Law::Choice(options) => Box::new(Choice::new(options)),
            Law::Mixture(parts) => Box::new(Mixture::new(parts)),
            Law::Truncated { law, min, max } => Box::new(Truncated::new(law, *min, *max)),
        }
    }

    /// Whether every value is a whole number.
    pub fn is_whole(&self) -> bool {
        match self {
            Law::Geometric { .. } | Law::PowerLaw { .. } | Law::Zipf { .. } | Law::Poisson { .. } => true,
            Law::UniformSteps { decimals, .. } => *decimals == 0,
            Law::Constant(value) => libm::floor(*value) == *value,
            Law::Choice(options) => options.iter().all(|(value, _)| libm::floor(*value) == *value),
            Law::Mixture(parts) => parts.iter().all(|(_, law)| law.is_whole()),
            Law::Truncated { law, .. } => law.is_whole(),
            Law::Uniform { .. }
            | Law::Normal { .. }
            | Law::LogNormal { .. }
            | Law::Exponential { .. }
            | Law::Rising { .. }
            | Law::Pareto { .. }
            | Law::Quantiles(_)
            | Law::Histogram { .. } => false,
        }
    }

    /// F(k + 1/2): the probability that the value, rounded to the nearest integer, is at most `k`.
    pub fn rounded_cumulative(&self, k: i64) -> f64 {
        self.cumulative(k as f64 + 0.5)
    }
}

impl Expect for Law {
    fn cumulative(&self, x: f64) -> f64 {
        self.expectation().cumulative(x)
    }
    fn quantile(&self, probability: f64) -> f64 {
        self.expectation().quantile(probability)
    }
    fn mean(&self) -> f64 {
        self.expectation().mean()
    }
    fn variance(&self) -> f64 {
        self.expectation().variance()
    }
    fn support(&self) -> (f64, f64) {
        self.expectation().support()
    }
    fn is_discrete(&self) -> bool {
        self.expectation().is_discrete()
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        self.expectation().moment_between(moment, low, high)
    }
}

/// Refuses NaN and the infinities.
fn finite(name: &str, value: f64) -> Result<(), String> {
    if value.is_finite() { Ok(()) } else { Err(format!("{name} is {value}, but must be a finite number")) }
}

/// Refuses everything that is not a finite number above 0.
fn positive(name: &str, value: f64) -> Result<(), String> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(format!("{name} is {value}, but must be a finite number above 0"))
    }
}

/// Refuses an interval that is empty, a point, or infinite.
fn interval(min: f64, max: f64) -> Result<(), String> {
    finite("min", min)?;
    finite("max", max)?;
    if min > max {
        Err(format!("min is {min} and max is {max}, but min must be below max"))
    } else if min == max {
        Err(format!("min and max are both {min}: use `constant: {min}`"))
    } else if (max - min).is_infinite() {
        Err(format!("min is {min:?} and max is {max:?}, but their distance must be a finite number"))
    } else {
        Ok(())
    }
}

/// Refuses weights that are negative, not finite, or all 0.
fn weights(weights: impl Iterator<Item = f64>) -> Result<(), String> {
    let mut total = 0.0;
    for (index, weight) in weights.enumerate() {
        if !(weight.is_finite() && weight >= 0.0) {
            let place = index + 1;
            return Err(format!("weight {place} is {weight}, but must be a finite number, 0 or above"));
        }
        total += weight;
    }
    if total > 0.0 && total.is_finite() {
        Ok(())
    } else {
        Err(format!("the weights sum to {total}, but at least one must be above 0 and their sum finite"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_parameters_are_named_with_what_would_work() {
        let wrong = |law: Law| law.validate().unwrap_err();
        insta::assert_snapshot!([
            wrong(Law::Constant(f64::NAN)),
            wrong(Law::Uniform { min: 3.0, max: 2.0 }),
            wrong(Law::Rising { min: 3.0, max: 3.0 }),
            wrong(Law::Uniform { min: f64::MIN, max: f64::MAX }),
            wrong(Law::Normal { mean: 1.0, deviation: 0.0 }),
            wrong(Law::LogNormal { mu: 1.0, sigma: -1.0 }),
            wrong(Law::LogNormal { mu: 700.0, sigma: 9.0 }),
            wrong(Law::Exponential { mean: f64::INFINITY }),
            wrong(Law::Geometric { p: 1.0, min: 1.0, max: 2.0 }),
            wrong(Law::Geometric { p: 0.5, min: 1.5, max: 2.0 }),
            wrong(Law::PowerLaw { exponent: 21.0, min: 1.0, max: 2.0 }),
            wrong(Law::PowerLaw { exponent: 2.0, min: 0.0, max: 2.0 }),
            wrong(Law::PowerLaw { exponent: 2.0, min: 9.0, max: 2.0 }),
            wrong(Law::Zipf { exponent: -1.0, count: 10 }),
            wrong(Law::Zipf { exponent: 1.0, count: 0 }),
            wrong(Law::Poisson { mean: 0.0 }),
            wrong(Law::Poisson { mean: 4e6 }),
            wrong(Law::Pareto { alpha: 0.05, min: 1.0 }),
            wrong(Law::Pareto { alpha: 1.5, min: 0.0 }),
            wrong(Law::Pareto { alpha: 1.5, min: 1e200 }),
            wrong(Law::Choice(vec![])),
            wrong(Law::Choice(vec![(1.0, 1.0), (2.0, -1.0)])),
            wrong(Law::Mixture(vec![(0.0, Law::Constant(1.0))])),
            wrong(Law::Mixture(vec![(1.0, Law::Constant(1.0)), (1.0, Law::Exponential { mean: 0.0 })])),
            wrong(Law::Truncated { law: Box::new(Law::Exponential { mean: 1.0 }), min: 50.0, max: 60.0 }),
            wrong(Law::Truncated { law: Box::new(Law::Exponential { mean: 1.0 }), min: 2.0, max: 1.0 }),
        ].join("\n"), @"
        constant is NaN, but must be a finite number
        min is 3 and max is 2, but min must be below max
        min and max are both 3: use `constant: 3`
        min is -1.7976931348623157e308 and max is 1.7976931348623157e308, but their distance must be a finite number
        stddev is 0, but must be a finite number above 0
        sigma is -1, but must be a finite number above 0
        mu is 700 and sigma is 9, but mu + sigma² must stay below 354: the variance overflows
        mean is inf, but must be a finite number above 0
        p is 1, but must lie between 0 and 1
        min is 1.5, but must be a whole number from -9007199254740992 to 9007199254740992
        exponent is 21, but must lie between 0 (all alike) and 20 (nearly all on the first)
        min is 0, but must be a whole number from 1 to 9007199254740992
        min is 9 and max is 2, but min must not exceed max
        exponent is -1, but must lie between 0 (all alike) and 20 (nearly all on the first)
        count is 0, but must be a whole number from 1 to 9007199254740992
        mean is 0, but must be a finite number above 0
        mean is 4000000, but must not exceed 1000000: beyond, `normal` with a stddev of 2000 is the same law
        alpha is 0.05, but must lie between 0.1 and 1000
        min is 0, but must be a finite number above 0
        min is 1e200, but must not exceed 1e100
        the choice is empty: give at least one value with a weight
        weight 2 is -1, but must be a finite number, 0 or above
        the weights sum to 0, but at least one must be above 0 and their sum finite
        part 2 of the mixture: mean is 0, but must be a finite number above 0
        truncated to min 50 and max 60, which keeps 0e0 of the law, but must keep 1e-6: 99.8 % of it lie from 0.0010005003335835335 to 6.907755278982136
        truncated to min 2 and max 1, but min must not exceed max
        ");
    }

    #[test]
    fn rounding_moves_half_a_cell() {
        let law = Law::Uniform { min: 0.0, max: 10.0 };
        assert_eq!(law.rounded_cumulative(3), 0.35);
        assert_eq!(Law::Geometric { p: 0.5, min: 1.0, max: 9.0 }.rounded_cumulative(0), 0.0);
    }

    #[test]
    fn laws_serialise_under_the_names_of_the_model_language() {
        let law = Law::Truncated {
            law: Box::new(Law::Normal { mean: 35.0, deviation: 12.0 }),
            min: 18.0,
            max: f64::INFINITY,
        };
        assert_eq!(
            serde_json::to_string(&law).unwrap(),
            r#"{"truncated":{"law":{"normal":{"mean":35.0,"stddev":12.0}},"min":18.0,"max":null}}"#
        );
    }
}
