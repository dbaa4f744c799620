//! [`count`]: the pass that counts children without making their columns.
//!
//! It reads count columns only. Its result is 8 bytes for every block of roots and entity that is counted,
//! from which the global number of any row follows.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::weights::Scales;
use crate::columns::{Rows, RowsBuilder};
use crate::error::{Error, Result};
use crate::family::{Engine, FirstRows, Frame, Stride};
use crate::model::{EntityId, FanOut, Model, Origin, Piece, Strategy};

/// Roots of a block of the index: where a shard begins, up to so many are counted again.
const BLOCK_ROOTS: u64 = 2_048;

/// What was counted of one family.
#[derive(Clone, Debug)]
pub struct Counted {
    family: EntityId,
    roots: u64,
    /// Entities of which the number of every row is needed.
    numbered: Vec<EntityId>,
    /// Rows of each counted entity before each block of roots, and after the last.
    before_block: BTreeMap<EntityId, Vec<u64>>,
    /// Rows up to and with each root: where shards may end.
    weights: Weights,
    /// The root with the most direct children: it and they.
    largest_root: u64,
}

/// The sums of roots' weights.
#[derive(Clone, Debug)]
enum Weights {
    /// Every root is alone.
    Ones,
    /// Up to and with each root, in parts of a row: direct children are counted, what is below them is estimated.
    Sums {
        /// The sums.
        sums: Vec<u64>,
        /// Parts that a row has.
        unit: u64,
    },
}

/// More roots with children than this are not counted: they take 8 bytes and some 20 ns each.
const MOST_COUNTED: u64 = 1 << 30;

/// Entities whose rows have numbers over all rows, or whose parents' rows must have them: those with such columns,
/// parents of shares, and their ancestors.
fn numbered_entities(model: &Model, family: &[EntityId]) -> Vec<EntityId> {
    let mut numbered = vec![false; model.entities.len()];
    for &entity in &family[1..] {
        let by_row = model.entity(entity).columns.iter().any(|column| match &column.strategy {
            Strategy::Sequence { .. } => true,
            Strategy::Template(pieces) => pieces.contains(&Piece::Row),
            _ => false,
        });
        let shared = model.children(entity).any(|child| {
            matches!(model.entity(child).origin, Origin::Child { fan_out: FanOut::Share(_), .. })
        });
        if by_row || shared {
            let mut at = Some(entity);
            while let Some(entity) = at.filter(|&entity| entity != family[0]) {
                numbered[entity.0] = true;
                at = model.parent(entity);
            }
        }
    }
    family[1..].iter().copied().filter(|entity| numbered[entity.0]).collect()
}

/// Counts all families, in the order of the model.
///
/// # Errors
///
/// A count column whose value cannot be made.
pub fn count(engine: &Engine<'_>) -> Result<Vec<Counted>> {
    engine.model.roots().map(|family| count_family(engine, family)).collect()
}

fn count_family(engine: &Engine<'_>, family: EntityId) -> Result<Counted> {
    let model = engine.model;
    let members = model.family(family);
    let numbered = numbered_entities(model, &members);
    // Direct children are counted in any case: they are most of a root's weight.
    let direct = |entity: &EntityId| model.parent(*entity) == Some(family);
    let entities: Vec<EntityId> =
        members[1..].iter().copied().filter(|entity| direct(entity) || numbered.contains(entity)).collect();
    let roots = model.root_rows(family);
    let counts = model.children(family).next().is_some();
    if counts && roots > MOST_COUNTED {
        let name = &model.entity(family).name;
        return Err(Error::usage_hint(
            format!(
                "`{name}` has {roots} rows, and children; a family is counted up to {MOST_COUNTED} roots"
            ),
            "fewer root rows with more children each, or a family without children",
        ));
    }
    let mut counted = Counted {
        family,
        roots,
        numbered,
        before_block: entities.iter().map(|&entity| (entity, vec![0])).collect(),
        weights: Weights::Ones,
        largest_root: roots.min(1),
    };
    if !counts {
        return Ok(counted);
    }
    let mut sums = Vec::with_capacity(roots.min(1 << 24) as usize);
    let scales = Scales::of(engine, family);
    let mut numbers: FirstRows = entities.iter().map(|&entity| (entity, 0)).collect();
    let mut first = 0;
    while first < roots {
        let block = first..(first + BLOCK_ROOTS).min(roots);
        let mut per_root = vec![(1_u64, scales.unit); (block.end - block.start) as usize];
        numbers = count_on(engine, family, block.clone(), numbers, &mut |child, counts| {
            let scale = scales.child(child);
            for ((rows, weight), &count) in per_root.iter_mut().zip(counts) {
                *rows += u64::from(count);
                *weight = weight.saturating_add(u64::from(count).saturating_mul(scale));
            }
        })?;
        let mut sum = sums.last().copied().unwrap_or(0_u64);
        for (rows, weight) in per_root {
            sum = sum.saturating_add(weight);
            sums.push(sum);
            counted.largest_root = counted.largest_root.max(rows);
        }
        for (entity, before) in &mut counted.before_block {
            before.push(numbers[entity]);
        }
        first = block.end;
    }
    counted.weights = Weights::Sums { sums, unit: scales.unit };
    Ok(counted)
}

