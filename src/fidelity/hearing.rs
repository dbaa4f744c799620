//! [`hear`]: every file read once, shard by shard, and what the claims counted of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array};
use rayon::prelude::*;

use super::assessment::Place;
use super::claims::{Batch, Claim};
use super::evidence::{Evidence, TableFile};
use super::gather::{self, PLACE_COLUMN};
use super::keys::{Keys, text_key};
use super::reading::{Misfit, Rows, Unreadable, Wanted};
use super::registry::{self, Registry};
use super::shard::{Origin, Shard, Table, is_measured_only, link, places};
use super::sources::View;
use super::tally::{Breaches, Tally};
use super::uniques::Uniques;
use crate::error::{Error, Result};
use crate::model::{ColumnId, ColumnType, EntityId, Model, Piece, Strategy};

/// More rows without a parent in their shard than this, and the parts hold no whole families.
const MOST_STRANGERS: usize = 100_000;

/// A claim and the root of the family that it is about.
pub type OfFamily = (EntityId, Box<dyn Claim>);

/// What was counted.
pub struct Heard {
    /// One tally for each claim.
    pub tallies: Vec<Tally>,
    /// Rows by entity.
    pub rows: BTreeMap<EntityId, u64>,
    /// Files that could not be read to their end, by entity.
    pub unreadable: BTreeMap<EntityId, Breaches>,
    /// Values that are none of their column's type.
    pub misfits: BTreeMap<(EntityId, ColumnId), Breaches>,
    /// Tables that could not be put under their parents, and why.
    pub left_out: Vec<(EntityId, String)>,
}

/// The parts of some families that are looked at together.
pub struct Group {
    /// Each entity's files, parents before children.
    tables: Vec<(EntityId, Vec<TableFile>)>,
    /// They were put together from other files, whose names these are.
    gathered: Option<Arc<BTreeMap<EntityId, Vec<String>>>>,
}

/// What is the same for every shard.
pub struct Court<'c> {
    /// The model.
    pub model: &'c Model,
    /// The files.
    pub evidence: &'c Evidence,
    /// The claims.
    pub claims: &'c [OfFamily],
    /// The rows that other families refer to.
    pub registry: Registry,
    /// Uniqueness, by column and by sets.
    pub uniques: Uniques,
    /// The order of rows means something.
    pub in_order: bool,
    measured: BTreeSet<(EntityId, ColumnId)>,
}

/// What became of hearing all files in their own layout.
pub enum Outcome {
    /// All was counted.
    Heard(Box<Heard>),
    /// Parts of one number do not hold whole families, so that the files must be put together anew.
    NotAligned,
}

impl<'c> Court<'c> {
    /// Reads what all shards need.
    ///
    /// # Errors
    ///
    /// The scratch folder's.
    pub fn open(
        model: &'c Model,
        evidence: &'c Evidence,
        claims: &'c [OfFamily],
        in_order: bool,
        scratch: &Path,
    ) -> Result<Self> {
        let mut read: BTreeSet<(EntityId, ColumnId)> = BTreeSet::new();
        for entity in model.entity_ids() {
            for source in registry::sources(model, entity) {
                match source {
                    crate::model::Source::Own(column) => drop(read.insert((entity, column))),
                    crate::model::Source::Ancestor { entity, column, .. }
                    | crate::model::Source::Pointed { entity, column, .. } => drop(read.insert((entity, column))),
                    crate::model::Source::Children(_) | crate::model::Source::Siblings(_) => {}
                }
            }
            for column in &model.entity(entity).columns {
                if let Strategy::Template(pieces) = &column.strategy {
                    read.extend(pieces.iter().filter_map(|piece| match piece {
                        Piece::Column(column) => Some((entity, *column)),
                        Piece::Text(_) | Piece::Row => None,
                    }));
                }
                if let Strategy::Aggregate { entity, column, .. } = &column.strategy {
                    read.insert((*entity, *column));
                }
            }
        }
        let measured = model.entity_ids().flat_map(|entity| {
            let measured = model.entity(entity).visible().filter(|(_, column)| is_measured_only(column));
            measured.map(move |(id, _)| (entity, id)).collect::<Vec<_>>()
        });
        let measured = measured.filter(|place| !read.contains(place)).collect();
        let uniques = Uniques::of(model, scratch);
        let mut court =
            Self { model, evidence, claims, registry: Registry::default(), uniques, in_order, measured };
        court.register();
        Ok(court)
    }

