//! [`ticks`]: round dates along an axis of microseconds since 1970.

use jiff::civil::Date;
use jiff::{Span, Timestamp, ToSpan, Unit, tz::TimeZone};

/// At most so many dates.
const MOST: usize = 7;

/// Dates between two times with their labels: years, months, or days, whichever are the finest that are few.
pub(super) fn ticks(from: f64, to: f64) -> Vec<(f64, String)> {
    let (Some(first), Some(last)) = (day(from), day(to)) else { return Vec::new() };
    let days = |step: i64, format| (first, step.days(), format);
    let months = |step: i64, format| (first.first_of_month(), step.months(), format);
    let years = |step: i64| (first.first_of_year(), step.years(), "%Y");
    let steps: [(Date, Span, &str); 11] = [
        days(1, "%-d %b"),
        days(2, "%-d %b"),
        days(7, "%-d %b"),
        days(14, "%-d %b"),
        months(1, "%b %Y"),
        months(3, "%b %Y"),
        months(6, "%b %Y"),
        years(1),
        years(2),
        years(5),
        years(20),
    ];
    for (start, step, format) in steps {
        let dates: Vec<Date> = start
            .series(step)
            .take_while(|date| *date <= last)
            .filter(|date| microsecond(*date) >= from)
            .take(MOST + 1)
            .collect();
        if dates.len() <= MOST {
            return dates
                .into_iter()
                .map(|date| (microsecond(date), date.strftime(format).to_string()))
                .collect();
        }
    }
    Vec::new()
}

/// A time's day: `2025-07-28`.
pub(super) fn date(microseconds: f64) -> String {
    day(microseconds).map_or_else(|| "–".to_owned(), |day| day.to_string())
}

fn day(microseconds: f64) -> Option<Date> {
    let time = Timestamp::from_microsecond(libm::round(microseconds) as i64).ok()?;
    Some(time.to_zoned(TimeZone::UTC).date())
}

fn microsecond(date: Date) -> f64 {
    let days = date.since((Unit::Day, Date::constant(1970, 1, 1))).map_or(0, |span| span.get_days());
    f64::from(days) * 86_400e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(from: &str, to: &str) -> Vec<String> {
        let at = |text: &str| microsecond(text.parse().unwrap());
        ticks(at(from), at(to)).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn dates_are_round_and_few() {
        assert_eq!(
            labels("2022-01-01", "2024-01-15"),
            ["Jan 2022", "Jul 2022", "Jan 2023", "Jul 2023", "Jan 2024"]
        );
        assert_eq!(labels("2018-02-01", "2021-12-31"), ["2019", "2020", "2021"]);
        assert_eq!(
            labels("2025-07-28", "2025-08-02"),
            ["28 Jul", "29 Jul", "30 Jul", "31 Jul", "1 Aug", "2 Aug"]
        );
        assert_eq!(ticks(0.0, f64::INFINITY), [], "no calendar reaches so far");
    }

    #[test]
    fn a_tick_stands_at_its_midnight() {
        assert_eq!(ticks(1_753_660_800e6, 1_753_660_800e6), [(1_753_660_800e6, "28 Jul".to_owned())]);
        assert_eq!(date(1_753_660_800e6 + 1.0), "2025-07-28");
    }
}
