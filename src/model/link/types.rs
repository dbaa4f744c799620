//! Types of columns: how `type:` spells them, and whether a strategy makes values of them.

use super::strategies::Made;
use super::{ColumnType, Linker, Strategy};
use crate::model::diagnostics::did_you_mean;
use crate::model::fields;
use crate::model::yaml::{Node, Place};

impl Linker<'_, '_> {
    /// The type that a `type:` names.
    pub(super) fn column_type(&mut self, node: &Node) -> Option<ColumnType> {
        if let Some(values) = node.get("enum") {
            let values = super::texts(values, self.diagnostics);
            return (!values.is_empty()).then_some(ColumnType::Enum { values });
        }
        let text = fields::text(node, "`type`", self.diagnostics)?;
        let ty = match text {
            "uuid" => ColumnType::Uuid,
            "text" => ColumnType::Text,
            "integer" => ColumnType::Integer,
            "bigint" => ColumnType::BigInteger,
            "float" => ColumnType::Float,
            "boolean" => ColumnType::Boolean,
            "timestamp" => ColumnType::Timestamp,
            "date" => ColumnType::Date,
            _ => match decimal(text) {
                Some(ty) => ty,
                None => {
                    let known = [
                        "uuid",
                        "text",
                        "integer",
                        "bigint",
                        "float",
                        "boolean",
                        "timestamp",
                        "date",
                        "decimal(10,2)",
                    ];
                    let hint = did_you_mean(text, known).map_or_else(
                        || format!("one of: {}, {{enum: [A, B]}}", known.join(", ")),
                        |meant| format!("did you mean `{meant}`?"),
                    );
                    self.error(node.place, format!("there is no type `{text}`"), hint);
                    return None;
                }
            },
        };
        Some(ty)
    }

    /// Gives a column its declared type, if the strategy makes values of it.
    pub(super) fn settle_type(&mut self, made: &mut Made, declared: ColumnType, place: Place) -> Option<()> {
        let is_integer = |ty: &ColumnType| matches!(ty, ColumnType::Integer | ColumnType::BigInteger);
        let fits = match (&made.strategy, &declared, &made.ty) {
            // These made their values of the declared type.
            (
                Strategy::Constant(_)
                | Strategy::Pool(_)
                | Strategy::Law { .. }
                | Strategy::Expression(_)
                | Strategy::Switch { .. },
                ..,
            ) => true,
            (
                Strategy::Aggregate { .. },
                ColumnType::Decimal { scale, .. },
                ColumnType::Decimal { scale: natural, .. },
            ) => scale == natural,
            (Strategy::Aggregate { .. }, declared, natural) => {
                declared == natural || is_integer(declared) && is_integer(natural)
            }
            (_, declared, natural) => declared == natural,
        };
        if !fits {
            self.error(
                place,
                format!("the values are of type {}, not {declared}", made.ty),
                "drop `type`, or cast a hidden column in an expression such as \"name::text\"",
            );
            return None;
        }
        made.ty = declared;
        Some(())
    }
}

/// `decimal(10,2)`.
fn decimal(text: &str) -> Option<ColumnType> {
    let inner = text.strip_prefix("decimal(")?.strip_suffix(')')?;
    let (precision, scale) = inner.split_once(',')?;
    let (precision, scale) = (precision.trim().parse::<u8>().ok()?, scale.trim().parse::<i8>().ok()?);
    ((1..=38).contains(&precision) && scale >= 0 && scale as u8 <= precision)
        .then_some(ColumnType::Decimal { precision, scale })
}
