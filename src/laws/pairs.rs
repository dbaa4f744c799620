//! [`unrank_pair`]: distinct unordered pairs by number, so that no two rooms of two hold the same people.

/// The number of unordered pairs of two of `n`.
pub const fn pair_count(n: u64) -> u64 {
    if n < 2 { 0 } else { ((n as u128 * (n as u128 - 1)) / 2) as u64 }
}

/// The pair of number `index` among the C(n, 2) pairs (low, high) with low < high < n.
///
/// Pairs are numbered by their higher element, high·(high-1)/2 + low, so the pair does not depend on n.
/// `index` is below [`pair_count`] of `n`, and n at most 2³¹.
pub const fn unrank_pair(index: u64, n: u64) -> (u64, u64) {
    debug_assert!(index < pair_count(n) && n <= 1 << 31);
    // The integer square root is exact, so the high element is too: no float can round across a square.
    let high = (8 * index + 1).isqrt().div_ceil(2);
    (index - high * (high - 1) / 2, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_pairs_of_a_hundred_come_once() {
        let mut expected = 0;
        for high in 0..100 {
            for low in 0..high {
                assert_eq!(unrank_pair(expected, 100), (low, high));
                expected += 1;
            }
        }
        assert_eq!((expected, pair_count(100)), (4_950, 4_950));
        assert_eq!((pair_count(0), pair_count(1), pair_count(2)), (0, 0, 1));
    }

    proptest! {
        #[test]
        fn pair_and_number_are_a_bijection(n in 2u64..250_000, place in 0.0f64..1.0) {
            let index = (place * pair_count(n) as f64) as u64;
            for index in [index, pair_count(n) - 1] {
                let (low, high) = unrank_pair(index, n);
                prop_assert!(low < high && high < n);
                prop_assert_eq!(high * (high - 1) / 2 + low, index);
            }
        }
    }

    #[test]
    fn the_last_pair_of_two_to_the_thirty_first_is_exact() {
        let n = 1 << 31;
        assert_eq!(unrank_pair(pair_count(n) - 1, n), (n - 2, n - 1));
    }
}
