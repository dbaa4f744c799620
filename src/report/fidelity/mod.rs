//! Tells an [`Assessment`]: a file for programs, a text for the terminal, a page for people.

mod figures;
pub mod json;
mod outcome;
pub mod page;
mod quality;
pub mod table;
mod words;

use std::path::{Path, PathBuf};

use super::{clock, names};
use crate::dataset::{json_text, write_whole};
use crate::error::Result;
use crate::fidelity::assessment::Assessment;

/// What [`write()`] wrote; both files have the same stem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The report for programs.
    pub report: PathBuf,
    /// The page for people.
    pub page: PathBuf,
}

impl Written {
    /// The files, for the person who waited.
    pub fn lines(&self) -> [String; 2] {
        [format!("Report: {}", self.report.display()), format!("Page: {}", self.page.display())]
    }
}

/// The page, with the time of now.
pub fn page_now(assessment: &Assessment) -> String {
    page::page(assessment, &clock::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Writes `reports/fidelity-report-<band>-<timestamp>.json` into the output folder, and the page beside it.
///
/// # Errors
///
/// The file system's.
pub fn write(output: &Path, assessment: &Assessment) -> Result<Written> {
    let now = clock::now();
    let timestamp = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let stem = format!("fidelity-report-{}-{}", assessment.band, now.as_second());
    let stem = names::free_stem(&output.join("reports"), &stem, &["json", "html"]);
    let written = Written { report: names::file(&stem, "json"), page: names::file(&stem, "html") };
    write_whole(&written.report, json_text(&json::value(assessment, &timestamp))?.as_bytes())?;
    write_whole(&written.page, page::page(assessment, &timestamp).as_bytes())?;
    Ok(written)
}
