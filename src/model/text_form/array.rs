//! [`push_array`] and [`elements`]: arrays as Postgres writes them, `{a,"b c",NULL}`.
//!
//! The manual's section 8.15.6, "Array Input and Output Syntax"; `array_out` in `src/backend/utils/adt/arrayfuncs.c`.

/// Appends an array of one dimension; `None` is NULL.
pub fn push_array<'e>(out: &mut Vec<u8>, elements: impl IntoIterator<Item = Option<&'e [u8]>>) {
    out.push(b'{');
    for (at, element) in elements.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        match element {
            None => out.extend_from_slice(b"NULL"),
            Some(text) if needs_quotes(text) => push_quoted(out, text),
            Some(text) => out.extend_from_slice(text),
        }
    }
    out.push(b'}');
}

fn needs_quotes(text: &[u8]) -> bool {
    text.is_empty()
        || text.eq_ignore_ascii_case(b"NULL")
        || text.iter().any(|byte| matches!(byte, b'"' | b'\\' | b'{' | b'}' | b',') || is_space(*byte))
}

/// What `array_isspace` takes for space.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for &byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// The elements of an array of one dimension; none if the text is not one that [`push_array`] or Postgres writes.
pub fn elements(text: &str) -> Option<Vec<Option<String>>> {
    let mut rest = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    if rest.is_empty() {
        return Some(elements);
    }
    loop {
        let (element, after) = element(rest)?;
        elements.push(element);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return after.is_empty().then_some(elements),
        }
    }
}

/// The first element, and what follows it.
fn element(text: &str) -> Option<(Option<String>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        let (bare, after) = text.split_at(end);
        let value = match bare {
            "NULL" => None,
            bare if needs_quotes(bare.as_bytes()) => return None,
            bare => Some(bare.to_owned()),
        };
        return Some((value, after));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((Some(value), &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            character => value.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(elements: &[Option<&str>]) -> String {
        let mut out = Vec::new();
        push_array(&mut out, elements.iter().map(|element| element.map(str::as_bytes)));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn arrays_are_written_as_postgres_does() {
        // SELECT ARRAY['a', 'b c', '', 'null', NULL, '"', '\', '{', 'ä,'] on PostgreSQL 15.
        assert_eq!(
            written(&[
                Some("a"),
                Some("b c"),
                Some(""),
                Some("null"),
                None,
                Some("\""),
                Some("\\"),
                Some("{"),
                Some("ä,"),
            ]),
            r#"{a,"b c","","null",NULL,"\"","\\","{","ä,"}"#
        );
        assert_eq!(written(&[]), "{}");
    }

    #[test]
    fn what_is_no_array_of_one_dimension_is_refused() {
        for text in
            ["", "{", "a", "{a", "{,}", "{a,}", "{{a}}", "{\"a}", "{\"a\"b}", "{a b}", "{null}", "{}x"]
        {
            assert_eq!(elements(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn elements_survive(values in prop::collection::vec(any::<Option<String>>(), 0..8)) {
            let borrowed: Vec<Option<&str>> = values.iter().map(Option::as_deref).collect();
            prop_assert_eq!(elements(&written(&borrowed)), Some(values));
        }
    }
}
