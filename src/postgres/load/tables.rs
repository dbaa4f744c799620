//! [`prepare`]: the schema of a load: made, found begun, or refused.

use postgres::types::Type;
use postgres::{GenericClient, Transaction};

use super::Request;
use super::connections::Lead;
use crate::dataset::ddl::{Ddl, LONGEST_NAME, Table, quote};
use crate::dataset::table::{ShapeColumn, TableShape};
use crate::error::{Error, Result};
use crate::model::ColumnType;
use crate::postgres::binary;
use crate::postgres::connection::blame;
use crate::postgres::guard::Door;
use crate::postgres::ledger::{self, Entry, Opening};
use crate::postgres::teardown::drop_objects;

/// Schemas that a dataset never goes into: the server's, seedmill's own, and the one that applications use.
const RESERVED: &[&str] = &["public", "information_schema", "seedmill", "monitoring"];
/// What keeps autovacuum away while rows arrive: it would only compete, and the load vacuums in the end.
const QUIET: &str = "autovacuum_enabled = off, toast.autovacuum_enabled = off";

/// Refuses a schema that is not for datasets.
pub(super) fn refuse_schema_name(schema: &str) -> Result<()> {
    let refused = |why: &str| {
        Err(Error::usage_hint(
            format!("a dataset cannot go into the schema `{schema}`: {why}"),
            "take another name, such as perf_synthetic",
        ))
    };
    // Whoever says PUBLIC means public.
    let small = schema.to_ascii_lowercase();
    if RESERVED.contains(&small.as_str()) {
        refused("it is not for datasets alone")
    } else if small.starts_with("pg_") {
        refused("names that begin with pg_ are Postgres' own")
    } else if schema.is_empty() || schema.len() > LONGEST_NAME || schema.contains('\0') {
        refused("a name has 1 to 63 bytes")
    } else {
        Ok(())
    }
}

/// The schema's line in the ledger, and whether an earlier run had begun.
pub(super) fn prepare(lead: &mut Lead<'_>, request: &Request<'_>, ddl: &Ddl) -> Result<(Entry, bool)> {
    let schema = request.schema;
    lead.working(|database| {
        let client = database.client();
        let found = ledger::find(client, schema)?;
        if let Some(entry) = &found
            && entry.manifest_sha256.is_some()
        {
            compare_dataset(entry, request)?;
            if !entry.completed {
                ledger::go_on(client, entry.load_id)?;
            }
            return Ok((entry.clone(), true));
        }
        let mut transaction = client.transaction().map_err(blame("cannot begin"))?;
        match &found {
            // Empty tables that `provision` made give way to those of the dataset.
            Some(entry) => {
                refuse_rows(&mut transaction, schema, entry)?;
                drop_objects(&mut transaction, schema, entry.load_id)?;
            }
            None => refuse_foreign_schema(&mut transaction, schema)?,
        }
        let opening = Opening {
            model: &request.manifest.model,
            band: &request.manifest.band,
            mode: request.mode.name(),
            dataset: Some((request.manifest, request.manifest_sha256)),
        };
        make(&mut transaction, schema, &opening, ddl, request.reader)?;
        transaction.commit().map_err(blame("cannot make the tables"))?;
        let entry = ledger::find(client, schema)?;
        Ok((entry.ok_or_else(|| Error::database("the ledger has lost its line"))?, false))
    })
}

/// Makes the empty tables of a model with their keys, for `provision`; a load of the model's data replaces them. How
/// many were made: none if the schema is there already.
///
/// # Errors
///
/// [`Error::Usage`] where the schema is somebody else's, [`Error::Database`] for the server's.
pub fn make_empty(
    door: &Door,
    schema: &str,
    (model, band): (&str, &str),
    ddl: &Ddl,
    reader: Option<&str>,
) -> Result<usize> {
    refuse_schema_name(schema)?;
    let mut database = door.open("provision")?;
    let client = database.client();
    if ledger::find(client, schema)?.is_some() {
        return Ok(0);
    }
    let mut transaction = client.transaction().map_err(blame("cannot begin"))?;
    refuse_foreign_schema(&mut transaction, schema)?;
    make(&mut transaction, schema, &Opening { model, band, mode: "empty", dataset: None }, ddl, reader)?;
    for statement in ddl.constraints() {
        execute(&mut transaction, &statement, "a key")?;
    }
    transaction.commit().map_err(blame("cannot make the tables"))?;
    Ok(ddl.tables.len())
}

/// The dataset that was begun must be this one, and be loaded in the same way.
fn compare_dataset(entry: &Entry, request: &Request<'_>) -> Result<()> {
    let schema = request.schema;
    if entry.manifest_sha256.as_deref() != Some(request.manifest_sha256) {
        return Err(Error::usage_hint(
            format!(
                "the schema `{schema}` holds another dataset: {} / {}, seed `{}`",
                entry.model,
                entry.band,
                entry.seed.as_deref().unwrap_or_default()
            ),
            format!("take another --schema, or drop that one first: seedmill teardown --schema {schema}"),
        ));
    }
    if !entry.completed && entry.mode != request.mode.name() {
        return Err(Error::usage_hint(
            format!(
                "the load into `{schema}` was begun {} --freeze",
                if entry.mode == "tables" { "with" } else { "without" }
            ),
            "go on in the same way, or drop what is there with `seedmill teardown`",
        ));
    }
    Ok(())
}

