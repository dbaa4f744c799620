//! [`Door`]: the only way to a connection that may write, and never production's.
//!
//! Names lie: a variable may point elsewhere, a database may be renamed, a host may be an alias. So what is asked
//! is the connection itself: the database that it reached must carry the marker that `provision` put there, with
//! this cluster's system identifier and this database's own number, and the credentials must name the same one.
//! A copy of the marker in another database has another number; a database without it is nobody's to write.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use postgres::Client;

use super::connection::{blame, connect};
use super::target::{Environment, Target};
use crate::error::{Error, Result};

/// Variables by which frameworks say where they run.
const STAGE_VARIABLES: &[&str] = &["APP_ENV", "NODE_ENV", "RAILS_ENV", "RACK_ENV", "ENVIRONMENT"];
/// Every name of a database that may be written holds this.
const REQUIRED: &str = "perf";
/// No name may hold this, whatever else it holds.
const FORBIDDEN: &str = "prod";
/// No name may have these as a word of its own.
const FORBIDDEN_WORDS: &[&str] = &["prd", "live"];

/// How long a server may take to say that it is there.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The table that the marker stands in; its owner cannot log in, so that no loader can forge it.
pub const MARKER_TABLE: &str = "seedmill.marker";

/// Which database it is, beyond its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// Of the cluster, from `pg_control_system()`.
    pub system_identifier: i64,
    /// The database's number in `pg_database`.
    pub database_oid: u32,
    /// Made by `provision`, in hexadecimal with hyphens.
    pub uuid: String,
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.system_identifier, self.database_oid, self.uuid)
    }
}

impl FromStr for Marker {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = || format!("`{text}` is no marker: SYSTEM/DATABASE/UUID");
        let mut pieces = text.splitn(3, '/');
        let mut next = || pieces.next().filter(|piece| !piece.is_empty()).ok_or_else(wrong);
        let (system, database, uuid) = (next()?, next()?, next()?);
        Ok(Self {
            system_identifier: system.parse().map_err(|_| wrong())?,
            database_oid: database.parse().map_err(|_| wrong())?,
            uuid: uuid.to_owned(),
        })
    }
}

/// Where a database that may be written is, and how it is known again.
#[derive(Clone)]
pub struct Door {
    /// Where it is.
    pub target: Target,
    /// The marker that its credentials were made with.
    pub marker: Marker,
    /// The environment of whoever comes.
    pub environment: Environment,
}

/// A connection to a database that may be written. It stays proved: a connection cannot change its database.
pub struct PerfDatabase {
    client: Client,
    process: i32,
}

impl Door {
    /// Connects, and proves that this is the database that the credentials were made for.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] with the reason where it is refused, [`Error::Database`] where it cannot be reached.
    pub fn open(&self, purpose: &str) -> Result<PerfDatabase> {
        let target = &self.target;
        refuse_environment(&self.environment)?;
        refuse_names(target)?;
        let mut client = connect(target, purpose)?;
        let name: String = query_one(&mut client, "SELECT current_database()::text")?;
        refuse_database_name(&name)?;
        let found = read_marker(&mut client)?.ok_or_else(|| {
            refused(
                &format!("the database `{name}` at {target} has no marker of seedmill's"),
                "make one with `seedmill provision`; mark one that was made by hand with `seedmill provision --adopt`",
            )
        })?;
        prove(&mut client, &name, &self.marker, &found)?;
        if query_one::<bool>(&mut client, "SELECT pg_is_in_recovery()")? {
            return Err(refused(&format!("{target} is a standby"), "name the primary server"));
        }
        prepare_session(&mut client)?;
        let process = query_one(&mut client, "SELECT pg_backend_pid()")?;
        Ok(PerfDatabase { client, process })
    }
}

impl PerfDatabase {
    /// The connection.
    pub(super) fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// The server's process behind it.
    pub(super) fn process(&self) -> i32 {
        self.process
    }

    /// Whether nobody is there any more.
    pub(super) fn is_lost(&mut self) -> bool {
        self.client.is_closed() || self.client.is_valid(ANSWER_TIMEOUT).is_err()
    }
}

/// What a session may have been given by a role or a database must not reach the rows. A phase of a load builds on
/// those before it: their commits must survive a crash, unless one says itself that it need not.
fn prepare_session(client: &mut Client) -> Result<()> {
    client
        .batch_execute(
            "SET search_path = pg_catalog; SET timezone = 'UTC'; SET statement_timeout = 0; \
             SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0; SET datestyle = 'ISO, YMD'; \
             SET intervalstyle = 'postgres'; SET extra_float_digits = 1; SET bytea_output = 'hex'; \
             SET row_security = off; SET client_min_messages = warning; \
             SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
        )
        .map_err(blame("cannot prepare the session"))
}

/// Refuses to run where a framework's variable says `production`.
///
/// # Errors
///
/// Names the variable.
pub fn refuse_environment(environment: &Environment) -> Result<()> {
    for name in STAGE_VARIABLES {
        if let Some(value) = environment.get(name)
            && is_forbidden(value)
        {
            return Err(refused(
                &format!("{name} is `{value}`"),
                "run this where no variable says so, on a machine that is not production's",
            ));
        }
    }
    Ok(())
}

