//! How a column's values are made: one strategy per file, from addresses to an Arrow array.
//!
//! A [`ColumnGenerator`] is a pure function of rows and of its inputs' arrays: no cursor, no hidden state.
//! Threads, shards, resuming, showing one row and testing one column are all the same call.

mod after;
mod between;
mod build;
mod chance;
mod composites;
mod constant;
pub mod expression;
mod forest;
mod law;
mod pass;
mod permutation;
mod pick;
mod pool;
mod process;
mod range;
mod record;
mod rows;
mod running;
mod sequence;
mod short_texts;
mod switch;
mod template;
mod text;
mod uuid;
mod wanted;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::nullif;

pub use build::{BuiltColumn, Context, build};
pub use rows::{Rows, RowsBuilder};
pub use wanted::spread;

/// A row whose value cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row}: {message}")]
pub struct RowError {
    /// The first such row of the run, from 0.
    pub row: usize,
    /// Why; of an expression in Postgres's words where it has them.
    pub message: String,
}

impl RowError {
    fn new(row: usize, message: impl Into<String>) -> Self {
        Self { row, message: message.into() }
    }
}

impl From<arrow::error::ArrowError> for RowError {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::new(0, error.to_string())
    }
}

/// Makes a column's values.
pub trait ColumnGenerator: Send + Sync {
    /// The values of `rows`; `inputs` are aligned with them, in the order of the column's sources.
    ///
    /// # Errors
    ///
    /// The first row whose value cannot be made.
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError>;

    /// Whether some rows may have no value. Such a column is made for the rows that are wanted alone: a condition guards
    /// it, and what could not be made of the others is no failure.
    fn may_fail(&self) -> bool {
        false
    }

    /// The rows whose values of an input are read, as the first input decides; nothing where they are all read.
    fn takes(&self, _first: &ArrayRef, _input: usize) -> Option<BooleanBuffer> {
        None
    }

    /// The values of the rows that are wanted, and NULL for the others.
    ///
    /// # Errors
    ///
    /// As [`ColumnGenerator::generate`].
    fn generate_where(
        &self,
        rows: &Rows,
        inputs: &[ArrayRef],
        wanted: &BooleanBuffer,
    ) -> Result<ArrayRef, RowError> {
        if self.may_fail() {
            return wanted::of_wanted(self, rows, inputs, wanted);
        }
        Ok(nullif(&self.generate(rows, inputs)?, &BooleanArray::new(!wanted, None))?)
    }
}
