//! Literals to Arrow arrays of a column's type.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, FixedSizeBinaryBuilder, Float64Builder,
    Int32Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};

use super::text_form::array::{elements, push_array};
use super::text_form::calendar::DAY;
use super::text_form::{exact, json, write};
use super::{ColumnType, Literal, scalars};

/// The literals as an array of the type.
///
/// # Errors
///
/// Names the first literal that is not of the type.
pub fn array(values: &[Literal], ty: &ColumnType) -> Result<ArrayRef, String> {
    let wrong = |text: &str| format!("`{text}` is not of type {ty}");
    macro_rules! build {
        ($builder:expr, $parse:expr) => {{
            let mut builder = $builder;
            for literal in values {
                match literal.0.as_deref() {
                    None => builder.append_null(),
                    Some(text) => builder.append_value($parse(text).ok_or_else(|| wrong(text))?),
                }
            }
            Ok(Arc::new(builder.finish()) as ArrayRef)
        }};
    }
    match ty {
        ColumnType::Text => build!(StringBuilder::new(), |text: &str| Some(text.to_owned())),
        ColumnType::Enum { values: allowed } => {
            build!(StringBuilder::new(), |text: &str| allowed.iter().find(|value| *value == text))
        }
        ColumnType::Integer => build!(Int32Builder::new(), |text: &str| text.parse::<i32>().ok()),
        ColumnType::BigInteger => build!(Int64Builder::new(), |text: &str| text.parse::<i64>().ok()),
        ColumnType::Float => build!(Float64Builder::new(), |text: &str| text.parse::<f64>().ok()),
        ColumnType::Boolean => build!(BooleanBuilder::new(), scalars::truth),
        ColumnType::DateTime => {
            let zoneless = |text: &str| exact::datetime(text).or_else(|| scalars::parse_time(text));
            build!(TimestampMicrosecondBuilder::new().with_timezone("UTC"), zoneless)
        }
        ColumnType::Timestamp => {
            build!(TimestampMicrosecondBuilder::new().with_timezone("UTC"), scalars::parse_time)
        }
        ColumnType::Date => build!(Date32Builder::new(), |text: &str| {
            scalars::parse_time(text).map(|time| time.div_euclid(DAY) as i32)
        }),
        ColumnType::Decimal { precision, scale } => {
            let builder = Decimal128Builder::new().with_data_type(ty.data_type());
            build!(builder, |text: &str| decimal(text, *precision, *scale))
        }
        ColumnType::Uuid => {
            let mut builder = FixedSizeBinaryBuilder::new(16);
            for literal in values {
                match literal.0.as_deref() {
                    None => builder.append_null(),
                    Some(text) => {
                        let bytes = exact::uuid(text.as_bytes()).ok_or_else(|| wrong(text))?;
                        builder.append_value(bytes).map_err(|error| error.to_string())?;
                    }
                }
            }
            Ok(Arc::new(builder.finish()))
        }
        ColumnType::Json => build!(StringBuilder::new(), json::canonical),
        ColumnType::Array { .. } => build!(StringBuilder::new(), |literal| text(literal, ty)),
        ColumnType::Interval => Err("an interval cannot be a column".to_owned()),
    }
}

/// The one text of a document or an array; nothing if the text is none of the type.
pub fn text(text: &str, ty: &ColumnType) -> Option<String> {
    match ty {
        ColumnType::Json => json::canonical(text),
        ColumnType::Array { element } => array_text(elements(text)?, element),
        _ => Some(text.to_owned()),
    }
}

/// The text of an array of these elements; nothing if one is not of the type.
pub fn array_text(elements: Vec<Option<String>>, element: &ColumnType) -> Option<String> {
    let texts: Option<Vec<Option<String>>> = elements
        .into_iter()
        .map(|value| value.map_or(Some(None), |value| element_text(&value, element).map(Some)))
        .collect();
    let mut out = Vec::new();
    push_array(&mut out, texts?.iter().map(|text| text.as_deref().map(str::as_bytes)));
    String::from_utf8(out).ok()
}

/// An element as Postgres writes it in an array.
fn element_text(value: &str, ty: &ColumnType) -> Option<String> {
    Some(match ty {
        ColumnType::Text => value.to_owned(),
        ColumnType::Integer => value.parse::<i32>().ok()?.to_string(),
        ColumnType::BigInteger => value.parse::<i64>().ok()?.to_string(),
        ColumnType::Float => {
            let number = value.parse().ok()?;
            write::text(|out| write::push_postgres_float(out, number))
        }
        ColumnType::Boolean => {
            if scalars::truth(value).or_else(|| exact::boolean(value))? { "t" } else { "f" }.to_owned()
        }
        ColumnType::Uuid => {
            let bytes = exact::uuid(value.as_bytes())?;
            write::text(|out| write::push_uuid(out, &bytes))
        }
        ColumnType::Timestamp => {
            let time = exact::timestamp(value)?;
            write::text(|out| write::push_postgres_timestamp(out, time))
        }
        ColumnType::Date => {
            let days = exact::date(value)?;
            write::text(|out| write::push_date(out, days))
        }
        ColumnType::Decimal { .. }
        | ColumnType::DateTime
        | ColumnType::Enum { .. }
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Interval => return None,
    })
}

/// A decimal's unscaled value; nothing if digits would be lost.
pub fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let written = if text.contains('.') { text.trim_end_matches('0') } else { text };
    exact::decimal(written, precision, scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_every_digit_or_are_refused() {
        assert_eq!(decimal("19.99", 10, 2), Some(1999));
        assert_eq!(decimal("-0.5", 10, 2), Some(-50));
        assert_eq!(decimal("3", 10, 2), Some(300));
        assert_eq!(decimal("1.5000", 10, 2), Some(150));
        assert_eq!(decimal("1.999", 10, 2), None);
        assert_eq!(decimal("123456789.00", 10, 2), None);
        assert_eq!(decimal("1e3", 10, 2), None);
    }

    #[test]
    fn a_value_of_another_type_is_named() {
        let values = [Literal(Some("7".into())), Literal(None), Literal(Some("x".into()))];
        assert_eq!(array(&values, &ColumnType::Integer).err(), Some("`x` is not of type integer".to_owned()));
        assert_eq!(array(&values[..2], &ColumnType::Integer).map(|array| array.null_count()), Ok(1));
    }
}
