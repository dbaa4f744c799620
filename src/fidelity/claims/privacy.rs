//! [`Privacy`]: no personal data in any text.

use arrow::array::{Array, AsArray};

use super::{Batch, Bench, Claim, Tally};
use crate::fidelity::assessment::{Promise, Summary};
use crate::fidelity::findings::Findings;
use crate::fidelity::privacy::{PersonalData, PrivacyScan};
use crate::model::{ColumnType, EntityId, Model};

/// Every text column of an entity.
pub struct Privacy {
    /// The entity.
    pub entity: EntityId,
    names: Vec<String>,
    synthetic_domains: Vec<String>,
}

impl Privacy {
    /// The claim for an entity.
    pub fn new(model: &Model, entity: EntityId) -> Self {
        Self {
            entity,
            names: model.entity(entity).columns.iter().map(|column| column.name.clone()).collect(),
            synthetic_domains: model.synthetic_email_domains.clone(),
        }
    }
}

/// The kinds by their number in the tally.
pub const KINDS: [(PersonalData, &str); 6] = [
    (PersonalData::Email, "e-mail addresses outside reserved and synthetic domains"),
    (PersonalData::Phone, "phone numbers"),
    (PersonalData::Card, "card numbers"),
    (PersonalData::Iban, "bank account numbers (IBAN)"),
    (PersonalData::SocialSecurity, "US social security numbers"),
    (PersonalData::PublicAddress, "public IP addresses"),
];

impl Claim for Privacy {
    fn start(&self) -> Tally {
        Tally { sums: vec![0; KINDS.len()], ..Tally::default() }
    }

    fn read(&self, batch: &Batch<'_>, tally: &mut Tally) {
        if batch.entity != self.entity {
            return;
        }
        let scan = PrivacyScan::new(&self.synthetic_domains);
        let mut hits = Vec::new();
        for (name, array) in self.names.iter().zip(batch.columns) {
            let Some(texts) = array.as_ref().and_then(|array| array.as_string_opt::<i32>()) else { continue };
            tally.breaches.examined += texts.len() as u64;
            hits.clear();
            scan.scan(texts, &mut hits);
            for hit in &hits {
                let kind = KINDS.iter().position(|(kind, _)| *kind == hit.kind).unwrap_or(0);
                tally.sums[kind] += 1;
                tally.breaches.add(|| batch.origin.place(hit.row, Some(name), hit.redacted.clone()));
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let entity = bench.model.entity(self.entity);
        let has_texts =
            entity.visible().any(|(_, column)| column.ty.data_type() == ColumnType::Text.data_type());
        if !has_texts {
            return;
        }
        let found: Vec<String> = KINDS
            .iter()
            .enumerate()
            .filter(|(kind, _)| tally.sum(*kind) > 0)
            .map(|(kind, (_, words))| format!("{} {words}", tally.sum(kind)))
            .collect();
        let rule = if found.is_empty() {
            "no text holds personal data".to_owned()
        } else {
            format!("no text holds personal data: found {}", found.join(", "))
        };
        findings.counter(
            Promise::Privacy,
            &entity.name,
            &rule,
            &tally.breaches,
            "delete the dataset; make addresses with `syn_` or `synthetic_`, in reserved domains or in `synthetic_email_domains`",
        );
    }

    fn sum_up(&self, tally: &Tally, _: &Bench<'_>, summary: &mut Summary) {
        summary.real_emails += u64::try_from(tally.sum(0)).unwrap_or(0);
    }
}
