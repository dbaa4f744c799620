//! [`Tables`]: step 6, the model's tables, or a command of the user's that makes them.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::work::{Object, Place, Work};
use super::{DATA_SCHEMA, Event, Request};
use crate::error::{Error, Result};
use crate::postgres::credentials::Credentials;

/// Variables of the administrator's connection that must not lead a migration elsewhere.
const FOREIGN_VARIABLES: &[&str] = &[
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGHOSTADDR",
    "PGPASSFILE",
    "PGOPTIONS",
    "PGSSLMODE",
    "PGSSLROOTCERT",
    "PGTARGETSESSIONATTRS",
];

/// Where migrations make their tables.
const MIGRATED_SCHEMA: &str = "public";

/// How the model's tables are made.
pub struct Tables<'t> {
    /// What a dry run shows.
    pub statements: String,
    /// Makes the tables that are missing, as the role that loads.
    pub make: &'t dyn Fn(&Credentials) -> Result<TablesOutcome>,
}

/// What the making of the tables came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TablesOutcome {
    /// How many were made.
    pub created: usize,
    /// How many were there.
    pub present: usize,
}

/// What the step says of itself.
pub(super) fn title(request: &Request) -> String {
    match &request.migrate {
        Some(command) => format!("Running migrations: {command}"),
        None => "Creating the model's tables".to_owned(),
    }
}

/// Step 6.
pub(super) fn make(work: &mut Work<'_>) -> Result<()> {
    match (&work.request.migrate, work.tables) {
        (Some(command), _) => migrate(work, command),
        (None, Some(tables)) => make_tables(work, tables),
        (None, None) => {
            work.done("The first load makes the tables");
            Ok(())
        }
    }
}

fn make_tables(work: &mut Work<'_>, tables: &Tables<'_>) -> Result<()> {
    if work.request.dry_run {
        if has_schema(work)? {
            work.done("The tables are there already");
        } else {
            work.show_as_loader(&tables.statements);
        }
        return Ok(());
    }
    let credentials = credentials(work)?;
    let outcome = (tables.make)(&credentials)?;
    if outcome.created > 0 {
        work.note_change();
    }
    work.made(
        format!("{} tables created in schema '{DATA_SCHEMA}'", outcome.created),
        format!("{} tables are there already", outcome.present),
    );
    Ok(())
}

fn credentials(work: &Work<'_>) -> Result<Credentials> {
    work.credentials().ok_or_else(|| Error::internal("the credentials come before the tables"))
}

fn has_schema(work: &mut Work<'_>) -> Result<bool> {
    work.holds(Place::Database, "SELECT to_regnamespace($1) IS NOT NULL", &[&DATA_SCHEMA])
}

/// Migrations make the application's own tables, where tools look for them; the schema of the datasets stays free for
/// loads.
fn open_public_schema(work: &mut Work<'_>) -> Result<()> {
    let loader = work.request.loader();
    work.grant_exactly(Place::Database, Object::Schema(MIGRATED_SCHEMA), Some(&loader), &["CREATE", "USAGE"])
}

fn migrate(work: &mut Work<'_>, command: &str) -> Result<()> {
    open_public_schema(work)?;
    if work.request.dry_run {
        work.note_change();
        work.tell(Event::Statement(format!("-- as {}: sh -c {command:?}", work.request.loader())));
        return Ok(());
    }
    let credentials = credentials(work)?;
    let failed = |what: String| Error::Database {
        message: format!("{what}: {command}"),
        hint: Some("everything before it is done: mend it and give the same command again".to_owned()),
    };
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::piped());
    for name in FOREIGN_VARIABLES {
        shell.env_remove(name);
    }
    // The environment of a process is its user's alone; its arguments are everybody's.
    shell.envs(credentials.variables()).env("PGOPTIONS", format!("-c search_path={MIGRATED_SCHEMA}"));
    let mut child =
        shell.spawn().map_err(|error| failed(format!("the migrations cannot be started ({error})")))?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n').map_while(std::result::Result::ok) {
            work.tell(Event::Output(String::from_utf8_lossy(&line).trim_end().to_owned()));
        }
    }
    let status = child.wait().map_err(|error| failed(format!("the migrations are lost ({error})")))?;
    if !status.success() {
        return Err(failed(format!("the migrations failed with {status}")));
    }
    work.done("Migrations applied");
    Ok(())
}
