//! The report for programs.

use seedmill::report::fidelity::{json, write};
use serde_json::Value;

use super::sample::{self, TIMESTAMP};

/// What the document on dataset quality prints as its output format.
const EXAMPLE: &str = include_str!("quality-report.json");

/// Names that the example lacks and the example's document prints of the same run.
const ALSO: [&str; 6] = [
    "/distribution_analysis/power_law_tail/p75",
    "/distribution_analysis/power_law_tail/p95",
    "/integrity_checks/timestamp_ordering/out_of_order",
    "/integrity_checks/timestamp_ordering/verdict",
    "/integrity_checks/data_completeness/null_foreign_keys",
    "/integrity_checks/data_completeness/verdict",
];

/// Every name of `example` stands in `report`, with a value of the same type.
fn assert_has(report: &Value, example: &Value, path: &str) {
    match (report, example) {
        (Value::Object(report), Value::Object(example)) => {
            for (name, value) in example {
                let path = format!("{path}/{name}");
                assert_has(report.get(name).unwrap_or_else(|| panic!("no {path}")), value, &path);
            }
        }
        (Value::Array(report), Value::Array(example)) => {
            for (report, example) in report.iter().zip(example) {
                assert_has(report, example, path);
            }
        }
        (report, example) => assert_eq!(
            std::mem::discriminant(report),
            std::mem::discriminant(example),
            "{path}: {report} and {example}"
        ),
    }
}

#[test]
fn the_report_has_the_names_of_the_document() {
    let report = json::value(&sample::go(), TIMESTAMP);
    assert_has(&report, &serde_json::from_str(EXAMPLE).unwrap(), "");
    for path in ALSO {
        assert!(report.pointer(path).is_some(), "no {path}");
    }
    assert_eq!(report["report"], "seedmill fidelity");
    assert_eq!(report["report_version"], 1);
    assert_eq!(report["dataset_summary"]["read_receipts"], report["dataset_summary"]["message_reads"]);
    assert_eq!(report["type_distributions"]["conversation_users.role"][0]["type"], "MEMBER");
    assert_eq!(report["type_distributions"]["conversations"][0]["percentage"], 70.0);
    assert_eq!(report["distribution_analysis"]["power_law_tail"]["histogram"][1]["conversations"], 3_391);
}

#[test]
fn the_report_has_all_of_the_assessment() {
    for assessment in [sample::go(), sample::no_go()] {
        let report = json::value(&assessment, TIMESTAMP);
        let Value::Object(all) = serde_json::to_value(&assessment).unwrap() else { panic!("an object") };
        for (name, value) in all {
            match name.as_str() {
                // It stands in the document's sections.
                "summary" => {}
                "recommendations" => {
                    let told = report[&name].as_array().unwrap();
                    assert!(value.as_array().unwrap().iter().all(|line| told.contains(line)));
                }
                name => assert_eq!(report[name], value, "{name}"),
            }
        }
    }
}

#[test]
fn a_go_is_ready_and_a_no_go_is_not() {
    let overall = |assessment| json::value(&assessment, TIMESTAMP)["overall_assessment"].take();
    let good = overall(sample::go());
    assert_eq!(
        good,
        serde_json::json!({"verdict": "PASS", "passed_tests": 8, "total_tests": 8, "ready_for_phase2": true})
    );
    let bad = overall(sample::no_go());
    assert_eq!(
        bad,
        serde_json::json!({"verdict": "FAIL", "passed_tests": 5, "total_tests": 8, "ready_for_phase2": false})
    );
    // All eight tests pass, and yet it is not what was declared.
    let mut other = sample::go();
    other.verdict = seedmill::fidelity::assessment::Verdict::NoGo;
    let other = overall(other);
    assert_eq!((&other["verdict"], &other["passed_tests"]), (&"FAIL".into(), &8.into()));
    assert_eq!(other["ready_for_phase2"], false);
}

#[test]
fn a_clean_go_is_approved_in_the_documents_words() {
    let report = json::value(&sample::go(), TIMESTAMP);
    let lines: Vec<&str> =
        report["recommendations"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "✓ Dataset passes all quality checks",
            "✓ Heavy rooms present - will activate hot indexes and caching",
            "✓ Power-law tail realistic - queries will exhibit production-like skew",
            "✓ APPROVED for Phase 2 performance testing",
        ]
    );
}

#[test]
fn sections_without_figures_are_left_out() {
    let mut assessment = sample::go();
    assessment.summary.heavy = None;
    assessment.summary.hours = None;
    assessment.summary.types.clear();
    let report = json::value(&assessment, TIMESTAMP);
    for name in ["distribution_analysis", "temporal_analysis", "type_distributions"] {
        assert!(report.get(name).is_none(), "{name}");
    }
    assert_eq!(report["overall_assessment"]["total_tests"], 4);
}

#[test]
fn only_the_timestamp_depends_on_the_time() {
    let (mut first, mut second) =
        (json::value(&sample::no_go(), TIMESTAMP), json::value(&sample::no_go(), "2026-01-01T00:00:00Z"));
    assert_ne!(first, second);
    for report in [&mut first, &mut second] {
        report.as_object_mut().unwrap().remove("validation_timestamp");
    }
    assert_eq!(first.to_string(), second.to_string());
}

#[test]
fn reports_are_written_side_by_side_and_never_overwritten() {
    let output = tempfile::tempdir().unwrap();
    let mut assessment = sample::go();
    assessment.band = "../dev".into();
    let written: Vec<_> = (0..3).map(|_| write(output.path(), &assessment).unwrap()).collect();
    let folder = output.path().join("reports");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 6);
    for files in &written {
        assert_eq!(files.report.parent(), Some(folder.as_path()));
        assert_eq!(files.report.with_extension("html"), files.page);
        let name = files.report.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("fidelity-report-.._dev-"), "{name}");
        let report: Value = serde_json::from_slice(&std::fs::read(&files.report).unwrap()).unwrap();
        assert_eq!(report["verdict"], "GO");
        assert!(std::fs::read_to_string(&files.page).unwrap().starts_with("<!DOCTYPE html>"));
    }
}
