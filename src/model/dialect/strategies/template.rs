//! [`draft`] of `template`: a text with places for the row's number, its own fields and values of the seed.

use super::derive::{hidden_name, yes};
use super::{Draft, Field, Scope, pool};
use crate::model::diagnostics::Diagnostics;
use crate::model::dialect::fields::{Fields, meant, unknown};
use crate::model::dialect::seeds::infer;
use crate::model::yaml::{Name, Node, Place};

/// The row's number goes by either name.
const ROW: [&str; 2] = ["index", "n"];

/// `{template, sources}`.
pub fn draft(scope: &Scope<'_>, field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<Draft> {
    let (text, place) = field.fields.required_text("template", "the strategy `template`", diagnostics)?;
    let sources = match field.fields.get("sources") {
        Some(node) => Fields::of(node, "`sources`", diagnostics)?,
        None => Fields { place: field.fields.place, entries: &[] },
    };
    let mut template = Template { scope, field, sources, hidden: Vec::new(), used: Vec::new() };
    template.check_sources(diagnostics);
    let native = template.native(text, place, diagnostics)?;
    template.warn_of_idle_sources(diagnostics);
    let hidden = template.hidden;
    Some(Draft {
        inferred: Some("text".to_owned()),
        hidden,
        ..Draft::of("template", Node::text(place, native))
    })
}

struct Template<'a> {
    scope: &'a Scope<'a>,
    field: &'a Field<'a>,
    sources: Fields<'a>,
    hidden: Vec<(Name, Node)>,
    used: Vec<String>,
}

impl Template<'_> {
    /// `seed_pool` is the one source there is.
    fn check_sources(&self, diagnostics: &mut Diagnostics) {
        for (_, node) in self.sources.entries {
            let text = node.as_str().unwrap_or_default();
            if text != "seed_pool" {
                unknown("source", text, node.place, &["seed_pool"], diagnostics);
            }
        }
    }

    /// The text with native placeholders. All unknown ones are reported.
    fn native(&mut self, text: &str, place: Place, diagnostics: &mut Diagnostics) -> Option<String> {
        let mut native = String::new();
        let mut whole = true;
        let mut rest = text;
        while let Some((before, opened)) = rest.split_once('{') {
            let Some((name, after)) = opened.split_once('}') else {
                diagnostics.error(place, "a `{` of the template is not closed", "such as {first_name}");
                return None;
            };
            native.push_str(before);
            match self.placeholder(name, place, diagnostics) {
                Some(column) => native.push_str(&format!("{{{column}}}")),
                None => whole = false,
            }
            rest = after;
        }
        native.push_str(rest);
        whole.then_some(native)
    }

    /// The native column of a placeholder: the row's number, an own field, or a hidden pool.
    fn placeholder(&mut self, name: &str, place: Place, diagnostics: &mut Diagnostics) -> Option<String> {
        self.used.push(name.to_owned());
        let own = self.field.name;
        let named = self.sources.get(name);
        if name != own.text && self.scope.entity().has(name) {
            return Some(name.to_owned());
        }
        if ROW.contains(&name) && named.is_none() {
            return Some("row".to_owned());
        }
        let Some(named) = named else {
            let fields = self.scope.entity().columns.iter().map(|column| column.text.as_str());
            let known: Vec<&str> = fields.filter(|known| *known != own.text).chain(ROW).collect();
            let hint = format!("{} or add `{name}: seed_pool` to `sources`", meant(name, &known));
            diagnostics.error(place, format!("nothing fills the placeholder `{{{name}}}`"), hint);
            return None;
        };
        let hidden = hidden_name(self.scope, own, name);
        if self.hidden.iter().any(|(known, _)| known.text == hidden) {
            return Some(hidden);
        }
        let values = pool::values(self.scope, name, &own.text, named.place, diagnostics)?;
        let place = named.place;
        let inferred = Node::plain(place, infer(&values));
        let column = Node::map(
            place,
            [("pool", pool::native(place, values, None)), ("type", inferred), ("hidden", yes(place))],
        );
        self.hidden.push((Name { place, text: hidden.clone() }, column));
        Some(hidden)
    }

    fn warn_of_idle_sources(&self, diagnostics: &mut Diagnostics) {
        for (name, _) in self.sources.entries {
            if !self.used.contains(&name.text) {
                let message = format!("the template has no placeholder `{{{}}}`", name.text);
                diagnostics.warning(name.place, message, "drop the source, or use it");
            }
        }
    }
}
