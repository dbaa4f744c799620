//! Independent tools come to the judge's figures, on true data and on data with faults.

use super::support::{CHAT, Folder, LITTLE_CHAT, LITTLE_SHOP, SHOP, Sample, python};

/// Judges a true dataset, and has others measure the same.
fn true_data_agrees(sample: &Sample, least_figures: usize) {
    let Some(python) = python() else { return };
    let folder = Folder::new();
    let dataset = folder.generate(sample, &[]);
    let answer = folder.assess(&dataset, &["--json", "--tolerance", sample.tolerance]);
    assert_eq!(answer.status, Some(0), "{:?}", answer.report()["rationale"]);
    let figures = folder.compare(&python, sample, &dataset, &answer, &["--sdmetrics"]);
    assert!(figures >= least_figures, "only {figures} figures were compared");
}

/// Judges a copy with faults, and has others count the same.
fn faults_agree(sample: &Sample, how: &str) {
    let Some(python) = python() else { return };
    let folder = Folder::new();
    let dataset = folder.generate(sample, &[]);
    let faulty = folder.own_copy(&python, sample, &dataset, how);
    let answer = folder.assess(&faulty, &["--json"]);
    assert_eq!(answer.status, Some(1), "{}", answer.said);
    let report = answer.report();
    let broken =
        report["counters"].as_array().expect("counters").iter().filter(|counter| counter["violations"] != 0);
    assert!(broken.count() > 5, "the faults are in the report");
    folder.compare(&python, sample, &faulty, &answer, &["--sdmetrics", &format!("--{how}")]);
}

#[test]
fn others_come_to_the_same_figures_of_a_chat() {
    true_data_agrees(&CHAT, 190);
}

#[test]
fn others_come_to_the_same_figures_of_a_shop() {
    true_data_agrees(&SHOP, 70);
}

#[test]
fn others_count_the_same_faults_in_a_chat() {
    faults_agree(&LITTLE_CHAT, "faulty");
}

#[test]
fn others_count_the_same_rows_under_no_parent() {
    faults_agree(&LITTLE_CHAT, "lost");
}

#[test]
fn others_count_the_same_faults_in_a_shop() {
    faults_agree(&LITTLE_SHOP, "faulty");
}
