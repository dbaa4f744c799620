//! `seedmill generate`: the dataset, its report, and the archives that make it reproducible.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

use clap::Args;

use super::Outcome;
use super::interrupt::Interrupts;
use super::prepare::{FileArguments, ModelArguments, engine};
use super::printer::{Printer, bytes, duration, grouped};
use super::progress::{Advancing, pace, watching};
use super::seal::sealing;
use crate::dataset::directory::{self, State};
use crate::dataset::json_text;
use crate::dataset::layout::Layout;
use crate::dataset::manifest::Manifest;
use crate::dataset::receipt::Receipt;
use crate::dataset::seal::{receipts, seal};
use crate::error::{Error, Result};
use crate::family::Engine;
use crate::generate::{Progress, run as run_shards};
use crate::model::Loaded;
use crate::plan::{
    Choices, Counted, DISK_SAMPLE, Estimate, GenerationPlan, ShardPlan, count, estimate, plan,
};
use crate::report::clock;
use crate::report::generation::{Run, Written, write_reports};
use crate::resolve::Resolution;

/// Arguments of `generate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seedmill generate configs/chat --band dev --seed dev_20251022_baseline_v1\n  seedmill generate configs/shop --band dev --format csv --out /data\n  seedmill generate configs/chat --band staging --only-shards 0..50\n\nA run that was killed goes on where it was when the same command is given again."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    model: ModelArguments,
    /// The scale, one of the model's bands
    #[arg(long)]
    band: Option<String>,
    /// The seed string; without it one is made, printed and archived
    #[arg(long)]
    seed: Option<String>,
    #[command(flatten)]
    files: FileArguments,
    /// The folder that the dataset's own folder is made in
    #[arg(long, value_name = "DIR", default_value = "output")]
    out: PathBuf,
    /// Make only these shards, such as 0..4; `seal` finishes the dataset when all are there
    #[arg(long, value_name = "A..B", value_parser = shard_range)]
    only_shards: Option<Range<usize>>,
    /// Make a dataset again that is there already
    #[arg(long)]
    force: bool,
    /// Print nothing but the dataset's path
    #[arg(long)]
    quiet: bool,
    /// Print a summary as JSON before the path
    #[arg(long)]
    json: bool,
}

fn shard_range(text: &str) -> std::result::Result<Range<usize>, String> {
    let (first, end) = text.split_once("..").ok_or("write it as A..B, such as 0..4")?;
    let number =
        |text: &str| text.trim().parse::<usize>().map_err(|_| format!("`{text}` is no shard number"));
    let range = number(first)?..number(end)?;
    if range.is_empty() { Err(format!("{text} is empty: the end is not part of it")) } else { Ok(range) }
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    let loaded = arguments.model.load(arguments.band.as_deref(), printer, arguments.quiet)?;
    let model = &loaded.model;
    let (seed, made) = match &arguments.seed {
        Some(seed) if seed.is_empty() => return Err(Error::usage("the seed is empty")),
        Some(seed) => (seed.clone(), false),
        None => (clock::new_seed(&model.band), true),
    };
    if made && !arguments.quiet {
        printer.message(&format!("Seed: {seed} (made now; give it with --seed to make this dataset again)"));
    }
    let (engine, resolution) = engine(&loaded, &seed)?;
    let choices = arguments.files.choices();
    let counted = count(&engine)?;
    let plan = plan(&engine, &counted, &seed, &choices)?;
    let layout = Layout::in_output(&arguments.out, &model.name, &model.band, &seed);
    let job = Job {
        printer,
        loaded: &loaded,
        seed: &seed,
        engine: &engine,
        resolution: &resolution,
        choices: &choices,
        plan: &plan,
        layout: &layout,
        out: &arguments.out,
        only_shards: arguments.only_shards.clone(),
        force: arguments.force,
        reports: true,
        quiet: arguments.quiet,
        threads: arguments.files.threads(),
    };
    match job.run(counted)? {
        Outcome::Stopped(signal) => {
            job.tell_stopped(made);
            Ok(Outcome::Stopped(signal))
        }
        outcome @ (Outcome::Done | Outcome::NoGo) => {
            finish(arguments, &layout, printer)?;
            Ok(outcome)
        }
    }
}

/// Shards that are being made.
struct Making<'m> {
    progress: &'m Progress,
    /// Rows that the run will make, as far as is known.
    expected_rows: u64,
    /// Bytes that a row takes, as far as is known.
    row_bytes: f64,
    /// Shards that the run will make.
    shards: usize,
}

impl Advancing for Making<'_> {
    fn rows(&self) -> u64 {
        self.progress.rows.load(Ordering::Relaxed)
    }

    fn expected_rows(&self) -> u64 {
        self.expected_rows
    }

    fn message(&self, rate: f64) -> String {
        let shards = self.progress.shards.load(Ordering::Relaxed);
        let detail =
            format!("{}/s  shard {shards} of {}", bytes((rate * self.row_bytes) as u64), self.shards);
        pace(self, rate, &detail)
    }
}

