//! [`Model`]: what to make, checked and bound to one band; nothing of the YAML is left in it.
//!
//! A model's folder or file becomes a tree of positioned nodes (`yaml`, or the multiply `dialect`
//! translated into the same tree), parameters are put in (`parameters`), names are bound (`link`) and
//! promises proved (`prove`). Every mistake on the way is one diagnostic, and all are reported.

use serde::Serialize;

mod column_default;
pub mod column_type;
pub mod criteria;
pub mod diagnostics;
pub mod dialect;
pub mod document;
pub mod elements;
pub mod expression;
mod fields;
mod habits;
pub mod language;
mod link;
pub mod literals;
mod load;
mod parameters;
mod record_files;
pub mod scalars;
mod strategy;
pub mod text_form;
mod volumes;
mod word_lists;
pub mod yaml;

pub use column_default::ColumnDefault;
pub use column_type::ColumnType;
pub use document::Document;
pub use load::{Loaded, Request, load, load_all};
pub use parameters::Setting;
pub use strategy::{
    Beside, BoundExpression, Edge, Fold, Literal, Pick, Piece, Pool, ProcessDeclaration, Records,
    RhythmDeclaration, Shape, Source, Strategy,
};
pub use volumes::{Anchor, VolumeDeclaration};
pub use word_lists::word_list;

use crate::laws::Law;

/// An entity's place in [`Model::entities`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct EntityId(pub usize);

/// A column's place in [`Entity::columns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ColumnId(pub usize);

/// What a column needs besides its own row, and so what it costs to show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Reach {
    /// Its address and Row columns: O(1).
    Row,
    /// Its siblings under one parent.
    Parent,
    /// Descendants of its root.
    Root,
}

impl std::fmt::Display for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Row => "row",
            Self::Parent => "parent",
            Self::Root => "root",
        })
    }
}

/// The window of time that a model's processes live in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    /// Its first microsecond, a Monday 00:00 UTC.
    pub from: i64,
    /// Whole weeks.
    pub weeks: u32,
    /// Microseconds after the end until the snapshot is taken, so that nothing is censored.
    pub settle: i64,
}

impl Window {
    /// The microsecond after the last.
    pub const fn end(&self) -> i64 {
        self.from + self.weeks as i64 * 7 * text_form::calendar::DAY
    }
}

/// A checked model for one band.
#[derive(Clone, Debug, Serialize)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Its author's version.
    pub version: u64,
    /// The band's name.
    pub band: String,
    /// The window, where one is declared.
    pub window: Option<Window>,
    /// The entities in the order of the declaration.
    pub entities: Vec<Entity>,
    /// E-mail domains whose addresses are synthetic by declaration.
    pub synthetic_email_domains: Vec<String>,
    /// Digests of the word lists that texts are made of: name and BLAKE3.
    pub word_lists: Vec<(String, String)>,
    /// Named groups of checks. They say how data is judged, never what it is: the fingerprint leaves them out.
    #[serde(skip)]
    pub criteria: Vec<criteria::Criteria>,
}

/// One table.
#[derive(Clone, Debug, Serialize)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// Other names that reports carry.
    pub aliases: Vec<String>,
    /// How its rows come to be.
    pub origin: Origin,
    /// Its primary key, where that is one column.
    pub key: Option<ColumnId>,
    /// Its primary key, where that is several columns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub composite_key: Vec<ColumnId>,
    /// Visible and hidden columns.
    pub columns: Vec<Column>,
    /// Sets of columns that are unique together.
    pub unique: Vec<Vec<ColumnId>>,
    /// Indexes that a database makes after the rows. They change no value: the fingerprint leaves them out.
    #[serde(skip)]
    pub indexes: Vec<Vec<IndexColumn>>,
    /// Promises across columns, each with the construction that keeps it.
    pub validations: Vec<Validation>,
}

/// How an entity's rows come to be.
#[derive(Clone, Debug, Serialize)]
pub enum Origin {
    /// So many rows of its own.
    Root {
        /// The count.
        rows: u64,
    },
    /// Rows under each row of a parent.
    Child {
        /// The parent.
        parent: EntityId,
        /// How many.
        fan_out: FanOut,
    },
}

/// How many children a parent row has. Reads Row columns only.
#[derive(Clone, Debug, Serialize)]
pub enum FanOut {
    /// As many as a column of the parent says.
    Column(ColumnId),
    /// Drawn for each parent.
    Law(Law),
    /// An exact total over all parents, spread by a law over the ranks of a permutation column.
    Ranked {
        /// The law.
        law: RankedLaw,
        /// The permutation column of the parent.
        by: ColumnId,
        /// The total.
        total: u64,
    },
    /// One where a condition on the parent row holds.
    When(BoundExpression),
    /// One for exactly this share of the parent rows.
    Share(f64),
}

/// A law that an exact total is spread by.
#[derive(Clone, Debug, Serialize)]
pub enum RankedLaw {
    /// Anchored quantiles with a solved tail.
    Volumes(VolumeDeclaration),
    /// A law over small counts, tilted to the total's mean.
    Counts(Law),
}

/// One column.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub ty: ColumnType,
    /// May hold NULL.
    pub nullable: bool,
    /// Computed, never written.
    pub hidden: bool,
    /// No value twice, by construction.
    pub unique: bool,
    /// How it is made.
    pub strategy: Strategy,
    /// Share of rows that are NULL whatever the strategy says.
    pub null_share: f64,
    /// NULL where this does not hold.
    pub when: Option<BoundExpression>,
    /// What it needs.
    pub reach: Reach,
    /// The key it holds values of.
    pub foreign_key: Option<(EntityId, ColumnId)>,
    /// What a database puts where an application names no value. It changes no value of the dataset: the
    /// fingerprint leaves it out.
    #[serde(skip)]
    pub default: Option<ColumnDefault>,
}

