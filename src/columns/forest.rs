//! [`BeforePick`] and [`OthersPick`]: rows of the own root entity, earlier ones or all but the own.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};

use super::chance::Chance;
use super::{ColumnGenerator, RowError, Rows};
use crate::random::{Key, below, unit};

/// An earlier row, uniformly or by a law of the distance truncated to the rows there are. NULL for the first row, for
/// others where no row stands at a distance that the law has, and for a share of the rest: the roots of a forest.
pub(super) struct BeforePick {
    pub key: Key,
    /// Cumulative masses of the distances 1, 2, …; without them the choice is uniform.
    pub cumulative: Option<Vec<f64>>,
    pub roots: Chance,
}

impl BeforePick {
    fn choose(&self, row: u64) -> Option<u64> {
        let draw = self.key.at(row, 0);
        let Some(cumulative) = &self.cumulative else {
            return (row > 0).then(|| below(draw, row));
        };
        let earlier = usize::try_from(row).map_or(cumulative.len(), |row| row.min(cumulative.len()));
        let mass = cumulative[..earlier].last().copied().filter(|&mass| mass > 0.0)?;
        let target = unit(draw) * mass;
        let distance = cumulative[..earlier].partition_point(|&mass| mass < target) + 1;
        Some(row - distance.min(earlier) as u64)
    }
}

impl ColumnGenerator for BeforePick {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let picks = rows.root.iter().zip(&rows.local).map(|(&root, &local)| {
            let chosen = self.choose(root).filter(|_| !self.roots.holds(root, local));
            chosen.map(|row| row as i64)
        });
        Ok(Arc::new(picks.collect::<Int64Array>()))
    }
}

/// Any row but the own: a draw among one fewer, which steps over it.
pub(super) struct OthersPick {
    pub key: Key,
    pub rows: u64,
}

impl ColumnGenerator for OthersPick {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        if self.rows < 2 && !rows.is_empty() {
            return Err(RowError::new(0, "there is no other row to refer to"));
        }
        let picks = rows.root.iter().zip(&rows.local).map(|(&root, &local)| {
            let chosen = below(self.key.at(root, local), self.rows - 1);
            (chosen + u64::from(chosen >= root)) as i64
        });
        Ok(Arc::new(Int64Array::from_iter_values(picks)))
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::Int64Type;

    use super::*;

    fn before(cumulative: Option<Vec<f64>>, roots: f64) -> ArrayRef {
        let key = Key::derive("s", "employees", "managerId", "pick");
        let pick = BeforePick { key, cumulative, roots: Chance::new(key.numbered(1), roots) };
        pick.generate(&Rows::roots(0..20_000), &[]).expect("picks")
    }

    #[test]
    fn an_earlier_row_is_any_of_those_before_and_the_first_has_none() {
        let picks = before(None, 0.0);
        let picks = picks.as_primitive::<Int64Type>();
        assert_eq!((picks.is_null(0), picks.null_count()), (true, 1));
        let mut quarters = [0; 4];
        for row in 1..20_000_i64 {
            assert!((0..row).contains(&picks.value(row as usize)));
            quarters[(picks.value(row as usize) * 4 / row) as usize] += 1;
        }
        assert!(quarters.iter().all(|count| (4_800..5_200).contains(count)), "{quarters:?}");
    }

    #[test]
    fn a_share_of_the_rows_are_roots() {
        let picks = before(None, 0.05);
        assert!(picks.is_null(0) && (900..1_100).contains(&picks.null_count()), "{}", picks.null_count());
    }

    #[test]
    fn a_lag_is_kept_where_so_many_rows_stand_before() {
        let picks = before(Some(vec![0.0, 0.0, 1.0]), 0.0);
        let picks = picks.as_primitive::<Int64Type>();
        assert_eq!(picks.null_count(), 3);
        assert!((3..20_000).all(|row| picks.value(row) == row as i64 - 3));
        let picks = before(Some(vec![0.5, 0.75, 0.875, 1.0]), 0.0);
        let picks = picks.as_primitive::<Int64Type>();
        let next = (1..20_000).filter(|&row| picks.value(row) == row as i64 - 1).count();
        assert!((9_700..10_300).contains(&next), "{next}");
    }

    #[test]
    fn no_row_is_its_own_other_and_all_others_are_chosen() {
        let pick = OthersPick { key: Key::derive("s", "people", "friendId", "pick"), rows: 5 };
        let mut counts = [[0; 5]; 5];
        // The own number is the root's; more rows come from more references.
        for column in 0..2_000 {
            let pick = OthersPick { key: pick.key.numbered(column), rows: 5 };
            let picks = pick.generate(&Rows::roots(0..5), &[]).expect("picks");
            for (row, &picked) in picks.as_primitive::<Int64Type>().values().iter().enumerate() {
                counts[row][picked as usize] += 1;
            }
        }
        for (row, counts) in counts.iter().enumerate() {
            assert_eq!(counts[row], 0);
            assert!(counts.iter().enumerate().all(|(at, count)| at == row || (400..600).contains(count)));
        }
        let alone = OthersPick { rows: 1, ..pick };
        assert!(alone.generate(&Rows::roots(0..1), &[]).is_err());
    }
}
