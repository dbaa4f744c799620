//! [`Registry`]: the rows that other families refer to, by key, with the columns that are read through a reference.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::ArrayRef;

use super::keys::{KeyIndex, keys};
use super::shard::Table;
use crate::model::{ColumnId, Document, EntityId, Model, Piece, Source, Strategy};

/// One referenced entity.
pub struct Registered {
    /// Its rows.
    pub rows: usize,
    /// The row of every value, for each column that references may hold: the key, and others that are unique.
    indexes: BTreeMap<ColumnId, KeyIndex>,
    /// The columns that are read through references, by column.
    pub columns: Vec<Option<ArrayRef>>,
}

impl Registered {
    /// The row of every value of a column that references may hold.
    pub fn index(&self, column: ColumnId) -> Option<&KeyIndex> {
        self.indexes.get(&column)
    }
}

/// All entities that other families refer to.
#[derive(Default)]
pub struct Registry {
    entities: BTreeMap<EntityId, Registered>,
}

/// The columns of each entity that other families need: its key, and what they read through references to it.
pub fn wanted(model: &Model) -> BTreeMap<EntityId, BTreeSet<ColumnId>> {
    let mut wanted: BTreeMap<EntityId, BTreeSet<ColumnId>> = BTreeMap::new();
    for from in model.entity_ids() {
        let entity = model.entity(from);
        for column in &entity.columns {
            if let Some((to, key)) = column.foreign_key
                && (model.root(to) != model.root(from) || is_numbered_over_all(model, from, &column.strategy))
            {
                wanted.entry(to).or_default().insert(key);
            }
        }
        for source in sources(model, from) {
            if let Source::Pointed { by, entity: to, column } = source
                && (model.root(to) != model.root(from)
                    || is_numbered_over_all(model, from, &model.column(from, by).strategy))
            {
                wanted.entry(to).or_default().insert(column);
            }
        }
    }
    wanted
}

/// Whether a pick, or the pick that a copied key follows, chooses among all rows of an entity: those are registered
/// even where they are of the own family.
pub fn is_numbered_over_all(model: &Model, entity: EntityId, strategy: &Strategy) -> bool {
    match strategy {
        Strategy::Pick(pick) => pick.numbered_over().is_some(),
        Strategy::Copy(Source::Pointed { by, .. }) => {
            is_numbered_over_all(model, entity, &model.column(entity, *by).strategy)
        }
        _ => false,
    }
}

/// The columns that others are made of or judged by.
pub fn read_columns(model: &Model) -> BTreeSet<(EntityId, ColumnId)> {
    let mut read = BTreeSet::new();
    for entity in model.entity_ids() {
        read.extend(sources(model, entity).into_iter().filter_map(|source| match source {
            Source::Own(column) => Some((entity, column)),
            Source::Ancestor { entity, column, .. } | Source::Pointed { entity, column, .. } => {
                Some((entity, column))
            }
            Source::Children(_) | Source::Siblings(_) => None,
        }));
        for column in &model.entity(entity).columns {
            if let Strategy::Template(pieces) = &column.strategy {
                read.extend(pieces.iter().filter_map(|piece| match piece {
                    Piece::Column(column) => Some((entity, *column)),
                    Piece::Text(_) | Piece::Row => None,
                }));
            }
            if let Strategy::Aggregate { entity, column, .. } = &column.strategy {
                read.insert((*entity, *column));
            }
        }
    }
    read
}

/// Everything that an entity's columns and rules read.
pub fn sources(model: &Model, entity: EntityId) -> Vec<Source> {
    let entity = model.entity(entity);
    let mut found = Vec::new();
    for column in &entity.columns {
        found.extend(column.when.iter().flat_map(|bound| &bound.sources));
        match &column.strategy {
            Strategy::Copy(source)
            | Strategy::After { base: source, .. }
            | Strategy::Switch { on: source, .. } => found.push(*source),
            Strategy::Between { from, to } => found.extend([*from, *to]),
            Strategy::Process(process) => found.push(process.from),
            Strategy::Range { not_before, .. } => found.extend(*not_before),
            Strategy::Expression(bound) => found.extend(&bound.sources),
            Strategy::RunningSum { of, from } => found.extend(from.iter().chain([of])),
            Strategy::Json(document) => {
                found.extend(document.leaves().into_iter().flat_map(Document::sources));
            }
            Strategy::TimeUuid { time } => found.push(Source::Own(*time)),
            Strategy::Field { record, .. } => found.push(Source::Own(*record)),
            Strategy::Uuid
            | Strategy::Sequence { .. }
            | Strategy::Constant(_)
            | Strategy::Ordinal
            | Strategy::Permutation { .. }
            | Strategy::Chance(_)
            | Strategy::Pool(_)
            | Strategy::Record(_)
            | Strategy::Law { .. }
            | Strategy::Template(_)
            | Strategy::Text { .. }
            | Strategy::Pick(_)
            | Strategy::Array { .. }
            | Strategy::Children(_)
            | Strategy::Aggregate { .. } => {}
        }
    }
    found.extend(entity.validations.iter().flat_map(|rule| &rule.condition.sources));
    found
}

impl Registry {
    /// Registers the rows of a table by the columns that references may hold.
    pub fn add(&mut self, entity: EntityId, by: &[ColumnId], table: Table) {
        let index = |&column: &ColumnId| {
            let mut found = Vec::new();
            if let Some(array) = table.column(column) {
                keys(array, &mut found);
            }
            (column, KeyIndex::new(found))
        };
        let indexes = by.iter().map(index).collect();
        let registered = Registered { rows: table.rows, indexes, columns: table.columns };
        self.entities.insert(entity, registered);
    }

    /// A registered entity.
    pub fn entity(&self, entity: EntityId) -> Option<&Registered> {
        self.entities.get(&entity)
    }
}
