//! [`Rows`]: the addresses of some rows of one entity.

use std::ops::Range;

use arrow::buffer::ScalarBuffer;

/// Rows of one entity, column by column: all buffers are of the same length. Clones and slices share them.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The row's root, by its number.
    pub root: ScalarBuffer<u64>,
    /// The row's own number among its entity's rows under that root.
    pub local: ScalarBuffer<u64>,
    /// The row's number under its parent.
    pub ordinal: ScalarBuffer<u32>,
    /// The parent's place among the rows of the parent's frame.
    pub parent: ScalarBuffer<u32>,
    /// The row's number among all rows of its entity. Right only where the plan counts the entity's rows.
    pub row: ScalarBuffer<u64>,
}

impl Rows {
    /// Rows of a root entity.
    pub fn roots(numbers: Range<u64>) -> Self {
        Self::scattered(numbers.collect())
    }

    /// Rows of a root entity, in any order.
    pub fn scattered(numbers: Vec<u64>) -> Self {
        let count = numbers.len();
        let numbers = ScalarBuffer::from(numbers);
        let zeros = ScalarBuffer::from(vec![0; count]);
        Self {
            root: numbers.clone(),
            local: vec![0; count].into(),
            ordinal: zeros.clone(),
            parent: zeros,
            row: numbers,
        }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.root.len()
    }

    /// No rows.
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }

    /// Some of the rows.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let (start, count) = (range.start, range.len());
        Self {
            root: self.root.slice(start, count),
            local: self.local.slice(start, count),
            ordinal: self.ordinal.slice(start, count),
            parent: self.parent.slice(start, count),
            row: self.row.slice(start, count),
        }
    }

    /// Rows at some places.
    pub fn chosen(&self, places: &[usize]) -> Self {
        Self {
            root: places.iter().map(|&at| self.root[at]).collect(),
            local: places.iter().map(|&at| self.local[at]).collect(),
            ordinal: places.iter().map(|&at| self.ordinal[at]).collect(),
            parent: places.iter().map(|&at| self.parent[at]).collect(),
            row: places.iter().map(|&at| self.row[at]).collect(),
        }
    }

    /// The rows of the same parents that are so many rows before these.
    pub fn earlier(&self, by: &[u64]) -> Self {
        let before =
            |numbers: &[u64]| numbers.iter().zip(by).map(|(number, by)| number.wrapping_sub(*by)).collect();
        Self {
            root: self.root.clone(),
            local: before(&self.local),
            ordinal: self.ordinal.iter().zip(by).map(|(ordinal, by)| ordinal - *by as u32).collect(),
            parent: self.parent.clone(),
            row: before(&self.row),
        }
    }

    /// Runs of rows under one parent.
    pub fn runs(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            if at == self.len() {
                return None;
            }
            let start = at;
            at += 1;
            while at < self.len() && self.parent[at] == self.parent[start] && self.ordinal[at] > 0 {
                at += 1;
            }
            Some(start..at)
        })
    }
}

/// Rows that are being numbered.
#[derive(Debug, Default)]
pub struct RowsBuilder {
    root: Vec<u64>,
    local: Vec<u64>,
    ordinal: Vec<u32>,
    parent: Vec<u32>,
    row: Vec<u64>,
}

impl RowsBuilder {
    /// Room for so many rows.
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            root: Vec::with_capacity(rows),
            local: Vec::with_capacity(rows),
            ordinal: Vec::with_capacity(rows),
            parent: Vec::with_capacity(rows),
            row: Vec::with_capacity(rows),
        }
    }

    /// The number of rows so far.
    pub const fn len(&self) -> usize {
        self.root.len()
    }

    /// No rows so far.
    pub const fn is_empty(&self) -> bool {
        self.root.is_empty()
    }

    /// Adds a row.
    #[inline]
    pub fn push(&mut self, root: u64, local: u64, ordinal: u32, parent: u32, row: u64) {
        self.root.push(root);
        self.local.push(local);
        self.ordinal.push(ordinal);
        self.parent.push(parent);
        self.row.push(row);
    }

    /// Adds all children of a parent; `local` and `row` are those of the first.
    #[inline]
    pub fn push_children(&mut self, root: u64, local: u64, count: u32, parent: u32, row: u64) {
        let rows = self.len() + count as usize;
        self.root.resize(rows, root);
        self.local.extend(local..local + u64::from(count));
        self.ordinal.extend(0..count);
        self.parent.resize(rows, parent);
        self.row.extend(row..row + u64::from(count));
    }

    /// The rows that were added.
    pub fn finish(self) -> Rows {
        Rows {
            root: self.root.into(),
            local: self.local.into(),
            ordinal: self.ordinal.into(),
            parent: self.parent.into(),
            row: self.row.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two parents with three and two rows.
    fn five() -> Rows {
        let mut rows = RowsBuilder::with_capacity(5);
        rows.push_children(7, 10, 3, 0, 100);
        rows.push_children(8, 0, 2, 1, 103);
        rows.finish()
    }

    #[test]
    fn a_slice_shares_what_it_is_a_slice_of() {
        let (rows, all) = (five().slice(1..4), five());
        assert_eq!((rows.len(), rows.is_empty()), (3, false));
        assert_eq!(rows.root, [7, 7, 8]);
        assert_eq!((rows.local, rows.row), (vec![11, 12, 0].into(), vec![101, 102, 103].into()));
        assert_eq!((rows.ordinal, rows.parent), (vec![1, 2, 0].into(), vec![0, 0, 1].into()));
        assert_eq!(all.slice(2..5).root.as_ptr(), all.root[2..].as_ptr());
    }

    #[test]
    fn chosen_and_earlier_rows_are_addressed_as_they_are() {
        let chosen = five().chosen(&[4, 2]);
        assert_eq!((&chosen.root[..], &chosen.local[..]), (&[8, 7][..], &[1, 12][..]));
        let earlier = chosen.earlier(&[1, 2]);
        assert_eq!((&earlier.local[..], &earlier.row[..]), (&[0, 10][..], &[103, 100][..]));
        assert_eq!((&earlier.ordinal[..], &earlier.parent[..]), (&[0, 0][..], &[1, 0][..]));
    }

    #[test]
    fn runs_are_those_of_each_parent() {
        assert_eq!(five().runs().collect::<Vec<_>>(), [0..3, 3..5]);
        assert_eq!(five().slice(2..2).runs().count(), 0);
    }
}
