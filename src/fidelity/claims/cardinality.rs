//! [`Cardinality`]: how many children parents have, where a law says so.

use std::collections::BTreeMap;

use super::seen::Seen;
use super::{Bench, Claim, Tally, categories, fan_out_name, numbers};
use crate::fidelity::assessment::{self, HeavySummary, Portrait, Promise, Summary, Unit};
use crate::fidelity::findings::{Figure, Findings, Relative};
use crate::fidelity::histogram::{Binned, Scale};
use crate::fidelity::sizes::Sizes;
use crate::fidelity::sources::View;
use crate::fidelity::tally::Breaches;
use crate::fidelity::thresholds::{self, Family, KS_ONE_PERCENT, NORMAL_ONE_PERCENT};
use crate::model::{EntityId, FanOut, Origin, RankedLaw};
use crate::resolve::outcomes::Outcome;

/// The least size from which the tail's exponent is estimated.
const TAILS: [u64; 2] = [15, 100];
/// Buckets of the quality report: label, least and greatest size.
const BUCKETS: [(&str, u64, u64); 8] = [
    ("0", 0, 0),
    ("1-10", 1, 10),
    ("11-50", 11, 50),
    ("51-100", 51, 100),
    ("101-500", 101, 500),
    ("501-1K", 501, 1_000),
    ("1K-5K", 1_001, 5_000),
    ("5K+", 5_001, u64::MAX),
];

/// The number of children of every parent.
pub struct Cardinality {
    /// The child.
    pub child: EntityId,
    /// The parent.
    pub parent: EntityId,
}

impl Claim for Cardinality {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(table) = view.shard.table(self.child) else { return };
        for at in 0..view.rows(self.parent) {
            *tally.sizes.entry(table.under(at).len() as u64).or_default() += 1;
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let seen = Seen::new(&tally.sizes);
        let Some(sizes) = Sizes::of(bench.model, bench.resolution, self.child) else { return };
        if seen.parents == 0 {
            return;
        }
        let subject = fan_out_name(bench.model, self.child);
        self.judge_support(&sizes, &seen, &subject, bench, findings);
        let expected = sizes.binned();
        let mut counts = vec![0; Scale::Whole.bins()];
        for (&size, &count) in &tally.sizes {
            counts[Scale::Whole.bin(size as f64)] += count;
        }
        if sizes.are_exact() {
            self.judge_exact(&sizes, &seen, &counts, &expected, bench, findings);
        } else {
            let what = numbers::Comparison {
                subject: &subject,
                unit: "",
                family: Family::Line,
                effective: seen.parents as f64,
                critical: true,
            };
            numbers::compare(&what, &counts, &expected, bench, findings);
        }
        self.judge_parts(&tally.sizes, &subject, bench, findings);
        findings.portraits.push(Portrait::Volumes(self.portrait(&sizes, &seen, bench)));
    }

    fn sum_up(&self, tally: &Tally, bench: &Bench<'_>, summary: &mut Summary) {
        let seen = Seen::new(&tally.sizes);
        if self.volumes(bench).is_none() || seen.children == 0 || summary.heavy.is_some() {
            return;
        }
        let share = |top: f64| seen.held_by(seen.top(top)) as f64 / seen.children as f64;
        summary.heavy = Some(HeavySummary {
            parent: bench.model.entity(self.parent).name.clone(),
            child: bench.model.entity(self.child).name.clone(),
            top_1_percent_parents: seen.top(0.01),
            top_1_percent_share: share(0.01),
            top_5_percent_share: share(0.05),
            p50: seen.quantile(0.5),
            p75: seen.quantile(0.75),
            p90: seen.quantile(0.9),
            p95: seen.quantile(0.95),
            p99: seen.quantile(0.99),
            max: seen.at(0),
        });
    }
}

impl Cardinality {
    /// The volumes of an exact total, if these are some.
    fn volumes<'b>(&self, bench: &'b Bench<'_>) -> Option<&'b [Outcome]> {
        let is_volumes = matches!(
            bench.model.entity(self.child).origin,
            Origin::Child { fan_out: FanOut::Ranked { law: RankedLaw::Volumes(_), .. }, .. }
        );
        let name = &bench.model.entity(self.child).name;
        bench.resolution.volumes.get(name).filter(|_| is_volumes).map(|volumes| volumes.outcomes.as_slice())
    }

