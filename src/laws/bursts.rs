//! [`Process`]: the times of one parent's events, a bursty renewal process that follows a rhythm.

use super::rhythm::Rhythm;
use crate::random::Real;
use rand::Rng;
use rand_distr::{Distribution, Exp1};
use rand_xoshiro::Xoshiro256PlusPlus;

const MILLISECOND_US: i64 = 1_000;
/// Gaps are whole numbers of 2⁻³² mean gaps, so that their sums do not depend on the order of adding; a
/// gap is below 2⁸ means, and 2²⁴ events fit a sum even if all gaps were that long.
const FIXED_POINT: f64 = 4_294_967_296.0;
/// The most events of one parent; the mean gap is 1, so their sum stays far inside 64 bits.
const MOST_EVENTS: usize = 1 << 28;

/// How events cluster: gaps are exponential, some of them much shorter than the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bursts {
    /// The coefficient of variation of the gaps in operational time; 1 is a Poisson process.
    pub coefficient: f64,
    /// The mean of the short gaps, milliseconds.
    pub fast_gap_ms: f64,
    /// The most that a short gap's mean may be of the mean of all gaps.
    pub fast_ratio_cap: f64,
}

/// Why a parent's events cannot be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Crowded {
    /// Each event needs a microsecond of its own.
    #[error(
        "{events} rows of one parent do not fit the {microseconds} microseconds from its time to the end, one each"
    )]
    Window {
        /// The number of events.
        events: usize,
        /// The microseconds of the window.
        microseconds: i64,
    },
    /// More events than one parent may have.
    #[error("{0} events of one parent are more than 2^28")]
    Parent(usize),
    /// The interval leaves the window of the rhythm.
    #[error("the events' interval leaves the window of the rhythm")]
    Outside,
}

/// A time process: a rhythm that says when, and bursts that say how evenly.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    rhythm: Rhythm,
    bursts: Bursts,
}

/// The two kinds of gaps of one parent, in means of all its gaps: a hyperexponential law.
#[derive(Clone, Copy, Debug)]
struct Gaps {
    short: f64,
    long: f64,
    /// The chance of a short gap, as a bound on a 64-bit draw.
    chance: u64,
    /// The chance that a gap seen from a random moment is a short one.
    chance_at_ends: u64,
}

impl Bursts {
    /// Bursts with this coefficient of variation, at least 1, whose short gaps have a mean of 45 seconds
    /// and at most a tenth of the mean of all.
    pub fn new(coefficient: f64) -> Result<Self, String> {
        Self { coefficient, fast_gap_ms: 45_000.0, fast_ratio_cap: 0.1 }.checked()
    }

    /// The bursts, if their figures make sense.
    pub fn checked(self) -> Result<Self, String> {
        if !(self.coefficient >= 1.0 && self.coefficient.is_finite()) {
            return Err(format!("a burst coefficient is at least 1, unlike {}", self.coefficient));
        }
        if !(self.fast_gap_ms > 0.0 && self.fast_ratio_cap > 0.0 && self.fast_ratio_cap < 1.0) {
            return Err("short gaps have a mean above 0 and a ratio inside (0, 1)".to_owned());
        }
        Ok(self)
    }

    /// The gaps of a parent whose gaps have this mean. With C = (c²+1)/2 the two kinds keep mean 1 and
    /// second moment 2C, whatever the ratio r of the short one is.
    fn gaps(&self, mean_gap_ms: f64) -> Gaps {
        let second = (self.coefficient * self.coefficient + 1.0) / 2.0;
        let short = self.fast_ratio_cap.min(self.fast_gap_ms / mean_gap_ms);
        let chance = (second - 1.0) / (second - 2.0 * short + short * short);
        let long = (1.0 - chance * short) / (1.0 - chance);
        Gaps { short, long, chance: bound(chance), chance_at_ends: bound(chance * short) }
    }
}

impl Gaps {
    #[inline]
    fn draw(&self, generator: &mut Xoshiro256PlusPlus, chance: u64) -> u64 {
        let mean = if generator.next_u64() < chance { self.short } else { self.long };
        let Real(gap) = Exp1.sample(generator);
        (gap * mean * FIXED_POINT) as u64
    }
}

