//! [`Civil`]: days since 1970 as year, month and day of the Gregorian calendar.

/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds of a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds of an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds of a day; UTC has no other.
pub const DAY: i64 = 24 * HOUR;

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
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        Self { year, month, day }
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
        let civil = Self { year, month, day };
        ((1..=12).contains(&month) && (1..=31).contains(&day) && Self::from_days(civil.days()) == civil)
            .then_some(civil)
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
    fn days_and_dates_are_each_others_inverse() {
        for days in (-800_000..3_000_000).step_by(13) {
            assert_eq!(Civil::from_days(days).days(), days);
        }
        assert_eq!(Civil::from_days(0), Civil { year: 1970, month: 1, day: 1 });
        assert_eq!(Civil { year: 2024, month: 2, day: 29 }.days(), 19_782);
        assert_eq!(Civil::checked(2023, 2, 29), None);
    }

    #[test]
    fn the_first_week_has_the_first_thursday() {
        let of = |year, month, day| iso_week(Civil { year, month, day }.days());
        assert_eq!(of(2021, 1, 3), (2020, 53));
        assert_eq!(of(2021, 1, 4), (2021, 1));
        assert_eq!(of(2024, 12, 30), (2025, 1));
    }
}
