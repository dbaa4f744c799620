//! [`picture`]: a histogram with the law's curve, or on a logarithmic axis the cumulative shares.

use super::{Mark, Picture, dates};
use crate::fidelity::assessment::Numbers;
use crate::report::fidelity::figures;
use crate::report::fidelity::page::plot::{Axis, Plot, labelled};
use crate::report::fidelity::page::scale::Scale;

/// The share that a histogram shows; a long tail would press all else against the left.
const SHOWN: f64 = 0.99;
/// Seconds that read well along an axis: up to ten weeks.
const TIMES: [f64; 13] = [
    1e-3,
    1e-2,
    0.1,
    1.0,
    10.0,
    60.0,
    600.0,
    3_600.0,
    21_600.0,
    86_400.0,
    604_800.0,
    2_592_000.0,
    31_536_000.0,
];

/// The picture that suits the numbers.
pub(super) fn picture(numbers: &Numbers) -> Picture {
    if numbers.logarithmic { cumulative(numbers) } else { histogram(numbers) }
}

fn histogram(numbers: &Numbers) -> Picture {
    let bins = shown(numbers);
    let edges = numbers.edges.get(..=bins).unwrap_or_default();
    let density = |shares: &[f64]| -> Vec<f64> {
        shares
            .iter()
            .zip(edges.windows(2))
            .map(|(share, edge)| share / (edge[1] - edge[0]).max(f64::MIN_POSITIVE))
            .collect()
    };
    let (observed, resolved) = (density(&numbers.observed[..bins]), density(&numbers.resolved[..bins]));
    let top = observed.iter().chain(&resolved).copied().fold(0.0, f64::max);
    let (low, high) = (edges.first().copied().unwrap_or(0.0), edges.last().copied().unwrap_or(1.0));
    let (values, densities) = (Scale::linear(low, high), Scale::linear(0.0, top * 1.05));
    let (name, ticks) = match numbers.unit.as_str() {
        "time" => ("", dates::ticks(low, high)),
        "seconds" => ("time", labelled(even_times(low, high), figures::seconds)),
        unit => (unit, labelled(values.ticks(6), figures::short)),
    };
    let x = Axis { name, ticks };
    let y = Axis { name: "density", ticks: Vec::new() };
    let mut plot = Plot::new(values, &x, densities, &y);
    plot.hill("hill", steps(edges, &observed));
    plot.curve("edge", steps(edges, &observed));
    let middles = edges.windows(2).map(|edge| f64::midpoint(edge[0], edge[1]));
    plot.curve("law", middles.zip(resolved));
    let beyond: f64 = numbers.observed[bins..].iter().sum();
    let cut = if bins < numbers.observed.len() {
        format!(" {} of the data lie beyond {}.", figures::percent(beyond), figure(numbers, high))
    } else {
        String::new()
    };
    Picture {
        title: numbers.subject.clone(),
        of: "Distribution".to_owned(),
        text: format!("{}{cut}", medians(numbers)),
        legend: vec![(Mark::Hill, "data".to_owned()), (Mark::Law, "resolved law".to_owned())],
        drawing: plot.drawing,
    }
}

fn cumulative(numbers: &Numbers) -> Picture {
    let positive = numbers.edges.iter().copied().find(|&edge| edge > 0.0).unwrap_or(1.0);
    let scale = Scale::logarithmic(positive, numbers.edges.last().copied().unwrap_or(1.0));
    let shares = Scale::linear(0.0, 1.0);
    let ticks = if is_time(numbers) { scale.within(&TIMES) } else { scale.ticks(6) };
    let name = if is_time(numbers) {
        "time, logarithmic".to_owned()
    } else {
        format!("{}, logarithmic", numbers.unit)
    };
    let x =
        Axis { name: name.trim_start_matches(", "), ticks: labelled(ticks, |tick| tick_text(numbers, tick)) };
    let y = Axis { name: "at most so much", ticks: labelled(shares.ticks(5), figures::round_percent) };
    let mut plot = Plot::new(scale, &x, shares, &y);
    for (class, shares) in [("data", &numbers.observed), ("law", &numbers.resolved)] {
        let sums = running(shares);
        plot.curve(class, numbers.edges.iter().copied().zip(sums).filter(|(edge, _)| *edge > 0.0));
    }
    Picture {
        title: numbers.subject.clone(),
        of: "Cumulative shares".to_owned(),
        text: medians(numbers),
        legend: vec![(Mark::Data, "data".to_owned()), (Mark::Law, "resolved law".to_owned())],
        drawing: plot.drawing,
    }
}

