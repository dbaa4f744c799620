//! [`View`]: the value of any column of a shard that the files tell or that follows from them.
//!
//! Hidden columns are not in the files. Many follow from what is: counts of children, the place of a row under its
//! parent, expressions, copies, aggregates, and the row that a reference chose, which the copied key betrays.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, UInt32Array, new_null_array};
use arrow::compute::{cast, nullif, take};

use super::evaluate::evaluate;
use super::folds;
use super::keys::{KeyIndex, Keys, NONE};
use super::records::Fields;
use super::registry::{Registry, is_numbered_over_all};
use super::shard::{Shard, lengths};
use crate::dataset::text_builder::TextBuilder;
use crate::model::document::{holder, part_text};
use crate::model::{
    BoundExpression, ColumnId, ColumnType, Document, Edge, EntityId, FanOut, Origin, Pick, Source, Strategy,
    literals,
};

type Memo<T> = RefCell<BTreeMap<(EntityId, ColumnId), Option<T>>>;

/// A shard seen by names, with what was worked out already.
pub struct View<'s> {
    /// The rows.
    pub shard: &'s Shard<'s>,
    /// The rows of other families.
    pub registry: &'s Registry,
    derived: Memo<ArrayRef>,
    picks: Memo<Rc<Vec<u32>>>,
}

/// A column that copies the key of the row that a pick chose.
struct Betrayal {
    /// The visible column.
    own: ColumnId,
    /// The column there.
    there: ColumnId,
}

impl<'s> View<'s> {
    /// A view of a shard.
    pub fn new(shard: &'s Shard<'s>, registry: &'s Registry) -> Self {
        Self { shard, registry, derived: RefCell::default(), picks: RefCell::default() }
    }

    /// The number of an entity's rows.
    pub fn rows(&self, entity: EntityId) -> usize {
        self.shard.table(entity).map_or(0, |table| table.rows)
    }

    /// A column as the files have it, or as it follows from them.
    pub fn value(&self, entity: EntityId, column: ColumnId) -> Option<ArrayRef> {
        if self.shard.model.column(entity, column).hidden {
            self.derived(entity, column)
        } else {
            self.shard.table(entity)?.column(column).cloned()
        }
    }

    /// As [`View::value`], with texts measured in characters.
    pub fn measured(&self, entity: EntityId, column: ColumnId) -> Option<ArrayRef> {
        let array = self.value(entity, column)?;
        let is_text = matches!(self.shard.model.column(entity, column).strategy, Strategy::Text { .. });
        Some(if is_text { lengths(&array) } else { array })
    }

    /// A column as it follows from others, if it does.
    pub fn derived(&self, entity: EntityId, column: ColumnId) -> Option<ArrayRef> {
        if let Some(known) = self.derived.borrow().get(&(entity, column)) {
            return known.clone();
        }
        let derived =
            self.derive(entity, column).and_then(|array| self.where_it_stands(entity, column, array));
        let array = derived.or_else(|| self.part_of_document(entity, column));
        self.derived.borrow_mut().insert((entity, column), array.clone());
        array
    }

    /// NULL where the column's condition does not hold.
    fn where_it_stands(&self, entity: EntityId, column: ColumnId, array: ArrayRef) -> Option<ArrayRef> {
        let declared = self.shard.model.column(entity, column);
        if declared.null_share > 0.0 {
            return None;
        }
        match &declared.when {
            None => Some(array),
            Some(condition) => {
                let absent: BooleanArray =
                    self.holds(entity, condition)?.iter().map(|holds| Some(!holds)).collect();
                nullif(&array, &absent).ok()
            }
        }
    }

