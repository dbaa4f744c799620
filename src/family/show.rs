//! [`show`]: one row with its parents, from the root that they stand under.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use arrow::record_batch::RecordBatch;

use super::engine::Engine;
use super::frame::{Frame, Stride};
use super::shard::{FirstRows, Receiver, Strides, run};
use super::stride::Numbering;
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
/// root. Rows under earlier roots are counted; only those under that one root are made.
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
    let lineage: Vec<EntityId> =
        std::iter::successors(Some(entity), |&entity| engine.model.parent(entity)).collect();
    // A row's children may depend on its global number: whatever is numbered is counted up to the root.
    let mut counted = engine.model.family(family);
    counted.retain(|entity| lineage.contains(entity) || first_rows.contains_key(entity));
    let mut first_rows = first_rows.clone();
    let mut left = number;
    let mut strides = Strides::over(roots);
    while let Some(stride) = strides.next(engine, family)? {
        let stride = Stride::held(engine, stride.roots, &first_rows)?;
        let frames = frames(engine, &stride, &counted, &first_rows)?;
        let rows = &frames[&entity].rows;
        let root = rows.root.get(left as usize).copied();
        for (entity, first) in &mut first_rows {
            *first += root.map_or(frames[entity].rows.len(), |root| before(&frames[entity], root)) as u64;
        }
        let Some(root) = root else {
            left -= rows.len() as u64;
            continue;
        };
        let mut wanted = BTreeMap::new();
        let mut place = left as usize;
        for &entity in &lineage {
            wanted.insert(entity, (place - before(&frames[&entity], root)) as u64);
            place = frames[&entity].rows.parent.get(place).map_or(0, |&above| above as usize);
        }
        let mut catcher = Catcher { wanted, received: BTreeMap::new(), caught: BTreeMap::new() };
        run(engine, family, root..root + 1, &first_rows, &mut catcher)?;
        let shown = lineage.iter().map(|entity| {
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

/// The rows of some entities of a family in a stride, by counts alone; parents come before their children.
fn frames(
    engine: &Engine<'_>,
    stride: &Stride,
    entities: &[EntityId],
    first_rows: &FirstRows,
) -> Result<BTreeMap<EntityId, Rc<Frame>>> {
    let mut numbering = Numbering::from(first_rows);
    let mut frames = BTreeMap::from([(stride.roots.entity, stride.roots.clone())]);
    for &entity in entities {
        let Some(above) = engine.model.parent(entity).and_then(|parent| frames.get(&parent)).cloned() else {
            continue;
        };
        let counts = engine.counts(stride, &above, entity)?;
        let rows = numbering.rows(entity, &above, 0..above.rows.len(), &counts);
        frames.insert(entity, Rc::new(Frame::new(entity, rows, Some(above))));
    }
    Ok(frames)
}

/// How many of a frame's rows stand under roots before `root`.
fn before(frame: &Frame, root: u64) -> usize {
    frame.rows.root.partition_point(|&other| other < root)
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