    /// No parent has fewer or more children than the law allows.
    fn judge_support(
        &self,
        sizes: &Sizes,
        seen: &Seen<'_>,
        subject: &str,
        bench: &Bench<'_>,
        findings: &mut Findings,
    ) {
        let least = (0..u64::from(u16::MAX)).find(|&size| sizes.reaching(size + 1) < 1.0).unwrap_or(0);
        let mut breaches = Breaches::among(seen.parents);
        breaches.violations = seen.parents - seen.reaching(least).0;
        let mut rule = format!("every parent has at least {least}");
        if let Some(most) = Sizes::most(bench.model, self.child) {
            breaches.violations += seen.reaching(most.saturating_add(1)).0;
            rule.push_str(&format!(" and at most {most}"));
        }
        findings.counter(
            Promise::Cardinality,
            subject,
            &rule,
            &breaches,
            "give every parent as many children as the law allows, or declare other bounds",
        );
    }

    fn judge_exact(
        &self,
        sizes: &Sizes,
        seen: &Seen<'_>,
        counts: &[u64],
        expected: &Binned,
        bench: &Bench<'_>,
        findings: &mut Findings,
    ) {
        let subject = fan_out_name(bench.model, self.child);
        let outcomes = self.volumes(bench);
        let Some(observed) = Binned::of_counts(Scale::Whole, counts) else { return };
        let family = if outcomes.is_some() { Family::Sizes } else { Family::Line };
        findings.figure(Figure {
            subject: &subject,
            measure: "KS distance",
            declared: None,
            resolved: None,
            observed: observed.distance(expected),
            unit: Unit::Distance,
            effect: observed.distance(expected),
            threshold: thresholds::distance(expected, family, bench.tolerance),
            from: "the law with its scale or shape off by the tolerance".to_owned(),
            // Quotas are exact; a curve of volumes may have been drawn from by another tool.
            noise: if outcomes.is_some() {
                KS_ONE_PERCENT / libm::sqrt(seen.parents as f64)
            } else {
                1.0 / seen.parents as f64
            },
            critical: true,
            advice: ("the sizes have another shape: compare the picture with the declared law", ""),
        });
        let declared = |words: &str| {
            let known = outcomes.unwrap_or(&[]).iter().find(|outcome| outcome.declared.starts_with(words));
            known.map(|outcome| outcome.declared.clone())
        };
        let mut relative =
            |measure: &str, declared: Option<String>, resolved: f64, observed: f64, unit: Unit, advice| {
                findings.relative(Relative {
                    subject: &subject,
                    measure,
                    declared,
                    resolved,
                    observed,
                    unit,
                    tolerance: bench.tolerance,
                    noise: 0.0,
                    critical: true,
                    advice,
                });
            };
        let parents = seen.parents;
        let skew = (
            "raise alpha: the sizes are too skewed",
            "lower alpha: the sizes are too even, so that hot paths stay cold",
        );
        let mean = sizes.held_by(parents, parents) / parents as f64;
        relative(
            "mean",
            None,
            mean,
            seen.children as f64 / parents as f64,
            Unit::Number,
            ("lower the total", "raise the total"),
        );
        for (measure, words, share) in
            [("p50", "p50 ", 0.5), ("p90", "p90 ", 0.9), ("p95", "p95 ", 0.95), ("p99", "p99 ", 0.99)]
        {
            relative(
                measure,
                declared(words),
                sizes.quantile(share, parents),
                seen.quantile(share),
                Unit::Count,
                skew,
            );
        }
        if outcomes.is_none() {
            return;
        }
        let all = sizes.held_by(parents, parents);
        for (measure, share) in [("share of the top 1 %", 0.01), ("share of the top 5 %", 0.05)] {
            let top = seen.top(share);
            let resolved = sizes.held_by(top, parents) / all;
            relative(
                measure,
                None,
                resolved,
                seen.held_by(top) as f64 / seen.children as f64,
                Unit::Share,
                skew,
            );
        }
        relative("biggest", None, sizes.at(0, parents), seen.at(0) as f64, Unit::Count, skew);
        self.judge_anchors(outcomes.unwrap_or(&[]), sizes, seen, bench, &subject, findings);
        judge_tails(sizes, seen, bench, &subject, findings);
    }

