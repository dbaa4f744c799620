//! Strategies that read other rows: references and copies.

use super::entities::pick_name;
use super::strategies::Made;
use super::unique::is_unique;
use super::{Column, ColumnId, ColumnType, EntityId, Linker, Reach, hidden};
use crate::model::fields::{self, Fields};
use crate::model::habits;
use crate::model::yaml::{Node, Place, Value};
use crate::model::{Pick, Source, Strategy};

impl<'n> Linker<'n, '_> {
    /// A reference's visible column: the key of the row that its hidden pick chose.
    pub(super) fn reference(&mut self, entity: EntityId, name: &str, node: &Node) -> Option<Made> {
        let to = match &node.value {
            // The hidden pick reports what is missing.
            Value::Map(_) => {
                self.bind(entity, self.find_column(entity, &pick_name(name))?)?;
                node.get("to")?
            }
            Value::Scalar { .. } => node,
            Value::Null | Value::List(_) => {
                let message = format!("`reference` names a key, not {}", node.kind());
                self.error(node.place, message, habits::example("reference"));
                return None;
            }
        };
        let (target, key) = self.key_reference(to)?;
        self.referable(target, key, to.place)?;
        let pick = self.find_column(entity, &pick_name(name))?;
        let (_, nullable, reach) = self.pick_target(entity, pick)?;
        let bound = self.bind(target, key)?;
        let (ty, key_reach, key_name) = (bound.ty.clone(), bound.reach, bound.name.clone());
        self.can_be_pointed_at(target, key, to.place)?;
        if self.family_root(target) != self.family_root(entity) && key_reach != Reach::Row {
            self.error(
                to.place,
                format!("the key `{key_name}` needs other rows of its family"),
                "reference a key of row reach, such as a UUID or a sequence",
            );
            return None;
        }
        Some(Made {
            nullable,
            foreign_key: Some((target, key)),
            ..Made::of(
                Strategy::Copy(Source::Pointed { by: pick, entity: target, column: key }),
                ty,
                reach.max(key_reach),
            )
        })
    }

    /// A foreign key points at a visible column of unique values that are never NULL.
    pub(super) fn can_be_pointed_at(&mut self, target: EntityId, key: ColumnId, place: Place) -> Option<()> {
        let bound = self.bind(target, key)?;
        let reason = if bound.hidden {
            "is hidden, so that no table has it"
        } else if bound.nullable {
            "may be NULL"
        } else if !(bound.unique || is_unique(bound)) {
            "may repeat"
        } else {
            return Some(());
        };
        let (column, entity) = (bound.name.clone(), self.entities[target.0].name.clone());
        self.error(
            place,
            format!("no foreign key can point at `{entity}.{column}`: it {reason}"),
            format!(
                "point at the key, such as {{reference: {entity}.id}}, and read the rest: {{copy: COLUMN.{column}}}"
            ),
        );
        None
    }

    /// The hidden column that holds which row a reference chose: none where the reference is NULL by chance, or since
    /// its condition does not hold.
    pub(super) fn bind_pick(&mut self, entity: EntityId, name: String, node: &'n Node) -> Option<Column> {
        let owner = self.owner(entity, &name);
        let may_be_null = owner.is_some_and(|owner| owner.get("null").is_some());
        let column = self.pick(entity, name, node);
        // Its mistakes are reported beside those of the reference.
        let reach = match owner.and_then(|owner| owner.get("when")) {
            Some(node) => Some(self.condition(entity, node)?.1),
            None => None,
        };
        let mut column = column?;
        column.nullable |= may_be_null || reach.is_some();
        column.reach = reach.map_or(column.reach, |reach| column.reach.max(reach));
        Some(column)
    }

    fn pick(&mut self, entity: EntityId, name: String, node: &Node) -> Option<Column> {
        let plain = node.as_str().is_some();
        let (to, mut fields) = if plain {
            (node, None)
        } else if !matches!(node.value, Value::Map(_)) {
            // The visible column has reported it.
            return None;
        } else {
            let mut fields = Fields::of(node, "`reference`", self.diagnostics)?;
            (fields.require("to", self.diagnostics)?, Some(fields))
        };
        let (target, _) = self.key_reference(to)?;
        let Some(fields) = fields.as_mut() else {
            self.outside_root(target, to.place)?;
            return Some(hidden(
                name,
                ColumnType::BigInteger,
                Strategy::Pick(Pick::Uniform { entity: target }),
                Reach::Row,
            ));
        };
        let zipf = fields.take("zipf").map(|node| (fields::number(node, self.diagnostics), node.place));
        let exponent = match zipf {
            None => 0.0,
            Some((value, place)) => self.exponent(value?, place)?,
        };
        let distinct = fields.flag("distinct", self.diagnostics);
        let (within, except) = (fields.take("within"), fields.take("except"));
        let (earlier, pairs) = (fields.take("earlier"), fields.take("pairs"));
        let roots = fields.take("roots");
        let avoids_self = within.is_none() && except.and_then(Node::as_str) == Some("self");
        // Each chooses rows in its own way.
        let ways = [("earlier", earlier.is_some()), ("within", within.is_some()), ("distinct", distinct)];
        let chosen: Vec<&str> = ways.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
        if let [one, other, ..] = chosen.as_slice() {
            self.error(node.place, format!("`{one}` and `{other}` do not go together"), "keep one of them");
        }
        if earlier.is_some()
            && let Some((_, place)) = zipf
        {
            self.error(place, "`earlier` has its own law, and no `zipf`", "drop `zipf`");
        }
        let made = if let Some(lag) = earlier {
            self.earlier(entity, target, lag, roots, to.place)
        } else if let Some(within) = within {
            self.within(entity, target, within, except, exponent)
        } else if distinct {
            self.distinct(entity, target, exponent, pairs, to.place)
        } else if avoids_self {
            self.others(entity, target, zipf.map(|(_, place)| place), to.place)
        } else {
            self.outside_root(target, to.place)?;
            let pick = if exponent > 0.0 {
                Pick::Zipf { entity: target, exponent }
            } else {
                Pick::Uniform { entity: target }
            };
            Some((pick, false, Reach::Row))
        };
        if let Some(except) = except
            && within.is_none()
            && !(avoids_self && earlier.is_none() && !distinct)
        {
            let hint = "or, in a reference to any row of the own entity, is `self`";
            self.error(except.place, "`except` needs `within`", hint);
        }
        if let Some(roots) = roots
            && earlier.is_none()
        {
            self.error(roots.place, "`roots` needs `earlier`", "elsewhere say `null`");
        }
        if pairs.is_some() && !distinct {
            self.error(to.place, "`pairs` needs `distinct: true`", "");
        }
        std::mem::replace(fields, Fields::empty()).finish("`reference`", self.diagnostics);
        let (pick, nullable, reach) = made?;
        let mut column = hidden(name, ColumnType::BigInteger, Strategy::Pick(pick), reach);
        column.nullable = nullable;
        Some(column)
    }

    fn within(
        &mut self,
        entity: EntityId,
        target: EntityId,
        within: &Node,
        except: Option<&Node>,
        exponent: f64,
    ) -> Option<(Pick, bool, Reach)> {
        let name = fields::text(within, "`within`", self.diagnostics)?;
        let root = self.family_root(entity);
        if self.find_entity(name) != Some(root) {
            let root_name = self.entities[root.0].name.clone();
            self.error(
                within.place,
                format!("`within` names the root of the family, not `{name}`"),
                format!("did you mean `{root_name}`?"),
            );
            return None;
        }
        if self.entities[target.0].parent != Some(root) {
            let target_name = self.entities[target.0].name.clone();
            self.error(
                within.place,
                format!("`{target_name}` is no child of `{name}`"),
                "rows are chosen among the children of the family's root",
            );
            return None;
        }
        let mut reach = Reach::Row;
        let except = match except {
            None => None,
            Some(node) => {
                let found = self.other_pick(entity, target, node)?;
                reach = found.1;
                Some(found.0)
            }
        };
        Some((Pick::Within { entity: target, exponent, except }, false, reach))
    }

    /// `except: messages.sender`: the pick behind a reference of this row or an ancestor.
    fn other_pick(&mut self, entity: EntityId, target: EntityId, node: &Node) -> Option<(Source, Reach)> {
        let name = fields::text(node, "`except`", self.diagnostics)?;
        if let Err((message, hint)) = self.resolve_split(entity, name) {
            self.error(node.place, message, hint);
            return None;
        }
        let found = match self.resolve_split(entity, &pick_name(name)) {
            Ok(found) => found?,
            Err(_) => {
                let message = format!("`{name}` is no reference, so that no row need be left out");
                self.error(node.place, message, "name a column with a `reference`");
                return None;
            }
        };
        let (owner, column) = match found.source {
            Source::Own(column) => (entity, column),
            Source::Ancestor { entity, column, .. } => (entity, column),
            Source::Pointed { .. } | Source::Children(_) | Source::Siblings(_) => {
                self.error(node.place, "`except` names a reference of this row or of an ancestor", "");
                return None;
            }
        };
        if self.pick_target(owner, column).map(|(to, ..)| to) != Some(target) {
            self.error(node.place, format!("`{name}` points into another entity"), "");
            return None;
        }
        Some((found.source, found.reach))
    }

    fn distinct(
        &mut self,
        entity: EntityId,
        target: EntityId,
        exponent: f64,
        pairs: Option<&Node>,
        place: Place,
    ) -> Option<(Pick, bool, Reach)> {
        let Some(parent) = self.entities[entity.0].parent else {
            self.error(
                place,
                "`distinct` is per parent, and this entity has none",
                "a child with {parent: users, per_parent: {share: 10%}} points at each of them once",
            );
            return None;
        };
        self.outside_root(target, place)?;
        let pairs = match pairs {
            Some(node) => Some(self.permutation_column(parent, node)?),
            None => None,
        };
        Some((Pick::Distinct { entity: target, exponent, pairs }, false, Reach::Parent))
    }

    /// A row of another family is addressed by its number, so that it must be a root.
    pub(super) fn outside_root(&mut self, target: EntityId, place: Place) -> Option<()> {
        if self.entities[target.0].parent.is_none() {
            return Some(());
        }
        let name = self.entities[target.0].name.clone();
        self.error(
            place,
            format!("`{name}` is a child entity; references from elsewhere choose rows of root entities"),
            "inside the family say `within` or `earlier`",
        );
        None
    }

    /// Checks the exponent of a Zipf law.
    pub(super) fn exponent(&mut self, value: f64, place: Place) -> Option<f64> {
        if (0.0..=20.0).contains(&value) {
            return Some(value);
        }
        self.error(place, format!("Zipf's exponent lies between 0 and 20, not {value}"), "");
        None
    }

    /// `users.id` as an entity and its column.
    pub(super) fn key_reference(&mut self, node: &Node) -> Option<(EntityId, ColumnId)> {
        let text = fields::text(node, "a reference", self.diagnostics)?;
        let (entity_name, column_name) = text.split_once('.').unwrap_or((text, "id"));
        let Some(entity) = self.find_entity(entity_name) else {
            let bare = entity_name.split('(').next().unwrap_or(entity_name);
            let hint = match text.strip_suffix(')').and_then(|inside| inside.split_once('(')) {
                Some((entity, column)) if self.find_entity(entity).is_some() => {
                    format!("write {entity}.{column}")
                }
                _ => self.entity_hint(bare),
            };
            self.error(node.place, format!("there is no entity `{entity_name}`"), hint);
            return None;
        };
        let Some(column) = self.find_column(entity, column_name) else {
            let hint = self.column_hint(entity, column_name);
            self.error(node.place, format!("`{entity_name}` has no column `{column_name}`"), hint);
            return None;
        };
        Some((entity, column))
    }

    /// `parent: id`: the parent's key in the child.
    pub(super) fn parent_copy(&mut self, entity: EntityId, node: &Node) -> Option<Made> {
        let name = fields::text(node, "`parent`", self.diagnostics)?;
        let Some(parent) = self.entities[entity.0].parent else {
            if !self.entities[entity.0].is_orphan {
                let hint = "say parent: ENTITY beside `columns`, or take a {reference: users.id}";
                self.error(node.place, "this entity has no parent", hint);
            }
            return None;
        };
        let Some(column) = self.find_column(parent, name) else {
            let hint = self.column_hint(parent, name);
            self.error(node.place, format!("the parent has no column `{name}`"), hint);
            return None;
        };
        let bound = self.bind(parent, column)?;
        let (ty, reach, nullable) = (bound.ty.clone(), bound.reach, bound.nullable);
        let source = Source::Ancestor { levels: 1, entity: parent, column };
        Some(Made {
            nullable,
            foreign_key: Some((parent, column)),
            ..Made::of(Strategy::Copy(source), ty, reach)
        })
    }

    /// `copy: sender.userId`.
    pub(super) fn copy(&mut self, entity: EntityId, node: &Node) -> Option<Made> {
        let name = fields::text(node, "`copy`", self.diagnostics)?;
        let found = self.source(entity, name, node.place)?;
        Some(Made {
            nullable: found.nullable,
            ..Made::of(Strategy::Copy(found.source), found.ty, found.reach)
        })
    }
}
