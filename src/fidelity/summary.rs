//! [`of`]: the figures that a quality report prints, from what the claims counted.

use super::assessment::{Promise, Summary};
use super::claims::{Bench, Claim};
use super::findings::Findings;
use super::tally::Tally;

/// Sums up.
pub fn of<'t>(
    claims: impl Iterator<Item = (&'t dyn Claim, &'t Tally)>,
    bench: &Bench<'_>,
    findings: &Findings,
) -> Summary {
    let mut summary = Summary::default();
    for (claim, tally) in claims {
        claim.sum_up(tally, bench, &mut summary);
    }
    let violations =
        |promise: Promise| findings.counters.iter().filter(move |counter| counter.promise == promise);
    summary.out_of_order = violations(Promise::Order).map(|counter| counter.violations).sum();
    for entity in &bench.model.entities {
        let mut of_entity = violations(Promise::Reference)
            .filter(|counter| counter.subject.starts_with(&format!("{}.", entity.name)))
            .peekable();
        if of_entity.peek().is_some() {
            summary.orphans.push((entity.name.clone(), of_entity.map(|counter| counter.violations).sum()));
        }
    }
    summary.null_keys = violations(Promise::Null)
        .filter(|counter| counter.rule == "a key is never NULL")
        .map(|counter| counter.violations)
        .sum();
    summary
}