    /// Registers referenced rows. Files that cannot be read are reported when their own family is heard.
    fn register(&mut self) {
        for (entity, columns) in registry::wanted(self.model) {
            let declared = self.model.entity(entity);
            let mut by: Vec<ColumnId> = columns.iter().copied().filter(|column| declared.columns[column.0].unique).collect();
            by.extend(declared.key.filter(|key| !by.contains(key)));
            let mut pieces: Vec<Option<Vec<ArrayRef>>> = vec![None; self.model.entity(entity).columns.len()];
            let wanted: Vec<Wanted> =
                self.wanted(entity).into_iter().filter(|wanted| by.contains(&wanted.column) || columns.contains(&wanted.column)).collect();
            let mut rows = 0;
            for file in &self.evidence.tables[entity.0].files {
                let Ok(reader) = Rows::open(file, &wanted) else { continue };
                for batch in reader.map_while(std::result::Result::ok) {
                    rows += batch.num_rows();
                    for (wanted, array) in wanted.iter().zip(batch.columns()) {
                        pieces[wanted.column.0].get_or_insert_with(Vec::new).push(array.clone());
                    }
                }
            }
            if let Ok(table) = Table::of(pieces, rows, Origin::default()) {
                self.registry.add(entity, &by, table);
            }
        }
    }

    /// The columns that an entity's files have.
    fn wanted(&self, entity: EntityId) -> Vec<Wanted> {
        let table = &self.evidence.tables[entity.0];
        let named = self.model.entity(entity).visible().filter_map(|(column, declared)| {
            let name = table.columns.get(column.0)?.clone()?;
            Some(Wanted { column, name, ty: declared.ty.clone() })
        });
        named.collect()
    }

    /// The parts of one number, family by family; a table alone needs no other.
    fn groups(&self) -> Vec<Group> {
        let mut groups = Vec::new();
        for root in self.model.roots() {
            let family = self.model.family(root);
            let mut shards: BTreeMap<(usize, usize), Vec<(EntityId, Vec<TableFile>)>> = BTreeMap::new();
            for &entity in &family {
                for (number, file) in self.evidence.tables[entity.0].files.iter().enumerate() {
                    let shard = match file.shard {
                        Some(shard) if self.evidence.aligned => (shard, 0),
                        _ => (usize::MAX, number),
                    };
                    let tables = shards.entry(shard).or_default();
                    match tables.iter_mut().find(|(known, _)| *known == entity) {
                        Some((_, files)) => files.push(file.clone()),
                        None => tables.push((entity, vec![file.clone()])),
                    }
                }
            }
            groups.extend(shards.into_values().map(|tables| Group { tables, gathered: None }));
        }
        groups
    }

    /// Hears all files in their own layout, or says that they hold no whole families.
    ///
    /// # Errors
    ///
    /// The scratch folder's.
    pub fn hear_aligned(&self) -> Result<Outcome> {
        let heard = self.hear(&self.groups())?;
        let strangers: usize = heard.iter().map(|heard| heard.strangers.values().map(BTreeSet::len).sum::<usize>()).sum();
        if strangers > MOST_STRANGERS {
            return Ok(Outcome::NotAligned);
        }
        let mut all: BTreeMap<EntityId, BTreeSet<u128>> = BTreeMap::new();
        for heard in &heard {
            for (entity, keys) in &heard.strangers {
                all.entry(*entity).or_default().extend(keys);
            }
        }
        for (entity, keys) in all {
            if self.stands_elsewhere(entity, &keys) {
                return Ok(Outcome::NotAligned);
            }
        }
        Ok(Outcome::Heard(Box::new(self.merge(heard))))
    }

