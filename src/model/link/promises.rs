//! Promises across columns: each is proved from how its columns are made, or refused with the reason.
//!
//! Accepted are proofs by interval, by derivation (an offset that is not negative, a copy, the same
//! expression), by coupling, and by structure. As with a SQL CHECK, a rule that is NULL is kept.

use super::expressions::RuleScope;
use super::{Column, ColumnId, EntityId, Linker, Strategy};
use crate::laws::Expect;
use crate::model::expression::{
    self, Arithmetic, Comparison, Function, Kind, Literal as Constant, Node as Tree,
};
use crate::model::text_form::calendar::SECOND;
use crate::model::yaml::{Node, Place};
use crate::model::{ColumnType, Fold, Literal, Source, Validation, literals, scalars};

/// How deep a derivation is followed; deeper ones are not written by hand.
const DEPTH: u8 = 24;

type Bounds = (f64, f64);

/// An expression seen from the rows of one entity.
#[derive(Clone, Copy)]
struct Term<'t> {
    entity: EntityId,
    node: &'t Tree,
    sources: &'t [Source],
}

impl Linker<'_, '_> {
    /// Proves every rule of an entity; those that fail are reported.
    pub(super) fn prove_rules(&mut self, entity: EntityId) -> Vec<Validation> {
        let rules = std::mem::take(&mut self.entities[entity.0].validations);
        rules.into_iter().filter_map(|(rule, place)| self.prove_rule(entity, rule, place)).collect()
    }

    fn prove_rule(&mut self, entity: EntityId, rule: String, place: Place) -> Option<Validation> {
        let node = Node::text(place, rule.clone());
        let (bound, _) = self.rule(entity, &node, RuleScope::WithAggregates)?;
        let mut ways = Vec::new();
        for conjunct in bound.expression.node.conjuncts() {
            match self.proof(Term { entity, node: conjunct, sources: &bound.sources }) {
                Ok(way) => ways.push(way),
                Err(reason) => {
                    self.error(
                        place,
                        format!("nothing keeps the promise `{rule}`: {reason}"),
                        "let one column be derived from the other, bound its values, or drop the promise",
                    );
                    return None;
                }
            }
        }
        ways.sort_unstable();
        ways.dedup();
        Some(Validation { rule, kept_by: ways.join(", "), condition: bound })
    }

