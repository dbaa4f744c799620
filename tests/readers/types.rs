//! Every type and every awkward name and value comes out of every format as it went in.

use std::ffi::OsStr;
use std::path::Path;

use serde_json::Value;

use super::oracles::{ask, python};
use super::support::{Dataset, said, seedmill};

const MODEL: &str = "tests/models/every_type.yaml";
/// The entity that has a column of every type.
pub const LINES: &str = "order's \"lines\" $HOME `x` 🛒";

/// The model's dataset in three parts.
pub fn every_type(options: &[&str]) -> Dataset {
    let options: Vec<&str> = ["--band=small", "--shards=3"].iter().chain(options).copied().collect();
    Dataset::generate(MODEL, &options)
}

fn as_others_read_it(python: &Path, dataset: &Dataset) -> Value {
    serde_json::from_str(&ask(python, "read_every_type.py", dataset, &[])).expect("JSON")
}

fn types<'v>(read: &'v Value, reader: &str, columns: &[&str]) -> Vec<&'v str> {
    let of = |column: &&str| read[LINES]["columns"][*column][reader].as_str().expect("a type");
    columns.iter().map(of).collect()
}

/// A column of every type, of its name.
pub const TYPED: [&str; 17] = [
    "uuid",
    "text",
    "integer",
    "bigint",
    "float",
    "boolean",
    "decimal(10,2)",
    "decimal(38,10)",
    "timestamp",
    "date",
    "enum",
    "datetime",
    "json",
    "texts",
    "integers",
    "uuids",
    "times",
];

#[test]
fn duckdb_and_pyarrow_give_parquet_its_types() {
    let Some(python) = python() else { return };
    let read = as_others_read_it(&python, &every_type(&[]));
    let duckdb = [
        "UUID",
        "VARCHAR",
        "INTEGER",
        "BIGINT",
        "DOUBLE",
        "BOOLEAN",
        "DECIMAL(10,2)",
        "DECIMAL(38,10)",
        "TIMESTAMP WITH TIME ZONE",
        "DATE",
        "VARCHAR",
        "TIMESTAMP",
        "JSON",
        "VARCHAR[]",
        "INTEGER[]",
        "UUID[]",
        "TIMESTAMP WITH TIME ZONE[]",
    ];
    let pyarrow = [
        "extension<arrow.uuid>",
        "string",
        "int32",
        "int64",
        "double",
        "bool",
        "decimal128(10, 2)",
        "decimal128(38, 10)",
        "timestamp[us, tz=UTC]",
        "date32[day]",
        "string",
        "timestamp[us]",
        "extension<arrow.json>",
        "list<element: string>",
        "list<element: int32>",
        "list<element: extension<arrow.uuid>>",
        "list<element: timestamp[us, tz=UTC]>",
    ];
    assert_eq!(types(&read, "duckdb", &TYPED), duckdb);
    assert_eq!(types(&read, "pyarrow", &TYPED), pyarrow);
    assert_eq!(read[LINES]["parts"], 3);
}

#[test]
fn the_spark_profile_has_no_type_that_spark_refuses() {
    let Some(python) = python() else { return };
    let read = as_others_read_it(&python, &every_type(&["--parquet-profile=spark"]));
    for entity in ["order", LINES] {
        let columns = read[entity]["columns"].as_object().expect("columns");
        assert!(!columns.is_empty());
        for (name, column) in columns {
            let kind = column["pyarrow"].as_str().expect("a type");
            let refused = ["uuid", "uint", "time32", "time64", "binary", "dictionary", "large"];
            assert!(!refused.iter().any(|word| kind.contains(word)), "{name} is {kind}");
        }
    }
    assert_eq!(types(&read, "pyarrow", &["uuid"]), ["string"]);
}

#[test]
fn all_formats_and_profiles_hold_the_same_rows() {
    let Some(python) = python() else { return };
    let typed = every_type(&[]);
    for options in [["--format=csv"], ["--format=csv.zst"], ["--parquet-profile=spark"]] {
        let other = every_type(&options);
        as_others_read_it(&python, &other);
        let path = other.path.to_str().expect("a UTF-8 path");
        let found = ask(&python, "same_rows.py", &typed, &[path]);
        assert_eq!(found.lines().count(), 3, "{found}");
    }
}

#[test]
fn readers_accept_parts_without_rows() {
    let Some(python) = python() else { return };
    for format in ["parquet", "csv", "csv.zst"] {
        let dataset = Dataset::generate(MODEL, &["--band=empty", "--format", format]);
        let read = as_others_read_it(&python, &dataset);
        assert_eq!(read["order"]["rows"]["pyarrow"], 0, "{format}");
        assert_eq!(read[LINES]["columns"].as_object().expect("columns").len(), 33, "{format}");
    }
}

/// The model that a dataset keeps is its own: with the seed it makes every byte again.
#[test]
fn the_kept_model_of_every_type_makes_it_again() {
    let dataset = every_type(&["--format=csv"]);
    let output = seedmill([OsStr::new("verify"), dataset.path.as_os_str(), OsStr::new("--regenerate")]);
    assert!(output.status.success(), "{}", said(&output));
    let model = std::fs::read_to_string(dataset.path.join("model.yaml")).expect("the model");
    assert!(model.contains("$$HOME `id` $$5 $$$$"), "{model}");
}
