//! [`uniform`] and [`weighted`], that is `seed_pool` and `seed_pool_weighted`: values of the seed's records.

use super::{Draft, Field, Scope, zipf};
use crate::model::diagnostics::Diagnostics;
use crate::model::dialect::seeds::infer;
use crate::model::yaml::{Node, Place, Value};

/// Every record as likely as every other.
pub fn uniform(scope: &Scope<'_>, field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<Draft> {
    drawn(scope, field, None, diagnostics)
}

/// Values ranked by how often the records have them, or uniform.
pub fn weighted(scope: &Scope<'_>, field: &Field<'_>, diagnostics: &mut Diagnostics) -> Option<Draft> {
    let exponent = zipf(&field.fields, "zipf", diagnostics)?;
    drawn(scope, field, exponent, diagnostics)
}

fn drawn(
    scope: &Scope<'_>,
    field: &Field<'_>,
    zipf: Option<Node>,
    diagnostics: &mut Diagnostics,
) -> Option<Draft> {
    let name = &field.name.text;
    let values = values(scope, name, name, field.name.place, diagnostics)?;
    let null = values.iter().find(|value| matches!(value.value, Value::Null)).map(|value| value.place);
    let inferred = Some(infer(&values).to_owned());
    Some(Draft { inferred, null, ..Draft::of("pool", native(field.fields.place, values, zipf)) })
}

/// The pool of that name; where there is none, that is an error at `place`.
pub fn values(
    scope: &Scope<'_>,
    name: &str,
    near: &str,
    place: Place,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Node>> {
    let Some(seed) = &scope.source.seed else {
        let message = format!("`{name}` draws from a pool, but `{}` has no seed file", scope.source.name);
        diagnostics.error(
            place,
            message,
            format!("add `seed_file: ../seeds/{}_seed.yaml`", scope.source.name),
        );
        return None;
    };
    match seed.pool(name, near) {
        Ok(values) => Some(values),
        Err((message, hint)) => {
            diagnostics.error(place, message, hint);
            None
        }
    }
}

/// The native pool.
pub fn native(place: Place, values: Vec<Node>, zipf: Option<Node>) -> Node {
    let entries = [("values", Node::list(place, values))].into_iter().chain(zipf.map(|zipf| ("zipf", zipf)));
    Node::map(place, entries)
}
