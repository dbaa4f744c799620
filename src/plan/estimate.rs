//! [`estimate`]: rows, bytes, seconds and memory ahead, from a sample that is really made and encoded.

use std::collections::BTreeMap;
use std::time::Instant;

use arrow::record_batch::RecordBatch;

use super::{Choices, Counted, count};
use crate::error::Result;
use crate::family::{Engine, Receiver, run};
use crate::model::EntityId;
use crate::sinks::assembler::Assembler;
use crate::sinks::part_file::Target;
use crate::sinks::{self};

/// Rows of a family in the sample of a plan.
pub const PLAN_SAMPLE: u64 = 160_000;
/// Rows of a family in the sample that only asks whether the disk is large enough.
pub const DISK_SAMPLE: u64 = 20_000;
/// Stretches of roots that a sample is taken from.
const STRETCHES: u64 = 8;

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
    /// Peak bytes of memory with the given number of threads.
    pub memory: u64,
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

/// Memory before the first row: the program, its libraries, the counting pass.
const BASE_MEMORY: u64 = 24 << 20;

/// Estimates by making a sample of every family on this thread.
///
/// # Errors
///
/// A value that cannot be made.
pub fn estimate(
    engine: &Engine<'_>,
    choices: &Choices,
    threads: usize,
    sample_rows: u64,
) -> Result<Estimate> {
    let mut entities = Vec::new();
    let mut thread_seconds = 0.0;
    let mut per_thread = 0;
    for family in engine.model.roots() {
        let counted = count(engine, family)?;
        let sample = Sample::take(engine, family, &counted, choices, sample_rows)?;
        thread_seconds += sample.seconds_per_row * sample.expected_rows(engine, family, &counted);
        per_thread = per_thread.max(sample.memory(engine, family, &counted));
        entities.extend(sample.entities(engine, family, &counted));
    }
    entities.sort_by_key(|entity| entity.entity);
    let memory = BASE_MEMORY + threads as u64 * per_thread;
    Ok(Estimate { entities, thread_seconds, memory })
}

/// What a sample of one family measured.
struct Sample {
    rows: BTreeMap<EntityId, u64>,
    bytes: BTreeMap<EntityId, u64>,
    buffered: u64,
    seconds_per_row: f64,
}

impl Sample {
    #[expect(clippy::disallowed_methods, reason = "a run is timed here")]
    fn take(
        engine: &Engine<'_>,
        family: EntityId,
        counted: &Counted,
        choices: &Choices,
        sample_rows: u64,
    ) -> Result<Self> {
        let mut receiver = SampleReceiver { parts: BTreeMap::new(), most_buffered: 0 };
        for entity in engine.model.family(family) {
            let sink = sinks::open(Target::Discard, engine.shape(entity), choices.format, choices.profile)?;
            receiver.parts.insert(entity, Assembler::new(engine.shape(entity), sink));
        }
        let start = Instant::now();
        for roots in stretches(counted, sample_rows) {
            let first_rows = counted.before(engine, roots.start)?;
            run(engine, family, roots, &first_rows, &mut receiver)?;
        }
        let mut sample = Self {
            rows: BTreeMap::new(),
            bytes: BTreeMap::new(),
            buffered: receiver.most_buffered,
            seconds_per_row: 0.0,
        };
        for (entity, assembler) in receiver.parts {
            let (record, _) = assembler.finish()?;
            sample.rows.insert(entity, record.rows);
            sample.bytes.insert(entity, record.bytes);
        }
        let rows: u64 = sample.rows.values().sum();
        sample.seconds_per_row = start.elapsed().as_secs_f64() / rows.max(1) as f64;
        Ok(sample)
    }

    /// Rows that the sample lets expect: counted ones as they are, others by their ratio to their parent's.
    fn expected(&self, engine: &Engine<'_>, entity: EntityId, counted: &Counted) -> (u64, bool) {
        if let Some(rows) = counted.total(entity) {
            return (rows, true);
        }
        let Some(parent) = engine.model.parent(entity) else { return (counted.roots(), true) };
        let ratio = self.rows[&entity] as f64 / self.rows[&parent].max(1) as f64;
        let (parents, _) = self.expected(engine, parent, counted);
        ((parents as f64 * ratio) as u64, false)
    }

    fn expected_rows(&self, engine: &Engine<'_>, family: EntityId, counted: &Counted) -> f64 {
        engine
            .model
            .family(family)
            .into_iter()
            .map(|entity| self.expected(engine, entity, counted).0 as f64)
            .sum()
    }

    fn entities(&self, engine: &Engine<'_>, family: EntityId, counted: &Counted) -> Vec<EntityEstimate> {
        engine
            .model
            .family(family)
            .into_iter()
            .map(|entity| {
                let (rows, exact) = self.expected(engine, entity, counted);
                let per_row = self.bytes[&entity] as f64 / self.rows[&entity].max(1) as f64;
                EntityEstimate { entity, rows, exact, bytes: (rows as f64 * per_row) as u64 }
            })
            .collect()
    }

    /// Bytes that one thread holds: open row groups, and the rows of the largest stride.
    fn memory(&self, engine: &Engine<'_>, family: EntityId, counted: &Counted) -> u64 {
        let _ = (engine, family, counted);
        self.buffered
    }
}

/// Ranges of roots, spread over all of them, without those that alone are larger than a sample.
fn stretches(counted: &Counted, sample_rows: u64) -> Vec<std::ops::Range<u64>> {
    let roots = counted.roots();
    let total = counted.weight(0..roots).max(1);
    if total <= sample_rows {
        return std::iter::once(0..roots).collect();
    }
    let mut chosen = Vec::new();
    let share = (sample_rows / STRETCHES).max(1);
    for stretch in 0..STRETCHES {
        let start = roots * stretch / STRETCHES;
        let end = roots * (stretch + 1) / STRETCHES;
        let mut rows = 0;
        let mut first = start;
        for root in start..end {
            let weight = counted.weight(root..root + 1);
            if weight > share {
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
    most_buffered: u64,
}

impl Receiver for SampleReceiver {
    fn receive(&mut self, entity: EntityId, batch: RecordBatch) -> Result<()> {
        if let Some(assembler) = self.parts.get_mut(&entity) {
            assembler.push(&batch)?;
        }
        let buffered: usize = self.parts.values().map(Assembler::buffered_bytes).sum();
        self.most_buffered = self.most_buffered.max(buffered as u64);
        Ok(())
    }

    fn received(&self, entity: EntityId) -> u64 {
        self.parts.get(&entity).map_or(0, Assembler::received)
    }
}
