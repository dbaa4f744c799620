//! [`push_timestamp`] and its like: values as text, straight into a row's buffer.
//!
//! Every spelling is fixed: one value, one text, on every machine. All are ASCII.

use super::calendar::{Civil, DAY};

const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";

/// What is pushed, as a text of its own.
pub fn text(push: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    push(&mut out);
    String::from_utf8(out).expect("values are written in ASCII")
}

/// Bytes as pairs of hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(HEXADECIMAL[usize::from(digit)])).collect()
}

/// A UUID with its hyphens, in lower case.
pub fn push_uuid(out: &mut Vec<u8>, bytes: &[u8; 16]) {
    out.extend_from_slice(&uuid_text(bytes));
}

/// The canonical text of a UUID, hyphens included.
pub fn uuid_text(bytes: &[u8; 16]) -> [u8; 36] {
    let digits = |at: usize| {
        let quarter = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        eight_digits(u32::from_le_bytes(quarter))
    };
    let (first, second, third, fourth) = (digits(0), digits(4), digits(8), digits(12));
    let mut text = [b'-'; 36];
    text[..8].copy_from_slice(&first);
    text[9..13].copy_from_slice(&second[..4]);
    text[14..18].copy_from_slice(&second[4..]);
    text[19..23].copy_from_slice(&third[..4]);
    text[24..28].copy_from_slice(&third[4..]);
    text[28..].copy_from_slice(&fourth);
    text
}

/// The hexadecimal digits of four bytes, of which the first is the lowest: all at once in one machine word.
fn eight_digits(bytes: u32) -> [u8; 8] {
    const LOW: u64 = 0x0f0f_0f0f_0f0f_0f0f;
    let mut spread = u64::from(bytes);
    spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff;
    spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff;
    let nibbles = (spread >> 4 | spread << 8) & LOW;
    // Six more than a nibble reaches 16 where its digit is a letter.
    let letters = (nibbles + 6 * (LOW / 15)) >> 4 & (LOW / 15);
    let to_letter = u64::from(b'a' - b'0' - 10);
    (nibbles + u64::from(b'0') * (LOW / 15) + letters * to_letter).to_le_bytes()
}

/// `2025-07-28 00:00:00.123456+00`: always six digits of fraction, always in UTC.
pub fn push_timestamp(out: &mut Vec<u8>, microseconds: i64) {
    push_timestamp_beside(out, microseconds, &mut LastDay::default());
}

/// The same, in half the time where the last time that was written is of the same day.
pub fn push_timestamp_beside(out: &mut Vec<u8>, microseconds: i64, last: &mut LastDay) {
    let days = microseconds.div_euclid(DAY);
    if days != last.days {
        *last = LastDay { days, date: four_digit_years(Civil::from_days(days)) };
    }
    if let Some(date) = last.date {
        let mut text = *b"0000-00-00 00:00:00.000000+00";
        text[..DATE].copy_from_slice(&date);
        text[DATE..DATE + CLOCK].copy_from_slice(&clock(microseconds));
        out.extend_from_slice(&text);
        return;
    }
    let before_christ = push_civil(out, Civil::from_days(days));
    out.extend_from_slice(&clock(microseconds));
    push_zone(out, before_christ);
}

/// The day that was written last.
#[derive(Clone, Copy, Debug)]
pub struct LastDay {
    days: i64,
    /// Nothing for years that are not of four digits.
    date: Option<[u8; DATE]>,
}

impl Default for LastDay {
    /// 1970-01-01.
    fn default() -> Self {
        Self { days: 0, date: Some(*b"1970-01-01") }
    }
}

/// `2025-07-28 00:00:00.123456`: the same without a zone.
pub fn push_datetime(out: &mut Vec<u8>, microseconds: i64) {
    let before_christ = push_civil(out, Civil::from_days(microseconds.div_euclid(DAY)));
    out.extend_from_slice(&clock(microseconds));
    out.extend_from_slice(if before_christ { b" BC" } else { b"" });
}

/// As Postgres writes it: with as many digits of fraction as it needs.
pub fn push_postgres_timestamp(out: &mut Vec<u8>, microseconds: i64) {
    let before_christ = push_shortest(out, microseconds);
    push_zone(out, before_christ);
}

/// The same without a zone.
pub fn push_postgres_datetime(out: &mut Vec<u8>, microseconds: i64) {
    let before_christ = push_shortest(out, microseconds);
    out.extend_from_slice(if before_christ { b" BC" } else { b"" });
}