    /// Puts every family together and hears it then.
    ///
    /// # Errors
    ///
    /// The scratch folder's, and files that cannot be put together.
    pub fn hear_gathered(&self, scratch: &Path, threads: usize) -> Result<Heard> {
        let mut groups = Vec::new();
        let mut extra = Vec::new();
        // Scratch files live as long as the families that were put together.
        let mut held = Vec::new();
        for root in self.model.roots() {
            if self.model.children(root).next().is_none() {
                let files = &self.evidence.tables[root.0].files;
                groups.extend(
                    files.iter().map(|file| Group { tables: vec![(root, vec![file.clone()])], gathered: None }),
                );
                continue;
            }
            let gathered = gather::gather(self.evidence, self.model, root, scratch, threads)?;
            let names = self.model.family(root).into_iter().map(|entity| {
                let files = self.evidence.tables[entity.0].files.iter().map(|file| file.name.clone()).collect();
                (entity, files)
            });
            let names = Arc::new(names.collect::<BTreeMap<EntityId, Vec<String>>>());
            groups.extend(gathered.shards.iter().map(|shard| Group {
                tables: shard.tables.clone(),
                gathered: Some(names.clone()),
            }));
            extra.extend(self.lost(&gathered));
            held.push(gathered);
        }
        let mut heard = self.merge(self.hear(&groups)?);
        for (claim, tally) in extra {
            heard.tallies[claim].merge(tally);
        }
        for gathered in &held {
            for (entity, unreadable) in &gathered.unreadable {
                note_unreadable(&mut heard.unreadable, *entity, unreadable);
            }
            for (entity, file, misfit) in &gathered.misfits {
                note_misfit(&mut heard.misfits, self.model, *entity, file, misfit);
            }
            // Rows in no family are rows all the same.
            for (entity, rows) in &gathered.rows {
                heard.rows.insert(*entity, *rows);
            }
            heard.left_out.extend(gathered.left_out.iter().cloned());
        }
        Ok(heard)
    }

    /// Rows that were put into no family, for the claims about them.
    fn lost(&self, gathered: &gather::Gathered) -> Vec<(usize, Tally)> {
        let mut found = Vec::new();
        for (number, (_, claim)) in self.claims.iter().enumerate() {
            let Some(entity) = claim.counts_orphans_of() else { continue };
            let mut tally = Tally::default();
            for (_, orphans, places) in gathered.orphans.iter().filter(|(of, ..)| *of == entity) {
                tally.breaches.examined += orphans;
                tally.breaches.add_many(*orphans, places);
            }
            for (_, nulls, _) in gathered.nulls.iter().filter(|(of, ..)| *of == entity) {
                tally.breaches.examined += nulls;
                tally.add(0, i128::from(*nulls));
            }
            found.push((number, tally));
        }
        found
    }

    /// Whether a parent that a row lacks in its shard is in another.
    fn stands_elsewhere(&self, child: EntityId, keys: &BTreeSet<u128>) -> bool {
        let (Some(parent), Some((_, key))) = (self.model.parent(child), link(self.model, child)) else { return false };
        let Some(wanted) = self.wanted(parent).into_iter().find(|wanted| wanted.column == key) else { return false };
        self.evidence.tables[parent.0].files.par_iter().any(|file| {
            let Ok(rows) = Rows::open(file, std::slice::from_ref(&wanted)) else { return false };
            rows.map_while(std::result::Result::ok).any(|batch| {
                let found = Keys::of(batch.column(0));
                (0..found.len()).any(|row| found.get(row).is_some_and(|key| keys.contains(&key)))
            })
        })
    }

    fn hear(&self, groups: &[Group]) -> Result<Vec<ShardHeard>> {
        groups.par_iter().map(|group| self.hear_group(group)).collect()
    }

