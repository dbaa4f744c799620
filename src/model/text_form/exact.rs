//! [`timestamp`] and its like: values from the text that they are written as, and from no other.
//!
//! They take what [`write`](super::write) writes and what Postgres' `COPY … TO … CSV` does in UTC with ISO dates.

use super::calendar::{Civil, DAY};

/// A UUID in its canonical text form, hyphens included; case does not matter.
pub fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    let text: &[u8; 36] = text.try_into().ok()?;
    let mut bytes = [0; 16];
    let mut at = 0;
    for (index, byte) in bytes.iter_mut().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            if text[at] != b'-' {
                return None;
            }
            at += 1;
        }
        *byte = nibble(text[at])? << 4 | nibble(text[at + 1])?;
        at += 2;
    }
    Some(bytes)
}

/// The value of a hexadecimal digit.
pub(super) fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// `true`, `false`, and Postgres' `t` and `f`.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "t" => Some(true),
        "false" | "f" => Some(false),
        _ => None,
    }
}

/// The unscaled value of a decimal with at most `scale` digits after its point and `precision` in all.
pub fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut unscaled = digits_value(whole.as_bytes())?;
    if scale >= 0 {
        let missing = usize::from(scale.unsigned_abs()).checked_sub(fraction.len())?;
        for digit in fraction.bytes().chain(std::iter::repeat_n(b'0', missing)) {
            unscaled = push_digit(unscaled, digit)?;
        }
    } else {
        let unit = 10_i128.checked_pow(u32::from(scale.unsigned_abs()))?;
        if !fraction.is_empty() || unscaled % unit != 0 {
            return None;
        }
        unscaled /= unit;
    }
    let limit = 10_i128.checked_pow(u32::from(precision))?;
    (unscaled < limit).then_some(if negative { -unscaled } else { unscaled })
}

/// At least one digit, and nothing else.
fn digits_value(digits: &[u8]) -> Option<i128> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0, |value, digit| push_digit(value, *digit))
}

/// A number with one more decimal digit.
pub(super) fn push_digit(value: i128, digit: u8) -> Option<i128> {
    let digit = i128::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
    value.checked_mul(10)?.checked_add(digit)
}

/// Days since 1970 of `2025-07-28` or `0044-03-15 BC`.
pub fn date(text: &str) -> Option<i32> {
    let (date, before_christ) = split_era(text);
    i32::try_from(days_of(date, before_christ)?).ok()
}

/// Microseconds since 1970 of `2025-07-28 00:00:00.123456+00`: the fraction has up to six digits or is absent,
/// the offset is `Z`, `±HH` or `±HH:MM`, and ` BC` may follow.
pub fn timestamp(text: &str) -> Option<i64> {
    let (text, before_christ) = split_era(text);
    let (date, rest) = text.split_once([' ', 'T'])?;
    let zone = rest.find(['+', '-', 'Z'])?;
    let (time, offset) = rest.split_at(zone);
    let days = days_of(date, before_christ)?;
    let of_day = time_of_day(time)?.checked_sub(zone_offset(offset)?)?;
    let microseconds = i128::from(days) * i128::from(DAY) + i128::from(of_day);
    i64::try_from(microseconds).ok()
}

/// Microseconds since 1970 of `2025-07-28 00:00:00.123456`, a time without zone, taken as UTC.
pub fn datetime(text: &str) -> Option<i64> {
    let (text, before_christ) = split_era(text);
    let (date, time) = text.split_once([' ', 'T'])?;
    let days = days_of(date, before_christ)?;
    let microseconds = i128::from(days) * i128::from(DAY) + i128::from(time_of_day(time)?);
    i64::try_from(microseconds).ok()
}

fn split_era(text: &str) -> (&str, bool) {
    match text.strip_suffix(" BC") {
        Some(rest) => (rest, true),
        None => (text, false),
    }
}

fn days_of(date: &str, before_christ: bool) -> Option<i64> {
    let mut pieces = date.split('-');
    let year = pieces.next().filter(|year| (4..=6).contains(&year.len()))?;
    let year = i64::try_from(digits_value(year.as_bytes())?).ok().filter(|year| *year > 0)?;
    let month = pieces.next().and_then(two_digits)?;
    let day = pieces.next().and_then(two_digits)?;
    // The year before 1 is 1 BC: the year 0 of the proleptic Gregorian calendar.
    let year = if before_christ { 1 - year } else { year };
    let civil = Civil::checked(year, month, day).filter(|_| pieces.next().is_none())?;
    Some(civil.days())
}

