//! [`Sizes`]: how many children parents have by the model: by rank where the model counts exactly, else by a law.

use std::collections::BTreeMap;

use super::histogram::{Binned, Rounding, Scale};
use crate::laws::{Expect, Law};
use crate::model::{EntityId, FanOut, Model, Origin, RankedLaw, Strategy};
use crate::resolve::{Resolution, ranks};

/// The sizes that the model gives.
pub enum Sizes {
    /// Exact: by an exact total over a law, or by quotas of a mixture.
    Exact(Exact),
    /// Drawn for each parent.
    Drawn(Box<dyn Expect>),
}

/// Exact sizes, the greatest first.
pub struct Exact {
    /// Each size, with the parents and the children of those that have at least so many.
    steps: Vec<(u64, u64, u64)>,
    parents: u64,
}

/// More parents are looked at in steps: neighbours in rank differ by one child at the most.
const MOST_LOOKED_AT: u64 = 4_000_000;

impl Exact {
    fn new(parents: u64, size: impl Fn(u64) -> u64) -> Self {
        let step = parents.div_ceil(MOST_LOOKED_AT).max(1);
        let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
        for rank in (0..parents).step_by(step as usize) {
            *counts.entry(size(rank)).or_default() += step.min(parents - rank);
        }
        let (mut reached, mut held) = (0, 0);
        let steps = counts.into_iter().rev().map(|(size, count)| {
            reached += count;
            held += count * size;
            (size, reached, held)
        });
        Self { steps: steps.collect(), parents }
    }

    /// Parents with at least so many.
    fn reaching(&self, size: u64) -> u64 {
        let below = self.steps.partition_point(|step| step.0 >= size);
        below.checked_sub(1).map_or(0, |last| self.steps[last].1)
    }

    fn at(&self, rank: u64) -> u64 {
        let step = self.steps.partition_point(|step| step.1 <= rank);
        self.steps.get(step).or(self.steps.last()).map_or(0, |step| step.0)
    }

    fn held_by(&self, ranks: u64) -> u64 {
        let whole = self.steps.partition_point(|step| step.1 <= ranks);
        let (_, reached, held) = whole.checked_sub(1).map_or((0, 0, 0), |last| self.steps[last]);
        held + self.steps.get(whole).map_or(0, |step| (ranks - reached) * step.0)
    }
}

impl Sizes {
    /// The sizes of a child's families; nothing where another rule than a law fixes them.
    pub fn of(model: &Model, resolution: &Resolution, child: EntityId) -> Option<Self> {
        let Origin::Child { parent, fan_out } = &model.entity(child).origin else { return None };
        match fan_out {
            FanOut::Ranked { .. } => {
                let counts = resolution.counts(child)?;
                Some(Self::Exact(Exact::new(counts.count(), |rank| counts.size(rank))))
            }
            FanOut::Law(law) => Some(Self::Drawn(law.expectation())),
            FanOut::Column(column) => match &model.column(*parent, *column).strategy {
                Strategy::Law { law, by: Some(_) } => {
                    let parents = model.root_rows(*parent);
                    let ranks = ranks::mixture(law, parents).ok()?;
                    Some(Self::Exact(Exact::new(parents, |rank| {
                        u64::try_from(ranks.value(rank)).unwrap_or(0)
                    })))
                }
                Strategy::Law { law, by: None } => Some(Self::Drawn(law.expectation())),
                _ => None,
            },
            FanOut::When(_) | FanOut::Share(_) => None,
        }
    }

    /// The most children that a parent may have; nothing where the law has no end, or only the total ends it.
    pub fn most(model: &Model, child: EntityId) -> Option<u64> {
        let Origin::Child { parent, fan_out } = &model.entity(child).origin else { return None };
        let law = match fan_out {
            FanOut::Law(law) | FanOut::Ranked { law: RankedLaw::Counts(law), .. } => law,
            FanOut::Column(column) => match &model.column(*parent, *column).strategy {
                Strategy::Law { law, .. } => law,
                _ => return None,
            },
            FanOut::Ranked { law: RankedLaw::Volumes(_), .. } | FanOut::When(_) | FanOut::Share(_) => {
                return None;
            }
        };
        let most = libm::round(law.support().1);
        most.is_finite().then_some(most.max(0.0) as u64)
    }

