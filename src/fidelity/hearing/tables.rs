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
const STRETCH: usize = 1 << 20;

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

    fn read(
        &self,
        entity: EntityId,
        group: &Group,
        stretch: usize,
        heard: &mut ShardHeard,
        take: &mut dyn FnMut(Table, &mut ShardHeard) -> Result<()>,
    ) -> Result<()> {
        let columns = self.model.entity(entity).columns.len();
        let files = group.files(entity);
        let order = self.order(entity, group, files);
        let mut pile = Pile::new(columns);
        for (number, file) in files.iter().enumerate() {
            let mut reader = match Rows::open(file, &order.wanted) {
                Ok(reader) => reader,
                Err(unreadable) => {
                    note_unreadable(&mut heard.unreadable, entity, &unreadable);
                    continue;
                }
            };
            let mut first = (number as i64) << PLACE_ROW_BITS;
            for batch in reader.by_ref() {
                let batch = match batch {
                    Ok(batch) => batch,
                    Err(unreadable) => {
                        note_unreadable(&mut heard.unreadable, entity, &unreadable);
                        break;
                    }
                };
                self.read_batch(entity, &order, &batch, first, heard, &mut pile)?;
                first += batch.num_rows() as i64;
                if pile.rows >= stretch {
                    take(std::mem::replace(&mut pile, Pile::new(columns)).table(&order.files)?, heard)?;
                }
            }
            for misfit in reader.misfits() {
                note_misfit(&mut heard.misfits, self.model, entity, &file.name, misfit);
            }
        }
        take(pile.table(&order.files)?, heard)
    }

    fn read_batch(
        &self,
        entity: EntityId,
        order: &Order,
        batch: &RecordBatch,
        first: i64,
        heard: &mut ShardHeard,
        pile: &mut Pile,
    ) -> Result<()> {
        let columns = self.model.entity(entity).columns.len();
        let rows = batch.num_rows();
        let mut arrays: Vec<Option<ArrayRef>> = vec![None; columns];
        let mut its_places = None;
        for (wanted, array) in order.wanted.iter().zip(batch.columns()) {
            if wanted.column.0 == columns {
                its_places = places(array);
            } else {
                arrays[wanted.column.0] = Some(array.clone());
            }
        }
        let its_places = its_places.unwrap_or_else(|| (first..first + rows as i64).collect());
        let origin = Origin { files: order.files.clone(), places: Some(its_places) };
        self.hear_batch(&Batch { entity, columns: &arrays, rows, origin: &origin }, heard)?;
        for (column, array) in arrays.iter_mut().enumerate() {
            if self.measured.contains(&(entity, ColumnId(column)))
                && let Some(texts) = array
            {
                *texts = lengths(texts);
            }
        }
        *heard.rows.entry(entity).or_default() += rows as u64;
        pile.push(arrays, origin.places.as_deref().unwrap_or_default());
        Ok(())
    }

    fn hear_batch(&self, batch: &Batch<'_>, heard: &mut ShardHeard) -> Result<()> {
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
