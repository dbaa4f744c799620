//! [`Categories`]: one of a few values, each with a share.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};

use super::{Bench, Claim, Part, Population, Tally};
use crate::fidelity::assessment::{self, Portrait, Promise, Summary, TypeSummary, Unit};
use crate::fidelity::findings::{Figure, Findings};
use crate::fidelity::sources::View;
use crate::fidelity::thresholds::{self, NORMAL_ONE_PERCENT};
use crate::model::{ColumnType, Pool, literals};

/// A category is worth a look of its own from so many expected rows on.
const ENOUGH: f64 = 30.0;

/// A pool's values and shares.
pub struct Categories {
    /// Whose values.
    pub population: Population,
    lookup: Lookup,
    /// Labels and shares.
    labels: Vec<String>,
    shares: Vec<f64>,
    /// The category of NULL, where the pool holds it.
    null: Option<usize>,
}

/// Finds a value's category.
enum Lookup {
    Texts(BTreeMap<String, usize>),
    Numbers(BTreeMap<i128, usize>),
    Bytes(BTreeMap<Vec<u8>, usize>),
}

impl Categories {
    /// The claim that a column's values are those of a pool; nothing for literals that are none of the type.
    pub fn new(population: Population, pool: &Pool, ty: &ColumnType) -> Option<Self> {
        let total: f64 = pool.weights.iter().sum();
        let values = literals::array(&pool.values, ty).ok()?;
        let mut keys: BTreeMap<Key, usize> = BTreeMap::new();
        let (mut labels, mut shares) = (Vec::new(), Vec::new());
        for (row, (literal, weight)) in pool.values.iter().zip(&pool.weights).enumerate() {
            let category = *keys.entry(Key::of(&values, row)).or_insert_with(|| {
                labels.push(literal.0.clone().unwrap_or_else(|| "NULL".to_owned()));
                shares.push(0.0);
                labels.len() - 1
            });
            shares[category] += weight / total;
        }
        let null = keys.get(&Key::Null).copied();
        let lookup = Lookup::of(keys)?;
        Some(Self { population, lookup, labels, shares, null })
    }

    /// The claim that a column is true with a probability.
    pub fn chance(population: Population, probability: f64) -> Self {
        Self {
            population,
            lookup: Lookup::Numbers(BTreeMap::from([(1, 0), (0, 1)])),
            labels: vec!["true".to_owned(), "false".to_owned()],
            shares: vec![probability, 1.0 - probability],
            null: None,
        }
    }

    /// The category of every row; the number of categories for values that are none.
    fn categories(&self, values: &ArrayRef) -> Vec<usize> {
        let none = self.labels.len();
        let null = self.null.unwrap_or(none);
        let mut found = vec![null; values.len()];
        match &self.lookup {
            Lookup::Texts(map) => {
                let Some(texts) = values.as_string_opt::<i32>() else { return found };
                // Neighbours are often equal, and most columns have few values.
                let mut last: (&str, usize) = ("", map.get("").copied().unwrap_or(none));
                for row in (0..texts.len()).filter(|&row| texts.is_valid(row)) {
                    let text = texts.value(row);
                    if text != last.0 {
                        last = (text, map.get(text).copied().unwrap_or(none));
                    }
                    found[row] = last.1;
                }
            }
            Lookup::Numbers(map) => {
                let Some(read) = whole(values) else { return found };
                for row in (0..values.len()).filter(|&row| values.is_valid(row)) {
                    found[row] = map.get(&read(row)).copied().unwrap_or(none);
                }
            }
            Lookup::Bytes(map) => {
                let Some(bytes) = values.as_fixed_size_binary_opt() else { return found };
                for row in (0..bytes.len()).filter(|&row| bytes.is_valid(row)) {
                    found[row] = map.get(bytes.value(row)).copied().unwrap_or(none);
                }
            }
        }
        found
    }
}

/// A value that can be compared with another of its column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Null,
    Text(String),
    Number(i128),
    Bytes(Vec<u8>),
}

impl Key {
    fn of(values: &ArrayRef, row: usize) -> Self {
        if values.is_null(row) {
            return Self::Null;
        }
        if let Some(texts) = values.as_string_opt::<i32>() {
            return Self::Text(texts.value(row).to_owned());
        }
        if let Some(bytes) = values.as_fixed_size_binary_opt() {
            return Self::Bytes(bytes.value(row).to_vec());
        }
        whole(values).map_or(Self::Null, |read| Self::Number(read(row)))
    }
}

