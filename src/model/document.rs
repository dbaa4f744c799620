//! [`Document`]: what a JSON column is made of.

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use serde::Serialize;
use serde_json::Value;

use super::text_form::json::{key_order, push_key, push_number, push_separator, push_string};
use super::text_form::write;
use super::{BoundExpression, ColumnId, ColumnType, Entity, Source, Strategy};

/// A document, or a part of one.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Document {
    /// JSON's null.
    Null,
    /// A value of the row.
    Value(BoundExpression),
    /// A column that expressions do not read as it is: a document, an array, a time without zone.
    Column(Source, ColumnType),
    /// Members in the order that `jsonb` keeps them in.
    Object(Vec<(String, Document)>),
    /// Elements in order.
    List(Vec<Document>),
}

/// A step from a document into one of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a member.
    Member(String),
    /// Into an element.
    Element(usize),
}

impl Document {
    /// An object, its members in their order.
    pub fn object(mut members: Vec<(String, Self)>) -> Self {
        members.sort_by(|one, other| key_order(&one.0, &other.0));
        Self::Object(members)
    }

    /// The leaves that read the row, in the order of the text.
    pub fn leaves(&self) -> Vec<&Self> {
        match self {
            Self::Null => Vec::new(),
            Self::Value(_) | Self::Column(..) => vec![self],
            Self::Object(members) => members.iter().flat_map(|(_, part)| part.leaves()).collect(),
            Self::List(parts) => parts.iter().flat_map(Self::leaves).collect(),
        }
    }

    /// What a leaf reads.
    pub fn sources(&self) -> &[Source] {
        match self {
            Self::Value(bound) => &bound.sources,
            Self::Column(source, _) => std::slice::from_ref(source),
            Self::Null | Self::Object(_) | Self::List(_) => &[],
        }
    }

    /// The documents of rows, from the arrays of the leaves.
    pub fn texts(&self, leaves: &[ArrayRef], rows: usize) -> StringArray {
        let mut texts = StringBuilder::with_capacity(rows, 64 * rows);
        let mut out = Vec::new();
        for row in 0..rows {
            out.clear();
            self.push(&mut out, &mut leaves.iter(), row);
            texts.append_value(str::from_utf8(&out).expect("a document of texts is UTF-8"));
        }
        texts.finish()
    }

    fn push<'a>(&self, out: &mut Vec<u8>, leaves: &mut impl Iterator<Item = &'a ArrayRef>, row: usize) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Value(bound) => {
                if let Some(array) = leaves.next() {
                    push_value(out, array, &bound.expression.ty, row);
                }
            }
            Self::Column(_, ty) => {
                if let Some(array) = leaves.next() {
                    push_value(out, array, ty, row);
                }
            }
            Self::Object(members) => {
                out.push(b'{');
                for (at, (key, part)) in members.iter().enumerate() {
                    push_separator(out, at);
                    push_key(out, key);
                    part.push(out, leaves, row);
                }
                out.push(b'}');
            }
            Self::List(parts) => {
                out.push(b'[');
                for (at, part) in parts.iter().enumerate() {
                    push_separator(out, at);
                    part.push(out, leaves, row);
                }
                out.push(b']');
            }
        }
    }

    /// The way to the part that is a column of the same row, and nothing else.
    fn path_to(&self, column: ColumnId) -> Option<Vec<Step>> {
        let within = |step: Step, part: &Self| {
            let mut path = part.path_to(column)?;
            path.insert(0, step);
            Some(path)
        };
        match self {
            Self::Value(bound) => {
                let is_it = bound.sources == [Source::Own(column)] && bound.expression.is_symbol();
                is_it.then(Vec::new)
            }
            Self::Column(source, _) => (*source == Source::Own(column)).then(Vec::new),
            Self::Object(members) => {
                members.iter().find_map(|(key, part)| within(Step::Member(key.clone()), part))
            }
            Self::List(parts) => {
                parts.iter().enumerate().find_map(|(at, part)| within(Step::Element(at), part))
            }
            Self::Null => None,
        }
    }
}

