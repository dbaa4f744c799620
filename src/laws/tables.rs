//! [`DiscreteTable`]: a law over whole numbers as a table of its cumulative function, with mixtures by rank.
//!
//! [`Law`](super::Law) answers in closed forms for any range and is drawn from; a table is what exact ranks need,
//! where every probability is looked at: quotas of a mixture, tilting to a mean, integrals of steps. Its weights
//! come from the laws.

use super::ranked::{Quotas, TopIntegral};
use super::{Geometric, Poisson, PowerLaw, geometric, poisson, power_law};
use serde::{Deserialize, Serialize};

/// Halvings when a table is tilted to a mean: more than the bits of a double.
const HALVINGS: u32 = 128;

/// The most whole numbers that a table may span.
pub const MOST_VALUES: u64 = 1 << 24;

/// The probabilities of `first`, `first + 1`, … as a cumulative table that ends at exactly 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiscreteTable {
    first: i64,
    cumulative: Vec<f64>,
}

impl DiscreteTable {
    /// A table of values and weights in any order, which need not sum to 1; values without weight fall away.
    pub fn new(weights: &[(i64, f64)]) -> Result<Self, String> {
        let mut weights: Vec<(i64, f64)> = weights.to_vec();
        if let Some((value, weight)) =
            weights.iter().find(|(_, weight)| !(*weight >= 0.0 && weight.is_finite()))
        {
            return Err(format!("the weight of {value} is {weight}"));
        }
        weights.retain(|(_, weight)| *weight > 0.0);
        weights.sort_by_key(|(value, _)| *value);
        let (Some(&(first, _)), Some(&(last, _))) = (weights.first(), weights.last()) else {
            return Err("a table needs a value with a weight above 0".to_owned());
        };
        if last.abs_diff(first) > 1 << 24 {
            return Err(format!("a table from {first} to {last} is too wide"));
        }
        let mut cumulative = vec![0.0; last.abs_diff(first) as usize + 1];
        for (value, weight) in &weights {
            cumulative[value.abs_diff(first) as usize] += weight;
        }
        let sum: f64 = cumulative.iter().sum();
        let mut running = 0.0;
        for entry in &mut cumulative {
            running += *entry;
            *entry = (running / sum).min(1.0);
        }
        if let Some(entry) = cumulative.last_mut() {
            *entry = 1.0;
        }
        Ok(Self { first, cumulative })
    }

    /// The law of one value.
    pub fn constant(value: i64) -> Self {
        Self { first: value, cumulative: vec![1.0] }
    }

    /// Every value of min..=max alike.
    pub fn uniform(min: i64, max: i64) -> Result<Self, String> {
        Self::over(min, max, || vec![1.0; max.abs_diff(min) as usize + 1])
    }

    /// P(k) ∝ (1-p)^(k-min) on min..=max.
    pub fn geometric(p: f64, min: i64, max: i64) -> Result<Self, String> {
        geometric::validate(p, min as f64, max as f64)?;
        Self::over(min, max, || Geometric::new(p, min as f64, max as f64).weights())
    }

    /// P(k) ∝ k^-exponent on min..=max, where min is at least 1.
    pub fn power_law(exponent: f64, min: i64, max: i64) -> Result<Self, String> {
        power_law::validate(exponent, min as f64, max as f64)?;
        Self::over(min, max, || PowerLaw::new(exponent, min as f64, max as f64).weights())
    }

    /// P(k) = mean^k exp(-mean) / k! on all k but those at the ends that have a part in 10¹⁵ together.
    pub fn poisson(mean: f64) -> Result<Self, String> {
        poisson::validate(mean)?;
        Self::new(&Poisson::table(mean))
    }

    /// The table under the condition that a value lies in `min..=max`.
    pub fn inside(&self, min: f64, max: f64) -> Result<Self, String> {
        let kept: Vec<(i64, f64)> =
            self.iter().filter(|(value, _)| (min..=max).contains(&(*value as f64))).collect();
        Self::new(&kept)
    }

    fn over(min: i64, max: i64, weights: impl Fn() -> Vec<f64>) -> Result<Self, String> {
        if max.abs_diff(min) > MOST_VALUES {
            return Err(format!("a table cannot run from {min} to {max}"));
        }
        Self::new(&(min..=max).zip(weights()).collect::<Vec<_>>())
    }

    /// The least value.
    pub const fn min(&self) -> i64 {
        self.first
    }

