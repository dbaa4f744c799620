//! Feasibility: what rows would need and the declaration cannot give, so that the run would end at some row.

use super::{Column, ColumnId, ColumnType, EntityId, Linker, Origin, Strategy};
use crate::laws::{Expect, Law};
use crate::model::yaml::Place;
use crate::model::{FanOut, Pick, RankedLaw};

/// A law may lie outside its column's type with this chance: less than one row of a dataset of 10¹² rows.
const NEGLIGIBLE: f64 = 1e-12;

/// The most rows that one parent has.
const MOST_CHILDREN: f64 = 3_999_999_999.0;

impl Linker<'_, '_> {
    /// Reports every column and fan-out that could fail at some row; all columns are bound.
    pub(super) fn refuse_infeasible(&mut self, origins: &[Option<Origin>]) {
        for at in 0..self.entities.len() {
            let entity = EntityId(at);
            for column in (0..self.entities[at].columns.len()).map(ColumnId) {
                let breaches = self.breaches(entity, column, origins);
                // Of an expression that fails in some rows, the breach says more than that it fails in all.
                let whole = match breaches.is_empty() {
                    true => self.infeasible_column(entity, column, origins),
                    false => None,
                };
                let outside = self
                    .process_outside(entity, column, origins)
                    .or_else(|| self.process_crowded(entity, column, origins));
                let divisors = self.zero_divisors(entity, column, origins);
                for (place, message, hint) in whole.into_iter().chain(breaches).chain(outside).chain(divisors)
                {
                    self.error(place, message, hint);
                }
            }
            for (place, message, hint) in self
                .zero_divisor_of_count(entity, origins)
                .into_iter()
                .chain(self.breach_of_count(entity, origins))
            {
                self.error(place, message, hint);
            }
            if let Some((place, message, hint)) = self.infeasible_count(entity, origins) {
                self.error(place, message, hint);
            }
        }
    }

    fn infeasible_column(
        &self,
        entity: EntityId,
        column: ColumnId,
        origins: &[Option<Origin>],
    ) -> Option<(Place, String, String)> {
        let bound = self.bound(entity, column)?;
        let place = self.entities[entity.0].columns[column.0].place;
        let (message, hint) = match &bound.strategy {
            Strategy::Pick(pick) => self.infeasible_pick(entity, pick, origins),
            Strategy::Law { law, .. } => out_of_type(law, bound),
            Strategy::Sequence { start } => self.sequence_beyond(entity, *start, &bound.name, origins),
            Strategy::Expression(_) => self.certain_overflow(entity, column),
            Strategy::Between { from, to } => {
                // What an expression comes to is left to the run, where nothing proves it.
                let computed = [*from, *to].into_iter().filter_map(|end| self.column_at(entity, end)).any(
                    |(_, column)| {
                        matches!(column.strategy, Strategy::Expression(_) | Strategy::Switch { .. })
                    },
                );
                let reversed = !computed && !self.in_order(entity, *from, *to);
                reversed.then(|| {
                    let message = format!("`{}`: nothing keeps `from` before `to`", bound.name);
                    let hint =
                        "derive the later time from the earlier one, such as {after: {base: …, by: …}}";
                    (message, hint.to_owned())
                })
            }
            _ => None,
        }?;
        Some((place, message, hint))
    }

    /// A sequence that passes the last number of its type before the last row.
    fn sequence_beyond(
        &self,
        entity: EntityId,
        start: i64,
        name: &str,
        origins: &[Option<Origin>],
    ) -> Option<(String, String)> {
        let rows = self.exact_rows(entity, origins)?;
        let last = i128::from(start) + i128::from(rows) - 1;
        (last > i128::from(i64::MAX)).then(|| {
            let message = format!(
                "`{name}`: the sequence passes {}, the last bigint, in row {} of {rows}",
                i64::MAX,
                i128::from(i64::MAX) - i128::from(start) + 2
            );
            (message, format!("let it begin at {} or before", i128::from(i64::MAX) - i128::from(rows) + 1))
        })
    }

