//! [`Shard`]: whole families in memory, every child beside its parent.
//!
//! Parts of one number hold the same roots' families in the same order; that is used where it holds, and found out
//! row by row: a child finds its parent at the cursor, else by its key, else it is a stranger.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array, UInt32Array};
use arrow::compute::{concat, take};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use super::assessment::Place;
use super::keys::{KeyIndex, Keys, together};
use crate::model::{ColumnId, ColumnType, EntityId, Model, Source, Strategy};

/// Parents that are looked at one after the other before the index is asked.
const NEAR: usize = 64;

/// One entity's rows in a shard.
#[derive(Default)]
pub struct Table {
    /// Rows that have a place under a parent; all rows of a root.
    pub rows: usize,
    /// The visible columns that the files have, by column.
    pub columns: Vec<Option<ArrayRef>>,
    /// The row of the parent, by row; empty for roots. Rows of one parent stand together, in the parents' order.
    pub parent: Vec<u32>,
    /// Where each parent's rows begin, and their end; empty for roots.
    pub offsets: Vec<u32>,
    /// Rows without a parent in this shard.
    pub strangers: Vec<Stranger>,
    /// Rows whose key of the parent is NULL.
    pub unlinked: Vec<u64>,
    /// Where the rows came from.
    pub origin: Origin,
}

/// A row whose parent is not in its shard.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stranger {
    /// The key that it looks for.
    pub key: u128,
    /// Where it stands.
    pub place: Place,
}

/// Where rows came from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// File names.
    pub files: Vec<String>,
    /// File and row of each row as `file << 40 | row`; without it all are of the first file, in its order.
    pub places: Option<Vec<i64>>,
}

impl Origin {
    /// The place of a row.
    pub fn place(&self, row: usize, column: Option<&str>, found: String) -> Place {
        let place = self.places.as_ref().map_or(row as i64, |places| places[row]);
        let (file, row) = ((place >> 40) as usize, (place & 0xFF_FFFF_FFFF) as u64);
        Place {
            file: self.files.get(file).cloned().unwrap_or_default(),
            row: Some(row + 1),
            column: column.map(str::to_owned),
            found,
        }
    }
}

/// Families in memory.
pub struct Shard<'m> {
    /// The model.
    pub model: &'m Model,
    /// The tables, by entity; those of other families are not there.
    pub tables: BTreeMap<EntityId, Table>,
}

/// The columns that hold the parent's key in a child, one as a rule, each with the key's there.
pub struct Link(pub Vec<(ColumnId, ColumnId)>);

impl Link {
    /// Whether a column of the child is among them.
    pub fn holds(&self, own: ColumnId) -> bool {
        self.0.iter().any(|(column, _)| *column == own)
    }
}

/// The columns that hold the parent's key in a child.
pub fn link(model: &Model, child: EntityId) -> Option<Link> {
    let alone = single_link(model, child).map(|pair| vec![pair]);
    alone.or_else(|| model.composite_link(child)).map(Link)
}

fn single_link(model: &Model, child: EntityId) -> Option<(ColumnId, ColumnId)> {
    let parent = model.parent(child)?;
    let links = model.entity(child).visible().filter_map(|(own, column)| match column.strategy {
        Strategy::Copy(Source::Ancestor { levels: 1, column: key, .. }) => Some((own, key)),
        _ => None,
    });
    links.into_iter().find(|(_, key)| {
        let key_column = model.column(parent, *key);
        key_column.unique || model.entity(parent).key == Some(*key)
    })
}

/// Why nothing tells which parent a child's rows are under, where that is so.
pub fn unlinked(model: &Model, child: EntityId) -> Option<String> {
    let parent = model.entity(model.parent(child)?);
    if link(model, child).is_some() {
        return None;
    }
    Some(match parent.key {
        Some(key) => format!("no column of it holds `{}.{}`", parent.name, parent.columns[key.0].name),
        None => format!("no columns of it hold a key of `{}`", parent.name),
    })
}