/// A dataset that is to be made.
pub(super) struct Job<'j> {
    pub printer: &'j Printer,
    pub loaded: &'j Loaded,
    pub seed: &'j str,
    pub engine: &'j Engine<'j>,
    pub resolution: &'j Resolution,
    pub choices: &'j Choices,
    pub plan: &'j GenerationPlan,
    pub layout: &'j Layout,
    /// The folder that the dataset's own is in; reports and archives go there too.
    pub out: &'j Path,
    /// Only these shards, without a manifest.
    pub only_shards: Option<Range<usize>>,
    /// Whether to make again what is there already.
    pub force: bool,
    /// Whether to write the generation report, and to archive seed and configuration.
    pub reports: bool,
    pub quiet: bool,
    pub threads: usize,
}

impl Job<'_> {
    /// Makes what is missing; done, or stopped by a signal. What was counted is given away: it is 8 bytes a root.
    pub(super) fn run(&self, counted: Vec<Counted>) -> Result<Outcome> {
        let wanted = self.wanted()?;
        let plan_file = self.plan.file(self.engine, self.seed);
        let plan_text = json_text(&plan_file)?;
        let state = directory::state(self.layout, &plan_text)?;
        let outdated = state == State::Complete && self.is_outdated();
        match (&state, self.force) {
            (State::Complete, false) if !outdated => return Ok(self.complete_already()),
            (State::Other(message), false) => {
                return Err(Error::usage_hint(
                    message.clone(),
                    "take another --seed or --out, or replace it with --force",
                ));
            }
            (State::Damaged(message), false) => {
                return Err(Error::usage_hint(
                    message.clone(),
                    "`seedmill verify` lists them; to make only those again, remove the manifest.json and give the same command, or make all of it with --force",
                ));
            }
            (State::Complete | State::Damaged(_) | State::Other(_) | State::Begun, true) => {
                directory::clear(self.layout)?;
            }
            (State::Missing | State::Begun | State::Complete, _) => {}
        }
        let threads = self.threads.min(self.plan.shards.len());
        let estimate = estimate(self.engine, self.resolution, &counted, self.choices, threads, DISK_SAMPLE)?;
        drop(counted);
        self.check_disk(&estimate, &self.pending(&wanted))?;
        let _held =
            directory::begin(self.layout, &plan_text, &self.loaded.canonical, self.only_shards.is_some())?;
        // Another run may have gone on or ended between the look at the directory and the lock.
        if self.layout.manifest().exists() && !outdated {
            return Ok(self.complete_already());
        }
        let pending = self.pending(&wanted);
        self.announce(&estimate, &pending, threads);
        let progress = Progress::default();
        let interrupts = Interrupts::stopping(&progress.stop, self.printer.terminal)?;
        match self.make(&estimate, &pending, threads, &progress) {
            Err(Error::Interrupted) => Ok(Outcome::Stopped(interrupts.caught())),
            seconds => {
                self.close(seconds?, threads, &progress)?;
                Ok(Outcome::Done)
            }
        }
    }

    /// Whether the same rows stand there under another declaration of what changes none of them: defaults, indexes,
    /// checks. Then everything but the parts is written again.
    fn is_outdated(&self) -> bool {
        let stored = std::fs::read(self.layout.model()).ok();
        self.only_shards.is_none() && stored.as_deref() != Some(self.loaded.canonical.as_bytes())
    }

    /// A stopped run has left only finished shards.
    fn tell_stopped(&self, made_seed: bool) {
        let shards: Vec<&ShardPlan> = self.plan.shards.iter().collect();
        let finished = shards.len() - self.pending(&shards).len();
        self.printer
            .message(&format!("interrupted: {finished} of {} shards are finished and stay", shards.len()));
        let seed = if made_seed { format!(" with --seed {}", self.seed) } else { String::new() };
        self.printer.message(&format!("hint: the same command{seed} goes on from there"));
    }

    fn wanted(&self) -> Result<Vec<&ShardPlan>> {
        let all = self.plan.shards.len();
        match &self.only_shards {
            None => Ok(self.plan.shards.iter().collect()),
            Some(range) if range.end <= all => Ok(self.plan.shards[range.clone()].iter().collect()),
            Some(range) => Err(Error::usage_hint(
                format!("there is no shard {}: the plan has {all}", range.end - 1),
                format!("shards are numbered 0..{all}"),
            )),
        }
    }

    /// Those of the shards that have no receipt.
    fn pending<'w>(&self, wanted: &[&'w ShardPlan]) -> Vec<&'w ShardPlan> {
        let made =
            |shard: &ShardPlan| Receipt::read(self.layout, shard.number, &self.plan.fingerprints).is_some();
        wanted.iter().copied().filter(|shard| !made(shard)).collect()
    }

    fn complete_already(&self) -> Outcome {
        self.message("This dataset is complete already; --force makes it again.");
        Outcome::Done
    }

    fn check_disk(&self, estimate: &Estimate, pending: &[&ShardPlan]) -> Result<()> {
        let weight = |shards: &mut dyn Iterator<Item = &ShardPlan>| {
            shards.map(|shard| shard.rows).sum::<u64>().max(1) as f64
        };
        let share = weight(&mut pending.iter().copied()) / weight(&mut self.plan.shards.iter());
        let needed = if pending.is_empty() { 0 } else { (estimate.bytes() as f64 * share * 1.02) as u64 };
        let free = directory::free_bytes(&self.layout.root)?;
        if free < needed {
            return Err(Error::Resource {
                message: format!(
                    "the disk is too small: about {} are needed, {} are free in `{}`",
                    bytes(needed),
                    bytes(free),
                    self.out.display()
                ),
                hint: Some(
                    "free some space, take another --out, a smaller band, or --format csv.zst".to_owned(),
                ),
            });
        }
        Ok(())
    }

    fn announce(&self, estimate: &Estimate, pending: &[&ShardPlan], threads: usize) {
        let model = self.engine.model;
        self.message(&format!(
            "{} / {}: about {} rows, {} in {} shards on {threads} threads",
            model.name,
            model.band,
            grouped(estimate.rows()),
            bytes(estimate.bytes()),
            self.plan.shards.len()
        ));
        let done = self.plan.shards.len() - pending.len();
        if done > 0 && self.only_shards.is_none() {
            self.message(&format!("Going on: {done} shards are there already."));
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a run is timed here")]
    fn make(
        &self,
        estimate: &Estimate,
        pending: &[&ShardPlan],
        threads: usize,
        progress: &Progress,
    ) -> Result<f64> {
        let start = Instant::now();
        let all: u64 = self.plan.shards.iter().map(|shard| shard.rows).sum();
        let share = pending.iter().map(|shard| shard.rows).sum::<u64>() as f64 / all.max(1) as f64;
        let making = Making {
            progress,
            expected_rows: (estimate.rows() as f64 * share) as u64,
            row_bytes: estimate.bytes() as f64 / estimate.rows().max(1) as f64,
            shards: pending.len(),
        };
        let result = watching(self.printer, self.quiet, &making, || {
            run_shards(self.engine, self.plan, pending, self.layout, threads, progress)
        });
        result.map(|()| start.elapsed().as_secs_f64())
    }

    fn close(&self, seconds: f64, threads: usize, progress: &Progress) -> Result<()> {
        if self.only_shards.is_some() {
            self.message("These shards are done; `seedmill seal` finishes the dataset when all are there.");
            return Ok(());
        }
        let sealing = sealing(self.engine, self.resolution, self.plan, self.seed)?;
        let receipts = receipts(self.layout, &sealing)?;
        let manifest = seal(self.layout, &sealing, &receipts)?;
        let run = Run {
            manifest: &manifest,
            receipts: &receipts,
            canonical: &self.loaded.canonical,
            seconds,
            threads,
            rows: progress.rows.load(Ordering::Relaxed),
            bytes: progress.bytes.load(Ordering::Relaxed),
        };
        let written = self.reports.then(|| write_reports(self.out, self.layout, &run)).transpose()?;
        self.summary(&run);
        for line in written.iter().flat_map(Written::lines) {
            self.message(&line);
        }
        Ok(())
    }

    fn summary(&self, run: &Run<'_>) {
        let manifest = run.manifest;
        self.message("");
        for entity in &manifest.entities {
            let size: u64 = entity.parts.iter().map(|part| part.bytes).sum();
            self.message(&format!(
                "  {:<24} {:>15} rows {:>12} in {} files",
                entity.name,
                grouped(entity.rows),
                bytes(size),
                entity.parts.len()
            ));
        }
        if run.rows < manifest.rows() {
            self.message(&format!(
                "  {} rows, {}, of which this run made:",
                grouped(manifest.rows()),
                bytes(manifest.bytes())
            ));
        }
        let rate = |amount: u64| (amount as f64 / run.seconds.max(0.001)) as u64;
        self.message(&format!(
            "  {} rows, {} in {}: {} rows/s, {}/s",
            grouped(run.rows),
            bytes(run.bytes),
            duration(run.seconds),
            grouped(rate(run.rows)),
            bytes(rate(run.bytes))
        ));
        self.message("  Checked: every part is in its place with its rows and checksum; totals are those of the plan; keys and promises hold by construction.");
    }

    fn message(&self, line: &str) {
        if !self.quiet {
            self.printer.message(line);
        }
    }
}

/// The last line of stdout is the dataset's path.
fn finish(arguments: &Arguments, layout: &Layout, printer: &Printer) -> Result<()> {
    if arguments.json
        && let Ok(manifest) = Manifest::read(&layout.root)
    {
        let counts: serde_json::Map<String, serde_json::Value> =
            manifest.entities.iter().map(|entity| (entity.name.clone(), entity.rows.into())).collect();
        let value = serde_json::json!({
            "band": manifest.band, "seed": manifest.seed, "counts": counts, "fingerprints": manifest.fingerprints,
        });
        printer.data(&value.to_string())?;
    }
    printer.data(&layout.root.display().to_string())
}
