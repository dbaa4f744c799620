//! `seedmill runs archive` and `runs prune`: what is put away and what is let go.

use clap::Args;
use jiff::Timestamp;

use super::{Place, name_strangers, read};
use crate::cli::Outcome;
use crate::cli::printer::Printer;
use crate::dataset::directory::remove;
use crate::error::Result;
use crate::report::clock;
use crate::report::runs::{age_in_days, is_older};

/// Arguments of `runs archive`.
#[derive(Debug, Args)]
pub(super) struct ArchiveArguments {
    /// How old a record must be, in days
    #[arg(long, value_name = "DAYS", default_value = "90d", value_parser = days)]
    older_than: i64,
    /// The time to reckon from
    #[arg(long, hide = true)]
    now: Option<Timestamp>,
    #[command(flatten)]
    place: Place,
}

/// Arguments of `runs prune`.
#[derive(Debug, Args)]
pub(super) struct PruneArguments {
    /// Only tell what would be removed
    #[arg(long)]
    dry_run: bool,
    /// The time to reckon from
    #[arg(long, hide = true)]
    now: Option<Timestamp>,
    #[command(flatten)]
    place: Place,
}

fn days(text: &str) -> Result<i64, String> {
    let number = text.strip_suffix('d').unwrap_or(text);
    number.parse::<u32>().map(i64::from).map_err(|_| "write it as days, such as 90d".to_owned())
}

pub(super) fn archive(arguments: &ArchiveArguments, printer: &Printer) -> Result<Outcome> {
    let now = arguments.now.unwrap_or_else(clock::now);
    let (folder, contents) = read(&arguments.place.out, printer)?;
    name_strangers(&contents, true, printer);
    let latest = folder.latest();
    let mut moved = 0;
    for run in contents.runs.iter().filter(|run| !run.archived) {
        let started = run.record.load_started_at;
        if !is_older(started, arguments.older_than, now) {
            continue;
        }
        let path = run.path.display();
        if latest.as_ref() == Some(&run.path) {
            printer.message(&format!("left: {path}: latest_run.json points to it"));
            continue;
        }
        match folder.put_away(run)? {
            Some(target) => {
                moved += 1;
                let age = age_in_days(started, now);
                printer.data(&format!("archived: {path} -> {} ({age} days old)", target.display()))?;
            }
            None => printer.message(&format!("left: {path}: the archive has a file of that name")),
        }
    }
    if moved == 0 {
        printer
            .message(&format!("No record was put away: none is older than {} days.", arguments.older_than));
    }
    Ok(Outcome::Done)
}

pub(super) fn prune(arguments: &PruneArguments, printer: &Printer) -> Result<Outcome> {
    let now = arguments.now.unwrap_or_else(clock::now);
    let (folder, contents) = read(&arguments.place.out, printer)?;
    name_strangers(&contents, true, printer);
    let expired = contents.expired(now);
    let does = if arguments.dry_run { "would remove" } else { "removed" };
    for gone in &expired {
        if !arguments.dry_run {
            remove(&gone.path)?;
        }
        let (path, days, kept) = (gone.path.display(), gone.days, gone.kind.kept_days());
        printer.data(&format!("{does}: {path} ({}, {days} days old, kept for {kept})", gone.kind))?;
    }
    if expired.is_empty() {
        printer.message("Nothing is older than it is kept.");
    }
    if !arguments.dry_run && expired.iter().any(|gone| contents.runs.iter().any(|run| run.path == gone.path))
    {
        for note in folder.point_at_newest()?.1 {
            printer.message(&note);
        }
    }
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_with_or_without_their_unit() {
        assert_eq!((days("90d"), days("7")), (Ok(90), Ok(7)));
        for text in ["", "d", "-1d", "90h", "1.5d"] {
            assert!(days(text).is_err(), "{text}");
        }
    }
}
