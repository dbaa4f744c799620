//! Columns: modifiers, and the one strategy that each has.

use super::entities::pick_name;
use super::fan_outs::{beyond_a_table, is_mixed_tabular};
use super::law_reader::Unit;
use super::{Column, ColumnId, ColumnType, EntityId, Linker, Reach, Role, hidden};
use crate::laws::tables::MOST_VALUES;
use crate::model::diagnostics::did_you_mean;
use crate::model::fields::{self, Fields};
use crate::model::habits;
use crate::model::language::{LAW_NAMES, STRATEGY_NAMES};
use crate::model::yaml::{Node, Place, Value};
use crate::model::{Beside, BoundExpression, Literal, PICK_SUFFIX, Strategy};

/// What a strategy comes to, before the modifiers.
pub(super) struct Made {
    pub strategy: Strategy,
    pub ty: ColumnType,
    pub nullable: bool,
    pub reach: Reach,
    pub foreign_key: Option<(EntityId, ColumnId)>,
}

impl Made {
    pub(super) const fn of(strategy: Strategy, ty: ColumnType, reach: Reach) -> Self {
        Self { strategy, ty, nullable: false, reach, foreign_key: None }
    }
}

impl<'n> Linker<'n, '_> {
    /// Binds a declared column.
    pub(super) fn bind_declared(&mut self, entity: EntityId, name: String, node: &'n Node) -> Option<Column> {
        let what = format!("the column `{name}`");
        let mut fields = Fields::of(node, &what, self.diagnostics)?;
        let place = fields.place();
        let declared = fields.take("type").map(|node| self.column_type(node));
        let null_share = fields.take("null").map(|node| self.share(node, "`null`"));
        let unique = fields.flag("unique", self.diagnostics);
        let hidden = fields.flag("hidden", self.diagnostics);
        let when = fields.take("when");
        let references = fields.take("references");
        // Read when the primary key is known.
        fields.take("default");
        if references.is_some() && fields.rest().is_empty() {
            let message = format!("the column `{name}` has no strategy");
            let hint =
                "did you mean `reference`? `references` names the key behind values that are made otherwise";
            self.diagnostics.dead_end(place, message, hint);
            return None;
        }
        let made = self.strategy(entity, &name, &mut fields, declared.clone().flatten(), place);
        fields.forget(&STRATEGY_NAMES);
        fields.finish(&what, self.diagnostics);
        if let Some(pick) = self.find_column(entity, &pick_name(&name)) {
            // It has read the condition, and reported what is wrong with it.
            self.bind(entity, pick)?;
        }
        let when = match when {
            Some(node) => Some(self.condition(entity, node)?),
            None => None,
        };
        let mut made = made?;
        if let Some(declared) = declared {
            self.settle_type(&mut made, declared?, place)?;
        }
        if let Some(node) = references {
            made.foreign_key = Some(self.key_reference(node)?);
        }
        let null_share = match null_share {
            Some(share) => share?,
            None => 0.0,
        };
        let modified = unique || null_share > 0.0 || when.is_some();
        if matches!(made.strategy, Strategy::Record(_)) {
            self.record_alone(hidden, modified, place)?;
        }
        let reach = when.as_ref().map_or(made.reach, |(_, reach)| made.reach.max(*reach));
        let column = Column {
            nullable: made.nullable || null_share > 0.0 || when.is_some(),
            name,
            ty: made.ty,
            hidden,
            unique,
            strategy: made.strategy,
            null_share,
            when: when.map(|(bound, _)| bound),
            reach,
            foreign_key: made.foreign_key,
            default: None,
        };
        if unique {
            self.prove_unique(entity, &column, place)?;
        }
        Some(column)
    }

    /// The declared column that a hidden one is a part of.
    pub(super) fn owner(&self, entity: EntityId, part: &str) -> Option<&'n Node> {
        let name = part.strip_suffix(PICK_SUFFIX).or_else(|| part.split('@').next()).unwrap_or(part);
        match self.find_column(entity, name).map(|column| self.entities[entity.0].columns[column.0].role) {
            Some(Role::Declared(owner)) => Some(owner),
            _ => None,
        }
    }

    /// Binds the hidden column of one case of a switch; it has the switch's type.
    pub(super) fn bind_case(&mut self, entity: EntityId, name: String, node: &'n Node) -> Option<Column> {
        let declared = self.owner(entity, &name).and_then(|owner| owner.get("type"));
        let declared = declared.and_then(|node| self.column_type(node));
        let mut fields = Fields::of(node, "a case", self.diagnostics)?;
        let place = fields.place();
        let made = self.strategy(entity, &name, &mut fields, declared.clone(), place);
        fields.forget(&STRATEGY_NAMES);
        fields.finish("a case", self.diagnostics);
        let mut made = made?;
        if matches!(made.strategy, Strategy::Record(_)) {
            self.error(
                place,
                "a case makes values, and records are none",
                "let the case be a `field` of a hidden column of records",
            );
            return None;
        }
        if let Some(declared) = declared {
            self.settle_type(&mut made, declared, place)?;
        }
        let mut column = hidden(name, made.ty, made.strategy, made.reach);
        column.nullable = made.nullable;
        Some(column)
    }

    pub(super) fn strategy(
        &mut self,
        entity: EntityId,
        name: &str,
        fields: &mut Fields<'n>,
        declared: Option<ColumnType>,
        place: Place,
    ) -> Option<Made> {
        if let Some(law) = fields.rest().iter().find(|(key, _)| LAW_NAMES.contains(&key.text.as_str())) {
            // `min` and `max` beside a law truncate it.
            let other = fields
                .rest()
                .iter()
                .map(|(key, _)| key.text.as_str())
                .find(|key| STRATEGY_NAMES.contains(key) && !matches!(*key, "min" | "max"));
            if let Some(other) = other {
                let both = format!("`{name}` has two strategies, `{other}` and `{}`", law.0.text);
                // What ranks the rows of a reference, or the values of a pool, stands inside it.
                let hint = match (other, law.0.text.as_str()) {
                    ("reference", "zipf") => "such as reference: {to: users.id, zipf: 1.2}",
                    ("pool", "zipf") => "such as pool: {values: [a, b], zipf: 1.2}",
                    _ => "keep one of them",
                };
                self.diagnostics.dead_end(place, both, hint);
                return None;
            }
            return self.law_column(entity, fields, declared);
        }
        let mut chosen: Option<(&'static str, &'n Node)> = None;
        for key in STRATEGY_NAMES {
            if let Some(node) = fields.take(key) {
                if let Some((other, _)) = chosen {
                    let both = format!("`{name}` has two strategies, `{other}` and `{key}`");
                    self.diagnostics.dead_end(place, both, "keep one of them");
                    return None;
                }
                chosen = Some((key, node));
            }
        }
        let Some((key, node)) = chosen else {
            self.no_strategy(name, fields, place);
            return None;
        };
        match key {
            "uuid" => self.uuid(entity, node),
            "sequence" => {
                let start = fields::integer(node, self.diagnostics)?;
                Some(Made::of(Strategy::Sequence { start }, ColumnType::BigInteger, Reach::Row))
            }
            "constant" => {
                let literal = self.literal(node)?;
                let ty = declared.unwrap_or_else(|| {
                    self.natural_type(std::slice::from_ref(&literal), std::slice::from_ref(node))
                });
                self.parse_literals(std::slice::from_ref(&literal), &ty, |_| node.place)?;
                Some(Made {
                    nullable: literal.0.is_none(),
                    ..Made::of(Strategy::Constant(literal), ty, Reach::Row)
                })
            }
            "ordinal" => {
                if node.as_str() != Some("true") {
                    self.error(node.place, "`ordinal` counts a parent's rows from 0", "write ordinal: true");
                    return None;
                }
                Some(Made::of(Strategy::Ordinal, ColumnType::Integer, Reach::Row))
            }
            "permutation" => self.permutation(entity, node),
            "chance" => {
                let share = self.share(node, "a chance")?;
                Some(Made::of(Strategy::Chance(share), ColumnType::Boolean, Reach::Row))
            }
            "choice" => self.choice(node, declared),
            "pool" => self.pool(node, declared),
            "record" => self.record(node),
            "field" => self.field(entity, node, declared),
            "range" => self.range(entity, node),
            "template" => self.template(entity, node),
            "text" => self.text(node),
            "reference" => self.reference(entity, name, node),
            "parent" => self.parent_copy(entity, node),
            "copy" => self.copy(entity, node),
            "after" => self.after(entity, node),
            "between" => self.between(entity, node),
            "process" => self.process(entity, node),
            "expression" => self.expression_column(entity, node, declared),
            "running" => self.running(entity, node),
            "json" => self.json(entity, node),
            "array" => self.array(entity, name, node, declared),
            "count" => self.children_count(entity, node),
            "sum" | "min" | "max" | "first" => self.aggregate(entity, key, node, declared),
            "switch" => self.switch(entity, name, node, declared),
            _ => None,
        }
    }

    /// A key that nobody knows is taken for a misspelt strategy.
    fn no_strategy(&mut self, name: &str, fields: &Fields<'n>, place: Place) {
        let known = || STRATEGY_NAMES.into_iter().chain(LAW_NAMES);
        let all = format!("one of: {}, or a law: {}", STRATEGY_NAMES.join(", "), LAW_NAMES.join(", "));
        let Some((key, _)) = fields.rest().first() else {
            return self.error(place, format!("the column `{name}` has no strategy"), all);
        };
        let habit = || habits::strategy(&key.text).map_or(all, str::to_owned);
        let hint =
            did_you_mean(&key.text, known()).map_or_else(habit, |meant| format!("did you mean `{meant}`?"));
        self.diagnostics.dead_end(key.place, format!("there is no strategy `{}`", key.text), hint);
    }

    fn permutation(&mut self, entity: EntityId, node: &Node) -> Option<Made> {
        if self.entities[entity.0].parent.is_some() {
            self.error(node.place, "a permutation ranks the rows of a root entity", "this entity is a child");
            return None;
        }
        let beside = match &node.value {
            Value::Map(_) => {
                let mut fields = Fields::of(node, "`permutation`", self.diagnostics)?;
                let beside = fields.require("beside", self.diagnostics);
                let top = fields.require("top", self.diagnostics).and_then(|node| self.share(node, "`top`"));
                let last = fields
                    .require("avoids_last", self.diagnostics)
                    .and_then(|node| self.share(node, "`avoids_last`"));
                fields.finish("`permutation`", self.diagnostics);
                let column = self.permutation_column(entity, beside?)?;
                let (top, avoids_last) = (top?, last?);
                if top > 1.0 - avoids_last {
                    self.error(
                        node.place,
                        format!(
                            "the top {top} cannot avoid the last {avoids_last}: together they exceed all rows"
                        ),
                        format!("at most {} can", 1.0 - avoids_last),
                    );
                    return None;
                }
                Some(Beside { column, top, avoids_last })
            }
            Value::Null | Value::Scalar { .. } | Value::List(_) => {
                if node.as_str() != Some("true") {
                    self.error(node.place, "`permutation` is `true` or {beside, top, avoids_last}", "");
                    return None;
                }
                None
            }
        };
        Some(Made::of(Strategy::Permutation { beside }, ColumnType::BigInteger, Reach::Row))
    }

    fn law_column(
        &mut self,
        entity: EntityId,
        fields: &mut Fields<'n>,
        declared: Option<ColumnType>,
    ) -> Option<Made> {
        let place = fields.place();
        let by = fields.take("by");
        let ty = declared.unwrap_or(ColumnType::Float);
        let law = self.law_of(fields, Unit::Plain)?;
        let law = match ty.decimals() {
            Some(decimals) => self.in_steps(law, decimals, place)?,
            None => law,
        };
        let by = match by {
            Some(node) => Some(self.permutation_column(entity, node)?),
            None => None,
        };
        if by.is_some() && !is_mixed_tabular(&law) {
            self.error(
                place,
                "a law over ranks is one of whole numbers",
                "a number, `geometric`, `poisson`, `power_law`, `zipf`, a `uniform` of a whole type, or a `mixture` of those",
            );
            return None;
        }
        if let Some(values) = by.and_then(|_| beyond_a_table(&law)) {
            self.error(
                place,
                format!("a law over ranks is a table of at most {MOST_VALUES} values, not of {values}"),
                "a smaller `count` or `max`, or a law without `by`",
            );
            return None;
        }
        if !matches!(
            ty,
            ColumnType::Integer | ColumnType::BigInteger | ColumnType::Float | ColumnType::Decimal { .. }
        ) {
            self.error(
                place,
                format!("a law makes numbers, not {ty}"),
                "a time spreads by `range` or `after`",
            );
            return None;
        }
        Some(Made::of(Strategy::Law { law, by }, ty, Reach::Row))
    }

    fn expression_column(
        &mut self,
        entity: EntityId,
        node: &Node,
        declared: Option<ColumnType>,
    ) -> Option<Made> {
        let (bound, reach) = self.expression(entity, node)?;
        if let Some(ty @ (ColumnType::Json | ColumnType::Array { .. })) = &declared {
            self.error(
                node.place,
                format!("an expression makes no {ty}"),
                "write `json: {key: expression}`, or `array`",
            );
            return None;
        }
        let natural = bound.expression.ty.clone();
        let nullable = bound.expression.nullable;
        if let Some(declared) = &declared {
            self.within_enum(&bound.expression.node, declared, node.place)?;
        }
        let ty = match declared {
            None => natural.clone(),
            Some(ty) if ty == natural || ty.data_type() == natural.data_type() => ty,
            Some(ty) => {
                let bound = match bound.expression.assigned_to(&ty) {
                    Ok(expression) => BoundExpression { expression, ..bound },
                    Err(error) => {
                        self.error(node.place, error.message, error.hint);
                        return None;
                    }
                };
                return Some(Made { nullable, ..Made::of(Strategy::Expression(bound), ty, reach) });
            }
        };
        if natural == ColumnType::Interval {
            self.error(node.place, "an interval cannot be a column", "add it to a timestamp");
            return None;
        }
        Some(Made { nullable, ..Made::of(Strategy::Expression(bound), ty, reach) })
    }

    pub(super) fn literal(&mut self, node: &Node) -> Option<Literal> {
        match &node.value {
            Value::Null => Some(Literal(None)),
            Value::Scalar { text, .. } => Some(Literal(Some(text.clone()))),
            Value::List(_) | Value::Map(_) => {
                self.error(node.place, format!("a single value is expected here, not {}", node.kind()), "");
                None
            }
        }
    }

    fn children_count(&mut self, entity: EntityId, node: &Node) -> Option<Made> {
        let name = fields::text(node, "`count`", self.diagnostics)?;
        let Some(child) = self.find_entity(name) else {
            let hint = match name.split('.').next().filter(|entity| self.find_entity(entity).is_some()) {
                Some(entity) => format!("rows are counted, and no column: count: {entity}"),
                None => self.entity_hint(name),
            };
            self.error(node.place, format!("there is no entity `{name}`"), hint);
            return None;
        };
        if self.entities[child.0].parent != Some(entity) {
            self.error(
                node.place,
                format!("`{name}` is no child of this entity"),
                "`count` counts direct children; of further descendants a child has the count, and {sum: orders.count} adds up",
            );
            return None;
        }
        Some(Made::of(Strategy::Children(child), ColumnType::Integer, Reach::Row))
    }
}
