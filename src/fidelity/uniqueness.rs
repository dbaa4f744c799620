//! [`Fingerprints`]: which of billions of keys stand more than once, in bounded memory.
//!
//! Keys are told apart by 64 bits. Few keys that differ share them (one pair among 6 billion random keys, on the
//! average), so that it is the repeated fingerprints alone that have to be compared in full.

use std::path::Path;

use rayon::prelude::*;

use super::spill::Spill;
use crate::error::Result;

/// Partitions, by the first bits of a fingerprint: so many that one is sorted in the processor's cache when there are
/// a few millions, and so few that the rows of one block fill a cache line of each.
const PARTITIONS: usize = 1 << PARTITION_BITS;
const PARTITION_BITS: u32 = 8;

/// How many repeated fingerprints are kept.
pub const MOST_REPEATED: usize = 1 << 16;

/// Partitions that one thread takes before the repeated ones are counted.
const PARTITIONS_AT_A_TIME: usize = 4;

/// Bytes of a fingerprint.
const BYTES: usize = 8;

/// 64 bits of a key, each of which depends on all of the key's. Keys whose upper halves are equal never share one.
pub fn fingerprint(key: u128) -> u64 {
    let (upper, lower) = ((key >> 64) as u64, key as u64);
    mixed(lower ^ mixed(upper.wrapping_add(0x9e37_79b9_7f4a_7c15)))
}

/// `SplitMix64`'s last step (Stafford's mix 13): a permutation of all 64-bit numbers.
fn mixed(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Collects the fingerprints of keys, from any number of threads. What exceeds the budget goes to files in the
/// scratch folder; these are removed when the value is dropped.
pub struct Fingerprints {
    partitions: Spill,
    budget_bytes: usize,
}

/// What stands more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repeated {
    /// The fingerprints that were added more than once: sorted, each once, and if there are more than
    /// [`MOST_REPEATED`], the smallest.
    pub fingerprints: Vec<u64>,
    /// There were more.
    pub overflowed: bool,
}

impl Fingerprints {
    /// Holds about `budget_bytes` in memory and the rest in a folder of its own inside `scratch`.
    pub fn new(scratch: &Path, budget_bytes: usize) -> Self {
        Self { partitions: Spill::new(scratch, PARTITIONS, BYTES, budget_bytes), budget_bytes }
    }

    /// Adds fingerprints; several thousand at a time are fastest.
    ///
    /// # Errors
    ///
    /// The scratch folder cannot be written to.
    pub fn add(&self, fingerprints: &[u64]) -> Result<()> {
        let (sorted, ends) = by_partition(fingerprints);
        let mut start = 0;
        for (number, end) in ends.into_iter().enumerate() {
            if start < end {
                self.partitions.append(number, sorted[start..end].as_flattened())?;
                start = end;
            }
        }
        Ok(())
    }

    /// What was added more than once. Needs the budget again, for sorting.
    ///
    /// # Errors
    ///
    /// The scratch folder cannot be read.
    pub fn finish(self, threads: usize) -> Result<Repeated> {
        let threads = threads.max(1);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let most = (self.budget_bytes / (threads * BYTES)).max(1);
        let numbers: Vec<usize> = (0..PARTITIONS).collect();
        let mut found = Repeated::default();
        // Partitions in order hold ever greater fingerprints: behind the last that is kept none need be looked at.
        for some in numbers.chunks(threads * PARTITIONS_AT_A_TIME) {
            let repeated: Vec<Repeated> = pool.install(|| {
                some.par_iter().map(|number| self.repeated(*number, most)).collect::<Result<_>>()
            })?;
            for repeated in repeated {
                found.fingerprints.extend(repeated.fingerprints);
                found.overflowed |= repeated.overflowed;
            }
            if found.overflowed || found.fingerprints.len() > MOST_REPEATED {
                found.overflowed = true;
                found.fingerprints.truncate(MOST_REPEATED);
                break;
            }
        }
        Ok(found)
    }

    /// The repeated ones of a partition, with about `most` fingerprints in memory.
    fn repeated(&self, number: usize, most: usize) -> Result<Repeated> {
        let mut sorter = Sorter::new(most);
        // Too many for the memory are read several times, each time those of another range.
        let passes = self.partitions.records(number).div_ceil(most).next_power_of_two();
        let shift = u64::BITS - PARTITION_BITS - passes.trailing_zeros();
        for pass in 0..passes as u64 {
            self.partitions.read(number, |records| {
                let (records, _) = records.as_chunks::<BYTES>();
                let all = records.iter().map(|bytes| u64::from_le_bytes(*bytes));
                sorter.extend(all.filter(|value| (value >> shift) & (passes as u64 - 1) == pass));
            })?;
            sorter.settle();
            sorter.values.clear();
        }
        self.partitions.clear(number)?;
        Ok(sorter.repeated())
    }
}

