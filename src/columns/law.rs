//! [`Numbers`]: numbers by a law, drawn or stratified over ranks.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Decimal128Array, Float64Array, Int32Array, Int64Array};
use arrow::datatypes::Int64Type;

use super::{ColumnGenerator, RowError, Rows};
use crate::laws::tables::MixtureRanks;
use crate::laws::{Draw, Sampler};
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
}

impl ColumnGenerator for Numbers {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
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
}
