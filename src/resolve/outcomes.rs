//! [`Outcome`]: a declared constraint beside what the resolved sizes come to, and why.

use super::declaration::words;
use crate::laws::quantiles::QuantileCurve;
use crate::laws::ranked::RankedCounts;
use crate::model::{Anchor, VolumeDeclaration};
use serde::{Deserialize, Serialize};

/// What became of one constraint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The constraint in words, such as `p99 = 5000`.
    pub declared: String,
    /// The declared figure: a size, or a fraction.
    pub declared_value: f64,
    /// The same figure of the resolved sizes; quantiles lie between two sizes by linear interpolation.
    pub resolved_value: f64,
    /// Whether the two are the same, within one row and 1 %.
    pub held: bool,
    /// Why it holds or yields.
    pub why: String,
}

/// What became of a constraint; nothing where it declares nothing.
pub(super) fn outcome(
    anchor: &Anchor,
    yielded: Option<String>,
    declaration: &VolumeDeclaration,
    sizes: &RankedCounts<QuantileCurve>,
) -> Option<Outcome> {
    let count = sizes.count() as f64;
    let (declared_value, resolved_value, grain) = match *anchor {
        Anchor::Quantile { p, value } => (value, quantile_of(sizes, p), 1.0),
        Anchor::RowsAbove { fraction: 0.0, .. } => return None,
        Anchor::RowsAbove { threshold, fraction } => {
            (fraction, rows_above(sizes, threshold) as f64 / count, 1.0 / count)
        }
        Anchor::ShareAbove { threshold, share } => {
            (share, sizes.before(rows_above(sizes, threshold)) as f64 / sizes.total() as f64, 0.0)
        }
    };
    let held = (resolved_value - declared_value).abs() <= grain.max(0.01 * declared_value) * (1.0 + 1e-9);
    let why = match (held, yielded) {
        (true, None) => "the curve goes through it".to_owned(),
        (true, Some(_)) => "it follows from the constraints before it".to_owned(),
        (false, Some(reason)) => reason,
        (false, None) if declaration.alpha != declaration.holds_at => {
            format!("alpha = {} bends the curve, which holds at {}", declaration.alpha, declaration.holds_at)
        }
        (false, None) => format!("{} rows are too few to show it", sizes.count()),
    };
    Some(Outcome { declared: words(anchor), declared_value, resolved_value, held, why })
}

/// The quantile of the sizes themselves, as `percentile_cont` gives it.
fn quantile_of(sizes: &RankedCounts<QuantileCurve>, p: f64) -> f64 {
    let place = (sizes.count() - 1) as f64 * (1.0 - p);
    let rank = place as u64;
    let (above, below) = (sizes.size(rank), sizes.size((rank + 1).min(sizes.count() - 1)));
    let way = place - rank as f64;
    above as f64 * (1.0 - way) + below as f64 * way
}

/// The number of ranks with `threshold` or more.
fn rows_above(sizes: &RankedCounts<QuantileCurve>, threshold: f64) -> u64 {
    let (mut low, mut high) = (0, sizes.count());
    while low < high {
        let middle = low + (high - low) / 2;
        if sizes.size(middle) as f64 >= threshold {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
