//! [`Drawing`]: marks of a picture, as SVG inside the page.
//!
//! Of our own, because the page is themed by its reader: every mark carries a class, and the style sheet gives it a
//! colour in light, dark and on paper. plotters writes colours as RGB numbers into the picture. kuva 0.6 passes
//! names of colours through, but computes those of heat maps, gives pictures neither role nor description nor a
//! width that yields to a telephone's, and compiles 95,000 lines and chrono for a few axes and paths.
//!
//! All numbers are computed with exact arithmetic or `libm` and written with one decimal, so a page is the same
//! on every machine.

use std::fmt::Write;

use super::markup::escape;

/// The width of every drawing, in its own units: close to a telephone's pixels, so that letters keep their size.
pub(super) const WIDTH: f64 = 400.0;

/// Where a text stands relative to its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A picture in the making.
pub(super) struct Drawing {
    height: f64,
    marks: String,
}

impl Drawing {
    pub(super) fn new(height: f64) -> Self {
        Self { height, marks: String::new() }
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.mark(format_args!(
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        ));
    }

    /// A filled rectangle; a pointer over it shows `tip`.
    pub(super) fn rectangle(&mut self, class: &str, corner: (f64, f64), size: (f64, f64), tip: &str) {
        self.shaded(class, corner, size, 1.0, tip);
    }

    /// A rectangle whose colour is as strong as `shade`, from 0 to 1.
    pub(super) fn shaded(
        &mut self,
        class: &str,
        corner: (f64, f64),
        size: (f64, f64),
        shade: f64,
        tip: &str,
    ) {
        let ((x, y), (width, height)) = (corner, size);
        let place =
            format!(r#"x="{x:.1}" y="{y:.1}" width="{:.1}" height="{:.1}""#, width.max(0.0), height.max(0.0));
        let shade = if shade < 1.0 { format!(r#" fill-opacity="{shade:.2}""#) } else { String::new() };
        self.tipped("rect", &format!(r#"class="{class}" {place}{shade}"#), tip);
    }

    pub(super) fn dot(&mut self, class: &str, at: (f64, f64), radius: f64, tip: &str) {
        let place = format!(r#"class="{class}" cx="{:.1}" cy="{:.1}" r="{radius:.1}""#, at.0, at.1);
        self.tipped("circle", &place, tip);
    }

    pub(super) fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.mark(format_args!(
            r#"<text class="{class}" x="{:.1}" y="{:.1}" text-anchor="{anchor}">{}</text>"#,
            at.0,
            at.1,
            escape(text)
        ));
    }

    /// A line through points.
    pub(super) fn path(&mut self, class: &str, points: &[(f64, f64)]) {
        if !points.is_empty() {
            let path = path_of(points);
            self.mark(format_args!(r#"<path class="{class}" d="{path}"/>"#));
        }
    }

    /// The inside of a closed line.
    pub(super) fn area(&mut self, class: &str, points: &[(f64, f64)]) {
        if !points.is_empty() {
            let path = path_of(points);
            self.mark(format_args!(r#"<path class="{class}" d="{path}Z"/>"#));
        }
    }

    /// The picture, which a screen reader announces by `title` and `description`. `id` is the page's own.
    pub(super) fn finish(&self, id: &str, title: &str, description: &str) -> String {
        format!(
            concat!(
                r#"<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title {}-text">"#,
                r#"<title id="{}-title">{}</title><desc id="{}-text">{}</desc>{}</svg>"#
            ),
            WIDTH,
            self.height,
            id,
            id,
            id,
            escape(title),
            id,
            escape(description),
            self.marks
        )
    }

    fn tipped(&mut self, element: &str, attributes: &str, tip: &str) {
        if tip.is_empty() {
            self.mark(format_args!("<{element} {attributes}/>"));
        } else {
            self.mark(format_args!("<{element} {attributes}><title>{}</title></{element}>", escape(tip)));
        }
    }

    fn mark(&mut self, mark: std::fmt::Arguments<'_>) {
        self.marks.write_fmt(mark).expect("a string takes all");
    }
}

/// `M1.0 2.0L3.0 4.0`.
fn path_of(points: &[(f64, f64)]) -> String {
    let mut path = String::with_capacity(points.len() * 12);
    for (at, (x, y)) in points.iter().enumerate() {
        let letter = if at == 0 { 'M' } else { 'L' };
        write!(path, "{letter}{x:.1} {y:.1}").expect("a string takes all");
    }
    path
}
