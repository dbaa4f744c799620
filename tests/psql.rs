//! A dataset's psql scripts in a real Postgres: every value arrives, every key holds, and what cannot be loaded says
//! so. Needs SEEDMILL_TEST_POSTGRES and `psql`; what is missing is skipped and named on stderr.

#![expect(clippy::print_stderr, reason = "a skipped test says why")]

#[path = "readers/support.rs"]
mod support;

use std::path::Path;
use std::process::{Command, Output};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use seedmill::dataset::ddl::{self, Ddl};
use seedmill::dataset::manifest::{EntityManifest, Manifest};
use seedmill::dataset::reader::PartReader;
use seedmill::dataset::table::ShapeColumn;
use seedmill::model::ColumnType;
use support::{Dataset, SMALL_CHAT, printed, said};

const EVERY_TYPE: &str = "tests/models/every_type.yaml";
const TABLES: &str = "tests/models/tables.yaml";
const KEYS: &str = "tests/models/keys.yaml";

/// A database of its own, dropped with the value.
struct Database {
    server: String,
    name: String,
}

impl Database {
    /// A fresh database; nothing, and a line on stderr, without a server.
    fn create(test: &str) -> Option<Self> {
        let Ok(server) = std::env::var("SEEDMILL_TEST_POSTGRES") else {
            eprintln!("skipped: SEEDMILL_TEST_POSTGRES names no server");
            return None;
        };
        let database = Self { server, name: format!("seedmill_{test}_{}", std::process::id()) };
        database.maintain(&format!("DROP DATABASE IF EXISTS {}", database.name));
        database.maintain(&format!("CREATE DATABASE {}", database.name));
        Some(database)
    }

    fn maintain(&self, statement: &str) {
        let output =
            Command::new("psql").args([&self.server, "-Xqc", statement]).output().expect("psql starts");
        assert!(output.status.success(), "{}", said(&output));
    }

    /// psql in a folder, as a user calls it.
    fn psql(&self, folder: &Path, encoding: &str, arguments: &[&str]) -> Output {
        let (server, _) = self.server.rsplit_once('/').expect("a URL with a database");
        Command::new("psql")
            .arg(format!("{server}/{}", self.name))
            .args(["-Xq", "-v", "ON_ERROR_STOP=1"])
            .args(arguments)
            .current_dir(folder)
            .env("PGCLIENTENCODING", encoding)
            .output()
            .expect("psql starts")
    }

    /// Runs a script of a dataset; a client of another encoding must not spoil what is UTF-8.
    fn try_run(&self, dataset: &Dataset, script: &str) -> Output {
        self.psql(&dataset.path, "LATIN1", &["-f", script])
    }

    fn run(&self, dataset: &Dataset, script: &str) {
        let output = self.try_run(dataset, script);
        assert!(output.status.success(), "{script}: {}", said(&output));
        assert_eq!(said(&output), "", "{script}");
    }

    fn lines(&self, query: &str) -> Vec<String> {
        let output = self.psql(Path::new("/"), "UTF8", &["-Atc", query]);
        assert!(output.status.success(), "{query}: {}", said(&output));
        printed(&output).lines().map(str::to_owned).collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let _ = Command::new("psql").args([&self.server, "-Xqc", &statement]).output();
    }
}

fn has_zstd() -> bool {
    let found = Command::new("zstd").arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: there is no zstd to read CSV.zst with");
    }
    found
}

