//! Files of each example: they are good, and so are the queries that find them so.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::support::{Dataset, printed, repository, said, seedmill};

/// At `tiny` there are few rows, so that a law must be off by half, and that of a fleet by most, to be told from chance.
const EXAMPLES: [(&str, &str); 3] = [("ledger", "0.5"), ("sensors", "0.9"), ("clinic", "0.5")];
/// Fewer would mean that an oracle fell silent.
const LEAST_PROMISES: usize = 60;

/// An example's model.
pub fn model(name: &str) -> String {
    format!("configs/{name}/{name}.yaml")
}

/// An example's dataset of the smallest band.
pub fn tiny(name: &str, format: &str) -> Dataset {
    of_seed("examples", name, format)
}

fn of_seed(seed: &str, name: &str, format: &str) -> Dataset {
    Dataset::of_seed(seed, &model(name), &["--band=tiny", "--format", format])
}

fn report(dataset: &Path, tolerance: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("UTF-8");
    let path = dataset.to_str().expect("UTF-8");
    let output = seedmill(["assess", path, "--json", "--tolerance", tolerance, "--out", out]);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(&output)))
}

fn python() -> Option<PathBuf> {
    let python = std::env::var_os("SEEDMILL_TEST_PYTHON").map(PathBuf::from);
    if python.is_none() {
        eprintln!("skipped: SEEDMILL_TEST_PYTHON names no Python");
    }
    python
}

fn ask(python: &Path, oracle: &str, dataset: &Dataset) -> String {
    let oracle = repository("tests/oracles").join(oracle);
    let output = Command::new(python).arg(&oracle).arg(&dataset.path).output().expect("Python starts");
    let found = printed(&output);
    let broken: Vec<&str> = found.lines().filter(|line| !line.ends_with("\t0")).collect();
    assert!(output.status.success(), "{}: {broken:#?}{}", oracle.display(), said(&output));
    found
}

fn assert_good(name: &str) {
    let python = python();
    let (_, tolerance) = EXAMPLES.iter().find(|(known, _)| *known == name).expect("an example");
    for format in ["parquet", "csv"] {
        let dataset = tiny(name, format);
        let report = report(&dataset.path, tolerance);
        assert_eq!(report["verdict"], "GO", "{name} {format}: {:#}", report["warnings"]);
        let Some(python) = &python else { continue };
        let found = ask(python, &format!("{name}_promises.py"), &dataset);
        assert!(found.lines().count() >= LEAST_PROMISES, "{found}");
        if format == "parquet" {
            ask(python, &format!("{name}_promises_break.py"), &dataset);
        }
    }
}

#[test]
fn the_ledger_adds_up_and_every_broken_promise_is_noticed() {
    assert_good("ledger");
}

#[test]
fn the_sensors_follow_sun_and_season_and_every_broken_promise_is_noticed() {
    assert_good("sensors");
}

#[test]
fn the_clinic_hangs_together_and_every_broken_promise_is_noticed() {
    assert_good("clinic");
}

/// At other seeds, too: a verdict is no luck.
#[test]
fn another_seed_is_as_good() {
    for (name, tolerance) in EXAMPLES {
        let dataset = of_seed("other", name, "csv.zst");
        let report = report(&dataset.path, tolerance);
        assert_eq!(report["verdict"], "GO", "{name}: {:#}", report["warnings"]);
    }
}

/// One statement for each account: there is nothing that chance could have done, however few the rows.
#[test]
fn what_is_the_same_for_every_parent_needs_no_more_rows() {
    let report = report(&tiny("ledger", "csv").path, "0.15");
    let checks = report["checks"].as_array().expect("checks");
    let same: Vec<&Value> =
        checks.iter().filter(|check| check["subject"] == "statements per accounts").collect();
    assert!(same.iter().any(|check| check["measure"] == "KS distance"), "{same:#?}");
    assert!(same.iter().all(|check| check["low_power"] == false && check["state"] == "PASS"), "{same:#?}");
}

/// Customers come in growing numbers, but by no hours; bookings have some.
#[test]
fn the_hours_of_a_summary_are_those_of_a_rhythm() {
    let report = report(&tiny("ledger", "csv").path, "0.15");
    let variation = report["temporal_analysis"]["diurnal_variation"].as_f64().expect("a number");
    assert!(variation > 5.0, "the busiest hour has {variation} times the rows of the quietest");
}

/// The sizes that the comments of the bands speak of.
#[test]
fn a_small_band_is_small_and_a_middle_one_has_millions() {
    for (name, _) in EXAMPLES {
        for (band, least, most) in [("tiny", 5_000, 20_000), ("dev", 1_000_000, 5_000_000)] {
            let model = repository(&model(name));
            let model = model.to_str().expect("UTF-8");
            let output = seedmill(["plan", model, "--band", band, "--json"]);
            let plan: Value =
                serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
            let rows = plan["rows"].as_u64().unwrap_or_else(|| panic!("{plan:#}"));
            assert!((least..=most).contains(&rows), "{name} {band}: {rows} rows");
        }
    }
}
