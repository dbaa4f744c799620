//! [`line`]: the hours of the day.

use super::{Mark, Picture};
use crate::fidelity::assessment::Rhythm;
use crate::report::fidelity::figures;
use crate::report::fidelity::page::plot::{Axis, Plot, labelled};
use crate::report::fidelity::page::scale::Scale;

/// Shares of rows by hour of the day, with a band of the tolerance around the law.
pub(super) fn line(rhythm: &Rhythm, tolerance: f64) -> Picture {
    let rows = rhythm.observed.iter().sum::<u64>().max(1) as f64;
    let observed = by_hour(rhythm.observed.iter().map(|&rows| rows as f64));
    let observed = observed.map(|sum| sum / rows);
    let resolved = by_hour(rhythm.resolved.iter().copied());
    let top =
        observed.iter().copied().chain(resolved.map(|share| share * (1.0 + tolerance))).fold(0.01, f64::max);
    let (time, shares) = (Scale::linear(0.0, 23.0), Scale::linear(0.0, top * 1.05));
    let hours = (0..8).map(|at| f64::from(at) * 3.0).collect();
    let name = format!("hour of the day ({})", rhythm.zone);
    let x = Axis { name: &name, ticks: labelled(hours, figures::short) };
    let y = Axis { name: "of all rows", ticks: labelled(shares.ticks(5), figures::round_percent) };
    let mut plot = Plot::new(time, &x, shares, &y);
    let times = |factor: f64| -> Vec<(f64, f64)> {
        resolved.iter().enumerate().map(|(hour, share)| (hour as f64, share * factor)).collect()
    };
    plot.band("band", &times(1.0 - tolerance), &times(1.0 + tolerance));
    plot.curve("data", observed.iter().enumerate().map(|(hour, &share)| (hour as f64, share)));
    plot.curve("law", times(1.0));
    Picture {
        title: "The day, hour by hour".to_owned(),
        of: rhythm.subject.clone(),
        text: words(&observed, &resolved, tolerance),
        legend: vec![
            (Mark::Data, "data".to_owned()),
            (Mark::Law, "resolved law".to_owned()),
            (Mark::Band, format!("± {}", figures::round_percent(tolerance))),
        ],
        drawing: plot.drawing,
    }
}

fn words(observed: &[f64; 24], resolved: &[f64; 24], tolerance: f64) -> String {
    let extremes = |shares: &[f64; 24]| {
        let most = shares.iter().copied().fold(0.0, f64::max);
        let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
        most / least
    };
    let outside = observed
        .iter()
        .zip(resolved)
        .filter(|(data, law)| (**data - **law).abs() > tolerance * **law)
        .count();
    let outside = match outside {
        0 => "All hours are inside the band.".to_owned(),
        1 => "One hour is outside the band.".to_owned(),
        many => format!("{many} hours are outside the band."),
    };
    format!(
        "The busiest hour has {} the rows of the quietest; the law gives {}. {outside}",
        figures::ratio(extremes(observed)),
        figures::ratio(extremes(resolved))
    )
}

/// Hours of the week summed to hours of the day.
fn by_hour(week: impl Iterator<Item = f64>) -> [f64; 24] {
    let mut day = [0.0; 24];
    for (hour, value) in week.enumerate() {
        day[hour % 24] += value;
    }
    day
}
