//! Couplings of times: the mass of referenced rows by their time, and the law that keeps the order.

use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;

use super::engine::Engine;
use crate::columns::{Context, Rows};
use crate::error::{Error, Result};
use crate::model::{ColumnId, EntityId, Model, Pick, Shape, Source, Strategy};
use crate::random::Permutation;
use crate::resolve::coupling::{CELLS, Coupling};

/// Referenced rows evaluated at a time.
const CHUNK: u64 = 65_536;
/// A coupled law may move this far from the declared one (greatest distance of the cumulative functions).
const MOST_DEVIATION: f64 = 0.15;

/// The coupled columns, those first whose times others follow.
pub(super) fn order(model: &Model, mut coupled: Vec<(EntityId, ColumnId)>) -> Vec<(EntityId, ColumnId)> {
    let mut ordered: Vec<(EntityId, ColumnId)> = Vec::new();
    while !coupled.is_empty() {
        let ready = coupled.iter().position(|&(entity, column)| match bound(model, entity, column) {
            Some((_, target, time)) => !coupled.contains(&(target, time)),
            None => true,
        });
        // The linker has refused cycles, so that one is always ready.
        ordered.push(coupled.remove(ready.unwrap_or(0)));
    }
    ordered
}

/// The pick, the referenced entity and its time column.
fn bound(model: &Model, entity: EntityId, column: ColumnId) -> Option<(ColumnId, EntityId, ColumnId)> {
    match model.column(entity, column).strategy {
        Strategy::Range { not_before: Some(Source::Pointed { by, entity, column }), .. } => {
            Some((by, entity, column))
        }
        _ => None,
    }
}

/// Solves one coupling: reads the time of every row that can be referenced.
pub(super) fn solve(
    engine: &Engine<'_>,
    context: &Context<'_>,
    entity: EntityId,
    column: ColumnId,
) -> Result<Coupling> {
    let model = engine.model;
    let declared = model.column(entity, column);
    let name = format!("{}.{}", model.entity(entity).name, declared.name);
    let (Some((by, target, time)), Strategy::Range { from, to, shape, .. }) =
        (bound(model, entity, column), &declared.strategy)
    else {
        return Err(Error::internal(format!("`{name}` is not coupled")));
    };
    let refuse = |message: String, hint: &str| {
        Error::infeasible_column(&model.entity(entity).name, &declared.name, message, hint)
    };
    let count = model.root_rows(target);
    let pick = model.column(entity, by);
    let exponent = match &pick.strategy {
        Strategy::Pick(Pick::Zipf { exponent, .. }) => *exponent,
        Strategy::Pick(Pick::Uniform { .. } | Pick::Others { .. }) => 0.0,
        _ => {
            return Err(refuse(
                format!("`{name}` follows a reference that is neither uniform nor Zipf"),
                "drop `not_before`, or let the reference be {to: users.id} or {to: users.id, zipf: 1.2}",
            ));
        }
    };
    let scatter = Permutation::new(context.key(entity, &pick.name, "scatter"), count.max(1));
    let mut weights = vec![0.0; CELLS + 1];
    let mut first = 0;
    while first < count {
        let ranks = first..(first + CHUNK).min(count);
        first = ranks.end;
        let rows: Vec<u64> =
            ranks.clone().map(|rank| if exponent > 0.0 { scatter.apply(rank) } else { rank }).collect();
        let times = engine.elsewhere(target, Rows::scattered(rows), time)?;
        let times = times.as_primitive::<TimestampMicrosecondType>();
        for (rank, &time) in ranks.zip(times.values()) {
            if time >= *to {
                return Err(refuse(
                    format!("`{name}`: its range ends before a referenced row's time"),
                    "let the range end after the last time that may be referenced",
                ));
            }
            let position = (time - from) as f64 / (to - from) as f64;
            weights[Coupling::slot(position)] += libm::pow((rank + 1) as f64, -exponent);
        }
    }
    let cumulative = |x: f64| match shape {
        Shape::Rising => 1.0 - libm::sqrt((1.0 - x).max(0.0)),
        Shape::Uniform | Shape::Linear => x,
    };
    let coupling = Coupling::solve(&cumulative, &weights)
        .map_err(|message| refuse(format!("`{name}`: {message}"), ""))?;
    if coupling.deviation() > MOST_DEVIATION {
        return Err(refuse(
            format!(
                "`{name}` cannot keep its law: the nearest feasible one is {:.1} % away, at most {:.0} % are accepted",
                coupling.deviation() * 100.0,
                MOST_DEVIATION * 100.0
            ),
            "begin the range later, take shape: rising, or let the referenced rows be older",
        ));
    }
    Ok(coupling)
}