    /// Rows above declared sizes, and what they hold.
    fn judge_anchors(
        &self,
        outcomes: &[Outcome],
        sizes: &Sizes,
        seen: &Seen<'_>,
        bench: &Bench<'_>,
        subject: &str,
        findings: &mut Findings,
    ) {
        let thresholds: Vec<u64> = bench.anchors_above(self.child);
        for threshold in thresholds {
            let (rows, held) = seen.reaching(threshold);
            let resolved_rows = sizes.reaching(threshold);
            let ranks = libm::round(resolved_rows * seen.parents as f64) as u64;
            let resolved_held =
                sizes.held_by(ranks, seen.parents) / sizes.held_by(seen.parents, seen.parents);
            let declared = |words: &str| {
                let name = format!("{words} {threshold} or more");
                outcomes
                    .iter()
                    .find(|outcome| outcome.declared.starts_with(&name))
                    .map(|outcome| outcome.declared.clone())
            };
            let figures = [
                (
                    format!("parents with {threshold} or more"),
                    declared("rows at"),
                    resolved_rows,
                    rows as f64 / seen.parents as f64,
                    ("lower the fraction of heavy parents", "raise the fraction of heavy parents"),
                ),
                (
                    format!("their share of all, {threshold} or more"),
                    declared("share of rows at"),
                    resolved_held,
                    held as f64 / seen.children as f64,
                    (
                        "raise alpha, or lower the fraction of heavy parents",
                        "lower alpha, or raise the fraction of heavy parents",
                    ),
                ),
            ];
            for (measure, declared, resolved, observed, advice) in figures {
                findings.relative(Relative {
                    subject,
                    measure: &measure,
                    declared,
                    resolved,
                    observed,
                    unit: Unit::Share,
                    tolerance: bench.tolerance,
                    noise: 0.5 / (resolved * seen.parents as f64).max(1.0),
                    critical: true,
                    advice,
                });
            }
        }
    }

    /// The parts of a mixture, one by one: their shares, and the law within each. Quotas are exact, so that chance
    /// excuses nothing.
    fn judge_parts(
        &self,
        sizes: &BTreeMap<u64, u64>,
        subject: &str,
        bench: &Bench<'_>,
        findings: &mut Findings,
    ) {
        let parts = Sizes::parts(bench.model, self.child);
        let Some(all) = Sizes::of(bench.model, bench.resolution, self.child).filter(|_| parts.len() > 1)
        else {
            return;
        };
        let label =
            |low: i64, high: i64| if low == high { low.to_string() } else { format!("{low} to {high}") };
        let inside = |low: i64, high: i64| sizes.range(low.max(0) as u64..=high.max(0) as u64);
        let labels: Vec<String> = parts.iter().map(|(low, high, _)| label(*low, *high)).collect();
        let shares: Vec<f64> = parts
            .iter()
            .map(|(low, high, _)| all.reaching(*low as u64) - all.reaching(*high as u64 + 1))
            .collect();
        let counts: Vec<u64> =
            parts.iter().map(|(low, high, _)| inside(*low, *high).map(|(_, count)| count).sum()).collect();
        categories::compare_as(subject, &labels, &shares, &counts, true, bench, findings);
        let whole = all.binned();
        for ((low, high, _), label) in parts.iter().zip(&labels).filter(|((low, high, _), _)| low < high) {
            let (from, to) = (*low as f64 - 0.5, *high as f64 + 0.5);
            let mut binned = vec![0; Scale::Whole.bins()];
            inside(*low, *high).for_each(|(size, count)| binned[Scale::Whole.bin(*size as f64)] += count);
            let (Some(expected), Some(observed)) =
                (whole.inside(from, to), Binned::of_counts(Scale::Whole, &binned))
            else {
                continue;
            };
            let rows: u64 = binned.iter().sum();
            findings.figure(Figure {
                subject,
                measure: &format!("KS distance within {label}"),
                declared: None,
                resolved: None,
                observed: observed.distance(&expected),
                unit: Unit::Distance,
                effect: observed.distance(&expected),
                threshold: thresholds::distance(&expected, Family::Magnitudes, bench.tolerance),
                from: "the part's law with its scale or shape off by the tolerance".to_owned(),
                noise: 1.0 / rows.max(1) as f64,
                critical: true,
                advice: ("the sizes of this part follow another law: check its parameters", ""),
            });
        }
        bars(subject, sizes, &all, findings);
    }

