//! [`Rule`]: a validation rule of the model, on every row.

use arrow::array::{Array, AsArray};

use super::{Bench, Claim, Tally};
use crate::fidelity::assessment::Promise;
use crate::fidelity::findings::Findings;
use crate::fidelity::keys::shortened;
use crate::fidelity::sources::View;
use crate::model::text_form::write;
use crate::model::{EntityId, Validation};

/// One rule. As with a SQL CHECK, a rule that is NULL is kept.
pub struct Rule {
    /// The entity.
    pub entity: EntityId,
    /// The rule.
    pub rule: Validation,
}

impl Claim for Rule {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.expression(self.entity, &self.rule.condition) else { return };
        let Some(truths) = array.as_boolean_opt() else { return };
        tally.breaches.examined += truths.len() as u64;
        for row in 0..truths.len() {
            if truths.is_valid(row) && !truths.value(row) {
                tally.breaches.add(|| {
                    let found = self.values(view, row);
                    view.shard.place(self.entity, row, None, found)
                });
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let name = &bench.model.entity(self.entity).name;
        if tally.breaches.examined == 0 && bench.rows(self.entity) > 0 {
            findings.remark(
                name,
                format!("`{}` could not be judged: columns that it reads are missing", self.rule.rule),
            );
            return;
        }
        findings.counter(
            Promise::Validation,
            name,
            &self.rule.rule,
            &tally.breaches,
            "derive one of the columns from the other, or bound its values",
        );
    }
}

impl Rule {
    /// The values that the rule compares, as text.
    fn values(&self, view: &View<'_>, row: usize) -> String {
        let values = self.rule.condition.sources.iter().filter_map(|source| {
            let array = view.source(self.entity, *source)?;
            Some(shown(&array, row))
        });
        shortened(&values.collect::<Vec<_>>().join(", "))
    }
}

/// A value for a report.
pub fn shown(array: &arrow::array::ArrayRef, row: usize) -> String {
    use arrow::datatypes::{DataType, TimestampMicrosecondType};
    if array.is_null(row) {
        return "NULL".to_owned();
    }
    match array.data_type() {
        DataType::Timestamp(..) => {
            let time = array.as_primitive::<TimestampMicrosecondType>().value(row);
            write::text(|out| write::push_timestamp(out, time))
        }
        DataType::FixedSizeBinary(16) => match array.as_fixed_size_binary().value(row).try_into() {
            Ok(bytes) => write::text(|out| write::push_uuid(out, bytes)),
            Err(_) => String::new(),
        },
        _ => arrow::util::display::array_value_to_string(array, row)
            .map_or_else(|_| String::new(), |text| shortened(&text)),
    }
}