/// A value as an unmistakable text: texts and floats by their bytes, so that NULL differs from every one.
fn in_postgres(column: &ShapeColumn, name: &str) -> String {
    let text = match column.ty {
        ColumnType::Text | ColumnType::Enum { .. } | ColumnType::Json | ColumnType::Array { .. } => {
            format!("encode(convert_to({name}::text, 'UTF8'), 'hex') || '.'")
        }
        ColumnType::Float => format!("encode(float8send({name}), 'hex')"),
        ColumnType::Timestamp | ColumnType::DateTime => {
            format!("(extract(epoch from {name}) * 1000000)::bigint::text")
        }
        ColumnType::Date => format!("({name} - date '1970-01-01')::text"),
        ColumnType::Uuid
        | ColumnType::Integer
        | ColumnType::BigInteger
        | ColumnType::Decimal { .. }
        | ColumnType::Boolean
        | ColumnType::Interval => format!("{name}::text"),
    };
    format!("coalesce({text}, 'NULL')")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same of what our reader finds.
fn in_files(array: &dyn Array, ty: &ColumnType, row: usize) -> String {
    if array.is_null(row) {
        return "NULL".to_owned();
    }
    match ty {
        ColumnType::Uuid => {
            let digits = hex(array.as_fixed_size_binary().value(row));
            [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
        }
        ColumnType::Text | ColumnType::Enum { .. } | ColumnType::Json | ColumnType::Array { .. } => {
            format!("{}.", hex(array.as_string::<i32>().value(row).as_bytes()))
        }
        ColumnType::Integer => array.as_primitive::<Int32Type>().value(row).to_string(),
        ColumnType::BigInteger => array.as_primitive::<Int64Type>().value(row).to_string(),
        ColumnType::Float => hex(&array.as_primitive::<Float64Type>().value(row).to_be_bytes()),
        ColumnType::Decimal { .. } => array.as_primitive::<Decimal128Type>().value_as_string(row),
        ColumnType::Boolean => array.as_boolean().value(row).to_string(),
        ColumnType::Timestamp | ColumnType::DateTime => {
            array.as_primitive::<TimestampMicrosecondType>().value(row).to_string()
        }
        ColumnType::Date => array.as_primitive::<Date32Type>().value(row).to_string(),
        ColumnType::Interval => unreachable!("no column is an interval"),
    }
}

fn rows_in_files(dataset: &Dataset, manifest: &Manifest, entity: &EntityManifest) -> Vec<String> {
    let mut rows = Vec::new();
    for part in &entity.parts {
        let reader =
            PartReader::open(&dataset.path.join(&part.file), &entity.shape, manifest.format).unwrap();
        for batch in reader {
            let batch: RecordBatch = batch.unwrap();
            rows.extend((0..batch.num_rows()).map(|row| {
                let values = entity.shape.columns.iter().zip(batch.columns());
                let texts: Vec<String> =
                    values.map(|(column, array)| in_files(array, &column.ty, row)).collect();
                texts.join(" ")
            }));
        }
    }
    rows.sort_unstable();
    rows
}

fn rows_in_postgres(database: &Database, entity: &EntityManifest, table: &ddl::Table) -> Vec<String> {
    let columns = entity.shape.columns.iter().zip(&table.columns);
    let values: Vec<String> = columns.map(|(column, there)| in_postgres(column, &there.quoted)).collect();
    let query = format!("SELECT concat_ws(' ', {}) FROM {}", values.join(", "), table.name);
    let mut rows = database.lines(&query);
    rows.sort_unstable();
    rows
}

/// How many keys of a kind a table has: p primary, u unique, f foreign.
fn keys(database: &Database, table: &ddl::Table, kind: char) -> usize {
    let table = ddl::literal(&table.name);
    let query = format!(
        "SELECT count(*) FROM pg_constraint WHERE contype = '{kind}' AND convalidated AND conrelid = {table}::regclass"
    );
    database.lines(&query)[0].parse().expect("a count")
}

fn load(database: &Database, dataset: &Dataset) -> Manifest {
    for script in ["psql/schema.sql", "psql/load.sql", "psql/constraints.sql"] {
        database.run(dataset, script);
    }
    Manifest::read(&dataset.path).unwrap()
}

fn assert_loaded(database: &Database, dataset: &Dataset) {
    let manifest = load(database, dataset);
    let tables = Ddl::of(&manifest, None).tables;
    for (entity, table) in manifest.entities.iter().zip(&tables) {
        let loaded = rows_in_postgres(database, entity, table);
        assert_eq!(loaded.len() as u64, entity.rows, "rows of {}", entity.name);
        let written = rows_in_files(dataset, &manifest, entity);
        for (loaded, written) in loaded.iter().zip(&written) {
            assert_eq!(loaded, written, "a row of {}", entity.name);
        }
        let alone = |column: &&ShapeColumn| column.unique && entity.key.as_ref() != Some(&column.name);
        let unique = entity.shape.columns.iter().filter(alone).count() + entity.unique.len();
        let primary = entity.key.is_some() || !entity.composite_key.is_empty();
        assert_eq!(keys(database, table, 'p'), usize::from(primary), "{}", entity.name);
        assert_eq!(keys(database, table, 'u'), unique, "{}", entity.name);
        assert_eq!(keys(database, table, 'f'), entity.foreign_keys.len(), "{}", entity.name);
    }
}

fn small_chat(format: &str) -> Dataset {
    let options: Vec<&str> = ["--band=dev", "--shards=3", "--format", format]
        .iter()
        .chain(SMALL_CHAT)
        .chain(&["--set=band.messages=8K"])
        .copied()
        .collect();
    Dataset::generate("configs/chat", &options)
}

fn small_shop(format: &str) -> Dataset {
    let small = ["users=2000", "products=1000", "orders=2000", "order_items=6000"];
    let small: Vec<String> = small.iter().map(|number| format!("--set=band.{number}")).collect();
    let fixed = ["--band=dev", "--shards=2", "--format", format];
    let options: Vec<&str> = fixed.into_iter().chain(small.iter().map(String::as_str)).collect();
    Dataset::generate("configs/shop", &options)
}

fn every_type(format: &str) -> Dataset {
    Dataset::generate(EVERY_TYPE, &["--band=small", "--shards=3", "--format", format])
}

fn tables() -> Dataset {
    Dataset::generate(TABLES, &["--band=small", "--shards=2", "--format=csv"])
}

#[test]
fn every_value_and_key_of_chat_arrives_from_csv() {
    let Some(database) = Database::create("chat_csv") else { return };
    assert_loaded(&database, &small_chat("csv"));
}

#[test]
fn every_value_and_key_of_chat_arrives_from_compressed_csv() {
    let Some(database) = Database::create("chat_zst") else { return };
    if has_zstd() {
        assert_loaded(&database, &small_chat("csv.zst"));
    }
}

#[test]
fn every_value_and_key_of_shop_arrives_from_csv() {
    let Some(database) = Database::create("shop_csv") else { return };
    assert_loaded(&database, &small_shop("csv"));
}

#[test]
fn every_value_and_key_of_shop_arrives_from_compressed_csv() {
    let Some(database) = Database::create("shop_zst") else { return };
    if has_zstd() {
        assert_loaded(&database, &small_shop("csv.zst"));
    }
}

#[test]
fn every_type_and_awkward_name_arrives_from_csv() {
    let Some(database) = Database::create("types_csv") else { return };
    assert_loaded(&database, &every_type("csv"));
}

#[test]
fn every_type_and_awkward_name_arrives_from_compressed_csv() {
    let Some(database) = Database::create("types_zst") else { return };
    if has_zstd() {
        assert_loaded(&database, &every_type("csv.zst"));
    }
}

#[test]
fn keys_of_several_columns_and_references_into_the_own_table_arrive_from_csv() {
    let Some(database) = Database::create("keys_csv") else { return };
    assert_loaded(&database, &Dataset::generate(KEYS, &["--shards=2", "--format=csv"]));
    let query = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = 'parcels'::regclass AND contype <> 'n' ORDER BY conname";
    assert_eq!(
        database.lines(query),
        [
            r#"parcels_orderId_line_fkey|FOREIGN KEY ("orderId", line) REFERENCES lines("orderId", line)"#,
            r#"parcels_pkey|PRIMARY KEY ("orderId", line, parcel)"#,
        ]
    );
    // A tree of all who were invited, from the roots down: no row is left out, so that none is in a circle.
    let query = r#"WITH RECURSIVE tree AS (SELECT id FROM people WHERE "invitedBy" IS NULL
        UNION ALL SELECT p.id FROM people p JOIN tree ON p."invitedBy" = tree.id)
        SELECT (SELECT count(*) FROM tree) = (SELECT count(*) FROM people)"#;
    assert_eq!(database.lines(query), ["t"]);
}

#[test]
fn null_and_the_empty_text_and_texts_of_several_lines_stay_apart() {
    let Some(database) = Database::create("texts") else { return };
    load(&database, &every_type("csv"));
    let query = r#"SELECT count(*) FILTER (WHERE "where" IS NULL) > 0, count(*) FILTER (WHERE "where" = '') > 0,
        count(*) FILTER (WHERE "where" = E'two\nlines') > 0, count(*) FILTER (WHERE "where" = 'say "hi"') > 0,
        count(*) FILTER (WHERE "where" = 'a,b') > 0, count(*) FILTER (WHERE "where" LIKE '🦀%') > 0,
        count(DISTINCT "where") FROM "order""#;
    assert_eq!(database.lines(query), ["t|t|t|t|t|t|17"]);
}

#[test]
fn a_damaged_part_loads_nothing_at_all() {
    let Some(database) = Database::create("damaged") else { return };
    if !has_zstd() {
        return;
    }
    let dataset = small_chat("csv.zst");
    database.run(&dataset, "psql/schema.sql");
    let part = dataset.path.join("message_reads/part-00000.csv.zst");
    let bytes = std::fs::read(&part).unwrap();
    std::fs::write(&part, &bytes[..bytes.len() / 2]).unwrap();
    let output = database.try_run(&dataset, "psql/load.sql");
    assert!(!output.status.success());
    assert_eq!(database.lines("SELECT count(*) FROM users"), ["0"]);
}

#[test]
fn the_load_script_of_a_parquet_dataset_says_what_to_do() {
    let Some(database) = Database::create("parquet") else { return };
    let dataset = every_type("parquet");
    database.run(&dataset, "psql/schema.sql");
    let output = database.try_run(&dataset, "psql/load.sql");
    assert!(!output.status.success(), "a script that goes on would put keys on empty tables");
    let said = said(&output);
    for word in ["are Parquet", "seedmill load", "--format csv or csv.zst"] {
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn hostile_names_and_values_arrive() {
    let Some(database) = Database::create("hostile") else { return };
    let dataset = tables();
    assert_loaded(&database, &dataset);
    // Postgres cuts what is asked for as the scripts cut it; of two that are cut alike the first is found.
    let long = r#"SELECT count("it's a ""name"" of 63 bytes and more, with quotes, that a database cuts 🦀"),
        max("éééééééééééééééééééééééééééééééééééé") FROM "select""#;
    assert_eq!(database.lines(long), ["40|1"]);
    let kinds = r#"SELECT count(DISTINCT kind), max(length(kind)) FROM select_state"#;
    assert_eq!(database.lines(kinds), ["2|80"]);
    let output = database.psql(Path::new("/"), "UTF8", &["-c", "UPDATE select_state SET kind = 'c'"]);
    assert!(
        said(&output).contains("violates check constraint \"select_state_kind_check\""),
        "{}",
        said(&output)
    );
}

/// A row of which an application names as little as it can.
#[test]
fn defaults_and_sequences_serve_an_application_after_the_load() {
    let Some(database) = Database::create("defaults") else { return };
    load(&database, &tables());
    let first = "\"a table whose name is longer than the sixty-three bytes that Po\"";
    let insert = format!("INSERT INTO {first} DEFAULT VALUES RETURNING id, fixed, text, \"integer\", \"bigint\", \"float\",
        endless, \"decimal\", \"boolean\", \"timestamp\" = '9999-12-31T23:59:59.999999Z', midnight = '2025-07-28T00:00:00Z',
        date, today = (now() AT TIME ZONE 'UTC')::date, substr(uuid::text, 15, 1)");
    let rest = "00000000-0000-0000-0000-00000000000a||-2147483648|-9223372036854775808|1e-07|-Infinity|\
        -9999999999999999999999999999.9999999999|f|t|t|1900-01-01|t|4";
    // In a session of another zone: what a default means depends on no setting.
    let zoned = format!("SET timezone = 'Pacific/Kiritimati'; {insert}");
    for (statement, number) in [(&insert, 100), (&zoned, 101)] {
        assert_eq!(database.lines(statement), [format!("{number}|{rest}")]);
    }
    // 40 rows from -9 and from 1: the next numbers are fresh.
    let insert = "INSERT INTO select_state (\"select\") VALUES (1) RETURNING number, kind";
    assert_eq!(database.lines(insert), ["31|b"]);
    let insert = r#"INSERT INTO "select" VALUES (DEFAULT, 0, DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT, 'x')
        RETURNING id, "from", replace("% :name :'x' %1$s", E'\n', '/'), "created at" = now(), "a descending", replace(state::text, E'\n', '/')"#;
    assert_eq!(database.lines(insert), [r#"41|now|% ':x' \ " $1 $$ /|t|t|two/lines"#]);
    let keys = r#"INSERT INTO "a table whose name is longer than the sixty-th_8e98e00b4567bea8" (parent, given)
        SELECT 1, gen_random_uuid() RETURNING substr(id::text, 15, 1)"#;
    assert_eq!(database.lines(keys), ["4"]);
}

/// What a schema has: columns with types and defaults, constraints, indexes with their columns.
fn catalogue(database: &Database, schema: &str) -> Vec<String> {
    let name = ddl::literal(schema);
    let relations = format!("relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = {name})");
    let columns = format!(
        "SELECT relname, relkind, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
           pg_get_expr(adbin, adrelid), indkey, indoption, indisunique, indisprimary
         FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
         LEFT JOIN pg_index ON indexrelid = pg_class.oid WHERE {relations} AND (attnum > 0)"
    );
    let constraints = format!(
        "SELECT relname, conname, contype, convalidated, pg_get_constraintdef(pg_constraint.oid)
         FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid WHERE {relations}"
    );
    let sequences = format!(
        "SELECT sequencename, start_value, min_value, last_value FROM pg_sequences WHERE schemaname = {name}"
    );
    let mut lines = Vec::new();
    for query in [columns, constraints, sequences] {
        lines.extend(database.lines(&format!("SET search_path = {}; {query}", ddl::quote(schema))));
    }
    lines.sort_unstable();
    lines
}

/// The steps that a loader takes one by one, in a schema of its own, come to what the scripts come to.
#[test]
fn scripts_and_single_steps_make_the_same_tables() {
    let Some(database) = Database::create("steps") else { return };
    for dataset in [tables(), small_shop("csv")] {
        let manifest = load(&database, &dataset);
        let schema = format!("{} % 'it''s' steps", manifest.model.len());
        let mut ddl = Ddl::of(&manifest, Some(&schema));
        let mut statements = vec![format!("CREATE SCHEMA {}", ddl::quote(&schema))];
        statements.append(&mut ddl.types);
        statements.extend(ddl.tables.iter().map(ddl::Table::create));
        for (table, plain) in ddl.tables.iter().zip(&Ddl::of(&manifest, None).tables) {
            let values = table.columns.iter();
            let values = values.map(|column| format!("{}::text::{}", column.quoted, column.type_name));
            let values = values.collect::<Vec<_>>().join(", ");
            statements.push(format!("INSERT INTO {} SELECT {values} FROM public.{}", table.name, plain.name));
            let keys = table.keys.iter().flat_map(|key| [key.create_index(), key.attach()]);
            statements.extend(keys.chain(table.indexes.iter().map(ddl::Index::create)));
            statements.extend(table.sequences.iter().map(ddl::Sequence::set));
        }
        for key in ddl.tables.iter().flat_map(|table| &table.foreign_keys) {
            assert_eq!(key.refused, None);
            statements.extend([key.add_not_valid(), key.validate()]);
        }
        let script = dataset.path.join("steps.sql");
        std::fs::write(&script, statements.join(";\n") + ";\n").unwrap();
        let output = database.psql(&dataset.path, "UTF8", &["-f", "steps.sql"]);
        assert_eq!(said(&output), "");
        let scripts = catalogue(&database, "public");
        for kind in ["_idx", "_pkey|p|t|", "_fkey|f|t|"] {
            assert!(scripts.iter().any(|line| line.contains(kind)), "{kind}: {scripts:?}");
        }
        assert_eq!(catalogue(&database, &schema), scripts);
        database.lines("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }
}
