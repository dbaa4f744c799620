//! The knobs that the documents turn: a copy of `distribution-spec.json` with one number changed, or `--set`.

use std::fs;

use serde_json::{Value, json};

use super::support::{printed, repository, said, seedmill};

const ALPHA: &str = "messages.per_conversation_distribution.alpha";

fn plan(band: &str, options: &[String]) -> std::process::Output {
    let chat = repository("configs/chat").display().to_string();
    let fixed = ["plan", &chat, "--band", band, "--seed", "knobs", "--json"].map(str::to_owned);
    seedmill(fixed.iter().chain(options))
}

fn planned(options: &[String]) -> Value {
    let output = plan("dev", options);
    assert!(output.status.success(), "{}", said(&output));
    serde_json::from_str(&printed(&output)).expect("the plan as JSON")
}

/// `.messages.per_conversation_distribution.alpha = 1.6`, as `jq` would write it.
fn edited_spec(folder: &tempfile::TempDir, alpha: f64) -> String {
    let text = fs::read_to_string(repository("configs/chat/distribution-spec.json")).expect("the spec");
    let mut spec: Value = serde_json::from_str(&text).expect("JSON");
    let knob = &mut spec["messages"]["per_conversation_distribution"]["alpha"];
    assert_eq!(*knob, json!(1.8), "the knob that the documents turn");
    *knob = json!(alpha);
    let path = folder.path().join("spec.json");
    fs::write(&path, serde_json::to_string_pretty(&spec).expect("JSON")).expect("written");
    path.display().to_string()
}

fn resolved(plan: &Value, declared: &str) -> f64 {
    let figures = plan["resolution"]["figures"].as_array().expect("figures");
    let figure = figures
        .iter()
        .find(|figure| figure["declared"].as_str().is_some_and(|text| text.starts_with(declared)))
        .unwrap_or_else(|| panic!("no figure {declared}"));
    figure["resolved_value"].as_f64().expect("a number")
}

#[test]
fn an_edited_spec_and_set_are_the_same_values() {
    let folder = tempfile::tempdir().expect("a folder");
    let by_file = planned(&["--spec".to_owned(), edited_spec(&folder, 1.6)]);
    let by_flag = planned(&["--set".to_owned(), format!("{ALPHA}=1.6")]);
    let declared = planned(&[]);
    assert_eq!(by_file["fingerprints"]["values"], by_flag["fingerprints"]["values"]);
    assert_ne!(by_file["fingerprints"]["values"], declared["fingerprints"]["values"]);
    let unchanged = planned(&["--spec".to_owned(), edited_spec(&folder, 1.8)]);
    assert_eq!(unchanged["fingerprints"], declared["fingerprints"]);
}

#[test]
fn alpha_bends_the_quantiles_as_published() {
    for (alpha, p50, p95) in
        [("1.6", 2.0, 184.0), ("1.7", 6.0, 325.0), ("1.9", 31.0, 697.0), ("2.0", 55.0, 910.0)]
    {
        let plan = planned(&["--set".to_owned(), format!("{ALPHA}={alpha}")]);
        // Sizes are whole numbers, and a quantile of 8,000 lies between two of them.
        assert!((resolved(&plan, "p50") - p50).abs() <= 0.5, "{alpha}: p50 is {}", resolved(&plan, "p50"));
        assert!((resolved(&plan, "p95") - p95).abs() <= 1.0, "{alpha}: p95 is {}", resolved(&plan, "p95"));
        assert!((resolved(&plan, "rows at 10000") - 0.02).abs() < 1e-12, "{alpha}");
    }
}

#[test]
fn an_infeasible_alpha_is_refused_with_the_nearest_feasible_one() {
    let output = plan("staging", &["--set".to_owned(), format!("{ALPHA}=2.0")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let said = said(&output);
    let (_, nearest) = said.split_once("the nearest feasible alpha is ").expect(&said);
    let nearest = nearest.split_whitespace().next().expect("a number");
    let output = plan("staging", &["--set".to_owned(), format!("{ALPHA}={nearest}")]);
    assert!(output.status.success(), "{nearest} is not feasible");
}

#[test]
fn an_unknown_path_is_refused_with_the_meant_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spec.json");
    fs::write(&path, json!({"messages": {"per_conversation_distribution": {"alhpa": 1.6}}}).to_string())
        .expect("written");
    let by_flag = plan("dev", &["--set".to_owned(), format!("{}=1.6", ALPHA.replace("alpha", "alhpa"))]);
    let by_file = plan("dev", &["--spec".to_owned(), path.display().to_string()]);
    for output in [by_flag, by_file] {
        assert_eq!(output.status.code(), Some(2));
        let said = said(&output);
        assert!(said.contains("no parameter `messages.per_conversation_distribution.alhpa`"), "{said}");
        assert!(said.contains("did you mean `alpha`?"), "{said}");
    }
}
