//! Origins: rows of roots, fan-outs of children.

use super::entities::rank_name;
use super::{ColumnId, ColumnType, EntityId, Linker, Origin, Reach, Strategy};
use crate::laws::tables::MOST_VALUES;
use crate::laws::{Expect, Law};
use crate::model::fields::{self, Fields};
use crate::model::yaml::{Node, Place, Value};
use crate::model::{Anchor, FanOut, RankedLaw, VolumeDeclaration, scalars};

/// The most rows that one parent has.
const MOST_CHILDREN: u64 = 3_999_999_999;

impl Linker<'_, '_> {
    /// Binds how every entity's rows come to be; nothing for those that failed.
    pub(super) fn bind_origins(&mut self) -> Vec<Option<Origin>> {
        (0..self.entities.len()).map(|at| self.bind_origin(EntityId(at))).collect()
    }

    fn bind_origin(&mut self, entity: EntityId) -> Option<Origin> {
        let draft = &self.entities[entity.0];
        let (place, name) = (draft.place, draft.name.clone());
        let Some(parent) = draft.parent else {
            let rows = draft.rows?;
            return fields::count(rows, self.diagnostics).map(|rows| Origin::Root { rows });
        };
        let Some(node) = draft.per_parent else {
            if draft.has_misspelt_fan_out {
                return None;
            }
            self.error(
                place,
                format!("`{name}` has a parent but no `per_parent`"),
                "say how many rows a parent row has, such as per_parent: 3",
            );
            return None;
        };
        self.fan_out(entity, parent, node).map(|fan_out| Origin::Child { parent, fan_out })
    }

    fn fan_out(&mut self, child: EntityId, parent: EntityId, node: &Node) -> Option<FanOut> {
        if node.as_str().is_some() {
            let count = self.children(node)?;
            if count > MOST_CHILDREN {
                self.error(
                    node.place,
                    format!("a parent has at most {MOST_CHILDREN} children, not {count}"),
                    "",
                );
                return None;
            }
            return Some(FanOut::Law(Law::Constant(count as f64)));
        }
        let mut fields = Fields::of(node, "`per_parent`", self.diagnostics)?;
        let fan_out = if let Some(column) = fields.take("column") {
            self.column_fan_out(parent, column)
        } else if let Some(condition) = fields.take("when") {
            self.condition(parent, condition).and_then(|(bound, reach)| {
                self.row_only(reach, condition.place)?;
                Some(FanOut::When(bound))
            })
        } else if let Some(share) = fields.take("share") {
            self.share(share, "a share of the parent rows").map(FanOut::Share)
        } else {
            self.law_fan_out(child, parent, &mut fields)
        };
        fields.finish("`per_parent`", self.diagnostics);
        fan_out
    }

    /// A constant number of children.
    fn children(&mut self, node: &Node) -> Option<u64> {
        let text = node.as_str().unwrap_or_default().trim();
        let range = text
            .split_once('-')
            .or_else(|| text.split_once(".."))
            .map(|(low, high)| (low.trim(), high.trim()));
        let hint = if let Some((low, high)) = range
            && low.parse::<u32>().is_ok()
            && high.parse::<u32>().is_ok()
        {
            format!("such as per_parent: {{uniform: {{min: {low}, max: {high}}}}}")
        } else if text.ends_with('%') && scalars::parse_number(text).is_some() {
            format!("one child for {text} of the parents is per_parent: {{share: {text}}}")
        } else if text.contains('.') && scalars::parse_number(text).is_some() {
            "a mean is that of a law, such as per_parent: {geometric: {p: 0.4, min: 1, max: 20}}".to_owned()
        } else {
            return fields::count(node, self.diagnostics);
        };
        let message = format!("a constant number of children is a whole number, not {text}");
        self.error(node.place, message, hint);
        None
    }

    fn column_fan_out(&mut self, parent: EntityId, node: &Node) -> Option<FanOut> {
        let name = fields::text(node, "`column`", self.diagnostics)?;
        let Some(column) = self.find_column(parent, name) else {
            let hint = self.column_hint(parent, name);
            self.error(node.place, format!("the parent has no column `{name}`"), hint);
            return None;
        };
        let bound = self.bind(parent, column)?;
        let (ty, reach) = (bound.ty.clone(), bound.reach);
        if !matches!(ty, ColumnType::Integer | ColumnType::BigInteger) {
            self.error(node.place, format!("`{name}` is {ty}; a count of children is an integer"), "");
            return None;
        }
        self.row_only(reach, node.place)?;
        Some(FanOut::Column(column))
    }

