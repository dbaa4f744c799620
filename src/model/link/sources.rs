//! Names to sources: `column`, `ancestor.column`, `reference.column`.

use super::entities::pick_name;
use super::{ColumnId, ColumnType, EntityId, Linker, Reach};
use crate::model::yaml::Place;
use crate::model::{PICK_SUFFIX, Pick, Source, Strategy, scalars};

/// A source with what is known of its values.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub source: Source,
    pub ty: ColumnType,
    pub nullable: bool,
    pub reach: Reach,
}

impl Linker<'_, '_> {
    /// Resolves a dotted or plain name seen from `entity`; reports what does not resolve.
    pub(super) fn source(&mut self, entity: EntityId, name: &str, place: Place) -> Option<Found> {
        match self.resolve_split(entity, name) {
            Ok(found) => found,
            Err((message, hint)) => {
                self.error(place, message, hint);
                None
            }
        }
    }

    /// [`Linker::resolve`] of a dotted or plain name.
    pub(super) fn resolve_split(
        &mut self,
        entity: EntityId,
        name: &str,
    ) -> Result<Option<Found>, (String, String)> {
        match name.split_once('.') {
            None => self.resolve(entity, None, name),
            Some((qualifier, column)) => self.resolve(entity, Some(qualifier), column),
        }
    }

    /// Resolves a name: `Ok(None)` means that it is there but failed to bind, which is reported already.
    pub(super) fn resolve(
        &mut self,
        entity: EntityId,
        qualifier: Option<&str>,
        name: &str,
    ) -> Result<Option<Found>, (String, String)> {
        let Some(qualifier) = qualifier else {
            let column = self.named_column(entity, name)?;
            return Ok(self.found(entity, column, Source::Own(column)));
        };
        if let Some(pick) = self.find_column(entity, &pick_name(qualifier)) {
            return self.resolve_pointed(entity, pick, name);
        }
        if let Some(target) = self.find_entity(qualifier) {
            if let Some(levels) = self.levels_up(entity, target) {
                let column = self.named_column(target, name)?;
                return Ok(self.found(target, column, Source::Ancestor { levels, entity: target, column }));
            }
            return match self.picks_into(entity, target).as_slice() {
                [pick] => self.resolve_pointed(entity, *pick, name),
                [] => Err((
                    format!(
                        "`{}` is neither an ancestor of `{}` nor referenced by it",
                        self.entities[target.0].name, self.entities[entity.0].name
                    ),
                    self.way_to(entity, target, name),
                )),
                _ => Err((
                    format!("several columns of `{}` reference `{qualifier}`", self.entities[entity.0].name),
                    "name the reference column instead of the entity".to_owned(),
                )),
            };
        }
        let hint = match self.entities[entity.0].parent {
            Some(parent) if qualifier == "parent" => {
                format!("write {}.{name}", self.entities[parent.0].name)
            }
            _ if self.find_column(entity, qualifier).is_some() => {
                format!("`{qualifier}` is a column of the row itself and refers to no other row")
            }
            _ => self.entity_hint(qualifier),
        };
        let name = &self.entities[entity.0].name;
        Err((format!("`{qualifier}` is no ancestor and no reference column of `{name}`"), hint))
    }

    /// How a row of one entity comes to read a column of another that it does not know.
    fn way_to(&self, entity: EntityId, target: EntityId, column: &str) -> String {
        let other = &self.entities[target.0].name;
        if entity == target {
            return format!("a column of the row itself is written without its entity: {column}");
        }
        if self.levels_up(target, entity).is_some() {
            return format!(
                "a row has many of them: fold them in a column of its own, such as {{max: {other}.{column}}}"
            );
        }
        format!("add a column that refers to it, such as {{reference: {other}.id}}")
    }

