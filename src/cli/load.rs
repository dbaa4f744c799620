//! `seedmill load`: a dataset into a database, exactly once, with a record of the run.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use clap::Args;
use sha2::{Digest, Sha256};

use super::Outcome;
use super::interrupt::Interrupts;
use super::printer::{Printer, bytes, duration, grouped};
use super::progress::{Advancing, pace, watching};
use crate::dataset::layout::Layout;
use crate::dataset::manifest::Manifest;
use crate::error::{Error, Result};
use crate::model::text_form::write::hexadecimal;
use crate::postgres::credentials::{self, Credentials};
use crate::postgres::guard::Door;
use crate::postgres::load::{Mode, Progress, Report, Request, load};
use crate::postgres::provision::DATA_SCHEMA;
use crate::postgres::target::Environment;
use crate::report::runs::{Beginning, Phase, Recorder, VerifiedCheck};

/// More connections than this help no server that runs beside its clients.
const MOST_DEFAULT_JOBS: usize = 4;

/// Arguments of `load`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seedmill load output/chat-dev-baseline_v1\n  seedmill load output/chat-dev-baseline_v1 --env staging --schema perf_baseline --jobs 8\n\nThe database must be one that `seedmill provision` made or adopted. Passwords come from the credentials file, from\nthe environment after `source .secrets/.env.dev`, or from .pgpass. A load that stopped goes on when the same command\nis given again.\n\nExit status: 0 loaded and verified, 2 the request is wrong or refused, 3 the database or the files failed."
)]
pub(super) struct Arguments {
    /// The dataset's directory
    dataset: PathBuf,
    #[command(flatten)]
    database: DatabaseArguments,
    /// The schema that is made for the dataset
    #[arg(long, default_value = DATA_SCHEMA)]
    schema: String,
    /// Connections that work at a time; by default as many as there are cores, at most 4
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// One transaction and one connection for each table, with COPY FREEZE: faster where large tables are few and the
    /// server is otherwise idle; a table that fails begins again
    #[arg(long)]
    freeze: bool,
    /// Where the run's record goes, into its folder `perf-data`; by default beside the dataset
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print nothing but the record's path
    #[arg(long)]
    quiet: bool,
    /// Print the record as JSON
    #[arg(long)]
    json: bool,
}

/// Which database.
#[derive(Debug, Args)]
pub(super) struct DatabaseArguments {
    /// The environment that was provisioned; by default the sourced one, else the dataset's band
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
    /// The folder of credentials
    #[arg(long, value_name = "DIR", default_value = ".secrets")]
    pub secrets: PathBuf,
}

impl DatabaseArguments {
    /// The environment that is meant; none where the credentials were sourced.
    fn named<'n>(&'n self, environment: &Environment, band: Option<&'n str>) -> Option<&'n str> {
        let band = if credentials::is_sourced(environment) { None } else { band };
        self.env.as_deref().or(band)
    }

    /// The credentials: of the named environment, of the sourced file, or of the one that would be meant.
    pub(super) fn credentials(&self, environment: &Environment, band: Option<&str>) -> Result<Credentials> {
        if let Some(env) = &self.env {
            return credentials::read(&self.secrets, env, environment);
        }
        if let Some(sourced) = credentials::from_environment(environment)? {
            return Ok(sourced);
        }
        let env = self.named(environment, band).ok_or_else(|| {
            Error::usage_hint(
                "which database?",
                "name its environment, such as --env dev, or source .secrets/.env.dev",
            )
        })?;
        credentials::read(&self.secrets, env, environment)
    }
}

/// A load that is being watched.
struct Loading<'l> {
    progress: &'l Progress,
    rows: u64,
    /// Bytes of a row in the files.
    row_bytes: f64,
}

impl Advancing for Loading<'_> {
    fn rows(&self) -> u64 {
        self.progress.rows_before.load(Ordering::Relaxed) + self.progress.rows.load(Ordering::Relaxed)
    }

    fn expected_rows(&self) -> u64 {
        self.rows
    }

    fn message(&self, rate: f64) -> String {
        match self.progress.phase() {
            None => "connecting".to_owned(),
            Some(phase) if phase.name == Phase::ROWS => {
                pace(self, rate, &format!("{}/s", bytes((rate * self.row_bytes) as u64)))
            }
            Some(phase) => {
                format!("{} for {}", phase.name, duration(phase.since.elapsed().as_secs_f64()))
            }
        }
    }

    fn notices(&self) -> Vec<String> {
        self.progress.take_notices()
    }
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    let manifest = Manifest::read(&arguments.dataset)?;
    let manifest_sha256 = digest(&Layout::at(&arguments.dataset).manifest())?;
    let environment = Environment::of_process();
    let Credentials { target, marker, reader } =
        arguments.database.credentials(&environment, Some(&manifest.band))?;
    let door = Door { target, marker, environment };
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let request = Request {
        directory: &arguments.dataset,
        manifest: &manifest,
        manifest_sha256: &manifest_sha256,
        schema: &arguments.schema,
        jobs: arguments.jobs.map_or(cores.min(MOST_DEFAULT_JOBS), NonZeroUsize::get),
        mode: if arguments.freeze { Mode::Tables } else { Mode::Parts },
        reader: reader.as_ref().map(|login| login.user.as_str()),
    };
    Job { arguments, printer, manifest: &manifest, door: &door, request: &request }.run()
}

fn digest(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(Error::io("cannot read", path))?;
    Ok(hexadecimal(&Sha256::digest(bytes)))
}

