//! The figures that the documents promise, measured in a dataset by an oracle that does not know them.

use serde_json::Value;

use super::oracles::{ask, python};
use super::support::Dataset;

/// Half a million messages in 1,500 rooms: as many a room as in staging, so that its volumes resolve alike.
const HALF_A_MILLION: &[&str] =
    &["--band=dev", "--set=band.users=3000", "--set=band.conversations=1500", "--set=band.messages=500K"];

fn figure(figures: &Value, path: &str) -> f64 {
    path.split('.')
        .fold(figures, |value, key| &value[key])
        .as_f64()
        .unwrap_or_else(|| panic!("no figure {path}"))
}

#[test]
fn chat_has_the_documented_figures() {
    let Some(python) = python() else { return };
    let dataset = Dataset::generate("configs/chat", HALF_A_MILLION);
    let figures: Value =
        serde_json::from_str(&ask(&python, "chat_table.py", &dataset, &[])).expect("figures as JSON");
    // Expected, and by how much it may be off: nothing for what is exact, else five standard errors.
    let expected = [
        ("volumes.conversations", 1_500.0, 0.0),
        ("volumes.messages", 500_000.0, 0.0),
        ("volumes.p50", 15.0, 0.0),
        // A size is the curve's mean over one rank in 1,500; the curve falls by 1 % there.
        ("volumes.p95", 500.0, 7.5),
        ("volumes.rooms_10k_fraction", 0.02, 0.0),
        // 2 % at 10,000 and more are 60 % of the traffic at the least; the tail ends at 50,000.
        ("volumes.rooms_10k_message_share", 0.66, 0.01),
        ("volumes.hill_alpha_15", 1.63, 0.02),
        ("members.fractions.one_to_one", 0.70, 0.0),
        ("members.fractions.small_group", 0.25, 0.0),
        ("members.fractions.large_group", 0.05, 0.0),
        ("members.small_group_mean", 5.90, 0.02),
        ("members.large_group_mean", 45.1, 0.5),
        ("content.media_share", 0.15, 0.0026),
        ("content.mean_length_all_rows", 153.0, 2.0),
        ("content.media_type_shares.IMAGE", 0.65, 0.009),
        ("reads.rate", 0.82, 0.0),
        ("reads.within_24h_of_messages", 0.808, 0.002),
        // 35, 40 and 15 are weights: a receipt in 30 s is 35 of 90.
        ("reads.within_30s_of_receipts", 35.0 / 90.0, 0.004),
        ("rhythm.outside_window", 0.0, 0.0),
        ("rhythm.peak_over_trough", 2.5, 0.08),
        ("rhythm.weekday_over_weekend", 1.4, 0.03),
        ("bursts.cv_weighted_by_gaps", 2.5, 0.05),
    ];
    let wrong: Vec<String> = expected
        .iter()
        .map(|&(path, value, tolerance)| (path, value, tolerance, figure(&figures, path)))
        .filter(|(_, value, tolerance, found)| (found - value).abs() > tolerance + 1e-9)
        .map(|(path, value, tolerance, found)| format!("{path} is {found}, not {value} ± {tolerance}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
