//! [`Vector`]: the values of a node on some rows, some of which failed.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Datum, PrimitiveArray, Scalar, StringArray,
    StringBuilder, UInt32Array, new_null_array,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::{nullif, take};

use crate::model::column_type::ColumnType;

/// Why a row has no value.
pub(super) type Failure = Cow<'static, str>;

/// Every row has a value, NULL, or a failure. What is not needed of a failed operand is left out by the operation
/// above, so no operation asks which rows are wanted.
pub(super) struct Vector {
    /// One value for each row, or one alone for a constant; NULL where the row failed.
    pub values: ArrayRef,
    /// The one value stands for all rows.
    pub constant: bool,
    /// The rows that failed, if any did.
    pub failures: Option<Failures>,
}

/// Rows that failed.
#[derive(Clone)]
pub(super) struct Failures {
    /// Where.
    pub rows: BooleanBuffer,
    /// Why one of them did: with one row, why that one did.
    pub message: Failure,
}

impl Failures {
    /// None where no row is left.
    pub fn new(rows: BooleanBuffer, message: Failure) -> Option<Self> {
        (rows.count_set_bits() > 0).then_some(Self { rows, message })
    }

    /// Those in the rows of a mask.
    pub fn within(self, mask: &BooleanBuffer) -> Option<Self> {
        Self::new(&self.rows & mask, self.message)
    }

    /// Both; where one row has both, the first came first.
    pub fn union(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (Some(first), Some(second)) => {
                Some(Self { rows: &first.rows | &second.rows, message: first.message })
            }
            (first, second) => first.or(second),
        }
    }
}

impl Vector {
    /// Values that nothing stands against but the failures.
    pub fn new(values: ArrayRef, constant: bool, failures: Option<Failures>) -> Self {
        let Some(failures) = failures else { return Self { values, constant, failures: None } };
        let failed = BooleanArray::from(failures.rows.clone());
        let values = nullif(&values, &failed).expect("a row for each failure");
        Self { values, constant, failures: Some(failures) }
    }

    /// One value for all rows.
    pub fn constant(value: impl Array + 'static) -> Self {
        Self { values: Arc::new(value), constant: true, failures: None }
    }

    /// NULL for all rows.
    pub fn null(ty: &ColumnType) -> Self {
        Self { values: new_null_array(&ty.data_type(), 1), constant: true, failures: None }
    }

    /// The form that Arrow's kernels take.
    pub fn datum(&self) -> Box<dyn Datum> {
        if self.constant {
            Box::new(Scalar::new(Arc::clone(&self.values)))
        } else {
            Box::new(Arc::clone(&self.values))
        }
    }

    /// A value for each of the rows.
    pub fn spread(&self, rows: usize) -> ArrayRef {
        if !self.constant || rows == 1 {
            return Arc::clone(&self.values);
        }
        let first = UInt32Array::from_value(0, rows);
        take(&self.values, &first, None).expect("a constant has a first value")
    }

    /// The rows of `rows` that failed.
    pub fn failed(&self, rows: usize) -> Option<Failures> {
        let failures = self.failures.clone()?;
        if self.constant && rows != 1 {
            return Some(Failures { rows: BooleanBuffer::new_set(rows), message: failures.message });
        }
        Some(failures)
    }

    /// The rows with a value.
    pub fn valid(&self, rows: usize) -> BooleanBuffer {
        self.nulls(rows).map_or_else(|| BooleanBuffer::new_set(rows), |nulls| nulls.inner().clone())
    }

    fn nulls(&self, rows: usize) -> Option<NullBuffer> {
        match self.values.nulls() {
            Some(nulls) if self.constant => nulls.is_null(0).then(|| NullBuffer::new_null(rows)),
            nulls => nulls.cloned(),
        }
    }

    /// The rows that are true, neither false nor NULL.
    pub fn is_true(&self, rows: usize) -> BooleanBuffer {
        let values = self.spread(rows);
        let values = values.as_boolean();
        match values.nulls() {
            Some(nulls) => values.values() & nulls.inner(),
            None => values.values().clone(),
        }
    }

    /// The rows that are false.
    pub fn is_false(&self, rows: usize) -> BooleanBuffer {
        &!&self.is_true(rows) & &self.valid(rows)
    }

    /// Its numbers by row.
    pub fn numbers<T: ArrowPrimitiveType>(&self) -> impl Fn(usize) -> T::Native {
        let stride = usize::from(!self.constant);
        let values = self.values.as_primitive::<T>().values();
        move |row| values[row * stride]
    }

