//! [`Resolution`]: what the declared laws come to for a band: solved parameters, exact totals, what yielded.
//!
//! It is a value of its own, written into the manifest: the judge measures against it and prints the
//! declared figure beside it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::laws::quantiles::QuantileCurve;
use crate::laws::ranked::RankedCounts;
use crate::laws::tables::{DiscreteTable, tilted};
use crate::laws::{Expect, Law};
use crate::model::{EntityId, FanOut, Model, Origin, RankedLaw};

pub mod coupling;
mod declaration;
pub mod outcomes;
pub mod ranks;
pub mod volumes;

use outcomes::Outcome;
use volumes::ResolvedVolumes;

/// A figure that was declared, and what it came to.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What it belongs to, such as `messages per conversations` or `users.age`.
    pub subject: String,
    /// The constraint in words.
    pub declared: String,
    /// The declared value, where it is a number.
    pub declared_value: f64,
    /// What it came to.
    pub resolved_value: f64,
    /// Whether the two agree.
    pub held: bool,
    /// Why it holds or yields.
    pub why: String,
}

/// The resolved laws of a model.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Resolution {
    /// Every figure that was declared and could yield.
    pub figures: Vec<Figure>,
    /// The solved curves, by the child's name.
    pub volumes: BTreeMap<String, ResolvedVolumes>,
    /// Couplings of times: column and how far the law had to move.
    pub couplings: BTreeMap<String, f64>,
    #[serde(skip)]
    counts: BTreeMap<EntityId, Counts>,
    #[serde(skip)]
    rows: BTreeMap<EntityId, u64>,
}

/// Sizes by rank, for an exact total.
#[derive(Clone, Debug)]
pub enum Counts {
    /// By a solved curve.
    Curve(RankedCounts<QuantileCurve>),
    /// By a tilted table.
    Table(RankedCounts<DiscreteTable>),
}

impl Counts {
    /// The size of the parent of a rank; rank 0 has the most.
    #[inline]
    pub fn size(&self, rank: u64) -> u64 {
        match self {
            Self::Curve(counts) => counts.size(rank),
            Self::Table(counts) => counts.size(rank),
        }
    }

    /// The number of ranks.
    pub fn count(&self) -> u64 {
        match self {
            Self::Curve(counts) => counts.count(),
            Self::Table(counts) => counts.count(),
        }
    }
}

impl Resolution {
    /// The sizes of a child with an exact total.
    pub fn counts(&self, entity: EntityId) -> Option<Counts> {
        self.counts.get(&entity).cloned()
    }

    /// The exact number of an entity's rows, where it follows from the declaration.
    pub fn rows(&self, entity: EntityId) -> Option<u64> {
        self.rows.get(&entity).copied()
    }

    /// Notes how far a coupled law of times had to move.
    pub fn add_coupling(&mut self, column: &str, deviation: f64) {
        self.couplings.insert(column.to_owned(), deviation);
        self.figures.push(Figure {
            subject: column.to_owned(),
            declared: "the law of its times".to_owned(),
            declared_value: 0.0,
            resolved_value: deviation,
            held: deviation < 0.01,
            why: format!(
                "no time lies before the referenced row's; the nearest feasible law is {:.2} % away (greatest distance of the cumulative functions)",
                deviation * 100.0
            ),
        });
    }
}

/// Resolves every law of a model.
///
/// # Errors
///
/// [`Error::Usage`] for totals and quantiles that no law can meet, with the nearest feasible value.
pub fn resolve(model: &Model) -> Result<Resolution> {
    let mut resolution = Resolution::default();
    for entity in model.families().into_iter().flatten() {
        resolve_rows(model, entity, &mut resolution)?;
    }
    for entity in &model.entities {
        for column in &entity.columns {
            if let crate::model::Strategy::Law { law, .. } = &column.strategy
                && !column.hidden
            {
                note_truncation(&format!("{}.{}", entity.name, column.name), law, &mut resolution);
            }
        }
    }
    Ok(resolution)
}

fn resolve_rows(model: &Model, entity: EntityId, resolution: &mut Resolution) -> Result<()> {
    let (parent, fan_out) = match &model.entity(entity).origin {
        Origin::Root { rows } => {
            resolution.rows.insert(entity, *rows);
            return Ok(());
        }
        Origin::Child { parent, fan_out } => (*parent, fan_out),
    };
    let parents = resolution.rows(parent);
    let rows = match fan_out {
        FanOut::Ranked { law, total, .. } => {
            resolve_ranked(model, entity, parent, law, *total, resolution)?;
            Some(*total)
        }
        FanOut::Share(share) => {
            if parents.is_none() {
                return Err(Error::infeasible_fan_out(
                    &model.entity(entity).name,
                    format!(
                        "a share needs an exact number of parent rows, and that of `{}` is drawn",
                        model.entity(parent).name
                    ),
                    "give the parent a `total`, or say {when: \"chosen\"} with a hidden column chosen: {chance: 10%}",
                ));
            }
            parents.map(|parents| (libm::round(share * parents as f64) as u64).min(parents))
        }
        FanOut::Law(Law::Constant(count)) => {
            match parents.map(|parents| parents.checked_mul(*count as u64)) {
                Some(None) => return Err(too_many(model, entity)),
                rows => rows.flatten(),
            }
        }
        FanOut::Column(column) => match &model.column(parent, *column).strategy {
            crate::model::Strategy::Law { law, by: Some(_) } => {
                let sum = ranks::mixture(law, model.root_rows(parent)).map_err(Error::internal)?.sum();
                u64::try_from(sum).ok()
            }
            _ => None,
        },
        FanOut::Law(_) | FanOut::When(_) => None,
    };
    if let Some(rows) = rows {
        if rows > MOST_ROWS {
            return Err(too_many(model, entity));
        }
        resolution.rows.insert(entity, rows);
    }
    Ok(())
}

