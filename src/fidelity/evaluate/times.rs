//! [`extract`], [`truncate`] and the arithmetic of times in UTC.

use arrow::array::ArrowPrimitiveType;
use arrow::datatypes::{
    Date32Type, Decimal128Type, DurationMicrosecondType, Float64Type, Int32Type, TimestampMicrosecondType,
};

use super::numbers::{DIVISION_BY_ZERO, out_of_range};
use super::vector::{Failure, Strict, Vector};
use crate::model::column_type::ColumnType as T;
use crate::model::expression::{Arithmetic, Field, Unit};
use crate::model::text_form::calendar::{Civil, DAY, HOUR, MINUTE, SECOND, iso_week, weekday};

/// Times with intervals, days with whole numbers, intervals with floats.
pub(super) fn arithmetic(
    operator: Arithmetic,
    types: [&T; 3],
    left: &Vector,
    right: &Vector,
    rows: usize,
) -> Vector {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    use {Date32Type as Day, DurationMicrosecondType as Length, TimestampMicrosecondType as Time};
    let ty = types[2];
    match (types[0], operator, types[1]) {
        (T::Timestamp, Add, T::Interval) => {
            whole::<Time, Length, Time>(ty, left, right, rows, i64::checked_add)
        }
        (T::Timestamp, Subtract, T::Interval) => {
            whole::<Time, Length, Time>(ty, left, right, rows, i64::checked_sub)
        }
        (T::Interval, Add, T::Timestamp) => {
            whole::<Length, Time, Time>(ty, left, right, rows, i64::checked_add)
        }
        (T::Timestamp, Subtract, T::Timestamp) => {
            whole::<Time, Time, Length>(ty, left, right, rows, i64::checked_sub)
        }
        (T::Date, Add, T::Integer) => whole::<Day, Int32Type, Day>(ty, left, right, rows, i32::checked_add),
        (T::Date, Subtract, T::Integer) => {
            whole::<Day, Int32Type, Day>(ty, left, right, rows, i32::checked_sub)
        }
        (T::Integer, Add, T::Date) => whole::<Int32Type, Day, Day>(ty, left, right, rows, i32::checked_add),
        (T::Date, Subtract, T::Date) => whole::<Day, Day, Int32Type>(ty, left, right, rows, i32::checked_sub),
        (T::Interval, Multiply | Divide, T::Float) => {
            let (length, factor) = (left.numbers::<Length>(), right.numbers::<Float64Type>());
            Strict::new(&[left, right], rows)
                .numbers::<Length>(ty, |row| stretched(length(row), operator, factor(row)))
        }
        (T::Float, Multiply, T::Interval) => {
            let (factor, length) = (left.numbers::<Float64Type>(), right.numbers::<Length>());
            Strict::new(&[left, right], rows)
                .numbers::<Length>(ty, |row| stretched(length(row), operator, factor(row)))
        }
        (one, operator, other) => unreachable!("typing refuses {one} {} {other}", operator.sign()),
    }
}

fn whole<A: ArrowPrimitiveType, B: ArrowPrimitiveType, C: ArrowPrimitiveType>(
    ty: &T,
    left: &Vector,
    right: &Vector,
    rows: usize,
    combine: impl Fn(A::Native, B::Native) -> Option<C::Native>,
) -> Vector {
    let (one, other) = (left.numbers::<A>(), right.numbers::<B>());
    Strict::new(&[left, right], rows)
        .numbers::<C>(ty, |row| combine(one(row), other(row)).ok_or_else(|| out_of_range(ty)))
}

/// An interval times a float or divided by it, to the nearest microsecond.
fn stretched(length: i64, operator: Arithmetic, factor: f64) -> Result<i64, Failure> {
    if operator == Arithmetic::Divide && factor == 0.0 {
        return Err(DIVISION_BY_ZERO);
    }
    let length = length as f64;
    let exact = if operator == Arithmetic::Divide { length / factor } else { length * factor };
    to_whole(libm::rint(exact)).ok_or_else(|| out_of_range(&T::Interval))
}

/// A whole float as an integer: below 2^63, which is a float and i64::MAX is none.
pub(super) fn to_whole(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (-LIMIT..LIMIT).contains(&value).then_some(value as i64)
}

/// A field of a time, or the length of an interval in seconds.
pub(super) fn extract(field: Field, from: &T, operand: &Vector, ty: &T, rows: usize) -> Vector {
    if *from == T::Interval {
        let length = operand.numbers::<DurationMicrosecondType>();
        let value = |row| Ok(i128::from(length(row)));
        return Strict::new(&[operand], rows).numbers::<Decimal128Type>(ty, value);
    }
    let time = operand.numbers::<TimestampMicrosecondType>();
    let value = |row| Ok(i128::from(field_of(field, time(row))));
    Strict::new(&[operand], rows).numbers::<Decimal128Type>(ty, value)
}

/// A field, as many digits after its point as its type has.
fn field_of(field: Field, time: i64) -> i64 {
    let (days, of_day) = (time.div_euclid(DAY), time.rem_euclid(DAY));
    let civil = Civil::from_days(days);
    match field {
        // There is no year 0: before the year 1 comes the year -1.
        Field::Century if civil.year > 0 => (civil.year + 99) / 100,
        Field::Century => -((100 - civil.year) / 100),
        Field::Decade => civil.year.div_euclid(10),
        Field::Year => without_zero(civil.year),
        Field::IsoYear => without_zero(iso_week(days).0),
        Field::Quarter => (civil.month + 2) / 3,
        Field::Month => civil.month,
        Field::Week => iso_week(days).1,
        Field::Day => civil.day,
        Field::DayOfYear => days - Civil { year: civil.year, month: 1, day: 1 }.days() + 1,
        Field::DayOfWeek => (weekday(days) + 1) % 7,
        Field::IsoDayOfWeek => weekday(days) + 1,
        Field::Hour => of_day / HOUR,
        Field::Minute => of_day % HOUR / MINUTE,
        // Six digits of seconds, three of milliseconds, none of microseconds: the same digits.
        Field::Second | Field::Millisecond | Field::Microsecond => of_day % MINUTE,
        Field::Epoch => time,
    }
}

