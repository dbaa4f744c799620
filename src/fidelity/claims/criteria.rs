//! [`Condition`]: a figure that a model's `assess` puts between bounds.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::seen::Seen;
use super::{Bench, Claim, Tally, fan_out_name, name_of};
use crate::fidelity::assessment::Unit;
use crate::fidelity::findings::{Figure, Findings};
use crate::fidelity::keys::text_key;
use crate::fidelity::sources::View;
use crate::model::criteria::{Criterion, Measure};
use crate::model::text_form::calendar::HOUR;

/// Different values are counted up to here.
const MOST_VALUES: usize = 1_000;

/// One condition of a group.
pub struct Condition {
    /// The group's name.
    pub group: String,
    /// The condition.
    pub criterion: Criterion,
}

impl Claim for Condition {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        match &self.criterion.measure {
            Measure::TopShare { child, .. }
            | Measure::QuantileRatio { child, .. }
            | Measure::ParentsAbove { child, .. } => {
                let (Some(table), Some(parent)) = (view.shard.table(*child), view.shard.model.parent(*child))
                else {
                    return;
                };
                for at in 0..view.rows(parent) {
                    *tally.sizes.entry(table.under(at).len() as u64).or_default() += 1;
                }
            }
            Measure::Variety { entity, column } => {
                let Some(array) = view.value(*entity, *column) else { return };
                let mut last = String::new();
                for row in (0..array.len()).filter(|&row| array.is_valid(row)) {
                    let value = super::validations::shown(&array, row);
                    if (value != last || row == 0) && tally.sizes.len() < MOST_VALUES {
                        tally.sizes.entry(text_key(&value) as u64).or_insert(1);
                        last = value;
                    }
                }
            }
            Measure::HourRatio { entity, column } => {
                let Some(array) = view.value(*entity, *column) else { return };
                let Some(times) = array.as_primitive_opt::<TimestampMicrosecondType>() else { return };
                let mut hours = [0u64; 24];
                times
                    .iter()
                    .flatten()
                    .for_each(|time| hours[time.div_euclid(HOUR).rem_euclid(24) as usize] += 1);
                for (hour, count) in hours.into_iter().enumerate() {
                    *tally.sizes.entry(hour as u64).or_default() += count;
                }
            }
            Measure::Share { entity, condition, .. } => {
                if let Some(holds) = view.holds(*entity, condition) {
                    tally.add(0, holds.iter().filter(|&&holds| holds).count() as i128);
                    tally.add(1, holds.len() as i128);
                }
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let Some((subject, measure, observed, unit, critical)) = self.figure(tally, bench) else {
            findings
                .remark(&self.group, "a condition could not be measured: columns that it reads are missing");
            return;
        };
        let Criterion { at_least, at_most, .. } = self.criterion;
        let below = at_least.map_or(0.0, |least| (least - observed).max(0.0));
        let above = at_most.map_or(0.0, |most| (observed - most).max(0.0));
        let shown = |bound: f64| {
            if unit == Unit::Share {
                format!("{} %", libm::round(bound * 1e4) / 1e2)
            } else {
                bound.to_string()
            }
        };
        let declared = match (at_least, at_most) {
            (Some(least), Some(most)) => format!("{} to {}", shown(least), shown(most)),
            (Some(least), None) => format!("at least {}", shown(least)),
            (None, Some(most)) => format!("at most {}", shown(most)),
            (None, None) => return,
        };
        // A figure below its bounds is compared with the lower one, so that the advice points the right way.
        let resolved = if below > 0.0 { at_least } else { at_most.filter(|_| above > 0.0) };
        findings.figure(Figure {
            subject: &subject,
            measure: &measure,
            declared: Some(declared),
            resolved,
            observed,
            unit,
            effect: below.max(above),
            threshold: 0.0,
            from: "the model's own bounds".to_owned(),
            noise: 0.0,
            critical,
            advice: ("lower it in the model", "raise it in the model"),
        });
        if let Some(check) = findings.checks.last_mut() {
            check.group = Some(self.group.clone());
        }
    }
}

impl Condition {
    /// Subject, measure, figure, unit, and whether a FAIL alone decides.
    fn figure(&self, tally: &Tally, bench: &Bench<'_>) -> Option<(String, String, f64, Unit, bool)> {
        let model = bench.model;
        let percent = |share: f64| libm::round(share * 1e4) / 1e2;
        Some(match &self.criterion.measure {
            Measure::TopShare { child, top } => {
                let seen = Seen::new(&tally.sizes);
                let share = seen.held_by(seen.top(*top)) as f64 / seen.children.max(1) as f64;
                (
                    fan_out_name(model, *child),
                    format!("held by the top {} %", percent(*top)),
                    share,
                    Unit::Share,
                    true,
                )
            }
            Measure::QuantileRatio { child, upper, lower } => {
                let seen = Seen::new(&tally.sizes);
                let ratio = seen.quantile(*upper) / seen.quantile(*lower).max(1.0);
                let measure = format!("p{} over p{}", percent(*upper), percent(*lower));
                (fan_out_name(model, *child), measure, ratio, Unit::Ratio, true)
            }
            Measure::ParentsAbove { child, threshold } => {
                let seen = Seen::new(&tally.sizes);
                let share = seen.reaching(*threshold).0 as f64 / seen.parents.max(1) as f64;
                (
                    fan_out_name(model, *child),
                    format!("parents from {threshold} on"),
                    share,
                    Unit::Share,
                    true,
                )
            }
            Measure::Variety { entity, column } => {
                let values = tally.sizes.len() as f64;
                (name_of(model, *entity, *column), "different values".to_owned(), values, Unit::Count, false)
            }
            Measure::HourRatio { entity, column } => {
                let ratio = hour_ratio(&tally.sizes)?;
                (
                    name_of(model, *entity, *column),
                    "busiest hour over quietest".to_owned(),
                    ratio,
                    Unit::Ratio,
                    true,
                )
            }
            Measure::Share { entity, condition, of } => {
                let whole = if entity == of { tally.sum(1) as f64 } else { bench.rows(*of) as f64 };
                if whole <= 0.0 {
                    return None;
                }
                let name = model.entity(*entity).name.clone();
                let measure =
                    format!("share of {} where {}", model.entity(*of).name, condition.expression.source);
                (name, measure, tally.sum(0) as f64 / whole, Unit::Share, false)
            }
        })
    }
}

/// The busiest hour over the quietest.
fn hour_ratio(hours: &BTreeMap<u64, u64>) -> Option<f64> {
    let (least, most) = (hours.values().min()?, hours.values().max()?);
    (*most > 0).then(|| *most as f64 / (*least).max(1) as f64)
}
