//! [`run`]: the shards of a plan, on as many threads as are given.
//!
//! Threads take the next shard from one queue; a shard needs nothing of any other. Beside each, another thread waits for
//! the disk: when all parts of a shard are in their place its receipt is written, and only receipts are trusted by a run
//! that goes on later.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver as Receiving, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::record_batch::RecordBatch;
use rayon::prelude::*;

use crate::dataset::directory::remove;
use crate::dataset::layout::Layout;
use crate::dataset::manifest::Part;
use crate::dataset::receipt::Receipt;
use crate::error::{Error, Result};
use crate::family::{Engine, Receiver, run as run_shard};
use crate::model::EntityId;
use crate::plan::{GenerationPlan, ShardPlan};
use crate::sinks::assembler::Assembler;
use crate::sinks::part_file::{Target, temporary_path};
use crate::sinks::{self, WrittenPart};

/// How far a run has come; read by whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Rows made.
    pub rows: AtomicU64,
    /// Bytes of finished parts.
    pub bytes: AtomicU64,
    /// Shards finished.
    pub shards: AtomicUsize,
    /// Set to stop the run at the next slice; shared with whoever sets it.
    pub stop: Arc<AtomicBool>,
}

/// Runs the given shards of a plan.
///
/// # Errors
///
/// The first that any shard meets; the others stop at their next slice.
pub fn run(
    engine: &Engine<'_>,
    plan: &GenerationPlan,
    shards: &[&ShardPlan],
    layout: &Layout,
    threads: usize,
    progress: &Progress,
) -> Result<()> {
    keep_freed_memory();
    let threads = threads.min(shards.len());
    // The largest first: what is left for the end is small (Graham 1969, doi:10.1137/0117039).
    let mut shards = shards.to_vec();
    shards.sort_by_key(|shard| Reverse(shard.rows));
    let run = Run {
        engine,
        plan,
        shards: &shards,
        layout,
        progress,
        next: AtomicUsize::new(0),
        failure: Mutex::new(None),
    };
    pool(threads)?.scope(|scope| (0..threads).for_each(|_| scope.spawn(|_| run.work())));
    match run.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// What the threads of a run share.
struct Run<'r> {
    engine: &'r Engine<'r>,
    plan: &'r GenerationPlan,
    shards: &'r [&'r ShardPlan],
    layout: &'r Layout,
    progress: &'r Progress,
    /// The next shard's place.
    next: AtomicUsize,
    failure: Mutex<Option<Error>>,
}

impl Run<'_> {
    /// One thread that makes shards, and one that waits for the disk.
    fn work(&self) {
        // One shard may wait for its turn, no more: a slow disk slows the run and does not fill the memory.
        let (written, waiting) = sync_channel(1);
        std::thread::scope(|beside| {
            beside.spawn(|| self.keep(waiting).unwrap_or_else(|error| self.fail(error)));
            self.make(written).unwrap_or_else(|error| self.fail(error));
        });
    }

    fn make(&self, written: SyncSender<WrittenShard>) -> Result<()> {
        while let Some(shard) = self.shards.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let shard = make_shard(self.engine, self.plan, shard, self.layout, self.progress)?;
            // It takes no more when it has failed, and has said so.
            if written.send(shard).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Makes shards durable, each with its receipt behind its parts.
    fn keep(&self, written: Receiving<WrittenShard>) -> Result<()> {
        for shard in written {
            for part in shard.parts {
                part.keep()?;
            }
            shard.receipt.write(self.layout)?;
            self.progress.shards.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Stops the run.
    fn fail(&self, error: Error) {
        self.progress.stop.store(true, Ordering::Relaxed);
        let mut first = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        // A thread that was only told to stop has nothing to say.
        if first.is_none() || matches!(*first, Some(Error::Interrupted)) {
            *first = Some(error);
        }
    }
}

/// Lets memory that a slice of rows gives back stay for the next one. By itself glibc hands the end of its heap to the
/// system wherever more is free than twice the largest block that it ever mapped and unmapped; with every slice the pages
/// would come anew, for a twentieth of the time. It learns no larger block than 32 MiB (mallopt(3), `M_MMAP_THRESHOLD`).
/// Nothing touches this one, so that it takes no memory.
fn keep_freed_memory() {
    const LARGEST: usize = (32 << 20) - (64 << 10);
    drop(black_box(Vec::<u8>::with_capacity(LARGEST)));
}

fn pool(threads: usize) -> Result<rayon::ThreadPool> {
    // More threads than shards would only wait; none means all cores to the builder.
    Ok(rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build()?)
}

/// A shard whose parts are written, but not yet kept.
struct WrittenShard {
    parts: Vec<WrittenPart>,
    receipt: Receipt,
}

fn make_shard(
    engine: &Engine<'_>,
    plan: &GenerationPlan,
    shard: &ShardPlan,
    layout: &Layout,
    progress: &Progress,
) -> Result<WrittenShard> {
    let target = |name: &str| {
        let path = layout.file(name);
        let folder = path.parent().unwrap_or(&layout.root);
        std::fs::create_dir_all(folder).map_err(Error::io("cannot make the folder", folder))?;
        discard(&path)?;
        Ok(Target::File(path))
    };
    write_shard(engine, plan, shard, &target, progress)
}

/// Writes the parts of one shard, in the order of the entities.
fn write_shard(
    engine: &Engine<'_>,
    plan: &GenerationPlan,
    shard: &ShardPlan,
    target: &dyn Fn(&str) -> Result<Target>,
    progress: &Progress,
) -> Result<WrittenShard> {
    let mut receiver = ShardReceiver { parts: BTreeMap::new(), progress };
    for entity in engine.model.family(shard.family) {
        let name = Layout::part_name(&engine.model.entity(entity).name, shard.part, plan.format);
        let sink = sinks::open(target(&name)?, engine.shape(entity), plan.format, plan.profile)?;
        receiver.parts.insert(entity, (name, Assembler::new(engine.shape(entity), sink)));
    }
    let observations =
        run_shard(engine, shard.family, shard.roots.clone(), &shard.first_rows, &mut receiver)?;
    let (mut parts, mut recorded) = (Vec::new(), Vec::new());
    for (entity, (file, assembler)) in receiver.parts {
        let (written, digest) = assembler.finish()?;
        let record = &written.record;
        progress.bytes.fetch_add(record.bytes, Ordering::Relaxed);
        let part = Part {
            file,
            shard: shard.number,
            rows: record.rows,
            bytes: record.bytes,
            sha256: record.sha256.clone(),
            logical_digest: digest.to_string(),
        };
        recorded.push((engine.model.entity(entity).name.clone(), part));
        parts.push(written);
    }
    let fingerprints = plan.fingerprints.clone();
    let receipt = Receipt { shard: shard.number, fingerprints, parts: recorded, observations };
    Ok(WrittenShard { parts, receipt })
}

/// Removes what a killed run left of a part whose shard has no receipt.
fn discard(path: &std::path::Path) -> Result<()> {
    remove(path)?;
    remove(&temporary_path(path))
}

/// One open part for each entity of the family.
struct ShardReceiver<'p> {
    parts: BTreeMap<EntityId, (String, Assembler)>,
    progress: &'p Progress,
}

impl Receiver for ShardReceiver<'_> {
    fn receive(&mut self, entity: EntityId, batch: RecordBatch) -> Result<()> {
        if self.progress.stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        let rows = batch.num_rows() as u64;
        if let Some((_, assembler)) = self.parts.get_mut(&entity) {
            assembler.push(&batch)?;
        }
        self.progress.rows.fetch_add(rows, Ordering::Relaxed);
        Ok(())
    }

    fn received(&self, entity: EntityId) -> u64 {
        self.parts.get(&entity).map_or(0, |(_, assembler)| assembler.received())
    }
}