    /// The greatest value.
    pub fn max(&self) -> i64 {
        self.first + self.cumulative.len() as i64 - 1
    }

    /// The probability of `value` or less.
    pub fn cumulative(&self, value: i64) -> f64 {
        if value < self.first {
            return 0.0;
        }
        self.cumulative.get(value.abs_diff(self.first) as usize).copied().unwrap_or(1.0)
    }

    /// The probability of `value`.
    pub fn probability(&self, value: i64) -> f64 {
        self.cumulative(value) - if value > self.first { self.cumulative(value - 1) } else { 0.0 }
    }

    /// The least value whose cumulative probability reaches `probability`.
    pub fn quantile(&self, probability: f64) -> i64 {
        let at = self.cumulative.partition_point(|&reached| reached < probability);
        self.first + at.min(self.cumulative.len() - 1) as i64
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.first as f64 + self.cumulative.iter().map(|reached| 1.0 - reached).sum::<f64>()
    }

    /// The values with their probabilities, from the least.
    pub fn iter(&self) -> impl Iterator<Item = (i64, f64)> + '_ {
        (self.min()..=self.max())
            .map(|value| (value, self.probability(value)))
            .filter(|(_, part)| *part > 0.0)
    }
}

/// The integral of the step function, so that exact totals can be met over a table as over a curve; counts
/// by rank need a table without negative values.
impl TopIntegral for DiscreteTable {
    fn integral(&self, survival: f64) -> f64 {
        self.least() as f64 * survival + self.excess(survival)
    }

    fn least(&self) -> u64 {
        self.first.max(0) as u64
    }

    fn excess(&self, survival: f64) -> f64 {
        // Σ over v > least of min(s, P(X ≥ v)): the area under the steps, one layer for each unit.
        let cut = self.cumulative.partition_point(|&reached| 1.0 - reached >= survival);
        let base = (self.first as f64 - self.least() as f64) * survival;
        base + cut as f64 * survival + self.cumulative[cut..].iter().map(|reached| 1.0 - reached).sum::<f64>()
    }
}

/// The table nearest to `table` (in Kullback-Leibler divergence) whose mean is `mean`: P(k) ∝ p(k)·e^(θk).
///
/// Csiszár 1975, "I-divergence geometry of probability distributions"; θ by bisection.
pub fn tilted(table: &DiscreteTable, mean: f64) -> Result<DiscreteTable, String> {
    let (min, max) = (table.min(), table.max());
    if !(mean >= min as f64 && mean <= max as f64) {
        return Err(format!("a law on {min} to {max} cannot have the mean {mean}"));
    }
    if mean == min as f64 || mean == max as f64 {
        return Ok(DiscreteTable::constant(mean as i64));
    }
    let values: Vec<(i64, f64)> = table.iter().map(|(value, part)| (value, libm::log(part))).collect();
    let tilt = |theta: f64| -> Result<DiscreteTable, String> {
        let score = |&(value, log): &(i64, f64)| log + theta * (value as f64 - mean);
        let top = values.iter().map(score).fold(f64::NEG_INFINITY, f64::max);
        let weigh = |entry: &(i64, f64)| (entry.0, libm::exp(score(entry) - top));
        DiscreteTable::new(&values.iter().map(weigh).collect::<Vec<_>>())
    };
    // At ±800 one step of a value outweighs all the rest by e^800.
    let (mut low, mut high) = (-800.0, 800.0);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if tilt(middle)?.mean() < mean {
            low = middle;
        } else {
            high = middle;
        }
    }
    tilt(0.5 * (low + high))
}

/// The values of `n` rows in order of rank, rank 0 the largest, for a mixture of laws in exact shares.
///
/// Each component gets its quota of rows by largest remainder, and its j-th largest value is the quantile
/// at 1 - (j + 0.5)/rows. Where components do not overlap they lie one after the other, the one with the
/// largest values first; where they do, their values are merged, so that ranks never rise.
#[derive(Clone, Debug, PartialEq)]
pub struct MixtureRanks {
    /// Each value from the largest, with the number of rows that have at least that value.
    reached: Vec<(i64, u64)>,
    quotas: Vec<u64>,
}

