//! [`BuiltFanOut`]: how many children each row of a frame has.

use std::collections::BTreeSet;
use std::rc::Rc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};

use super::engine::Engine;
use super::frame::{Frame, Stride};
use crate::columns::{Context, expression};
use crate::error::{Error, Result};
use crate::laws::shares::Share;
use crate::laws::{Draw, Sampler};
use crate::model::{BoundExpression, ColumnId, EntityId, FanOut, Origin, Source};
use crate::random::Key;
use crate::resolve::{Counts, Resolution};

/// More children than this under one parent are a mistake of the model.
const MOST_CHILDREN: f64 = 4_000_000_000.0;

/// A fan-out with its tables.
pub(super) enum BuiltFanOut {
    Column(ColumnId),
    Law(Key, Sampler),
    Ranked { by: ColumnId, counts: Counts },
    When(BoundExpression),
    Share(Share),
}

impl BuiltFanOut {
    /// The fan-out of a child entity; nothing for roots.
    pub(super) fn new(
        context: &Context<'_>,
        entity: EntityId,
        resolution: &Resolution,
    ) -> Result<Option<Self>> {
        let Origin::Child { parent, fan_out } = &context.model.entity(entity).origin else { return Ok(None) };
        let key = context.key(entity, "", "fan-out");
        Ok(Some(match fan_out {
            FanOut::Column(column) => Self::Column(*column),
            FanOut::Law(law) => Self::Law(key, Sampler::new(law).map_err(Error::internal)?),
            FanOut::Ranked { by, .. } => {
                let counts =
                    resolution.counts(entity).ok_or_else(|| Error::internal("an unresolved fan-out"))?;
                Self::Ranked { by: *by, counts }
            }
            FanOut::When(bound) => Self::When(bound.clone()),
            FanOut::Share(share) => {
                let rows = resolution
                    .rows(*parent)
                    .ok_or_else(|| Error::internal("a share of rows that are not counted"))?;
                Self::Share(Share::new(key, *share, rows).map_err(Error::internal)?)
            }
        }))
    }
}

impl Engine<'_> {
    /// The number of `child`'s rows under each row of a frame.
    ///
    /// # Errors
    ///
    /// A count that is negative, NULL or absurd.
    pub fn counts(&self, stride: &Stride, frame: &Rc<Frame>, child: EntityId) -> Result<Rc<Vec<u32>>> {
        if let Some(counts) = frame.known_counts(child) {
            return Ok(counts);
        }
        let fan_out =
            self.fan_outs[child.0].as_ref().ok_or_else(|| Error::internal("a root has no fan-out"))?;
        let rows = &frame.rows;
        let counts: Vec<u32> = match fan_out {
            BuiltFanOut::Column(column) => {
                self.column_counts(frame, child, &self.array(stride, frame, *column)?)?
            }
            BuiltFanOut::Law(key, sampler) => {
                let mut counts = Vec::with_capacity(rows.len());
                for (&root, &local) in rows.root.iter().zip(&rows.local) {
                    let drawn = libm::round(sampler.draw(&mut key.generator(root, local)));
                    if !(0.0..MOST_CHILDREN).contains(&drawn) {
                        return Err(self.count_error(
                            child,
                            root,
                            &format!("{drawn} children; a parent has fewer than {MOST_CHILDREN}"),
                        ));
                    }
                    counts.push(drawn as u32);
                }
                counts
            }
            BuiltFanOut::Ranked { by, counts } => {
                let ranks = self.array(stride, frame, *by)?;
                let ranks = ranks.as_primitive::<Int64Type>().values();
                let mut sizes = Vec::with_capacity(ranks.len());
                for &rank in ranks {
                    sizes.push(
                        u32::try_from(counts.size(rank as u64))
                            .map_err(|_| self.count_error(child, 0, "over 2^32 children"))?,
                    );
                }
                sizes
            }
            BuiltFanOut::When(bound) => {
                let inputs: Vec<ArrayRef> = bound
                    .sources
                    .iter()
                    .map(|source| self.input(stride, frame, *source))
                    .collect::<Result<_>>()?;
                let holds =
                    expression::holds(&bound.expression, rows.len(), &mut |symbol| inputs[symbol].clone())
                        .map_err(|error| self.count_error(child, rows.root[error.row], &error.message))?;
                holds.iter().map(u32::from).collect()
            }
            BuiltFanOut::Share(share) => share.choices(rows.row.iter().copied()).map(u32::from).collect(),
        };
        let counts = Rc::new(counts);
        frame.keep_counts(child, counts.clone());
        Ok(counts)
    }

    /// Whether how many of `child`'s rows a row has depends on a row that stands beside it under the same root.
    pub fn counts_by_siblings(&self, child: EntityId) -> bool {
        let (Some(parent), Some(fan_out)) = (self.model.parent(child), &self.fan_outs[child.0]) else {
            return false;
        };
        let own = |column: &ColumnId| vec![(parent, Source::Own(*column))];
        let mut waiting = match fan_out {
            BuiltFanOut::Column(column) | BuiltFanOut::Ranked { by: column, .. } => own(column),
            BuiltFanOut::When(bound) => bound.sources.iter().map(|&source| (parent, source)).collect(),
            BuiltFanOut::Law(..) | BuiltFanOut::Share(_) => Vec::new(),
        };
        let mut seen = BTreeSet::new();
        while let Some((entity, source)) = waiting.pop() {
            let columns = match source {
                Source::Own(column) => vec![(entity, column)],
                Source::Ancestor { entity: above, column, .. } => vec![(above, column)],
                Source::Pointed { by, entity: pointed, column } => vec![(entity, by), (pointed, column)],
                Source::Siblings(_) => return true,
                Source::Children(_) => continue,
            };
            for (entity, column) in columns {
                if seen.insert((entity, column)) {
                    waiting.extend(self.sources(entity, column).iter().map(|&source| (entity, source)));
                }
            }
        }
        false
    }

    fn column_counts(&self, frame: &Frame, child: EntityId, array: &ArrayRef) -> Result<Vec<u32>> {
        let array = cast(array, &DataType::Int64)?;
        let values = array.as_primitive::<Int64Type>();
        let mut counts = Vec::with_capacity(values.len());
        for at in 0..values.len() {
            let count = if values.is_null(at) { None } else { u32::try_from(values.value(at)).ok() };
            let root = frame.rows.root[at];
            counts.push(count.ok_or_else(|| {
                self.count_error(child, root, "a count that is NULL, negative or too large")
            })?);
        }
        Ok(counts)
    }

    fn count_error(&self, child: EntityId, root: u64, message: &str) -> Error {
        Error::Value {
            entity: self.model.entity(child).name.clone(),
            row: format!("under root {root}"),
            message: message.to_owned(),
        }
    }
}
