//! [`Folds`]: aggregates, folded slice by slice into the rows that are held for them.

use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Date32Array, Decimal128Array, Int32Array, Int64Array,
    PrimitiveArray, TimestampMicrosecondArray, UInt32Array,
};
use arrow::compute::take;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};

use super::engine::Engine;
use super::frame::{Frame, Stride};
use crate::error::{Error, Result};
use crate::model::{Column, ColumnId, ColumnType, Edge, EntityId, Fold, Reach, Strategy};

/// One aggregate column of a stride on its way.
struct Folding {
    target: (EntityId, ColumnId),
    fold: Fold,
    from: (EntityId, ColumnId),
    edge: Edge,
    values: Vec<i128>,
    present: Vec<bool>,
}

/// All aggregate columns of a family over one stride.
pub(super) struct Folds {
    foldings: Vec<Folding>,
}

impl Folds {
    /// Empty folds for the held rows of a stride.
    pub(super) fn new(engine: &Engine<'_>, stride: &Stride, family: &[EntityId]) -> Self {
        let mut foldings = Vec::new();
        for &entity in family {
            let Some(frame) = stride.frame(entity) else { continue };
            for (at, column) in engine.model.entity(entity).columns.iter().enumerate() {
                if let Strategy::Aggregate { fold, entity: source, column: folded, edge } = &column.strategy {
                    foldings.push(Folding {
                        target: (entity, ColumnId(at)),
                        fold: *fold,
                        from: (*source, *folded),
                        edge: *edge,
                        values: vec![0; frame.rows.len()],
                        present: vec![false; frame.rows.len()],
                    });
                }
            }
        }
        Self { foldings }
    }

    /// Folds the rows of a frame into whatever aggregates them. Columns that need aggregates themselves
    /// wait for [`Folds::finish`].
    pub(super) fn fold(&mut self, engine: &Engine<'_>, stride: &Stride, frame: &Rc<Frame>) -> Result<()> {
        for folding in &mut self.foldings {
            if folding.from.0 == frame.entity && !folding.is_late(engine) {
                folding.add(engine, stride, frame)?;
            }
        }
        Ok(())
    }

    /// Gives the held frames their aggregates, those first on which others depend.
    pub(super) fn finish(mut self, engine: &Engine<'_>, stride: &Stride) -> Result<()> {
        while !self.foldings.is_empty() {
            let before = self.foldings.len();
            let mut waiting = Vec::new();
            let mut reason = None;
            for mut folding in std::mem::take(&mut self.foldings) {
                if folding.is_late(engine) {
                    let Some(held) = stride.frame(folding.from.0).cloned() else {
                        let source = engine.model.column(folding.from.0, folding.from.1);
                        return Err(Error::internal(format!(
                            "`{}` is folded late but not held",
                            source.name
                        )));
                    };
                    match folding.wait(engine, stride, &held) {
                        Ok(()) => folding.add_late(engine, stride, &held)?,
                        // The engine says so of a column that is not folded yet.
                        Err(error @ Error::Internal(_)) => {
                            reason = Some(error);
                            waiting.push(folding);
                        }
                        Err(error) => return Err(error),
                    }
                } else {
                    folding.keep(engine, stride)?;
                }
            }
            self.foldings = waiting;
            if let (true, Some(reason)) = (self.foldings.len() == before, reason) {
                return Err(reason);
            }
        }
        Ok(())
    }
}

impl Folding {
    /// Whether its rows are folded when their root is complete: what is folded, or where to, needs aggregates itself.
    fn is_late(&self, engine: &Engine<'_>) -> bool {
        let (entity, folded) = self.from;
        let needs_root = |column| engine.model.column(entity, column).reach == Reach::Root;
        let chosen_late = match self.edge {
            Edge::Ancestor(_) => false,
            Edge::Pick(pick) => needs_root(pick),
        };
        self.fold == Fold::First || needs_root(folded) || chosen_late
    }

    /// Makes what the rows are folded by.
    fn wait(&self, engine: &Engine<'_>, stride: &Stride, held: &Rc<Frame>) -> Result<()> {
        engine.array(stride, held, self.from.1)?;
        if let Edge::Pick(pick) = self.edge {
            engine.array(stride, held, pick)?;
        }
        Ok(())
    }

