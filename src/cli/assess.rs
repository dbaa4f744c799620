//! `seedmill assess`: GATE 1, a dataset's fidelity judged from its files.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;

use super::Outcome;
use super::interrupt::{Interrupts, end_by};
use super::prepare::threads;
use super::printer::{Printer, bytes};
use crate::dataset::layout::Layout;
use crate::dataset::manifest::Manifest;
use crate::dataset::write_whole;
use crate::error::{Error, Result};
use crate::fidelity::assessment::Verdict;
use crate::fidelity::evidence::{Mapping, TableFile, collect};
use crate::fidelity::{Case, assess};
use crate::model::{Loaded, Request, Setting, load};
use crate::report::fidelity::table::{Look, table};
use crate::report::fidelity::{page_now, write};
use crate::resolve::resolve;

/// Arguments of `assess`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seedmill assess output/chat-dev-baseline_v1\n  seedmill assess output/chat-dev-baseline_v1 --tolerance strict --html fidelity.html\n  seedmill assess export/ --model configs/shop --band dev --map mapping.yaml\n\nExit status: 0 GO, 1 NO-GO, 2 the request is wrong, 3 the environment failed."
)]
pub(super) struct Arguments {
    /// The dataset's directory, or a folder of Parquet or CSV files by any tool
    dataset: PathBuf,
    /// strict (5 %), normal (15 %), relaxed (30 %), or a number such as 0.1
    #[arg(long, default_value = "normal")]
    tolerance: Tolerance,
    /// The model to judge by; by default the dataset's own
    #[arg(long)]
    model: Option<PathBuf>,
    /// The model's band; by default the dataset's own
    #[arg(long, requires = "model")]
    band: Option<String>,
    /// A JSON or YAML file whose values override the model's parameters
    #[arg(long, value_name = "FILE", requires = "model")]
    spec: Option<PathBuf>,
    /// Override one parameter of the model
    #[arg(long = "set", value_name = "PATH=VALUE", requires = "model")]
    settings: Vec<Setting>,
    /// A folder outside the model's own that its files may name
    #[arg(long = "allow-path", value_name = "DIR", requires = "model")]
    allow_paths: Vec<PathBuf>,
    /// A YAML file that says which files and columns belong to which entity, where names differ
    #[arg(long = "map", value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Also write the page to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Where the report goes, into its folder `reports`; by default beside the dataset
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Threads; by default all cores
    #[arg(long, value_name = "N")]
    threads: Option<std::num::NonZeroUsize>,
    /// Print the report as JSON instead of the table
    #[arg(long)]
    json: bool,
    /// Print every check and counter
    #[arg(long)]
    verbose: bool,
    /// Print only the verdict
    #[arg(long, conflicts_with = "verbose")]
    quiet: bool,
}

/// How far off a figure may be.
#[derive(Clone, Debug)]
struct Tolerance {
    value: f64,
    name: String,
}

