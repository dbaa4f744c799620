//! [`derive`]: the claims of a model, column by column.

use super::categories::Categories;
use super::numbers::Numbers;
use super::references::{ParentReference, Reference};
use super::{Claim, Part, Population};
use super::{
    bursts, cardinality, criteria, derived, fixed, forests, lags, nulls, order, patterns, popularity,
    privacy, ranks, records, rhythm, rows, scopes, sequences, shares, spans, texts, twins, validations,
};
use crate::fidelity::histogram::Scale;
use crate::fidelity::registry::is_numbered_over_all;
use crate::fidelity::shard::link;
use crate::fidelity::sizes::Sizes;
use crate::fidelity::thresholds::Family;
use crate::laws::Law;
use crate::model::criteria::Measure;
use crate::model::document::holder;
use crate::model::{
    BoundExpression, Column, ColumnId, ColumnType, EntityId, FanOut, Fold, Model, Origin, Pick, Shape,
    Source, Strategy,
};
use crate::resolve::Resolution;

/// Everything that a model claims, entity by entity, each with the root of its family.
pub fn derive(model: &Model, resolution: &Resolution, in_order: bool) -> Vec<(EntityId, Box<dyn Claim>)> {
    let mut claims = Claims { model, resolution, in_order, list: Vec::new(), of: EntityId(0) };
    for entity in model.entity_ids() {
        claims.of = model.root(entity);
        claims.entity(entity);
    }
    for group in &model.criteria {
        for criterion in &group.conditions {
            claims.of = model.root(measured(&criterion.measure));
            claims.add(criteria::Condition { group: group.name.clone(), criterion: criterion.clone() });
        }
    }
    claims.list
}

/// The entity whose rows a condition reads.
fn measured(measure: &Measure) -> EntityId {
    match measure {
        Measure::TopShare { child, .. }
        | Measure::QuantileRatio { child, .. }
        | Measure::ParentsAbove { child, .. } => *child,
        Measure::Variety { entity, .. }
        | Measure::HourRatio { entity, .. }
        | Measure::Share { entity, .. } => *entity,
    }
}

pub(super) struct Claims<'m> {
    pub(super) model: &'m Model,
    resolution: &'m Resolution,
    in_order: bool,
    list: Vec<(EntityId, Box<dyn Claim>)>,
    /// The root of the family in hand.
    of: EntityId,
}

