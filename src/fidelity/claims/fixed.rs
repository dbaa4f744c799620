//! [`Fixed`]: numbers of children that a rule fixes: one where a condition holds, at most one of a share, a column.

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};

use super::{Bench, Claim, Tally, fan_out_name, independence};
use crate::fidelity::assessment::{Promise, Unit};
use crate::fidelity::findings::{Findings, Relative};
use crate::fidelity::sources::View;
use crate::model::{BoundExpression, ColumnId, EntityId};

/// What fixes the number.
pub enum By {
    /// One where a condition on the parent holds, none elsewhere.
    When(BoundExpression),
    /// At most one, and one for so great a share of the parents.
    Share(f64),
    /// What a visible column of the parent says.
    Column(ColumnId),
}

/// How many children each parent has.
pub struct Fixed {
    /// The child.
    pub child: EntityId,
    /// The parent.
    pub parent: EntityId,
    /// What fixes the number.
    pub by: By,
}

impl Claim for Fixed {
    fn start(&self) -> Tally {
        Tally::with_bins(4)
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(table) = view.shard.table(self.child) else { return };
        let parents = view.rows(self.parent);
        let expected: Option<Vec<i64>> = match &self.by {
            By::Share(_) => None,
            By::When(condition) => match view.holds(self.parent, condition) {
                Some(holds) => Some(holds.iter().map(|&holds| i64::from(holds)).collect()),
                None => return,
            },
            By::Column(column) => {
                let Some(array) =
                    view.value(self.parent, *column).and_then(|array| cast(&array, &DataType::Int64).ok())
                else {
                    return;
                };
                Some(array.as_primitive::<Int64Type>().values().to_vec())
            }
        };
        tally.breaches.examined += parents as u64;
        let above = view.shard.table(self.parent).map(|table| table.parent.as_slice()).unwrap_or_default();
        let has = |at: usize| usize::from(!table.under(at).is_empty());
        // Neighbours under one grandparent: chance decides of each alone.
        for at in 1..parents {
            if above.is_empty() || above[at] == above[at - 1] {
                tally.counts[has(at - 1) * 2 + has(at)] += 1;
            }
        }
        for at in 0..parents {
            let count = table.under(at).len() as i64;
            tally.add(0, i128::from(count.min(1)));
            let right = expected.as_ref().map_or(count <= 1, |expected| expected[at] == count);
            if !right {
                let found = format!("{count} rows of {}", view.shard.model.entity(self.child).name);
                tally.breaches.add(|| view.shard.place(self.parent, at, None, found));
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        if tally.breaches.examined == 0 {
            return;
        }
        let subject = fan_out_name(bench.model, self.child);
        let rule = match &self.by {
            By::When(condition) => format!("exactly one where {}", condition.expression.source),
            By::Share(_) => "at most one".to_owned(),
            By::Column(column) => {
                format!("as many as `{}` says", bench.model.column(self.parent, *column).name)
            }
        };
        let advice = "give each parent row as many children as its rule says";
        findings.counter(Promise::Cardinality, &subject, &rule, &tally.breaches, advice);
        if let By::Share(share) = self.by {
            findings.relative(Relative {
                subject: &subject,
                measure: "share of parents with one",
                declared: Some(format!("share = {share}")),
                resolved: share,
                observed: tally.sum(0) as f64 / tally.breaches.examined as f64,
                unit: Unit::Share,
                tolerance: bench.tolerance / 3.0,
                noise: 1.0 / (share * tally.breaches.examined as f64).max(1.0),
                critical: true,
                advice: ("lower the share", "raise the share"),
            });
            let subject = format!("{subject} beside the row before");
            independence::judge_table(&subject, &tally.counts, 2, bench, findings);
        }
    }
}
