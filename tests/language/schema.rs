//! The JSON Schema against the models of the repository, by a validator of others.

use std::path::PathBuf;

use seedmill::model::language;

use super::support::{Expected, models_below, repository, surprises};

/// Models that are right, besides those in `configs`.
const GOOD: [&str; 9] = [
    "tests/models/every_type.yaml",
    "tests/models/hints.yaml",
    "tests/models/keys.yaml",
    "tests/models/tables.yaml",
    "tests/laws/laws.yaml",
    "tests/laws/rhythms.yaml",
    "tests/composites/composites.yaml",
    "tests/composites/running.yaml",
    "tests/composites/times.yaml",
];

/// Wrong models, below `tests/models/invalid`, with a mistake that shows without knowing what the names mean: an
/// unknown or missing key, two strategies, a value of another kind.
const MALFORMED: [&str; 39] = [
    "a_list.yaml",
    "aggregates/aggregates.yaml",
    "bands/a_list.yaml",
    "bands/bands.yaml",
    "counts_too_large.yaml",
    "criteria.yaml",
    "expressions/conditions.yaml",
    "fan_outs.yaml",
    "fan_outs/other_spellings.yaml",
    "fan_outs/totals.yaml",
    "keys/keys.yaml",
    "keys/modifiers.yaml",
    "keys/promises.yaml",
    "laws/other_spellings.yaml",
    "missing_rows.yaml",
    "records.yaml",
    "references/modes_together.yaml",
    "references/other_spellings.yaml",
    "several_mistakes.yaml",
    "switches/switches.yaml",
    "tables.yaml",
    "templates/other_spellings.yaml",
    "time_uuids.yaml",
    "times/derived.yaml",
    "times/processes.yaml",
    "times/ranges.yaml",
    "times/window_in_words.yaml",
    "times/windows.yaml",
    "two_strategies.yaml",
    "unknown_key.yaml",
    "unknown_names.yaml",
    "unknown_strategy.yaml",
    "wrong_laws.yaml",
    "wrong_type.yaml",
    "yaml/columns_one_level_up.yaml",
    "yaml/json_schema.yaml",
    "yaml/names_in_another_case.yaml",
    "yaml/no_model_name.yaml",
    "yaml/top_level.yaml",
];

/// Native models of `configs`: a folder of the dialect has files of another language.
fn configs() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(repository("configs")).expect("configs") {
        let folder = entry.expect("an entry").path();
        let mut models = Vec::new();
        if folder.is_dir() {
            models_below(&folder, &mut models);
        }
        let is_dialect = models.iter().any(|path| path.to_string_lossy().ends_with("_multiply.yaml"));
        if !is_dialect {
            found.extend(models);
        }
    }
    found.sort();
    assert!(found.iter().any(|path| path.ends_with("chat/chat.yaml")), "{found:?}");
    found
}

#[test]
fn every_good_model_is_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let examples = folder.path().join("examples.yaml");
    std::fs::write(&examples, language::example_model()).expect("written");
    let paths = GOOD.map(repository).into_iter().chain(configs()).chain([examples]);
    let models: Vec<(Expected, PathBuf)> = paths.map(|path| (Expected::Valid, path)).collect();
    assert_eq!(surprises(&models).unwrap_or_default(), "");
}

#[test]
fn every_malformed_model_is_invalid() {
    let paths = MALFORMED.map(|name| repository("tests/models/invalid").join(name));
    let models: Vec<(Expected, PathBuf)> = paths.into_iter().map(|path| (Expected::Invalid, path)).collect();
    assert_eq!(surprises(&models).unwrap_or_default(), "");
}

/// An editor finds the schema from where the model lies.
#[test]
fn every_model_of_configs_names_the_schema() {
    for path in configs() {
        let text = std::fs::read_to_string(&path).expect("a model");
        let first = text.lines().next().unwrap_or_default();
        assert_eq!(first, "# yaml-language-server: $schema=../seedmill.schema.json", "{}", path.display());
    }
}
