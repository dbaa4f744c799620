//! [`value`]: the report for programs.
//!
//! It holds the sections of the quality report under the names that its users' scripts read, and then all of the
//! assessment. Those names are built from the model's: `top_1_percent_conversations`, `orphaned_messages`.

use serde_json::{Map, Value, json};

use super::quality::{self, Subject};
use crate::fidelity::assessment::{Assessment, HeavySummary, Portrait, Summary, TypeSummary, Volumes};

/// Changes whenever a name of the report changes or goes; not when one is added.
pub const REPORT_VERSION: u32 = 1;

/// The report. Only `validation_timestamp` depends on when it is made.
pub fn value(assessment: &Assessment, timestamp: &str) -> Value {
    let mut report = Map::new();
    report.insert("report".into(), "seedmill fidelity".into());
    report.insert("report_version".into(), REPORT_VERSION.into());
    report.insert("validation_timestamp".into(), timestamp.into());
    report.insert("verdict".into(), json!(assessment.verdict));
    report.insert("model".into(), assessment.model.clone().into());
    report.insert("band".into(), assessment.band.clone().into());
    report.insert("seed".into(), json!(assessment.seed));
    report.insert("dataset".into(), assessment.dataset.clone().into());
    report.insert("tolerance".into(), assessment.tolerance.into());
    report.insert("tolerance_name".into(), assessment.tolerance_name.clone().into());
    report.insert("rationale".into(), json!(assessment.rationale));
    quality_sections(&mut report, assessment);
    report.insert("entities".into(), json!(assessment.entities));
    report.insert("checks".into(), json!(assessment.checks));
    report.insert("counters".into(), json!(assessment.counters));
    report.insert("remarks".into(), json!(assessment.remarks));
    report.insert("portraits".into(), json!(assessment.portraits));
    Value::Object(report)
}

fn quality_sections(report: &mut Map<String, Value>, assessment: &Assessment) {
    let summary = &assessment.summary;
    report.insert("dataset_summary".into(), rows(assessment));
    if let Some(heavy) = &summary.heavy {
        let analysis = json!({
            "heavy_rooms": heavy_rooms(summary, heavy),
            "power_law_tail": power_law_tail(assessment, heavy),
        });
        report.insert("distribution_analysis".into(), analysis);
    }
    if !summary.types.is_empty() {
        report.insert("type_distributions".into(), type_distributions(summary));
    }
    if let Some(hours) = &summary.hours {
        let analysis = json!({
            "peak_hours": hours.peak_hours,
            "diurnal_variation": hours.diurnal_variation,
            "hourly_distribution": hours.hours,
            "verdict": verdict(summary, Subject::DiurnalVariation),
        });
        report.insert("temporal_analysis".into(), analysis);
    }
    report.insert("integrity_checks".into(), integrity_checks(summary));
    report.insert("overall_assessment".into(), overall(assessment));
    report.insert("recommendations".into(), json!(quality::recommendations(assessment)));
}

/// Rows by entity, and again by its other names.
fn rows(assessment: &Assessment) -> Value {
    let mut rows = Map::new();
    for entity in &assessment.entities {
        rows.insert(entity.entity.clone(), entity.rows.into());
    }
    for entity in &assessment.entities {
        for alias in &entity.aliases {
            rows.entry(alias.clone()).or_insert_with(|| entity.rows.into());
        }
    }
    Value::Object(rows)
}

fn heavy_rooms(summary: &Summary, heavy: &HeavySummary) -> Value {
    let child = heavy.child.strip_suffix('s').unwrap_or(&heavy.child);
    let mut section = Map::new();
    section.insert(format!("top_1_percent_{}", heavy.parent), heavy.top_1_percent_parents.into());
    section.insert(format!("top_1_percent_{child}_share"), heavy.top_1_percent_share.into());
    section.insert(format!("top_5_percent_{child}_share"), heavy.top_5_percent_share.into());
    section.insert("verdict".into(), verdict(summary, Subject::HeavyRooms));
    Value::Object(section)
}

