//! [`make`]: the database with its owner, its marker and its ledger; and before them, everything that is refused.

use super::roles;
use super::work::{Change, Object, Place, Work, identifier};
use crate::dataset::ddl::literal;
use crate::error::{Error, Result};
use crate::postgres::guard::{self, MARKER_TABLE};
use crate::postgres::ledger;

/// The schema of marker and ledger.
const SCHEMA: &str = "seedmill";

/// What stands under the database's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Nothing, or what a killed run left: ours, and empty.
    Nothing,
    /// A database of ours.
    Ours,
    /// A database without a marker that may be taken over.
    Adopted,
}

/// Step 4.
pub(super) fn make(work: &mut Work<'_>) -> Result<()> {
    let found = look(work)?;
    work.logins = Some(roles::decide(work)?);
    make_owner(work)?;
    make_database(work)?;
    work.grant_exactly(Place::Server, Object::Database(&work.request.database.clone()), None, &[])?;
    close_public_schema(work)?;
    make_marker(work)?;
    make_ledger(work)?;
    let name = &work.request.database;
    let (changed, unchanged) = match found {
        Found::Nothing => (format!("Database '{name}' created"), String::new()),
        Found::Ours => (format!("Database '{name}' updated"), format!("Database '{name}' is there already")),
        Found::Adopted => (format!("Database '{name}' adopted"), String::new()),
    };
    work.made(changed, unchanged);
    Ok(())
}

fn refused(why: String, hint: &str) -> Error {
    Error::usage_hint(format!("refused: {why}"), hint)
}

/// Finds out whose the database is, before anything is changed.
fn look(work: &mut Work<'_>) -> Result<Found> {
    let name = work.request.database.clone();
    if !work.database_is_there()? {
        return Ok(Found::Nothing);
    }
    work.enter_database()?;
    let reached = work.row(Place::Database, "SELECT current_database()::text", &[])?;
    guard::refuse_database_name(&reached.map(|row| row.get::<_, String>(0)).unwrap_or_default())?;
    if is_marked(work, &name)? {
        return Ok(Found::Ours);
    }
    if is_left_over(work)? {
        return Ok(Found::Nothing);
    }
    if !work.request.adopt {
        return Err(refused(
            format!("a database `{name}` is there already, and it has no marker of seedmill's"),
            "--adopt takes it over: it gets seedmill's owner, and nobody else may connect; --database names another",
        ));
    }
    let query = "SELECT to_regnamespace('seedmill') IS NOT NULL";
    if work.holds(Place::Database, query, &[])? {
        return Err(refused(
            format!("`{name}` has a schema `{SCHEMA}` that is not seedmill's"),
            "rename the schema, or provision a database of its own",
        ));
    }
    Ok(Found::Adopted)
}

/// Whether the database has a marker, which must be its own, of this environment and out of others' reach.
fn is_marked(work: &mut Work<'_>, name: &str) -> Result<bool> {
    let Some(client) = work.database_client() else { return Ok(false) };
    let Some(marker) = guard::read_marker(client)? else { return Ok(false) };
    if (marker.system_identifier, marker.database_oid) != guard::identity(client)? {
        return Err(refused(
            format!("the marker in `{name}` is a copy: it was made for another database"),
            "provision a database of its own",
        ));
    }
    let query = format!(
        "SELECT m.environment, pg_get_userbyid(c.relowner)::text, pg_get_userbyid(n.nspowner)::text \
         FROM {MARKER_TABLE} m, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.oid = '{MARKER_TABLE}'::regclass"
    );
    let row = work.row(Place::Database, &query, &[])?;
    let row = row.ok_or_else(|| Error::internal("a marker that was read is gone"))?;
    let environment: String = row.get(0);
    let band = work.request.band.to_string();
    if environment != band {
        return Err(refused(
            format!("`{name}` was provisioned for {environment}, not for {band}"),
            "name its own environment with --env, or another database with --database",
        ));
    }
    let owner = work.request.owner();
    for column in [1, 2] {
        let found: String = row.get(column);
        if found != owner {
            return Err(refused(
                format!("the marker in `{name}` belongs to {found}, not to {owner}"),
                "give the --role-prefix that it was provisioned with, or another --database",
            ));
        }
    }
    work.marker = Some(marker);
    Ok(true)
}

