//! [`Rows`]: how many rows an entity has.

use super::{Bench, Claim, Tally};
use crate::fidelity::assessment::Unit;
use crate::fidelity::findings::{Figure, Findings};
use crate::fidelity::thresholds::NORMAL_ONE_PERCENT;
use crate::laws::{Expect, Law};
use crate::model::{EntityId, FanOut, Origin};

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
        let Origin::Child { parent, fan_out: FanOut::Law(law) } = &bench.model.entity(self.entity).origin
        else {
            return None;
        };
        let parents = bench.rows(*parent) as f64;
        Some((parents * rounded_mean(law), Some(libm::sqrt(parents * law.variance()))))
    }
}

/// The mean of a law of counts, which are rounded.
fn rounded_mean(law: &Law) -> f64 {
    law.mean()
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
