//! [`gather`]: a family's files, however their rows lie, as shards of whole families.
//!
//! Every root gets a bucket, by its order; every child gets its parent's, level by level. A level is first *joined*:
//! keys of parents and links of children are partitioned by their hashes, and partition by partition each child's
//! bucket is looked up. Then it is *scattered*: its rows are read again and written to the files of their buckets.
//!
//! Memory is bounded whatever the rows are: about 64 MiB for each `Spill` (the keys of every ancestor, the links and
//! the buckets of one level), 128 MiB of rows that wait to be written, and for each thread 16 MiB of buckets and a
//! table of some 262,144 keys. All else is on disk: the rows once, compressed, and for a while 52 bytes a row.

mod join;
mod scatter;

use std::path::{Path, PathBuf};

use rayon::ThreadPool;
use tempfile::TempDir;

use self::join::{Buckets, Counted};
use super::assessment::Place;
use super::evidence::{Evidence, TableFile};
use super::reading::{Wanted, uncompressed_bytes};
use super::spill::Spill;
use crate::dataset::format::Format;
use crate::error::{Error, Result};
use crate::model::{ColumnId, Entity, EntityId, Model, Source, Strategy};

/// The column that says where a row was: the number of its file in [`Evidence`] << 40 | its row there, from 0.
pub const PLACE_COLUMN: &str = "\u{1}place";

/// The bits of a row's number in [`PLACE_COLUMN`].
pub const PLACE_ROW_BITS: u32 = 40;

/// How many places of a kind are kept.
const PLACES: usize = 10;

/// Whole families: some roots and all their descendants.
#[derive(Clone, Debug, Default)]
pub struct Shard {
    /// The tables, parents before children. Files hold the model's column names and types, and [`PLACE_COLUMN`];
    /// rows that were in one order stay in it.
    pub tables: Vec<(EntityId, Vec<TableFile>)>,
}

/// A family in order. The shards' files go when it is dropped.
#[derive(Debug)]
pub struct Gathered {
    /// The shards, in the order of their roots.
    pub shards: Vec<Shard>,
    /// Rows whose parent's key is nowhere, for every child that has a link: how many, and the first. Descendants of
    /// such rows are in no shard either, but are not counted again.
    pub orphans: Vec<(EntityId, u64, Vec<Place>)>,
    /// Rows whose link is NULL, likewise.
    pub nulls: Vec<(EntityId, u64, Vec<Place>)>,
    /// Children that cannot be linked, and why. Their rows are in no shard, nor are those of their descendants.
    pub left_out: Vec<(EntityId, String)>,
    /// Holds the shards' files.
    _scratch: TempDir,
}

/// Sizes that bound memory.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Of one bucket's rows, uncompressed.
    bucket_bytes: u64,
    /// Buckets at most: each has an open file.
    buckets: u64,
    /// Rows whose buckets are in memory together.
    segment_rows: u64,
    /// Keys of a partition.
    partition_keys: u64,
    /// Of a spill in memory.
    spill_bytes: usize,
    /// Of rows that wait to be written.
    waiting_bytes: usize,
    /// Rows that a thread takes at a time, or more.
    piece_rows: u64,
}

const LIMITS: Limits = Limits {
    bucket_bytes: 64 << 20,
    buckets: 512,
    segment_rows: 1 << 22,
    partition_keys: 1 << 18,
    spill_bytes: 64 << 20,
    waiting_bytes: 128 << 20,
    piece_rows: 1 << 18,
};

/// Gathers the family of a root entity into files inside `scratch`.
///
/// # Errors
///
/// The scratch folder cannot be written to. Files of the dataset that cannot be read give their rows up to the fault.
pub fn gather(
    evidence: &Evidence,
    model: &Model,
    root: EntityId,
    scratch: &Path,
    threads: usize,
) -> Result<Gathered> {
    gather_within(evidence, model, root, scratch, threads, LIMITS)
}

