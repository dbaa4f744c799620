//! [`Rhythm`]: how busy each hour of a week is, and the operational time that runs evenly through it.
//!
//! Hours and days are those of a zone's wall clocks: in the night in which they go back an hour comes twice, in the
//! other one it is left out. Offsets come from the time zone database that is compiled in (IANA, through `jiff`),
//! never from the machine's.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Microseconds of an hour.
const HOUR_US: i64 = 3_600_000_000;
/// Hours of a week.
const WEEK_HOURS: usize = 168;
/// Cells that the cursor walks before it searches instead.
const WALK: usize = 4;
/// Seconds of a cell, the longest first: wall clocks of some zones are half and quarter hours beside UTC.
const CELLS: [i64; 4] = [3_600, 1_800, 900, 60];
/// The most cells of a table: five centuries of hours, eight years of minutes.
const MOST_CELLS: i64 = 1 << 22;

/// The zone of a name of the IANA database, with the name as the database spells it.
///
/// # Errors
///
/// A name that the database has not.
pub fn zone(name: &str) -> Result<TimeZone, String> {
    let found = TimeZoneDatabase::bundled().get(name);
    found.map_err(|_| format!("there is no time zone `{name}`"))
}

/// The names of all zones.
pub fn zone_names() -> Vec<String> {
    TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect()
}

/// The rates that a rhythm is made of.
#[derive(Clone, Copy, Debug)]
pub struct Rates<'r> {
    /// 24 relative rates by hour of the day.
    pub hourly: &'r [f64],
    /// 7 relative rates by day, Monday first.
    pub weekly: &'r [f64],
    /// The zone whose wall clocks tell hours and days; UTC without one.
    pub zone: Option<&'r str>,
    /// By how much a week is busier than the one before it: 0.03 is 3 %. Weeks count from the start.
    pub growth: f64,
}

/// The intensity λ(hour, day) = hourly·weekly over a stretch of time, and its integral Λ.
///
/// Λ is in hours of rate 1 and piecewise linear over cells of equal length, hours wherever wall clocks are whole
/// hours beside UTC.
#[derive(Clone, Debug, PartialEq)]
pub struct Rhythm {
    start_us: i64,
    cell_us: i64,
    /// Λ of each cell.
    masses: Vec<f64>,
    /// The hour of the week of each cell, from Monday 00:00 on the wall clocks.
    hours: Vec<u8>,
    /// Λ at the start of each cell, then at the end of the last.
    cumulative: Vec<f64>,
}

impl Rhythm {
    /// A rhythm of 24 hours (UTC) and 7 days (Monday first) over `weeks` from `start_us`, microseconds since 1970.
    pub fn new(hourly: &[f64; 24], weekly: &[f64; 7], start_us: i64, weeks: u32) -> Result<Self, String> {
        Self::of_weeks(Rates { hourly, weekly, zone: None, growth: 0.0 }, start_us, weeks)
    }

    /// A rhythm over `weeks` from a Monday at 00:00 UTC.
    pub fn of_weeks(rates: Rates<'_>, start_us: i64, weeks: u32) -> Result<Self, String> {
        if hour_of_week(start_us / 1_000_000) != 0 || start_us % HOUR_US != 0 {
            return Err("a rhythm's window starts on a Monday at 00:00 UTC".to_owned());
        }
        if weeks == 0 {
            return Err("a rhythm's window has at least one week".to_owned());
        }
        Self::over(rates, start_us, start_us + i64::from(weeks) * WEEK_HOURS as i64 * HOUR_US)
    }