/// The entities of a family that are looked at together: those that are linked to one above.
pub fn linked_parts(model: &Model, family: &[EntityId]) -> Vec<Vec<EntityId>> {
    let mut parts: Vec<Vec<EntityId>> = Vec::new();
    for &entity in family {
        let parent = model.parent(entity).filter(|_| link(model, entity).is_some());
        let part = parts.iter_mut().find(|part| parent.is_some_and(|parent| part.contains(&parent)));
        match part {
            Some(part) => part.push(entity),
            None => parts.push(vec![entity]),
        }
    }
    parts
}

/// The column of strictly increasing times under a parent, if the entity has one.
pub fn process_column(model: &Model, entity: EntityId) -> Option<ColumnId> {
    model
        .entity(entity)
        .visible()
        .find(|(_, column)| matches!(column.strategy, Strategy::Process(_)))
        .map(|(id, _)| id)
}

impl Table {
    /// A table of batches' columns, not yet linked.
    pub fn of(columns: Vec<Option<Vec<ArrayRef>>>, rows: usize, origin: Origin) -> Result<Self, String> {
        let columns = columns
            .into_iter()
            .map(|pieces| {
                let Some(pieces) = pieces.filter(|pieces| !pieces.is_empty()) else { return Ok(None) };
                let pieces: Vec<&dyn Array> = pieces.iter().map(|piece| &**piece).collect();
                concat(&pieces).map(Some).map_err(|error| error.to_string())
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { rows, columns, origin, ..Self::default() })
    }

    /// A column that the files have.
    pub fn column(&self, column: ColumnId) -> Option<&ArrayRef> {
        self.columns.get(column.0).and_then(Option::as_ref)
    }

    /// The rows under a parent.
    #[inline]
    pub fn under(&self, parent: usize) -> std::ops::Range<usize> {
        self.offsets[parent] as usize..self.offsets[parent + 1] as usize
    }

    /// Takes only these rows, in this order.
    fn reorder(&mut self, order: &[u32]) -> Result<(), String> {
        let indices = UInt32Array::from(order.to_vec());
        for column in self.columns.iter_mut().flatten() {
            *column = take(column, &indices, None).map_err(|error| error.to_string())?;
        }
        let places = self.origin.places.take();
        let place = |row: u32| places.as_ref().map_or(i64::from(row), |places| places[row as usize]);
        self.origin.places = Some(order.iter().map(|&row| place(row)).collect());
        self.rows = order.len();
        Ok(())
    }
}

impl<'m> Shard<'m> {
    /// A shard without tables.
    pub fn new(model: &'m Model) -> Self {
        Self { model, tables: BTreeMap::new() }
    }

    /// Puts a table under its parent's, which is there already. `in_order` says that the rows' order means something;
    /// where it does not, rows of a time process are put in the order of their times.
    pub fn add(&mut self, entity: EntityId, mut table: Table, in_order: bool) -> Result<(), String> {
        let Some(parent) = self.model.parent(entity) else {
            self.tables.insert(entity, table);
            return Ok(());
        };
        if link(self.model, entity).is_none() {
            // Nobody can tell which rows are siblings: each is under a parent of its own, which is not here.
            let rows = u32::try_from(table.rows).map_err(|_| "a table of more than 2^32 rows")?;
            (table.parent, table.offsets) = ((0..rows).collect(), (0..=rows).collect());
            self.tables.insert(entity, table);
            return Ok(());
        }
        let parents = self.tables.get(&parent).ok_or("a parent's table comes before its child's")?;
        self.find_parents(entity, &mut table, parents);
        // Rows under no parent would be the last.
        let contiguous = table.parent.is_sorted() && table.parent.last() != Some(&super::keys::NONE);
        if !contiguous {
            let mut order: Vec<u32> = (0..table.rows as u32)
                .filter(|&row| table.parent[row as usize] != super::keys::NONE)
                .collect();
            order.sort_by_key(|&row| table.parent[row as usize]);
            table.reorder(&order)?;
            table.parent = order.iter().map(|&row| table.parent[row as usize]).collect();
        }
        table.offsets = offsets(&table.parent, parents.rows);
        if !in_order {
            order_by_time(self.model, entity, &mut table)?;
        }
        self.tables.insert(entity, table);
        Ok(())
    }