    /// An expression none of whose values fits its type.
    fn certain_overflow(&self, entity: EntityId, column: ColumnId) -> Option<(String, String)> {
        let bound = self.bound(entity, column)?;
        let (low, high) = type_bounds(&bound.ty)?;
        let (least, most) = self.column_bounds(entity, column)?;
        (least > high || most < low).then(|| {
            let message =
                format!("`{}`: {} holds {low} to {high}, and every value lies beyond", bound.name, bound.ty);
            (message, "compute with a wider type, such as x::bigint * y".to_owned())
        })
    }

    /// A reference that finds no row, or too few.
    fn infeasible_pick(
        &self,
        entity: EntityId,
        pick: &Pick,
        origins: &[Option<Origin>],
    ) -> Option<(String, String)> {
        let rows = |entity: EntityId| match origins.get(entity.0)? {
            Some(Origin::Root { rows }) => Some(*rows),
            Some(Origin::Child { .. }) | None => None,
        };
        let name = |entity: EntityId| &self.entities[entity.0].name;
        match *pick {
            Pick::Uniform { entity: target } | Pick::Zipf { entity: target, .. } => {
                let none = rows(target) == Some(0) && rows(entity) != Some(0);
                none.then(|| {
                    let message = format!("there is no row to refer to: `{}` has none", name(target));
                    (message, format!("let `{}` have rows", name(target)))
                })
            }
            Pick::Distinct { entity: target, .. } => {
                // A law that may come to more, but need not, is left to the run.
                let (there, (least, _)) = (rows(target)? as f64, self.children_bounds(entity, origins)?);
                (least > there).then(|| {
                    let message = format!(
                        "a parent has at least {least} rows that refer to different rows of `{}`, which has {there}",
                        name(target)
                    );
                    (message, format!("let a parent have at most {there} rows, or `{}` at least {least}", name(target)))
                })
            }
            Pick::Within { entity: target, except, .. } => {
                let needed = if except.is_some() { 2.0 } else { 1.0 };
                let (least, _) = self.children_bounds(target, origins)?;
                (least < needed).then(|| {
                    let (target, root) = (name(target), name(self.family_root(entity)));
                    let message = match except {
                        Some(_) => format!(
                            "a row of `{root}` may have {least} rows of `{target}`: none is left beside the exception"
                        ),
                        None => format!("a row of `{root}` may have no row of `{target}` to refer to"),
                    };
                    (message, format!("let the `per_parent` of `{target}` have `min: {needed}`"))
                })
            }
            Pick::Others { entity: target } => (rows(target) == Some(1)).then(|| {
                let message = format!("`{}` has one row, and no other to refer to", name(target));
                (message, "drop `except: self`, or let there be more rows".to_owned())
            }),
            Pick::Earlier { .. } | Pick::Before { .. } => None,
        }
    }

    /// The fewest and the most rows that one parent can have, as far as the declaration shows; the most is infinite
    /// where it does not.
    pub(super) fn children_bounds(&self, child: EntityId, origins: &[Option<Origin>]) -> Option<(f64, f64)> {
        let Some(Origin::Child { parent, fan_out }) = origins.get(child.0)? else { return None };
        match fan_out {
            FanOut::Law(law) => Some(drawn_bounds(law)),
            FanOut::Ranked { law: RankedLaw::Counts(law), total, .. } => {
                let (low, high) = drawn_bounds(law);
                Some((low, high.min(*total as f64)))
            }
            FanOut::Ranked { law: RankedLaw::Volumes(_), .. } => Some((1.0, f64::INFINITY)),
            FanOut::Share(_) | FanOut::When(_) => Some((0.0, 1.0)),
            FanOut::Column(column) => match &self.bound(*parent, *column)?.strategy {
                Strategy::Law { law, .. } => Some(drawn_bounds(law)),
                _ => {
                    let (low, high) = self.column_bounds(*parent, *column)?;
                    // A count has this bound where nothing is known of it.
                    let known = high < f64::from(u32::MAX);
                    Some((low.max(0.0), if known { high } else { f64::INFINITY }))
                }
            },
        }
    }