/// Rows of some entities before a range of roots are counted on to its end; direct children of each root are given to
/// `seen` on the way.
fn count_on(
    engine: &Engine<'_>,
    family: EntityId,
    roots: Range<u64>,
    numbers: FirstRows,
    seen: &mut dyn FnMut(EntityId, &[u32]),
) -> Result<FirstRows> {
    let frame = Rc::new(Frame::new(family, Rows::roots(roots), None));
    // All rows that stay under so many roots may be very many: only where counts depend on them.
    let beside = numbers.keys().any(|&entity| engine.counts_by_siblings(entity));
    let stride =
        if beside { Stride::held(engine, frame.clone(), &numbers)? } else { Stride::of(frame.clone()) };
    let mut count = Count { engine, stride, numbers };
    for child in engine.model.children(family) {
        let counts = engine.counts(&count.stride, &frame, child)?;
        seen(child, &counts);
        count.below(&frame, child, &counts)?;
    }
    Ok(count.numbers)
}

/// A count on its way: the number that each counted entity's next row has over all rows.
struct Count<'c, 'm> {
    engine: &'c Engine<'m>,
    stride: Stride,
    numbers: FirstRows,
}

impl Count<'_, '_> {
    /// Adds a child's rows, and those of its own children that are counted, a slice at a time.
    fn below(&mut self, parent: &Rc<Frame>, child: EntityId, counts: &[u32]) -> Result<()> {
        let first = self.numbers.get(&child).copied().unwrap_or(0);
        let total: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        self.numbers.insert(child, first + total);
        let deeper: Vec<EntityId> =
            self.engine.model.children(child).filter(|entity| self.numbers.contains_key(entity)).collect();
        if deeper.is_empty() {
            return Ok(());
        }
        const SLICE: usize = 65_536;
        let mut rows = RowsBuilder::default();
        let (mut row, mut local, mut root) = (first, 0, u64::MAX);
        for (at, &count) in counts.iter().enumerate() {
            if parent.rows.root[at] != root {
                (root, local) = (parent.rows.root[at], 0);
            }
            for ordinal in 0..count {
                // How many children a row has may depend on its number over all rows.
                rows.push(root, local, ordinal, at as u32, row);
                local += 1;
                row += 1;
                if rows.len() == SLICE {
                    self.slice(parent, child, std::mem::take(&mut rows).finish(), &deeper)?;
                }
            }
        }
        self.slice(parent, child, rows.finish(), &deeper)
    }

    fn slice(&mut self, parent: &Rc<Frame>, child: EntityId, rows: Rows, deeper: &[EntityId]) -> Result<()> {
        let slice = Rc::new(Frame::new(child, rows, Some(parent.clone())));
        for &grandchild in deeper {
            let counts = self.engine.counts(&self.stride, &slice, grandchild)?;
            self.below(&slice, grandchild, &counts)?;
        }
        Ok(())
    }
}