/// Microseconds of `HH:MM:SS` with an optional fraction.
fn time_of_day(time: &str) -> Option<i64> {
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut pieces = clock.split(':');
    let hour = pieces.next().and_then(two_digits).filter(|hour| *hour < 24)?;
    let minute = pieces.next().and_then(two_digits).filter(|minute| *minute < 60)?;
    let second = pieces.next().and_then(two_digits).filter(|second| *second < 60)?;
    if pieces.next().is_some() || !(1..=6).contains(&fraction.len()) {
        return None;
    }
    let mut microseconds = i64::try_from(digits_value(fraction.as_bytes())?).ok()?;
    for _ in fraction.len()..6 {
        microseconds *= 10;
    }
    Some(((hour * 60 + minute) * 60 + second) * 1_000_000 + microseconds)
}

/// The microseconds that a zone is ahead of UTC.
fn zone_offset(offset: &str) -> Option<i64> {
    let (sign, rest) = match offset.split_at_checked(1)? {
        ("Z", "") => return Some(0),
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "00"));
    let minutes = two_digits(minutes).filter(|minutes| *minutes < 60)?;
    Some(sign * (two_digits(hours)? * 60 + minutes) * 60_000_000)
}

fn two_digits(text: &str) -> Option<i64> {
    (text.len() == 2)
        .then(|| digits_value(text.as_bytes()))
        .flatten()
        .and_then(|value| i64::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read_with_any_fraction_and_offset() {
        for (text, expected) in [
            ("1970-01-01 00:00:00+00", 0),
            ("2025-07-28 00:00:00.123456+00", 1_753_660_800_123_456),
            ("2025-07-28T02:00:00.5+02:00", 1_753_660_800_500_000),
            ("2025-07-27 20:30:00-03:30", 1_753_660_800_000_000),
            ("1969-12-31 23:59:59.999999Z", -1),
            ("0044-03-15 12:00:00+00 BC", Civil { year: -43, month: 3, day: 15 }.days() * DAY + DAY / 2),
        ] {
            assert_eq!(timestamp(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "2025-07-28",
            "2025-07-28 00:00:00",
            "2025-02-29 00:00:00+00",
            "2025-07-28 24:00:00+00",
            "2025-07-28 00:00:00.1234567+00",
            "2025-07-28 00:00:00.+00",
            "0000-01-01 00:00:00+00",
            "2025-7-28 00:00:00+00",
            "2025-07-28 00:00:00+0",
            "2025-07-28 00:00:00+00x",
            "+2025-07-28 00:00:00+00",
            "999999-01-01 00:00:00+00",
        ] {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        for (text, precision, scale, expected) in [
            ("12.50", 9, 2, Some(1250)),
            ("12.5", 9, 2, Some(1250)),
            ("-0.05", 9, 2, Some(-5)),
            ("12", 9, 2, Some(1200)),
            ("12.505", 9, 2, None),
            ("1000.00", 5, 2, None),
            ("999.99", 5, 2, Some(99_999)),
            ("1200", 9, -2, Some(12)),
            ("1250", 9, -2, None),
            (".5", 9, 2, None),
            ("", 9, 2, None),
            ("--5", 9, 2, None),
            ("1e5", 9, 2, None),
        ] {
            assert_eq!(decimal(text, precision, scale), expected, "{text}");
        }
        assert_eq!(decimal(&"9".repeat(38), 38, 0), Some(10_i128.pow(38) - 1));
        assert_eq!(decimal(&"9".repeat(39), 38, 0), None);
    }

    #[test]
    fn uuids_are_read_in_either_case_and_nothing_else() {
        let bytes: [u8; 16] = std::array::from_fn(|i| i as u8 * 17);
        assert_eq!(uuid(b"00112233-4455-6677-8899-aabbccddeeff"), Some(bytes));
        assert_eq!(uuid(b"00112233-4455-6677-8899-AABBCCDDEEFF"), Some(bytes));
        for text in ["", "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeefg"] {
            assert_eq!(uuid(text.as_bytes()), None, "{text}");
        }
    }
}
