//! [`show`]: one row with its parents, from the root that they stand under.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use arrow::record_batch::RecordBatch;

use super::engine::Engine;
use super::frame::{Frame, Stride};
use super::shard::{FirstRows, Receiver, run};
use super::stride::Numbering;
use crate::columns::Rows;
use crate::error::{Error, Result};
use crate::model::EntityId;

/// A row of an entity.
pub struct Shown {
    /// The entity.
    pub entity: EntityId,
    /// The row, alone in its batch.
    pub row: RecordBatch,
}

/// Finds the `number`-th row of `entity` among those of a shard and makes it, its parent, and so on up to the
/// root. Only the rows under that one root are made.
///
/// # Errors
///
/// A value that cannot be made, or a row that is not there.
pub fn show(
    engine: &Engine<'_>,
    family: EntityId,
    roots: Range<u64>,
    first_rows: &FirstRows,
    entity: EntityId,
    number: u64,
) -> Result<Vec<Shown>> {
    let mut lineage = vec![entity];
    while let Some(parent) = engine.model.parent(lineage[lineage.len() - 1]) {
        lineage.push(parent);
    }
    lineage.reverse();
    let mut left = number;
    for root in roots {
        let levels = levels(engine, root, &lineage, first_rows)?;
        let rows = levels[levels.len() - 1].len() as u64;
        if left >= rows {
            left -= rows;
            continue;
        }
        let mut wanted = BTreeMap::new();
        let mut place = left;
        for (level, &entity) in lineage.iter().enumerate().rev() {
            wanted.insert(entity, place);
            place = u64::from(levels[level].parent[place as usize]);
        }
        let mut first = first_rows.clone();
        for (entity, rows) in lineage.iter().zip(&levels).skip(1) {
            first.insert(*entity, rows.row.first().copied().unwrap_or(0));
        }
        let mut catcher = Catcher { wanted, received: BTreeMap::new(), caught: BTreeMap::new() };
        run(engine, family, root..root + 1, &first, &mut catcher)?;
        let shown = lineage.iter().rev().map(|entity| {
            let row = catcher
                .caught
                .remove(entity)
                .ok_or_else(|| Error::internal("a row that was counted but not made"))?;
            Ok(Shown { entity: *entity, row })
        });
        return shown.collect();
    }
    Err(Error::internal(format!("row {number} is not in its shard")))
}

/// The rows of a lineage under one root, by counts alone.
fn levels(engine: &Engine<'_>, root: u64, lineage: &[EntityId], first_rows: &FirstRows) -> Result<Vec<Rows>> {
    let mut frame = Rc::new(Frame::new(lineage[0], Rows::roots(root..root + 1), None));
    let stride = Stride::of(frame.clone());
    let mut numbering = Numbering::from(first_rows);
    let mut levels = vec![frame.rows.clone()];
    for &entity in &lineage[1..] {
        let counts = engine.counts(&stride, &frame, entity)?;
        let rows = numbering.rows(entity, &frame, 0..frame.rows.len(), &counts);
        levels.push(rows.clone());
        frame = Rc::new(Frame::new(entity, rows, Some(frame)));
    }
    Ok(levels)
}

/// Keeps one row of each wanted entity.
struct Catcher {
    wanted: BTreeMap<EntityId, u64>,
    received: BTreeMap<EntityId, u64>,
    caught: BTreeMap<EntityId, RecordBatch>,
}

impl Receiver for Catcher {
    fn receive(&mut self, entity: EntityId, batch: RecordBatch) -> Result<()> {
        let received = self.received.entry(entity).or_insert(0);
        let rows = batch.num_rows() as u64;
        if let Some(&wanted) = self.wanted.get(&entity)
            && (*received..*received + rows).contains(&wanted)
        {
            self.caught.insert(entity, batch.slice((wanted - *received) as usize, 1));
        }
        *received += rows;
        Ok(())
    }

    fn received(&self, entity: EntityId) -> u64 {
        self.received.get(&entity).copied().unwrap_or(0)
    }
}
