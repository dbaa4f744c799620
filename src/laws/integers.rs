//! [`Integers`]: what the laws on a range of integers share.

use super::special::smallest_integer;
use super::{Expect, Moment, finite};

/// The greatest integer up to which every integer is a float.
const GREATEST: f64 = (1u64 << 53) as f64;

/// A law on the integers of a range, each with mass above 0.
pub(super) trait Integers: std::fmt::Debug + Send + Sync {
    /// The smallest and the greatest integer.
    fn range(&self) -> (f64, f64);
    /// F at an integer of the range, 1 at the last.
    fn cumulative_at(&self, k: f64) -> f64;
    /// Σ k P(k) or Σ k² P(k) over the integers `from..=to` of the range, which may be none.
    fn moment_of(&self, moment: Moment, from: f64, to: f64) -> f64;
}

impl<Law: Integers> Expect for Law {
    fn cumulative(&self, x: f64) -> f64 {
        let (min, max) = self.range();
        if x < min {
            0.0
        } else if x >= max {
            1.0
        } else {
            self.cumulative_at(libm::floor(x))
        }
    }
    fn quantile(&self, probability: f64) -> f64 {
        let (min, max) = self.range();
        smallest_integer(min, max, |k| self.cumulative(k) >= probability)
    }
    fn mean(&self) -> f64 {
        let (min, max) = self.range();
        self.moment_of(Moment::First, min, max)
    }
    fn variance(&self) -> f64 {
        let (min, max) = self.range();
        let mean = self.mean();
        self.moment_of(Moment::Second, min, max) - mean * mean
    }
    fn support(&self) -> (f64, f64) {
        self.range()
    }
    fn is_discrete(&self) -> bool {
        true
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        let (first, last) = (self.quantile(low), self.quantile(high));
        if first == last {
            return moment.of(first) * (high - low);
        }
        // What is left of the first integer, those between, and what is taken of the last.
        moment.of(first) * (self.cumulative(first) - low)
            + self.moment_of(moment, first + 1.0, last - 1.0)
            + moment.of(last) * (high - self.cumulative(last - 1.0))
    }
}

/// Refuses ends that are no integers, from `least` on, in order.
pub(super) fn range(min: f64, max: f64, least: f64) -> Result<(), String> {
    for (name, value) in [("min", min), ("max", max)] {
        finite(name, value)?;
        if libm::floor(value) != value || value < least || value > GREATEST {
            return Err(format!("{name} is {value}, but must be a whole number from {least} to {GREATEST}"));
        }
    }
    if min > max {
        Err(format!("min is {min} and max is {max}, but min must not exceed max"))
    } else {
        Ok(())
    }
}

/// The least integer that a range may begin with when any sign will do.
pub(super) const LEAST: f64 = -GREATEST;
