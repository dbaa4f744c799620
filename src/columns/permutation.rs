//! [`Ranks`]: a row's keyed rank among all rows of its root entity.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Int64Type;

use super::{ColumnGenerator, RowError, Rows};
use crate::random::{Key, Permutation};

/// Ranks alone, or beside another permutation whose first `top` ranks must fall among the first
/// `among` here. Both are bijections on all rows.
pub(super) struct Ranks {
    all: Permutation,
    beside: Option<BesideRanks>,
}

struct BesideRanks {
    top: u64,
    among: u64,
    first: Permutation,
    rest: Permutation,
}

impl Ranks {
    pub(super) fn new(key: Key, rows: u64) -> Self {
        Self { all: Permutation::new(key, rows), beside: None }
    }

    /// `top` and `avoids_last` are shares of the rows; the last part is what a mixture laid out over these
    /// ranks gives to the component of that weight.
    pub(super) fn beside(key: Key, rows: u64, top: f64, avoids_last: f64) -> Self {
        let top = libm::round(top * rows as f64) as u64;
        // Rounded up: never fewer than the quota that a largest remainder gives to that part.
        let among = rows - (libm::ceil(avoids_last * rows as f64) as u64).min(rows);
        let top = top.min(among);
        let beside = BesideRanks {
            top,
            among,
            first: Permutation::new(key.numbered(1), among.max(1)),
            rest: Permutation::new(key.numbered(2), (rows - top).max(1)),
        };
        Self { all: Permutation::new(key, rows), beside: Some(beside) }
    }
}

impl BesideRanks {
    /// The top ranks take random places among the first; the others fill what is left at random.
    #[inline]
    fn rank(&self, other: u64) -> u64 {
        if other < self.top {
            return self.first.apply(other);
        }
        let place = self.rest.apply(other - self.top);
        let left = self.among - self.top;
        if place < left { self.first.apply(self.top + place) } else { self.among + (place - left) }
    }
}

impl ColumnGenerator for Ranks {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let ranks: Int64Array = match &self.beside {
            None => rows.root.iter().map(|&row| self.all.apply(row) as i64).collect::<Vec<_>>().into(),
            Some(beside) => {
                let others = inputs[0].as_primitive::<Int64Type>().values();
                others.iter().map(|&other| beside.rank(other as u64) as i64).collect::<Vec<_>>().into()
            }
        };
        Ok(Arc::new(ranks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_another_permutation_the_top_stays_among_the_first_and_ranks_stay_a_bijection() {
        let key = Key::derive("s", "rooms", "memberRank", "value");
        let volumes = Ranks::new(Key::derive("s", "rooms", "volumeRank", "value"), 1_000);
        let members = Ranks::beside(key, 1_000, 0.02, 0.7);
        let rows = Rows::roots(0..1_000);
        let volume = volumes.generate(&rows, &[]).expect("ranks");
        let member = members.generate(&rows, std::slice::from_ref(&volume)).expect("ranks");
        let (volume, member) = (volume.as_primitive::<Int64Type>(), member.as_primitive::<Int64Type>());
        let mut seen = [false; 1_000];
        for (volume, member) in volume.values().iter().zip(member.values()) {
            assert!(*volume >= 20 || *member < 300);
            assert!(!std::mem::replace(&mut seen[*member as usize], true));
        }
        // Apart from the top the two are independent.
        let both = volume
            .values()
            .iter()
            .zip(member.values())
            .filter(|(v, m)| (20..510).contains(*v) && **m < 500)
            .count();
        assert!((210..270).contains(&both), "{both}");
    }
}