    fn find_parents(&self, entity: EntityId, table: &mut Table, parents: &Table) {
        let model = self.model;
        let columns = link(model, entity).and_then(|Link(pairs)| {
            // Without a file of the parent's there is no column, and every row is a stranger.
            let parent_keys: Option<Vec<Keys<'_>>> =
                pairs.iter().map(|(_, key)| parents.column(*key).map(Keys::of)).collect();
            (parent_keys.is_some() || parents.rows == 0).then_some(())?;
            let own: Option<Vec<Keys<'_>>> =
                pairs.iter().map(|(own, _)| table.column(*own).map(Keys::of)).collect();
            Some((pairs.first()?.0, own?, parent_keys))
        });
        let Some((own, own_keys, parent_keys)) = columns else {
            table.parent = vec![super::keys::NONE; table.rows];
            return;
        };
        let name = &model.column(entity, own).name;
        let mut found = Vec::with_capacity(table.rows);
        let (mut strangers, mut unlinked) = (Vec::new(), Vec::new());
        let mut index: Option<KeyIndex> = None;
        let key_of = |at: usize| parent_keys.as_ref().and_then(|keys| together(keys, at));
        let mut cursor = 0;
        for row in 0..table.rows {
            let Some(key) = together(&own_keys, row) else {
                unlinked.push(row as u64);
                found.push(super::keys::NONE);
                continue;
            };
            let near = (cursor..(cursor + NEAR).min(parents.rows)).find(|&at| key_of(at) == Some(key));
            let at = near.map(|at| at as u32).or_else(|| {
                let index =
                    index.get_or_insert_with(|| KeyIndex::new((0..parents.rows).map(key_of).collect()));
                index.find(key)
            });
            if let Some(at) = at {
                cursor = at as usize;
                found.push(at);
            } else {
                let shown: Vec<String> = own_keys.iter().map(|keys| keys.text(row)).collect();
                let place = table.origin.place(row, Some(name), shown.join(", "));
                strangers.push(Stranger { key, place });
                found.push(super::keys::NONE);
            }
        }
        (table.parent, table.strangers, table.unlinked) = (found, strangers, unlinked);
    }

    /// A table of the shard.
    pub fn table(&self, entity: EntityId) -> Option<&Table> {
        self.tables.get(&entity)
    }

    /// The row of an ancestor, so many levels up, by row; nothing where no column tells which it is.
    pub fn ancestors(&self, entity: EntityId, levels: u32) -> Option<Vec<u32>> {
        let mut at = entity;
        let mut rows: Option<Vec<u32>> = None;
        for _ in 0..levels {
            let table = self.table(at)?;
            rows = Some(match rows {
                None => table.parent.clone(),
                Some(below) => below.iter().map(|&row| table.parent[row as usize]).collect(),
            });
            at = self.model.parent(at)?;
            self.table(at)?;
        }
        rows
    }

    /// Levels from an entity up to its family's root.
    pub fn depth(&self, entity: EntityId) -> u32 {
        self.model.parent(entity).map_or(0, |parent| self.depth(parent) + 1)
    }

