//! [`Nulls`]: NULL stands where the model says, and nowhere else.

use arrow::array::Array;

use super::{Bench, Claim, Tally, name_of};
use crate::fidelity::assessment::Promise;
use crate::fidelity::findings::Findings;
use crate::fidelity::sources::View;
use crate::model::{ColumnId, EntityId};

/// Where NULL may stand.
pub struct Nulls {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
    /// The column's way of being made never gives NULL of itself.
    pub always_there: bool,
    /// It is a key: a NULL in it is told apart from other NULLs.
    pub is_key: bool,
}

impl Claim for Nulls {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.value(self.entity, self.column) else { return };
        let declared = view.shard.model.column(self.entity, self.column);
        let condition = match &declared.when {
            None => None,
            Some(condition) => match view.holds(self.entity, condition) {
                Some(holds) => Some(holds),
                None => return,
            },
        };
        tally.breaches.examined += array.len() as u64;
        if condition.is_none() && (array.null_count() == 0 || !self.always_there) {
            return;
        }
        for row in 0..array.len() {
            let stands = condition.as_ref().is_none_or(|condition| condition[row]);
            let wrong = if stands { self.always_there && array.is_null(row) } else { array.is_valid(row) };
            if wrong {
                let found = if stands { "NULL" } else { "a value where NULL must stand" };
                tally
                    .breaches
                    .add(|| view.shard.place(self.entity, row, Some(self.column), found.to_owned()));
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        if tally.breaches.examined == 0 {
            return;
        }
        let declared = bench.model.column(self.entity, self.column);
        let rule = match (&declared.when, self.is_key) {
            (Some(condition), _) => format!("there where {}, NULL elsewhere", condition.expression.source),
            (None, true) => "a key is never NULL".to_owned(),
            (None, false) => "never NULL".to_owned(),
        };
        findings.counter(
            Promise::Null,
            &name_of(bench.model, self.entity, self.column),
            &rule,
            &tally.breaches,
            "fill the column, or declare when it is NULL",
        );
    }
}
