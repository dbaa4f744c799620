//! [`Ranks`]: which of a root's rows are chosen how often: Zipf over their places.

use std::collections::BTreeMap;

use super::{Bench, Claim, Tally, name_of};
use crate::fidelity::assessment::Unit;
use crate::fidelity::findings::{Figure, Findings};
use crate::fidelity::keys::NONE;
use crate::fidelity::sources::View;
use crate::fidelity::thresholds::{self, total_variation};
use crate::model::{ColumnId, EntityId, Source};

/// Places beyond are counted as one.
const PLACES: usize = 64;
/// Where the order of rows means nothing, places are ranks by frequency, in roots with so many rows for each candidate:
/// fewer would put chance in order.
const ROWS_EACH: usize = 200;

/// Choices among the rows under one root.
pub struct Ranks {
    /// The entity that chooses.
    pub entity: EntityId,
    /// The hidden pick.
    pub pick: ColumnId,
    /// The visible column.
    pub column: ColumnId,
    /// The entity that is chosen from.
    pub to: EntityId,
    /// Zipf's exponent over the places; 0 is uniform.
    pub exponent: f64,
    /// The pick that is stepped over.
    pub except: Option<Source>,
    /// Whether places are known from the rows' order.
    pub in_order: bool,
}

impl Ranks {
    /// The places of choices by the size of their root: rows of each size, and rows of each place.
    fn count_root(&self, places: &[usize], size: usize, tally: &mut Tally) {
        *tally.sizes.entry(size as u64).or_default() += places.len() as u64;
        places.iter().for_each(|&place| tally.counts[place.min(PLACES)] += 1);
    }

    /// The shares of the places, given the sizes of the roots.
    fn expected(&self, sizes: &BTreeMap<u64, u64>, exponent: f64) -> Vec<f64> {
        let mut shares = vec![0.0; PLACES + 1];
        let rows: u64 = sizes.values().sum();
        for (&size, &count) in sizes {
            let weights: Vec<f64> = (1..=size).map(|rank| libm::pow(rank as f64, -exponent)).collect();
            let total: f64 = weights.iter().sum();
            for (place, weight) in weights.iter().enumerate() {
                shares[place.min(PLACES)] += weight / total * count as f64 / rows as f64;
            }
        }
        shares
    }
}

impl Claim for Ranks {
    fn start(&self) -> Tally {
        Tally::with_bins(PLACES + 1)
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let (Some(rows), Some(table)) = (view.pick(self.entity, self.pick), view.shard.table(self.to)) else {
            return;
        };
        let Some(roots) = view.shard.ancestors(self.entity, view.shard.depth(self.entity)) else { return };
        let avoided = match self.except {
            None => None,
            Some(Source::Ancestor { levels, entity, column }) => {
                let (Some(picks), Some(ancestors)) =
                    (view.pick(entity, column), view.shard.ancestors(self.entity, levels))
                else {
                    return;
                };
                Some(ancestors.iter().map(|&row| picks[row as usize]).collect::<Vec<u32>>())
            }
            Some(Source::Own(column)) => view.pick(self.entity, column).map(|rows| rows.to_vec()),
            Some(Source::Pointed { .. } | Source::Children(_) | Source::Siblings(_)) => return,
        };
        let mut places: Vec<usize> = Vec::new();
        let mut start = 0;
        while start < rows.len() {
            let end = start + roots[start..].partition_point(|&root| root == roots[start]);
            let candidates = table.under(roots[start] as usize);
            let free = candidates.len() - usize::from(avoided.is_some() && !candidates.is_empty());
            places.clear();
            for row in start..end {
                let picked = rows[row];
                let skipped = avoided.as_ref().map(|avoided| avoided[row]);
                if picked == NONE || skipped == Some(NONE) || free == 0 {
                    continue;
                }
                let place = picked as usize - candidates.start;
                places.push(match skipped {
                    None => place,
                    // The one to avoid is stepped over, in a circle.
                    Some(skipped) => {
                        let skipped = skipped as usize - candidates.start;
                        (place + 2 * candidates.len() - skipped - 1) % candidates.len()
                    }
                });
            }
            if self.in_order {
                self.count_root(&places, free, tally);
            } else if places.len() >= ROWS_EACH * free && self.except.is_none() {
                let mut frequencies = vec![0usize; candidates.len()];
                places.iter().for_each(|&place| frequencies[place] += 1);
                frequencies.sort_unstable_by(|one, other| other.cmp(one));
                let ranked: Vec<usize> = frequencies
                    .iter()
                    .enumerate()
                    .flat_map(|(rank, &count)| std::iter::repeat_n(rank, count))
                    .collect();
                self.count_root(&ranked, free, tally);
            }
            start = end;
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let rows = tally.total();
        if rows == 0 {
            return;
        }
        let name = name_of(bench.model, self.entity, self.column);
        let subject = format!("{name}: place among {}", bench.model.entity(self.to).name);
        let expected = self.expected(&tally.sizes, self.exponent);
        let observed = thresholds::normalised(tally.counts.iter().map(|&count| count as f64));
        let bent = |by: f64| total_variation(&self.expected(&tally.sizes, self.exponent + by), &expected);
        let step = bench.tolerance * self.exponent.max(0.5);
        let distance = total_variation(&observed, &expected);
        findings.figure(Figure {
            subject: &subject,
            measure: "total variation",
            declared: Some(if self.exponent > 0.0 {
                format!("zipf = {}", self.exponent)
            } else {
                "uniform".to_owned()
            }),
            resolved: None,
            observed: distance,
            unit: Unit::Distance,
            effect: distance,
            threshold: bent(step).min(bent(-step)).max(0.002),
            from: "Zipf's exponent off by the tolerance".to_owned(),
            noise: thresholds::variation_noise(&expected, rows as f64),
            critical: true,
            advice: ("choose the rows by the declared law of their places", ""),
        });
        if observed[0] + expected[0] > 0.0 {
            findings.relative(crate::fidelity::findings::Relative {
                subject: &subject,
                measure: "share of the first",
                declared: None,
                resolved: expected[0],
                observed: observed[0],
                unit: Unit::Share,
                tolerance: bench.tolerance,
                noise: thresholds::NORMAL_ONE_PERCENT
                    * libm::sqrt((1.0 - expected[0]) / (expected[0] * rows as f64)),
                critical: true,
                advice: ("lower Zipf's exponent", "raise Zipf's exponent"),
            });
        }
    }
}
