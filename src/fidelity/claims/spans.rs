//! Times made from other times: [`Delay`] after a base, [`Between`] two.

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::numbers::{self, Comparison};
use super::{Bench, Claim, Tally, name_of, source_name};
use crate::fidelity::assessment::{Promise, Unit};
use crate::fidelity::findings::{Findings, Relative};
use crate::fidelity::histogram::{Binned, Rounding, Scale};
use crate::fidelity::sources::View;
use crate::fidelity::thresholds::{Family, NORMAL_ONE_PERCENT};
use crate::laws::{Expect, Law, Uniform};
use crate::model::scalars::format_time;
use crate::model::{ColumnId, EntityId, Source};

const SECOND: f64 = 1e6;
/// Drawn delays are whole milliseconds, rounded up.
const GRAIN: f64 = 1e-3;
/// Shorter stretches between two times are too coarse for a position.
const SHORTEST: i64 = 1_000_000;

/// A time and a drawn delay.
pub struct Delay {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
    /// The base.
    pub base: Source,
    /// The law of the seconds.
    pub law: Law,
    /// The share of rows that get a delay.
    pub share: f64,
}

/// Sums: rows, and rows with a delay.
const ROWS: usize = 0;
const DELAYED: usize = 1;

impl Delay {
    fn scale(&self) -> (Scale, Family) {
        numbers::shape(&*self.law.expectation(), numbers::has_atoms(&self.law))
    }
}

impl Claim for Delay {
    fn start(&self) -> Tally {
        Tally { sums: vec![0, 0], ..Tally::with_bins(self.scale().0.bins()) }
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let (Some(times), Some(bases)) =
            (view.value(self.entity, self.column), view.source(self.entity, self.base))
        else {
            return;
        };
        let (Some(times), Some(bases)) = (
            times.as_primitive_opt::<TimestampMicrosecondType>(),
            bases.as_primitive_opt::<TimestampMicrosecondType>(),
        ) else {
            return;
        };
        let (scale, _) = self.scale();
        for row in 0..times.len() {
            if times.is_null(row) || bases.is_null(row) {
                continue;
            }
            let delay = times.value(row).saturating_sub(bases.value(row));
            tally.breaches.examined += 1;
            tally.sums[ROWS] += 1;
            if delay > 0 {
                tally.sums[DELAYED] += 1;
                tally.counts[scale.bin(delay as f64 / SECOND)] += 1;
            } else if delay < 0 || self.share >= 1.0 {
                tally.breaches.add(|| {
                    let found =
                        format!("{} after {}", format_time(times.value(row)), format_time(bases.value(row)));
                    view.shard.place(self.entity, row, Some(self.column), found)
                });
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let subject = name_of(bench.model, self.entity, self.column);
        let rows = tally.sum(ROWS) as f64;
        if rows == 0.0 {
            return;
        }
        let base = source_name(bench.model, self.entity, self.base);
        let when = if self.share < 1.0 { "not before" } else { "after" };
        findings.counter(
            Promise::Domain,
            &subject,
            &format!("every time is {when} {base}"),
            &tally.breaches,
            "add a delay that is not negative",
        );
        let delayed = tally.sum(DELAYED) as f64;
        if self.share < 1.0 {
            findings.relative(Relative {
                subject: &subject,
                measure: "share of rows with a delay",
                declared: Some(format!("share = {}", self.share)),
                resolved: self.share,
                observed: delayed / rows,
                unit: Unit::Share,
                tolerance: bench.tolerance,
                noise: NORMAL_ONE_PERCENT * libm::sqrt((1.0 - self.share) / (self.share * rows).max(1e-9)),
                critical: true,
                advice: ("lower the share", "raise the share"),
            });
        }
        let (scale, family) = self.scale();
        let expected = Binned::of_law(scale, &*self.law.expectation(), Rounding::Up(GRAIN));
        let subject = format!("{subject} after {base}");
        let what =
            Comparison { subject: &subject, unit: "seconds", family, effective: delayed, critical: true };
        numbers::compare(&what, &tally.counts, &expected, bench, findings);
    }
}

/// A uniform time between two.
pub struct Between {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
    /// The first.
    pub from: Source,
    /// The last.
    pub to: Source,
}

/// Positions between the two times.
fn positions() -> Scale {
    Scale::linear(0.0, 1.0 + 1e-9)
}

impl Claim for Between {
    fn start(&self) -> Tally {
        Tally::with_bins(positions().bins())
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let (Some(times), Some(from), Some(to)) = (
            view.value(self.entity, self.column),
            view.source(self.entity, self.from),
            view.source(self.entity, self.to),
        ) else {
            return;
        };
        let (Some(times), Some(from), Some(to)) = (
            times.as_primitive_opt::<TimestampMicrosecondType>(),
            from.as_primitive_opt::<TimestampMicrosecondType>(),
            to.as_primitive_opt::<TimestampMicrosecondType>(),
        ) else {
            return;
        };
        let scale = positions();
        for row in 0..times.len() {
            if times.is_null(row) || from.is_null(row) || to.is_null(row) {
                continue;
            }
            let (first, last, time) = (from.value(row), to.value(row), times.value(row));
            tally.breaches.examined += 1;
            if time < first || time > last {
                tally
                    .breaches
                    .add(|| view.shard.place(self.entity, row, Some(self.column), format_time(time)));
            } else if last - first >= SHORTEST {
                tally.counts[scale.bin((time - first) as f64 / (last - first) as f64)] += 1;
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let subject = name_of(bench.model, self.entity, self.column);
        if tally.breaches.examined == 0 {
            return;
        }
        let (from, to) = (
            source_name(bench.model, self.entity, self.from),
            source_name(bench.model, self.entity, self.to),
        );
        findings.counter(
            Promise::Domain,
            &subject,
            &format!("every time lies between {from} and {to}"),
            &tally.breaches,
            "draw the time between the two",
        );
        let uniform = Uniform { min: 0.0, max: 1.0 };
        let expected = Binned::of_law(positions(), &uniform as &dyn Expect, Rounding::None);
        let subject = format!("{subject} between {from} and {to}");
        let what = Comparison {
            subject: &subject,
            unit: "",
            family: Family::Positions { from: 0, to: 1 },
            effective: tally.total() as f64,
            critical: true,
        };
        numbers::compare(&what, &tally.counts, &expected, bench, findings);
    }
}