impl Process {
    /// Events that follow `rhythm` with `bursts`.
    pub const fn new(rhythm: Rhythm, bursts: Bursts) -> Self {
        Self { rhythm, bursts }
    }

    /// The rhythm that the events follow.
    pub const fn rhythm(&self) -> &Rhythm {
        &self.rhythm
    }

    /// The bursts of the events.
    pub const fn bursts(&self) -> Bursts {
        self.bursts
    }

    /// Appends the times of `count` events from `from_us` to before `to_us`: strictly increasing whole milliseconds, as
    /// microseconds since 1970. Where there are fewer milliseconds than events, they are microseconds: a parent whose own
    /// time is almost the end has its events all the same.
    ///
    /// The process is as if it had run forever and been seen between the two moments (equilibrium ends), so
    /// that events do not pile up there. There must be a microsecond for each event.
    pub fn times(
        &self,
        generator: &mut Xoshiro256PlusPlus,
        from_us: i64,
        to_us: i64,
        count: usize,
        out: &mut Vec<i64>,
    ) -> Result<(), Crowded> {
        if count == 0 {
            return Ok(());
        }
        self.check(from_us, to_us, count)?;
        let grid = match Grid::new(from_us, to_us, MILLISECOND_US) {
            milliseconds if milliseconds.width >= count as i64 => milliseconds,
            _ => Grid::new(from_us, to_us, 1),
        };
        let width_ms = grid.width as f64 * (grid.step_us as f64 / MILLISECOND_US as f64);
        let gaps = self.bursts.gaps(width_ms / count as f64);
        let first = out.len();
        let mut sum = gaps.draw(generator, gaps.chance_at_ends);
        out.push(sum as i64);
        for _ in 1..count {
            sum += gaps.draw(generator, gaps.chance);
            out.push(sum as i64);
        }
        sum += gaps.draw(generator, gaps.chance_at_ends);
        self.place(&mut out[first..], sum, grid);
        Ok(())
    }

    fn check(&self, from_us: i64, to_us: i64, count: usize) -> Result<(), Crowded> {
        if from_us < self.rhythm.start_us() || to_us > self.rhythm.end_us() {
            Err(Crowded::Outside)
        } else if count > MOST_EVENTS {
            Err(Crowded::Parent(count))
        } else if to_us - from_us < count as i64 {
            Err(Crowded::Window { events: count, microseconds: to_us - from_us })
        } else {
            Ok(())
        }
    }

    /// Turns sums of gaps, of which `sum` is the whole, into times.
    fn place(&self, sums: &mut [i64], sum: u64, grid: Grid) {
        let Grid { step_us, first, width } = grid;
        let from_us = first * step_us;
        let start = self.rhythm.cumulative(from_us);
        let span = self.rhythm.cumulative(from_us + width * step_us) - start;
        let (offset, whole) = ((from_us - self.rhythm.start_us()) as f64, sum.max(1) as f64);
        // Each event gets a step of its own, k, and the rest of the width is shared out by the law.
        let shrink = (1.0 - sums.len() as f64 / width as f64) / step_us as f64;
        let room = width - sums.len() as i64;
        let mut hour = (offset / 3.6e9) as usize;
        for (index, time) in sums.iter_mut().enumerate() {
            let elapsed = self.rhythm.inverse(start + span * (*time as f64 / whole), &mut hour) - offset;
            // Λ⁻¹ never turns back, not even by rounding, so the steps k keep the times apart.
            let shared = ((elapsed * shrink) as i64).clamp(0, room);
            *time = (first + shared + index as i64) * step_us;
        }
    }
}

/// The moments between two times that events may have.
#[derive(Clone, Copy, Debug)]
struct Grid {
    step_us: i64,
    /// Steps since 1970.
    first: i64,
    /// How many steps there are.
    width: i64,
}

impl Grid {
    const fn new(from_us: i64, to_us: i64, step_us: i64) -> Self {
        let first = -(-from_us).div_euclid(step_us);
        Self { step_us, first, width: to_us.div_euclid(step_us) - first }
    }
}

