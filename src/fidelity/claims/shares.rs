//! [`NullShare`]: how many rows are NULL where chance decides.

use arrow::array::Array;

use super::{Bench, Claim, Tally, name_of};
use crate::fidelity::assessment::Unit;
use crate::fidelity::findings::{Findings, Relative};
use crate::fidelity::sources::View;
use crate::fidelity::thresholds::NORMAL_ONE_PERCENT;
use crate::fidelity::twin;
use crate::model::{ColumnId, EntityId};

/// The share of rows with a value, where a hidden condition or a null share decides.
pub struct NullShare {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
}

/// Counts: rows with a value, without one, and as many again as the model gives.
const THERE: usize = 0;
const ABSENT: usize = 1;
const TWIN_THERE: usize = 2;
const TWIN_ABSENT: usize = 3;

impl Claim for NullShare {
    fn start(&self) -> Tally {
        Tally::with_bins(4)
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.value(self.entity, self.column) else { return };
        let Some(twin) = twin::presence(view, self.entity, self.column) else { return };
        tally.counts[THERE] += (array.len() - array.null_count()) as u64;
        tally.counts[ABSENT] += array.null_count() as u64;
        let there = twin.iter().filter(|&&there| there).count();
        tally.counts[TWIN_THERE] += there as u64;
        tally.counts[TWIN_ABSENT] += (twin.len() - there) as u64;
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let rows = (tally.counts[THERE] + tally.counts[ABSENT]) as f64;
        let twins = (tally.counts[TWIN_THERE] + tally.counts[TWIN_ABSENT]) as f64;
        if rows == 0.0 || twins == 0.0 {
            return;
        }
        let resolved = tally.counts[TWIN_THERE] as f64 / twins;
        let observed = tally.counts[THERE] as f64 / rows;
        if resolved == 0.0 {
            return;
        }
        findings.relative(Relative {
            subject: &name_of(bench.model, self.entity, self.column),
            measure: "share of rows with a value",
            declared: None,
            resolved,
            observed,
            unit: Unit::Share,
            tolerance: bench.tolerance,
            noise: NORMAL_ONE_PERCENT * libm::sqrt((1.0 - resolved) / (resolved * rows)),
            critical: false,
            advice: ("make the column NULL more often", "make the column NULL less often"),
        });
    }
}
