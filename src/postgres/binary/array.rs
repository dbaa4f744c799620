//! [`push_array`]: arrays in the bytes of `array_recv`.

use postgres::types::Type;

use super::{NULL, push_bytes, push_date, push_fixed, push_timestamp};
use crate::model::ColumnType;
use crate::model::text_form::array::elements;
use crate::model::text_form::exact;

/// The types of an element and of its array; none where there are no such arrays.
pub fn array_types(element: &ColumnType) -> Option<(Type, Type)> {
    Some(match element {
        ColumnType::Text => (Type::TEXT, Type::TEXT_ARRAY),
        ColumnType::Integer => (Type::INT4, Type::INT4_ARRAY),
        ColumnType::BigInteger => (Type::INT8, Type::INT8_ARRAY),
        ColumnType::Float => (Type::FLOAT8, Type::FLOAT8_ARRAY),
        ColumnType::Boolean => (Type::BOOL, Type::BOOL_ARRAY),
        ColumnType::Uuid => (Type::UUID, Type::UUID_ARRAY),
        ColumnType::Timestamp => (Type::TIMESTAMPTZ, Type::TIMESTAMPTZ_ARRAY),
        ColumnType::Date => (Type::DATE, Type::DATE_ARRAY),
        ColumnType::Decimal { .. }
        | ColumnType::DateTime
        | ColumnType::Enum { .. }
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Interval => return None,
    })
}

/// Appends an array with its length: dimensions, whether there are NULLs, the element's type, length and lower bound
/// of the dimension, the elements (`src/backend/utils/adt/arrayfuncs.c`). The text is one that `PartReader` gives.
pub(super) fn push_array(buffer: &mut Vec<u8>, text: &str, element: &ColumnType) {
    let elements = elements(text).expect("a reader gives arrays in their one form");
    let (element_type, _) = array_types(element).expect("a checked element");
    let start = buffer.len();
    buffer.extend_from_slice(&[0; 4]);
    let has_nulls = elements.iter().any(Option::is_none);
    let header = [i32::from(!elements.is_empty()), i32::from(has_nulls)];
    header.iter().for_each(|number| buffer.extend_from_slice(&number.to_be_bytes()));
    buffer.extend_from_slice(&element_type.oid().to_be_bytes());
    if !elements.is_empty() {
        buffer.extend_from_slice(&(elements.len() as i32).to_be_bytes());
        buffer.extend_from_slice(&1_i32.to_be_bytes());
    }
    for value in &elements {
        match value {
            None => buffer.extend_from_slice(&NULL),
            Some(text) => push_element(buffer, text, element).expect("an element is of its type"),
        }
    }
    let length = i32::try_from(buffer.len() - start - 4).expect("a block's texts are shorter than 2 GiB");
    buffer[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

fn push_element(buffer: &mut Vec<u8>, text: &str, ty: &ColumnType) -> Option<()> {
    match ty {
        ColumnType::Text => push_bytes(buffer, text.as_bytes()),
        ColumnType::Integer => push_fixed(buffer, text.parse::<i32>().ok()?.to_be_bytes()),
        ColumnType::BigInteger => push_fixed(buffer, text.parse::<i64>().ok()?.to_be_bytes()),
        ColumnType::Float => push_fixed(buffer, text.parse::<f64>().ok()?.to_be_bytes()),
        ColumnType::Boolean => push_fixed(buffer, [u8::from(exact::boolean(text)?)]),
        ColumnType::Uuid => push_bytes(buffer, &exact::uuid(text.as_bytes())?),
        ColumnType::Timestamp => push_timestamp(buffer, exact::timestamp(text)?),
        ColumnType::Date => push_date(buffer, exact::date(text)?),
        ColumnType::Decimal { .. }
        | ColumnType::DateTime
        | ColumnType::Enum { .. }
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Interval => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_encoded_as_the_driver_does() {
        use postgres::types::ToSql;
        let mut expected = bytes::BytesMut::new();
        let values = vec![Some("a b"), None, Some("NULL")];
        values.to_sql(&Type::TEXT_ARRAY, &mut expected).unwrap();
        let mut found = Vec::new();
        push_array(&mut found, r#"{"a b",NULL,"NULL"}"#, &ColumnType::Text);
        assert_eq!(found[4..], expected[..]);
        assert_eq!(found[..4], (expected.len() as i32).to_be_bytes());

        expected.clear();
        vec![7_i32, -1].to_sql(&Type::INT4_ARRAY, &mut expected).unwrap();
        found.clear();
        push_array(&mut found, "{7,-1}", &ColumnType::Integer);
        assert_eq!(found[4..], expected[..]);

        expected.clear();
        Vec::<bool>::new().to_sql(&Type::BOOL_ARRAY, &mut expected).unwrap();
        found.clear();
        push_array(&mut found, "{}", &ColumnType::Boolean);
        // The driver sends one dimension of no elements, which Postgres makes none.
        assert_eq!(found, [&12_i32.to_be_bytes()[..], &[0; 8], &Type::BOOL.oid().to_be_bytes()].concat());
        assert_eq!(expected[8..12], found[12..16]);
    }
}
