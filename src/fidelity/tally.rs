//! [`Tally`]: what a claim counted; whole numbers only, so that shards merge in any order to the same result.

use std::collections::{BTreeMap, BTreeSet};

use super::assessment::Place;

/// Places that are kept of each kind of breach: the first by file and row.
const PLACES: usize = 5;

/// Counts of one claim, over one shard or over all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// By bin or category.
    pub counts: Vec<u64>,
    /// How often each number of something was seen.
    pub sizes: BTreeMap<u64, u64>,
    /// Sums in fixed point.
    pub sums: Vec<i128>,
    /// What must not be.
    pub breaches: Breaches,
}

/// Rows that break a promise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Breaches {
    /// Rows that were looked at.
    pub examined: u64,
    /// Rows that break it.
    pub violations: u64,
    places: BTreeSet<Place>,
}

impl Tally {
    /// A tally with so many bins.
    pub fn with_bins(bins: usize) -> Self {
        Self { counts: vec![0; bins], ..Self::default() }
    }

    /// Adds what another shard counted.
    pub fn merge(&mut self, other: Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        for (size, count) in other.sizes {
            *self.sizes.entry(size).or_default() += count;
        }
        if self.sums.len() < other.sums.len() {
            self.sums.resize(other.sums.len(), 0);
        }
        for (mine, theirs) in self.sums.iter_mut().zip(&other.sums) {
            *mine += theirs;
        }
        self.breaches.merge(other.breaches);
    }

    /// All that was counted in bins.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Adds to a sum, making room for it.
    pub fn add(&mut self, sum: usize, value: i128) {
        if self.sums.len() <= sum {
            self.sums.resize(sum + 1, 0);
        }
        self.sums[sum] += value;
    }

    /// A sum; 0 where nothing was added.
    pub fn sum(&self, sum: usize) -> i128 {
        self.sums.get(sum).copied().unwrap_or(0)
    }
}

impl Breaches {
    /// So many rows, none of which breaks the promise.
    pub fn among(examined: u64) -> Self {
        Self { examined, ..Self::default() }
    }

    /// Counts a breach; its place is asked for only while it may be among the first.
    pub fn add(&mut self, place: impl FnOnce() -> Place) {
        self.violations += 1;
        // Rows come in order within a shard, so that the first places of each shard suffice.
        if self.places.len() < PLACES {
            self.places.insert(place());
        }
    }

    /// Counts so many breaches, of which these are the first.
    pub fn add_many(&mut self, violations: u64, places: &[Place]) {
        self.violations += violations;
        self.places.extend(places.iter().take(PLACES).cloned());
        while self.places.len() > PLACES {
            self.places.pop_last();
        }
    }

    /// Adds what another shard found.
    pub fn merge(&mut self, other: Self) {
        self.examined += other.examined;
        self.violations += other.violations;
        self.places.extend(other.places);
        while self.places.len() > PLACES {
            self.places.pop_last();
        }
    }

    /// Forgets the places.
    pub fn clear_places(&mut self) {
        self.places.clear();
    }

    /// The first places.
    pub fn places(&self) -> Vec<Place> {
        self.places.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(row: u64) -> Place {
        Place { file: "a".into(), row: Some(row), column: None, found: String::new() }
    }

    #[test]
    fn tallies_merge_in_any_order_to_the_same() {
        let shard = |seed: u64| {
            let mut tally = Tally::with_bins(3);
            tally.counts[(seed % 3) as usize] += seed;
            *tally.sizes.entry(seed).or_default() += 1;
            tally.add(1, i128::from(seed) - 5);
            (0..7).for_each(|row| tally.breaches.add(|| place(seed * 10 + row)));
            tally
        };
        let merged = |order: [u64; 3]| {
            let mut all = Tally::default();
            order.into_iter().for_each(|seed| all.merge(shard(seed)));
            all
        };
        assert_eq!(merged([1, 2, 3]), merged([3, 1, 2]));
        let all = merged([3, 2, 1]);
        assert_eq!((all.breaches.violations, all.total(), all.sum(1), all.sum(7)), (21, 6, -9, 0));
        assert_eq!(all.breaches.places(), (10..15).map(place).collect::<Vec<_>>());
    }
}