fn gather_within(
    evidence: &Evidence,
    model: &Model,
    root: EntityId,
    scratch: &Path,
    threads: usize,
    limits: Limits,
) -> Result<Gathered> {
    let folder = tempfile::Builder::new().prefix("families-").tempdir_in(scratch);
    let folder = folder.map_err(Error::io("cannot write in", scratch))?;
    let family = model.family(root);
    let bytes =
        family.iter().flat_map(|entity| &evidence.tables[entity.0].files).map(memory_bytes).sum::<u64>();
    let buckets = bytes.div_ceil(limits.bucket_bytes).clamp(1, limits.buckets) as u32;
    let gathering = Gathering {
        evidence,
        model,
        folder: folder.path().to_owned(),
        pool: rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build()?,
        limits,
        buckets,
    };
    let mut gathered = Gathered {
        shards: vec![Shard::default(); buckets as usize],
        orphans: Vec::new(),
        nulls: Vec::new(),
        left_out: Vec::new(),
        _scratch: folder,
    };
    let keys = gathering.level(root, None, &mut gathered)?;
    gathering.descend(root, keys.as_ref(), &mut gathered)?;
    gathered.in_order(&family);
    Ok(gathered)
}

impl Gathered {
    /// Everything by the order of the family, whatever order it was found in.
    fn in_order(&mut self, family: &[EntityId]) {
        let place = |entity: &EntityId| family.iter().position(|member| member == entity);
        self.orphans.sort_by_key(|(entity, ..)| place(entity));
        self.nulls.sort_by_key(|(entity, ..)| place(entity));
        self.left_out.sort_by_key(|(entity, _)| place(entity));
        for shard in &mut self.shards {
            shard.tables.sort_by_key(|(entity, _)| place(entity));
        }
    }
}

/// What every level of a family is gathered with.
struct Gathering<'g> {
    evidence: &'g Evidence,
    model: &'g Model,
    folder: PathBuf,
    pool: ThreadPool,
    limits: Limits,
    buckets: u32,
}

