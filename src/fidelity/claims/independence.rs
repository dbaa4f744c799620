//! [`Independence`]: columns that the model makes apart from each other are independent, and so are neighbours.
//!
//! A sorted, copied or shifted column keeps its own law and loses this; so does one that has all its rare values in busy
//! families, or early in them.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::numbers::each;
use super::{Bench, Claim, Tally};
use crate::fidelity::assessment::Unit;
use crate::fidelity::findings::{Figure, Findings};
use crate::fidelity::sources::View;
use crate::fidelity::thresholds;
use crate::laws::Law;
use crate::model::text_form::calendar::HOUR;
use crate::model::{ColumnId, EntityId};

/// A code that stands for no value.
const NO_CODE: u8 = u8::MAX;

/// How a column is put into a few classes.
#[derive(Clone, Debug)]
pub enum Coding {
    /// Texts of a few values.
    Texts(Vec<String>),
    /// True or false.
    Truth,
    /// Numbers by these bounds.
    Bounds(Vec<f64>),
    /// Times by six hours of the day.
    Hours,
    /// NULL or not.
    Presence,
    /// The quarter of a row's place among its siblings.
    Places,
    /// The number of siblings, each class four times the one before.
    Sizes,
}

impl Coding {
    /// The classes of a law: its quarters.
    pub fn quarters(law: &Law) -> Self {
        let law = law.expectation();
        Self::Bounds(
            [0.25, 0.5, 0.75].iter().map(|&share| crate::laws::Expect::quantile(&*law, share)).collect(),
        )
    }

    fn classes(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Truth | Self::Presence => 2,
            Self::Bounds(bounds) => bounds.len() + 1,
            Self::Hours | Self::Places => 4,
            Self::Sizes => SIZES,
        }
    }

    fn code(&self, values: &ArrayRef) -> Vec<u8> {
        let mut codes = vec![NO_CODE; values.len()];
        match self {
            Self::Places | Self::Sizes => {}
            Self::Presence => {
                codes.iter_mut().enumerate().for_each(|(row, code)| *code = u8::from(values.is_null(row)));
            }
            Self::Truth => {
                if let Some(truths) = values.as_boolean_opt() {
                    (0..truths.len())
                        .filter(|&row| truths.is_valid(row))
                        .for_each(|row| codes[row] = u8::from(truths.value(row)));
                }
            }
            Self::Texts(texts) => {
                if let Some(strings) = values.as_string_opt::<i32>() {
                    for row in (0..strings.len()).filter(|&row| strings.is_valid(row)) {
                        let found = texts.iter().position(|text| text == strings.value(row));
                        codes[row] = found.map_or(NO_CODE, |code| code as u8);
                    }
                }
            }
            Self::Bounds(bounds) => {
                each(values, |row, value| codes[row] = bounds.partition_point(|&bound| bound < value) as u8);
            }
            Self::Hours => {
                if let Some(times) = values.as_primitive_opt::<TimestampMicrosecondType>() {
                    for row in (0..times.len()).filter(|&row| times.is_valid(row)) {
                        codes[row] = (times.value(row).div_euclid(6 * HOUR).rem_euclid(4)) as u8;
                    }
                }
            }
        }
        codes
    }
}

/// Classes of [`Coding::Sizes`].
const SIZES: usize = 8;

/// 1, 2 to 7, 8 to 31, 32 to 127 siblings and so on.
fn size_class(siblings: usize) -> u8 {
    let octave = usize::BITS - siblings.leading_zeros();
    (octave / 2).min(SIZES as u32 - 1) as u8
}

/// What is put into classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A column.
    Column(ColumnId),
    /// The rows' places under their parents, and how many there are.
    Family,
    /// Whether a row has a child.
    Child(EntityId),
}

/// A column, or what stands for one, with its classes.
#[derive(Clone, Debug)]
pub struct Coded {
    /// What it is of.
    pub of: Of,
    /// Its classes.
    pub coding: Coding,
    /// Rows are drawn one by one, so that neighbours are independent too.
    pub drawn: bool,
}

