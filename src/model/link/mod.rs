//! [`link`]: from a tree whose parameters are in place to a [`Model`] whose names are bound.
//!
//! Columns are bound on demand, each after those it reads, so that types and reaches are known and a
//! cycle is found where it closes. A mistake fails its own column; the others go on.

mod aggregates;
mod breaches;
mod cells;
mod composites;
mod criteria;
mod divisors;
mod entities;
mod expressions;
mod fan_outs;
mod feasible;
mod forests;
mod keys;
mod law_reader;
mod processes;
mod promises;
mod records;
mod references;
mod sources;
mod strategies;
mod switches;
mod tables;
mod times;
mod told;
mod types;
mod unique;
mod uuids;
mod values;
mod written;

use std::collections::BTreeMap;

use super::diagnostics::Diagnostics;
use super::fields::{self, Fields};
use super::yaml::{Node, Place};
use super::{
    Column, ColumnId, ColumnType, Entity, EntityId, Model, Origin, Reach, Strategy, Validation, Window,
    word_lists,
};

/// Links the tree of a native model, for one band.
pub fn link(root: &Node, band: &str, window: Option<Window>, diagnostics: &mut Diagnostics) -> Option<Model> {
    let mut fields = Fields::of(root, "a model", diagnostics)?;
    let name =
        fields.require("model", diagnostics).and_then(|node| fields::text(node, "`model`", diagnostics));
    let version = fields.take("version").and_then(|node| fields::count(node, diagnostics)).unwrap_or(1);
    for known in ["window", "bands"] {
        fields.take(known);
    }
    let synthetic_email_domains =
        fields.take("synthetic_email_domains").map_or_else(Vec::new, |node| texts(node, diagnostics));
    if let Some(name) = name.filter(|name| name.trim().is_empty()) {
        diagnostics.error(
            root.get("model").map_or(root.place, |node| node.place),
            format!("`{name}` is no name of a model"),
            "such as model: shop",
        );
    }
    let entities = fields.require("entities", diagnostics);
    let assess = fields.take("assess");
    // It has been read already.
    fields.take("parameters");
    fields.finish("a model", diagnostics);

    let mut linker = Linker {
        diagnostics,
        entities: Vec::new(),
        names: BTreeMap::new(),
        window,
        word_lists: Vec::new(),
        binding: Vec::new(),
    };
    linker.draft_entities(entities?);
    linker.bind_columns();
    let origins = linker.bind_origins();
    let criteria = assess.map_or_else(Vec::new, |node| linker.criteria(node));
    let linked = linker.finish_entities(origins);
    let word_lists = std::mem::take(&mut linker.word_lists);
    Some(Model {
        name: name?.to_owned(),
        version,
        band: band.to_owned(),
        window,
        entities: linked?,
        synthetic_email_domains,
        word_lists,
        criteria,
    })
}

/// An entity on its way to being linked.
struct Draft<'n> {
    name: String,
    place: Place,
    aliases: Vec<String>,
    rows: Option<&'n Node>,
    parent: Option<EntityId>,
    /// It has a parent that cannot be, which is reported already.
    is_orphan: bool,
    per_parent: Option<&'n Node>,
    /// A key looks like `per_parent`, which is reported already.
    has_misspelt_fan_out: bool,
    key: Option<&'n Node>,
    unique: Option<&'n Node>,
    indexes: Option<&'n Node>,
    validations: Vec<(String, Place)>,
    columns: Vec<ColumnDraft<'n>>,
}

/// A column on its way to being bound.
struct ColumnDraft<'n> {
    name: String,
    place: Place,
    role: Role<'n>,
    state: State,
}

