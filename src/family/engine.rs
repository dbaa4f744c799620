//! [`Engine`]: every column of a model, built, and how a frame's arrays are made from them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::take;
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;

use super::fan_out::BuiltFanOut;
use super::frame::{Frame, Stride};
use super::solve;
use crate::columns::{BuiltColumn, Context, RowError, Rows, build, spread};
use crate::dataset::table::{ShapeColumn, TableShape};
use crate::error::{Error, Result};
use crate::model::{
    Column, ColumnId, ColumnType, EntityId, FanOut, Fold, Model, Origin, Pick, Reach, Source, Strategy,
};
use crate::resolve::Resolution;
use crate::resolve::coupling::Coupling;

/// Reading a column's inputs takes less stack than this, in bytes; where less is left, so much is added.
const STACK_LEFT: usize = 256 << 10;
const STACK_ADDED: usize = 4 << 20;

/// A model whose columns and fan-outs are built for a seed.
pub struct Engine<'m> {
    /// The model.
    pub model: &'m Model,
    /// Its couplings of times, solved.
    pub couplings: BTreeMap<(EntityId, ColumnId), Arc<Coupling>>,
    columns: Vec<Vec<Option<BuiltColumn>>>,
    pub(super) fan_outs: Vec<Option<BuiltFanOut>>,
    shapes: Vec<TableShape>,
    held: BTreeSet<EntityId>,
}

impl<'m> Engine<'m> {
    /// Builds all columns; couplings of times are solved on the way, which reads the referenced times.
    ///
    /// # Errors
    ///
    /// A law whose tables cannot be made, a coupling that is infeasible.
    pub fn new(model: &'m Model, seed: &str, resolution: &Resolution) -> Result<Self> {
        let mut engine = Self {
            model,
            couplings: BTreeMap::new(),
            columns: model
                .entities
                .iter()
                .map(|entity| entity.columns.iter().map(|_| None).collect())
                .collect(),
            fan_outs: Vec::new(),
            shapes: model.entities.iter().map(shape).collect(),
            held: held(model),
        };
        let unsolved = BTreeMap::new();
        let context = Context::new(model, seed, &unsolved);
        for entity in model.entity_ids() {
            engine.fan_outs.push(BuiltFanOut::new(&context, entity, resolution)?);
        }
        let mut coupled = Vec::new();
        for entity in model.entity_ids() {
            for (at, column) in model.entity(entity).columns.iter().enumerate() {
                if matches!(column.strategy, Strategy::Range { not_before: Some(_), .. }) {
                    coupled.push((entity, ColumnId(at)));
                } else {
                    engine.columns[entity.0][at] = build(&context, entity, column)?;
                }
            }
        }
        for (entity, column) in solve::order(model, coupled) {
            let coupling = solve::solve(&engine, &context, entity, column)?;
            engine.couplings.insert((entity, column), Arc::new(coupling));
            let context = Context::new(model, seed, &engine.couplings);
            let built = build(&context, entity, model.column(entity, column))?;
            engine.columns[entity.0][column.0] = built;
        }
        Ok(engine)
    }

    /// The written columns of an entity.
    pub fn shape(&self, entity: EntityId) -> &TableShape {
        &self.shapes[entity.0]
    }

    /// What a column reads; nothing for an aggregate.
    pub(super) fn sources(&self, entity: EntityId, column: ColumnId) -> &[Source] {
        self.columns[entity.0][column.0].as_ref().map_or(&[], |built| &built.sources)
    }

    /// Whether an entity's rows stay until their root is complete.
    pub fn is_held(&self, entity: EntityId) -> bool {
        self.held.contains(&entity)
    }

    /// A column's values for a frame.
    ///
    /// # Errors
    ///
    /// A row whose value cannot be made, with its address.
    pub fn array(&self, stride: &Stride, frame: &Rc<Frame>, column: ColumnId) -> Result<ArrayRef> {
        if let Some(array) = frame.known(column) {
            return Ok(array);
        }
        let declared = self.model.column(frame.entity, column);
        let built = self.built(frame.entity, column)?;
        // A column may read through thousands of others.
        let inputs = stacker::maybe_grow(STACK_LEFT, STACK_ADDED, || match declared.strategy {
            Strategy::Switch { .. } => self.inputs_of_switch(stride, frame, column, built),
            _ => self.inputs(stride, frame, built),
        })?;
        let array = built
            .generate(&frame.rows, &inputs)
            .map_err(|error| self.value_error(frame, declared, &error))?;
        frame.keep(column, array.clone());
        Ok(array)
    }

    fn built(&self, entity: EntityId, column: ColumnId) -> Result<&BuiltColumn> {
        self.columns[entity.0][column.0].as_ref().ok_or_else(|| {
            let name = &self.model.column(entity, column).name;
            Error::internal(format!("`{}.{name}` is not folded yet", self.model.entity(entity).name))
        })
    }

    fn inputs(&self, stride: &Stride, frame: &Rc<Frame>, built: &BuiltColumn) -> Result<Vec<ArrayRef>> {
        built.sources.iter().map(|source| self.input(stride, frame, *source)).collect()
    }

