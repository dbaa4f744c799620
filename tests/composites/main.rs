//! Documents, arrays, times without zone and running sums, from the model to the verdict: true datasets are GO in
//! every format, and each wrong one is noticed by the check that is there for it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// What a model has, what it is changed to, and the beginning of the finding that names it.
type Change = (&'static str, &'static str, &'static str);

const PRODUCTS: [Change; 13] = [
    ("new: 5,", "new: 2,", "elements of products.tags: total variation"),
    ("\"a,b\": 1", "\"a, b\": 1", "elements of products.tags: every value is one of those"),
    (
        "geometric: {p: 0.4, min: 0, max: 9}",
        "geometric: {p: 0.5, min: 0, max: 9}",
        "length of products.tags: KS",
    ),
    (
        "max: 5}, type: integer}, length: 3}",
        "max: 5}, type: integer}, length: 4}",
        "length of products.ratings: ",
    ),
    (
        "uniform: {min: 1, max: 5}",
        "uniform: {min: 1, max: 6}",
        "elements of products.ratings: every value lies",
    ),
    ("chance: 30%", "chance: 36%", "elements of products.flags: total variation"),
    ("median: 2, sigma: 1", "median: 2.5, sigma: 1", "elements of products.weights: "),
    ("red: 50%, green: 30%", "red: 38%, green: 42%", "products.color: "),
    ("median: 300", "median: 400", "products.grams: "),
    ("price * 1.19", "price * 1.2", "products.attributes: the document of its parts"),
    ("currency: \"'EUR'\"", "coin: \"'EUR'\"", "products.attributes: the document of its parts"),
    ("mean: 3d", "mean: 4d", "products.changed after listed: "),
    ("'day', listed", "'hour', listed", "products.day: equals"),
];

const LEDGER: [Change; 3] = [
    ("{sum: amount, from: accounts.opening}", "{sum: amount}", "entries.balance: the running sum of amount"),
    (
        "{running: {sum: one}, type: integer}",
        "{constant: 1, type: integer}",
        "entries.count: the running sum of one",
    ),
    ("stddev: 200", "stddev: 320", "entries.amount: "),
];

const TIMES: [Change; 4] = [
    // The address stands in no column of its own.
    ("max{id}@example.com", "max{id}@gmail.com", "owners: no text holds personal data"),
    ("'1 day'", "'2 days'", "things.later: "),
    ("mean: 3d", "mean: 5d", "things.seen after owners.created: "),
    ("{min: things.seen}", "{max: things.seen}", "owners.first: "),
];

const CONDITIONAL: [Change; 6] = [
    ("when: \"kind = 'SALE'\"}", "null: 60%}", "orders.productId: there where kind = 'SALE', NULL elsewhere"),
    (
        "when: \"kind = 'SALE'\"}",
        "when: \"kind = 'SALE'\", null: 5%}",
        "orders.productId: there where kind = 'SALE', NULL elsewhere",
    ),
    (
        "price: {copy: productId.price}",
        "price: {expression: \"coalesce(productId.price, 5)\", type: integer}",
        "orders.price: equals products.price",
    ),
    ("{copy: giftId.name}", "{copy: giftId.name, null: 3%}", "orders.giftName: equals products.name"),
    ("when: \"orders.heaviest > 6\"", "when: \"orders.heaviest > 7\"", "marks.lineId: there where"),
    ("zipf: 0.8}, null: 10%", "zipf: 0.8}, null: 40%", "orders.giftId: share of rows with a value"),
];

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/composites").join(name)
}

fn seedmill(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seedmill")).args(arguments).output().expect("the program starts")
}

fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for datasets")
}