fn bound(chance: f64) -> u64 {
    (chance * 18_446_744_073_709_551_616.0) as u64
}

#[cfg(test)]
mod tests {
    use super::super::rhythm::tests::{START, chat};
    use super::*;
    use crate::random::Key;
    use proptest::prelude::*;

    const WEEK_US: i64 = 604_800_000_000;

    fn process(coefficient: f64, weeks: u32) -> Process {
        Process::new(chat(weeks), Bursts::new(coefficient).unwrap())
    }

    fn room(process: &Process, number: u64, count: usize) -> Vec<i64> {
        let mut generator = Key::derive("seed", "messages", "createdAt", "gaps").generator(number, 0);
        let mut out = Vec::new();
        let rhythm = process.rhythm();
        process.times(&mut generator, rhythm.start_us(), rhythm.end_us(), count, &mut out).unwrap();
        out
    }

    /// The coefficient of variation of the gaps in operational time.
    fn variation(rhythm: &Rhythm, times: &[i64]) -> f64 {
        let gaps: Vec<f64> =
            times.windows(2).map(|pair| rhythm.cumulative(pair[1]) - rhythm.cumulative(pair[0])).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let second =
            gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / (gaps.len() - 1) as f64;
        libm::sqrt(second) / mean
    }

    #[test]
    fn gaps_keep_their_mean_and_coefficient_for_every_ratio() {
        for mean_gap_ms in [1.0, 450_000.0, 1e6, 1e9] {
            let gaps = Bursts::new(2.5).unwrap().gaps(mean_gap_ms);
            let chance = gaps.chance as f64 / 18_446_744_073_709_551_616.0;
            let mean = chance * gaps.short + (1.0 - chance) * gaps.long;
            let second = 2.0 * (chance * gaps.short * gaps.short + (1.0 - chance) * gaps.long * gaps.long);
            assert!((mean - 1.0).abs() < 1e-9 && (libm::sqrt(second - 1.0) - 2.5).abs() < 1e-9);
        }
        assert!(Bursts::new(0.9).is_err() && Bursts::new(f64::NAN).is_err());
    }

    #[test]
    fn a_large_room_has_the_coefficient_of_variation() {
        for coefficient in [1.0, 2.5] {
            let process = process(coefficient, 12);
            let found = variation(process.rhythm(), &room(&process, 1, 400_000));
            // Milliseconds take a little from the shortest gaps.
            assert!((found - coefficient).abs() < 0.02 * coefficient, "{found}");
        }
    }

    #[test]
    fn counts_in_wide_windows_have_the_index_of_dispersion() {
        let process = process(2.5, 12);
        let mut counts = [0.0; 2_000];
        let width = process.rhythm().total() / 2_000.0;
        for time in room(&process, 1, 400_000) {
            counts[((process.rhythm().cumulative(time) / width) as usize).min(1_999)] += 1.0;
        }
        let variance = counts.iter().map(|count: &f64| (count - 200.0) * (count - 200.0)).sum::<f64>() / 2e3;
        // A renewal process has c² = 6.25; the estimate's standard error is 3.2 %.
        assert!((variance / 200.0 - 6.25).abs() < 0.7, "{}", variance / 200.0);
    }

    #[test]
    fn many_rooms_follow_the_hours_and_the_days() {
        let process = process(2.5, 12);
        let (mut hours, mut days) = ([0.0; 24], [0.0; 7]);
        let mut variations = Vec::new();
        for number in 0..60 {
            let times = room(&process, number, 10_000);
            variations.push(variation(process.rhythm(), &times));
            for time in times {
                let hour = ((time - START) / 3_600_000_000) as usize;
                hours[hour % 24] += 1.0;
                days[hour / 24 % 7] += 1.0;
            }
        }
        let mean = variations.iter().sum::<f64>() / 60.0;
        assert!((2.44..2.53).contains(&mean), "coefficient of variation {mean}");
        let mean_of = |at: &[usize]| at.iter().map(|&hour| hours[hour]).sum::<f64>() / at.len() as f64;
        let ratio = mean_of(&[9, 10, 11, 18, 19, 20]) / mean_of(&[2, 3, 4]);
        // n/6.25 events' worth of evidence: a standard error of 1.3 %.
        assert!((ratio - 2.5).abs() < 0.1, "peak to trough {ratio}");
        let week = (days[..5].iter().sum::<f64>() / 5.0) / (days[5..].iter().sum::<f64>() / 2.0);
        assert!((week - 1.396).abs() < 0.03, "weekday to weekend {week}");
    }