/// Where shards end, in quarters of a shard. Of many shards the last two are cut into halves and quarters, so that
/// threads that are done wait for a small one (guided self-scheduling, Polychronopoulos & Kuck 1987,
/// doi:10.1109/TC.1987.5009495).
fn quarters(shards: u64) -> Vec<u64> {
    const MANY: u64 = 8;
    if shards < MANY {
        return (1..=shards).map(|shard| 4 * shard).collect();
    }
    let whole = shards - 2;
    let tail = [2, 4, 5, 6, 7, 8].map(|quarter| 4 * whole + quarter);
    (1..=whole).map(|shard| 4 * shard).chain(tail).collect()
}

impl Counted {
    /// The root entity of the family.
    pub const fn family(&self) -> EntityId {
        self.family
    }

    /// The number of roots.
    pub const fn roots(&self) -> u64 {
        self.roots
    }

    /// Rows of an entity, if it was counted.
    pub fn total(&self, entity: EntityId) -> Option<u64> {
        if entity == self.family {
            return Some(self.roots);
        }
        self.before_block.get(&entity).and_then(|before| before.last().copied())
    }

    /// About how many rows a range of roots has with all that is below them.
    pub fn weight(&self, roots: Range<u64>) -> u64 {
        (self.up_to(roots.end) - self.up_to(roots.start)) / self.unit()
    }

    /// Roots and direct children of the largest root.
    pub const fn largest_root(&self) -> u64 {
        self.largest_root
    }

    /// Parts of a row that weights are counted in.
    const fn unit(&self) -> u64 {
        match self.weights {
            Weights::Ones => 1,
            Weights::Sums { unit, .. } => unit,
        }
    }

    /// The weight of the roots before one, in parts.
    fn up_to(&self, root: u64) -> u64 {
        match &self.weights {
            Weights::Ones => root,
            Weights::Sums { sums, .. } if root > 0 => sums[root as usize - 1],
            Weights::Sums { .. } => 0,
        }
    }

    /// Ends of shards of about `rows` rows each, smaller ones at the end; a root is never split.
    pub(super) fn ends(&self, rows: u64) -> Vec<u64> {
        let total = self.up_to(self.roots);
        let shards = total.div_ceil(rows * self.unit()).max(1);
        let mut ends = Vec::new();
        for quarter in quarters(shards) {
            let target = (u128::from(total) * u128::from(quarter) / u128::from(4 * shards)) as u64;
            let end = if quarter == 4 * shards {
                self.roots
            } else {
                match &self.weights {
                    Weights::Ones => target.max(1),
                    Weights::Sums { sums, .. } => sums.partition_point(|&weight| weight < target) as u64 + 1,
                }
            };
            let end = end.min(self.roots);
            if ends.last() != Some(&end) {
                ends.push(end);
            }
        }
        ends
    }

    /// The number over all rows of each numbered entity's first row under `root` or later.
    ///
    /// # Errors
    ///
    /// As [`count`].
    pub fn before(&self, engine: &Engine<'_>, root: u64) -> Result<FirstRows> {
        let block = root / BLOCK_ROOTS;
        let first: FirstRows = self
            .numbered
            .iter()
            .map(|entity| (*entity, &self.before_block[entity]))
            .map(|(entity, before)| (entity, before[(block as usize).min(before.len() - 1)]))
            .collect();
        let start = block * BLOCK_ROOTS;
        if start == root || first.is_empty() {
            return Ok(first);
        }
        count_on(engine, self.family, start..root, first, &mut |_, _| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_shards_the_last_two_are_halves_and_quarters_and_of_few_none() {
        assert_eq!(quarters(1), [4]);
        assert_eq!(quarters(7), [4, 8, 12, 16, 20, 24, 28]);
        let lengths = |ends: Vec<u64>| -> Vec<u64> {
            ends.iter().scan(0, |before, &end| Some(end - std::mem::replace(before, end))).collect()
        };
        assert_eq!(lengths(quarters(8)), [4, 4, 4, 4, 4, 4, 2, 2, 1, 1, 1, 1]);
        for shards in 8..400 {
            assert_eq!(quarters(shards).last(), Some(&(4 * shards)));
        }
    }
}