    /// A rhythm from one time to another. Its cells begin at whole hours (or shorter cells) of UTC, the first at
    /// `from_us` or before it; weeks are those from there on.
    pub fn over(rates: Rates<'_>, from_us: i64, to_us: i64) -> Result<Self, String> {
        let Rates { hourly, weekly, growth, .. } = rates;
        if hourly.len() != 24 || weekly.len() != 7 {
            return Err("a rhythm has 24 hours and 7 days".to_owned());
        }
        if let Some(rate) = hourly.iter().chain(weekly).find(|rate| !(**rate > 0.0 && rate.is_finite())) {
            return Err(format!("a rhythm's rates are above 0, unlike {rate}"));
        }
        if !(growth > -1.0 && growth.is_finite()) {
            return Err(format!("a rhythm's growth is above -100 % a week, unlike {growth}"));
        }
        let clock = Clock::new(rates.zone, from_us, to_us)?;
        let cell_us = clock.cell_seconds * 1_000_000;
        let start_us = from_us.div_euclid(cell_us) * cell_us;
        let count = (to_us - start_us + cell_us - 1).div_euclid(cell_us);
        if !(1..=MOST_CELLS).contains(&count) {
            return Err(format!("a rhythm's table would have {count} cells of {} s", clock.cell_seconds));
        }
        let part = cell_us as f64 / HOUR_US as f64;
        let week_cells = WEEK_HOURS as i64 * HOUR_US / cell_us;
        let (mut masses, mut hours) = (Vec::new(), Vec::new());
        let (mut cumulative, mut reached, mut factor) = (vec![0.0], 0.0, 1.0);
        for cell in 0..count {
            if cell > 0 && cell % week_cells == 0 {
                factor *= 1.0 + growth;
            }
            let hour = clock.hour_of_week((start_us + cell * cell_us) / 1_000_000);
            let mass = hourly[hour % 24] * weekly[hour / 24] * factor * part;
            reached += mass;
            masses.push(mass);
            hours.push(hour as u8);
            cumulative.push(reached);
        }
        if masses.iter().any(|mass| *mass <= 0.0) || !reached.is_finite() {
            return Err(format!("a growth of {growth} a week leaves the numbers before the last week"));
        }
        Ok(Self { start_us, cell_us, masses, hours, cumulative })
    }

    /// The same rate at every hour.
    pub fn flat(start_us: i64, weeks: u32) -> Result<Self, String> {
        Self::new(&[1.0; 24], &[1.0; 7], start_us, weeks)
    }

    /// The first microsecond.
    pub const fn start_us(&self) -> i64 {
        self.start_us
    }

    /// The first microsecond after the last cell.
    pub fn end_us(&self) -> i64 {
        self.start_us + self.masses.len() as i64 * self.cell_us
    }

    /// The length of a cell.
    pub const fn cell_us(&self) -> i64 {
        self.cell_us
    }

    /// How many cells there are.
    pub const fn cells(&self) -> usize {
        self.masses.len()
    }

    /// Λ of a cell.
    pub fn mass(&self, cell: usize) -> f64 {
        self.masses[cell]
    }

    /// The hour of the week that wall clocks show in a cell, 0 to 167.
    pub fn hour_of_week(&self, cell: usize) -> usize {
        usize::from(self.hours[cell])
    }

    /// Λ of the whole.
    pub fn total(&self) -> f64 {
        self.cumulative[self.cumulative.len() - 1]
    }

    /// Λ(t), from 0 at the start; times outside count as the nearest end.
    pub fn cumulative(&self, time_us: i64) -> f64 {
        let inside = (time_us - self.start_us).clamp(0, self.end_us() - self.start_us);
        let cell = (inside / self.cell_us) as usize;
        let part = (inside % self.cell_us) as f64 / self.cell_us as f64;
        self.cumulative[cell] + self.masses.get(cell).map_or(0.0, |mass| part * mass)
    }

    /// Λ⁻¹: microseconds since the start. `cell` is a cursor that remembers the cell of the last answer; any start
    /// is right, and answers in order cost a step each.
    pub fn inverse(&self, operational: f64, cell: &mut usize) -> f64 {
        let last = self.cumulative.len() - 2;
        let sought = operational.clamp(0.0, self.total());
        *cell = (*cell).min(last);
        let mut walked = 0;
        while *cell < last && self.cumulative[*cell + 1] < sought && walked < WALK {
            *cell += 1;
            walked += 1;
        }
        if self.cumulative[*cell] > sought || (self.cumulative[*cell + 1] < sought && *cell < last) {
            let after = self.cumulative.partition_point(|&reached| reached < sought);
            *cell = after.saturating_sub(1).min(last);
        }
        let part = (sought - self.cumulative[*cell]) / self.masses[*cell];
        (*cell as f64 + part.clamp(0.0, 1.0)) * self.cell_us as f64
    }
}