    /// Its texts by row.
    pub fn texts<'a>(&'a self) -> impl Fn(usize) -> &'a str {
        let stride = usize::from(!self.constant);
        let values: &StringArray = self.values.as_string();
        move |row| values.value(row * stride)
    }
}

/// How many rows an operation has: a single one if all operands are constants.
pub(super) fn rows_of(operands: &[&Vector], rows: usize) -> usize {
    if operands.iter().all(|operand| operand.constant) { 1 } else { rows }
}

/// The rows that failed in any operand.
pub(super) fn any_failed(operands: &[&Vector], rows: usize) -> Option<Failures> {
    operands.iter().fold(None, |found, operand| Failures::union(found, operand.failed(rows)))
}

/// The rows whose operands all have values.
fn all_valid(operands: &[&Vector], rows: usize) -> Option<NullBuffer> {
    operands
        .iter()
        .fold(None, |found, operand| NullBuffer::union(found.as_ref(), operand.nulls(rows).as_ref()))
}

/// An operation that is NULL where an operand is, and what its rows come to elsewhere.
pub(super) struct Strict<'a> {
    operands: &'a [&'a Vector],
    rows: usize,
    nulls: Option<NullBuffer>,
    failed: Option<Vec<bool>>,
    message: Option<Failure>,
}

impl<'a> Strict<'a> {
    /// The operation on operands of that many rows.
    pub fn new(operands: &'a [&'a Vector], rows: usize) -> Self {
        let rows = rows_of(operands, rows);
        Self { operands, rows, nulls: all_valid(operands, rows), failed: None, message: None }
    }

    fn fail(&mut self, row: usize, message: Failure) {
        let rows = self.rows;
        self.failed.get_or_insert_with(|| vec![false; rows])[row] = true;
        self.message.get_or_insert(message);
    }

    fn finish(self, values: ArrayRef) -> Vector {
        let own = self
            .failed
            .zip(self.message)
            .and_then(|(failed, message)| Failures::new(BooleanBuffer::from(failed), message));
        let failures = Failures::union(any_failed(self.operands, self.rows), own);
        Vector::new(values, self.operands.iter().all(|operand| operand.constant), failures)
    }

    /// Numbers.
    pub fn numbers<T: ArrowPrimitiveType>(
        mut self,
        ty: &ColumnType,
        value: impl Fn(usize) -> Result<T::Native, Failure>,
    ) -> Vector {
        let mut values = Vec::with_capacity(self.rows);
        for row in 0..self.rows {
            if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                values.push(T::default_value());
                continue;
            }
            values.push(value(row).unwrap_or_else(|message| {
                self.fail(row, message);
                T::default_value()
            }));
        }
        let array =
            PrimitiveArray::<T>::new(values.into(), self.nulls.clone()).with_data_type(ty.data_type());
        self.finish(Arc::new(array))
    }

    /// Truth values.
    pub fn booleans(mut self, value: impl Fn(usize) -> Result<bool, Failure>) -> Vector {
        let mut values = vec![false; self.rows];
        for (row, slot) in values.iter_mut().enumerate() {
            if self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
                *slot = value(row).unwrap_or_else(|message| {
                    self.fail(row, message);
                    false
                });
            }
        }
        let array = BooleanArray::new(BooleanBuffer::from(values), self.nulls.clone());
        self.finish(Arc::new(array))
    }

    /// Texts, each written to an empty buffer.
    pub fn texts(mut self, write: impl Fn(usize, &mut String) -> Result<(), Failure>) -> Vector {
        let mut values = StringBuilder::with_capacity(self.rows, self.rows * 8);
        let mut text = String::new();
        for row in 0..self.rows {
            if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                values.append_null();
                continue;
            }
            text.clear();
            match write(row, &mut text) {
                Ok(()) => values.append_value(&text),
                Err(message) => {
                    values.append_null();
                    self.fail(row, message);
                }
            }
        }
        self.finish(Arc::new(values.finish()))
    }

    /// 16 bytes each.
    pub fn uuids(mut self, value: impl Fn(usize) -> Result<[u8; 16], Failure>) -> Vector {
        let mut values = arrow::array::FixedSizeBinaryBuilder::with_capacity(self.rows, 16);
        for row in 0..self.rows {
            let found = match &self.nulls {
                Some(nulls) if nulls.is_null(row) => None,
                _ => match value(row) {
                    Ok(bytes) => Some(bytes),
                    Err(message) => {
                        self.fail(row, message);
                        None
                    }
                },
            };
            match found {
                Some(bytes) => values.append_value(bytes).expect("16 bytes"),
                None => values.append_null(),
            }
        }
        self.finish(Arc::new(values.finish()))
    }
}
