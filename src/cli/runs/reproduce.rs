//! `seedmill runs reproduce`: a load's dataset made again, and its bytes proved equal.

use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::TempDir;

use super::{Place, name_strangers, read};
use crate::cli::Outcome;
use crate::cli::generate::Job;
use crate::cli::prepare::{engine, threads};
use crate::cli::printer::{Printer, bytes, grouped};
use crate::dataset::fingerprint::VALUES_VERSION;
use crate::dataset::layout::Layout;
use crate::dataset::manifest::Manifest;
use crate::dataset::verify::{Finding, verify_files};
use crate::error::{Error, Result};
use crate::model::{Loaded, Request, load};
use crate::plan::{Choices, Cut, count, plan};
use crate::report::archive::Configuration;
use crate::report::runs::{Contents, RunRecord, sums_digest};

/// So many differing parts are named; the rest are counted.
const MOST_NAMED: usize = 10;

/// Arguments of `runs reproduce`.
#[derive(Debug, Args)]
#[command(
    after_help = "The dataset comes from the archived configuration, or from the dataset's own model.yaml.\n\nExit status: 0 the bytes are equal, 1 they are not, 2 this build cannot make that dataset, 3 the environment failed."
)]
pub(super) struct Arguments {
    /// A run id, a timestamp, the beginning of either, a path, or `latest`
    #[arg(value_name = "RUN")]
    wanted: String,
    /// Keep the dataset in this folder; without it, it is made beside the records and removed
    #[arg(long = "into", value_name = "DIR")]
    into: Option<PathBuf>,
    /// Only see whether this build would make the same dataset, from its fingerprints
    #[arg(long, conflicts_with = "into")]
    check: bool,
    /// Threads; by default all cores
    #[arg(long, value_name = "N")]
    threads: Option<std::num::NonZeroUsize>,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    /// Print only findings
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    let (folder, contents) = read(&arguments.place.out, printer)?;
    let run = contents
        .find(&folder, &arguments.wanted)
        .inspect_err(|_| name_strangers(&contents, false, printer))?;
    let reproduction = Reproduction::of(&contents, run.record, arguments)?;
    reproduction.refuse_other_versions()?;
    let loaded = reproduction.load()?;
    reproduction.make_and_compare(&loaded, arguments, printer)
}

struct Reproduction {
    record: RunRecord,
    configuration: Configuration,
    /// Where the configuration was found.
    source: PathBuf,
}

impl Reproduction {
    fn of(contents: &Contents, record: RunRecord, arguments: &Arguments) -> Result<Self> {
        let (source, configuration) = archived(contents, &record)
            .or_else(|| of_dataset(&record, &arguments.place.out))
            .ok_or_else(|| {
                Error::usage_hint(
                    format!(
                        "no configuration of {}'s dataset is left: neither in generation_configs nor in `{}`",
                        record.run_id,
                        record.dataset.display()
                    ),
                    "put the dataset's directory, or the configuration that was archived for it, back in its place",
                )
            })?;
        Ok(Self { record, configuration, source })
    }

    fn refuse_other_versions(&self) -> Result<()> {
        let made_by = self.record.values_version;
        if made_by == VALUES_VERSION {
            return Ok(());
        }
        Err(Error::usage_hint(
            format!(
                "this build makes values of version {VALUES_VERSION}, the dataset has those of version {made_by}"
            ),
            "reproduce it with the version of seedmill that made it",
        ))
    }

    /// The model, from its text alone.
    fn load(&self) -> Result<Loaded> {
        let folder = tempfile::tempdir().map_err(Error::io("cannot write in", &std::env::temp_dir()))?;
        let path = folder.path().join("model.yaml");
        std::fs::write(&path, &self.configuration.model_yaml).map_err(Error::io("cannot write", &path))?;
        load(&Request { path, band: Some(self.configuration.band.clone()), ..Request::default() })
    }

    fn choices(&self) -> Choices {
        let configuration = &self.configuration;
        let cut = &configuration.cut;
        Choices {
            cut: if cut.is_empty() { Cut::Default } else { Cut::Ends(cut.clone()) },
            format: configuration.format,
            profile: configuration.parquet_profile,
        }
    }

    fn make_and_compare(&self, loaded: &Loaded, arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
        let (seed, choices) = (&self.configuration.seed, self.choices());
        let (engine, resolution) = engine(loaded, seed)?;
        let counted = count(&engine)?;
        let plan = plan(&engine, &counted, seed, &choices)?;
        if plan.fingerprints != self.record.fingerprints {
            return Err(self.cannot(plan.fingerprints.values == self.record.fingerprints.values));
        }
        if arguments.check {
            printer.data("this build would make the same dataset: both fingerprints are equal")?;
            return Ok(Outcome::Done);
        }
        let place = Fresh::beside(arguments)?;
        let layout = Layout::in_output(place.path(), &loaded.model.name, &loaded.model.band, seed);
        refuse_what_is_there(&layout)?;
        if !arguments.quiet {
            printer.message(&format!(
                "Making {}'s dataset again from `{}`",
                self.record.run_id,
                self.source.display()
            ));
        }
        let threads = threads(arguments.threads);
        let job = Job {
            printer,
            loaded,
            seed,
            engine: &engine,
            resolution: &resolution,
            choices: &choices,
            plan: &plan,
            layout: &layout,
            out: place.path(),
            only_shards: None,
            force: false,
            reports: false,
            quiet: arguments.quiet,
            threads,
        };
        if let Outcome::Stopped(signal) = job.run(counted)? {
            printer.message("interrupted: nothing was compared");
            return Ok(Outcome::Stopped(signal));
        }
        let manifest = Manifest::read(&layout.root)?;
        let findings = self.compare(&layout, &manifest, threads)?;
        self.tell(arguments, &layout, &manifest, &findings, printer)
    }

