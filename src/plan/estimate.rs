//! [`estimate`]: rows, bytes, seconds and memory ahead, from a sample that is really made and encoded.

use std::collections::BTreeMap;
use std::time::Instant;

use arrow::record_batch::RecordBatch;

use super::{Choices, Counted};
use crate::error::Result;
use crate::family::{Engine, Receiver, run};
use crate::model::EntityId;
use crate::resolve::Resolution;
use crate::sinks::assembler::Assembler;
use crate::sinks::part_file::Target;
use crate::sinks::{self};

/// Rows of a family in the sample of a plan.
pub const PLAN_SAMPLE: u64 = 160_000;
/// Rows of a family in the sample that only asks whether the disk is large enough.
pub const DISK_SAMPLE: u64 = 20_000;
/// Stretches of roots that a sample is taken from.
const STRETCHES: u64 = 8;

/// Roots of so many times the average's rows are left out where they are larger than a stretch.
const LARGE: u64 = 4;
/// A stretch ends when it has so many times the rows of its share, those of all descendants counted.
const WITH_ALL_BELOW: u64 = 8;

/// What an entity will come to.
#[derive(Clone, Debug)]
pub struct EntityEstimate {
    /// The entity.
    pub entity: EntityId,
    /// Its rows.
    pub rows: u64,
    /// Whether they are counted, not estimated.
    pub exact: bool,
    /// Bytes of its parts.
    pub bytes: u64,
}

/// What a dataset will come to.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// Entity by entity, in the order of the model.
    pub entities: Vec<EntityEstimate>,
    /// Processor seconds of one thread.
    pub thread_seconds: f64,
    /// Peak bytes of memory with the given number of threads; 0 where the system does not tell.
    pub memory: u64,
    /// Rows of direct children under the largest root, which is held whole.
    pub largest_root: u64,
}

impl Estimate {
    /// All rows.
    pub fn rows(&self) -> u64 {
        self.entities.iter().map(|entity| entity.rows).sum()
    }

    /// All bytes.
    pub fn bytes(&self) -> u64 {
        self.entities.iter().map(|entity| entity.bytes).sum()
    }
}

/// A row of a root that is larger than a stride: its address and the times that are made for whole parents.
const LARGE_ROOT_ROW: u64 = 48;
/// Strides that are not larger than this are part of what the sample measures.
const SAMPLED_STRIDE: u64 = 65_536;
/// What an allocator keeps beside what is in use: measured 10 to 20 % on glibc.
const KEPT_BY_ALLOCATOR: f64 = 1.15;

/// Estimates what was counted, by making a sample of every family on this thread.
///
/// # Errors
///
/// A value that cannot be made.
pub fn estimate(
    engine: &Engine<'_>,
    resolution: &Resolution,
    counted: &[Counted],
    choices: &Choices,
    threads: usize,
    sample_rows: u64,
) -> Result<Estimate> {
    let base = resident_memory("VmRSS:").unwrap_or(0);
    let mut entities = Vec::new();
    let mut thread_seconds = 0.0;
    let mut largest_root = 0;
    for counted in counted {
        let sample = Sample::take(engine, resolution, counted, choices, sample_rows)?;
        thread_seconds += sample.seconds_per_row * sample.expected_rows(engine, counted);
        largest_root = largest_root.max(counted.largest_root());
        entities.extend(sample.entities(engine, counted));
    }
    entities.sort_by_key(|entity| entity.entity);
    let sampled = resident_memory("VmHWM:").unwrap_or(0).saturating_sub(base);
    let per_thread = sampled + largest_root.saturating_sub(SAMPLED_STRIDE) * LARGE_ROOT_ROW;
    let memory = (KEPT_BY_ALLOCATOR * (base + threads as u64 * per_thread) as f64) as u64;
    Ok(Estimate { entities, thread_seconds, memory, largest_root })
}

/// A figure of this process's memory as Linux gives it, in bytes; nothing elsewhere.
fn resident_memory(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

/// What a sample of one family measured.
struct Sample<'s> {
    resolution: &'s Resolution,
    rows: BTreeMap<EntityId, u64>,
    bytes: BTreeMap<EntityId, u64>,
    seconds_per_row: f64,
}

