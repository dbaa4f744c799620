//! [`Timing`]: when the events of a process fall: hours, days, weeks.
//!
//! What is expected follows from the families themselves: each spreads its rows over its own life by the declared
//! intensity, so that rooms that open late, and the week in which they do, are no error of the data.

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::growth::Growth;
use super::{Bench, Claim, Tally, name_of};
use crate::fidelity::assessment::{self, HoursSummary, Portrait, Summary, Unit};
use crate::fidelity::findings::{Figure, Findings, Relative};
use crate::fidelity::sources::View;
use crate::fidelity::thresholds::{self, KS_ONE_PERCENT, NORMAL_ONE_PERCENT, normalised};
use crate::laws::rhythm::Rhythm;
use crate::model::scalars::format_time;
use crate::model::text_form::calendar::DAY;
use crate::model::{ColumnId, EntityId, ProcessDeclaration, RhythmDeclaration, Source};

/// Fixed point of expected rows.
const UNIT: f64 = (1u64 << 40) as f64;
/// A day with fewer expected rows is not looked at alone.
const ENOUGH: f64 = 1_000.0;
const WEEK_HOURS: usize = 168;
/// Hours with so great a part of the busiest one's rows are peaks.
const PEAK: f64 = 0.9;

/// What the rows are spread over.
#[derive(Clone, Debug)]
pub enum Spread {
    /// Each family over its own life.
    Families {
        /// Where a life begins: a time of the parent.
        from: Source,
        /// Where all end, in microseconds.
        to: i64,
        /// The coefficient of variation of the gaps.
        bursts: f64,
    },
    /// Every row by itself over a range of microseconds.
    Range {
        /// The first.
        from: i64,
        /// The one after the last.
        to: i64,
    },
}

impl Spread {
    /// What a process spreads.
    pub fn of(process: &ProcessDeclaration) -> Self {
        Self::Families { from: process.from, to: process.to, bursts: process.burst_coefficient }
    }
}

/// Times that follow a rhythm.
pub struct Timing {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
    /// The declared rates.
    pub beat: RhythmDeclaration,
    /// The intensity.
    pub rhythm: Rhythm,
    /// Whose times they are.
    pub spread: Spread,
}

impl Timing {
    /// So many cells of the rhythm are a day.
    fn day_cells(&self) -> usize {
        (DAY / self.rhythm.cell_us()) as usize
    }

    /// Sums over the cells by the hour of the week that wall clocks show, or by the hour of the day.
    fn fold(&self, values: &[f64], length: usize) -> Vec<f64> {
        let mut folded = vec![0.0; length];
        let hours = values.iter().enumerate();
        hours.for_each(|(cell, value)| folded[self.rhythm.hour_of_week(cell) % length] += value);
        folded
    }

    /// A time's place among the cells.
    fn place(&self, time: i64) -> f64 {
        let place = (time - self.rhythm.start_us()) as f64 / self.rhythm.cell_us() as f64;
        place.clamp(0.0, self.rhythm.cells() as f64)
    }

    /// Adds what a family of `rows` rows gives between two times. Sums: changes of the rate at each cell, then the parts
    /// of cells at both ends.
    fn expect(&self, rows: usize, from: i64, to: i64, tally: &mut Tally) {
        let cells = self.rhythm.cells();
        let (first, last) = (self.rhythm.cumulative(from), self.rhythm.cumulative(to));
        if last <= first {
            return;
        }
        let weight = rows as f64 / (last - first) * UNIT;
        let (start, end) = (self.place(from), self.place(to));
        let (low, high) = (start as usize, end as usize);
        let mut part = |cell: usize, share: f64| {
            if cell < cells {
                tally.sums[cells + 1 + cell] += (weight * share) as i128;
            }
        };
        if low == high {
            part(low, end - start);
            return;
        }
        part(low, (low + 1) as f64 - start);
        part(high, end - high as f64);
        tally.sums[low + 1] += weight as i128;
        tally.sums[high] -= weight as i128;
    }

