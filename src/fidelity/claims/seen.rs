//! [`Seen`]: how often each number of children was seen: ranks, quantiles, shares.

use std::collections::BTreeMap;

/// How often each size was seen, with the sums that shares of the biggest need.
pub struct Seen<'t> {
    sizes: &'t BTreeMap<u64, u64>,
    /// Parents.
    pub parents: u64,
    /// Children.
    pub children: u64,
}

impl<'t> Seen<'t> {
    /// The sizes of a tally.
    pub fn new(sizes: &'t BTreeMap<u64, u64>) -> Self {
        let children = sizes.iter().map(|(size, count)| size * count).sum();
        Self { sizes, parents: sizes.values().sum(), children }
    }

    /// The size of the parent of a rank; rank 0 has the most.
    pub fn at(&self, rank: u64) -> u64 {
        let mut passed = 0;
        for (size, count) in self.sizes.iter().rev() {
            passed += count;
            if rank < passed {
                return *size;
            }
        }
        0
    }

    /// What the first ranks hold together.
    pub fn held_by(&self, ranks: u64) -> u64 {
        let (mut left, mut held) = (ranks, 0);
        for (size, count) in self.sizes.iter().rev() {
            let taken = left.min(*count);
            held += taken * size;
            left -= taken;
        }
        held
    }

    /// Parents with at least this size, and their children.
    pub fn reaching(&self, size: u64) -> (u64, u64) {
        self.sizes
            .range(size..)
            .fold((0, 0), |(parents, held), (size, count)| (parents + count, held + size * count))
    }

    /// Sizes of at least so many, and how often each was seen.
    pub fn from(&self, size: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.sizes.range(size..).map(|(&size, &count)| (size, count))
    }

    /// The quantile, as `percentile_cont` gives it.
    pub fn quantile(&self, share: f64) -> f64 {
        if self.parents == 0 {
            return 0.0;
        }
        let place = (self.parents - 1) as f64 * (1.0 - share);
        let rank = place as u64;
        let way = place - rank as f64;
        self.at(rank) as f64 * (1.0 - way) + self.at((rank + 1).min(self.parents - 1)) as f64 * way
    }

    /// Ranks of the first so great a share of the parents, at least one.
    pub fn top(&self, share: f64) -> u64 {
        (libm::round(self.parents as f64 * share) as u64).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_give_ranks_quantiles_and_shares() {
        let sizes = BTreeMap::from([(1, 5), (3, 2), (10, 1)]);
        let seen = Seen::new(&sizes);
        assert_eq!((seen.parents, seen.children), (8, 21));
        assert_eq!((0..8).map(|rank| seen.at(rank)).collect::<Vec<_>>(), [10, 3, 3, 1, 1, 1, 1, 1]);
        assert_eq!((seen.held_by(2), seen.reaching(3)), (13, (3, 16)));
        // As percentile_cont of DuckDB and Postgres.
        assert_eq!((seen.quantile(0.5), seen.quantile(0.75), seen.quantile(1.0)), (1.0, 3.0, 10.0));
        assert!((seen.quantile(0.9) - 5.1).abs() < 1e-12);
    }
}
