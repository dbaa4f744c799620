//! [`element_texts`]: what arrays hold, as Postgres writes it in them.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};

use super::ColumnType;
use super::text_form::write;

/// A UUID's text.
///
/// # Panics
///
/// There are not 16 bytes.
pub fn uuid_text(bytes: &[u8]) -> String {
    write::text(|out| write::push_uuid(out, bytes.try_into().expect("a UUID has 16 bytes")))
}

/// Elements as Postgres writes them in an array; NULL is none.
pub fn element_texts(values: &ArrayRef, element: &ColumnType) -> Vec<Option<String>> {
    let texts = |text: &dyn Fn(usize) -> String| {
        (0..values.len()).map(|at| values.is_valid(at).then(|| text(at))).collect()
    };
    match element {
        ColumnType::Integer => texts(&|at| values.as_primitive::<Int32Type>().value(at).to_string()),
        ColumnType::BigInteger => texts(&|at| values.as_primitive::<Int64Type>().value(at).to_string()),
        ColumnType::Float => texts(&|at| {
            write::text(|out| write::push_postgres_float(out, values.as_primitive::<Float64Type>().value(at)))
        }),
        ColumnType::Boolean => texts(&|at| if values.as_boolean().value(at) { "t" } else { "f" }.to_owned()),
        ColumnType::Uuid => texts(&|at| uuid_text(values.as_fixed_size_binary().value(at))),
        ColumnType::Timestamp => texts(&|at| {
            let time = values.as_primitive::<TimestampMicrosecondType>().value(at);
            write::text(|out| write::push_postgres_timestamp(out, time))
        }),
        ColumnType::Date => texts(&|at| {
            write::text(|out| write::push_date(out, values.as_primitive::<Date32Type>().value(at)))
        }),
        ColumnType::Text
        | ColumnType::Enum { .. }
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Decimal { .. }
        | ColumnType::DateTime
        | ColumnType::Interval => texts(&|at| values.as_string::<i32>().value(at).to_owned()),
    }
}
