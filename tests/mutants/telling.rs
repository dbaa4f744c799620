//! [`page`]: what became of every mutant, as `README.md` tells it.

use std::fmt::Write as _;

use crate::good::Good;
use crate::making::repository;
use crate::trial::{Outcome, RefusedBy};

/// So many other checks and counters are named.
const NAMED: usize = 3;

const HEAD: &str = "# Wrong datasets that the judge refuses

`seedmill assess` says GO to the true datasets below. Every mutant of them is noticed by the check or the counter that
is there for it, and refused. `tests/mutants/main.rs` makes and judges them all and compares this page;
`SEEDMILL_UPDATE_GOLDENS=1` writes it anew.

A law of values that fails alone is a warning, and a GO may have three (`src/fidelity/claims/mod.rs` says which laws):
the mutants whose verdict is GO. Four of them together are refused.

*Off / allowed* is the effect of the check over its threshold: a mutant near 1 is one that is barely wrong. *Also* names
what else is FAIL or not 0.

## True datasets

| dataset | made with | tolerance | checks | of these WARN or low power | counters |
| --- | --- | --- | --- | --- | --- |
";

const TABLE: &str = "
## Mutants

| mutant | of | made by | verdict | by | off / allowed | also |
| --- | --- | --- | --- | --- | --- | --- |
";

/// The page.
pub fn page(good: &Good, outcomes: &[Outcome<'_>]) -> String {
    let mut page = HEAD.to_owned();
    for (sample, judged) in good.told() {
        let settings: Vec<String> = sample.settings.iter().map(|setting| format!("`{setting}`")).collect();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} |",
            sample.name,
            settings.join(" "),
            sample.tolerance,
            judged.checks,
            judged.warnings,
            judged.counters
        );
    }
    page.push_str(TABLE);
    for outcome in outcomes {
        let mutant = outcome.mutant;
        let (refused_by, off) = match mutant.refused_by {
            RefusedBy::Check(subject, measure) | RefusedBy::Warning(subject, measure) => {
                (format!("{subject}: {measure}"), outcome.check().map_or_else(String::new, ratio))
            }
            RefusedBy::Counter(subject, rule) => (
                format!("{subject}: {rule}"),
                outcome.counter().map_or_else(String::new, |(.., violations)| violations.to_string()),
            ),
        };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {off} | {} |",
            mutant.name,
            mutant.of.name,
            mutant.made.told().replace('|', "\\|"),
            outcome.judged.verdict,
            refused_by.replace('|', "\\|"),
            others(outcome).replace('|', "\\|")
        );
    }
    page
}

/// Effect over threshold to two digits; a condition of the model's own has no threshold.
fn ratio(failed: &crate::trial::Failed) -> String {
    if failed.threshold == 0.0 {
        return format!("by {:.2}", failed.effect);
    }
    let ratio = failed.effect / failed.threshold;
    if ratio < 9.95 { format!("{ratio:.1}") } else { format!("{ratio:.0}") }
}

/// What else was found wrong.
fn others(outcome: &Outcome<'_>) -> String {
    let right = outcome.check();
    let failed =
        outcome.judged.failed.iter().filter(|failed| right.is_none_or(|right| !std::ptr::eq(right, *failed)));
    let counted = outcome.counter();
    let broken = outcome
        .judged
        .broken
        .iter()
        .filter(|broken| counted.is_none_or(|counted| !std::ptr::eq(counted, *broken)));
    let names: Vec<String> = broken
        .map(|(subject, rule, _)| format!("{subject}: {rule}"))
        .chain(failed.map(|failed| format!("{}: {}", failed.subject, failed.measure)))
        .collect();
    let mut text = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
    if names.len() > NAMED {
        let _ = write!(text, "; and {} more", names.len() - NAMED);
    }
    text
}

/// Compares the page with the file, or writes it.
pub fn compare(page: &str) {
    let path = repository("tests/mutants/README.md");
    if std::env::var_os("SEEDMILL_UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, page).expect("the repository can be written to");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "tests/mutants/README.md is another; SEEDMILL_UPDATE_GOLDENS=1 writes it anew\n{}",
        page.lines()
            .filter(|line| !written.lines().any(|known| known == *line))
            .collect::<Vec<_>>()
            .join("\n")
    );
}
