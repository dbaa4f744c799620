//! Tests of [`gather`](super::gather): families come together whole, however their rows lay.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use super::*;
use crate::fidelity::evidence::collect;
use crate::fidelity::reading::Rows;
use crate::model::{ColumnType, Request, load};

const MODEL: &str = "
model: chat
version: 1
entities:
  rooms:
    rows: 60
    columns:
      id: {uuid: v4}
      name: {template: \"room {row}\"}
  messages:
    parent: rooms
    per_parent: {uniform: {min: 0, max: 20}}
    columns:
      id: {uuid: v4}
      roomId: {parent: id}
      body: {template: \"body {row}\"}
  reads:
    parent: messages
    per_parent: {uniform: {min: 0, max: 4}}
    columns:
      number: {sequence: 1}
      messageId: {parent: id}
  members:
    parent: rooms
    per_parent: {uniform: {min: 0, max: 4}}
    columns:
      number: {sequence: 1}
      roomId: {parent: id}
";

/// Rows of all tables as texts.
type Tables = [Vec<Vec<Option<String>>>; 4];

const COLUMNS: [&[&str]; 4] =
    [&["id", "name"], &["id", "roomId", "body"], &["number", "messageId"], &["number", "roomId"]];
const NAMES: [&str; 4] = ["rooms", "messages", "reads", "members"];

fn model() -> Model {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.yaml");
    std::fs::write(&path, MODEL).unwrap();
    load(&Request { path, ..Request::default() }).unwrap().model
}

fn uuid(table: u32, row: u32) -> Option<String> {
    Some(format!("{table:08x}-0000-4000-8000-{row:012x}"))
}

/// Whole families; 600 messages, 1,700 reads.
fn tables() -> Tables {
    let mut tables = Tables::default();
    for room in 0..60 {
        tables[0].push(vec![uuid(0, room), Some(format!("room {room}"))]);
        tables[3]
            .extend((0..room % 3).map(|member| vec![Some((room * 9 + member).to_string()), uuid(0, room)]));
        for message in 0..room % 21 {
            let number = tables[1].len() as u32;
            tables[1].push(vec![uuid(1, number), uuid(0, room), Some(format!("body {message}"))]);
            for read in 0..number % 6 {
                tables[2].push(vec![Some((number * 10 + read).to_string()), uuid(1, number)]);
            }
        }
    }
    tables
}

/// In an order that has nothing to do with the families.
fn shuffle(tables: &mut Tables) {
    for table in tables {
        let rows = std::mem::take(table);
        let mut keyed: Vec<_> =
            rows.into_iter().map(|row| (blake3::hash(format!("{row:?}").as_bytes()).to_hex(), row)).collect();
        keyed.sort();
        table.extend(keyed.into_iter().map(|(_, row)| row));
    }
}

fn write(folder: &Path, tables: &Tables, files: usize, csv: bool) {
    for ((name, columns), rows) in NAMES.iter().zip(COLUMNS).zip(tables) {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, rows) in rows.chunks(rows.len().div_ceil(files)).enumerate() {
            if csv {
                let line = |row: &Vec<Option<String>>| {
                    row.iter().map(|value| value.clone().unwrap_or_default()).collect::<Vec<_>>().join(",")
                };
                let lines: Vec<String> = rows.iter().map(line).collect();
                let text = format!("{}\n{}\n", columns.join(","), lines.join("\n"));
                std::fs::write(folder.join(format!("{number:03}.csv")), text).unwrap();
            } else {
                let column = |at: usize| -> ArrayRef {
                    Arc::new(rows.iter().map(|row| row[at].clone()).collect::<StringArray>())
                };
                let columns = columns.iter().enumerate().map(|(at, name)| (*name, column(at), true));
                let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
                let file = std::fs::File::create(folder.join(format!("{number:03}.parquet"))).unwrap();
                let properties = WriterProperties::builder().set_max_row_group_row_count(Some(70)).build();
                let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
                writer.write(&batch).unwrap();
                writer.close().unwrap();
            }
        }
    }
}

const TIGHT: Limits = Limits {
    bucket_bytes: 4_000,
    buckets: 512,
    segment_rows: 64,
    partition_keys: 8,
    spill_bytes: 0,
    waiting_bytes: 1_000,
    piece_rows: 100,
};

fn gathered(tables: &Tables, files: usize, csv: bool, limits: Limits, threads: usize) -> (Gathered, Tables) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), tables, files, csv);
    let model = model();
    let evidence = collect(folder.path(), &model, None, threads).unwrap();
    let scratch = std::env::temp_dir();
    let gathered = gather_within(&evidence, &model, EntityId(0), &scratch, threads, limits).unwrap();
    let read = read(&gathered, &model);
    (gathered, read)
}

