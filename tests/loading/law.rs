//! [`exactly_once`]: every row of a dataset is in a schema once, and everything else is as the dataset's own scripts
//! make it.

use postgres::Client;
use seedmill::dataset::ddl::{literal, quote};
use seedmill::dataset::manifest::{EntityManifest, Manifest};
use seedmill::model::ColumnType;
use serde_json::Value;

use crate::datasets::Dataset;
use crate::place::Place;

/// The schema that the dataset's own psql scripts fill.
pub const REFERENCE: &str = "reference";

/// How far a load has come, from what stands in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Nothing,
    Rows,
    Keys,
    Vacuum,
    ForeignKeys,
    Verification,
    Completed,
}

/// Loads the reference copy: a CSV dataset by its scripts.
pub fn make_reference(place: &Place, dataset: &Dataset) -> Manifest {
    place.inside().batch_execute(&format!("CREATE SCHEMA {REFERENCE}")).unwrap();
    for script in ["psql/schema.sql", "psql/load.sql", "psql/constraints.sql"] {
        place.run_script(dataset, script, REFERENCE);
    }
    dataset.manifest()
}

/// The law: counts, keys, rows, catalogue and ledger.
pub fn exactly_once(client: &mut Client, manifest: &Manifest, schema: &str) {
    for entity in &manifest.entities {
        let table = format!("{}.{}", quote(schema), quote(&entity.name));
        assert_eq!(count(client, &format!("SELECT count(*) FROM {table}")), entity.rows as i64, "{table}");
        if let Some(key) = &entity.key {
            let query = format!("SELECT count(DISTINCT {}) FROM {table}", quote(key));
            assert_eq!(count(client, &query), entity.rows as i64, "keys of {table}");
        }
        assert_eq!(differences(client, entity, schema), 0, "rows of {table}");
    }
    assert_eq!(catalogue(client, schema), catalogue(client, REFERENCE), "{schema}");
    assert_eq!(stage(client, schema), Stage::Completed);
}

/// Rows that are in one of the two only, each as often as it is.
fn differences(client: &mut Client, entity: &EntityManifest, schema: &str) -> i64 {
    let columns: Vec<String> = entity
        .shape
        .columns
        .iter()
        .map(|column| {
            let name = quote(&column.name);
            match column.ty {
                // Two schemas have two types of the same labels.
                ColumnType::Enum { .. } => format!("{name}::text"),
                // 0 and -0 are equal.
                ColumnType::Float => format!("float8send({name})"),
                _ => name,
            }
        })
        .collect();
    let columns = columns.join(", ");
    let [one, other] = [schema, REFERENCE]
        .map(|schema| format!("SELECT {columns} FROM {}.{}", quote(schema), quote(&entity.name)));
    let query = format!(
        "SELECT count(*) FROM (({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one})) AS different"
    );
    count(client, &query)
}

