//! The generation report: parameters, seed, counts, timings, histograms.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::counts::Counts;
use super::{archive, clock, names};
use crate::dataset::layout::Layout;
use crate::dataset::manifest::Manifest;
use crate::dataset::observations::Observations;
use crate::dataset::receipt::Receipt;
use crate::dataset::{json_text, write_whole};
use crate::error::Result;

/// A finished run.
pub struct Run<'r> {
    /// The dataset.
    pub manifest: &'r Manifest,
    /// What its shards saw.
    pub receipts: &'r [Receipt],
    /// The bound model.
    pub canonical: &'r str,
    /// Seconds that this run took; 0 where shards were made elsewhere.
    pub seconds: f64,
    /// Threads that it used.
    pub threads: usize,
    /// Rows that this run made: fewer than the dataset has where it went on with another's.
    pub rows: u64,
    /// Bytes that this run made.
    pub bytes: u64,
}

/// What a finished run left beside its dataset.
pub struct Written {
    /// The report.
    pub report: PathBuf,
    /// The archive that the seed was added to.
    pub seed: PathBuf,
}

impl Written {
    /// The files, for the person who waited.
    pub fn lines(&self) -> [String; 2] {
        [format!("Report: {}", self.report.display()), format!("Seed archived: {}", self.seed.display())]
    }
}

/// Writes the report, and archives the seed and the configuration.
///
/// # Errors
///
/// The file system's.
pub fn write_reports(output: &Path, layout: &Layout, run: &Run<'_>) -> Result<Written> {
    let report = write_report(output, layout, run)?;
    let seed = archive::seed(output, run.manifest)?;
    archive::configuration(output, run.manifest, run.canonical)?;
    Ok(Written { report, seed })
}

/// Writes `reports/report_<band>_<timestamp>.json` into the output folder. A second report of a second gets a
/// name of its own.
fn write_report(output: &Path, layout: &Layout, run: &Run<'_>) -> Result<PathBuf> {
    let now = clock::now();
    let value = report(layout, run, &now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())?;
    let stem = format!("report_{}_{}", run.manifest.band, now.as_second());
    let path = names::file(&names::free_stem(&output.join("reports"), &stem, &["json"]), "json");
    write_whole(&path, json_text(&value)?.as_bytes())?;
    Ok(path)
}

fn report(layout: &Layout, run: &Run<'_>, generated_at: &str) -> Result<Value> {
    let manifest = run.manifest;
    let mut observations = Observations::default();
    for receipt in run.receipts {
        observations.merge(&receipt.observations);
    }
    let rate = |amount: u64| {
        if run.seconds > 0.0 { Value::from((amount as f64 / run.seconds) as u64) } else { Value::Null }
    };
    Ok(json!({
        "report_version": 1,
        "model": manifest.model,
        "band": manifest.band,
        "seed": manifest.seed,
        "generated_at": generated_at,
        // A path need not be UTF-8.
        "dataset": layout.root.to_string_lossy(),
        "fingerprints": manifest.fingerprints,
        "counts": Counts::of(manifest),
        "files": manifest.parts().count(),
        "bytes": manifest.bytes(),
        "format": manifest.format.to_string(),
        "timings": {
            "seconds": run.seconds,
            "threads": run.threads,
            "rows": run.rows,
            "bytes": run.bytes,
            "rows_per_second": rate(run.rows),
            "bytes_per_second": rate(run.bytes),
        },
        "resolution": manifest.resolution,
        "histograms": {
            "cardinalities": observations.cardinalities,
            "bucket_names": ["0", "1-10", "11-50", "51-100", "101-500", "501-1K", "1K-5K", "5K+"],
            "gaps_in_milliseconds": observations.gaps,
            "times_by_hour_of_week": observations.times,
        },
        "parameters": run.canonical,
    }))
}
