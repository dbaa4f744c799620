//! `seedmill teardown`: drops what a load made, and nothing else.

use clap::Args;

use super::Outcome;
use super::load::DatabaseArguments;
use super::printer::Printer;
use crate::error::{Error, Result};
use crate::postgres::credentials::Credentials;
use crate::postgres::guard::Door;
use crate::postgres::provision::DATA_SCHEMA;
use crate::postgres::target::Environment;
use crate::postgres::teardown::teardown;

/// Arguments of `teardown`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seedmill teardown --env dev\n  seedmill teardown --env staging --schema perf_baseline\n\nIt drops the tables, types and the schema that the ledger records, all or nothing. What somebody else made in the\nschema, or built on it, stops it. The dataset's files stay."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The schema that a load made
    #[arg(long, default_value = DATA_SCHEMA)]
    schema: String,
    /// Refuse every other database than this one, whatever the credentials say
    #[arg(long, value_name = "HOST:PORT/DATABASE")]
    only: Option<String>,
    /// Print nothing
    #[arg(long)]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    let environment = Environment::of_process();
    let Credentials { target, marker, reader: _ } = arguments.database.credentials(&environment, None)?;
    let reached = format!("{}:{}/{}", target.host, target.port, target.database);
    if let Some(wanted) = arguments.only.as_ref().filter(|wanted| **wanted != reached) {
        return Err(Error::usage_hint(
            format!("refused: these are the credentials of {reached}, not of {wanted}"),
            "name the environment with --env, or source the file that `seedmill provision` wrote for that database",
        ));
    }
    let door = Door { target, marker, environment };
    let torn = teardown(&door, &arguments.schema)?;
    if !arguments.quiet {
        for (kind, name) in &torn.dropped {
            printer.message(&format!("  dropped {kind} {name}"));
        }
        for (kind, name) in &torn.missing {
            printer.message(&format!("  {kind} {name} was gone already"));
        }
        printer.message(&format!("The schema {} is gone from {}.", arguments.schema, door.target));
    }
    Ok(Outcome::Done)
}
