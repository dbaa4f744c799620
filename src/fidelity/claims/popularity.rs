//! [`Popularity`]: how often each row of another family is referred to.
//!
//! References are draws over ranks that the files do not show, but the numbers of references do: the number that a row
//! gets is Poisson with the rate of its rank, so that the numbers of all rows follow a mixture of Poisson laws.

use super::numbers::{self, Comparison};
use super::{Bench, Claim, Tally, name_of};
use crate::fidelity::assessment::Unit;
use crate::fidelity::findings::{Findings, Relative};
use crate::fidelity::histogram::{Binned, Scale};
use crate::fidelity::keys::NONE;
use crate::fidelity::sources::View;
use crate::fidelity::thresholds::{Family, NORMAL_ONE_PERCENT};
use crate::laws::special::{normal_cumulative, power_sum};
use crate::model::{ColumnId, EntityId, Pick};

/// Ranks are taken together where they differ by less than this part.
const GRAIN: f64 = 0.01;
/// Poisson laws with a greater mean are normal for our purposes: the cumulative functions differ by under 0.002.
const NORMAL_FROM: f64 = 400.0;
/// Halvings when the time of a sample is solved.
const HALVINGS: u32 = 60;

/// References into another family.
pub struct Popularity {
    /// The entity that refers.
    pub entity: EntityId,
    /// The hidden pick.
    pub pick: ColumnId,
    /// The visible column.
    pub column: ColumnId,
    /// How rows are chosen.
    pub how: Pick,
}

/// Ranks that have nearly the same rate: how many, and the probability of each.
struct Stretch {
    ranks: f64,
    chance: f64,
}

fn stretches(count: u64, exponent: f64) -> Vec<Stretch> {
    let all = power_sum(1.0, count as f64, exponent);
    let mut found = Vec::new();
    let mut first = 1.0;
    while first <= count as f64 {
        let last = libm::floor(first * (1.0 + GRAIN)).max(first).min(count as f64);
        let ranks = last - first + 1.0;
        found.push(Stretch { ranks, chance: power_sum(first, last, exponent) / all / ranks });
        first = last + 1.0;
    }
    found
}

impl Popularity {
    fn target(&self) -> Option<(EntityId, f64, bool)> {
        match self.how {
            Pick::Uniform { entity } | Pick::Others { entity } => Some((entity, 0.0, false)),
            Pick::Zipf { entity, exponent } => Some((entity, exponent, false)),
            Pick::Distinct { entity, exponent, .. } => Some((entity, exponent, true)),
            Pick::Within { .. } | Pick::Earlier { .. } | Pick::Before { .. } => None,
        }
    }

    /// The expected number of references of each stretch's rows.
    fn rates(&self, stretches: &[Stretch], tally: &Tally, count: u64) -> Vec<f64> {
        let drawn: u64 = tally.counts.iter().sum();
        let Pick::Distinct { pairs, .. } = self.how else {
            return stretches.iter().map(|stretch| stretch.chance * drawn as f64).collect();
        };
        let mut rates = vec![0.0; stretches.len()];
        for (&size, &parents) in &tally.sizes {
            if size == 2 && pairs.is_some() {
                rates.iter_mut().for_each(|rate| *rate += 2.0 * parents as f64 / count as f64);
                continue;
            }
            let time = sample_time(stretches, size as f64);
            for (rate, stretch) in rates.iter_mut().zip(stretches) {
                *rate -= parents as f64 * libm::expm1(-stretch.chance * time);
            }
        }
        // Rows are chosen for all, and shown where the reference is not NULL.
        let chosen: f64 = rates.iter().zip(stretches).map(|(rate, stretch)| rate * stretch.ranks).sum();
        rates.iter_mut().for_each(|rate| *rate *= drawn as f64 / chosen);
        rates
    }
}

/// Drawing without replacement is a race of exponential clocks: the time by which `size` have rung on average (Rosén
/// 1997, doi:10.1016/S0378-3758(96)00186-3).
fn sample_time(stretches: &[Stretch], size: f64) -> f64 {
    let rung = |time: f64| {
        -stretches.iter().map(|stretch| stretch.ranks * libm::expm1(-stretch.chance * time)).sum::<f64>()
    };
    let (mut low, mut high) = (0.0, size);
    while rung(high) < size && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        *(if rung(middle) < size { &mut low } else { &mut high }) = middle;
    }
    0.5 * (low + high)
}

/// P(X ≤ k) for a Poisson mean.
fn poisson(mean: f64, k: f64) -> f64 {
    if k < 0.0 {
        return 0.0;
    }
    if mean > NORMAL_FROM {
        return normal_cumulative((k + 0.5 - mean) / libm::sqrt(mean));
    }
    let (mut term, mut sum) = (libm::exp(-mean), 0.0);
    let mut at = 0.0;
    while at <= k && at < mean + 12.0 * libm::sqrt(mean) + 12.0 {
        sum += term;
        at += 1.0;
        term *= mean / at;
    }
    if at <= k { 1.0 } else { sum.min(1.0) }
}

/// The law of the number of references of a row.
fn mixture(stretches: &[Stretch], rates: &[f64], count: u64) -> Binned {
    let mut below = vec![0.0; Scale::Whole.bins() + 1];
    for (stretch, &rate) in stretches.iter().zip(rates) {
        let share = stretch.ranks / count as f64;
        let far = rate + 12.0 * libm::sqrt(rate) + 12.0;
        for (bin, below) in below.iter_mut().enumerate() {
            let edge = Scale::Whole.edge(bin);
            // Whole numbers below the edge.
            *below += if edge > far { share } else { share * poisson(rate, libm::ceil(edge) - 1.0) };
        }
    }
    // All shares together are 1 but for rounding: what it leaves over would stand in the last bin, with values of 10^18.
    let all = below.iter().copied().fold(0.0, f64::max);
    let scale = Scale::Whole;
    Binned::of_cumulative(scale.clone(), |edge| below[scale.bin(edge + 0.5)] / all)
}