    fn derive(&self, entity: EntityId, column: ColumnId) -> Option<ArrayRef> {
        let declared = self.shard.model.column(entity, column);
        let table = self.shard.table(entity)?;
        match &declared.strategy {
            Strategy::Constant(literal) => {
                let one = literals::array(std::slice::from_ref(literal), &declared.ty).ok()?;
                take(&one, &UInt32Array::from(vec![0; table.rows]), None).ok()
            }
            Strategy::Ordinal => {
                let parent = self.shard.model.parent(entity)?;
                self.shard.table(parent)?;
                let ordinals = (0..self.rows(parent)).flat_map(|at| 0..table.under(at).len() as i64);
                typed(Arc::new(Int64Array::from_iter_values(ordinals)), &declared.ty)
            }
            Strategy::Copy(source) => self.source(entity, *source),
            Strategy::Expression(bound) => self.expression(entity, bound),
            Strategy::RunningSum { of, from } => self.running_sum(entity, *of, *from, &declared.ty),
            Strategy::Json(document) => self.document(entity, document),
            Strategy::Children(child) => typed(self.children(entity, *child)?, &declared.ty),
            Strategy::Aggregate { fold, entity: from, column: folded, edge } => {
                let targets = match edge {
                    Edge::Ancestor(levels) => self.shard.ancestors(*from, *levels)?,
                    Edge::Pick(pick) => self.pick(*from, *pick)?.to_vec(),
                };
                let values = self.value(*from, *folded)?;
                folds::fold(*fold, &values, &targets, table.rows, &declared.ty)
            }
            Strategy::Law { .. } => {
                typed(self.children(entity, self.counted_by(entity, column)?)?, &declared.ty)
            }
            Strategy::Field { record, .. } => {
                Fields::of(self.shard.model, entity, *record).told(self, entity, column)
            }
            Strategy::Uuid
            | Strategy::TimeUuid { .. }
            | Strategy::Record(_)
            | Strategy::Sequence { .. }
            | Strategy::Permutation { .. }
            | Strategy::Chance(_)
            | Strategy::Pool(_)
            | Strategy::Range { .. }
            | Strategy::Template(_)
            | Strategy::Text { .. }
            | Strategy::Pick(_)
            | Strategy::After { .. }
            | Strategy::Between { .. }
            | Strategy::Process(_)
            | Strategy::Array { .. }
            | Strategy::Switch { .. } => None,
        }
    }

    /// Over the rows under each parent, in the order of the files.
    fn running_sum(
        &self,
        entity: EntityId,
        of: Source,
        from: Option<Source>,
        ty: &ColumnType,
    ) -> Option<ArrayRef> {
        let (table, parent) = (self.shard.table(entity)?, self.shard.model.parent(entity)?);
        self.shard.table(parent)?;
        let values = self.source(entity, of)?;
        let starts = match from {
            Some(source) => Some(self.source(entity, source)?),
            None => None,
        };
        folds::running(&values, starts.as_ref(), (0..self.rows(parent)).map(|at| table.under(at)), ty)
    }

    fn document(&self, entity: EntityId, document: &Document) -> Option<ArrayRef> {
        let leaves: Vec<ArrayRef> = document
            .leaves()
            .into_iter()
            .map(|leaf| match leaf {
                Document::Value(bound) => self.expression(entity, bound),
                Document::Column(source, _) => self.source(entity, *source),
                Document::Null | Document::Object(_) | Document::List(_) => None,
            })
            .collect::<Option<_>>()?;
        Some(Arc::new(document.texts(&leaves, self.rows(entity))))
    }

    /// A hidden column whose values a visible document holds. What is none of its type is NULL here, and differs
    /// when the document is put together again.
    fn part_of_document(&self, entity: EntityId, column: ColumnId) -> Option<ArrayRef> {
        let model = self.shard.model;
        if !model.column(entity, column).hidden {
            return None;
        }
        let (holder, path) = holder(model.entity(entity), column)?;
        let documents = self.shard.table(entity)?.column(holder)?;
        let mut parts = TextBuilder::new(&model.column(entity, column).ty);
        for text in documents.as_string_opt::<i32>()? {
            let document = text.and_then(|text| serde_json::from_str(text).ok());
            match document.and_then(|document| part_text(&document, &path)) {
                Some(part) if parts.push(part.as_bytes()).is_some() => {}
                Some(_) | None => parts.push_null(),
            }
        }
        Some(parts.finish())
    }