const fn without_zero(year: i64) -> i64 {
    if year > 0 { year } else { year - 1 }
}

/// A time without what is finer than the unit.
pub(super) fn truncate(unit: Unit, operand: &Vector, ty: &T, rows: usize) -> Vector {
    let time = operand.numbers::<TimestampMicrosecondType>();
    Strict::new(&[operand], rows).numbers::<TimestampMicrosecondType>(ty, |row| {
        truncated(unit, time(row)).ok_or_else(|| out_of_range(ty))
    })
}

fn truncated(unit: Unit, time: i64) -> Option<i64> {
    let days = time.div_euclid(DAY);
    let Civil { year, month, .. } = Civil::from_days(days);
    let first = |year: i64, month: i64| Civil { year, month, day: 1 }.days().checked_mul(DAY);
    let multiple = |length: i64| time.div_euclid(length).checked_mul(length);
    match unit {
        Unit::Microsecond => Some(time),
        Unit::Millisecond => multiple(1_000),
        Unit::Second => multiple(SECOND),
        Unit::Minute => multiple(MINUTE),
        Unit::Hour => multiple(HOUR),
        Unit::Day => multiple(DAY),
        Unit::Week => (days - weekday(days)).checked_mul(DAY),
        Unit::Month => first(year, month),
        Unit::Quarter => first(year, (month - 1) / 3 * 3 + 1),
        Unit::Year => first(year, 1),
        Unit::Decade => first(year.div_euclid(10) * 10, 1),
        Unit::Century => first((year - 1).div_euclid(100) * 100 + 1, 1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::assert_all;
    use super::*;

    #[test]
    fn times_and_intervals_add_up() {
        assert_all(&[
            ("timestamp '2024-02-28' + interval '36 hours'", "2024-02-29 12:00:00+00"),
            ("interval '1 day' + date '2024-02-28'", "2024-02-29 00:00:00+00"),
            ("extract(epoch from timestamp '2024-03-01' - timestamp '2024-02-01')", "2505600.000000"),
            ("date '2024-03-01' - date '2024-02-01'", "29"),
            ("extract(epoch from interval '1 second' * 0.0000005)", "0.000000"),
            ("extract(epoch from interval '3 microseconds' / 2)", "0.000002"),
            ("extract(epoch from interval '1 day' * 1e30)", "! interval out of range"),
            ("extract(epoch from interval '1 day' / 0)", "! division by zero"),
            ("date '2024-03-01' + 2147483647", "! date out of range"),
        ]);
    }

    /// Postgres: the year before 1 is -1, its decade -1, its century -1.
    #[test]
    fn fields_of_the_years_before_christ_skip_zero() {
        let of = |year, field| field_of(field, Civil { year, month: 6, day: 1 }.days() * DAY);
        assert_eq!([of(0, Field::Year), of(0, Field::Century), of(-1, Field::Decade)], [-1, -1, -1]);
        assert_eq!([of(-99, Field::Century), of(-100, Field::Century)], [-1, -2]);
        assert_eq!([of(1, Field::Century), of(100, Field::Century), of(2001, Field::Century)], [1, 1, 21]);
    }

    #[test]
    fn the_first_moment_of_the_calendar_has_no_beginning_of_its_century() {
        assert_eq!(truncated(Unit::Century, i64::MIN), None);
        assert_eq!(truncated(Unit::Microsecond, i64::MIN), Some(i64::MIN));
        assert_eq!(to_whole(9.3e18), None);
        assert_eq!(to_whole(-9_223_372_036_854_775_808.0), Some(i64::MIN));
        assert_eq!(to_whole(f64::NAN), None);
    }

    proptest! {
        #[test]
        fn a_truncated_time_is_its_own_and_no_later(time in -70_000_000_000_000_000_i64..250_000_000_000_000_000) {
            for (_, unit) in Unit::NAMES {
                let start = truncated(unit, time).unwrap();
                prop_assert!(start <= time, "{:?}", unit);
                prop_assert_eq!(truncated(unit, start), Some(start), "{:?}", unit);
            }
        }

        #[test]
        fn fields_are_those_of_an_independent_calendar(seconds in -60_000_000_000_i64..250_000_000_000) {
            let stamp = jiff::Timestamp::from_second(seconds).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
            let of = |field| field_of(field, seconds * SECOND);
            prop_assert_eq!(of(Field::Year), i64::from(stamp.year()));
            prop_assert_eq!(of(Field::DayOfYear), i64::from(stamp.day_of_year()));
            prop_assert_eq!(of(Field::IsoDayOfWeek), i64::from(stamp.weekday().to_monday_one_offset()));
            let week = stamp.date().iso_week_date();
            prop_assert_eq!((of(Field::IsoYear), of(Field::Week)), (i64::from(week.year()), i64::from(week.week())));
            prop_assert_eq!((of(Field::Hour), of(Field::Minute)), (i64::from(stamp.hour()), i64::from(stamp.minute())));
            prop_assert_eq!(of(Field::Second), i64::from(stamp.second()) * SECOND);
        }
    }
}
