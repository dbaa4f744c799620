//! [`Numbers`]: numbers by a law, drawn or stratified over ranks.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Decimal128Array, Float64Array, Int32Array, Int64Array};
use arrow::datatypes::Int64Type;

use super::{ColumnGenerator, RowError, Rows};
use crate::laws::tables::MixtureRanks;
use crate::laws::{Draw, Sampler, UniformSteps};
use crate::model::ColumnType;
use crate::random::Key;

/// How a row gets its number.
pub(super) enum Way {
    /// A draw of its own.
    Drawn(Key, Sampler),
    /// The value of its rank, which is the input.
    Ranked(MixtureRanks),
}

pub(super) struct Numbers {
    pub way: Way,
    pub ty: ColumnType,
}

impl Numbers {
    fn values(&self, rows: &Rows, inputs: &[ArrayRef]) -> Vec<f64> {
        match &self.way {
            Way::Drawn(key, sampler) => rows
                .root
                .iter()
                .zip(&rows.local)
                .map(|(&root, &local)| sampler.draw(&mut key.generator(root, local)))
                .collect(),
            Way::Ranked(ranks) => inputs[0]
                .as_primitive::<Int64Type>()
                .values()
                .iter()
                .map(|&rank| ranks.value(rank as u64) as f64)
                .collect(),
        }
    }

    /// The law's steps, where they are those of the column's type.
    fn steps(&self) -> Option<(&Key, &UniformSteps)> {
        let Way::Drawn(key, sampler) = &self.way else { return None };
        let steps = sampler.steps()?;
        (self.ty.decimals() == Some(steps.decimals())).then_some((key, steps))
    }

    /// Whole numbers and decimals of a law that has them all alike: no float stands between, which would skip some of
    /// more than 15 digits.
    fn in_steps(&self, rows: &Rows, key: &Key, law: &UniformSteps) -> Result<ArrayRef, RowError> {
        let steps: Vec<i64> = rows
            .root
            .iter()
            .zip(&rows.local)
            .map(|(&root, &local)| law.draw_step(&mut key.generator(root, local)))
            .collect();
        let within = |limit: i128| match steps.iter().position(|&step| i128::from(step).abs() >= limit) {
            Some(at) => Err(RowError::new(at, format!("{} does not fit {}", law.value(steps[at]), self.ty))),
            None => Ok(()),
        };
        if let ColumnType::Decimal { precision, scale } = &self.ty {
            within(10_i128.pow(u32::from(*precision)))?;
            let array = Decimal128Array::from_iter_values(steps.iter().map(|&step| i128::from(step)));
            return Ok(Arc::new(array.with_precision_and_scale(*precision, *scale)?));
        }
        if self.ty == ColumnType::Integer {
            within(1 << 31)?;
            return Ok(Arc::new(Int32Array::from_iter_values(steps.iter().map(|&step| step as i32))));
        }
        Ok(Arc::new(Int64Array::from(steps)))
    }
}

impl ColumnGenerator for Numbers {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        if let Some((key, steps)) = self.steps() {
            return self.in_steps(rows, key, steps);
        }
        let values = self.values(rows, inputs);
        let out_of_range = |at: usize| RowError::new(at, format!("{} does not fit {}", values[at], self.ty));
        let within = |limit: f64, scale: f64| values.iter().position(|value| (value * scale).abs() >= limit);
        match &self.ty {
            ColumnType::Integer => match within(2_147_483_648.0, 1.0) {
                Some(at) => Err(out_of_range(at)),
                None => Ok(Arc::new(Int32Array::from_iter_values(
                    values.iter().map(|&value| libm::round(value) as i32),
                ))),
            },
            ColumnType::BigInteger => match within(9.2e18, 1.0) {
                Some(at) => Err(out_of_range(at)),
                None => Ok(Arc::new(Int64Array::from_iter_values(
                    values.iter().map(|&value| libm::round(value) as i64),
                ))),
            },
            ColumnType::Decimal { precision, scale } => {
                let factor = libm::pow(10.0, f64::from(*scale));
                // A double holds 15 digits exactly.
                match within(libm::pow(10.0, f64::from((*precision).min(15))), factor) {
                    Some(at) => Err(out_of_range(at)),
                    None => {
                        let unscaled = values.iter().map(|&value| libm::round(value * factor) as i128);
                        let array = Decimal128Array::from_iter_values(unscaled);
                        Ok(Arc::new(array.with_precision_and_scale(*precision, *scale)?))
                    }
                }
            }
            ColumnType::Float
            | ColumnType::Uuid
            | ColumnType::Text
            | ColumnType::Boolean
            | ColumnType::Timestamp
            | ColumnType::DateTime
            | ColumnType::Date
            | ColumnType::Enum { .. }
            | ColumnType::Json
            | ColumnType::Array { .. }
            | ColumnType::Interval => Ok(Arc::new(Float64Array::from(values))),
        }
    }

    fn may_fail(&self) -> bool {
        true
    }
}
