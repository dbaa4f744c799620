//! [`Frame`]: CASE, COALESCE and the choices between values.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt32Array};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::kernels::boolean;
use arrow::compute::kernels::zip::zip;
use arrow::compute::{interleave, nullif};
use arrow::datatypes::DataType;

use super::super::short_texts::{SHORT, push_view};
use super::{Comparison, Failure, Frame, Operand, certain, compare, null_scalar};
use crate::model::column_type::ColumnType;
use crate::model::expression::{Branch, Function, Node};

impl Frame {
    pub(super) fn case(
        &self,
        branches: &[Branch],
        otherwise: Option<&Node>,
        ty: &ColumnType,
    ) -> Result<Operand, Failure> {
        let later_conditions = branches.iter().skip(1).map(|branch| &branch.condition);
        let results = branches.iter().map(|branch| &branch.result).chain(otherwise);
        if later_conditions.chain(results).any(Node::may_fail) {
            return self.case_by_rows(branches, otherwise, ty);
        }
        let otherwise = match otherwise {
            Some(node) => self.operand(node)?,
            None => null_scalar(ty)?,
        };
        match branches {
            [only] => {
                let condition = self.array(&only.condition)?;
                let result = self.operand(&only.result)?;
                if *result.array.data_type() == DataType::Utf8 {
                    return either_text(&certain(condition.as_boolean()), &result, &otherwise);
                }
                Ok(Operand::of(zip(condition.as_boolean(), &result, &otherwise)?))
            }
            _ => self.case_of_many(branches, otherwise),
        }
    }

    /// All conditions and results first, then one gathering pass.
    fn case_of_many(&self, branches: &[Branch], otherwise: Operand) -> Result<Operand, Failure> {
        let mut chosen = vec![branches.len(); self.rows];
        let mut results = Vec::with_capacity(branches.len() + 1);
        for (place, branch) in branches.iter().enumerate().rev() {
            let condition = self.array(&branch.condition)?;
            for row in certain(condition.as_boolean()).set_indices() {
                chosen[row] = place;
            }
        }
        for branch in branches {
            results.push(self.operand(&branch.result)?);
        }
        results.push(otherwise);
        let places: Vec<(usize, usize)> = chosen
            .into_iter()
            .enumerate()
            .map(|(row, place)| (place, if results[place].scalar { 0 } else { row }))
            .collect();
        let arrays: Vec<&dyn Array> = results.iter().map(|result| result.array.as_ref()).collect();
        Ok(Operand::of(interleave(&arrays, &places)?))
    }

    /// Each condition for the rows that no branch has taken yet, each result for the rows that took it.
    fn case_by_rows(
        &self,
        branches: &[Branch],
        otherwise: Option<&Node>,
        ty: &ColumnType,
    ) -> Result<Operand, Failure> {
        let mut gathered = Gathered::new(self.rows, ty)?;
        let mut open: Vec<u32> = (0..self.rows as u32).collect();
        for Branch { condition, result } in branches {
            let holds = self.picked(condition, &UInt32Array::from(open.clone()))?.array(condition)?;
            let holds = certain(holds.as_boolean());
            let (mut taken, mut left) = (Vec::with_capacity(open.len()), Vec::with_capacity(open.len()));
            for (place, &row) in open.iter().enumerate() {
                if holds.value(place) { taken.push(row) } else { left.push(row) }
            }
            gathered.add(self, result, taken)?;
            open = left;
        }
        if let Some(otherwise) = otherwise {
            gathered.add(self, otherwise, open)?;
        }
        gathered.finish()
    }

    pub(super) fn coalesce(&self, arguments: &[Node]) -> Result<Operand, Failure> {
        let (first, rest) = arguments.split_first().expect("COALESCE has an argument");
        if !rest.iter().any(Node::may_fail) {
            let operands: Vec<Operand> =
                arguments.iter().map(|node| self.operand(node)).collect::<Result<_, _>>()?;
            let mut chosen = operands.last().expect("COALESCE has an argument").clone();
            for operand in operands.iter().rev().skip(1) {
                let rows = if operand.scalar && chosen.scalar { 1 } else { self.rows };
                let known = boolean::is_not_null(&operand.expanded(rows)?)?;
                chosen =
                    Operand { array: zip(&known, operand, &chosen)?, scalar: rows == 1 && operand.scalar };
            }
            return Ok(chosen);
        }
        let mut gathered = Gathered::new(self.rows, &first.ty)?;
        let mut open: Vec<u32> = (0..self.rows as u32).collect();
        for node in arguments {
            let values = gathered.add(self, node, open.clone())?;
            open = open
                .into_iter()
                .enumerate()
                .filter(|&(place, _)| values.is_null(place))
                .map(|(_, row)| row)
                .collect();
        }
        gathered.finish()
    }

