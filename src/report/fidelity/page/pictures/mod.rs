//! [`Picture`]: what one figure of the page shows; one file for each kind.

mod categories;
mod day;
mod days;
mod gaps;
mod lorenz;
mod numbers;
mod volumes;
mod week;

use super::markup::escape;
use super::svg::Drawing;
use crate::fidelity::assessment::{Assessment, Portrait};

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
    /// The figure; `number` makes its names unlike those of all others.
    fn html(&self, number: usize) -> String {
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
                "<figure><figcaption><h4>{}</h4><p class=\"of-what\">{}</p><p>{}</p></figcaption>",
                "{}{}</figure>\n"
            ),
            escape(&self.title),
            escape(&self.of),
            escape(&self.text),
            self.drawing.finish(&format!("picture-{number}"), &title, &self.text),
            legend
        )
    }
}

/// The chapters of pictures that an assessment has portraits for.
pub(super) fn section(assessment: &Assessment) -> String {
    let mut chapters: [(&str, Vec<Picture>); 4] =
        [("Volumes", vec![]), ("Time", vec![]), ("Numbers", vec![]), ("Categories", vec![])];
    for portrait in &assessment.portraits {
        let (chapter, pictures) = match portrait {
            Portrait::Volumes(volumes) => {
                (0, vec![volumes::survival(volumes), lorenz::curve(volumes), volumes::buckets(volumes)])
            }
            Portrait::Rhythm(rhythm) => (
                1,
                vec![
                    day::line(rhythm, assessment.tolerance),
                    days::bars(rhythm),
                    week::heat(rhythm),
                    week::ratio(rhythm, assessment.tolerance),
                ],
            ),
            Portrait::Gaps(gaps) => (1, vec![gaps::by_size(gaps)]),
            Portrait::Numbers(numbers) => (2, vec![numbers::picture(numbers)]),
            Portrait::Categories(categories) => (3, vec![categories::bars(categories)]),
        };
        chapters[chapter].1.extend(pictures);
    }
    let mut number = 0;
    let mut html = String::new();
    for (name, pictures) in chapters.iter().filter(|(_, pictures)| !pictures.is_empty()) {
        html.push_str(&format!("<h3>{name}</h3>\n<div class=\"pictures\">\n"));
        for picture in pictures {
            number += 1;
            html.push_str(&picture.html(number));
        }
        html.push_str("</div>\n");
    }
    html
}