/// Makes a dataset and judges it by a model.
fn judged(made_by: &Path, by: &Path, format: &str, out: &Path) -> Value {
    let (made_by, by, out) = (made_by.to_str().unwrap(), by.to_str().unwrap(), out.to_str().unwrap());
    let options = ["--band", "tiny", "--quiet", "--out", out];
    let making = ["generate", made_by, "--seed", "composites", "--format", format, "--shards", "2"];
    let output = seedmill(&[&making, &options[..]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("stdout is UTF-8");
    let dataset = printed.lines().last().expect("the dataset's path");
    let output = seedmill(&[&["assess", dataset, "--model", by, "--json"], &options[..]].concat());
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// What the judge found wrong: counters above 0 and checks that fail, each in a line.
fn found(report: &Value) -> Vec<String> {
    let list = |name: &str| report[name].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let broken = list("counters").into_iter().filter(|counter| counter["violations"] != 0);
    let broken = broken.map(|counter| format!("{}: {}", text(&counter["subject"]), text(&counter["rule"])));
    let failed = list("checks").into_iter().filter(|check| check["state"] == "FAIL");
    let failed = failed.map(|check| format!("{}: {}", text(&check["subject"]), text(&check["measure"])));
    broken.chain(failed).collect()
}

fn true_datasets_are_good(name: &str) {
    for format in ["parquet", "csv", "csv.zst"] {
        let folder = folder();
        let report = judged(&model(name), &model(name), format, folder.path());
        assert_eq!(report["verdict"], "GO", "{format}: {}", report["rationale"]);
        assert_eq!(found(&report), Vec::<String>::new(), "{format}");
    }
}

fn every_change_is_noticed(name: &str, changes: &[Change]) {
    let truth = std::fs::read_to_string(model(name)).expect("the model can be read");
    for (from, to, finding) in changes {
        assert_eq!(truth.matches(from).count(), 1, "{from}");
        let folder = folder();
        let changed = folder.path().join(name);
        std::fs::write(&changed, truth.replace(from, to)).expect("a written model");
        let found = found(&judged(&changed, &model(name), "parquet", folder.path()));
        assert!(found.iter().any(|line| line.starts_with(finding)), "{to}: {found:#?}");
    }
}

#[test]
fn documents_and_arrays_are_good_in_every_format() {
    true_datasets_are_good("composites.yaml");
}

#[test]
fn wrong_documents_and_arrays_are_noticed() {
    every_change_is_noticed("composites.yaml", &PRODUCTS);
}

#[test]
fn ledgers_add_up_in_every_format() {
    true_datasets_are_good("running.yaml");
}

#[test]
fn ledgers_that_do_not_add_up_are_noticed() {
    every_change_is_noticed("running.yaml", &LEDGER);
}

#[test]
fn times_without_zone_are_good_in_every_format() {
    true_datasets_are_good("times.yaml");
}

#[test]
fn wrong_times_and_hidden_texts_are_noticed() {
    every_change_is_noticed("times.yaml", &TIMES);
}

#[test]
fn what_is_copied_of_no_row_is_null_in_every_format() {
    true_datasets_are_good("pointed.yaml");
}

#[test]
fn no_row_is_folded_into_one_that_its_null_reference_did_not_choose() {
    true_datasets_are_good("folded.yaml");
}

#[test]
fn where_a_references_condition_does_not_hold_what_is_copied_of_its_row_is_null() {
    true_datasets_are_good("conditional.yaml");
}

#[test]
fn values_copied_of_rows_that_are_not_chosen_are_noticed() {
    every_change_is_noticed("conditional.yaml", &CONDITIONAL);
}

/// Each shard numbers its rows on from those that are counted before it.
#[test]
fn numbers_go_on_over_shards_where_shares_and_numbers_decide_who_has_children() {
    true_datasets_are_good("numbered.yaml");
}

#[test]
fn rows_are_counted_and_shown_where_a_row_beside_them_decides_who_has_children() {
    true_datasets_are_good("siblings.yaml");
    let folder = folder();
    let path = model("siblings.yaml");
    let arguments = ["generate", "--band=tiny", "--seed=s", "--format=csv", "--shards=7", "--quiet", "--out"];
    let generated =
        seedmill(&[&arguments[..], &[folder.path().to_str().unwrap(), path.to_str().unwrap()]].concat());
    let printed = String::from_utf8(generated.stdout).expect("stdout is UTF-8");
    let dataset = printed.lines().last().expect("the dataset's path");
    let shown = seedmill(&["show", dataset, "replies", "20000", "--json"]);
    assert_eq!(shown.status.code(), Some(0), "{}", String::from_utf8_lossy(&shown.stderr));
    let shown: Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    assert_eq!(shown[0]["row"]["id"], "20001", "rows are counted from 0, numbers from 1: {shown}");
}

/// Rows are made in slices, and a parent may have more of them than a slice.
#[test]
fn running_sums_go_on_over_many_rows_of_a_parent() {
    let folder = folder();
    let path = folder.path().join("many.yaml");
    let few = std::fs::read_to_string(model("running.yaml")).expect("the model can be read");
    let many = "\n    per_parent: 20000\n";
    let (before, after) = few.split_once("\n    per_parent:").expect("children");
    let after = after.split_once('\n').expect("a line").1;
    let few_accounts = before.replace("rows: $band.accounts", "rows: 3");
    assert_ne!(few_accounts, before);
    std::fs::write(&path, format!("{few_accounts}{many}{after}")).expect("a written model");
    let report = judged(&path, &path, "parquet", folder.path());
    let counters = report["counters"].as_array().expect("counters");
    let sums: Vec<&Value> = counters
        .iter()
        .filter(|counter| counter["rule"].as_str().is_some_and(|rule| rule.starts_with("the running sum")))
        .collect();
    assert_eq!(sums.len(), 2, "{counters:#?}");
    assert!(sums.iter().all(|counter| counter["violations"] == 0), "{sums:#?}");
}

/// One row alone is what it is in the whole.
#[test]
fn a_running_sum_is_shown_as_it_was_made() {
    let folder = folder();
    let path = model("running.yaml");
    let out = folder.path().to_str().unwrap();
    let arguments = [
        "generate",
        path.to_str().unwrap(),
        "--band=tiny",
        "--seed=s",
        "--format=csv",
        "--quiet",
        "--out",
        out,
    ];
    let output = seedmill(&arguments);
    let printed = String::from_utf8(output.stdout).expect("stdout is UTF-8");
    let dataset = printed.lines().last().expect("the dataset's path");
    let part = std::fs::read_to_string(Path::new(dataset).join("entries/part-00000.csv")).expect("a part");
    let lines: Vec<&str> = part.lines().collect();
    for row in [0, 7, 100, 333] {
        let output = seedmill(&["show", dataset, "entries", &row.to_string(), "--json"]);
        let shown: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let values: Vec<String> = lines[0]
            .split(',')
            .map(|name| shown[0]["row"][name].as_str().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(values.join(","), lines[row + 1]);
    }
}
