//! Children without a column that says whose they are: their values are judged, their numbers under a parent are not.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::support::{Folder, printed, said, seedmill};

const MODEL: &str = "
model: rooms
version: 1
entities:
  rooms:
    rows: 6000
    columns:
      id: {uuid: v4}
      messages: {count: messages}
      total: {sum: messages.amount}
      members: {uniform: {min: 1, max: 3}, type: integer}
  messages:
    parent: rooms
    per_parent: {uniform: {min: 1, max: 5}}
    columns:
      id: {uuid: v4}
      amount: {uniform: {min: 1, max: 6}, type: integer}
      place: {ordinal: true}
      balance: {running: {sum: amount}}
      members: {copy: rooms.members}
  notes:
    parent: messages
    per_parent: {uniform: {min: 0, max: 2}}
    columns:
      id: {uuid: v4}
      message: {parent: id}
      kind: {choice: {A: 50%, B: 50%}}
";

fn written(folder: &Folder, name: &str, text: &str) -> PathBuf {
    let path = folder.at(name);
    fs::write(&path, text).expect("a written model");
    path
}

/// Generates the model in several parts.
fn generated(folder: &Folder) -> PathBuf {
    let model = written(folder, "rooms.yaml", MODEL).display().to_string();
    let out = folder.at("output").display().to_string();
    let options = ["--seed", "s", "--shards", "3", "--quiet", "--out"];
    let output = seedmill([&["generate", &model], &options[..], &[&out]].concat());
    assert!(output.status.success(), "{}", said(&output));
    PathBuf::from(printed(&output).lines().last().expect("the dataset's path"))
}

/// The subjects of the checks in a state.
fn subjects<'r>(report: &'r Value, state: &str) -> Vec<&'r str> {
    let checks = report["checks"].as_array().expect("checks").iter();
    checks
        .filter(|check| check["state"] == state)
        .map(|check| check["subject"].as_str().expect("a subject"))
        .collect()
}

#[test]
fn children_that_name_no_parent_are_judged_but_for_their_numbers_under_one() {
    let folder = Folder::new();
    let dataset = generated(&folder);
    let answer = folder.assess(&dataset, &["--json"]);
    let report = answer.report();
    assert_eq!(report["verdict"], "GO", "{}", report["rationale"]);
    let passed = subjects(&report, "PASS");
    for subject in ["messages", "messages.amount", "notes", "notes per messages", "notes.kind"] {
        assert!(passed.contains(&subject), "`{subject}` is not judged: {passed:?}");
    }
    assert!(!passed.contains(&"messages per rooms"), "{passed:?}");
    let told = "its rows were not judged under their parents: no column of it holds `rooms.id`";
    assert!(answer.printed.contains(told), "{}", answer.printed);

    // Their values are looked at.
    let other = MODEL.replace("amount: {uniform: {min: 1, max: 6}", "amount: {uniform: {min: 2, max: 6}");
    let other = written(&folder, "other.yaml", &other).display().to_string();
    let report = folder.assess(&dataset, &["--json", "--model", &other, "--band", "dev"]).report();
    assert_eq!(report["verdict"], "NO-GO");
    assert!(subjects(&report, "FAIL").contains(&"messages.amount"), "{}", report["rationale"]);
}