    fn resolve_pointed(
        &mut self,
        entity: EntityId,
        pick: ColumnId,
        name: &str,
    ) -> Result<Option<Found>, (String, String)> {
        let Some((target, nullable, reach)) = self.pick_target(entity, pick) else { return Ok(None) };
        let column = self.named_column(target, name)?;
        let Some(mut found) =
            self.found(target, column, Source::Pointed { by: pick, entity: target, column })
        else {
            return Ok(None);
        };
        if self.family_root(target) != self.family_root(entity) && found.reach != Reach::Row {
            return Err((
                format!(
                    "`{}.{name}` needs other rows of its family, so that another family cannot read it",
                    self.entities[target.0].name
                ),
                "read a column that is a function of its own row".to_owned(),
            ));
        }
        if target == entity && found.reach != Reach::Row {
            return Err((
                format!("`{name}` of an earlier row needs that row's own siblings"),
                "read a column that is a function of its own row, such as its key".to_owned(),
            ));
        }
        found.nullable |= nullable;
        found.reach = found.reach.max(reach);
        Ok(Some(found))
    }

    /// The entity that a pick column points into, whether it may point nowhere, and its reach.
    pub(super) fn pick_target(
        &mut self,
        entity: EntityId,
        pick: ColumnId,
    ) -> Option<(EntityId, bool, Reach)> {
        let bound = self.bind(entity, pick)?;
        let (nullable, reach) = (bound.nullable, bound.reach);
        let target = match &bound.strategy {
            Strategy::Pick(
                Pick::Uniform { entity }
                | Pick::Zipf { entity, .. }
                | Pick::Distinct { entity, .. }
                | Pick::Within { entity, .. }
                | Pick::Before { entity, .. }
                | Pick::Others { entity },
            ) => *entity,
            Strategy::Pick(Pick::Earlier { .. }) => entity,
            _ => return None,
        };
        Some((target, nullable, reach))
    }

    /// The pick columns of `entity` that point into `target`.
    pub(super) fn picks_into(&mut self, entity: EntityId, target: EntityId) -> Vec<ColumnId> {
        let picks: Vec<ColumnId> = (0..self.entities[entity.0].columns.len())
            .filter(|&at| self.entities[entity.0].columns[at].name.ends_with(PICK_SUFFIX))
            .map(ColumnId)
            .collect();
        picks.into_iter().filter(|&pick| self.declared_target(entity, pick) == Some(target)).collect()
    }

    /// The target of a reference as declared, without binding it.
    fn declared_target(&self, entity: EntityId, pick: ColumnId) -> Option<EntityId> {
        let super::Role::PickOf(node) = self.entities[entity.0].columns[pick.0].role else { return None };
        let to = node.as_str().or_else(|| node.get("to").and_then(|to| to.as_str()))?;
        self.find_entity(to.split('.').next().unwrap_or(to))
    }

    fn named_column(&self, entity: EntityId, name: &str) -> Result<ColumnId, (String, String)> {
        self.find_column(entity, name).ok_or_else(|| {
            (
                format!("`{}` has no column `{name}`", self.entities[entity.0].name),
                self.column_hint(entity, name),
            )
        })
    }

    fn found(&mut self, entity: EntityId, column: ColumnId, source: Source) -> Option<Found> {
        let bound = self.bind(entity, column)?;
        Some(Found { source, ty: bound.ty.clone(), nullable: bound.nullable, reach: bound.reach })
    }

    /// Steps from `entity` up to `ancestor`, at least one.
    pub(super) fn levels_up(&self, entity: EntityId, ancestor: EntityId) -> Option<u32> {
        let mut levels = 0;
        let mut at = entity;
        while let Some(parent) = self.entities[at.0].parent {
            levels += 1;
            at = parent;
            if at == ancestor {
                return Some(levels);
            }
        }
        None
    }

    pub(super) fn family_root(&self, entity: EntityId) -> EntityId {
        let mut at = entity;
        while let Some(parent) = self.entities[at.0].parent {
            at = parent;
        }
        at
    }

    /// Requires a time.
    pub(super) fn time_source(&mut self, entity: EntityId, name: &str, place: Place) -> Option<Found> {
        if scalars::parse_time(name).is_some() {
            let hint =
                format!("a fixed time is a column too: {{constant: {name}, type: timestamp, hidden: true}}");
            self.error(place, "a column is expected here, not a time", hint);
            return None;
        }
        let found = self.source(entity, name, place)?;
        if !matches!(found.ty, ColumnType::Timestamp | ColumnType::DateTime) {
            self.error(place, format!("`{name}` is {}, a timestamp is expected here", found.ty), "");
            return None;
        }
        Some(found)
    }
}
