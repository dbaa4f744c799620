//! [`profile`]: what stands in columns that the model does not know.
//!
//! Texts are counted, measured and searched for personal data, never shown: nobody has said that they are not personal.

use std::collections::BTreeSet;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::{cast, max, min};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use rayon::prelude::*;

use super::assessment::{Counter, Place, Promise, Remark};
use super::evidence::OpenedFile;
use super::keys::keys;
use super::privacy::PrivacyScan;
use super::reading::{FileColumn, Rows, Wanted};
use crate::model::text_form::write;
use crate::model::{ColumnId, ColumnType, EntityId, Model};

/// How many different values are told apart.
const DISTINCT: usize = 1_000;

/// One remark for each column, from one pass over the files, and a counter of personal data where there are texts.
pub(super) fn profile(
    model: &Model,
    entity: EntityId,
    files: &[OpenedFile],
    names: &[String],
) -> (Vec<Remark>, Option<Counter>) {
    let heads: Vec<&FileColumn> =
        files.iter().filter_map(|file| file.columns.as_ref().ok()).flatten().collect();
    let types: Vec<Option<&DataType>> =
        names.iter().map(|name| Some(&heads.iter().find(|column| column.name == *name)?.data_type)).collect();
    let wanted: Vec<Wanted> = names
        .iter()
        .zip(&types)
        .enumerate()
        .filter_map(|(at, (name, ty))| {
            Some(Wanted { column: ColumnId(at), name: name.clone(), ty: readable(ty.as_ref()?)? })
        })
        .collect();
    let profiles = files
        .par_iter()
        .map(|file| profiles_of(model, file, &wanted))
        .reduce(|| vec![Profile::default(); wanted.len()], merged);
    let remark = |(at, name): (usize, &String)| {
        let ty = types[at].map(ToString::to_string).unwrap_or_default();
        let place = wanted.iter().position(|wanted| wanted.column.0 == at);
        let found = place.map_or_else(String::new, |place| profiles[place].describe(&wanted[place].ty));
        Remark {
            subject: format!("{}.{name}", model.entity(entity).name),
            text: format!("a column that the model does not know, of type {ty}{found}"),
        }
    };
    let texts: Vec<usize> = (0..wanted.len()).filter(|&at| wanted[at].ty == ColumnType::Text).collect();
    let counter = (!texts.is_empty())
        .then(|| personal_data(model, entity, &texts.iter().map(|&at| &profiles[at]).collect::<Vec<_>>()));
    (names.iter().enumerate().map(remark).collect(), counter)
}

/// Personal data in columns that nobody declared.
fn personal_data(model: &Model, entity: EntityId, profiles: &[&Profile]) -> Counter {
    let violations = profiles.iter().map(|profile| profile.personal).sum();
    Counter {
        promise: Promise::Privacy,
        subject: model.entity(entity).name.clone(),
        rule: "no text of a column that the model does not know holds personal data".to_owned(),
        examined: profiles.iter().map(|profile| profile.rows - profile.nulls).sum(),
        violations,
        places: profiles.iter().filter_map(|profile| profile.first_personal.clone()).collect(),
        advice: (violations > 0)
            .then(|| "delete the dataset; leave out columns that were not made".to_owned()),
    }
}

/// The type of the model that takes all values of a type.
fn readable(ty: &DataType) -> Option<ColumnType> {
    use DataType as D;
    Some(match ty {
        D::Int8 | D::Int16 | D::Int32 | D::Int64 | D::UInt8 | D::UInt16 | D::UInt32 => ColumnType::BigInteger,
        D::UInt64 => ColumnType::Decimal { precision: 20, scale: 0 },
        D::Float16 | D::Float32 | D::Float64 => ColumnType::Float,
        D::Decimal32(precision, scale) | D::Decimal64(precision, scale) | D::Decimal128(precision, scale) => {
            ColumnType::Decimal { precision: *precision, scale: *scale }
        }
        D::Boolean => ColumnType::Boolean,
        D::Timestamp(..) | D::Date64 => ColumnType::Timestamp,
        D::Date32 => ColumnType::Date,
        D::Utf8 | D::LargeUtf8 | D::Utf8View => ColumnType::Text,
        D::FixedSizeBinary(16) => ColumnType::Uuid,
        D::Dictionary(_, values) => readable(values)?,
        _ => return None,
    })
}

/// What has been seen of a column.
#[derive(Clone, Debug, Default)]
struct Profile {
    rows: u64,
    nulls: u64,
    /// Values that the type of the model does not take, such as times of nanoseconds.
    misfits: u64,
    /// Keys of different values, one more than are told apart at most.
    distinct: BTreeSet<u128>,
    numbers: Option<(i128, i128)>,
    floats: Option<(f64, f64)>,
    /// The shortest and the longest text, and all together, in characters.
    characters: Option<(u64, u64)>,
    all_characters: u64,
    /// Personal data, and where the first stands.
    personal: u64,
    first_personal: Option<Place>,
}