    fn law_fan_out(&mut self, child: EntityId, parent: EntityId, fields: &mut Fields<'_>) -> Option<FanOut> {
        let (total, by) = (fields.take("total"), fields.take("by"));
        let law = match fields.take("quantiles") {
            Some(node) => {
                let alpha = fields.take("alpha");
                let cap = fields.number("cap", self.diagnostics);
                self.volumes(node, alpha, cap).map(RankedLaw::Volumes)
            }
            None => self.whole_law_of(fields).map(RankedLaw::Counts),
        };
        let total = match total {
            Some(node) => Some(fields::count(node, self.diagnostics)?),
            None => None,
        };
        let law = law?;
        if let RankedLaw::Counts(law) = &law
            && total.is_some()
            && !is_tabular(law)
        {
            self.error(
                fields.place(),
                "an exact total is spread by a law of whole numbers",
                "a number, `uniform`, `geometric`, `poisson`, `power_law` or `zipf`, or `quantiles`",
            );
            return None;
        }
        match (law, total) {
            (law, Some(total)) => {
                let by = self.rank_column(child, parent, by, fields.place())?;
                Some(FanOut::Ranked { law, by, total })
            }
            (RankedLaw::Counts(law), None) => {
                if let Some(by) = by {
                    self.error(
                        by.place,
                        "`by` lays an exact `total` out over ranks, and there is no `total`",
                        "add the `total`; or let a hidden column of the parent have this law and `by`, and count with {column: NAME}",
                    );
                    return None;
                }
                let (least, _) = law.support();
                // Counts are rounded.
                if least <= -0.5 {
                    self.error(
                        fields.place(),
                        format!("the law of a number of children reaches down to {least}"),
                        "truncate it with `min: 0`",
                    );
                    return None;
                }
                if law.mean().is_infinite() {
                    self.error(
                        fields.place(),
                        "the law of a number of children has no mean",
                        "truncate it with `max`, or take an alpha above 1",
                    );
                    return None;
                }
                Some(FanOut::Law(law))
            }
            (RankedLaw::Volumes(_), None) => {
                self.error(
                    fields.place(),
                    "`quantiles` needs the exact `total` of all parents",
                    "such as total: $band.messages",
                );
                None
            }
        }
    }

    fn rank_column(
        &mut self,
        child: EntityId,
        parent: EntityId,
        by: Option<&Node>,
        place: Place,
    ) -> Option<ColumnId> {
        if self.entities[parent.0].parent.is_some() {
            self.error(
                place,
                "an exact total is spread over the rows of a root entity",
                "the parent is itself a child",
            );
            return None;
        }
        let column = match by {
            Some(node) => return self.permutation_column(parent, node),
            None => self.find_column(parent, &rank_name(&self.entities[child.0].name))?,
        };
        self.bind(parent, column).map(|_| column)
    }

    /// The column that `by` names, which must be a permutation of the entity.
    pub(super) fn permutation_column(&mut self, entity: EntityId, node: &Node) -> Option<ColumnId> {
        let name = fields::text(node, "`by`", self.diagnostics)?;
        let Some(column) = self.find_column(entity, name) else {
            let hint = self.column_hint(entity, name);
            self.error(
                node.place,
                format!("`{}` has no column `{name}`", self.entities[entity.0].name),
                hint,
            );
            return None;
        };
        let bound = self.bind(entity, column)?;
        if !matches!(bound.strategy, Strategy::Permutation { .. }) {
            self.error(
                node.place,
                format!("`{name}` is no permutation"),
                "declare it as {permutation: true, hidden: true}",
            );
            return None;
        }
        Some(column)
    }

    fn volumes(&mut self, node: &Node, alpha: Option<&Node>, cap: Option<f64>) -> Option<VolumeDeclaration> {
        let Value::List(items) = &node.value else {
            self.error(
                node.place,
                "`quantiles` is a list in order of priority",
                "such as [{p50: 15}, {p95: 500}, {above: 10K, rows: 2%}]",
            );
            return None;
        };
        let anchors: Vec<Anchor> = items.iter().filter_map(|item| self.anchor(item)).collect();
        let (alpha, holds_at) = match alpha {
            None => (1.8, 1.8),
            Some(node) => {
                let mut fields = Fields::of(node, "`alpha`", self.diagnostics)?;
                let value = fields
                    .require("value", self.diagnostics)
                    .and_then(|node| fields::number(node, self.diagnostics));
                let holds_at = fields
                    .require("holds_at", self.diagnostics)
                    .and_then(|node| fields::number(node, self.diagnostics));
                fields.finish("`alpha`", self.diagnostics);
                let (value, holds_at) = (value?, holds_at?);
                if value <= 1.0 || holds_at <= 1.0 {
                    self.error(node.place, "α must be above 1: at 1 the volumes have no mean", "");
                    return None;
                }
                (value, holds_at)
            }
        };
        (anchors.len() == items.len()).then_some(VolumeDeclaration { alpha, holds_at, anchors, cap })
    }

