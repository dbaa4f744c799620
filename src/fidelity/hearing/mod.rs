//! [`Court`]: hears every file, shard by shard, and what the claims count of them.

mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::ArrayRef;
use rayon::prelude::*;

use self::tables::{STRETCH, ShardHeard};
use super::claims::Claim;
use super::evidence::{Evidence, TableFile};
use super::gather::{self, Gathered};
use super::keys::{Keys, together};
use super::reading::{Piece, Rows, Wanted, pieces};
use super::registry::{self, Registry};
use super::shard::{Link, Origin, Shard, Table, is_measured_only, link, linked_parts, unlinked};
use super::sources::View;
use super::tally::{Breaches, Tally};
use super::uniques::Uniques;
use crate::error::{Error, Result};
use crate::model::{ColumnId, EntityId, Model};

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

/// Files of several entities.
type Tables = Vec<(EntityId, Vec<TableFile>)>;

/// The parts of some families that are looked at together.
pub struct Group {
    /// Each entity's files, parents before children.
    tables: Tables,
    /// They were put together from other files, whose names these are.
    gathered: Option<Arc<BTreeMap<EntityId, Vec<String>>>>,
    /// Only this piece of the one file.
    piece: Option<Piece>,
}

impl Group {
    /// Files as they lie.
    fn of(tables: Tables) -> Self {
        Self { tables, gathered: None, piece: None }
    }

    /// An entity's files.
    fn files(&self, entity: EntityId) -> &[TableFile] {
        self.tables.iter().find(|(known, _)| *known == entity).map_or(&[], |(_, files)| files)
    }
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
    pub fn open(
        model: &'c Model,
        evidence: &'c Evidence,
        claims: &'c [OfFamily],
        in_order: bool,
        scratch: &Path,
    ) -> Self {
        let read = registry::read_columns(model);
        let measured = model.entity_ids().flat_map(|entity| {
            let measured = model.entity(entity).visible().filter(|(_, column)| is_measured_only(column));
            measured.map(move |(id, _)| (entity, id)).collect::<Vec<_>>()
        });
        let measured = measured.filter(|place| !read.contains(place)).collect();
        let uniques = Uniques::of(model, scratch);
        let mut court =
            Self { model, evidence, claims, registry: Registry::default(), uniques, in_order, measured };
        court.register();
        court
    }