    fn portrait(&self, sizes: &Sizes, seen: &Seen<'_>, bench: &Bench<'_>) -> assessment::Volumes {
        let parents = seen.parents;
        let ranks = picture_ranks(parents);
        let held = |share: f64| libm::round(share * parents as f64) as u64;
        let all = sizes.held_by(parents, parents).max(1.0);
        let steps: Vec<f64> = (0..=60).map(|step| libm::pow(step as f64 / 60.0, 3.0)).collect();
        let anchors = bench
            .resolution
            .volumes
            .get(&bench.model.entity(self.child).name)
            .map_or_else(Vec::new, |volumes| {
                volumes.curve.knots().iter().map(|knot| (knot.survival, knot.value, true)).collect()
            });
        assessment::Volumes {
            subject: fan_out_name(bench.model, self.child),
            parent: bench.model.entity(self.parent).name.clone(),
            child: bench.model.entity(self.child).name.clone(),
            parents,
            children: seen.children,
            observed: ranks.iter().map(|&rank| (rank, seen.at(rank))).collect(),
            resolved: ranks.iter().map(|&rank| (rank, sizes.at(rank, parents))).collect(),
            anchors,
            lorenz: steps
                .iter()
                .map(|&share| (share, seen.held_by(held(share)) as f64 / seen.children.max(1) as f64))
                .collect(),
            lorenz_resolved: steps
                .iter()
                .map(|&share| (share, sizes.held_by(held(share), parents) / all))
                .collect(),
            buckets: BUCKETS
                .iter()
                .map(|&(label, low, high)| {
                    let (from, upto) = (seen.reaching(low), seen.reaching(high.saturating_add(1).max(low)));
                    let beyond = if high == u64::MAX { (0, 0) } else { upto };
                    (label.to_owned(), from.0 - beyond.0, from.1 - beyond.1)
                })
                .collect(),
        }
    }
}

/// Ranks for a picture on a logarithmic axis.
fn picture_ranks(parents: u64) -> Vec<u64> {
    let steps = 240;
    let mut ranks: Vec<u64> = (0..=steps)
        .map(|step| libm::round(libm::pow(parents as f64, step as f64 / steps as f64)) as u64 - 1)
        .map(|rank| rank.min(parents - 1))
        .collect();
    ranks.dedup();
    ranks
}

/// The tail's exponent by Hill's estimator (Clauset, Shalizi, Newman 2009, doi:10.1137/070710111, eq. 3.7), of the data
/// and of the resolved sizes alike.
fn judge_tails(sizes: &Sizes, seen: &Seen<'_>, bench: &Bench<'_>, subject: &str, findings: &mut Findings) {
    const ENOUGH: u64 = 30;
    const MOST: u64 = 4_000_000;
    for least in TAILS {
        let (parents, _) = seen.reaching(least);
        let expected_parents = libm::round(sizes.reaching(least) * seen.parents as f64) as u64;
        if parents < ENOUGH || !(ENOUGH..=MOST).contains(&expected_parents) {
            continue;
        }
        let logarithm = |size: f64| libm::log(size / (least as f64 - 0.5));
        let hill = |count: u64, sum: f64| 1.0 + count as f64 / sum;
        let observed: f64 = seen.from(least).map(|(size, count)| count as f64 * logarithm(size as f64)).sum();
        let expected: f64 = (0..expected_parents).map(|rank| logarithm(sizes.at(rank, seen.parents))).sum();
        let (observed, resolved) = (hill(parents, observed), hill(expected_parents, expected));
        findings.figure(Figure {
            subject,
            measure: &format!("Hill exponent from {least}"),
            declared: None,
            resolved: Some(resolved),
            observed,
            unit: Unit::Number,
            effect: (observed - resolved).abs() / (resolved - 1.0),
            threshold: bench.tolerance,
            from: "the tolerance, relative to the exponent less 1".to_owned(),
            noise: NORMAL_ONE_PERCENT / libm::sqrt(parents as f64),
            critical: true,
            advice: ("lower alpha: the tail is too light", "raise alpha: the tail is too heavy"),
        });
    }
}

/// Sizes as bars.
fn bars(subject: &str, sizes: &BTreeMap<u64, u64>, all: &Sizes, findings: &mut Findings) {
    let parents: u64 = sizes.values().sum();
    let shares = sizes.iter().take(24).map(|(&size, &count)| {
        (size.to_string(), count as f64 / parents as f64, all.reaching(size) - all.reaching(size + 1))
    });
    findings.portraits.push(Portrait::Categories(assessment::Categories {
        subject: format!("{subject}: sizes"),
        shares: shares.collect(),
    }));
}
