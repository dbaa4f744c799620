//! [`Ranges`]: times spread over a range, alone or not before a referenced row's time.

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::list::{range_bins, shape_below};
use super::numbers::{self, Comparison};
use super::{Bench, Claim, Tally, name_of, source_name};
use crate::fidelity::assessment::Promise;
use crate::fidelity::findings::Findings;
use crate::fidelity::histogram::Binned;
use crate::fidelity::sources::View;
use crate::laws::rhythm::Rhythm;
use crate::model::scalars::format_time;
use crate::model::{ColumnId, EntityId, Shape, Source};

/// Times of a range.
pub struct Ranges {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
    /// First microsecond.
    pub from: i64,
    /// Microsecond after the last.
    pub to: i64,
    /// How times spread.
    pub shape: Shape,
    /// The rhythm that uniform times are spread by instead.
    pub rhythm: Option<Rhythm>,
    /// A time of a referenced row that none may be before.
    pub not_before: Option<Source>,
}

impl Claim for Ranges {
    /// The times, then the referenced times.
    fn start(&self) -> Tally {
        Tally::with_bins(2 * range_bins(self.from, self.to).0.bins())
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.value(self.entity, self.column) else { return };
        let Some(times) = array.as_primitive_opt::<TimestampMicrosecondType>() else { return };
        let referenced = self.not_before.map(|source| view.source(self.entity, source));
        let Some(referenced) = referenced.map_or(Some(None), |array| array.map(Some)) else { return };
        let scale = range_bins(self.from, self.to).0;
        for row in (0..times.len()).filter(|&row| times.is_valid(row)) {
            let time = times.value(row);
            tally.breaches.examined += 1;
            tally.counts[scale.bin(time as f64)] += 1;
            if time < self.from || time >= self.to {
                tally
                    .breaches
                    .add(|| view.shard.place(self.entity, row, Some(self.column), format_time(time)));
            }
        }
        if let Some(array) = referenced {
            numbers::each(&array, |_, time| tally.counts[scale.bins() + scale.bin(time)] += 1);
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let subject = name_of(bench.model, self.entity, self.column);
        findings.counter(
            Promise::Domain,
            &subject,
            &format!("every time lies from {} to before {}", format_time(self.from), format_time(self.to)),
            &tally.breaches,
            "bound the times, or declare a wider range",
        );
        let (scale, family) = range_bins(self.from, self.to);
        let (own, referenced) = tally.counts.split_at(scale.bins());
        let length = (self.to - self.from) as f64;
        let whole =
            self.rhythm.as_ref().map(|rhythm| (rhythm.cumulative(self.from), rhythm.cumulative(self.to)));
        let declared = |time: f64| match (&self.rhythm, whole) {
            (Some(rhythm), Some((first, last))) => {
                ((rhythm.cumulative(time as i64) - first) / (last - first)).clamp(0.0, 1.0)
            }
            _ => shape_below(self.shape, (time - self.from as f64) / length),
        };
        // The nearest law that no referenced time contradicts: min(F, A) with A the referenced times of these very rows
        // (Strassen 1965, doi:10.1214/aoms/1177700153).
        let arrived = Binned::of_counts(scale.clone(), referenced);
        let expected = Binned::of_cumulative(scale, |time| {
            declared(time).min(arrived.as_ref().map_or(1.0, |arrived| arrived.below(time)))
        });
        let effective: u64 = own.iter().sum();
        let subject = match self.not_before {
            None => subject,
            Some(source) => format!("{subject} not before {}", source_name(bench.model, self.entity, source)),
        };
        // Times in the order of rows are not drawn, but foreign ones may be.
        let what = Comparison {
            subject: &subject,
            unit: "time",
            family,
            effective: effective as f64,
            critical: true,
        };
        numbers::compare(&what, own, &expected, bench, findings);
    }
}
