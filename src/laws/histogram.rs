//! [`Histogram`]: cells with a weight each, even inside.
//!
//! What a frequency table of unknown origin tells, and no more. Its quantile function is linear between the
//! edges; drawn by inversion, one number a draw.

use rand_xoshiro::Xoshiro256PlusPlus;

use super::interpolated::Interpolated;
use super::{Draw, Expect, Moment, finite, weights};

/// F is linear between the edges of cells.
#[derive(Clone, Debug)]
pub struct Histogram(Interpolated);

/// Refuses edges that do not rise, and weights that are not one for each cell.
pub(super) fn validate(edges: &[f64], cells: &[f64]) -> Result<(), String> {
    if edges.len() < 2 {
        return Err("the histogram has no cell: give at least two edges".to_owned());
    }
    if cells.len() + 1 != edges.len() {
        let (edges, weights) = (edges.len(), cells.len());
        let cells = edges - 1;
        return Err(format!("{edges} edges make {cells} cells, but there are {weights} weights"));
    }
    for edge in edges {
        finite("an edge", *edge)?;
    }
    if let Some(pair) = edges.windows(2).find(|pair| pair[0] >= pair[1]) {
        return Err(format!("the edge {} does not lie above {}: edges rise", pair[1], pair[0]));
    }
    let (first, last) = (edges[0], edges[edges.len() - 1]);
    if (last - first).is_infinite() {
        return Err(format!(
            "the edges reach from {first:?} to {last:?}, but their distance must be a finite number"
        ));
    }
    weights(cells.iter().copied())
}

impl Histogram {
    /// The law of valid edges and weights. Cells without weight at the ends fall away.
    pub fn new(edges: &[f64], weights: &[f64]) -> Self {
        let first = weights.iter().position(|weight| *weight > 0.0).unwrap_or(0);
        let last = weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(weights.len() - 1);
        let (edges, weights) = (&edges[first..=last + 1], &weights[first..=last]);
        let total: f64 = weights.iter().sum();
        let mut below = 0.0;
        let mut anchors = vec![(0.0, edges[0])];
        anchors.extend(weights.iter().zip(&edges[1..]).map(|(weight, edge)| {
            below += weight;
            (below / total, *edge)
        }));
        Self(Interpolated::linear(anchors))
    }
}

impl Expect for Histogram {
    fn cumulative(&self, x: f64) -> f64 {
        self.0.cumulative(x)
    }
    fn quantile(&self, probability: f64) -> f64 {
        self.0.quantile(probability)
    }
    fn mean(&self) -> f64 {
        self.0.mean()
    }
    fn variance(&self) -> f64 {
        self.0.variance()
    }
    fn support(&self) -> (f64, f64) {
        self.0.support()
    }
    fn is_discrete(&self) -> bool {
        false
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        self.0.moment_between(moment, low, high)
    }
}

impl Draw for Histogram {
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        self.0.draw(generator)
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::{Expect, Law, agreement};

    fn law() -> Law {
        Law::Histogram { edges: vec![0.0, 10.0, 100.0, 1_000.0], weights: vec![3.0, 5.0, 2.0] }
    }

    /// Cells without weight, in the middle and at the ends.
    fn gaps() -> Law {
        Law::Histogram {
            edges: vec![-5.0, -1.0, 2.0, 3.0, 10.0, 11.0],
            weights: vec![0.0, 1.0, 0.0, 3.0, 0.0],
        }
    }

    #[test]
    fn draws_follow_it() {
        agreement::draws_follow(&law());
        agreement::draws_follow(&gaps());
    }

    #[test]
    fn figures_are_scipys() {
        agreement::moments_follow_from_quantiles(&law());
        agreement::moments_follow_from_quantiles(&gaps());
        // scipy.stats.rv_histogram(([3, 5, 2], [0, 10, 100, 1000]), density=False)
        agreement::figures(&law(), 139.0, 56_539.0, &[(5.0, 0.15), (55.0, 0.55), (100.0, 0.8), (550.0, 0.9)]);
    }

    #[test]
    fn cells_without_weight_have_no_values() {
        assert_eq!(gaps().support(), (-1.0, 10.0));
        assert_eq!((gaps().quantile(0.25), gaps().cumulative(2.5)), (2.0, 0.25));
        assert!(gaps().quantile(0.250_001) > 3.0);
    }

    #[test]
    fn wrong_edges_and_weights_are_named() {
        let wrong = |edges: &[f64], weights: &[f64]| {
            Law::Histogram { edges: edges.to_vec(), weights: weights.to_vec() }.validate().unwrap_err()
        };
        insta::assert_snapshot!([
            wrong(&[1.0], &[]),
            wrong(&[1.0, 2.0], &[1.0, 2.0]),
            wrong(&[1.0, 2.0, 2.0], &[1.0, 2.0]),
            wrong(&[1.0, f64::INFINITY], &[1.0]),
            wrong(&[f64::MIN, f64::MAX], &[1.0]),
            wrong(&[1.0, 2.0, 3.0], &[1.0, -2.0]),
            wrong(&[1.0, 2.0, 3.0], &[0.0, 0.0]),
        ].join("\n"), @"
        the histogram has no cell: give at least two edges
        2 edges make 1 cells, but there are 2 weights
        the edge 2 does not lie above 2: edges rise
        an edge is inf, but must be a finite number
        the edges reach from -1.7976931348623157e308 to 1.7976931348623157e308, but their distance must be a finite number
        weight 2 is -2, but must be a finite number, 0 or above
        the weights sum to 0, but at least one must be above 0 and their sum finite
        ");
    }
}