/// Date and time of day with as few digits as will do; true if the year is one before Christ.
fn push_shortest(out: &mut Vec<u8>, microseconds: i64) -> bool {
    let before_christ = push_civil(out, Civil::from_days(microseconds.div_euclid(DAY)));
    let clock = clock(microseconds);
    let end = clock.iter().rposition(|&byte| byte != b'0' && byte != b'.').unwrap_or(0);
    out.extend_from_slice(&clock[..=end.max(WHOLE_SECONDS - 1)]);
    before_christ
}

fn push_zone(out: &mut Vec<u8>, before_christ: bool) {
    out.extend_from_slice(if before_christ { b"+00 BC" } else { b"+00" });
}

/// The length of `YYYY-MM-DD`.
const DATE: usize = 10;
/// The length of ` HH:MM:SS`.
const WHOLE_SECONDS: usize = 9;
/// The length of ` HH:MM:SS.ffffff`.
const CLOCK: usize = WHOLE_SECONDS + 7;

/// ` HH:MM:SS.ffffff` of a time.
fn clock(microseconds: i64) -> [u8; CLOCK] {
    let of_day = microseconds.rem_euclid(DAY).cast_unsigned();
    let (seconds, fraction) = ((of_day / 1_000_000) as u32, (of_day % 1_000_000) as u32);
    let mut text = *b" 00:00:00.000000";
    put_pair(&mut text, 1, seconds / 3_600);
    put_pair(&mut text, 4, seconds / 60 % 60);
    put_pair(&mut text, 7, seconds % 60);
    put_pair(&mut text, 10, fraction / 10_000);
    put_pair(&mut text, 12, fraction / 100 % 100);
    put_pair(&mut text, 14, fraction % 100);
    text
}

/// `2025-07-28`.
pub fn push_date(out: &mut Vec<u8>, days: i32) {
    if push_civil(out, Civil::from_days(i64::from(days))) {
        out.extend_from_slice(b" BC");
    }
}

/// Year, month and day; true if the year is one before Christ, as Postgres spells the years before 1.
fn push_civil(out: &mut Vec<u8>, civil: Civil) -> bool {
    if let Some(date) = four_digit_years(civil) {
        out.extend_from_slice(&date);
        return false;
    }
    let before_christ = civil.year < 1;
    let year = if before_christ { 1 - civil.year } else { civil.year };
    match four_digit_years(Civil { year, ..civil }) {
        Some(date) => out.extend_from_slice(&date),
        None => {
            push_integer(out, year);
            out.extend_from_slice(&month_and_day(civil));
        }
    }
    before_christ
}

/// A date of the years 1 to 9999.
fn four_digit_years(civil: Civil) -> Option<[u8; DATE]> {
    let year = u32::try_from(civil.year).ok().filter(|year| (1..10_000).contains(year))?;
    let mut text = *b"0000-00-00";
    put_pair(&mut text, 0, year / 100);
    put_pair(&mut text, 2, year % 100);
    text[4..].copy_from_slice(&month_and_day(civil));
    Some(text)
}

/// `-MM-DD`.
fn month_and_day(civil: Civil) -> [u8; 6] {
    let mut text = *b"-00-00";
    put_pair(&mut text, 1, civil.month as u32);
    put_pair(&mut text, 4, civil.day as u32);
    text
}