    fn hear_group(&self, group: &Group) -> Result<ShardHeard> {
        let root = group.tables.first().map(|(entity, _)| self.model.root(*entity));
        let mut heard = ShardHeard::default();
        heard.tallies =
            self.claims.iter().map(|(of, claim)| (Some(*of) == root).then(|| claim.start())).collect();
        let mut shard = Shard::new(self.model);
        let family = root.map_or_else(Vec::new, |root| self.model.family(root));
        for entity in family {
            let files = group.tables.iter().find(|(known, _)| *known == entity).map_or(&[][..], |(_, files)| files);
            let table = self.read(entity, files, group.gathered.as_deref(), &mut heard)?;
            shard.add(entity, table, self.in_order).map_err(Error::internal)?;
        }
        for (entity, table) in &shard.tables {
            if !table.strangers.is_empty() {
                let keys = table.strangers.iter().take(MOST_STRANGERS + 1).map(|stranger| stranger.key).collect();
                heard.strangers.insert(*entity, keys);
            }
        }
        let view = View::new(&shard, &self.registry);
        for ((_, claim), tally) in self.claims.iter().zip(&mut heard.tallies) {
            if let Some(tally) = tally {
                claim.look(&view, tally);
            }
        }
        Ok(heard)
    }

    /// Reads a table's files; texts that are only measured leave their lengths.
    fn read(
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
            wanted.iter_mut().for_each(|wanted| wanted.name = self.model.column(entity, wanted.column).name.clone());
            wanted.push(Wanted { column: ColumnId(columns), name: PLACE_COLUMN.to_owned(), ty: ColumnType::BigInteger });
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
                    let kept =
                        if self.measured.contains(&(entity, ColumnId(column))) { lengths(&array) } else { array };
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

    fn merge(&self, shards: Vec<ShardHeard>) -> Heard {
        let mut heard = Heard {
            tallies: self.claims.iter().map(|(_, claim)| claim.start()).collect(),
            rows: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            misfits: BTreeMap::new(),
            left_out: Vec::new(),
        };
        for shard in shards {
            for (tally, theirs) in heard.tallies.iter_mut().zip(shard.tallies) {
                if let Some(theirs) = theirs {
                    tally.merge(theirs);
                }
            }
            for (entity, rows) in shard.rows {
                *heard.rows.entry(entity).or_default() += rows;
            }
            for (entity, breaches) in shard.unreadable {
                heard.unreadable.entry(entity).or_default().merge(breaches);
            }
            for (place, breaches) in shard.misfits {
                heard.misfits.entry(place).or_default().merge(breaches);
            }
        }
        heard
    }
}

/// What one shard gave.
#[derive(Default)]
struct ShardHeard {
    tallies: Vec<Option<Tally>>,
    rows: BTreeMap<EntityId, u64>,
    strangers: BTreeMap<EntityId, BTreeSet<u128>>,
    unreadable: BTreeMap<EntityId, Breaches>,
    misfits: BTreeMap<(EntityId, ColumnId), Breaches>,
}

fn note_unreadable(all: &mut BTreeMap<EntityId, Breaches>, entity: EntityId, unreadable: &Unreadable) {
    all.entry(entity).or_default().add(|| Place {
        file: unreadable.file.clone(),
        row: unreadable.row,
        column: None,
        found: unreadable.message.clone(),
    });
}

fn note_misfit(
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

/// The lengths of texts in characters.
pub fn lengths(array: &ArrayRef) -> ArrayRef {
    let Some(texts) = array.as_string_opt::<i32>() else { return array.clone() };
    let plain = texts.value_data().is_ascii();
    let lengths: Int32Array = (0..texts.len())
        .map(|row| {
            texts.is_valid(row).then(|| {
                if plain { texts.value_length(row) } else { texts.value(row).chars().count() as i32 }
            })
        })
        .collect();
    Arc::new(lengths)
}

/// The key of several columns together.
pub fn joint_key(keys: &[u128]) -> u128 {
    match keys {
        [one] => *one,
        several => {
            let bytes: String = several.iter().map(|key| format!("{key:032x}")).collect();
            text_key(&bytes)
        }
    }
}
