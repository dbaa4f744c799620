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
use seedmill::dataset::manifest::{EntityManifest, Manifest};
use seedmill::dataset::reader::PartReader;
use seedmill::dataset::table::ShapeColumn;
use seedmill::model::ColumnType;
use support::{Dataset, SMALL_CHAT, printed, said};

const EVERY_TYPE: &str = "tests/models/every_type.yaml";

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

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value as an unmistakable text: texts and floats by their bytes, so that NULL differs from every one.
fn in_postgres(column: &ShapeColumn) -> String {
    let name = quoted(&column.name);
    let text = match column.ty {
        ColumnType::Text | ColumnType::Enum { .. } => {
            format!("encode(convert_to({name}::text, 'UTF8'), 'hex') || '.'")
        }
        ColumnType::Float => format!("encode(float8send({name}), 'hex')"),
        ColumnType::Timestamp => format!("(extract(epoch from {name}) * 1000000)::bigint::text"),
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
        ColumnType::Text | ColumnType::Enum { .. } => {
            format!("{}.", hex(array.as_string::<i32>().value(row).as_bytes()))
        }
        ColumnType::Integer => array.as_primitive::<Int32Type>().value(row).to_string(),
        ColumnType::BigInteger => array.as_primitive::<Int64Type>().value(row).to_string(),
        ColumnType::Float => hex(&array.as_primitive::<Float64Type>().value(row).to_be_bytes()),
        ColumnType::Decimal { .. } => array.as_primitive::<Decimal128Type>().value_as_string(row),
        ColumnType::Boolean => array.as_boolean().value(row).to_string(),
        ColumnType::Timestamp => array.as_primitive::<TimestampMicrosecondType>().value(row).to_string(),
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

fn rows_in_postgres(database: &Database, entity: &EntityManifest) -> Vec<String> {
    let values: Vec<String> = entity.shape.columns.iter().map(in_postgres).collect();
    let query = format!("SELECT concat_ws(' ', {}) FROM {}", values.join(", "), quoted(&entity.name));
    let mut rows = database.lines(&query);
    rows.sort_unstable();
    rows
}

/// How many keys of a kind a table has: p primary, u unique, f foreign.
fn keys(database: &Database, entity: &EntityManifest, kind: char) -> usize {
    let table = quoted(&entity.name).replace('\'', "''");
    let query = format!(
        "SELECT count(*) FROM pg_constraint WHERE contype = '{kind}' AND convalidated AND conrelid = '{table}'::regclass"
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
    for entity in &manifest.entities {
        let loaded = rows_in_postgres(database, entity);
        assert_eq!(loaded.len() as u64, entity.rows, "rows of {}", entity.name);
        let written = rows_in_files(dataset, &manifest, entity);
        for (loaded, written) in loaded.iter().zip(&written) {
            assert_eq!(loaded, written, "a row of {}", entity.name);
        }
        let alone = |column: &&ShapeColumn| column.unique && entity.key.as_ref() != Some(&column.name);
        let unique = entity.shape.columns.iter().filter(alone).count() + entity.unique.len();
        assert_eq!(keys(database, entity, 'p'), usize::from(entity.key.is_some()), "{}", entity.name);
        assert_eq!(keys(database, entity, 'u'), unique, "{}", entity.name);
        assert_eq!(keys(database, entity, 'f'), entity.foreign_keys.len(), "{}", entity.name);
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
    for word in ["are Parquet", "--format csv or csv.zst"] {
        assert!(said.contains(word), "{said}");
    }
}
