//! [`StoredForm`]: what a Parquet file holds where that is not what rows are worked on as.
//!
//! | type | worked on as | in the file | for Spark |
//! | --- | --- | --- | --- |
//! | uuid | 16 bytes | UUID | text |
//! | datetime | timestamp of UTC | timestamp without zone | the same |
//! | json | text | JSON | text |
//! | array | Postgres' text | LIST | the same |

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryBuilder, ListArray, ListBuilder, NullBuilder, RecordBatch,
    StringBuilder,
};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType};

use parquet::schema::types::ColumnPath;

use super::format::ParquetProfile;
use super::table::{ShapeColumn, TableShape};
use super::text_builder::TextBuilder;
use crate::error::{Error, Result};
use crate::model::ColumnType;
use crate::model::elements::{element_texts, uuid_text};
use crate::model::text_form::array::{elements, push_array};
use crate::model::text_form::exact;

/// The name of a list's elements, as the Parquet format asks for (`LogicalTypes.md`, "Lists").
const ELEMENT: &str = "element";

/// Between what rows are worked on as and what a file holds.
#[derive(Clone, Debug)]
pub struct StoredForm {
    types: Vec<ColumnType>,
    schema: SchemaRef,
    profile: ParquetProfile,
}

impl StoredForm {
    /// The form of a table's files.
    pub fn new(shape: &TableShape, profile: ParquetProfile) -> Self {
        let fields: Vec<Field> = shape.columns.iter().map(|column| field(column, profile)).collect();
        let types = shape.columns.iter().map(|column| column.ty.clone()).collect();
        Self { types, schema: Arc::new(Schema::new(fields)), profile }
    }

    /// The schema of the files.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Whether any column is held otherwise than it is worked on.
    pub fn differs(&self) -> bool {
        self.types.iter().zip(self.schema.fields()).any(|(ty, field)| ty.data_type() != *field.data_type())
    }

    /// A block as the file holds it.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`]: a value that is none of its column's type.
    pub fn block(&self, block: &RecordBatch) -> Result<RecordBatch> {
        let columns = block.columns().iter().enumerate().map(|(at, array)| self.store(at, array));
        let columns = columns.collect::<Result<Vec<_>, String>>().map_err(Error::internal)?;
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }

    fn store(&self, at: usize, array: &ArrayRef) -> Result<ArrayRef, String> {
        match (&self.types[at], self.profile) {
            (ColumnType::Uuid, ParquetProfile::Spark) => Ok(uuids_to_text(array)),
            (ColumnType::DateTime, _) => Ok(Arc::new(
                array.as_primitive::<TimestampMicrosecondType>().clone().with_timezone_opt::<&str>(None),
            )),
            (ColumnType::Array { element }, profile) => text_to_lists(array, element_form(element, profile)),
            _ => Ok(array.clone()),
        }
    }
}

/// Where a column's values stand in a Parquet file.
pub fn leaf(column: &ShapeColumn) -> ColumnPath {
    let mut path = vec![column.name.clone()];
    if matches!(column.ty, ColumnType::Array { .. }) {
        path.extend(["list".to_owned(), ELEMENT.to_owned()]);
    }
    ColumnPath::from(path)
}

fn field(column: &ShapeColumn, profile: ParquetProfile) -> Field {
    let plain = |data_type: DataType| Field::new(&column.name, data_type, column.nullable);
    match (&column.ty, profile) {
        (ColumnType::Uuid | ColumnType::Json, ParquetProfile::Spark) => plain(DataType::Utf8),
        (ColumnType::Json, ParquetProfile::Standard) => {
            plain(DataType::Utf8).with_extension_type(arrow_schema::extension::Json::default())
        }
        (ColumnType::DateTime, _) => plain(DataType::Timestamp(TimeUnit::Microsecond, None)),
        (ColumnType::Array { element }, profile) => {
            plain(DataType::List(element_field(element_form(element, profile))))
        }
        (ty, _) => ty.field(&column.name, column.nullable),
    }
}

/// The type of an array's lists in a file; that of text for what is no array.
pub fn list_type(ty: &ColumnType) -> DataType {
    match ty {
        ColumnType::Array { element } => DataType::List(element_field(element)),
        ty => ty.data_type(),
    }
}

/// What a file holds an element as.
const fn element_form(element: &ColumnType, profile: ParquetProfile) -> &ColumnType {
    match (element, profile) {
        (ColumnType::Uuid, ParquetProfile::Spark) => &ColumnType::Text,
        (element, _) => element,
    }
}

