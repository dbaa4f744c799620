//! [`like`]: LIKE and ILIKE.

use arrow::array::{Array, AsArray};

use super::texts::lowered;
use super::vector::{Failure, Strict, Vector};

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// `%`
    Any,
    /// `_`
    One,
    /// A character for itself.
    Same(char),
}

pub(super) fn like(
    operand: &Vector,
    pattern: &Vector,
    ignore_case: bool,
    negated: bool,
    rows: usize,
) -> Vector {
    let text = operand.texts();
    let operands = [operand, pattern];
    let strict = Strict::new(&operands, rows);
    if pattern.constant && pattern.values.null_count() == 0 {
        let parts = parts(pattern.values.as_string::<i32>().value(0), ignore_case);
        return strict.booleans(|row| {
            let parts = parts.as_ref().map_err(Clone::clone)?;
            Ok(matches(text(row), parts, ignore_case) != negated)
        });
    }
    let pattern = pattern.texts();
    strict.booleans(|row| Ok(matches(text(row), &parts(pattern(row), ignore_case)?, ignore_case) != negated))
}

fn parts(pattern: &str, ignore_case: bool) -> Result<Vec<Part>, Failure> {
    let same = |character| Part::Same(if ignore_case { lowered(character) } else { character });
    let (mut parts, mut characters) = (Vec::new(), pattern.chars());
    while let Some(character) = characters.next() {
        parts.push(match character {
            '%' => Part::Any,
            '_' => Part::One,
            '\\' => match characters.next() {
                Some(escaped) => same(escaped),
                None => return Err(Failure::Borrowed("LIKE pattern must not end with escape character")),
            },
            plain => same(plain),
        });
    }
    Ok(parts)
}

/// The whole text is what the pattern says. After a `%` the shortest run is tried first and lengthened in vain
/// attempts; only the last `%` ever needs to be gone back to.
fn matches(text: &str, parts: &[Part], ignore_case: bool) -> bool {
    let (mut rest, mut at) = (text.chars(), 0);
    let mut last_any: Option<(std::str::Chars<'_>, usize)> = None;
    loop {
        if parts.get(at) == Some(&Part::Any) {
            at += 1;
            if at == parts.len() {
                return true;
            }
            last_any = Some((rest.clone(), at));
            continue;
        }
        let mut ahead = rest.clone();
        let fits = match (ahead.next(), parts.get(at)) {
            (None, None) => return true,
            (None, Some(_)) => return false,
            (Some(_), Some(Part::One)) => true,
            (Some(found), Some(Part::Same(wanted))) => {
                (if ignore_case { lowered(found) } else { found }) == *wanted
            }
            (Some(_), None | Some(Part::Any)) => false,
        };
        if fits {
            (rest, at) = (ahead, at + 1);
            continue;
        }
        let Some((from, after)) = &mut last_any else { return false };
        from.next();
        (rest, at) = (from.clone(), *after);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::assert_all;
    use super::*;

    /// The definition, without cleverness.
    fn fits(text: &[char], parts: &[Part]) -> bool {
        match parts.split_first() {
            None => text.is_empty(),
            Some((Part::Any, rest)) => (0..=text.len()).any(|skipped| fits(&text[skipped..], rest)),
            Some((Part::One, rest)) => !text.is_empty() && fits(&text[1..], rest),
            Some((Part::Same(wanted), rest)) => text.first() == Some(wanted) && fits(&text[1..], rest),
        }
    }

    proptest! {
        #[test]
        fn patterns_match_what_their_definition_does(text in "[aбc]{0,8}", pattern in "[aбc%_]{0,6}") {
            let parts = parts(&pattern, false).unwrap();
            let characters: Vec<char> = text.chars().collect();
            prop_assert_eq!(matches(&text, &parts, false), fits(&characters, &parts), "{} {}", text, pattern);
        }
    }

    #[test]
    fn the_backslash_takes_the_next_character_for_itself() {
        assert_all(&[
            (r"'10%' like '10\%'", "true"),
            (r"'100' like '10\%'", "false"),
            (r"'a\' like 'a\\'", "true"),
            (r"'a' like 'a' || '\'", "! LIKE pattern must not end with escape character"),
            (r"null::text like 'a' || '\'", "null"),
            ("'GRÖSSE' ilike 'gr_ss%'", "true"),
            ("'GRÖSSE' not ilike 'grö%'", "false"),
        ]);
    }
}
