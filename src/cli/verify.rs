//! `seedmill verify`: a dataset's files against its checksums, or against a second making.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;

use super::Outcome;
use super::prepare::{engine, threads};
use super::printer::{Printer, bytes, grouped};
use super::seal::{Stored, unplanned};
use crate::dataset::layout::Layout;
use crate::dataset::manifest::{Manifest, Part};
use crate::dataset::verify::{Finding, verify_files};
use crate::error::{Error, Result};
use crate::generate::remake;

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seedmill verify output/chat-dev-baseline_v1\n  seedmill verify output/chat-dev-baseline_v1 --regenerate --part messages/part-00003.parquet"
)]
pub(super) struct Arguments {
    /// The dataset's directory
    dataset: PathBuf,
    /// Make the parts again and compare the bytes
    #[arg(long)]
    regenerate: bool,
    /// With --regenerate: only this part
    #[arg(long, value_name = "FILE", requires = "regenerate")]
    part: Option<String>,
    /// Threads; by default all cores
    #[arg(long, value_name = "N")]
    threads: Option<std::num::NonZeroUsize>,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    /// Print only findings
    #[arg(long)]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    let layout = Layout::at(&arguments.dataset);
    let manifest = match Manifest::read(&arguments.dataset) {
        // A manifest that was damaged beyond reading is what this command is there to find.
        Err(Error::File { message, .. }) => {
            let finding = Finding::new("manifest.json", format!("is no manifest: {message}"));
            return tell(arguments, printer, None, &[finding]);
        }
        manifest => manifest?,
    };
    let threads = threads(arguments.threads);
    let mut findings = verify_files(&layout, &manifest, threads)?;
    if arguments.regenerate {
        findings.extend(regenerate(arguments, &layout, &manifest, threads)?);
    }
    tell(arguments, printer, Some(&manifest), &findings)
}

fn tell(
    arguments: &Arguments,
    printer: &Printer,
    manifest: Option<&Manifest>,
    findings: &[Finding],
) -> Result<Outcome> {
    if arguments.json {
        let value = serde_json::json!({"dataset": arguments.dataset, "intact": findings.is_empty(), "findings": findings});
        printer.data(&value.to_string())?;
    } else {
        for finding in findings {
            printer.data(&finding.to_string())?;
        }
        if let Some(manifest) = manifest
            && findings.is_empty()
            && !arguments.quiet
        {
            let how =
                if arguments.regenerate { "their checksums and a second making" } else { "their checksums" };
            printer.data(&format!(
                "intact: {} files, {} rows, {} agree with {how}",
                manifest.parts().count(),
                grouped(manifest.rows()),
                bytes(manifest.bytes())
            ))?;
        }
    }
    Ok(if findings.is_empty() { Outcome::Done } else { Outcome::NoGo })
}

fn regenerate(
    arguments: &Arguments,
    layout: &Layout,
    manifest: &Manifest,
    threads: usize,
) -> Result<Vec<Finding>> {
    let stored = Stored::open(layout)?;
    let (engine, _) = engine(&stored.loaded, &stored.plan.seed)?;
    let plan = stored.replan(&engine)?;
    let known: BTreeMap<&str, &Part> = manifest.parts().map(|part| (part.file.as_str(), part)).collect();
    let wanted: Vec<_> = match &arguments.part {
        None => plan.shards.iter().collect(),
        Some(file) => {
            let Some(part) = known.get(file.as_str()) else {
                return Err(Error::usage_hint(
                    format!("the dataset has no part `{file}`"),
                    "parts are named as in SHA256SUMS, such as messages/part-00000.parquet",
                ));
            };
            vec![plan.shards.get(part.shard).ok_or_else(|| unplanned(layout, part.shard))?]
        }
    };
    let mut findings = Vec::new();
    let mut made = BTreeSet::new();
    for part in remake(&engine, &plan, &wanted, threads)? {
        if arguments.part.as_ref().is_some_and(|file| *file != part.file) {
            continue;
        }
        match known.get(part.file.as_str()) {
            Some(recorded) if **recorded == part => {}
            Some(_) => findings.push(Finding::new(
                &part.file,
                "a second making gives other bytes than the manifest records",
            )),
            None => findings
                .push(Finding::new(&part.file, "a second making gives a part that the manifest lacks")),
        }
        made.insert(part.file);
    }
    if arguments.part.is_none() {
        let foreign = known.keys().filter(|file| !made.contains(**file));
        findings.extend(foreign.map(|file| Finding::new(file, "a second making gives no such part")));
    }
    Ok(findings)
}
