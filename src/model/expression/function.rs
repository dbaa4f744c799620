//! [`Function`]: the functions of expressions, with the fields and units of times.

use crate::model::column_type::ColumnType;

/// Functions with the types that typing has settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Magnitude.
    Abs,
    /// Least whole number that is not less.
    Ceil,
    /// Greatest whole number that is not greater.
    Floor,
    /// Nearest number of the node's scale; halves go away from zero for decimals, to even for floats.
    /// `places` may be negative.
    Round {
        /// Digits after the point.
        places: i32,
    },
    /// First value that is not NULL; later ones are evaluated only where they are needed.
    Coalesce,
    /// NULL where both are equal, else the first.
    NullIf,
    /// Least of the values that are not NULL.
    Least,
    /// Greatest of the values that are not NULL.
    Greatest,
    /// Small letters, character by character.
    Lower,
    /// Capital letters, character by character.
    Upper,
    /// Number of characters.
    Length,
    /// Characters from a position (from 1), and how many.
    Substring,
    /// Without the characters of the second argument at the ends.
    Trim(Side),
    /// All occurrences replaced.
    Replace,
    /// First characters; a negative count leaves out the last.
    Left,
    /// Last characters; a negative count leaves out the first.
    Right,
    /// A field of a time, a decimal.
    Extract(Field),
    /// A time without what is finer than the unit.
    DateTrunc(Unit),
}

/// Which ends TRIM trims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Both.
    Both,
    /// The beginning.
    Leading,
    /// The end.
    Trailing,
}

impl Side {
    /// A text without such characters at its ends.
    pub fn trim<'t>(self, text: &'t str, characters: &str) -> &'t str {
        let of = |character: char| characters.contains(character);
        match self {
            Self::Both => text.trim_matches(of),
            Self::Leading => text.trim_start_matches(of),
            Self::Trailing => text.trim_end_matches(of),
        }
    }
}

/// What EXTRACT takes of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Hundreds of years, from 1.
    Century,
    /// The year divided by ten.
    Decade,
    /// Year.
    Year,
    /// Year of the ISO week.
    IsoYear,
    /// Quarter, from 1.
    Quarter,
    /// Month, from 1.
    Month,
    /// ISO week, from 1.
    Week,
    /// Day of the month, from 1.
    Day,
    /// Day of the year, from 1.
    DayOfYear,
    /// Day of the week, Sunday is 0.
    DayOfWeek,
    /// Day of the week, Monday is 1.
    IsoDayOfWeek,
    /// Hour of the day.
    Hour,
    /// Minute of the hour.
    Minute,
    /// Second of the minute, six digits after the point.
    Second,
    /// Milliseconds of the minute, three digits after the point.
    Millisecond,
    /// Microseconds of the minute.
    Microsecond,
    /// Seconds since 1970, or of an interval, six digits after the point.
    Epoch,
}

/// What DATE_TRUNC keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Microsecond.
    Microsecond,
    /// Millisecond.
    Millisecond,
    /// Second.
    Second,
    /// Minute.
    Minute,
    /// Hour.
    Hour,
    /// Day.
    Day,
    /// Week, from Monday.
    Week,
    /// Month.
    Month,
    /// Quarter.
    Quarter,
    /// Year.
    Year,
    /// Ten years, from a year that ends in 0.
    Decade,
    /// Hundred years, from a year that ends in 01.
    Century,
}

impl Field {
    /// All fields with their SQL names, the first name of each being the canonical one.
    pub const NAMES: [(&'static str, Self); 25] = [
        ("century", Self::Century),
        ("decade", Self::Decade),
        ("year", Self::Year),
        ("years", Self::Year),
        ("isoyear", Self::IsoYear),
        ("quarter", Self::Quarter),
        ("month", Self::Month),
        ("months", Self::Month),
        ("week", Self::Week),
        ("day", Self::Day),
        ("days", Self::Day),
        ("doy", Self::DayOfYear),
        ("dow", Self::DayOfWeek),
        ("isodow", Self::IsoDayOfWeek),
        ("hour", Self::Hour),
        ("hours", Self::Hour),
        ("minute", Self::Minute),
        ("minutes", Self::Minute),
        ("second", Self::Second),
        ("seconds", Self::Second),
        ("milliseconds", Self::Millisecond),
        ("millisecond", Self::Millisecond),
        ("microseconds", Self::Microsecond),
        ("microsecond", Self::Microsecond),
        ("epoch", Self::Epoch),
    ];

    /// The type of its value: whole numbers have scale 0, as Postgres prints them.
    pub const fn ty(self) -> ColumnType {
        let (precision, scale) = match self {
            Self::Second => (8, 6),
            Self::Millisecond => (8, 3),
            Self::Epoch => (20, 6),
            _ => (10, 0),
        };
        ColumnType::Decimal { precision, scale }
    }
}

impl Unit {
    /// All units with their SQL names, the first name of each being the canonical one.
    pub const NAMES: [(&'static str, Self); 17] = [
        ("microseconds", Self::Microsecond),
        ("microsecond", Self::Microsecond),
        ("milliseconds", Self::Millisecond),
        ("millisecond", Self::Millisecond),
        ("second", Self::Second),
        ("seconds", Self::Second),
        ("minute", Self::Minute),
        ("minutes", Self::Minute),
        ("hour", Self::Hour),
        ("hours", Self::Hour),
        ("day", Self::Day),
        ("week", Self::Week),
        ("month", Self::Month),
        ("quarter", Self::Quarter),
        ("year", Self::Year),
        ("decade", Self::Decade),
        ("century", Self::Century),
    ];
}
