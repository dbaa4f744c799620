//! Divisors: expressions that divide by what is zero in some row, and do not guard against it.

use super::written::{Mistake, Placed};
use super::{ColumnId, ColumnType, EntityId, Linker, Strategy};
use crate::laws::{Expect, Law};
use crate::model::expression::{self, Arithmetic, Function, Kind, Node as Tree};
use crate::model::yaml::Place;
use crate::model::{BoundExpression, FanOut, Origin, Pool, Source, scalars};

/// A chance below it comes true in less than one row of a dataset of 10¹² rows.
const NEGLIGIBLE: f64 = 1e-12;

/// How far a column is followed through copies.
const DEPTH: u8 = 24;

impl Linker<'_, '_> {
    /// The expressions of a column that divide by zero in some row. What only some rows evaluate (a branch of CASE, the
    /// right side of AND, a column with a condition, a case of a switch) is taken to be guarded.
    pub(super) fn zero_divisors(
        &self,
        entity: EntityId,
        column: ColumnId,
        origins: &[Option<Origin>],
    ) -> Vec<Mistake> {
        let Some(written) = self.written(entity, column).filter(|written| !written.is_case) else {
            return Vec::new();
        };
        let found = |(place, expression): &Placed<'_>| self.zero_divisor(entity, expression, origins, *place);
        match &written.when {
            Some(when) => found(when).into_iter().collect(),
            None => written.values.iter().filter_map(found).collect(),
        }
    }

    /// The same of the condition that children depend on; it reads the parent's row.
    pub(super) fn zero_divisor_of_count(
        &self,
        child: EntityId,
        origins: &[Option<Origin>],
    ) -> Option<Mistake> {
        let (parent, (place, condition)) = self.written_count(child, origins)?;
        self.zero_divisor(parent, condition, origins, place)
    }

    fn zero_divisor(
        &self,
        entity: EntityId,
        bound: &BoundExpression,
        origins: &[Option<Origin>],
        place: Place,
    ) -> Option<Mistake> {
        let mut divisions = Vec::new();
        always_divided(&bound.expression.node, &mut divisions);
        divisions.into_iter().find_map(|(dividend, divisor)| {
            let always = expression::bounds(divisor, &|_| None) == Some((0.0, 0.0));
            // NULL by zero is NULL: a dividend may be NULL where the divisor is zero.
            let at_times = || {
                !dividend.nullable && self.hits(entity, divisor, &bound.sources, 0.0, origins) == Some(true)
            };
            let shown = divisor.written().print(&|symbol| self.shown(entity, bound.sources[symbol]));
            if always {
                // A literal stands there as it is, or for a parameter.
                let message = match divisor.as_literal() {
                    Some(_) => "division by zero".to_owned(),
                    None => format!("division by zero: `{shown}` is 0"),
                };
                return Some((place, message, "divide by a number that is not 0".to_owned()));
            }
            at_times().then(|| {
                let message = format!("division by zero: `{shown}` is 0 in some rows");
                (place, message, format!("divide by nullif({shown}, 0), or let it never be 0"))
            })
        })
    }

    /// A column's name in a message.
    pub(super) fn shown(&self, entity: EntityId, source: Source) -> String {
        let name = |entity: EntityId, column: ColumnId| &self.entities[entity.0].columns[column.0].name;
        match source {
            Source::Own(column) => name(entity, column).clone(),
            Source::Ancestor { entity, column, .. } => {
                format!("{}.{}", self.entities[entity.0].name, name(entity, column))
            }
            Source::Pointed { by, entity: target, column } => {
                let reference = name(entity, by);
                let reference = reference.split('@').next().unwrap_or(reference);
                format!("{reference}.{}", name(target, column))
            }
            Source::Children(entity) | Source::Siblings(entity) => self.entities[entity.0].name.clone(),
        }
    }

