//! [`by_size`]: how bursty times are, by the size of the family.

use super::{Mark, Picture};
use crate::fidelity::assessment::Gaps;
use crate::report::fidelity::figures;
use crate::report::fidelity::page::plot::{Axis, Plot, labelled};
use crate::report::fidelity::page::scale::Scale;

/// The coefficient of variation of the gaps between times, by size class.
pub(super) fn by_size(gaps: &Gaps) -> Picture {
    let highest = gaps.classes.iter().flat_map(|class| [class.2, class.3]).fold(gaps.declared, f64::max);
    let number = gaps.classes.len().max(1);
    let (classes, ratios) = (Scale::linear(0.0, number as f64), Scale::linear(0.0, highest * 1.15));
    let middle = |at: usize| at as f64 + 0.5;
    let ticks = gaps.classes.iter().enumerate().map(|(at, class)| (middle(at), class.0.clone())).collect();
    let x = Axis { name: "rows in the family", ticks };
    let y = Axis { name: "standard deviation over mean", ticks: labelled(ratios.ticks(6), figures::short) };
    let mut plot = Plot::new(classes, &x, ratios, &y);
    plot.curve("even", [(0.0, gaps.declared), (number as f64, gaps.declared)]);
    plot.curve("data", gaps.classes.iter().enumerate().map(|(at, class)| (middle(at), class.2)));
    plot.curve("law", gaps.classes.iter().enumerate().map(|(at, class)| (middle(at), class.3)));
    for (at, (label, families, data, law)) in gaps.classes.iter().enumerate() {
        let tip = format!(
            "{label} rows: {} families, {} (the law: {})",
            figures::count(*families),
            figures::number(*data),
            figures::number(*law)
        );
        plot.dot("point", (middle(at), *data), &tip);
    }
    Picture {
        title: "How bursty the gaps are".to_owned(),
        of: gaps.subject.clone(),
        text: format!(
            "Gaps between times that follow each other: their standard deviation over their mean, declared as {}. \
             Evenly random times have 1; short families cannot show all of their variation.",
            figures::number(gaps.declared)
        ),
        legend: vec![
            (Mark::Data, "data".to_owned()),
            (Mark::Law, "resolved law".to_owned()),
            (Mark::Even, "declared".to_owned()),
        ],
        drawing: plot.drawing,
    }
}
