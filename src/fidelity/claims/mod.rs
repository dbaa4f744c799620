//! What a model claims of its data, one kind of claim in each file.
//!
//! A claim looks at every shard and counts; when all shards were seen it compares the counts with what the model
//! comes to. [`derive`] lists the claims of a model: nothing here knows of a particular one.
//!
//! Which checks are critical: those of integrity, privacy, cardinalities (how many rows a row has, whoever it is: children,
//! references, a member's share), volumes and time, and with them what must not depend on any of these. The laws of values
//! are not: a FAIL of theirs is one of the three warnings that a GO may have.
//!
//! To add one: a file with a type that implements [`Claim`], and its line in `list.rs`, whose matches over strategies
//! are exhaustive.

mod apart;
mod bursts;
mod cardinality;
mod categories;
mod criteria;
mod derived;
mod fixed;
mod forests;
mod growth;
mod independence;
mod lags;
mod list;
mod nulls;
mod numbers;
mod order;
mod patterns;
mod popularity;
mod privacy;
mod ranges;
mod ranks;
mod records;
mod references;
mod rhythm;
mod rows;
mod scopes;
mod seen;
mod sequences;
mod shares;
mod spans;
mod texts;
mod told;
mod twins;
mod validations;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array};

use super::assessment::Summary;
use super::findings::Findings;
use super::shard::Origin;
use super::sources::View;
use super::tally::Tally;
use crate::dataset::stored::element_array;
use crate::model::text_form::array::elements;
use crate::model::{self, Anchor, ColumnId, ColumnType, EntityId, FanOut, Model, RankedLaw, Source};
use crate::resolve::Resolution;

pub use list::derive;

/// Something that a model claims.
pub trait Claim: Send + Sync {
    /// An empty tally.
    fn start(&self) -> Tally {
        Tally::default()
    }

    /// The child whose rows without a parent it counts.
    fn counts_orphans_of(&self) -> Option<EntityId> {
        None
    }

    /// Looks at rows while they are read, with the texts that are not kept.
    fn read(&self, _batch: &Batch<'_>, _tally: &mut Tally) {}

    /// Looks at whole families.
    fn look(&self, _view: &View<'_>, _tally: &mut Tally) {}

    /// Compares what was counted with what the model comes to.
    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings);

    /// Gives what a quality report prints of it.
    fn sum_up(&self, _tally: &Tally, _bench: &Bench<'_>, _summary: &mut Summary) {}
}

/// Rows as they are read.
pub struct Batch<'b> {
    /// Their entity.
    pub entity: EntityId,
    /// The columns that the files have, by column.
    pub columns: &'b [Option<ArrayRef>],
    /// The number of rows.
    pub rows: usize,
    /// Where they came from.
    pub origin: &'b Origin,
}

/// What a verdict is measured against.
pub struct Bench<'m> {
    /// The model.
    pub model: &'m Model,
    /// What it comes to.
    pub resolution: &'m Resolution,
    /// 0.15 for `normal`.
    pub tolerance: f64,
    /// Whether the order of rows means something: in seedmill's own datasets it does.
    pub in_order: bool,
    /// Rows in the files.
    pub rows: BTreeMap<EntityId, u64>,
}

impl Bench<'_> {
    /// Rows of an entity.
    pub fn rows(&self, entity: EntityId) -> u64 {
        self.rows.get(&entity).copied().unwrap_or(0)
    }

    /// The sizes above which a model says something of a child's families.
    fn anchors_above(&self, child: EntityId) -> Vec<u64> {
        let model::Origin::Child { fan_out: FanOut::Ranked { law: RankedLaw::Volumes(volumes), .. }, .. } =
            &self.model.entity(child).origin
        else {
            return Vec::new();
        };
        let mut above: Vec<u64> = volumes
            .anchors
            .iter()
            .filter_map(|anchor| match *anchor {
                Anchor::RowsAbove { threshold, .. } | Anchor::ShareAbove { threshold, .. } => {
                    Some(threshold as u64)
                }
                Anchor::Quantile { .. } => None,
            })
            .collect();
        above.sort_unstable();
        above.dedup();
        above
    }
}

