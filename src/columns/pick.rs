//! Picks: which row a reference chooses, as a number.
//!
//! The number is global for a row of another family and under the root for one of the same family. Chosen
//! rows are computed, not looked up: a reference into an entity of any size costs no memory.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanBufferBuilder, Int64Array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{Int64Type, UInt32Type};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{ColumnGenerator, RowError, Rows};
use crate::laws::pairs::unrank_pair;
use crate::laws::{Draw, Sampler, ZipfFamily};
use crate::random::{Key, Permutation, below, unit};

/// Room sizes up to which a table holds every Zipf law; beyond it ranks are drawn from the sampler of the
/// greatest size and folded.
pub(super) const FAMILY_SIZE: usize = 1_024;

/// Any row, uniformly.
pub(super) struct UniformPick {
    pub key: Key,
    pub rows: u64,
}

impl ColumnGenerator for UniformPick {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        if self.rows == 0 && !rows.is_empty() {
            return Err(RowError::new(0, "the referenced entity has no rows"));
        }
        let picks = self.key.draws(&rows.root, &rows.local).map(|draw| below(draw, self.rows) as i64);
        Ok(Arc::new(Int64Array::from_iter_values(picks)))
    }
}

/// Zipf ranks scattered over the rows, so that the popular rows are not the first ones.
pub(super) struct ZipfPick {
    pub key: Key,
    pub sampler: Sampler,
    pub scatter: Permutation,
}

impl ZipfPick {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> u64 {
        let rank = self.sampler.draw(generator) as u64;
        rank.clamp(1, self.scatter.size()) - 1
    }
}

impl ColumnGenerator for ZipfPick {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let picks = rows.root.iter().zip(&rows.local).map(|(&root, &local)| {
            let rank = self.draw(&mut self.key.generator(root, local));
            self.scatter.apply(rank) as i64
        });
        Ok(Arc::new(Int64Array::from_iter_values(picks)))
    }
}

/// Different rows under one parent. Parents with two rows may get pairs that no other such parent has.
pub(super) struct DistinctPick {
    pub zipf: ZipfPick,
    /// Rows of the parent entity, where pairs are distinct; the input is then the parent's rank.
    pub parents: Option<u64>,
}

impl DistinctPick {
    /// Successive sampling without replacement. A rank that is taken is drawn again a few times, then the
    /// next free one is taken, so that it always ends.
    fn fill(&self, count: usize, generator: &mut Xoshiro256PlusPlus, taken: &mut Vec<u64>) {
        const DRAWS: usize = 64;
        taken.clear();
        let size = self.zipf.scatter.size();
        for _ in 0..count {
            let mut rank = self.zipf.draw(generator);
            for _ in 0..DRAWS {
                if !taken.contains(&rank) {
                    break;
                }
                rank = self.zipf.draw(generator);
            }
            while taken.contains(&rank) {
                rank = (rank + 1) % size;
            }
            taken.push(rank);
        }
    }

    /// The pair of a parent: an index below C(n, 2), permuted and unranked; who comes first is a coin.
    fn pair(&self, parents: u64, rank: u64, coin: u64) -> Option<(u64, u64)> {
        let size = self.zipf.scatter.size();
        let pairs = size * (size - 1) / 2;
        let index = parents - 1 - rank;
        if index >= pairs {
            return None;
        }
        let shuffled = Permutation::new(self.zipf.key.numbered(1), pairs).apply(index);
        let (first, second) = unrank_pair(shuffled, size);
        Some(if coin & 1 == 0 { (first, second) } else { (second, first) })
    }
}

