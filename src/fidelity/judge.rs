//! [`assess`]: from files and a model to a verdict.

use std::path::Path;

use super::assessment::{Assessment, Counter, EntityRows, Promise};
use super::claims::{self, Bench};
use super::evidence::Evidence;
use super::findings::Findings;
use super::groups;
use super::hearing::{Court, Heard, OfFamily, Outcome};
use super::summary;
use super::verdict;
use crate::error::Result;
use crate::model::Model;
use crate::resolve::Resolution;

/// What to judge, and how strictly.
pub struct Case<'c> {
    /// The model.
    pub model: &'c Model,
    /// What it comes to.
    pub resolution: &'c Resolution,
    /// The files.
    pub evidence: Evidence,
    /// The dataset's folder, as it was given.
    pub dataset: String,
    /// 0.15 for `normal`.
    pub tolerance: f64,
    /// The tolerance's name, or the number.
    pub tolerance_name: String,
    /// Threads.
    pub threads: usize,
}

/// Judges a dataset.
///
/// # Errors
///
/// The scratch folder cannot be written to. What is wrong with the dataset is in the assessment.
pub fn assess(case: &Case<'_>, scratch: &Path) -> Result<Assessment> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(case.threads.max(1)).build()?;
    pool.install(|| {
        if case.evidence.aligned {
            let claims = claims::derive(case.model, case.resolution, true);
            let court = Court::open(case.model, &case.evidence, &claims, true, scratch);
            if let Outcome::Heard(heard) = court.hear_aligned()? {
                return conclude(case, court, &claims, *heard);
            }
        }
        let claims = claims::derive(case.model, case.resolution, false);
        let court = Court::open(case.model, &case.evidence, &claims, false, scratch);
        let heard = court.hear_gathered(scratch, case.threads)?;
        conclude(case, court, &claims, heard)
    })
}

fn conclude(case: &Case<'_>, court: Court<'_>, claims: &[OfFamily], heard: Heard) -> Result<Assessment> {
    let model = case.model;
    let bench = Bench {
        model,
        resolution: case.resolution,
        tolerance: case.tolerance,
        in_order: court.in_order,
        rows: heard.rows.clone(),
    };
    let mut findings = Findings { counters: case.evidence.counters.clone(), ..Findings::default() };
    findings.remarks.extend(case.evidence.remarks.iter().cloned());
    files(model, &heard, &mut findings);
    if case.evidence.aligned && !bench.in_order {
        findings.counters.push(Counter {
            promise: Promise::Files,
            subject: "parts".to_owned(),
            rule: "parts of one number hold whole families".to_owned(),
            examined: 1,
            violations: 1,
            places: Vec::new(),
            advice: Some("restore the parts: rows were moved from one to another".to_owned()),
        });
    }
    court.uniques.judge(model, &case.evidence, |entity| bench.rows(entity), case.threads, &mut findings)?;
    for ((_, claim), tally) in claims.iter().zip(&heard.tallies) {
        claim.judge(tally, &bench, &mut findings);
    }
    groups::name(model, &mut findings);
    let counted = claims.iter().map(|(_, claim)| &**claim).zip(&heard.tallies);
    let summary = summary::of(counted, &bench, &findings);
    let verdict = verdict::decide(&findings, case.tolerance);
    Ok(Assessment {
        model: model.name.clone(),
        band: model.band.clone(),
        seed: case.evidence.manifest.as_ref().map(|manifest| manifest.seed.clone()),
        dataset: case.dataset.clone(),
        tolerance: case.tolerance,
        tolerance_name: case.tolerance_name.clone(),
        verdict: verdict.verdict,
        rationale: verdict.rationale,
        recommendations: verdict.recommendations,
        summary,
        entities: entities(case, &bench),
        checks: findings.checks,
        counters: findings.counters,
        portraits: findings.portraits,
        remarks: findings.remarks,
    })
}

/// Files that could not be read to their end, values that are none of their type, tables without a place.
fn files(model: &Model, heard: &Heard, findings: &mut Findings) {
    for (entity, breaches) in &heard.unreadable {
        let advice = "restore the file, or write it again";
        findings.counter(
            Promise::Files,
            &model.entity(*entity).name,
            "every file can be read to its end",
            breaches,
            advice,
        );
    }
    for ((entity, column), breaches) in &heard.misfits {
        let declared = model.column(*entity, *column);
        findings.counter(
            Promise::Files,
            &claims::name_of(model, *entity, *column),
            &format!("every value is {}", declared.ty),
            breaches,
            "write the values in the column's type, or declare another type",
        );
    }
    for (entity, why) in &heard.left_out {
        findings.remark(
            &model.entity(*entity).name,
            format!("its rows were not judged under their parents: {why}"),
        );
    }
}

fn entities(case: &Case<'_>, bench: &Bench<'_>) -> Vec<EntityRows> {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    case.evidence
        .tables
        .iter()
        .map(|table| {
            let entity = case.model.entity(table.entity);
            EntityRows {
                entity: entity.name.clone(),
                aliases: entity.aliases.clone(),
                rows: bench.rows(table.entity),
                files: table.files.len() as u64,
                bytes: table.files.iter().map(|file| size(&file.path)).sum(),
            }
        })
        .collect()
}
