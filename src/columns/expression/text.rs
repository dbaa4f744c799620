//! [`call`]: functions of texts, which count characters.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int32Array, StringArray, StringBuilder};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::comparison;
use arrow::compute::kernels::concat_elements::concat_elements_utf8;
use arrow::datatypes::Int32Type;

use super::super::short_texts::SHORT;
use super::{Failure, Operand};
use crate::model::expression::Function;

/// `=` or `<>` of texts and a constant of 16 bytes at most: 16 bytes from each text's beginning are compared at once and
/// those behind the constant's length left out. Arrow's kernel calls for each text. `None` for other operands.
pub(super) fn equal_to_short(one: &Operand, other: &Operand, negated: bool) -> Option<Operand> {
    let (texts, constant) = match (one.scalar, other.scalar) {
        (false, true) => (one, other),
        (true, false) => (other, one),
        _ => return None,
    };
    let (texts, constant) = (texts.array.as_string_opt::<i32>()?, constant.array.as_string_opt::<i32>()?);
    let constant = constant.iter().next()?.filter(|constant| constant.len() <= SHORT)?;
    let mut padded = [0; SHORT];
    padded[..constant.len()].copy_from_slice(constant.as_bytes());
    let sought = u128::from_le_bytes(padded);
    let compared = u128::MAX.checked_shr(8 * (SHORT - constant.len()) as u32).unwrap_or(0);
    let (offsets, data) = (texts.value_offsets(), texts.value_data());
    let holds = |row: usize| {
        let (start, end) = (offsets[row] as usize, offsets[row + 1] as usize);
        let same = (short_from(data, start) ^ sought) & compared == 0;
        (same & (end - start == constant.len())) != negated
    };
    let values = BooleanBuffer::collect_bool(texts.len(), holds);
    Some(Operand::of(Arc::new(BooleanArray::new(values, texts.nulls().cloned()))))
}

/// 16 bytes from a place on, with zeros behind the end.
fn short_from(data: &[u8], start: usize) -> u128 {
    let bytes = data[start..].first_chunk().copied().unwrap_or_else(|| {
        let mut padded = [0; SHORT];
        padded[..data.len() - start].copy_from_slice(&data[start..]);
        padded
    });
    u128::from_le_bytes(bytes)
}

/// `left || right`
pub(super) fn concat(left: &Operand, right: &Operand, rows: usize) -> Result<Operand, Failure> {
    let scalar = left.scalar && right.scalar;
    let rows = if scalar { 1 } else { rows };
    let (left, right) = (left.expanded(rows)?, right.expanded(rows)?);
    Ok(Operand { array: Arc::new(concat_elements_utf8::<i32>(left.as_string(), right.as_string())?), scalar })
}

/// LIKE and ILIKE.
pub(super) fn like(
    operand: &Operand,
    pattern: &Operand,
    ignore_case: bool,
    negated: bool,
) -> Result<Operand, Failure> {
    let patterns = pattern.array.as_string::<i32>();
    let escapes_nothing = |text: &str| (text.len() - text.trim_end_matches('\\').len()) % 2 == 1;
    // Where the text is NULL, so is the answer, whatever the pattern.
    let rows = operand.array.len().max(patterns.len());
    let fails = |row| {
        let place = at(pattern, row);
        operand.array.is_valid(at(operand, row))
            && patterns.is_valid(place)
            && escapes_nothing(patterns.value(place))
    };
    if patterns.iter().flatten().any(escapes_nothing) && (0..rows).any(fails) {
        return Err(Failure("LIKE pattern must not end with escape character".to_owned()));
    }
    let (operand, pattern) = if ignore_case {
        (operand.map(|array| mapped(array, lower))?, pattern.map(|array| mapped(array, lower))?)
    } else {
        (operand.clone(), pattern.clone())
    };
    let kernel = if negated { comparison::nlike } else { comparison::like };
    Ok(Operand { array: Arc::new(kernel(&operand, &pattern)?), scalar: operand.scalar && pattern.scalar })
}

