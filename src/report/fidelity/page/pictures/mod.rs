//! [`Picture`]: what one figure of the page shows; one file for each kind.

mod categories;
mod dates;
mod day;
mod days;
mod gaps;
mod lorenz;
mod numbers;
mod volumes;
mod week;

use super::markup::{badge, escape, name};
use super::svg::Drawing;
use crate::fidelity::assessment::{Assessment, Portrait, State};
use crate::report::fidelity::words;

/// How a series is drawn, for the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The data's line.
    Data,
    /// The law's line.
    Law,
    /// The data's surface.
    Surface,
    /// The data's histogram.
    Hill,
    /// The second surface.
    OtherSurface,
    /// The band of the tolerance.
    Band,
    /// A thin line to compare with.
    Even,
    /// A dot on the data's line.
    Point,
    /// A filled dot of the declaration.
    Dot,
    /// A hollow dot of the declaration.
    Hollow,
    /// A line across a bar.
    Across,
}

impl Mark {
    fn class(self) -> &'static str {
        match self {
            Self::Data => "swatch data",
            Self::Law => "swatch law",
            Self::Surface => "swatch surface",
            Self::Hill => "swatch hill",
            Self::OtherSurface => "swatch other",
            Self::Band => "swatch band",
            Self::Even => "swatch even",
            Self::Point => "swatch point",
            Self::Dot => "swatch dot",
            Self::Hollow => "swatch hollow",
            Self::Across => "swatch across",
        }
    }
}

/// A drawing with its words.
pub(super) struct Picture {
    /// What tells it from its neighbours: what it shows of a volume or a rhythm, or whose shares it shows.
    pub title: String,
    /// The other of the two.
    pub of: String,
    /// What to see in it, in a sentence or two.
    pub text: String,
    /// Series by their marks.
    pub legend: Vec<(Mark, String)>,
    /// The drawing.
    pub drawing: Drawing,
}

impl Picture {
    /// The figure; `number` makes its names unlike those of all others. It bears the state of what is not as declared.
    fn html(&self, number: usize, state: State) -> String {
        let badge = if state == State::Pass { String::new() } else { format!(" {}", badge(state)) };
        let marks: String = self
            .legend
            .iter()
            .map(|(mark, name)| format!(r#"<li><span class="{}"></span>{}</li>"#, mark.class(), escape(name)))
            .collect();
        let legend =
            if marks.is_empty() { marks } else { format!(r#"<ul class="legend" role="list">{marks}</ul>"#) };
        let title = format!("{}: {}", self.title, self.of);
        format!(
            concat!(
                "<figure><figcaption><h4>{}{}</h4><p class=\"of-what\">{}</p><p>{}</p></figcaption>",
                "{}{}</figure>\n"
            ),
            name(&self.title),
            badge,
            name(&self.of),
            escape(&self.text),
            self.drawing.finish(&format!("picture-{number}"), &title, &self.text),
            legend
        )
    }
}

/// About so many pictures stand open.
const OPEN: usize = 24;

/// The chapters of pictures, in their order.
const CHAPTERS: [&str; 5] = ["Volumes", "Rhythm", "Lengths, delays and gaps", "Categories", "Other columns"];

/// The pictures of a portrait with their chapter and their place in it.
fn pictures(portrait: &Portrait, tolerance: f64) -> (usize, usize, Vec<Picture>) {
    match portrait {
        Portrait::Volumes(volumes) => {
            // Those that the model declares quantiles of come first.
            let place = usize::from(volumes.anchors.is_empty());
            (0, place, vec![volumes::survival(volumes), lorenz::curve(volumes), volumes::buckets(volumes)])
        }
        Portrait::Rhythm(rhythm) => {
            let pictures = vec![
                day::line(rhythm, tolerance),
                days::bars(rhythm),
                week::heat(rhythm),
                week::ratio(rhythm, tolerance),
            ];
            (1, 0, pictures)
        }
        Portrait::Numbers(numbers) => {
            let (chapter, place) = match numbers.unit.as_str() {
                "characters" => (2, 0),
                "seconds" => (2, 1),
                _ => (4, 0),
            };
            (chapter, place, vec![numbers::picture(numbers)])
        }
        Portrait::Gaps(gaps) => (2, 2, vec![gaps::by_size(gaps)]),
        Portrait::Categories(categories) => (3, 0, vec![categories::bars(categories)]),
    }
}

/// What a portrait is of.
fn subject(portrait: &Portrait) -> &str {
    match portrait {
        Portrait::Volumes(volumes) => &volumes.subject,
        Portrait::Rhythm(rhythm) => &rhythm.subject,
        Portrait::Numbers(numbers) => &numbers.subject,
        Portrait::Gaps(gaps) => &gaps.subject,
        Portrait::Categories(categories) => &categories.subject,
    }
}

/// The worst that the checks of a portrait's subject found.
fn state(portrait: &Portrait, assessment: &Assessment) -> State {
    let subject = subject(portrait);
    assessment
        .checks
        .iter()
        .filter(|check| check.subject == subject)
        .map(|check| check.state)
        .max()
        .unwrap_or(State::Pass)
}

/// The chapters of pictures that an assessment has portraits for. The first two dozen stand open, and all of what is
/// not as it was declared.
pub(super) fn section(assessment: &Assessment) -> String {
    let mut portraits: Vec<(usize, usize, State, Vec<Picture>)> = assessment
        .portraits
        .iter()
        .map(|portrait| {
            let (chapter, place, pictures) = pictures(portrait, assessment.tolerance);
            (chapter, place, state(portrait, assessment), pictures)
        })
        .collect();
    portraits.sort_by_key(|(chapter, place, ..)| (*chapter, *place));
    let (mut open, mut folded, mut number) = (vec![String::new(); CHAPTERS.len()], String::new(), 0);
    let mut hidden = 0;
    for (chapter, _, state, pictures) in &portraits {
        let shown = number - hidden < OPEN || *state != State::Pass;
        for picture in pictures {
            number += 1;
            hidden += usize::from(!shown);
            let html = picture.html(number, *state);
            if shown { open[*chapter].push_str(&html) } else { folded.push_str(&html) }
        }
    }
    let mut html = String::new();
    for (name, pictures) in CHAPTERS.iter().zip(&open).filter(|(_, pictures)| !pictures.is_empty()) {
        html.push_str(&format!("<h3>{name}</h3>\n<div class=\"pictures\">\n{pictures}</div>\n"));
    }
    if hidden > 0 {
        html.push_str(&format!(
            "<details class=\"more\"><summary>{}</summary><div class=\"pictures\">\n{folded}</div></details>\n",
            words::several(hidden, "more picture")
        ));
    }
    html
}
