//! [`Lags`]: how far back a reference to an earlier row goes.

use super::numbers::{self, Comparison};
use super::{Bench, Claim, Tally, name_of};
use crate::fidelity::findings::Findings;
use crate::fidelity::histogram::{Binned, Rounding, Scale};
use crate::fidelity::keys::NONE;
use crate::fidelity::sources::View;
use crate::fidelity::thresholds::Family;
use crate::laws::Law;
use crate::model::{ColumnId, EntityId};

/// Distances in rows.
pub struct Lags {
    /// The entity.
    pub entity: EntityId,
    /// The hidden pick.
    pub pick: ColumnId,
    /// The visible column.
    pub column: ColumnId,
    /// The law of the distance.
    pub law: Law,
}

impl Claim for Lags {
    fn start(&self) -> Tally {
        Tally::with_bins(Scale::Whole.bins())
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let (Some(rows), Some(table)) = (view.pick(self.entity, self.pick), view.shard.table(self.entity))
        else {
            return;
        };
        // Where the parent has as many earlier rows as the law may ask for, nothing truncates it.
        let most = self.law.expectation().support().1;
        for (row, &picked) in rows.iter().enumerate() {
            if picked == NONE || picked as usize >= row {
                continue;
            }
            let first = table.offsets[table.parent[row] as usize] as usize;
            if (row - first) as f64 >= most && table.parent[picked as usize] == table.parent[row] {
                tally.counts[Scale::Whole.bin((row - picked as usize) as f64)] += 1;
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let subject = format!("{}: rows back", name_of(bench.model, self.entity, self.column));
        let expected = Binned::of_law(Scale::Whole, &*self.law.expectation(), Rounding::Nearest(1.0));
        let what = Comparison {
            subject: &subject,
            unit: "rows",
            family: Family::Magnitudes,
            effective: tally.total() as f64,
            critical: false,
        };
        numbers::compare(&what, &tally.counts, &expected, bench, findings);
    }
}