/// The folder that a dataset stands in, where its reports and records go.
pub(super) fn output_of(dataset: &Path) -> PathBuf {
    let whole = dataset.canonicalize().unwrap_or_else(|_| dataset.to_owned());
    whole.parent().map_or_else(|| PathBuf::from("."), Path::to_owned)
}

struct Job<'j> {
    arguments: &'j Arguments,
    printer: &'j Printer,
    manifest: &'j Manifest,
    door: &'j Door,
    request: &'j Request<'j>,
}

impl Job<'_> {
    fn run(&self) -> Result<Outcome> {
        let target = &self.door.target;
        let output = self.arguments.out.clone().unwrap_or_else(|| output_of(&self.arguments.dataset));
        let mut recorder = Recorder::begin(&Beginning {
            output: &output,
            dataset: &self.arguments.dataset,
            manifest: self.manifest,
            schema: self.request.schema,
            host: &target.host,
            port: target.port,
            database: &target.database,
            environment: self.arguments.database.named(&self.door.environment, Some(&self.manifest.band)),
            jobs: self.request.jobs,
        })?;
        for warning in &target.warnings {
            self.message(&format!("warning: {warning}"));
        }
        self.message(&format!(
            "Loading {} / {}: {} rows, {}, into {target}, schema {}, over {} connections",
            self.manifest.model,
            self.manifest.band,
            grouped(self.manifest.rows()),
            bytes(self.manifest.bytes()),
            self.request.schema,
            self.request.jobs
        ));
        let progress = Progress::default();
        let interrupts = Interrupts::stopping(&progress.stop, self.printer.terminal)?;
        let mut report = Report::default();
        let rows = self.manifest.rows();
        let row_bytes = self.manifest.bytes() as f64 / rows.max(1) as f64;
        let loading = Loading { progress: &progress, rows, row_bytes };
        let result = watching(self.printer, self.arguments.quiet, &loading, || {
            load(self.door, self.request, &progress, &mut report)
        });
        if report.already && result.is_ok() {
            recorder.abandon()?;
            self.message("This dataset is loaded already, and was verified; `seedmill teardown` drops it.");
            return Ok(Outcome::Done);
        }
        self.record(&mut recorder, &report, &progress)?;
        let errors = result.as_ref().err().map(|error| self.told(error, &interrupts));
        let written = recorder.finish(errors.into_iter().collect())?;
        for note in &written.notes {
            self.message(note);
        }
        let record = &written.path;
        match result {
            Ok(()) => {
                self.summary(&report, &progress);
                self.message(&format!("Run record: {}", record.display()));
                self.print(record)?;
                Ok(Outcome::Done)
            }
            Err(Error::Interrupted) => {
                self.printer.message(&format!(
                    "interrupted: the parts that are loaded stay, and the same command goes on from there; record: {}",
                    record.display()
                ));
                Ok(Outcome::Stopped(interrupts.caught()))
            }
            Err(error) => {
                self.printer.message(&format!("Run record (FAILED): {}", record.display()));
                Err(error)
            }
        }
    }

    fn told(&self, error: &Error, interrupts: &Interrupts) -> String {
        match error {
            Error::Interrupted => format!("stopped by signal {}", interrupts.caught()),
            error => error.to_string(),
        }
    }

    fn record(&self, recorder: &mut Recorder, report: &Report, progress: &Progress) -> Result<()> {
        let record = &mut recorder.record;
        record.resumed = report.resumed;
        for (entity, rows) in &report.rows {
            record.rows_loaded.set(entity, *rows);
        }
        if let Some(verification) = &report.verification {
            record.verification = [
                ("rows", verification.rows),
                ("parts", verification.parts),
                ("figures", verification.figures),
                ("foreign keys without orphans", verification.foreign_keys),
            ]
            .map(|(name, compared)| VerifiedCheck { name: name.to_owned(), compared, differing: 0 })
            .into();
        }
        for phase in &report.phases {
            let sends = phase.name == Phase::ROWS;
            recorder.phase(Phase {
                name: phase.name.to_owned(),
                seconds: phase.seconds,
                rows: sends.then(|| progress.rows.load(Ordering::Relaxed)),
                bytes: sends.then(|| progress.bytes.load(Ordering::Relaxed)),
            })?;
        }
        Ok(())
    }

    fn summary(&self, report: &Report, progress: &Progress) {
        self.message("");
        for (entity, rows) in &report.rows {
            self.message(&format!("  {entity:<24} {:>15} rows", grouped(*rows)));
        }
        for phase in &report.phases {
            let rows = progress.rows.load(Ordering::Relaxed);
            let rate = match phase.name == Phase::ROWS && phase.seconds > 0.0 {
                true => format!("  {} rows/s", grouped((rows as f64 / phase.seconds) as u64)),
                false => String::new(),
            };
            self.message(&format!("  {:<24} {:>15}{rate}", phase.name, duration(phase.seconds)));
        }
        if let Some(verified) = &report.verification {
            self.message(&format!(
                "  Verified: {} rows in {} parts, {} figures computed from the files and again in SQL, {} foreign keys without an orphan.",
                grouped(verified.rows),
                verified.parts,
                grouped(verified.figures),
                verified.foreign_keys
            ));
        }
    }

    fn print(&self, record: &Path) -> Result<()> {
        if self.arguments.json {
            let text = std::fs::read_to_string(record).map_err(Error::io("cannot read", record))?;
            return self.printer.data(text.trim_end());
        }
        self.printer.data(&record.display().to_string())
    }

    fn message(&self, line: &str) {
        if !self.arguments.quiet {
            self.printer.message(line);
        }
    }
}