    /// The child whose rows a column counts.
    fn counted_by(&self, entity: EntityId, column: ColumnId) -> Option<EntityId> {
        let model = self.shard.model;
        model.children(entity).find(|&child| {
            matches!(&model.entity(child).origin, Origin::Child { fan_out: FanOut::Column(by), .. } if *by == column)
                && self.shard.table(child).is_some()
        })
    }

    fn children(&self, entity: EntityId, child: EntityId) -> Option<ArrayRef> {
        let table = self.shard.table(child)?;
        let counts = (0..self.rows(entity)).map(|at| table.under(at).len() as i64);
        Some(Arc::new(Int64Array::from_iter_values(counts)))
    }

    /// An expression on every row; a row that fails has NULL.
    pub fn expression(&self, entity: EntityId, bound: &BoundExpression) -> Option<ArrayRef> {
        let inputs: Vec<ArrayRef> =
            bound.sources.iter().map(|source| self.source(entity, *source)).collect::<Option<_>>()?;
        Some(evaluate(&bound.expression, &inputs, self.rows(entity)).values)
    }

    /// Whether a condition is true, by row.
    pub fn holds(&self, entity: EntityId, condition: &BoundExpression) -> Option<Vec<bool>> {
        let array = self.expression(entity, condition)?;
        let truths = array.as_any().downcast_ref::<BooleanArray>()?;
        Some(truths.iter().map(|truth| truth == Some(true)).collect())
    }

    /// What a source comes to on every row of an entity.
    pub fn source(&self, entity: EntityId, source: Source) -> Option<ArrayRef> {
        match source {
            Source::Own(column) => self.value(entity, column),
            Source::Ancestor { levels, entity: ancestor, column } => {
                gather(&self.value(ancestor, column)?, &self.shard.ancestors(entity, levels)?)
            }
            Source::Pointed { by, entity: to, column } => {
                let rows = self.pick(entity, by)?;
                let registered = is_numbered_over_all(
                    self.shard.model,
                    entity,
                    &self.shard.model.column(entity, by).strategy,
                );
                let values = if !registered && self.shard.table(to).is_some() {
                    self.value(to, column)?
                } else {
                    self.registry.entity(to)?.columns.get(column.0)?.clone()?
                };
                gather(&values, &rows)
            }
            Source::Children(child) => self.children(entity, child),
            Source::Siblings(other) => {
                let roots = self.shard.ancestors(entity, self.shard.depth(entity))?;
                let table = self.shard.table(other)?;
                let counts = roots.iter().map(|&root| table.under(root as usize).len() as i64);
                Some(Arc::new(Int64Array::from_iter_values(counts)))
            }
        }
    }

    /// The row that a pick chose, by row: in the pointed table, or in the registry; [`NONE`] where it is not found.
    pub fn pick(&self, entity: EntityId, column: ColumnId) -> Option<Rc<Vec<u32>>> {
        if let Some(known) = self.picks.borrow().get(&(entity, column)) {
            return known.clone();
        }
        let rows = self.find_pick(entity, column).map(Rc::new);
        self.picks.borrow_mut().insert((entity, column), rows.clone());
        rows
    }