    /// Expected rows by cell.
    fn expected(&self, tally: &Tally) -> Vec<f64> {
        let cells = self.rhythm.cells();
        if let Spread::Range { from, to } = self.spread {
            let (start, end) = (self.place(from), self.place(to));
            let part = |cell: usize| (end.min((cell + 1) as f64) - start.max(cell as f64)).max(0.0);
            let masses: Vec<f64> = (0..cells).map(|cell| part(cell) * self.rhythm.mass(cell)).collect();
            let rows = tally.total() as f64 / masses.iter().sum::<f64>();
            return masses.into_iter().map(|mass| mass * rows).collect();
        }
        let mut rate: i128 = 0;
        (0..cells)
            .map(|cell| {
                rate += tally.sum(cell);
                (rate + tally.sum(cells + 1 + cell)) as f64 / UNIT * self.rhythm.mass(cell)
            })
            .collect()
    }
}

impl Claim for Timing {
    fn start(&self) -> Tally {
        let sums = match self.spread {
            Spread::Families { .. } => 2 * self.rhythm.cells() + 2,
            Spread::Range { .. } => 0,
        };
        Tally { sums: vec![0; sums], ..Tally::with_bins(self.rhythm.cells()) }
    }

    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.value(self.entity, self.column) else { return };
        let Some(times) = array.as_primitive_opt::<TimestampMicrosecondType>() else { return };
        // Without the families' lives there is nothing to compare with.
        let lives = match self.spread {
            Spread::Range { .. } => None,
            Spread::Families { from, to, .. } => {
                let Some(starts) = view.source(self.entity, from) else { return };
                Some((starts, to))
            }
        };
        let cells = self.rhythm.cells() as i64;
        for (row, &time) in times.values().iter().enumerate() {
            let cell = (time - self.rhythm.start_us()).div_euclid(self.rhythm.cell_us());
            if (0..cells).contains(&cell) && times.is_valid(row) {
                tally.counts[cell as usize] += 1;
            }
        }
        let Some((starts, to)) = lives else { return };
        let (Some(table), Some(parent)) =
            (view.shard.table(self.entity), view.shard.model.parent(self.entity))
        else {
            return;
        };
        let Some(starts) = starts.as_primitive_opt::<TimestampMicrosecondType>() else { return };
        for at in 0..view.rows(parent) {
            let rows = table.under(at);
            if let Some(first) = rows.clone().next().filter(|&first| starts.is_valid(first)) {
                self.expect(rows.len(), starts.value(first), to, tally);
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let subject = name_of(bench.model, self.entity, self.column);
        let expected = self.expected(tally);
        let rows = tally.total() as f64;
        if rows == 0.0 || expected.iter().sum::<f64>() <= 0.0 {
            findings.remark(&subject, "there are no times inside the window: the rhythm was not judged");
            return;
        }
        let seen: Vec<f64> = tally.counts.iter().map(|&count| count as f64).collect();
        // Bursts make neighbours alike: so many rows are worth one draw.
        let effective = match self.spread {
            Spread::Families { bursts, .. } => rows / (bursts * bursts),
            Spread::Range { .. } => rows,
        };
        let fold = |values: &[f64], length: usize| self.fold(values, length);
        let zone = self.beat.zone_name();
        self.judge_hours(&subject, &seen, &expected, effective, bench, findings);
        self.judge_ratios(&subject, &fold(&seen, 24), &fold(&expected, 24), effective, bench, findings);
        self.judge_week(
            &subject,
            &fold(&seen, WEEK_HOURS),
            &fold(&expected, WEEK_HOURS),
            effective,
            bench,
            findings,
        );
        self.judge_days(&subject, &seen, &expected, effective, bench, findings);
        let weeks = |values: &[f64]| {
            normalised(values.chunks(7 * self.day_cells()).map(|week| week.iter().sum::<f64>()))
        };
        let growth = Growth { declared: self.beat.growth, seen: weeks(&seen), expected: weeks(&expected) };
        growth.judge(&subject, effective, bench, findings);
        findings.portraits.push(Portrait::Rhythm(assessment::Rhythm {
            subject,
            observed: fold(&seen, WEEK_HOURS).into_iter().map(|count| count as u64).collect(),
            resolved: normalised(fold(&expected, WEEK_HOURS).into_iter()),
            zone: zone.to_owned(),
            first_day: format_time(self.rhythm.start_us()).chars().take(10).collect(),
            daily: tally.counts.chunks(self.day_cells()).map(|day| day.iter().sum()).collect(),
        }));
    }

    fn sum_up(&self, tally: &Tally, bench: &Bench<'_>, summary: &mut Summary) {
        // Times that only grow in number have no hours to tell of.
        if self.beat.is_flat() {
            return;
        }
        let mut hours = vec![0; 24];
        let cells = tally.counts.iter().enumerate();
        cells.for_each(|(cell, count)| hours[self.rhythm.hour_of_week(cell) % 24] += count);
        let (most, least) =
            (hours.iter().max().copied().unwrap_or(0), hours.iter().min().copied().unwrap_or(0));
        if most == 0 || summary.hours.is_some() {
            return;
        }
        summary.hours = Some(HoursSummary {
            subject: name_of(bench.model, self.entity, self.column),
            peak_hours: (0..24).filter(|&hour| hours[hour as usize] as f64 >= PEAK * most as f64).collect(),
            diurnal_variation: most as f64 / least.max(1) as f64,
            hours,
        });
    }
}

impl Timing {
    /// The shares of the hours of the day and of the week. A range without any is not looked at, as a uniform one.
    fn judge_hours(
        &self,
        subject: &str,
        seen: &[f64],
        expected: &[f64],
        effective: f64,
        bench: &Bench<'_>,
        findings: &mut Findings,
    ) {
        if matches!(self.spread, Spread::Range { .. }) && self.beat.is_flat() {
            return;
        }
        let zone = self.beat.zone_name();
        for (measure, length) in
            [("hour of day, total variation", 24), ("hour of week, total variation", WEEK_HOURS)]
        {
            let resolved = normalised(self.fold(expected, length).into_iter());
            let observed = normalised(self.fold(seen, length).into_iter());
            let distance = thresholds::total_variation(&observed, &resolved);
            findings.figure(Figure {
                subject,
                measure,
                declared: None,
                resolved: None,
                observed: distance,
                unit: Unit::Distance,
                effect: distance,
                threshold: thresholds::rhythm_variation(&resolved, bench.tolerance),
                from: "the rhythm with the ratio of its peaks off by the tolerance".to_owned(),
                noise: thresholds::variation_noise(&resolved, effective),
                critical: true,
                advice: (&format!("follow the declared hours ({zone}) and days: compare the heat map"), ""),
            });
        }
    }