fn profiles_of(model: &Model, file: &OpenedFile, wanted: &[Wanted]) -> Vec<Profile> {
    let mut profiles = vec![Profile::default(); wanted.len()];
    // Only the columns that the file has; what cannot be read is told of by those who judge the rows.
    let head = file.columns.as_deref().unwrap_or_default();
    let own: Vec<usize> =
        (0..wanted.len()).filter(|at| head.iter().any(|column| column.name == wanted[*at].name)).collect();
    let wanted: Vec<Wanted> = own.iter().map(|at| wanted[*at].clone()).collect();
    let Ok(mut rows) = Rows::open(&file.file, &wanted) else { return profiles };
    let scan = PrivacyScan::new(&model.synthetic_email_domains);
    let (mut hits, mut first) = (Vec::new(), 0);
    while let Some(Ok(batch)) = rows.next() {
        for ((at, wanted), array) in own.iter().zip(&wanted).zip(batch.columns()) {
            profiles[*at].see(array);
            let Some(texts) = array.as_string_opt::<i32>() else { continue };
            hits.clear();
            scan.scan(texts, &mut hits);
            profiles[*at].personal += hits.len() as u64;
            if let (Some(hit), None) = (hits.first(), &profiles[*at].first_personal) {
                profiles[*at].first_personal = Some(Place {
                    file: file.file.name.clone(),
                    row: Some((first + hit.row + 1) as u64),
                    column: Some(wanted.name.clone()),
                    found: hit.redacted.clone(),
                });
            }
        }
        first += batch.num_rows();
    }
    for misfit in rows.misfits() {
        let place = wanted.iter().position(|wanted| wanted.column == misfit.column);
        if let Some(at) = place {
            profiles[own[at]].misfits += misfit.count;
        }
    }
    profiles
}

fn merged(left: Vec<Profile>, right: Vec<Profile>) -> Vec<Profile> {
    left.into_iter().zip(right).map(|(left, right)| left.merged(right)).collect()
}

/// The range of both.
fn wider<T>(left: Option<(T, T)>, right: Option<(T, T)>, less: impl Fn(&T, &T) -> bool) -> Option<(T, T)> {
    match (left, right) {
        (Some(left), Some(right)) => Some((
            if less(&right.0, &left.0) { right.0 } else { left.0 },
            if less(&left.1, &right.1) { right.1 } else { left.1 },
        )),
        (left, right) => left.or(right),
    }
}

impl Profile {
    fn see(&mut self, array: &ArrayRef) {
        let mut seen = Self { rows: array.len() as u64, nulls: array.null_count() as u64, ..Self::default() };
        if self.distinct.len() <= DISTINCT {
            let mut found = Vec::with_capacity(array.len());
            keys(array, &mut found);
            seen.distinct.extend(found.into_iter().flatten());
        }
        match array.data_type() {
            DataType::Utf8 => {
                for text in array.as_string::<i32>().iter().flatten() {
                    let characters = text.chars().count() as u64;
                    seen.all_characters += characters;
                    seen.characters = wider(seen.characters, Some((characters, characters)), u64::lt);
                }
            }
            DataType::Float64 => {
                for value in array.as_primitive::<Float64Type>().iter().flatten() {
                    seen.floats =
                        wider(seen.floats, Some((value, value)), |left, right| left.total_cmp(right).is_lt());
                }
            }
            DataType::Decimal128(..) => {
                let decimals = array.as_primitive::<Decimal128Type>();
                seen.numbers = min(decimals).zip(max(decimals));
            }
            DataType::Int64 | DataType::Timestamp(..) | DataType::Date32 => {
                // Of these types the cast takes every value.
                if let Ok(numbers) = cast(array, &DataType::Int64) {
                    let numbers = numbers.as_primitive::<Int64Type>();
                    let wide = |value: Option<i64>| value.map(i128::from);
                    seen.numbers = wide(min(numbers)).zip(wide(max(numbers)));
                }
            }
            // The counts say all of truth values and keys.
            _ => {}
        }
        *self = std::mem::take(self).merged(seen);
    }

    fn merged(mut self, other: Self) -> Self {
        for key in other.distinct {
            if self.distinct.len() > DISTINCT {
                break;
            }
            self.distinct.insert(key);
        }
        Self {
            rows: self.rows + other.rows,
            nulls: self.nulls + other.nulls,
            misfits: self.misfits + other.misfits,
            distinct: self.distinct,
            numbers: wider(self.numbers, other.numbers, i128::lt),
            floats: wider(self.floats, other.floats, |left, right| left.total_cmp(right).is_lt()),
            characters: wider(self.characters, other.characters, u64::lt),
            all_characters: self.all_characters + other.all_characters,
            personal: self.personal + other.personal,
            // The first by file and row, whichever file was read first.
            first_personal: self.first_personal.into_iter().chain(other.first_personal).min(),
        }
    }