impl ColumnGenerator for DistinctPick {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let size = self.zipf.scatter.size();
        let mut picks: Vec<i64> = Vec::with_capacity(rows.len());
        let mut taken = Vec::new();
        for run in rows.runs() {
            let (at, count) = (run.start, run.len());
            if count as u64 > size {
                let message = format!("{count} different rows are asked of an entity that has {size}");
                return Err(RowError::new(at, message));
            }
            let (root, local) = (rows.root[at], rows.local[at]);
            if let (Some(parents), 2) = (self.parents, count) {
                let rank = inputs[0].as_primitive::<Int64Type>().value(at) as u64;
                let pair = self.pair(parents, rank, self.zipf.key.numbered(2).at(root, local));
                let (first, second) = pair.ok_or_else(|| {
                    RowError::new(at, format!("there are not enough different pairs of {size} rows"))
                })?;
                picks.extend([first as i64, second as i64]);
                continue;
            }
            self.fill(count, &mut self.zipf.key.generator(root, local), &mut taken);
            picks.extend(taken.iter().map(|&rank| self.zipf.scatter.apply(rank) as i64));
        }
        Ok(Arc::new(Int64Array::from(picks)))
    }
}

/// A row among those of an entity under the same root; inputs: their number, then the row to avoid.
pub(super) struct WithinPick {
    pub key: Key,
    /// Nothing is uniform.
    pub zipf: Option<ZipfFamily>,
}

impl WithinPick {
    fn draw(&self, draw: u64, size: u64) -> u64 {
        match &self.zipf {
            None => below(draw, size),
            Some(family) if size as usize <= FAMILY_SIZE => family.draw(size as usize, unit(draw)) as u64,
            // Beyond the table: a rank of the greatest table within a stretch of rows.
            Some(family) => {
                let stretch = size.div_ceil(FAMILY_SIZE as u64);
                let rank = family.draw(FAMILY_SIZE, unit(draw)) as u64;
                (rank * stretch + below(draw.rotate_left(32), stretch)).min(size - 1)
            }
        }
    }
}

impl ColumnGenerator for WithinPick {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let sizes = inputs[0].as_primitive::<UInt32Type>().values();
        let avoided = inputs.get(1).map(|input| input.as_primitive::<Int64Type>().values());
        let mut picks = Vec::with_capacity(rows.len());
        for (at, draw) in self.key.draws(&rows.root, &rows.local).enumerate() {
            let size = u64::from(sizes[at]);
            let free = size.saturating_sub(u64::from(avoided.is_some()));
            if free == 0 {
                return Err(RowError::new(
                    at,
                    format!("there is no row to refer to: {size} under this root"),
                ));
            }
            picks.push(match avoided {
                None => self.draw(draw, size) as i64,
                // The one to avoid is stepped over, in a circle.
                Some(avoided) => (avoided[at] + 1 + self.draw(draw, free) as i64) % size as i64,
            });
        }
        Ok(Arc::new(Int64Array::from(picks)))
    }
}

/// An earlier row under the same parent, by a law of the distance truncated to the rows there are.
pub(super) struct EarlierPick {
    key: Key,
    /// Cumulative masses of the distances 1, 2, …
    cumulative: Vec<f64>,
}

impl EarlierPick {
    pub(super) fn new(key: Key, cumulative: Vec<f64>) -> Self {
        Self { key, cumulative }
    }

    /// None where there is no earlier row.
    fn pick(&self, rows: &Rows, at: usize) -> Option<i64> {
        let earlier = (rows.ordinal[at] as usize).min(self.cumulative.len());
        if earlier == 0 || self.cumulative[earlier - 1] <= 0.0 {
            return None;
        }
        let target = unit(self.key.at(rows.root[at], rows.local[at])) * self.cumulative[earlier - 1];
        let distance = self.cumulative[..earlier].partition_point(|&mass| mass < target) + 1;
        Some((rows.local[at] - distance.min(earlier) as u64) as i64)
    }
}

