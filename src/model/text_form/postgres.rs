//! [`timestamp`] and its like: values from whatever text Postgres takes for them in UTC; [`interval`]s.

use super::calendar::{Civil, DAY, HOUR, MINUTE, SECOND};
use super::exact::{nibble, push_digit};

/// Units of an interval: names, and microseconds of one.
const UNITS: [(&[&str], i64); 7] = [
    (&["us", "usec", "usecs", "microsecond", "microseconds"], 1),
    (&["ms", "msec", "msecs", "millisecond", "milliseconds"], 1_000),
    (&["s", "sec", "secs", "second", "seconds"], SECOND),
    (&["m", "min", "mins", "minute", "minutes"], MINUTE),
    (&["h", "hr", "hrs", "hour", "hours"], HOUR),
    (&["d", "day", "days"], DAY),
    (&["w", "week", "weeks"], 7 * DAY),
];

/// Microseconds of a unit of time by any of its names. Months and years have none: their lengths vary.
pub fn unit(name: &str) -> Option<i64> {
    let name = name.to_ascii_lowercase();
    UNITS.iter().find(|(names, _)| names.contains(&name.as_str())).map(|&(_, length)| length)
}

/// Whole number, spaces around it allowed.
pub fn integer(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// Finite float in decimal notation.
pub fn float(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|value: &f64| plain && value.is_finite())
}

/// Decimal in plain or scientific notation: unscaled and scale, at most 38 digits.
pub fn decimal(text: &str) -> Option<(i128, u8)> {
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (mantissa, exponent.parse::<i32>().ok().filter(|value| value.abs() < 1_000)?)
        }
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && fraction.is_empty())
        || !(whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let scale = fraction.len() as i32 - exponent;
    let mut unscaled: i128 = 0;
    for digit in
        whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', (-scale).max(0) as usize))
    {
        unscaled = push_digit(unscaled, digit)?;
    }
    let scale = u8::try_from(scale.max(0)).ok().filter(|&scale| scale <= 38)?;
    let fits = unscaled < 10_i128.pow(38);
    fits.then_some((if negative { -unscaled } else { unscaled }, scale))
}

/// `t`, `yes`, `on`, `1` and their like; beginnings of the words count.
pub fn boolean(text: &str) -> Option<bool> {
    let text = text.trim().to_ascii_lowercase();
    let begins = |word: &str| !text.is_empty() && word.starts_with(&text);
    if begins("true") || begins("yes") || text == "on" || text == "1" {
        Some(true)
    } else if begins("false") || begins("no") || text == "of" || text == "off" || text == "0" {
        Some(false)
    } else {
        None
    }
}

/// UUID with or without hyphens and braces.
pub fn uuid(text: &str) -> Option<[u8; 16]> {
    let text = text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(text);
    let digits: Vec<u8> = text.bytes().filter(|&byte| byte != b'-').collect();
    if digits.len() != 32 {
        return None;
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

/// Days since 1970 of `YYYY-MM-DD`; a time of day behind it is ignored.
pub fn date(text: &str) -> Option<i32> {
    let text = text.trim();
    let (day, rest) = day(text)?;
    (rest.is_empty() || timestamp(text).is_some()).then_some(day as i32)
}

/// Microseconds since 1970 of `YYYY-MM-DD[( |T)HH:MM[:SS[.ffffff]]][Z|±HH[:MM]]`; without a zone it is UTC.
pub fn timestamp(text: &str) -> Option<i64> {
    let (days, rest) = day(text.trim())?;
    let rest = rest.strip_prefix(['T', 't']).unwrap_or(rest).trim_start();
    let (rest, offset) = zone(rest)?;
    let time = if rest.is_empty() { 0 } else { time_of_day(rest.trim_end())? };
    Some(days * DAY + time - offset)
}

fn day(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
    // A zone's minus may follow the day at once: the first three numbers are the day.
    let end = text.match_indices('-').nth(2).map_or(end, |(at, _)| at.min(end));
    let mut parts = text[..end].split('-');
    let mut part = |digits: std::ops::RangeInclusive<usize>| {
        parts.next().filter(|part| digits.contains(&part.len()))?.parse::<i64>().ok()
    };
    let civil = Civil::checked(part(4..=4)?, part(1..=2)?, part(1..=2)?)?;
    (civil.year > 0).then(|| (civil.days(), &text[end..]))
}

fn zone(text: &str) -> Option<(&str, i64)> {
    if let Some(rest) = text.strip_suffix(['Z', 'z']).or_else(|| text.strip_suffix("UTC")) {
        return Some((rest, 0));
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, 0)) };
    let (hours, minutes) = text[at + 1..].split_once(':').unwrap_or((&text[at + 1..], "0"));
    let number = |part: &str, most: i64| {
        let plain = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<i64>().ok().filter(|value| plain && *value <= most)
    };
    let offset = number(hours, 15)? * HOUR + number(minutes, 59)? * MINUTE;
    Some((&text[..at], if text.as_bytes()[at] == b'-' { -offset } else { offset }))
}

/// Microseconds of `HH:MM[:SS[.f]]`; 24:00 is the end of the day.
fn time_of_day(text: &str) -> Option<i64> {
    let time = clock(text)?;
    let (_, rest) = text.split_once(':')?;
    let minutes = rest.split(':').next()?.parse::<i64>().ok()?;
    (minutes < 60 && time <= DAY).then_some(time)
}

