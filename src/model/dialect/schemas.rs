//! [`Schema`]: the types, keys, defaults and indexes that `schemas/users.yaml` declares for an entity.
//!
//! ```yaml
//! entity: User
//! table: users
//! primary_key: id
//! fields:
//!   id:     {type: uuid}
//!   email:  {type: text, unique: true}
//!   bio:    {type: text, nullable: true}
//!   total:  {type: "decimal(10,2)"}
//!   status: {type: enum, values: [open, closed], default: open}
//!   since:  {type: timestamp, default: now}
//! indexes: [[status, since desc]]
//! ```

use super::fields::Fields;
use super::files::{Layout, read};
use super::types;
use crate::model::diagnostics::Diagnostics;
use crate::model::yaml::{Name, Node, Place};

/// One schema file.
pub struct Schema {
    /// The file's stem.
    pub stem: String,
    /// The file's first byte.
    pub place: Place,
    /// `entity` and `table`.
    pub names: Vec<Node>,
    /// The primary key's column.
    pub primary_key: Option<Node>,
    /// Lists of columns, as the native model has them.
    pub indexes: Option<Node>,
    /// The fields in the order of the file.
    pub fields: Vec<SchemaField>,
}

/// What a schema says about a field.
pub struct SchemaField {
    /// Its name.
    pub name: Name,
    /// Its native type.
    pub column_type: Option<Node>,
    /// No two rows have the same value; where that stands.
    pub unique: Option<Place>,
    /// Whether it may be NULL, if that is said.
    pub nullable: Option<bool>,
    /// What a database puts where an application names no value.
    pub default: Option<Node>,
}

impl Schema {
    /// Reads every schema file of the nearest `schemas` folder.
    pub fn read_all(layout: &Layout, diagnostics: &mut Diagnostics) -> Vec<Self> {
        let mut schemas = Vec::new();
        for file in layout.schema_files() {
            let Some(node) = read(&file, None, diagnostics) else { continue };
            if let Some(fields) = Fields::of(&node, "a schema", diagnostics) {
                schemas.push(Self::of(file.stem(), &fields, diagnostics));
            }
        }
        schemas
    }

    fn of(stem: String, fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Self {
        fields.allow_only(&["entity", "table", "primary_key", "fields", "indexes"], diagnostics);
        let mut text = |key| fields.text(key, diagnostics).map(|(text, place)| Node::plain(place, text));
        let (entity, table, primary_key) = (text("entity"), text("table"), text("primary_key"));
        let listed = fields.require("fields", "a schema", diagnostics);
        let listed = listed.and_then(|node| Fields::of(node, "`fields`", diagnostics));
        let entries = listed.map_or(&[][..], |listed| listed.entries);
        let columns: Vec<SchemaField> =
            entries.iter().filter_map(|(name, node)| SchemaField::of(name, node, diagnostics)).collect();
        Self {
            stem,
            place: Place { start: 0, end: 0, ..fields.place },
            names: entity.into_iter().chain(table).collect(),
            primary_key,
            indexes: fields.get("indexes").cloned(),
            fields: columns,
        }
    }

    /// What it says about a field.
    pub fn field(&self, name: &str) -> Option<&SchemaField> {
        self.fields.iter().find(|field| field.name.text == name)
    }
}

impl SchemaField {
    fn of(name: &Name, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let fields = Fields::of(node, &format!("`{}`", name.text), diagnostics)?;
        fields.allow_only(&["type", "values", "unique", "nullable", "default"], diagnostics);
        let values = fields.list("values", diagnostics);
        let unique = fields.truth("unique", diagnostics).unwrap_or(false);
        Some(Self {
            name: name.clone(),
            column_type: types::declared(&fields, values, diagnostics),
            unique: fields.get("unique").filter(|_| unique).map(|node| node.place),
            nullable: fields.truth("nullable", diagnostics),
            default: fields.get("default").cloned(),
        })
    }
}
