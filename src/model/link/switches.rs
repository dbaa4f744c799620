//! `switch`: one strategy for each value of a text, and whether every value has one.

use std::collections::BTreeSet;

use super::entities::case_name;
use super::strategies::Made;
use super::types::results;
use super::{ColumnType, EntityId, Linker};
use crate::model::diagnostics::meant_or_known;
use crate::model::expression::{Kind, Literal as Constant, Node as Tree};
use crate::model::fields::{self, Fields};
use crate::model::habits;
use crate::model::yaml::{Node, Place, Value};
use crate::model::{Fold, Literal, Source, Strategy};

/// How far values are followed from column to column.
const DEPTH: u8 = 24;

/// So many missing values are named.
const MOST_NAMED: usize = 5;

impl<'n> Linker<'n, '_> {
    /// `switch: {on, cases}`.
    pub(super) fn switch(
        &mut self,
        entity: EntityId,
        name: &str,
        node: &'n Node,
        declared: Option<ColumnType>,
    ) -> Option<Made> {
        let mut fields = Fields::of(node, "`switch`", self.diagnostics)?;
        let on = fields.require("on", self.diagnostics);
        let cases = fields.require("cases", self.diagnostics);
        fields.finish("`switch`", self.diagnostics);
        let on_node = on?;
        let on_name = fields::text(on_node, "`on`", self.diagnostics)?;
        let on = self.source(entity, on_name, on_node.place)?;
        let cases = cases?;
        let Value::Map(entries) = &cases.value else {
            self.error(node.place, "`cases` maps values to strategies", habits::example("switch"));
            return None;
        };
        if !matches!(on.ty, ColumnType::Text | ColumnType::Enum { .. }) {
            self.error(on_node.place, format!("a switch is on a text, not on {}", on.ty), "");
            return None;
        }
        if entries.is_empty() {
            self.error(cases.place, "a switch has at least one case", habits::example("switch"));
            return None;
        }
        let mut is_strange = false;
        let mut bound = Vec::new();
        let (mut ty, mut reach, mut nullable) = (declared, on.reach, on.nullable);
        for (case, case_node) in entries {
            if let ColumnType::Enum { values } = &on.ty
                && !values.contains(&case.text)
            {
                let hint = meant_or_known(&case.text, values.iter().map(String::as_str), "its values are");
                self.error(case.place, format!("`{}` is no value of the switch's column", case.text), hint);
                is_strange = true;
                continue;
            }
            let Some(column) = self.find_column(entity, &case_name(name, &case.text)) else {
                self.error(
                    node.place,
                    "a switch is no case of another",
                    "make it a hidden column, and let the case be {expression: NAME}",
                );
                return None;
            };
            let made = self.bind(entity, column)?;
            let (case_type, case_reach) = (made.ty.clone(), made.reach);
            nullable |= made.nullable;
            reach = reach.max(case_reach);
            match &ty {
                None => ty = Some(case_type),
                Some(first) if *first != case_type => {
                    self.error(
                        case_node.place,
                        format!("this case is {case_type}, another is {first}"),
                        "give the column a `type`",
                    );
                }
                Some(_) => {}
            }
            bound.push((case.text.clone(), column));
        }
        if !is_strange && !self.guarded(entity, name) {
            let listed: Vec<&str> = entries.iter().map(|(case, _)| case.text.as_str()).collect();
            self.refuse_missing_cases((entity, on.source), (on_name, &listed), cases.place)?;
        }
        Some(Made { nullable, ..Made::of(Strategy::Switch { on: on.source, cases: bound }, ty?, reach) })
    }

    /// Whether the declared column has a condition that may leave out rows with other values.
    fn guarded(&self, entity: EntityId, name: &str) -> bool {
        self.owner(entity, name).is_some_and(|owner| owner.get("when").is_some())
    }

    /// Reports the values of the switch's text that no case is for, where its values are known.
    fn refuse_missing_cases(
        &mut self,
        (entity, on): (EntityId, Source),
        (name, listed): (&str, &[&str]),
        place: Place,
    ) -> Option<()> {
        let Some(values) = self.values(entity, on, DEPTH) else { return Some(()) };
        let missing: Vec<String> = values
            .into_iter()
            .filter(|value| !listed.contains(&value.as_str()))
            .map(|value| format!("`{value}`"))
            .collect();
        let Some(first) = missing.first() else { return Some(()) };
        let mut named = missing[..missing.len().min(MOST_NAMED)].join(", ");
        if missing.len() > MOST_NAMED {
            named = format!("{named} and {} more", missing.len() - MOST_NAMED);
        }
        let hint = format!(
            "each value that `{name}` has needs a case, such as {}: {{constant: …}}; or the column a `when` that leaves the others out",
            first.trim_matches('`')
        );
        self.error(place, format!("there is no case for {named}"), hint);
        None
    }

    /// The values that a text may have, where they are known.
    fn values(&self, entity: EntityId, source: Source, depth: u8) -> Option<BTreeSet<String>> {
        if let Source::Ancestor { levels, .. } = source
            && !self.has_all_parents(entity, levels)
        {
            return None;
        }
        let (home, column) = self.column_at(entity, source)?;
        let follow = |source: Source| self.values(home, source, depth.checked_sub(1)?);
        match &column.strategy {
            Strategy::Pool(pool) | Strategy::Field { values: pool, .. } => {
                let drawn = pool.values.iter().zip(&pool.weights).filter(|(_, weight)| **weight > 0.0);
                Some(drawn.filter_map(|(Literal(text), _)| text.clone()).collect())
            }
            Strategy::Constant(Literal(text)) => Some(text.iter().cloned().collect()),
            // A condition may be there to leave values out of a copy.
            _ if column.when.is_some() => None,
            Strategy::Copy(source) => follow(*source),
            Strategy::Aggregate { fold: Fold::First, entity: child, column, .. } => {
                self.values(*child, Source::Own(*column), depth.checked_sub(1)?)
            }
            Strategy::Switch { cases, .. } => {
                let mut all = BTreeSet::new();
                for (_, case) in cases {
                    all.extend(follow(Source::Own(*case))?);
                }
                Some(all)
            }
            Strategy::Expression(bound) => {
                let ColumnType::Enum { values } = &column.ty else { return None };
                let node = &bound.expression.node;
                let mut texts = Vec::new();
                results(node, &mut texts);
                Some(match names_its_results(node) {
                    true => texts.into_iter().map(str::to_owned).collect(),
                    false => values.iter().cloned().collect(),
                })
            }
            _ => None,
        }
    }

    /// Whether no condition chooses which rows of the ancestor have rows of `entity`.
    fn has_all_parents(&self, entity: EntityId, levels: u32) -> bool {
        let mut at = entity;
        for _ in 0..levels {
            let draft = &self.entities[at.0];
            let chosen = |node: &Node| node.get("when").is_some() || node.get("column").is_some();
            let (Some(parent), false) = (draft.parent, draft.per_parent.is_none_or(chosen)) else {
                return false;
            };
            at = parent;
        }
        true
    }
}

/// Whether all that an expression comes to are texts that it names, or NULL.
fn names_its_results(node: &Tree) -> bool {
    match &node.written().kind {
        Kind::Literal(Constant::Text(_) | Constant::Null) => true,
        Kind::Case { branches, otherwise } => {
            branches.iter().map(|branch| &branch.result).chain(otherwise.as_deref()).all(names_its_results)
        }
        _ => false,
    }
}