/// The hour of the week at so many seconds since 1970 on a clock, from Monday 00:00.
fn hour_of_week(seconds: i64) -> usize {
    // 1970-01-05 was a Monday.
    (seconds.div_euclid(3_600) - 96).rem_euclid(WEEK_HOURS as i64) as usize
}

/// What wall clocks show over a stretch of time.
struct Clock {
    /// Seconds of UTC from which on wall clocks are so many seconds ahead of it, rising.
    offsets: Vec<(i64, i64)>,
    /// The longest cell that divides all of them.
    cell_seconds: i64,
}

impl Clock {
    fn new(zone: Option<&str>, from_us: i64, to_us: i64) -> Result<Self, String> {
        let Some(name) = zone else {
            return Ok(Self { offsets: vec![(i64::MIN, 0)], cell_seconds: CELLS[0] });
        };
        let zone = self::zone(name)?;
        let from = Timestamp::from_microsecond(from_us).map_err(|error| error.to_string())?;
        let to = to_us.div_euclid(1_000_000);
        let mut offsets = vec![(i64::MIN, i64::from(zone.to_offset(from).seconds()))];
        offsets.extend(
            zone.following(from)
                .map(|change| (change.timestamp().as_second(), i64::from(change.offset().seconds())))
                .take_while(|(since, _)| *since < to),
        );
        let divides = |cell: &i64| {
            offsets
                .iter()
                .all(|(since, offset)| offset % cell == 0 && (*since == i64::MIN || since % cell == 0))
        };
        let Some(cell_seconds) = CELLS.into_iter().find(|cell| divides(cell)) else {
            return Err(format!("wall clocks of `{name}` are no whole minutes beside UTC in these times"));
        };
        Ok(Self { offsets, cell_seconds })
    }

    fn hour_of_week(&self, seconds: i64) -> usize {
        let at = self.offsets.partition_point(|(since, _)| *since <= seconds);
        hour_of_week(seconds + self.offsets[at.saturating_sub(1)].1)
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
        let week: f64 = (0..168).map(|hour| rhythm.mass(hour)).sum();
        let shares: Vec<f64> = (0..168).map(|hour| rhythm.mass(hour) / week).collect();
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((shares[9] / shares[3] - 2.5).abs() < 1e-12, "peak to trough of a day");
        assert!((shares[9] / shares[5 * 24 + 9] - 1.4).abs() < 1e-12, "Monday to Saturday");
        assert_eq!((rhythm.mass(9), rhythm.mass(168 + 9)), (3.5, 3.5));
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

    /// 2025-10-20, the Monday before the week in which Berlin's clocks go back.
    const OCTOBER: i64 = START + 12 * 168 * HOUR_US;

    fn rates(zone: Option<&str>, growth: f64) -> Rates<'_> {
        Rates { hourly: &HOURS, weekly: &DAYS, zone, growth }
    }

    #[test]
    fn hours_are_those_of_the_zone_through_the_change_of_clocks() {
        let rhythm = Rhythm::of_weeks(rates(Some("Europe/Berlin"), 0.0), OCTOBER, 2).unwrap();
        assert_eq!((rhythm.cells(), rhythm.cell_us()), (336, HOUR_US));
        // In summer 00:00 UTC is 02:00, in winter 01:00.
        assert_eq!((rhythm.hour_of_week(0), rhythm.hour_of_week(168)), (2, 1));
        // On Sunday the 26th 02:00 to 03:00 comes at 00:00 and at 01:00 UTC.
        let sunday: Vec<usize> = (142..147).map(|cell| rhythm.hour_of_week(cell)).collect();
        assert_eq!(sunday, [144, 145, 146, 146, 147]);
        assert_eq!(rhythm.mass(144), HOURS[2] * DAYS[6]);
    }

    #[test]
    fn an_hour_that_clocks_leave_out_has_no_cell() {
        // 2026-03-23; on Sunday the 29th clocks go from 02:00 to 03:00.
        let march = START + 34 * 168 * HOUR_US;
        let rhythm = Rhythm::of_weeks(rates(Some("Europe/Berlin"), 0.0), march, 1).unwrap();
        let sunday: Vec<usize> = (143..147).map(|cell| rhythm.hour_of_week(cell)).collect();
        assert_eq!(sunday, [144, 145, 147, 148]);
    }