/// A run that was killed between making the database and marking it leaves one that our owner has, with nothing in it.
fn is_left_over(work: &mut Work<'_>) -> Result<bool> {
    let (name, owner) = (work.request.database.clone(), work.request.owner());
    let query = "SELECT pg_get_userbyid(datdba) = $2 FROM pg_database WHERE datname = $1";
    let empty = "SELECT NOT EXISTS (SELECT FROM pg_class WHERE oid >= 16384) AND NOT EXISTS \
                 (SELECT FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_')";
    Ok(work.holds(Place::Server, query, &[&name, &owner])? && work.holds(Place::Database, empty, &[])?)
}

fn make_owner(work: &mut Work<'_>) -> Result<()> {
    let owner = work.request.owner();
    roles::make_role(work, &owner, roles::OWNER, None)
}

fn make_database(work: &mut Work<'_>) -> Result<()> {
    let (name, owner) = (work.request.database.clone(), work.request.owner());
    if !work.database_is_there()? {
        let statement = format!(
            "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'",
            identifier(&name),
            identifier(&owner)
        );
        work.change(Place::Server, &Change::new(statement))?;
        return if work.request.dry_run { Ok(()) } else { work.enter_database() };
    }
    let query = "SELECT pg_get_userbyid(datdba) <> $2 FROM pg_database WHERE datname = $1";
    if work.holds(Place::Server, query, &[&name, &owner])? {
        let statement = format!("ALTER DATABASE {} OWNER TO {}", identifier(&name), identifier(&owner));
        work.change(Place::Server, &Change::new(statement))?;
    }
    Ok(())
}

/// Before PostgreSQL 15, and in what was restored from there, everybody may create in `public`.
fn close_public_schema(work: &mut Work<'_>) -> Result<()> {
    let query = "SELECT true FROM pg_namespace n, aclexplode(n.nspacl) a \
                 WHERE n.nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE'";
    if work.holds(Place::Database, query, &[])? {
        work.change(Place::Database, &Change::new("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))?;
    }
    Ok(())
}

/// The marker is made by and belongs to a role that cannot log in: no loader can forge or move it.
fn make_marker(work: &mut Work<'_>) -> Result<()> {
    if work.marker.is_some() {
        return Ok(());
    }
    let (name, owner) = (identifier(&work.request.database), identifier(&work.request.owner()));
    let band = literal(&work.request.band.to_string());
    work.change(
        Place::Database,
        &Change::new(format!(
            "BEGIN;
SET LOCAL ROLE {owner};
CREATE SCHEMA {SCHEMA};
CREATE TABLE {MARKER_TABLE} (
  system_identifier bigint NOT NULL,
  database_oid oid NOT NULL,
  uuid uuid NOT NULL,
  environment text NOT NULL,
  made_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX marker_has_one_row ON {MARKER_TABLE} ((true));
INSERT INTO {MARKER_TABLE}
  SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database()), gen_random_uuid(), {band}, now()
  FROM pg_control_system();
COMMENT ON TABLE {MARKER_TABLE} IS 'seedmill may write into this database';
COMMENT ON DATABASE {name} IS 'performance tests: synthetic data only';
COMMIT"
        )),
    )?;
    if let Some(client) = work.database_client() {
        work.marker = guard::read_marker(client)?;
    }
    Ok(())
}

fn make_ledger(work: &mut Work<'_>) -> Result<()> {
    let mut missing = false;
    for table in ledger::TABLES {
        missing |= !work.holds(Place::Database, "SELECT to_regclass($1) IS NOT NULL", &[table])?;
    }
    if missing {
        let owner = identifier(&work.request.owner());
        let statement = format!("BEGIN;\nSET LOCAL ROLE {owner};\n{}\nCOMMIT", ledger::DDL.trim());
        work.change(Place::Database, &Change::new(statement))?;
    }
    Ok(())
}
