//! Types of columns: how `type:` spells them, and whether a strategy makes values of them.

use super::strategies::Made;
use super::{ColumnType, Linker, Strategy};
use crate::model::diagnostics::did_you_mean;
use crate::model::expression::{Kind, Literal as Constant, Node as Tree};
use crate::model::fields::{self, Fields};
use crate::model::habits;
use crate::model::language::TYPES;
use crate::model::yaml::{Node, Place, Value};

impl Linker<'_, '_> {
    /// The type that a `type:` names.
    pub(super) fn column_type(&mut self, node: &Node) -> Option<ColumnType> {
        if let Value::Map(_) = &node.value {
            return self.type_with_parts(node);
        }
        let text = fields::text(node, "`type`", self.diagnostics)?;
        let plain = ColumnType::PLAIN.into_iter().find(|ty| ty.to_string() == text);
        let found = plain.or_else(|| decimal(text));
        if found.is_none() {
            let known = || TYPES.iter().filter(|ty| !ty.has_parts()).map(|ty| ty.name);
            let hint = did_you_mean(text, known()).map_or_else(
                || {
                    let known: Vec<&str> = known().collect();
                    format!("one of: {}, {{enum: [A, B]}}, {{array: text}}", known.join(", "))
                },
                |meant| format!("did you mean `{meant}`?"),
            );
            let hint = habits::column_type(text).map_or(hint, |ours| format!("did you mean `{ours}`?"));
            let hint = match text.starts_with("decimal") {
                true => "a decimal has 1 to 38 digits in all: decimal(10,2)".to_owned(),
                false => hint,
            };
            self.error(node.place, format!("there is no type `{text}`"), hint);
        }
        found
    }

    /// `{enum: [A, B]}` or `{array: text}`.
    fn type_with_parts(&mut self, node: &Node) -> Option<ColumnType> {
        let mut fields = Fields::of(node, "`type`", self.diagnostics)?;
        let (values, element) = (fields.take("enum"), fields.take("array"));
        let ty = match (values, element) {
            (Some(values), None) => self.enumeration(values),
            (None, Some(element)) => self.array_type(element),
            (None, None) | (Some(_), Some(_)) => {
                let hint = "such as {enum: [A, B]} or {array: text}";
                self.error(node.place, "a type is a name, an `enum` or an `array`", hint);
                None
            }
        };
        fields.finish("`type`", self.diagnostics);
        ty
    }

    /// `{array: text}`.
    fn array_type(&mut self, node: &Node) -> Option<ColumnType> {
        let element = self.column_type(node)?;
        if !ColumnType::ELEMENTS.contains(&element) {
            let known: Vec<String> = ColumnType::ELEMENTS.iter().map(ToString::to_string).collect();
            self.error(
                node.place,
                format!("there are no arrays of {element}"),
                format!("of: {}", known.join(", ")),
            );
            return None;
        }
        Some(ColumnType::Array { element: Box::new(element) })
    }

    fn enumeration(&mut self, node: &Node) -> Option<ColumnType> {
        let values = super::texts(node, self.diagnostics);
        if values.is_empty() {
            self.error(node.place, "an enum has at least one value", "such as {enum: [A, B]}");
            return None;
        }
        if let Some((_, twice)) = values.iter().enumerate().find(|(at, value)| values[..*at].contains(value))
        {
            self.error(node.place, format!("the value `{twice}` stands twice"), "keep one of them");
            return None;
        }
        Some(ColumnType::Enum { values })
    }

    /// Reports the texts that an expression may come to and an enum has not.
    pub(super) fn within_enum(&mut self, node: &Tree, ty: &ColumnType, place: Place) -> Option<()> {
        let ColumnType::Enum { values } = ty else { return Some(()) };
        let mut texts = Vec::new();
        results(node, &mut texts);
        let Some(strange) = texts.into_iter().find(|text| !values.iter().any(|value| value == text)) else {
            return Some(());
        };
        self.error(
            place,
            format!("`{strange}` is no value of the enum"),
            format!("its values are: {}", values.join(", ")),
        );
        None
    }

    /// Gives a column its declared type, if the strategy makes values of it.
    pub(super) fn settle_type(&mut self, made: &mut Made, declared: ColumnType, place: Place) -> Option<()> {
        let is_integer = |ty: &ColumnType| matches!(ty, ColumnType::Integer | ColumnType::BigInteger);
        let fits = match (&made.strategy, &declared, &made.ty) {
            // These made their values of the declared type.
            (
                Strategy::Constant(_)
                | Strategy::Pool(_)
                | Strategy::Field { .. }
                | Strategy::Law { .. }
                | Strategy::Expression(_)
                | Strategy::Switch { .. },
                ..,
            ) => true,
            (
                Strategy::Aggregate { .. } | Strategy::RunningSum { .. },
                ColumnType::Decimal { scale, .. },
                ColumnType::Decimal { scale: natural, .. },
            ) => scale == natural,
            (
                _,
                ColumnType::Timestamp | ColumnType::DateTime,
                ColumnType::Timestamp | ColumnType::DateTime,
            ) => true,
            (Strategy::Aggregate { .. } | Strategy::RunningSum { .. }, declared, natural) => {
                declared == natural || is_integer(declared) && is_integer(natural)
            }
            (_, declared, natural) => declared == natural,
        };
        if !fits {
            let hint = match &declared {
                ColumnType::Enum { .. } => {
                    "texts of an enum are made by `choice`, `pool` or an expression".to_owned()
                }
                declared => {
                    format!("drop `type`, or cast a hidden column in an expression: \"hidden::{declared}\"")
                }
            };
            self.error(place, format!("the values are of type {}, not {declared}", made.ty), hint);
            return None;
        }
        made.ty = declared;
        Some(())
    }
}

/// The literal texts among what an expression may come to.
pub(super) fn results<'t>(node: &'t Tree, texts: &mut Vec<&'t str>) {
    match &node.written().kind {
        Kind::Literal(Constant::Text(text)) => texts.push(text),
        Kind::Case { branches, otherwise } => {
            branches
                .iter()
                .map(|branch| &branch.result)
                .chain(otherwise.as_deref())
                .for_each(|node| results(node, texts));
        }
        _ => {}
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
