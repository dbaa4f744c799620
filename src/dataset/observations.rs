//! [`Observations`]: exact integer histograms of what was made, for the generation report.
//!
//! They are sums, so that they merge in any order to the same result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts by hour of the week: day 0 is Monday, hours are UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RhythmCounts {
    /// 168 counts: day × 24 + hour.
    pub hours: Vec<u64>,
}

impl Default for RhythmCounts {
    fn default() -> Self {
        Self { hours: vec![0; 168] }
    }
}

impl RhythmCounts {
    /// Counts times in microseconds. Neighbours are often of one hour, so they are counted in different places: no
    /// count waits for the one before it.
    fn add(&mut self, times: impl Iterator<Item = i64>) {
        const HOUR: i64 = 3_600_000_000;
        // Postgres's first time is 347,000 weeks before 1970: from whole weeks before it on, none is negative, and to
        // divide takes half the instructions. 1970-01-01 was a Thursday, 72 hours after a Monday.
        const SINCE: i64 = (400_000 * 168 + 72) * HOUR;
        let mut places = [[0u64; 168]; 4];
        for (at, time) in times.enumerate() {
            let hour = time.wrapping_add(SINCE).cast_unsigned() / HOUR.cast_unsigned() % 168;
            places[at % 4][hour as usize] += 1;
        }
        for (hour, count) in self.hours.iter_mut().enumerate() {
            *count += places.iter().map(|hours| hours[hour]).sum::<u64>();
        }
    }
}

/// A histogram over powers of two: bucket b counts values in [2ᵇ⁻¹, 2ᵇ), bucket 0 counts zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Octaves {
    /// Counts by bucket, as many as are needed.
    pub buckets: Vec<u64>,
}

impl Octaves {
    /// Counts a value.
    #[inline]
    pub fn add(&mut self, value: u64) {
        let bucket = (64 - value.leading_zeros()) as usize;
        if bucket >= self.buckets.len() {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] += 1;
    }

    fn merge(&mut self, other: &Self) {
        if other.buckets.len() > self.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
    }
}

/// What a shard saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observations {
    /// Children per parent row, by the child's name: how many parents have each exact count up to 256, and
    /// octaves for all.
    pub cardinalities: BTreeMap<String, Cardinality>,
    /// Times by hour of the week, by `entity.column`.
    pub times: BTreeMap<String, RhythmCounts>,
    /// Milliseconds between a row and the one before it under its parent, by `entity.column`.
    pub gaps: BTreeMap<String, Octaves>,
}

/// How many children parents have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cardinality {
    /// Parents.
    pub parents: u64,
    /// Children.
    pub children: u64,
    /// The most under one parent.
    pub most: u64,
    /// Parents by their number of children, in octaves.
    pub parents_by_size: Octaves,
    /// Children by the number that their parent has, in octaves.
    pub children_by_size: Vec<u64>,
    /// The documents' buckets: 0, 1-10, 11-50, 51-100, 101-500, 501-1K, 1K-5K, 5K+.
    pub buckets: [u64; 8],
}

impl Cardinality {
    fn add(&mut self, count: u32) {
        let count = u64::from(count);
        self.parents += 1;
        self.children += count;
        self.most = self.most.max(count);
        self.parents_by_size.add(count);
        let octave = (64 - count.leading_zeros()) as usize;
        if octave >= self.children_by_size.len() {
            self.children_by_size.resize(octave + 1, 0);
        }
        self.children_by_size[octave] += count;
        let bucket = [0, 10, 50, 100, 500, 1_000, 5_000].iter().position(|&most| count <= most).unwrap_or(7);
        self.buckets[bucket] += 1;
    }
}

impl Observations {
    /// Counts the children of some parents.
    pub fn add_counts(&mut self, child: &str, counts: &[u32]) {
        let cardinality = entry(&mut self.cardinalities, child);
        counts.iter().for_each(|&count| cardinality.add(count));
    }

    /// Counts the times of a column.
    pub fn add_times(&mut self, column: &str, times: impl Iterator<Item = i64>) {
        entry(&mut self.times, column).add(times);
    }

    /// Counts the gaps inside one parent's rows, in microseconds.
    pub fn add_gaps(&mut self, column: &str, times: &[i64]) {
        let gaps = entry(&mut self.gaps, column);
        times.windows(2).for_each(|pair| gaps.add(((pair[1] - pair[0]) / 1_000).max(0) as u64));
    }

    /// Adds another shard's observations.
    pub fn merge(&mut self, other: &Self) {
        for (name, theirs) in &other.cardinalities {
            let mine = entry(&mut self.cardinalities, name);
            mine.parents += theirs.parents;
            mine.children += theirs.children;
            mine.most = mine.most.max(theirs.most);
            mine.parents_by_size.merge(&theirs.parents_by_size);
            if theirs.children_by_size.len() > mine.children_by_size.len() {
                mine.children_by_size.resize(theirs.children_by_size.len(), 0);
            }
            for (mine, theirs) in mine.children_by_size.iter_mut().zip(&theirs.children_by_size) {
                *mine += theirs;
            }
            for (mine, theirs) in mine.buckets.iter_mut().zip(&theirs.buckets) {
                *mine += theirs;
            }
        }
        for (name, theirs) in &other.times {
            for (mine, theirs) in entry(&mut self.times, name).hours.iter_mut().zip(&theirs.hours) {
                *mine += theirs;
            }
        }
        for (name, theirs) in &other.gaps {
            entry(&mut self.gaps, name).merge(theirs);
        }
    }
}

fn entry<'m, V: Default>(map: &'m mut BTreeMap<String, V>, name: &str) -> &'m mut V {
    if !map.contains_key(name) {
        map.insert(name.to_owned(), V::default());
    }
    map.get_mut(name).expect("the entry was just made")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_counted_in_its_hour_of_the_week() {
        const HOUR: i64 = 3_600_000_000;
        let mut observations = Observations::default();
        // 1970-01-01 00:00 is the hour 72 from Monday.
        observations.add_times("e.t", [0, 1, 2, HOUR - 1, HOUR, -1].into_iter());
        observations.add_times("e.t", [168 * HOUR].into_iter());
        let hours = &observations.times["e.t"].hours;
        assert_eq!((hours[71], hours[72], hours[73]), (1, 5, 1));
        assert_eq!(hours.iter().sum::<u64>(), 7);
        // From Postgres's first time, 4714-11-24 BC, to the last of 64 bits, in the year 294247.
        observations.add_times("e.far", [-210_866_803_200_000_000, i64::MAX].into_iter());
        let hour = |time: i64| (time.div_euclid(HOUR) + 72).rem_euclid(168) as usize;
        let far = &observations.times["e.far"].hours;
        assert_eq!((far[hour(-210_866_803_200_000_000)], far[hour(i64::MAX)]), (1, 1));
    }
}
