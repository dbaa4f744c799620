//! What the model gives for columns that depend on hidden ones: the same expressions on the files' own columns, with
//! every hidden chance replaced by an evenly spread sequence.
//!
//! The sequence is Weyl's: fractional parts of the multiples of an irrational number, one for each hidden column. It
//! fills the unit interval more evenly than any draw does (Niederreiter 1992, chapter 3), and is nobody's draw.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, TimestampMicrosecondArray, UInt32Array,
};
use arrow::compute::{cast, take};

use super::evaluate::evaluate;
use super::records::Fields;
use super::sources::{View, gather};
use crate::model::{BoundExpression, ColumnId, ColumnType, EntityId, Shape, Source, Strategy, literals};
use crate::resolve::ranks;

/// Numbers inside (0, 1) for each row. The square roots of different primes are irrational and independent, so each
/// hidden column of an entity has its own prime.
///
/// Rows are few where a case is rare: then the sequence goes on over several passes of the same rows.
fn even(column: ColumnId) -> impl Fn(usize) -> f64 {
    let root = libm::sqrt(prime(column.0) as f64);
    move |row| {
        let multiple = (row as f64 + 0.5) * root;
        (multiple - libm::floor(multiple)).clamp(1e-12, 1.0 - 1e-12)
    }
}

/// The prime of a number, from 2.
fn prime(number: usize) -> usize {
    let is_prime = |candidate: &usize| {
        (2..*candidate).take_while(|d| d * d <= *candidate).all(|d| !candidate.is_multiple_of(d))
    };
    (2..).filter(is_prime).nth(number).expect("there is no last prime")
}

/// Rows that all passes together should have.
const ENOUGH: usize = 200_000;
const MOST_PASSES: usize = 32;

/// How often rows are gone over, so that the sequence fills even a rare case of them.
pub fn passes(rows: usize) -> usize {
    (ENOUGH / rows.max(1)).clamp(1, MOST_PASSES)
}

/// A visible column as the model would give it on these rows, on one pass over them.
pub fn of_column(view: &View<'_>, entity: EntityId, column: ColumnId, pass: usize) -> Option<ArrayRef> {
    match &view.shard.model.column(entity, column).strategy {
        Strategy::Expression(bound) => expression(view, entity, bound, pass),
        _ => None,
    }
}

/// Whether a column would have a value on each row.
pub fn presence(view: &View<'_>, entity: EntityId, column: ColumnId) -> Option<Vec<bool>> {
    let declared = view.shard.model.column(entity, column);
    let rows = view.rows(entity);
    let mut there: Vec<bool> = match &declared.when {
        None => vec![true; rows],
        Some(condition) => {
            let array = expression(view, entity, condition, 0)?;
            let truths = array.as_any().downcast_ref::<BooleanArray>()?;
            truths.iter().map(|truth| truth == Some(true)).collect()
        }
    };
    if let Strategy::Copy(Source::Pointed { by, .. }) = declared.strategy
        && matches!(
            view.shard.model.column(entity, by).strategy,
            Strategy::Pick(crate::model::Pick::Earlier { .. })
        )
    {
        // The first row of a parent has no earlier one.
        let table = view.shard.table(entity)?;
        for (row, there) in there.iter_mut().enumerate() {
            *there &= row > 0 && table.parent[row] == table.parent[row - 1];
        }
    }
    if let Strategy::Copy(Source::Pointed { by, .. }) = declared.strategy
        && let Strategy::Pick(crate::model::Pick::Before { roots, .. }) =
            view.shard.model.column(entity, by).strategy
    {
        let place = even(by);
        there.iter_mut().enumerate().for_each(|(row, there)| *there &= place(row) >= roots);
    }
    if declared.null_share > 0.0 {
        let place = even(ColumnId(column.0 + view.shard.model.entity(entity).columns.len()));
        there.iter_mut().enumerate().for_each(|(row, there)| *there &= place(row) >= declared.null_share);
    }
    Some(there)
}

/// An expression with hidden columns replaced.
fn expression(view: &View<'_>, entity: EntityId, bound: &BoundExpression, pass: usize) -> Option<ArrayRef> {
    let inputs: Vec<ArrayRef> =
        bound.sources.iter().map(|source| input(view, entity, *source, pass)).collect::<Option<_>>()?;
    Some(evaluate(&bound.expression, &inputs, view.rows(entity)).values)
}

fn input(view: &View<'_>, entity: EntityId, source: Source, pass: usize) -> Option<ArrayRef> {
    if let Some(known) = view.source(entity, source) {
        return Some(known);
    }
    match source {
        Source::Own(column) => leaf(view, entity, column, pass),
        Source::Ancestor { levels, entity: ancestor, column } => {
            gather(&leaf(view, ancestor, column, pass)?, &view.shard.ancestors(entity, levels)?)
        }
        Source::Pointed { .. } | Source::Children(_) | Source::Siblings(_) => None,
    }
}

