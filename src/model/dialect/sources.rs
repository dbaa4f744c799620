//! [`Source`]: one `{entity}_multiply.yaml` with its seed file, as written.

use super::fields::{Fields, count, wrong_kind};
use super::files::{Layout, read};
use super::seeds::Seed;
use super::settings::Settings;
use crate::model::diagnostics::Diagnostics;
use crate::model::yaml::{Name, Node, Place, Value};

/// One entity as its config file declares it.
pub struct Source {
    /// The file's stem: the entity's name.
    pub name: String,
    /// The config file as a whole.
    pub place: Place,
    /// What `entity` calls it.
    pub alias: Option<Node>,
    /// The stem of `output_file`, without `_bulk`.
    pub output: Option<(String, Place)>,
    /// Rows in a band of factor 1, and where that stands.
    pub target_count: Option<(u64, Place)>,
    /// The columns, each with its strategy.
    pub columns: Vec<(Name, Node)>,
    /// The items of every list of validations.
    pub validations: Vec<Node>,
    /// The seed file.
    pub seed: Option<Seed>,
}

impl Source {
    /// Reads every config file of the folder.
    pub fn read_all(layout: &Layout, settings: &Settings, diagnostics: &mut Diagnostics) -> Vec<Self> {
        let files = layout.multiply_files(diagnostics);
        let mut sources = Vec::new();
        for (name, file) in files {
            let Some(node) = read(&file, None, diagnostics) else { continue };
            let what = format!("`{name}_multiply.yaml`");
            if !is_identifier(&name) {
                let hint = "letters, digits and _ name an entity; rename the file";
                diagnostics.error(start(&node), format!("`{name}` cannot name an entity"), hint);
            } else if let Some(fields) = Fields::of(&node, &what, diagnostics) {
                sources.push(Self::of(name, &fields, layout, settings, diagnostics));
            }
        }
        sources
    }

    fn of(
        name: String,
        fields: &Fields<'_>,
        layout: &Layout,
        settings: &Settings,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let known = [
            "entity",
            "seed_file",
            "output_file",
            "target_count",
            "batch_size",
            "field_strategies",
            "validations",
        ];
        fields.allow_only(&known, diagnostics);
        // Rows are written in blocks of a constant size; the key is read so that its mistakes show.
        if let Some(node) = fields.get("batch_size") {
            count(node, "`batch_size`", diagnostics);
        }
        let place = Place { start: 0, end: 0, ..fields.place };
        let mut source = Self {
            place,
            alias: fields.text("entity", diagnostics).map(|(text, place)| Node::plain(place, text)),
            output: fields.text("output_file", diagnostics).map(|(path, place)| (file_stem(path), place)),
            target_count: target(&name, fields, settings, diagnostics),
            columns: Vec::new(),
            validations: fields.list("validations", diagnostics).to_vec(),
            seed: seed(fields, layout, diagnostics),
            name,
        };
        source.add_columns(fields, diagnostics);
        source
    }

    fn add_columns(&mut self, fields: &Fields<'_>, diagnostics: &mut Diagnostics) {
        let what = format!("`{}_multiply.yaml`", self.name);
        let Some(node) = fields.require("field_strategies", &what, diagnostics) else { return };
        let Some(strategies) = Fields::of(node, "`field_strategies`", diagnostics) else { return };
        for (name, node) in strategies.entries {
            if let ("validations", Value::List(items)) = (name.text.as_str(), &node.value) {
                let message = "`validations` stands among the field strategies; it is read as the entity's";
                diagnostics.warning(name.place, message, "unindent it by one level");
                self.validations.extend(items.iter().cloned());
            } else if is_identifier(&name.text) {
                self.columns.push((name.clone(), node.clone()));
            } else {
                let hint = "letters, digits and _ name a field, not starting with a digit";
                diagnostics.error(name.place, format!("`{}` cannot name a field", name.text), hint);
            }
        }
        if self.columns.is_empty() {
            diagnostics.error(node.place, format!("`{}` has no field", self.name), "");
        }
    }
}

fn target(
    name: &str,
    fields: &Fields<'_>,
    settings: &Settings,
    diagnostics: &mut Diagnostics,
) -> Option<(u64, Place)> {
    match fields.get("target_count") {
        Some(node) => Some((count(node, "`target_count`", diagnostics)?, node.place)),
        None => {
            if settings.target_count.is_none() {
                let hint = "add `target_count: 100000`, here or for all entities in config.yaml";
                diagnostics.error(fields.place, format!("`{name}` has no `target_count`"), hint);
            }
            settings.target_count
        }
    }
}

fn seed(fields: &Fields<'_>, layout: &Layout, diagnostics: &mut Diagnostics) -> Option<Seed> {
    let (path, place) = fields.text("seed_file", diagnostics)?;
    let file = layout.seed_file(path, place, diagnostics)?;
    let node = read(&file, Some(place), diagnostics)?;
    if matches!(node.value, Value::Scalar { .. } | Value::List(_)) {
        wrong_kind(&node, "a seed file", "a mapping with `records`", diagnostics);
        return None;
    }
    Seed::of(node, diagnostics)
}

/// The entity that a file such as `../output/users_bulk.csv` names.
pub fn file_stem(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    stem.strip_suffix("_bulk").unwrap_or(stem).to_owned()
}

/// A name that expressions and templates can hold without quotes.
pub fn is_identifier(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.is_empty()
        && !name.as_bytes()[0].is_ascii_digit()
}

fn start(node: &Node) -> Place {
    Place { end: node.place.start, ..node.place }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_the_entity_it_is_of() {
        for path in ["../output/users_bulk.csv", "users.csv", "C:\\output\\users_bulk.csv.zst", "users"] {
            assert_eq!(file_stem(path), "users");
        }
    }
}
