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
