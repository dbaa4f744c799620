//! [`Plot`]: a drawing with two axes.

use super::scale::Scale;
use super::svg::{Anchor, Drawing, WIDTH};

/// Room for half of the first label of the level axis.
const LEAST_LEFT: f64 = 22.0;
/// Between a label and its axis.
const GAP: f64 = 6.0;
/// Room for half of the last label.
const RIGHT: f64 = WIDTH - 18.0;
/// Room for the name of the upright axis.
const TOP: f64 = 28.0;
/// Room for the labels and the name of the level axis.
const BELOW: f64 = 44.0;
/// The height of a plot.
const HEIGHT: f64 = 266.0;
/// The room of a letter in a label: seldom as wide, in the largest size of the style sheet.
const LETTER: f64 = 8.0;

/// What stands along an axis.
pub(super) struct Axis<'a> {
    /// Its name.
    pub name: &'a str,
    /// Figures with their labels.
    pub ticks: Vec<(f64, String)>,
}

/// Curves over two axes.
pub(super) struct Plot {
    /// The marks so far.
    pub drawing: Drawing,
    /// The level axis.
    pub x: Scale,
    /// The upright axis.
    pub y: Scale,
}

impl Plot {
    /// Draws the axes; labels that would touch the one before are left out.
    pub(super) fn new(x: Scale, level: &Axis<'_>, y: Scale, upright: &Axis<'_>) -> Self {
        let longest = upright.ticks.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0);
        let left = (longest as f64 * LETTER + GAP).max(LEAST_LEFT);
        let mut plot = Self {
            drawing: Drawing::new(HEIGHT),
            x: x.between(left, RIGHT),
            y: y.between(HEIGHT - BELOW, TOP),
        };
        plot.upright(left, upright);
        plot.level(left, level);
        plot
    }

    fn upright(&mut self, left: f64, axis: &Axis<'_>) {
        for (figure, label) in &axis.ticks {
            let at = self.y.at(*figure);
            self.drawing.line("grid", (left, at), (RIGHT, at));
            self.drawing.text("tick", (left - GAP, at + 4.0), Anchor::End, label);
        }
        self.drawing.text("name", (0.0, 12.0), Anchor::Start, axis.name);
    }

    fn level(&mut self, left: f64, axis: &Axis<'_>) {
        let floor = self.y.places().0;
        let mut taken = f64::NEG_INFINITY;
        for (figure, label) in &axis.ticks {
            let at = self.x.at(*figure);
            let half = label.chars().count() as f64 * LETTER / 2.0;
            self.drawing.line("notch", (at, floor), (at, floor + 4.0));
            // Long labels of the first and the last tick move inside.
            let middle = at.max(half).min(WIDTH - half);
            if middle - half > taken {
                self.drawing.text("tick", (middle, floor + 18.0), Anchor::Middle, label);
                taken = middle + half;
            }
        }
        self.drawing.line("axis", (left, floor), (RIGHT, floor));
        if !axis.name.is_empty() {
            self.drawing.text("name", (WIDTH, HEIGHT - 6.0), Anchor::End, axis.name);
        }
    }

    /// A line through figures.
    pub(super) fn curve(&mut self, class: &str, figures: impl IntoIterator<Item = (f64, f64)>) {
        let points = self.places(figures);
        self.drawing.path(class, &points);
    }

    /// What lies between a line through figures and the level axis.
    pub(super) fn hill(&mut self, class: &str, figures: impl IntoIterator<Item = (f64, f64)>) {
        let floor = self.y.places().0;
        let mut points = self.places(figures);
        if let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) {
            points.insert(0, (first.0, floor));
            points.push((last.0, floor));
        }
        self.drawing.area(class, &points);
    }

    /// What lies between two lines.
    pub(super) fn band(&mut self, class: &str, lower: &[(f64, f64)], upper: &[(f64, f64)]) {
        let points = self.places(lower.iter().copied().chain(upper.iter().rev().copied()));
        self.drawing.area(class, &points);
    }

    /// A dot at figures.
    pub(super) fn dot(&mut self, class: &str, figures: (f64, f64), tip: &str) {
        let at = (self.x.at(figures.0), self.y.at(figures.1));
        self.drawing.dot(class, at, 4.0, tip);
    }

    fn places(&self, figures: impl IntoIterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
        figures.into_iter().map(|(x, y)| (self.x.at(x), self.y.at(y))).collect()
    }
}

/// Ticks of a scale with labels.
pub(super) fn labelled(ticks: Vec<f64>, label: impl Fn(f64) -> String) -> Vec<(f64, String)> {
    ticks.into_iter().map(|tick| (tick, label(tick))).collect()
}
