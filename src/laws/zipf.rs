//! [`Zipf`]: ranks whose frequency falls as a power of the rank; [`ZipfFamily`]: the same for any count.
//!
//! Zipf 1949, "Human Behavior and the Principle of Least Effort"; Johnson, Kemp, Kotz 2005, "Univariate
//! Discrete Distributions", section 11.2.20 (ISBN 978-0471272465). It is the power law that begins at 1.
//! Up to 2^20 ranks are drawn from an alias table; more by `rand_distr`'s rejection, in no memory.

use rand::Rng;
use rand_distr::Distribution;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::integers::Integers;
use super::power_law::{self, PowerLaw};
use super::{Draw, Moment};
use crate::random::Real;

/// P(k) = k^-exponent / H on ranks `1..=count`.
#[derive(Clone, Copy, Debug)]
pub struct Zipf {
    law: PowerLaw,
}

pub(super) fn validate(exponent: f64, count: u64) -> Result<(), String> {
    power_law::exponent(exponent)?;
    if (1..=1 << 53).contains(&count) {
        Ok(())
    } else {
        Err(format!("count is {count}, but must be a whole number from 1 to {}", 1u64 << 53))
    }
}

impl Zipf {
    /// The law of valid parameters.
    pub fn new(exponent: f64, count: u64) -> Self {
        Self { law: PowerLaw::new(exponent, 1.0, count as f64) }
    }

    /// The same law as a power law.
    pub(super) fn power_law(&self) -> PowerLaw {
        self.law
    }
}

impl Integers for Zipf {
    fn range(&self) -> (f64, f64) {
        self.law.range()
    }
    fn cumulative_at(&self, k: f64) -> f64 {
        self.law.cumulative_at(k)
    }
    fn moment_of(&self, moment: Moment, from: f64, to: f64) -> f64 {
        self.law.moment_of(moment, from, to)
    }
}

/// Draws of very many ranks without a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct LongZipf {
    law: rand_distr::Zipf<Real>,
    count: f64,
}

impl LongZipf {
    pub(super) fn new(exponent: f64, count: u64) -> Self {
        // rand_distr computes (n^(1-s) - s) / (1-s), which cancels next to 1; at this distance the law
        // itself differs from that of s = 1 by less than a millionth.
        let exponent = if libm::fabs(exponent - 1.0) < 1e-8 { 1.0 } else { exponent };
        let count = count as f64;
        let law = rand_distr::Zipf::new(Real(count), Real(exponent)).expect("validated: exponent and count");
        Self { law, count }
    }
}

impl LongZipf {
    fn rank<R: Rng>(&self, generator: &mut R) -> f64 {
        // In rare cases rand_distr rounds to one rank past the last.
        self.law.sample(generator).0.min(self.count)
    }
}

impl Draw for LongZipf {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        self.rank(generator)
    }
}

/// Zipf laws of one exponent over any number of ranks up to a maximum, for counts that vary by row: all
/// of them are beginnings of one table of the sums Σ k^-exponent, 16 bytes a rank.
#[derive(Clone, Debug)]
pub struct ZipfFamily {
    /// Σ k^-exponent over k = 1..=rank + 1, at the zero-based rank.
    sums: Vec<f64>,
    /// For each cell of equal width of the sums, the first rank whose sum lies in it or above.
    guide: Vec<u32>,
    cells_per_unit: f64,
}

impl ZipfFamily {
    /// The family for counts up to `max`.
    pub fn new(exponent: f64, max: usize) -> Result<Self, String> {
        validate(exponent, max as u64)?;
        if max > 1 << 24 {
            return Err(format!("a family of Zipf laws over up to {max} ranks: it must not exceed 2^24"));
        }
        let mut sum = 0.0;
        let sums: Vec<f64> = (1..=max)
            .map(|rank| {
                sum += libm::exp(-exponent * libm::log(rank as f64));
                sum
            })
            .collect();
        let cells = 2 * max;
        let mut family =
            Self { sums, guide: Vec::with_capacity(cells + 1), cells_per_unit: cells as f64 / sum };
        let mut rank = 0;
        for cell in 0..=cells {
            while rank + 1 < max && family.cell(family.sums[rank]) < cell {
                rank += 1;
            }
            family.guide.push(rank as u32);
        }
        Ok(family)
    }

    /// The zero-based rank among `count` that the number `unit` in (0, 1) falls to. `count` must be between
    /// 1 and the family's maximum.
    #[inline]
    pub fn draw(&self, count: usize, unit: f64) -> usize {
        let target = unit * self.sums[count - 1];
        let mut rank = self.guide[self.cell(target)] as usize;
        while rank + 1 < count && self.sums[rank] <= target {
            rank += 1;
        }
        rank.min(count - 1)
    }