    /// The inputs of a switch: its cases have values where they are taken and nowhere else, for they may fail there, and
    /// their draws take time.
    fn inputs_of_switch(
        &self,
        stride: &Stride,
        frame: &Rc<Frame>,
        column: ColumnId,
        built: &BuiltColumn,
    ) -> Result<Vec<ArrayRef>> {
        let failed = |error| self.value_error(frame, self.model.column(frame.entity, column), &error);
        let on = self.input(stride, frame, built.sources[0])?;
        let condition: Vec<ArrayRef> = built.sources[built.inputs()..]
            .iter()
            .map(|source| self.input(stride, frame, *source))
            .collect::<Result<_>>()?;
        let wanted = built.wanted(&frame.rows, &condition).map_err(failed)?;
        let mut inputs = Vec::with_capacity(built.sources.len());
        for (at, &source) in built.sources[..built.inputs()].iter().enumerate() {
            inputs.push(match (source, built.takes(&on, at)) {
                (Source::Own(case), Some(taken)) => {
                    let taken = wanted.as_ref().map_or_else(|| taken.clone(), |wanted| wanted & &taken);
                    self.array_where(stride, frame, case, &taken)?
                }
                _ => self.input(stride, frame, source)?,
            });
        }
        inputs.extend(condition);
        Ok(inputs)
    }

    /// A case's values for the rows that take it. It is read by its switch alone, so that the frame need not keep it.
    fn array_where(
        &self,
        stride: &Stride,
        frame: &Rc<Frame>,
        case: ColumnId,
        taken: &BooleanBuffer,
    ) -> Result<ArrayRef> {
        let built = self.built(frame.entity, case)?;
        let inputs = self.inputs(stride, frame, built)?;
        built
            .generate_where(&frame.rows, &inputs, taken)
            .map_err(|error| self.value_error(frame, self.model.column(frame.entity, case), &error))
    }

    /// The written columns of a frame.
    ///
    /// # Errors
    ///
    /// As [`Engine::array`].
    pub fn batch(&self, stride: &Stride, frame: &Rc<Frame>) -> Result<RecordBatch> {
        let arrays: Vec<ArrayRef> = self
            .model
            .entity(frame.entity)
            .visible()
            .map(|(column, _)| self.array(stride, frame, column))
            .collect::<Result<_>>()?;
        Ok(RecordBatch::try_new(self.shapes[frame.entity.0].schema(), arrays)?)
    }

    pub(super) fn input(&self, stride: &Stride, frame: &Rc<Frame>, source: Source) -> Result<ArrayRef> {
        match source {
            Source::Own(column) => self.array(stride, frame, column),
            Source::Ancestor { levels, column, .. } => {
                let (ancestor, places) =
                    frame.ancestor(levels).ok_or_else(|| Error::internal("a frame without its parent"))?;
                let array = self.array(stride, &ancestor, column)?;
                Ok(take(&array, &UInt32Array::new(places, None), None)?)
            }
            Source::Pointed { by, entity, column } => self.pointed(stride, frame, by, entity, column),
            Source::Children(child) => {
                let counts = self.counts(stride, frame, child)?;
                Ok(Arc::new(UInt32Array::from(counts.to_vec())))
            }
            Source::Siblings(entity) => {
                let counts = stride.siblings(frame, entity);
                let counts = counts.ok_or_else(|| Error::internal("siblings that are not counted"))?;
                Ok(Arc::new(counts))
            }
        }
    }

    /// A column of the rows that a pick points at.
    fn pointed(
        &self,
        stride: &Stride,
        frame: &Rc<Frame>,
        by: ColumnId,
        entity: EntityId,
        column: ColumnId,
    ) -> Result<ArrayRef> {
        let Strategy::Pick(pick) = &self.model.column(frame.entity, by).strategy else {
            return Err(Error::internal("a pick column without a pick"));
        };
        let picks = self.array(stride, frame, by)?;
        let numbers = picks.as_primitive::<Int64Type>();
        // Where nothing is picked, nothing is made.
        let Some(nulls) = numbers.nulls().filter(|nulls| nulls.null_count() > 0) else {
            return self.picked(stride, frame, pick, &frame.rows, numbers.values(), (entity, column));
        };
        let places: Vec<usize> = nulls.valid_indices().collect();
        let valid: Vec<i64> = places.iter().map(|&at| numbers.value(at)).collect();
        let rows = frame.rows.chosen(&places);
        let array = self.picked(stride, frame, pick, &rows, &valid, (entity, column))?;
        Ok(spread(&array, nulls.inner())?)
    }

