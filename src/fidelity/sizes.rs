//! [`Sizes`]: how many children parents have by the model: by rank where the model counts exactly, else by a law.

use super::histogram::{Binned, Rounding, Scale};
use crate::laws::tables::MixtureRanks;
use crate::laws::{Expect, Law};
use crate::model::{EntityId, FanOut, Model, Origin, Strategy};
use crate::resolve::{Counts, Resolution, ranks};

/// The sizes that the model gives.
pub enum Sizes {
    /// Exact, by rank: an exact total over a law.
    Ranked(Counts),
    /// Exact, by rank: quotas of a mixture.
    Mixture(MixtureRanks, u64),
    /// Drawn for each parent.
    Drawn(Box<dyn Expect>),
}

impl Sizes {
    /// The sizes of a child's families; nothing where another rule than a law fixes them.
    pub fn of(model: &Model, resolution: &Resolution, child: EntityId) -> Option<Self> {
        let Origin::Child { parent, fan_out } = &model.entity(child).origin else { return None };
        match fan_out {
            FanOut::Ranked { .. } => resolution.counts(child).map(Self::Ranked),
            FanOut::Law(law) => Some(Self::Drawn(law.expectation())),
            FanOut::Column(column) => match &model.column(*parent, *column).strategy {
                Strategy::Law { law, by: Some(_) } => {
                    let parents = model.root_rows(*parent);
                    ranks::mixture(law, parents).ok().map(|ranks| Self::Mixture(ranks, parents))
                }
                Strategy::Law { law, by: None } => Some(Self::Drawn(law.expectation())),
                _ => None,
            },
            FanOut::When(_) | FanOut::Share(_) => None,
        }
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
        matches!(self, Self::Ranked(_) | Self::Mixture(..))
    }

    /// The share of parents with at least `size` children.
    pub fn reaching(&self, size: u64) -> f64 {
        match self {
            Self::Ranked(counts) => counts.reaching(size) as f64 / counts.count().max(1) as f64,
            Self::Mixture(ranks, parents) => {
                ranks.rows_reaching(i64::try_from(size).unwrap_or(i64::MAX)) as f64 / (*parents).max(1) as f64
            }
            Self::Drawn(law) => 1.0 - law.cumulative((size as f64 - 0.5).next_down()),
        }
    }

    /// The law over bins of whole numbers.
    pub fn binned(&self) -> Binned {
        match self {
            Self::Drawn(law) => Binned::of_law(Scale::Whole, &**law, Rounding::Nearest(1.0)),
            Self::Ranked(_) | Self::Mixture(..) => {
                Binned::of_cumulative(Scale::Whole, |edge| 1.0 - self.reaching(libm::ceil(edge).max(0.0) as u64))
            }
        }
    }

    /// The size of the parent of a rank among `parents`; rank 0 has the most.
    pub fn at(&self, rank: u64, parents: u64) -> f64 {
        match self {
            Self::Ranked(counts) => counts.size(rank.min(counts.count().saturating_sub(1))) as f64,
            Self::Mixture(ranks, all) => ranks.value(rank.min(all.saturating_sub(1))) as f64,
            Self::Drawn(law) => libm::round(law.quantile(1.0 - (rank as f64 + 0.5) / parents as f64)),
        }
    }

    /// What the first ranks of `parents` hold together.
    pub fn held_by(&self, ranks: u64, parents: u64) -> f64 {
        match self {
            Self::Ranked(counts) => counts.before(ranks.min(counts.count())) as f64,
            Self::Mixture(table, all) => {
                let (mut at, mut held) = (0, 0.0);
                while at < ranks.min(*all) {
                    let value = table.value(at);
                    let end = table.rows_reaching(value).min(ranks);
                    held += value as f64 * (end - at) as f64;
                    at = end;
                }
                held
            }
            Self::Drawn(law) => law.partial_mean(ranks as f64 / parents as f64) * parents as f64,
        }
    }

    /// The quantile of the sizes of `parents`, between two of them by linear interpolation.
    pub fn quantile(&self, share: f64, parents: u64) -> f64 {
        let place = parents.saturating_sub(1) as f64 * (1.0 - share);
        let rank = place as u64;
        let way = place - rank as f64;
        self.at(rank, parents) * (1.0 - way) + self.at((rank + 1).min(parents.saturating_sub(1)), parents) * way
    }
}
