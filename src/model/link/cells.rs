//! [`Cell`]: the values that a column is declared to have, in stretches each of a known share of the rows.

use super::{Column, ColumnId, ColumnType, EntityId, Linker, Strategy};
use crate::laws::{Expect, Law};
use crate::model::expression::Known;
use crate::model::{FanOut, Literal, Origin, Pool, Shape, literals, scalars};

/// Where a law's values are cut, in probability. Of one without bounds the outer ones are left alone: its tails are long,
/// and few rows lie there.
const CUTS: [f64; 9] = [0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999];
/// The cells at the ends of a law with bounds hold so many rows.
const ROWS_AT_THE_END: f64 = 10.0;
/// Within these probabilities a law without bounds is looked at.
const CENTRE: (f64, f64) = (0.01, 0.99);
/// A law of no more values than these has a cell for each.
const FEW: i128 = 32;
/// No type holds more.
const MOST: f64 = 1e38;
/// Bounds beyond are no exact floats, or stand for none.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Rows of a column that are known to have such values.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// What is known of their values.
    pub known: Known,
    /// Their share of all rows.
    pub share: f64,
}

/// What a column's values hang together with, beside the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tie {
    /// The order of the rows.
    Row,
    /// A column of ranks or of records.
    Column(ColumnId),
}

impl Linker<'_, '_> {
    /// The cells of a column that is not computed of others, in the order of its values; rows that are in none are NULL.
    pub(super) fn cells(
        &self,
        entity: EntityId,
        id: ColumnId,
        rows: Option<f64>,
        origins: &[Option<Origin>],
    ) -> (Vec<Cell>, Option<Tie>) {
        let Some(column) = self.bound(entity, id) else { return (Vec::new(), None) };
        let (mut cells, tie) = self.all_cells(entity, id, column, rows, origins);
        cells.dedup_by(|next, cell| {
            let same = next.known == cell.known;
            if same {
                cell.share += next.share;
            }
            same
        });
        for cell in &mut cells {
            cell.share *= 1.0 - column.null_share;
        }
        (cells, tie)
    }

    fn all_cells(
        &self,
        entity: EntityId,
        id: ColumnId,
        column: &Column,
        rows: Option<f64>,
        origins: &[Option<Origin>],
    ) -> (Vec<Cell>, Option<Tie>) {
        let one = |known: Known| vec![Cell { known, share: 1.0 }];
        match &column.strategy {
            Strategy::Law { law, by } => {
                (of_law(law, &column.ty, rows), by.map(|rank| self.tie_of_rank(entity, rank)))
            }
            Strategy::Constant(literal) => (one(value(literal, &column.ty)), None),
            Strategy::Pool(pool) => (of_pool(pool, &column.ty), None),
            Strategy::Field { record, values } => (of_pool(values, &column.ty), Some(Tie::Column(*record))),
            Strategy::Chance(share) => {
                let cells = [(false, 1.0 - share), (true, *share)];
                let cells = cells.into_iter().filter(|(_, share)| *share > 0.0);
                (cells.map(|(truth, share)| Cell { known: Known::Truth(truth), share }).collect(), None)
            }
            Strategy::Sequence { start } => match self.exact_rows(entity, origins) {
                Some(rows) => (numbered(*start, rows), Some(Tie::Row)),
                None => {
                    let (low, high) = (i128::from(*start), i128::from(i64::MAX));
                    (one(Known::Whole { low, high }), Some(Tie::Row))
                }
            },
            Strategy::Permutation { .. } => match self.exact_rows(entity, origins) {
                Some(rows) => (numbered(0, rows), Some(self.tie_of_rank(entity, id))),
                None => (one(Known::Anything), None),
            },
            Strategy::Range { from, to, shape, rhythm: None, not_before: None }
                if matches!(column.ty, ColumnType::Timestamp | ColumnType::DateTime) =>
            {
                match shape {
                    Shape::Uniform => (evenly(*from, *to), None),
                    Shape::Linear => (evenly(*from, *to), Some(Tie::Row)),
                    Shape::Rising => (one(Known::Whole { low: (*from).into(), high: (*to).into() }), None),
                }
            }
            Strategy::Children(child) => match origins.get(child.0) {
                Some(Some(Origin::Child { fan_out: FanOut::Law(law), .. })) => {
                    (of_law(law, &column.ty, rows), None)
                }
                _ => (one(Known::Whole { low: 0, high: i128::from(u32::MAX) }), None),
            },
            _ => (one(self.within_bounds(entity, id, column)), None),
        }
    }

    /// Ranks that avoid each other hang together.
    fn tie_of_rank(&self, entity: EntityId, rank: ColumnId) -> Tie {
        match self.bound(entity, rank).map(|column| &column.strategy) {
            Some(Strategy::Permutation { beside: Some(beside) }) => Tie::Column(beside.column),
            _ => Tie::Column(rank),
        }
    }