impl<'s> Sample<'s> {
    #[expect(clippy::disallowed_methods, reason = "a run is timed here")]
    fn take(
        engine: &Engine<'_>,
        resolution: &'s Resolution,
        counted: &Counted,
        choices: &Choices,
        sample_rows: u64,
    ) -> Result<Self> {
        let family = counted.family();
        let mut receiver = SampleReceiver { parts: BTreeMap::new() };
        for entity in engine.model.family(family) {
            let sink = sinks::open(Target::Discard, engine.shape(entity), choices.format, choices.profile)?;
            receiver.parts.insert(entity, Assembler::new(engine.shape(entity), sink));
        }
        let start = Instant::now();
        for mut roots in stretches(counted, sample_rows) {
            // What is below direct children is estimated; how much it is, is known when it is made.
            let enough = receiver.rows() + WITH_ALL_BELOW * sample_rows / STRETCHES;
            let mut some = 1;
            while !roots.is_empty() && receiver.rows() < enough {
                let end = roots.end.min(roots.start + some);
                let first_rows = counted.before(engine, roots.start)?;
                run(engine, family, roots.start..end, &first_rows, &mut receiver)?;
                roots.start = end;
                some *= 2;
            }
        }
        let mut sample =
            Self { resolution, rows: BTreeMap::new(), bytes: BTreeMap::new(), seconds_per_row: 0.0 };
        for (entity, assembler) in receiver.parts {
            let (part, _) = assembler.finish()?;
            sample.rows.insert(entity, part.record.rows);
            sample.bytes.insert(entity, part.record.bytes);
        }
        let rows: u64 = sample.rows.values().sum();
        sample.seconds_per_row = start.elapsed().as_secs_f64() / rows.max(1) as f64;
        Ok(sample)
    }

    /// Rows that the sample lets expect: counted ones as they are, others by their ratio to their parent's.
    fn expected(&self, engine: &Engine<'_>, entity: EntityId, counted: &Counted) -> (u64, bool) {
        if let Some(rows) = self.resolution.rows(entity).or_else(|| counted.total(entity)) {
            return (rows, true);
        }
        let Some(parent) = engine.model.parent(entity) else { return (counted.roots(), true) };
        let ratio = self.rows[&entity] as f64 / self.rows[&parent].max(1) as f64;
        let (parents, _) = self.expected(engine, parent, counted);
        ((parents as f64 * ratio) as u64, false)
    }

    fn expected_rows(&self, engine: &Engine<'_>, counted: &Counted) -> f64 {
        engine
            .model
            .family(counted.family())
            .into_iter()
            .map(|entity| self.expected(engine, entity, counted).0 as f64)
            .sum()
    }

    fn entities(&self, engine: &Engine<'_>, counted: &Counted) -> Vec<EntityEstimate> {
        engine
            .model
            .family(counted.family())
            .into_iter()
            .map(|entity| {
                let (rows, exact) = self.expected(engine, entity, counted);
                let per_row = self.bytes[&entity] as f64 / self.rows[&entity].max(1) as f64;
                EntityEstimate { entity, rows, exact, bytes: (rows as f64 * per_row) as u64 }
            })
            .collect()
    }
}

/// Ranges of roots, spread over all of them, without those that alone are larger than a sample, unless most are.
fn stretches(counted: &Counted, sample_rows: u64) -> Vec<std::ops::Range<u64>> {
    let roots = counted.roots();
    let total = counted.weight(0..roots).max(1);
    if total <= sample_rows {
        return std::iter::once(0..roots).collect();
    }
    let average = total.div_ceil(roots.max(1));
    let stretches = (sample_rows / average).clamp(1, STRETCHES);
    let share = (sample_rows / stretches).max(1);
    let most = share.max(LARGE * average);
    let mut chosen = Vec::new();
    for stretch in 0..stretches {
        let start = roots * stretch / stretches;
        let end = roots * (stretch + 1) / stretches;
        let mut rows = 0;
        let mut first = start;
        for root in start..end {
            let weight = counted.weight(root..root + 1);
            if weight > most {
                if root > first {
                    chosen.push(first..root);
                }
                first = root + 1;
                continue;
            }
            rows += weight;
            if rows >= share {
                chosen.push(first..root + 1);
                first = end;
                break;
            }
        }
        if first < end && rows < share {
            chosen.push(first..end);
        }
    }
    chosen
}

struct SampleReceiver {
    parts: BTreeMap<EntityId, Assembler>,
}

impl SampleReceiver {
    fn rows(&self) -> u64 {
        self.parts.values().map(Assembler::received).sum()
    }
}

impl Receiver for SampleReceiver {
    fn receive(&mut self, entity: EntityId, batch: RecordBatch) -> Result<()> {
        if let Some(assembler) = self.parts.get_mut(&entity) {
            assembler.push(&batch)?;
        }
        Ok(())
    }

    fn received(&self, entity: EntityId) -> u64 {
        self.parts.get(&entity).map_or(0, Assembler::received)
    }
}
