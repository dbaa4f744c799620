//! [`Key`]: the random numbers of one column for one purpose, addressed by row.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64's finaliser (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195; Stafford's variant 13).
#[inline]
pub(super) const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A pair of 64-bit words derived from names; every draw is a mix of it and an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    high: u64,
    low: u64,
}

impl Key {
    /// Derives the key of a column's purpose: BLAKE3 over the length-prefixed names, so that no two
    /// lists of names collide and no position matters.
    pub fn derive(seed: &str, entity: &str, column: &str, purpose: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        for name in [seed, entity, column, purpose] {
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
        }
        let bytes = hasher.finalize();
        let word = |at: usize| {
            u64::from_le_bytes(bytes.as_bytes()[at..at + 8].try_into().expect("eight bytes of a digest"))
        };
        Self { high: word(0), low: word(8) }
    }

    /// A key for another purpose of the same column, numbered.
    pub const fn numbered(self, number: u64) -> Self {
        Self {
            high: mix(self.high ^ mix(number.wrapping_add(GOLDEN))),
            low: mix(self.low.wrapping_add(number.wrapping_mul(GOLDEN))),
        }
    }

    /// The 64-bit draw of an address.
    #[inline]
    pub const fn at(self, root: u64, local: u64) -> u64 {
        mix(self.under(root).wrapping_add(local.wrapping_mul(GOLDEN)))
    }

    /// What the draws under one root have in common.
    #[inline]
    const fn under(self, root: u64) -> u64 {
        mix(self.high ^ root.wrapping_mul(GOLDEN)).wrapping_add(self.low)
    }

    /// The draw of each address, in half the time where neighbours have their root in common.
    #[inline]
    pub fn draws<'r>(self, roots: &'r [u64], locals: &'r [u64]) -> impl ExactSizeIterator<Item = u64> + 'r {
        let mut last = roots.first().map_or((0, 0), |&root| (root, self.under(root)));
        roots.iter().zip(locals).map(move |(&root, &local)| {
            if root != last.0 {
                last = (root, self.under(root));
            }
            mix(last.1.wrapping_add(local.wrapping_mul(GOLDEN)))
        })
    }

    /// The 128-bit draw of an address, for identifiers.
    #[inline]
    pub const fn wide_at(self, root: u64, local: u64) -> u128 {
        self.widen(self.at(root, local), root, local)
    }

    /// A draw with 64 more bits behind it.
    #[inline]
    const fn widen(self, first: u64, root: u64, local: u64) -> u128 {
        let second = mix(first ^ self.high.rotate_left(32) ^ mix(self.low ^ local.wrapping_add(root << 1)));
        ((first as u128) << 64) | second as u128
    }

    /// The 128-bit draw of each address, in less time where neighbours have their root in common.
    pub fn wide_draws<'r>(
        self,
        roots: &'r [u64],
        locals: &'r [u64],
    ) -> impl ExactSizeIterator<Item = u128> + 'r {
        let addresses = roots.iter().zip(locals);
        self.draws(roots, locals)
            .zip(addresses)
            .map(move |(first, (&root, &local))| self.widen(first, root, local))
    }

    /// The generator of an address, for laws that need a variable number of draws.
    #[inline]
    pub fn generator(self, root: u64, local: u64) -> Xoshiro256PlusPlus {
        Xoshiro256PlusPlus::seed_from_u64(self.at(root, local))
    }
}

/// A draw as a number in the open interval (0, 1): 52 random bits, centred in their cell.
#[inline]
pub const fn unit(draw: u64) -> f64 {
    ((draw >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
}

/// A draw as an integer in `0..bound`, by multiplication (bias under bound / 2⁶⁴).
#[inline]
pub const fn below(draw: u64, bound: u64) -> u64 {
    ((draw as u128 * bound as u128) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_depend_on_where_one_name_ends_and_the_next_begins() {
        assert_ne!(Key::derive("s", "ab", "c", ""), Key::derive("s", "a", "bc", ""));
        assert_eq!(Key::derive("s", "a", "b", "p"), Key::derive("s", "a", "b", "p"));
    }

    #[test]
    fn draws_are_frozen() {
        let key = Key::derive("seed", "users", "id", "value");
        insta::assert_debug_snapshot!([key.at(0, 0), key.at(0, 1), key.at(1, 0)]);
    }

    #[test]
    fn the_draws_of_many_rows_are_those_of_each() {
        let key = Key::derive("seed", "messages", "id", "value");
        let (roots, locals) = (vec![0, 0, 7, 7, 7, 3, 0, u64::MAX], vec![0, 1, 0, 1, 2, 0, 0, u64::MAX]);
        let each: Vec<u64> = roots.iter().zip(&locals).map(|(&root, &local)| key.at(root, local)).collect();
        assert_eq!(key.draws(&roots, &locals).collect::<Vec<_>>(), each);
        let wide: Vec<u128> =
            roots.iter().zip(&locals).map(|(&root, &local)| key.wide_at(root, local)).collect();
        assert_eq!(key.wide_draws(&roots, &locals).collect::<Vec<_>>(), wide);
    }

    #[test]
    fn neighbouring_addresses_flip_half_of_the_bits() {
        let key = Key::derive("seed", "messages", "id", "value");
        let mut flipped = 0;
        for row in 0..10_000u64 {
            flipped += (key.at(row, 0) ^ key.at(row + 1, 0)).count_ones();
            flipped += (key.at(7, row) ^ key.at(7, row + 1)).count_ones();
        }
        let mean = f64::from(flipped) / 20_000.0;
        assert!((mean - 32.0).abs() < 0.15, "mean of flipped bits {mean}");
    }

    #[test]
    fn roots_and_locals_do_not_mirror_each_other() {
        let key = Key::derive("seed", "messages", "id", "value");
        let mut seen = std::collections::HashSet::new();
        for root in 0..300 {
            for local in 0..300 {
                assert!(seen.insert(key.wide_at(root, local)));
            }
        }
    }

    #[test]
    fn unit_never_reaches_its_ends() {
        assert!(unit(0) > 0.0 && unit(u64::MAX) < 1.0);
    }

    #[test]
    fn below_covers_its_range_evenly() {
        let key = Key::derive("seed", "a", "b", "below");
        let mut counts = [0u32; 7];
        for row in 0..70_000 {
            counts[below(key.at(row, 0), 7) as usize] += 1;
        }
        assert!(counts.iter().all(|&count| (9_500..10_500).contains(&count)), "{counts:?}");
    }
}