/// The number of bins that hold all but the tail of both; all of them where that saves little.
fn shown(numbers: &Numbers) -> usize {
    let bins = numbers.observed.len().min(numbers.resolved.len()).min(numbers.edges.len().saturating_sub(1));
    let reach = |shares: &[f64]| {
        let total: f64 = shares.iter().sum();
        running(shares).iter().position(|sum| *sum >= SHOWN * total).unwrap_or(bins)
    };
    let needed = reach(&numbers.observed[..bins]).max(reach(&numbers.resolved[..bins])).max(1);
    if needed * 4 < bins * 3 { needed } else { bins }
}

/// Sums of the first 0, 1, 2, … shares.
fn running(shares: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    for share in shares {
        sum += share;
        sums.push(sum);
    }
    sums
}

/// The outline of a histogram.
fn steps(edges: &[f64], heights: &[f64]) -> Vec<(f64, f64)> {
    edges.windows(2).zip(heights).flat_map(|(edge, &height)| [(edge[0], height), (edge[1], height)]).collect()
}

fn medians(numbers: &Numbers) -> String {
    let median = |shares: &[f64]| {
        let sums = running(shares);
        let half = sums.last().copied().unwrap_or(0.0) / 2.0;
        let bin = sums.iter().position(|sum| *sum >= half).unwrap_or(0).max(1);
        let (below, above) = (numbers.edges.get(bin - 1)?, numbers.edges.get(bin)?);
        let share = shares.get(bin - 1).copied().filter(|share| *share > 0.0)?;
        Some(figure(numbers, below + (half - sums[bin - 1]) / share * (above - below)))
    };
    match (median(&numbers.observed), median(&numbers.resolved)) {
        (Some(data), Some(law)) => format!("Half of the data are up to about {data}; the law gives {law}."),
        (None, _) | (_, None) => "There are no values.".to_owned(),
    }
}

/// Even stretches of seconds that read well, at most six.
fn even_times(low: f64, high: f64) -> Vec<f64> {
    const STEPS: [f64; 22] = [
        1e-3,
        1e-2,
        0.1,
        1.0,
        5.0,
        10.0,
        30.0,
        60.0,
        300.0,
        600.0,
        1_800.0,
        3_600.0,
        10_800.0,
        21_600.0,
        43_200.0,
        86_400.0,
        172_800.0,
        604_800.0,
        1_209_600.0,
        2_592_000.0,
        5_184_000.0,
        15_552_000.0,
    ];
    let Some(step) = STEPS.into_iter().find(|step| (high - low) / step <= 6.0) else {
        return Scale::linear(low, high).ticks(5);
    };
    let (first, last) = (libm::ceil(low / step) as i64, libm::floor(high / step) as i64);
    (first..=last).map(|at| at as f64 * step).collect()
}

fn is_time(numbers: &Numbers) -> bool {
    numbers.unit == "seconds"
}

fn tick_text(numbers: &Numbers, tick: f64) -> String {
    if is_time(numbers) { figures::seconds(tick) } else { figures::short(tick) }
}

fn figure(numbers: &Numbers, value: f64) -> String {
    if is_time(numbers) {
        figures::seconds(value)
    } else if numbers.unit == "time" {
        dates::date(value)
    } else {
        let value = if value >= 100.0 { libm::round(value) } else { value };
        format!("{} {}", figures::number(value), numbers.unit).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(shares: &[f64]) -> Numbers {
        Numbers {
            subject: "a".into(),
            unit: "characters".into(),
            logarithmic: false,
            edges: (0..=shares.len()).map(|at| at as f64 * 10.0).collect(),
            observed: shares.to_vec(),
            resolved: shares.to_vec(),
        }
    }

    #[test]
    fn even_times_are_few_and_read_well() {
        let texts: Vec<String> = even_times(15.6, 15_552_000.0).into_iter().map(figures::seconds).collect();
        assert_eq!(texts, ["30 d", "60 d", "90 d", "120 d", "150 d", "180 d"]);
        assert_eq!(even_times(0.0, 86_400.0).len(), 5);
    }

    #[test]
    fn a_long_tail_is_cut_and_a_short_one_is_not() {
        let mut shares = vec![0.5, 0.4, 0.095];
        shares.extend([0.0005; 10]);
        assert_eq!(shown(&numbers(&shares)), 3);
        assert_eq!(shown(&numbers(&[0.25; 4])), 4);
    }

    #[test]
    fn the_median_is_found_between_edges() {
        let text = medians(&numbers(&[0.25, 0.5, 0.25]));
        assert_eq!(text, "Half of the data are up to about 15 characters; the law gives 15 characters.");
        assert_eq!(medians(&numbers(&[0.0, 0.0])), "There are no values.");
        assert_eq!(medians(&numbers(&[])), "There are no values.");
    }
}
