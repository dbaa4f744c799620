//! [`Order`]: times of a process rise strictly under one parent, inside the parent's life.

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::{Bench, Claim, Tally, name_of};
use crate::fidelity::assessment::Promise;
use crate::fidelity::findings::Findings;
use crate::fidelity::sources::View;
use crate::model::scalars::format_time;
use crate::model::{ColumnId, EntityId, ProcessDeclaration};

/// Strictly increasing times.
pub struct Order {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
}

impl Claim for Order {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.value(self.entity, self.column) else { return };
        let Some(times) = array.as_primitive_opt::<TimestampMicrosecondType>() else { return };
        let Some(table) = view.shard.table(self.entity) else { return };
        tally.breaches.examined += times.len() as u64;
        let values = times.values();
        for row in 1..values.len() {
            if values[row] <= values[row - 1]
                && table.parent[row] == table.parent[row - 1]
                && times.is_valid(row)
                && times.is_valid(row - 1)
            {
                let found = format!("{} after {}", format_time(values[row]), format_time(values[row - 1]));
                tally.breaches.add(|| view.shard.place(self.entity, row, Some(self.column), found));
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let rule = if bench.in_order {
            "times rise strictly from row to row under one parent"
        } else {
            "no two rows of one parent have the same time"
        };
        findings.counter(
            Promise::Order,
            &name_of(bench.model, self.entity, self.column),
            rule,
            &tally.breaches,
            "write the rows of each parent in the order of their times, each later than the one before",
        );
    }
}

/// Times inside the parent's life and the window.
pub struct Life {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
    /// The process.
    pub process: ProcessDeclaration,
}

impl Claim for Life {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.value(self.entity, self.column) else { return };
        let Some(starts) = view.source(self.entity, self.process.from) else { return };
        let (Some(times), Some(starts)) = (
            array.as_primitive_opt::<TimestampMicrosecondType>(),
            starts.as_primitive_opt::<TimestampMicrosecondType>(),
        ) else {
            return;
        };
        tally.breaches.examined += times.len() as u64;
        for row in 0..times.len() {
            let early = starts.is_valid(row) && times.value(row) < starts.value(row);
            if times.is_valid(row) && (early || times.value(row) > self.process.to) {
                let found = format_time(times.value(row));
                tally.breaches.add(|| view.shard.place(self.entity, row, Some(self.column), found));
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        findings.counter(
            Promise::Domain,
            &name_of(bench.model, self.entity, self.column),
            "no time lies before its parent's life begins or after the window ends",
            &tally.breaches,
            "keep times inside the window and after the start of their parent",
        );
    }
}