impl ColumnGenerator for EarlierPick {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        Ok(Arc::new((0..rows.len()).map(|at| self.pick(rows, at)).collect::<Int64Array>()))
    }

    fn generate_where(
        &self,
        rows: &Rows,
        _: &[ArrayRef],
        wanted: &BooleanBuffer,
    ) -> Result<ArrayRef, RowError> {
        let (mut picks, mut picked) = (vec![0; rows.len()], BooleanBufferBuilder::new(rows.len()));
        picked.append_buffer(wanted);
        for at in wanted.set_indices() {
            match self.pick(rows, at) {
                Some(pick) => picks[at] = pick,
                None => picked.set_bit(at, false),
            }
        }
        Ok(Arc::new(Int64Array::new(picks.into(), Some(NullBuffer::new(picked.finish())))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::RowsBuilder;
    use super::*;
    use crate::laws::Law;
    use arrow::array::Array;

    fn zipf(size: u64) -> ZipfPick {
        let key = Key::derive("s", "members", "userId", "pick");
        let law = Law::Zipf { exponent: 0.7, count: size };
        ZipfPick {
            key,
            sampler: Sampler::new(&law).expect("a law"),
            scatter: Permutation::new(key.numbered(9), size),
        }
    }

    #[test]
    fn rows_under_one_parent_differ_even_when_all_are_taken() {
        let pick = DistinctPick { zipf: zipf(40), parents: None };
        let mut taken = Vec::new();
        pick.fill(40, &mut pick.zipf.key.generator(1, 0), &mut taken);
        taken.sort_unstable();
        assert_eq!(taken, (0..40).collect::<Vec<_>>());
    }

    #[test]
    fn no_two_parents_have_the_same_pair() {
        let pick = DistinctPick { zipf: zipf(60), parents: Some(1_770) };
        let mut seen = std::collections::HashSet::new();
        for rank in 0..1_770 {
            let (first, second) = pick.pair(1_770, rank, rank).expect("a pair");
            assert!(first != second && first < 60 && second < 60);
            assert!(seen.insert((first.min(second), first.max(second))));
        }
        assert_eq!(pick.pair(1_771, 0, 0), None);
    }

    #[test]
    fn the_row_to_avoid_is_never_chosen_and_all_others_are() {
        let pick = WithinPick { key: Key::derive("s", "reads", "reader", "pick"), zipf: None };
        let rows = Rows::roots(0..4_000);
        let sizes: ArrayRef = Arc::new(arrow::array::UInt32Array::from(vec![5; 4_000]));
        let senders: ArrayRef = Arc::new(Int64Array::from(vec![2; 4_000]));
        let picks = pick.generate(&rows, &[sizes, senders]).expect("picks");
        let mut counts = [0; 5];
        for pick in picks.as_primitive::<Int64Type>().values() {
            counts[*pick as usize] += 1;
        }
        assert_eq!(counts[2], 0);
        assert!(
            counts.iter().enumerate().all(|(at, &count)| at == 2 || (850..1_150).contains(&count)),
            "{counts:?}"
        );
    }

    #[test]
    fn an_earlier_row_is_earlier_and_the_first_has_none() {
        let pick =
            EarlierPick::new(Key::derive("s", "m", "replyToId", "pick"), vec![0.5, 0.75, 0.875, 0.9375]);
        let mut rows = RowsBuilder::default();
        for ordinal in 0..1_000 {
            rows.push(3, 100 + u64::from(ordinal), ordinal, 0, 0);
        }
        let rows = rows.finish();
        let picks = pick.generate(&rows, &[]).expect("picks");
        let picks = picks.as_primitive::<Int64Type>();
        assert!(picks.is_null(0));
        for at in 1..1_000 {
            let distance = 100 + at as i64 - picks.value(at);
            assert!((1..=4.min(at as i64)).contains(&distance));
        }
        let wanted: BooleanBuffer = (0..1_000).map(|at| at % 3 == 0).collect();
        let some = pick.generate_where(&rows, &[], &wanted).expect("picks");
        let kept = arrow::compute::nullif(picks, &(!&wanted).into()).expect("picks");
        assert_eq!(&some, &kept);
    }
}