    fn proof(&self, term: Term<'_>) -> Result<&'static str, String> {
        let at = |node| Term { node, ..term };
        match &term.node.written().kind {
            Kind::Compare { operator, left, right } => self.comparison(*operator, at(left), at(right)),
            Kind::Between { operand, low, high, negated: false } => {
                self.comparison(Comparison::GreaterOrEqual, at(operand), at(low))?;
                self.comparison(Comparison::LessOrEqual, at(operand), at(high))
            }
            Kind::And(left, right) => self.proof(at(left)).and_then(|_| self.proof(at(right))),
            Kind::Or(left, right) => self.proof(at(left)).or_else(|_| self.proof(at(right))),
            Kind::IsNull { operand, negated: true } if !operand.nullable => Ok("structure"),
            Kind::IsNull { negated: true, .. } => Err("the value may be NULL".to_owned()),
            Kind::InList { operand, list, negated: false } => self.membership(at(operand), list),
            _ => Err(
                "rules that can be proved are comparisons, BETWEEN, IN, IS NOT NULL, and AND and OR of them"
                    .to_owned(),
            ),
        }
    }

    fn comparison(
        &self,
        operator: Comparison,
        left: Term<'_>,
        right: Term<'_>,
    ) -> Result<&'static str, String> {
        if self.by_interval(operator, left, right) {
            return Ok("interval");
        }
        let derived = match operator {
            Comparison::Equal | Comparison::NotDistinct => self.same(left, right, DEPTH),
            Comparison::GreaterOrEqual => self.not_less(left, right, false, DEPTH),
            Comparison::Greater => self.not_less(left, right, true, DEPTH),
            Comparison::LessOrEqual => self.not_less(right, left, false, DEPTH),
            Comparison::Less => self.not_less(right, left, true, DEPTH),
            Comparison::NotEqual | Comparison::Distinct => false,
        };
        if derived {
            return Ok("derivation");
        }
        let shown = |term: Term<'_>| {
            let figure = |bound: f64| match term.node.ty {
                ColumnType::Timestamp => scalars::format_time(bound as i64),
                _ => bound.to_string(),
            };
            match self.bounds(term) {
                Some((low, high)) if low == high => figure(low),
                Some((low, high)) if low > f64::MIN && high < f64::MAX => {
                    format!("between {} and {}", figure(low), figure(high))
                }
                Some((low, _)) if low > f64::MIN => format!("at least {}", figure(low)),
                Some((_, high)) if high < f64::MAX => format!("at most {}", figure(high)),
                Some(_) | None => "unbounded".to_owned(),
            }
        };
        Err(format!(
            "the left side is {}, the right side {}, and neither is derived from the other",
            shown(left),
            shown(right)
        ))
    }

    fn by_interval(&self, operator: Comparison, left: Term<'_>, right: Term<'_>) -> bool {
        let (Some(left), Some(right)) = (self.bounds(left), self.bounds(right)) else { return false };
        match operator {
            Comparison::GreaterOrEqual => left.0 >= right.1,
            Comparison::Greater => left.0 > right.1,
            Comparison::LessOrEqual => left.1 <= right.0,
            Comparison::Less => left.1 < right.0,
            Comparison::Equal | Comparison::NotDistinct => left.0 == left.1 && left == right,
            Comparison::NotEqual | Comparison::Distinct => left.1 < right.0 || right.1 < left.0,
        }
    }

    fn membership(&self, operand: Term<'_>, list: &[Tree]) -> Result<&'static str, String> {
        let Kind::Column(symbol) = operand.node.written().kind else {
            return Err("only a column's values can be compared with a list".to_owned());
        };
        let Some((_, column)) = self.column_at(operand.entity, operand.sources[symbol]) else {
            return Err("the column's values are not known".to_owned());
        };
        let texts: Vec<&str> = list
            .iter()
            .filter_map(|item| match &item.written().kind {
                Kind::Literal(Constant::Text(text)) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let listed = |values: Vec<&str>| values.iter().all(|value| texts.contains(value));
        let kept = match (&column.ty, &column.strategy) {
            (crate::model::ColumnType::Enum { values }, _) => {
                listed(values.iter().map(String::as_str).collect())
            }
            (_, Strategy::Pool(pool) | Strategy::Field { values: pool, .. }) => {
                listed(pool.values.iter().filter_map(|value| value.0.as_deref()).collect())
            }
            _ => false,
        };
        if kept {
            Ok("structure")
        } else {
            Err("the column may have values that are not in the list".to_owned())
        }
    }

    /// Whether two terms are equal on every row: the same column behind all copies, or the same expression.
    fn same(&self, left: Term<'_>, right: Term<'_>, depth: u8) -> bool {
        if depth == 0 {
            return false;
        }
        if self.spelled(left) == self.spelled(right) {
            return true;
        }
        let unfolds = |term: Term<'_>, other: Term<'_>| {
            self.column_of(term).is_some_and(|(levels, entity, column)| match &column.strategy {
                _ if column.when.is_some() => false,
                Strategy::Expression(bound) if keeps_value(&bound.expression.node) => {
                    lifted(&bound.sources, levels, entity).is_some_and(|sources| {
                        let node = &bound.expression.node;
                        self.same(Term { entity: term.entity, node, sources: &sources }, other, depth - 1)
                    })
                }
                Strategy::Copy(source) if column.null_share == 0.0 => lift(*source, levels, entity)
                    .is_some_and(|source| {
                        self.with_source(term.entity, source, &mut |term| self.same(term, other, depth - 1))
                    }),
                _ => false,
            })
        };
        unfolds(left, right) || unfolds(right, left)
    }

    /// A term's text with every name in its canonical form.
    fn spelled(&self, term: Term<'_>) -> String {
        if let Kind::Column(symbol) | Kind::Aggregate { symbol, .. } = term.node.written().kind {
            return format!("{:?}", self.canonical(term.entity, term.sources[symbol]));
        }
        term.node
            .written()
            .print(&|symbol| format!("\"{:?}\"", self.canonical(term.entity, term.sources[symbol])))
    }

    /// Whether `left` is at least `right` on every row (greater, if `strict`), by how they are derived.
    fn not_less(&self, left: Term<'_>, right: Term<'_>, strict: bool, depth: u8) -> bool {
        if depth == 0 {
            return false;
        }
        if self.same(left, right, 4) {
            return !strict;
        }
        self.rises(left, right, strict, depth - 1) || self.stays_below(left, right, strict, depth - 1)
    }

    /// Follows how the greater side is made.
    fn rises(&self, left: Term<'_>, right: Term<'_>, strict: bool, depth: u8) -> bool {
        let at = |node| Term { node, ..left };
        match &left.node.written().kind {
            Kind::Call { function: Function::Greatest, arguments } => {
                return arguments.iter().any(|argument| self.not_less(at(argument), right, strict, depth));
            }
            Kind::Case { branches, otherwise } => {
                let mut results = branches.iter().map(|branch| &branch.result).chain(otherwise.as_deref());
                return results.all(|result| self.not_less(at(result), right, strict, depth));
            }
            Kind::Arithmetic { operator: Arithmetic::Add, left: one, right: other } => {
                return [(one, other), (other, one)].into_iter().any(|(kept, added)| {
                    let sure = self.moves(at(added));
                    sure.is_some_and(|sure| self.not_less(at(kept), right, strict && !sure, depth))
                });
            }
            _ => {}
        }
        let Some((levels, entity, column)) = self.column_of(left) else { return false };
        let from = |source: Source, strict: bool| {
            lift(source, levels, entity).is_some_and(|source| {
                self.with_source(left.entity, source, &mut |term| self.not_less(term, right, strict, depth))
            })
        };
        match &column.strategy {
            Strategy::Copy(source) => from(*source, strict),
            Strategy::After { base, share, .. } => from(*base, strict && *share < 1.0),
            Strategy::Between { from: first, .. } => from(*first, strict),
            Strategy::Process(process) => from(process.from, strict),
            Strategy::Range { not_before: Some(bound), .. } if !strict => from(*bound, false),
            // What is rounded to the column's type may be less than what the expression says.
            Strategy::Expression(bound) if keeps_value(&bound.expression.node) => {
                lifted(&bound.sources, levels, entity).is_some_and(|sources| {
                    let node = &bound.expression.node;
                    self.not_less(Term { entity: left.entity, node, sources: &sources }, right, strict, depth)
                })
            }
            // A fold of descendants is not less than what every one of them is not less than.
            Strategy::Aggregate {
                fold: Fold::Min | Fold::Max | Fold::First,
                entity: child,
                column,
                edge: crate::model::Edge::Ancestor(up),
            } if levels == 0 => {
                let Some(lowered) = lifted(right.sources, *up, left.entity) else { return false };
                let right = Term { entity: *child, node: right.node, sources: &lowered };
                self.with_source(*child, Source::Own(*column), &mut |term| {
                    self.not_less(term, right, strict, depth)
                })
            }
            _ => false,
        }
    }

    /// Follows how the lesser side is made.
    fn stays_below(&self, left: Term<'_>, right: Term<'_>, strict: bool, depth: u8) -> bool {
        let at = |node| Term { node, ..right };
        if let Kind::Call { function: Function::Least, arguments } = &right.node.written().kind {
            return arguments.iter().any(|argument| self.not_less(left, at(argument), strict, depth));
        }
        if let Kind::Arithmetic { operator: Arithmetic::Subtract, left: kept, right: taken } =
            &right.node.written().kind
        {
            return self
                .moves(at(taken))
                .is_some_and(|sure| self.not_less(left, at(kept), strict && !sure, depth));
        }
        let Some((levels, entity, column)) = self.column_of(right) else { return false };
        let from = |source: Source| {
            lift(source, levels, entity).is_some_and(|source| {
                self.with_source(right.entity, source, &mut |term| self.not_less(left, term, strict, depth))
            })
        };
        match &column.strategy {
            Strategy::Copy(source) => from(*source),
            Strategy::Between { to, .. } => from(*to),
            // The least of all descendants is not greater than the one that is compared.
            Strategy::Aggregate { fold: Fold::Min, entity: child, column, .. } => {
                levels > 0
                    && left.entity == *child
                    && !strict
                    && self
                        .with_source(left.entity, Source::Own(*column), &mut |term| self.same(left, term, 4))
            }
            _ => false,
        }
    }

    /// Whether what is added or taken away is more than nothing; none if it may be less. A float may be too small to
    /// change a sum.
    fn moves(&self, term: Term<'_>) -> Option<bool> {
        let (least, _) = self.bounds(term)?;
        (least >= 0.0).then_some(least > 0.0 && term.node.ty != ColumnType::Float)
    }

    fn with_source(&self, entity: EntityId, source: Source, then: &mut dyn FnMut(Term<'_>) -> bool) -> bool {
        let Some((_, column)) = self.column_at(entity, source) else { return false };
        let node = Tree { kind: Kind::Column(0), ty: column.ty.clone(), nullable: column.nullable };
        then(Term { entity, node: &node, sources: &[source] })
    }

    /// The column that a term is, how many levels up it stands, and in which entity.
    fn column_of(&self, term: Term<'_>) -> Option<(u32, EntityId, &Column)> {
        let (Kind::Column(symbol) | Kind::Aggregate { symbol, .. }) = term.node.written().kind else {
            return None;
        };
        let (levels, entity) = match term.sources[symbol] {
            Source::Own(_) => (0, term.entity),
            Source::Ancestor { levels, entity, .. } => (levels, entity),
            Source::Pointed { .. } | Source::Children(_) | Source::Siblings(_) => return None,
        };
        self.column_at(term.entity, term.sources[symbol]).map(|(_, column)| (levels, entity, column))
    }

    pub(super) fn column_at(&self, entity: EntityId, source: Source) -> Option<(EntityId, &Column)> {
        let (entity, column) = match source {
            Source::Own(column) => (entity, column),
            Source::Ancestor { entity, column, .. } | Source::Pointed { entity, column, .. } => {
                (entity, column)
            }
            Source::Children(_) | Source::Siblings(_) => return None,
        };
        self.bound(entity, column).map(|bound| (entity, bound))
    }

    /// The source behind all copies without a condition.
    fn canonical(&self, entity: EntityId, source: Source) -> Source {
        let (levels, home) = match source {
            Source::Own(_) => (0, entity),
            Source::Ancestor { levels, entity, .. } => (levels, entity),
            Source::Pointed { .. } | Source::Children(_) | Source::Siblings(_) => return source,
        };
        match self.column_at(entity, source) {
            Some((_, Column { strategy: Strategy::Copy(inner), when: None, null_share: 0.0, .. })) => {
                lift(*inner, levels, home).map_or(source, |inner| self.canonical(entity, inner))
            }
            _ => source,
        }
    }

    /// Between which numbers a term stays; times count microseconds.
    fn bounds(&self, term: Term<'_>) -> Option<Bounds> {
        expression::bounds(term.node, &|symbol| self.source_bounds(term.entity, term.sources[symbol], DEPTH))
    }

    /// Between which numbers a column stays, where that follows from its declaration.
    pub(super) fn column_bounds(&self, entity: EntityId, column: ColumnId) -> Option<Bounds> {
        self.source_bounds(entity, Source::Own(column), DEPTH)
    }

    /// Whether one time is not after another on every row.
    pub(super) fn in_order(&self, entity: EntityId, earlier: Source, later: Source) -> bool {
        // Seen from the ancestor that has both, its aggregates are its own.
        let (entity, earlier, later) = match (earlier, later) {
            (
                Source::Ancestor { entity: one, column: earlier, .. },
                Source::Ancestor { entity: other, column: later, .. },
            ) if one == other => (one, Source::Own(earlier), Source::Own(later)),
            (earlier, later) => (entity, earlier, later),
        };
        self.with_source(entity, later, &mut |later| {
            self.with_source(entity, earlier, &mut |earlier| {
                self.comparison(Comparison::GreaterOrEqual, later, earlier).is_ok()
            })
        })
    }

    fn source_bounds(&self, entity: EntityId, source: Source, depth: u8) -> Option<Bounds> {
        let (home, column) = self.column_at(entity, source)?;
        if depth == 0 {
            return None;
        }
        let of = |source: Source| self.source_bounds(home, source, depth - 1);
        match &column.strategy {
            Strategy::Law { law, .. } => rounded(law.support(), &column.ty),
            Strategy::Pool(pool) | Strategy::Field { values: pool, .. } => {
                literal_bounds(&pool.values, &column.ty)
            }
            Strategy::Constant(value) => literal_bounds(std::slice::from_ref(value), &column.ty),
            Strategy::Range { from, to, not_before: None, .. } => Some((*from as f64, *to as f64)),
            Strategy::Range { from, to, not_before: Some(bound), .. } => {
                Some((of(*bound)?.0.min(*from as f64), *to as f64))
            }
            Strategy::Copy(source) => of(*source),
            Strategy::After { base, by, .. } => {
                let (low, high) = of(*base)?;
                Some((low, high + by.support().1 * SECOND as f64 + 1_000.0))
            }
            Strategy::Between { from, to } => Some((of(*from)?.0, of(*to)?.1)),
            Strategy::Process(process) => Some((of(process.from)?.0, process.to as f64)),
            Strategy::Expression(bound) => {
                expression::bounds(&bound.expression.node, &|symbol| of(bound.sources[symbol]))
            }
            Strategy::Aggregate { fold: Fold::Min | Fold::Max | Fold::First, entity, column, .. } => {
                self.source_bounds(*entity, Source::Own(*column), depth - 1)
            }
            Strategy::Aggregate { fold: Fold::Sum, entity, column, .. } => {
                let (low, high) = self.source_bounds(*entity, Source::Own(*column), depth - 1)?;
                Some((if low >= 0.0 { 0.0 } else { f64::MIN }, if high <= 0.0 { 0.0 } else { f64::MAX }))
            }
            Strategy::Ordinal | Strategy::Children(_) => Some((0.0, f64::from(u32::MAX))),
            Strategy::Sequence { start } => Some((*start as f64, f64::MAX)),
            Strategy::Switch { cases, .. } => {
                let mut all = cases.iter().map(|(_, column)| of(Source::Own(*column)));
                let first = all.next()??;
                all.try_fold(first, |(low, high), bounds| {
                    bounds.map(|next| (low.min(next.0), high.max(next.1)))
                })
            }
            Strategy::Uuid
            | Strategy::RunningSum { .. }
            | Strategy::Json(_)
            | Strategy::Array { .. }
            | Strategy::TimeUuid { .. }
            | Strategy::Record(_)
            | Strategy::Permutation { .. }
            | Strategy::Chance(_)
            | Strategy::Template(_)
            | Strategy::Text { .. }
            | Strategy::Pick(_) => None,
        }
    }
}

/// Whether the conversion to the column's type, if there is one, keeps every value that fits.
fn keeps_value(node: &Tree) -> bool {
    use crate::model::ColumnType::{BigInteger, Date, DateTime, Decimal, Integer, Timestamp};
    let Kind::Cast { operand, implicit: true } = &node.kind else { return true };
    match (&operand.ty, &node.ty) {
        (Decimal { scale: from, .. }, Decimal { scale: to, .. }) => from <= to,
        (Integer | BigInteger, Integer | BigInteger | Decimal { .. }) => true,
        (Date | DateTime | Timestamp, DateTime | Timestamp) => true,
        (from, to) => from.data_type() == to.data_type(),
    }
}

/// A source of an entity `levels` up, seen from below. What a reference up there points at has no name here: a
/// column of the same place may point elsewhere.
const fn lift(source: Source, levels: u32, entity: EntityId) -> Option<Source> {
    match source {
        _ if levels == 0 => Some(source),
        Source::Own(column) => Some(Source::Ancestor { levels, entity, column }),
        Source::Ancestor { levels: further, entity, column } => {
            Some(Source::Ancestor { levels: levels + further, entity, column })
        }
        Source::Pointed { .. } | Source::Children(_) | Source::Siblings(_) => None,
    }
}

fn lifted(sources: &[Source], levels: u32, entity: EntityId) -> Option<Vec<Source>> {
    sources.iter().map(|&source| lift(source, levels, entity)).collect()
}

/// A law's bounds after its numbers are rounded to the column's type.
fn rounded((low, high): Bounds, ty: &crate::model::ColumnType) -> Option<Bounds> {
    let factor = match ty {
        crate::model::ColumnType::Integer | crate::model::ColumnType::BigInteger => 1.0,
        crate::model::ColumnType::Decimal { scale, .. } => libm::pow(10.0, f64::from(*scale)),
        _ => return Some((low, high)),
    };
    Some((libm::round(low * factor) / factor, libm::round(high * factor) / factor))
}

fn literal_bounds(values: &[Literal], ty: &crate::model::ColumnType) -> Option<Bounds> {
    let mut numbers = Vec::new();
    for text in values.iter().filter_map(|value| value.0.as_deref()) {
        numbers.push(match ty {
            crate::model::ColumnType::Timestamp => scalars::parse_time(text)? as f64,
            crate::model::ColumnType::Decimal { precision, scale } => {
                literals::decimal(text, *precision, *scale)? as f64 / libm::pow(10.0, f64::from(*scale))
            }
            _ => text.parse().ok()?,
        });
    }
    Some((
        numbers.iter().copied().fold(f64::INFINITY, f64::min),
        numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    ))
}
