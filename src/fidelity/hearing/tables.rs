//! One table of a shard: its files read, each batch heard, what is needed later kept.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{ArrayRef, RecordBatch};

use super::{Court, Group};
use crate::error::{Error, Result};
use crate::fidelity::assessment::Place;
use crate::fidelity::claims::Batch;
use crate::fidelity::evidence::TableFile;
use crate::fidelity::gather::{PLACE_COLUMN, PLACE_ROW_BITS};
use crate::fidelity::reading::{Misfit, Rows, Unreadable, Wanted};
use crate::fidelity::shard::{Origin, Table, lengths, places};
use crate::fidelity::tally::{Breaches, Tally};
use crate::model::{ColumnId, ColumnType, EntityId, Model};

/// Rows of a table that stands alone that are looked at together: more would only take memory.
pub(super) const STRETCH: usize = 1 << 20;

/// Columns of batches on their way to being a table.
struct Pile {
    pieces: Vec<Option<Vec<ArrayRef>>>,
    places: Vec<i64>,
    rows: usize,
}

impl Pile {
    fn new(columns: usize) -> Self {
        Self { pieces: vec![None; columns], places: Vec::new(), rows: 0 }
    }

    fn push(&mut self, arrays: Vec<Option<ArrayRef>>, places: &[i64]) {
        for (pieces, array) in self.pieces.iter_mut().zip(arrays) {
            if let Some(array) = array {
                pieces.get_or_insert_with(Vec::new).push(array);
            }
        }
        self.places.extend(places);
        self.rows += places.len();
    }

    fn table(self, files: &[String]) -> Result<Table> {
        let origin = Origin { files: files.to_vec(), places: Some(self.places) };
        Table::of(self.pieces, self.rows, origin).map_err(Error::internal)
    }
}

/// What to read of an entity's files.
struct Order {
    wanted: Vec<Wanted>,
    /// The names that places refer to.
    files: Vec<String>,
}

impl Court<'_> {
    /// Reads a whole table; texts that are only measured leave their lengths.
    pub(super) fn read_whole(
        &self,
        entity: EntityId,
        group: &Group,
        heard: &mut ShardHeard,
    ) -> Result<Table> {
        let mut whole = None;
        self.read(entity, group, usize::MAX, heard, &mut |table, _| {
            whole = Some(table);
            Ok(())
        })?;
        whole.ok_or_else(|| Error::internal("a table was not read"))
    }

    /// Reads a table that stands alone, stretch by stretch.
    pub(super) fn read_alone(
        &self,
        entity: EntityId,
        group: &Group,
        heard: &mut ShardHeard,
        take: &mut dyn FnMut(Table, &mut ShardHeard) -> Result<()>,
    ) -> Result<()> {
        self.read(entity, group, STRETCH, heard, take)
    }

    fn order(&self, entity: EntityId, group: &Group, files: &[TableFile]) -> Order {
        let columns = self.model.entity(entity).columns.len();
        let mut wanted = self.wanted(entity);
        let Some(names) = &group.gathered else {
            return Order { wanted, files: files.iter().map(|file| file.name.clone()).collect() };
        };
        for wanted in &mut wanted {
            wanted.name.clone_from(&self.model.column(entity, wanted.column).name);
        }
        let name = PLACE_COLUMN.to_owned();
        wanted.push(Wanted { column: ColumnId(columns), name, ty: ColumnType::BigInteger });
        Order { wanted, files: names.get(&entity).cloned().unwrap_or_default() }
    }

    /// Reads files for what is asked of rows one by one, wherever they lie: also of those that no family takes.
    pub(super) fn read_rows(&self, entity: EntityId, group: &Group, heard: &mut ShardHeard) -> Result<()> {
        self.each_batch(entity, group, heard, &mut |batch, heard| self.hear_batch(batch, heard))
    }

    fn read(
        &self,
        entity: EntityId,
        group: &Group,
        stretch: usize,
        heard: &mut ShardHeard,
        take: &mut dyn FnMut(Table, &mut ShardHeard) -> Result<()>,
    ) -> Result<()> {
        let columns = self.model.entity(entity).columns.len();
        let mut files = Vec::new();
        let mut pile = Pile::new(columns);
        self.each_batch(entity, group, heard, &mut |batch, heard| {
            // The rows of families that were put together have been heard where they lay.
            if group.gathered.is_none() {
                self.hear_batch(batch, heard)?;
            }
            files.clone_from(&batch.origin.files);
            pile.push(self.kept(batch), batch.origin.places.as_deref().unwrap_or_default());
            if pile.rows >= stretch {
                take(std::mem::replace(&mut pile, Pile::new(columns)).table(&files)?, heard)?;
            }
            Ok(())
        })?;
        take(pile.table(&files)?, heard)
    }

    /// What is kept of a batch: texts that are only measured leave their lengths.
    fn kept(&self, batch: &Batch<'_>) -> Vec<Option<ArrayRef>> {
        let kept = |(column, array): (usize, &Option<ArrayRef>)| {
            let measured = self.measured.contains(&(batch.entity, ColumnId(column)));
            array.as_ref().map(|array| if measured { lengths(array) } else { array.clone() })
        };
        batch.columns.iter().enumerate().map(kept).collect()
    }

    fn each_batch(
        &self,
        entity: EntityId,
        group: &Group,
        heard: &mut ShardHeard,
        call: &mut dyn FnMut(&Batch<'_>, &mut ShardHeard) -> Result<()>,
    ) -> Result<()> {
        let files = group.files(entity);
        let order = self.order(entity, group, files);
        for (number, file) in files.iter().enumerate() {
            let opened = match &group.piece {
                Some(piece) => Rows::open_piece(file, piece, &order.wanted),
                None => Rows::open(file, &order.wanted),
            };
            let mut reader = match opened {
                Ok(reader) => reader,
                Err(unreadable) => {
                    note_unreadable(&mut heard.unreadable, entity, &unreadable);
                    continue;
                }
            };
            let before = group.piece.as_ref().map_or(0, |piece| piece.first_row);
            let mut first = (number as i64) << PLACE_ROW_BITS | before as i64;
            for batch in reader.by_ref() {
                let batch = match batch {
                    Ok(batch) => batch,
                    Err(unreadable) => {
                        note_unreadable(&mut heard.unreadable, entity, &unreadable);
                        break;
                    }
                };
                let (columns, origin) = self.placed(entity, &order, &batch, first);
                first += batch.num_rows() as i64;
                call(&Batch { entity, columns: &columns, rows: batch.num_rows(), origin: &origin }, heard)?;
            }
            for misfit in reader.misfits() {
                note_misfit(&mut heard.misfits, self.model, entity, &file.name, misfit);
            }
        }
        Ok(())
    }

    /// A batch's arrays by the model's columns, and where its rows come from.
    fn placed(
        &self,
        entity: EntityId,
        order: &Order,
        batch: &RecordBatch,
        first: i64,
    ) -> (Vec<Option<ArrayRef>>, Origin) {
        let columns = self.model.entity(entity).columns.len();
        let mut arrays: Vec<Option<ArrayRef>> = vec![None; columns];
        let mut its_places = None;
        for (wanted, array) in order.wanted.iter().zip(batch.columns()) {
            if wanted.column.0 == columns {
                its_places = places(array);
            } else {
                arrays[wanted.column.0] = Some(array.clone());
            }
        }
        let its_places = its_places.unwrap_or_else(|| (first..first + batch.num_rows() as i64).collect());
        (arrays, Origin { files: order.files.clone(), places: Some(its_places) })
    }

    fn hear_batch(&self, batch: &Batch<'_>, heard: &mut ShardHeard) -> Result<()> {
        *heard.rows.entry(batch.entity).or_default() += batch.rows as u64;
        self.uniques.look(batch)?;
        for ((_, claim), tally) in self.claims.iter().zip(&mut heard.tallies) {
            if let Some(tally) = tally {
                claim.read(batch, tally);
            }
        }
        Ok(())
    }
}