    pub(super) fn choice(&self, function: Function, arguments: &[Node]) -> Result<Operand, Failure> {
        let mut operands = arguments.iter().map(|node| self.operand(node));
        let mut chosen = operands.next().expect("a choice has an argument")?;
        for other in operands {
            let other = other?;
            let scalar = chosen.scalar && other.scalar;
            let rows = if scalar { 1 } else { self.rows };
            if function == Function::NullIf {
                let equal = compare(Comparison::Equal, &chosen, &other)?.expanded(rows)?;
                let array = nullif(&chosen.expanded(rows)?, equal.as_boolean())?;
                chosen = Operand { array, scalar };
                continue;
            }
            let operator = if function == Function::Least {
                Comparison::LessOrEqual
            } else {
                Comparison::GreaterOrEqual
            };
            let keeps = compare(operator, &chosen, &other)?.expanded(rows)?;
            let alone = boolean::is_null(&other.expanded(rows)?)?;
            let keeps = boolean::or_kleene(keeps.as_boolean(), &alone)?;
            chosen = Operand { array: zip(&keeps, &chosen, &other)?, scalar };
        }
        Ok(chosen)
    }
}

/// The first text where the condition is true, else the second. Arrow's `zip` copies texts run by run, which is slow where
/// the condition changes often.
fn either_text(condition: &BooleanBuffer, first: &Operand, second: &Operand) -> Result<Operand, Failure> {
    let sides = [second, first].map(Side::of);
    let valid = || condition.iter().enumerate().map(|(row, first)| sides[usize::from(first)].is_valid(row));
    let nulls =
        sides.iter().any(|side| side.texts.null_count() > 0).then(|| NullBuffer::new(valid().collect()));
    let bytes: usize = sides.iter().map(|side| side.data.len()).sum();
    let mut written: Vec<u8> = Vec::with_capacity(bytes + condition.len() * SHORT);
    let mut offsets = Vec::with_capacity(condition.len() + 1);
    offsets.push(0);
    for (row, first) in condition.iter().enumerate() {
        sides[usize::from(first)].push(row, &mut written);
        let end = i32::try_from(written.len());
        offsets.push(end.map_err(|_| Failure("a slice holds over 2 GiB of text".to_owned()))?);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let texts = StringArray::try_new(offsets, Buffer::from_vec(written), nulls)?;
    Ok(Operand::of(Arc::new(texts)))
}

/// One of two operands of texts.
struct Side<'o> {
    texts: &'o StringArray,
    scalar: bool,
    /// Of a constant, with so much behind it that a short one begins a view.
    data: Cow<'o, [u8]>,
}

impl<'o> Side<'o> {
    fn of(operand: &'o Operand) -> Self {
        let texts = operand.array.as_string::<i32>();
        let mut data = Cow::Borrowed(texts.value_data());
        if operand.scalar {
            data.to_mut().extend([0; SHORT]);
        }
        Self { texts, scalar: operand.scalar, data }
    }

    fn place(&self, row: usize) -> usize {
        if self.scalar { 0 } else { row }
    }

    fn is_valid(&self, row: usize) -> bool {
        self.texts.is_valid(self.place(row))
    }

    /// Appends a row's text.
    fn push(&self, row: usize, out: &mut Vec<u8>) {
        let ends = &self.texts.value_offsets()[self.place(row)..];
        let (start, end) = (ends[0] as usize, ends[1] as usize);
        match self.data[start..].first_chunk::<SHORT>() {
            Some(view) if end - start <= SHORT => push_view(view, end - start, out),
            _ => out.extend_from_slice(&self.data[start..end]),
        }
    }
}

/// Values of some rows at a time, NULL for the rows that none came for.
struct Gathered {
    arrays: Vec<ArrayRef>,
    places: Vec<(usize, usize)>,
}

impl Gathered {
    fn new(rows: usize, ty: &ColumnType) -> Result<Self, Failure> {
        Ok(Self { arrays: vec![null_scalar(ty)?.array], places: vec![(0, 0); rows] })
    }

    /// Evaluates a node for some rows; a later value of a row replaces an earlier one.
    fn add(&mut self, frame: &Frame, node: &Node, rows: Vec<u32>) -> Result<ArrayRef, Failure> {
        for (place, row) in rows.iter().enumerate() {
            self.places[*row as usize] = (self.arrays.len(), place);
        }
        let values = frame.picked(node, &UInt32Array::from(rows))?.array(node)?;
        self.arrays.push(values.clone());
        Ok(values)
    }

    fn finish(self) -> Result<Operand, Failure> {
        let arrays: Vec<&dyn Array> = self.arrays.iter().map(|array| array.as_ref()).collect();
        Ok(Operand::of(interleave(&arrays, &self.places)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn one_text_or_the_other_is_chosen_as_arrow_does(
            rows in prop::collection::vec(
                (any::<bool>(), prop::option::of("[aä]{0,20}"), prop::option::of("[bß]{0,20}")), 1..40,
            ),
            constants in (any::<bool>(), any::<bool>()),
            skipped in prop::sample::Index::arbitrary(),
        ) {
            let skipped = skipped.index(rows.len());
            let side = |texts: Vec<Option<&str>>, constant: bool| {
                let texts: ArrayRef = Arc::new(StringArray::from(texts));
                let length = if constant { 1 } else { rows.len() - skipped };
                Operand { array: texts.slice(skipped, length), scalar: constant }
            };
            let first = side(rows.iter().map(|(_, first, _)| first.as_deref()).collect(), constants.0);
            let second = side(rows.iter().map(|(_, _, second)| second.as_deref()).collect(), constants.1);
            let condition: BooleanBuffer = rows[skipped..].iter().map(|(condition, ..)| *condition).collect();
            let chosen = either_text(&condition, &first, &second).expect("little text");
            prop_assert_eq!(&chosen.array, &zip(&condition.into(), &first, &second)?);
        }
    }
}