/// Columns with types and defaults, keys, indexes, sequences and enums of a schema, without its name.
pub fn catalogue(client: &mut Client, schema: &str) -> Vec<String> {
    let query = "
        SELECT replace(described, quote_ident($1) || '.', '') FROM (
          SELECT format('column %s.%s %s %s %s %s', relname, attname, format_type(atttypid, atttypmod), attnotnull,
                        attidentity, pg_get_expr(adbin, adrelid))
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
            WHERE relnamespace = to_regnamespace(quote_ident($1)) AND relkind = 'r' AND attnum > 0
          UNION ALL
          SELECT format('constraint %s %s %s %s', conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid))
            FROM pg_constraint WHERE connamespace = to_regnamespace(quote_ident($1))
          UNION ALL
          SELECT format('index %s %s', indisvalid, pg_get_indexdef(indexrelid))
            FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = to_regnamespace(quote_ident($1))
          UNION ALL
          SELECT format('sequence %s %s %s', sequencename, start_value, last_value)
            FROM pg_sequences WHERE schemaname = $1
          UNION ALL
          SELECT format('enum %s %s %s', typname, enumsortorder, enumlabel)
            FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid WHERE typnamespace = to_regnamespace(quote_ident($1))
        ) AS everything (described) ORDER BY 1"
        .replace("$1", &literal(schema));
    client.query(&query, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

/// How far the load into a schema has come, measured against the reference.
pub fn stage(client: &mut Client, schema: &str) -> Stage {
    let query = format!(
        "SELECT completed_at IS NOT NULL,
                EXISTS (SELECT FROM seedmill.parts WHERE parts.load_id = loads.load_id AND transaction_id IS NULL),
                EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident({schema}))
                        AND 'autovacuum_enabled=off' = ANY (reloptions)),
                ({}) = ({}) AND ({}) = ({}), ({}) = ({})
         FROM seedmill.loads WHERE schema_name = {schema}",
        indexes(schema),
        indexes(REFERENCE),
        constraints(schema, "'p', 'u'"),
        constraints(REFERENCE, "'p', 'u'"),
        constraints(schema, "'f'"),
        constraints(REFERENCE, "'f'"),
        schema = literal(schema),
    );
    let Some(row) = client.query_opt(&query, &[]).unwrap() else { return Stage::Nothing };
    let (completed, pending, quiet): (bool, bool, bool) = (row.get(0), row.get(1), row.get(2));
    let (keys, foreign_keys): (bool, bool) = (row.get(3), row.get(4));
    match (completed, pending, keys, quiet, foreign_keys) {
        (true, ..) => Stage::Completed,
        (_, true, ..) => Stage::Rows,
        (_, _, false, ..) => Stage::Keys,
        (_, _, _, true, _) => Stage::Vacuum,
        (.., false) => Stage::ForeignKeys,
        (.., true) => Stage::Verification,
    }
}

fn indexes(schema: &str) -> String {
    let schema = literal(schema);
    format!(
        "SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
         WHERE relnamespace = to_regnamespace(quote_ident({schema}))"
    )
}

fn constraints(schema: &str, kinds: &str) -> String {
    let schema = literal(schema);
    format!(
        "SELECT count(*) FROM pg_constraint
         WHERE connamespace = to_regnamespace(quote_ident({schema})) AND contype IN ({kinds}) AND convalidated"
    )
}

/// Parts that are there, of all or of one file's name.
pub fn parts_loaded(client: &mut Client, like: &str) -> i64 {
    let query = "SELECT count(*) FROM seedmill.parts WHERE transaction_id IS NOT NULL AND file LIKE $1";
    client.query_one(query, &[&like]).unwrap().get(0)
}

/// What a load that has not ended may have left: of each table just the rows of the parts that the ledger has.
pub fn whole_parts_only(client: &mut Client, manifest: &Manifest, schema: &str) {
    for entity in &manifest.entities {
        let query = format!(
            "SELECT (SELECT count(*) FROM {}.{}) - coalesce((SELECT sum(rows) FROM seedmill.parts
             JOIN seedmill.loads USING (load_id) WHERE schema_name = {} AND entity = {}
             AND transaction_id IS NOT NULL), 0)::bigint",
            quote(schema),
            quote(&entity.name),
            literal(schema),
            literal(&entity.name)
        );
        assert_eq!(count(client, &query), 0, "rows of {} without a part", entity.name);
    }
}

pub fn count(client: &mut Client, query: &str) -> i64 {
    client.query_one(query, &[]).unwrap_or_else(|error| panic!("{query}: {error:?}")).get(0)
}

/// The newest record of the place.
pub fn latest_record(place: &Place) -> Value {
    let path = place.out().join("perf-data/latest_run.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The newest record must be of a failure for this reason.
pub fn failed_because(place: &Place, words: &str) -> Value {
    let record = latest_record(place);
    assert_eq!(record["status"], "FAILED", "{record}");
    assert!(record["errors"].to_string().contains(words), "{words}: {record}");
    record
}

/// How many records there are.
pub fn records(place: &Place) -> usize {
    let Ok(files) = std::fs::read_dir(place.out().join("perf-data")) else { return 0 };
    let names = files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("run_") && name.ends_with(".json")).count()
}