/// All rows of the shards, in order; asserts that families are whole and that rows of a shard stay in order.
fn read(gathered: &Gathered, model: &Model) -> Tables {
    let mut all = Tables::default();
    for shard in &gathered.shards {
        let mut keys: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for (entity, files) in &shard.tables {
            let columns = &model.entity(*entity).columns;
            let mut wanted: Vec<Wanted> = columns
                .iter()
                .enumerate()
                .map(|(at, column)| Wanted {
                    column: ColumnId(at),
                    name: column.name.clone(),
                    ty: column.ty.clone(),
                })
                .collect();
            wanted.push(Wanted {
                column: ColumnId(9),
                name: PLACE_COLUMN.to_owned(),
                ty: ColumnType::BigInteger,
            });
            let mut last = -1;
            for batch in files.iter().flat_map(|file| Rows::open(file, &wanted).unwrap()) {
                let batch = batch.unwrap();
                let places = batch.column(columns.len()).as_primitive::<Int64Type>();
                for row in 0..batch.num_rows() {
                    assert!(places.value(row) > last, "the order of {}", model.entity(*entity).name);
                    last = places.value(row);
                    let value = |at: usize| shown_value(batch.column(at), row);
                    let values: Vec<Option<String>> = (0..columns.len()).map(value).collect();
                    if let Some(key) = &values[0] {
                        keys.entry(entity.0).or_default().insert(key.clone());
                    }
                    if let Some(parent) = model.parent(*entity) {
                        let link = values[1].as_ref().unwrap();
                        assert!(keys[&parent.0].contains(link), "{values:?} is without its parent");
                    }
                    all[entity.0].push(values);
                }
            }
        }
    }
    all
}

fn shown_value(array: &ArrayRef, row: usize) -> Option<String> {
    (!array.is_null(row)).then(|| scatter::shown(array, row))
}

fn sorted(mut tables: Tables) -> Tables {
    tables.iter_mut().for_each(|table| table.sort());
    tables
}

#[test]
fn shuffled_rows_come_together_as_whole_families() {
    let mut tables = tables();
    let ordered = sorted(tables.clone());
    shuffle(&mut tables);
    let whole = gathered(&tables, 1, false, LIMITS, 1);
    assert_eq!(whole.0.shards.len(), 1);
    // One shard has all rows in their order.
    assert_eq!(whole.1, tables);
    for (files, csv, threads) in [(1, false, 1), (7, false, 2), (1, true, 2), (30, true, 1)] {
        let (gathered, read) = gathered(&tables, files, csv, TIGHT, threads);
        assert!(gathered.shards.len() > 10, "{}", gathered.shards.len());
        assert_eq!(sorted(read), ordered, "{files} files, csv {csv}");
        assert!(
            gathered
                .orphans
                .iter()
                .chain(&gathered.nulls)
                .all(|(_, count, places)| *count == 0 && places.is_empty())
        );
        assert!(gathered.left_out.is_empty());
    }
}

