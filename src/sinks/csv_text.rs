//! [`push_timestamp`] and its like: values as CSV text, straight into a row's buffer.
//!
//! Every spelling is fixed: one value, one text, on every machine.

use crate::dataset::csv_reader::{ends_bare_value, find_byte};
use crate::dataset::csv_values::{DAY_MICROSECONDS, civil_from_days};

const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";

/// Text, quoted where it must be: where a delimiter, a quote or a line end is inside, where it is empty (bare
/// emptiness is NULL), where blanks at its ends could get lost in readers that trim, and where it is `\.`, psql's
/// mark of the end. A *line* `\.` inside a longer text cannot be protected: psql 15 takes it for the end (and
/// reports an open quote), while the server's own COPY takes it as text.
pub fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    let (Some(first), Some(last)) = (text.first(), text.last()) else {
        return out.extend_from_slice(b"\"\"");
    };
    let special = find_byte(text, ends_bare_value).is_some();
    if !special && *first != b' ' && *last != b' ' && text != b"\\." {
        return out.extend_from_slice(text);
    }
    out.push(b'"');
    if find_byte(text, |byte| byte == b'"').is_some() {
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

/// A UUID with its hyphens, in lower case.
pub fn push_uuid(out: &mut Vec<u8>, bytes: &[u8; 16]) {
    out.extend_from_slice(&uuid_text(bytes));
}

/// The canonical text of a UUID.
pub fn uuid_text(bytes: &[u8; 16]) -> [u8; 36] {
    let mut text = [b'-'; 36];
    // Where each byte's two digits stand: hyphens follow the bytes 4, 6, 8 and 10.
    const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    for (byte, place) in bytes.iter().zip(PLACES) {
        text[place] = HEXADECIMAL[usize::from(byte >> 4)];
        text[place + 1] = HEXADECIMAL[usize::from(byte & 15)];
    }
    text
}

/// `2025-07-28 00:00:00.123456+00`: always six digits of fraction, always in UTC.
pub fn push_timestamp(out: &mut Vec<u8>, microseconds: i64) {
    let days = microseconds.div_euclid(DAY_MICROSECONDS);
    let of_day = microseconds.rem_euclid(DAY_MICROSECONDS);
    let seconds = (of_day.cast_unsigned() / 1_000_000) as u32;
    let fraction = (of_day.cast_unsigned() % 1_000_000) as u32;
    let before_christ = push_civil(out, days);
    let mut text = *b" 00:00:00.000000+00";
    put_pair(&mut text, 1, seconds / 3_600);
    put_pair(&mut text, 4, seconds / 60 % 60);
    put_pair(&mut text, 7, seconds % 60);
    put_pair(&mut text, 10, fraction / 10_000);
    put_pair(&mut text, 12, fraction / 100 % 100);
    put_pair(&mut text, 14, fraction % 100);
    out.extend_from_slice(&text);
    if before_christ {
        out.extend_from_slice(b" BC");
    }
}

/// `2025-07-28`.
pub fn push_date(out: &mut Vec<u8>, days: i32) {
    if push_civil(out, i64::from(days)) {
        out.extend_from_slice(b" BC");
    }
}

/// Year, month and day; true if the year is one before Christ, as Postgres spells the years before 1.
fn push_civil(out: &mut Vec<u8>, days: i64) -> bool {
    let (year, month, day) = civil_from_days(days);
    let before_christ = year < 1;
    let year = if before_christ { 1 - year } else { year };
    let mut text = *b"0000-00-00";
    if let Ok(year @ 0..10_000) = u32::try_from(year) {
        put_pair(&mut text, 0, year / 100);
        put_pair(&mut text, 2, year % 100);
    } else {
        out.extend_from_slice(itoa::Buffer::new().format(year).as_bytes());
    }
    put_pair(&mut text, 5, month);
    put_pair(&mut text, 8, day);
    out.extend_from_slice(if year < 10_000 { &text } else { &text[4..] });
    before_christ
}

/// Two decimal digits of a number below 100.
fn put_pair(text: &mut [u8], at: usize, number: u32) {
    text[at] = b'0' + (number / 10) as u8;
    text[at + 1] = b'0' + (number % 10) as u8;
}

/// An integer.
pub fn push_integer(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// The shortest text that reads back as the same float; `NaN`, `Infinity`, `-Infinity` as in Postgres.
pub fn push_float(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
    } else if value.is_nan() {
        out.extend_from_slice(b"NaN");
    } else {
        out.extend_from_slice(if value > 0.0 { b"Infinity" } else { b"-Infinity" });
    }
}

/// A decimal with all digits of its scale.
pub fn push_decimal(out: &mut Vec<u8>, unscaled: i128, scale: i8) {
    if unscaled < 0 {
        out.push(b'-');
    }
    let mut buffer = itoa::Buffer::new();
    // 64-bit division is several times faster, and money fits.
    let magnitude = unscaled.unsigned_abs();
    let digits = match u64::try_from(magnitude) {
        Ok(small) => buffer.format(small),
        Err(_) => buffer.format(magnitude),
    };
    let digits = digits.as_bytes();
    let places = usize::from(scale.unsigned_abs());
    if scale <= 0 {
        out.extend_from_slice(digits);
        let zeros = if unscaled == 0 { 0 } else { places };
        out.resize(out.len() + zeros, b'0');
    } else if digits.len() > places {
        let (whole, fraction) = digits.split_at(digits.len() - places);
        out.extend_from_slice(whole);
        out.push(b'.');
        out.extend_from_slice(fraction);
    } else {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + places - digits.len(), b'0');
        out.extend_from_slice(digits);
    }
}