impl MixtureRanks {
    /// The ranks of `n` rows over weighted tables.
    pub fn new(components: &[(f64, DiscreteTable)], n: u64) -> Result<Self, String> {
        let weights: Vec<f64> = components.iter().map(|(weight, _)| *weight).collect();
        let quotas = Quotas::new(&weights, n)?.counts();
        let mut values: Vec<i64> =
            components.iter().flat_map(|(_, table)| table.iter().map(|(value, _)| value)).collect();
        values.sort_unstable_by(|left, right| right.cmp(left));
        values.dedup();
        let mut reached: Vec<(i64, u64)> = values
            .into_iter()
            .map(|value| {
                let parts = components.iter().zip(&quotas);
                (value, parts.map(|((_, table), &rows)| rows_reaching(table, rows, value)).sum())
            })
            .collect();
        reached.dedup_by(|next, kept| next.1 == kept.1);
        reached.retain(|(_, rows)| *rows > 0);
        Ok(Self { reached, quotas })
    }

    /// The value of the row of `rank`, which is below the number of rows.
    pub fn value(&self, rank: u64) -> i64 {
        let at = self.reached.partition_point(|(_, rows)| *rows <= rank);
        self.reached[at.min(self.reached.len() - 1)].0
    }

    /// The number of rows with at least `value`.
    pub fn rows_reaching(&self, value: i64) -> u64 {
        let at = self.reached.partition_point(|(reached, _)| *reached >= value);
        if at == 0 { 0 } else { self.reached[at - 1].1 }
    }

    /// The number of rows of each component, in the order of declaration.
    pub fn quotas(&self) -> &[u64] {
        &self.quotas
    }

    /// The sum of all values.
    pub fn sum(&self) -> i128 {
        let mut before = 0;
        let mut sum = 0;
        for &(value, rows) in &self.reached {
            sum += i128::from(value) * i128::from(rows - before);
            before = rows;
        }
        sum
    }
}

/// How many of `rows` strata midpoints have a quantile of at least `value`: j + 0.5 < rows·P(X ≥ value).
fn rows_reaching(table: &DiscreteTable, rows: u64, value: i64) -> u64 {
    let below = if value > table.min() { table.cumulative(value - 1) } else { 0.0 };
    (libm::ceil(rows as f64 * (1.0 - below) - 0.5).max(0.0) as u64).min(rows)
}

#[cfg(test)]
mod tests {
    use super::super::ranked::RankedCounts;
    use super::*;
    use proptest::prelude::*;

    fn members() -> Vec<(f64, DiscreteTable)> {
        vec![
            (0.70, DiscreteTable::constant(2)),
            (0.25, DiscreteTable::geometric(0.25, 3, 20).unwrap()),
            (0.05, DiscreteTable::power_law(2.5, 21, 256).unwrap()),
        ]
    }

    #[test]
    fn small_and_large_groups_have_the_published_means() {
        let [_, (_, small), (_, large)] = members().try_into().unwrap();
        assert!((small.mean() - 5.90).abs() < 0.005, "{}", small.mean());
        assert!((large.mean() - 45.1).abs() < 0.05, "{}", large.mean());
    }

    #[test]
    fn memberships_of_the_three_bands_are_the_published_ones() {
        for (rooms, memberships, grain) in
            [(8_000, 41_000, 500), (300_000, 1_540_000, 5_000), (600_000, 3_080_000, 5_000)]
        {
            let ranks = MixtureRanks::new(&members(), rooms).unwrap();
            assert!((ranks.sum() - memberships).abs() <= grain, "{}", ranks.sum());
            assert_eq!(ranks.rows_reaching(3) * 10, rooms * 3, "exactly 30 % are groups");
            assert_eq!(ranks.rows_reaching(21) * 20, rooms);
        }
    }

    #[test]
    fn ranks_hold_the_stratified_quantiles_of_each_component() {
        let ranks = MixtureRanks::new(&members(), 8_000).unwrap();
        assert_eq!(ranks.quotas(), [5_600, 2_000, 400]);
        let [_, (_, small), (_, large)] = members().try_into().unwrap();
        for rank in 0..8_000u64 {
            let expected = match rank {
                0..400 => large.quantile(1.0 - (rank as f64 + 0.5) / 400.0),
                400..2_400 => small.quantile(1.0 - ((rank - 400) as f64 + 0.5) / 2_000.0),
                2_400.. => 2,
            };
            assert_eq!(ranks.value(rank), expected, "rank {rank}");
        }
    }