    fn find_pick(&self, entity: EntityId, column: ColumnId) -> Option<Vec<u32>> {
        let Strategy::Pick(pick) = &self.shard.model.column(entity, column).strategy else { return None };
        match pick {
            Pick::Uniform { entity: to }
            | Pick::Zipf { entity: to, .. }
            | Pick::Distinct { entity: to, .. }
            | Pick::Before { entity: to, .. }
            | Pick::Others { entity: to } => {
                let betrayal = self.betrayal(entity, column, |there| self.is_unique(*to, there))?;
                let array = self.value(entity, betrayal.own)?;
                let keys = Keys::of(&array);
                let index = self.registry.entity(*to)?.index(betrayal.there)?;
                Some(
                    (0..keys.len())
                        .map(|row| keys.get(row).and_then(|key| index.find(key)).unwrap_or(NONE))
                        .collect(),
                )
            }
            Pick::Within { entity: to, .. } => {
                let betrayal = self.betrayal(entity, column, |_| true)?;
                self.within(entity, *to, &betrayal)
            }
            Pick::Earlier { .. } => {
                let betrayal = self.betrayal(entity, column, |there| self.is_unique(entity, there))?;
                let (own, there) = (self.value(entity, betrayal.own)?, self.value(entity, betrayal.there)?);
                let (own, there) = (Keys::of(&own), Keys::of(&there));
                let index = KeyIndex::new((0..there.len()).map(|row| there.get(row)).collect());
                Some(
                    (0..own.len())
                        .map(|row| own.get(row).and_then(|key| index.find(key)).unwrap_or(NONE))
                        .collect(),
                )
            }
        }
    }

    /// The visible column that holds a key of the picked row.
    fn betrayal(
        &self,
        entity: EntityId,
        pick: ColumnId,
        fits: impl Fn(ColumnId) -> bool,
    ) -> Option<Betrayal> {
        self.shard.model.entity(entity).visible().find_map(|(own, column)| match column.strategy {
            Strategy::Copy(Source::Pointed { by, column: there, .. }) if by == pick && fits(there) => {
                Some(Betrayal { own, there })
            }
            _ => None,
        })
    }

    fn is_unique(&self, entity: EntityId, column: ColumnId) -> bool {
        let declared = self.shard.model.entity(entity);
        declared.key == Some(column) || declared.columns[column.0].unique
    }

    /// The rows of `to` under the same root that have the copied key.
    fn within(&self, entity: EntityId, to: EntityId, betrayal: &Betrayal) -> Option<Vec<u32>> {
        let roots = self.shard.ancestors(entity, self.shard.depth(entity))?;
        let (own, there) = (self.value(entity, betrayal.own)?, self.value(to, betrayal.there)?);
        let (own_keys, their_keys) = (Keys::of(&own), Keys::of(&there));
        let table = self.shard.table(to)?;
        let mut candidates: Vec<(u128, u32)> = Vec::new();
        let mut current = NONE;
        let mut found = Vec::with_capacity(roots.len());
        for (row, &root) in roots.iter().enumerate() {
            if root != current {
                current = root;
                let keyed =
                    table.under(root as usize).filter_map(|at| Some((their_keys.get(at)?, at as u32)));
                candidates.clear();
                candidates.extend(keyed);
                candidates.sort_unstable();
            }
            let hit = own_keys.get(row).and_then(|key| {
                let at = candidates.partition_point(|(known, _)| *known < key);
                candidates.get(at).filter(|(known, _)| *known == key).map(|(_, at)| *at)
            });
            found.push(hit.unwrap_or(NONE));
        }
        Some(found)
    }
}

/// Rows of an array by number; [`NONE`] gives NULL.
pub fn gather(values: &ArrayRef, rows: &[u32]) -> Option<ArrayRef> {
    if values.is_empty() {
        return Some(new_null_array(values.data_type(), rows.len()));
    }
    let indices: UInt32Array = if rows.contains(&NONE) {
        rows.iter().map(|&row| (row != NONE).then_some(row)).collect()
    } else {
        UInt32Array::from(rows.to_vec())
    };
    take(values, &indices, None).ok()
}

fn typed(array: ArrayRef, ty: &ColumnType) -> Option<ArrayRef> {
    cast(&array, &ty.data_type()).ok()
}
