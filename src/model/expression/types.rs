//! [`Typing`]: the names of types in casts and typed literals.

use sqlparser::ast::{DataType, ExactNumberInfo as Info};

use super::ast::Node;
use super::coerce::{decimal_type, node_digits};
use super::typing::Typing;
use crate::model::column_type::ColumnType;

impl Typing<'_> {
    /// The target of a cast; `numeric` without a scale keeps the operand's digits.
    pub(super) fn cast_type(&mut self, data_type: &DataType, operand: Option<&Node>) -> Option<ColumnType> {
        match (data_type, operand.and_then(node_digits)) {
            (DataType::Numeric(Info::None) | DataType::Decimal(Info::None), Some((whole, scale))) => {
                Some(decimal_type(whole, scale))
            }
            _ => self.data_type(data_type),
        }
    }

    /// A type by its SQL name.
    pub(super) fn data_type(&mut self, data_type: &DataType) -> Option<ColumnType> {
        let ty = match data_type {
            DataType::Uuid => ColumnType::Uuid,
            DataType::Text
            | DataType::Varchar(None)
            | DataType::CharacterVarying(None)
            | DataType::CharVarying(None) => ColumnType::Text,
            DataType::Int(None) | DataType::Integer(None) | DataType::Int4(None) => ColumnType::Integer,
            DataType::BigInt(None) | DataType::Int8(None) => ColumnType::BigInteger,
            DataType::Float(Info::None)
            | DataType::DoublePrecision
            | DataType::Double(Info::None)
            | DataType::Float8 => ColumnType::Float,
            DataType::Boolean | DataType::Bool => ColumnType::Boolean,
            DataType::Date => ColumnType::Date,
            DataType::Timestamp(None, _) => ColumnType::Timestamp,
            DataType::Interval { fields: None, precision: None } => ColumnType::Interval,
            DataType::Numeric(info) | DataType::Decimal(info) => return self.decimal_type(info),
            other => {
                return self.fail(
                    format!("the type {other} is not possible here"),
                    "types are text, integer, bigint, float, decimal(p,s), boolean, timestamp, date, uuid; \
                     shorten texts with left(x, n)",
                );
            }
        };
        Some(ty)
    }

    fn decimal_type(&mut self, info: &Info) -> Option<ColumnType> {
        let (precision, scale) = match info {
            Info::PrecisionAndScale(precision, scale) => (*precision, *scale),
            Info::Precision(precision) => (*precision, 0),
            Info::None => return self.fail("the decimal needs its digits", "write decimal(12,2)"),
        };
        if (1..=38).contains(&precision) && (0..=precision as i64).contains(&scale) {
            return Some(ColumnType::Decimal { precision: precision as u8, scale: scale as i8 });
        }
        self.fail("a decimal has 1 to 38 digits, of which the scale is a part", "write decimal(12,2)")
    }
}
