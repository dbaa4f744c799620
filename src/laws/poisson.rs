//! [`Poisson`]: how many of many rare things happen.
//!
//! Johnson, Kemp, Kotz 2005, "Univariate Discrete Distributions", third edition, chapter 4
//! (ISBN 978-0471272465). The closed forms are a table by the recurrence P(k+1) = P(k) mean / (k+1) from the
//! mode outward, so that nothing cancels. Drawn by `rand_distr` (Knuth below a mean of 12, Ahrens and Dieter
//! 1982, doi:10.1145/355993.355997, above).

use rand_distr::Distribution;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Draw, Expect, Moment, positive};
use crate::random::Real;

/// Greater means are refused: the table would not pay, and a normal law differs by less than a thousandth.
const GREATEST_MEAN: f64 = 1e6;

/// The table ends where a number is so much rarer than the likeliest one.
const RAREST: f64 = 1e-30;

/// P(k) = mean^k exp(-mean) / k! on the integers from 0 on.
#[derive(Clone, Debug)]
pub struct Poisson {
    mean: f64,
    /// The first integer of the table.
    first: f64,
    /// F from the first integer on; 1 at the last.
    cumulative: Vec<f64>,
}

pub(super) fn validate(mean: f64) -> Result<(), String> {
    positive("mean", mean)?;
    if mean <= GREATEST_MEAN {
        Ok(())
    } else {
        Err(format!(
            "mean is {mean}, but must not exceed {GREATEST_MEAN}: beyond, `normal` with a stddev of {} is the same law",
            libm::sqrt(mean)
        ))
    }
}

/// The first integer of the table, and the weights from it on, 1 for the likeliest.
fn weights(mean: f64) -> (f64, Vec<f64>) {
    let mode = libm::floor(mean);
    let (mut below, mut weight, mut k) = (Vec::new(), 1.0, mode);
    while k > 0.0 && weight > RAREST {
        weight *= k / mean;
        k -= 1.0;
        below.push(weight);
    }
    let first = k;
    let mut weights: Vec<f64> = below.into_iter().rev().collect();
    (weight, k) = (1.0, mode);
    while weight > RAREST {
        weights.push(weight);
        k += 1.0;
        weight *= mean / k;
    }
    (first, weights)
}

impl Poisson {
    /// The law of a valid mean.
    pub fn new(mean: f64) -> Self {
        let (first, weights) = weights(mean);
        let total: f64 = weights.iter().sum();
        let mut reached = 0.0;
        let mut cumulative: Vec<f64> = weights
            .iter()
            .map(|weight| {
                reached += weight;
                (reached / total).min(1.0)
            })
            .collect();
        if let Some(last) = cumulative.last_mut() {
            *last = 1.0;
        }
        Self { mean, first, cumulative }
    }

    /// The integers that ranks are laid out over, with their weights: all but a part in 10¹⁵ at each end.
    pub(super) fn table(mean: f64) -> Vec<(i64, f64)> {
        let law = Self::new(mean);
        let (first, weights) = weights(mean);
        let kept = |index: usize| {
            let below = if index == 0 { 0.0 } else { law.cumulative[index - 1] };
            law.cumulative[index] > 1e-15 && 1.0 - below > 1e-15
        };
        let entries = weights.iter().enumerate().filter(|(index, _)| kept(*index));
        entries.map(|(index, weight)| (first as i64 + index as i64, *weight)).collect()
    }
}

impl Expect for Poisson {
    fn cumulative(&self, x: f64) -> f64 {
        if x < self.first {
            return 0.0;
        }
        self.cumulative.get((x - self.first) as usize).copied().unwrap_or(1.0)
    }
    fn quantile(&self, probability: f64) -> f64 {
        if probability <= 0.0 {
            return 0.0;
        }
        if probability >= 1.0 {
            return f64::INFINITY;
        }
        self.first + self.cumulative.partition_point(|&reached| reached < probability) as f64
    }
    fn mean(&self) -> f64 {
        self.mean
    }
    fn variance(&self) -> f64 {
        self.mean
    }
    fn support(&self) -> (f64, f64) {
        (0.0, f64::INFINITY)
    }
    fn is_discrete(&self) -> bool {
        true
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        let (mut below, mut sum) = (0.0, 0.0);
        for (index, &reached) in self.cumulative.iter().enumerate() {
            let taken = reached.min(high) - low.max(below);
            sum += taken.max(0.0) * moment.of(self.first + index as f64);
            below = reached;
        }
        sum
    }
}

/// Draws of the law.
#[derive(Clone, Copy, Debug)]
pub(super) struct PoissonDrawing(rand_distr::Poisson<Real>);

impl PoissonDrawing {
    pub(super) fn new(mean: f64) -> Self {
        Self(rand_distr::Poisson::new(Real(mean)).expect("validated: a mean above 0"))
    }
}

impl Draw for PoissonDrawing {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        self.0.sample(generator).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws::{Law, agreement};

    #[test]
    fn draws_follow_it_on_both_ways() {
        for mean in [0.02, 3.2, 11.9, 12.0, 40.0, 2_500.0] {
            agreement::draws_follow(&Law::Poisson { mean });
        }
    }

    #[test]
    fn figures_are_scipys() {
        // scipy.stats.poisson(3.2), (40) and (1e6)
        let cases: [(f64, &[(f64, f64)]); 3] = [
            (
                3.2,
                &[
                    (0.0, 0.04076220397836622),
                    (1.0, 0.17120125670913808),
                    (3.0, 0.6025197244055571),
                    (7.0, 0.9831701582510425),
                    (12.0, 0.9999688623762014),
                ],
            ),
            (40.0, &[(15.0, 5.463980711299846e-06), (40.0, 0.5419181783625371), (70.0, 0.9999938533942304)]),
            (
                1e6,
                &[
                    (997000.0, 0.0013462037182411075),
                    (1000000.0, 0.5002659614862837),
                    (1003000.0, 0.9986464098708987),
                ],
            ),
        ];
        for (mean, points) in cases {
            let law = Law::Poisson { mean };
            agreement::moments_follow_from_quantiles(&law);
            agreement::figures(&law, mean, mean, points);
        }
    }

    #[test]
    fn the_table_holds_the_mean() {
        for mean in [0.3, 3.2, 900.0] {
            let table = Poisson::table(mean);
            let total: f64 = table.iter().map(|(_, weight)| weight).sum();
            let sum: f64 = table.iter().map(|(value, weight)| *value as f64 * weight).sum();
            agreement::close(sum / total, mean, 1e-10);
            assert!(table.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1), "{table:?}");
        }
    }
}
