//! [`Numbers`]: numbers, lengths and times that follow a law; [`compare`]: two laws over the same bins.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};

use super::{Bench, Claim, Population, Tally, categories};
use crate::fidelity::assessment::{self, Portrait, Promise, Unit};
use crate::fidelity::findings::{Figure, Findings, Relative};
use crate::fidelity::histogram::{Binned, Rounding, Scale};
use crate::fidelity::sources::View;
use crate::fidelity::thresholds::{self, Family, KS_ONE_PERCENT, NORMAL_ONE_PERCENT};
use crate::laws::{Expect, Law};
use crate::model::ColumnType;

/// Values of a column by a law.
pub struct Numbers {
    /// Whose values.
    pub population: Population,
    /// The law, in the column's unit.
    pub law: Law,
    /// How values are rounded.
    pub rounding: Rounding,
    /// The bins.
    pub scale: Scale,
    /// What may be wrong with the law.
    pub family: Family,
    /// A FAIL alone decides.
    pub critical: bool,
}

impl Numbers {
    /// The claim that a column's values follow a law.
    pub fn new(population: Population, law: &Law, ty: &ColumnType) -> Self {
        let rounding = match ty {
            ColumnType::Integer | ColumnType::BigInteger | ColumnType::Date => Rounding::Nearest(1.0),
            ColumnType::Decimal { scale, .. } => Rounding::Nearest(libm::pow(10.0, -f64::from(*scale))),
            ColumnType::Float
            | ColumnType::Uuid
            | ColumnType::Text
            | ColumnType::Boolean
            | ColumnType::Timestamp
            | ColumnType::DateTime
            | ColumnType::Enum { .. }
            | ColumnType::Json
            | ColumnType::Array { .. }
            | ColumnType::Interval => Rounding::None,
        };
        let expectation = law.expectation();
        // Whole numbers have a bin each, whatever the column's type: equal bins would hold one or none.
        let (scale, family) = shape(&*expectation, rounding == Rounding::Nearest(1.0) || has_atoms(law));
        Self { population, law: law.clone(), rounding, scale, family, critical: false }
    }

    fn breaks_support(&self, value: f64, support: (f64, f64)) -> bool {
        let slack = match self.rounding {
            Rounding::None => 0.0,
            Rounding::Nearest(grain) => 0.5 * grain,
            Rounding::Up(grain) => grain,
        };
        // A rounding error of the last bit is no breach.
        let slack = slack + 1e-12 * value.abs();
        let is_broken = self.law.is_whole() && value != libm::floor(value);
        value.is_nan() || value < support.0 - slack || value > support.1 + slack || is_broken
    }
}

/// Whether a law is one of several whole numbers.
pub fn has_atoms(law: &Law) -> bool {
    let (least, greatest) = law.support();
    law.is_whole() && least < greatest
}

/// The bins and the family that suit a law.
pub fn shape(law: &dyn Expect, whole: bool) -> (Scale, Family) {
    let (low, high) = (law.quantile(1e-6), law.quantile(1.0 - 1e-6));
    let (median, tail) = (law.quantile(0.5), law.quantile(0.99));
    let positive = law.support().0 >= 0.0;
    let spread = positive && median > 0.0 && tail / median > 3.0;
    let scale = match (positive, whole) {
        (true, true) => Scale::Whole,
        (true, false) if spread => Scale::Logarithmic,
        (true | false, _) => Scale::linear(low, high + (high - low).abs() * 1e-9),
    };
    (scale, if spread { Family::Magnitudes } else { Family::Line })
}

/// Calls with the row and value of everything that is not NULL.
pub fn each(array: &ArrayRef, mut call: impl FnMut(usize, f64)) {
    let valid = |row: usize| array.is_valid(row);
    let rows = (0..array.len()).filter(|&row| valid(row));
    if let Some(array) = array.as_primitive_opt::<TimestampMicrosecondType>() {
        rows.for_each(|row| call(row, array.value(row) as f64));
    } else if let Some(array) = array.as_primitive_opt::<Int64Type>() {
        rows.for_each(|row| call(row, array.value(row) as f64));
    } else if let Some(array) = array.as_primitive_opt::<Int32Type>() {
        rows.for_each(|row| call(row, f64::from(array.value(row))));
    } else if let Some(array) = array.as_primitive_opt::<Float64Type>() {
        rows.for_each(|row| call(row, array.value(row)));
    } else if let Some(array) = array.as_primitive_opt::<Date32Type>() {
        rows.for_each(|row| call(row, f64::from(array.value(row))));
    } else if let Some(decimals) = array.as_primitive_opt::<Decimal128Type>() {
        let unit = libm::pow(10.0, f64::from(decimals.scale()));
        rows.for_each(|row| call(row, decimals.value(row) as f64 / unit));
    }
}

impl Claim for Numbers {
    fn start(&self) -> Tally {
        Tally::with_bins(self.scale.bins())
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let (Some(values), Some(members)) = (self.population.values(view), self.population.members(view))
        else {
            return;
        };
        let support = self.law.support();
        let Population { entity, column, .. } = self.population;
        each(&values.array, |row, value| {
            if members.as_ref().is_some_and(|members| !members[row]) {
                return;
            }
            tally.counts[self.scale.bin(value)] += 1;
            tally.breaches.examined += 1;
            if self.breaks_support(value, support) {
                tally
                    .breaches
                    .add(|| view.shard.place(entity, values.row(row), Some(column), value.to_string()));
            }
        });
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let subject = self.population.subject(bench.model);
        let (low, high) = self.law.support();
        if low.is_finite() || high.is_finite() {
            findings.counter(
                Promise::Domain,
                &subject,
                &format!(
                    "every value {}lies in {low} to {high}",
                    if self.law.is_whole() && self.rounding != Rounding::Nearest(1.0) {
                        "is a whole number and "
                    } else {
                        ""
                    }
                ),
                &tally.breaches,
                "bound the values, or declare wider bounds",
            );
        }
        // The counter has said all of a single value.
        if low == high {
            return;
        }
        let expected = Binned::of_law(self.scale.clone(), &*self.law.expectation(), self.rounding);
        let rows = tally.total() as f64;
        compare(
            &Comparison {
                subject: &subject,
                unit: "",
                family: self.family,
                effective: rows,
                critical: self.critical,
            },
            &tally.counts,
            &expected,
            bench,
            findings,
        );
        self.compare_values(&subject, tally, bench, findings);
    }
}

