//! [`Derived`]: a column that follows from others, row by row.

use arrow::array::Array;
use arrow::compute::kernels::cmp::distinct;

use super::validations::shown;
use super::{Bench, Claim, Tally, name_of};
use crate::fidelity::assessment::Promise;
use crate::fidelity::findings::Findings;
use crate::fidelity::sources::View;
use crate::model::{ColumnId, EntityId};

/// A copy, an expression, an aggregate or a count that the files' other columns tell.
pub struct Derived {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
    /// How it follows, in words.
    pub rule: String,
    /// It follows from the order of rows, so that a dataset without order cannot be held to it.
    pub needs_order: bool,
}

impl Claim for Derived {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let (Some(actual), Some(expected)) =
            (view.value(self.entity, self.column), view.derived(self.entity, self.column))
        else {
            return;
        };
        let Ok(differs) = distinct(&actual, &expected) else { return };
        tally.breaches.examined += actual.len() as u64;
        if differs.true_count() == 0 {
            return;
        }
        for row in (0..differs.len()).filter(|&row| differs.value(row)) {
            tally.breaches.add(|| {
                let found = format!("{} instead of {}", shown(&actual, row), shown(&expected, row));
                view.shard.place(self.entity, row, Some(self.column), found)
            });
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let subject = name_of(bench.model, self.entity, self.column);
        if self.needs_order && !bench.in_order {
            findings.remark(
                &subject,
                format!("`{}` was not judged: the files' order of rows means nothing", self.rule),
            );
        } else if tally.breaches.examined > 0 {
            findings.counter(
                Promise::Derived,
                &subject,
                &self.rule,
                &tally.breaches,
                "compute the column from the columns that it follows from",
            );
        }
    }
}
