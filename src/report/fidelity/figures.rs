//! Figures as people read them: `1,234,567`, `15.0 %`, `2.5×`, `1 h 30 min`.

use crate::fidelity::assessment::Unit;

/// A figure in its unit.
pub(super) fn value(value: f64, unit: Unit) -> String {
    if !value.is_finite() {
        return endless(value);
    }
    match unit {
        Unit::Count | Unit::Number => number(value),
        Unit::Share => percent(value),
        Unit::Ratio => ratio(value),
        Unit::Distance => distance(value),
        Unit::Seconds => seconds(value),
    }
}

/// What has no end, or no value.
fn endless(value: f64) -> String {
    let text = if value.is_nan() {
        "–"
    } else if value > 0.0 {
        "∞"
    } else {
        "-∞"
    };
    text.to_owned()
}

/// A count with thousands apart: `5,000,000`.
pub(super) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with about four digits that count: `1,234.5`, `0.0123`; whole ones without a point.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return endless(value);
    }
    let size = value.abs();
    let places = match size {
        _ if size == libm::trunc(size) || size >= 10_000.0 => 0,
        1_000.0.. => 1,
        1.0.. => 2,
        0.1.. => 3,
        0.0001.. => 4,
        _ => return format!("{value:.1e}"),
    };
    let text = format!("{size:.places$}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if value < 0.0 { "-" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    // A number of more digits than a count can hold is written without commas.
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    format!("{sign}{whole}{point}{part}")
}

/// A share as a percentage: `15.0 %`, `0.042 %`.
pub(super) fn percent(share: f64) -> String {
    if !share.is_finite() {
        return endless(share);
    }
    let value = share * 100.0;
    let size = value.abs();
    match size {
        _ if size == 0.0 => "0 %".to_owned(),
        0.95.. => format!("{value:.1} %"),
        0.095.. => format!("{value:.2} %"),
        0.0005.. => format!("{value:.3} %"),
        _ => "< 0.001 %".to_owned(),
    }
}

/// A percentage that stands on an axis or names a tolerance: `15 %`, `0.01 %`.
pub(super) fn round_percent(share: f64) -> String {
    let value = format!("{:.4}", share * 100.0);
    format!("{} %", value.trim_end_matches('0').trim_end_matches('.'))
}

/// How many times: `2.5×`, `1,048×`.
pub(super) fn ratio(value: f64) -> String {
    if !value.is_finite() {
        return endless(value);
    }
    let size = value.abs();
    if size >= 100.0 {
        format!("{}×", number(libm::round(value)))
    } else if size >= 10.0 {
        format!("{value:.1}×")
    } else {
        format!("{value:.2}×")
    }
}

/// A distance, an effect or a threshold: `0.0123`.
pub(super) fn distance(value: f64) -> String {
    if value.is_finite() { format!("{value:.4}") } else { endless(value) }
}

/// A stretch of time in its two largest units: `350 ms`, `4.2 s`, `1 h 30 min`, `2 d`.
pub(super) fn seconds(value: f64) -> String {
    if !value.is_finite() {
        return endless(value);
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let size = value.abs();
    if size < 1.0 {
        return if size == 0.0 { "0 s".to_owned() } else { format!("{sign}{} ms", number(size * 1_000.0)) };
    }
    if size < 59.95 {
        return format!("{sign}{} s", format!("{size:.1}").trim_end_matches(".0"));
    }
    let (large, small) = [(60.0, " min", " s"), (3_600.0, " h", " min"), (86_400.0, " d", " h")]
        .into_iter()
        .zip([1.0, 60.0, 3_600.0])
        .map(|((large, name, part), small)| ((large, name), (small, part)))
        .take_while(|((large, _), (small, _))| libm::round(size / small) * small >= *large)
        .last()
        .expect("a minute at least");
    let parts = libm::round(size / small.0) as u64;
    let per = (large.0 / small.0) as u64;
    match parts % per {
        0 => format!("{sign}{}{}", count(parts / per), large.1),
        rest => format!("{sign}{}{} {rest}{}", count(parts / per), large.1, small.1),
    }
}

/// A number for an axis: `500`, `10K`, `1.5M`, `0.01`.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    let (divisor, letter) = match size {
        1e12.. => return format!("{value:.0e}"),
        1e9.. => (1e9, "G"),
        1e6.. => (1e6, "M"),
        1e3.. => (1e3, "K"),
        _ => (1.0, ""),
    };
    let text = format!("{:.6}", value / divisor);
    format!("{}{letter}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Bytes in the largest decimal unit: `1.23 GB`.
pub(super) fn bytes(count: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    if count < 1_000 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1_000.0;
    let mut at = 0;
    while value >= 999.995 && at + 1 < units.len() {
        value /= 1_000.0;
        at += 1;
    }
    format!("{value:.2} {}", units[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_readable() {
        assert_eq!(value(5_000_000.0, Unit::Count), "5,000,000");
        assert_eq!(value(15.0, Unit::Number), "15");
        assert_eq!(value(-1_234.56, Unit::Number), "-1,234.6");
        assert_eq!(value(15_723.29, Unit::Number), "15,723");
        assert_eq!(value(0.15, Unit::Share), "15.0 %");
        assert_eq!(value(0.00042, Unit::Share), "0.042 %");
        assert_eq!(value(1e-9, Unit::Share), "< 0.001 %");
        assert_eq!(value(2.5, Unit::Ratio), "2.50×");
        assert_eq!(value(1_048.2, Unit::Ratio), "1,048×");
        assert_eq!(value(0.01234, Unit::Distance), "0.0123");
        for unit in [Unit::Number, Unit::Count, Unit::Share, Unit::Ratio, Unit::Distance, Unit::Seconds] {
            assert_eq!([value(f64::INFINITY, unit), value(f64::NAN, unit)], ["∞", "–"]);
        }
        assert_eq!(round_percent(0.15), "15 %");
        assert_eq!(round_percent(0.0001), "0.01 %");
    }

    #[test]
    fn times_have_at_most_two_units() {
        let cases = [
            (0.0, "0 s"),
            (0.35, "350 ms"),
            (4.2, "4.2 s"),
            (59.96, "1 min"),
            (90.4, "1 min 30 s"),
            (5_400.0, "1 h 30 min"),
            (3_599.9, "1 h"),
            (86_399.0, "1 d"),
            (189_000.0, "2 d 5 h"),
            (-7_200.0, "-2 h"),
        ];
        for (value, text) in cases {
            assert_eq!(seconds(value), text);
        }
    }

    #[test]
    fn axes_and_sizes_are_short() {
        assert_eq!(
            [short(500.0), short(10_000.0), short(1.5e6), short(0.01)],
            ["500", "10K", "1.5M", "0.01"]
        );
        assert_eq!([bytes(999), bytes(1_230_000_000), bytes(999_999)], ["999 B", "1.23 GB", "1.00 MB"]);
    }
}