fn element_field(element: &ColumnType) -> FieldRef {
    Arc::new(element.field(ELEMENT, true))
}

/// What a file holds of a column, as rows are worked on.
///
/// # Errors
///
/// Names the first value that is none of the type.
pub fn restore(array: &ArrayRef, ty: &ColumnType) -> Result<ArrayRef, String> {
    match (ty, array.data_type()) {
        (ColumnType::Uuid, DataType::Utf8) => text_to_uuids(array),
        (ColumnType::DateTime, DataType::Timestamp(..)) => {
            Ok(Arc::new(array.as_primitive::<TimestampMicrosecondType>().clone().with_timezone("UTC")))
        }
        (ColumnType::Array { element }, DataType::List(field)) => {
            let is_text = *field.data_type() == DataType::Utf8;
            lists_to_text(array.as_list(), if is_text { &ColumnType::Text } else { element })
        }
        _ => Ok(array.clone()),
    }
}

/// Whether a file's column of that type can be [restored](restore).
pub fn is_form_of(stored: &DataType, ty: &ColumnType) -> bool {
    match (ty, stored) {
        (ColumnType::Uuid, DataType::Utf8) => true,
        (ColumnType::DateTime, DataType::Timestamp(unit, None)) => *unit == TimeUnit::Microsecond,
        (ColumnType::DateTime, _) => false,
        (ColumnType::Array { element }, DataType::List(field)) => is_form_of(field.data_type(), element),
        (ColumnType::Array { .. }, _) => false,
        (ty, stored) => *stored == ty.data_type(),
    }
}

fn uuids_to_text(array: &ArrayRef) -> ArrayRef {
    let mut text = StringBuilder::with_capacity(array.len(), 36 * array.len());
    for uuid in array.as_fixed_size_binary().iter() {
        text.append_option(uuid.map(uuid_text));
    }
    Arc::new(text.finish())
}

fn text_to_uuids(array: &ArrayRef) -> Result<ArrayRef, String> {
    let mut uuids = FixedSizeBinaryBuilder::with_capacity(array.len(), 16);
    for text in array.as_string::<i32>() {
        match text {
            None => uuids.append_null(),
            Some(text) => {
                let bytes = exact::uuid(text.as_bytes()).ok_or_else(|| format!("`{text}` is no uuid"))?;
                uuids.append_value(bytes).expect("a UUID has 16 bytes");
            }
        }
    }
    Ok(Arc::new(uuids.finish()))
}

fn text_to_lists(array: &ArrayRef, element: &ColumnType) -> Result<ArrayRef, String> {
    let mut values = Vec::new();
    let mut lists = ListBuilder::new(NullBuilder::new());
    for text in array.as_string::<i32>() {
        let Some(text) = text else {
            lists.append_null();
            continue;
        };
        let found = elements(text).ok_or_else(|| format!("`{text}` is no array"))?;
        lists.values().append_nulls(found.len());
        lists.append(true);
        values.extend(found);
    }
    let (_, offsets, _, nulls) = lists.finish().into_parts();
    let values = element_array(&values, element)?;
    let lists = ListArray::try_new(element_field(element), offsets, values, nulls);
    Ok(Arc::new(lists.map_err(|error| error.to_string())?))
}

/// Elements from Postgres' texts of them.
///
/// # Errors
///
/// Names the first that is not of the type.
pub fn element_array(texts: &[Option<String>], element: &ColumnType) -> Result<ArrayRef, String> {
    let mut builder = TextBuilder::new(element);
    for text in texts {
        match text {
            None => builder.push_null(),
            Some(text) => {
                builder
                    .push(text.as_bytes())
                    .ok_or_else(|| format!("the element `{text}` is no {element}"))?;
            }
        }
    }
    Ok(builder.finish())
}

fn lists_to_text(lists: &ListArray, element: &ColumnType) -> Result<ArrayRef, String> {
    let texts = element_texts(lists.values(), element);
    let mut out = StringBuilder::with_capacity(lists.len(), 16 * lists.len());
    let mut buffer = Vec::new();
    for (row, ends) in lists.value_offsets().windows(2).enumerate() {
        if lists.is_null(row) {
            out.append_null();
            continue;
        }
        buffer.clear();
        let range = ends[0] as usize..ends[1] as usize;
        push_array(&mut buffer, texts[range].iter().map(|text| text.as_deref().map(str::as_bytes)));
        out.append_value(str::from_utf8(&buffer).expect("elements are texts"));
    }
    Ok(Arc::new(out.finish()))
}