    /// Peak hours over trough hours, as the declaration names them: the least and greatest hour of the data would be
    /// biased apart.
    fn judge_ratios(
        &self,
        subject: &str,
        seen: &[f64],
        expected: &[f64],
        effective: f64,
        bench: &Bench<'_>,
        findings: &mut Findings,
    ) {
        let highest = self.beat.hourly.iter().copied().fold(0.0, f64::max);
        let lowest = self.beat.hourly.iter().copied().fold(f64::INFINITY, f64::min);
        if highest < 1.05 * lowest {
            return;
        }
        let peaks: Vec<usize> = (0..24).filter(|&hour| self.beat.hourly[hour] >= 0.97 * highest).collect();
        let troughs: Vec<usize> = (0..24).filter(|&hour| self.beat.hourly[hour] <= 1.03 * lowest).collect();
        let mean = |values: &[f64], hours: &[usize]| {
            hours.iter().map(|&hour| values[hour]).sum::<f64>() / hours.len() as f64
        };
        let ratio = |values: &[f64]| mean(values, &peaks) / mean(values, &troughs);
        let total: f64 = expected.iter().sum();
        let part =
            |hours: &[usize]| hours.iter().map(|&hour| expected[hour]).sum::<f64>() / total * effective;
        findings.relative(Relative {
            subject,
            measure: "peak hours over trough hours",
            declared: Some(format!("{highest} over {lowest}")),
            resolved: ratio(expected),
            observed: ratio(seen),
            unit: Unit::Ratio,
            tolerance: bench.tolerance,
            noise: NORMAL_ONE_PERCENT
                * libm::sqrt(1.0 / part(&peaks).max(1.0) + 1.0 / part(&troughs).max(1.0)),
            critical: true,
            advice: ("lower the peak hours' rates", "raise the peak hours' rates"),
        });
    }

