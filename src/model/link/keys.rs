//! Primary keys: one column or several, proved from how their columns are made.

use super::unique::is_unique;
use super::{Column, ColumnId, EntityId, Linker, Strategy, texts};
use crate::model::fields;
use crate::model::language::LAW_NAMES;
use crate::model::yaml::{Node, Place, Value};
use crate::model::{Pick, Source, scalars};

/// How many columns Postgres takes in a key (INDEX_MAX_KEYS).
const MOST_COLUMNS: usize = 32;

/// An entity's primary key.
#[derive(Default)]
pub(super) struct PrimaryKey {
    /// Where it is one column.
    pub column: Option<ColumnId>,
    /// Where it is several.
    pub composite: Vec<ColumnId>,
}

impl Linker<'_, '_> {
    /// The primary key: what `key` names, else the column `id` where there is one.
    pub(super) fn primary_key(&mut self, entity: EntityId) -> PrimaryKey {
        let named = match self.entities[entity.0].key {
            None => return PrimaryKey { column: self.usual_key(entity), ..PrimaryKey::default() },
            Some(node) => node,
        };
        let Value::List(_) = &named.value else {
            let name = fields::text(named, "`key`", self.diagnostics).map(str::to_owned);
            let column = name.and_then(|name| self.key_alone(entity, &name, named.place));
            return PrimaryKey { column, ..PrimaryKey::default() };
        };
        let names = texts(named, self.diagnostics);
        match names.as_slice() {
            [] => {
                self.error(named.place, "a key has at least one column", "such as key: [orderId, line]");
                PrimaryKey::default()
            }
            [one] => PrimaryKey { column: self.key_alone(entity, one, named.place), ..PrimaryKey::default() },
            several => PrimaryKey {
                column: None,
                composite: self.key_together(entity, several, named).unwrap_or_default(),
            },
        }
    }

    /// Whether the key that an entity declares is of several columns.
    pub(super) fn has_composite_key(&self, entity: EntityId) -> bool {
        let key = self.entities[entity.0].key.map(|node| &node.value);
        matches!(key, Some(Value::List(items)) if items.len() > 1)
    }

    fn usual_key(&self, entity: EntityId) -> Option<ColumnId> {
        let id = self.find_column(entity, "id")?;
        let bound = self.bound(entity, id)?;
        let usable = !bound.hidden && !bound.nullable && is_unique(bound);
        usable.then_some(id)
    }

    fn key_alone(&mut self, entity: EntityId, name: &str, place: Place) -> Option<ColumnId> {
        let column = self.key_column(entity, name, place)?;
        if self.identifies(entity, &[column]) {
            return Some(column);
        }
        let (reason, hint) = self.why_it_repeats(entity, column);
        self.error(place, format!("`{name}` cannot be the key: {reason}"), hint);
        None
    }

    fn key_together(&mut self, entity: EntityId, names: &[String], named: &Node) -> Option<Vec<ColumnId>> {
        let mut columns = Vec::new();
        for name in names {
            let column = self.key_column(entity, name, named.place)?;
            if columns.contains(&column) {
                self.error(named.place, format!("`{name}` stands twice in the key"), "keep one of them");
                return None;
            }
            columns.push(column);
        }
        if columns.len() > MOST_COLUMNS {
            self.error(named.place, format!("a key has at most {MOST_COLUMNS} columns"), "");
            return None;
        }
        if self.identifies(entity, &columns) {
            return Some(columns);
        }
        self.not_together(named.place);
        None
    }

    /// Reports columns that may repeat together.
    pub(super) fn not_together(&mut self, place: Place) {
        self.error(
            place,
            "nothing makes these columns unique together",
            "a parent's key is, together with an `ordinal`, a `process` or a reference of distinct: true",
        );
    }

    /// A column that may stand in a key: there, written and never NULL.
    fn key_column(&mut self, entity: EntityId, name: &str, place: Place) -> Option<ColumnId> {
        let Some(column) = self.find_column(entity, name) else {
            let hint = self.column_hint(entity, name);
            self.error(place, format!("the key `{name}` is no column"), hint);
            return None;
        };
        let bound = self.bound(entity, column)?;
        let reason = match (bound.hidden, bound.nullable) {
            (true, _) => "it is hidden, so that no table has it",
            (false, true) => "it may be NULL",
            (false, false) => return Some(column),
        };
        self.error(
            place,
            format!("`{name}` cannot be the key: {reason}"),
            "name a visible column that is never NULL, such as a UUID or a sequence",
        );
        None
    }

