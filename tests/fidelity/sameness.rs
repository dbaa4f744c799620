//! What cannot matter does not: threads, formats, layouts, names.

use serde_json::{Map, Value};

use super::support::{Answer, CHAT, Folder, LITTLE_CHAT, LITTLE_SHOP, SHOP, Sample, python};

#[test]
fn one_two_and_eight_threads_write_the_same_report() {
    let folder = Folder::new();
    for sample in [&LITTLE_CHAT, &LITTLE_SHOP] {
        // Eight shards, so that threads finish in different orders.
        let dataset = folder.generate(sample, &["--shards=8"]);
        let reports: Vec<String> = ["1", "2", "8"]
            .map(|threads| folder.assess(&dataset, &["--json", "--threads", threads]).timeless())
            .into();
        assert!(reports[0].len() > 10_000);
        assert!(reports[0] == reports[1] && reports[1] == reports[2], "{}", sample.name);
    }
}

/// What a report says of the rows: checks and counters, but for those of the files.
fn judged(answer: &Answer) -> Map<String, Value> {
    let report = answer.report();
    let of_rows = report["counters"]
        .as_array()
        .expect("counters")
        .iter()
        .filter(|counter| counter["promise"] != "files");
    let mut said = Map::new();
    said.insert("counters".to_owned(), of_rows.cloned().collect());
    for name in
        ["verdict", "checks", "portraits", "dataset_summary", "distribution_analysis", "temporal_analysis"]
    {
        said.insert(name.to_owned(), report[name].clone());
    }
    said
}

#[test]
fn parquet_and_csv_are_judged_alike() {
    for sample in [&LITTLE_CHAT, &LITTLE_SHOP] {
        let reports = ["parquet", "csv", "csv.zst"].map(|format| {
            let folder = Folder::new();
            let dataset = folder.generate(sample, &["--format", format]);
            judged(&folder.assess(&dataset, &["--json"]))
        });
        for name in reports[0].keys() {
            assert_eq!(reports[0][name], reports[1][name], "{} of {} as CSV", name, sample.name);
            assert_eq!(reports[0][name], reports[2][name], "{} of {} as CSV.zst", name, sample.name);
        }
    }
}

/// Checks and counters of one report that another has as well, and that differ there.
fn differing(one: &Value, other: &Value, list: &str, second: &str) -> (usize, Vec<String>) {
    let name = |entry: &Value| format!("{}, {}", entry["subject"], entry[second]);
    let others = other[list].as_array().expect("a list");
    let (mut shared, mut found) = (0, Vec::new());
    for mine in one[list].as_array().expect("a list") {
        let Some(theirs) = others.iter().find(|theirs| name(theirs) == name(mine)) else { continue };
        shared += 1;
        let figure = if list == "checks" { "observed" } else { "violations" };
        let values = [&mine[figure], &theirs[figure]].map(|value| value.as_f64().expect("a number"));
        if (values[0] - values[1]).abs() > 1e-9 * values[0].abs().max(1e-3) {
            found.push(format!("{}: {} and {}", name(mine), values[0], values[1]));
        }
    }
    (shared, found)
}

/// What the judge estimates from draws of its own, by rows in their order; and members' places among each other.
const ESTIMATED: [&str; 6] = [
    "beside the row before",
    "conversation_users.role",
    "conversation_users.isActive",
    "conversations.createdAt",
    "messages.type",
    "place among conversation_users",
];

/// A copy in other files and another order says the same, but for what follows from the order of rows.
fn foreign_copy_is_judged_alike(sample: &Sample, how: &str) {
    let Some(python) = python() else { return };
    let folder = Folder::new();
    let dataset = folder.generate(sample, &[]);
    let copy = folder.copy(&python, sample, &dataset, how);
    let mapping = copy.join("mapping.yaml");
    let arguments = sample.model_arguments();
    let mut options: Vec<&str> = arguments.iter().map(String::as_str).collect();
    options.extend(["--json", "--tolerance", sample.tolerance]);
    if mapping.exists() {
        options.extend(["--map", mapping.to_str().expect("UTF-8")]);
    }
    let own = folder.assess(&dataset, &["--json", "--tolerance", sample.tolerance]).report();
    let answer = folder.assess(&copy, &options);
    let foreign = answer.report();
    assert_eq!(answer.status, Some(0), "{}", foreign["rationale"]);
    let (checks, mut found) = differing(&own, &foreign, "checks", "measure");
    let (counters, more) = differing(&own, &foreign, "counters", "rule");
    found.retain(|line| !ESTIMATED.iter().any(|estimated| line.contains(estimated)));
    assert!(found.is_empty() && more.is_empty(), "{}\n{}", found.join("\n"), more.join("\n"));
    let all =
        own["checks"].as_array().expect("checks").len() + own["counters"].as_array().expect("counters").len();
    assert!(10 * (checks + counters) > 9 * (all - 20), "{checks} checks and {counters} counters of {all}");
}

#[test]
fn a_shuffled_chat_in_other_files_is_as_true() {
    foreign_copy_is_judged_alike(&CHAT, "shuffled");
}

#[test]
fn a_shuffled_shop_in_other_files_is_as_true() {
    foreign_copy_is_judged_alike(&SHOP, "shuffled");
}

#[test]
fn a_mapping_leads_from_other_names_to_the_same_figures() {
    foreign_copy_is_judged_alike(&SHOP, "renamed");
}
