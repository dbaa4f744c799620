//! [`Twins`]: a column that depends on hidden ones against what the model gives on the same rows.

use arrow::array::{Array, ArrayRef, AsArray};

use super::{Bench, Claim, Population, Tally};
use super::{categories, numbers};
use crate::fidelity::assessment::{Promise, Summary};
use crate::fidelity::findings::Findings;
use crate::fidelity::histogram::{Binned, Scale};
use crate::fidelity::keys::shortened;
use crate::fidelity::sources::View;
use crate::fidelity::thresholds::Family;
use crate::fidelity::twin;
use crate::model::expression::{Expression, Kind, Node};
use crate::model::{BoundExpression, ColumnType, Model, Shape, Source, Strategy};

/// An expression over hidden columns. Rows are told apart by the first condition of a CASE that holds and that the
/// files tell, so that each branch is compared with its own.
pub struct Twins {
    /// Whose values.
    pub population: Population,
    /// The expression.
    pub bound: BoundExpression,
    /// How values are counted.
    bins: Bins,
    /// The conditions of the CASE, each as an expression of its own.
    branches: Vec<BoundExpression>,
    /// Where the values of each branch lie, and of ELSE where all conditions are told.
    supports: Vec<Support>,
    otherwise: Support,
}

/// Rows of a case that is judged alone: with fewer, chance hides what the tolerance asks for.
const ALONE: f64 = 1_000.0;

/// The least and the greatest value, where both are known.
type Support = Option<(f64, f64)>;

enum Bins {
    Texts(Vec<String>),
    Numbers(Scale, Family),
}

impl Twins {
    /// The claim; nothing for types that cannot be counted.
    /// Only the first `told` branches of a CASE tell rows apart: a later one reads what the files do not tell.
    pub fn new(
        model: &Model,
        population: Population,
        bound: &BoundExpression,
        ty: &ColumnType,
        told: impl Fn(&BoundExpression) -> bool,
    ) -> Option<Self> {
        let bins = match ty {
            ColumnType::Boolean => Bins::Texts(vec!["true".to_owned(), "false".to_owned()]),
            ColumnType::Enum { values } => Bins::Texts(values.clone()),
            ColumnType::Timestamp | ColumnType::DateTime => {
                let (from, to) = times(model, &population, bound)?;
                Bins::Numbers(Scale::linear(from as f64, to as f64), Family::Positions { from, to })
            }
            ColumnType::Integer | ColumnType::BigInteger => Bins::Numbers(Scale::Whole, Family::Line),
            ColumnType::Float | ColumnType::Decimal { .. } => {
                Bins::Numbers(Scale::Logarithmic, Family::Magnitudes)
            }
            ColumnType::Uuid
            | ColumnType::Text
            | ColumnType::Date
            | ColumnType::Json
            | ColumnType::Array { .. }
            | ColumnType::Interval => return None,
        };
        let all = branches(bound);
        let branches: Vec<BoundExpression> = all.iter().take_while(|branch| told(branch)).cloned().collect();
        let (mut supports, mut otherwise) = supports(model, &population, bound);
        if branches.len() < all.len() {
            otherwise = None;
        }
        supports.truncate(branches.len());
        Some(Self { population, bound: bound.clone(), bins, branches, supports, otherwise })
    }

    /// Texts that are none of the declared ones are in no bin.
    fn count_strangers(&self, view: &View<'_>, values: &ArrayRef, tally: &mut Tally) {
        let (Bins::Texts(texts), Some(strings)) = (&self.bins, values.as_string_opt::<i32>()) else { return };
        let Population { entity, column, .. } = self.population;
        tally.breaches.examined += (strings.len() - strings.null_count()) as u64;
        for row in (0..strings.len()).filter(|&row| strings.is_valid(row)) {
            if !texts.iter().any(|text| text == strings.value(row)) {
                tally
                    .breaches
                    .add(|| view.shard.place(entity, row, Some(column), shortened(strings.value(row))));
            }
        }
    }

