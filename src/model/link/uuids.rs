//! UUIDs: random ones, and those that begin with a time.

use super::strategies::Made;
use super::{ColumnType, EntityId, Linker, Reach};
use crate::model::fields::{self, Fields};
use crate::model::scalars::format_time;
use crate::model::yaml::{Node, Value};
use crate::model::{Source, Strategy};

impl Linker<'_, '_> {
    /// `uuid: v4` or `uuid: {v7: createdAt}`.
    pub(super) fn uuid(&mut self, entity: EntityId, node: &Node) -> Option<Made> {
        if node.as_str() == Some("v4") {
            return Some(Made::of(Strategy::Uuid, ColumnType::Uuid, Reach::Row));
        }
        if let Value::Map(_) = &node.value {
            let mut fields = Fields::of(node, "`uuid`", self.diagnostics)?;
            let time = fields.require("v7", self.diagnostics);
            fields.finish("`uuid`", self.diagnostics);
            return self.time_uuid(entity, time?);
        }
        let hint = match node.as_str() {
            Some("v7") => "its time is that of a column of the row: uuid: {v7: createdAt}",
            _ => "uuid: v4, or uuid: {v7: createdAt} from a time of the row",
        };
        self.error(node.place, "the UUIDs that can be made are of version 4 and 7", hint);
        None
    }

    fn time_uuid(&mut self, entity: EntityId, node: &Node) -> Option<Made> {
        let name = fields::text(node, "`v7`", self.diagnostics)?;
        let found = self.time_source(entity, name, node.place)?;
        let Source::Own(time) = found.source else {
            self.error(
                node.place,
                format!("`{name}` is a time of another row"),
                "copy it into a column of this one, which may be hidden",
            );
            return None;
        };
        let earliest = self.column_bounds(entity, time).map(|(low, _)| low);
        if let Some(earliest) = earliest.filter(|&low| low < 0.0 && low > f64::MIN) {
            self.error(
                node.place,
                format!(
                    "the UUIDs of version 7 begin in 1970, and `{name}` may be as early as {}",
                    format_time(earliest as i64)
                ),
                "let the times begin later, or take uuid: v4",
            );
            return None;
        }
        Some(Made {
            nullable: found.nullable,
            ..Made::of(Strategy::TimeUuid { time }, ColumnType::Uuid, found.reach)
        })
    }
}
