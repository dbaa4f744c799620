//! [`ColumnDefault`]: what a database puts where an application names no value.

use serde::{Deserialize, Serialize};

use super::text_form::calendar::DAY;
use super::text_form::{exact, write};
use super::{ColumnType, literals, scalars};

/// A column's default. It never changes a value of a dataset: what writes into the loaded tables expects it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnDefault {
    /// A value of the column's type, as Postgres reads it in any session.
    Value(String),
    /// The time of the insertion, or its date.
    Now,
    /// A random UUID of version 4.
    Random,
    /// The number after the last one.
    Next {
        /// The first row's number.
        first: i64,
    },
}

impl ColumnDefault {
    /// The default that a text spells for a column of the type.
    ///
    /// # Errors
    ///
    /// Says why it spells none.
    pub fn parse(text: &str, ty: &ColumnType) -> Result<Self, String> {
        if text == "now" && matches!(ty, ColumnType::Timestamp | ColumnType::DateTime | ColumnType::Date) {
            return Ok(Self::Now);
        }
        if text == "random" && *ty == ColumnType::Uuid {
            return Ok(Self::Random);
        }
        if text.contains('\0') {
            return Err("Postgres keeps no NUL in a text".to_owned());
        }
        spelled(text, ty).map(Self::Value).ok_or_else(|| format!("`{text}` is not of type {ty}"))
    }
}

/// A literal in the one spelling that depends on no setting of a session.
fn spelled(text: &str, ty: &ColumnType) -> Option<String> {
    match ty {
        ColumnType::Text => Some(text.to_owned()),
        ColumnType::Enum { values } => values.iter().find(|value| *value == text).cloned(),
        ColumnType::Integer => text.parse::<i32>().ok().map(|number| number.to_string()),
        ColumnType::BigInteger => text.parse::<i64>().ok().map(|number| number.to_string()),
        ColumnType::Float => {
            let number: f64 = text.parse().ok()?;
            Some(write::text(|out| write::push_float(out, number)))
        }
        ColumnType::Boolean => scalars::truth(text).map(|truth| truth.to_string()),
        ColumnType::Timestamp => {
            let time = scalars::parse_time(text)?;
            Some(write::text(|out| write::push_timestamp(out, time)))
        }
        ColumnType::DateTime => {
            let time = exact::datetime(text).or_else(|| scalars::parse_time(text))?;
            Some(write::text(|out| write::push_datetime(out, time)))
        }
        ColumnType::Json | ColumnType::Array { .. } => literals::text(text, ty),
        ColumnType::Date => {
            let days = scalars::parse_time(text)?.div_euclid(DAY) as i32;
            Some(write::text(|out| write::push_date(out, days)))
        }
        ColumnType::Decimal { precision, scale } => {
            let unscaled = literals::decimal(text, *precision, *scale)?;
            Some(write::text(|out| write::push_decimal(out, unscaled, *scale)))
        }
        ColumnType::Uuid => {
            let bytes = exact::uuid(text.as_bytes())?;
            Some(write::text(|out| write::push_uuid(out, &bytes)))
        }
        ColumnType::Interval => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_a_literal_of_the_type_or_its_word() {
        let value = |text: &str| Ok(ColumnDefault::Value(text.to_owned()));
        let money = ColumnType::Decimal { precision: 10, scale: 2 };
        assert_eq!(ColumnDefault::parse("7", &money), value("7.00"));
        assert_eq!(
            ColumnDefault::parse("2025-01-01", &ColumnType::Timestamp),
            value("2025-01-01 00:00:00.000000+00")
        );
        assert_eq!(ColumnDefault::parse("2025-01-01", &ColumnType::Date), value("2025-01-01"));
        assert_eq!(ColumnDefault::parse("True", &ColumnType::Boolean), value("true"));
        assert_eq!(ColumnDefault::parse("now", &ColumnType::Date), Ok(ColumnDefault::Now));
        assert_eq!(ColumnDefault::parse("random", &ColumnType::Uuid), Ok(ColumnDefault::Random));
        // A text may say anything.
        assert_eq!(ColumnDefault::parse("now", &ColumnType::Text), value("now"));
        for (text, ty) in [("now", ColumnType::Uuid), ("1.5", ColumnType::Integer), ("7.001", money)] {
            assert!(ColumnDefault::parse(text, &ty).is_err(), "{text}");
        }
        assert!(ColumnDefault::parse("a\0b", &ColumnType::Text).is_err());
    }
}
