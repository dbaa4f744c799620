//! [`bars`]: the shares of categories.

use super::{Mark, Picture};
use crate::fidelity::assessment::Categories;
use crate::report::fidelity::figures;
use crate::report::fidelity::page::scale::Scale;
use crate::report::fidelity::page::svg::{Anchor, Drawing, WIDTH};

const ROW: f64 = 24.0;
/// The most bars; the rest share one.
const BARS: usize = 12;
/// The most letters of a label.
const LETTERS: usize = 18;

/// A bar for each category, and across it where the law has it. Sizes stand in their own order.
pub(super) fn bars(categories: &Categories) -> Picture {
    let shares = shown(&categories.shares);
    let left = shares.iter().map(|(label, _, _)| width(&shortened(label))).fold(0.0, f64::max) + 12.0;
    let height = shares.len() as f64 * ROW + 4.0;
    let mut drawing = Drawing::new(height.max(ROW));
    let most = shares.iter().flat_map(|(_, data, law)| [*data, *law]).fold(0.001, f64::max);
    let scale = Scale::linear(0.0, most).between(left, WIDTH - 60.0);
    for (at, (label, data, law)) in shares.iter().enumerate() {
        let top = at as f64 * ROW + 4.0;
        drawing.text("tick", (left - 8.0, top + 12.0), Anchor::End, &shortened(label));
        let tip = format!("{label}: {} (the law: {})", figures::percent(*data), figures::percent(*law));
        drawing.rectangle("surface", (left, top), (scale.at(*data) - left, ROW - 8.0), &tip);
        let across = scale.at(*law);
        drawing.line("across halo", (across, top - 3.0), (across, top + ROW - 5.0));
        drawing.line("across", (across, top - 3.0), (across, top + ROW - 5.0));
        let end = scale.at(data.max(*law)) + 6.0;
        drawing.text("tick", (end, top + 12.0), Anchor::Start, &figures::percent(*data));
    }
    drawing.line("axis", (left, 0.0), (left, height));
    let furthest = categories.shares.iter().max_by(|a, b| (a.1 - a.2).abs().total_cmp(&(b.1 - b.2).abs()));
    let text = furthest.map_or_else(
        || "There are no values.".to_owned(),
        |(label, data, law)| {
            let (data, law) = (figures::percent(*data), figures::percent(*law));
            if data == law {
                return "All shares are those of the law, as far as they are printed.".to_owned();
            }
            format!("The furthest from the law is {}: {data} against {law}.", named(label))
        },
    );
    Picture {
        title: categories.subject.clone(),
        of: "Shares".to_owned(),
        text,
        legend: vec![(Mark::Surface, "data".to_owned()), (Mark::Across, "resolved law".to_owned())],
        drawing,
    }
}

/// The bars: the largest first, or sizes in their order; the last sums those that follow, which need not be all there are.
fn shown(shares: &[(String, f64, f64)]) -> Vec<(String, f64, f64)> {
    let mut shares = shares.to_vec();
    if shares.iter().all(|(label, _, _)| size(label).is_some()) {
        shares.sort_by_key(|(label, _, _)| size(label));
    }
    if shares.len() > BARS {
        let rest = shares.split_off(BARS - 1);
        let sum = |of: fn(&(String, f64, f64)) -> f64| rest.iter().map(of).sum::<f64>();
        shares.push((format!("the next {}", rest.len()), sum(|share| share.1), sum(|share| share.2)));
    }
    shares
}

/// The room of a label in the largest size of the style sheet.
fn width(label: &str) -> f64 {
    let letter = |letter: char| match letter {
        'm' | 'w' | 'M' | 'W' => 11.5,
        'A'..='Z' => 9.5,
        _ => 8.0,
    };
    label.chars().map(letter).sum()
}

/// The number that a label begins with: `21 and more`.
fn size(label: &str) -> Option<u64> {
    let digits = label.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(label.len());
    label[..digits].parse().ok()
}

fn named(label: &str) -> &str {
    if label.is_empty() { "(empty)" } else { label }
}

fn shortened(label: &str) -> String {
    let label = named(label);
    if label.chars().count() <= LETTERS {
        return label.to_owned();
    }
    label.chars().take(LETTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_categories_share_the_last_bar_and_none_is_lost() {
        let shares: Vec<_> = (0..40).map(|at| (format!("name {at}"), 0.025, 0.025)).collect();
        let bars = shown(&shares);
        assert_eq!((bars.len(), bars[BARS - 1].0.as_str()), (BARS, "the next 29"));
        assert!((bars.iter().map(|bar| bar.1).sum::<f64>() - 1.0).abs() < 1e-9);
        assert_eq!(shown(&shares[..BARS]).len(), BARS);
    }

    #[test]
    fn labels_that_begin_with_a_number_are_sizes() {
        assert_eq!([size("21 and more"), size("5"), size("TEXT"), size("")], [Some(21), Some(5), None, None]);
    }
}