    /// Counts values that their branch cannot give.
    fn check_supports(&self, view: &View<'_>, values: &ArrayRef, classes: &[usize], tally: &mut Tally) {
        let Population { entity, column, .. } = self.population;
        numbers::each(values, |row, value| {
            let support = classes[row].checked_sub(1).map_or(self.otherwise, |branch| self.supports[branch]);
            let Some((low, high)) = support else { return };
            tally.breaches.examined += 1;
            if value < low || value > high {
                let found = super::validations::shown(values, row);
                tally.breaches.add(|| view.shard.place(entity, row, Some(column), found));
            }
        });
    }

    fn width(&self) -> usize {
        match &self.bins {
            Bins::Texts(texts) => texts.len(),
            Bins::Numbers(scale, _) => scale.bins(),
        }
    }

    /// The number of the first branch that holds, by row; the branch whose condition is hidden ends the search.
    fn classes(&self, view: &View<'_>) -> Vec<usize> {
        let rows = view.rows(self.population.entity);
        let mut classes = vec![0; rows];
        for (number, branch) in self.branches.iter().enumerate() {
            let Some(holds) = view.holds(self.population.entity, branch) else { break };
            for (class, holds) in classes.iter_mut().zip(holds) {
                if *class == 0 && holds {
                    *class = number + 1;
                }
            }
        }
        classes
    }

    fn count(&self, values: &ArrayRef, classes: &[usize], side: usize, tally: &mut Tally) {
        let width = self.width();
        let base = |row: usize| (classes[row] * 2 + side) * width;
        match &self.bins {
            Bins::Numbers(scale, _) => {
                numbers::each(values, |row, value| tally.counts[base(row) + scale.bin(value)] += 1);
            }
            Bins::Texts(texts) => {
                if let Some(truths) = values.as_boolean_opt() {
                    for row in (0..truths.len()).filter(|&row| truths.is_valid(row)) {
                        tally.counts[base(row) + usize::from(!truths.value(row))] += 1;
                    }
                } else if let Some(strings) = values.as_string_opt::<i32>() {
                    for row in (0..strings.len()).filter(|&row| strings.is_valid(row)) {
                        if let Some(bin) = texts.iter().position(|text| text == strings.value(row)) {
                            tally.counts[base(row) + bin] += 1;
                        }
                    }
                }
            }
        }
    }
}