    #[test]
    fn zones_of_parts_of_an_hour_have_shorter_cells() {
        for (zone, minutes, hour) in
            [("Asia/Kolkata", 30, 5), ("Asia/Kathmandu", 15, 5), ("Etc/GMT+12", 60, 156)]
        {
            let rhythm = Rhythm::of_weeks(rates(Some(zone), 0.0), START, 1).unwrap();
            assert_eq!((rhythm.cell_us(), rhythm.hour_of_week(0)), (minutes * 60_000_000, hour), "{zone}");
            let busy: f64 = HOURS.iter().sum::<f64>() * DAYS.iter().sum::<f64>();
            assert!((rhythm.total() / busy - 1.0).abs() < 1e-12, "{zone}: a week is a week");
        }
    }

    #[test]
    fn growth_compounds_by_the_week() {
        let rhythm = Rhythm::of_weeks(rates(None, 0.03), START, 12).unwrap();
        for week in 1..12 {
            let ratio = rhythm.mass(week * 168 + 9) / rhythm.mass((week - 1) * 168 + 9);
            assert!((ratio - 1.03).abs() < 1e-12, "week {week}: {ratio}");
        }
        assert_eq!(rhythm.mass(9), 3.5);
    }

    #[test]
    fn a_rhythm_may_begin_and_end_anywhere() {
        let (from, to) = (START + 5 * HOUR_US / 2, START + 500 * HOUR_US + 7);
        let rhythm = Rhythm::over(rates(None, 0.0), from, to).unwrap();
        assert_eq!((rhythm.start_us(), rhythm.end_us()), (START + 2 * HOUR_US, START + 501 * HOUR_US));
        assert_eq!(rhythm.hour_of_week(0), 2);
        assert_eq!(rhythm.cumulative(from), 0.5 * HOURS[2] * DAYS[0]);
    }

    #[test]
    fn wrong_zones_and_growths_are_refused() {
        let wrong = |zone, growth, from| Rhythm::of_weeks(rates(zone, growth), from, 3_000).err();
        insta::assert_debug_snapshot!([
            wrong(Some("Europe/Atlantis"), 0.0, START),
            wrong(None, -1.0, START),
            wrong(None, 1.0, START),
            // Wall clocks of Monrovia were 44 min 30 s behind until 1972.
            wrong(Some("Africa/Monrovia"), 0.0, START - 3_000 * 168 * HOUR_US),
        ], @r#"
        [
            Some(
                "there is no time zone `Europe/Atlantis`",
            ),
            Some(
                "a rhythm's growth is above -100 % a week, unlike -1",
            ),
            Some(
                "a growth of 1 a week leaves the numbers before the last week",
            ),
            Some(
                "wall clocks of `Africa/Monrovia` are no whole minutes beside UTC in these times",
            ),
        ]
        "#);
    }

    #[test]
    fn every_zone_has_a_rhythm() {
        let names = zone_names();
        assert!(names.len() > 400, "{}", names.len());
        for name in names {
            Rhythm::of_weeks(rates(Some(&name), 0.0), START, 60)
                .unwrap_or_else(|reason| panic!("{name}: {reason}"));
        }
    }

    proptest! {
        #[test]
        fn inverse_undoes_cumulative_from_any_cursor(inside in 0i64..12 * 168 * HOUR_US, cursor in 0usize..3_000) {
            let rhythm = chat(12);
            let found = rhythm.inverse(rhythm.cumulative(START + inside), &mut cursor.clone());
            prop_assert!((found - inside as f64).abs() < 1.0, "{found} {inside}");
        }

        #[test]
        fn inverse_undoes_cumulative_in_every_zone(inside in 0i64..40 * 168 * HOUR_US, growth in -0.1f64..0.2) {
            for zone in ["America/St_Johns", "Australia/Lord_Howe", "Europe/Berlin"] {
                let rhythm = Rhythm::over(rates(Some(zone), growth), START, START + 40 * 168 * HOUR_US).unwrap();
                let found = rhythm.inverse(rhythm.cumulative(START + inside), &mut 0);
                prop_assert!((found - inside as f64).abs() < 100.0, "{} {} {}", zone, found, inside);
            }
        }
    }
}
