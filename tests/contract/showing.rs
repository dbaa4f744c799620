//! `show` computes the very row that stands in the file, with its parents.

use std::collections::BTreeMap;

use seedmill::dataset::csv_reader::{CsvReader, CsvRecord};
use seedmill::dataset::manifest::{EntityManifest, Manifest};
use serde_json::Value;

use crate::support::{CHAT, Dataset, Dice, SHOP, Sample, Workspace};

/// Rows of each entity that are asked for.
const ROWS: u64 = 20;

type Row = BTreeMap<String, Option<String>>;

/// Every row of an entity as its CSV parts spell it.
fn rows(dataset: &Dataset, entity: &EntityManifest) -> Vec<Row> {
    let mut rows = Vec::new();
    for part in &entity.parts {
        let mut reader = CsvReader::new(std::fs::File::open(dataset.file(&part.file)).unwrap());
        let mut record = CsvRecord::default();
        assert!(reader.read(&mut record).unwrap(), "the header");
        while reader.read(&mut record).unwrap() {
            let value = |at| record.value(at).map(|text| String::from_utf8(text.to_vec()).unwrap());
            let columns = entity.shape.columns.iter().enumerate();
            rows.push(columns.map(|(at, column)| (column.name.clone(), value(at))).collect());
        }
    }
    assert_eq!(rows.len() as u64, entity.rows);
    rows
}

fn shown(workspace: &Workspace, dataset: &Dataset, entity: &str, row: u64) -> Vec<(String, Row)> {
    let ran = workspace.run(&["show", dataset.text(), entity, &row.to_string(), "--json"]);
    assert_eq!(ran.status, Some(0), "{entity} {row}: {}", ran.stderr);
    let lineage: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap();
    let level = |level: &Value| {
        let values = level["row"].as_object().unwrap().iter();
        let text = |value: &Value| match value {
            Value::Null => None,
            value => Some(value.as_str().unwrap().to_owned()),
        };
        let row = values.map(|(name, value)| (name.clone(), text(value))).collect();
        (level["entity"].as_str().unwrap().to_owned(), row)
    };
    lineage.iter().map(level).collect()
}

/// The row of the parent that the child's foreign key names.
fn parent_row<'r>(
    manifest: &Manifest,
    tables: &'r BTreeMap<String, Vec<Row>>,
    child: &str,
    row: &Row,
) -> (String, &'r Row) {
    let entity = manifest.entity(child).unwrap();
    let parent = entity.parent.clone().unwrap();
    let key = entity.foreign_keys.iter().find(|key| key.entity == parent).unwrap();
    let found: Vec<&Row> =
        tables[&parent].iter().filter(|other| other[&key.key] == row[&key.column]).collect();
    assert_eq!(found.len(), 1, "{child}");
    (parent, found[0])
}

fn assert_shows_what_the_files_hold(sample: &Sample) {
    let workspace = Workspace::new();
    // Three shards, so that rows stand in parts that are not the first.
    let dataset = workspace.generate(sample, "out", &["--format", "csv", "--shards", "3"]);
    let manifest = dataset.manifest();
    let tables: BTreeMap<String, Vec<Row>> =
        manifest.entities.iter().map(|entity| (entity.name.clone(), rows(&dataset, entity))).collect();
    let mut dice = Dice(20);
    for entity in &manifest.entities {
        let mut numbers: Vec<u64> = (2..ROWS).map(|_| dice.below(entity.rows)).collect();
        numbers.extend([0, entity.rows - 1]);
        for number in numbers {
            let lineage = shown(&workspace, &dataset, &entity.name, number);
            assert_eq!(lineage[0].0, entity.name);
            assert_eq!(lineage[0].1, tables[&entity.name][number as usize], "{} {number}", entity.name);
            for pair in lineage.windows(2) {
                let (parent, row) = parent_row(&manifest, &tables, &pair[0].0, &pair[0].1);
                assert_eq!((&pair[1].0, &pair[1].1), (&parent, row), "{} {number}", entity.name);
            }
            let root = manifest.entity(&lineage[lineage.len() - 1].0).unwrap();
            assert_eq!(root.parent, None, "the lineage of {} ends below its root", entity.name);
        }
    }
}

#[test]
fn rows_of_the_chat_are_shown_as_they_stand_in_its_files() {
    assert_shows_what_the_files_hold(&CHAT);
}

#[test]
fn rows_of_the_shop_are_shown_as_they_stand_in_its_files() {
    assert_shows_what_the_files_hold(&SHOP);
}

#[test]
fn a_row_is_shown_alike_for_every_format_and_as_text() {
    let workspace = Workspace::new();
    let csv = workspace.generate(&CHAT, "csv", &["--format", "csv"]);
    let parquet = workspace.generate(&CHAT, "parquet", &["--shards", "4"]);
    for (entity, row) in [("messages", 12_345), ("read_receipts", 32_000), ("users", 7)] {
        let [one, other] = [&csv, &parquet]
            .map(|dataset| workspace.run(&["show", dataset.text(), entity, &row.to_string()]));
        assert_eq!(one.status, Some(0), "{}", one.stderr);
        assert_eq!(one.stdout, other.stdout);
        let json = shown(&workspace, &csv, entity, row);
        for (name, value) in &json[0].1 {
            let line = format!("  {name:<20} {}", value.as_deref().unwrap_or("NULL"));
            assert!(one.stdout.contains(&line), "{line}\n{}", one.stdout);
        }
    }
}

#[test]
fn a_row_that_is_not_there_is_refused_with_those_that_are() {
    let workspace = Workspace::new();
    let dataset = workspace.generate(&SHOP, "out", &[]);
    let ran = workspace.run(&["show", dataset.text(), "users", "2000"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("numbered from 0 to 1999"), "{}", ran.stderr);
    let ran = workspace.run(&["show", dataset.text(), "user_list", "0"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("its entities are: "), "{}", ran.stderr);
}
