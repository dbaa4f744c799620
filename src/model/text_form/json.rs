//! [`push_json`]: JSON as Postgres' `jsonb` writes it, so that a document has one text.
//!
//! Keys by length and then by bytes, each once; `, ` and `: ` between; numbers plain, never with an exponent
//! (`JsonbToCString` in `src/backend/utils/adt/jsonb.c`, `lengthCompareJsonbStringValue` in `jsonb_util.c`).

use std::cmp::Ordering;

use serde_json::Value;

/// The text of a document; none if it is no JSON, or holds U+0000, which Postgres cannot.
pub fn canonical(text: &str) -> Option<String> {
    let document: Value = serde_json::from_str(text).ok()?;
    let mut out = Vec::new();
    push_json(&mut out, &document);
    String::from_utf8(out).ok().filter(|text| !text.contains("\\u0000"))
}

/// Appends a document.
pub fn push_json(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => push_number(out, float),
            None => out.extend_from_slice(number.to_string().as_bytes()),
        },
        Value::String(text) => push_string(out, text),
        Value::Array(values) => {
            out.push(b'[');
            for (at, value) in values.iter().enumerate() {
                push_separator(out, at);
                push_json(out, value);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by(|one, other| key_order(one.0, other.0));
            out.push(b'{');
            for (at, (key, value)) in members.into_iter().enumerate() {
                push_separator(out, at);
                push_key(out, key);
                push_json(out, value);
            }
            out.push(b'}');
        }
    }
}

/// What stands before the element at a place.
pub fn push_separator(out: &mut Vec<u8>, at: usize) {
    if at > 0 {
        out.extend_from_slice(b", ");
    }
}

/// Appends a key with its colon.
pub fn push_key(out: &mut Vec<u8>, key: &str) {
    push_string(out, key);
    out.extend_from_slice(b": ");
}

/// The order of an object's keys.
pub fn key_order(one: &str, other: &str) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// Appends a float: the shortest digits that read back as it, without an exponent; JSON has no NaN and no infinity.
pub fn push_number(out: &mut Vec<u8>, value: f64) {
    // Postgres keeps numbers as `numeric`, which has no negative zero.
    let value = if value == 0.0 { 0.0 } else { value };
    out.extend_from_slice(if value.is_finite() { value.to_string() } else { "null".to_owned() }.as_bytes());
}

/// Appends a text in quotes (`escape_json` in `src/backend/utils/adt/json.c`).
pub fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for &byte in text.as_bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            byte => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn documents_are_written_as_jsonb_does() {
        // As PostgreSQL 15 answers to SELECT '…'::jsonb::text.
        for (given, text) in [
            (r#"{"bb":1,"a":[1,2.50,{}],"a":[]}"#, r#"{"a": [], "bb": 1}"#),
            (r#"{"b":null,"aa":true,"a":"x"}"#, r#"{"a": "x", "b": null, "aa": true}"#),
            (r#" [1e2, -0.0, 1e-7, 0.1] "#, "[100, 0, 0.0000001, 0.1]"),
            (r#""\u00e4\u0007\n\"\/""#, r#""ä\u0007\n\"/""#),
        ] {
            assert_eq!(canonical(given).as_deref(), Some(text));
        }
        for wrong in ["", "{", "{a: 1}", "[1,]", "NaN", "\"\\u0000\"", "1 2"] {
            assert_eq!(canonical(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn the_text_reads_back_as_the_document_and_is_its_own_form(text in any::<String>(), number in any::<f64>(), whole in any::<i64>()) {
            let document = serde_json::json!({"text": text.replace('\0', ""), "of": [number, whole, {}]});
            let mut out = Vec::new();
            push_json(&mut out, &document);
            let written = String::from_utf8(out).unwrap();
            let read: Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(&read["text"], &document["text"]);
            prop_assert_eq!(canonical(&written), Some(written));
        }
    }
}
