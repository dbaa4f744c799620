//! [`curve`]: how unequally children are shared among parents.

use super::{Mark, Picture};
use crate::fidelity::assessment::Volumes;
use crate::report::fidelity::figures;
use crate::report::fidelity::page::plot::{Axis, Plot, labelled};
use crate::report::fidelity::page::scale::Scale;

/// Shares of parents that the text names and the picture marks.
const MARKED: [f64; 3] = [0.01, 0.05, 0.2];

/// The Lorenz curve, from the biggest parent down.
pub(super) fn curve(volumes: &Volumes) -> Picture {
    let shares = Scale::linear(0.0, 1.0);
    let x_name = format!("{}, the largest first", volumes.parent);
    let x = Axis { name: &x_name, ticks: labelled(shares.ticks(5), figures::round_percent) };
    let y_name = format!("of all {}", volumes.child);
    let y = Axis { name: &y_name, ticks: labelled(shares.ticks(5), figures::round_percent) };
    let mut plot = Plot::new(shares, &x, shares, &y);
    plot.curve("even", [(0.0, 0.0), (1.0, 1.0)]);
    plot.curve("data", from_zero(&volumes.lorenz));
    plot.curve("law", from_zero(&volumes.lorenz_resolved));
    let marked: Vec<(f64, f64)> = MARKED.iter().map(|&share| (share, at(&volumes.lorenz, share))).collect();
    for (parents, children) in &marked {
        let tip =
            format!("the top {} have {}", figures::round_percent(*parents), figures::percent(*children));
        plot.dot("point", (*parents, *children), &tip);
    }
    let shares: Vec<String> = marked
        .iter()
        .zip(MARKED.map(|share| at(&volumes.lorenz_resolved, share)))
        .map(|((parents, data), law)| {
            let top = figures::round_percent(*parents);
            format!("the top {top} have {} (the law: {})", figures::percent(*data), figures::percent(law))
        })
        .collect();
    Picture {
        title: "How unequal the sizes are".to_owned(),
        of: volumes.subject.clone(),
        text: format!("Of all {}, {}.", volumes.child, shares.join(", ")),
        legend: vec![
            (Mark::Data, "data".to_owned()),
            (Mark::Law, "resolved law".to_owned()),
            (Mark::Even, "all of one size".to_owned()),
            (Mark::Point, "top 1, 5 and 20 %".to_owned()),
        ],
        drawing: plot.drawing,
    }
}

fn from_zero(curve: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> {
    std::iter::once((0.0, 0.0)).chain(curve.iter().copied())
}

/// The share of children at a share of parents, between the curve's points in proportion.
fn at(curve: &[(f64, f64)], share: f64) -> f64 {
    let mut before = (0.0, 0.0);
    for &point in curve {
        if point.0 >= share {
            let width = point.0 - before.0;
            let part = if width > 0.0 { (share - before.0) / width } else { 1.0 };
            return before.1 + part * (point.1 - before.1);
        }
        before = point;
    }
    before.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_between_points_are_in_proportion() {
        let curve = [(0.0, 0.0), (0.1, 0.5), (1.0, 1.0)];
        assert_eq!(at(&curve, 0.05), 0.25);
        assert_eq!(at(&curve, 0.1), 0.5);
        assert_eq!(at(&curve, 1.0), 1.0);
        assert_eq!(at(&[], 0.5), 0.0);
    }
}
