//! [`Figures`]: what a part's rows come to, computed from its Arrow batches and again by the server.
//!
//! A part is loaded by one transaction, so that its rows are those that carry its number as `xmin`, also after they
//! are frozen. Every figure is a count, a sum or a bound: it does not depend on the order of rows, and figures of
//! several parts that share a transaction merge into one.
//!
//! | figure | of | notices |
//! | --- | --- | --- |
//! | rows | the table | lost and doubled rows |
//! | present | every column | a value for NULL and the reverse |
//! | content | every column | any changed value; a value that moved to another row |
//! | total | integers, decimals, dates, booleans | any one changed value, for certain; readable |
//! | least, greatest | integers, decimals, dates, timestamps | readable |
//!
//! `content` is the sum over the rows of a 64-bit [`hash`](super::hash) of the value, seeded with the hash of the
//! same row's value in the columns that tie them, its key as a rule: so a value that stands in the wrong row is noticed,
//! which a plain sum would not. What stays unnoticed: a zero's sign and a NaN's bits, which are equal to Postgres;
//! a swap of values between rows whose tie values are equal; a wrong value in 2^64 (a timestamp: in 2^32) by chance.

mod accumulate;
mod sql;

use std::fmt;

use arrow::array::RecordBatch;
use serde::{Deserialize, Serialize};

pub use sql::{from_row, query};

use crate::dataset::table::{ShapeColumn, TableShape};
use crate::error::{Error, Result};
use crate::model::ColumnType;

/// What rows of a table come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// How many there are.
    pub rows: u64,
    /// One for each column of the shape.
    pub columns: Vec<ColumnFigures>,
}

/// What a column's values come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnFigures {
    /// Values that are not NULL.
    pub present: u64,
    /// The sum of their hashes, each a signed 64-bit number.
    pub content: Whole,
    /// Their sum: of whole numbers, of decimals without the point, of days since 1970, of trues. Modulo 2^128, which
    /// only sums of 38-digit decimals reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Whole>,
    /// The least and the greatest, in the units of `total` or microseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<(Whole, Whole)>,
}

/// A number that JSON readers would round: its JSON is a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Whole(
    /// The number.
    pub i128,
);

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Whole> for String {
    fn from(whole: Whole) -> Self {
        whole.to_string()
    }
}

impl TryFrom<String> for Whole {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// Whether a column has a total: where Postgres adds fast, and exactly.
fn has_total(ty: &ColumnType) -> bool {
    match ty {
        ColumnType::Integer
        | ColumnType::BigInteger
        | ColumnType::Decimal { .. }
        | ColumnType::Boolean
        | ColumnType::Date => true,
        ColumnType::Uuid
        | ColumnType::Text
        | ColumnType::Float
        | ColumnType::Timestamp
        | ColumnType::DateTime
        | ColumnType::Enum { .. }
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Interval => false,
    }
}

/// Whether a column has bounds.
fn has_bounds(ty: &ColumnType) -> bool {
    match ty {
        ColumnType::Integer
        | ColumnType::BigInteger
        | ColumnType::Decimal { .. }
        | ColumnType::Timestamp
        | ColumnType::DateTime
        | ColumnType::Date => true,
        ColumnType::Uuid
        | ColumnType::Text
        | ColumnType::Float
        | ColumnType::Boolean
        | ColumnType::Enum { .. }
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Interval => false,
    }
}

/// The columns that tie a row's values together: one that is never NULL and unique if there is such a one, else the
/// columns of the key, else any that is never NULL; cheap to hash if there is a choice. Each is hashed with the hash of
/// those before it as its seed.
fn ties(shape: &TableShape) -> Vec<usize> {
    let is_text = |ty: &ColumnType| matches!(ty, ColumnType::Text | ColumnType::Enum { .. });
    let columns = || shape.columns.iter().enumerate().filter(|(_, column)| !column.nullable);
    let key: Vec<usize> = columns().filter(|(_, column)| column.key_part).map(|(at, _)| at).collect();
    if !key.is_empty() && !columns().any(|(_, column)| column.unique) {
        return key;
    }
    let best = columns().min_by_key(|(_, column)| (!column.unique, is_text(&column.ty)));
    best.map(|(at, _)| at).into_iter().collect()
}

impl Figures {
    /// Those of no row.
    pub fn new(shape: &TableShape) -> Self {
        let column = |column: &ShapeColumn| ColumnFigures {
            total: has_total(&column.ty).then_some(Whole(0)),
            ..ColumnFigures::default()
        };
        Self { rows: 0, columns: shape.columns.iter().map(column).collect() }
    }

