//! [`PowerLaw`]: integers whose probability falls as a power of their size.
//!
//! Clauset, Shalizi, Newman 2009, "Power-Law Distributions in Empirical Data", SIAM Review 51(4),
//! doi:10.1137/070710111, with an upper end. Sums over the range come from the Euler-Maclaurin formula, so
//! that expectations cost the same for any range. Up to 2^20 integers are drawn from an alias table,
//! more by rejection-inversion.

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::integers::{self, Integers};
use super::special::power_sum;
use super::{Draw, Moment, finite};
use crate::random::unit;

/// The greatest number of integers that get a table: 12 MiB.
pub(super) const TABLE: f64 = (1u64 << 20) as f64;

/// P(k) = k^-exponent / Σ j^-exponent on `min..=max`.
#[derive(Clone, Copy, Debug)]
pub struct PowerLaw {
    exponent: f64,
    min: f64,
    max: f64,
    /// The sum over the range.
    total: f64,
}

/// Refuses exponents at which the law is not one of size any more.
pub(super) fn exponent(exponent: f64) -> Result<(), String> {
    finite("exponent", exponent)?;
    if (0.0..=20.0).contains(&exponent) {
        Ok(())
    } else {
        Err(format!(
            "exponent is {exponent}, but must lie between 0 (all alike) and 20 (nearly all on the first)"
        ))
    }
}

pub(super) fn validate(exponent: f64, min: f64, max: f64) -> Result<(), String> {
    self::exponent(exponent)?;
    integers::range(min, max, 1.0)
}

impl PowerLaw {
    /// The law of valid parameters.
    pub fn new(exponent: f64, min: f64, max: f64) -> Self {
        // Scaled by min^exponent, so that a high exponent on great integers does not underflow.
        Self { exponent, min, max, total: scaled_sum(min, min, max, exponent) }
    }

    /// Whether the range is short enough for a table.
    pub(super) fn fits_table(&self) -> bool {
        self.max - self.min < TABLE
    }

    /// The weight of every integer of the range, 1 for the first.
    pub(super) fn weights(&self) -> Vec<f64> {
        let count = (self.max - self.min) as usize + 1;
        (0..count).map(|index| self.weight(self.min + index as f64)).collect()
    }

    fn weight(&self, k: f64) -> f64 {
        libm::exp(-self.exponent * libm::log(k / self.min))
    }
}

/// Σ (k / unit)^-exponent over `from..=to`.
fn scaled_sum(unit: f64, from: f64, to: f64, exponent: f64) -> f64 {
    power_sum(from, to, exponent) * libm::exp(exponent * libm::log(unit))
}

impl Integers for PowerLaw {
    fn range(&self) -> (f64, f64) {
        (self.min, self.max)
    }
    fn cumulative_at(&self, k: f64) -> f64 {
        scaled_sum(self.min, self.min, k, self.exponent) / self.total
    }
    fn moment_of(&self, moment: Moment, from: f64, to: f64) -> f64 {
        let order = match moment {
            Moment::First => 1.0,
            Moment::Second => 2.0,
        };
        moment.of(self.min) * scaled_sum(self.min, from, to, self.exponent - order) / self.total
    }
}

/// Draws from a long range: Hörmann and Derflinger 1996, "Rejection-inversion to generate variates from
/// monotone discrete distributions", ACM TOMACS 6(3), doi:10.1145/235025.235029. A point under the
/// continuous power is rounded to the integer k in whose cell it lies, and kept if it lies in the upper
/// part of the cell that has the area k^-exponent.
#[derive(Clone, Copy, Debug)]
pub(super) struct RejectionInversion {
    law: PowerLaw,
    /// Integrals of the power up to the outer edges of the first and the last cell.
    low: f64,
    high: f64,
    /// How far below its integer a point may always lie: the width of the kept part in the first cell,
    /// where it is narrowest.
    always: f64,
}

