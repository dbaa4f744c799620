//! `seedmill seal`: a manifest for a dataset whose shards were made in pieces.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Outcome;
use super::prepare::engine;
use super::printer::Printer;
use crate::dataset::directory;
use crate::dataset::layout::Layout;
use crate::dataset::seal::{Sealing, receipts, seal};
use crate::error::{Error, Result};
use crate::family::Engine;
use crate::model::{Loaded, Request, load};
use crate::plan::{Choices, GenerationPlan, PlanFile, count, plan};
use crate::report::generation::{Run, write_reports};
use crate::resolve::Resolution;

/// Arguments of `seal`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  seedmill seal output/chat-staging-baseline_v1")]
pub(super) struct Arguments {
    /// The dataset's directory
    dataset: PathBuf,
    /// Print nothing but the dataset's path
    #[arg(long)]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    let layout = Layout::at(&arguments.dataset);
    let stored = Stored::open(&layout)?;
    let _held = directory::hold(&layout)?;
    let (engine, resolution) = engine(&stored.loaded, &stored.plan.seed)?;
    let plan = stored.replan(&engine)?;
    let sealing = sealing(&engine, &resolution, &plan, &stored.plan.seed)?;
    let receipts = receipts(&layout, &sealing)?;
    let manifest = seal(&layout, &sealing, &receipts)?;
    let run = Run {
        manifest: &manifest,
        receipts: &receipts,
        canonical: &stored.loaded.canonical,
        seconds: 0.0,
        threads: 0,
        rows: 0,
        bytes: 0,
    };
    let written = write_reports(&output(&arguments.dataset)?, &layout, &run)?;
    if !arguments.quiet {
        printer.message(&format!(
            "Sealed: {} rows in {} files",
            super::printer::grouped(manifest.rows()),
            manifest.parts().count()
        ));
        for line in written.lines() {
            printer.message(&line);
        }
    }
    printer.data(&arguments.dataset.display().to_string())?;
    Ok(Outcome::Done)
}

/// The folder that a dataset's own stands in.
fn output(dataset: &Path) -> Result<PathBuf> {
    // `.` and `..` have no parent of their own.
    if dataset.file_name().is_some() {
        return Ok(dataset.parent().unwrap_or(Path::new("")).to_owned());
    }
    let whole = dataset.canonicalize().map_err(Error::io("cannot find", dataset))?;
    Ok(whole.parent().unwrap_or(&whole).to_owned())
}

/// What a dataset's directory knows of its own making.
pub(super) struct Stored {
    pub plan: PlanFile,
    pub loaded: Loaded,
}

impl Stored {
    pub(super) fn open(layout: &Layout) -> Result<Self> {
        let plan = PlanFile::read(layout)?;
        let loaded =
            load(&Request { path: layout.model(), band: Some(plan.band.clone()), ..Request::default() })?;
        Ok(Self { plan, loaded })
    }

    /// The plan again, with the cut that the dataset has.
    pub(super) fn replan(&self, engine: &Engine<'_>) -> Result<GenerationPlan> {
        let choices = Choices { cut: self.plan.cut(), format: self.plan.format, profile: self.plan.profile };
        let plan = plan(engine, &count(engine)?, &self.plan.seed, &choices)?;
        if plan.fingerprints != self.plan.fingerprints {
            return Err(Error::usage_hint(
                "the dataset was made by another version of seedmill, or its model.yaml was changed",
                "make it with the version that made it, or make it anew",
            ));
        }
        Ok(plan)
    }
}

/// A manifest that names a shard which the plan has not.
pub(super) fn unplanned(layout: &Layout, shard: usize) -> Error {
    Error::file(&layout.manifest(), format!("it names shard {shard}, which the plan has not"))
}

/// What the manifest needs.
pub(super) fn sealing<'s>(
    engine: &'s Engine<'s>,
    resolution: &Resolution,
    plan: &'s GenerationPlan,
    seed: &'s str,
) -> Result<Sealing<'s>> {
    Ok(Sealing {
        model: engine.model,
        seed,
        fingerprints: &plan.fingerprints,
        format: plan.format,
        profile: plan.profile,
        shapes: engine.model.entity_ids().map(|entity| engine.shape(entity)).collect(),
        resolution: serde_json::to_value(resolution).map_err(Error::internal)?,
        shards: plan.shards.len(),
    })
}
