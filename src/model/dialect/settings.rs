//! [`Settings`]: what `config.yaml` says for all entities of a model.
//!
//! ```yaml
//! model: shop                      # default: the name of the model's root folder
//! version: 1
//! target_count: 100000             # for the files that have none
//! bands: {dev: 1, staging: 10}     # factors on every target_count; default: the one band `dev`
//! synthetic_email_domains: [example.com, test.org]
//! now: 2024-01-15T12:00:00Z        # for seed files without `generated_at`
//! ```

use jiff::Timestamp;

use super::decimal::Decimal;
use super::fields::{Fields, count, number, wrong_kind};
use super::files::{Layout, read};
use super::times;
use crate::model::diagnostics::Diagnostics;
use crate::model::yaml::{Name, Node, Place};

/// A scale of the model.
pub struct Band {
    /// Its name, placed.
    pub name: Name,
    /// What every `target_count` is multiplied by.
    pub factor: Decimal,
}

/// What holds for all entities.
pub struct Settings {
    /// The model's name.
    pub model: Option<Node>,
    /// The model's version.
    pub version: Option<Node>,
    /// Rows of an entity that names no count.
    pub target_count: Option<(u64, Place)>,
    /// At least one.
    pub bands: Vec<Band>,
    /// E-mail domains that nobody owns, by the author's word.
    pub synthetic_email_domains: Option<Node>,
    /// The time that `now` stands for where a seed file has none of its own.
    pub now: Option<Timestamp>,
}

impl Settings {
    /// Reads the nearest `config.yaml`; without one everything has its default.
    pub fn read(layout: &Layout, diagnostics: &mut Diagnostics) -> Self {
        let node = layout.nearest(&["config.yaml"]).and_then(|file| read(&file, None, diagnostics));
        let mut settings =
            node.as_ref().and_then(|node| Self::of(node, diagnostics)).unwrap_or_else(Self::default);
        if settings.bands.is_empty() {
            let name = Name { place: Place::default(), text: "dev".to_owned() };
            settings.bands.push(Band { name, factor: Decimal::whole(1) });
        }
        settings
    }

    fn default() -> Self {
        Self {
            model: None,
            version: None,
            target_count: None,
            bands: Vec::new(),
            synthetic_email_domains: None,
            now: None,
        }
    }

    fn of(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let fields = Fields::of(node, "`config.yaml`", diagnostics)?;
        let known = ["model", "version", "target_count", "bands", "synthetic_email_domains", "now"];
        fields.allow_only(&known, diagnostics);
        fields.text("model", diagnostics);
        for domain in fields.list("synthetic_email_domains", diagnostics) {
            if domain.as_str().is_none() {
                wrong_kind(domain, "a domain", "a text", diagnostics);
            }
        }
        Some(Self {
            model: fields.get("model").cloned(),
            version: fields.number("version", diagnostics).map(|(_, node)| node.clone()),
            target_count: fields
                .get("target_count")
                .and_then(|node| Some((count(node, "`target_count`", diagnostics)?, node.place))),
            bands: bands(&fields, diagnostics),
            synthetic_email_domains: fields.get("synthetic_email_domains").cloned(),
            now: fields.get("now").and_then(|node| times::instant(node, "`now`", None, diagnostics)),
        })
    }
}

fn bands(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Vec<Band> {
    let Some(node) = fields.get("bands") else { return Vec::new() };
    let Some(bands) = Fields::of(node, "`bands`", diagnostics) else { return Vec::new() };
    let mut read = Vec::new();
    for (name, node) in bands.entries {
        let what = format!("the factor of band `{}`", name.text);
        let Some(factor) = number(node, &what, diagnostics) else { continue };
        if factor.compare(Decimal::ZERO).is_le() {
            wrong_kind(node, &what, "more than 0", diagnostics);
        } else {
            read.push(Band { name: name.clone(), factor });
        }
    }
    read
}
