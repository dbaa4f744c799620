//! [`join`](join()): which bucket each row's parent is in.

use std::path::Path;

use rayon::prelude::*;

use super::{Limits, PLACE_ROW_BITS};
use crate::error::{Error, Result};
use crate::fidelity::evidence::TableFile;
use crate::fidelity::keys::joint_keys;
use crate::fidelity::reading::{Piece, Rows, Wanted, pieces};
use crate::fidelity::spill::{Router, Spill};
use crate::fidelity::uniqueness::fingerprint;

/// No bucket: the row's parent is nowhere.
pub const NOWHERE: u32 = u32::MAX;

/// No bucket: the row's parent has none, but is there.
pub const LOST: u32 = NOWHERE - 1;

/// A parent's key and its bucket.
const KEY_BYTES: usize = 16 + 4;
/// A child's link and its place.
const LINK_BYTES: usize = 16 + 8;
/// A row of a segment and its bucket.
const BUCKET_BYTES: usize = 4 + 4;

/// Where parents' keys go.
pub fn key_spill(scratch: &Path, partitions: usize, bytes: usize) -> Spill {
    Spill::new(scratch, partitions, KEY_BYTES, bytes)
}

/// Where children's links go.
pub fn link_spill(scratch: &Path, partitions: usize, bytes: usize) -> Spill {
    Spill::new(scratch, partitions, LINK_BYTES, bytes)
}

/// Sends a parent's key to where its children will look for it.
pub fn push_key(router: &mut Router<'_>, partitions: usize, key: u128, bucket: u32) -> Result<()> {
    let mut record = [0; KEY_BYTES];
    record[..16].copy_from_slice(&key.to_le_bytes());
    record[16..].copy_from_slice(&bucket.to_le_bytes());
    router.push(partition(key, partitions), &record)
}

/// By the upper bits of the fingerprint; the lower ones are left for the tables.
fn partition(key: u128, partitions: usize) -> usize {
    ((u128::from(fingerprint(key)) * partitions as u128) >> 64) as usize
}

/// How many rows an entity's files have, and what they are linked to.
pub struct Counted {
    /// The pieces of its files, in order, with the numbers of the files.
    pub pieces: Vec<(usize, Piece)>,
    /// The number of each file's first row; behind the last file that of all.
    pub starts: Vec<u64>,
    /// Rows that can be read.
    pub rows: u64,
    /// The links, with their places.
    pub links: Option<Spill>,
}

impl Counted {
    /// Counts the rows of files, and sends their links to a spill.
    pub fn of(files: &[TableFile], piece_rows: u64, link: Option<(Vec<Wanted>, Spill)>) -> Result<Self> {
        let (wanted, links) = link.unzip();
        let cut: Vec<Vec<Piece>> = files.par_iter().map(|file| pieces(file, piece_rows)).collect();
        let all =
            cut.into_iter().enumerate().flat_map(|(file, of)| of.into_iter().map(move |piece| (file, piece)));
        let pieces: Vec<(usize, Piece)> = all.collect();
        let count = |(number, piece): &(usize, Piece)| {
            count(*number, &files[*number], piece, wanted.as_deref().unwrap_or_default(), links.as_ref())
        };
        let counts: Vec<u64> = pieces.par_iter().map(count).collect::<Result<_>>()?;
        let mut lengths = vec![0; files.len()];
        let mut rows = 0;
        for ((file, piece), counted) in pieces.iter().zip(counts) {
            lengths[*file] = piece.first_row + counted;
            rows += counted;
        }
        let mut starts = vec![0];
        starts.extend(lengths.iter().scan(0, |start, length| {
            *start += length;
            Some(*start)
        }));
        Ok(Self { pieces, starts, rows, links })
    }

    /// How far rows are numbered: over what cannot be read, too.
    pub fn numbers(&self) -> u64 {
        self.starts.last().copied().unwrap_or_default()
    }

    fn number(&self, place: u64) -> u64 {
        self.starts[(place >> PLACE_ROW_BITS) as usize] + (place & ((1 << PLACE_ROW_BITS) - 1))
    }
}

/// The rows of a piece that can be read; their links go to the spill.
fn count(
    number: usize,
    file: &TableFile,
    piece: &Piece,
    link: &[Wanted],
    links: Option<&Spill>,
) -> Result<u64> {
    let mut rows = 0;
    // What cannot be read is told of where all rows are heard.
    let Ok(reader) = Rows::open_piece(file, piece, link) else {
        return Ok(0);
    };
    let mut router = links.map(Router::new);
    let mut of_batch = Vec::new();
    for batch in reader.map_while(std::result::Result::ok) {
        if let Some(router) = &mut router {
            of_batch.clear();
            joint_keys(batch.columns(), &mut of_batch);
            for (row, key) in of_batch.iter().enumerate() {
                let Some(key) = key else { continue };
                let place = (number as u64) << PLACE_ROW_BITS | (piece.first_row + rows + row as u64);
                let mut record = [0; LINK_BYTES];
                record[..16].copy_from_slice(&key.to_le_bytes());
                record[16..].copy_from_slice(&place.to_le_bytes());
                router.push(partition(*key, links.map_or(1, Spill::partitions)), &record)?;
            }
        }
        rows += batch.num_rows() as u64;
    }
    router.map_or(Ok(()), Router::finish)?;
    Ok(rows)
}

