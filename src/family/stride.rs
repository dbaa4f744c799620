//! One stride: roots, held rows, slices of all other rows, aggregates.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;

use super::engine::Engine;
use super::folds::Folds;
use super::frame::{Frame, Stride};
use super::shard::{FirstRows, Receiver, STRIDE_ROWS};
use crate::columns::{Rows, RowsBuilder};
use crate::dataset::format::BLOCK_ROWS;
use crate::dataset::observations::Observations;
use crate::error::{Error, Result};
use crate::model::{ColumnId, EntityId, Pick, Strategy};

/// Rows of a slice: two blocks, small enough for the caches, so few that a thread's memory stays small.
const SLICE_ROWS: usize = 2 * BLOCK_ROWS;

/// Numbers rows as strides and slices go by: under their root, and over all.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbering {
    /// The next row's global number.
    next_row: BTreeMap<EntityId, u64>,
    under_root: BTreeMap<EntityId, (u64, u64)>,
}

impl Numbering {
    /// Numbers that go on from these.
    pub(super) fn from(first_rows: &FirstRows) -> Self {
        Self { next_row: first_rows.clone(), under_root: BTreeMap::new() }
    }

    /// The rows of `child` under some rows of its parent's frame.
    pub(super) fn rows(
        &mut self,
        child: EntityId,
        parent: &Frame,
        range: Range<usize>,
        counts: &[u32],
    ) -> Rows {
        let total: usize = counts[range.clone()].iter().map(|&count| count as usize).sum();
        let mut rows = RowsBuilder::with_capacity(total);
        let next_row = self.next_row.entry(child).or_insert(0);
        let (current_root, next_local) = self.under_root.entry(child).or_insert((u64::MAX, 0));
        for at in range {
            let root = parent.rows.root[at];
            if root != *current_root {
                (*current_root, *next_local) = (root, 0);
            }
            rows.push_children(root, *next_local, counts[at], at as u32, *next_row);
            *next_local += u64::from(counts[at]);
            *next_row += u64::from(counts[at]);
        }
        rows.finish()
    }
}

impl Stride {
    /// Roots with the rows that stay until their roots are complete; nothing of them is made yet.
    ///
    /// # Errors
    ///
    /// A count that cannot be made.
    pub fn held(engine: &Engine<'_>, roots: Rc<Frame>, first_rows: &FirstRows) -> Result<Self> {
        let mut stride = Self::of(roots);
        stride.hold_all(engine, &mut Numbering::from(first_rows))?;
        Ok(stride)
    }

    /// Numbers the rows that stay; how many each row above has, of each entity.
    fn hold_all(
        &mut self,
        engine: &Engine<'_>,
        numbering: &mut Numbering,
    ) -> Result<Vec<(EntityId, Rc<Vec<u32>>)>> {
        let held: Vec<EntityId> = engine.model.family(self.roots.entity)[1..]
            .iter()
            .copied()
            .filter(|&entity| engine.is_held(entity))
            .collect();
        held.into_iter().map(|entity| Ok((entity, self.hold(engine, entity, numbering)?))).collect()
    }

    fn hold(
        &mut self,
        engine: &Engine<'_>,
        entity: EntityId,
        numbering: &mut Numbering,
    ) -> Result<Rc<Vec<u32>>> {
        let parent = engine.model.parent(entity).and_then(|parent| self.frame(parent)).cloned();
        let parent = parent.ok_or_else(|| Error::internal("a held row under one that is not"))?;
        let counts = engine.counts(self, &parent, entity)?;
        if Rc::ptr_eq(&parent, &self.roots) {
            self.counts.insert(entity, counts.clone());
        }
        let rows = numbering.rows(entity, &parent, 0..parent.rows.len(), &counts);
        let offsets = self.offsets(&rows);
        let frame = Rc::new(Frame::new(entity, rows, Some(parent)));
        self.held.insert(entity, (frame, offsets));
        Ok(counts)
    }

    /// Where each root's rows begin.
    fn offsets(&self, rows: &Rows) -> Vec<u32> {
        let roots = self.roots.rows.len();
        let mut offsets = vec![0u32; roots];
        let mut at = 0;
        for (root, offset) in offsets.iter_mut().enumerate() {
            while at < rows.len() && rows.root[at] < self.first_root + root as u64 {
                at += 1;
            }
            *offset = at as u32;
        }
        offsets
    }
}

/// Walks one stride and hands its rows to a receiver.
pub(super) struct Walk<'w, 'm> {
    pub engine: &'w Engine<'m>,
    pub family: &'w [EntityId],
    pub stride: Stride,
    pub numbering: &'w mut Numbering,
    pub observations: &'w mut Observations,
    pub receiver: &'w mut dyn Receiver,
}