    fn cannot(&self, values_are_equal: bool) -> Error {
        let what = if values_are_equal {
            "the values would be equal, but not the files: other writers, another format or another cut"
        } else {
            "the values would be others: the configuration was changed, or belongs to another dataset"
        };
        Error::usage_hint(
            format!(
                "this build would not make {}'s dataset again from `{}`: {what}",
                self.record.run_id,
                self.source.display()
            ),
            "reproduce it with the version of seedmill that made it, from the configuration that was archived then",
        )
    }

    /// The files that lie there now, against what the run's dataset was.
    fn compare(&self, layout: &Layout, manifest: &Manifest, threads: usize) -> Result<Vec<Finding>> {
        let mut findings = verify_files(layout, manifest, threads)?;
        let known = &self.configuration.parts;
        for part in manifest.parts().filter(|_| !known.is_empty()) {
            match known.get(&part.file) {
                Some(sha256) if *sha256 == part.sha256 => {}
                Some(sha256) => findings.push(Finding::new(
                    &part.file,
                    format!("has sha256 {}, the run's had {sha256}", part.sha256),
                )),
                None => findings.push(Finding::new(&part.file, "is no part of the run's dataset")),
            }
        }
        let made = |file: &str| manifest.parts().any(|part| part.file == file);
        findings.extend(
            known.keys().filter(|file| !made(file)).map(|file| Finding::new(file, "was not made again")),
        );
        let digest = sums_digest(&layout.root)?;
        if digest != self.record.dataset_sha256sums {
            let all = if findings.is_empty() && !known.is_empty() {
                "; every part is as the archived configuration has it, so the record or the manifest differs"
            } else {
                ""
            };
            findings.push(Finding::new(
                "SHA256SUMS",
                format!("has sha256 {digest}, the run recorded {}{all}", self.record.dataset_sha256sums),
            ));
        }
        Ok(findings)
    }

    fn tell(
        &self,
        arguments: &Arguments,
        layout: &Layout,
        manifest: &Manifest,
        findings: &[Finding],
        printer: &Printer,
    ) -> Result<Outcome> {
        let kept = arguments.into.is_some().then_some(&layout.root);
        if arguments.json {
            let value = serde_json::json!({
                "run_id": self.record.run_id, "equal": findings.is_empty(), "findings": findings, "dataset": kept,
            });
            printer.data(&value.to_string())?;
        } else {
            for finding in findings.iter().take(MOST_NAMED) {
                printer.data(&finding.to_string())?;
            }
            if findings.len() > MOST_NAMED {
                printer.data(&format!("… and {} more", findings.len() - MOST_NAMED))?;
            }
            if let Some(root) = kept.filter(|_| !arguments.quiet) {
                printer.message(&format!("Dataset: {}", root.display()));
            }
            if findings.is_empty() && !arguments.quiet {
                printer.data(&format!(
                    "equal: {} files, {} rows, {}: every byte is as {} loaded it",
                    manifest.parts().count(),
                    grouped(manifest.rows()),
                    bytes(manifest.bytes()),
                    self.record.run_id
                ))?;
            }
        }
        Ok(if findings.is_empty() { Outcome::Done } else { Outcome::NoGo })
    }
}

/// The archived configuration of a run's dataset; of several the one that knows its parts.
fn archived(contents: &Contents, record: &RunRecord) -> Option<(PathBuf, Configuration)> {
    let found = contents.configurations.iter().filter(|(_, configuration)| record.is_of(configuration));
    found.max_by_key(|(_, configuration)| configuration.parts.len()).cloned()
}

/// The configuration that the dataset's own directory holds, where it was or in the output folder.
fn of_dataset(record: &RunRecord, output: &Path) -> Option<(PathBuf, Configuration)> {
    let moved = record.dataset.file_name().map(|name| output.join(name));
    std::iter::once(record.dataset.clone()).chain(moved).find_map(|dataset| {
        let manifest = Manifest::read(&dataset).ok()?;
        let model = std::fs::read_to_string(Layout::at(&dataset).model()).ok()?;
        let configuration = Configuration::of(&manifest, &model);
        record.is_of(&configuration).then_some((dataset, configuration))
    })
}

/// What lies there already would prove nothing about this build.
fn refuse_what_is_there(layout: &Layout) -> Result<()> {
    if layout.root.symlink_metadata().is_err() {
        return Ok(());
    }
    Err(Error::usage_hint(
        format!("`{}` is there already: what lies in it was not made now", layout.root.display()),
        "name another folder with --into, or move it away",
    ))
}

/// The folder that the dataset is made in.
enum Fresh {
    /// It stays.
    Kept(PathBuf),
    /// It goes when this is dropped.
    Passing(TempDir),
}

impl Fresh {
    fn beside(arguments: &Arguments) -> Result<Self> {
        if let Some(folder) = &arguments.into {
            return Ok(Self::Kept(folder.clone()));
        }
        let output = &arguments.place.out;
        let made = tempfile::Builder::new().prefix(".reproduce-").tempdir_in(output);
        made.map(Self::Passing).map_err(Error::io("cannot make a folder in", output))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(folder) => folder,
            Self::Passing(folder) => folder.path(),
        }
    }
}
