//! [`Frame`]: some rows of one entity, and the arrays made for them so far.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::buffer::ScalarBuffer;

use crate::columns::Rows;
use crate::model::{ColumnId, EntityId};

/// Rows of one entity under the rows of its parent's frame. Arrays are made once, on demand.
pub struct Frame {
    /// The entity.
    pub entity: EntityId,
    /// Its rows.
    pub rows: Rows,
    /// The rows above; nothing for roots.
    pub parent: Option<Rc<Frame>>,
    arrays: RefCell<BTreeMap<ColumnId, ArrayRef>>,
    counts: RefCell<BTreeMap<EntityId, Rc<Vec<u32>>>>,
}

impl Frame {
    /// Rows without arrays.
    pub fn new(entity: EntityId, rows: Rows, parent: Option<Rc<Self>>) -> Self {
        Self { entity, rows, parent, arrays: RefCell::default(), counts: RefCell::default() }
    }

    pub(super) fn known(&self, column: ColumnId) -> Option<ArrayRef> {
        self.arrays.borrow().get(&column).cloned()
    }

    /// Keeps an array that was made.
    pub(super) fn keep(&self, column: ColumnId, array: ArrayRef) {
        self.arrays.borrow_mut().insert(column, array);
    }

    pub(super) fn known_counts(&self, child: EntityId) -> Option<Rc<Vec<u32>>> {
        self.counts.borrow().get(&child).cloned()
    }

    pub(super) fn keep_counts(&self, child: EntityId, counts: Rc<Vec<u32>>) {
        self.counts.borrow_mut().insert(child, counts);
    }

    /// Each row's place among the rows of the ancestor `levels` up, and that ancestor's frame.
    pub(super) fn ancestor(self: &Rc<Self>, levels: u32) -> Option<(Rc<Self>, ScalarBuffer<u32>)> {
        let mut places = self.rows.parent.clone();
        let mut frame = self.parent.clone()?;
        for _ in 1..levels {
            let above = frame.parent.clone()?;
            places = places.iter().map(|&place| frame.rows.parent[place as usize]).collect();
            frame = above;
        }
        Some((frame, places))
    }
}

/// Consecutive roots with the rows that stay until their roots are complete.
pub struct Stride {
    /// The number of the first root.
    pub first_root: u64,
    /// The roots.
    pub roots: Rc<Frame>,
    /// Held entities of the family: their frame, and where each root's rows begin in it.
    pub held: BTreeMap<EntityId, (Rc<Frame>, Vec<u32>)>,
    /// Rows of each direct child under each root.
    pub counts: BTreeMap<EntityId, Rc<Vec<u32>>>,
}

impl Stride {
    /// A stride of roots alone.
    pub fn of(roots: Rc<Frame>) -> Self {
        let first_root = roots.rows.root.first().copied().unwrap_or(0);
        Self { first_root, roots, held: BTreeMap::new(), counts: BTreeMap::new() }
    }

    /// The frame of an entity whose rows are all here.
    pub fn frame(&self, entity: EntityId) -> Option<&Rc<Frame>> {
        if self.roots.entity == entity {
            return Some(&self.roots);
        }
        self.held.get(&entity).map(|(frame, _)| frame)
    }

    /// Rows of a direct child of the root under each row's root.
    pub(super) fn siblings(&self, frame: &Frame, entity: EntityId) -> Option<UInt32Array> {
        let counts = self.counts.get(&entity)?;
        Some(
            frame
                .rows
                .root
                .iter()
                .map(|root| counts[(root - self.first_root) as usize])
                .collect::<Vec<_>>()
                .into(),
        )
    }
}