#[test]
fn threads_change_nothing() {
    let mut tables = tables();
    shuffle(&mut tables);
    let one = gathered(&tables, 9, false, TIGHT, 1);
    let four = gathered(&tables, 9, false, TIGHT, 4);
    assert_eq!(one.1, four.1);
    assert_eq!(one.0.orphans, four.0.orphans);
}

#[test]
fn orphans_and_nulls_are_counted_with_their_first_places_and_their_children_not_again() {
    let mut tables = tables();
    let reads = tables[2].iter().filter(|read| read[1] == uuid(1, 5) || read[1] == uuid(1, 8)).count();
    assert!(reads > 0);
    tables[1][5][1] = uuid(7, 7);
    tables[1][8][1] = None;
    for read in &mut tables[2][100..150] {
        read[1] = uuid(7, 1);
    }
    for threads in [1, 3] {
        let (gathered, read) = gathered(&tables, 2, true, TIGHT, threads);
        let place = |row: u64, found: &str| Place {
            file: "messages/000.csv".to_owned(),
            row: Some(row),
            column: Some("roomId".to_owned()),
            found: found.to_owned(),
        };
        let strange = uuid(7, 7).unwrap();
        assert_eq!(gathered.orphans[0], (EntityId(1), 1, vec![place(6, &strange)]));
        assert_eq!(gathered.nulls[0], (EntityId(1), 1, vec![place(9, "NULL")]));
        let (entity, count, places) = &gathered.orphans[2];
        assert_eq!((*entity, *count, places.len()), (EntityId(2), 50, PLACES));
        assert_eq!((places[0].row, places[9].row), (Some(101), Some(110)));
        assert_eq!(read[1].len(), tables[1].len() - 2);
        assert_eq!(read[2].len(), tables[2].len() - 50 - reads);
    }
}

#[test]
fn a_child_without_a_link_is_left_out_with_its_descendants() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &tables(), 1, true);
    std::fs::write(folder.path().join("messages/000.csv"), "id,body\n").unwrap();
    let model = model();
    let evidence = collect(folder.path(), &model, None, 1).unwrap();
    let gathered = gather(&evidence, &model, EntityId(0), folder.path(), 1).unwrap();
    assert_eq!(
        gathered.left_out,
        [
            (EntityId(1), "the files lack its column `roomId`".to_owned()),
            (EntityId(2), "its parent `messages` is not linked".to_owned()),
        ]
    );
    let entities: Vec<EntityId> = gathered.shards[0].tables.iter().map(|(entity, _)| *entity).collect();
    assert_eq!(entities, [EntityId(0), EntityId(3)]);
    drop(gathered);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4, "scratch files stay");
}

#[test]
fn what_stands_before_a_fault_is_gathered() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &tables(), 1, true);
    let path = folder.path().join("reads/000.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().take(4).collect();
    std::fs::write(&path, format!("{}\nonly one\n{}", lines.join("\n"), text)).unwrap();
    let model = model();
    let evidence = collect(folder.path(), &model, None, 1).unwrap();
    let gathered = gather(&evidence, &model, EntityId(0), folder.path(), 2).unwrap();
    assert_eq!(read(&gathered, &model)[2].len(), 3);
}

#[test]
fn children_of_equal_keys_go_to_the_first_of_their_parents() {
    let mut tables = tables();
    let (first, last) = (uuid(0, 20), uuid(0, 59));
    tables[0][59][0] = first.clone();
    tables[1].iter_mut().filter(|message| message[1] == last).for_each(|message| message[1] = first.clone());
    tables[3].iter_mut().filter(|member| member[1] == last).for_each(|member| member[1] = first.clone());
    let (_, read) = gathered(&tables, 3, true, TIGHT, 2);
    let last_of = |room: &Option<String>| read[1].iter().rposition(|message| message[1] == *room);
    assert!(last_of(&first) < last_of(&uuid(0, 40)), "the room that is first in order has all of them");
    assert_eq!(sorted(read), sorted(tables));
}
