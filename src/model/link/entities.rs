//! Drafts of entities: names, parents, columns; and their keys.

use std::collections::BTreeMap;

use super::{ColumnDraft, ColumnId, Draft, Linker, Role, State, texts};
use crate::model::diagnostics::{did_you_mean, meant_or_known};
use crate::model::fields::{self, Fields};
use crate::model::habits;
use crate::model::yaml::{Name, Node, Value};
use crate::model::{Column, EntityId, PICK_SUFFIX};

impl<'n> Linker<'n, '_> {
    /// Reads every entity's frame, so that names are known before anything is bound.
    pub(super) fn draft_entities(&mut self, node: &'n Node) {
        let Value::Map(entries) = &node.value else {
            let message = format!("`entities` must be a mapping, not {}", node.kind());
            self.error(node.place, message, habits::example("entities"));
            return;
        };
        if entries.is_empty() {
            self.error(node.place, "a model has at least one entity", "");
        }
        let mut parents = Vec::new();
        for (name, node) in entries {
            let (draft, parent) = self.draft_entity(name, node);
            self.entities.push(draft);
            parents.push(parent);
        }
        self.index_names();
        for (at, parent) in parents.into_iter().enumerate() {
            self.entities[at].parent = parent.and_then(|node| self.find_parent(at, node));
            self.entities[at].is_orphan = parent.is_some() && self.entities[at].parent.is_none();
        }
        self.refuse_equal_names();
        self.break_parent_cycles();
        self.add_rank_columns();
    }

    fn draft_entity(&mut self, name: &Name, node: &'n Node) -> (Draft<'n>, Option<&'n Node>) {
        let mut draft = Draft {
            name: name.text.clone(),
            place: name.place,
            aliases: Vec::new(),
            rows: None,
            parent: None,
            is_orphan: false,
            per_parent: None,
            has_misspelt_fan_out: false,
            key: None,
            unique: None,
            indexes: None,
            validations: Vec::new(),
            columns: Vec::new(),
        };
        let what = format!("the entity `{}`", name.text);
        if let Some(reason) = unusable_entity(&name.text) {
            self.error(name.place, format!("`{}` cannot name an entity: {reason}", shown(&name.text)), "");
        }
        let Some(mut fields) = Fields::of(node, &what, self.diagnostics) else { return (draft, None) };
        draft.rows = fields.take("rows");
        let parent = fields.take("parent");
        draft.per_parent = fields.take("per_parent");
        draft.key = fields.take("key");
        draft.unique = fields.take("unique");
        draft.indexes = fields.take("indexes");
        draft.aliases = fields.take("aliases").map_or_else(Vec::new, |node| texts(node, self.diagnostics));
        if let Some(list) = fields.take("validations") {
            draft.validations = self.rules(list);
        }
        let columns = fields.require("columns", self.diagnostics);
        draft.has_misspelt_fan_out =
            fields.rest().iter().any(|(key, _)| did_you_mean(&key.text, ["per_parent"]).is_some());
        fields.finish(&what, self.diagnostics);
        match (draft.rows, parent) {
            (Some(_), Some(node)) => {
                self.error(
                    node.place,
                    format!("{what} has both `rows` and `parent`"),
                    "a child's rows follow from its parent: say `per_parent`",
                );
            }
            (None, None) => {
                self.error(
                    name.place,
                    format!("{what} has neither `rows` nor `parent`"),
                    "say how many rows it has, or whose child it is",
                );
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
        if let (Some(_), None, Some(node)) = (draft.rows, parent, draft.per_parent) {
            self.error(
                node.place,
                format!("{what} has `per_parent` but no parent"),
                "say `parent`, and drop `rows`",
            );
        }
        if let Some(columns) = columns {
            draft.columns = self.draft_columns(columns);
        }
        (draft, parent)
    }

    fn rules(&mut self, node: &Node) -> Vec<(String, crate::model::yaml::Place)> {
        match &node.value {
            Value::List(items) => items
                .iter()
                .filter_map(|item| {
                    fields::text(item, "a validation", self.diagnostics)
                        .map(|rule| (rule.to_owned(), item.place))
                })
                .collect(),
            Value::Null | Value::Scalar { .. } | Value::Map(_) => {
                self.error(node.place, "`validations` is a list of expressions", "");
                Vec::new()
            }
        }
    }

    /// Declared columns first, then those that references and switches bring with them.
    fn draft_columns(&mut self, node: &'n Node) -> Vec<ColumnDraft<'n>> {
        let Value::Map(entries) = &node.value else {
            let message = format!("`columns` must be a mapping, not {}", node.kind());
            self.error(node.place, message, habits::example("columns"));
            return Vec::new();
        };
        let mut columns = Vec::new();
        let mut brought = Vec::new();
        for (name, node) in entries {
            if let Some(reason) = unusable(&name.text) {
                self.error(name.place, format!("`{}` cannot name a column: {reason}", shown(&name.text)), "");
            }
            let draft =
                |name: String, role| ColumnDraft { name, place: node.place, role, state: State::Waiting };
            columns.push(ColumnDraft { place: name.place, ..draft(name.text.clone(), Role::Declared(node)) });
            if let Some(reference) = node.get("reference") {
                brought.push(draft(pick_name(&name.text), Role::PickOf(reference)));
            }
            if let Some(Value::Map(cases)) =
                node.get("switch").and_then(|switch| switch.get("cases")).map(|cases| &cases.value)
            {
                for (case, node) in cases {
                    brought.push(ColumnDraft {
                        place: node.place,
                        ..draft(case_name(&name.text, &case.text), Role::CaseOf(node))
                    });
                }
            }
        }
        if columns.is_empty() {
            self.error(node.place, "an entity has at least one column", "");
        }
        columns.extend(brought);
        columns
    }

    fn find_parent(&mut self, child: usize, node: &Node) -> Option<EntityId> {
        let name = fields::text(node, "`parent`", self.diagnostics)?;
        let found = self.find_entity(name);
        match found {
            Some(parent) if parent.0 != child => Some(parent),
            Some(_) => {
                self.error(node.place, format!("`{name}` is its own parent"), "");
                None
            }
            None => {
                let hint = self.entity_hint(name);
                let hint = match name.split('.').next() {
                    Some(entity) if entity != name && self.find_entity(entity).is_some() => {
                        format!("write parent: {entity}; a column with {{parent: id}} holds its key")
                    }
                    _ => hint,
                };
                self.error(node.place, format!("there is no entity `{name}`"), hint);
                None
            }
        }
    }

    /// Notes the names that [`Linker::find_entity`] finds.
    fn index_names(&mut self) {
        for (at, draft) in self.entities.iter().enumerate() {
            self.names.entry(draft.name.clone()).or_insert(EntityId(at));
        }
        for (at, draft) in self.entities.iter().enumerate() {
            for alias in &draft.aliases {
                self.names.entry(alias.clone()).or_insert(EntityId(at));
            }
        }
    }

    pub(super) fn find_entity(&self, name: &str) -> Option<EntityId> {
        self.names.get(name).copied()
    }

    pub(super) fn entity_hint(&self, name: &str) -> String {
        let names = self.entities.iter().map(|draft| draft.name.as_str());
        meant_or_known(name, names, "the entities are")
    }

    /// A folder is named after an entity, and not every file system tells `Users` from `users`. A name that stands
    /// for two entities means neither.
    fn refuse_equal_names(&mut self) {
        let mut folded: BTreeMap<String, usize> = BTreeMap::new();
        for at in 0..self.entities.len() {
            let draft = &self.entities[at];
            let (name, place) = (draft.name.clone(), draft.place);
            let first = *folded.entry(name.to_lowercase()).or_insert(at);
            if first != at {
                let other = self.entities[first].name.clone();
                self.error(
                    place,
                    format!("`{name}` and `{other}` would share a folder where case does not count"),
                    "rename one of them",
                );
            }
        }
        let names: BTreeMap<String, usize> =
            self.entities.iter().enumerate().map(|(at, draft)| (draft.name.clone(), at)).collect();
        let mut aliases: BTreeMap<String, usize> = BTreeMap::new();
        for at in 0..self.entities.len() {
            for alias in self.entities[at].aliases.clone() {
                let first = *aliases.entry(alias.clone()).or_insert(at);
                let others = [names.get(&alias).copied(), Some(first)];
                if let Some(other) = others.into_iter().flatten().filter(|&other| other != at).min() {
                    let (place, name) = (self.entities[at].place, self.entities[at].name.clone());
                    let other = self.entities[other].name.clone();
                    let message = format!("the alias `{alias}` of `{name}` stands for `{other}` already");
                    self.error(place, message, "drop the alias");
                }
            }
        }
    }

    fn break_parent_cycles(&mut self) {
        // From which entity's walk upwards each was reached first: no walk goes where another has been.
        let mut reached_from: Vec<Option<usize>> = vec![None; self.entities.len()];
        for start in 0..self.entities.len() {
            let mut next = Some(start);
            while let Some(at) = next {
                match reached_from[at] {
                    None => {
                        reached_from[at] = Some(start);
                        next = self.entities[at].parent.map(|parent| parent.0);
                    }
                    Some(earlier) if earlier != start => break,
                    Some(_) => {
                        let place = self.entities[at].place;
                        let name = self.entities[at].name.clone();
                        self.error(place, format!("`{name}` is an ancestor of itself"), "");
                        self.entities[at].parent = None;
                        self.entities[at].is_orphan = true;
                        break;
                    }
                }
            }
        }
    }

    /// A fan-out with an exact total is laid out over ranks of its parent; where no column is named for
    /// it (`by`), the parent gets one.
    fn add_rank_columns(&mut self) {
        for at in 0..self.entities.len() {
            let draft = &self.entities[at];
            let (Some(parent), Some(node)) = (draft.parent, draft.per_parent) else { continue };
            if node.get("total").is_some() && node.get("by").is_none() {
                let column = ColumnDraft {
                    name: rank_name(&draft.name),
                    place: node.place,
                    role: Role::Rank,
                    state: State::Waiting,
                };
                self.entities[parent.0].columns.push(column);
            }
        }
    }

    pub(super) fn find_column(&self, entity: EntityId, name: &str) -> Option<ColumnId> {
        self.entities[entity.0].columns.iter().position(|column| column.name == name).map(ColumnId)
    }

    pub(super) fn column_hint(&self, entity: EntityId, name: &str) -> String {
        let entity = &self.entities[entity.0];
        let declared = entity.columns.iter().filter(|column| matches!(column.role, Role::Declared(_)));
        let names = declared.map(|column| column.name.as_str());
        meant_or_known(name, names, &format!("the columns of `{}` are", entity.name))
    }

    /// A column's bound form, after [`Linker::bind_columns`].
    pub(super) fn bound(&self, entity: EntityId, column: ColumnId) -> Option<&Column> {
        match &self.entities[entity.0].columns[column.0].state {
            State::Bound(bound) => Some(bound),
            State::Waiting | State::Binding | State::Failed => None,
        }
    }
}

/// Files and folders that stand beside the entities' folders in a dataset.
const RESERVED: [&str; 7] =
    ["plan.json", "manifest.json", "SHA256SUMS", "README.md", "model.yaml", "psql", "receipts"];

/// Why a name can be none of an entity: it names a folder too.
fn unusable_entity(name: &str) -> Option<&'static str> {
    if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
        return Some("a dataset has a file or folder of that name");
    }
    if name.contains(['/', '\\']) || name.starts_with('.') {
        return Some("it names a folder too, and that has no `/`, no `\\` and no leading dot");
    }
    unusable(name)
}

/// Why a name can be none in a database: psql's commands end with their line.
fn unusable(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("it is empty"),
        _ if name.contains(char::is_control) => Some("it has control characters"),
        _ => None,
    }
}

/// A name as messages print it.
fn shown(name: &str) -> String {
    name.escape_debug().to_string()
}

/// The hidden column that holds which row the reference `column` chose.
pub(super) fn pick_name(column: &str) -> String {
    format!("{column}{PICK_SUFFIX}")
}

/// The hidden column that makes one case of a switch.
pub(super) fn case_name(column: &str, case: &str) -> String {
    format!("{column}@{case}")
}

/// The parent's hidden permutation for a child's exact total.
pub(super) fn rank_name(child: &str) -> String {
    format!("{child}@rank")
}