impl Claim for Popularity {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let (Some(rows), Some((to, _, distinct))) = (view.pick(self.entity, self.pick), self.target()) else {
            return;
        };
        let Some(registered) = view.registry.entity(to) else { return };
        if tally.counts.len() < registered.rows {
            tally.counts.resize(registered.rows, 0);
        }
        rows.iter().filter(|&&row| row != NONE).for_each(|&row| tally.counts[row as usize] += 1);
        if let (true, Some(parent), Some(table)) =
            (distinct, view.shard.model.parent(self.entity), view.shard.table(self.entity))
        {
            for at in 0..view.rows(parent) {
                *tally.sizes.entry(table.under(at).len() as u64).or_default() += 1;
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let Some((to, exponent, _)) = self.target() else { return };
        let drawn: u64 = tally.counts.iter().sum();
        let count = tally.counts.len() as u64;
        if drawn == 0 || count < 2 {
            return;
        }
        let name = name_of(bench.model, self.entity, self.column);
        let subject = format!("{name}: rows for each of {}", bench.model.entity(to).name);
        let stretches = stretches(count, exponent);
        let rates = self.rates(&stretches, tally, count);
        let expected = mixture(&stretches, &rates, count);
        let mut binned = vec![0; Scale::Whole.bins()];
        tally.counts.iter().for_each(|&count| binned[Scale::Whole.bin(count as f64)] += 1);
        let what = Comparison {
            subject: &subject,
            unit: "rows",
            family: Family::Counts,
            effective: count as f64,
            critical: true,
        };
        numbers::compare(&what, &binned, &expected, bench, findings);
        self.judge_top(&subject, tally, &expected, exponent, bench, findings);
    }
}

impl Popularity {
    /// What the most popular rows get.
    fn judge_top(
        &self,
        subject: &str,
        tally: &Tally,
        expected: &Binned,
        exponent: f64,
        bench: &Bench<'_>,
        findings: &mut Findings,
    ) {
        let mut counts = tally.counts.clone();
        counts.sort_unstable_by(|one, other| other.cmp(one));
        let drawn: u64 = counts.iter().sum();
        for (measure, share) in [("share of the top 1 %", 0.01), ("share of the top 10 %", 0.1)] {
            let top = (libm::round(counts.len() as f64 * share) as usize).max(1);
            let held: u64 = counts[..top].iter().sum();
            let resolved = expected.share_of_top(top as f64 / counts.len() as f64);
            findings.relative(Relative {
                subject,
                measure,
                declared: (exponent > 0.0).then(|| format!("zipf = {exponent}")),
                resolved,
                observed: held as f64 / drawn as f64,
                unit: Unit::Share,
                tolerance: bench.tolerance,
                noise: NORMAL_ONE_PERCENT / libm::sqrt((resolved * drawn as f64).max(1.0)),
                critical: true,
                advice: ("lower Zipf's exponent", "raise Zipf's exponent"),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_sums_agree_with_published_values() {
        // Abramowitz and Stegun, table 26.7: 1 - Q(χ²|ν).
        for (mean, k, value) in [
            (1.0, 0.0, 0.367_879_4),
            (1.0, 2.0, 0.919_698_6),
            (5.0, 4.0, 0.440_493_3),
            (10.0, 12.0, 0.791_556_5),
        ] {
            assert!((poisson(mean, k) - value).abs() < 1e-6, "{mean} {k}: {}", poisson(mean, k));
        }
        assert!((poisson(399.9, 410.0) - poisson(400.1, 410.0)).abs() < 0.02);
    }

    #[test]
    fn stretches_hold_all_ranks_and_all_probability() {
        for (count, exponent) in [(7, 0.0), (5_000, 0.7), (100_000, 1.2)] {
            let stretches = stretches(count, exponent);
            let ranks: f64 = stretches.iter().map(|stretch| stretch.ranks).sum();
            let mass: f64 = stretches.iter().map(|stretch| stretch.ranks * stretch.chance).sum();
            assert!((ranks - count as f64).abs() < 1e-9 && (mass - 1.0).abs() < 1e-9, "{ranks} {mass}");
            assert!(stretches.len() < 2_000);
        }
    }

    #[test]
    fn a_sample_without_replacement_takes_as_many_as_were_asked() {
        let stretches = stretches(5_000, 0.7);
        for size in [2.0, 45.0, 256.0] {
            let time = sample_time(&stretches, size);
            let taken: f64 =
                stretches.iter().map(|stretch| -stretch.ranks * libm::expm1(-stretch.chance * time)).sum();
            assert!((taken / size - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn the_top_holds_what_its_ranks_are_drawn_for() {
        // Sums of shares round to just under 1 at some of these counts.
        for count in (1_000..6_000).step_by(500) {
            let stretches = stretches(count, 0.7);
            let rates: Vec<f64> =
                stretches.iter().map(|stretch| stretch.chance * count as f64 * 100.0).collect();
            let top = count as f64 / 100.0;
            let drawn = power_sum(1.0, top, 0.7) / power_sum(1.0, count as f64, 0.7);
            let found = mixture(&stretches, &rates, count).share_of_top(0.01);
            assert!((found / drawn - 1.0).abs() < 0.05, "{count}: {found} instead of {drawn}");
        }
    }
}
