//! [`Test`]: the eight tests of the quality report, and what they come to.
//!
//! They look at the data alone, with the fixed limits of the document's table "Test Criteria": whether the dataset
//! is worth a load test at all. The checks of the assessment ask whether it is the one that the model declares.

use super::figures;
use crate::fidelity::assessment::{Assessment, Summary, Verdict};

/// The least share of the children that the top 1 % of parents have.
const HEAVY_SHARE: f64 = 0.15;
/// The 99th percentile is more than this many medians.
const TAIL_RATIO: f64 = 10.0;
/// The busiest hour has more than this many times the rows of the quietest.
const DIURNAL_RATIO: f64 = 1.5;

/// Which test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    HeavyRooms,
    PowerLawTail,
    TypeVariety,
    DiurnalVariation,
    PiiSafety,
    ReferentialIntegrity,
    TimestampOrdering,
    DataCompleteness,
}

/// A test and its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Test {
    /// Which.
    pub subject: Subject,
    /// Its name in the document's table.
    pub name: &'static str,
    /// When it is passed.
    pub condition: String,
    /// What the data has.
    pub found: String,
    /// Whether it is passed.
    pub passed: bool,
    /// What to do about the shape of the data where it is not; empty for the others.
    pub advice: &'static str,
}

/// The tests that the summary has figures for, in the document's order.
pub(super) fn tests(summary: &Summary) -> Vec<Test> {
    let mut tests = shape(summary);
    tests.extend(integrity(summary));
    tests
}

/// Whether a subject's test is passed; none where the summary has no figures for it.
pub(super) fn passed(summary: &Summary, subject: Subject) -> Option<bool> {
    tests(summary).iter().find(|test| test.subject == subject).map(|test| test.passed)
}

/// Median to 99th percentile.
pub(super) fn tail_ratio(p50: f64, p99: f64) -> f64 {
    if p50 > 0.0 { p99 / p50 } else { f64::INFINITY }
}

/// The dataset passes all tests and is what was declared.
pub(super) fn is_ready(assessment: &Assessment) -> bool {
    assessment.verdict == Verdict::Go && tests(&assessment.summary).iter().all(|test| test.passed)
}

/// What to change; where there is nothing, what the dataset is good for, in the document's words.
pub(super) fn recommendations(assessment: &Assessment) -> Vec<String> {
    let shape = shape(&assessment.summary);
    let mut lines = assessment.recommendations.clone();
    // The assessment itself speaks of what its counters found.
    let failed = shape.iter().filter(|test| !test.passed);
    lines.extend(failed.map(|test| format!("{}: {}. {}", test.name, test.found, test.advice)));
    if is_ready(assessment) {
        let has = |subject| shape.iter().any(|test| test.subject == subject);
        lines.push("✓ Dataset passes all quality checks".to_owned());
        if has(Subject::HeavyRooms) {
            lines.push("✓ Heavy rooms present - will activate hot indexes and caching".to_owned());
        }
        if has(Subject::PowerLawTail) {
            lines.push("✓ Power-law tail realistic - queries will exhibit production-like skew".to_owned());
        }
        lines.push("✓ APPROVED for Phase 2 performance testing".to_owned());
    }
    lines
}

/// Whether the data's shape puts a strain on a database.
fn shape(summary: &Summary) -> Vec<Test> {
    let mut tests = Vec::new();
    if let Some(heavy) = &summary.heavy {
        let ratio = tail_ratio(heavy.p50, heavy.p99);
        tests.push(Test {
            subject: Subject::HeavyRooms,
            name: "Heavy rooms",
            condition: format!("the top 1 % of {} have 15 % of {} or more", heavy.parent, heavy.child),
            found: figures::percent(heavy.top_1_percent_share),
            passed: heavy.top_1_percent_share >= HEAVY_SHARE,
            advice: "Lower the exponent of the volumes (alpha), or raise the share of the heavy rooms.",
        });
        tests.push(Test {
            subject: Subject::PowerLawTail,
            name: "Power-law tail",
            condition: "the 99th percentile is more than 10 medians".to_owned(),
            found: figures::ratio(ratio),
            passed: ratio > TAIL_RATIO,
            advice: "Raise the 99th percentile of the volumes, or lower their exponent (alpha).",
        });
    }
    if !summary.types.is_empty() {
        let used = |counts: &[(String, u64)]| counts.iter().filter(|(_, rows)| *rows > 0).count();
        let fewest = summary.types.iter().map(|types| used(&types.counts)).min().unwrap_or(0);
        tests.push(Test {
            subject: Subject::TypeVariety,
            name: "Type variety",
            condition: "every enumerated column has several values".to_owned(),
            found: format!("at least {fewest}"),
            passed: fewest > 1,
            advice: "Give the other values of the column a weight.",
        });
    }
    if let Some(hours) = &summary.hours {
        tests.push(Test {
            subject: Subject::DiurnalVariation,
            name: "Diurnal variation",
            condition: "the busiest hour has more than 1.5 times the rows of the quietest".to_owned(),
            found: figures::ratio(hours.diurnal_variation),
            passed: hours.diurnal_variation > DIURNAL_RATIO,
            advice: "Raise the peaks of the hourly weights.",
        });
    }
    tests
}