    /// Adds rows. They have the shape's columns, types and order, as `PartReader` gives them.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] if they have not.
    pub fn add(&mut self, shape: &TableShape, batch: &RecordBatch) -> Result<()> {
        let schema = batch.schema();
        let types = schema.fields().iter().map(|field| field.data_type());
        if !types.eq(shape.columns.iter().map(|column| column.ty.data_type()).collect::<Vec<_>>().iter()) {
            return Err(Error::internal(format!("a batch of {} has other columns: {schema}", shape.entity)));
        }
        self.merge(&accumulate::figures(shape, batch));
        Ok(())
    }

    /// Adds the figures of other rows of the same table.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        for (mine, others) in self.columns.iter_mut().zip(&other.columns) {
            mine.merge(others);
        }
    }

    /// How many numbers these are.
    pub fn count(&self) -> u64 {
        let of = |column: &ColumnFigures| {
            2 + u64::from(column.total.is_some()) + 2 * u64::from(column.bounds.is_some())
        };
        1 + self.columns.iter().map(of).sum::<u64>()
    }

    /// What is otherwise in the figures that were found, each with column, figure and both values. Empty if they are
    /// equal.
    pub fn differences(&self, found: &Self, shape: &TableShape) -> Vec<String> {
        let mut differences = Vec::new();
        if self.rows != found.rows {
            differences.push(format!("rows: {} expected, {} found", self.rows, found.rows));
        }
        for ((column, expected), found) in shape.columns.iter().zip(&self.columns).zip(&found.columns) {
            expected.compare(found, &column.name, &mut differences);
        }
        if self.columns.len() != found.columns.len() {
            differences.push(format!(
                "columns: {} expected, {} found",
                self.columns.len(),
                found.columns.len()
            ));
        }
        differences
    }
}

impl ColumnFigures {
    fn merge(&mut self, other: &Self) {
        self.present += other.present;
        self.content = Whole(self.content.0.wrapping_add(other.content.0));
        self.total = match (self.total, other.total) {
            (Some(Whole(mine)), Some(Whole(others))) => Some(Whole(mine.wrapping_add(others))),
            (mine, others) => mine.or(others),
        };
        self.bounds = match (self.bounds, other.bounds) {
            (Some(mine), Some(others)) => Some((mine.0.min(others.0), mine.1.max(others.1))),
            (mine, others) => mine.or(others),
        };
    }