    /// Whether no two rows have the same values in all of these columns.
    ///
    /// One of the columns is unique; or together they name the parent's row, and that has one row here at the most,
    /// or another of the columns differs among the rows of one parent.
    pub(super) fn identifies(&mut self, entity: EntityId, columns: &[ColumnId]) -> bool {
        if columns.iter().any(|&column| self.stands_once(entity, column)) {
            return true;
        }
        let Some(parent) = self.entities[entity.0].parent else { return false };
        let above: Vec<ColumnId> =
            columns.iter().filter_map(|&column| self.bound(entity, column).and_then(copied)).collect();
        if above.is_empty() || !self.identifies(parent, &above) {
            return false;
        }
        self.at_most_one(entity) || columns.iter().any(|&column| self.differs_under_parent(entity, column))
    }

    /// Whether a column has no value twice, whatever the others have.
    fn stands_once(&self, entity: EntityId, column: ColumnId) -> bool {
        self.bound(entity, column).is_some_and(|bound| bound.unique || is_unique(bound))
    }

    fn differs_under_parent(&self, entity: EntityId, column: ColumnId) -> bool {
        match self.bound(entity, column).map(|bound| &bound.strategy) {
            Some(Strategy::Ordinal | Strategy::Process(_)) => true,
            Some(&Strategy::Copy(Source::Pointed { by, entity: to, column: there })) => {
                let pick = self.bound(entity, by).map(|pick| &pick.strategy);
                matches!(pick, Some(Strategy::Pick(Pick::Distinct { .. }))) && self.stands_once(to, there)
            }
            _ => false,
        }
    }

    /// Whether a parent has one row of `child` at the most, as far as the declaration shows.
    pub(super) fn at_most_one(&mut self, child: EntityId) -> bool {
        let Some(parent) = self.entities[child.0].parent else { return false };
        let Some(node) = self.entities[child.0].per_parent else { return false };
        let at_most = |text: &str| scalars::parse_number(text).is_some_and(|most| most <= 1.0);
        if let Some(text) = node.as_str() {
            return at_most(text);
        }
        if node.get("when").is_some() || node.get("share").is_some() {
            return true;
        }
        if let Some(name) = node.get("column").and_then(Node::as_str) {
            let Some(column) = self.find_column(parent, name) else { return false };
            return self.bind(parent, column).is_some()
                && self.column_bounds(parent, column).is_some_and(|(_, most)| most <= 1.0);
        }
        let greatest = LAW_NAMES.iter().find_map(|law| {
            let inner = node.get(law)?;
            node.get("max").or_else(|| inner.get("max")).and_then(Node::as_str)
        });
        greatest.is_some_and(at_most)
    }

    /// Whether a column copies a unique one of the parent, which has one row of the entity at the most.
    pub(super) fn follows_parent_alone(&mut self, entity: EntityId, column: &Column) -> bool {
        let (Some(parent), Some(above)) = (self.entities[entity.0].parent, copied(column)) else {
            return false;
        };
        self.stands_once(parent, above) && self.at_most_one(entity)
    }

    /// Why a column may have a value twice, and what helps.
    pub(super) fn why_it_repeats(&self, entity: EntityId, column: ColumnId) -> (String, &'static str) {
        const USUAL: &str = "a UUID, a sequence or a column with unique: true";
        let Some(bound) = self.bound(entity, column) else { return (String::new(), USUAL) };
        match (copied(bound), self.entities[entity.0].parent) {
            (Some(above), Some(parent)) if self.stands_once(parent, above) => {
                let [own, parent] = [entity, parent].map(|entity| &self.entities[entity.0].name);
                (
                    format!("a row of `{parent}` may have several rows of `{own}`"),
                    "let `per_parent` be 1, a `share`, a `when` or a law with max: 1; or take a key of two columns, \
                     such as [orderId, line] with an `ordinal`",
                )
            }
            _ => ("its values may repeat".to_owned(), USUAL),
        }
    }
}

/// The parent's column that a column copies.
fn copied(column: &Column) -> Option<ColumnId> {
    match column.strategy {
        Strategy::Copy(Source::Ancestor { levels: 1, column, .. }) => Some(column),
        _ => None,
    }
}
