//! Keys of every kind, references of a table into itself, UUIDs of times and records: tests/models/keys.yaml is made,
//! found good, and found wrong where it is.

#![expect(clippy::print_stderr, reason = "what a judge said is read when it was not what should have been")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn repository(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

fn seedmill(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seedmill")).args(arguments).output().expect("the program starts")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A model, made and judged in a folder that goes with the value.
struct Workshop(tempfile::TempDir);

impl Workshop {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// The model and its records, with texts in them replaced.
    fn model(&self, name: &str, changes: &[(&str, &str)]) -> PathBuf {
        let folder = self.0.path().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        for file in ["keys.yaml", "places.csv"] {
            let mut content = fs::read_to_string(repository("tests/models").join(file)).expect("a file");
            for (from, to) in changes {
                content = content.replace(from, to);
            }
            fs::write(folder.join(file), content).expect("a written file");
        }
        folder.join("keys.yaml")
    }

    fn generate(&self, name: &str, changes: &[(&str, &str)], format: &str) -> PathBuf {
        let (model, out) = (self.model(name, changes), self.0.path().join(name));
        let output = seedmill(&[
            "generate",
            text(&model),
            "--seed=keys",
            "--quiet",
            "--shards=3",
            "--format",
            format,
            "--out",
            text(&out),
        ]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).expect("stdout is UTF-8");
        PathBuf::from(printed.lines().last().expect("the dataset's path"))
    }

    fn assess(&self, dataset: &Path, more: &[&str]) -> Value {
        let out = self.0.path().join("reports");
        let mut arguments = vec!["assess", text(dataset), "--json", "--out", text(&out)];
        arguments.extend(more);
        let output = seedmill(&arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
    }
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

fn assert_noticed(what: &str, report: &Value, by: &str) {
    let found = found(report);
    assert!(found.iter().any(|line| line.starts_with(by)), "{what}: {found:#?}");
}

/// Rows of a part as CSV has them; an empty field is NULL.
type Rows = Vec<Vec<String>>;

fn rows(path: &Path) -> Rows {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).expect("a part");
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

/// Changes a part while `judge` looks at it, and changes it back.
fn while_changed<T>(
    dataset: &Path,
    entity: &str,
    change: impl FnOnce(&mut Rows, &dyn Fn(&str) -> usize),
    judge: impl FnOnce() -> T,
) -> T {
    let path = dataset.join(entity).join("part-00001.csv");
    let before = fs::read(&path).expect("a part");
    let mut changed = rows(&path);
    let names = changed[0].clone();
    let column = |name: &str| names.iter().position(|known| known == name).expect("a column");
    change(&mut changed, &column);
    let mut writer = csv::WriterBuilder::new().from_path(&path).expect("a part");
    changed.iter().for_each(|row| writer.write_record(row).expect("a written row"));
    writer.flush().expect("a written part");
    let found = judge();
    fs::write(&path, before).expect("a part as it was");
    found
}

#[test]
fn the_dataset_is_good_in_both_formats_and_makes_itself_again() {
    let workshop = Workshop::new();
    for format in ["parquet", "csv"] {
        let dataset = workshop.generate(format, &[], format);
        let report = workshop.assess(&dataset, &[]);
        assert_eq!(report["verdict"], "GO", "{format}: {:#?}", found(&report));
        // The records of the file stand in the dataset's own model.
        fs::remove_file(workshop.0.path().join(format).join("places.csv")).expect("a file");
        let verified = seedmill(&["verify", text(&dataset), "--regenerate"]);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    }
}

#[test]
fn a_key_may_be_the_parents_where_a_parent_has_one_row_at_the_most() {
    let workshop = Workshop::new();
    let check = |per_parent: &str| {
        let path = workshop.0.path().join("profiles.yaml");
        let model = format!(
            "model: profiles
version: 1
entities:
  users:
    rows: 10
    columns:
      id: {{uuid: v4}}
      few: {{uniform: {{min: 0, max: 1}}, type: integer}}
      many: {{uniform: {{min: 0, max: 2}}, type: integer}}
      odd: {{expression: \"few = 1\"}}
  profiles:
    parent: users
    per_parent: {per_parent}
    key: userId
    columns:
      userId: {{parent: id}}
"
        );
        fs::write(&path, model).expect("a written model");
        let output = seedmill(&["check", text(&path)]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for accepted in [
        "1",
        "0",
        "{when: odd}",
        "{share: 60%}",
        "{column: few}",
        "{uniform: {min: 0, max: 1}}",
        "{geometric: {p: 0.5, min: 0, max: 1}}",
        "{exponential: {mean: 2}, max: 1}",
    ] {
        let (status, said) = check(accepted);
        assert_eq!(status, Some(0), "{accepted}: {said}");
    }
    for refused in
        ["2", "{column: many}", "{exponential: {mean: 2}}", "{geometric: {p: 0.5, min: 0, max: 2}}"]
    {
        let (status, said) = check(refused);
        assert_eq!(status, Some(2), "{refused}");
        assert!(said.contains("a row of `users` may have several rows of `profiles`"), "{refused}: {said}");
    }
}

fn manifest(dataset: &Path) -> Value {
    let manifest = fs::read_to_string(dataset.join("manifest.json")).expect("a manifest");
    serde_json::from_str(&manifest).expect("JSON")
}

/// What a model and a seed have come to since the values' version: a change here means that users' datasets change.
#[test]
fn the_values_are_what_they_always_were() {
    let workshop = Workshop::new();
    let manifest = manifest(&workshop.generate("small", &[("rows: 24K", "rows: 100")], "csv"));
    let entities = manifest["entities"].as_array().expect("entities");
    let digests: Vec<String> = entities
        .iter()
        .map(|entity| {
            let [name, digest] =
                ["name", "logical_digest"].map(|key| entity[key].as_str().unwrap_or_default());
            format!("{name} {digest}")
        })
        .collect();
    assert_eq!(
        digests,
        [
            "people 0000000000000033fd85086c960992d2",
            "profiles 000000000000001c0232e37821a9b28f",
            "badges 000000000000001ccc9db4144bd84da5",
            "orders 000000000000004fb3f9108dea0c6ee5",
            "lines 000000000000008f194a11ea019c9f9f",
            "groups 000000000000001c0fb49107a1999fde",
            "memberships 0000000000000059b690e411eba1d295",
            "parcels 000000000000004c6823a9bcacfd10e5",
        ]
    );
}

#[test]
fn another_record_is_another_dataset() {
    let workshop = Workshop::new();
    let fingerprint =
        |dataset: &Path| manifest(dataset)["fingerprints"]["values"].as_str().expect("a digest").to_owned();
    let few = ("rows: 24K", "rows: 100");
    let one = fingerprint(&workshop.generate("one", &[few], "csv"));
    assert_eq!(one, fingerprint(&workshop.generate("same", &[few], "parquet")));
    assert_ne!(one, fingerprint(&workshop.generate("other", &[few, ("Lyon", "Lille")], "csv")));
}

#[test]
fn files_without_their_manifest_are_judged_without_their_order() {
    let workshop = Workshop::new();
    let dataset = workshop.generate("true", &[], "csv");
    let model = workshop.model("true", &[]);
    for own in ["manifest.json", "plan.json", "model.yaml"] {
        fs::remove_file(dataset.join(own)).expect("a file");
    }
    let judge = || workshop.assess(&dataset, &["--model", text(&model)]);
    let report = judge();
    assert_eq!(report["verdict"], "GO", "{:#?}", found(&report));
    let report = while_changed(
        &dataset,
        "people",
        |rows, column| {
            let (id, by) = (column("id"), column("invitedBy"));
            rows[1][by] = rows[2][id].clone();
            rows[2][by] = rows[1][id].clone();
        },
        judge,
    );
    assert_noticed("two who invited each other", &report, "people.invitedBy: no row leads back to itself");
}

#[test]
fn one_wrong_row_is_noticed() {
    let workshop = Workshop::new();
    let dataset = workshop.generate("true", &[], "csv");
    type Change = fn(&mut Rows, &dyn Fn(&str) -> usize);
    let wrong: &[(&str, Change, &str)] = &[
        (
            "lines",
            |rows, column| {
                let (order, line) = (column("orderId"), column("line"));
                (rows[2][order], rows[2][line]) = (rows[1][order].clone(), rows[1][line].clone());
            },
            "lines(orderId, line): no key stands twice",
        ),
        (
            "profiles",
            |rows, column| rows[2][column("personId")] = rows[1][column("personId")].clone(),
            "profiles.personId: no key stands twice",
        ),
        (
            "parcels",
            |rows, column| rows[1][column("line")] = "77".to_owned(),
            "parcels(orderId, line): every value is a key of lines",
        ),
        (
            "people",
            |rows, column| rows[1][column("invitedBy")] = rows[2][column("id")].clone(),
            "people.invitedBy: every value is an earlier row",
        ),
        (
            "people",
            |rows, column| rows[5][column("after")] = rows[5][column("number")].clone(),
            "people.after: every value is an earlier row",
        ),
        ("people", |rows, column| rows[5][column("after")].clear(), "people.after: no other row is a root"),
        (
            "people",
            |rows, column| rows[5][column("friendId")] = rows[5][column("id")].clone(),
            "people.friendId: no row refers to itself",
        ),
        (
            "people",
            |rows, column| rows[5][column("likes")] = "24001".to_owned(),
            "people.likes: every value is a key of people",
        ),
        (
            "people",
            |rows, column| rows[5][column("createdAt")] = "2024-06-01 00:00:00.001000+00".to_owned(),
            "people.id: every value is a UUID of version 7 with the time of createdAt",
        ),
        (
            "people",
            |rows, column| {
                let city = column("city");
                rows[5][city] = if rows[5][city] == "Lyon" { "Paris" } else { "Lyon" }.to_owned();
            },
            "people(country, city, zip, currency): these values stand together in a record",
        ),
        (
            "people",
            |rows, column| rows[5][column("zip")].clear(),
            "people(country, city, zip, currency): these values stand together in a record",
        ),
        (
            "people",
            |rows, column| {
                let last = column("last");
                rows[5][last] = if rows[5][last] == "Fern" { "Moss" } else { "Fern" }.to_owned();
            },
            "people(first, last, grade): these values stand together in a record",
        ),
        (
            "people",
            |rows, column| {
                let european = column("european");
                rows[5][european] = if rows[5][european] == "true" { "false" } else { "true" }.to_owned();
            },
            "people.european: equals continent = 'EU'",
        ),
        (
            "people",
            |rows, column| rows[5][column("city")] = "Rome".to_owned(),
            "people.city: every value is one of those that are declared",
        ),
    ];
    for (entity, change, by) in wrong {
        let report = while_changed(&dataset, entity, change, || workshop.assess(&dataset, &[]));
        assert_noticed(by, &report, by);
        eprintln!("noticed: {by}");
    }
    let report = workshop.assess(&dataset, &[]);
    assert_eq!(report["verdict"], "GO", "{:#?}", found(&report));
}

/// A dataset of another model is judged by the true one, which is put beside it.
#[test]
fn wrong_parameters_are_noticed() {
    let workshop = Workshop::new();
    let good = workshop.generate("true", &[], "csv");
    type Wrong<'w> = (&'w str, &'w [(&'w str, &'w str)], &'w str);
    let wrong: &[Wrong<'_>] = &[
        ("more roots", &[("roots: 5%", "roots: 8%")], "people.invitedBy: share of roots"),
        ("no roots", &[("roots: 5%", "roots: 0%")], "people.invitedBy: share of roots"),
        (
            "neighbours invite",
            &[("earlier: uniform", "earlier: {geometric: {p: 0.01, min: 1, max: 900}}")],
            "people.invitedBy: place among the rows before: KS distance",
        ),
        ("shorter ways", &[("{p: 0.3, min: 1", "{p: 0.4, min: 1")], "people.after: rows back: "),
        ("more of Berlin", &[("10115,EUR,EU,30", "10115,EUR,EU,50")], "people.city: total variation"),
        ("no rank", &[("zipf: 0.8", "zipf: 0.3")], "people.first: total variation"),
        (
            "fields apart",
            &[
                ("level: 2, limit: 50}", "level: 2, limit: 50, weight: 1}"),
                ("level: 1, limit: 10}", "level: 1, limit: 10, weight: 3}"),
            ],
            "people.premium: total variation",
        ),
        ("all have a currency", &[(", null: 20%", "")], "people.currency: share of rows with a value"),
    ];
    for (name, changes, by) in wrong {
        let dataset = workshop.generate(name, changes, "csv");
        for own in ["manifest.json", "plan.json", "model.yaml"] {
            fs::copy(good.join(own), dataset.join(own)).expect("a copied file");
        }
        assert_noticed(name, &workshop.assess(&dataset, &[]), by);
    }
}