impl RejectionInversion {
    pub(super) fn new(law: PowerLaw) -> Self {
        let mut drawing = Self { law, low: 0.0, high: 0.0, always: 0.0 };
        drawing.low = drawing.integral(law.min - 0.5);
        drawing.high = drawing.integral(law.max + 0.5);
        drawing.always = drawing.kept_width(law.min);
        drawing
    }

    fn kept_width(&self, k: f64) -> f64 {
        k - self.inverse(self.integral(k + 0.5) - self.law.weight(k))
    }

    /// ∫ (t / min)^-exponent dt from min to x; the logarithm at exponent 1.
    fn integral(&self, x: f64) -> f64 {
        let (slope, logarithm) = (1.0 - self.law.exponent, libm::log(x / self.law.min));
        let ratio = if slope == 0.0 { logarithm } else { libm::expm1(slope * logarithm) / slope };
        self.law.min * ratio
    }

    fn inverse(&self, integral: f64) -> f64 {
        let (slope, ratio) = (1.0 - self.law.exponent, integral / self.law.min);
        let logarithm = if slope == 0.0 { ratio } else { libm::log1p((slope * ratio).max(-1.0)) / slope };
        self.law.min * libm::exp(logarithm)
    }
}

impl Draw for RejectionInversion {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        loop {
            let area = self.low + unit(generator.next_u64()) * (self.high - self.low);
            let x = self.inverse(area);
            let k = libm::floor(x + 0.5).clamp(self.law.min, self.law.max);
            if k - x <= self.always || area >= self.integral(k + 0.5) - self.law.weight(k) {
                return k;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws::{Expect, Law, agreement};

    #[test]
    fn draws_follow_it() {
        agreement::draws_follow(&Law::PowerLaw { exponent: 2.5, min: 21.0, max: 256.0 });
        agreement::draws_follow(&Law::PowerLaw { exponent: 0.0, min: 5.0, max: 9.0 });
    }

    #[test]
    fn draws_from_long_ranges_follow_it() {
        for (exponent, min) in [(0.0, 1.0), (0.7, 3.0), (1.0, 1.0), (1.000_001, 2.0), (2.5, 1.0), (20.0, 1e6)]
        {
            agreement::draws_follow(&Law::PowerLaw { exponent, min, max: 5_000_000.0 });
        }
    }

    #[test]
    fn the_first_cell_keeps_the_narrowest_part() {
        for (exponent, min) in [(0.3, 1.0), (1.0, 1.0), (2.5, 1.0), (2.5, 40.0), (12.0, 7.0), (20.0, 1.0)] {
            let drawing = RejectionInversion::new(PowerLaw::new(exponent, min, 1e7));
            for step in 1..200 {
                let (here, next) = (min + f64::from(step) - 1.0, min + f64::from(step));
                // Further out rounding hides the width, and next to no draw comes there.
                if drawing.law.weight(next) < 1e-6 {
                    break;
                }
                assert!(drawing.kept_width(next) >= drawing.kept_width(here) - 1e-9, "{exponent} {here}");
            }
        }
    }

    #[test]
    fn figures_are_scipys() {
        let law = Law::PowerLaw { exponent: 2.5, min: 21.0, max: 256.0 };
        agreement::moments_follow_from_quantiles(&law);
        // mpmath sums of k^-2.5, k = 21..256
        agreement::figures(
            &law,
            45.14589666979005,
            1235.8555057733543,
            &[
                (21.0, 0.07051215661133729),
                (30.0, 0.45923030781744284),
                (100.0, 0.9288354829205139),
                (250.0, 0.9991641952823962),
            ],
        );
    }

    #[test]
    fn high_exponents_on_great_integers_do_not_underflow() {
        let law = Law::PowerLaw { exponent: 20.0, min: 1e15, max: 2e15 };
        // The continuous law's mean: 1e15 · 19/18 · (1 - 2^-18) / (1 - 2^-19).
        let mean = 1e15 * (19.0 / 18.0) * (1.0 - 1.0 / 262_144.0) / (1.0 - 1.0 / 524_288.0);
        assert!(libm::fabs(law.mean() / mean - 1.0) < 1e-9, "{}", law.mean());
    }
}