    /// Monotone in the sum, so a guide never points past the rank that is sought.
    #[inline]
    fn cell(&self, sum: f64) -> usize {
        ((sum * self.cells_per_unit) as usize).min(2 * self.sums.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws::{Expect, Law, Sampler, agreement};
    use crate::random::{Key, unit};
    use proptest::prelude::*;

    #[test]
    fn draws_follow_it_from_a_table_and_without() {
        for exponent in [0.0, 0.7, 1.0, 1.2, 1.5] {
            agreement::draws_follow(&Law::Zipf { exponent, count: 1_000 });
            agreement::draws_follow(&Law::Zipf { exponent, count: 300_000_000 });
        }
        agreement::draws_follow(&Law::Zipf { exponent: 1.000_000_001, count: 2_000_000 });
    }

    /// The greatest place under the curve, accepted at once.
    struct Greatest(bool);
    impl rand::TryRng for Greatest {
        type Error = std::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Ok(self.try_next_u64()? as u32)
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            self.0 = !self.0;
            Ok(if self.0 { u64::MAX } else { 0 })
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            bytes.fill(0);
            Ok(())
        }
    }

    #[test]
    fn no_rank_lies_past_the_last() {
        let mut beyond = 0;
        for count in (1 << 21)..(1 << 21) + 100 {
            let long = LongZipf::new(0.7, count);
            beyond += u32::from(long.law.sample(&mut Greatest(false)).0 > count as f64);
            assert!(long.rank(&mut Greatest(false)) <= count as f64);
        }
        assert!(beyond > 0, "rand_distr rounds correctly by now: the clamp is needless");
    }

    /// The maximum-likelihood exponent of drawn ranks: the s at which the mean of ln k under the law is
    /// that of the draws (Clauset, Shalizi, Newman 2009, section 3.3, with an upper end).
    fn fitted(ranks: &[f64], count: f64) -> f64 {
        let observed = ranks.iter().map(|&rank| libm::log(rank)).sum::<f64>() / ranks.len() as f64;
        let expected = |s: f64| {
            // -d/ds ln H(s), by a central difference.
            let sum = |s| libm::log(crate::laws::special::power_sum(1.0, count, s));
            (sum(s - 1e-5) - sum(s + 1e-5)) / 2e-5
        };
        crate::laws::special::smallest_float(0.0, 5.0, |s| expected(s) <= observed)
    }

    #[test]
    fn the_exponent_is_found_again_in_the_draws() {
        for count in [100_000, 5_000_000] {
            for exponent in [0.7, 1.0, 1.2, 1.5] {
                let sampler = Sampler::new(&Law::Zipf { exponent, count }).unwrap();
                let mut generator = Key::derive("seed", "tests", "zipf", "fit").generator(count, 0);
                let ranks: Vec<f64> = (0..100_000).map(|_| sampler.draw(&mut generator)).collect();
                let found = fitted(&ranks, count as f64);
                assert!(libm::fabs(found - exponent) < 0.01, "{exponent} of {count}: found {found}");
            }
        }
    }

    #[test]
    fn figures_are_scipys() {
        let law = Law::Zipf { exponent: 1.2, count: 100_000 };
        agreement::moments_follow_from_quantiles(&law);
        // scipy.stats.zipfian(1.2, 100_000); mpmath sums of k^-1.2 give the same
        agreement::figures(
            &law,
            2454.8978625043537,
            103087000.08993286,
            &[
                (1.0, 0.19640257490706478),
                (10.0, 0.4846652590523751),
                (1000.0, 0.8515553698558834),
                (20000.0, 0.9627106376084945),
            ],
        );
    }

    #[test]
    fn the_top_fifth_of_a_hundred_thousand_users_gets_96_percent() {
        let law = Law::Zipf { exponent: 1.2, count: 100_000 };
        assert!(libm::fabs(law.cumulative(20_000.0) - 0.96) < 0.005, "{}", law.cumulative(20_000.0));
    }

    #[test]
    fn a_member_of_the_family_is_the_zipf_law_of_its_count() {
        let family = ZipfFamily::new(0.8, 256).unwrap();
        let key = Key::derive("seed", "tests", "zipf", "family");
        for count in [1, 2, 3, 17, 256] {
            let mut ranks = vec![0u64; count];
            for row in 0..200_000 {
                ranks[family.draw(count, unit(key.at(row, count as u64)))] += 1;
            }
            let law = Law::Zipf { exponent: 0.8, count: count as u64 };
            agreement::counts_follow(&law, ranks.iter().enumerate().map(|(rank, &n)| (rank as f64 + 1.0, n)));
        }
    }

    proptest! {
        #[test]
        fn the_guide_finds_what_a_search_finds(
            exponent in 0.0f64..4.0, max in 1usize..400, share in 0.0f64..1.0, unit in 0.0f64..1.0,
        ) {
            let family = ZipfFamily::new(exponent, max).unwrap();
            let count = 1 + (share * max as f64) as usize % max;
            let sums = &family.sums[..count];
            let target = unit * sums[count - 1];
            let sought = sums.partition_point(|&sum| sum <= target).min(count - 1);
            prop_assert_eq!(family.draw(count, unit), sought);
        }
    }
}
