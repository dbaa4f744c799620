//! [`TableShape`]: the columns that an entity's files have.

use arrow::datatypes::SchemaRef;
use serde::{Deserialize, Serialize};

use crate::model::ColumnDefault;
use crate::model::column_type::ColumnType;

/// One written table: its entity and its columns in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableShape {
    /// The entity's name.
    pub entity: String,
    /// The columns, in the order of the file.
    pub columns: Vec<ShapeColumn>,
}

/// One written column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShapeColumn {
    /// The column's name.
    pub name: String,
    /// What it holds.
    pub ty: ColumnType,
    /// Whether NULL may stand in it.
    #[serde(default)]
    pub nullable: bool,
    /// Whether no value stands in it twice.
    #[serde(default)]
    pub unique: bool,
    /// Whether it is one of several columns that are the primary key together.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub key_part: bool,
    /// Whether its values repeat so much that a dictionary pays: declared, never measured, because the bytes of
    /// a file may not depend on a look at the data.
    #[serde(default)]
    pub low_cardinality: bool,
    /// What a database puts where an application names no value. The files know nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<ColumnDefault>,
}

impl ShapeColumn {
    /// A column that is neither nullable nor unique nor of low cardinality.
    pub fn new(name: impl Into<String>, ty: ColumnType) -> Self {
        Self {
            name: name.into(),
            ty,
            nullable: false,
            unique: false,
            key_part: false,
            low_cardinality: false,
            default: None,
        }
    }

    /// The same column, with NULL allowed.
    pub fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// The same column, with a dictionary where the format has one.
    pub fn low_cardinality(self) -> Self {
        Self { low_cardinality: true, ..self }
    }
}

impl TableShape {
    /// The Arrow schema of the table's record batches.
    pub fn schema(&self) -> SchemaRef {
        ColumnType::schema(
            self.columns.iter().map(|column| (column.name.as_str(), &column.ty, column.nullable)),
        )
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&ShapeColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> TableShape {
        TableShape {
            entity: "users".into(),
            columns: vec![
                ShapeColumn::new("id", ColumnType::Uuid),
                ShapeColumn::new("price", ColumnType::Decimal { precision: 9, scale: 2 }).nullable(),
                ShapeColumn::new("kind", ColumnType::Enum { values: vec!["A".into(), "B".into()] })
                    .low_cardinality(),
            ],
        }
    }

    #[test]
    fn the_schema_keeps_order_types_and_nullability() {
        let schema = shape().schema();
        let fields: Vec<_> = schema.fields().iter().map(|f| (f.name().as_str(), f.is_nullable())).collect();
        assert_eq!(fields, [("id", false), ("price", true), ("kind", false)]);
        assert_eq!(schema.field(1).data_type(), &arrow::datatypes::DataType::Decimal128(9, 2));
        assert_eq!(schema.field(0).extension_type_name(), Some("arrow.uuid"));
    }

    #[test]
    fn a_shape_survives_json() {
        let json = serde_json::to_string(&shape()).unwrap();
        assert_eq!(serde_json::from_str::<TableShape>(&json).unwrap(), shape());
    }
}
