//! What a database makes of an entity beside its rows: defaults and indexes. Neither changes a value.

use std::collections::BTreeMap;

use super::{ColumnId, ColumnType, EntityId, Linker, Role, Strategy};
use crate::model::diagnostics::did_you_mean;
use crate::model::yaml::{Node, Place};
use crate::model::{ColumnDefault, IndexColumn};

/// How many columns Postgres takes in an index (INDEX_MAX_KEYS).
const MOST_INDEX_COLUMNS: usize = 32;

impl Linker<'_, '_> {
    /// The defaults of an entity's columns: those that are declared, and those that a generated key has.
    pub(super) fn defaults(
        &mut self,
        entity: EntityId,
        key: Option<ColumnId>,
    ) -> BTreeMap<ColumnId, ColumnDefault> {
        let mut defaults = BTreeMap::new();
        for at in 0..self.entities[entity.0].columns.len() {
            let column = ColumnId(at);
            let declared = match self.entities[entity.0].columns[at].role {
                Role::Declared(node) => node.get("default"),
                Role::PickOf(_) | Role::CaseOf(_) | Role::Rank => None,
            };
            let default = match declared {
                Some(node) => self.declared_default(entity, column, node),
                None => self.natural_default(entity, column, key),
            };
            defaults.extend(default.map(|default| (column, default)));
        }
        defaults
    }

    fn declared_default(&mut self, entity: EntityId, column: ColumnId, node: &Node) -> Option<ColumnDefault> {
        let bound = self.bound(entity, column)?;
        let (hidden, ty) = (bound.hidden, bound.ty.clone());
        if hidden {
            self.error(node.place, "a hidden column is in no table, so that it has no default", "drop it");
            return None;
        }
        // NULL, which also says that a key has no default.
        let text = self.literal(node)?.0?;
        let default = ColumnDefault::parse(&text, &ty);
        if let Err(message) = &default {
            self.error(node.place, message, default_hint(&text, &ty));
        }
        default.ok()
    }

    /// An application leaves a key that the database makes to the database.
    fn natural_default(
        &mut self,
        entity: EntityId,
        column: ColumnId,
        key: Option<ColumnId>,
    ) -> Option<ColumnDefault> {
        if key != Some(column) {
            return None;
        }
        match self.bound(entity, column)?.strategy {
            Strategy::Uuid => Some(ColumnDefault::Random),
            Strategy::Sequence { start } => Some(ColumnDefault::Next { first: start }),
            Strategy::Constant(_)
            | Strategy::Ordinal
            | Strategy::Permutation { .. }
            | Strategy::Chance(_)
            | Strategy::TimeUuid { .. }
            | Strategy::Pool(_)
            | Strategy::Record(_)
            | Strategy::Field { .. }
            | Strategy::Law { .. }
            | Strategy::Range { .. }
            | Strategy::Template(_)
            | Strategy::Text { .. }
            | Strategy::Pick(_)
            | Strategy::Copy(_)
            | Strategy::After { .. }
            | Strategy::Between { .. }
            | Strategy::Process(_)
            | Strategy::Expression(_)
            | Strategy::RunningSum { .. }
            | Strategy::Json(_)
            | Strategy::Array { .. }
            | Strategy::Children(_)
            | Strategy::Aggregate { .. }
            | Strategy::Switch { .. } => None,
        }
    }

    /// The indexes beside the keys: `[[userId], [conversationId, createdAt desc]]`.
    pub(super) fn indexes(&mut self, entity: EntityId) -> Vec<Vec<IndexColumn>> {
        let Some(node) = self.entities[entity.0].indexes else { return Vec::new() };
        let mut indexes: Vec<Vec<IndexColumn>> = Vec::new();
        for (names, place) in self.name_lists(node, "indexes", "[[userId], [conversationId, createdAt desc]]")
        {
            let Some(index) = self.index(entity, &names, place) else { continue };
            if indexes.contains(&index) {
                self.error(place, "this index stands twice", "keep one of them");
                continue;
            }
            indexes.push(index);
        }
        indexes
    }

    fn index(&mut self, entity: EntityId, names: &[String], place: Place) -> Option<Vec<IndexColumn>> {
        let mut index: Vec<IndexColumn> = Vec::new();
        for name in names {
            let column = self.index_column(entity, name, place)?;
            if index.iter().any(|known| known.column == column.column) {
                self.error(place, format!("`{name}` stands twice in an index"), "keep one of them");
                return None;
            }
            index.push(column);
        }
        if !(1..=MOST_INDEX_COLUMNS).contains(&index.len()) {
            self.error(place, format!("an index has 1 to {MOST_INDEX_COLUMNS} columns"), "");
            return None;
        }
        Some(index)
    }

    /// `createdAt`, `createdAt asc` or `createdAt desc`; a column may have a name of several words.
    fn index_column(&mut self, entity: EntityId, text: &str, place: Place) -> Option<IndexColumn> {
        let (name, descending) = match text.rsplit_once(' ') {
            _ if self.find_column(entity, text).is_some() => (text, false),
            Some((name, direction)) if direction.eq_ignore_ascii_case("desc") => (name.trim_end(), true),
            Some((name, direction)) if direction.eq_ignore_ascii_case("asc") => (name.trim_end(), false),
            Some(_) | None => (text, false),
        };
        let Some(column) = self.find_column(entity, name) else {
            let hint = self.column_hint(entity, name);
            self.error(place, format!("there is no column `{name}`"), hint);
            return None;
        };
        if self.bound(entity, column)?.hidden {
            self.error(
                place,
                format!("`{name}` is hidden, so that no table has it"),
                "name a visible column",
            );
            return None;
        }
        Some(IndexColumn { column, descending })
    }
}

/// What was probably meant, or what may stand there.
fn default_hint(text: &str, ty: &ColumnType) -> String {
    let words: Vec<&str> = match ty {
        ColumnType::Enum { values } => values.iter().map(String::as_str).collect(),
        ColumnType::Boolean => vec!["true", "false"],
        ColumnType::Timestamp | ColumnType::DateTime | ColumnType::Date => vec!["now"],
        ColumnType::Uuid => vec!["random"],
        ColumnType::Text
        | ColumnType::Integer
        | ColumnType::BigInteger
        | ColumnType::Float
        | ColumnType::Decimal { .. }
        | ColumnType::Interval => Vec::new(),
        ColumnType::Json => vec!["{}"],
        ColumnType::Array { .. } => vec!["{}"],
    };
    match (did_you_mean(text, words.iter().copied()), words.as_slice()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, []) => "change the value or the column's `type`".to_owned(),
        (None, [word]) => format!("a value of the type, or `{word}`"),
        (None, words) => format!("one of: {}", words.join(", ")),
    }
}
