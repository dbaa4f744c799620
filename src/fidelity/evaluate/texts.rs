//! [`concatenation`] and the functions of texts, which count characters, not bytes.

use arrow::datatypes::Int32Type;

use super::vector::{Failure, Strict, Vector};
use crate::model::column_type::ColumnType;
use crate::model::expression::Side;

pub(super) fn concatenation(left: &Vector, right: &Vector, rows: usize) -> Vector {
    let (one, other) = (left.texts(), right.texts());
    Strict::new(&[left, right], rows).texts(|row, out| {
        out.push_str(one(row));
        out.push_str(other(row));
        Ok(())
    })
}

/// The character's other case, where that is a single character.
fn single(character: char, mut changed: impl ExactSizeIterator<Item = char>) -> char {
    match changed.next() {
        Some(one) if changed.len() == 0 => one,
        _ => character,
    }
}

pub(super) fn lowered(character: char) -> char {
    single(character, character.to_lowercase())
}

pub(super) fn lower(operand: &Vector, rows: usize) -> Vector {
    let text = operand.texts();
    Strict::new(&[operand], rows).texts(|row, out| {
        out.extend(text(row).chars().map(lowered));
        Ok(())
    })
}

pub(super) fn upper(operand: &Vector, rows: usize) -> Vector {
    let text = operand.texts();
    Strict::new(&[operand], rows).texts(|row, out| {
        out.extend(text(row).chars().map(|character| single(character, character.to_uppercase())));
        Ok(())
    })
}

pub(super) fn length(operand: &Vector, rows: usize) -> Vector {
    let text = operand.texts();
    let count = |row: usize| Ok(i32::try_from(text(row).chars().count()).unwrap_or(i32::MAX));
    Strict::new(&[operand], rows).numbers::<Int32Type>(&ColumnType::Integer, count)
}

/// The characters from one place to before another, both counted from 0.
fn push_characters(out: &mut String, text: &str, from: i64, to: i64) {
    let from = usize::try_from(from).unwrap_or(0);
    let to = usize::try_from(to).unwrap_or(0);
    out.extend(text.chars().take(to).skip(from));
}

/// Text, first position from 1, and how many characters if that is said.
pub(super) fn substring(arguments: &[Vector], rows: usize) -> Vector {
    let operands: Vec<&Vector> = arguments.iter().collect();
    let (text, start) = (operands[0].texts(), operands[1].numbers::<Int32Type>());
    let length = operands.get(2).map(|length| length.numbers::<Int32Type>());
    Strict::new(&operands, rows).texts(|row, out| {
        let from = i64::from(start(row)) - 1;
        let to = match &length {
            None => i64::MAX,
            Some(length) if length(row) < 0 => {
                return Err(Failure::Borrowed("negative substring length not allowed"));
            }
            // Characters before the first count as well.
            Some(length) => from + i64::from(length(row)),
        };
        push_characters(out, text(row), from, to);
        Ok(())
    })
}

pub(super) fn trim(side: Side, operand: &Vector, characters: &Vector, rows: usize) -> Vector {
    let (text, set) = (operand.texts(), characters.texts());
    Strict::new(&[operand, characters], rows).texts(|row, out| {
        let unwanted = |character: char| set(row).contains(character);
        out.push_str(match side {
            Side::Both => text(row).trim_matches(unwanted),
            Side::Leading => text(row).trim_start_matches(unwanted),
            Side::Trailing => text(row).trim_end_matches(unwanted),
        });
        Ok(())
    })
}

pub(super) fn replace(operand: &Vector, from: &Vector, to: &Vector, rows: usize) -> Vector {
    let (text, old, new) = (operand.texts(), from.texts(), to.texts());
    Strict::new(&[operand, from, to], rows).texts(|row, out| {
        let (mut rest, old) = (text(row), old(row));
        while let Some((before, after)) = rest.split_once(old).filter(|_| !old.is_empty()) {
            out.push_str(before);
            out.push_str(new(row));
            rest = after;
        }
        out.push_str(rest);
        Ok(())
    })
}

pub(super) fn left(operand: &Vector, count: &Vector, rows: usize) -> Vector {
    let (text, count_of) = (operand.texts(), count.numbers::<Int32Type>());
    Strict::new(&[operand, count], rows).texts(|row, out| {
        let (text, count) = (text(row), i64::from(count_of(row)));
        let kept = if count < 0 { text.chars().count() as i64 + count } else { count };
        push_characters(out, text, 0, kept);
        Ok(())
    })
}

pub(super) fn right(operand: &Vector, count: &Vector, rows: usize) -> Vector {
    let (text, count_of) = (operand.texts(), count.numbers::<Int32Type>());
    Strict::new(&[operand, count], rows).texts(|row, out| {
        let (text, count) = (text(row), i64::from(count_of(row)));
        let dropped = if count < 0 { -count } else { text.chars().count() as i64 - count };
        push_characters(out, text, dropped, i64::MAX);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_all;

    #[test]
    fn texts_are_counted_and_cut_by_characters() {
        assert_all(&[
            ("length('größe')", "5"),
            ("substr('größe', 3, 2)", "öß"),
            ("substr('abc', -1, 3)", "a"),
            ("substr('abc', 2147483647, 2147483647)", ""),
            ("substr('abc', 1, -1)", "! negative substring length not allowed"),
            ("left('größe', 3)", "grö"),
            ("left('größe', -3)", "gr"),
            ("right('größe', 3)", "öße"),
            ("right('größe', -3)", "ße"),
            ("left('ab', -5)", ""),
            ("right('ab', -5)", ""),
            ("right('ab', 5)", "ab"),
        ]);
    }

    #[test]
    fn letters_change_one_by_one() {
        assert_all(&[
            ("upper('straße')", "STRAßE"),
            ("lower('ÄÖÜ')", "äöü"),
            ("lower('ΑΣ')", "ας".replace('ς', "σ").as_str()),
        ]);
    }

    #[test]
    fn trimming_and_replacing() {
        assert_all(&[
            ("trim('  a ')", "a"),
            ("ltrim('xyax', 'yx')", "ax"),
            ("rtrim('axyx', 'yx')", "a"),
            ("btrim('a', '')", "a"),
            ("replace('aaa', 'aa', 'b')", "ba"),
            ("replace('abc', '', 'x')", "abc"),
            ("'a' || null", "null"),
            ("'a' || 1", "a1"),
        ]);
    }
}