impl Gathering<'_> {
    /// The levels below an entity, whose keys are with their buckets in `keys`.
    fn descend(&self, parent: EntityId, keys: Option<&Spill>, gathered: &mut Gathered) -> Result<()> {
        for child in self.model.children(parent) {
            match (self.link(parent, child), keys) {
                (Ok(link), Some(keys)) => {
                    let own = self.level(child, Some((&link, keys)), gathered)?;
                    self.descend(child, own.as_ref(), gathered)?;
                }
                (Err(reason), _) => self.leave_out(child, &reason, gathered),
                (Ok(_), None) => {
                    let reason = format!("no key of `{}` to link to", self.model.entity(parent).name);
                    self.leave_out(child, &reason, gathered);
                }
            }
        }
        Ok(())
    }

    /// One entity's rows to their buckets. If it has children, its keys with their buckets come back.
    fn level(
        &self,
        entity: EntityId,
        link: Option<(&[ColumnId], &Spill)>,
        gathered: &mut Gathered,
    ) -> Result<Option<Spill>> {
        let wanted = self.wanted(entity);
        let counted = self.count(entity, link)?;
        let buckets = match (link, &counted.links) {
            (Some((_, keys)), Some(links)) => Buckets::Joined(self.join(keys, links, &counted)?),
            _ => Buckets::ByOrder { rows: counted.numbers(), buckets: self.buckets },
        };
        let keys = self.key_spill(entity, &wanted, counted.rows);
        let link = link.map_or(&[][..], |(columns, _)| columns);
        self.scatter(entity, &wanted, link, &counted, &buckets, keys.as_ref(), gathered)?;
        Ok(keys)
    }

    fn leave_out(&self, entity: EntityId, reason: &str, gathered: &mut Gathered) {
        gathered.left_out.push((entity, reason.to_owned()));
        for child in self.model.children(entity) {
            let reason = format!("its parent `{}` is not linked", self.model.entity(entity).name);
            self.leave_out(child, &reason, gathered);
        }
    }

    /// The columns of the model that the files have.
    fn wanted(&self, entity: EntityId) -> Vec<Wanted> {
        let names = &self.evidence.tables[entity.0].columns;
        let columns = self.model.entity(entity).visible();
        let wanted = columns.filter_map(|(id, column)| {
            Some(Wanted { column: id, name: names[id.0].clone()?, ty: column.ty.clone() })
        });
        wanted.collect()
    }

    /// The columns of a child that hold its parent's key, in the order of the key's.
    fn link(&self, parent: EntityId, child: EntityId) -> Result<Vec<ColumnId>, String> {
        let (parent, child_entity) = (self.model.entity(parent), self.model.entity(child));
        let key = key_columns(parent);
        if key.is_empty() {
            return Err(format!("`{}` has no key", parent.name));
        }
        let own = |&key: &ColumnId| {
            let link = link_column(child_entity, key).ok_or_else(|| {
                format!("no column of it holds `{}.{}`", parent.name, parent.columns[key.0].name)
            })?;
            match self.evidence.tables[child.0].columns[link.0] {
                Some(_) => Ok(link),
                None => Err(format!("the files lack its column `{}`", child_entity.columns[link.0].name)),
            }
        };
        key.iter().map(own).collect()
    }

    /// Where an entity's keys go, if a child may ask for them.
    fn key_spill(&self, entity: EntityId, wanted: &[Wanted], rows: u64) -> Option<Spill> {
        let key = key_columns(self.model.entity(entity));
        let is_there = |key: &ColumnId| wanted.iter().any(|column| column.column == *key);
        let is_asked_for = !key.is_empty() && self.model.children(entity).next().is_some();
        (is_asked_for && key.iter().all(is_there)).then(|| {
            let partitions = rows.div_ceil(self.limits.partition_keys).next_power_of_two().clamp(16, 4_096);
            join::key_spill(&self.folder, partitions as usize, self.limits.spill_bytes)
        })
    }

    fn files(&self, entity: EntityId) -> &[TableFile] {
        &self.evidence.tables[entity.0].files
    }

    fn count(&self, entity: EntityId, link: Option<(&[ColumnId], &Spill)>) -> Result<Counted> {
        let link = link.map(|(columns, keys)| {
            let there = self.wanted(entity);
            let wanted = |&column: &ColumnId| there.iter().find(|wanted| wanted.column == column).cloned();
            let links = join::link_spill(&self.folder, keys.partitions(), self.limits.spill_bytes);
            let wanted: Option<Vec<Wanted>> = columns.iter().map(wanted).collect();
            (wanted.expect("a link is columns of the files"), links)
        });
        self.pool.install(|| Counted::of(self.files(entity), self.limits.piece_rows, link))
    }

    fn join(&self, keys: &Spill, links: &Spill, counted: &Counted) -> Result<join::Joined> {
        self.pool.install(|| join::join(keys, links, counted, &self.folder, self.limits))
    }
}

/// The columns of an entity's primary key.
fn key_columns(entity: &Entity) -> &[ColumnId] {
    entity.key.as_ref().map_or(entity.composite_key.as_slice(), std::slice::from_ref)
}

/// The visible column that is declared as a copy of the parent's key.
fn link_column(child: &Entity, key: ColumnId) -> Option<ColumnId> {
    let is_link = |strategy: &Strategy| match strategy {
        Strategy::Copy(Source::Ancestor { levels: 1, column, .. }) => *column == key,
        _ => false,
    };
    child.visible().find(|(_, column)| is_link(&column.strategy)).map(|(id, _)| id)
}

/// What a file's rows take in memory, about.
fn memory_bytes(file: &TableFile) -> u64 {
    // Dictionaries and small numbers grow when they are decoded, zstd unpacks text to about four times.
    let length = std::fs::metadata(&file.path).map_or(0, |metadata| metadata.len());
    match file.format {
        Format::Csv => length,
        Format::CsvZstd => length * 4,
        Format::Parquet => uncompressed_bytes(file).unwrap_or_default() / 2 * 3,
    }
}

#[cfg(test)]
mod tests;
