//! Uniform laws of whole numbers and decimals, in the files: a user expects a fair die.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Wrong, every_change_is_noticed, folder, model, seedmill, wrong};

/// What rounding a uniform law makes, which gives the two ends half the mass of the others.
const ROUNDED: [Wrong; 9] = [
    wrong(
        "die: {uniform: {min: 1, max: 6}",
        "die: {histogram: {edges: [1, 6], weights: [1]}",
        "things.die",
        "share of",
    ),
    wrong(
        "coin: {uniform: {min: 0, max: 1}",
        "coin: {mixture: [{weight: 70%, law: 0}, {weight: 30%, law: 1}]",
        "things.coin",
        "share of",
    ),
    wrong(
        "below: {uniform: {min: -3, max: 3}",
        "below: {histogram: {edges: [-3, 3], weights: [1]}",
        "things.below",
        "share of",
    ),
    wrong(
        "tenths: {uniform: {min: 0, max: 1}",
        "tenths: {histogram: {edges: [0, 1], weights: [1]}",
        "things.tenths",
        "share of",
    ),
    wrong(
        "cut: {uniform: {min: 1, max: 10}, min: 2.5, max: 7.5",
        "cut: {histogram: {edges: [3, 7], weights: [1]}",
        "things.cut",
        "share of",
    ),
    wrong("{uniform: {min: 3, max: 5}}", "{uniform: {min: 4, max: 5}}", "things.mixed", "KS distance"),
    wrong(
        "{uniform: {min: 1, max: 4}}, words",
        "{histogram: {edges: [1, 4], weights: [1]}}, words",
        "things.word: characters",
        "KS distance",
    ),
    wrong(
        "earlier: {uniform: {min: 1, max: 4}}",
        "earlier: {geometric: {p: 0.4, min: 1, max: 4}}",
        "things.earlier: rows back",
        "KS distance",
    ),
    wrong(
        "per_parent: {uniform: {min: 1, max: 3}}",
        "per_parent: {histogram: {edges: [1, 3], weights: [1]}}",
        "parts per things",
        "KS distance",
    ),
];

#[test]
fn rounded_draws_are_no_uniform_law_of_whole_numbers() {
    every_change_is_noticed("steps.yaml", &[&ROUNDED]);
}

/// How often each text stands in a column of an entity's CSV file.
fn counts(dataset: &Path, entity: &str, column: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let mut parts = 0;
    for entry in std::fs::read_dir(dataset.join(entity)).expect("an entity's folder") {
        let mut reader = csv::Reader::from_path(entry.expect("a part").path()).expect("a CSV file");
        let place = reader.headers().expect("a header").iter().position(|name| name == column);
        let place = place.expect("the column");
        for record in reader.records() {
            *counts.entry(record.expect("a record")[place].to_owned()).or_default() += 1;
        }
        parts += 1;
    }
    assert!(parts > 0);
    counts
}

/// Each of the values came, no other one did, and none is further than 4.5 deviations from its share.
#[track_caller]
fn all_alike(counts: &BTreeMap<String, u64>, values: &[&str]) {
    let seen: Vec<&str> = counts.keys().map(String::as_str).collect();
    let mut values = values.to_vec();
    values.sort_unstable();
    assert_eq!(seen, values);
    let total = counts.values().sum::<u64>() as f64;
    let share = 1.0 / values.len() as f64;
    let noise = (total * share * (1.0 - share)).sqrt();
    for (value, &count) in counts {
        let off = (count as f64 - total * share) / noise;
        assert!(
            off.abs() < 4.5,
            "{value} came {count} times, {off:.1} deviations from its share: {counts:?}"
        );
    }
}

#[test]
fn every_value_within_the_bounds_of_a_uniform_law_is_as_likely_as_any_other() {
    let folder = folder();
    let out = folder.path().display().to_string();
    let path = model("steps.yaml").display().to_string();
    let output =
        seedmill(&["generate", &path, "--seed", "fair", "--format", "csv", "--quiet", "--out", &out]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("stdout is UTF-8");
    let dataset = Path::new(printed.lines().last().expect("the dataset's path"));
    let die = ["1", "2", "3", "4", "5", "6"];
    all_alike(&counts(dataset, "things", "die"), &die);
    all_alike(&counts(dataset, "things", "between"), &die);
    all_alike(&counts(dataset, "things", "coin"), &["0", "1"]);
    all_alike(&counts(dataset, "things", "below"), &["-3", "-2", "-1", "0", "1", "2", "3"]);
    let cents: Vec<String> = (1..=20).map(|cent| format!("{:.2}", f64::from(cent) / 100.0)).collect();
    all_alike(&counts(dataset, "things", "cents"), &cents.iter().map(String::as_str).collect::<Vec<_>>());
    let tenths: Vec<String> = (0..=10).map(|tenth| format!("{:.1}", f64::from(tenth) / 10.0)).collect();
    all_alike(&counts(dataset, "things", "tenths"), &tenths.iter().map(String::as_str).collect::<Vec<_>>());
    all_alike(&counts(dataset, "things", "cut"), &["3", "4", "5", "6", "7"]);
    assert_eq!(counts(dataset, "things", "mixed").into_keys().collect::<String>(), "12345");
    let ranked = counts(dataset, "things", "ranked");
    assert!(ranked.len() == 4 && ranked.values().all(|&count| count == 7_500), "{ranked:?}");
    // Numbers of 19 digits end in all digits.
    let serials = counts(dataset, "things", "serial");
    let mut last = BTreeMap::new();
    serials.keys().for_each(|serial| *last.entry(serial[18..].to_owned()).or_default() += 1);
    all_alike(&last, &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let mut lengths = BTreeMap::new();
    for (word, count) in counts(dataset, "things", "word") {
        *lengths.entry(word.len().to_string()).or_default() += count;
    }
    all_alike(&lengths, &["1", "2", "3", "4"]);
    let (mut lengths, mut elements) = (BTreeMap::new(), BTreeMap::new());
    for (list, count) in counts(dataset, "things", "list") {
        let items: Vec<&str> =
            list.trim_matches(['{', '}']).split(',').filter(|item| !item.is_empty()).collect();
        *lengths.entry(items.len().to_string()).or_default() += count;
        items.iter().for_each(|item| *elements.entry((*item).to_owned()).or_default() += count);
    }
    all_alike(&lengths, &["0", "1", "2"]);
    all_alike(&elements, &["1", "2", "3"]);
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    for size in counts(dataset, "parts", "thing").values() {
        *sizes.entry(size.to_string()).or_default() += 1;
    }
    all_alike(&sizes, &["1", "2", "3"]);
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    for size in counts(dataset, "spread", "thing").values() {
        *sizes.entry(size.to_string()).or_default() += 1;
    }
    assert!(sizes.len() == 4 && sizes.values().all(|&count| count == 6_000), "{sizes:?}");
}
