//! One table of a shard: its files read, each batch heard, what is needed later kept.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::ArrayRef;

use super::Court;
use crate::error::{Error, Result};
use crate::fidelity::assessment::Place;
use crate::fidelity::claims::Batch;
use crate::fidelity::evidence::TableFile;
use crate::fidelity::gather::PLACE_COLUMN;
use crate::fidelity::reading::{Misfit, Rows, Unreadable, Wanted};
use crate::fidelity::shard::{Origin, Table, lengths, places};
use crate::fidelity::tally::{Breaches, Tally};
use crate::model::{ColumnId, ColumnType, EntityId, Model};

impl Court<'_> {
    /// Reads a table's files; texts that are only measured leave their lengths.
    pub(super) fn read(
        &self,
        entity: EntityId,
        files: &[TableFile],
        gathered: Option<&BTreeMap<EntityId, Vec<String>>>,
        heard: &mut ShardHeard,
    ) -> Result<Table> {
        let columns = self.model.entity(entity).columns.len();
        let mut wanted = self.wanted(entity);
        let mut origin = Origin { files: files.iter().map(|file| file.name.clone()).collect(), places: None };
        if let Some(names) = gathered {
            wanted
                .iter_mut()
                .for_each(|wanted| wanted.name = self.model.column(entity, wanted.column).name.clone());
            wanted.push(Wanted {
                column: ColumnId(columns),
                name: PLACE_COLUMN.to_owned(),
                ty: ColumnType::BigInteger,
            });
            origin.files = names.get(&entity).cloned().unwrap_or_default();
        }
        let mut pieces: Vec<Option<Vec<ArrayRef>>> = vec![None; columns];
        let mut all_places: Vec<i64> = Vec::new();
        let mut rows = 0;
        for (number, file) in files.iter().enumerate() {
            let mut reader = match Rows::open(file, &wanted) {
                Ok(reader) => reader,
                Err(unreadable) => {
                    note_unreadable(&mut heard.unreadable, entity, &unreadable);
                    continue;
                }
            };
            let mut first = 0;
            loop {
                let batch = match reader.next() {
                    None => break,
                    Some(Ok(batch)) => batch,
                    Some(Err(unreadable)) => {
                        note_unreadable(&mut heard.unreadable, entity, &unreadable);
                        break;
                    }
                };
                let mut arrays: Vec<Option<ArrayRef>> = vec![None; columns];
                let mut its_places = None;
                for (wanted, array) in wanted.iter().zip(batch.columns()) {
                    if wanted.column.0 == columns {
                        its_places = places(array);
                    } else {
                        arrays[wanted.column.0] = Some(array.clone());
                    }
                }
                let count = batch.num_rows();
                let base = (number as i64) << 40 | first as i64;
                let its_places = its_places.unwrap_or_else(|| (base..base + count as i64).collect());
                let source = Origin { files: origin.files.clone(), places: Some(its_places) };
                self.hear_batch(
                    &Batch { entity, columns: &arrays, rows: count, origin: &source, first: 0 },
                    heard,
                )?;
                if gathered.is_some() || files.len() > 1 {
                    all_places.extend(source.places.iter().flatten());
                }
                for (column, array) in arrays.into_iter().enumerate() {
                    let Some(array) = array else { continue };
                    let kept = if self.measured.contains(&(entity, ColumnId(column))) {
                        lengths(&array)
                    } else {
                        array
                    };
                    pieces[column].get_or_insert_with(Vec::new).push(kept);
                }
                rows += count;
                first += count;
            }
            for misfit in reader.misfits() {
                note_misfit(&mut heard.misfits, self.model, entity, &file.name, misfit);
            }
        }
        *heard.rows.entry(entity).or_default() += rows as u64;
        origin.places = (gathered.is_some() || files.len() > 1).then_some(all_places);
        Table::of(pieces, rows, origin).map_err(Error::internal)
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