/// A column of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexColumn {
    /// The column.
    pub column: ColumnId,
    /// Whether the greatest value comes first.
    pub descending: bool,
}

/// A promise and why it holds.
#[derive(Clone, Debug, Serialize)]
pub struct Validation {
    /// The rule as written.
    pub rule: String,
    /// The construction that keeps it.
    pub kept_by: String,
    /// The rule as a condition on a row; an aggregate stands for the column that holds it. The rule's text says as
    /// much, so that the fingerprint need not.
    #[serde(skip)]
    pub condition: BoundExpression,
}

impl Model {
    /// An entity.
    pub fn entity(&self, id: EntityId) -> &Entity {
        &self.entities[id.0]
    }

    /// A column of an entity.
    pub fn column(&self, entity: EntityId, column: ColumnId) -> &Column {
        &self.entities[entity.0].columns[column.0]
    }

    /// All entities' ids.
    pub fn entity_ids(&self) -> impl Iterator<Item = EntityId> + use<> {
        (0..self.entities.len()).map(EntityId)
    }

    /// The entity of a name or alias.
    pub fn find(&self, name: &str) -> Option<EntityId> {
        self.entities
            .iter()
            .position(|entity| entity.name == name)
            .or_else(|| {
                self.entities.iter().position(|entity| entity.aliases.iter().any(|alias| alias == name))
            })
            .map(EntityId)
    }

    /// The parent, if the entity has one.
    pub fn parent(&self, entity: EntityId) -> Option<EntityId> {
        match self.entity(entity).origin {
            Origin::Root { .. } => None,
            Origin::Child { parent, .. } => Some(parent),
        }
    }

    /// The visible columns of a child that copy all columns of its parent's composite key, each with the parent's.
    pub fn composite_link(&self, child: EntityId) -> Option<Vec<(ColumnId, ColumnId)>> {
        let key = &self.entity(self.parent(child)?).composite_key;
        let copy_of = |above: ColumnId| {
            let copies = |(_, column): &(ColumnId, &Column)| matches!(column.strategy, Strategy::Copy(Source::Ancestor { levels: 1, column, .. }) if column == above);
            self.entity(child).visible().find(copies).map(|(own, _)| (own, above))
        };
        let pairs: Option<Vec<_>> = key.iter().map(|&above| copy_of(above)).collect();
        pairs.filter(|pairs| !pairs.is_empty())
    }

    /// The root of the entity's family.
    pub fn root(&self, entity: EntityId) -> EntityId {
        let mut root = entity;
        while let Some(parent) = self.parent(root) {
            root = parent;
        }
        root
    }

    /// Rows of a root entity.
    pub fn root_rows(&self, entity: EntityId) -> u64 {
        match self.entity(self.root(entity)).origin {
            Origin::Root { rows } => rows,
            Origin::Child { .. } => unreachable!("a family's root has no parent"),
        }
    }

    /// The direct children of an entity, in the order of the declaration.
    pub fn children(&self, entity: EntityId) -> impl Iterator<Item = EntityId> + '_ {
        self.entity_ids().filter(move |&child| self.parent(child) == Some(entity))
    }

    /// The roots of all families.
    pub fn roots(&self) -> impl Iterator<Item = EntityId> + '_ {
        self.entity_ids().filter(|&entity| self.parent(entity).is_none())
    }

    /// A family: its root and all descendants, parents before children.
    pub fn family(&self, root: EntityId) -> Vec<EntityId> {
        family_of(root, &self.all_children())
    }

    /// All families, in the order of their roots.
    pub fn families(&self) -> Vec<Vec<EntityId>> {
        let children = self.all_children();
        self.roots().map(|root| family_of(root, &children)).collect()
    }

    /// The direct children of every entity, in the order of the declaration.
    fn all_children(&self) -> Vec<Vec<EntityId>> {
        let mut children = vec![Vec::new(); self.entities.len()];
        for entity in self.entity_ids() {
            if let Some(parent) = self.parent(entity) {
                children[parent.0].push(entity);
            }
        }
        children
    }
}

/// What follows a reference's name in that of the hidden column which chooses its row.
pub const PICK_SUFFIX: &str = "@row";

fn family_of(root: EntityId, children: &[Vec<EntityId>]) -> Vec<EntityId> {
    let mut members = vec![root];
    let mut at = 0;
    while at < members.len() {
        members.extend(&children[members[at].0]);
        at += 1;
    }
    members
}

impl Entity {
    /// The column of a name.
    pub fn find(&self, name: &str) -> Option<ColumnId> {
        self.columns.iter().position(|column| column.name == name).map(ColumnId)
    }

    /// The hidden column that chose the row whose key a reference is: none is chosen where the reference is NULL.
    pub fn pick_of(&self, reference: &Column) -> Option<&Column> {
        let Strategy::Copy(Source::Pointed { by, .. }) = reference.strategy else { return None };
        let pick = &self.columns[by.0];
        (pick.name.strip_suffix(PICK_SUFFIX) == Some(&reference.name)).then_some(pick)
    }

    /// The reference that a hidden column chose the row for.
    pub fn reference_of(&self, pick: &Column) -> Option<&Column> {
        let name = pick.name.strip_suffix(PICK_SUFFIX)?;
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns that are written, in order.
    pub fn visible(&self) -> impl Iterator<Item = (ColumnId, &Column)> {
        self.columns
            .iter()
            .enumerate()
            .filter(|(_, column)| !column.hidden)
            .map(|(at, column)| (ColumnId(at), column))
    }
}
