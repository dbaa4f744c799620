//! Laws and rhythms from the model to the verdict: true datasets of every one of them are GO, and each wrong parameter
//! is noticed by the check that is there for it.

mod steps;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A change of a model that makes its datasets wrong, and the check that must be FAIL.
struct Wrong {
    from: &'static str,
    to: &'static str,
    subject: &'static str,
    measure: &'static str,
}

const fn wrong(from: &'static str, to: &'static str, subject: &'static str, measure: &'static str) -> Wrong {
    Wrong { from, to, subject, measure }
}

const LAWS: [Wrong; 25] = [
    wrong("calls: {poisson: {mean: 3.2}", "calls: {poisson: {mean: 3.9}", "things.calls", "KS distance"),
    wrong("visits: {poisson: {mean: 40}", "visits: {poisson: {mean: 47}", "things.visits", "mean"),
    wrong(
        "{poisson: {mean: 2}, min: 1, max",
        "{poisson: {mean: 2.6}, min: 1, max",
        "things.callers",
        "KS distance",
    ),
    wrong("fee: {poisson: {mean: 6}", "fee: {poisson: {mean: 7.2}", "things.fee", "KS distance"),
    wrong("alpha: 1.5, min: 1}", "alpha: 1.9, min: 1}", "things.wealth", "95th percentile"),
    wrong("alpha: 1.2, min: 4", "alpha: 1.5, min: 4", "things.price", "95th percentile"),
    wrong("alpha: 3, min: 100", "alpha: 3, min: 120", "things.bytes", "median"),
    wrong("exponent: 1.2, count: 1000", "exponent: 1.45, count: 1000", "things.place", "KS distance"),
    wrong("exponent: 0.8, count: 20", "exponent: 1.2, count: 20", "things.level", "KS distance"),
    wrong(
        "latency: {quantiles: {p0: 1, p50: 15",
        "latency: {quantiles: {p0: 1, p50: 20",
        "things.latency",
        "median",
    ),
    wrong("p95: 500, p99.9", "p95: 700, p99.9", "things.latency_cents", "95th percentile"),
    wrong("p0: 100, p50: 400", "p0: 100, p50: 490", "things.steps", "KS distance"),
    wrong("p50: 12, p100: 45", "p50: 20, p100: 45", "things.degrees", "KS distance"),
    wrong("weights: [3, 5, 2]", "weights: [3, 4, 3]", "things.amount", "mean"),
    wrong("weights: [30%, 50%, 20%]", "weights: [45%, 40%, 15%]", "things.age", "KS distance"),
    wrong("{p0: 1, p100: 20}", "{p0: 1, p100: 30}", "things.mixed", "KS distance"),
    wrong("size: {poisson: {mean: 4}", "size: {poisson: {mean: 4.8}", "parts per things", "KS distance"),
    wrong("alpha: 1.5, min: 10s", "alpha: 2, min: 10s", "things.seen after made", "KS distance"),
    wrong("p50: 5m", "p50: 7m", "things.answered after made", "median"),
    wrong("weights: [1, 3, 2]", "weights: [1, 2, 3]", "things.closed after made", "KS distance"),
    wrong("poisson: {mean: 30s}", "poisson: {mean: 36s}", "things.polled after made", "mean"),
    wrong(
        "per_parent: {poisson: {mean: 2.5}}",
        "per_parent: {poisson: {mean: 3.1}}",
        "readings per things",
        "KS distance",
    ),
    wrong(
        "{poisson: {mean: 2}, total",
        "{geometric: {p: 0.4, min: 0, max: 60}, total",
        "visits per things",
        "KS distance",
    ),
    wrong(
        "exponent: 1.5, count: 40}, min: 2",
        "exponent: 2.5, count: 40}, min: 3",
        "orders per things",
        "KS distance",
    ),
    wrong(
        "edges: [0, 2, 6], weights: [2, 1]",
        "edges: [0, 2, 6], weights: [1, 1]",
        "notes per things",
        "KS distance",
    ),
];

/// Other zones, and no growth.
const RHYTHMS: [[Wrong; 4]; 3] = [
    [
        wrong("zone: Europe/Berlin", "zone: UTC", "sales.at", "hour of day, total variation"),
        wrong("growth: 3%", "growth: 0%", "visits.at", "growth a week"),
        wrong("growth: -4%", "growth: -2%", "calls.at", "growth a week"),
        wrong(
            "zone: Asia/Kolkata",
            "zone: America/Los_Angeles",
            "orders.at",
            "hour of week, total variation",
        ),
    ],
    [
        wrong("growth: 6%", "growth: 0%", "sales.at", "growth a week"),
        wrong("zone: America/New_York", "zone: America/Chicago", "visits.at", "hour of day, total variation"),
        wrong(", growth: -4%", "", "calls.at", "growth a week"),
        wrong("weekday_boost: 2", "weekday_boost: 1.6", "orders.at", "weekdays over weekend"),
    ],
    // The same hours until clocks go back.
    [
        wrong("zone: Europe/Berlin", "zone: Etc/GMT-2", "sales.at", "hour of day, total variation"),
        wrong("zone: America/New_York", "zone: Etc/GMT+4", "visits.at", "hour of day, total variation"),
        wrong("growth: -4%", "growth: -5%", "calls.at", "growth a week"),
        wrong("zone: Asia/Kolkata", "zone: America/Denver", "orders.at", "hour of week, total variation"),
    ],
];

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/laws").join(name)
}

fn seedmill(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seedmill")).args(arguments).output().expect("the program starts")
}

fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for datasets")
}

/// Makes a dataset and judges it by a model.
fn judged(made_by: &Path, by: &Path, out: &Path) -> Value {
    let at = |path: &Path| path.display().to_string();
    let out = at(out);
    let options = ["--band", "dev", "--quiet", "--threads", "1", "--out", &out];
    let output = seedmill(&[&["generate", &at(made_by), "--seed", "true"], &options[..]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("stdout is UTF-8");
    let dataset = printed.lines().last().expect("the dataset's path");
    let output = seedmill(&[&["assess", dataset, "--model", &at(by), "--json"], &options[..]].concat());
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Subject and measure of the checks in a state.
fn checks(report: &Value, state: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let checks = report["checks"].as_array().expect("checks").iter();
    checks
        .filter(|check| check["state"] == state)
        .map(|check| (text(&check["subject"]), text(&check["measure"])))
        .collect()
}

/// The true model's dataset is GO and has all the checks; that of the changed model fails each of them.
fn every_change_is_noticed(name: &str, groups: &[&[Wrong]]) {
    let truth = model(name);
    let folder = folder();
    let report = judged(&truth, &truth, folder.path());
    assert_eq!(report["verdict"], "GO", "{}", report["rationale"]);
    let passed = checks(&report, "PASS");
    for (number, group) in groups.iter().enumerate() {
        let mut text = std::fs::read_to_string(&truth).expect("the model can be read");
        for change in *group {
            assert_eq!(text.matches(change.from).count(), 1, "{}", change.from);
            text = text.replace(change.from, change.to);
        }
        let own = folder.path().join(format!("wrong-{number}"));
        std::fs::create_dir(&own).expect("a folder");
        let changed = own.join(name);
        std::fs::write(&changed, text).expect("a written model");
        let failed = checks(&judged(&changed, &truth, &own), "FAIL");
        for change in *group {
            let check = (change.subject.to_owned(), change.measure.to_owned());
            let among = |checks: &[(String, String)]| {
                checks.iter().any(|(subject, measure)| *subject == check.0 && measure.starts_with(&check.1))
            };
            assert!(among(&passed), "{check:?} is no check of the true dataset");
            assert!(among(&failed), "{} is not noticed by {check:?}, only {failed:?}", change.to);
        }
    }
}

#[test]
fn wrong_parameters_of_laws_are_noticed() {
    every_change_is_noticed("laws.yaml", &[&LAWS]);
}

#[test]
fn other_zones_and_no_growth_are_noticed() {
    every_change_is_noticed("rhythms.yaml", &RHYTHMS.each_ref().map(|group| &group[..]));
}

#[test]
fn every_mistake_in_laws_and_rhythms_is_named() {
    let folder = folder();
    let own = folder.path().join("wrong.yaml");
    std::fs::copy(model("wrong.yaml"), &own).expect("a copied model");
    let output = Command::new(env!("CARGO_BIN_EXE_seedmill"))
        .args(["check", "wrong.yaml"])
        .current_dir(folder.path())
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).expect("stderr is UTF-8");
    let told: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("error") || line.contains(" --> ") || line.contains(" = help"))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    error: mean is 0, but must be a finite number above 0
      --> wrong.yaml:11:20
    error: `min` is missing
      --> wrong.yaml:12:19
    error: a count is a whole number from 0 to 2^53, not 1.5
      --> wrong.yaml:13:40
    error: p95 is 15, below p50 at 20: quantiles never fall
      --> wrong.yaml:14:22
    error: p0 is missing: it is the smallest value
      --> wrong.yaml:15:22
    error: `p101` is no percentile
      --> wrong.yaml:16:30
       = help: from p0 to p100, such as p50 or p99.9
    error: `q3` is no percentile
      --> wrong.yaml:16:40
       = help: from p0 to p100, such as p50 or p99.9
    error: the edge 5 does not lie above 10: edges rise
      --> wrong.yaml:17:22
    error: 2 edges make 1 cells, but there are 2 weights
      --> wrong.yaml:18:22
    error: `quantiles` maps percentiles to values
      --> wrong.yaml:19:22
       = help: such as {p0: 1, p50: 15, p95: 500, p100: 10K}
    error: a `zone` tells hours and days, and here all of them are alike
      --> wrong.yaml:20:59
       = help: beside it stand `hourly`, `weekly` or `weekday_boost`
    error: there is no time zone `Europe/Brelin`
      --> wrong.yaml:21:59
       = help: did you mean `Europe/Berlin`?
    error: a week grows by -50 % to 100 %, not by 3
      --> wrong.yaml:22:61
       = help: such as growth: 3%
    error: times with a rhythm have no `shape` and no `not_before`
      --> wrong.yaml:23:72
       = help: keep either them, or `hourly`, `weekly`, `weekday_boost`, `zone` and `growth`
    error: a list of 24 positive numbers is expected here
      --> wrong.yaml:24:61
    error: a week is either `weekly` or a positive `weekday_boost`
      --> wrong.yaml:25:18
    error: p50 stands twice
      --> wrong.yaml:26:22
    error: a list of numbers is expected here
      --> wrong.yaml:27:30
       = help: such as [0, 10, 100]
    error: the law of a number of children has no mean
      --> wrong.yaml:30:17
       = help: truncate it with `max`, or take an alpha above 1
    error: an exact total is spread by a law of whole numbers
      --> wrong.yaml:35:17
       = help: a number, `uniform`, `geometric`, `poisson`, `power_law` or `zipf`, or `quantiles`
    ");
}