/// `messages.content`.
pub fn name_of(model: &Model, entity: EntityId, column: ColumnId) -> String {
    format!("{}.{}", model.entity(entity).name, model.column(entity, column).name)
}

/// `messages per conversations`.
pub fn fan_out_name(model: &Model, child: EntityId) -> String {
    let parent = model.parent(child).map_or("", |parent| model.entity(parent).name.as_str());
    format!("{} per {parent}", model.entity(child).name)
}

/// The rows of an entity that a law is of: all, or those of one case of a switch.
#[derive(Clone, Debug)]
pub struct Population {
    /// The entity.
    pub entity: EntityId,
    /// The column that holds the values.
    pub column: ColumnId,
    /// The case: a text and the value that it must have.
    pub case: Option<(Source, String)>,
    /// What of the values.
    pub part: Part,
}

/// What a law is of: a value, or something of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The value itself.
    Value,
    /// How many elements an array has.
    Length,
    /// The elements of all arrays, one after another.
    Elements,
}

/// Values, and where they stand.
pub struct Values {
    /// The values.
    pub array: ArrayRef,
    /// The row of each; nothing if they are rows.
    rows: Option<Vec<u32>>,
}

impl Values {
    /// The row of a value.
    pub fn row(&self, at: usize) -> usize {
        self.rows.as_ref().map_or(at, |rows| rows[at] as usize)
    }
}

impl Population {
    /// How a report calls it.
    pub fn subject(&self, model: &Model) -> String {
        let name = name_of(model, self.entity, self.column);
        let name = match self.part {
            Part::Value => name,
            Part::Length => format!("length of {name}"),
            Part::Elements => format!("elements of {name}"),
        };
        match &self.case {
            None => name,
            Some((source, value)) => {
                format!("{name} where {} = {value}", source_name(model, self.entity, *source))
            }
        }
    }

    /// The values, where the files have them.
    pub fn values(&self, view: &View<'_>) -> Option<Values> {
        let array = view.value(self.entity, self.column)?;
        let ColumnType::Array { element } = &view.shard.model.column(self.entity, self.column).ty else {
            return Some(Values { array, rows: None });
        };
        match self.part {
            Part::Value => Some(Values { array, rows: None }),
            Part::Length => {
                let lengths: Int32Array = array
                    .as_string_opt::<i32>()?
                    .iter()
                    .map(|text| Some(elements(text?)?.len() as i32))
                    .collect();
                Some(Values { array: Arc::new(lengths), rows: None })
            }
            Part::Elements => {
                let (mut texts, mut rows) = (Vec::new(), Vec::new());
                for (row, text) in array.as_string_opt::<i32>()?.iter().enumerate() {
                    let found = text.and_then(elements).unwrap_or_default();
                    rows.resize(rows.len() + found.len(), row as u32);
                    texts.extend(found);
                }
                Some(Values { array: element_array(&texts, element).ok()?, rows: Some(rows) })
            }
        }
    }

    /// Whether each row belongs to it; nothing if all do.
    pub fn members(&self, view: &View<'_>) -> Option<Option<Vec<bool>>> {
        let Some((source, value)) = &self.case else { return Some(None) };
        let texts = view.source(self.entity, *source)?;
        let texts = texts.as_string_opt::<i32>()?;
        Some(Some((0..texts.len()).map(|row| texts.is_valid(row) && texts.value(row) == value).collect()))
    }
}

/// `messages.type` seen from a row that reads it.
pub fn source_name(model: &Model, entity: EntityId, source: Source) -> String {
    match source {
        Source::Own(column) => model.column(entity, column).name.clone(),
        Source::Ancestor { entity, column, .. } | Source::Pointed { entity, column, .. } => {
            name_of(model, entity, column)
        }
        Source::Children(child) | Source::Siblings(child) => format!("count({})", model.entity(child).name),
    }
}
