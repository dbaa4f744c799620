//! [`check`]: what a model says of the sizes of its families, checked and put into words.

use crate::laws::quantiles::Knot;
use crate::model::{Anchor, VolumeDeclaration};

/// A declaration that no curve can keep.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Infeasible {
    /// The knob at fault: `alpha`, `total`, `count`, `cap`, or the constraint in words.
    pub knob: String,
    /// Its declared value.
    pub declared: f64,
    /// The nearest value that can be kept, where there is one.
    pub nearest: Option<f64>,
    /// What is wrong, with the nearest feasible value.
    pub message: String,
}

/// Refuses what no band could mean.
pub(super) fn check(declaration: &VolumeDeclaration, total: u64, count: u64) -> Result<(), Infeasible> {
    let refuse = |knob: &str, declared: f64, nearest: Option<f64>, message: String| {
        Err(Infeasible { knob: knob.to_owned(), declared, nearest, message })
    };
    if count == 0 {
        return refuse("count", 0.0, Some(1.0), format!("no rows to share a total of {total} among"));
    }
    if total < count {
        let message = format!(
            "a total of {total} leaves some of {count} rows without any; at least {count} are needed"
        );
        return refuse("total", total as f64, Some(count as f64), message);
    }
    for (knob, value) in [("alpha", declaration.alpha), ("holds_at", declaration.holds_at)] {
        if !(value > 1.0 && value.is_finite()) {
            return refuse(knob, value, None, format!("{knob} must be above 1, and is {value}"));
        }
    }
    let mean = total as f64 / count as f64;
    if let Some(cap) = declaration.cap.filter(|&cap| !(cap >= mean && cap.is_finite())) {
        let message = format!("a cap of {cap} is below the mean, {mean}");
        return refuse("cap", cap, Some(libm::ceil(mean)), message);
    }
    for anchor in &declaration.anchors {
        let (place, size) = match *anchor {
            Anchor::Quantile { p, value } => (p, value),
            Anchor::RowsAbove { threshold, fraction } => (fraction, threshold),
            Anchor::ShareAbove { threshold, share } => (share, threshold),
        };
        let inside = if matches!(anchor, Anchor::Quantile { .. }) { place > 0.0 } else { place >= 0.0 };
        if !(inside && place < 1.0 && size >= 1.0 && size.is_finite()) {
            let message =
                format!("`{}` needs a size of at least 1 and a fraction within 0 and 1", words(anchor));
            return refuse(&words(anchor), size, None, message);
        }
    }
    Ok(())
}

/// The knot that a constraint stands for; survivals to 1e-12, so that p98 and 2 % are the same place.
pub(super) fn knot_of(anchor: &Anchor) -> Option<Knot> {
    let settle = |survival: f64| libm::round(survival * 1e12) / 1e12;
    match *anchor {
        Anchor::Quantile { p, value } => Some(Knot { survival: settle(1.0 - p), value }),
        Anchor::RowsAbove { threshold, fraction } => {
            (fraction > 0.0).then(|| Knot { survival: settle(fraction), value: threshold })
        }
        Anchor::ShareAbove { .. } => None,
    }
}

/// The constraint as it is printed.
pub(super) fn words(anchor: &Anchor) -> String {
    match *anchor {
        Anchor::Quantile { p, value } => format!("p{} = {}", digits(100.0 * p), figure(value)),
        Anchor::RowsAbove { threshold, fraction } => {
            format!("rows at {} or more = {}", figure(threshold), percent(fraction))
        }
        Anchor::ShareAbove { threshold, share } => {
            format!("share of rows at {} or more = {}", figure(threshold), percent(share))
        }
    }
}

/// A fraction as it is printed.
pub(super) fn percent(fraction: f64) -> String {
    format!("{} %", digits(100.0 * fraction))
}

fn digits(value: f64) -> f64 {
    libm::round(value * 1e6) / 1e6
}

/// A size as it is printed.
pub(super) fn figure(value: f64) -> f64 {
    libm::round(value * 10.0) / 10.0
}
