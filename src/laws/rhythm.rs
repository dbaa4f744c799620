//! [`Rhythm`]: how busy each hour of a week is, and the operational time that runs evenly through it.

/// Microseconds of an hour.
const HOUR_US: i64 = 3_600_000_000;
/// Hours of a week.
const WEEK_HOURS: usize = 168;
/// Hours that the cursor walks before it searches instead.
const WALK: usize = 4;

/// The intensity λ(hour, day) = hourly·weekly over a window of whole weeks, and its integral Λ.
///
/// Λ is in hours of rate 1 and piecewise linear. The window starts on a Monday at 00:00 UTC, days are UTC.
#[derive(Clone, Debug, PartialEq)]
pub struct Rhythm {
    start_us: i64,
    /// λ of each hour of a week, from Monday 00:00.
    rates: Vec<f64>,
    /// Λ at the start of each hour of the window, then at its end.
    cumulative: Vec<f64>,
}

impl Rhythm {
    /// A rhythm of 24 hours (UTC) and 7 days (Monday first) over `weeks` from `start_us`, microseconds since 1970.
    pub fn new(hourly: &[f64; 24], weekly: &[f64; 7], start_us: i64, weeks: u32) -> Result<Self, String> {
        if let Some(rate) = hourly.iter().chain(weekly).find(|rate| !(**rate > 0.0 && rate.is_finite())) {
            return Err(format!("a rhythm's rates are above 0, unlike {rate}"));
        }
        // 1970-01-05 was a Monday.
        if (start_us - 96 * HOUR_US).rem_euclid(WEEK_HOURS as i64 * HOUR_US) != 0 {
            return Err("a rhythm's window starts on a Monday at 00:00 UTC".to_owned());
        }
        if weeks == 0 {
            return Err("a rhythm's window has at least one week".to_owned());
        }
        let rates: Vec<f64> = (0..WEEK_HOURS).map(|hour| hourly[hour % 24] * weekly[hour / 24]).collect();
        let mut cumulative = vec![0.0];
        let mut reached = 0.0;
        for rate in rates.iter().cycle().take(WEEK_HOURS * weeks as usize) {
            reached += rate;
            cumulative.push(reached);
        }
        Ok(Self { start_us, rates, cumulative })
    }

    /// The same rate at every hour.
    pub fn flat(start_us: i64, weeks: u32) -> Result<Self, String> {
        Self::new(&[1.0; 24], &[1.0; 7], start_us, weeks)
    }

    /// The window's first microsecond.
    pub const fn start_us(&self) -> i64 {
        self.start_us
    }

    /// The first microsecond after the window.
    pub fn end_us(&self) -> i64 {
        self.start_us + (self.cumulative.len() as i64 - 1) * HOUR_US
    }

    /// λ of an hour of the week, 0 to 167.
    pub fn rate(&self, hour_of_week: usize) -> f64 {
        self.rates[hour_of_week % WEEK_HOURS]
    }

    /// The share of all events that an hour of the week gets.
    pub fn share(&self, hour_of_week: usize) -> f64 {
        self.rate(hour_of_week) / self.cumulative[WEEK_HOURS]
    }

    /// Λ of the whole window.
    pub fn total(&self) -> f64 {
        self.cumulative[self.cumulative.len() - 1]
    }

    /// Λ(t), from 0 at the window's start; times outside the window count as its nearest end.
    pub fn cumulative(&self, time_us: i64) -> f64 {
        let inside = (time_us - self.start_us).clamp(0, self.end_us() - self.start_us);
        let hour = (inside / HOUR_US) as usize;
        let part = (inside % HOUR_US) as f64 / HOUR_US as f64;
        self.cumulative[hour] + part * self.rates[hour % WEEK_HOURS]
    }

    /// Λ⁻¹: microseconds since the window's start. `hour` is a cursor that remembers the hour of the last
    /// answer; any start is right, and answers in order cost a step each.
    pub fn inverse(&self, operational: f64, hour: &mut usize) -> f64 {
        let last = self.cumulative.len() - 2;
        let sought = operational.clamp(0.0, self.total());
        *hour = (*hour).min(last);
        let mut walked = 0;
        while *hour < last && self.cumulative[*hour + 1] < sought && walked < WALK {
            *hour += 1;
            walked += 1;
        }
        if self.cumulative[*hour] > sought || (self.cumulative[*hour + 1] < sought && *hour < last) {
            let after = self.cumulative.partition_point(|&reached| reached < sought);
            *hour = after.saturating_sub(1).min(last);
        }
        let part = (sought - self.cumulative[*hour]) / self.rates[*hour % WEEK_HOURS];
        (*hour as f64 + part.clamp(0.0, 1.0)) * HOUR_US as f64
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2025-07-28, a Monday.
    pub const START: i64 = 1_753_660_800_000_000;
    /// The hours of the chat dataset.
    pub const HOURS: [f64; 24] = [
        1.25, 1.1, 1.0, 1.0, 1.0, 1.1, 1.35, 1.7, 2.1, 2.5, 2.5, 2.5, 2.2, 2.0, 1.9, 1.9, 2.0, 2.2, 2.5, 2.5,
        2.5, 2.1, 1.75, 1.45,
    ];
    /// The days of the chat dataset.
    pub const DAYS: [f64; 7] = [1.4, 1.4, 1.4, 1.4, 1.4, 1.0, 1.0];

    pub fn chat(weeks: u32) -> Rhythm {
        Rhythm::new(&HOURS, &DAYS, START, weeks).unwrap()
    }

    #[test]
    fn shares_of_a_week_sum_to_one_and_keep_the_ratios() {
        let rhythm = chat(12);
        let shares: Vec<f64> = (0..168).map(|hour| rhythm.share(hour)).collect();
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((shares[9] / shares[3] - 2.5).abs() < 1e-12, "peak to trough of a day");
        assert!((shares[9] / shares[5 * 24 + 9] - 1.4).abs() < 1e-12, "Monday to Saturday");
        assert_eq!((rhythm.rate(9), rhythm.rate(168 + 9)), (3.5, 3.5));
    }

    #[test]
    fn a_flat_rhythm_is_the_clock() {
        let rhythm = Rhythm::flat(START, 2).unwrap();
        assert_eq!((rhythm.total(), rhythm.end_us() - START), (336.0, 336 * HOUR_US));
        assert_eq!(rhythm.cumulative(START + HOUR_US / 2), 0.5);
        assert_eq!((rhythm.cumulative(START - 5), rhythm.cumulative(i64::MAX / 2)), (0.0, 336.0));
        assert_eq!(rhythm.inverse(400.0, &mut 0), 336.0 * HOUR_US as f64);
    }

    #[test]
    fn windows_that_are_not_whole_weeks_are_refused() {
        assert!(Rhythm::new(&HOURS, &DAYS, START + HOUR_US, 12).is_err());
        assert!(Rhythm::new(&HOURS, &DAYS, START, 0).is_err());
        assert!(Rhythm::new(&[0.0; 24], &DAYS, START, 1).is_err());
        assert!(Rhythm::new(&HOURS, &DAYS, -3 * 24 * HOUR_US, 1).is_ok(), "1969-12-29 was a Monday");
    }

    proptest! {
        #[test]
        fn inverse_undoes_cumulative_from_any_cursor(inside in 0i64..12 * 168 * HOUR_US, cursor in 0usize..3_000) {
            let rhythm = chat(12);
            let found = rhythm.inverse(rhythm.cumulative(START + inside), &mut cursor.clone());
            prop_assert!((found - inside as f64).abs() < 1.0, "{found} {inside}");
        }
    }
}