    /// A column that cannot count children on every row.
    fn infeasible_count(
        &self,
        child: EntityId,
        origins: &[Option<Origin>],
    ) -> Option<(Place, String, String)> {
        let (parent, column) = match origins.get(child.0)? {
            Some(Origin::Child { parent, fan_out: FanOut::Column(column) }) => (parent, column),
            Some(Origin::Child { fan_out: FanOut::Law(law), .. }) => {
                let beyond = 1.0 - law.cumulative(MOST_CHILDREN);
                let message =
                    format!("a parent has at most {MOST_CHILDREN} children, and the law goes beyond");
                let place = self.entities[child.0].per_parent?.place;
                return (beyond > NEGLIGIBLE).then(|| (place, message, "truncate it with `max`".to_owned()));
            }
            Some(Origin::Child { .. } | Origin::Root { .. }) | None => return None,
        };
        let place = self.entities[child.0].per_parent?.get("column")?.place;
        let bound = self.bound(*parent, *column)?;
        let name = &bound.name;
        if bound.nullable {
            let hint = "drop `null` and `when`, or count with {expression: \"coalesce(x, 0)\"}";
            return Some((
                place,
                format!("`{name}` may be NULL, which is no count of children"),
                hint.to_owned(),
            ));
        }
        let (low, high) = self.column_bounds(*parent, *column)?;
        if low <= -0.5 {
            let hint = "let the column have `min: 0` or greatest(x, 0)";
            return Some((
                place,
                format!("`{name}` goes down to {low}; a count is not negative"),
                hint.to_owned(),
            ));
        }
        // What is unbounded only because nothing is known of it is left to the run.
        if high > f64::from(u32::MAX) && high < 9e18 {
            let message =
                format!("`{name}` goes up to {high}; a parent has at most {MOST_CHILDREN} children");
            return Some((place, message, "let the column have a `max`".to_owned()));
        }
        None
    }
}

/// The fewest and the most children that a law gives but for a negligible chance.
fn drawn_bounds(law: &Law) -> (f64, f64) {
    let most = law.quantile(1.0 - NEGLIGIBLE).min(law.support().1);
    (libm::round(law.support().0).max(0.0), libm::round(most))
}

/// The least and the greatest number of a type.
fn type_bounds(ty: &ColumnType) -> Option<(f64, f64)> {
    match ty {
        ColumnType::Integer => Some((f64::from(i32::MIN), f64::from(i32::MAX))),
        // The last floats on either side that are whole numbers of 64 bits.
        ColumnType::BigInteger => Some((-9_223_372_036_854_775_808.0, 9_223_372_036_854_774_784.0)),
        ColumnType::Decimal { precision, scale } => {
            let most = libm::pow(10.0, f64::from(*precision) - f64::from(*scale));
            let grain = libm::pow(10.0, -f64::from(*scale));
            Some((grain - most, most - grain))
        }
        _ => None,
    }
}

/// A law that reaches beyond its column's type.
fn out_of_type(law: &Law, column: &Column) -> Option<(String, String)> {
    let (low, high) = type_bounds(&column.ty)?;
    let outside = law.cumulative(low.next_down()) + (1.0 - law.cumulative(high));
    if outside <= NEGLIGIBLE {
        return None;
    }
    let message = format!("`{}`: {} holds {low} to {high}, and the law goes beyond", column.name, column.ty);
    let (least, most) = law.support();
    let wider = match column.ty {
        ColumnType::Integer => "take type: bigint",
        _ => "take a wider type",
    };
    let bounds = match (least < low, most > high) {
        (true, true) => format!("min: {low} and max: {high}"),
        (true, false) => format!("min: {low}"),
        _ => format!("max: {high}"),
    };
    Some((message, format!("{wider}, or truncate the law: {bounds} beside it")))
}
