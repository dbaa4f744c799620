//! [`Rows`]: how many rows an entity has.

use super::{Bench, Claim, Tally};
use crate::fidelity::assessment::Unit;
use crate::fidelity::findings::{Figure, Findings};
use crate::fidelity::sizes::Sizes;
use crate::fidelity::thresholds::NORMAL_ONE_PERCENT;
use crate::model::EntityId;

/// The rows of an entity against its exact total, or against what its law gives on average.
pub struct Rows {
    /// The entity.
    pub entity: EntityId,
}

/// An exact total may be off by this part of the tolerance: it is declared to the row.
const EXACT_PART: f64 = 1.0 / 30.0;

impl Rows {
    /// Expected rows, and the standard deviation where they are drawn.
    fn expected(&self, bench: &Bench<'_>) -> Option<(f64, Option<f64>)> {
        if let Some(rows) = bench.resolution.rows(self.entity) {
            return Some((rows as f64, None));
        }
        let sizes =
            Sizes::of(bench.model, bench.resolution, self.entity).filter(|sizes| !sizes.are_exact())?;
        let parents = bench.rows(bench.model.parent(self.entity)?) as f64;
        // Of the law as it is counted: a number of children is rounded, and that moves the mean of small ones.
        let (mean, deviation) = sizes.binned().moments();
        Some((parents * mean, Some(deviation * libm::sqrt(parents))))
    }
}

impl Claim for Rows {
    fn judge(&self, _: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let name = &bench.model.entity(self.entity).name;
        let observed = bench.rows(self.entity) as f64;
        let Some((expected, deviation)) = self.expected(bench) else { return };
        let effect = if expected > 0.0 { (observed / expected - 1.0).abs() } else { observed };
        let (threshold, from, noise) = match deviation {
            None => (bench.tolerance * EXACT_PART, "a thirtieth of the tolerance: the total is exact", 0.0),
            Some(deviation) => (
                bench.tolerance,
                "the tolerance, relative to the mean",
                NORMAL_ONE_PERCENT * deviation / expected.max(1.0),
            ),
        };
        findings.figure(Figure {
            subject: name,
            measure: "rows",
            declared: None,
            resolved: Some(expected),
            observed,
            unit: Unit::Count,
            effect,
            threshold,
            from: from.to_owned(),
            noise,
            critical: true,
            advice: (
                "more rows than the band declares: files of another dataset lie among these, or the band is another",
                "rows are missing: a part was lost, or the band is another",
            ),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{Request, load};
    use crate::resolve::resolve;

    const MODEL: &str = "
model: trees
version: 1
entities:
  trees: {rows: 100000, columns: {id: {sequence: 1}}}
  nests: {parent: trees, per_parent: {exponential: {mean: 0.3}}, columns: {treeId: {parent: id}}}
";

    #[test]
    fn drawn_counts_are_expected_as_they_are_rounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trees.yaml");
        std::fs::write(&path, MODEL).unwrap();
        let model = load(&Request { path, ..Request::default() }).unwrap().model;
        let resolution = resolve(&model).unwrap();
        let rows = BTreeMap::from([(EntityId(0), 100_000)]);
        let bench = Bench { model: &model, resolution: &resolution, tolerance: 0.15, in_order: true, rows };
        let (expected, deviation) = Rows { entity: EntityId(1) }.expected(&bench).unwrap();
        // The sum over k of P(X ≥ k - 1/2), where the mean of what is not rounded would be 30,000.
        let sum: f64 = (1..40).map(|k| libm::exp(-(f64::from(k) - 0.5) / 0.3)).sum();
        assert!((expected / (1e5 * sum) - 1.0).abs() < 1e-3, "{expected}");
        assert!(deviation.is_some_and(|deviation| deviation > 0.0));
    }
}