/// `true` or `false`, which Postgres takes and other readers recognise without being told.
pub fn push_boolean(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dataset::csv_reader::{CsvReader, CsvRecord};
    use crate::dataset::csv_values::{parse_date, parse_decimal, parse_timestamp, parse_uuid};

    fn text<T>(push: impl Fn(&mut Vec<u8>, T), value: T) -> String {
        let mut out = Vec::new();
        push(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn timestamps_and_dates_have_one_spelling() {
        assert_eq!(text(push_timestamp, 1_753_660_800_123_456), "2025-07-28 00:00:00.123456+00");
        assert_eq!(text(push_timestamp, 0), "1970-01-01 00:00:00.000000+00");
        assert_eq!(text(push_timestamp, -1), "1969-12-31 23:59:59.999999+00");
        assert_eq!(text(push_date, 0), "1970-01-01");
        assert_eq!(text(push_date, 2_932_897), "10000-01-01");
        assert_eq!(text(push_date, -719_163), "0001-12-31 BC");
        assert_eq!(text(push_date, -719_162), "0001-01-01");
    }

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(text(push_float, 0.1), "0.1");
        assert_eq!(text(push_float, -0.0), "-0.0");
        assert_eq!(text(push_float, 1e300), "1e300");
        assert_eq!(text(push_float, f64::NAN), "NaN");
        assert_eq!(text(push_float, f64::INFINITY), "Infinity");
        assert_eq!(text(push_float, f64::NEG_INFINITY), "-Infinity");
        assert_eq!(text(push_integer, i64::MIN), "-9223372036854775808");
        let decimal = |unscaled, scale| text(|out, value| push_decimal(out, value, scale), unscaled);
        assert_eq!(decimal(1250, 2), "12.50");
        assert_eq!(decimal(-5, 2), "-0.05");
        assert_eq!(decimal(0, 2), "0.00");
        assert_eq!(decimal(12, -2), "1200");
        assert_eq!(decimal(0, -2), "0");
        assert_eq!(decimal(-(10_i128.pow(38) - 1), 38), format!("-0.{}", "9".repeat(38)));
    }

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
            assert_eq!(text(|out, value: &str| push_text(out, value.as_bytes()), plain), written);
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
        fn every_value_reads_back(
            microseconds: i64, days in -2_000_000_i32..90_000_000, unscaled in -(10_i128.pow(38) - 1)..10_i128.pow(38),
            scale in -10_i8..=38, bytes: [u8; 16], bits: u64,
        ) {
            prop_assert_eq!(parse_timestamp(&text(push_timestamp, microseconds)), Some(microseconds));
            prop_assert_eq!(parse_date(&text(push_date, days)), Some(days));
            let decimal = text(|out, value| push_decimal(out, value, scale), unscaled);
            if scale >= 0 {
                prop_assert_eq!(parse_decimal(&decimal, 38, scale), Some(unscaled));
            }
            prop_assert_eq!(parse_uuid(&uuid_text(&bytes)), Some(bytes));
            let float = f64::from_bits(bits);
            let back: f64 = text(push_float, float).parse().unwrap();
            prop_assert!(back.to_bits() == bits || float.is_nan() && back.is_nan());
        }

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
