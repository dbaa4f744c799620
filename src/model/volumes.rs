//! [`VolumeDeclaration`]: what a model says of the sizes of its families.

use serde::Serialize;

/// What a model says of the sizes of an entity's families.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VolumeDeclaration {
    /// The knob of skew: lower is more skewed.
    pub alpha: f64,
    /// The alpha at which the anchors hold as declared.
    pub holds_at: f64,
    /// The constraints, the first with the highest priority.
    pub anchors: Vec<Anchor>,
    /// The size that no parent exceeds; without one it follows from the total.
    pub cap: Option<f64>,
}

/// One declared constraint on the sizes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Anchor {
    /// The quantile of probability `p` is `value`.
    Quantile {
        /// Within 0 and 1.
        p: f64,
        /// At least 1.
        value: f64,
    },
    /// This fraction of the rows has `threshold` or more; a fraction of 0 declares nothing.
    RowsAbove {
        /// At least 1.
        threshold: f64,
        /// Of all rows, 0.02 for 2 %.
        fraction: f64,
    },
    /// The rows with `threshold` or more hold this share of the total. Once the total is exact no
    /// parameter is left to give to a share, so it is measured and never becomes a knot.
    ShareAbove {
        /// At least 1.
        threshold: f64,
        /// Of the total, 0.3 for 30 %.
        share: f64,
    },
}