/// The visible document that holds a column's values, and where in it.
pub fn holder(entity: &Entity, column: ColumnId) -> Option<(ColumnId, Vec<Step>)> {
    entity.visible().find_map(|(id, declared)| match &declared.strategy {
        Strategy::Json(document) if declared.when.is_none() && declared.null_share == 0.0 => {
            Some((id, document.path_to(column)?))
        }
        _ => None,
    })
}

/// The text of a part of a document, as CSV would have it; nothing for JSON's null or where there is no such part.
pub fn part_text(document: &Value, path: &[Step]) -> Option<String> {
    let part = path.iter().try_fold(document, |part, step| match step {
        Step::Member(key) => part.get(key),
        Step::Element(at) => part.get(at),
    })?;
    match part {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Appends a value as JSON. Numbers are numbers, decimals with all their places; times are text in RFC 3339.
fn push_value(out: &mut Vec<u8>, array: &ArrayRef, ty: &ColumnType, row: usize) {
    if array.is_null(row) {
        out.extend_from_slice(b"null");
        return;
    }
    let quoted = |out: &mut Vec<u8>, push: &dyn Fn(&mut Vec<u8>)| {
        out.push(b'"');
        push(out);
        out.push(b'"');
    };
    match ty {
        ColumnType::Text | ColumnType::Enum { .. } => push_string(out, array.as_string::<i32>().value(row)),
        ColumnType::Integer => write::push_integer(out, array.as_primitive::<Int32Type>().value(row).into()),
        ColumnType::BigInteger => write::push_integer(out, array.as_primitive::<Int64Type>().value(row)),
        ColumnType::Float => push_number(out, array.as_primitive::<Float64Type>().value(row)),
        ColumnType::Decimal { scale, .. } => {
            write::push_decimal(out, array.as_primitive::<Decimal128Type>().value(row), *scale);
        }
        ColumnType::Boolean => write::push_boolean(out, array.as_boolean().value(row)),
        ColumnType::Uuid => quoted(out, &|out| {
            let bytes = array.as_fixed_size_binary().value(row);
            write::push_uuid(out, bytes.try_into().expect("a UUID has 16 bytes"));
        }),
        ColumnType::Timestamp | ColumnType::DateTime => quoted(out, &|out| {
            let time = array.as_primitive::<TimestampMicrosecondType>().value(row);
            let text = write::text(|out| write::push_postgres_datetime(out, time)).replacen(' ', "T", 1);
            out.extend_from_slice(text.as_bytes());
            out.extend_from_slice(if *ty == ColumnType::Timestamp { b"Z" } else { b"" });
        }),
        ColumnType::Date => quoted(out, &|out| {
            write::push_date(out, array.as_primitive::<Date32Type>().value(row));
        }),
        ColumnType::Json => out.extend_from_slice(array.as_string::<i32>().value(row).as_bytes()),
        ColumnType::Array { element } => push_list(out, array.as_string::<i32>().value(row), element),
        ColumnType::Interval => unreachable!("an interval is no column"),
    }
}

/// Appends an array's elements: numbers and truth values as such, all else as text.
fn push_list(out: &mut Vec<u8>, text: &str, element: &ColumnType) {
    out.push(b'[');
    for (at, value) in super::text_form::array::elements(text).into_iter().flatten().enumerate() {
        push_separator(out, at);
        match (value, element) {
            (None, _) => out.extend_from_slice(b"null"),
            (Some(text), ColumnType::Integer | ColumnType::BigInteger) => {
                out.extend_from_slice(text.as_bytes())
            }
            (Some(text), ColumnType::Float) => push_number(out, text.parse().unwrap_or(f64::NAN)),
            (Some(text), ColumnType::Boolean) => {
                out.extend_from_slice(if text == "t" { b"true" } else { b"false" });
            }
            (Some(text), _) => push_string(out, &text),
        }
    }
    out.push(b']');
}
