//! [`Fields`]: the columns of an entity that have fields of one column of records.

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;

use super::keys::keys;
use super::sources::View;
use crate::model::{ColumnId, EntityId, Model, Pool, Strategy, literals};

/// A value of each of several columns.
pub type Tuple = Vec<Option<u128>>;

/// One column with a field.
pub struct FieldColumn {
    /// The column.
    pub column: ColumnId,
    /// It may be NULL where its record has a value.
    pub is_loose: bool,
    /// Its values, by record.
    pub values: Vec<Option<u128>>,
}

/// The visible columns with fields of one column of records.
pub struct Fields {
    /// The columns.
    pub visible: Vec<FieldColumn>,
}

impl Fields {
    /// The visible columns with fields of a column of records.
    pub fn of(model: &Model, entity: EntityId, record: ColumnId) -> Self {
        let visible = model.entity(entity).visible().filter_map(|(column, declared)| {
            let Strategy::Field { record: of, .. } = &declared.strategy else { return None };
            (*of == record).then_some(())?;
            Some(FieldColumn {
                column,
                is_loose: declared.when.is_some() || declared.null_share > 0.0,
                values: by_record(model, entity, column)?,
            })
        });
        Self { visible: visible.collect() }
    }

    fn firm(&self) -> impl Iterator<Item = &FieldColumn> {
        self.visible.iter().filter(|field| !field.is_loose)
    }

    /// The first record of each tuple of those that are never NULL of their own.
    fn first_records(&self) -> BTreeMap<Tuple, u32> {
        let count = self.firm().next().map_or(0, |field| field.values.len());
        let mut first = BTreeMap::new();
        for record in 0..count {
            let tuple: Tuple = self.firm().map(|field| field.values[record]).collect();
            first.entry(tuple).or_insert(record as u32);
        }
        first
    }

    /// Whether the visible fields tell another of the same records.
    pub fn tell(&self, model: &Model, entity: EntityId, column: ColumnId) -> bool {
        let Some(values) = by_record(model, entity, column) else { return false };
        let first = self.first_records();
        !first.is_empty()
            && (0..values.len()).all(|record| {
                let tuple: Tuple = self.firm().map(|field| field.values[record]).collect();
                first.get(&tuple).is_some_and(|&same| values[same as usize] == values[record])
            })
    }

    /// A field that is told by the others, on every row; NULL where the others are of no record.
    pub fn told(&self, view: &View<'_>, entity: EntityId, column: ColumnId) -> Option<ArrayRef> {
        let model = view.shard.model;
        if !self.tell(model, entity, column) {
            return None;
        }
        let first = self.first_records();
        let mut columns = Vec::new();
        for field in self.firm() {
            let mut found = Vec::new();
            keys(&view.value(entity, field.column)?, &mut found);
            columns.push(found);
        }
        let records: UInt32Array = (0..view.rows(entity))
            .map(|row| first.get(&columns.iter().map(|column| column[row]).collect::<Tuple>()).copied())
            .collect();
        let (values, ty) = values_of(model, entity, column)?;
        take(&literals::array(&values.values, ty).ok()?, &records, None).ok()
    }
}

fn values_of(
    model: &Model,
    entity: EntityId,
    column: ColumnId,
) -> Option<(&Pool, &crate::model::ColumnType)> {
    let declared = model.column(entity, column);
    match &declared.strategy {
        Strategy::Field { values, .. } => Some((values, &declared.ty)),
        _ => None,
    }
}

/// A field's values as keys: values that are equal have one key, however they are written.
fn by_record(model: &Model, entity: EntityId, column: ColumnId) -> Option<Vec<Option<u128>>> {
    let (values, ty) = values_of(model, entity, column)?;
    let mut found = Vec::new();
    keys(&literals::array(&values.values, ty).ok()?, &mut found);
    Some(found)
}