    fn describe(&self, ty: &ColumnType) -> String {
        let nulls = self.nulls - self.misfits;
        let share = 100.0 * nulls as f64 / self.rows.max(1) as f64;
        let mut text = format!("; {} rows, {share:.1} % NULL", self.rows);
        text += &match self.distinct.len() {
            1 => "; one value".to_owned(),
            many if many <= DISTINCT => format!("; {many} different values"),
            _ => format!("; more than {DISTINCT} different values"),
        };
        if self.misfits > 0 {
            text += &format!("; {} that no type of a model takes", self.misfits);
        }
        if let Some((least, most)) = self.numbers {
            text += &format!("; from {} to {}", shown(least, ty), shown(most, ty));
        }
        if let Some((least, most)) = self.floats {
            text += &format!("; from {least} to {most}");
        }
        if let Some((least, most)) = self.characters {
            let mean = self.all_characters as f64 / (self.rows - self.nulls).max(1) as f64;
            text += &format!("; {least} to {most} characters, {mean:.1} on the average");
        }
        text
    }
}

/// A number as its type writes it.
fn shown(value: i128, ty: &ColumnType) -> String {
    let narrow = i64::try_from(value);
    match (ty, narrow) {
        (ColumnType::Decimal { scale, .. }, _) => write::text(|out| write::push_decimal(out, value, *scale)),
        (ColumnType::Timestamp, Ok(time)) => write::text(|out| write::push_timestamp(out, time)),
        (ColumnType::Date, Ok(days)) => write::text(|out| write::push_date(out, days as i32)),
        (_, _) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray};

    use super::*;

    fn described(arrays: &[ArrayRef], ty: &ColumnType) -> String {
        let profile = |array: &ArrayRef| {
            let mut profile = Profile::default();
            profile.see(array);
            vec![profile]
        };
        // Of two files, and of one: the same.
        let merged = arrays.iter().map(profile).reduce(super::merged).unwrap().remove(0);
        let mut streamed = Profile::default();
        arrays.iter().for_each(|array| streamed.see(array));
        assert_eq!(merged.describe(ty), streamed.describe(ty));
        merged.describe(ty)
    }

    #[test]
    fn every_type_is_described_by_what_it_holds() {
        let decimal = ColumnType::Decimal { precision: 9, scale: 2 };
        let decimals = |values: Vec<i128>| -> ArrayRef {
            Arc::new(Decimal128Array::from(values).with_precision_and_scale(9, 2).unwrap())
        };
        for (arrays, ty, expected) in [
            (
                vec![
                    Arc::new(Int64Array::from(vec![Some(5), None])) as ArrayRef,
                    Arc::new(Int64Array::from(vec![-7, 5])),
                ],
                ColumnType::BigInteger,
                "; 4 rows, 25.0 % NULL; 2 different values; from -7 to 5",
            ),
            (
                vec![Arc::new(Float64Array::from(vec![0.5])), Arc::new(Float64Array::from(vec![-1.5]))],
                ColumnType::Float,
                "; 2 rows, 0.0 % NULL; 2 different values; from -1.5 to 0.5",
            ),
            (
                vec![decimals(vec![150]), decimals(vec![5])],
                decimal,
                "; 2 rows, 0.0 % NULL; 2 different values; from 0.05 to 1.50",
            ),
            (
                vec![Arc::new(Date32Array::from(vec![0, 31])), Arc::new(Date32Array::from(vec![0]))],
                ColumnType::Date,
                "; 3 rows, 0.0 % NULL; 2 different values; from 1970-01-01 to 1970-02-01",
            ),
            (
                vec![Arc::new(StringArray::from(vec!["né", ""])), Arc::new(StringArray::from(vec!["four"]))],
                ColumnType::Text,
                "; 3 rows, 0.0 % NULL; 3 different values; 0 to 4 characters, 2.0 on the average",
            ),
            (
                vec![Arc::new(BooleanArray::from(vec![true, true]))],
                ColumnType::Boolean,
                "; 2 rows, 0.0 % NULL; one value",
            ),
        ] {
            assert_eq!(described(&arrays, &ty), expected);
        }
    }

    #[test]
    fn different_values_are_told_apart_up_to_a_thousand() {
        let numbers =
            |range: std::ops::Range<i64>| -> ArrayRef { Arc::new(Int64Array::from_iter_values(range)) };
        let exact = described(&[numbers(0..600), numbers(400..1_000)], &ColumnType::BigInteger);
        assert!(exact.contains("; 1000 different values;"), "{exact}");
        let more = described(&[numbers(0..600), numbers(400..1_001)], &ColumnType::BigInteger);
        assert!(more.contains("; more than 1000 different values;"), "{more}");
    }
}