impl Lookup {
    fn of(keys: BTreeMap<Key, usize>) -> Option<Self> {
        let (mut texts, mut numbers, mut bytes) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (key, category) in keys {
            match key {
                Key::Null => {}
                Key::Text(text) => drop(texts.insert(text, category)),
                Key::Number(number) => drop(numbers.insert(number, category)),
                Key::Bytes(value) => drop(bytes.insert(value, category)),
            }
        }
        match (texts.is_empty(), numbers.is_empty(), bytes.is_empty()) {
            (false, true, true) => Some(Self::Texts(texts)),
            (true, false, true) => Some(Self::Numbers(numbers)),
            (true, true, false) => Some(Self::Bytes(bytes)),
            _ => None,
        }
    }
}

/// A value as a whole number that only equal values share.
fn whole(values: &ArrayRef) -> Option<Box<dyn Fn(usize) -> i128 + '_>> {
    let values = Arc::as_ref(values);
    if let Some(array) = values.as_boolean_opt() {
        return Some(Box::new(|row| i128::from(array.value(row))));
    }
    if let Some(array) = values.as_primitive_opt::<Int32Type>() {
        return Some(Box::new(|row| i128::from(array.value(row))));
    }
    if let Some(array) = values.as_primitive_opt::<Int64Type>() {
        return Some(Box::new(|row| i128::from(array.value(row))));
    }
    if let Some(array) = values.as_primitive_opt::<TimestampMicrosecondType>() {
        return Some(Box::new(|row| i128::from(array.value(row))));
    }
    if let Some(array) = values.as_primitive_opt::<Date32Type>() {
        return Some(Box::new(|row| i128::from(array.value(row))));
    }
    if let Some(array) = values.as_primitive_opt::<Float64Type>() {
        // -0 is 0.
        return Some(Box::new(|row| i128::from((array.value(row) + 0.0).to_bits())));
    }
    values.as_primitive_opt::<Decimal128Type>().map(|array| {
        let read: Box<dyn Fn(usize) -> i128 + '_> = Box::new(|row| array.value(row));
        read
    })
}