/// Microseconds of `H:MM[:SS[.f]]` with any number of hours.
fn clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let whole = |part: Option<&str>| {
        part.filter(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))?.parse::<i64>().ok()
    };
    let (hours, minutes) = (whole(parts.next())?, whole(parts.next())?);
    let seconds = parts.next().map_or(Some(0), |part| scaled(part, SECOND))?;
    let valid = parts.next().is_none() && minutes < 60 && (0..=60 * SECOND).contains(&seconds);
    valid.then_some(())?;
    hours.checked_mul(HOUR)?.checked_add(minutes * MINUTE + seconds)
}

/// A decimal number of units as microseconds, halves away from zero.
fn scaled(number: &str, unit: i64) -> Option<i64> {
    let (unscaled, scale) = decimal(number)?;
    let product = unscaled.checked_mul(i128::from(unit))?;
    i64::try_from(divide_rounded(product, 10_i128.pow(u32::from(scale)))).ok()
}

/// Quotient with halves away from zero; `divisor` is positive.
pub const fn divide_rounded(value: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (value / divisor, value % divisor);
    if rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs() {
        quotient + rest.signum()
    } else {
        quotient
    }
}

/// Microseconds of `30 days`, `2h 30m`, `1 day 02:00:00`; what is wrong otherwise.
pub fn interval(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is not an interval");
    let mut rest = text.trim();
    let (mut total, mut parts) = (0_i64, 0);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && !"+-.:".contains(c)).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        let tail = tail.trim_start();
        let length = if number.contains(':') {
            let (sign, digits) = match number.strip_prefix('-') {
                Some(digits) => (-1, digits),
                None => (1, number.strip_prefix('+').unwrap_or(number)),
            };
            rest = tail;
            clock(digits).map(|time| sign * time).ok_or_else(wrong)?
        } else {
            let end = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
            let (name, tail) = tail.split_at(end);
            if ["mon", "mons", "month", "months", "y", "yr", "yrs", "year", "years"].contains(&name) {
                return Err(format!("`{name}` has no fixed length; write days"));
            }
            // A number alone counts seconds.
            let one = if name.is_empty() { SECOND } else { unit(name).ok_or_else(wrong)? };
            rest = tail.trim_start();
            scaled(number, one).ok_or_else(wrong)?
        };
        total = total.checked_add(length).ok_or_else(wrong)?;
        parts += 1;
    }
    if parts == 0 { Err(wrong()) } else { Ok(total) }
}

/// The largest unit that divides an interval, and how many of it.
pub fn interval_parts(microseconds: i64) -> (i64, &'static str) {
    let units =
        [(DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes"), (SECOND, "seconds"), (1_000, "milliseconds")];
    let found = units.into_iter().find(|(length, _)| microseconds % length == 0);
    found.map_or((microseconds, "microseconds"), |(length, name)| (microseconds / length, name))
}

#[cfg(test)]
mod tests {
    use super::super::exact;
    use super::*;

    #[test]
    fn decimals_keep_their_digits() {
        assert_eq!(decimal("12.50"), Some((1_250, 2)));
        assert_eq!(decimal("-.5"), Some((-5, 1)));
        assert_eq!(decimal("1.5e3"), Some((1_500, 0)));
        assert_eq!(decimal("1e-3"), Some((1, 3)));
        assert_eq!(decimal("."), None);
        assert_eq!(decimal("1e40"), None);
    }

    #[test]
    fn timestamps_take_any_zone_and_no_impossible_day() {
        let utc = timestamp("2025-01-02 03:04:05.12Z").unwrap();
        assert_eq!(timestamp("2025-01-02T03:04:05.12"), Some(utc));
        assert_eq!(timestamp("2025-01-02 05:04:05.12+02"), Some(utc));
        assert_eq!(timestamp("2025-01-01 21:34:05.12-05:30"), Some(utc));
        assert_eq!(exact::timestamp("2025-01-02 03:04:05.12+00"), Some(utc));
        assert_eq!(timestamp("2025-02-30"), None);
        assert_eq!(timestamp("2025-01-02 25:00"), None);
        assert_eq!(timestamp("2025-01-02 10:61"), None);
        assert_eq!(timestamp("2025"), None);
        assert_eq!(date("2025-01-02"), Some((utc / DAY) as i32));
    }

    #[test]
    fn intervals_have_fixed_units_only() {
        assert_eq!(interval("1w 2d"), Ok(9 * DAY));
        assert_eq!(interval("1 day 02:00:30"), Ok(DAY + 2 * HOUR + 30 * SECOND));
        assert_eq!(interval("-1.5 hours"), Ok(-90 * MINUTE));
        assert_eq!(interval("250ms"), Ok(250_000));
        assert!(interval("1 month").unwrap_err().contains("no fixed length"));
        assert!(interval("soon").is_err());
        assert!(interval("").is_err());
    }

    #[test]
    fn floats_are_finite_and_decimal() {
        assert_eq!(float(" 1.5e3 "), Some(1_500.0));
        for text in ["inf", "NaN", "1e999", "0x10", ""] {
            assert_eq!(float(text), None, "{text}");
        }
    }

    #[test]
    fn uuids_take_braces_and_any_hyphens() {
        let found = exact::uuid(b"6f9619ff-8b86-d011-b42d-00cf4fc964ff");
        assert!(found.is_some());
        assert_eq!(uuid("{6F9619FF8B86-D011B42D-00cf4fc964ff}"), found);
        assert_eq!(uuid("6f9619ff"), None);
    }
}