    /// Registers referenced rows. Files that cannot be read are reported when their own family is heard.
    fn register(&mut self) {
        for (entity, columns) in registry::wanted(self.model) {
            let declared = self.model.entity(entity);
            let unique =
                |column: &ColumnId| declared.columns[column.0].unique && declared.key != Some(*column);
            let mut by: Vec<ColumnId> = columns.iter().copied().filter(unique).collect();
            by.extend(declared.key);
            let mut pieces: Vec<Option<Vec<ArrayRef>>> = vec![None; self.model.entity(entity).columns.len()];
            let wanted: Vec<Wanted> = self
                .wanted(entity)
                .into_iter()
                .filter(|wanted| by.contains(&wanted.column) || columns.contains(&wanted.column))
                .collect();
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
            let mut shards: BTreeMap<(usize, usize), Tables> = BTreeMap::new();
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
            groups.extend(shards.into_values().map(Group::of));
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
        let strangers: usize = heard.strangers.values().map(BTreeSet::len).sum();
        if strangers > MOST_STRANGERS {
            return Ok(Outcome::NotAligned);
        }
        for (entity, keys) in &heard.strangers {
            if self.stands_elsewhere(*entity, keys) {
                return Ok(Outcome::NotAligned);
            }
        }
        let unlinked = |entity| unlinked(self.model, entity).map(|reason| (entity, reason));
        let left_out = self.model.entity_ids().filter_map(unlinked).collect();
        Ok(Outcome::Heard(Box::new(Heard { left_out, ..self.conclude(heard) })))
    }

    /// Puts every family together and hears it then.
    ///
    /// # Errors
    ///
    /// The scratch folder's, and files that cannot be put together.
    pub fn hear_gathered(&self, scratch: &Path, threads: usize) -> Result<Heard> {
        let mut groups = Vec::new();
        let mut extra = Vec::new();
        let mut rows = Vec::new();
        // Scratch files live as long as the families that were put together.
        let mut held = Vec::new();
        for root in self.model.roots() {
            if self.model.children(root).next().is_none() {
                let files = &self.evidence.tables[root.0].files;
                groups.extend(files.iter().map(|file| Group::of(vec![(root, vec![file.clone()])])));
                continue;
            }
            rows.extend(self.pieces_alone(root));
            let gathered = gather::gather(self.evidence, self.model, root, scratch, threads)?;
            let names = self.model.family(root).into_iter().map(|entity| {
                let files =
                    self.evidence.tables[entity.0].files.iter().map(|file| file.name.clone()).collect();
                (entity, files)
            });
            let names = Arc::new(names.collect::<BTreeMap<EntityId, Vec<String>>>());
            groups.extend(
                gathered
                    .shards
                    .iter()
                    .map(|shard| Group { gathered: Some(names.clone()), ..Group::of(shard.tables.clone()) }),
            );
            extra.extend(self.lost(&gathered));
            held.push(gathered);
        }
        let families = self.hear(&groups)?;
        let heard_rows = rows
            .par_iter()
            .map(|(entity, group)| {
                let mut heard = self.begin(self.model.root(*entity));
                self.read_rows(*entity, group, &mut heard).map(|()| heard)
            })
            .try_reduce(ShardHeard::default, |one, other| Ok(one.merge(other)))?;
        let mut heard = self.conclude(heard_rows.merge(families));
        for (claim, tally) in extra {
            heard.tallies[claim].merge(tally);
        }
        heard.left_out = held.iter().flat_map(|gathered| gathered.left_out.iter().cloned()).collect();
        Ok(heard)
    }

    /// Every piece of a family's files by itself.
    fn pieces_alone(&self, root: EntityId) -> Vec<(EntityId, Group)> {
        let of_file = |entity: EntityId, file: &TableFile| {
            let alone = |piece: Piece| {
                let tables = vec![(entity, vec![file.clone()])];
                (entity, Group { piece: Some(piece), ..Group::of(tables) })
            };
            pieces(file, STRETCH as u64).into_iter().map(alone).collect::<Vec<_>>()
        };
        let of_entity = |entity: EntityId| {
            self.evidence.tables[entity.0].files.iter().flat_map(move |file| of_file(entity, file))
        };
        self.model.family(root).into_iter().flat_map(of_entity).collect()
    }

    /// Rows that were put into no family, for the claims about them.
    fn lost(&self, gathered: &Gathered) -> Vec<(usize, Tally)> {
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
        let (Some(parent), Some(Link(pairs))) = (self.model.parent(child), link(self.model, child)) else {
            return false;
        };
        let there = self.wanted(parent);
        let column = |key: ColumnId| there.iter().find(|wanted| wanted.column == key).cloned();
        let Some(wanted) = pairs.iter().map(|(_, key)| column(*key)).collect::<Option<Vec<Wanted>>>() else {
            return false;
        };
        self.evidence.tables[parent.0].files.par_iter().any(|file| {
            let Ok(rows) = Rows::open(file, &wanted) else { return false };
            rows.map_while(std::result::Result::ok).any(|batch| {
                let found: Vec<Keys<'_>> = batch.columns().iter().map(Keys::of).collect();
                (0..batch.num_rows()).any(|row| together(&found, row).is_some_and(|key| keys.contains(&key)))
            })
        })
    }

    /// Hears groups in any order; what they counted is added up as they end, so that memory does not grow with them.
    fn hear(&self, groups: &[Group]) -> Result<ShardHeard> {
        groups
            .par_iter()
            .map(|group| self.hear_group(group))
            .try_reduce(ShardHeard::default, |one, other| Ok(one.merge(other)))
    }

    /// Nothing counted yet, for the claims about a family.
    fn begin(&self, root: EntityId) -> ShardHeard {
        let tallies = self.claims.iter().map(|(of, claim)| (*of == root).then(|| claim.start()));
        ShardHeard { tallies: tallies.collect(), ..ShardHeard::default() }
    }

    fn hear_group(&self, group: &Group) -> Result<ShardHeard> {
        let Some(root) = group.tables.first().map(|(entity, _)| self.model.root(*entity)) else {
            return Ok(ShardHeard::default());
        };
        let mut heard = self.begin(root);
        let family = self.model.family(root);
        if let [alone] = family.as_slice() {
            self.read_alone(*alone, group, &mut heard, &mut |table, heard| {
                let mut shard = Shard::new(self.model);
                shard.add(*alone, table, self.in_order).map_err(Error::internal)?;
                self.look(&shard, heard);
                Ok(())
            })?;
            return Ok(heard);
        }
        for part in linked_parts(self.model, &family) {
            let mut shard = Shard::new(self.model);
            for entity in part {
                let table = self.read_whole(entity, group, &mut heard)?;
                shard.add(entity, table, self.in_order).map_err(Error::internal)?;
            }
            for (entity, table) in &shard.tables {
                if !table.strangers.is_empty() {
                    let strangers = table.strangers.iter().take(MOST_STRANGERS + 1);
                    heard.strangers.insert(*entity, strangers.map(|stranger| stranger.key).collect());
                }
            }
            self.look(&shard, &mut heard);
        }
        Ok(heard)
    }

    fn look(&self, shard: &Shard<'_>, heard: &mut ShardHeard) {
        let view = View::new(shard, &self.registry);
        for ((_, claim), tally) in self.claims.iter().zip(&mut heard.tallies) {
            if let Some(tally) = tally {
                claim.look(&view, tally);
            }
        }
    }

    /// What all shards gave, with a tally for every claim.
    fn conclude(&self, heard: ShardHeard) -> Heard {
        let mut tallies = heard.tallies.into_iter();
        let tallies =
            self.claims.iter().map(|(_, claim)| tallies.next().flatten().unwrap_or_else(|| claim.start()));
        Heard {
            tallies: tallies.collect(),
            rows: heard.rows,
            unreadable: heard.unreadable,
            misfits: heard.misfits,
            left_out: Vec::new(),
        }
    }
}
