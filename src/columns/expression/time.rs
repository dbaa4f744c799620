//! [`extract`]: fields of times, and times cut to a unit.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::try_unary;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Decimal128Type, DurationMicrosecondType, TimestampMicrosecondType,
};
use arrow::error::ArrowError;

use super::Failure;
use crate::model::column_type::ColumnType;
use crate::model::expression::{Field, Unit};
use crate::model::text_form::calendar::{Civil, DAY, HOUR, MINUTE, SECOND, iso_week, weekday};

/// A field of timestamps, or the length of intervals, as decimals of type `ty`.
pub(super) fn extract(array: &ArrayRef, field: Field, ty: &ColumnType) -> Result<ArrayRef, Failure> {
    let unscaled = field_of(field);
    if matches!(array.data_type(), DataType::Duration(_)) {
        Ok(fields::<DurationMicrosecondType>(array, unscaled, ty))
    } else {
        Ok(fields::<TimestampMicrosecondType>(array, unscaled, ty))
    }
}

fn fields<T: ArrowPrimitiveType<Native = i64>>(
    array: &ArrayRef,
    field: fn(i64) -> i64,
    ty: &ColumnType,
) -> ArrayRef {
    let values = array.as_primitive::<T>().unary::<_, Decimal128Type>(|time| i128::from(field(time)));
    Arc::new(values.with_data_type(ty.data_type()))
}

const fn civil(time: i64) -> Civil {
    Civil::from_days(time.div_euclid(DAY))
}

/// Without a year 0.
const fn shown(year: i64) -> i64 {
    if year > 0 { year } else { year - 1 }
}

/// Unscaled values of a field: seconds and milliseconds are microseconds with the scale of their type.
const fn field_of(field: Field) -> fn(i64) -> i64 {
    match field {
        Field::Century => |time| {
            let century = (civil(time).year - 1).div_euclid(100);
            if century >= 0 { century + 1 } else { century }
        },
        Field::Decade => |time| civil(time).year.div_euclid(10),
        Field::Year => |time| shown(civil(time).year),
        Field::IsoYear => |time| shown(iso_week(time.div_euclid(DAY)).0),
        Field::Quarter => |time| (civil(time).month + 2) / 3,
        Field::Month => |time| civil(time).month,
        Field::Week => |time| iso_week(time.div_euclid(DAY)).1,
        Field::Day => |time| civil(time).day,
        Field::DayOfYear => |time| {
            let first = Civil { month: 1, day: 1, ..civil(time) };
            time.div_euclid(DAY) - first.days() + 1
        },
        Field::DayOfWeek => |time| (weekday(time.div_euclid(DAY)) + 1) % 7,
        Field::IsoDayOfWeek => |time| weekday(time.div_euclid(DAY)) + 1,
        Field::Hour => |time| time.rem_euclid(DAY) / HOUR,
        Field::Minute => |time| time.rem_euclid(HOUR) / MINUTE,
        Field::Second | Field::Millisecond | Field::Microsecond => |time| time.rem_euclid(MINUTE),
        Field::Epoch => |time| time,
    }
}

/// Times without what is finer than the unit.
pub(super) fn truncate(array: &ArrayRef, unit: Unit) -> Result<ArrayRef, Failure> {
    let start = start_of(unit);
    let values =
        try_unary::<TimestampMicrosecondType, _, TimestampMicrosecondType>(array.as_primitive(), |time| {
            start(time).ok_or_else(|| ArrowError::ComputeError("timestamp out of range".to_owned()))
        })?;
    Ok(Arc::new(values.with_data_type(array.data_type().clone())))
}

fn multiple(time: i64, length: i64) -> Option<i64> {
    time.checked_sub(time.rem_euclid(length))
}

fn day_start(civil: Civil) -> Option<i64> {
    civil.days().checked_mul(DAY)
}

fn year_start(year: i64) -> Option<i64> {
    day_start(Civil { year, month: 1, day: 1 })
}

const fn start_of(unit: Unit) -> fn(i64) -> Option<i64> {
    match unit {
        Unit::Microsecond => |time| Some(time),
        Unit::Millisecond => |time| multiple(time, 1_000),
        Unit::Second => |time| multiple(time, SECOND),
        Unit::Minute => |time| multiple(time, MINUTE),
        Unit::Hour => |time| multiple(time, HOUR),
        Unit::Day => |time| multiple(time, DAY),
        Unit::Week => |time| {
            let day = time.div_euclid(DAY);
            (day - weekday(day)).checked_mul(DAY)
        },
        Unit::Month => |time| day_start(Civil { day: 1, ..civil(time) }),
        Unit::Quarter => |time| {
            let civil = civil(time);
            day_start(Civil { month: (civil.month - 1) / 3 * 3 + 1, day: 1, ..civil })
        },
        Unit::Year => |time| year_start(civil(time).year),
        Unit::Decade => |time| year_start(civil(time).year.div_euclid(10) * 10),
        Unit::Century => |time| year_start((civil(time).year - 1).div_euclid(100) * 100 + 1),
    }
}
