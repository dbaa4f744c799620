//! [`UniformSteps`]: whole numbers, or numbers of so many decimal places, each as likely as any other.
//!
//! Johnson, Kemp, Kotz 2005, "Univariate Discrete Distributions", third edition, section 6.10.1
//! (ISBN 978-0471272465). What [`Uniform`](super::Uniform) is where values are kept with a fixed number of places:
//! rounding that law would give its two ends half the mass of the others. Values are counted in steps, which are
//! whole numbers, so that draws are exact beyond the digits of a float.

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Draw, Expect, Law, Moment, finite};
use crate::random::below;

/// The greatest step: the last float that is a whole number of 64 bits.
const GREATEST: f64 = 9_223_372_036_854_774_784.0;

/// P = 1 / n at each of the n multiples of 10^-decimals within `min..=max`.
#[derive(Clone, Copy, Debug)]
pub struct UniformSteps {
    first: i64,
    last: i64,
    decimals: u8,
    /// Steps in 1.
    unit: f64,
}

/// A uniform law none of whose values has few enough places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BetweenSteps {
    /// What is wrong.
    pub message: String,
    /// Bounds that would work.
    pub hint: String,
}

pub(super) fn validate(min: f64, max: f64, decimals: u8) -> Result<(), String> {
    let unit = steps_in_one(decimals);
    for (name, value) in [("min", min), ("max", max)] {
        finite(name, value)?;
        if (value * unit).abs() > GREATEST {
            let most = GREATEST / unit;
            return Err(format!("{name} is {value}, but must lie from {} to {most}", -most));
        }
    }
    if min > max {
        return Err(format!("min is {min} and max is {max}, but min must not exceed max"));
    }
    if first_step(min, unit) > last_step(max, unit) {
        return Err(format!("no {} lies from {min} to {max}", kind(decimals)));
    }
    Ok(())
}

/// What the values are, in words.
fn kind(decimals: u8) -> String {
    match decimals {
        0 => "whole number".to_owned(),
        1 => "number of 1 decimal place".to_owned(),
        _ => format!("number of {decimals} decimal places"),
    }
}

fn steps_in_one(decimals: u8) -> f64 {
    libm::pow(10.0, f64::from(decimals))
}

/// The first step whose value is at least `x`. Dividing by a power of ten gives the float that the decimal is written
/// as; multiplying by it may fall beside the step.
fn first_step(x: f64, unit: f64) -> f64 {
    let near = libm::round(x * unit);
    if near / unit >= x { near } else { near + 1.0 }
}

/// The last step whose value is at most `x`.
fn last_step(x: f64, unit: f64) -> f64 {
    let near = libm::round(x * unit);
    if near / unit <= x { near } else { near - 1.0 }
}

impl Law {
    /// The law of values that are kept with so many decimal places, 0 of whole numbers: a uniform law, alone or in a
    /// mixture or truncated, is one over the steps within its bounds. Values of all other laws are rounded by whoever
    /// draws them.
    ///
    /// # Errors
    ///
    /// A uniform law without any such value between its bounds.
    pub fn in_steps(self, decimals: u8) -> Result<Self, BetweenSteps> {
        match self {
            Self::Uniform { min, max } => UniformSteps::within(min, max, decimals),
            Self::Mixture(parts) => parts
                .into_iter()
                .enumerate()
                .map(|(index, (weight, law))| match law.in_steps(decimals) {
                    Ok(law) => Ok((weight, law)),
                    Err(BetweenSteps { message, hint }) => Err(BetweenSteps {
                        message: format!("part {} of the mixture: {message}", index + 1),
                        hint,
                    }),
                })
                .collect::<Result<_, _>>()
                .map(Self::Mixture),
            Self::Truncated { law, min, max } => match law.in_steps(decimals)? {
                // What is left of equal shares are equal shares.
                Self::UniformSteps { min: least, max: greatest, decimals } => {
                    UniformSteps::within(min.max(least), max.min(greatest), decimals)
                }
                law => Ok(Self::Truncated { law: Box::new(law), min, max }),
            },
            law @ (Self::Constant(_)
            | Self::UniformSteps { .. }
            | Self::Normal { .. }
            | Self::LogNormal { .. }
            | Self::Exponential { .. }
            | Self::Rising { .. }
            | Self::Geometric { .. }
            | Self::PowerLaw { .. }
            | Self::Zipf { .. }
            | Self::Poisson { .. }
            | Self::Pareto { .. }
            | Self::Quantiles(_)
            | Self::Histogram { .. }
            | Self::Choice(_)) => Ok(law),
        }
    }
}

impl Law {
    /// The values of a uniform law in steps, where they are no more than `most`.
    pub fn even_values(&self, most: usize) -> Option<Vec<f64>> {
        let &Self::UniformSteps { min, max, decimals } = self else { return None };
        let steps = UniformSteps::new(min, max, decimals);
        (steps.count() <= most as f64)
            .then(|| (steps.first..=steps.last).map(|step| steps.value(step)).collect())
    }
}

