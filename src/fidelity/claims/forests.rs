//! References of a root entity into itself: [`Forest`] to earlier rows, [`NotSelf`] to any but the own.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};

use super::numbers::{self, Comparison};
use super::validations::shown;
use super::{Bench, Claim, Tally, name_of};
use crate::fidelity::assessment::{Promise, Unit};
use crate::fidelity::findings::{Findings, Relative};
use crate::fidelity::histogram::{Binned, Rounding, Scale};
use crate::fidelity::keys::Keys;
use crate::fidelity::sources::View;
use crate::fidelity::tally::Breaches;
use crate::fidelity::thresholds::{Family, NORMAL_ONE_PERCENT};
use crate::laws::Law;
use crate::model::{ColumnId, EntityId, Model, Strategy};

/// A place among the rows before a row, from 0 to this.
const POSITIONS: i64 = 1 << 20;
/// With so many rows before it, a row's places are as good as continuous.
const MANY: u64 = 64;
/// What a law gives beyond is not looked at: a row with so many before it is as good as any.
const NEARLY_ALL: f64 = 0.999_999;

/// Sums of a tally: rows without a reference, those of them that can have none, and all rows.
const ABSENT: usize = 0;
const FORCED: usize = 1;
const ROWS: usize = 2;

/// References to earlier rows.
pub struct Forest {
    /// The entity.
    pub entity: EntityId,
    /// The visible column.
    pub column: ColumnId,
    /// The key that it refers to.
    pub there: ColumnId,
    /// The law of the distance in rows; without one, any earlier row.
    pub lag: Option<Law>,
    /// The share of later rows that are roots.
    pub roots: f64,
    /// Whether the order of the rows means something.
    pub in_order: bool,
}

/// The numbers of rows and of those that they refer to.
struct Places {
    own: Vec<Option<u64>>,
    picked: Vec<Option<u64>>,
}

/// The numbers that a sequence's values stand for.
fn numbered(array: &ArrayRef, start: i64) -> Option<Vec<Option<u64>>> {
    let values = cast(array, &DataType::Int64).ok()?;
    let place = |value: i64| value.checked_sub(start).and_then(|place| u64::try_from(place).ok());
    Some(values.as_primitive::<Int64Type>().iter().map(|value| value.and_then(place)).collect())
}

/// The places of keys among the rows of an entity, in the order of its files.
fn registered(
    view: &View<'_>,
    entity: EntityId,
    there: ColumnId,
    array: &ArrayRef,
) -> Option<Vec<Option<u64>>> {
    let index = view.registry.entity(entity)?.index(there)?;
    let keys = Keys::of(array);
    Some((0..keys.len()).map(|row| keys.get(row).and_then(|key| index.find(key)).map(u64::from)).collect())
}

impl Forest {
    /// A sequence tells the order of rows itself, other keys by where they stand.
    fn knows_order(&self, model: &Model) -> bool {
        self.in_order || self.start(model).is_some()
    }

    fn start(&self, model: &Model) -> Option<i64> {
        match model.column(self.entity, self.there).strategy {
            Strategy::Sequence { start } => Some(start),
            _ => None,
        }
    }

    fn places(&self, view: &View<'_>, picked: &ArrayRef) -> Option<Places> {
        let own = view.value(self.entity, self.there)?;
        let places = |array: &ArrayRef| match self.start(view.shard.model) {
            Some(start) => numbered(array, start),
            None => registered(view, self.entity, self.there, array),
        };
        Some(Places { own: places(&own)?, picked: places(picked)? })
    }

    /// The least and the greatest distance that is looked at.
    fn reach(&self) -> (u64, u64) {
        let Some(lag) = &self.lag else { return (1, MANY) };
        let law = lag.expectation();
        let (least, most) = law.support();
        (least.max(1.0) as u64, most.min(law.quantile(NEARLY_ALL)) as u64)
    }

