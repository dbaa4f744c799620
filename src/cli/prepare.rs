//! Arguments that several commands share, and the way from them to an engine.

use std::path::PathBuf;

use clap::Args;

use super::printer::Printer;
use crate::dataset::format::{Format, ParquetProfile};
use crate::error::Result;
use crate::family::Engine;
use crate::model::{Loaded, Request, Setting, load};
use crate::plan::{Choices, Cut};
use crate::resolve::{Resolution, resolve};

/// Which model, and with which overrides.
#[derive(Clone, Debug, Args)]
pub(super) struct ModelArguments {
    /// A model: a YAML file, or a folder such as configs/chat
    pub model: PathBuf,
    /// A JSON or YAML file whose values override the model's parameters
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// Override one parameter, such as messages.media.fraction=0.2, or a band's number, such as band.users=500
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub settings: Vec<Setting>,
    /// A folder outside the model's own that its files may name
    #[arg(long = "allow-path", value_name = "DIR")]
    pub allow_paths: Vec<PathBuf>,
}

impl ModelArguments {
    pub(super) fn request(&self, band: Option<&str>) -> Request {
        Request {
            path: self.model.clone(),
            band: band.map(str::to_owned),
            spec: self.spec.clone(),
            settings: self.settings.clone(),
            allow_paths: self.allow_paths.clone(),
        }
    }

    /// Loads the model for a band and prints its warnings.
    pub(super) fn load(&self, band: Option<&str>, printer: &Printer, quiet: bool) -> Result<Loaded> {
        let loaded = load(&self.request(band))?;
        if !quiet && !loaded.warnings.is_empty() {
            printer.message(loaded.warnings.trim_end());
        }
        Ok(loaded)
    }
}

/// How files are made.
#[derive(Clone, Debug, Args)]
pub(super) struct FileArguments {
    /// parquet, csv or csv.zst
    #[arg(long, default_value = "parquet")]
    pub format: Format,
    /// What Parquet may hold: `spark` writes UUIDs as text
    #[arg(long, default_value = "standard", value_name = "PROFILE")]
    pub parquet_profile: Profile,
    /// Shards of each family; by default a function of model and band
    #[arg(long, value_name = "N")]
    pub shards: Option<std::num::NonZeroUsize>,
    /// Threads; by default all cores
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
}

/// The spelling of a Parquet profile.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Profile {
    /// UUIDs with their logical type.
    Standard,
    /// What Spark reads: UUIDs as text.
    Spark,
}

impl FileArguments {
    pub(super) fn choices(&self) -> Choices {
        Choices {
            cut: self.shards.map_or(Cut::Default, |shards| Cut::Even(shards.get())),
            format: self.format,
            profile: match self.parquet_profile {
                Profile::Standard => ParquetProfile::Standard,
                Profile::Spark => ParquetProfile::Spark,
            },
        }
    }

    pub(super) fn threads(&self) -> usize {
        threads(self.threads)
    }
}

/// The number of threads to use.
pub(super) fn threads(asked: Option<std::num::NonZeroUsize>) -> usize {
    asked.map_or_else(
        || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
        std::num::NonZeroUsize::get,
    )
}

/// Resolves a model's laws and builds its columns.
pub(super) fn engine<'m>(loaded: &'m Loaded, seed: &str) -> Result<(Engine<'m>, Resolution)> {
    let model = &loaded.model;
    let mut resolution = resolve(model).map_err(|error| loaded.located(error))?;
    let engine = Engine::new(model, seed, &resolution).map_err(|error| loaded.located(error))?;
    for (&(entity, column), coupling) in &engine.couplings {
        let name = format!("{}.{}", model.entity(entity).name, model.column(entity, column).name);
        resolution.add_coupling(&name, coupling.deviation());
    }
    Ok((engine, resolution))
}
