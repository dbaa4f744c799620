//! [`Rows`]: the addresses of some rows of one entity.

use std::ops::Range;

/// Rows of one entity, column by column: all vectors are of the same length.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// The row's root, by its number.
    pub root: Vec<u64>,
    /// The row's own number among its entity's rows under that root.
    pub local: Vec<u64>,
    /// The row's number under its parent.
    pub ordinal: Vec<u32>,
    /// The parent's place among the rows of the parent's frame.
    pub parent: Vec<u32>,
    /// The row's number among all rows of its entity. Right only where the plan counts the entity's rows.
    pub row: Vec<u64>,
}

impl Rows {
    /// Rows of a root entity.
    pub fn roots(numbers: Range<u64>) -> Self {
        let count = (numbers.end - numbers.start) as usize;
        Self {
            root: numbers.clone().collect(),
            local: vec![0; count],
            ordinal: vec![0; count],
            parent: vec![0; count],
            row: numbers.collect(),
        }
    }

    /// Rows of a root entity, in any order.
    pub fn scattered(numbers: Vec<u64>) -> Self {
        let count = numbers.len();
        Self {
            root: numbers.clone(),
            local: vec![0; count],
            ordinal: vec![0; count],
            parent: vec![0; count],
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

    /// Adds a row.
    #[inline]
    pub fn push(&mut self, root: u64, local: u64, ordinal: u32, parent: u32, row: u64) {
        self.root.push(root);
        self.local.push(local);
        self.ordinal.push(ordinal);
        self.parent.push(parent);
        self.row.push(row);
    }

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

    /// Some of the rows.
    pub fn slice(&self, range: Range<usize>) -> Self {
        Self {
            root: self.root[range.clone()].to_vec(),
            local: self.local[range.clone()].to_vec(),
            ordinal: self.ordinal[range.clone()].to_vec(),
            parent: self.parent[range.clone()].to_vec(),
            row: self.row[range].to_vec(),
        }
    }

    /// Rows at some places.
    pub fn chosen(&self, places: &[usize]) -> Self {
        let mut chosen = Self::with_capacity(places.len());
        for &at in places {
            chosen.push(self.root[at], self.local[at], self.ordinal[at], self.parent[at], self.row[at]);
        }
        chosen
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