    #[test]
    fn overlapping_components_are_merged_in_order() {
        let parts =
            [(1.0, DiscreteTable::constant(5)), (1.0, DiscreteTable::new(&[(4, 1.0), (9, 1.0)]).unwrap())];
        let ranks = MixtureRanks::new(&parts, 8).unwrap();
        assert_eq!((0..8).map(|rank| ranks.value(rank)).collect::<Vec<_>>(), [9, 9, 5, 5, 5, 5, 4, 4]);
        let one = MixtureRanks::new(&members(), 1).unwrap();
        assert_eq!((one.value(0), one.sum()), (2, 2));
    }

    #[test]
    fn tables_answer_at_their_ends() {
        let table = DiscreteTable::new(&[(7, 1.0), (3, 1.0), (5, 2.0), (9, 0.0)]).unwrap();
        assert_eq!((table.min(), table.max(), table.mean()), (3, 7, 5.0));
        assert_eq!([0.0, 0.25, 0.26, 0.75, 0.76, 1.0].map(|at| table.quantile(at)), [3, 3, 5, 5, 7, 7]);
        assert_eq!(table.iter().collect::<Vec<_>>(), [(3, 0.25), (5, 0.5), (7, 0.25)]);
        assert_eq!((table.cumulative(2), table.cumulative(4), table.cumulative(99)), (0.0, 0.25, 1.0));
        assert!(DiscreteTable::new(&[(1, 0.0)]).is_err() && DiscreteTable::new(&[(1, -1.0)]).is_err());
        assert!(DiscreteTable::geometric(0.0, 1, 2).is_err() && DiscreteTable::power_law(1.0, 0, 2).is_err());
    }

    #[test]
    fn a_tilted_table_meets_an_exact_total_by_rank() {
        let table = tilted(&DiscreteTable::geometric(0.25, 3, 20).unwrap(), 3_001.0 / 400.0).unwrap();
        let ranks = RankedCounts::new(table, 400, 3_001).unwrap();
        let sizes: Vec<u64> = (0..400).map(|rank| ranks.size(rank)).collect();
        assert_eq!(sizes.iter().sum::<u64>(), 3_001);
        assert!(sizes.iter().all(|size| (3..=20).contains(size)));
    }

    #[test]
    fn no_table_of_the_same_mean_is_nearer_than_the_tilted_one() {
        let table = DiscreteTable::new(&[(1, 0.5), (2, 0.3), (3, 0.2)]).unwrap();
        let divergence = |parts: [f64; 3]| -> f64 {
            (1i64..).zip(parts).map(|(value, part)| part * libm::log(part / table.probability(value))).sum()
        };
        let near = tilted(&table, 2.0).unwrap();
        let best = [1, 2, 3].map(|value| near.probability(value));
        for step in [-0.01, 0.01] {
            // Moving mass from the middle to both ends keeps the mean.
            assert!(divergence([best[0] + step, best[1] - 2.0 * step, best[2] + step]) > divergence(best));
        }
    }

    proptest! {
        #[test]
        fn tilting_meets_the_mean_and_keeps_the_support(
            weights in prop::collection::vec(0.0f64..3.0, 2..30), first in -50i64..50, place in 0.0f64..=1.0,
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0.0));
            let table = DiscreteTable::new(&(first..).zip(weights).collect::<Vec<_>>()).unwrap();
            let mean = table.min() as f64 + place * (table.max() - table.min()) as f64;
            let near = tilted(&table, mean).unwrap();
            prop_assert!((near.mean() - mean).abs() < 1e-9, "{} {mean}", near.mean());
            prop_assert!(near.iter().all(|(value, _)| table.probability(value) > 0.0));
            prop_assert!(tilted(&table, table.max() as f64 + 0.1).is_err());
        }

        #[test]
        fn the_area_under_the_steps_is_the_sum_of_the_top(
            weights in prop::collection::vec(0.0f64..3.0, 1..12), first in -3i64..9, survival in 0.0f64..=1.0,
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0.0));
            let table = DiscreteTable::new(&(first..).zip(weights).collect::<Vec<_>>()).unwrap();
            let (mut left, mut sum) = (survival, 0.0);
            for (value, part) in table.iter().collect::<Vec<_>>().into_iter().rev() {
                sum += value as f64 * part.min(left);
                left -= part.min(left);
            }
            prop_assert!((table.integral(survival) - sum).abs() < 1e-9);
        }
    }
}
