//! [`bars`]: the shares of categories.

use super::{Mark, Picture};
use crate::fidelity::assessment::Categories;
use crate::report::fidelity::figures;
use crate::report::fidelity::page::scale::Scale;
use crate::report::fidelity::page::svg::{Anchor, Drawing, WIDTH};

const ROW: f64 = 24.0;
const LEFT: f64 = 132.0;
/// The most letters of a label.
const LETTERS: usize = 15;

/// A bar for each category, and across it where the law has it. Sizes stand in their own order.
pub(super) fn bars(categories: &Categories) -> Picture {
    let mut shares: Vec<&(String, f64, f64)> = categories.shares.iter().collect();
    let sizes: Option<Vec<u64>> = shares.iter().map(|(label, _, _)| label.parse().ok()).collect();
    if sizes.is_some() {
        shares.sort_by_key(|(label, _, _)| label.parse::<u64>().ok());
    }
    let height = shares.len() as f64 * ROW + 4.0;
    let mut drawing = Drawing::new(height.max(ROW));
    let most = shares.iter().flat_map(|(_, data, law)| [*data, *law]).fold(0.001, f64::max);
    let scale = Scale::linear(0.0, most).between(LEFT, WIDTH - 60.0);
    for (at, (label, data, law)) in shares.iter().enumerate() {
        let top = at as f64 * ROW + 4.0;
        drawing.text("tick", (LEFT - 8.0, top + 12.0), Anchor::End, &shortened(label));
        let tip = format!("{label}: {} (the law: {})", figures::percent(*data), figures::percent(*law));
        drawing.rectangle("surface", (LEFT, top), (scale.at(*data) - LEFT, ROW - 8.0), &tip);
        let across = scale.at(*law);
        drawing.line("across halo", (across, top - 3.0), (across, top + ROW - 5.0));
        drawing.line("across", (across, top - 3.0), (across, top + ROW - 5.0));
        let end = scale.at(data.max(*law)) + 6.0;
        drawing.text("tick", (end, top + 12.0), Anchor::Start, &figures::percent(*data));
    }
    drawing.line("axis", (LEFT, 0.0), (LEFT, height));
    let furthest = shares.iter().max_by(|a, b| (a.1 - a.2).abs().total_cmp(&(b.1 - b.2).abs()));
    let text = furthest.map_or_else(
        || "There are no values.".to_owned(),
        |(label, data, law)| {
            let (data, law) = (figures::percent(*data), figures::percent(*law));
            format!("The furthest from the law is {label}: {data} against {law}.")
        },
    );
    Picture {
        subject: categories.subject.clone(),
        shows: "Shares",
        text,
        legend: vec![(Mark::Surface, "data".to_owned()), (Mark::Across, "resolved law".to_owned())],
        drawing,
    }
}

fn shortened(label: &str) -> String {
    if label.is_empty() {
        return "(empty)".to_owned();
    }
    if label.chars().count() <= LETTERS {
        return label.to_owned();
    }
    label.chars().take(LETTERS - 1).chain(['…']).collect()
}
