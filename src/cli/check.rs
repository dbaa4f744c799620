//! `seedmill check`: every mistake of a model, in all its bands.

use clap::Args;

use super::Outcome;
use super::prepare::ModelArguments;
use super::printer::Printer;
use crate::error::{Error, Result};
use crate::model::{bands, load};
use crate::resolve::resolve;

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
    let all = match &arguments.band {
        Some(band) => vec![band.clone()],
        None => bands(&arguments.model.request(None))?,
    };
    let mut warned = String::new();
    let mut checked = Vec::new();
    for band in &all {
        let loaded = load(&arguments.model.request(Some(band)))?;
        if loaded.warnings != warned && !loaded.warnings.is_empty() {
            printer.message(loaded.warnings.trim_end());
            warned.clone_from(&loaded.warnings);
        }
        resolve(&loaded.model).map_err(|error| match error {
            Error::Usage { message, hint } => {
                Error::Usage { message: format!("band `{band}`: {message}"), hint }
            }
            other => other,
        })?;
        checked.push(loaded.model);
    }
    let Some(model) = checked.first() else { return Err(Error::usage("the model has no band")) };
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
