//! [`Mapping`]: files and columns that have other names than in the model.

use std::path::Path;

use crate::error::{Error, Result};
use crate::model::diagnostics::{Diagnostics, meant_or_known};
use crate::model::yaml::{self, Name, Node, Value};
use crate::model::{ColumnId, EntityId, Model};

/// Names of files and columns, read from YAML or JSON:
///
/// ```yaml
/// messages: {files: "msg/*.parquet", columns: {conversationId: room_id, createdAt: sent_at}}
/// ```
///
/// Paths begin at the dataset's folder; `files` may be a list.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    entities: Vec<Mapped>,
}

#[derive(Clone, Debug)]
struct Mapped {
    entity: EntityId,
    files: Vec<String>,
    columns: Vec<(ColumnId, String)>,
}

impl Mapping {
    /// Reads a mapping for a model.
    ///
    /// # Errors
    ///
    /// Every unknown entity, column and key at once, with its line.
    pub fn read(path: &Path, model: &Model) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::io("cannot read", path))?;
        Self::parse(path, text, model)
    }

    fn parse(path: &Path, text: String, model: &Model) -> Result<Self> {
        let mut diagnostics = Diagnostics::default();
        let file = diagnostics.add_file(path, text);
        let root = yaml::parse(&mut diagnostics, file);
        let mut mapping = Self::default();
        if let Some(root) = &root {
            for (name, node) in entries(root, "a mapping", &mut diagnostics) {
                if let Some(entity) = find_entity(name, model, &mut diagnostics) {
                    mapping.entities.push(mapped(entity, node, model, &mut diagnostics));
                }
            }
        }
        let mistakes: Vec<String> = diagnostics
            .found()
            .iter()
            .map(|found| {
                let (line, column) = diagnostics.line_and_column(found.place);
                let hint = if found.hint.is_empty() { String::new() } else { format!(" ({})", found.hint) };
                format!("{}:{line}:{column}: {}{hint}", path.display(), found.message)
            })
            .collect();
        if mistakes.is_empty() { Ok(mapping) } else { Err(Error::usage(mistakes.join("\n"))) }
    }

    /// Patterns of the entity's files; none if they are where they are looked for anyhow.
    pub fn files(&self, entity: EntityId) -> &[String] {
        self.entities.iter().find(|mapped| mapped.entity == entity).map_or(&[], |mapped| &mapped.files)
    }

    /// The column's name in the files, if the mapping gives one.
    pub fn column(&self, entity: EntityId, column: ColumnId) -> Option<&str> {
        let mapped = self.entities.iter().find(|mapped| mapped.entity == entity)?;
        mapped.columns.iter().find(|(id, _)| *id == column).map(|(_, name)| name.as_str())
    }
}

fn entries<'n>(node: &'n Node, what: &str, diagnostics: &mut Diagnostics) -> &'n [(Name, Node)] {
    match &node.value {
        Value::Map(entries) => entries,
        Value::Null | Value::Scalar { .. } | Value::List(_) => {
            diagnostics.error(node.place, format!("{what} maps names, and is not {}", node.kind()), "");
            &[]
        }
    }
}

fn find_entity(name: &Name, model: &Model, diagnostics: &mut Diagnostics) -> Option<EntityId> {
    let found = model.find(&name.text);
    if found.is_none() {
        let known = model.entities.iter().map(|entity| entity.name.as_str());
        let hint = meant_or_known(&name.text, known, "its entities are");
        diagnostics.error(name.place, format!("the model has no entity `{}`", name.text), hint);
    }
    found
}

fn mapped(entity: EntityId, node: &Node, model: &Model, diagnostics: &mut Diagnostics) -> Mapped {
    let mut mapped = Mapped { entity, files: Vec::new(), columns: Vec::new() };
    for (key, value) in entries(node, "an entity", diagnostics) {
        match key.text.as_str() {
            "files" => mapped.files = patterns(value, diagnostics),
            "columns" => {
                for (name, value) in entries(value, "`columns`", diagnostics) {
                    let column = find_column(name, entity, model, diagnostics);
                    let file_name = scalar(value, "a column's name in the files", diagnostics);
                    mapped.columns.extend(column.zip(file_name));
                }
            }
            other => {
                let hint = meant_or_known(other, ["files", "columns"], "known here");
                diagnostics.error(key.place, format!("an entity has no key `{other}` here"), hint);
            }
        }
    }
    mapped
}

fn find_column(
    name: &Name,
    entity: EntityId,
    model: &Model,
    diagnostics: &mut Diagnostics,
) -> Option<ColumnId> {
    let entity = model.entity(entity);
    let found = entity.visible().find(|(_, column)| column.name == name.text).map(|(id, _)| id);
    if found.is_none() {
        let known = entity.visible().map(|(_, column)| column.name.as_str());
        let hint = meant_or_known(&name.text, known, "its columns are");
        let what = if entity.find(&name.text).is_some() { "hides the" } else { "has no" };
        diagnostics.error(name.place, format!("`{}` {what} column `{}`", entity.name, name.text), hint);
    }
    found
}

fn patterns(node: &Node, diagnostics: &mut Diagnostics) -> Vec<String> {
    let nodes = match &node.value {
        Value::List(nodes) if !nodes.is_empty() => nodes.as_slice(),
        Value::Null | Value::Scalar { .. } | Value::List(_) | Value::Map(_) => std::slice::from_ref(node),
    };
    nodes.iter().filter_map(|node| scalar(node, "a path", diagnostics)).collect()
}

fn scalar(node: &Node, what: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = node.as_str().filter(|text| !text.is_empty());
    if text.is_none() {
        diagnostics.error(node.place, format!("{what} is a text, and not {}", node.kind()), "");
    }
    text.map(str::to_owned)
}
