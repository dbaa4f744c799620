//! [`main`]: the command line; one file per command.
//!
//! stdout is for data, stderr for messages and progress. Exit status: 0 done or GO, 1 the verdict is NO-GO,
//! 2 the request or the model is wrong, 3 the environment failed. A run that a signal stopped ends by that signal.

mod assess;
mod check;
mod generate;
mod init;
mod interrupt;
mod load;
mod plan;
mod prepare;
mod printer;
mod progress;
mod provision;
mod runs;
mod schema;
mod seal;
mod show;
mod teardown;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;
pub use check::resolves;
use printer::Printer;

/// Grinds a small YAML model and a seed string into relational datasets of production size, the same bytes on
/// every machine.
#[derive(Debug, Parser)]
#[command(name = "seedmill", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a small commented model to begin with, and the schema that lets an editor help with it.
    Init(init::Arguments),
    /// Print the model language: as a JSON Schema for editors, or as a page to read.
    Schema(schema::Arguments),
    /// Find every mistake in a model, in all its bands.
    Check(check::Arguments),
    /// Tell shards, rows, bytes, time, memory, disk, reach and resolved laws before a byte is made.
    Plan(plan::Arguments),
    /// Make a dataset, or go on with one that was interrupted.
    Generate(generate::Arguments),
    /// Finish a dataset whose shards were made in pieces with `generate --only-shards`.
    Seal(seal::Arguments),
    /// Compare a dataset's files with its checksums, or with a second making.
    Verify(verify::Arguments),
    /// Print one row with its parents, without making the rest.
    Show(show::Arguments),
    /// Judge a dataset's fidelity from its files: GO or NO-GO.
    Assess(assess::Arguments),
    /// Make an isolated, monitored database with least-privilege roles, for datasets to be loaded into.
    Provision(provision::Arguments),
    /// Load a dataset into a provisioned database, exactly once, or go on with a load that was interrupted.
    Load(load::Arguments),
    /// Drop what a load made, and nothing else.
    Teardown(teardown::Arguments),
    /// List, show, put away and let go the records of loads; make a load's dataset again.
    Runs(runs::Arguments),
}

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    NoGo,
    /// A signal stopped the run in order; the process ends by it.
    Stopped(i32),
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; a closed pipe behind them is none either.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let printer = Printer::new();
    let result = match cli.command {
        Command::Init(arguments) => init::run(&arguments, &printer),
        Command::Schema(arguments) => schema::run(&arguments, &printer),
        Command::Check(arguments) => check::run(&arguments, &printer),
        Command::Plan(arguments) => plan::run(&arguments, &printer),
        Command::Generate(arguments) => generate::run(&arguments, &printer),
        Command::Seal(arguments) => seal::run(&arguments, &printer),
        Command::Verify(arguments) => verify::run(&arguments, &printer),
        Command::Show(arguments) => show::run(&arguments, &printer),
        Command::Assess(arguments) => assess::run(&arguments, &printer),
        Command::Provision(arguments) => provision::run(&arguments, &printer),
        Command::Load(arguments) => load::run(&arguments, &printer),
        Command::Teardown(arguments) => teardown::run(&arguments, &printer),
        Command::Runs(arguments) => runs::run(&arguments, &printer),
    };
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NoGo) => ExitCode::from(1),
        Ok(Outcome::Stopped(signal)) => interrupt::end_by(signal),
        Err(error) => {
            printer.failure(&error);
            ExitCode::from(status(&error))
        }
    }
}

fn status(error: &Error) -> u8 {
    match error {
        Error::Model(_) | Error::Infeasible { .. } | Error::Usage { .. } | Error::Value { .. } => 2,
        Error::Io { .. }
        | Error::File { .. }
        | Error::Resource { .. }
        | Error::Database { .. }
        | Error::Interrupted
        | Error::Internal(_) => 3,
    }
}