/// The two decimal digits of every number below 100.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Two decimal digits of a number below 100.
#[inline]
fn put_pair(text: &mut [u8], at: usize, number: u32) {
    text[at..at + 2].copy_from_slice(&PAIRS[number as usize]);
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

/// As Postgres writes it: plain from 1e-4 to below 1e15, an exponent of two digits elsewhere.
pub fn push_postgres_float(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        return push_float(out, value);
    }
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = shortest.split_once('e').expect("the format has an exponent");
    let exponent: i32 = exponent.parse().expect("an exponent is a number");
    let text = if (-4..15).contains(&exponent) {
        value.to_string()
    } else {
        format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
    };
    out.extend_from_slice(text.as_bytes());
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

    use super::super::{exact, postgres};
    use super::*;

    #[test]
    fn timestamps_and_dates_have_one_spelling() {
        assert_eq!(text(|out| push_timestamp(out, 1_753_660_800_123_456)), "2025-07-28 00:00:00.123456+00");
        assert_eq!(text(|out| push_timestamp(out, 0)), "1970-01-01 00:00:00.000000+00");
        assert_eq!(text(|out| push_timestamp(out, -1)), "1969-12-31 23:59:59.999999+00");
        assert_eq!(text(|out| push_date(out, 0)), "1970-01-01");
        assert_eq!(text(|out| push_date(out, 2_932_897)), "10000-01-01");
        assert_eq!(text(|out| push_date(out, -719_163)), "0001-12-31 BC");
        assert_eq!(text(|out| push_date(out, -719_162)), "0001-01-01");
    }

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(text(|out| push_float(out, 0.1)), "0.1");
        assert_eq!(text(|out| push_float(out, -0.0)), "-0.0");
        assert_eq!(text(|out| push_float(out, 1e300)), "1e300");
        assert_eq!(text(|out| push_float(out, f64::NAN)), "NaN");
        assert_eq!(text(|out| push_float(out, f64::INFINITY)), "Infinity");
        assert_eq!(text(|out| push_float(out, f64::NEG_INFINITY)), "-Infinity");
        assert_eq!(text(|out| push_integer(out, i64::MIN)), "-9223372036854775808");
        let decimal = |unscaled, scale| text(|out| push_decimal(out, unscaled, scale));
        assert_eq!(decimal(1250, 2), "12.50");
        assert_eq!(decimal(-5, 2), "-0.05");
        assert_eq!(decimal(0, 2), "0.00");
        assert_eq!(decimal(12, -2), "1200");
        assert_eq!(decimal(0, -2), "0");
        assert_eq!(decimal(-(10_i128.pow(38) - 1), 38), format!("-0.{}", "9".repeat(38)));
    }

    #[test]
    fn floats_and_timestamps_are_also_written_as_postgres_writes_them() {
        for (value, written) in
            [(1.23e-5, "1.23e-05"), (1e15, "1e+15"), (1e14, "100000000000000"), (0.1, "0.1"), (-0.0, "-0")]
        {
            assert_eq!(text(|out| push_postgres_float(out, value)), written);
            assert_eq!(postgres::float(written), Some(value));
        }
        assert_eq!(text(|out| push_postgres_float(out, f64::NEG_INFINITY)), "-Infinity");
        for (fraction, written) in [(0, "00"), (500_000, "00.5"), (123_456, "00.123456"), (7, "00.000007")] {
            let written = format!("2025-07-28 00:00:{written}+00");
            assert_eq!(text(|out| push_postgres_timestamp(out, 1_753_660_800_000_000 + fraction)), written);
        }
        assert_eq!(text(|out| push_postgres_timestamp(out, 36_000_000_000)), "1970-01-01 10:00:00+00");
    }

    proptest! {
        #[test]
        fn the_day_that_was_written_last_changes_no_text(
            times in prop::collection::vec(-200_000_000_000_000_000_i64..300_000_000_000_000_000, 1..20), steps in prop::collection::vec(-3 * DAY..3 * DAY, 1..20),
        ) {
            let mut last = LastDay::default();
            for time in times.iter().flat_map(|time| steps.iter().map(move |step| time + step)) {
                let alone = text(|out| push_timestamp(out, time));
                prop_assert_eq!(text(|out| push_timestamp_beside(out, time, &mut last)), alone);
            }
        }

        #[test]
        fn every_value_reads_back(
            microseconds: i64, days in -2_000_000_i32..90_000_000, unscaled in -(10_i128.pow(38) - 1)..10_i128.pow(38),
            scale in -10_i8..=38, bytes: [u8; 16], bits: u64,
        ) {
            prop_assert_eq!(exact::timestamp(&text(|out| push_timestamp(out, microseconds))), Some(microseconds));
            prop_assert_eq!(exact::date(&text(|out| push_date(out, days))), Some(days));
            let decimal = text(|out| push_decimal(out, unscaled, scale));
            if scale >= 0 {
                prop_assert_eq!(exact::decimal(&decimal, 38, scale), Some(unscaled));
            }
            prop_assert_eq!(exact::uuid(&uuid_text(&bytes)), Some(bytes));
            let float = f64::from_bits(bits);
            let back: f64 = text(|out| push_float(out, float)).parse().unwrap();
            prop_assert!(back.to_bits() == bits || float.is_nan() && back.is_nan());
        }
    }
}
