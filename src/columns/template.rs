//! [`Template`]: texts put together from pieces.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use super::{ColumnGenerator, RowError, Rows};
use crate::model::text_form::write::uuid_text;

/// A piece whose column is an input.
pub(super) enum Part {
    Text(String),
    Row,
    Input(usize),
}

/// NULL where one of its columns is.
pub(super) struct Template {
    pub parts: Vec<Part>,
}

impl ColumnGenerator for Template {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let mut texts: Vec<StringArray> = Vec::with_capacity(inputs.len());
        for input in inputs {
            let text = match input.data_type() {
                DataType::FixedSizeBinary(16) => Arc::new(hyphenated(input)) as ArrayRef,
                _ => cast(input, &DataType::Utf8)?,
            };
            texts.push(text.as_string::<i32>().clone());
        }
        let mut builder = StringBuilder::with_capacity(rows.len(), rows.len() * 24);
        let mut number = itoa::Buffer::new();
        let mut text = String::new();
        for at in 0..rows.len() {
            if texts.iter().any(|input| input.is_null(at)) {
                builder.append_null();
                continue;
            }
            text.clear();
            for part in &self.parts {
                match part {
                    Part::Text(fixed) => text.push_str(fixed),
                    Part::Row => text.push_str(number.format(rows.row[at])),
                    Part::Input(input) => text.push_str(texts[*input].value(at)),
                }
            }
            builder.append_value(&text);
        }
        Ok(Arc::new(builder.finish()))
    }
}

fn hyphenated(ids: &ArrayRef) -> StringArray {
    let mut builder = StringBuilder::with_capacity(ids.len(), ids.len() * 36);
    for id in ids.as_fixed_size_binary() {
        let id = id.map(|bytes| uuid_text(bytes.try_into().expect("a UUID has 16 bytes")));
        builder.append_option(id.as_ref().map(|text| str::from_utf8(text).expect("hexadecimal is ASCII")));
    }
    builder.finish()
}