/// The fingerprints in the order of their partitions, and where each partition ends.
fn by_partition(fingerprints: &[u64]) -> (Vec<[u8; BYTES]>, [usize; PARTITIONS]) {
    let partition = |fingerprint: u64| (fingerprint >> (u64::BITS - PARTITION_BITS)) as usize;
    let mut ends = [0; PARTITIONS];
    for fingerprint in fingerprints {
        ends[partition(*fingerprint)] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        // Where it starts, until its fingerprints have moved the mark to its end.
        sum += std::mem::replace(end, sum);
    }
    let mut sorted = vec![[0; BYTES]; fingerprints.len()];
    for fingerprint in fingerprints {
        let place = &mut ends[partition(*fingerprint)];
        sorted[*place] = fingerprint.to_le_bytes();
        *place += 1;
    }
    (sorted, ends)
}

/// Sorts fingerprints and notes those that stand twice.
struct Sorter {
    values: Vec<u64>,
    /// When to sort what there is: many may be the same.
    limit: usize,
    repeated: Vec<u64>,
    overflowed: bool,
}

impl Sorter {
    fn new(most: usize) -> Self {
        Self { values: Vec::new(), limit: most.saturating_mul(2), repeated: Vec::new(), overflowed: false }
    }

    fn extend(&mut self, values: impl Iterator<Item = u64>) {
        self.values.extend(values);
        if self.values.len() > self.limit {
            self.settle();
            // What is left differs: sorting it again before it has doubled is in vain.
            self.limit = self.limit.max(self.values.len() * 2);
        }
    }

    /// Sorts, notes, and keeps one of each.
    fn settle(&mut self) {
        self.values.sort_unstable();
        let twice = self.values.array_windows().filter(|[left, right]| left == right).map(|[left, _]| *left);
        self.repeated.extend(twice);
        self.values.dedup();
        self.repeated.sort_unstable();
        self.repeated.dedup();
        self.overflowed |= self.repeated.len() > MOST_REPEATED;
        self.repeated.truncate(MOST_REPEATED);
    }

    fn repeated(self) -> Repeated {
        Repeated { fingerprints: self.repeated, overflowed: self.overflowed }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn repeated(budget: usize, threads: usize, values: &[u64]) -> Repeated {
        let scratch = tempfile::tempdir().unwrap();
        let fingerprints = Fingerprints::new(scratch.path(), budget);
        std::thread::scope(|scope| {
            for some in values.chunks(values.len().div_ceil(threads).max(1)) {
                scope.spawn(|| some.chunks(100).for_each(|some| fingerprints.add(some).unwrap()));
            }
        });
        let found = fingerprints.finish(threads).unwrap();
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "scratch files stay");
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn exactly_the_repeated_are_found_whatever_the_memory_and_threads(
            values in prop::collection::vec(prop_oneof![any::<u64>(), 0..20_u64, 1_u64 << 63..(1 << 63) + 5], 0..900),
            budget in prop::sample::select(vec![0_usize, 3 << 11, 1 << 15, 1 << 30]),
            threads in 1..4_usize,
        ) {
            let mut counts = BTreeMap::new();
            values.iter().for_each(|value| *counts.entry(*value).or_insert(0) += 1);
            let expected: Vec<u64> = counts.into_iter().filter(|(_, n)| *n > 1).map(|(value, _)| value).collect();
            let found = repeated(budget, threads, &values);
            prop_assert_eq!(found, Repeated { fingerprints: expected, overflowed: false });
        }
    }

    #[test]
    fn of_too_many_the_smallest_are_kept_whatever_the_memory() {
        let values: Vec<u64> = (0..150_000_u64).map(|key| mixed(key / 2)).collect();
        let mut expected: Vec<u64> = (0..75_000).map(mixed).collect();
        expected.sort_unstable();
        expected.truncate(MOST_REPEATED);
        let expected = Repeated { fingerprints: expected, overflowed: true };
        assert_eq!(repeated(1 << 30, 2, &values), expected);
        assert_eq!(repeated(1 << 16, 1, &values), expected);
    }

    #[test]
    fn one_key_over_and_over_needs_no_memory() {
        let mut sorter = Sorter::new(100);
        for _ in 0..1_000 {
            sorter.extend([7; 50].into_iter());
            assert!(sorter.values.len() <= 250);
        }
        sorter.settle();
        assert_eq!(sorter.repeated().fingerprints, [7]);
    }

    #[test]
    fn fingerprints_of_numbers_and_of_texts_spread_over_all_partitions() {
        let shifts = [0, 8, 40, 64, 96];
        for shift in shifts {
            let keys: Vec<u64> = (0..25_600_u128).map(|key| fingerprint(key << shift)).collect();
            let (sorted, ends) = by_partition(&keys);
            let starts = std::iter::once(&0).chain(&ends);
            // 100 expected, with a standard deviation of 10.
            for (start, end) in starts.zip(&ends) {
                assert!((40..=170).contains(&(end - start)), "{shift}: {}", end - start);
            }
            let mut different = sorted;
            different.sort_unstable();
            different.dedup();
            assert_eq!(different.len(), keys.len());
        }
    }

    #[test]
    fn scratch_files_go_when_the_work_is_given_up() {
        let scratch = tempfile::tempdir().unwrap();
        let fingerprints = Fingerprints::new(scratch.path(), 0);
        fingerprints.add(&[1, 2, 3]).unwrap();
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1);
        drop(fingerprints);
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
        let gone = Fingerprints::new(&scratch.path().join("none"), 0);
        assert!(gone.add(&[1]).unwrap_err().to_string().starts_with("cannot write in"));
    }
}