    /// The bin of a reference, where the rows before are enough.
    fn bin(&self, own: u64, picked: u64, most: u64) -> Option<usize> {
        if own < most {
            return None;
        }
        match self.lag {
            Some(_) => Some(Scale::Whole.bin((own - picked) as f64)),
            None => Some(positions().0.bin((picked as f64 + 0.5) / own as f64 * POSITIONS as f64)),
        }
    }
}

impl Claim for Forest {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.value(self.entity, self.column) else { return };
        let Some(places) = self.places(view, &array) else { return };
        let ordered = self.knows_order(view.shard.model);
        let (least, most) = self.reach();
        if ordered && tally.counts.is_empty() {
            tally.counts = vec![0; self.lag.as_ref().map_or_else(|| positions().0, |_| Scale::Whole).bins()];
        }
        for row in 0..array.len() {
            tally.add(ROWS, 1);
            let own = places.own[row];
            if array.is_null(row) {
                tally.add(ABSENT, 1);
                tally.add(FORCED, i128::from(own.is_some_and(|own| own < least)));
                continue;
            }
            tally.breaches.examined += 1;
            let (Some(own), Some(picked)) = (own, places.picked[row]) else { continue };
            if !ordered {
                // Each row's slot holds what it refers to, so that circles can be found when all are seen.
                let slot = own as usize;
                if tally.counts.len() <= slot {
                    tally.counts.resize(slot + 1, 0);
                }
                tally.counts[slot] = picked + 1;
            } else if picked >= own {
                tally
                    .breaches
                    .add(|| view.shard.place(self.entity, row, Some(self.column), shown(&array, row)));
            } else if let Some(bin) = self.bin(own, picked, most) {
                tally.counts[bin] += 1;
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let rows = u64::try_from(tally.sum(ROWS)).unwrap_or(0);
        if rows == 0 {
            return;
        }
        let subject = name_of(bench.model, self.entity, self.column);
        let ordered = self.knows_order(bench.model);
        let mut breaches = tally.breaches.clone();
        let rule = if ordered { "every value is an earlier row" } else { "no row leads back to itself" };
        if !ordered {
            breaches = Breaches::among(tally.breaches.examined);
            breaches.violations = in_circles(&tally.counts);
        }
        let advice = "refer to rows that come before";
        findings.counter(Promise::Scope, &subject, rule, &breaches, advice);
        self.judge_roots(&subject, tally, rows, bench, findings);
        if ordered && tally.total() > 0 {
            self.judge_distances(&subject, tally, bench, findings);
        }
    }
}

impl Forest {
    /// The share of rows without a reference; the first has none by necessity.
    fn judge_roots(
        &self,
        subject: &str,
        tally: &Tally,
        rows: u64,
        bench: &Bench<'_>,
        findings: &mut Findings,
    ) {
        let declared = bench.model.column(self.entity, self.column);
        // NULL for a reason of the column's own is another claim's.
        if declared.when.is_some() || declared.null_share > 0.0 {
            return;
        }
        let forced = self.reach().0.min(rows) as f64;
        let resolved = (rows as f64 - forced) * (1.0 - self.roots);
        let there = (rows as i128 - tally.sum(ABSENT)) as f64;
        let mut first = Breaches::among(rows);
        first.violations = u64::try_from(forced as i128 - tally.sum(FORCED)).unwrap_or(0);
        if self.knows_order(bench.model) {
            let rule = "the first rows are roots";
            findings.counter(Promise::Null, subject, rule, &first, "let the first row refer to none");
        }
        if self.roots == 0.0 {
            let mut others = Breaches::among(rows);
            others.violations = u64::try_from(resolved as i128 - there as i128).unwrap_or(0);
            let rule = "no other row is a root";
            findings.counter(
                Promise::Null,
                subject,
                rule,
                &others,
                "let every later row refer to one before",
            );
        } else if resolved > 0.0 {
            findings.relative(Relative {
                subject,
                measure: "share of roots",
                declared: Some(format!("roots = {}", self.roots)),
                resolved: 1.0 - resolved / rows as f64,
                observed: 1.0 - there / rows as f64,
                unit: Unit::Share,
                tolerance: bench.tolerance,
                noise: NORMAL_ONE_PERCENT * libm::sqrt((1.0 - self.roots) / (self.roots * rows as f64)),
                critical: true,
                advice: ("lower the share of roots", "raise the share of roots"),
            });
        }
    }

