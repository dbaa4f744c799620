//! Expressions: their names bound to sources, their mistakes placed in the model's file.

use super::sources::Found;
use super::{ColumnId, ColumnType, EntityId, Linker, Reach, Strategy};
use crate::model::expression::{self, Aggregate, ExpressionError, Resolved, Scope};
use crate::model::yaml::{Node, Place};
use crate::model::{BoundExpression, Fold, Source, fields};

/// The names that an expression of one entity may use.
struct EntityScope<'s, 'n, 'd> {
    linker: &'s mut Linker<'n, 'd>,
    entity: EntityId,
    found: Vec<Found>,
    /// A name is there but failed to bind; its own mistake is reported already.
    failed: bool,
    aggregates: RuleScope,
}

/// Whether an expression may name aggregates: a promise may, where a column holds them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RuleScope {
    RowAlone,
    WithAggregates,
}

impl Scope for EntityScope<'_, '_, '_> {
    fn resolve(&mut self, qualifier: Option<&str>, name: &str) -> Result<Resolved, String> {
        match self.linker.resolve(self.entity, qualifier, name) {
            Ok(Some(Found { ty: ty @ (ColumnType::Json | ColumnType::Array { .. }), .. })) => {
                Err(format!("`{name}` is {ty}, which expressions do not read"))
            }
            Ok(Some(found)) => {
                // A time without zone is read as one of UTC.
                let ty = match found.ty.clone() {
                    ColumnType::DateTime => ColumnType::Timestamp,
                    ty => ty,
                };
                let symbol =
                    self.found.iter().position(|known| known.source == found.source).unwrap_or_else(|| {
                        self.found.push(found.clone());
                        self.found.len() - 1
                    });
                Ok(Resolved { symbol, ty, nullable: found.nullable })
            }
            Ok(None) => {
                self.failed = true;
                Err(String::new())
            }
            Err((message, hint)) if hint.is_empty() => Err(message),
            Err((message, hint)) => Err(format!("{message}; {hint}")),
        }
    }

    fn refuses_null(&self) -> bool {
        true
    }

    /// An aggregate stands for the column that holds it.
    fn resolve_aggregate(
        &mut self,
        function: Aggregate,
        qualifier: Option<&str>,
        name: &str,
    ) -> Result<Resolved, String> {
        if self.aggregates == RuleScope::RowAlone {
            return Err(
                "an aggregate is a column of its own, such as {sum: order_items.line_total}".to_owned()
            );
        }
        let child = self.linker.find_entity(qualifier.unwrap_or(name));
        let child = child.ok_or_else(|| format!("there is no entity `{}`", qualifier.unwrap_or(name)))?;
        let folded = self.linker.find_column(child, name);
        let columns = 0..self.linker.entities[self.entity.0].columns.len();
        for column in columns.map(ColumnId) {
            let holds = self.linker.bind(self.entity, column).is_some_and(|bound| {
                match (&bound.strategy, function) {
                    (Strategy::Aggregate { fold: Fold::Sum, entity, column, .. }, Aggregate::Sum)
                    | (Strategy::Aggregate { fold: Fold::Min, entity, column, .. }, Aggregate::Min)
                    | (Strategy::Aggregate { fold: Fold::Max, entity, column, .. }, Aggregate::Max) => {
                        *entity == child && Some(*column) == folded
                    }
                    (Strategy::Children(entity), Aggregate::Count) => *entity == child,
                    _ => false,
                }
            });
            if holds {
                let own = self.linker.entities[self.entity.0].columns[column.0].name.clone();
                return self.resolve(None, &own);
            }
        }
        Err("no column of this entity holds the aggregate, so that nothing keeps it".to_owned())
    }
}

impl Linker<'_, '_> {
    /// Compiles an expression for the rows of `entity`; gives its reach too.
    pub(super) fn expression(&mut self, entity: EntityId, node: &Node) -> Option<(BoundExpression, Reach)> {
        self.rule(entity, node, RuleScope::RowAlone)
    }

    /// As [`Linker::expression`], with aggregates where `aggregates` allows them.
    pub(super) fn rule(
        &mut self,
        entity: EntityId,
        node: &Node,
        aggregates: RuleScope,
    ) -> Option<(BoundExpression, Reach)> {
        let text = fields::text(node, "an expression", self.diagnostics)?.to_owned();
        let mut scope = EntityScope { linker: self, entity, found: Vec::new(), failed: false, aggregates };
        let compiled = expression::compile(&text, &mut scope);
        let (found, failed) = (std::mem::take(&mut scope.found), scope.failed);
        match compiled {
            Ok(expression) => {
                let reach = found.iter().map(|found| found.reach).max().unwrap_or(Reach::Row);
                let sources: Vec<Source> = found.into_iter().map(|found| found.source).collect();
                Some((BoundExpression { expression, sources }, reach))
            }
            Err(errors) => {
                for ExpressionError { start, end, message, hint } in errors {
                    if failed && message.is_empty() {
                        continue;
                    }
                    let place = self.inside(node, start, end);
                    self.error(place, message, hint);
                }
                None
            }
        }
    }

    /// A condition: an expression that must be true or false.
    pub(super) fn condition(&mut self, entity: EntityId, node: &Node) -> Option<(BoundExpression, Reach)> {
        let (bound, reach) = self.expression(entity, node)?;
        if bound.expression.ty != ColumnType::Boolean {
            let message = format!("a condition must be true or false, this is {}", bound.expression.ty);
            self.error(node.place, message, "");
            return None;
        }
        Some((bound, reach))
    }

    /// The place of bytes `start..end` of a scalar's text, where the text stands in the file as it is.
    fn inside(&self, node: &Node, start: usize, end: usize) -> Place {
        let source = self.diagnostics.text(node.place.file);
        let (from, to) = (node.place.start as usize, node.place.end as usize);
        let text = node.as_str().unwrap_or_default();
        match source.get(from..to).and_then(|shown| shown.find(text)) {
            Some(offset) if end <= text.len() && start <= end => Place {
                file: node.place.file,
                start: (from + offset + start) as u32,
                end: (from + offset + end.max(start + 1)) as u32,
            },
            _ => node.place,
        }
    }
}