impl UniformSteps {
    /// The law of valid parameters; bounds between two steps are those of the steps within.
    pub fn new(min: f64, max: f64, decimals: u8) -> Self {
        let unit = steps_in_one(decimals);
        Self { first: first_step(min, unit) as i64, last: last_step(max, unit) as i64, decimals, unit }
    }

    /// The law of the values within bounds, its own bounds being values.
    fn within(min: f64, max: f64, decimals: u8) -> Result<Law, BetweenSteps> {
        let Err(message) = validate(min, max, decimals) else {
            let (min, max) = Self::new(min, max, decimals).support();
            return Ok(Law::UniformSteps { min, max, decimals });
        };
        let unit = steps_in_one(decimals);
        let hint = if (min.abs().max(max.abs()) * unit) > GREATEST {
            "narrower bounds, or fewer places after the point".to_owned()
        } else {
            // Zero has no sign here.
            let (low, high) = (libm::floor(min * unit) / unit + 0.0, libm::ceil(max * unit) / unit + 0.0);
            format!("such as min: {low} and max: {high}")
        };
        Err(BetweenSteps { message, hint })
    }

    /// The places after the point that its values have.
    pub(crate) const fn decimals(&self) -> u8 {
        self.decimals
    }

    /// One of the steps: the value times 10^decimals.
    pub(crate) fn draw_step(&self, generator: &mut Xoshiro256PlusPlus) -> i64 {
        // From the first to the last of 64 bits there are fewer than 2^64 steps.
        let count = self.last.abs_diff(self.first) + 1;
        self.first.wrapping_add(below(generator.next_u64(), count) as i64)
    }

    /// The value of a step.
    pub(crate) fn value(&self, step: i64) -> f64 {
        step as f64 / self.unit
    }

    /// How many values there are.
    fn count(&self) -> f64 {
        self.last.abs_diff(self.first) as f64 + 1.0
    }

    /// The value behind so many others.
    fn at(&self, place: f64) -> f64 {
        (self.first as f64 + place) / self.unit
    }

    /// The place of the quantile among the values.
    fn place(&self, probability: f64) -> f64 {
        let count = self.count();
        let near = (libm::ceil(probability * count) - 1.0).clamp(0.0, count - 1.0);
        // The product may be rounded past a value.
        if near > 0.0 && near / count >= probability {
            near - 1.0
        } else if near + 1.0 < count && (near + 1.0) / count < probability {
            near + 1.0
        } else {
            near
        }
    }

    /// Σ x P(x) or Σ x² P(x) over the values of these places, which may be none.
    fn moment_of(&self, moment: Moment, from: f64, to: f64) -> f64 {
        let count = to - from + 1.0;
        if count <= 0.0 {
            return 0.0;
        }
        let middle = 0.5 * (self.at(from) + self.at(to));
        let average = match moment {
            Moment::First => middle,
            Moment::Second => middle * middle + (count * count - 1.0) / (12.0 * self.unit * self.unit),
        };
        count / self.count() * average
    }
}

impl Expect for UniformSteps {
    fn cumulative(&self, x: f64) -> f64 {
        let (min, max) = self.support();
        if x < min {
            0.0
        } else if x >= max {
            1.0
        } else {
            ((last_step(x, self.unit) - self.first as f64 + 1.0) / self.count()).clamp(0.0, 1.0)
        }
    }
    fn quantile(&self, probability: f64) -> f64 {
        self.at(self.place(probability))
    }
    fn mean(&self) -> f64 {
        let (min, max) = self.support();
        min + 0.5 * (max - min)
    }
    fn variance(&self) -> f64 {
        (self.count() * self.count() - 1.0) / (12.0 * self.unit * self.unit)
    }
    fn support(&self) -> (f64, f64) {
        (self.first as f64 / self.unit, self.last as f64 / self.unit)
    }
    fn is_discrete(&self) -> bool {
        true
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        let (first, last) = (self.place(low), self.place(high));
        if first == last {
            return moment.of(self.at(first)) * (high - low);
        }
        // What is left of the first value, those between, and what is taken of the last.
        moment.of(self.at(first)) * ((first + 1.0) / self.count() - low)
            + self.moment_of(moment, first + 1.0, last - 1.0)
            + moment.of(self.at(last)) * (high - last / self.count())
    }
}

