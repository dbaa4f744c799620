//! Numbers of rows: none, one, and more than there is room or time for.

use std::time::{Duration, Instant};

use crate::support::Place;

fn family(roots: &str, children: &str) -> String {
    format!(
        "model: m\nentities:\n  users: {{rows: {roots}, columns: {{id: {{uuid: v4}}}}}}\n  orders: {{parent: users, \
         per_parent: {children}, columns: {{id: {{uuid: v4}}, number: {{sequence: 1}}, userId: {{parent: id}}}}}}\n"
    )
}

#[test]
fn no_rows_and_one_row_are_datasets_like_any_other() {
    for rows in ["0", "1"] {
        let place = Place::new();
        place.write("m.yaml", family(rows, "1"));
        for format in ["parquet", "csv", "csv.zst"] {
            let dataset = place.generates("m.yaml", &["--format", format, "--out", format]);
            let dataset = dataset.to_str().unwrap();
            place.does(&["verify", dataset]);
            let manifest = std::fs::read_to_string(format!("{dataset}/manifest.json")).unwrap();
            let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
            assert_eq!(manifest["entities"][1]["rows"].to_string(), rows, "{format}");
            let beyond = place.ends(&["show", dataset, "users", rows], 2, &[]);
            assert!(!beyond.stderr.is_empty());
        }
    }
}

#[test]
fn nobody_has_no_children_and_a_parent_may_have_none() {
    let place = Place::new();
    place.write("m.yaml", family("5", "0"));
    let dataset = place.generates("m.yaml", &["--format", "csv"]);
    let orders = std::fs::read_to_string(dataset.join("orders/part-00000.csv")).unwrap();
    assert_eq!(orders, "id,number,userId\n");
}

#[test]
fn a_million_million_rows_alone_are_planned_or_refused_at_once() {
    let place = Place::new();
    place.write("m.yaml", "model: m\nentities:\n  users: {rows: 1099511627776, columns: {id: {uuid: v4}}}\n");
    let start = Instant::now();
    place.refuses(&["plan", "m.yaml"], &["2097156 shards are more than 100000", "--shards"]);
    let planned = place.does(&["plan", "m.yaml", "--shards", "1000"]);
    assert!(planned.contains("1,099,511,627,776 rows"), "{planned}");
    let full = place.run(&["generate", "m.yaml", "--shards", "1000", "--seed", "s"]);
    assert_eq!(full.status, Some(3), "{full:?}");
    assert!(full.stderr.contains("the disk is too small"), "{}", full.stderr);
    assert!(!place.path("output/m-dev-s").exists(), "a dataset that cannot be was begun");
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn a_family_too_large_to_count_is_refused_at_once() {
    let place = Place::new();
    place.write("m.yaml", family("1099511627776", "2"));
    let start = Instant::now();
    place.does(&["check", "m.yaml"]);
    for verb in ["plan", "generate"] {
        place.refuses(
            &[verb, "m.yaml", "--seed", "s"],
            &["`users` has 1099511627776 rows, and children", "hint: "],
        );
    }
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn a_product_of_counts_that_no_number_holds_is_refused_with_its_place() {
    let place = Place::new();
    let grandchild = "  items: {parent: orders, per_parent: 3G, columns: {id: {uuid: v4}}}\n";
    place.write("m.yaml", family("9007199254740992", "3G") + grandchild);
    for verb in ["check", "plan", "generate"] {
        let more: &[&str] = if verb == "check" { &[] } else { &["--seed", "s"] };
        let arguments: Vec<&str> = [verb, "m.yaml"].iter().chain(more).copied().collect();
        place.refuses(&arguments, &["would have more than 2^53 rows", "m.yaml:4:"]);
    }
}

#[test]
fn a_root_with_more_rows_than_memory_is_refused_before_it_is_made() {
    let place = Place::new();
    place.write("m.yaml", family("1", "4G"));
    place.refuses(&["check", "m.yaml"], &["a parent has at most 3999999999 children", "m.yaml:4:"]);
}