    /// A column of the rows that some rows of a frame pick by their numbers.
    fn picked(
        &self,
        stride: &Stride,
        frame: &Frame,
        pick: &Pick,
        rows: &Rows,
        numbers: &[i64],
        (entity, column): (EntityId, ColumnId),
    ) -> Result<ArrayRef> {
        match pick {
            Pick::Within { .. } => {
                let (held, offsets) = stride
                    .held
                    .get(&entity)
                    .ok_or_else(|| Error::internal("a reference to rows that are not held"))?;
                let first_of = |root: &u64| offsets[(root - stride.first_root) as usize];
                let places =
                    rows.root.iter().zip(numbers).map(|(root, &number)| first_of(root) + number as u32);
                let places = UInt32Array::from_iter_values(places);
                Ok(take(&self.array(stride, held, column)?, &places, None)?)
            }
            Pick::Earlier { .. } => {
                let back: Vec<u64> =
                    rows.local.iter().zip(numbers).map(|(local, &number)| local - number as u64).collect();
                let earlier = Rc::new(Frame::new(entity, rows.earlier(&back), frame.parent.clone()));
                self.array(stride, &earlier, column)
            }
            Pick::Uniform { .. }
            | Pick::Zipf { .. }
            | Pick::Distinct { .. }
            | Pick::Before { .. }
            | Pick::Others { .. } => {
                let rows = Rows::scattered(numbers.iter().map(|&number| number as u64).collect());
                self.elsewhere(entity, rows, column)
            }
        }
    }

    /// A Row column of root rows anywhere.
    ///
    /// # Errors
    ///
    /// As [`Engine::array`].
    pub fn elsewhere(&self, entity: EntityId, rows: Rows, column: ColumnId) -> Result<ArrayRef> {
        let frame = Rc::new(Frame::new(entity, rows, None));
        self.array(&Stride::of(frame.clone()), &frame, column)
    }

    pub(super) fn value_error(&self, frame: &Frame, column: &Column, error: &RowError) -> Error {
        let (root, local) = match (frame.rows.root.get(error.row), frame.rows.local.get(error.row)) {
            (Some(&root), Some(&local)) => (root, local),
            _ => (0, 0),
        };
        let row = match frame.parent {
            None => root.to_string(),
            Some(_) => format!("{local} of root {root}"),
        };
        // Behind an `@` stands what a column was split into.
        let declared = match column.name.rsplit_once('@') {
            Some((declared, _)) if column.hidden => declared,
            _ => &column.name,
        };
        let entity = format!("{}.{declared}", self.model.entity(frame.entity).name);
        Error::Value { entity, row, message: error.message.clone() }
    }
}

fn shape(entity: &crate::model::Entity) -> TableShape {
    let columns = entity
        .visible()
        .map(|(at, column)| {
            let mut shape = ShapeColumn::new(&column.name, column.ty.clone());
            if column.nullable {
                shape = shape.nullable();
            }
            if low_cardinality(column) || repeats_parent(entity, column) {
                shape = shape.low_cardinality();
            }
            shape.unique = column.unique || entity.key == Some(at);
            shape.key_part = entity.composite_key.contains(&at);
            shape.default.clone_from(&column.default);
            shape
        })
        .collect();
    TableShape { entity: entity.name.clone(), columns }
}

/// A key of a parent that may have several children stands in neighbouring rows.
fn repeats_parent(entity: &crate::model::Entity, column: &Column) -> bool {
    let several = match &entity.origin {
        Origin::Child { fan_out, .. } => !matches!(fan_out, FanOut::When(_) | FanOut::Share(_)),
        Origin::Root { .. } => false,
    };
    several && matches!(column.strategy, Strategy::Copy(Source::Ancestor { .. }))
}

/// Whether a dictionary pays: decided by the declaration, never by the data.
fn low_cardinality(column: &Column) -> bool {
    const WORTH: usize = 4_096;
    match &column.strategy {
        Strategy::Pool(pool) | Strategy::Field { values: pool, .. } => pool.values.len() <= WORTH,
        Strategy::Constant(_) | Strategy::Switch { .. } | Strategy::Ordinal => true,
        Strategy::Uuid
        | Strategy::TimeUuid { .. }
        | Strategy::Record(_)
        | Strategy::Sequence { .. }
        | Strategy::Permutation { .. }
        | Strategy::Chance(_)
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
        | Strategy::Aggregate { .. } => matches!(column.ty, ColumnType::Enum { .. } | ColumnType::Boolean),
    }
}

/// Roots, entities with columns that need descendants, entities that siblings refer to, and their parents.
fn held(model: &Model) -> BTreeSet<EntityId> {
    let mut held: BTreeSet<EntityId> = model.roots().collect();
    for entity in model.entity_ids() {
        for column in &model.entity(entity).columns {
            if column.reach == Reach::Root {
                held.insert(entity);
            }
            match &column.strategy {
                Strategy::Pick(Pick::Within { entity, .. }) => {
                    held.insert(*entity);
                }
                Strategy::Aggregate { fold: Fold::First, entity, .. } => {
                    held.insert(*entity);
                }
                _ => {}
            }
        }
    }
    for entity in held.clone() {
        let mut at = entity;
        while let Origin::Child { parent, .. } = model.entity(at).origin {
            held.insert(parent);
            at = parent;
        }
    }
    held
}