fn refuse_foreign_schema(client: &mut impl GenericClient, schema: &str) -> Result<()> {
    let row = client
        .query_opt("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&schema])
        .map_err(blame("cannot look at the schemas"))?;
    if row.is_none() {
        return Ok(());
    }
    Err(Error::usage_hint(
        format!("the schema `{schema}` exists, and seedmill did not make it"),
        "take another --schema; nothing in it is touched",
    ))
}

fn refuse_rows(client: &mut impl GenericClient, schema: &str, entry: &Entry) -> Result<()> {
    for object in ledger::objects(client, entry.load_id)? {
        if object.kind != "table" {
            continue;
        }
        let table = format!("{}.{}", quote(schema), quote(&object.name));
        let row = client
            .query_one(&format!("SELECT EXISTS (SELECT FROM {table})"), &[])
            .map_err(blame(format!("cannot look into {table}")))?;
        if row.get(0) {
            return Err(Error::usage_hint(
                format!("the table {table} was made empty and has rows now"),
                format!("take another --schema, or drop it: seedmill teardown --schema {schema}"),
            ));
        }
    }
    Ok(())
}

/// Makes schema, types and tables, and enters them.
fn make(
    transaction: &mut Transaction<'_>,
    schema: &str,
    opening: &Opening<'_>,
    ddl: &Ddl,
    reader: Option<&str>,
) -> Result<()> {
    let load_id = ledger::enter(transaction, schema, opening)?;
    let quoted = quote(schema);
    execute(transaction, &format!("CREATE SCHEMA {quoted}"), "the schema")?;
    for statement in &ddl.types {
        execute(transaction, statement, "a type")?;
    }
    for table in &ddl.tables {
        execute(transaction, &table.create(), &table.name)?;
        if opening.dataset.is_some() {
            execute(transaction, &format!("ALTER TABLE {} SET ({QUIET})", table.name), &table.name)?;
        }
    }
    ledger::enter_objects(transaction, load_id, schema)?;
    if let Some(reader) = reader {
        let grants = format!(
            "GRANT USAGE ON SCHEMA {quoted} TO {0}; GRANT SELECT ON ALL TABLES IN SCHEMA {quoted} TO {0}",
            quote(reader)
        );
        execute(transaction, &grants, "the reader's rights")?;
    }
    Ok(())
}

fn execute(transaction: &mut Transaction<'_>, statement: &str, what: &str) -> Result<()> {
    transaction.batch_execute(statement).map_err(blame(format!("cannot make {what}")))
}

/// A table's column as the server has it.
struct Found {
    type_oid: u32,
    modifier: i32,
    is_enum: bool,
    text: String,
}

/// COPY's binary form carries lengths, not types: a number would become a time without an error. So the server's
/// columns must have just the types of the shape.
pub(super) fn compare_columns(
    client: &mut impl GenericClient,
    table: &Table,
    shape: &TableShape,
) -> Result<()> {
    let query = "SELECT attribute.attname::text, attribute.atttypid, attribute.atttypmod, \
        format_type(attribute.atttypid, attribute.atttypmod), \
        pg_type.typtype = 'e' \
        FROM pg_attribute AS attribute JOIN pg_type ON pg_type.oid = atttypid \
        WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped";
    let rows =
        client.query(query, &[&table.name]).map_err(blame(format!("cannot look at {}", table.name)))?;
    for (column, made) in shape.columns.iter().zip(&table.columns) {
        let name = &made.name;
        let found = rows.iter().find(|row| row.get::<_, &str>(0) == name).map(|row| Found {
            type_oid: row.get(1),
            modifier: row.get(2),
            text: row.get(3),
            is_enum: row.get(4),
        });
        let place = format!("{}.{name}", table.name);
        let Some(found) = found else {
            return Err(changed(format!("the column {place} is gone")));
        };
        if !is_of_type(column, &found) {
            return Err(changed(format!("the column {place} is {}, not {}", found.text, column.ty)));
        }
    }
    Ok(())
}

fn changed(message: String) -> Error {
    Error::Database {
        message,
        hint: Some("the table was changed since it was made: seedmill teardown, then load again".to_owned()),
    }
}

fn is_of_type(column: &ShapeColumn, found: &Found) -> bool {
    /// What `atttypmod` adds to precision and scale.
    const MODIFIER_OFFSET: i32 = 4;
    let plain = |ty: Type| found.type_oid == ty.oid();
    match &column.ty {
        ColumnType::Uuid => plain(Type::UUID),
        ColumnType::Text => plain(Type::TEXT),
        ColumnType::Integer => plain(Type::INT4),
        ColumnType::BigInteger => plain(Type::INT8),
        ColumnType::Float => plain(Type::FLOAT8),
        ColumnType::Decimal { precision, scale } => {
            let modifier = (i32::from(*precision) << 16 | i32::from(*scale)) + MODIFIER_OFFSET;
            plain(Type::NUMERIC) && found.modifier == modifier
        }
        ColumnType::Boolean => plain(Type::BOOL),
        ColumnType::Timestamp => plain(Type::TIMESTAMPTZ),
        ColumnType::DateTime => plain(Type::TIMESTAMP),
        ColumnType::Json => plain(Type::JSONB),
        ColumnType::Array { element } => binary::array_types(element).is_some_and(|(_, array)| plain(array)),
        ColumnType::Date => plain(Type::DATE),
        // Both take a label's text, and refuse one that is not theirs.
        ColumnType::Enum { .. } => found.is_enum || plain(Type::TEXT),
        ColumnType::Interval => plain(Type::INTERVAL),
    }
}