/// What one shard gave.
#[derive(Default)]
pub(super) struct ShardHeard {
    pub(super) tallies: Vec<Option<Tally>>,
    pub(super) rows: BTreeMap<EntityId, u64>,
    pub(super) strangers: BTreeMap<EntityId, BTreeSet<u128>>,
    pub(super) unreadable: BTreeMap<EntityId, Breaches>,
    pub(super) misfits: BTreeMap<(EntityId, ColumnId), Breaches>,
}

impl ShardHeard {
    /// Adds what another shard gave.
    pub(super) fn merge(mut self, other: Self) -> Self {
        if self.tallies.is_empty() {
            return other;
        }
        for (mine, theirs) in self.tallies.iter_mut().zip(other.tallies) {
            match (mine.as_mut(), theirs) {
                (Some(mine), Some(theirs)) => mine.merge(theirs),
                (None, Some(theirs)) => *mine = Some(theirs),
                (_, None) => {}
            }
        }
        for (entity, rows) in other.rows {
            *self.rows.entry(entity).or_default() += rows;
        }
        for (entity, keys) in other.strangers {
            self.strangers.entry(entity).or_default().extend(keys);
        }
        for (entity, breaches) in other.unreadable {
            self.unreadable.entry(entity).or_default().merge(breaches);
        }
        for (place, breaches) in other.misfits {
            self.misfits.entry(place).or_default().merge(breaches);
        }
        self
    }
}

pub(super) fn note_unreadable(
    all: &mut BTreeMap<EntityId, Breaches>,
    entity: EntityId,
    unreadable: &Unreadable,
) {
    all.entry(entity).or_default().add(|| Place {
        file: unreadable.file.clone(),
        row: unreadable.row,
        column: None,
        found: unreadable.message.clone(),
    });
}

pub(super) fn note_misfit(
    all: &mut BTreeMap<(EntityId, ColumnId), Breaches>,
    model: &Model,
    entity: EntityId,
    file: &str,
    misfit: &Misfit,
) {
    if misfit.count == 0 || misfit.column.0 >= model.entity(entity).columns.len() {
        return;
    }
    let breaches = all.entry((entity, misfit.column)).or_default();
    let place = Place {
        file: file.to_owned(),
        row: Some(misfit.row),
        column: Some(model.column(entity, misfit.column).name.clone()),
        found: misfit.found.clone(),
    };
    breaches.add_many(misfit.count, &[place]);
}