/// The values of a hidden column in their law's shares, spread evenly over the rows.
fn leaf(view: &View<'_>, entity: EntityId, column: ColumnId, pass: usize) -> Option<ArrayRef> {
    let model = view.shard.model;
    let declared = model.column(entity, column);
    let rows = view.rows(entity);
    let places = (pass * rows..(pass + 1) * rows).map(even(column));
    if declared.when.is_some() || declared.null_share > 0.0 {
        return None;
    }
    match &declared.strategy {
        Strategy::Chance(probability) => {
            Some(Arc::new(places.map(|place| Some(place < *probability)).collect::<BooleanArray>()))
        }
        Strategy::Field { record, .. } if !Fields::of(model, entity, *record).visible.is_empty() => None,
        Strategy::Pool(pool) | Strategy::Field { values: pool, .. } => {
            // Fields of one record are of the same one.
            let places: Box<dyn Iterator<Item = f64>> = match declared.strategy {
                Strategy::Field { record, .. } => {
                    Box::new((pass * rows..(pass + 1) * rows).map(even(record)))
                }
                _ => Box::new(places),
            };
            let total: f64 = pool.weights.iter().sum();
            let mut reached = 0.0;
            let cumulative: Vec<f64> = pool
                .weights
                .iter()
                .map(|weight| {
                    reached += weight / total;
                    reached
                })
                .collect();
            let last = cumulative.len() - 1;
            let picks: UInt32Array = places
                .map(|place| Some(cumulative.partition_point(|&up| up < place).min(last) as u32))
                .collect();
            take(&literals::array(&pool.values, &declared.ty).ok()?, &picks, None).ok()
        }
        Strategy::Law { law, by: None } => {
            let law = law.expectation();
            number(places.map(|place| law.quantile(place)), &declared.ty)
        }
        Strategy::Law { law, by: Some(_) } => {
            let all = model.root_rows(entity);
            let ranks = ranks::mixture(law, all).ok()?;
            let rank = |place: f64| ((place * all as f64) as u64).min(all.saturating_sub(1));
            number(places.map(|place| ranks.value(rank(place)) as f64), &declared.ty)
        }
        Strategy::Range { from, to, rhythm: Some(rhythm), .. } => {
            let rhythm = rhythm.over(*from, *to).ok()?;
            let (first, last) = (rhythm.cumulative(*from), rhythm.cumulative(*to));
            let elapsed = |place: f64| rhythm.inverse(first + place * (last - first), &mut 0) as i64;
            let times = places.map(|place| (rhythm.start_us() + elapsed(place)).clamp(*from, to - 1));
            Some(Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC")))
        }
        Strategy::Range { from, to, shape, not_before: None, .. } => {
            let length = (to - from) as f64;
            let position = |place: f64| match shape {
                Shape::Linear | Shape::Uniform => place,
                Shape::Rising => 1.0 - (1.0 - place) * (1.0 - place),
            };
            let times = places.map(|place| from + (position(place) * length) as i64);
            Some(Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC")))
        }
        Strategy::Expression(bound) => expression(view, entity, bound, pass),
        Strategy::Permutation { .. } => {
            let all = model.root_rows(entity) as f64;
            Some(Arc::new(Int64Array::from_iter_values(places.map(|place| (place * all) as i64))))
        }
        Strategy::Uuid
        | Strategy::TimeUuid { .. }
        | Strategy::Record(_)
        | Strategy::Sequence { .. }
        | Strategy::Constant(_)
        | Strategy::Ordinal
        | Strategy::Range { .. }
        | Strategy::Template(_)
        | Strategy::Text { .. }
        | Strategy::Pick(_)
        | Strategy::Copy(_)
        | Strategy::After { .. }
        | Strategy::Between { .. }
        | Strategy::Process(_)
        | Strategy::RunningSum { .. }
        | Strategy::Json(_)
        | Strategy::Array { .. }
        | Strategy::Children(_)
        | Strategy::Aggregate { .. }
        | Strategy::Switch { .. } => None,
    }
}

/// Numbers in a column's type, rounded where it has no fractions.
fn number(values: impl Iterator<Item = f64>, ty: &ColumnType) -> Option<ArrayRef> {
    let whole = matches!(ty, ColumnType::Integer | ColumnType::BigInteger | ColumnType::Date);
    let values: ArrayRef = Arc::new(Float64Array::from_iter_values(
        values.map(|value| if whole { libm::round(value) } else { value }),
    ));
    cast(&values, &ty.data_type()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_fills_the_interval_evenly_for_every_column() {
        for column in 0..60 {
            let mut places: Vec<f64> = (0..10_000).map(even(ColumnId(column))).collect();
            places.sort_by(f64::total_cmp);
            let off = places
                .iter()
                .enumerate()
                .map(|(at, place)| (place - at as f64 / 1e4).abs())
                .fold(0.0, f64::max);
            assert!(off < 0.012, "column {column}: {off}");
        }
    }

    #[test]
    fn two_columns_are_independent() {
        let (first, second) = (even(ColumnId(3)), even(ColumnId(8)));
        let both = (0..40_000).filter(|&row| first(row) < 0.3 && second(row) < 0.2).count();
        assert!((both as f64 / 40_000.0 - 0.06).abs() < 0.002, "{both}");
    }
}
