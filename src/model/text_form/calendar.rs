//! [`Civil`]: days since 1970 as year, month and day of the Gregorian calendar.

/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds of a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds of an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds of a day; UTC has no other.
pub const DAY: i64 = 24 * HOUR;

/// Eras of 400 years that make every day of 32 bits, and every microsecond's, positive: unsigned division by a
/// constant is a multiplication.
const ERAS: i64 = 20_000;

/// A day of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Astronomical year: 0 is 1 BC.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
}

impl Civil {
    /// The day that is `days` after 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    pub const fn from_days(days: i64) -> Self {
        let shifted = (days + 719_468 + ERAS * 146_097).cast_unsigned();
        let era = (shifted / 146_097).cast_signed() - ERAS;
        let day_of_era = (shifted % 146_097) as u32;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era as i64 + era * 400 + if month <= 2 { 1 } else { 0 };
        Self { year, month: month as i64, day: day as i64 }
    }

    /// Days since 1970-01-01.
    pub const fn days(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = (self.month + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The day, if it exists.
    pub fn checked(year: i64, month: i64, day: i64) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            _ => return None,
        };
        (1..=last).contains(&day).then_some(Self { year, month, day })
    }
}

/// Day of the week of a day since 1970, Monday is 0.
pub const fn weekday(days: i64) -> i64 {
    (days + 3).rem_euclid(7)
}

/// ISO year and week of a day since 1970: the week belongs to the year of its Thursday.
pub const fn iso_week(days: i64) -> (i64, i64) {
    let thursday = days - weekday(days) + 3;
    let year = Civil::from_days(thursday).year;
    let first = Civil { year, month: 1, day: 1 }.days();
    (year, (thursday - first) / 7 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree_with_an_independent_calendar() {
        let epoch = jiff::civil::date(1970, 1, 1);
        for days in (-4_371_000..2_932_000).step_by(97) {
            let date = epoch.checked_add(jiff::Span::new().days(days)).unwrap();
            let civil =
                Civil { year: date.year().into(), month: date.month().into(), day: date.day().into() };
            assert_eq!(Civil::from_days(days), civil);
            assert_eq!(civil.days(), days);
        }
    }

    #[test]
    fn only_days_that_exist_are_days() {
        for (year, month, day) in [(2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 13, 1), (2024, 1, 0)] {
            assert_eq!(Civil::checked(year, month, day), None);
        }
        for (year, month, day) in [(2024, 2, 29), (2000, 2, 29), (2024, 12, 31), (-43, 3, 15)] {
            assert_eq!(Civil::checked(year, month, day), Some(Civil { year, month, day }));
        }
    }

    #[test]
    fn the_first_week_has_the_first_thursday() {
        let of = |year, month, day| iso_week(Civil { year, month, day }.days());
        assert_eq!(of(2021, 1, 3), (2020, 53));
        assert_eq!(of(2021, 1, 4), (2021, 1));
        assert_eq!(of(2024, 12, 30), (2025, 1));
    }
}
