//! [`push_text`]: text as a CSV value, quoted where it must be.

use crate::dataset::csv_reader::{any_byte, ends_bare_value};

/// Text, quoted where it must be: where a delimiter, a quote or a line end is inside, where it is empty (bare
/// emptiness is NULL), where blanks at its ends could get lost in readers that trim, and where it is `\.`, psql's
/// mark of the end. A *line* `\.` inside a longer text cannot be protected: psql 15 takes it for the end (and
/// reports an open quote), while the server's own COPY takes it as text.
pub fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    let (Some(first), Some(last)) = (text.first(), text.last()) else {
        return out.extend_from_slice(b"\"\"");
    };
    if !any_byte(text, ends_bare_value) && *first != b' ' && *last != b' ' && text != b"\\." {
        return out.extend_from_slice(text);
    }
    out.push(b'"');
    if any_byte(text, |byte| byte == b'"') {
        for (index, piece) in text.split(|byte| *byte == b'"').enumerate() {
            if index > 0 {
                out.extend_from_slice(b"\"\"");
            }
            out.extend_from_slice(piece);
        }
    } else {
        out.extend_from_slice(text);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dataset::csv_reader::{CsvReader, CsvRecord};

    #[test]
    fn text_is_quoted_only_where_it_must_be() {
        for (plain, written) in [
            ("plain; text", "plain; text"),
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("\"", "\"\"\"\""),
            ("a\nb", "\"a\nb\""),
            ("a\rb", "\"a\rb\""),
            (" a", "\" a\""),
            ("a ", "\"a \""),
            ("\\.", "\"\\.\""),
            ("\\N", "\\N"),
        ] {
            let mut out = Vec::new();
            push_text(&mut out, plain.as_bytes());
            assert_eq!(String::from_utf8(out).unwrap(), written);
        }
    }

    type Records = Vec<Vec<Option<String>>>;

    fn write(records: &Records) -> Vec<u8> {
        let mut out = Vec::new();
        for record in records {
            for (index, value) in record.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                if let Some(value) = value {
                    push_text(&mut out, value.as_bytes());
                }
            }
            out.push(b'\n');
        }
        out
    }

    fn read(written: &[u8]) -> Records {
        let mut reader = CsvReader::new(written);
        let (mut record, mut records) = (CsvRecord::default(), Vec::new());
        while reader.read(&mut record).unwrap() {
            let value = |i| record.value(i).map(|v: &[u8]| String::from_utf8(v.to_vec()).unwrap());
            records.push((0..record.len()).map(value).collect());
        }
        records
    }

    fn any_text() -> impl Strategy<Value = String> {
        let evil =
            ["\"", ",", "\n", "\r", "\\.", " ", "é", "😀", "a", "more than a register", "\0", "\u{feff}"];
        let evil = prop::sample::select(evil.to_vec());
        prop_oneof![any::<String>(), prop::collection::vec(evil, 0..6).prop_map(|pieces| pieces.concat())]
    }

    proptest! {
        #[test]
        fn any_record_reads_back_null_told_from_empty(
            records in (1..5_usize).prop_flat_map(|columns| {
                prop::collection::vec(prop::collection::vec(prop::option::of(any_text()), columns), 0..8)
            })
        ) {
            prop_assert_eq!(read(&write(&records)), records);
        }

        #[test]
        fn another_reader_sees_the_same_texts(
            records in prop::collection::vec(prop::collection::vec(prop::option::of(any_text()), 3), 0..8)
        ) {
            // Behind a header, since that reader drops a byte order mark at a file's beginning.
            let written = [b"a,b,c\n", &write(&records)[..]].concat();
            let mut oracle = ::csv::Reader::from_reader(&written[..]);
            let seen: Vec<Vec<String>> =
                oracle.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
            let expected: Vec<Vec<String>> =
                records.iter().map(|r| r.iter().map(|v| v.clone().unwrap_or_default()).collect()).collect();
            prop_assert_eq!(seen, expected);
        }
    }
}
