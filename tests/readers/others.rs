//! Spark reads its own profile and polars the standard one, every type and every value.

use std::path::Path;

use serde_json::{Map, Value};

use super::oracles::{ask, ask_with, java, python};
use super::types::{LINES, TYPED, every_type};

/// Entity by entity as many rows as DuckDB counts, and the same.
fn assert_the_same_rows(read: &Map<String, Value>, reader: &str) {
    let rows: Vec<u64> =
        read.values().map(|entity| entity["rows"][reader].as_u64().expect("a count")).collect();
    assert_eq!(rows, [300, 300, 1200], "of -single, order and lines");
    for (name, entity) in read {
        assert_eq!(entity["rows"]["duckdb"], entity["rows"][reader], "{name}");
        assert_eq!(entity["differing_rows"], 0, "{name}");
    }
}

fn types<'v>(read: &'v Map<String, Value>, columns: &[&str]) -> Vec<&'v str> {
    columns.iter().map(|column| read[LINES]["columns"][*column].as_str().expect("a type")).collect()
}

/// One Spark for all that is asked of it: it takes longer to start than to read.
#[test]
fn spark_reads_its_profile_and_refuses_the_uuids_of_the_other() {
    let (Some(python), Some(java)) = (python(), java()) else { return };
    let (spark, standard) = (every_type(&["--parquet-profile=spark"]), every_type(&[]));
    let standard = standard.path.to_str().expect("a UTF-8 path");
    let found =
        ask_with(&python, &[("JAVA_HOME", Path::new(&java))], "read_with_spark.py", &spark, &[standard]);
    let found: Value = serde_json::from_str(&found).expect("JSON");

    let read = found["read"].as_object().expect("entities");
    assert_the_same_rows(read, "spark");
    let expected = [
        "string",
        "string",
        "int",
        "bigint",
        "double",
        "boolean",
        "decimal(10,2)",
        "decimal(38,10)",
        "timestamp",
        "date",
        "string",
        "timestamp_ntz",
        "string",
        "array<string>",
        "array<int>",
        "array<string>",
        "array<timestamp>",
    ];
    assert_eq!(types(read, &TYPED), expected);
    assert_eq!(found["joined"], 1200, "every line has its order");

    // Why the profile exists. Spark 4.3 reads the floats of the standard one, which older ones refuse: split bytes.
    let refused = &found["refused"];
    let whole = refused["whole"].as_str().expect("a refusal");
    assert!(whole.contains("Illegal Parquet type: FIXED_LEN_BYTE_ARRAY (UUID)"), "{whole}");
    let columns = refused["columns"].as_object().expect("columns");
    let names: Vec<&str> = columns.keys().map(String::as_str).collect();
    assert_eq!(names, ["the \"quoted\" id", "order select", "uuid", "uuids"]);
    for (name, said) in columns {
        let said = said.as_str().unwrap_or_else(|| panic!("{name} is read"));
        assert!(said.contains("physicalType: FIXED_LEN_BYTE_ARRAY"), "{name}: {said}");
    }
    assert_eq!(refused["differing_rows_without_them"], 0);
}

/// It has no type for a UUID, and gives its 16 bytes; the rest has its own type.
#[test]
fn polars_reads_the_standard_profile() {
    let Some(python) = python() else { return };
    let found: Value =
        serde_json::from_str(&ask(&python, "read_with_polars.py", &every_type(&[]), &[])).expect("JSON");
    let read = found.as_object().expect("entities");
    assert_the_same_rows(read, "polars");
    let expected = [
        "Binary",
        "String",
        "Int32",
        "Int64",
        "Float64",
        "Boolean",
        "Decimal(precision=10, scale=2)",
        "Decimal(precision=38, scale=10)",
        "Datetime(time_unit='us', time_zone='UTC')",
        "Date",
        "String",
        "Datetime(time_unit='us', time_zone=None)",
        "Extension('arrow.json', String, '')",
        "List(String)",
        "List(Int32)",
        "List(Binary)",
        "List(Datetime(time_unit='us', time_zone='UTC'))",
    ];
    assert_eq!(types(read, &TYPED), expected);
}
