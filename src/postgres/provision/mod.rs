//! [`provision`]: an isolated, monitored database with least-privilege roles, in eight steps.
//!
//! ```text
//!  [`Request`] ─► STEPS, in order ─► [`Event`]s for whoever tells them
//!                   │ each looks first, and changes only what differs: [`work`]
//!                   ├ 1 connect      the administrator's connection, and one run at a time
//!                   ├ 2 [`disk`]       what the dataset needs against what is free
//!                   ├ 3 [`monitoring`] whether the server has the extensions
//!                   ├ 4 [`database`]   every refusal; then owner, database, marker, ledger
//!                   ├ 5 [`roles`]      credentials file; loader and reader, and what they may
//!                   ├ 6 [`tables`]     the model's tables, or a command that migrates
//!                   ├ 7 [`monitoring`] extensions; [`settings`]
//!                   └ 8 [`files`]      what connects, what monitors
//! ```
//!
//! Nothing is changed before step 4 has found no reason to refuse. A run that was killed goes on where it was;
//! a second run finds nothing to change.

mod database;
mod disk;
mod files;
mod monitoring;
mod password;
mod roles;
mod settings;
mod tables;
mod work;

use std::path::PathBuf;

pub use disk::Need;
pub use settings::{Band, TABLE_SETTINGS};
pub use tables::{Tables, TablesOutcome};

use super::credentials::Credentials;
use super::guard;
use super::target::{Environment, Target};
use crate::error::Result;
use work::Work;

/// The schema that datasets are loaded into.
pub const DATA_SCHEMA: &str = "perf_synthetic";
/// The schema of the monitoring extensions, out of the way of whoever locks `public`.
pub const MONITORING_SCHEMA: &str = "monitoring";
/// What role names begin with.
pub const ROLE_PREFIX: &str = "perf";

/// What to provision.
#[derive(Clone, Debug)]
pub struct Request {
    /// For which scale.
    pub band: Band,
    /// The administrator's connection; its database is the one that others are made from.
    pub administrator: Target,
    /// The database's name.
    pub database: String,
    /// What the names of the roles begin with, [`ROLE_PREFIX`] by default.
    pub role_prefix: String,
    /// The folder of the credentials.
    pub secrets: PathBuf,
    /// What the dataset will need.
    pub need: Need,
    /// A command that makes the tables, instead of the model.
    pub migrate: Option<String>,
    /// Tell every statement, run none.
    pub dry_run: bool,
    /// Take a database over that was made by hand.
    pub adopt: bool,
    /// Set new passwords.
    pub rotate_password: bool,
}

impl Request {
    /// The role that owns the database, and cannot log in.
    pub fn owner(&self) -> String {
        format!("{}_{}_owner", self.role_prefix, self.band)
    }

    /// The role that loads.
    pub fn loader(&self) -> String {
        format!("{}_{}_user", self.role_prefix, self.band)
    }

    /// The role that reads.
    pub fn reader(&self) -> String {
        format!("{}_{}_reader", self.role_prefix, self.band)
    }
}

/// What happens, for whoever tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A step begins.
    Step {
        /// From 1.
        number: usize,
        /// Of how many.
        of: usize,
        /// What it does.
        title: String,
    },
    /// Something is as it should be.
    Done(String),
    /// Something is left for a human; the lines are statements or settings, ready to be copied.
    Warning {
        /// What and why.
        text: String,
        /// What to do.
        lines: Vec<String>,
    },
    /// What a dry run would do: a statement, or a comment.
    Statement(String),
    /// A line that the migration printed.
    Output(String),
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisioned {
    /// What may load now; none after a dry run.
    pub credentials: Option<Credentials>,
    /// Whether anything was changed, or would be by a run that is not dry.
    pub changed: bool,
}

struct Step {
    title: fn(&Request) -> String,
    act: fn(&mut Work<'_>) -> Result<()>,
}

const STEPS: [Step; 8] = [
    Step { title: |_| "Checking PostgreSQL connectivity".to_owned(), act: work::connect_administrator },
    Step { title: |_| "Validating disk space".to_owned(), act: disk::check },
    Step { title: |_| "Checking required extensions".to_owned(), act: monitoring::check_extensions },
    Step { title: |_| "Creating performance database".to_owned(), act: database::make },
    Step { title: |_| "Creating dedicated user with least privilege".to_owned(), act: roles::make },
    Step { title: tables::title, act: tables::make },
    Step { title: |_| "Enabling query monitoring".to_owned(), act: monitoring::enable },
    Step { title: |_| "Writing configuration files".to_owned(), act: files::write },
];

/// Provisions a database, or finds that it is provisioned already.
///
/// # Errors
///
/// [`Error::Usage`](crate::error::Error::Usage) where the guard refuses, [`Error::Resource`](crate::error::Error::Resource)
/// where the disk is too small, [`Error::Database`](crate::error::Error::Database) where the server says no.
pub fn provision(
    request: &Request,
    environment: &Environment,
    tables: Option<&Tables<'_>>,
    tell: &mut dyn FnMut(Event),
) -> Result<Provisioned> {
    guard::refuse_environment(environment)?;
    guard::refuse_names(&request.administrator.with_database(&request.database))?;
    for role in [request.owner(), request.loader(), request.reader()] {
        work::refuse_long_name("role", &role)?;
    }
    work::refuse_long_name("database", &request.database)?;
    let mut work = Work::new(request, environment, tables, tell);
    for (at, step) in STEPS.iter().enumerate() {
        work.tell(Event::Step { number: at + 1, of: STEPS.len(), title: (step.title)(request) });
        (step.act)(&mut work)?;
    }
    Ok(work.finish())
}