impl Walk<'_, '_> {
    pub(super) fn run(mut self) -> Result<()> {
        for (entity, counts) in self.stride.hold_all(self.engine, self.numbering)? {
            self.observations.add_counts(&self.engine.model.entity(entity).name, &counts);
        }
        let mut folds = Folds::new(self.engine, &self.stride, self.family);
        let held: Vec<Rc<Frame>> =
            self.family.iter().filter_map(|&entity| self.stride.frame(entity).cloned()).collect();
        for frame in &held {
            folds.fold(self.engine, &self.stride, frame)?;
        }
        for frame in &held {
            for child in self.engine.model.children(frame.entity) {
                if !self.engine.is_held(child) {
                    self.pass(frame, child, &mut folds)?;
                }
            }
        }
        folds.finish(self.engine, &self.stride)?;
        for frame in &held {
            self.emit(frame)?;
        }
        Ok(())
    }

    fn counts(&mut self, parent: &Rc<Frame>, child: EntityId) -> Result<Rc<Vec<u32>>> {
        let counts = self.engine.counts(&self.stride, parent, child)?;
        self.observations.add_counts(&self.engine.model.entity(child).name, &counts);
        if Rc::ptr_eq(parent, &self.stride.roots) {
            self.stride.counts.insert(child, counts.clone());
        }
        Ok(counts)
    }

    /// Passes a child's rows by, those of some parents at a time.
    fn pass(&mut self, parent: &Rc<Frame>, child: EntityId, folds: &mut Folds) -> Result<()> {
        let counts = self.counts(parent, child)?;
        let mut first = 0;
        while first < counts.len() {
            let mut rows = 0;
            let fitting = counts[first..].iter().take_while(|&&count| {
                rows += u64::from(count);
                rows <= STRIDE_ROWS
            });
            let end = first + fitting.count().max(1);
            let rows = self.numbering.rows(child, parent, first..end, &counts);
            self.pass_rows(parent, child, rows, folds)?;
            first = end;
        }
        Ok(())
    }

    /// Passes rows of whole parents by in slices. Columns that need their siblings are made for all rows first.
    fn pass_rows(
        &mut self,
        parent: &Rc<Frame>,
        child: EntityId,
        rows: Rows,
        folds: &mut Folds,
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let all = Rc::new(Frame::new(child, rows, Some(parent.clone())));
        let sibling_columns = self.sibling_columns(child);
        for &column in &sibling_columns {
            let array = self.engine.array(&self.stride, &all, column)?;
            self.observe_gaps(&all, column, &array);
        }
        let mut start = 0;
        while start < all.rows.len() {
            // Slices end where blocks do, so that most blocks are cut from one slice.
            let into_block = (self.receiver.received(child) % BLOCK_ROWS as u64) as usize;
            let end = (start + SLICE_ROWS - into_block).min(all.rows.len());
            let slice = if start == 0 && end == all.rows.len() {
                all.clone()
            } else {
                let slice = Rc::new(Frame::new(child, all.rows.slice(start..end), Some(parent.clone())));
                for &column in &sibling_columns {
                    let array = self.engine.array(&self.stride, &all, column)?;
                    slice.keep(column, array.slice(start, end - start));
                }
                slice
            };
            self.slice(&slice, folds)?;
            start = end;
        }
        Ok(())
    }

    fn slice(&mut self, slice: &Rc<Frame>, folds: &mut Folds) -> Result<()> {
        self.emit(slice)?;
        folds.fold(self.engine, &self.stride, slice)?;
        for child in self.engine.model.children(slice.entity) {
            self.pass(slice, child, folds)?;
        }
        Ok(())
    }

    /// Columns that are made for whole parents at once.
    fn sibling_columns(&self, entity: EntityId) -> Vec<ColumnId> {
        let columns = self.engine.model.entity(entity).columns.iter().enumerate();
        columns
            .filter(|(_, column)| {
                matches!(
                    column.strategy,
                    Strategy::Process(_)
                        | Strategy::Pick(Pick::Distinct { .. })
                        | Strategy::RunningSum { .. }
                )
            })
            .map(|(at, _)| ColumnId(at))
            .collect()
    }

    fn emit(&mut self, frame: &Rc<Frame>) -> Result<()> {
        let batch = self.engine.batch(&self.stride, frame)?;
        self.observe_times(frame.entity, &batch);
        self.receiver.receive(frame.entity, batch)
    }

    fn observe_times(&mut self, entity: EntityId, batch: &RecordBatch) {
        let name = &self.engine.model.entity(entity).name;
        for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            if matches!(field.data_type(), DataType::Timestamp(TimeUnit::Microsecond, _)) {
                let times = array.as_primitive::<TimestampMicrosecondType>();
                let column = format!("{name}.{}", field.name());
                if times.null_count() == 0 {
                    self.observations.add_times(&column, times.values().iter().copied());
                } else {
                    self.observations.add_times(&column, times.iter().flatten());
                }
            }
        }
    }

    fn observe_gaps(&mut self, frame: &Frame, column: ColumnId, array: &dyn Array) {
        let declared = self.engine.model.column(frame.entity, column);
        if !matches!(declared.strategy, Strategy::Process(_)) {
            return;
        }
        let name = format!("{}.{}", self.engine.model.entity(frame.entity).name, declared.name);
        let times = array.as_primitive::<TimestampMicrosecondType>().values();
        for run in frame.rows.runs() {
            self.observations.add_gaps(&name, &times[run]);
        }
    }
}
