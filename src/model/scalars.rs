//! Scalars with units: `5M` is a count, `30%` a share, `2h` a duration, `2025-07-28T00:00:00Z` a time.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::text_form::postgres;

/// The units of durations, and milliseconds of one.
pub const DURATION_UNITS: [(&str, i64); 6] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];

/// A number: plain, in thousands (`K`), millions (`M`), billions (`G`), or per cent.
pub fn parse_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let (digits, factor) = match text.as_bytes().last()? {
        b'K' | b'k' => (&text[..text.len() - 1], 1e3),
        b'M' => (&text[..text.len() - 1], 1e6),
        b'G' => (&text[..text.len() - 1], 1e9),
        b'%' => (text[..text.len() - 1].trim_end(), 0.01),
        _ => (text, 1.0),
    };
    let digits = digits.replace('_', "");
    if !digits.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: f64 = digits.parse().ok()?;
    // A per cent is divided, not multiplied by an inexact 0.01: 70 % is 0.7.
    let scaled = if factor == 0.01 { number / 100.0 } else { number * factor };
    scaled.is_finite().then_some(scaled)
}

/// A duration in seconds: `250ms`, `10s`, `15m`, `2h`, `30d`, `1w`; a bare number is seconds.
pub fn parse_seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let split = text.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(text.len());
    let number: f64 = text[..split].trim_end().replace('_', "").parse().ok()?;
    let unit = match &text[split..] {
        "" => "s",
        unit => unit,
    };
    let (_, milliseconds) = DURATION_UNITS.into_iter().find(|(name, _)| *name == unit)?;
    // A second divides or multiplies exactly where a millisecond's share of one would not.
    let seconds = match milliseconds {
        0..1_000 => number * milliseconds as f64 / 1_000.0,
        _ => number * (milliseconds / 1_000) as f64,
    };
    seconds.is_finite().then_some(seconds)
}

/// The truth value that a plain scalar of YAML spells.
pub fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// A point in time as microseconds since 1970: RFC 3339 with an offset, or a date (midnight UTC).
pub fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    // The last day of the calendar, a usual "for ever", has instants that jiff keeps for time zones.
    let in_utc =
        || (date(text).is_some() || text.ends_with('Z')).then(|| postgres::timestamp(text)).flatten();
    instant(text).map(Timestamp::as_microsecond).or_else(in_utc)
}

/// An ISO time with its zone, or a date, which is its midnight in UTC.
pub fn instant(text: &str) -> Option<Timestamp> {
    let midnight = |date: Date| date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse::<Timestamp>().ok().or_else(|| date(text).and_then(midnight))
}

/// `2024-01-15`, and nothing else that a calendar would read as a date.
pub fn date(text: &str) -> Option<Date> {
    let shaped = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    shaped.then(|| text.parse().ok()).flatten()
}

/// A time in RFC 3339 with as many digits as it needs.
pub fn format_time(microseconds: i64) -> String {
    Timestamp::from_microsecond(microseconds)
        .map_or_else(|_| format!("{microseconds} µs"), |stamp| stamp.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_scale_numbers() {
        assert_eq!(parse_number("5M"), Some(5e6));
        assert_eq!(parse_number("70%"), Some(0.7));
        assert_eq!(parse_number("1_000"), Some(1000.0));
        assert_eq!(parse_number("K"), None);
        assert_eq!(parse_number("inf"), None);
    }

    #[test]
    fn durations_are_seconds() {
        assert_eq!(parse_seconds("15m"), Some(900.0));
        assert_eq!(parse_seconds("250ms"), Some(0.25));
        assert_eq!(parse_seconds("30d"), Some(2_592_000.0));
        assert_eq!(parse_seconds("3 parsecs"), None);
    }

    #[test]
    fn times_round_trip() {
        let time = parse_time("2025-07-28T00:00:00Z").expect("a time");
        assert_eq!(format_time(time), "2025-07-28T00:00:00Z");
        assert_eq!(parse_time("2025-07-28"), Some(time));
        assert_eq!(parse_time("2025-07-28T00:00:00"), None);
    }

    #[test]
    fn the_last_microsecond_of_the_calendar_is_a_time() {
        let last = parse_time("9999-12-31T23:59:59.999999Z");
        assert_eq!(last, parse_time("9999-12-31").map(|midnight| midnight + 86_399_999_999));
        assert_eq!(parse_time("9999-12-31"), parse_time("9999-12-30").map(|before| before + 86_400_000_000));
        assert_eq!(parse_time("9999-13-31"), None);
        assert_eq!(parse_time("20250728"), None);
        assert_eq!(parse_time("2025-02-30"), None);
    }
}
