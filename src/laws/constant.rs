//! [`Constant`]: one value, always.

use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Draw, Expect, Moment, finite};

/// All mass on `value`.
#[derive(Clone, Copy, Debug)]
pub struct Constant {
    /// The value.
    pub value: f64,
}

pub(super) fn validate(value: f64) -> Result<(), String> {
    finite("constant", value)
}

impl Expect for Constant {
    fn cumulative(&self, x: f64) -> f64 {
        if x >= self.value { 1.0 } else { 0.0 }
    }
    fn quantile(&self, _probability: f64) -> f64 {
        self.value
    }
    fn mean(&self) -> f64 {
        self.value
    }
    fn variance(&self) -> f64 {
        0.0
    }
    fn support(&self) -> (f64, f64) {
        (self.value, self.value)
    }
    fn is_discrete(&self) -> bool {
        true
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        (high - low) * moment.of(self.value)
    }
}

impl Draw for Constant {
    fn draw(&self, _generator: &mut Xoshiro256PlusPlus) -> f64 {
        self.value
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::{Law, agreement};

    #[test]
    fn it_is_consistent() {
        agreement::draws_follow(&Law::Constant(-7.25));
        agreement::moments_follow_from_quantiles(&Law::Constant(-7.25));
    }
}