    #[test]
    fn events_do_not_pile_up_at_the_ends() {
        let process = process(2.5, 1);
        let width = process.rhythm().total() / 10.0;
        let mut tenths = [0.0; 10];
        for number in 0..20_000 {
            for time in room(&process, number, 10) {
                tenths[((process.rhythm().cumulative(time) / width) as usize).min(9)] += 1.0;
            }
        }
        // 20,000 in each; an event's neighbours come with it, so the error is about 1.3 %.
        assert!(tenths.iter().all(|&count: &f64| (count - 2e4).abs() < 900.0), "{tenths:?}");
    }

    #[test]
    fn the_biggest_room_is_placed_in_one_call() {
        let process = process(2.5, 12);
        let times = room(&process, 9, 825_729);
        assert_eq!(times.len(), 825_729);
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(times[0] >= START && times[825_728] <= process.rhythm().end_us());
        let smallest = times.windows(2).map(|pair| pair[1] - pair[0]).min();
        assert_eq!(smallest, Some(1_000), "one millisecond");
    }

    #[test]
    fn a_full_window_is_a_millisecond_each_a_fuller_one_a_microsecond_and_no_window_holds_more() {
        let process = process(2.5, 1);
        let mut generator = Key::derive("s", "e", "c", "p").generator(0, 0);
        let mut out = vec![7];
        process.times(&mut generator, START + 1, START + 5_999, 4, &mut out).unwrap();
        assert_eq!(out[1..], [START + 1_000, START + 2_000, START + 3_000, START + 4_000]);
        out.truncate(1);
        process.times(&mut generator, START, START + 3_999, 4, &mut out).unwrap();
        assert!(out[1..].windows(2).all(|pair| pair[0] < pair[1]), "{out:?}");
        assert!(out[1] >= START && out[4] < START + 3_999, "{out:?}");
        out.truncate(1);
        process.times(&mut generator, START + 1, START + 5, 4, &mut out).unwrap();
        assert_eq!(out[1..], [START + 1, START + 2, START + 3, START + 4]);
        let crowded = process.times(&mut generator, START, START + 3, 4, &mut out);
        assert_eq!(crowded, Err(Crowded::Window { events: 4, microseconds: 3 }));
        assert_eq!(
            process.times(&mut generator, START - 1, START + 9_000, 4, &mut out),
            Err(Crowded::Outside)
        );
        assert_eq!(process.times(&mut generator, START, START, 0, &mut out), Ok(()));
        assert_eq!(out.len(), 5, "nothing is appended by a refusal");
    }

    proptest! {
        #[test]
        fn times_increase_inside_their_interval_by_milliseconds_where_it_has_enough(
            from in 0..WEEK_US, width in 0..WEEK_US, count in 1usize..200, narrow in any::<bool>(), room in 0u64..99,
        ) {
            let process = process(2.5, 2);
            let from = START + from;
            let to = from + if narrow { width % 500_000 } else { width };
            let mut generator = Key::derive("s", "e", "c", "p").generator(room, 0);
            let mut out = Vec::new();
            match process.times(&mut generator, from, to, count, &mut out) {
                Ok(()) => {
                    prop_assert_eq!(out.len(), count);
                    prop_assert!(out.windows(2).all(|pair| pair[0] < pair[1]));
                    prop_assert!(out[0] >= from && out[count - 1] < to);
                    let is_whole = out.iter().all(|time| time % 1_000 == 0);
                    prop_assert!(is_whole || (to - from) / 1_000 <= count as i64);
                }
                Err(_) => prop_assert!(to - from < count as i64),
            }
        }
    }
}
