//! [`run`]: a mutant made and judged; [`Outcome`]: whether it was refused as it should be.

use std::path::Path;

use serde_json::Value;

use crate::good::{Good, Sample};
use crate::making::{self, Made, measured_by, seedmill};

/// A wrong dataset, and what must refuse it.
#[derive(Clone, Debug)]
pub struct Mutant {
    pub name: &'static str,
    pub of: &'static Sample,
    pub made: Made,
    pub refused_by: RefusedBy,
}

/// A mutant of a law of values, whose check warns.
pub fn warned(mutant: Mutant) -> Mutant {
    let refused_by = match mutant.refused_by {
        RefusedBy::Check(subject, measure) => RefusedBy::Warning(subject, measure),
        other @ (RefusedBy::Counter(..) | RefusedBy::Warning(..)) => other,
    };
    Mutant { refused_by, ..mutant }
}

/// What must refuse a mutant.
#[derive(Clone, Copy, Debug)]
pub enum RefusedBy {
    /// A check of this subject and measure, which must be FAIL.
    Check(&'static str, &'static str),
    /// A counter of this subject whose rule begins so.
    Counter(&'static str, &'static str),
    /// A check of a law of values: it must be FAIL, which alone is one of the three warnings that a GO may have.
    Warning(&'static str, &'static str),
}

/// What the judge said.
#[derive(Debug)]
pub struct Judged {
    pub status: Option<i32>,
    pub verdict: String,
    /// Checks that are FAIL.
    pub failed: Vec<Failed>,
    /// Counters that are not 0: subject, rule, violations.
    pub broken: Vec<(String, String, u64)>,
    /// Checks of all, and those that are WARN or of low power.
    pub checks: usize,
    pub warnings: usize,
    pub counters: usize,
}

/// A check that is FAIL.
#[derive(Debug)]
pub struct Failed {
    pub subject: String,
    pub measure: String,
    pub effect: f64,
    pub threshold: f64,
}

/// What became of a mutant.
pub struct Outcome<'m> {
    pub mutant: &'m Mutant,
    pub judged: Judged,
}

/// Makes and judges a mutant in a folder of its own.
pub fn run<'m>(mutant: &'m Mutant, good: &Good, python: Option<&Path>, folder: &Path) -> Outcome<'m> {
    std::fs::create_dir_all(folder).expect("the folder can be written to");
    let dataset = making::make(mutant.name, &mutant.made, mutant.of, good.dataset(mutant.of), python, folder);
    Outcome { mutant, judged: judge(&dataset, mutant.of, mutant.made.is_judged_by_name(), folder) }
}

/// What the judge says of a dataset, by its own model or by the sample's.
pub fn judge(dataset: &Path, sample: &Sample, by_name: bool, out: &Path) -> Judged {
    let mut arguments = vec!["assess".to_owned(), dataset.display().to_string()];
    if by_name {
        arguments.push("--model".to_owned());
        arguments.extend(measured_by(&making::model(sample), sample));
    }
    arguments.extend(["--json", "--threads=1"].map(str::to_owned));
    arguments.extend([format!("--tolerance={}", sample.tolerance), format!("--out={}", out.display())]);
    let output = seedmill(&arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    let list = |name: &str| report[name].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (checks, counters) = (list("checks"), list("counters"));
    let is = |check: &Value, state: &str| check["state"] == state;
    Judged {
        status: output.status.code(),
        verdict: text(&report["verdict"]),
        failed: checks
            .iter()
            .filter(|check| is(check, "FAIL"))
            .map(|check| Failed {
                subject: text(&check["subject"]),
                measure: text(&check["measure"]),
                effect: check["effect"].as_f64().unwrap_or(f64::NAN),
                threshold: check["threshold"].as_f64().unwrap_or(f64::NAN),
            })
            .collect(),
        broken: counters
            .iter()
            .map(|counter| {
                (
                    text(&counter["subject"]),
                    text(&counter["rule"]),
                    counter["violations"].as_u64().unwrap_or(0),
                )
            })
            .filter(|(.., violations)| *violations > 0)
            .collect(),
        warnings: checks.iter().filter(|check| is(check, "WARN") || check["low_power"] == true).count(),
        checks: checks.len(),
        counters: counters.len(),
    }
}

impl Outcome<'_> {
    /// The check that had to be FAIL, if it is.
    pub fn check(&self) -> Option<&Failed> {
        let (RefusedBy::Check(subject, measure) | RefusedBy::Warning(subject, measure)) =
            self.mutant.refused_by
        else {
            return None;
        };
        self.judged.failed.iter().find(|failed| failed.subject == subject && failed.measure == measure)
    }

    /// The counter that had to be above 0, if it is.
    pub fn counter(&self) -> Option<&(String, String, u64)> {
        let RefusedBy::Counter(subject, rule) = self.mutant.refused_by else { return None };
        self.judged.broken.iter().find(|(found, text, _)| found == subject && text.starts_with(rule))
    }

    /// Why it is not as it should be, if it is not.
    pub fn complaint(&self) -> Option<String> {
        let judged = (self.judged.status, self.judged.verdict.as_str());
        let may_go = matches!(self.mutant.refused_by, RefusedBy::Warning(..)) && judged == (Some(0), "GO");
        let refused = judged == (Some(1), "NO-GO") || may_go;
        let rightly = self.check().is_some() || self.counter().is_some();
        (!refused || !rightly).then(|| {
            let Judged { status, verdict, failed, broken, .. } = &self.judged;
            let mutant = self.mutant;
            format!(
                "{}: {verdict}, status {status:?}, not by {:?} but by {failed:?} {broken:?}",
                mutant.name, mutant.refused_by
            )
        })
    }
}