/// The earliest and latest time that the expression's own ranges give.
fn times(model: &Model, population: &Population, bound: &BoundExpression) -> Option<(i64, i64)> {
    let entity = model.entity(population.entity);
    let ranges: Vec<(i64, i64)> = bound
        .sources
        .iter()
        .filter_map(|source| match source {
            Source::Own(column) => match entity.columns[column.0].strategy {
                Strategy::Range {
                    from, to, shape: Shape::Linear | Shape::Rising | Shape::Uniform, ..
                } => Some((from, to)),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let from = ranges.iter().map(|range| range.0).min()?;
    Some((from, ranges.iter().map(|range| range.1).max()?))
}

/// Where the values of a CASE's branches and of its ELSE lie, for those that are a hidden column with bounds.
fn supports(model: &Model, population: &Population, bound: &BoundExpression) -> (Vec<Support>, Support) {
    let Kind::Case { branches, otherwise } = &bound.expression.node.written().kind else {
        return (Vec::new(), None);
    };
    let of = |node: &Node| {
        let Kind::Column(symbol) = node.written().kind else { return None };
        let Source::Own(column) = bound.sources[symbol] else { return None };
        match &model.column(population.entity, column).strategy {
            Strategy::Range { from, to, .. } => Some((*from as f64, *to as f64)),
            _ => None,
        }
    };
    (branches.iter().map(|branch| of(&branch.result)).collect(), otherwise.as_deref().and_then(of))
}

/// The conditions of a CASE.
fn branches(bound: &BoundExpression) -> Vec<BoundExpression> {
    let Kind::Case { branches, .. } = &bound.expression.node.written().kind else { return Vec::new() };
    branches
        .iter()
        .map(|branch| {
            let node = branch.condition.clone();
            // Only what the condition reads is asked for.
            let symbols = node.symbols();
            let expression = Expression {
                ty: node.ty.clone(),
                nullable: node.nullable,
                node,
                source: bound.expression.source.clone(),
            };
            let sources = bound
                .sources
                .iter()
                .enumerate()
                .map(|(symbol, source)| {
                    if symbols.contains(&symbol) {
                        *source
                    } else {
                        bound.sources[symbols.first().copied().unwrap_or(symbol)]
                    }
                })
                .collect();
            BoundExpression { expression, sources }
        })
        .collect()
}

impl Claim for Twins {
    fn start(&self) -> Tally {
        Tally::with_bins(self.width() * 2 * (self.branches.len() + 1))
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(values) = self.population.values(view).map(|values| values.array) else { return };
        let Population { entity, column, .. } = self.population;
        let classes = self.classes(view);
        for pass in 0..twin::passes(values.len()) {
            let Some(twin) = twin::of_column(view, entity, column, pass) else { return };
            if pass == 0 {
                self.count(&values, &classes, 0, tally);
                self.check_supports(view, &values, &classes, tally);
                self.count_strangers(view, &values, tally);
            }
            self.count(&twin, &classes, 1, tally);
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let subject = self.population.subject(bench.model);
        if tally.total() == 0 {
            findings.remark(
                &subject,
                "depends on hidden columns in a way that the files do not show: not judged",
            );
            return;
        }
        if tally.breaches.examined > 0 {
            findings.counter(
                Promise::Domain,
                &subject,
                &match self.bins {
                    Bins::Texts(_) => "every value is one of those that are declared".to_owned(),
                    Bins::Numbers(..) => {
                        format!("every value lies where its case of {} puts it", self.bound.expression.source)
                    }
                },
                &tally.breaches,
                "draw the values from the declared ones, each from the law of its case",
            );
        }
        let width = self.width();
        for class in 0..=self.branches.len() {
            let side =
                |side: usize| &tally.counts[(class * 2 + side) * width..(class * 2 + side + 1) * width];
            let (seen, given) = (side(0), side(1));
            let (rows, given_rows): (u64, u64) = (seen.iter().sum(), given.iter().sum());
            if rows == 0 || given_rows == 0 {
                continue;
            }
            // Too few to be judged alone: they are among all rows of the other cases.
            if class > 0 && (rows as f64) < ALONE {
                continue;
            }
            let subject = match class {
                0 => subject.clone(),
                _ => format!(
                    "{subject} where {}",
                    self.branches[class - 1].expression.node.print(&|symbol| {
                        super::source_name(bench.model, self.population.entity, self.bound.sources[symbol])
                    })
                ),
            };
            self.compare(&subject, seen, given, bench, findings);
        }
    }

    fn sum_up(&self, tally: &Tally, bench: &Bench<'_>, summary: &mut Summary) {
        let Bins::Texts(labels) = &self.bins else { return };
        let width = self.width();
        let mut counts = vec![0; width];
        for class in 0..=self.branches.len() {
            let seen = tally.counts.iter().skip(class * 2 * width).take(width);
            counts.iter_mut().zip(seen).for_each(|(count, seen)| *count += seen);
        }
        categories::sum_up_types(&self.population, labels, &counts, bench, summary);
    }
}

impl Twins {
    fn compare(
        &self,
        subject: &str,
        seen: &[u64],
        given: &[u64],
        bench: &Bench<'_>,
        findings: &mut Findings,
    ) {
        match &self.bins {
            Bins::Texts(labels) => {
                let total: u64 = given.iter().sum();
                let shares: Vec<f64> = given.iter().map(|&count| count as f64 / total as f64).collect();
                categories::compare(subject, labels, &shares, seen, bench, findings);
            }
            Bins::Numbers(scale, family) => {
                let Some(expected) = Binned::of_counts(scale.clone(), given) else { return };
                let rows: u64 = seen.iter().sum();
                let what = numbers::Comparison {
                    subject,
                    unit: if matches!(family, Family::Positions { .. }) { "time" } else { "" },
                    family: *family,
                    effective: rows as f64,
                    critical: matches!(family, Family::Positions { .. }),
                };
                numbers::compare(&what, seen, &expected, bench, findings);
            }
        }
    }
}