/// The columns of one entity, and the pairs among them that are independent.
pub struct Independence {
    /// The entity.
    pub entity: EntityId,
    /// The columns.
    pub columns: Vec<Coded>,
    /// Pairs of places in `columns`.
    pub pairs: Vec<(usize, usize)>,
}

impl Independence {
    /// Each row's place or number of siblings in classes.
    fn family_codes(&self, coding: &Coding, view: &View<'_>) -> Option<Vec<u8>> {
        let table = view.shard.table(self.entity)?;
        let parent = view.shard.model.parent(self.entity)?;
        view.shard.table(parent)?;
        let mut codes = Vec::with_capacity(table.rows);
        for at in 0..view.rows(parent) {
            let siblings = table.under(at).len();
            match coding {
                Coding::Sizes => codes.extend(std::iter::repeat_n(size_class(siblings), siblings)),
                _ => codes.extend((0..siblings).map(|place| (4 * place / siblings) as u8)),
            }
        }
        Some(codes)
    }

    /// Where the table of each pair begins, then where the tables of neighbours begin, then the end.
    fn layout(&self) -> (Vec<usize>, Vec<usize>, usize) {
        let mut at = 0;
        let mut place = |size: usize| {
            at += size;
            at - size
        };
        let classes = |number: usize| self.columns[number].coding.classes();
        let pairs = self.pairs.iter().map(|&(one, other)| place(classes(one) * classes(other))).collect();
        let neighbours =
            (0..self.columns.len()).map(|number| place(classes(number) * classes(number))).collect();
        (pairs, neighbours, at)
    }
}

