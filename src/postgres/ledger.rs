//! The ledger: which dataset lies in which schema, part by part.
//!
//! It stands in the database that it tells of, so that a part's rows and its ledger line commit together: after
//! any crash, a part with a line is there once and whole, and a part without one is not there at all.

use postgres::{GenericClient, Transaction};

use super::connection::blame;
use super::figures::Figures;
use crate::dataset::manifest::Manifest;
use crate::error::{Error, Result};

/// The ledger's tables. `provision` makes them, so that a loader needs no right to; the loader reads and writes
/// their rows.
pub const DDL: &str = "
CREATE TABLE IF NOT EXISTS seedmill.loads (
  load_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  schema_name text NOT NULL UNIQUE,
  model text NOT NULL,
  band text NOT NULL,
  seed text,
  manifest_sha256 text,
  mode text NOT NULL,
  attempts integer NOT NULL DEFAULT 1,
  loader text NOT NULL DEFAULT session_user,
  started_at timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz
);
CREATE TABLE IF NOT EXISTS seedmill.parts (
  load_id bigint NOT NULL REFERENCES seedmill.loads ON DELETE CASCADE,
  file text NOT NULL,
  entity text NOT NULL,
  rows bigint NOT NULL,
  bytes bigint NOT NULL,
  transaction_id xid8,
  figures jsonb,
  loaded_at timestamptz,
  PRIMARY KEY (load_id, file)
);
CREATE TABLE IF NOT EXISTS seedmill.objects (
  load_id bigint NOT NULL REFERENCES seedmill.loads ON DELETE CASCADE,
  position integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('schema', 'type', 'table')),
  name text NOT NULL,
  object_oid oid NOT NULL,
  PRIMARY KEY (load_id, position)
);
";

/// The tables that a loader writes rows of.
pub const TABLES: &[&str] = &["seedmill.loads", "seedmill.parts", "seedmill.objects"];

/// What the ledger says of a schema.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number.
    pub load_id: i64,
    /// The dataset's model.
    pub model: String,
    /// Its band.
    pub band: String,
    /// Its seed; none where only empty tables were made.
    pub seed: Option<String>,
    /// SHA-256 of the dataset's manifest; none where only empty tables were made.
    pub manifest_sha256: Option<String>,
    /// How rows are sent, see [`Mode`](super::load::Mode).
    pub mode: String,
    /// How often a loader has begun or gone on.
    pub attempts: i32,
    /// Whether everything was verified.
    pub completed: bool,
}

/// A part that is not there yet.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The entity.
    pub entity: String,
    /// The file.
    pub file: String,
    /// Its size.
    pub bytes: u64,
}

/// Something that was made for a schema.
#[derive(Clone, Debug)]
pub struct Object {
    /// `schema`, `type` or `table`.
    pub kind: String,
    /// Its name, inside the schema where it is none itself.
    pub name: String,
    /// Its number in the catalogue: an object of the same name that is another is not ours.
    pub oid: u32,
}

/// The entry of a schema.
///
/// # Errors
///
/// The server's.
pub fn find(client: &mut impl GenericClient, schema: &str) -> Result<Option<Entry>> {
    let query = "SELECT load_id, model, band, seed, manifest_sha256, mode, attempts, completed_at IS NOT NULL \
                 FROM seedmill.loads WHERE schema_name = $1";
    let row = client.query_opt(query, &[&schema]).map_err(blame("cannot read the ledger"))?;
    Ok(row.map(|row| Entry {
        load_id: row.get(0),
        model: row.get(1),
        band: row.get(2),
        seed: row.get(3),
        manifest_sha256: row.get(4),
        mode: row.get(5),
        attempts: row.get(6),
        completed: row.get(7),
    }))
}

