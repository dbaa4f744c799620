//! [`Bursts`]: how unevenly the events of a process follow each other.

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::{Bench, Claim, Tally, name_of};
use crate::fidelity::assessment::{self, Portrait, Unit};
use crate::fidelity::findings::{Findings, Relative};
use crate::fidelity::sources::View;
use crate::fidelity::thresholds::NORMAL_ONE_PERCENT;
use crate::laws::rhythm::Rhythm;
use crate::model::{ColumnId, EntityId, ProcessDeclaration};

/// The estimator is biased in families with fewer gaps.
const LEAST_GAPS: usize = 100;
/// Classes of families by their gaps: from so many on.
const CLASSES: [(usize, &str); 4] =
    [(100, "100 to 299"), (300, "300 to 999"), (1_000, "1K to 9.9K"), (10_000, "10K and more")];
/// Fixed point of squares and shares.
const UNIT: f64 = (1u64 << 32) as f64;
/// A gap is short below this part of the family's mean.
const SHORT: f64 = 0.1;
/// The most that a short gap's mean may be of the mean of all, as the process has it.
const RATIO_CAP: f64 = 0.1;

/// Sums of each class: families, gaps, gaps × squared coefficient of variation, short gaps, expected short gaps.
const FAMILIES: usize = 0;
const GAPS: usize = 1;
const SQUARES: usize = 2;
const SHORTS: usize = 3;
const EXPECTED: usize = 4;
const SUMS: usize = 5;

/// The gaps between the events of one parent, in operational time.
pub struct Bursts {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
    /// The parameters.
    pub process: ProcessDeclaration,
    /// The intensity.
    pub rhythm: Rhythm,
}

impl Bursts {
    /// The chance of a gap below [`SHORT`] means in a family whose mean gap is so many seconds: the two exponential kinds
    /// of a hyperexponential law with mean 1 and the declared coefficient of variation.
    fn chance_of_short(&self, mean_seconds: f64) -> f64 {
        let second = (self.process.burst_coefficient * self.process.burst_coefficient + 1.0) / 2.0;
        let short = RATIO_CAP.min(self.process.burst_gap_seconds / mean_seconds.max(1e-9));
        let often = (second - 1.0) / (second - 2.0 * short + short * short);
        let long = (1.0 - often * short) / (1.0 - often);
        let below = |mean: f64| -libm::expm1(-SHORT / mean);
        often * below(short) + (1.0 - often) * below(long)
    }
}

impl Claim for Bursts {
    fn start(&self) -> Tally {
        Tally { sums: vec![0; SUMS * CLASSES.len()], ..Tally::default() }
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let (Some(array), Some(table)) =
            (view.value(self.entity, self.column), view.shard.table(self.entity))
        else {
            return;
        };
        let Some(parent) = view.shard.model.parent(self.entity) else { return };
        let Some(times) =
            array.as_primitive_opt::<TimestampMicrosecondType>().filter(|times| times.null_count() == 0)
        else {
            return;
        };
        let mut gaps: Vec<f64> = Vec::new();
        for at in 0..view.rows(parent) {
            let rows = table.under(at);
            if rows.len() <= LEAST_GAPS {
                continue;
            }
            let times = &times.values()[rows];
            gaps.clear();
            let mut before = self.rhythm.cumulative(times[0]);
            gaps.extend(times[1..].iter().map(|&time| {
                let now = self.rhythm.cumulative(time);
                let gap = now - before;
                before = now;
                gap
            }));
            let count = gaps.len() as f64;
            let mean = gaps.iter().sum::<f64>() / count;
            let squares = gaps.iter().map(|gap| gap * gap).sum::<f64>();
            if mean <= 0.0 {
                continue;
            }
            let shorts = gaps.iter().filter(|&&gap| gap < SHORT * mean).count();
            let seconds = (times[times.len() - 1] - times[0]) as f64 / 1e6 / count;
            let class = CLASSES.iter().rposition(|(least, _)| gaps.len() >= *least).unwrap_or(0) * SUMS;
            tally.sums[class + FAMILIES] += 1;
            tally.sums[class + GAPS] += gaps.len() as i128;
            tally.sums[class + SQUARES] += (count * (squares / count / (mean * mean) - 1.0) * UNIT) as i128;
            tally.sums[class + SHORTS] += shorts as i128;
            tally.sums[class + EXPECTED] += (count * self.chance_of_short(seconds) * UNIT) as i128;
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let subject = name_of(bench.model, self.entity, self.column);
        let sum =
            |kind: usize| (0..CLASSES.len()).map(|class| tally.sum(class * SUMS + kind)).sum::<i128>() as f64;
        let gaps = sum(GAPS);
        if gaps == 0.0 {
            findings.remark(
                &subject,
                format!("no parent has more than {LEAST_GAPS} rows: bursts were not judged"),
            );
            return;
        }
        let declared = self.process.burst_coefficient;
        let root = libm::sqrt(gaps);
        findings.relative(Relative {
            subject: &subject,
            measure: "burst coefficient",
            declared: Some(format!("coefficient = {declared}")),
            resolved: declared,
            observed: libm::sqrt((sum(SQUARES) / UNIT / gaps).max(0.0)),
            unit: Unit::Ratio,
            tolerance: bench.tolerance,
            // The squared coefficient of such gaps has a relative deviation of about 2c/√n.
            noise: NORMAL_ONE_PERCENT * declared / root,
            critical: true,
            advice: ("lower the burst coefficient", "raise the burst coefficient: the gaps are too even"),
        });
        let resolved = sum(EXPECTED) / UNIT / gaps;
        findings.relative(Relative {
            subject: &subject,
            measure: "share of gaps under a tenth of the mean",
            declared: None,
            resolved,
            observed: sum(SHORTS) / gaps,
            unit: Unit::Share,
            tolerance: bench.tolerance,
            noise: NORMAL_ONE_PERCENT * libm::sqrt((1.0 - resolved) / resolved) / root,
            critical: true,
            advice: ("make fewer short gaps", "make more short gaps: events come in bursts"),
        });
        let classes = CLASSES.iter().enumerate().filter_map(|(number, (_, label))| {
            let sum = |kind: usize| tally.sum(number * SUMS + kind);
            let gaps = sum(GAPS) as f64;
            (gaps > 0.0).then(|| {
                let coefficient = libm::sqrt((sum(SQUARES) as f64 / UNIT / gaps).max(0.0));
                ((*label).to_owned(), sum(FAMILIES) as u64, coefficient, declared)
            })
        });
        findings.portraits.push(Portrait::Gaps(assessment::Gaps {
            subject,
            declared,
            classes: classes.collect(),
        }));
    }
}