/// Whether the data are sound.
fn integrity(summary: &Summary) -> [Test; 4] {
    let orphans = summary.orphans.iter().map(|(_, rows)| rows).sum();
    let none = |subject, name, what: &str, found: u64| Test {
        subject,
        name,
        condition: format!("no {what}"),
        found: figures::count(found),
        passed: found == 0,
        advice: "",
    };
    [
        none(Subject::PiiSafety, "PII safety", "real e-mail addresses", summary.real_emails),
        none(Subject::ReferentialIntegrity, "Referential integrity", "orphaned rows", orphans),
        none(Subject::TimestampOrdering, "Timestamp ordering", "rows out of order", summary.out_of_order),
        none(Subject::DataCompleteness, "Data completeness", "NULL in a foreign key", summary.null_keys),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::assessment::{HeavySummary, HoursSummary, TypeSummary};

    fn at_the_limits() -> Summary {
        Summary {
            heavy: Some(HeavySummary {
                parent: "conversations".into(),
                child: "messages".into(),
                top_1_percent_parents: 80,
                top_1_percent_share: 0.15,
                top_5_percent_share: 0.3,
                p50: 10.0,
                p75: 20.0,
                p90: 50.0,
                p95: 80.0,
                p99: 100.5,
                max: 400,
            }),
            types: vec![TypeSummary {
                entity: "messages".into(),
                column: "type".into(),
                counts: vec![("TEXT".into(), 9), ("IMAGE".into(), 1)],
            }],
            hours: Some(HoursSummary {
                subject: "messages.createdAt".into(),
                peak_hours: vec![9],
                diurnal_variation: 1.51,
                hours: vec![1; 24],
            }),
            ..Summary::default()
        }
    }

    #[test]
    fn eight_tests_pass_just_inside_their_limits() {
        let tests = tests(&at_the_limits());
        assert_eq!(tests.iter().filter(|test| test.passed).count(), 8);
    }

    #[test]
    fn each_test_fails_just_outside_its_limit() {
        type Break = fn(&mut Summary);
        let breaks: [(Subject, Break); 8] = [
            (Subject::HeavyRooms, |s| s.heavy.as_mut().unwrap().top_1_percent_share = 0.1499),
            (Subject::PowerLawTail, |s| s.heavy.as_mut().unwrap().p99 = 100.0),
            (Subject::TypeVariety, |s| s.types[0].counts[1].1 = 0),
            (Subject::DiurnalVariation, |s| s.hours.as_mut().unwrap().diurnal_variation = 1.5),
            (Subject::PiiSafety, |s| s.real_emails = 1),
            (Subject::ReferentialIntegrity, |s| s.orphans = vec![("a".into(), 0), ("b".into(), 1)]),
            (Subject::TimestampOrdering, |s| s.out_of_order = 1),
            (Subject::DataCompleteness, |s| s.null_keys = 1),
        ];
        for (subject, break_it) in breaks {
            let mut summary = at_the_limits();
            break_it(&mut summary);
            let failed: Vec<Subject> =
                tests(&summary).iter().filter(|test| !test.passed).map(|test| test.subject).collect();
            assert_eq!(failed, [subject]);
            assert_eq!(passed(&summary, subject), Some(false));
        }
    }

    #[test]
    fn what_has_no_figures_is_not_tested() {
        let names: Vec<&str> = tests(&Summary::default()).iter().map(|test| test.name).collect();
        assert_eq!(names, ["PII safety", "Referential integrity", "Timestamp ordering", "Data completeness"]);
    }
}
