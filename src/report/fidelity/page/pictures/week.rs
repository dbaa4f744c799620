//! [`heat`] and [`ratio`]: the hours of the week.

use super::{Mark, Picture};
use crate::fidelity::assessment::Rhythm;
use crate::report::fidelity::figures;
use crate::report::fidelity::page::svg::{Anchor, Drawing, WIDTH};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const LEFT: f64 = 38.0;
const TOP: f64 = 4.0;
const TALL: f64 = 22.0;
const WIDE: f64 = (WIDTH - LEFT - 2.0) / 24.0;
const HEIGHT: f64 = TOP + 7.0 * TALL + 52.0;
/// The faintest shade that is still seen.
const FAINTEST: f64 = 0.06;

/// Rows by hour of the week.
pub(super) fn heat(rhythm: &Rhythm) -> Picture {
    let mut drawing = frame();
    let most = rhythm.observed.iter().copied().max().unwrap_or(0).max(1);
    for (hour, &rows) in rhythm.observed.iter().enumerate() {
        let tip = format!("{}: {} rows", name(hour), figures::count(rows));
        let part = rows as f64 / most as f64;
        cell(&mut drawing, "heat", hour, FAINTEST + (1.0 - FAINTEST) * part, &tip);
    }
    key(
        &mut drawing,
        "none",
        &figures::count(most),
        &[("heat", 0.06), ("heat", 0.3), ("heat", 0.53), ("heat", 0.77), ("heat", 1.0)],
    );
    let busiest = busiest(rhythm).map_or_else(String::new, |hour| {
        format!(" The busiest hour is {} with {} rows.", name(hour), figures::count(rhythm.observed[hour]))
    });
    Picture {
        title: format!("The week, hour by hour ({})", rhythm.zone),
        of: rhythm.subject.clone(),
        text: format!(
            "{} rows; the stronger the colour, the more.{busiest}",
            figures::count(rhythm.observed.iter().sum())
        ),
        legend: Vec::new(),
        drawing,
    }
}

/// The data's share of each hour over the law's.
pub(super) fn ratio(rhythm: &Rhythm, tolerance: f64) -> Picture {
    let mut drawing = frame();
    let rows = rhythm.observed.iter().sum::<u64>().max(1) as f64;
    let mut outside = 0;
    let hours = rhythm.observed.iter().zip(&rhythm.resolved).enumerate();
    for (hour, (&count, &law)) in hours.filter(|(_, (_, law))| **law > 0.0) {
        let ratio = count as f64 / rows / law;
        let tip = format!("{}: {} of the law", name(hour), figures::ratio(ratio));
        let class = if ratio > 1.0 { "over" } else { "under" };
        let off = (ratio - 1.0).abs();
        cell(&mut drawing, class, hour, FAINTEST + (1.0 - FAINTEST) * (off / tolerance).min(1.0), &tip);
        if off > tolerance {
            outside += 1;
            let (x, y) = corner(hour);
            let sign = if ratio > 1.0 { "+" } else { "−" };
            drawing.text("inside", (x + WIDE / 2.0, y + TALL / 2.0 + 4.0), Anchor::Middle, sign);
        }
    }
    let end = figures::round_percent(tolerance);
    let shades = [("under", 1.0), ("under", 0.53), ("heat", 0.06), ("over", 0.53), ("over", 1.0)];
    key(&mut drawing, &format!("−{end}"), &format!("+{end}"), &shades);
    let words = match outside {
        0 => format!("All hours are within {end}."),
        1 => format!("One hour is more than {end} off; it is marked + or −."),
        many => format!("{many} of 168 hours are more than {end} off; they are marked + or −."),
    };
    Picture {
        title: "The week against the resolved law".to_owned(),
        of: rhythm.subject.clone(),
        text: format!("Each hour's share of the rows over the share that the law gives it. {words}"),
        legend: Vec::<(Mark, String)>::new(),
        drawing,
    }
}

fn frame() -> Drawing {
    let mut drawing = Drawing::new(HEIGHT);
    for (day, name) in DAYS.iter().enumerate() {
        let y = TOP + (day as f64 + 0.5) * TALL + 4.0;
        drawing.text("tick", (LEFT - 6.0, y), Anchor::End, name);
    }
    for hour in (0..24).step_by(3) {
        let x = LEFT + (f64::from(hour) + 0.5) * WIDE;
        drawing.text("tick", (x, TOP + 7.0 * TALL + 15.0), Anchor::Middle, &hour.to_string());
    }
    drawing
}

fn corner(hour: usize) -> (f64, f64) {
    (LEFT + (hour % 24) as f64 * WIDE, TOP + (hour / 24) as f64 * TALL)
}

fn cell(drawing: &mut Drawing, class: &str, hour: usize, shade: f64, tip: &str) {
    let (x, y) = corner(hour);
    drawing.shaded(class, (x + 0.5, y + 0.5), (WIDE - 1.0, TALL - 1.0), shade, tip);
}

/// What the shades mean.
fn key(drawing: &mut Drawing, low: &str, high: &str, shades: &[(&str, f64)]) {
    const BOX: f64 = 22.0;
    let y = HEIGHT - 16.0;
    let right = WIDTH - 2.0 - high.chars().count() as f64 * 7.5 - 8.0;
    let left = right - shades.len() as f64 * BOX;
    for (at, (class, shade)) in shades.iter().enumerate() {
        drawing.shaded(class, (left + at as f64 * BOX, y), (BOX - 1.0, 10.0), *shade, "");
    }
    drawing.text("tick", (left - 6.0, y + 9.0), Anchor::End, low);
    drawing.text("tick", (right + 6.0, y + 9.0), Anchor::Start, high);
}

/// `Mon 09:00`.
fn name(hour: usize) -> String {
    format!("{} {:02}:00", DAYS[hour / 24 % 7], hour % 24)
}

fn busiest(rhythm: &Rhythm) -> Option<usize> {
    let most = rhythm.observed.iter().max()?;
    rhythm.observed.iter().position(|rows| rows == most)
}
