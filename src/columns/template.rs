//! [`Template`]: texts put together from pieces.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimestampMicrosecondType};

use super::{ColumnGenerator, RowError, Rows};
use crate::model::ColumnType;
use crate::model::text_form::write::{push_postgres_datetime, push_postgres_timestamp, text, uuid_text};

/// A piece whose column is an input.
pub(super) enum Part {
    Text(String),
    Row,
    Input(usize),
}

/// NULL where one of its columns is.
pub(super) struct Template {
    pub parts: Vec<Part>,
    /// Of the inputs.
    pub types: Vec<ColumnType>,
}

impl ColumnGenerator for Template {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let mut texts: Vec<StringArray> = Vec::with_capacity(inputs.len());
        for (input, ty) in inputs.iter().zip(&self.types) {
            texts.push(match ty {
                ColumnType::Uuid => hyphenated(input),
                ColumnType::Timestamp => times(input, push_postgres_timestamp),
                ColumnType::DateTime => times(input, push_postgres_datetime),
                _ => cast(input, &DataType::Utf8)?.as_string::<i32>().clone(),
            });
        }
        let mut builder = StringBuilder::with_capacity(rows.len(), rows.len() * 24);
        let mut number = itoa::Buffer::new();
        let mut written = String::new();
        for at in 0..rows.len() {
            if texts.iter().any(|input| input.is_null(at)) {
                builder.append_null();
                continue;
            }
            written.clear();
            for part in &self.parts {
                match part {
                    Part::Text(fixed) => written.push_str(fixed),
                    Part::Row => written.push_str(number.format(rows.row[at])),
                    Part::Input(input) => written.push_str(texts[*input].value(at)),
                }
            }
            builder.append_value(&written);
        }
        Ok(Arc::new(builder.finish()))
    }
}

fn times(times: &ArrayRef, push: impl Fn(&mut Vec<u8>, i64)) -> StringArray {
    let times = times.as_primitive::<TimestampMicrosecondType>();
    times.iter().map(|time| time.map(|time| text(|out| push(out, time)))).collect()
}

fn hyphenated(ids: &ArrayRef) -> StringArray {
    let mut builder = StringBuilder::with_capacity(ids.len(), ids.len() * 36);
    for id in ids.as_fixed_size_binary() {
        let id = id.map(|bytes| uuid_text(bytes.try_into().expect("a UUID has 16 bytes")));
        builder.append_option(id.as_ref().map(|text| str::from_utf8(text).expect("hexadecimal is ASCII")));
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use arrow::array::TimestampMicrosecondArray;

    use super::*;

    #[test]
    fn times_are_put_in_as_postgres_writes_them() {
        let time: ArrayRef = Arc::new(
            TimestampMicrosecondArray::from(vec![Some(1_753_660_800_250_000), None]).with_timezone("UTC"),
        );
        let parts = vec![Part::Input(0), Part::Text(" / ".to_owned()), Part::Input(1)];
        let template = Template { parts, types: vec![ColumnType::Timestamp, ColumnType::DateTime] };
        let texts = template.generate(&Rows::roots(0..2), &[time.clone(), time]).unwrap();
        let texts: Vec<Option<&str>> = texts.as_string::<i32>().iter().collect();
        assert_eq!(texts, [Some("2025-07-28 00:00:00.25+00 / 2025-07-28 00:00:00.25"), None]);
    }
}
