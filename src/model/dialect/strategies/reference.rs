//! [`draft`] of `foreign_key_reference`: a row of another entity.

use super::{Draft, Field, Scope, zipf};
use crate::model::diagnostics::Diagnostics;
use crate::model::yaml::Node;

/// `{reference_file, reference_field, distribution, alpha}`; the key to a parent is the parent's.
pub fn draft(scope: &Scope<'_>, field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<Draft> {
    let fields = &field.fields;
    let exponent = zipf(fields, "uniform", diagnostics)?;
    // Without a link its mistake is already among the diagnostics.
    let link = scope.entity().link(&field.name.text)?;
    let place = fields.get("reference_field").map_or(fields.place, |node| node.place);
    if scope.entity().parent.as_ref().is_some_and(|parent| parent.column == link.column) {
        if let Some(exponent) = exponent {
            let message = format!(
                "`{}` is the key to the parent: `children` of the relationship spreads the rows, not a Zipf law",
                link.column
            );
            diagnostics.warning(exponent.place, message, "write `distribution: uniform`, or drop it");
        }
        return Some(Draft::of("parent", Node::plain(place, link.field.clone())));
    }
    let to = Node::plain(place, format!("{}.{}", scope.catalogue.entities[link.entity].name, link.field));
    let reference = match exponent {
        None => to,
        Some(exponent) => Node::map(fields.place, [("to", to), ("zipf", exponent)]),
    };
    Some(Draft::of("reference", reference))
}
