//! [`Door`]: the only way to a connection that may write, and never production's.
//!
//! Names lie: a variable may point elsewhere, a database may be renamed, a host may be an alias. So what is asked
//! is the connection itself: the database that it reached must carry the marker that `provision` put there, with
//! this cluster's system identifier and this database's own number, and the credentials must name the same one.
//! A copy of the marker in another database has another number; a database without it is nobody's to write.
//! The answers are the server's own, whatever a database puts into its search_path, and a marker that whoever asks
//! could have forged proves nothing.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use postgres::{Client, Row};

use super::connection::{blame, connect};
use super::target::{Environment, Target};
use crate::error::{Error, Result};

/// Variables by which frameworks say where they run.
const STAGE_VARIABLES: &[&str] = &[
    "APP_ENV",
    "NODE_ENV",
    "RAILS_ENV",
    "RACK_ENV",
    "ENVIRONMENT",
    "ENV",
    "STAGE",
    "DEPLOY_ENV",
    "DJANGO_ENV",
    "FLASK_ENV",
    "GO_ENV",
    "MIX_ENV",
    "VERCEL_ENV",
    "ASPNETCORE_ENVIRONMENT",
    "DOTNET_ENVIRONMENT",
    "SPRING_PROFILES_ACTIVE",
];
/// Every name of a database that may be written has this as a word of its own: `superficial` holds it by chance.
const REQUIRED_WORD: &str = "perf";
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
        // First of all: with `public` before `pg_catalog` a database answers what it likes.
        prepare_session(&mut client)?;
        let name: String = query_one(&mut client, "SELECT current_database()::text")?;
        refuse_database_name(&name)?;
        let found = read_marker(&mut client)?.ok_or_else(|| {
            refused(
                &format!("the database `{name}` at {target} has no marker of seedmill's"),
                "make one with `seedmill provision`; mark one that was made by hand with `seedmill provision --adopt`",
            )
        })?;
        prove(&mut client, &name, &self.marker, &found)?;
        refuse_forgers(&mut client, &name)?;
        if query_one::<bool>(&mut client, "SELECT pg_is_in_recovery()")? {
            return Err(refused(&format!("{target} is a standby"), "name the primary server"));
        }
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

/// What a session may have been given by a role or a database must reach neither the guard's questions nor the rows.
/// Unless it is named, `pg_temp` comes before everything. A phase of a load builds on those before it: their commits
/// must survive a crash, unless one says itself that it need not.
fn prepare_session(client: &mut Client) -> Result<()> {
    client
        .batch_execute(
            "SET search_path = pg_catalog, pg_temp; SET timezone = 'UTC'; SET statement_timeout = 0; \
             SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
             SET idle_session_timeout = 0; SET datestyle = 'ISO, YMD'; \
             SET intervalstyle = 'postgres'; SET extra_float_digits = 1; SET bytea_output = 'hex'; \
             SET standard_conforming_strings = on; \
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
    // Two names that look the same would not be the same: a Cyrillic `р` makes no `prod`.
    if !name.is_ascii() {
        return Err(refused(
            &format!("the database is called `{name}`"),
            "a name with letters beyond ASCII may look like another, and is never written",
        ));
    }
    if !words(name).any(|word| word == REQUIRED_WORD) {
        return Err(refused(
            &format!("the database is called `{name}`"),
            "only a name with the word `perf` is written, such as chat_perf_dev",
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
    name.to_lowercase().contains(FORBIDDEN)
        || words(name).any(|word| FORBIDDEN_WORDS.contains(&word.as_str()))
}

/// The words of a name in small letters, without the numbers behind them: `Chat-PERF2` is `chat` and `perf`.
fn words(name: &str) -> impl Iterator<Item = String> {
    name.split(|character: char| !character.is_alphanumeric())
        .map(|word| word.trim_end_matches(|last: char| last.is_ascii_digit()).to_lowercase())
}

/// A refusal with what would be accepted.
pub(super) fn refused(why: &str, hint: &str) -> Error {
    Error::usage_hint(format!("refused: {why}"), hint)
}

/// The marker of the database that a connection reached, if it has one.
///
/// # Errors
///
/// [`Error::Usage`] where something else stands under its name, which is not asked: a view runs what its maker
/// likes. Else the server's.
pub(super) fn read_marker(client: &mut Client) -> Result<Option<Marker>> {
    let strange = |what: &str| {
        refused(
            &format!("{MARKER_TABLE} of this database {what}: seedmill did not make it so"),
            "provision a database of its own",
        )
    };
    let query = "SELECT relkind = 'r' FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
                 WHERE format('%s.%s', nspname, relname) = $1";
    let row = client.query_opt(query, &[&MARKER_TABLE]).map_err(blame("cannot look for the marker"))?;
    match row.map(|row| row.get(0)) {
        None => return Ok(None),
        Some(false) => return Err(strange("is no table")),
        Some(true) => {}
    }
    // Not what inherits from it. Columns of other types are an error of the server's, and no panic here.
    let query = format!(
        "SELECT system_identifier::bigint, database_oid::oid, uuid::uuid::text FROM ONLY {MARKER_TABLE}"
    );
    let rows = match client.query(&query, &[]) {
        // A column that is missing or another, or no right to read it.
        Err(error) if error.code().is_some_and(|code| matches!(&code.code()[..2], "22" | "42")) => {
            return Err(strange("cannot be read"));
        }
        rows => rows.map_err(blame("cannot read the marker"))?,
    };
    match rows.as_slice() {
        [] => Ok(None),
        [row] => marker_of(row).map(Some).ok_or_else(|| strange("cannot be read")),
        _ => Err(strange("has several lines")),
    }
}

fn marker_of(row: &Row) -> Option<Marker> {
    Some(Marker {
        system_identifier: row.try_get(0).ok()?,
        database_oid: row.try_get(1).ok()?,
        uuid: row.try_get(2).ok()?,
    })
}

/// A marker proves something to those only who could not have written it. So administrators do not load, either:
/// for them nothing on the server is out of reach.
fn refuse_forgers(client: &mut Client, name: &str) -> Result<()> {
    let query = "SELECT CASE WHEN owner.rolcanlogin THEN owner.rolname::text ELSE session_user::text END \
                 FROM pg_class AS class JOIN pg_namespace AS schema ON schema.oid = relnamespace \
                 JOIN pg_roles AS owner ON owner.oid = relowner \
                 WHERE format('%s.%s', nspname, relname) = $1 AND (owner.rolcanlogin \
                 OR pg_has_role(session_user, relowner, 'MEMBER') OR pg_has_role(session_user, nspowner, 'MEMBER') \
                 OR has_table_privilege(session_user, class.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') \
                 OR has_any_column_privilege(session_user, class.oid, 'INSERT, UPDATE'))";
    let row = client.query_opt(query, &[&MARKER_TABLE]).map_err(blame("cannot ask whose the marker is"))?;
    match row {
        None => Ok(()),
        Some(row) => Err(refused(
            &format!("{} could forge the marker in `{name}`", row.get::<_, String>(0)),
            "load as the role that `seedmill provision` made, which has no right to",
        )),
    }
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
        for name in ["chat_perf", "chat_perf_dev", "shop_perf_staging", "perf", "Delivery-PERF2"] {
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
            "perf_prd2",
            "superficial",
            "performance",
            "chat_p\u{435}rf",
            "chat_perf_\u{440}rod",
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