    /// `{p50: 15}`, `{above: 10K, rows: 2%}` or `{above: 10K, share: 30%}`.
    fn anchor(&mut self, node: &Node) -> Option<Anchor> {
        let mut fields = Fields::of(node, "an anchor", self.diagnostics)?;
        let anchor = if let Some(above) = fields.take("above") {
            let threshold = fields::number(above, self.diagnostics)?;
            match (fields.number("rows", self.diagnostics), fields.number("share", self.diagnostics)) {
                (Some(fraction), None) => Some(Anchor::RowsAbove { threshold, fraction }),
                (None, Some(share)) => Some(Anchor::ShareAbove { threshold, share }),
                _ => {
                    self.error(node.place, "`above` needs either `rows` or `share`", "");
                    None
                }
            }
        } else {
            match fields.rest() {
                [(name, value)]
                    if name.text.starts_with('p') && scalars::parse_number(&name.text[1..]).is_some() =>
                {
                    let p = scalars::parse_number(&name.text[1..])? / 100.0;
                    let value = fields::number(value, self.diagnostics)?;
                    if !(0.0..1.0).contains(&p) {
                        self.error(name.place, "a percentile lies between p0 and p100", "");
                        return None;
                    }
                    return Some(Anchor::Quantile { p, value });
                }
                _ => {
                    self.error(
                        node.place,
                        "an anchor is {p95: 500}, {above: 10K, rows: 2%} or {above: 10K, share: 30%}",
                        "",
                    );
                    return None;
                }
            }
        };
        fields.finish("an anchor", self.diagnostics);
        anchor
    }

    pub(super) fn share(&mut self, node: &Node, what: &str) -> Option<f64> {
        let share = fields::number(node, self.diagnostics)?;
        if !(0.0..=1.0).contains(&share) {
            self.error(
                node.place,
                format!("{what} lies between 0 and 1, not {share}"),
                "such as 82% or 0.82",
            );
            return None;
        }
        Some(share)
    }

    fn row_only(&mut self, reach: Reach, place: Place) -> Option<()> {
        if reach == Reach::Row {
            return Some(());
        }
        self.error(
            place,
            "a count of children reads columns of row reach only",
            "it is needed before the parent's siblings are made",
        );
        None
    }
}

/// Whether a law is a table of whole numbers, which ranks can be laid out over.
fn is_tabular(law: &Law) -> bool {
    match law {
        Law::Constant(_)
        | Law::Geometric { .. }
        | Law::PowerLaw { .. }
        | Law::Zipf { .. }
        | Law::Poisson { .. }
        | Law::UniformSteps { decimals: 0, .. }
        | Law::Choice(_) => true,
        Law::Truncated { law, .. } => is_tabular(law),
        Law::Uniform { .. }
        | Law::UniformSteps { .. }
        | Law::Normal { .. }
        | Law::LogNormal { .. }
        | Law::Exponential { .. }
        | Law::Rising { .. }
        | Law::Pareto { .. }
        | Law::Quantiles(_)
        | Law::Histogram { .. }
        | Law::Mixture(_) => false,
    }
}

/// As [`is_tabular`], or a mixture of such laws.
pub(super) fn is_mixed_tabular(law: &Law) -> bool {
    match law {
        Law::Mixture(components) => components.iter().all(|(_, law)| is_tabular(law)),
        law => is_tabular(law),
    }
}

/// The whole numbers that a law over ranks spans, where they are more than a table holds.
pub(super) fn beyond_a_table(law: &Law) -> Option<f64> {
    let span = match law {
        Law::Mixture(components) => return components.iter().find_map(|(_, law)| beyond_a_table(law)),
        Law::Truncated { law, .. } => return beyond_a_table(law),
        law => law.expectation().support(),
    };
    // Of a law without an end the table ends where its tail is negligible.
    Some(span.1 - span.0 + 1.0).filter(|values| values.is_finite() && *values > MOST_VALUES as f64)
}
