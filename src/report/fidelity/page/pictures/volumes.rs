//! [`survival`] and [`buckets`]: how many children parents have.

use super::{Mark, Picture};
use crate::fidelity::assessment::Volumes;
use crate::report::fidelity::page::plot::{Axis, Plot, labelled};
use crate::report::fidelity::page::scale::Scale;
use crate::report::fidelity::page::svg::{Anchor, Drawing, WIDTH};
use crate::report::fidelity::{figures, words};

/// The share of parents that have at least so many children, both axes logarithmic.
pub(super) fn survival(volumes: &Volumes) -> Picture {
    let parents = volumes.parents.max(1) as f64;
    let share = |rank: u64| (rank + 1) as f64 / parents;
    let observed: Vec<(f64, f64)> = volumes
        .observed
        .iter()
        .filter(|(_, size)| *size > 0)
        .map(|(rank, size)| (*size as f64, share(*rank)))
        .collect();
    let resolved: Vec<(f64, f64)> = volumes
        .resolved
        .iter()
        .filter(|(_, size)| *size >= 1.0)
        .map(|(rank, size)| (*size, share(*rank)))
        .collect();
    let largest = observed.iter().chain(&resolved).map(|(size, _)| *size).fold(10.0, f64::max);
    let (sizes, shares) = (Scale::logarithmic(1.0, largest), Scale::logarithmic(1.0 / parents, 1.0));
    let x = Axis { name: &volumes.child, ticks: labelled(sizes.ticks(6), figures::short) };
    let name = format!("{} with at least so many", volumes.parent);
    let y = Axis { name: &name, ticks: labelled(shares.ticks(5), figures::round_percent) };
    let mut plot = Plot::new(sizes, &x, shares, &y);
    plot.curve("data", observed.iter().copied());
    plot.curve("law", resolved.iter().copied());
    for (survival, size, holds) in &volumes.anchors {
        let tip = format!(
            "declared: {} of {} have {} or more{}",
            figures::percent(*survival),
            volumes.parent,
            figures::number(*size),
            if *holds { "" } else { "; yields" }
        );
        plot.dot(if *holds { "anchor" } else { "anchor yields" }, (*size, *survival), &tip);
    }
    let mut legend = vec![(Mark::Data, "data".to_owned()), (Mark::Law, "resolved law".to_owned())];
    if volumes.anchors.iter().any(|anchor| anchor.2) {
        legend.push((Mark::Dot, "declared, holds".to_owned()));
    }
    if volumes.anchors.iter().any(|anchor| !anchor.2) {
        legend.push((Mark::Hollow, "declared, yields".to_owned()));
    }
    Picture {
        title: "Sizes, both axes logarithmic".to_owned(),
        of: volumes.subject.clone(),
        text: largest_words(volumes),
        legend,
        drawing: plot.drawing,
    }
}

fn largest_words(volumes: &Volumes) -> String {
    let children = volumes.observed.first().map_or(0, |(_, size)| *size);
    let law = volumes.resolved.first().map_or(0.0, |(_, size)| *size);
    format!(
        "{} {} share {} {}. The largest has {}; the law gives {}.",
        figures::count(volumes.parents),
        volumes.parent,
        figures::count(volumes.children),
        volumes.child,
        figures::count(children),
        figures::number(libm::round(law))
    )
}

/// The shares of parents and of children by the parents' sizes.
pub(super) fn buckets(volumes: &Volumes) -> Picture {
    const ROW: f64 = 34.0;
    let (left, right) = (64.0, WIDTH - 58.0);
    let total = |counts: Vec<u64>| counts.iter().sum::<u64>().max(1) as f64;
    let parents = total(volumes.buckets.iter().map(|bucket| bucket.1).collect());
    let children = total(volumes.buckets.iter().map(|bucket| bucket.2).collect());
    let mut drawing = Drawing::new(volumes.buckets.len() as f64 * ROW + 8.0);
    let most = volumes
        .buckets
        .iter()
        .flat_map(|bucket| [bucket.1 as f64 / parents, bucket.2 as f64 / children])
        .fold(0.01, f64::max);
    let scale = Scale::linear(0.0, most).between(0.0, right - left);
    for (at, (label, of_parents, of_children)) in volumes.buckets.iter().enumerate() {
        let top = at as f64 * ROW + 4.0;
        drawing.text("tick", (left - 8.0, top + 17.0), Anchor::End, label);
        let bars = [
            ("other", *of_parents, parents, &volumes.parent, 0.0),
            ("surface", *of_children, children, &volumes.child, 13.0),
        ];
        for (class, count, total, name, down) in bars {
            let share = count as f64 / total;
            let tip = format!("{label}: {} {name}", figures::count(count));
            let length = scale.at(share);
            drawing.rectangle(class, (left, top + down), (length, 11.0), &tip);
            drawing.text(
                "tick",
                (left + length + 5.0, top + down + 9.5),
                Anchor::Start,
                &figures::percent(share),
            );
        }
    }
    drawing.line("axis", (left, 0.0), (left, volumes.buckets.len() as f64 * ROW + 8.0));
    Picture {
        title: "Who has the rows".to_owned(),
        of: volumes.subject.clone(),
        text: format!(
            "{} by their number of {}, and what these hold of all.",
            words::capital(&volumes.parent),
            volumes.child
        ),
        legend: vec![
            (Mark::OtherSurface, format!("share of {}", volumes.parent)),
            (Mark::Surface, format!("share of {}", volumes.child)),
        ],
        drawing,
    }
}