/// The most rows of an entity, as in the model language: up to here every number is a float of its own.
const MOST_ROWS: u64 = 1 << 53;

fn too_many(model: &Model, entity: EntityId) -> Error {
    let name = &model.entity(entity).name;
    Error::infeasible_fan_out(
        name,
        format!("`{name}` would have more than 2^53 rows"),
        "fewer parents, or fewer rows for each",
    )
}

/// A total that no sizes between the law's bounds come to.
fn out_of_reach(
    model: &Model,
    entity: EntityId,
    parent: EntityId,
    (least, most): (f64, f64),
    total: u64,
    parents: u64,
) -> Error {
    let (name, parent) = (&model.entity(entity).name, &model.entity(parent).name);
    let many = parents as f64;
    Error::infeasible_fan_out(
        name,
        format!(
            "{parents} rows of `{parent}` with {least} to {most} of `{name}` each have {} to {} together, not {total}",
            least * many,
            most * many
        ),
        "change the total, the parents or the law's bounds",
    )
}

fn resolve_ranked(
    model: &Model,
    entity: EntityId,
    parent: EntityId,
    law: &RankedLaw,
    total: u64,
    resolution: &mut Resolution,
) -> Result<()> {
    let parents = model.root_rows(parent);
    let name = &model.entity(entity).name;
    let subject = format!("{name} per {}", model.entity(parent).name);
    match law {
        RankedLaw::Volumes(declaration) => {
            let solved = volumes::solve(declaration, total, parents).map_err(|infeasible| {
                Error::infeasible_fan_out(
                    name,
                    infeasible.message,
                    "change the total, the parents or the quantiles",
                )
            })?;
            for outcome in &solved.outcomes {
                resolution.figures.push(figure(&subject, outcome));
            }
            let sizes = solved.sizes().map_err(Error::internal)?;
            resolution.counts.insert(entity, Counts::Curve(sizes));
            resolution.volumes.insert(model.entity(entity).name.clone(), solved);
        }
        RankedLaw::Counts(law) => {
            let table = ranks::table(law).map_err(|message| Error::infeasible_fan_out(name, message, ""))?;
            let mean = total as f64 / parents.max(1) as f64;
            // Among the laws nearest to a Poisson law are those of other means, whose tables reach further.
            let nearest = match law {
                Law::Poisson { .. } if mean > 0.0 => ranks::table(&Law::Poisson { mean }),
                _ => tilted(&table, mean),
            };
            let nearest = nearest.map_err(|_| {
                out_of_reach(model, entity, parent, (table.min() as f64, table.max() as f64), total, parents)
            })?;
            resolution.figures.push(Figure {
                subject: subject.clone(),
                declared: format!("mean = {:.4}", table.mean()),
                declared_value: table.mean(),
                resolved_value: mean,
                held: (table.mean() - mean).abs() < 0.01 * mean,
                why: format!("the total of {total} over {parents} rows decides; the law nearest to the declared one has this mean"),
            });
            let counts = RankedCounts::new(nearest, parents, total)
                .map_err(|message| Error::infeasible_fan_out(name, message, ""))?;
            resolution.counts.insert(entity, Counts::Table(counts));
        }
    }
    Ok(())
}

fn figure(subject: &str, outcome: &Outcome) -> Figure {
    Figure {
        subject: subject.to_owned(),
        declared: outcome.declared.clone(),
        declared_value: outcome.declared_value,
        resolved_value: outcome.resolved_value,
        held: outcome.held,
        why: outcome.why.clone(),
    }
}

/// A truncated law's parameters describe the untruncated one: its mean moves.
fn note_truncation(subject: &str, law: &Law, resolution: &mut Resolution) {
    let Law::Truncated { law: inner, min, max } = law else { return };
    let (mut figure, mut declared, mut resolved) = ("mean", inner.mean(), law.mean());
    // A heavy tail has no mean.
    if !(declared.is_finite() && resolved.is_finite()) {
        (figure, declared, resolved) = ("median", inner.quantile(0.5), law.quantile(0.5));
    }
    resolution.figures.push(Figure {
        subject: subject.to_owned(),
        declared: format!("{figure} = {declared:.4}"),
        declared_value: declared,
        resolved_value: resolved,
        held: (declared - resolved).abs() <= 0.01 * declared.abs(),
        why: format!("the declared parameters are those of the law before it is truncated to {min}..{max}"),
    });
}
