//! Files that are not there, not whole or not of the model: findings or refusals, never a crash.

use std::fs;
use std::path::{Path, PathBuf};

use super::support::{Answer, Folder, LITTLE_SHOP};

/// A little shop as CSV, and a place to break it.
fn shop(folder: &Folder, format: &str) -> PathBuf {
    folder.generate(&LITTLE_SHOP, &["--format", format])
}

fn part(dataset: &Path, entity: &str, format: &str) -> PathBuf {
    dataset.join(entity).join(format!("part-00000.{format}"))
}

/// Changes a text file.
fn edit(path: &Path, change: impl Fn(&str) -> String) {
    let text = fs::read_to_string(path).expect("a readable file");
    fs::write(path, change(&text)).expect("a written file");
}

/// The judge finds fault with files: what it finds, in one text.
fn files_at_fault(answer: &Answer) -> String {
    assert_eq!(answer.status, Some(1), "{}{}", answer.printed, answer.said);
    let report = answer.report();
    let counters = report["counters"].as_array().expect("counters");
    let broken =
        counters.iter().filter(|counter| counter["promise"] == "files" && counter["violations"] != 0);
    broken
        .map(|counter| format!("{}: {} {}\n", counter["subject"], counter["rule"], counter["places"]))
        .collect()
}

#[test]
fn a_missing_column_is_found() {
    let folder = Folder::new();
    let dataset = shop(&folder, "csv");
    edit(&part(&dataset, "products", "csv"), |text| text.replacen("price", "cost", 1));
    let found = files_at_fault(&folder.assess(&dataset, &["--json"]));
    assert!(found.contains("every file has the columns of the model") && found.contains("price"), "{found}");
}

#[test]
fn a_value_of_a_wrong_type_is_found_where_it_stands() {
    let folder = Folder::new();
    let dataset = shop(&folder, "csv");
    edit(&part(&dataset, "users", "csv"), |text| {
        let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        // Rows of one line without quotes: fields are what stands between commas.
        let row =
            (1..lines.len()).find(|&row| !lines[row].contains('"') && lines[row].matches(',').count() == 9);
        let row = row.expect("a plain row");
        let mut fields: Vec<&str> = lines[row].split(',').collect();
        fields[7] = "elderly";
        lines[row] = fields.join(",");
        lines.join("\n")
    });
    let found = files_at_fault(&folder.assess(&dataset, &["--json"]));
    assert!(found.contains("users.age") && found.contains("elderly"), "{found}");
}

#[test]
fn a_cut_off_an_empty_and_an_unreadable_file_are_found() {
    for format in ["parquet", "csv", "csv.zst"] {
        for (what, keep) in [("cut off", 2), ("empty", 0)] {
            let folder = Folder::new();
            let dataset = shop(&folder, format);
            let part = part(&dataset, "orders", format);
            let bytes = fs::read(&part).expect("a part");
            fs::write(&part, &bytes[..bytes.len() * keep / 3]).expect("a written part");
            let found = files_at_fault(&folder.assess(&dataset, &["--json"]));
            assert!(found.contains("orders"), "{what} {format}: {found}");
        }
        let folder = Folder::new();
        let dataset = shop(&folder, format);
        // A folder in a file's place cannot be read by anyone, root included.
        let part = part(&dataset, "orders", format);
        fs::remove_file(&part).expect("a part");
        fs::create_dir(&part).expect("a folder");
        let found = files_at_fault(&folder.assess(&dataset, &["--json"]));
        assert!(found.contains("orders"), "a folder for {format}: {found}");
    }
}

#[test]
fn bytes_changed_in_the_middle_are_found() {
    let folder = Folder::new();
    for format in ["parquet", "csv.zst"] {
        let dataset = shop(&folder, format);
        let part = part(&dataset, "order_items", format);
        let mut bytes = fs::read(&part).expect("a part");
        let middle = bytes.len() / 2;
        bytes[middle..middle + 64].iter_mut().for_each(|byte| *byte ^= 0x5a);
        fs::write(&part, bytes).expect("a written part");
        let found = files_at_fault(&folder.assess(&dataset, &["--json"]));
        assert!(found.contains("order_items"), "{format}: {found}");
        fs::remove_dir_all(&dataset).expect("a removed dataset");
    }
}

#[test]
fn what_is_no_dataset_is_refused_with_a_hint() {
    let folder = Folder::new();
    let empty = folder.at("empty");
    fs::create_dir(&empty).expect("a folder");
    let refused = folder.assess(&empty, &[]);
    assert_eq!(refused.status, Some(2));
    assert!(
        refused.said.contains("has no model of its own") && refused.said.contains("--model"),
        "{}",
        refused.said
    );

    let arguments = LITTLE_SHOP.model_arguments();
    let options: Vec<&str> = arguments.iter().map(String::as_str).chain(["--json"]).collect();
    let found = files_at_fault(&folder.assess(&empty, &options));
    assert!(found.contains("the dataset has a table"), "{found}");

    let nowhere = folder.assess(&folder.at("nowhere"), &options);
    assert!(matches!(nowhere.status, Some(2 | 3)) && nowhere.said.contains("nowhere"), "{}", nowhere.said);

    let dataset = shop(&folder, "parquet");
    fs::write(folder.at("map.yaml"), "orders: {columns: {totl: sum}}\n").expect("a mapping");
    let mapping = folder.at("map.yaml");
    let misspelt = folder.assess(&dataset, &["--map", mapping.to_str().expect("UTF-8")]);
    assert_eq!(misspelt.status, Some(2));
    assert!(misspelt.said.contains("totl") && misspelt.said.contains("total"), "{}", misspelt.said);
}
