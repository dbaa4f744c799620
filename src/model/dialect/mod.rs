//! [`translate`]: the multiply dialect, a folder of `{entity}_multiply.yaml` files, as a native model.
//!
//! The dialect is that of the document "Generate Performance Test Data": every entity has a config file
//! with one strategy per field, and a seed file of about 100 records whose values strategies draw from.
//! Beside them may stand `config.yaml`, `schemas/*.yaml`, `relationships.yaml` and `constraints.yaml`;
//! `settings.rs`, `schemas.rs`, `relations.rs` and `rules.rs` show what they look like. From the tree that comes out
//! here on, nothing knows that the model was written in this dialect; but every node keeps the place in
//! the dialect's files that it came from, so that later mistakes point there.
//!
//! ```text
//! files → settings, sources (+ seeds), schemas → catalogue ← relations
//!                                                    ↓
//!                                     rules → strategies → native tree
//! ```

mod catalogue;
mod decimal;
mod expressions;
mod fields;
mod files;
mod relations;
mod rules;
mod schemas;
mod seeds;
mod settings;
mod sources;
mod strategies;
mod times;
mod types;

use std::path::{Path, PathBuf};

use self::catalogue::Catalogue;
use self::decimal::Decimal;
use self::fields::entry;
use self::files::Layout;
use self::rules::Rules;
use self::schemas::Schema;
use self::settings::{Band, Settings};
use self::sources::Source;
use self::strategies::Scope;
use super::diagnostics::Diagnostics;
use super::yaml::{Name, Node, Place, Value};

/// Reads a folder of `{entity}_multiply.yaml` files and returns the native model that they declare.
///
/// Seed files must lie under the model's root, the parent of the folder `configs`, or under one of
/// `allow_paths`. All mistakes go to `diagnostics`; if there is an error, there is no model.
pub fn translate(folder: &Path, allow_paths: &[PathBuf], diagnostics: &mut Diagnostics) -> Option<Node> {
    let errors_before = diagnostics.errors();
    let layout = Layout::of(folder, allow_paths, diagnostics)?;
    let settings = Settings::read(&layout, diagnostics);
    let sources = Source::read_all(&layout, &settings, diagnostics);
    let schemas = Schema::read_all(&layout, diagnostics);
    let mut catalogue = Catalogue::of(&sources, schemas, diagnostics);
    relations::relate(&layout, &settings, &sources, &mut catalogue, diagnostics);
    let rules = Rules::gather(&layout, &sources, &catalogue, diagnostics);

    let place = sources.first()?.place;
    let mut entities = Vec::new();
    for (index, (source, rules)) in sources.iter().zip(&rules).enumerate() {
        let scope = Scope { index, source, catalogue: &catalogue, rules, settings: &settings };
        entities.push(entry(&source.name, source.place, entity(&scope, diagnostics)));
    }
    let mut model = vec![
        ("model", settings.model.clone().unwrap_or_else(|| Node::plain(place, layout.root_name()))),
        ("version", settings.version.clone().unwrap_or_else(|| Node::plain(place, "1"))),
        ("bands", bands(&settings, &sources, place, diagnostics)),
    ];
    model
        .extend(settings.synthetic_email_domains.clone().map(|domains| ("synthetic_email_domains", domains)));
    model.push(("entities", Node::new(place, Value::Map(entities))));
    (diagnostics.errors() == errors_before).then(|| Node::map(place, model))
}

/// One entity in the native form.
fn entity(scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Node {
    let source = scope.source;
    let place = source.place;
    let listed = &scope.catalogue.entities[scope.index];
    let mut keys: Vec<(&str, Node)> = Vec::new();
    match &listed.parent {
        Some(parent) => {
            let name = scope.catalogue.entities[parent.entity].name.clone();
            keys.push(("parent", Node::plain(parent.per_parent.place, name)));
            keys.push(("per_parent", parent.per_parent.clone()));
        }
        None => {
            let place = source.target_count.map_or(place, |(_, place)| place);
            keys.push(("rows", Node::plain(place, format!("$band.{}", source.name))));
        }
    }
    keys.extend(listed.schema.as_ref().and_then(|schema| schema.primary_key.clone()).map(|key| ("key", key)));
    if !listed.aliases.is_empty() {
        keys.push(("aliases", Node::list(place, listed.aliases.clone())));
    }
    keys.push(("columns", Node::new(place, Value::Map(columns(scope, diagnostics)))));
    if !scope.rules.validations.is_empty() {
        keys.push(("validations", Node::list(place, scope.rules.validations.clone())));
    }
    if !scope.rules.unique_together.is_empty() {
        keys.push(("unique", Node::list(place, scope.rules.unique_together.clone())));
    }
    let indexes = listed.schema.as_ref().and_then(|schema| schema.indexes.clone());
    keys.extend(indexes.map(|indexes| ("indexes", indexes)));
    Node::map(place, keys)
}

/// All columns of an entity. The names of hidden ones are made, so two of them might be the same.
fn columns(scope: &Scope<'_>, diagnostics: &mut Diagnostics) -> Vec<(Name, Node)> {
    let mut columns: Vec<(Name, Node)> = Vec::new();
    for (name, node) in &scope.source.columns {
        for column in strategies::column(scope, name, node, diagnostics) {
            if columns.iter().any(|(known, _)| known.text == column.0.text) {
                let message = format!("the hidden column `{}` would stand twice", column.0.text);
                diagnostics.error(column.0.place, message, "rename the field or the placeholder");
            }
            columns.push(column);
        }
    }
    columns
}

/// Every band with the rows of every entity: its `target_count` times the band's factor.
fn bands(settings: &Settings, sources: &[Source], place: Place, diagnostics: &mut Diagnostics) -> Node {
    let mut bands = Vec::new();
    for band in &settings.bands {
        let place = if band.name.place == Place::default() { place } else { band.name.place };
        let rows = sources.iter().filter_map(|source| {
            let (count, place) = source.target_count?;
            let rows = rows(&source.name, count, place, band, diagnostics)?;
            Some((Name { place, text: source.name.clone() }, Node::plain(place, rows.to_string())))
        });
        bands.push(entry(&band.name.text, place, Node::new(place, Value::Map(rows.collect()))));
    }
    Node::new(place, Value::Map(bands))
}

fn rows(entity: &str, count: u64, place: Place, band: &Band, diagnostics: &mut Diagnostics) -> Option<u64> {
    let rows = Decimal::whole(count).times(band.factor).and_then(Decimal::to_nearest);
    let Some(rows) = rows else {
        let message = format!("`{entity}` has too many rows in band `{}`", band.name.text);
        diagnostics.error(place, message, "");
        return None;
    };
    if rows == 0 && count > 0 {
        let message = format!("no row of `{entity}` is left in band `{}`", band.name.text);
        diagnostics.error(place, message, "raise the band's factor, or `target_count`");
    }
    Some(rows)
}