impl Draw for UniformSteps {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        self.value(self.draw_step(generator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws::agreement;
    use crate::random::Key;

    fn die() -> Law {
        Law::UniformSteps { min: 1.0, max: 6.0, decimals: 0 }
    }

    fn cents() -> Law {
        Law::UniformSteps { min: -0.07, max: 1.13, decimals: 2 }
    }

    fn stepped(min: f64, max: f64, decimals: u8) -> Law {
        Law::Uniform { min, max }.in_steps(decimals).unwrap()
    }

    #[test]
    fn draws_follow_it() {
        agreement::draws_follow(&die());
        agreement::draws_follow(&cents());
        agreement::draws_follow(&Law::UniformSteps { min: -4e15, max: 9e15, decimals: 0 });
    }

    #[test]
    fn figures_are_scipys() {
        agreement::moments_follow_from_quantiles(&die());
        agreement::moments_follow_from_quantiles(&cents());
        // scipy.stats.randint(1, 7)
        agreement::figures(
            &die(),
            3.5,
            2.9166666666666665,
            &[(1.0, 0.16666666666666666), (4.0, 0.6666666666666666), (6.0, 1.0)],
        );
        // scipy.stats.randint(-7, 114), divided by 100
        agreement::figures(
            &cents(),
            0.53,
            0.122,
            &[(-0.07, 0.008264462809917356), (0.0, 0.06611570247933884), (1.12, 0.9917355371900827)],
        );
    }

    #[test]
    fn a_uniform_law_in_steps_is_one_over_the_values_within_its_bounds() {
        assert_eq!(stepped(1.0, 6.0, 0), die());
        assert_eq!(stepped(0.5, 6.5, 0), die());
        assert_eq!(stepped(-0.0751, 1.1309, 2), cents());
        assert_eq!(stepped(0.5, 1.5, 0), Law::UniformSteps { min: 1.0, max: 1.0, decimals: 0 });
        assert_eq!(stepped(-2.5, -0.5, 0).support(), (-2.0, -1.0));
    }

    #[test]
    fn bounds_that_are_values_are_kept_however_a_float_holds_them() {
        for decimals in [1, 2, 4, 9] {
            let unit = steps_in_one(decimals);
            for step in 1..5_000 {
                let value = f64::from(step) / unit;
                let law = stepped(value, value + 2.5 / unit, decimals);
                assert_eq!(law.support().0, value, "{decimals}");
                assert_eq!(stepped(value - 2.5 / unit, value, decimals).support().1, value, "{decimals}");
                let upto = law.cumulative(value);
                assert!((0.3..0.6).contains(&upto), "{value}: {upto}");
            }
        }
    }

    #[test]
    fn parts_and_truncated_laws_are_in_steps_too() {
        let part = |law| vec![(1.0, law), (2.0, Law::Normal { mean: 0.0, deviation: 1.0 })];
        let mixture = Law::Mixture(part(Law::Uniform { min: 0.5, max: 6.5 })).in_steps(0);
        assert_eq!(mixture, Ok(Law::Mixture(part(die()))));
        let truncated =
            Law::Truncated { law: Box::new(Law::Uniform { min: 1.0, max: 6.0 }), min: 1.5, max: 4.5 }
                .in_steps(0)
                .unwrap();
        assert_eq!(truncated, Law::UniformSteps { min: 2.0, max: 4.0, decimals: 0 });
        assert_eq!(truncated.even_values(3), Some(vec![2.0, 3.0, 4.0]));
        assert_eq!((truncated.even_values(2), Law::Poisson { mean: 2.0 }.even_values(99)), (None, None));
    }

    #[test]
    fn bounds_without_a_value_between_them_are_refused_with_bounds_that_work() {
        let refused = |min, max, decimals| Law::Uniform { min, max }.in_steps(decimals).unwrap_err();
        let BetweenSteps { message, hint } = refused(1.2, 1.8, 0);
        assert_eq!(message, "no whole number lies from 1.2 to 1.8");
        assert_eq!(hint, "such as min: 1 and max: 2");
        let BetweenSteps { message, hint } = refused(0.071, 0.079, 2);
        assert_eq!(message, "no number of 2 decimal places lies from 0.071 to 0.079");
        assert_eq!(hint, "such as min: 0.07 and max: 0.08");
        let mixture = Law::Mixture(vec![(1.0, die()), (1.0, Law::Uniform { min: 1.2, max: 1.8 })]);
        let message = mixture.in_steps(0).unwrap_err().message;
        assert_eq!(message, "part 2 of the mixture: no whole number lies from 1.2 to 1.8");
        assert!(refused(0.0, 1e20, 0).message.starts_with("max is 100000000000000000000, but must lie from"));
    }

    #[test]
    fn steps_beyond_the_digits_of_a_float_are_drawn_all_the_same() {
        let law = UniformSteps::new(1e18, 1e18 + 1_280.0, 0);
        let key = Key::derive("seed", "laws", "steps", "draws");
        let mut generator = key.generator(0, 0);
        let mut counts = [0u32; 1_281];
        for _ in 0..50_000 {
            counts[(law.draw_step(&mut generator) - 1_000_000_000_000_000_000) as usize] += 1;
        }
        assert!(counts.iter().all(|&count| count > 5), "{counts:?}");
        let all = UniformSteps::new(-GREATEST, GREATEST, 0);
        let steps: Vec<i64> = (0..1_000).map(|_| all.draw_step(&mut generator)).collect();
        assert!(steps.iter().any(|&step| step < -GREATEST as i64 / 2));
        assert!(steps.iter().any(|&step| step > GREATEST as i64 / 2));
    }
}