/// Refuses a database whose name does not say that it is for performance tests, or says that it is production's.
///
/// # Errors
///
/// Names the rule.
pub fn refuse_database_name(name: &str) -> Result<()> {
    if is_forbidden(name) {
        return Err(refused(
            &format!("the database is called `{name}`"),
            "a name with `prod` in it is never written",
        ));
    }
    if !name.to_ascii_lowercase().contains(REQUIRED) {
        return Err(refused(
            &format!("the database is called `{name}`"),
            "only a name with `perf` in it is written, such as chat_perf_dev",
        ));
    }
    Ok(())
}

/// Refuses a target whose database, host or role says that it is production's.
///
/// # Errors
///
/// Names the rule.
pub(super) fn refuse_names(target: &Target) -> Result<()> {
    refuse_database_name(&target.database)?;
    for (what, name) in [("host", &target.host), ("user", &target.user)] {
        if is_forbidden(name) {
            return Err(refused(
                &format!("the {what} is called `{name}`"),
                "production's servers and roles are never used",
            ));
        }
    }
    Ok(())
}

fn is_forbidden(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains(FORBIDDEN)
        || name
            .split(|character: char| !character.is_alphanumeric())
            .any(|word| FORBIDDEN_WORDS.contains(&word))
}

fn refused(why: &str, hint: &str) -> Error {
    Error::usage_hint(format!("refused: {why}"), hint)
}

/// The marker of the database that a connection reached, if it has one.
///
/// # Errors
///
/// The server's.
pub(super) fn read_marker(client: &mut Client) -> Result<Option<Marker>> {
    if !query_one::<bool>(client, &format!("SELECT to_regclass('{MARKER_TABLE}') IS NOT NULL"))? {
        return Ok(None);
    }
    let query = format!("SELECT system_identifier, database_oid, uuid::text FROM {MARKER_TABLE}");
    let row = client.query_opt(&query, &[]).map_err(blame("cannot read the marker"))?;
    Ok(row.map(|row| Marker { system_identifier: row.get(0), database_oid: row.get(1), uuid: row.get(2) }))
}

/// What a marker of the connection's own database says of cluster and database, whatever stands in the table.
///
/// # Errors
///
/// The server's.
pub(super) fn identity(client: &mut Client) -> Result<(i64, u32)> {
    let query = "SELECT (SELECT system_identifier FROM pg_control_system()), \
                 (SELECT oid FROM pg_database WHERE datname = current_database())";
    let row = client.query_one(query, &[]).map_err(blame("cannot ask the server who it is"))?;
    Ok((row.get(0), row.get(1)))
}

/// The marker must tell the truth about where it stands, and be the one that was expected.
fn prove(client: &mut Client, name: &str, expected: &Marker, found: &Marker) -> Result<()> {
    let (system_identifier, database_oid) = identity(client)?;
    if (found.system_identifier, found.database_oid) != (system_identifier, database_oid) {
        return Err(refused(
            &format!("the marker in `{name}` is a copy: it was made for another database"),
            "provision a database of its own",
        ));
    }
    if found != expected {
        return Err(refused(
            &format!("`{name}` is not the database that these credentials were made for"),
            "use the credentials that `seedmill provision` wrote for this database",
        ));
    }
    Ok(())
}

fn query_one<T: postgres::types::FromSqlOwned>(client: &mut Client, query: &str) -> Result<T> {
    client.query_one(query, &[]).map(|row| row.get(0)).map_err(blame("cannot ask the server who it is"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_be_written_say_so() {
        for name in ["chat_perf", "chat_perf_dev", "shop_perf_staging", "perf", "delivery_perf"] {
            refuse_database_name(name).unwrap();
        }
        for name in [
            "chat",
            "postgres",
            "chat_prod",
            "PROD_perf",
            "chat_perf_Production",
            "live-perf",
            "prd_perf",
            "",
        ] {
            assert!(refuse_database_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_framework_that_says_production_stops_everything() {
        for (name, value) in [("NODE_ENV", "production"), ("APP_ENV", "Prod"), ("RAILS_ENV", "prod-eu")] {
            let environment = Environment([(name.to_owned(), value.to_owned())].into());
            assert!(refuse_environment(&environment).unwrap_err().to_string().contains(name));
        }
        let environment = Environment([("NODE_ENV".to_owned(), "development".to_owned())].into());
        refuse_environment(&environment).unwrap();
    }

    #[test]
    fn a_marker_survives_its_text() {
        let marker = Marker { system_identifier: -7, database_oid: 16_384, uuid: "a-b".into() };
        assert_eq!(marker.to_string().parse::<Marker>().unwrap(), marker);
        for text in ["", "1", "1/2", "1/2/", "x/2/u", "1/-2/u"] {
            assert!(text.parse::<Marker>().is_err(), "{text}");
        }
    }
}