    /// The parts of a mixture whose values do not overlap: least and greatest value, and the law.
    pub fn parts(model: &Model, child: EntityId) -> Vec<(i64, i64, Law)> {
        let Origin::Child { parent, fan_out: FanOut::Column(column) } = &model.entity(child).origin else {
            return Vec::new();
        };
        let Strategy::Law { law: Law::Mixture(parts), .. } = &model.column(*parent, *column).strategy else {
            return Vec::new();
        };
        let mut found: Vec<(i64, i64, Law)> = parts
            .iter()
            .map(|(_, law)| {
                let (low, high) = law.support();
                (libm::round(low) as i64, libm::round(high) as i64, law.clone())
            })
            .collect();
        found.sort_by_key(|part| part.0);
        let apart = found.windows(2).all(|pair| pair[0].1 < pair[1].0);
        if apart { found } else { Vec::new() }
    }

    /// Chance has no part in the sizes.
    pub const fn are_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }

    /// The share of parents with at least `size` children.
    pub fn reaching(&self, size: u64) -> f64 {
        match self {
            Self::Exact(exact) => exact.reaching(size) as f64 / exact.parents.max(1) as f64,
            Self::Drawn(law) => 1.0 - law.cumulative((size as f64 - 0.5).next_down()),
        }
    }

    /// The law over bins of whole numbers.
    pub fn binned(&self) -> Binned {
        match self {
            Self::Drawn(law) => Binned::of_law(Scale::Whole, &**law, Rounding::Nearest(1.0)),
            Self::Exact(_) => Binned::of_cumulative(Scale::Whole, |edge| {
                1.0 - self.reaching(libm::ceil(edge).max(0.0) as u64)
            }),
        }
    }

    /// The size of the parent of a rank among `parents`; rank 0 has the most.
    pub fn at(&self, rank: u64, parents: u64) -> f64 {
        match self {
            Self::Exact(exact) => exact.at(rank) as f64,
            Self::Drawn(law) => libm::round(law.quantile(1.0 - (rank as f64 + 0.5) / parents as f64)),
        }
    }

    /// What the first ranks of `parents` hold together.
    pub fn held_by(&self, ranks: u64, parents: u64) -> f64 {
        match self {
            Self::Exact(exact) => exact.held_by(ranks.min(exact.parents)) as f64,
            Self::Drawn(law) => law.partial_mean(ranks as f64 / parents as f64) * parents as f64,
        }
    }

    /// The quantile of the sizes of `parents`, between two of them by linear interpolation.
    pub fn quantile(&self, share: f64, parents: u64) -> f64 {
        let place = parents.saturating_sub(1) as f64 * (1.0 - share);
        let rank = place as u64;
        let way = place - rank as f64;
        self.at(rank, parents) * (1.0 - way)
            + self.at((rank + 1).min(parents.saturating_sub(1)), parents) * way
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_sizes_are_those_of_the_ranks_even_where_these_do_not_fall() {
        let ranked = [9, 4, 5, 5, 1, 2];
        let exact = Exact::new(6, |rank| ranked[rank as usize]);
        assert_eq!((0..6).map(|rank| exact.at(rank)).collect::<Vec<_>>(), [9, 5, 5, 4, 2, 1]);
        assert_eq!([0, 2, 5, 6, 10].map(|size| exact.reaching(size)), [6, 5, 3, 1, 0]);
        assert_eq!([0, 1, 2, 4, 6].map(|ranks| exact.held_by(ranks)), [0, 9, 14, 23, 26]);
    }
}