    /// What bounds say of a column that always has a value.
    fn within_bounds(&self, entity: EntityId, id: ColumnId, column: &Column) -> Known {
        let scale = match &column.ty {
            ColumnType::Integer
            | ColumnType::BigInteger
            | ColumnType::Timestamp
            | ColumnType::DateTime
            | ColumnType::Date => 1.0,
            ColumnType::Decimal { scale, .. } => libm::pow(10.0, f64::from(*scale)),
            _ => return Known::Anything,
        };
        match self.column_bounds(entity, id) {
            Some((low, high))
                if !column.nullable && -EXACT < low * scale && low <= high && high * scale < EXACT =>
            {
                // A float in the middle of two numbers is wider, never narrower.
                Known::Whole { low: libm::floor(low * scale) as i128, high: libm::ceil(high * scale) as i128 }
            }
            _ => Known::Anything,
        }
    }

    /// How many rows an entity has, where the declaration says exactly that.
    pub(super) fn exact_rows(&self, entity: EntityId, origins: &[Option<Origin>]) -> Option<u64> {
        match origins.get(entity.0)?.as_ref()? {
            Origin::Root { rows } => Some(*rows),
            Origin::Child { fan_out: FanOut::Ranked { total, .. }, .. } => Some(*total),
            Origin::Child { .. } => None,
        }
    }

    /// About how many rows an entity has, where that is known.
    pub(super) fn about_rows(&self, entity: EntityId, origins: &[Option<Origin>]) -> Option<f64> {
        let mut factor = 1.0;
        let mut at = entity;
        loop {
            match origins.get(at.0)?.as_ref()? {
                Origin::Root { rows } => return Some(*rows as f64 * factor),
                Origin::Child { fan_out: FanOut::Ranked { total, .. }, .. } => {
                    return Some(*total as f64 * factor);
                }
                Origin::Child { parent, fan_out } => {
                    factor *= match fan_out {
                        FanOut::Law(law) => law.mean(),
                        FanOut::Share(share) => *share,
                        FanOut::Column(column) => match &self.bound(*parent, *column)?.strategy {
                            Strategy::Law { law, .. } => law.mean(),
                            _ => return None,
                        },
                        FanOut::When(_) | FanOut::Ranked { .. } => return None,
                    };
                    at = *parent;
                }
            }
        }
    }
}

/// A law's values, each by itself where they are few, else cut by probability.
fn of_law(law: &Law, ty: &ColumnType, rows: Option<f64>) -> Vec<Cell> {
    let (least, most) = law.support();
    if let (Known::Whole { low, high }, Some(scale)) = (rounded(least, most, ty), scale_of(ty))
        && high.saturating_sub(low) < FEW
    {
        let at = |value: i128, side: f64| law.cumulative((value as f64 + side) / scale);
        let share = |value: i128| at(value, 0.5) - at(value, -0.5);
        return (low..=high)
            .map(|value| Cell { known: Known::whole(value), share: share(value) })
            .filter(|cell| cell.share > 0.0)
            .collect();
    }
    let mut cuts = CUTS.to_vec();
    if let Some(end) = rows.map(|rows| ROWS_AT_THE_END / rows).filter(|end| *end > 0.0 && *end < CUTS[0]) {
        cuts.extend([end, 1.0 - end]);
    }
    cuts.sort_by(f64::total_cmp);
    let ends =
        (if least.is_finite() { 0.0 } else { CENTRE.0 }, if most.is_finite() { 1.0 } else { CENTRE.1 });
    cuts.retain(|cut| *cut > ends.0 && *cut < ends.1);
    cuts.insert(0, ends.0);
    cuts.push(ends.1);
    let at = |cut: f64| match cut {
        0.0 => least,
        1.0 => most,
        cut => law.quantile(cut),
    };
    let mut cells: Vec<Cell> = cuts
        .windows(2)
        .map(|pair| Cell { known: rounded(at(pair[0]), at(pair[1]), ty), share: pair[1] - pair[0] })
        .collect();
    let tails = 1.0 - (ends.1 - ends.0);
    if tails > 0.0 {
        cells.push(Cell { known: Known::Anything, share: tails });
    }
    cells
}

/// A law's values as those of their type.
fn rounded(low: f64, high: f64, ty: &ColumnType) -> Known {
    if *ty == ColumnType::Float {
        return Known::Float { low, high };
    }
    let Some(scale) = scale_of(ty) else { return Known::Anything };
    let whole = |value: f64| libm::round(value * scale).clamp(-MOST, MOST) as i128;
    Known::Whole { low: whole(low), high: whole(high) }
}

/// How many numbers of a type lie between two whole ones.
fn scale_of(ty: &ColumnType) -> Option<f64> {
    match ty {
        ColumnType::Integer | ColumnType::BigInteger => Some(1.0),
        ColumnType::Decimal { scale, .. } => Some(libm::pow(10.0, f64::from(*scale))),
        _ => None,
    }
}

