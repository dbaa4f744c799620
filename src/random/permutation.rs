//! [`Permutation`]: a keyed bijection on `0..n` in constant memory.

use super::Key;
use super::key::mix;

/// Rounds of the network; six leave no pattern that the tests or a chi-square can see.
const ROUNDS: usize = 6;

/// A Feistel network over the smallest domain of 2ᵇ ≥ n, walked until it lands inside `0..n`
/// (Black and Rogaway 2002, "Ciphers with arbitrary finite domains"). The walk takes two steps on
/// average at the most, and it ends: a cycle that starts inside comes back inside.
#[derive(Clone, Copy, Debug)]
pub struct Permutation {
    /// One for each round.
    keys: [u64; ROUNDS],
    size: u64,
    left_bits: u32,
    right_bits: u32,
}

impl Permutation {
    /// The bijection of `key` on `0..size`.
    pub fn new(key: Key, size: u64) -> Self {
        let bits = (64 - size.saturating_sub(1).leading_zeros()).max(2);
        let keys = std::array::from_fn(|round| key.at(round as u64, 0));
        Self { keys, size, left_bits: bits / 2, right_bits: bits - bits / 2 }
    }

    /// The number of elements.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The image of `element`, which must be below the size.
    #[inline]
    pub fn apply(&self, element: u64) -> u64 {
        debug_assert!(element < self.size, "{element} of {}", self.size);
        let mut image = self.network(element);
        while image >= self.size {
            image = self.network(image);
        }
        image
    }

    /// Alternating unbalanced rounds: each adds a mix of its key and one half to the other, modulo its width.
    #[inline]
    fn network(&self, element: u64) -> u64 {
        let right_mask = (1u64 << self.right_bits) - 1;
        let left_mask = (1u64 << self.left_bits) - 1;
        let (mut left, mut right) = (element >> self.right_bits, element & right_mask);
        for [even, odd] in self.keys.as_chunks().0 {
            left = left.wrapping_add(mix(even ^ right) >> 7) & left_mask;
            right = right.wrapping_add(mix(odd ^ left) >> 7) & right_mask;
        }
        (left << self.right_bits) | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_element_has_one_image(size in 1u64..3_000, column in "[a-z]{1,3}") {
            let permutation = Permutation::new(Key::derive("s", "e", &column, "permutation"), size);
            let mut seen = vec![false; size as usize];
            for element in 0..size {
                let image = permutation.apply(element) as usize;
                prop_assert!(image < size as usize && !seen[image]);
                seen[image] = true;
            }
        }
    }

    #[test]
    fn images_are_spread_evenly() {
        let permutation = Permutation::new(Key::derive("s", "e", "c", "permutation"), 8_000);
        let mut cells = [[0u32; 20]; 20];
        for element in 0..8_000u64 {
            cells[(element / 400) as usize][(permutation.apply(element) / 400) as usize] += 1;
        }
        let chi_square: f64 = cells
            .iter()
            .flatten()
            .map(|&count| (f64::from(count) - 20.0) * (f64::from(count) - 20.0) / 20.0)
            .sum();
        // 361 degrees of freedom: mean 361, standard deviation 26.9.
        assert!((chi_square - 361.0).abs() < 4.0 * 26.9, "chi-square {chi_square}");
    }

    #[test]
    fn large_domains_walk_back_inside() {
        let permutation = Permutation::new(Key::derive("s", "e", "c", "permutation"), (1 << 40) + 1);
        assert!((0..1_000).all(|element| permutation.apply(element) <= 1 << 40));
    }
}
