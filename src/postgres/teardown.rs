//! [`teardown`]: drops what the ledger records of a schema, and nothing else.

use postgres::Transaction;

use super::connection::blame;
use super::guard::Door;
use super::ledger::{self, Object};
use super::load::lock_schema;
use crate::dataset::ddl::quote;
use crate::error::{Error, Result};

/// What a teardown did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Torn {
    /// What was dropped: kind and name.
    pub dropped: Vec<(String, String)>,
    /// What was gone already.
    pub missing: Vec<(String, String)>,
}

/// Drops the types, tables and the schema that a load made. All of it or nothing.
///
/// # Errors
///
/// [`Error::Usage`] where the ledger knows no such schema, or something in it is not the load's own: then nothing is
/// dropped. [`Error::Database`] for the server's.
pub fn teardown(door: &Door, schema: &str) -> Result<Torn> {
    let mut database = door.open("teardown")?;
    lock_schema(&mut database, schema)?;
    let client = database.client();
    let Some(entry) = ledger::find(client, schema)? else {
        let known = ledger::schemas(client)?;
        let hint = match known.as_slice() {
            [] => "nothing is loaded in this database".to_owned(),
            known => format!("what was loaded lies in: {}", known.join(", ")),
        };
        return Err(Error::usage_hint(
            format!("the ledger has no schema `{schema}`; nothing is dropped"),
            hint,
        ));
    };
    let mut transaction = client.transaction().map_err(blame("cannot begin"))?;
    let torn = drop_objects(&mut transaction, schema, entry.load_id)?;
    transaction.commit().map_err(blame(format!("cannot drop the schema {schema}")))?;
    Ok(torn)
}

/// Drops the recorded objects, the last first, and forgets them.
pub(super) fn drop_objects(transaction: &mut Transaction<'_>, schema: &str, load_id: i64) -> Result<Torn> {
    let mut torn = Torn::default();
    let objects = ledger::objects(transaction, load_id)?;
    let mut present = Vec::new();
    for object in &objects {
        let mark = (object.kind.clone(), object.name.clone());
        match is_there(transaction, schema, object)? {
            true => present.push(object),
            false => torn.missing.push(mark),
        }
    }
    // All tables at once: their foreign keys point at each other. What else points at them stops it.
    let there = |kind: &'static str| present.iter().filter(move |object| object.kind == kind);
    let doomed: Vec<String> =
        there("table").map(|object| format!("{}.{}", quote(schema), quote(&object.name))).collect();
    if !doomed.is_empty() {
        drop_one(transaction, schema, &format!("DROP TABLE {}", doomed.join(", ")))?;
    }
    for object in there("type") {
        drop_one(transaction, schema, &format!("DROP TYPE {}.{}", quote(schema), quote(&object.name)))?;
    }
    if there("schema").next().is_some() {
        drop_one(transaction, schema, &format!("DROP SCHEMA {}", quote(schema)))?;
    }
    torn.dropped = present.iter().map(|object| (object.kind.clone(), object.name.clone())).collect();
    ledger::forget(transaction, load_id)?;
    Ok(torn)
}

/// Whether the object that was recorded is still there. One of the same name that is another stops everything.
fn is_there(transaction: &mut Transaction<'_>, schema: &str, object: &Object) -> Result<bool> {
    let query = match object.kind.as_str() {
        "schema" => "SELECT oid FROM pg_namespace WHERE nspname = $2 AND nspname = $1",
        "type" => {
            "SELECT type.oid FROM pg_type AS type JOIN pg_namespace ON typnamespace = pg_namespace.oid \
             WHERE nspname = $1 AND typname = $2"
        }
        _ => {
            "SELECT class.oid FROM pg_class AS class JOIN pg_namespace ON relnamespace = pg_namespace.oid \
             WHERE nspname = $1 AND relname = $2"
        }
    };
    let row = transaction
        .query_opt(query, &[&schema, &object.name])
        .map_err(blame(format!("cannot look for {}", object.name)))?;
    match row.map(|row| row.get::<_, u32>(0)) {
        None => Ok(false),
        Some(oid) if oid == object.oid => Ok(true),
        Some(_) => Err(Error::usage_hint(
            format!(
                "the {} `{}` in `{schema}` is not the one that the load made; nothing is dropped",
                object.kind, object.name
            ),
            "move it away first",
        )),
    }
}

/// RESTRICT is Postgres' default: what somebody else built on it stays, and stops the teardown.
fn drop_one(transaction: &mut Transaction<'_>, schema: &str, statement: &str) -> Result<()> {
    transaction.batch_execute(statement).map_err(|error| {
        let depends = error.code() == Some(&postgres::error::SqlState::DEPENDENT_OBJECTS_STILL_EXIST);
        match depends {
            true => Error::usage_hint(
                format!(
                    "something in or on `{schema}` is not the load's own; nothing is dropped: {}",
                    error
                        .as_db_error()
                        .and_then(|said| said.detail())
                        .unwrap_or_default()
                        .replace('\n', "; ")
                ),
                "move it away or drop it first",
            ),
            false => blame(format!("cannot drop in {schema}"))(error),
        }
    })
}
