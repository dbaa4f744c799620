//! Tests of [`collect`](super::collect): whose files and columns are found, and what is said of the others.

use super::*;
use crate::model::{ColumnId, Request, load};

const MODEL: &str = "
model: shop
version: 1
entities:
  users:
    rows: 3
    columns:
      id: {sequence: 1}
      fullName: {template: \"n{row}\"}
      secret: {ordinal: true, hidden: true}
  order_items:
    aliases: [lines]
    parent: users
    per_parent: {uniform: {min: 2, max: 3}}
    columns:
      userId: {parent: id}
";

fn model() -> Model {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.yaml");
    std::fs::write(&path, MODEL).unwrap();
    load(&Request { path, ..Request::default() }).unwrap().model
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn mapping(text: &str) -> Result<Mapping> {
    let folder = folder(&[("map.yaml", text)]);
    Mapping::read(&folder.path().join("map.yaml"), &model())
}

fn collect_files(files: &[(&str, &str)], mapping: Option<&Mapping>) -> Result<Evidence> {
    collect(folder(files).path(), &model(), mapping, 2)
}

fn names(evidence: &Evidence, entity: usize) -> Vec<&str> {
    evidence.tables[entity].files.iter().map(|file| file.name.as_str()).collect()
}

fn broken(evidence: &Evidence) -> Vec<(String, u64)> {
    let broken = evidence.counters.iter().filter(|counter| counter.violations > 0);
    broken.map(|counter| (counter.rule.clone(), counter.violations)).collect()
}

const USERS: &str = "id,fullName\n";
const LINES: &str = "userId\n";

#[test]
fn tables_are_found_by_folder_file_prefix_alias_and_spelling() {
    for (users, lines) in [
        ("users/a.csv", "order_items/year=2024/b.csv"),
        ("Users.csv", "orderItem.csv"),
        ("users-0.csv", "order_items_7.csv"),
        ("user/x/y.csv", "Lines/y.csv"),
    ] {
        let evidence = collect_files(&[(users, USERS), (lines, LINES)], None).unwrap();
        assert_eq!((names(&evidence, 0), names(&evidence, 1)), (vec![users], vec![lines]));
        assert_eq!(broken(&evidence), []);
        assert!(!evidence.aligned && evidence.manifest.is_none() && evidence.remarks.is_empty());
    }
}

#[test]
fn files_are_sorted_and_hidden_ones_and_strangers_left_out() {
    let files = [
        ("users/b.csv", USERS),
        ("users/a.csv", USERS),
        ("users/_SUCCESS", ""),
        ("users/.a.csv.crc", ""),
        ("order_items.csv", LINES),
        ("notes/why.txt", ""),
        ("other.csv", ""),
    ];
    let evidence = collect_files(&files, None).unwrap();
    assert_eq!(names(&evidence, 0), ["users/a.csv", "users/b.csv"]);
    assert_eq!(
        evidence.remarks[0].text,
        "2 files belong to no entity of the model: notes/why.txt, other.csv"
    );
}

#[test]
fn a_missing_table_a_damaged_file_and_missing_columns_are_counted_once() {
    let files = [("users/a.csv", "id\n"), ("users/b.csv", "id\n"), ("users/c.parquet.csv", "")];
    let evidence = collect_files(&files, None).unwrap();
    assert_eq!(
        broken(&evidence),
        [
            ("the dataset has a table `order_items`".to_owned(), 1),
            ("every file can be opened".to_owned(), 1),
            ("every file has the columns of the model".to_owned(), 1),
        ]
    );
    assert_eq!(names(&evidence, 0), ["users/a.csv", "users/b.csv"]);
    assert_eq!(evidence.tables[0].columns, [Some("id".to_owned()), None, None]);
}

#[test]
fn a_column_that_one_file_lacks_is_a_breach_of_that_file() {
    let files = [
        ("users/a.csv", "ID,full_name,extra\n1,a,xyz\n2,b,\n"),
        ("users/b.csv", "full_name\n"),
        ("order_items.csv", LINES),
    ];
    let evidence = collect_files(&files, None).unwrap();
    assert_eq!(evidence.tables[0].columns, [Some("ID".to_owned()), Some("full_name".to_owned()), None]);
    let counter = evidence.counters.iter().find(|counter| counter.violations > 0).unwrap();
    assert_eq!((counter.violations, counter.places[0].file.as_str()), (1, "users/b.csv"));
    assert_eq!(counter.places[0].column.as_deref(), Some("id"));
    assert_eq!(evidence.remarks.len(), 1);
    let remark = &evidence.remarks[0];
    assert_eq!(
        (remark.subject.as_str(), remark.text.as_str()),
        (
            "users.extra",
            "a column that the model does not know, of type Utf8; 2 rows, 50.0 % NULL; one value; \
                 3 to 3 characters, 3.0 on the average"
        )
    );
}

#[test]
fn what_could_be_two_things_is_refused() {
    for (files, message) in [
        (
            vec![("users/a.csv", USERS), ("users.csv", USERS)],
            "`users` could be csv files in the folder itself",
        ),
        (vec![("users/a.csv", USERS), ("users/a.parquet", "")], "`users` could be csv files in `users/`"),
    ] {
        let error = collect_files(&files, None).map(drop).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
    // Of two spellings the one that differs in capitals alone is surer.
    assert!(collect_files(&[("users.csv", "id,full_name,FullName\n")], None).is_ok());
    let error = collect_files(&[("users.csv", "id,full_name,Full-Name\n")], None).map(drop).unwrap_err();
    assert!(error.to_string().contains("both `full_name` and `Full-Name` could be `users.fullName`"));
}

#[test]
fn a_mapping_names_files_and_columns() {
    let mapping = mapping(
        "users: {files: [\"people/*.csv\"], columns: {fullName: called}}\norder_items: {files: users.csv}\n",
    )
    .unwrap();
    assert_eq!(mapping.column(EntityId(0), ColumnId(1)), Some("called"));
    let files = [("people/1.csv", "called,id\n"), ("users.csv", LINES)];
    let evidence = collect_files(&files, Some(&mapping)).unwrap();
    assert_eq!((names(&evidence, 0), names(&evidence, 1)), (vec!["people/1.csv"], vec!["users.csv"]));
    assert_eq!(evidence.tables[0].columns, [Some("id".to_owned()), Some("called".to_owned()), None]);
    assert_eq!((broken(&evidence), evidence.remarks), (Vec::new(), Vec::new()));

    let error = collect_files(&[("users.csv", LINES)], Some(&mapping)).map(drop).unwrap_err();
    assert_eq!(error.to_string(), "the mapping's `people/*.csv` names no file");
}

#[test]
fn a_mapping_of_unknown_names_says_which_were_meant() {
    let error = mapping("user: {}\nusers: {column: {}, columns: {fulName: x, secret: y}}\n").unwrap_err();
    let text = error.to_string();
    for expected in [
        "map.yaml:1:1: the model has no entity `user` (did you mean `users`?)",
        "map.yaml:2:9: an entity has no key `column` here (did you mean `columns`?)",
        "`users` has no column `fulName` (did you mean `fullName`?)",
        "`users` hides the column `secret` (its columns are: id, fullName)",
    ] {
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_manifest_that_cannot_be_read_is_a_breach_and_the_folder_is_judged_by_its_names() {
    let files = [("manifest.json", "{}"), ("users.csv", USERS), ("order_items.csv", LINES)];
    let evidence = collect_files(&files, None).unwrap();
    assert_eq!(broken(&evidence), [("the manifest can be read".to_owned(), 1)]);
    assert_eq!(names(&evidence, 0), ["users.csv"]);
}

fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    crate::model::text_form::write::hexadecimal(&sha2::Sha256::digest(text))
}

/// A dataset of one part a table, as seedmill would have left it.
fn dataset(users: &str, lines: &str) -> Vec<(&'static str, String)> {
    let part = |file: &str, shard: usize, text: &str| {
        serde_json::json!({
            "file": file, "shard": shard, "rows": 1, "bytes": text.len(), "sha256": sha256(text),
            "logical_digest": "",
        })
    };
    let entity = |name: &str, part: serde_json::Value| {
        serde_json::json!({
            "name": name, "aliases": ["lines"], "rows": 1, "logical_digest": "",
            "shape": {"entity": name, "columns": []}, "key": null, "parent": null, "foreign_keys": [],
            "unique": [], "parts": [part],
        })
    };
    let manifest = serde_json::json!({
        "manifest_version": 1, "model": "shop", "model_version": 1, "band": "dev", "seed": "s",
        "values_version": 1, "fingerprints": {"values": "", "layout": ""}, "format": "csv",
        "profile": "standard", "writers": [], "resolution": null,
        "entities": [
            entity("users", part("users/part-00000.csv", 0, users)),
            entity("renamed_lines", part("order_items/part-00000.csv", 3, lines)),
        ],
    })
    .to_string();
    let sums = format!(
        "{}  users/part-00000.csv\n{}  order_items/part-00000.csv\n{}  manifest.json\n",
        sha256(users),
        sha256(lines),
        sha256(&manifest)
    );
    vec![
        ("users/part-00000.csv", users.to_owned()),
        ("order_items/part-00000.csv", lines.to_owned()),
        ("manifest.json", manifest),
        ("SHA256SUMS", sums),
        ("psql/schema.sql", String::new()),
    ]
}

fn collect_dataset(files: &[(&str, String)]) -> Evidence {
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    collect_files(&files, None).unwrap()
}

#[test]
fn a_dataset_of_seedmill_is_what_its_manifest_records() {
    let files = dataset(USERS, LINES);
    let evidence = collect_dataset(&files);
    assert_eq!((broken(&evidence), evidence.remarks.len()), (Vec::new(), 0));
    assert!(evidence.aligned && evidence.manifest.is_some());
    let shards: Vec<Option<usize>> =
        evidence.tables.iter().flat_map(|table| &table.files).map(|file| file.shard).collect();
    assert_eq!(shards, [Some(0), Some(3)]);
}

#[test]
fn changed_missing_and_added_parts_are_breaches() {
    let recorded = ("every part is as the manifest records it".to_owned(), 1);
    let mut files = dataset(USERS, LINES);
    files[0].1 = "id,fullNama\n".to_owned();
    let changed = broken(&collect_dataset(&files));
    assert_eq!(changed, [recorded.clone(), ("every file has the columns of the model".to_owned(), 1)]);
    let mut files = dataset(USERS, LINES);
    files.push(("users/part-00001.csv", USERS.to_owned()));
    let evidence = collect_dataset(&files);
    assert_eq!((broken(&evidence), names(&evidence, 0).len()), (vec![recorded.clone()], 1));
    assert_eq!(evidence.remarks.len(), 1);
    let mut files = dataset(USERS, LINES);
    files.remove(1);
    let missing = broken(&collect_dataset(&files));
    assert_eq!(missing, [recorded, ("the dataset has a table `order_items`".to_owned(), 1)]);
}