/// A function of texts.
pub(super) fn call(function: Function, operands: &[Operand], rows: usize) -> Result<Operand, Failure> {
    let scalar = operands.iter().all(|operand| operand.scalar);
    let rows = if scalar { 1 } else { rows };
    let first = &operands[0];
    let array: ArrayRef = match function {
        Function::Lower => return first.map(|array| mapped(array, lower)),
        Function::Upper => return first.map(|array| mapped(array, upper)),
        Function::Length => return first.map(|array| Ok(lengths(array.as_string()))),
        Function::Substring => substring(operands, rows)?,
        Function::Left | Function::Right => ends(operands, rows, function == Function::Left)?,
        Function::Trim(side) => with_texts(operands, rows, |texts, out| {
            out.append_value(side.trim(texts[0], texts[1]));
        }),
        Function::Replace => with_texts(operands, rows, |texts, out| {
            // Postgres replaces nothing where the searched text is empty.
            if texts[1].is_empty() {
                out.append_value(texts[0])
            } else {
                out.append_value(texts[0].replace(texts[1], texts[2]))
            }
        }),
        other => return Err(Failure(format!("{other:?} is not a function of texts"))),
    };
    Ok(Operand { array, scalar })
}

fn at(operand: &Operand, row: usize) -> usize {
    if operand.scalar { 0 } else { row }
}

/// Calls `write` for each row where no argument is NULL.
fn with_texts(operands: &[Operand], rows: usize, write: impl Fn(&[&str], &mut StringBuilder)) -> ArrayRef {
    let arrays: Vec<&StringArray> = operands.iter().map(|operand| operand.array.as_string()).collect();
    let mut out = StringBuilder::with_capacity(rows, rows * 16);
    let mut texts = Vec::with_capacity(operands.len());
    for row in 0..rows {
        texts.clear();
        for (array, operand) in arrays.iter().zip(operands) {
            let row = at(operand, row);
            if array.is_valid(row) {
                texts.push(array.value(row));
            }
        }
        if texts.len() == operands.len() { write(&texts, &mut out) } else { out.append_null() }
    }
    Arc::new(out.finish())
}

fn mapped(array: &ArrayRef, letter: fn(char) -> char) -> Result<ArrayRef, Failure> {
    let texts = array.as_string::<i32>();
    let mut out = StringBuilder::with_capacity(texts.len(), texts.values().len());
    let mut buffer = String::new();
    for text in texts {
        match text {
            None => out.append_null(),
            Some(text) => {
                buffer.clear();
                buffer.extend(text.chars().map(letter));
                out.append_value(&buffer);
            }
        }
    }
    Ok(Arc::new(out.finish()))
}

/// Characters map one to one, as in C's `towlower`: a letter whose small form has several characters stays.
fn lower(letter: char) -> char {
    if letter.is_ascii() {
        return letter.to_ascii_lowercase();
    }
    let mut small = letter.to_lowercase();
    small.next().filter(|_| small.next().is_none()).unwrap_or(letter)
}

fn upper(letter: char) -> char {
    if letter.is_ascii() {
        return letter.to_ascii_uppercase();
    }
    let mut capital = letter.to_uppercase();
    capital.next().filter(|_| capital.next().is_none()).unwrap_or(letter)
}

fn lengths(texts: &StringArray) -> ArrayRef {
    let count = |text: &str| text.chars().count() as i32;
    Arc::new(texts.iter().map(|text| text.map(count)).collect::<Int32Array>())
}

/// The characters from `skip` on, at most `count`.
fn part(text: &str, skip: usize, count: usize) -> &str {
    let byte = |text: &str, characters: usize| {
        if text.is_ascii() {
            characters.min(text.len())
        } else {
            text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
        }
    };
    let rest = &text[byte(text, skip)..];
    &rest[..byte(rest, count)]
}

fn integers(operand: &Operand) -> &Int32Array {
    operand.array.as_primitive::<Int32Type>()
}