    fn judge_week(
        &self,
        subject: &str,
        seen: &[f64],
        expected: &[f64],
        effective: f64,
        bench: &Bench<'_>,
        findings: &mut Findings,
    ) {
        let weekly = &self.beat.weekly;
        let boost = weekly[..5].iter().sum::<f64>() / 5.0 / (weekly[5..].iter().sum::<f64>() / 2.0);
        let split = |values: &[f64]| (values[..120].iter().sum::<f64>(), values[120..].iter().sum::<f64>());
        let ((week, weekend), (seen_week, seen_weekend)) = (split(expected), split(seen));
        let total = week + weekend;
        let observed = boost * (seen_week / seen_weekend) / (week / weekend);
        findings.relative(Relative {
            subject,
            measure: "weekdays over weekend",
            declared: Some(format!("weekday boost = {boost}")),
            resolved: boost,
            observed,
            unit: Unit::Ratio,
            tolerance: bench.tolerance,
            noise: NORMAL_ONE_PERCENT
                * libm::sqrt(total / (week * effective).max(1.0) + total / (weekend * effective).max(1.0)),
            critical: true,
            advice: ("lower the weekday boost", "raise the weekday boost"),
        });
    }

    /// Growth and gaps over the window.
    fn judge_days(
        &self,
        subject: &str,
        seen: &[f64],
        expected: &[f64],
        effective: f64,
        bench: &Bench<'_>,
        findings: &mut Findings,
    ) {
        let cells = self.day_cells();
        let days =
            |values: &[f64]| values.chunks(cells).map(|day| day.iter().sum::<f64>()).collect::<Vec<_>>();
        let (seen, expected) = (normalised(days(seen).into_iter()), normalised(days(expected).into_iter()));
        let (mut distance, mut mine, mut theirs) = (0.0f64, 0.0, 0.0);
        for (one, other) in seen.iter().zip(&expected) {
            mine += one;
            theirs += other;
            distance = distance.max((mine - theirs).abs());
        }
        findings.figure(Figure {
            subject,
            measure: "KS distance over the days",
            declared: None,
            resolved: None,
            observed: distance,
            unit: Unit::Distance,
            effect: distance,
            // A position raised to the power 1.15 moves by at most 0.05.
            threshold: bench.tolerance / 3.0,
            from: "a third of the tolerance: growth bent by the tolerance".to_owned(),
            noise: KS_ONE_PERCENT / libm::sqrt(effective),
            critical: true,
            advice: ("spread the rows of each parent over its whole life", ""),
        });
        // One of many days is the furthest off, as in a Bonferroni correction.
        let deviations = NORMAL_ONE_PERCENT + 0.5 * libm::log(seen.len().max(1) as f64);
        let noise = |day: usize| deviations / libm::sqrt((expected[day] * effective).max(1e-9));
        let off = |day: usize| (seen[day] / expected[day] - 1.0).abs();
        let worst = (0..seen.len())
            .filter(|&day| expected[day] * effective >= ENOUGH)
            .max_by(|&one, &other| (off(one) - noise(one)).total_cmp(&(off(other) - noise(other))));
        if let Some(day) = worst {
            let date: String =
                format_time(self.rhythm.start_us() + day as i64 * DAY).chars().take(10).collect();
            findings.figure(Figure {
                subject,
                measure: &format!("rows on {date}"),
                declared: None,
                resolved: Some(expected[day]),
                observed: seen[day],
                unit: Unit::Share,
                effect: off(day),
                threshold: 2.0 * bench.tolerance,
                from: "twice the tolerance, for the day that is furthest off".to_owned(),
                noise: noise(day),
                critical: true,
                advice: (
                    "the day has more rows than the rhythm gives",
                    "the day has fewer rows than the rhythm gives: is there a gap?",
                ),
            });
        }
    }
}