    fn compare(&self, found: &Self, name: &str, differences: &mut Vec<String>) {
        let told = |whole: Option<Whole>| whole.map_or_else(|| "none".to_owned(), |whole| whole.to_string());
        let least = |figures: &Self| told(figures.bounds.map(|bounds| bounds.0));
        let greatest = |figures: &Self| told(figures.bounds.map(|bounds| bounds.1));
        for (figure, expected, found) in [
            ("values that are not NULL", self.present.to_string(), found.present.to_string()),
            ("total", told(self.total), told(found.total)),
            ("least", least(self), least(found)),
            ("greatest", greatest(self), greatest(found)),
            ("sum of hashes", self.content.to_string(), found.content.to_string()),
        ] {
            if expected != found {
                differences.push(format!("column `{name}`, {figure}: {expected} expected, {found} found"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(present: u64, content: i128, total: i128, least: i128, greatest: i128) -> ColumnFigures {
        ColumnFigures {
            present,
            content: Whole(content),
            total: Some(Whole(total)),
            bounds: Some((Whole(least), Whole(greatest))),
        }
    }

    fn shape() -> TableShape {
        TableShape { entity: "things".into(), columns: vec![ShapeColumn::new("n", ColumnType::Integer)] }
    }

    fn one(column: ColumnFigures) -> Figures {
        Figures { rows: column.present, columns: vec![column] }
    }

    #[test]
    fn figures_merge_like_sums_and_bounds_from_none() {
        let (first, second) = (one(column(2, 10, 5, -1, 6)), one(column(3, -30, 7, 0, 7)));
        let both = one(column(5, -20, 12, -1, 7));
        for order in [[&first, &second], [&second, &first]] {
            let mut merged = Figures::new(&shape());
            order.into_iter().for_each(|figures| merged.merge(figures));
            assert_eq!(merged, both);
        }
    }

    #[test]
    fn figures_are_counted() {
        assert_eq!(one(column(1, 2, 3, 4, 5)).count(), 6);
        assert_eq!(Figures::new(&shape()).count(), 4);
    }

    #[test]
    fn figures_survive_json_as_strings() {
        let figures = one(column(1, i128::MIN, 1 << 60, -(1 << 60), i128::MAX));
        let json = serde_json::to_value(&figures).unwrap();
        assert_eq!(json["columns"][0]["total"], "1152921504606846976");
        assert_eq!(serde_json::from_value::<Figures>(json).unwrap(), figures);
        let empty = Figures::new(&shape());
        assert_eq!(serde_json::from_str::<Figures>(&serde_json::to_string(&empty).unwrap()).unwrap(), empty);
    }

    #[test]
    fn every_difference_is_named_with_both_values() {
        let mut found = one(column(9, 8, 7, 6, 5));
        found.rows = 4;
        assert_eq!(
            one(column(1, 2, 3, 4, 5)).differences(&found, &shape()),
            [
                "rows: 1 expected, 4 found",
                "column `n`, values that are not NULL: 1 expected, 9 found",
                "column `n`, total: 3 expected, 7 found",
                "column `n`, least: 4 expected, 6 found",
                "column `n`, sum of hashes: 2 expected, 8 found",
            ]
        );
        assert_eq!(found.differences(&found, &shape()), Vec::<String>::new());
        let none = Figures::new(&shape()).differences(&found, &shape());
        assert!(none.contains(&"column `n`, greatest: none expected, 5 found".to_owned()), "{none:?}");
    }

    #[test]
    fn rows_are_tied_by_what_is_unique_never_null_and_cheap() {
        let column = |name: &str, ty: ColumnType, nullable: bool, unique: bool| ShapeColumn {
            nullable,
            unique,
            ..ShapeColumn::new(name, ty)
        };
        let tied = |columns: Vec<ShapeColumn>| {
            let shape = TableShape { entity: "things".into(), columns };
            let names: Vec<String> =
                ties(&shape).into_iter().map(|at| shape.columns[at].name.clone()).collect();
            (!names.is_empty()).then(|| names.join(" "))
        };
        let any = column("any", ColumnType::Boolean, false, false);
        let text = column("text", ColumnType::Text, false, true);
        let null = column("null", ColumnType::Uuid, true, true);
        let key = column("key", ColumnType::BigInteger, false, true);
        assert_eq!(tied(vec![null.clone()]), None);
        assert_eq!(tied(vec![null.clone(), any.clone()]).as_deref(), Some("any"));
        assert_eq!(tied(vec![any.clone(), text.clone()]).as_deref(), Some("text"));
        let part = |name: &str| ShapeColumn { key_part: true, ..ShapeColumn::new(name, ColumnType::Integer) };
        assert_eq!(tied(vec![part("order"), any.clone(), part("line")]).as_deref(), Some("order line"));
        assert_eq!(tied(vec![part("order"), part("line"), text.clone()]).as_deref(), Some("text"));
        assert_eq!(tied(vec![null, text, any, key]).as_deref(), Some("key"));
    }
}
