//! [`Share`]: an exact share of all rows, chosen in every block and scattered inside it.

use crate::random::{Key, Permutation};

/// Rows of a block: each has its own quota, so that a row is decided without looking at other blocks.
const BLOCK: u64 = 8_192;

/// Chooses exactly round(share·rows) of all rows: the first b blocks hold round(share·their rows), and a
/// keyed permutation says which rows of a block those are.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    key: Key,
    rows: u64,
    share: f64,
}

impl Share {
    /// The choice of `share`, within 0 and 1, of `rows` rows.
    pub fn new(key: Key, share: f64, rows: u64) -> Result<Self, String> {
        if !(0.0..=1.0).contains(&share) {
            return Err(format!("a share lies within 0 and 1, unlike {share}"));
        }
        Ok(Self { key, rows, share })
    }

    /// Which of some rows, all below the number of rows, are chosen; what rows of a block have in common is made once
    /// for neighbours.
    pub fn choices(&self, rows: impl IntoIterator<Item = u64>) -> impl Iterator<Item = bool> {
        let mut last: Option<(u64, Permutation, u64)> = None;
        rows.into_iter().map(move |row| {
            let block = row / BLOCK;
            let of_block = || (block, self.permutation(block), self.quota(block));
            let known = last.filter(|(last, ..)| *last == block).unwrap_or_else(of_block);
            last = Some(known);
            let (_, permutation, quota) = known;
            permutation.apply(row % BLOCK) < quota
        })
    }

    /// The number of chosen rows below `row`: at once at the blocks' ends, by counting inside a block.
    pub fn before(&self, row: u64) -> u64 {
        let row = row.min(self.rows);
        let (block, inside) = (row / BLOCK, row % BLOCK);
        let start = self.target(block);
        if inside == 0 || row == self.rows {
            return self.target_at(row);
        }
        let (permutation, quota) = (self.permutation(block), self.quota(block));
        start + (0..inside).filter(|&offset| permutation.apply(offset) < quota).count() as u64
    }

    /// The number of all chosen rows.
    pub fn total(&self) -> u64 {
        self.target_at(self.rows)
    }

    /// The chosen rows below the first row of `block`.
    fn target(&self, block: u64) -> u64 {
        self.target_at((block * BLOCK).min(self.rows))
    }

    fn target_at(&self, boundary: u64) -> u64 {
        (libm::round(self.share * boundary as f64) as u64).min(boundary)
    }

    fn quota(&self, block: u64) -> u64 {
        self.target(block + 1) - self.target(block)
    }

    fn permutation(&self, block: u64) -> Permutation {
        Permutation::new(self.key.numbered(block), BLOCK.min(self.rows - block * BLOCK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn share(share: f64, rows: u64) -> Share {
        Share::new(Key::derive("seed", "message_reads", "present", "share"), share, rows).unwrap()
    }

    #[test]
    fn eighty_two_percent_of_a_band_is_exact() {
        assert_eq!(share(0.82, 5_000_000).total(), 4_100_000);
        assert_eq!(share(0.82, 300_000_000).total(), 246_000_000);
        assert!(Share::new(Key::derive("", "", "", ""), 1.1, 5).is_err());
    }

    #[test]
    fn chosen_rows_are_scattered_inside_a_block() {
        let share = share(0.3, 3 * BLOCK);
        let mut chosen = [0i32; 24];
        let mut pairs = 0;
        let choices: Vec<bool> = share.choices(0..3 * BLOCK).collect();
        for (row, pair) in choices.windows(2).enumerate() {
            chosen[row / 1_024] += i32::from(pair[0]);
            pairs += i32::from(pair[0] && pair[1]);
        }
        // Hypergeometric cells: mean 307.2, standard deviation 13.7; pairs: mean 2211, about 40.
        assert!(chosen.iter().all(|count| (count - 307).abs() < 62), "{chosen:?}");
        assert!((pairs - 2_211).abs() < 200, "{pairs}");
    }

    proptest! {
        #[test]
        fn exactly_the_share_is_chosen_and_counted(part in 0.0f64..=1.0, rows in 0u64..20_000) {
            let share = share(part, rows);
            let mut before = 0;
            for (row, holds) in (0..rows).zip(share.choices(0..rows)) {
                if row % 1_777 == 0 || row % BLOCK == 0 {
                    prop_assert_eq!(share.before(row), before);
                }
                before += u64::from(holds);
                prop_assert_eq!(share.choices([row]).next(), Some(holds));
            }
            prop_assert_eq!((before, share.before(rows)), (share.total(), share.total()));
            prop_assert_eq!(share.total(), libm::round(part * rows as f64) as u64);
        }
    }
}