impl Numbers {
    /// Of few values that are all as likely, the one that is furthest off: half as many of the least and of the greatest
    /// move mean and distance but little.
    fn compare_values(&self, subject: &str, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let rows = tally.total() as f64;
        let Some(values) = self.law.even_values(thresholds::FEW).filter(|_| rows > 0.0) else { return };
        let labels: Vec<String> = values.iter().map(f64::to_string).collect();
        let shares = vec![1.0 / values.len() as f64; values.len()];
        let seen: Vec<f64> =
            values.iter().map(|&value| tally.counts[self.scale.bin(value)] as f64 / rows).collect();
        categories::worst_category(subject, &labels, &shares, &seen, rows, bench, findings);
    }
}

/// What is compared.
pub struct Comparison<'c> {
    /// What it is of.
    pub subject: &'c str,
    /// The unit for pictures.
    pub unit: &'c str,
    /// What may be wrong with the law.
    pub family: Family,
    /// As many independent draws as the rows are worth.
    pub effective: f64,
    /// A FAIL alone decides.
    pub critical: bool,
}

/// Compares counts with a law over the same bins: the distance, and the figures that people ask for.
pub fn compare(
    what: &Comparison<'_>,
    counts: &[u64],
    expected: &Binned,
    bench: &Bench<'_>,
    findings: &mut Findings,
) {
    let Some(observed) = Binned::of_counts(expected.scale.clone(), counts) else {
        findings.remark(what.subject, "there are no values to judge");
        return;
    };
    let root = libm::sqrt(what.effective.max(1.0));
    // Where all values are alike, a single row tells as much as many do.
    let chance = if expected.moments().1 > 0.0 { KS_ONE_PERCENT } else { 0.0 };
    findings.figure(Figure {
        subject: what.subject,
        measure: "KS distance",
        declared: None,
        resolved: None,
        observed: observed.distance(expected),
        unit: Unit::Distance,
        effect: observed.distance(expected),
        threshold: thresholds::distance(expected, what.family, bench.tolerance),
        from: "the law with its scale or shape off by the tolerance".to_owned(),
        noise: chance / root,
        critical: what.critical,
        advice: ("the shape is another one: compare the picture with the declared law", ""),
    });
    if !matches!(what.family, Family::Positions { .. } | Family::Counts) {
        figures(what, &observed, expected, bench, findings);
    }
    let (edges, seen, resolved) = expected.coarse(&observed, 60);
    findings.portraits.push(Portrait::Numbers(assessment::Numbers {
        subject: what.subject.to_owned(),
        unit: what.unit.to_owned(),
        logarithmic: matches!(what.family, Family::Magnitudes | Family::Counts),
        edges,
        observed: seen,
        resolved,
    }));
}

/// Mean, spread and quantiles.
fn figures(
    what: &Comparison<'_>,
    observed: &Binned,
    expected: &Binned,
    bench: &Bench<'_>,
    findings: &mut Findings,
) {
    let root = libm::sqrt(what.effective.max(1.0));
    let ((mean, deviation), (seen_mean, seen_deviation)) = (expected.moments(), observed.moments());
    if mean <= 0.0 || expected.quantile(1e-3) < 0.0 {
        return;
    }
    let own = if what.unit == "seconds" { Unit::Seconds } else { Unit::Number };
    let mut relative = |measure: &str, unit, resolved: f64, observed: f64, noise: f64, advice| {
        // The distance tells of a dataset too small to judge; its figures need not say it again.
        if noise > bench.tolerance {
            return;
        }
        findings.relative(Relative {
            subject: what.subject,
            measure,
            declared: None,
            resolved,
            observed,
            unit,
            tolerance: bench.tolerance,
            noise,
            critical: what.critical,
            advice,
        });
    };
    let scale = ("lower the law's scale (its median or mean)", "raise the law's scale (its median or mean)");
    let spread = (
        "lower the law's spread (its sigma or deviation)",
        "raise the law's spread (its sigma or deviation)",
    );
    relative("mean", own, mean, seen_mean, NORMAL_ONE_PERCENT * deviation / mean / root, scale);
    if deviation > 0.0 {
        let kurtosis = expected.kurtosis();
        let noise = NORMAL_ONE_PERCENT * libm::sqrt((kurtosis - 1.0).max(0.0) / 4.0) / root;
        let (resolved, observed) = (deviation / mean, seen_deviation / seen_mean);
        relative("coefficient of variation", Unit::Number, resolved, observed, noise, spread);
    }
    for (measure, share) in [("median", 0.5), ("95th percentile", 0.95), ("99th percentile", 0.99)] {
        let resolved = expected.quantile(share);
        let width = NORMAL_ONE_PERCENT * libm::sqrt(share * (1.0 - share)) / root;
        let (below, above) =
            (expected.quantile((share - width).max(0.0)), expected.quantile((share + width).min(1.0)));
        if resolved > 0.0 {
            let advice = if share == 0.5 { scale } else { spread };
            let noise = 0.5 * (above - below) / resolved;
            relative(measure, own, resolved, observed.quantile(share), noise, advice);
        }
    }
}