/// Makes shards again without keeping them: their parts, as a manifest would record them.
///
/// # Errors
///
/// As [`run`].
pub fn remake(
    engine: &Engine<'_>,
    plan: &GenerationPlan,
    shards: &[&ShardPlan],
    threads: usize,
) -> Result<Vec<Part>> {
    let pool = pool(threads.min(shards.len()))?;
    let parts: Vec<Vec<Part>> = pool.install(|| {
        shards
            .par_iter()
            // Shards are of different sizes: a thread takes one at a time.
            .with_max_len(1)
            .map(|shard| {
                let progress = Progress::default();
                let shard = write_shard(engine, plan, shard, &|_| Ok(Target::Discard), &progress)?;
                Ok(shard.receipt.parts.into_iter().map(|(_, part)| part).collect())
            })
            .collect::<Result<_>>()
    })?;
    Ok(parts.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::format::{Format, ParquetProfile};
    use crate::model::{Request, load};
    use crate::plan::{Choices, Cut, count, plan};
    use crate::resolve::resolve;

    #[test]
    fn a_shard_that_cannot_be_kept_stops_the_run_and_is_not_counted() {
        let request = Request {
            path: "tests/composites/numbered.yaml".into(),
            band: Some("tiny".to_owned()),
            ..Request::default()
        };
        let loaded = load(&request).unwrap();
        let engine = Engine::new(&loaded.model, "s", &resolve(&loaded.model).unwrap()).unwrap();
        let choices =
            Choices { cut: Cut::Even(3), format: Format::Parquet, profile: ParquetProfile::Standard };
        let plan = plan(&engine, &count(&engine).unwrap(), "s", &choices).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::at(&directory.path().join("dataset"));
        std::fs::create_dir_all(&layout.root).unwrap();
        // Receipts come last, so what fails is only found by the thread that waits for the disk.
        let in_the_way = layout.receipt(0).parent().unwrap().to_owned();
        std::fs::write(&in_the_way, "a file").unwrap();
        let progress = Progress::default();
        let shards: Vec<&ShardPlan> = plan.shards.iter().collect();
        let error = run(&engine, &plan, &shards, &layout, 2, &progress).unwrap_err();
        assert!(matches!(&error, Error::Io { path, .. } if *path == in_the_way), "{error:?}");
        assert!(progress.stop.load(Ordering::Relaxed));
        assert_eq!(progress.shards.load(Ordering::Relaxed), 0);
        std::fs::remove_file(&in_the_way).unwrap();
        let progress = Progress::default();
        run(&engine, &plan, &shards, &layout, 2, &progress).unwrap();
        assert_eq!(progress.shards.load(Ordering::Relaxed), plan.shards.len());
    }
}