    fn judge_distances(&self, subject: &str, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let (name, unit, family, expected) = match &self.lag {
            Some(lag) => {
                let expected = Binned::of_law(Scale::Whole, &*lag.expectation(), Rounding::Nearest(1.0));
                ("rows back", "rows", Family::Magnitudes, expected)
            }
            None => {
                let (scale, family) = positions();
                let expected = Binned::of_cumulative(scale, |place| place / POSITIONS as f64);
                ("place among the rows before", "of 2^20", family, expected)
            }
        };
        let subject = format!("{subject}: {name}");
        let effective = tally.total() as f64;
        let what = Comparison { subject: &subject, unit, family, effective, critical: true };
        numbers::compare(&what, &tally.counts, &expected, bench, findings);
    }
}

/// The bins and family of places among the rows before.
fn positions() -> (Scale, Family) {
    (Scale::linear(0.0, POSITIONS as f64), Family::Positions { from: 0, to: POSITIONS })
}

/// How many rows lead back to themselves; each slot holds the row that it refers to and 1, or 0.
fn in_circles(slots: &[u64]) -> u64 {
    let next = |at: usize| {
        let next = slots[at].checked_sub(1).map(|next| next as usize);
        next.filter(|&next| next < slots.len())
    };
    // The walk on which each row was met, from 1.
    let mut met = vec![0u32; slots.len()];
    let mut circling = 0;
    for start in 0..slots.len() {
        let walk = start as u32 + 1;
        let mut at = Some(start);
        while let Some(here) = at.filter(|&here| met[here] == 0) {
            met[here] = walk;
            at = next(here);
        }
        // Back where this walk has been: once around to count.
        let Some(first) = at.filter(|&here| met[here] == walk) else { continue };
        circling += 1;
        circling += std::iter::successors(next(first), |&here| next(here))
            .take_while(|&here| here != first)
            .count() as u64;
    }
    circling
}

/// References to any row but the own.
pub struct NotSelf {
    /// The entity.
    pub entity: EntityId,
    /// The visible column.
    pub column: ColumnId,
    /// The key that it refers to.
    pub there: ColumnId,
}

impl Claim for NotSelf {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let (Some(array), Some(own)) =
            (view.value(self.entity, self.column), view.value(self.entity, self.there))
        else {
            return;
        };
        let (keys, own) = (Keys::of(&array), Keys::of(&own));
        tally.breaches.examined += array.len() as u64;
        for row in 0..keys.len() {
            if keys.get(row).is_some_and(|key| own.get(row) == Some(key)) {
                tally
                    .breaches
                    .add(|| view.shard.place(self.entity, row, Some(self.column), shown(&array, row)));
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        if tally.breaches.examined == 0 {
            return;
        }
        findings.counter(
            Promise::Scope,
            &name_of(bench.model, self.entity, self.column),
            "no row refers to itself",
            &tally.breaches,
            "choose among the other rows",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_circles_are_counted_and_trees_are_not() {
        let slots = |to: &[Option<u64>]| to.iter().map(|to| to.map_or(0, |to| to + 1)).collect::<Vec<_>>();
        assert_eq!(in_circles(&slots(&[None, Some(0), Some(1), Some(0), Some(2)])), 0);
        assert_eq!(in_circles(&slots(&[Some(0)])), 1);
        // 1, 2 and 3 in a circle, 0 leads into it, 4 refers to itself, 5 to 4, 6 to a row that is not there.
        assert_eq!(in_circles(&slots(&[Some(1), Some(2), Some(3), Some(1), Some(4), Some(4), Some(90)])), 4);
        // Backwards chains are walked once.
        let chain: Vec<Option<u64>> = (0..50_000).map(|row| (row < 49_999).then_some(row + 1)).collect();
        assert_eq!(in_circles(&slots(&chain)), 0);
    }
}
