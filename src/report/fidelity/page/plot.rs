//! [`Plot`]: a drawing with two axes.

use super::scale::Scale;
use super::svg::{Anchor, Drawing, WIDTH};

/// Room for the labels of the upright axis.
const LEFT: f64 = 52.0;
/// Room for half of the last label.
const RIGHT: f64 = WIDTH - 18.0;
/// Room for the name of the upright axis.
const TOP: f64 = 28.0;
/// Room for the labels and the name of the level axis.
const BELOW: f64 = 42.0;
/// The height of a plot.
pub(super) const HEIGHT: f64 = 264.0;
/// No letter of a label is wider.
pub(super) const LETTER: f64 = 7.0;

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
    pub(super) fn new(x: Scale, y: Scale) -> Self {
        Self { drawing: Drawing::new(HEIGHT), x: x.between(LEFT, RIGHT), y: y.between(HEIGHT - BELOW, TOP) }
    }

    /// Draws the axes; labels that would touch the one before are left out.
    pub(super) fn axes(&mut self, x: &Axis<'_>, y: &Axis<'_>) {
        let floor = self.y.places().0;
        for (figure, label) in &y.ticks {
            let at = self.y.at(*figure);
            self.drawing.line("grid", (LEFT, at), (RIGHT, at));
            self.drawing.text("tick", (LEFT - 6.0, at + 4.0), Anchor::End, label);
        }
        let mut taken = f64::NEG_INFINITY;
        for (figure, label) in &x.ticks {
            let at = self.x.at(*figure);
            let half = label.chars().count() as f64 * LETTER / 2.0;
            self.drawing.line("notch", (at, floor), (at, floor + 4.0));
            if at - half > taken + 4.0 {
                self.drawing.text("tick", (at, floor + 16.0), Anchor::Middle, label);
                taken = at + half;
            }
        }
        self.drawing.line("axis", (LEFT, floor), (RIGHT, floor));
        self.drawing.text("name", (LEFT - 46.0, 12.0), Anchor::Start, y.name);
        self.drawing.text("name", (RIGHT + 14.0, HEIGHT - 6.0), Anchor::End, x.name);
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