/// The schemas that the ledger tells of.
///
/// # Errors
///
/// The server's.
pub fn schemas(client: &mut impl GenericClient) -> Result<Vec<String>> {
    let rows = client
        .query("SELECT schema_name FROM seedmill.loads ORDER BY schema_name", &[])
        .map_err(blame("cannot read the ledger"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// What is entered of a schema that is about to be made.
pub struct Opening<'o> {
    /// The model.
    pub model: &'o str,
    /// Its band.
    pub band: &'o str,
    /// How rows will be sent.
    pub mode: &'o str,
    /// The dataset and the digest of its manifest, where its parts will follow.
    pub dataset: Option<(&'o Manifest, &'o str)>,
}

/// Enters a schema that is about to be made.
///
/// # Errors
///
/// The server's.
pub fn enter(transaction: &mut Transaction<'_>, schema: &str, opening: &Opening<'_>) -> Result<i64> {
    let seed = opening.dataset.map(|(manifest, _)| manifest.seed.as_str());
    let sha256 = opening.dataset.map(|(_, sha256)| sha256);
    let row = transaction
        .query_one(
            "INSERT INTO seedmill.loads (schema_name, model, band, seed, manifest_sha256, mode) \
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING load_id",
            &[&schema, &opening.model, &opening.band, &seed, &sha256, &opening.mode],
        )
        .map_err(blame("cannot write the ledger"))?;
    let load_id: i64 = row.get(0);
    if let Some((manifest, _)) = opening.dataset {
        enter_parts(transaction, load_id, manifest)?;
    }
    Ok(load_id)
}

fn enter_parts(transaction: &mut Transaction<'_>, load_id: i64, manifest: &Manifest) -> Result<()> {
    let (mut files, mut entities, mut rows, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for entity in &manifest.entities {
        for part in &entity.parts {
            files.push(part.file.as_str());
            entities.push(entity.name.as_str());
            rows.push(part.rows as i64);
            bytes.push(part.bytes as i64);
        }
    }
    transaction
        .execute(
            "INSERT INTO seedmill.parts (load_id, file, entity, rows, bytes) \
             SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[])",
            &[&load_id, &files, &entities, &rows, &bytes],
        )
        .map_err(blame("cannot write the ledger"))?;
    Ok(())
}

/// Enters what was just made: the schema, its types and its tables. What belongs to a table goes with it.
///
/// # Errors
///
/// The server's.
pub fn enter_objects(transaction: &mut Transaction<'_>, load_id: i64, schema: &str) -> Result<()> {
    let query = "
        WITH made AS (SELECT oid FROM pg_namespace WHERE nspname = $2),
        object (rank, kind, name, object_oid) AS (
          SELECT 1, 'schema', $2::text, oid FROM made
          UNION ALL
          SELECT 2, 'type', typname, pg_type.oid FROM pg_type JOIN made ON typnamespace = made.oid WHERE typtype = 'e'
          UNION ALL
          SELECT 3, 'table', relname, pg_class.oid FROM pg_class JOIN made ON relnamespace = made.oid WHERE relkind = 'r'
        )
        INSERT INTO seedmill.objects (load_id, position, kind, name, object_oid)
        SELECT $1, row_number() OVER (ORDER BY rank, object_oid), kind, name, object_oid FROM object";
    transaction.execute(query, &[&load_id, &schema]).map_err(blame("cannot write the ledger"))?;
    Ok(())
}

/// What was made for a schema, the last first.
///
/// # Errors
///
/// The server's.
pub fn objects(client: &mut impl GenericClient, load_id: i64) -> Result<Vec<Object>> {
    let query =
        "SELECT kind, name, object_oid FROM seedmill.objects WHERE load_id = $1 ORDER BY position DESC";
    let rows = client.query(query, &[&load_id]).map_err(blame("cannot read the ledger"))?;
    Ok(rows.iter().map(|row| Object { kind: row.get(0), name: row.get(1), oid: row.get(2) }).collect())
}

/// The parts that are not there yet, the largest first.
///
/// # Errors
///
/// The server's.
pub fn pending(client: &mut impl GenericClient, load_id: i64) -> Result<Vec<Pending>> {
    let query = "SELECT entity, file, bytes FROM seedmill.parts \
                 WHERE load_id = $1 AND transaction_id IS NULL ORDER BY bytes DESC, file";
    let rows = client.query(query, &[&load_id]).map_err(blame("cannot read the ledger"))?;
    let part = |row: &postgres::Row| Pending {
        entity: row.get(0),
        file: row.get(1),
        bytes: row.get::<_, i64>(2) as u64,
    };
    Ok(rows.iter().map(part).collect())
}

/// Takes parts for this transaction. False if one of them is there already or another loader holds it.
///
/// # Errors
///
/// The server's.
pub fn claim(transaction: &mut Transaction<'_>, load_id: i64, files: &[&str]) -> Result<bool> {
    let query = "SELECT file FROM seedmill.parts WHERE load_id = $1 AND file = ANY($2) \
                 AND transaction_id IS NULL ORDER BY file FOR UPDATE SKIP LOCKED";
    let rows =
        transaction.query(query, &[&load_id, &files]).map_err(blame("cannot take a part from the ledger"))?;
    Ok(rows.len() == files.len())
}

/// Enters that this transaction holds a part's rows, with their figures.
///
/// # Errors
///
/// The server's.
pub fn complete(
    transaction: &mut Transaction<'_>,
    load_id: i64,
    file: &str,
    figures: &Figures,
) -> Result<()> {
    let figures = serde_json::to_value(figures).map_err(Error::internal)?;
    let changed = transaction
        .execute(
            "UPDATE seedmill.parts SET transaction_id = pg_current_xact_id(), figures = $3, loaded_at = now() \
             WHERE load_id = $1 AND file = $2 AND transaction_id IS NULL",
            &[&load_id, &file, &figures],
        )
        .map_err(blame(format!("cannot enter {file} into the ledger")))?;
    match changed {
        1 => Ok(()),
        _ => Err(Error::database(format!("the ledger has lost {file} while it was loaded"))),
    }
}

/// Rows of each entity that are there, as the ledger says.
///
/// # Errors
///
/// The server's.
pub fn loaded_rows(client: &mut impl GenericClient, load_id: i64) -> Result<Vec<(String, u64)>> {
    let query = "SELECT entity, sum(rows)::bigint FROM seedmill.parts \
                 WHERE load_id = $1 AND transaction_id IS NOT NULL GROUP BY entity";
    let rows = client.query(query, &[&load_id]).map_err(blame("cannot read the ledger"))?;
    Ok(rows.iter().map(|row| (row.get(0), row.get::<_, i64>(1) as u64)).collect())
}

/// A part that is there.
pub struct Arrived {
    /// Its file.
    pub file: String,
    /// The low 32 bits of the transaction that brought it: what its rows carry as `xmin`.
    pub transaction: u32,
    /// What was sent.
    pub figures: Figures,
}

/// The parts of an entity that are there and have rows, in the order of their files.
///
/// # Errors
///
/// The server's, or figures that another version of seedmill wrote.
pub fn arrived(client: &mut impl GenericClient, load_id: i64, entity: &str) -> Result<Vec<Arrived>> {
    let query = "SELECT (transaction_id::text::numeric % 4294967296)::bigint, figures, file FROM seedmill.parts \
                 WHERE load_id = $1 AND entity = $2 AND transaction_id IS NOT NULL AND rows > 0 ORDER BY file";
    let rows = client.query(query, &[&load_id, &entity]).map_err(blame("cannot read the ledger"))?;
    rows.iter()
        .map(|row| {
            let file: String = row.get(2);
            let figures = serde_json::from_value(row.get(1))
                .map_err(|error| Error::database(format!("the ledger's figures of {file}: {error}")))?;
            Ok(Arrived { file, transaction: row.get::<_, i64>(0) as u32, figures })
        })
        .collect()
}

/// Counts one more beginning.
///
/// # Errors
///
/// The server's.
pub fn go_on(client: &mut impl GenericClient, load_id: i64) -> Result<()> {
    client
        .execute("UPDATE seedmill.loads SET attempts = attempts + 1 WHERE load_id = $1", &[&load_id])
        .map_err(blame("cannot write the ledger"))?;
    Ok(())
}

/// Makes all that was committed before survive a crash: a durable commit takes along what came before it.
///
/// # Errors
///
/// The server's, or the line is gone.
pub fn settle(client: &mut impl GenericClient, load_id: i64) -> Result<()> {
    let changed = client
        .execute("UPDATE seedmill.loads SET attempts = attempts WHERE load_id = $1", &[&load_id])
        .map_err(blame("cannot write the ledger"))?;
    is_ours(changed)
}

/// A load that was torn down while it went on has no line any more.
fn is_ours(changed: u64) -> Result<()> {
    match changed {
        1 => Ok(()),
        _ => Err(Error::database("the ledger has lost its line: was the schema torn down?")),
    }
}

/// Enters that everything was verified. The commit is durable, and with it all that came before.
///
/// # Errors
///
/// The server's.
pub fn close(client: &mut impl GenericClient, load_id: i64) -> Result<()> {
    let failed = || blame("cannot close the ledger");
    let mut transaction = client.transaction().map_err(failed())?;
    transaction.batch_execute("SET LOCAL synchronous_commit = on").map_err(failed())?;
    let changed = transaction
        .execute("UPDATE seedmill.loads SET completed_at = now() WHERE load_id = $1", &[&load_id])
        .map_err(failed())?;
    is_ours(changed)?;
    transaction.commit().map_err(failed())
}

/// Forgets a schema, its parts and its objects.
///
/// # Errors
///
/// The server's.
pub fn forget(transaction: &mut Transaction<'_>, load_id: i64) -> Result<()> {
    transaction
        .execute("DELETE FROM seedmill.loads WHERE load_id = $1", &[&load_id])
        .map_err(blame("cannot write the ledger"))?;
    Ok(())
}