/// Why a column exists.
#[derive(Clone, Copy)]
enum Role<'n> {
    /// It is declared.
    Declared(&'n Node),
    /// It holds which row a declared reference chose.
    PickOf(&'n Node),
    /// It makes one case of a switch.
    CaseOf(&'n Node),
    /// It ranks the rows for a fan-out with an exact total.
    Rank,
}

enum State {
    Waiting,
    Binding,
    Bound(Box<Column>),
    Failed,
}

/// Binding a column takes less stack than this, in bytes; where less is left, so much is added.
const STACK_LEFT: usize = 256 << 10;
const STACK_ADDED: usize = 4 << 20;

struct Linker<'n, 'd> {
    diagnostics: &'d mut Diagnostics,
    entities: Vec<Draft<'n>>,
    /// The entities by name; an alias gives way to a name, a later one to an earlier.
    names: BTreeMap<String, EntityId>,
    window: Option<Window>,
    word_lists: Vec<(String, String)>,
    /// The columns that are being bound, each for the one before it.
    binding: Vec<(EntityId, ColumnId)>,
}

impl<'n> Linker<'n, '_> {
    fn error(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.diagnostics.error(place, message, hint);
    }

    fn bind_columns(&mut self) {
        for entity in 0..self.entities.len() {
            for column in 0..self.entities[entity].columns.len() {
                self.bind(EntityId(entity), ColumnId(column));
            }
        }
    }

    /// Binds a column if it is not bound yet. Nothing means that it failed, which is already reported.
    fn bind(&mut self, entity: EntityId, column: ColumnId) -> Option<&Column> {
        let draft = &mut self.entities[entity.0].columns[column.0];
        match draft.state {
            State::Waiting => {
                draft.state = State::Binding;
                self.binding.push((entity, column));
                // Columns may be read through thousands of others.
                let bound = stacker::maybe_grow(STACK_LEFT, STACK_ADDED, || self.bind_now(entity, column));
                self.binding.pop();
                let draft = &mut self.entities[entity.0].columns[column.0];
                draft.state = bound.map_or(State::Failed, |bound| State::Bound(Box::new(bound)));
            }
            State::Binding => {
                let place = draft.place;
                let (name, path) = self.cycle(entity, column);
                let message = match path.as_str() {
                    "" => format!("`{name}` depends on itself"),
                    path => format!("`{name}` depends on itself: it reads {path}"),
                };
                let hint = match self.reads_its_choice(entity, column) {
                    true => {
                        "`when` decides whether a row is chosen at all: to decide by the row, choose it in a hidden reference, and copy its key: {copy: candidate.id, when: \"candidate.price > 5\"}"
                    }
                    false => "let one of them read another column, or none",
                };
                self.error(place, message, hint);
                return None;
            }
            State::Bound(_) | State::Failed => {}
        }
        match &self.entities[entity.0].columns[column.0].state {
            State::Bound(bound) => Some(bound),
            State::Waiting | State::Binding | State::Failed => None,
        }
    }

    /// A column that is being bound, and the columns through which it comes back to itself.
    fn cycle(&self, entity: EntityId, column: ColumnId) -> (String, String) {
        let named = |&(entity, column): &(EntityId, ColumnId)| {
            let entity = &self.entities[entity.0];
            let column = &entity.columns[column.0].name;
            format!("{}.{}", entity.name, column.split('@').next().unwrap_or(column))
        };
        let start = self.binding.iter().position(|at| *at == (entity, column)).unwrap_or(0);
        let mut path: Vec<String> = self.binding[start..].iter().map(named).collect();
        path.dedup();
        let name = if path.is_empty() { named(&(entity, column)) } else { path.remove(0) };
        let hops: Vec<String> = path.iter().chain([&name]).map(|hop| format!("`{hop}`")).collect();
        let text = if path.is_empty() { String::new() } else { hops.join(", which reads ") };
        (name, text)
    }

    /// Whether the columns that are being bound since this one are of one row, and the condition of one of its
    /// references is among them.
    fn reads_its_choice(&self, entity: EntityId, column: ColumnId) -> bool {
        let start = self.binding.iter().position(|at| *at == (entity, column)).unwrap_or(0);
        let cycle = &self.binding[start..];
        cycle.iter().all(|&(of, _)| of == entity)
            && cycle.iter().any(|&(_, column)| {
                let column = &self.entities[entity.0].columns[column.0];
                let is_pick = matches!(column.role, Role::PickOf(_));
                is_pick && self.owner(entity, &column.name).is_some_and(|owner| owner.get("when").is_some())
            })
    }

    fn bind_now(&mut self, entity: EntityId, column: ColumnId) -> Option<Column> {
        let draft = &self.entities[entity.0].columns[column.0];
        let name = draft.name.clone();
        match draft.role {
            Role::Declared(node) => self.bind_declared(entity, name, node),
            Role::PickOf(node) => self.bind_pick(entity, name, node),
            Role::CaseOf(node) => self.bind_case(entity, name, node),
            Role::Rank => {
                Some(hidden(name, ColumnType::BigInteger, Strategy::Permutation { beside: None }, Reach::Row))
            }
        }
    }

    fn finish_entities(&mut self, origins: Vec<Option<Origin>>) -> Option<Vec<Entity>> {
        // Promises are proved while all columns are in their place, and only if all are.
        let bound = self
            .entities
            .iter()
            .flat_map(|draft| &draft.columns)
            .all(|column| matches!(column.state, State::Bound(_)));
        let mut promises: Vec<Vec<Validation>> = match bound {
            true => (0..self.entities.len()).map(|at| self.prove_rules(EntityId(at))).collect(),
            false => self.entities.iter().map(|_| Vec::new()).collect(),
        };
        // Keys read their parents' columns too.
        let keys: Vec<_> = (0..self.entities.len())
            .map(|at| (self.primary_key(EntityId(at)), self.unique_sets(EntityId(at))))
            .collect();
        if bound {
            self.refuse_infeasible(&origins);
        }
        let mut linked = Vec::new();
        let mut complete = true;
        for (at, (origin, (key, unique))) in origins.into_iter().zip(keys).enumerate() {
            let indexes = self.indexes(EntityId(at));
            let mut defaults = self.defaults(EntityId(at), key.column);
            let draft = &mut self.entities[at];
            let mut columns = Vec::new();
            for column in &mut draft.columns {
                match std::mem::replace(&mut column.state, State::Failed) {
                    State::Bound(bound) => {
                        let default = defaults.remove(&ColumnId(columns.len()));
                        columns.push(Column { default, ..*bound });
                    }
                    State::Waiting | State::Binding | State::Failed => complete = false,
                }
            }
            match origin {
                Some(origin) => linked.push(Entity {
                    name: draft.name.clone(),
                    aliases: draft.aliases.clone(),
                    origin,
                    key: key.column,
                    composite_key: key.composite,
                    columns,
                    unique,
                    indexes,
                    validations: std::mem::take(&mut promises[at]),
                }),
                None => complete = false,
            }
        }
        complete.then_some(linked)
    }

    /// Notes that values depend on a built-in list.
    fn use_word_list(&mut self, name: &str, words: &[&str]) {
        if self.word_lists.iter().all(|(known, _)| known != name) {
            self.word_lists.push((name.to_owned(), word_lists::digest(words)));
            self.word_lists.sort();
        }
    }
}

/// A hidden column without modifiers.
fn hidden(name: String, ty: ColumnType, strategy: Strategy, reach: Reach) -> Column {
    Column {
        name,
        ty,
        nullable: false,
        hidden: true,
        unique: false,
        strategy,
        null_share: 0.0,
        when: None,
        reach,
        foreign_key: None,
        default: None,
    }
}

fn texts(node: &Node, diagnostics: &mut Diagnostics) -> Vec<String> {
    match &node.value {
        super::yaml::Value::List(items) => items
            .iter()
            .filter_map(|item| fields::text(item, "an entry", diagnostics))
            .map(str::to_owned)
            .collect(),
        _ => {
            diagnostics.error(node.place, "a list is expected here", "such as [a, b]");
            Vec::new()
        }
    }
}
