//! [`page`]: the assessment as one HTML page that needs nothing beside it: no script, no network, no font.

mod checks;
mod integrity;
mod markup;
mod masthead;
mod pictures;
mod plot;
mod scale;
mod summary;
mod svg;

use markup::escape;

use super::{figures, quality, words};
use crate::fidelity::assessment::Assessment;

/// Light and dark after the reader's system, and plain on paper.
const STYLE: &str = include_str!("style.css");

/// The page. The same assessment and timestamp give the same bytes.
pub fn page(assessment: &Assessment, timestamp: &str) -> String {
    let sections = sections(assessment);
    let links: String = sections
        .iter()
        .map(|section| format!(r##"<li><a href="#{}">{}</a></li>"##, section.id, section.name))
        .collect();
    let body: String = sections.iter().map(Section::html).collect();
    let title = format!(
        "{}: {} {}",
        words::verdict(assessment.verdict),
        escape(&assessment.model),
        escape(&assessment.band)
    );
    format!(
        r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>{title} - seedmill fidelity report</title>
<style>
{STYLE}</style>
</head>
<body>
<a class="skip" href="#main">To the report</a>
{masthead}
<nav aria-label="Sections"><ul role="list">{links}</ul></nav>
<main id="main">
{body}</main>
<footer><p>Written by seedmill {version}. Only the time above depends on when the report was made: the same files
give the same figures.</p></footer>
</body>
</html>
"##,
        masthead = masthead::html(assessment, timestamp),
        version = env!("CARGO_PKG_VERSION"),
    )
}

/// A part of the page that the navigation leads to.
struct Section {
    id: &'static str,
    name: &'static str,
    /// What it says of itself under its name.
    lead: String,
    content: String,
}

impl Section {
    fn html(&self) -> String {
        let Self { id, name, lead, content } = self;
        let lead = if lead.is_empty() { String::new() } else { format!("<p class=\"lead\">{lead}</p>\n") };
        format!(
            "<section id=\"{id}\" aria-labelledby=\"{id}-name\">\n<h2 id=\"{id}-name\">{name}</h2>\n{lead}{content}\n</section>\n"
        )
    }
}

/// The sections that there is something to say in.
fn sections(assessment: &Assessment) -> Vec<Section> {
    let sections = [
        Section {
            id: "advice",
            name: "Recommendations",
            lead: String::new(),
            content: recommendations(assessment),
        },
        Section {
            id: "summary",
            name: "Summary",
            lead: summary::lead(assessment),
            content: summary::html(assessment),
        },
        Section {
            id: "pictures",
            name: "Pictures",
            lead: "The data beside the resolved law: what the model comes to for this band.".to_owned(),
            content: pictures::section(assessment),
        },
        Section {
            id: "quality",
            name: "Quality tests",
            lead: "Whether any dataset is worth a load test, whatever was declared.".to_owned(),
            content: integrity::quality_tests(assessment),
        },
        Section { id: "rows", name: "Rows", lead: String::new(), content: rows(assessment) },
        Section { id: "remarks", name: "Remarks", lead: String::new(), content: remarks(assessment) },
        Section {
            id: "checks",
            name: "All checks",
            lead: "Each figure of the data against what the model comes to.".to_owned(),
            content: checks::html(assessment),
        },
        Section {
            id: "integrity",
            name: "All counters",
            lead: integrity::lead(assessment),
            content: integrity::html(assessment),
        },
    ];
    sections.into_iter().filter(|section| !section.content.is_empty()).collect()
}

/// So many recommendations stand open.
const OPEN: usize = 6;

fn recommendations(assessment: &Assessment) -> String {
    let lines: Vec<String> = quality::recommendations(assessment)
        .iter()
        .map(|line| match line.strip_prefix('✓') {
            Some(good) => format!(r#"<li class="good">{}</li>"#, escape(good.trim_start())),
            None => format!(r#"<li class="todo">{}</li>"#, escape(line)),
        })
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    let list = |lines: &[String]| format!(r#"<ul class="advice" role="list">{}</ul>"#, lines.concat());
    // One more costs no more room than the fold.
    if lines.len() <= OPEN + 1 {
        return list(&lines);
    }
    let (first, rest) = lines.split_at(OPEN);
    format!(
        r#"{}<details class="more"><summary>{} more</summary>{}</details>"#,
        list(first),
        rest.len(),
        list(rest)
    )
}

fn rows(assessment: &Assessment) -> String {
    if assessment.entities.is_empty() {
        return String::new();
    }
    let rows: String = assessment
        .entities
        .iter()
        .map(|entity| {
            let aliases = if entity.aliases.is_empty() {
                String::new()
            } else {
                format!(" <small>also {}</small>", escape(&entity.aliases.join(", ")))
            };
            format!(
                r#"<tr role="row"><th role="rowheader" scope="row">{}{aliases}</th>{}{}{}</tr>"#,
                escape(&entity.entity),
                markup::cell("number", "Rows", &figures::count(entity.rows)),
                markup::cell("number", "Files", &figures::count(entity.files)),
                markup::cell("number", "Size", &figures::bytes(entity.bytes))
            )
        })
        .collect();
    let columns = [("", "Entity"), ("number", "Rows"), ("number", "Files"), ("number", "Size")];
    let bodies = format!(r#"<tbody role="rowgroup">{rows}</tbody>"#);
    markup::table("rows", "Rows, files and bytes by entity", &columns, &bodies)
}

fn remarks(assessment: &Assessment) -> String {
    let remarks: String = assessment
        .remarks
        .iter()
        .map(|remark| format!("<dt>{}</dt><dd>{}</dd>", escape(&remark.subject), escape(&remark.text)))
        .collect();
    if remarks.is_empty() { remarks } else { format!(r#"<dl class="remarks">{remarks}</dl>"#) }
}