    /// A place of a row for a report.
    pub fn place(&self, entity: EntityId, row: usize, column: Option<ColumnId>, found: String) -> Place {
        let column = column.map(|column| self.model.column(entity, column).name.as_str());
        match self.table(entity) {
            Some(table) => table.origin.place(row, column, found),
            None => Place { file: String::new(), row: None, column: column.map(str::to_owned), found },
        }
    }
}

/// Where each parent's rows begin.
fn offsets(parent: &[u32], parents: usize) -> Vec<u32> {
    let mut offsets = vec![0u32; parents + 1];
    for &at in parent {
        offsets[at as usize + 1] += 1;
    }
    for at in 0..parents {
        offsets[at + 1] += offsets[at];
    }
    offsets
}

/// Puts the rows of each parent in the order of their times.
fn order_by_time(model: &Model, entity: EntityId, table: &mut Table) -> Result<(), String> {
    let times = process_column(model, entity).and_then(|column| table.column(column).cloned());
    let Some(times) = times.as_ref() else { return Ok(()) };
    let Some(times) = times.as_primitive_opt::<TimestampMicrosecondType>() else { return Ok(()) };
    let parent = std::mem::take(&mut table.parent);
    let mut order: Vec<u32> = (0..table.rows as u32).collect();
    let time = |row: u32| times.is_valid(row as usize).then(|| times.value(row as usize));
    if !order.is_sorted_by_key(|&row| (parent[row as usize], time(row))) {
        order.sort_by_key(|&row| (parent[row as usize], time(row)));
        table.reorder(&order)?;
    }
    table.parent = parent;
    Ok(())
}

/// The places that a gathered file carries.
pub fn places(array: &ArrayRef) -> Option<Vec<i64>> {
    array.as_primitive_opt::<Int64Type>().map(|array: &Int64Array| array.values().to_vec())
}

/// Whether a column's texts are only measured while they are read, and not kept.
pub fn is_measured_only(column: &crate::model::Column) -> bool {
    column.ty == ColumnType::Text && matches!(column.strategy, Strategy::Text { .. })
}

/// The lengths of texts in characters.
pub fn lengths(array: &ArrayRef) -> ArrayRef {
    let Some(texts) = array.as_string_opt::<i32>() else { return array.clone() };
    let plain = texts.value_data().is_ascii();
    let lengths: Int32Array = (0..texts.len())
        .map(|row| {
            texts.is_valid(row).then(|| {
                if plain { texts.value_length(row) } else { texts.value(row).chars().count() as i32 }
            })
        })
        .collect();
    Arc::new(lengths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Request, load};

    const MODEL: &str = "
model: rooms
version: 1
entities:
  rooms:
    rows: 2
    columns:
      id: {sequence: 1}
  seats:
    parent: rooms
    per_parent: 2
    columns:
      roomId: {parent: id}
";

    fn numbers(values: Vec<i64>) -> Vec<Option<Vec<ArrayRef>>> {
        vec![Some(vec![std::sync::Arc::new(Int64Array::from(values)) as ArrayRef])]
    }

    fn seats_under(
        rooms: Vec<Option<Vec<ArrayRef>>>,
        rows: usize,
        seats: Vec<Option<Vec<ArrayRef>>>,
    ) -> (usize, usize) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rooms.yaml");
        std::fs::write(&path, MODEL).unwrap();
        let model = load(&Request { path, ..Request::default() }).unwrap().model;
        let mut shard = Shard::new(&model);
        let origin = || Origin { files: vec!["seats.csv".to_owned()], places: None };
        shard.add(EntityId(0), Table::of(rooms, rows, origin()).unwrap(), true).unwrap();
        shard.add(EntityId(1), Table::of(seats, 3, origin()).unwrap(), true).unwrap();
        let table = shard.table(EntityId(1)).unwrap();
        (table.rows, table.strangers.len())
    }

    #[test]
    fn rows_are_strangers_where_the_parents_file_is_lost() {
        assert_eq!(seats_under(numbers(vec![1, 2]), 2, numbers(vec![1, 2, 7])), (2, 1));
        assert_eq!(seats_under(vec![None], 0, numbers(vec![1, 2, 7])), (0, 3));
    }

    #[test]
    fn rows_without_a_key_column_are_under_no_parent() {
        assert_eq!(seats_under(numbers(vec![1, 2]), 2, vec![None]), (0, 0));
    }
}