/// The bucket of every row of an entity.
pub enum Buckets {
    /// Roots: equal numbers of them, in order.
    ByOrder {
        /// All rows.
        rows: u64,
        /// All buckets.
        buckets: u32,
    },
    /// Children: their parents'.
    Joined(Joined),
}

/// Buckets of rows, in segments of consecutive ones.
pub struct Joined {
    segments: Spill,
    segment_rows: u64,
}

/// Looks every link up among the keys. Of equal keys the one in the first bucket counts.
pub fn join(
    keys: &Spill,
    links: &Spill,
    counted: &Counted,
    scratch: &Path,
    limits: Limits,
) -> Result<Joined> {
    let segment_rows = limits.segment_rows;
    let segments = (counted.numbers() / segment_rows + 1) as usize;
    let segments = Spill::new(scratch, segments, BUCKET_BYTES, limits.spill_bytes);
    (0..keys.partitions()).into_par_iter().try_for_each(|number| {
        let mut table = Table::new();
        keys.read(number, |records| {
            for record in records.as_chunks::<KEY_BYTES>().0 {
                let (key, bucket) = record.split_at(16);
                table.insert(key_of(key), number_of(bucket) as u32);
            }
        })?;
        let mut router = Router::new(&segments);
        let mut failed = Ok(());
        links.read(number, |records| {
            for record in records.as_chunks::<LINK_BYTES>().0 {
                let (key, place) = record.split_at(16);
                let row = counted.number(number_of(place));
                if let Some(bucket) = table.get(key_of(key)) {
                    let mut record = [0; BUCKET_BYTES];
                    record[..4].copy_from_slice(&((row % segment_rows) as u32).to_le_bytes());
                    record[4..].copy_from_slice(&bucket.to_le_bytes());
                    if let Err(error) = router.push((row / segment_rows) as usize, &record) {
                        failed = Err(error);
                    }
                }
            }
        })?;
        failed?;
        links.clear(number)?;
        router.finish()
    })?;
    Ok(Joined { segments, segment_rows })
}

fn key_of(bytes: &[u8]) -> u128 {
    u128::from_le_bytes(bytes.try_into().expect("a key has 16 bytes"))
}

/// A little-endian number of up to 8 bytes.
fn number_of(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl Buckets {
    /// Asks for the buckets of rows in order.
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor { buckets: self, segment: None, loaded: Vec::new() }
    }
}

/// Buckets of rows, asked for in order; holds one segment.
pub struct Cursor<'b> {
    buckets: &'b Buckets,
    segment: Option<u64>,
    loaded: Vec<u32>,
}

impl Cursor<'_> {
    /// Puts the buckets of rows `first..first + count` into `into`.
    pub fn take(&mut self, first: u64, count: usize, into: &mut Vec<u32>) -> Result<()> {
        into.clear();
        for row in first..first + count as u64 {
            into.push(match self.buckets {
                Buckets::ByOrder { rows, buckets } => {
                    let bucket = u128::from(row) * u128::from(*buckets) / u128::from((*rows).max(1));
                    (bucket as u32).min(buckets - 1)
                }
                Buckets::Joined(joined) => {
                    self.load(joined, row / joined.segment_rows)?;
                    self.loaded[(row % joined.segment_rows) as usize]
                }
            });
        }
        Ok(())
    }

    fn load(&mut self, joined: &Joined, segment: u64) -> Result<()> {
        if self.segment == Some(segment) {
            return Ok(());
        }
        self.loaded.clear();
        self.loaded.resize(joined.segment_rows as usize, NOWHERE);
        self.segment = Some(segment);
        if segment as usize >= joined.segments.partitions() {
            return Err(Error::internal("a file has grown while it was read"));
        }
        joined.segments.read(segment as usize, |records| {
            for record in records.as_chunks::<BUCKET_BYTES>().0 {
                let (row, bucket) = record.split_at(4);
                self.loaded[number_of(row) as usize] = number_of(bucket) as u32;
            }
        })
    }
}

/// Keys with their buckets: open addressing, at most half full.
struct Table {
    slots: Vec<(u128, u32)>,
    used: usize,
}

impl Table {
    fn new() -> Self {
        Self { slots: vec![(0, NOWHERE); 1 << 10], used: 0 }
    }

    /// Where the key is, or could be.
    fn slot(&self, key: u128) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = fingerprint(key) as usize & mask;
        while self.slots[at].1 != NOWHERE && self.slots[at].0 != key {
            at = (at + 1) & mask;
        }
        at
    }

    fn insert(&mut self, key: u128, bucket: u32) {
        if self.used * 2 >= self.slots.len() {
            let larger = vec![(0, NOWHERE); self.slots.len() * 2];
            for (key, bucket) in std::mem::replace(&mut self.slots, larger) {
                if bucket != NOWHERE {
                    let at = self.slot(key);
                    self.slots[at] = (key, bucket);
                }
            }
        }
        let at = self.slot(key);
        self.used += usize::from(self.slots[at].1 == NOWHERE);
        self.slots[at] = (key, bucket.min(self.slots[at].1));
    }

    fn get(&self, key: u128) -> Option<u32> {
        let bucket = self.slots[self.slot(key)].1;
        (bucket != NOWHERE).then_some(bucket)
    }
}