impl FromStr for Tolerance {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let value = match text {
            "strict" => 0.05,
            "normal" => 0.15,
            "relaxed" => 0.30,
            number => crate::model::scalars::parse_number(number)
                .filter(|value| *value > 0.0 && *value < 1.0)
                .ok_or("strict, normal, relaxed, or a number above 0 and below 1, such as 0.15")?,
        };
        Ok(Self { value, name: text.to_owned() })
    }
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    let threads = threads(arguments.threads);
    let loaded = model(arguments)?;
    if !loaded.warnings.is_empty() && !arguments.quiet {
        printer.message(loaded.warnings.trim_end());
    }
    let model = &loaded.model;
    let resolution = resolve(model)?;
    let mapping = arguments.mapping.as_deref().map(|path| Mapping::read(path, model)).transpose()?;
    let evidence = collect(&arguments.dataset, model, mapping.as_ref(), threads)?;
    let scratch = tempfile::Builder::new()
        .prefix("seedmill-assess-")
        .tempdir()
        .map_err(Error::io("cannot write in", &std::env::temp_dir()))?;
    clean_up_when_stopped(scratch.path(), printer)?;
    if !arguments.quiet {
        let files = || evidence.tables.iter().flat_map(|table| &table.files);
        let size = |file: &TableFile| std::fs::metadata(&file.path).map_or(0, |metadata| metadata.len());
        let (count, size) = (files().count(), files().map(size).sum());
        printer.message(&format!(
            "Judging {count} files, {}, by {} {} ...",
            bytes(size),
            model.name,
            model.band
        ));
    }
    let case = Case {
        model,
        resolution: &resolution,
        evidence,
        dataset: arguments.dataset.display().to_string(),
        tolerance: arguments.tolerance.value,
        tolerance_name: arguments.tolerance.name.clone(),
        threads,
    };
    let assessment = assess(&case, scratch.path())?;
    let written = write(&output(arguments), &assessment)?;
    if let Some(path) = &arguments.html {
        write_whole(path, page_now(&assessment).as_bytes())?;
    }
    if arguments.json {
        let report =
            std::fs::read_to_string(&written.report).map_err(Error::io("cannot read", &written.report))?;
        printer.data(report.trim_end())?;
    } else if arguments.quiet {
        printer.data(if assessment.verdict == Verdict::Go { "GO" } else { "NO-GO" })?;
    } else {
        let look = Look { colour: printer.data_terminal(), verbose: arguments.verbose };
        printer.data(table(&assessment, look).trim_end())?;
        for line in written.lines() {
            printer.message(&line);
        }
    }
    Ok(if assessment.verdict == Verdict::Go { Outcome::Done } else { Outcome::NoGo })
}

/// A signal ends the run at once; what it put into the scratch folder goes with it.
fn clean_up_when_stopped(scratch: &Path, printer: &Printer) -> Result<()> {
    const TICK: Duration = Duration::from_millis(50);
    let stop = Arc::new(AtomicBool::new(false));
    let interrupts = Interrupts::stopping(&stop, printer.terminal)?;
    let scratch = scratch.to_owned();
    std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            std::thread::park_timeout(TICK);
        }
        let _ = std::fs::remove_dir_all(&scratch);
        end_by(interrupts.caught());
    });
    Ok(())
}

/// The model that was named, or the dataset's own.
fn model(arguments: &Arguments) -> Result<Loaded> {
    if !arguments.dataset.exists() {
        return Err(Error::usage_hint(
            format!("there is no `{}`", arguments.dataset.display()),
            "name the directory that `seedmill generate` printed, or a folder of Parquet or CSV files",
        ));
    }
    let manifest = Manifest::read(&arguments.dataset).ok();
    if let Some(path) = &arguments.model {
        let band = arguments.band.clone().or_else(|| manifest.map(|manifest| manifest.band));
        return load(&Request {
            path: path.clone(),
            band,
            spec: arguments.spec.clone(),
            settings: arguments.settings.clone(),
            allow_paths: arguments.allow_paths.clone(),
        });
    }
    let own = Layout::at(&arguments.dataset).model();
    if !own.exists() {
        return Err(Error::usage_hint(
            format!("`{}` has no model of its own", arguments.dataset.display()),
            "name one with --model, such as --model configs/shop --band dev",
        ));
    }
    load(&Request { path: own, band: manifest.map(|manifest| manifest.band), ..Request::default() })
}

/// The folder whose `reports` gets the report: the one that a dataset of ours stands in, else `output`.
fn output(arguments: &Arguments) -> PathBuf {
    if let Some(out) = &arguments.out {
        return out.clone();
    }
    let whole = arguments.dataset.canonicalize().unwrap_or_else(|_| arguments.dataset.clone());
    match whole.parent() {
        Some(parent) if Layout::at(&arguments.dataset).plan().exists() => parent.to_owned(),
        Some(_) | None => Path::new("output").to_owned(),
    }
}
