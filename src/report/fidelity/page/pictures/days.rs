//! [`bars`]: rows day by day.

use jiff::civil::{Date, Weekday};

use super::{Mark, Picture};
use crate::fidelity::assessment::Rhythm;
use crate::report::fidelity::figures;
use crate::report::fidelity::page::plot::{Axis, Plot, labelled};
use crate::report::fidelity::page::scale::Scale;

/// More bars than this are too thin to be told apart.
const MOST_BARS: usize = 130;

/// Rows by day, or by several days where there are too many.
pub(super) fn bars(rhythm: &Rhythm) -> Picture {
    let first: Option<Date> = rhythm.first_day.parse().ok();
    let per_bar = rhythm.daily.len().div_ceil(MOST_BARS).max(1);
    let sums: Vec<u64> = rhythm.daily.chunks(per_bar).map(|days| days.iter().sum()).collect();
    let most = sums.iter().copied().max().unwrap_or(0).max(1);
    let number = sums.len().max(1);
    let (days, rows) = (Scale::linear(0.0, number as f64), Scale::linear(0.0, most as f64 * 1.05));
    let marks = (0..number).step_by(number.div_ceil(6).next_multiple_of(if per_bar == 1 { 7 } else { 1 }));
    let ticks = marks.map(|bar| (bar as f64 + 0.5, label(first, bar * per_bar))).collect();
    let x = Axis { name: "", ticks };
    let name = if per_bar == 1 { "rows a day".to_owned() } else { format!("rows in {per_bar} days") };
    let y = Axis { name: &name, ticks: labelled(rows.ticks(5), figures::short) };
    let mut plot = Plot::new(days, &x, rows, &y);
    let floor = plot.y.places().0;
    for (bar, &rows) in sums.iter().enumerate() {
        let (left, right) = (plot.x.at(bar as f64 + 0.1), plot.x.at(bar as f64 + 0.9));
        let top = plot.y.at(rows as f64);
        let class = if per_bar == 1 && is_weekend(first, bar) { "other" } else { "surface" };
        let tip = format!("{}: {} rows", label(first, bar * per_bar), figures::count(rows));
        plot.drawing.rectangle(class, (left, top), (right - left, floor - top), &tip);
    }
    let mut legend = Vec::new();
    if per_bar == 1 && first.is_some() {
        legend = vec![(Mark::Surface, "weekday".to_owned()), (Mark::OtherSurface, "weekend".to_owned())];
    }
    let days = rhythm.daily.len();
    let mean = rhythm.daily.iter().sum::<u64>() / days.max(1) as u64;
    Picture {
        title: "The whole window, day by day".to_owned(),
        of: rhythm.subject.clone(),
        text: format!(
            "{days} days from {}, {} rows a day on average.",
            rhythm.first_day,
            figures::count(mean)
        ),
        legend,
        drawing: plot.drawing,
    }
}

/// `28 Jul`, or the day's number where the first day is not known.
fn label(first: Option<Date>, day: usize) -> String {
    date(first, day).map_or_else(|| format!("day {}", day + 1), |date| date.strftime("%-d %b").to_string())
}

fn is_weekend(first: Option<Date>, day: usize) -> bool {
    date(first, day).is_some_and(|date| matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday))
}

fn date(first: Option<Date>, day: usize) -> Option<Date> {
    let days = jiff::Span::new().try_days(i64::try_from(day).ok()?).ok()?;
    first?.checked_add(days).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_names_where_the_first_is_known() {
        let first = "2025-07-28".parse().ok();
        assert_eq!([label(first, 0), label(first, 5), label(None, 5)], ["28 Jul", "2 Aug", "day 6"]);
        assert_eq!([is_weekend(first, 4), is_weekend(first, 5), is_weekend(None, 5)], [false, true, false]);
    }
}