impl Claim for Independence {
    fn start(&self) -> Tally {
        Tally::with_bins(self.layout().2)
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let codes: Vec<Option<Vec<u8>>> = self
            .columns
            .iter()
            .map(|coded| match coded.of {
                Of::Column(column) => {
                    view.measured(self.entity, column).map(|values| coded.coding.code(&values))
                }
                Of::Family => self.family_codes(&coded.coding, view),
                Of::Child(child) => {
                    let table = view.shard.table(child)?;
                    Some(
                        (0..view.rows(self.entity))
                            .map(|row| u8::from(!table.under(row).is_empty()))
                            .collect(),
                    )
                }
            })
            .collect();
        let (pairs, neighbours, _) = self.layout();
        for (&(one, other), start) in self.pairs.iter().zip(pairs) {
            let (Some(first), Some(second)) = (&codes[one], &codes[other]) else { continue };
            let width = self.columns[other].coding.classes();
            for (&row_one, &row_other) in first.iter().zip(second) {
                if row_one != NO_CODE && row_other != NO_CODE {
                    tally.counts[start + row_one as usize * width + row_other as usize] += 1;
                }
            }
        }
        let parents = view.shard.table(self.entity).map(|table| table.parent.as_slice()).unwrap_or_default();
        for ((coded, codes), start) in self.columns.iter().zip(&codes).zip(neighbours) {
            let Some(codes) = codes.as_ref().filter(|_| coded.drawn) else { continue };
            let width = coded.coding.classes();
            for row in 1..codes.len() {
                let together = parents.is_empty() || parents[row] == parents[row - 1];
                if together && codes[row] != NO_CODE && codes[row - 1] != NO_CODE {
                    tally.counts[start + codes[row - 1] as usize * width + codes[row] as usize] += 1;
                }
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let (pairs, neighbours, end) = self.layout();
        let model = bench.model;
        let entity = model.entity(self.entity);
        let parent = model.parent(self.entity).map_or("", |parent| model.entity(parent).name.as_str());
        let subject_of = |number: usize| match self.columns[number].of {
            Of::Child(child) => super::fan_out_name(model, child),
            Of::Column(column) => super::name_of(model, self.entity, column),
            Of::Family => String::new(),
        };
        let name = |number: usize| match (self.columns[number].of, &self.columns[number].coding) {
            (Of::Column(column), _) => entity.columns[column.0].name.clone(),
            (Of::Child(child), _) => model.entity(child).name.clone(),
            (Of::Family, Coding::Sizes) => format!("the size of its {parent}"),
            (Of::Family, _) => format!("its place in its {parent}"),
        };
        for (&(one, other), start) in self.pairs.iter().zip(&pairs) {
            let (height, width) = (self.columns[one].coding.classes(), self.columns[other].coding.classes());
            let subject = format!("{} beside {}", subject_of(one), name(other));
            judge_table(&subject, &tally.counts[*start..start + height * width], width, bench, findings);
        }
        for (number, start) in neighbours.iter().enumerate() {
            let width = self.columns[number].coding.classes();
            let upto = neighbours.get(number + 1).copied().unwrap_or(end);
            let subject = format!("{} beside the row before", subject_of(number));
            judge_table(&subject, &tally.counts[*start..upto], width, bench, findings);
        }
    }
}

/// The distance between a table and the product of its margins.
pub fn judge_table(subject: &str, table: &[u64], width: usize, bench: &Bench<'_>, findings: &mut Findings) {
    let total: u64 = table.iter().sum();
    let height = table.len() / width.max(1);
    let rows = total as f64;
    let sums = |select: &dyn Fn(usize) -> usize, count: usize| {
        let mut sums = vec![0.0; count];
        table.iter().enumerate().for_each(|(at, &cell)| sums[select(at)] += cell as f64 / rows);
        sums
    };
    let (down, across) = (sums(&|at| at / width, height), sums(&|at| at % width, width));
    let several = |margin: &[f64]| margin.iter().filter(|&&share| share > 0.0).count() > 1;
    if rows < 1_000.0 || !several(&down) || !several(&across) {
        return;
    }
    let product: Vec<f64> = down.iter().flat_map(|one| across.iter().map(move |other| one * other)).collect();
    let observed: Vec<f64> = table.iter().map(|&cell| cell as f64 / rows).collect();
    let distance = thresholds::total_variation(&observed, &product);
    // Where all rows of a class fall into one of the other's, the distance is what two equal columns have.
    let greatest = |margin: &[f64]| 1.0 - margin.iter().map(|share| share * share).sum::<f64>();
    let full = greatest(&down).min(greatest(&across));
    let threshold = bench.tolerance / 3.0;
    let noise = thresholds::variation_noise(&product, rows) / full;
    // Fewer rows could not tell dependence from chance.
    if noise > threshold {
        return;
    }
    findings.figure(Figure {
        subject,
        measure: "dependence",
        declared: Some("independent".to_owned()),
        resolved: Some(0.0),
        observed: distance / full,
        unit: Unit::Distance,
        effect: distance / full,
        threshold,
        from: "a third of the tolerance of full dependence".to_owned(),
        noise,
        critical: true,
        advice: (
            "draw the columns row by row and apart from each other: is one sorted, copied or shifted?",
            "",
        ),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_fall_into_classes_of_four_times() {
        let classes: Vec<u8> = [1, 2, 7, 8, 31, 32, 1 << 20].into_iter().map(size_class).collect();
        assert_eq!(classes, [0, 1, 1, 2, 2, 3, 7]);
        assert!(classes.iter().all(|&class| usize::from(class) < Coding::Sizes.classes()));
    }

    #[test]
    fn codes_split_a_law_into_quarters() {
        let coding = Coding::quarters(&Law::Uniform { min: 0.0, max: 8.0 });
        let values: ArrayRef = std::sync::Arc::new(arrow::array::Float64Array::from(vec![
            Some(1.0),
            Some(3.0),
            None,
            Some(7.5),
        ]));
        assert_eq!(coding.code(&values), [0, 1, NO_CODE, 3]);
    }
}
