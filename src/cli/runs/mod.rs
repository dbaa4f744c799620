//! `seedmill runs`: the records of loads: listed, shown, put away, let go, and reproduced.

mod keep;
mod reproduce;
mod tell;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::Outcome;
use super::printer::Printer;
use crate::error::Result;
use crate::report::runs::{Contents, PerfData};

/// Arguments of `runs`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seedmill runs list --failed\n  seedmill runs show latest\n  seedmill runs archive --older-than 90d\n  seedmill runs prune --dry-run\n  seedmill runs reproduce load_1729612345\n\nKept are load records for a year, those of failed loads for 90 days, generation configurations for two years, and teardown scripts until they were used or for 30 days."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The loads, newest first.
    List(tell::ListArguments),
    /// One load.
    Show(tell::ShowArguments),
    /// Put old records into the folder `archive`.
    Archive(keep::ArchiveArguments),
    /// Remove what is older than the retention policy keeps.
    Prune(keep::PruneArguments),
    /// Make a load's dataset again and prove that the bytes are equal.
    Reproduce(reproduce::Arguments),
}

/// Where the records are.
#[derive(Debug, Args)]
struct Place {
    /// The output folder, whose `perf-data` holds the records
    #[arg(long, value_name = "DIR", default_value = "output")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    match &arguments.command {
        Command::List(arguments) => tell::list(arguments, printer),
        Command::Show(arguments) => tell::show(arguments, printer),
        Command::Archive(arguments) => keep::archive(arguments, printer),
        Command::Prune(arguments) => keep::prune(arguments, printer),
        Command::Reproduce(arguments) => reproduce::run(arguments, printer),
    }
}

/// Reads the folder. First the loads that were killed get their records; where the folder cannot be written, reading
/// goes on without.
fn read(out: &Path, printer: &Printer) -> Result<(PerfData, Contents)> {
    let folder = PerfData::of(out);
    if let Err(error) = folder.settle() {
        printer.message(&format!("warning: loads that were killed may be missing: {error}"));
    }
    let contents = folder.read()?;
    Ok((folder, contents))
}

/// Names what is in the folder and is not ours: of every kind, or only what might have been a record.
fn name_strangers(contents: &Contents, every: bool, printer: &Printer) {
    let is_json = |path: &Path| path.extension().is_some_and(|extension| extension == "json");
    for stranger in contents.strangers.iter().filter(|stranger| every || is_json(&stranger.path)) {
        printer.message(&format!("left alone: {} {}", stranger.path.display(), stranger.why));
    }
}
