//! How long the shards of a model take, beside a bare writer of the same arrays; `scripts/bench.sh generate`
//! runs it.
//!
//! Arguments: MODEL BAND THREADS ROUNDS FOLDER. In each round, in turn: `parquet`, the shards as `generate` makes them,
//! to files; `bare`, the same blocks, made beforehand and held in memory, through the same writers, to files; `unkept`,
//! the same to files that are dropped without waiting for the disk; `csv`, the shards as CSV to nowhere; `hashed`, the
//! same and hashed. One line of JSON each, with the rows and the seconds.

#![expect(clippy::print_stdout, reason = "the measurements are for a program")]
#![expect(clippy::disallowed_methods, reason = "runs are timed here")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use seedmill::dataset::format::{BLOCK_ROWS, Format, ParquetProfile};
use seedmill::dataset::layout::Layout;
use seedmill::error::Result;
use seedmill::family::{self, Engine, Receiver};
use seedmill::generate::{Progress, remake, run};
use seedmill::model::{EntityId, Request, load};
use seedmill::plan::{Choices, Cut, GenerationPlan, ShardPlan, count, plan};
use seedmill::resolve::resolve;
use seedmill::sinks;
use seedmill::sinks::assembler::Assembler;
use seedmill::sinks::part_file::Target;

/// The blocks of every part, in order.
type Blocks = BTreeMap<(EntityId, usize), Vec<RecordBatch>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [path, band, threads, rounds, folder] = arguments.as_slice() else {
        panic!("MODEL BAND THREADS ROUNDS FOLDER");
    };
    let (threads, rounds): (usize, usize) =
        (threads.parse().expect("threads"), rounds.parse().expect("rounds"));
    let folder = Path::new(folder);
    let loaded = load(&Request { path: path.into(), band: Some(band.clone()), ..Request::default() })?;
    let resolution = resolve(&loaded.model)?;
    let engine = Engine::new(&loaded.model, "bench", &resolution)?;
    let planned = |format| {
        let choices = Choices { cut: Cut::Default, format, profile: ParquetProfile::Standard };
        plan(&engine, &count(&engine)?, "bench", &choices)
    };
    let (parquet, csv) = (planned(Format::Parquet)?, planned(Format::Csv)?);
    let parts = made_beforehand(&engine, &parquet, threads)?;
    let rows: usize = parts.values().flatten().map(RecordBatch::num_rows).sum();
    for round in 0..rounds {
        let layout = Layout::at(&folder.join(format!("parquet-{round}")));
        timed("parquet", rows, || {
            run(&engine, &parquet, &every(&parquet), &layout, threads, &Progress::default())
        })?;
        let target = folder.join(format!("bare-{round}"));
        timed("bare", rows, || write_bare(&engine, &parquet, &parts, &target, threads, true))?;
        std::fs::remove_dir_all(&target).expect("what was written");
        timed("unkept", rows, || write_bare(&engine, &parquet, &parts, &target, threads, false))?;
        timed("csv", rows, || write_nowhere(&engine, &csv, threads))?;
        timed("hashed", rows, || remake(&engine, &csv, &every(&csv), threads).map(drop))?;
        for used in [&layout.root, &target] {
            std::fs::remove_dir_all(used).expect("a folder of this run");
        }
    }
    Ok(())
}

fn every(plan: &GenerationPlan) -> Vec<&ShardPlan> {
    plan.shards.iter().collect()
}

fn timed(way: &str, rows: usize, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let start = Instant::now();
    work()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{{\"way\": \"{way}\", \"rows\": {rows}, \"seconds\": {seconds:.3}}}");
    Ok(())
}

/// Does a piece of work for each of `count` numbers, on so many threads.
fn on_threads(threads: usize, count: usize, work: impl Fn(usize) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let worker = || -> Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(());
            }
            work(number)?;
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker that ends"))
    })
}

/// All rows of the plan, cut into the format's blocks.
fn made_beforehand(engine: &Engine<'_>, plan: &GenerationPlan, threads: usize) -> Result<Blocks> {
    let blocks = Mutex::new(Blocks::new());
    on_threads(threads, plan.shards.len(), |number| {
        let shard = &plan.shards[number];
        let mut kept = Kept::default();
        family::run(engine, shard.family, shard.roots.clone(), &shard.first_rows, &mut kept)?;
        for (entity, slices) in kept.0 {
            blocks.lock().expect("no panic").insert((entity, shard.number), cut(&slices)?);
        }
        Ok(())
    })?;
    Ok(blocks.into_inner().expect("no panic"))
}

fn cut(slices: &[RecordBatch]) -> Result<Vec<RecordBatch>> {
    let Some(first) = slices.first() else { return Ok(Vec::new()) };
    let whole = concat_batches(&first.schema(), slices)?;
    let starts = (0..whole.num_rows()).step_by(BLOCK_ROWS);
    Ok(starts.map(|start| whole.slice(start, BLOCK_ROWS.min(whole.num_rows() - start))).collect())
}

#[derive(Default)]
struct Kept(BTreeMap<EntityId, Vec<RecordBatch>>);

impl Receiver for Kept {
    fn receive(&mut self, entity: EntityId, batch: RecordBatch) -> Result<()> {
        self.0.entry(entity).or_default().push(batch);
        Ok(())
    }

    fn received(&self, entity: EntityId) -> u64 {
        self.0.get(&entity).map_or(0, |slices| slices.iter().map(|slice| slice.num_rows() as u64).sum())
    }
}

/// Makes and writes all rows of the plan, and keeps no byte.
fn write_nowhere(engine: &Engine<'_>, plan: &GenerationPlan, threads: usize) -> Result<()> {
    on_threads(threads, plan.shards.len(), |number| {
        let shard = &plan.shards[number];
        let mut parts = BTreeMap::new();
        for entity in engine.model.family(shard.family) {
            let shape = engine.shape(entity);
            let sink = sinks::open(Target::Forget, shape, plan.format, plan.profile)?;
            parts.insert(entity, Assembler::new(shape, sink));
        }
        let mut parts = Forgotten(parts);
        family::run(engine, shard.family, shard.roots.clone(), &shard.first_rows, &mut parts)?;
        parts.0.into_values().try_for_each(|part| part.finish().map(drop))
    })
}

struct Forgotten(BTreeMap<EntityId, Assembler>);

impl Receiver for Forgotten {
    fn receive(&mut self, entity: EntityId, batch: RecordBatch) -> Result<()> {
        self.0.get_mut(&entity).map_or(Ok(()), |part| part.push(&batch))
    }

    fn received(&self, entity: EntityId) -> u64 {
        self.0.get(&entity).map_or(0, Assembler::received)
    }
}

/// Writes blocks that lie ready, and nothing else: no digest, no receipt. Each part waits for the disk, unless it is not
/// kept.
fn write_bare(
    engine: &Engine<'_>,
    plan: &GenerationPlan,
    parts: &Blocks,
    folder: &Path,
    threads: usize,
    kept: bool,
) -> Result<()> {
    std::fs::create_dir_all(folder).expect("a folder");
    let parts: Vec<_> = parts.iter().collect();
    on_threads(threads, parts.len(), |number| {
        let ((entity, shard), blocks) = parts[number];
        let file = folder.join(format!("{}-{shard}.parquet", entity.0));
        let mut sink = sinks::open(file, engine.shape(*entity), plan.format, plan.profile)?;
        for block in blocks {
            sink.write(block)?;
        }
        let part = sink.finish()?;
        if kept { part.keep().map(drop) } else { Ok(()) }
    })
}