    /// Whether a number is `value` in some row; nothing where that is not known.
    fn hits(
        &self,
        entity: EntityId,
        node: &Tree,
        sources: &[Source],
        value: f64,
        origins: &[Option<Origin>],
    ) -> Option<bool> {
        let fixed = |node: &Tree| {
            expression::bounds(node, &|_| None).filter(|(low, high)| low == high).map(|(low, _)| low)
        };
        let of = |node: &Tree, value: f64| self.hits(entity, node, sources, value, origins);
        match &node.kind {
            Kind::Column(symbol) => self.column_hits(entity, sources[*symbol], value, origins, DEPTH),
            Kind::Cast { operand, .. } if keeps_whole(&operand.ty, &node.ty) => of(operand, value),
            Kind::Negate(operand) => of(operand, -value),
            Kind::Arithmetic { operator: Arithmetic::Add, left, right } => {
                match (fixed(left), fixed(right)) {
                    (_, Some(added)) => of(left, value - added),
                    (Some(added), None) => of(right, value - added),
                    (None, None) => None,
                }
            }
            Kind::Arithmetic { operator: Arithmetic::Subtract, left, right } => {
                match (fixed(left), fixed(right)) {
                    (_, Some(taken)) => of(left, value + taken),
                    (Some(whole), None) => of(right, whole - value),
                    (None, None) => None,
                }
            }
            _ => None,
        }
    }

    /// As [`Linker::hits`], of a column.
    fn column_hits(
        &self,
        entity: EntityId,
        source: Source,
        value: f64,
        origins: &[Option<Origin>],
        depth: u8,
    ) -> Option<bool> {
        // Rows of an ancestor where it is zero may have no rows below them.
        if matches!(source, Source::Ancestor { .. }) {
            return None;
        }
        let (home, column) = self.column_at(entity, source)?;
        if column.when.is_some() {
            return None;
        }
        match &column.strategy {
            Strategy::Constant(literal) => Some(is(literal.0.as_deref()?, value)),
            Strategy::Pool(pool) | Strategy::Field { values: pool, .. } => Some(draws(pool, value)),
            Strategy::Law { law, .. } => Some(mass(law, value, &column.ty) > NEGLIGIBLE),
            Strategy::Copy(source) => self.column_hits(home, *source, value, origins, depth.checked_sub(1)?),
            Strategy::Ordinal | Strategy::Permutation { .. } if value == 0.0 => Some(true),
            Strategy::Sequence { start } => Some(*start as f64 == value),
            Strategy::Children(child) => match origins.get(child.0)? {
                Some(Origin::Child { fan_out: FanOut::Law(law), .. }) => {
                    Some(mass(law, value, &ColumnType::Integer) > NEGLIGIBLE)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// The divisions that every row evaluates, as dividend and divisor.
fn always_divided<'t>(node: &'t Tree, found: &mut Vec<(&'t Tree, &'t Tree)>) {
    let first = match &node.kind {
        Kind::Arithmetic { operator: Arithmetic::Divide | Arithmetic::Remainder, left, right } => {
            found.push((left, right));
            usize::MAX
        }
        // What comes later is evaluated for the rows that need it.
        Kind::And(..) | Kind::Or(..) | Kind::Case { .. } => 1,
        Kind::Call { function: Function::Coalesce, .. } => 1,
        Kind::InList { .. } | Kind::Between { .. } => 2,
        _ => usize::MAX,
    };
    for operand in node.operands().into_iter().take(first) {
        always_divided(operand, found);
    }
}

/// Whether a conversion leaves whole numbers as they are.
fn keeps_whole(from: &ColumnType, to: &ColumnType) -> bool {
    let exact = |ty: &ColumnType| {
        matches!(ty, ColumnType::Integer | ColumnType::BigInteger | ColumnType::Decimal { .. })
    };
    let widens = match (from, to) {
        (ColumnType::Decimal { scale: from, .. }, ColumnType::Decimal { scale: to, .. }) => from <= to,
        (ColumnType::Decimal { .. }, ColumnType::Integer | ColumnType::BigInteger) => false,
        _ => true,
    };
    exact(from) && (*to == ColumnType::Float || exact(to) && widens)
        || *from == ColumnType::Float && *to == ColumnType::Float
}

/// Whether a literal of numbers is this one.
fn is(text: &str, value: f64) -> bool {
    scalars::parse_number(text) == Some(value)
}

fn draws(pool: &Pool, value: f64) -> bool {
    let drawn = pool.values.iter().zip(&pool.weights).filter(|(_, weight)| **weight > 0.0);
    drawn.filter_map(|(literal, _)| literal.0.as_deref()).any(|text| is(text, value))
}

/// The chance of a value after a law's numbers are rounded to their type.
fn mass(law: &Law, value: f64, ty: &ColumnType) -> f64 {
    let grain = match ty {
        ColumnType::Integer | ColumnType::BigInteger => 1.0,
        ColumnType::Decimal { scale, .. } => libm::pow(10.0, -f64::from(*scale)),
        _ => return law.cumulative(value) - law.cumulative(value.next_down()),
    };
    law.cumulative(value + grain / 2.0) - law.cumulative(value - grain / 2.0)
}