    fn add(&mut self, engine: &Engine<'_>, stride: &Stride, frame: &Rc<Frame>) -> Result<()> {
        let array = engine.array(stride, frame, self.from.1)?;
        let places = self.places(engine, stride, frame)?;
        match array.data_type() {
            DataType::Int32 => self.add_values(array.as_primitive::<Int32Type>(), &places),
            DataType::Int64 => self.add_values(array.as_primitive::<Int64Type>(), &places),
            DataType::Date32 => self.add_values(array.as_primitive::<Date32Type>(), &places),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                self.add_values(array.as_primitive::<TimestampMicrosecondType>(), &places)
            }
            DataType::Decimal128(..) => self.add_values(array.as_primitive::<Decimal128Type>(), &places),
            other => Err(Error::internal(format!("{other} cannot be folded"))),
        }
    }

    fn add_values<T: ArrowPrimitiveType>(
        &mut self,
        array: &PrimitiveArray<T>,
        places: &[Option<u32>],
    ) -> Result<()>
    where
        T::Native: Ord,
        i128: From<T::Native>,
    {
        let values = array.values();
        let mut start = 0;
        // Most rows stand beside others that are folded into the same.
        for run in places.chunk_by(PartialEq::eq) {
            let rows = start..start + run.len();
            start = rows.end;
            let Some(place) = run[0] else { continue };
            if array.null_count() == 0 {
                self.add_run(place as usize, values[rows].iter().copied())?;
            } else {
                let known = rows.filter(|&at| array.is_valid(at)).map(|at| values[at]);
                self.add_run(place as usize, known)?;
            }
        }
        Ok(())
    }

    fn add_run<N: Ord>(&mut self, place: usize, mut values: impl Iterator<Item = N>) -> Result<()>
    where
        i128: From<N>,
    {
        let overflow = || Error::internal("a sum over 128 bits");
        let folded = match self.fold {
            Fold::Sum => {
                let sum = values.try_fold(0_i128, |sum, value| sum.checked_add(value.into()));
                Some(sum.ok_or_else(overflow)?)
            }
            Fold::Min => values.min().map(i128::from),
            Fold::Max => values.max().map(i128::from),
            Fold::First => values.next().map(i128::from),
        };
        let Some(folded) = folded else { return Ok(()) };
        let kept = &mut self.values[place];
        *kept = match (self.present[place], self.fold) {
            (_, Fold::Sum) => kept.checked_add(folded).ok_or_else(overflow)?,
            (true, Fold::Min) => folded.min(*kept),
            (true, Fold::Max) => folded.max(*kept),
            (true, Fold::First) => *kept,
            (false, Fold::Min | Fold::Max | Fold::First) => folded,
        };
        self.present[place] = true;
        Ok(())
    }

    fn add_late(&mut self, engine: &Engine<'_>, stride: &Stride, held: &Rc<Frame>) -> Result<()> {
        if self.fold != Fold::First {
            self.add(engine, stride, held)?;
            return self.keep(engine, stride);
        }
        let array = engine.array(stride, held, self.from.1)?;
        let target = self.target_frame(stride)?;
        let mut firsts: Vec<Option<u32>> = vec![None; target.rows.len()];
        for (at, (&parent, &ordinal)) in held.rows.parent.iter().zip(&held.rows.ordinal).enumerate() {
            if ordinal == 0 {
                firsts[parent as usize] = Some(at as u32);
            }
        }
        target.keep(self.target.1, take(&array, &UInt32Array::from(firsts), None)?);
        Ok(())
    }

    fn target_frame<'s>(&self, stride: &'s Stride) -> Result<&'s Rc<Frame>> {
        stride.frame(self.target.0).ok_or_else(|| Error::internal("an aggregate without its rows"))
    }

    /// Which held row each row of the frame is folded into: none where its reference is NULL.
    fn places(&self, engine: &Engine<'_>, stride: &Stride, frame: &Rc<Frame>) -> Result<Vec<Option<u32>>> {
        match self.edge {
            Edge::Ancestor(levels) => frame
                .ancestor(levels)
                .map(|(_, places)| places.iter().copied().map(Some).collect())
                .ok_or_else(|| Error::internal("a frame without its parent")),
            Edge::Pick(pick) => {
                let numbers = engine.array(stride, frame, pick)?;
                let (_, offsets) = stride
                    .held
                    .get(&self.target.0)
                    .ok_or_else(|| Error::internal("a reference to rows that are not held"))?;
                let roots = frame.rows.root.iter();
                let first_of = |root: &u64| offsets[(root - stride.first_root) as usize];
                Ok(roots
                    .zip(numbers.as_primitive::<Int64Type>())
                    .map(|(root, number)| number.map(|number| first_of(root) + number as u32))
                    .collect())
            }
        }
    }

    fn keep(&self, engine: &Engine<'_>, stride: &Stride) -> Result<()> {
        let frame = self.target_frame(stride)?;
        let column = engine.model.column(self.target.0, self.target.1);
        let values: Vec<Option<i128>> = self
            .values
            .iter()
            .zip(&self.present)
            .map(|(&value, &present)| (present || self.fold == Fold::Sum).then_some(value))
            .collect();
        frame.keep(
            self.target.1,
            typed(&values, column).map_err(|at| self.overflow(engine, frame, column, at))?,
        );
        Ok(())
    }

    fn overflow(&self, engine: &Engine<'_>, frame: &Frame, column: &Column, at: usize) -> Error {
        let message = format!("{} does not fit {}", self.values[at], column.ty);
        engine.value_error(frame, column, &crate::columns::RowError { row: at, message })
    }
}

/// Values of the column's type, or the first that does not fit.
fn typed(values: &[Option<i128>], column: &Column) -> std::result::Result<ArrayRef, usize> {
    fn narrow<T: TryFrom<i128>>(values: &[Option<i128>]) -> std::result::Result<Vec<Option<T>>, usize> {
        values
            .iter()
            .enumerate()
            .map(|(at, value)| value.map(|value| T::try_from(value).map_err(|_| at)).transpose())
            .collect()
    }
    Ok(match &column.ty {
        ColumnType::Integer => Arc::new(Int32Array::from(narrow::<i32>(values)?)),
        ColumnType::Date => Arc::new(Date32Array::from(narrow::<i32>(values)?)),
        ColumnType::Timestamp | ColumnType::DateTime => {
            Arc::new(TimestampMicrosecondArray::from(narrow::<i64>(values)?).with_timezone("UTC"))
        }
        ColumnType::Decimal { precision, scale } => {
            let limit = 10i128.checked_pow(u32::from(*precision)).unwrap_or(i128::MAX);
            if let Some(at) = values.iter().position(|value| value.is_some_and(|value| value.abs() >= limit))
            {
                return Err(at);
            }
            let array = Decimal128Array::from(values.to_vec());
            Arc::new(array.with_precision_and_scale(*precision, *scale).map_err(|_| 0usize)?)
        }
        ColumnType::BigInteger
        | ColumnType::Uuid
        | ColumnType::Text
        | ColumnType::Float
        | ColumnType::Boolean
        | ColumnType::Enum { .. }
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Interval => Arc::new(Int64Array::from(narrow::<i64>(values)?)),
    })
}
