//! [`Scales`]: how many rows a child of a root stands for, with all that is below it.
//!
//! A shard is as much work as it has rows, wherever they stand under its roots. Direct children are counted; what
//! stands below one of them is estimated once for all, from rows that are spread over the whole family: counting it
//! would take as long as making it. The rows, and so the scales, are the same on every machine.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::columns::{Rows, RowsBuilder};
use crate::family::{Engine, Frame, Stride};
use crate::model::{EntityId, FanOut, Origin};

/// Parts of a row that estimated weights are counted in.
const PARTS: u64 = 64;
/// Roots that the estimate looks at, and rows of each entity below them.
const SAMPLE_ROOTS: u64 = 256;
const SAMPLE_ROWS: usize = 16_384;

/// Weights of a root and of the direct children, in parts of a row.
pub(super) struct Scales {
    /// Parts that a row has: 1 where nothing is estimated.
    pub unit: u64,
    children: BTreeMap<EntityId, u64>,
}

impl Scales {
    /// The scales of a family.
    pub(super) fn of(engine: &Engine<'_>, family: EntityId) -> Self {
        let model = engine.model;
        if model.children(family).all(|child| model.children(child).next().is_none()) {
            return Self { unit: 1, children: BTreeMap::new() };
        }
        let roots = model.root_rows(family);
        let sampled = roots.min(SAMPLE_ROOTS);
        let spread = (0..sampled).map(|at| (u128::from(at) * u128::from(roots) / u128::from(sampled)) as u64);
        let frame = Rc::new(Frame::new(family, Rows::scattered(spread.collect()), None));
        let sample = Sample { engine, stride: Stride::of(frame.clone()) };
        Self {
            unit: PARTS,
            children: sample.children(&frame).map(|(child, _, scale)| (child, scale)).collect(),
        }
    }

    /// The weight of a direct child, in parts.
    pub(super) fn child(&self, child: EntityId) -> u64 {
        self.children.get(&child).copied().unwrap_or(self.unit)
    }
}

/// Rows that stand for all.
struct Sample<'s, 'm> {
    engine: &'s Engine<'m>,
    stride: Stride,
}

impl Sample<'_, '_> {
    /// The children of some rows: how many there are of each entity, and the weight of one.
    fn children<'c>(&'c self, frame: &'c Rc<Frame>) -> impl Iterator<Item = (EntityId, u64, u64)> + 'c {
        self.engine.model.children(frame.entity).filter_map(|child| {
            let counts = self.counts(frame, child)?;
            let rows = spread(frame, &counts);
            let total = counts.iter().map(|&count| u64::from(count)).sum();
            Some((child, total, self.weight(&Rc::new(Frame::new(child, rows, Some(frame.clone()))))))
        })
    }

    /// The weight of a row and all that is below it, on average over some.
    fn weight(&self, frame: &Rc<Frame>) -> u64 {
        let below: u128 = self
            .children(frame)
            .map(|(_, total, weight)| {
                u128::from(total) * u128::from(weight) / frame.rows.len().max(1) as u128
            })
            .sum();
        u64::try_from(below).unwrap_or(u64::MAX).saturating_add(PARTS)
    }

    /// How many children some rows have. Rows here have no number over all rows, by which a share chooses and by
    /// which a condition may fail: a share is spread evenly, and what fails is left to the run to tell.
    fn counts(&self, frame: &Rc<Frame>, child: EntityId) -> Option<Rc<Vec<u32>>> {
        match self.engine.model.entity(child).origin {
            Origin::Child { fan_out: FanOut::Share(share), .. } => {
                let before = |row: usize| libm::floor(row as f64 * share) as u32;
                Some(Rc::new((0..frame.rows.len()).map(|row| before(row + 1) - before(row)).collect()))
            }
            Origin::Child { .. } | Origin::Root { .. } => self.engine.counts(&self.stride, frame, child).ok(),
        }
    }
}

/// Children of some rows: all of them, or of each row as many as keep within the sample, spread over all that it has.
fn spread(parent: &Frame, counts: &[u32]) -> Rows {
    let most = (SAMPLE_ROWS / counts.len().max(1)).max(1) as u64;
    let mut rows = RowsBuilder::default();
    let (mut root, mut local) = (u64::MAX, 0);
    for (at, &count) in counts.iter().enumerate() {
        if parent.rows.root[at] != root {
            (root, local) = (parent.rows.root[at], 0);
        }
        let count = u64::from(count);
        let taken = count.min(most);
        for number in 0..taken {
            let ordinal = number * count / taken;
            rows.push(root, local + ordinal, ordinal as u32, at as u32, 0);
        }
        local += count;
    }
    rows.finish()
}