impl Claim for Categories {
    fn start(&self) -> Tally {
        Tally::with_bins(self.labels.len())
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let (Some(values), Some(members)) = (self.population.values(view), self.population.members(view))
        else {
            return;
        };
        let declared = view.shard.model.column(self.population.entity, self.population.column);
        // NULL by a condition or a share is another claim's; NULL of the pool is a category.
        let nulls_are_ours = self.null.is_some() && declared.when.is_none() && declared.null_share == 0.0;
        for (row, category) in self.categories(&values.array).into_iter().enumerate() {
            if members.as_ref().is_some_and(|members| !members[row])
                || (values.array.is_null(row) && !nulls_are_ours)
            {
                continue;
            }
            tally.breaches.examined += 1;
            if category < self.labels.len() {
                tally.counts[category] += 1;
            } else {
                let Population { entity, column, .. } = self.population;
                tally.breaches.add(|| {
                    let shown = super::validations::shown(&values.array, row);
                    view.shard.place(entity, values.row(row), Some(column), shown)
                });
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let subject = self.population.subject(bench.model);
        findings.counter(
            Promise::Domain,
            &subject,
            "every value is one of those that are declared",
            &tally.breaches,
            "draw the values from the declared ones, or declare these too",
        );
        if tally.total() > 0 {
            compare(&subject, &self.labels, &self.shares, &tally.counts, bench, findings);
        }
    }

    fn sum_up(&self, tally: &Tally, bench: &Bench<'_>, summary: &mut Summary) {
        if self.population.case.is_none() && self.population.part == Part::Value {
            sum_up_types(&self.population, &self.labels, &tally.counts, bench, summary);
        }
    }
}

/// The values of an enumerated column with their rows.
pub fn sum_up_types(
    population: &Population,
    labels: &[String],
    counts: &[u64],
    bench: &Bench<'_>,
    summary: &mut Summary,
) {
    let column = bench.model.column(population.entity, population.column);
    if !matches!(column.ty, ColumnType::Enum { .. }) {
        return;
    }
    let mut pairs: Vec<(String, u64)> = labels.iter().cloned().zip(counts.iter().copied()).collect();
    pairs.retain(|(_, count)| *count > 0);
    if pairs.is_empty() {
        return;
    }
    pairs.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    summary.types.push(TypeSummary {
        entity: bench.model.entity(population.entity).name.clone(),
        column: column.name.clone(),
        counts: pairs,
    });
}

/// Compares counts of categories with their shares.
pub fn compare(
    subject: &str,
    labels: &[String],
    shares: &[f64],
    counts: &[u64],
    bench: &Bench<'_>,
    findings: &mut Findings,
) {
    compare_as(subject, labels, shares, counts, false, bench, findings);
}

/// As [`compare`]; `critical` says that a FAIL alone decides.
pub fn compare_as(
    subject: &str,
    labels: &[String],
    shares: &[f64],
    counts: &[u64],
    critical: bool,
    bench: &Bench<'_>,
    findings: &mut Findings,
) {
    let total: u64 = counts.iter().sum();
    let rows = total as f64;
    let seen: Vec<f64> = counts.iter().map(|&count| count as f64 / rows).collect();
    let possible = shares.iter().filter(|&&share| share > 0.0).count();
    if possible > 1 {
        let (seen_groups, groups) = grouped(&seen, shares, rows);
        let distance = thresholds::total_variation(&seen_groups, &groups);
        findings.figure(Figure {
            subject,
            measure: "total variation",
            declared: None,
            resolved: None,
            observed: distance,
            unit: Unit::Distance,
            effect: distance,
            threshold: thresholds::variation(&groups, shares.len(), bench.tolerance),
            from: "the shares with their odds or their likeliest case off by the tolerance".to_owned(),
            noise: thresholds::variation_noise(&groups, rows),
            critical,
            advice: ("bring the weights to the declared ones: compare the picture", ""),
        });
        worst_category(subject, labels, shares, &seen, rows, bench, findings);
    }
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|&one, &other| shares[other].total_cmp(&shares[one]).then(one.cmp(&other)));
    let shown = order.into_iter().take(40).map(|at| (labels[at].clone(), seen[at], shares[at])).collect();
    findings
        .portraits
        .push(Portrait::Categories(assessment::Categories { subject: subject.to_owned(), shares: shown }));
}

/// Expected rows of a group.
const GROUP_ROWS: f64 = 400.0;

/// Many categories are taken together in their order, as many as make a group that chance leaves alone; their shares in
/// the data and by the model.
fn grouped(seen: &[f64], shares: &[f64], rows: f64) -> (Vec<f64>, Vec<f64>) {
    if shares.len() <= thresholds::FEW {
        return (seen.to_vec(), shares.to_vec());
    }
    let count = (rows / GROUP_ROWS).clamp(2.0, 64.0);
    let (mut seen_groups, mut groups) = (vec![0.0], vec![0.0]);
    for (seen, share) in seen.iter().zip(shares) {
        if groups[groups.len() - 1] >= 1.0 / count {
            seen_groups.push(0.0);
            groups.push(0.0);
        }
        let last = groups.len() - 1;
        seen_groups[last] += seen;
        groups[last] += share;
    }
    (seen_groups, groups)
}

/// The category that is furthest off for its size: a rare one may vanish without moving the total variation.
pub(super) fn worst_category(
    subject: &str,
    labels: &[String],
    shares: &[f64],
    seen: &[f64],
    rows: f64,
    bench: &Bench<'_>,
    findings: &mut Findings,
) {
    let threshold = 2.0 * bench.tolerance;
    let tested = shares.iter().filter(|&&share| share * rows >= ENOUGH).count();
    // One of many is the furthest off: Bonferroni, by the normal tail's approximate growth.
    let deviations = NORMAL_ONE_PERCENT + 0.5 * libm::log(tested.max(1) as f64);
    let noise = |share: f64| deviations * libm::sqrt((1.0 - share) / (share * rows));
    let effect = |at: usize| (seen[at] / shares[at] - 1.0).abs();
    let worst = (0..shares.len()).filter(|&at| shares[at] * rows >= ENOUGH).max_by(|&one, &other| {
        (effect(one) - noise(shares[one])).total_cmp(&(effect(other) - noise(shares[other])))
    });
    let Some(worst) = worst else { return };
    findings.figure(Figure {
        subject,
        measure: &format!("share of {}", crate::fidelity::keys::shortened(&labels[worst])),
        declared: None,
        resolved: Some(shares[worst]),
        observed: seen[worst],
        unit: Unit::Share,
        effect: effect(worst),
        threshold,
        from: "twice the tolerance, for the category that is furthest off".to_owned(),
        // Of a category too rare to tell, the total variation says so.
        noise: if effect(worst) > threshold {
            noise(shares[worst])
        } else {
            noise(shares[worst]).min(threshold)
        },
        critical: false,
        advice: ("lower the weight of this value", "raise the weight of this value"),
    });
}