impl Claims<'_> {
    pub(super) fn add(&mut self, claim: impl Claim + 'static) {
        self.list.push((self.of, Box::new(claim)));
    }

    fn entity(&mut self, entity: EntityId) {
        let model = self.model;
        self.add(rows::Rows { entity });
        self.add(privacy::Privacy::new(model, entity));
        self.fan_out(entity);
        let columns: Vec<(ColumnId, &Column)> = model.entity(entity).visible().collect();
        for (column, declared) in model.entity(entity).columns.iter().enumerate() {
            let column = ColumnId(column);
            if declared.hidden && holder(model.entity(entity), column).is_some() {
                self.values(entity, column, declared);
            }
        }
        for (column, declared) in columns {
            self.nulls(entity, column, declared);
            self.keys(entity, column, declared);
            self.values(entity, column, declared);
        }
        for (at, declared) in model.entity(entity).columns.iter().enumerate() {
            if let Strategy::Record(_) = declared.strategy
                && let Some(together) = records::Records::new(model, entity, ColumnId(at))
            {
                self.add(together);
            }
        }
        for rule in &model.entity(entity).validations {
            self.add(validations::Rule { entity, rule: rule.clone() });
        }
        self.independence(entity);
    }

    fn fan_out(&mut self, child: EntityId) {
        let Origin::Child { parent, fan_out } = &self.model.entity(child).origin else { return };
        let parent = *parent;
        match fan_out {
            FanOut::When(condition) => {
                self.add(fixed::Fixed { child, parent, by: fixed::By::When(condition.clone()) });
            }
            FanOut::Share(share) => self.add(fixed::Fixed { child, parent, by: fixed::By::Share(*share) }),
            FanOut::Column(column) if !self.model.column(parent, *column).hidden => {
                self.add(fixed::Fixed { child, parent, by: fixed::By::Column(*column) });
            }
            FanOut::Column(_) | FanOut::Law(_) | FanOut::Ranked { .. } => {}
        }
        if Sizes::of(self.model, self.resolution, child).is_some() {
            self.add(cardinality::Cardinality { child, parent });
        }
    }

    fn nulls(&mut self, entity: EntityId, column: ColumnId, declared: &Column) {
        // A reference chooses no row where its condition does not hold: beside that it is the choice that may give none.
        let made = self.model.entity(entity).pick_of(declared).unwrap_or(declared);
        let always_there = declared.null_share == 0.0 && !self.gives_null(entity, &made.strategy);
        let is_link = link(self.model, entity).is_some_and(|link| link.holds(column));
        // The parent's key has a counter of its own: a row without it is under no parent.
        let promises = always_there || declared.when.is_some();
        if !is_link && promises {
            let own = self.model.entity(entity);
            let is_key = declared.foreign_key.is_some()
                || own.key == Some(column)
                || own.composite_key.contains(&column);
            self.add(nulls::Nulls { entity, column, always_there, is_key });
        }
        if declared.when.is_some() || declared.null_share > 0.0 {
            self.add(shares::NullShare { entity, column });
        }
    }

    /// Whether a strategy may give NULL of itself.
    fn gives_null(&self, entity: EntityId, strategy: &Strategy) -> bool {
        let nullable = |source: &Source| match *source {
            Source::Own(column) => self.model.column(entity, column).nullable,
            Source::Ancestor { entity, column, .. } => self.model.column(entity, column).nullable,
            Source::Pointed { by, entity: to, column } => {
                let picked = self.model.column(entity, by);
                picked.nullable || self.model.column(to, column).nullable
            }
            Source::Children(_) | Source::Siblings(_) => false,
        };
        match strategy {
            Strategy::Constant(literal) => literal.0.is_none(),
            Strategy::Pool(pool) | Strategy::Field { values: pool, .. } => {
                pool.values.iter().any(|value| value.0.is_none())
            }
            Strategy::TimeUuid { time } => nullable(&Source::Own(*time)),
            Strategy::Copy(source) => nullable(source),
            Strategy::Expression(bound) => bound.expression.nullable,
            Strategy::Aggregate { fold, .. } => *fold != Fold::Sum,
            Strategy::After { base, .. } => nullable(base),
            Strategy::Between { from, to } => nullable(from) || nullable(to),
            Strategy::Pick(pick) => matches!(pick, Pick::Earlier { .. } | Pick::Before { .. }),
            Strategy::Template(_) | Strategy::Switch { .. } => true,
            Strategy::Uuid
            | Strategy::Record(_)
            | Strategy::Sequence { .. }
            | Strategy::Ordinal
            | Strategy::Permutation { .. }
            | Strategy::Chance(_)
            | Strategy::Law { .. }
            | Strategy::Range { .. }
            | Strategy::Text { .. }
            | Strategy::Process(_)
            | Strategy::RunningSum { .. }
            | Strategy::Json(_)
            | Strategy::Array { .. }
            | Strategy::Children(_) => false,
        }
    }

    fn keys(&mut self, entity: EntityId, column: ColumnId, declared: &Column) {
        if let Some(link) = link(self.model, entity).filter(|link| link.holds(column))
            && let Some(parent) = self.model.parent(entity)
        {
            let columns: Vec<ColumnId> = link.0.iter().map(|(own, _)| *own).collect();
            if columns.first() == Some(&column) {
                self.add(ParentReference { entity, columns, parent });
            }
            return;
        }
        if let Some((to, there)) = declared.foreign_key
            && (self.model.root(to) != self.model.root(entity)
                || is_numbered_over_all(self.model, entity, &declared.strategy))
        {
            self.add(Reference { entity, column, to, there });
        }
        let Strategy::Copy(Source::Pointed { by, column: there, entity: to }) = declared.strategy else {
            return;
        };
        let Strategy::Pick(pick) = &self.model.column(entity, by).strategy else { return };
        match pick {
            Pick::Within { exponent, except, .. } => {
                self.add(scopes::Within { entity, pick: by, column, to, except: *except });
                self.add(ranks::Ranks {
                    entity,
                    pick: by,
                    column,
                    to,
                    exponent: *exponent,
                    except: *except,
                    in_order: self.in_order,
                });
            }
            Pick::Earlier { lag } => {
                self.add(scopes::Earlier { entity, pick: by, column });
                self.add(lags::Lags { entity, pick: by, column, law: lag.clone() });
            }
            Pick::Before { lag, roots, .. } => self.add(forests::Forest {
                entity,
                column,
                there,
                lag: lag.clone(),
                roots: *roots,
                in_order: self.in_order,
            }),
            Pick::Uniform { .. } | Pick::Zipf { .. } | Pick::Distinct { .. } | Pick::Others { .. } => {
                if let Pick::Others { .. } = pick {
                    self.add(forests::NotSelf { entity, column, there });
                }
                let target = self.model.entity(to);
                if target.key != Some(there) && !target.columns[there.0].unique {
                    return;
                }
                if let Pick::Distinct { pairs, .. } = pick {
                    self.add(scopes::Distinct { entity, pick: by, column, pairs: pairs.is_some() });
                }
                let by_row =
                    declared.when.as_ref().is_some_and(|when| self.reads_choice(entity, when, by, 0));
                if !by_row {
                    self.add(popularity::Popularity { entity, pick: by, column, how: pick.clone() });
                }
            }
        }
    }

    fn values(&mut self, entity: EntityId, column: ColumnId, declared: &Column) {
        let population = Population { entity, column, case: None, part: Part::Value };
        match &declared.strategy {
            Strategy::Uuid => self.add(sequences::Uuid { entity, column }),
            Strategy::TimeUuid { time } => {
                self.add(sequences::TimeUuid { entity, column, time: *time });
            }
            Strategy::Sequence { start } => self.add(sequences::Sequence { entity, column, start: *start }),
            Strategy::Permutation { .. } => self.add(sequences::Permutation { entity, column }),
            Strategy::Constant(_) => self.derived(entity, column, "one value", false),
            Strategy::Ordinal => self.derived(entity, column, "the row's number under its parent", true),
            Strategy::Chance(_)
            | Strategy::Pool(_)
            | Strategy::Field { .. }
            | Strategy::Law { .. }
            | Strategy::Range { .. } => {
                self.drawn(population, &declared.strategy, &declared.ty);
            }
            Strategy::Template(pieces) => {
                self.add(patterns::Pattern { entity, column, pieces: pieces.clone() })
            }
            Strategy::Text { length, words } => self.add(texts::Texts::new(entity, column, length, words)),
            Strategy::Copy(source) => self.copy(entity, column, *source),
            Strategy::After { base, by, share } => {
                self.add(spans::Delay { entity, column, base: *base, law: by.clone(), share: *share });
            }
            Strategy::Between { from, to } => {
                self.add(spans::Between { entity, column, from: *from, to: *to })
            }
            Strategy::Process(process) => {
                self.add(order::Order { entity, column });
                self.add(order::Life { entity, column, process: process.clone() });
                if let Ok(rhythm) = process.intensity() {
                    let spread = rhythm::Spread::of(process);
                    let (beat, own) = (process.rhythm.clone(), rhythm.clone());
                    self.add(rhythm::Timing { entity, column, beat, rhythm: own, spread });
                    self.add(bursts::Bursts { entity, column, process: process.clone(), rhythm });
                }
            }
            Strategy::Expression(bound) => {
                if self.is_told(entity, column, 0) {
                    let rule = format!("equals {}", bound.expression.source);
                    self.derived(entity, column, &rule, self.reads_order(entity, column, 0));
                } else {
                    let told =
                        |branch: &BoundExpression| self.in_order || !self.reads_place(entity, branch, 0);
                    let twins = twins::Twins::new(self.model, population, bound, &declared.ty, told);
                    if let Some(twins) = twins {
                        self.add(twins);
                    }
                }
            }
            Strategy::RunningSum { of, .. } => {
                if self.is_source_told(entity, of, 0) {
                    let rule = format!("the running sum of {}", super::source_name(self.model, entity, *of));
                    self.derived(entity, column, &rule, true);
                }
            }
            Strategy::Json(document) => {
                if document
                    .leaves()
                    .iter()
                    .flat_map(|leaf| leaf.sources())
                    .all(|source| self.is_source_told(entity, source, 0))
                {
                    self.derived(entity, column, "the document of its parts", false);
                }
            }
            Strategy::Array { element, length } => self.array(&population, element, length, &declared.ty),
            Strategy::Children(child) => {
                let rule = format!("the number of {}", self.model.entity(*child).name);
                self.derived(entity, column, &rule, false);
            }
            Strategy::Aggregate { fold, entity: from, column: folded, .. } => {
                let word = match fold {
                    Fold::Sum => "sum",
                    Fold::Min => "min",
                    Fold::Max => "max",
                    Fold::First => "first",
                };
                let rule = format!("{word} of {}", super::name_of(self.model, *from, *folded));
                self.derived(entity, column, &rule, *fold == Fold::First);
            }
            Strategy::Switch { on, cases } => {
                for (value, case) in cases {
                    let hidden = self.model.column(entity, *case);
                    let population =
                        Population { entity, column, case: Some((*on, value.clone())), part: Part::Value };
                    self.drawn(population, &hidden.strategy, &declared.ty);
                }
            }
            Strategy::Pick(_) | Strategy::Record(_) => {}
        }
    }

    /// How many elements, and each by itself.
    fn array(&mut self, population: &Population, element: &Strategy, length: &Law, ty: &ColumnType) {
        let lengths = Population { part: Part::Length, ..population.clone() };
        self.add(Numbers::new(lengths, length, &ColumnType::Integer));
        if let ColumnType::Array { element: ty } = ty {
            let elements = Population { part: Part::Elements, ..population.clone() };
            self.drawn(elements, element, ty);
        }
    }

    fn derived(&mut self, entity: EntityId, column: ColumnId, rule: &str, needs_order: bool) {
        self.add(derived::Derived { entity, column, rule: rule.to_owned(), needs_order });
    }

    /// A copy of an ancestor's or a referenced row's column; the column that betrays the reference proves nothing.
    fn copy(&mut self, entity: EntityId, column: ColumnId, source: Source) {
        let is_link = link(self.model, entity).is_some_and(|link| link.holds(column));
        let betrays = match source {
            Source::Pointed { by, .. } => self.model.entity(entity).visible().find(|(_, other)| {
                matches!(other.strategy, Strategy::Copy(Source::Pointed { by: other, .. }) if other == by)
            }),
            _ => None,
        };
        if !is_link && betrays.is_none_or(|(first, _)| first != column) {
            let rule = format!("equals {}", super::source_name(self.model, entity, source));
            self.derived(entity, column, &rule, false);
        }
    }

    /// A law of one column's values, or of one case's.
    fn drawn(&mut self, population: Population, strategy: &Strategy, ty: &ColumnType) {
        match strategy {
            Strategy::Chance(probability) => self.add(Categories::chance(population, *probability)),
            Strategy::Pool(pool) | Strategy::Field { values: pool, .. } => {
                if let Some(categories) = Categories::new(population, pool, ty) {
                    self.add(categories);
                }
            }
            Strategy::Law { law, .. } => {
                if let Some(claim) = numbers_or_categories(population, law, ty) {
                    self.list.push((self.of, claim));
                }
            }
            Strategy::Range { from, to, shape, rhythm, not_before } => {
                let table = rhythm.as_ref().and_then(|rhythm| rhythm.over(*from, *to).ok());
                // A switch's cases are not told apart here.
                if let (Some(beat), Some(table), None) = (rhythm, &table, &population.case) {
                    self.add(rhythm::Timing {
                        entity: population.entity,
                        column: population.column,
                        beat: beat.clone(),
                        rhythm: table.clone(),
                        spread: rhythm::Spread::Range { from: *from, to: *to },
                    });
                }
                self.add(super::ranges::Ranges {
                    entity: population.entity,
                    column: population.column,
                    from: *from,
                    to: *to,
                    shape: *shape,
                    rhythm: table,
                    not_before: *not_before,
                });
            }
            Strategy::Uuid
            | Strategy::TimeUuid { .. }
            | Strategy::Record(_)
            | Strategy::Sequence { .. }
            | Strategy::Constant(_)
            | Strategy::Ordinal
            | Strategy::Permutation { .. }
            | Strategy::Template(_)
            | Strategy::Text { .. }
            | Strategy::Pick(_)
            | Strategy::Copy(_)
            | Strategy::After { .. }
            | Strategy::Between { .. }
            | Strategy::Process(_)
            | Strategy::Expression(_)
            | Strategy::RunningSum { .. }
            | Strategy::Json(_)
            | Strategy::Array { .. }
            | Strategy::Children(_)
            | Strategy::Aggregate { .. }
            | Strategy::Switch { .. } => {}
        }
    }
}

/// A law of numbers; a few values with weights are categories.
fn numbers_or_categories(population: Population, law: &Law, ty: &ColumnType) -> Option<Box<dyn Claim>> {
    if let Law::Choice(options) = law {
        let values =
            options.iter().map(|(value, _)| crate::model::Literal(Some(value.to_string()))).collect();
        let weights = options.iter().map(|(_, weight)| *weight).collect();
        let pool = crate::model::Pool { values, weights };
        return Categories::new(population, &pool, ty).map(|claim| Box::new(claim) as Box<dyn Claim>);
    }
    Some(Box::new(Numbers::new(population, law, ty)))
}

/// The bins and family of positions in a range of times.
pub(super) fn range_bins(from: i64, to: i64) -> (Scale, Family) {
    (Scale::linear(from as f64, to as f64), Family::Positions { from, to })
}

/// The cumulative function of a shape at a position in [0, 1].
pub(super) fn shape_below(shape: Shape, position: f64) -> f64 {
    let position = position.clamp(0.0, 1.0);
    match shape {
        Shape::Linear | Shape::Uniform => position,
        Shape::Rising => 1.0 - libm::sqrt(1.0 - position),
    }
}