fn substring(operands: &[Operand], rows: usize) -> Result<ArrayRef, Failure> {
    let (texts, starts) = (operands[0].array.as_string::<i32>(), integers(&operands[1]));
    let counts = operands.get(2).map(|operand| (integers(operand), operand));
    let mut out = StringBuilder::with_capacity(rows, rows * 16);
    for row in 0..rows {
        let (text, start) = (at(&operands[0], row), at(&operands[1], row));
        let count = counts.map(|(counts, operand)| (counts, at(operand, row)));
        if texts.is_null(text)
            || starts.is_null(start)
            || count.is_some_and(|(counts, row)| counts.is_null(row))
        {
            out.append_null();
            continue;
        }
        // Positions count from 1; what lies before it uses up the count.
        let start = i64::from(starts.value(start));
        let end = count.map_or(i64::MAX, |(counts, row)| start + i64::from(counts.value(row)));
        if end < start {
            return Err(Failure("negative substring length not allowed".to_owned()));
        }
        let skip = (start - 1).max(0);
        let count = (end - 1 - skip).max(0);
        out.append_value(part(texts.value(text), skip as usize, count as usize));
    }
    Ok(Arc::new(out.finish()))
}

fn ends(operands: &[Operand], rows: usize, left: bool) -> Result<ArrayRef, Failure> {
    let (texts, counts) = (operands[0].array.as_string::<i32>(), integers(&operands[1]));
    let mut out = StringBuilder::with_capacity(rows, rows * 16);
    for row in 0..rows {
        let (text, count) = (at(&operands[0], row), at(&operands[1], row));
        if texts.is_null(text) || counts.is_null(count) {
            out.append_null();
            continue;
        }
        let (text, count) = (texts.value(text), i64::from(counts.value(count)));
        let length = text.chars().count() as i64;
        let taken = if count < 0 { (length + count).max(0) } else { count.min(length) };
        let skip = if left { 0 } else { length - taken };
        out.append_value(part(text, skip as usize, taken as usize));
    }
    Ok(Arc::new(out.finish()))
}

#[cfg(test)]
mod tests {
    use arrow::compute::kernels::cmp;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_equal_short_constants_as_arrow_says(
            texts in prop::collection::vec(prop::option::of("[aä\0]{0,18}"), 1..20),
            constant in "[aä\0]{0,18}",
            picked in prop::option::of(prop::sample::Index::arbitrary()),
            skipped in prop::sample::Index::arbitrary(),
        ) {
            let constant = match picked.map(|picked| picked.get(&texts)) {
                Some(Some(text)) => text.clone(),
                _ => constant,
            };
            let texts: ArrayRef = Arc::new(StringArray::from(texts));
            let skipped = skipped.index(texts.len());
            let texts = Operand::of(texts.slice(skipped, texts.len() - skipped));
            let short = constant.len() <= SHORT;
            let constant = Operand { array: Arc::new(StringArray::from(vec![constant])), scalar: true };
            for (one, other) in [(&texts, &constant), (&constant, &texts)] {
                let equal = [false, true].map(|negated| equal_to_short(one, other, negated));
                for (found, expected) in equal.into_iter().zip([cmp::eq(one, other)?, cmp::neq(one, other)?]) {
                    prop_assert_eq!(found.is_some(), short);
                    if let Some(found) = found {
                        prop_assert_eq!(found.array.as_boolean(), &expected);
                    }
                }
            }
        }
    }

    #[test]
    fn other_operands_are_arrows() {
        let text =
            |text: Option<&str>, scalar| Operand { array: Arc::new(StringArray::from(vec![text])), scalar };
        assert!(equal_to_short(&text(Some("a"), false), &text(Some("a"), false), false).is_none());
        assert!(equal_to_short(&text(Some("a"), true), &text(Some("a"), true), false).is_none());
        assert!(equal_to_short(&text(Some("a"), false), &text(None, true), false).is_none());
        let number = Operand { array: Arc::new(Int32Array::from(vec![1])), scalar: true };
        assert!(equal_to_short(&Operand::of(number.array.clone()), &number, false).is_none());
    }
}
