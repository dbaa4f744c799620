//! `seedmill runs list` and `runs show`.

use clap::Args;
use serde::Serialize;

use super::{Place, name_strangers, read};
use crate::cli::Outcome;
use crate::cli::printer::{Printer, bytes, duration, grouped};
use crate::error::{Error, Result};
use crate::report::runs::{RunRecord, Status, Stored};

/// Arguments of `runs list`.
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Only loads that failed
    #[arg(long)]
    failed: bool,
    /// Print the records as a JSON array, each with its path
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Arguments of `runs show`.
#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// A run id, a timestamp, the beginning of either, a path, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    wanted: String,
    /// Print the record as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// A record as a program reads it.
#[derive(Serialize)]
struct Listed<'l> {
    #[serde(flatten)]
    record: &'l RunRecord,
    path: &'l std::path::Path,
    archived: bool,
}

const HEADINGS: [&str; 8] = ["run", "started", "took", "band", "seed", "rows", "rows/s", "status"];
/// Columns of numbers stand at the right.
const AT_THE_RIGHT: [usize; 3] = [2, 5, 6];

pub(super) fn list(arguments: &ListArguments, printer: &Printer) -> Result<Outcome> {
    let (folder, contents) = read(&arguments.place.out, printer)?;
    name_strangers(&contents, false, printer);
    for run in &contents.running {
        printer.message(&format!("running: {run}"));
    }
    let shown: Vec<&Stored> =
        contents.runs.iter().filter(|run| !arguments.failed || run.record.status == Status::Failed).collect();
    if arguments.json {
        let listed: Vec<Listed<'_>> = shown
            .iter()
            .map(|run| Listed { record: &run.record, path: &run.path, archived: run.archived })
            .collect();
        printer.data(&serde_json::to_string_pretty(&listed).map_err(Error::internal)?)?;
        return Ok(Outcome::Done);
    }
    if shown.is_empty() {
        let which = if arguments.failed { "failed runs" } else { "runs" };
        printer.message(&format!("There are no {which} in `{}`.", folder.path.display()));
        return Ok(Outcome::Done);
    }
    let mut lines = vec![HEADINGS.map(str::to_owned)];
    lines.extend(shown.into_iter().map(cells));
    for line in aligned(&lines) {
        printer.data(&line)?;
    }
    Ok(Outcome::Done)
}

fn cells(run: &Stored) -> [String; 8] {
    let record = &run.record;
    let archived = if run.archived { " (archived)" } else { "" };
    [
        record.run_id.clone(),
        record.load_started_at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        took(record),
        printable(&record.generation_config.band),
        printable(&record.generation_config.seed),
        grouped(record.rows_loaded.total()),
        rate(record),
        format!("{}{archived}", record.status),
    ]
}

fn took(record: &RunRecord) -> String {
    match record.duration_seconds {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => duration(seconds as f64),
    }
}

fn rate(record: &RunRecord) -> String {
    record.rows_per_second().map_or_else(|| "-".to_owned(), |rate| grouped(rate as u64))
}

/// A seed may hold anything; a line of a table may not.
fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let escaped: Vec<char> =
                if character.is_control() { character.escape_default().collect() } else { vec![character] };
            escaped
        })
        .collect()
}

fn aligned(lines: &[[String; 8]]) -> Vec<String> {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    let cell = |column: usize, text: &str| {
        if AT_THE_RIGHT.contains(&column) {
            format!("{text:>width$}", width = widths[column])
        } else {
            format!("{text:<width$}", width = widths[column])
        }
    };
    lines
        .iter()
        .map(|line| {
            let cells: Vec<String> =
                line.iter().enumerate().map(|(column, text)| cell(column, text)).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect()
}

pub(super) fn show(arguments: &ShowArguments, printer: &Printer) -> Result<Outcome> {
    let (folder, contents) = read(&arguments.place.out, printer)?;
    let run = contents
        .find(&folder, &arguments.wanted)
        .inspect_err(|_| name_strangers(&contents, false, printer))?;
    if arguments.json {
        printer.data(&serde_json::to_string_pretty(&run.record).map_err(Error::internal)?)?;
        return Ok(Outcome::Done);
    }
    for line in described(&run) {
        printer.data(line.trim_end())?;
    }
    Ok(Outcome::Done)
}

fn described(run: &Stored) -> Vec<String> {
    let record = &run.record;
    let config = &record.generation_config;
    let environment = record.environment.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    let archived = if run.archived { ", archived" } else { "" };
    let mut lines = vec![
        format!("{}  {}{archived}", record.run_id, record.status),
        format!("  record    {}", run.path.display()),
        format!("  dataset   {}, {}", record.dataset.display(), record.format),
        format!(
            "  made of   {}, band {}, seed {}, on {}",
            record.model,
            printable(&config.band),
            printable(&config.seed),
            config.generated_at.strftime("%Y-%m-%d %H:%M:%SZ")
        ),
        format!(
            "  into      {} of {} on {}:{}{environment}",
            record.schema_name, record.database, record.host, record.port
        ),
        format!(
            "  took      {} from {}, {} connections{}",
            took(record),
            record.load_started_at.strftime("%Y-%m-%d %H:%M:%SZ"),
            record.jobs,
            if record.resumed { ", going on with an earlier load" } else { "" }
        ),
        format!("  rows      {} ({} a second)", grouped(record.rows_loaded.total()), rate(record)),
    ];
    for (entity, rows) in record.rows_loaded.iter() {
        let missing = match config.counts.get(entity) {
            Some(wanted) if wanted != rows => format!("   of {}", grouped(wanted)),
            Some(_) | None => String::new(),
        };
        lines.push(format!("    {entity:<24} {:>15}{missing}", grouped(rows)));
    }
    if !record.phases.is_empty() {
        lines.push("  phases".to_owned());
    }
    for phase in &record.phases {
        let rows = phase.rows.map_or_else(String::new, |rows| format!("{} rows", grouped(rows)));
        let size = phase.bytes.map_or_else(String::new, bytes);
        lines.push(format!("    {:<24} {:>15}  {rows}  {size}", phase.name, duration(phase.seconds)));
    }
    if !record.verification.is_empty() {
        lines.push("  verified".to_owned());
    }
    for check in &record.verification {
        let told = match check.differing {
            0 => "all equal".to_owned(),
            differing => format!("{} differ", grouped(differing)),
        };
        lines.push(format!("    {:<24} {:>15}  {told}", check.name, grouped(check.compared)));
    }
    if !record.errors.is_empty() {
        lines.push("  errors".to_owned());
    }
    lines.extend(record.errors.iter().map(|error| format!("    {error}")));
    lines
}
