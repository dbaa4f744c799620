//! `seedmill schema`: the model language as a JSON Schema, or as a page.

use clap::Args;

use super::Outcome;
use super::printer::Printer;
use crate::dataset::json_text;
use crate::error::Result;
use crate::report::language::{reference, schema};

/// Arguments of `schema`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seedmill schema > seedmill.schema.json\n  seedmill schema --reference > LANGUAGE.md\n\nAn editor with yaml-language-server reads the schema where a model begins with\n  # yaml-language-server: $schema=seedmill.schema.json"
)]
pub(super) struct Arguments {
    /// Print a page of Markdown with every key, strategy, law, type and function, and examples
    #[arg(long)]
    reference: bool,
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    let text = if arguments.reference { reference() } else { json_text(&schema())? };
    // The printer ends the line.
    printer.data(text.trim_end())?;
    Ok(Outcome::Done)
}