fn power_law_tail(assessment: &Assessment, heavy: &HeavySummary) -> Value {
    let mut section = Map::new();
    for (name, size) in
        [("p50", heavy.p50), ("p75", heavy.p75), ("p90", heavy.p90), ("p95", heavy.p95), ("p99", heavy.p99)]
    {
        section.insert(name.into(), size.into());
    }
    section.insert("max".into(), heavy.max.into());
    section.insert("tail_ratio_p99_p50".into(), quality::tail_ratio(heavy.p50, heavy.p99).into());
    if let Some(volumes) = volumes_of(assessment, heavy) {
        section.insert("histogram".into(), histogram(volumes));
    }
    section.insert("verdict".into(), verdict(&assessment.summary, Subject::PowerLawTail));
    Value::Object(section)
}

fn volumes_of<'a>(assessment: &'a Assessment, heavy: &HeavySummary) -> Option<&'a Volumes> {
    assessment.portraits.iter().find_map(|portrait| match portrait {
        Portrait::Volumes(volumes) if volumes.parent == heavy.parent && volumes.child == heavy.child => {
            Some(volumes)
        }
        Portrait::Volumes(_)
        | Portrait::Numbers(_)
        | Portrait::Categories(_)
        | Portrait::Rhythm(_)
        | Portrait::Gaps(_) => None,
    })
}

fn histogram(volumes: &Volumes) -> Value {
    let bucket = |(label, parents, children): &(String, u64, u64)| {
        let mut bucket = Map::new();
        bucket.insert("bucket".into(), label.clone().into());
        bucket.insert(volumes.parent.clone(), (*parents).into());
        bucket.insert(volumes.child.clone(), (*children).into());
        Value::Object(bucket)
    };
    volumes.buckets.iter().map(bucket).collect()
}

/// A column `type` stands under its entity's name, any other under `entity.column`.
fn type_distributions(summary: &Summary) -> Value {
    let mut section = Map::new();
    for types in &summary.types {
        let name = if types.column == "type" {
            types.entity.clone()
        } else {
            format!("{}.{}", types.entity, types.column)
        };
        section.insert(name, shares(types));
    }
    section.insert("verdict".into(), verdict(summary, Subject::TypeVariety));
    Value::Object(section)
}

fn shares(types: &TypeSummary) -> Value {
    let total: u64 = types.counts.iter().map(|(_, rows)| rows).sum();
    let percentage = |rows: u64| if total == 0 { 0.0 } else { 100.0 * rows as f64 / total as f64 };
    let share =
        |(name, rows): &(String, u64)| json!({"type": name, "count": rows, "percentage": percentage(*rows)});
    types.counts.iter().map(share).collect()
}

fn integrity_checks(summary: &Summary) -> Value {
    let mut references = Map::new();
    for (entity, rows) in &summary.orphans {
        references.insert(format!("orphaned_{entity}"), (*rows).into());
    }
    references.insert("verdict".into(), verdict(summary, Subject::ReferentialIntegrity));
    json!({
        "pii_safety": {
            "synthetic_emails_only": summary.real_emails == 0,
            "real_email_count": summary.real_emails,
            "verdict": verdict(summary, Subject::PiiSafety),
        },
        "referential_integrity": references,
        "timestamp_ordering": {
            "out_of_order": summary.out_of_order,
            "verdict": verdict(summary, Subject::TimestampOrdering),
        },
        "data_completeness": {
            "null_foreign_keys": summary.null_keys,
            "verdict": verdict(summary, Subject::DataCompleteness),
        },
    })
}

/// A dataset that is not what was declared is not ready, whatever the tests say.
fn overall(assessment: &Assessment) -> Value {
    let tests = quality::tests(&assessment.summary);
    let ready = quality::is_ready(assessment);
    json!({
        "verdict": pass(ready),
        "passed_tests": tests.iter().filter(|test| test.passed).count(),
        "total_tests": tests.len(),
        "ready_for_phase2": ready,
    })
}

fn verdict(summary: &Summary, subject: Subject) -> Value {
    quality::passed(summary, subject).map_or(Value::Null, pass)
}

fn pass(passed: bool) -> Value {
    if passed { "PASS" } else { "FAIL" }.into()
}