/// Each value that is drawn.
fn of_pool(pool: &Pool, ty: &ColumnType) -> Vec<Cell> {
    let total: f64 = pool.weights.iter().sum();
    let drawn = pool.values.iter().zip(&pool.weights).filter(|(_, weight)| **weight > 0.0);
    drawn.map(|(literal, weight)| Cell { known: value(literal, ty), share: weight / total }).collect()
}

/// A declared value as one of its type.
fn value(literal: &Literal, ty: &ColumnType) -> Known {
    let Some(text) = literal.0.as_deref() else { return Known::Null };
    let known = match ty {
        ColumnType::Integer | ColumnType::BigInteger => {
            text.parse::<i64>().ok().map(|number| Known::whole(number.into()))
        }
        ColumnType::Decimal { precision, scale } => {
            literals::decimal(text, *precision, *scale).map(Known::whole)
        }
        ColumnType::Float => {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            number.map(|number| Known::Float { low: number, high: number })
        }
        ColumnType::Text | ColumnType::Enum { .. } => Some(Known::Text(text.to_owned())),
        ColumnType::Boolean => scalars::truth(text).map(Known::Truth),
        ColumnType::Timestamp | ColumnType::DateTime => {
            scalars::parse_time(text).map(|time| Known::whole(time.into()))
        }
        ColumnType::Uuid
        | ColumnType::Date
        | ColumnType::Interval
        | ColumnType::Json
        | ColumnType::Array { .. } => None,
    };
    known.unwrap_or(Known::Anything)
}

/// Consecutive numbers, one a row: quarters of the rows, and the last row alone.
fn numbered(start: i64, rows: u64) -> Vec<Cell> {
    let last = rows.saturating_sub(1);
    let mut cuts: Vec<u64> = (0..=3).map(|quarter| last / 4 * quarter).chain([last, rows]).collect();
    cuts.dedup();
    let number = |row: u64| i128::from(start) + i128::from(row);
    cuts.windows(2)
        .map(|pair| Cell {
            known: Known::Whole { low: number(pair[0]), high: number(pair[1] - 1) },
            share: (pair[1] - pair[0]) as f64 / rows as f64,
        })
        .collect()
}

/// Times that are spread evenly, by quarters.
fn evenly(from: i64, to: i64) -> Vec<Cell> {
    let (from, width) = (i128::from(from), i128::from(to) - i128::from(from));
    let at = |quarter: i128| from + width * quarter / 4;
    (0..4)
        .map(|quarter| Cell { known: Known::Whole { low: at(quarter), high: at(quarter + 1) }, share: 0.25 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(cells: &[Cell]) -> f64 {
        cells.iter().map(|cell| cell.share).sum()
    }

    #[test]
    fn the_cells_of_a_law_hold_all_rows_and_its_whole_support() {
        let decimal = ColumnType::Decimal { precision: 9, scale: 2 };
        let truncated = |law, min, max| Law::Truncated { law: Box::new(law), min, max };
        for (law, ty, ends) in [
            (Law::Uniform { min: 1.0, max: 5.0 }, ColumnType::Integer, Some((1, 5))),
            (Law::Uniform { min: 1.0, max: 1e9 }, ColumnType::BigInteger, Some((1, 1_000_000_000))),
            (Law::Uniform { min: 0.5, max: 99.0 }, decimal.clone(), Some((50, 9_900))),
            (Law::Geometric { p: 0.4, min: 1.0, max: 20.0 }, ColumnType::Integer, Some((1, 20))),
            (truncated(Law::Normal { mean: 5.0, deviation: 9.0 }, 0.0, 9e4), decimal, Some((0, 9_000_000))),
            (Law::Normal { mean: 5.0, deviation: 9.0 }, ColumnType::BigInteger, None),
            (Law::Exponential { mean: 1e300 }, ColumnType::Integer, None),
            (Law::Poisson { mean: 3.0 }, ColumnType::Float, None),
        ] {
            for rows in [None, Some(50.0), Some(1e9)] {
                let cells = of_law(&law, &ty, rows);
                assert!((share(&cells) - 1.0).abs() < 1e-9, "{law:?}: {}", share(&cells));
                let whole = cells.iter().map(|cell| cell.known.clone()).reduce(|one, two| one.or(&two));
                let expected = ends.map_or(Known::Anything, |(low, high)| Known::Whole { low, high });
                assert_eq!(whole, Some(expected), "{law:?}");
            }
        }
    }

    #[test]
    fn the_cells_of_numbers_hold_each_row_once_and_the_last_alone() {
        for rows in [1, 2, 3, 5, 1_000] {
            let cells = numbered(7, rows);
            assert!((share(&cells) - 1.0).abs() < 1e-12, "{rows}");
            let last = 7 + i128::from(rows) - 1;
            assert_eq!(cells.last().map(|cell| cell.known.clone()), Some(Known::whole(last)), "{rows}");
        }
        assert!(numbered(7, 0).is_empty());
    }
}
