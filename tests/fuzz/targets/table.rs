//! [`columns`]: a table with a column of every type, NULLs and the ends of every type's range, for expressions.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float64Array, Int32Array,
    Int64Array, StringArray, TimestampMicrosecondArray,
};
use seedmill::model::column_type::ColumnType;
use seedmill::model::expression::{Aggregate, Literal, Resolved, Scope};

/// Rows of the table.
pub const ROWS: usize = 5;

/// A column of the table.
pub type Column = (&'static str, ColumnType, ArrayRef);

/// The columns, by name. The last stands for an aggregate.
pub fn columns() -> Vec<Column> {
    let decimal = |precision, scale, values: [Option<i128>; ROWS]| {
        let ty = ColumnType::Decimal { precision, scale };
        let array = Decimal128Array::from(values.to_vec()).with_data_type(ty.data_type());
        (ty, Arc::new(array) as ArrayRef)
    };
    let times = |ty: &ColumnType, values: [Option<i64>; ROWS]| {
        let array = TimestampMicrosecondArray::from(values.to_vec()).with_data_type(ty.data_type());
        Arc::new(array) as ArrayRef
    };
    let texts =
        |values: [Option<&'static str>; ROWS]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let (price, prices) = decimal(10, 2, [Some(9_999_999_999), Some(-250), Some(0), None, Some(1_999)]);
    let (wide, widest) =
        decimal(38, 10, [Some(10_i128.pow(38) - 1), Some(-1), None, Some(0), Some(1 - 10_i128.pow(38))]);
    let kind = ColumnType::Enum { values: ["TEXT", "IMAGE", "VIDEO"].map(str::to_owned).to_vec() };
    let ends = [
        Some(-62_135_596_800_000_000),
        Some(253_402_300_799_999_999),
        Some(-1),
        None,
        Some(1_753_710_330_123_456),
    ];
    let uuids = [Some([0_u8; 16]), Some([255; 16]), Some([7; 16]), None, Some([8; 16])];
    let uuids =
        FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids.into_iter(), 16).expect("16 bytes");
    vec![
        (
            "i",
            ColumnType::Integer,
            Arc::new(Int32Array::from(vec![Some(i32::MIN), Some(i32::MAX), Some(-1), None, Some(7)])),
        ),
        ("j", ColumnType::Integer, Arc::new(Int32Array::from(vec![2, 3, -4, 0, -1]))),
        (
            "b",
            ColumnType::BigInteger,
            Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(i64::MAX), Some(0), None, Some(-5)])),
        ),
        ("d", price, prices),
        ("e", wide, widest),
        (
            "f",
            ColumnType::Float,
            Arc::new(Float64Array::from(vec![Some(f64::MAX), Some(-0.0), Some(5e-324), None, Some(-1.5)])),
        ),
        (
            "s",
            ColumnType::Text,
            texts([Some("12"), Some("İßǅﬁ x\\"), Some(""), None, Some("2024-02-29 24:00")]),
        ),
        ("p", ColumnType::Text, texts([Some("%_2"), Some("\\%"), Some("x\\"), None, Some("-1.5e1")])),
        ("ts", ColumnType::Timestamp, times(&ColumnType::Timestamp, ends)),
        ("tt", ColumnType::DateTime, times(&ColumnType::DateTime, ends)),
        (
            "dt",
            ColumnType::Date,
            Arc::new(Date32Array::from(vec![Some(-719_162), Some(2_932_896), Some(-1), None, Some(0)])),
        ),
        (
            "ok",
            ColumnType::Boolean,
            Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, None, Some(true)])),
        ),
        ("kind", kind, texts([Some("TEXT"), Some("IMAGE"), Some("VIDEO"), None, Some("TEXT")])),
        ("u", ColumnType::Uuid, Arc::new(uuids)),
        ("count", ColumnType::BigInteger, Arc::new(Int64Array::from(vec![0, 1, 2, 3, 4]))),
    ]
}

/// The table's columns by name, with or without `t.` before it.
pub struct Table<'a>(pub &'a [Column]);

impl Scope for Table<'_> {
    fn resolve(&mut self, qualifier: Option<&str>, name: &str) -> Result<Resolved, String> {
        let own = matches!(qualifier, None | Some("t")) && name != "count";
        let symbol =
            self.0.iter().position(|(known, ..)| own && *known == name).ok_or(format!("no column {name}"))?;
        Ok(Resolved { symbol, ty: self.0[symbol].1.clone(), nullable: true })
    }

    fn resolve_aggregate(
        &mut self,
        _: Aggregate,
        entity: Option<&str>,
        name: &str,
    ) -> Result<Resolved, String> {
        if (entity, name) != (None, "lines") {
            return Err("the only aggregate is count(lines)".to_owned());
        }
        Ok(Resolved { symbol: self.0.len() - 1, ty: ColumnType::BigInteger, nullable: false })
    }

    fn resolve_parameter(&mut self, path: &str) -> Result<Literal, String> {
        if path == "band.rows" { Ok(Literal::Integer(5_000)) } else { Err(format!("no ${path}")) }
    }
}
