//! `seedmill check`: every mistake of a model, in all its bands.

use clap::Args;

use super::Outcome;
use super::prepare::ModelArguments;
use super::printer::Printer;
use crate::error::{Error, Result};
use crate::family::Engine;
use crate::model::{Loaded, Model, Source, Strategy, load_all};
use crate::resolve::resolve;

/// Times of so many referenced rows are read in about a second, to see whether a law can follow them.
const MOST_READ: u64 = 2_000_000;

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  seedmill check configs/chat\n  seedmill check configs/shop --json")]
pub(super) struct Arguments {
    #[command(flatten)]
    model: ModelArguments,
    /// Only this band
    #[arg(long)]
    band: Option<String>,
    /// Print what was checked as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    let checked =
        load_all(&arguments.model.request(arguments.band.as_deref()), |model| resolves(model, MOST_READ))?;
    let all: Vec<&str> = checked.iter().map(|loaded| loaded.model.band.as_str()).collect();
    let mut warned = "";
    for loaded in &checked {
        if loaded.warnings != warned && !loaded.warnings.is_empty() {
            printer.message(loaded.warnings.trim_end());
            warned = &loaded.warnings;
        }
    }
    let Some(Loaded { model, .. }) = checked.first() else {
        return Err(Error::usage("the model has no band"));
    };
    let promises: usize = model.entities.iter().map(|entity| entity.validations.len()).sum();
    if arguments.json {
        let entities: Vec<_> = model
            .entities
            .iter()
            .map(|entity| {
                serde_json::json!({
                    "name": entity.name,
                    "columns": entity.visible().count(),
                    "validations": entity.validations,
                })
            })
            .collect();
        let value = serde_json::json!({"model": model.name, "bands": all, "entities": entities});
        printer.data(&value.to_string())?;
    } else {
        printer.data(&format!(
            "{}: {} entities, {} columns, {promises} promises kept by construction, bands {}",
            model.name,
            model.entities.len(),
            model.entities.iter().map(|entity| entity.visible().count()).sum::<usize>(),
            all.join(", ")
        ))?;
        for entity in &model.entities {
            for validation in &entity.validations {
                printer.data(&format!("  {}: {}  ({})", entity.name, validation.rule, validation.kept_by))?;
            }
        }
    }
    Ok(Outcome::Done)
}

/// Whether a band's numbers can be met. A law of times that follows other rows is tried where those are not more than
/// `most_read`; `plan` and `generate` try all.
///
/// # Errors
///
/// The first declaration that cannot be met.
pub fn resolves(model: &Model, most_read: u64) -> Result<()> {
    let resolution = resolve(model)?;
    let followed =
        model.entities.iter().flat_map(|entity| &entity.columns).map(|column| match column.strategy {
            Strategy::Range { not_before: Some(Source::Pointed { entity, .. }), .. } => {
                model.root_rows(entity)
            }
            _ => 0,
        });
    if followed.sum::<u64>() <= most_read {
        Engine::new(model, "check", &resolution)?;
    }
    Ok(())
}
