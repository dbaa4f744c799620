//! Figures of a part's batches against those that a real Postgres computes from the rows: equal after every way of
//! loading, and different after any change. Needs SEEDMILL_TEST_POSTGRES; without it the tests are skipped.

#![expect(clippy::print_stderr, reason = "a skipped test says why")]

#[expect(dead_code, reason = "other tests run other commands and models")]
#[path = "readers/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DurationMicrosecondArray, FixedSizeBinaryArray,
    Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use postgres::{Client, GenericClient, NoTls};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use seedmill::dataset::ddl::{Ddl, Table};
use seedmill::dataset::manifest::{EntityManifest, Manifest};
use seedmill::dataset::reader::PartReader;
use seedmill::dataset::table::{ShapeColumn, TableShape};
use seedmill::model::ColumnType;
use seedmill::postgres::figures::{Figures, from_row, query};
use seedmill::postgres::{binary, hash};
use support::Dataset;

const EVERY_TYPE: &str = "tests/models/every_type.yaml";
const SCHEMA: &str = "the \"schema\"";

/// A database of its own, dropped with the value.
struct Database {
    server: String,
    name: String,
    client: Client,
}

impl Database {
    /// A fresh database; nothing, and a line on stderr, without a server.
    fn create(test: &str) -> Option<Self> {
        let Ok(server) = std::env::var("SEEDMILL_TEST_POSTGRES") else {
            eprintln!("skipped: SEEDMILL_TEST_POSTGRES names no server");
            return None;
        };
        let name = format!("seedmill_figures_{test}_{}", std::process::id());
        let mut maintenance = Client::connect(&server, NoTls).unwrap();
        maintenance.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).unwrap();
        maintenance.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        let (base, _) = server.rsplit_once('/').expect("a URL with a database");
        let client = Client::connect(&format!("{base}/{name}"), NoTls).unwrap();
        Some(Self { server, name, client })
    }

    fn run(&mut self, statements: &str) {
        self.client.batch_execute(statements).unwrap();
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Ok(mut maintenance) = Client::connect(&self.server, NoTls) {
            let _ = maintenance.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

/// What the server says, by transaction.
fn stored(client: &mut impl GenericClient, table: &Table, shape: &TableShape) -> BTreeMap<u32, Figures> {
    let rows = client.query(&query(table, shape), &[]).unwrap();
    rows.iter().map(|row| from_row(row, shape).unwrap()).collect()
}

fn merged<'f>(shape: &TableShape, parts: impl IntoIterator<Item = &'f Figures>) -> Figures {
    let mut all = Figures::new(shape);
    parts.into_iter().for_each(|part| all.merge(part));
    all
}

/// An entity whose parts were loaded, each by a transaction of its own.
struct Loaded {
    entity: EntityManifest,
    table: Table,
    /// By the transaction's number.
    parts: BTreeMap<u32, Figures>,
}

impl Loaded {
    fn all(&self) -> Figures {
        merged(&self.entity.shape, self.parts.values())
    }

    fn differences(&self, client: &mut impl GenericClient) -> Vec<String> {
        let shape = &self.entity.shape;
        let found = merged(shape, stored(client, &self.table, shape).values());
        self.all().differences(&found, shape)
    }
}

fn load(database: &mut Database, dataset: &Dataset) -> Vec<Loaded> {
    let manifest = Manifest::read(&dataset.path).unwrap();
    let ddl = Ddl::of(&manifest, Some(SCHEMA));
    database.run("CREATE SCHEMA \"the \"\"schema\"\"\"");
    ddl.types.iter().for_each(|statement| database.run(statement));
    let mut loaded = Vec::new();
    for (entity, table) in manifest.entities.iter().zip(ddl.tables) {
        database.run(&table.create());
        let parts = entity.parts.iter().map(|part| {
            let path = dataset.path.join(&part.file);
            let mut figures = Figures::new(&entity.shape);
            for batch in PartReader::open(&path, &entity.shape, manifest.format).unwrap() {
                figures.add(&entity.shape, &batch.unwrap()).unwrap();
            }
            (copy_csv(database, &table, &std::fs::read(path).unwrap()), figures)
        });
        let parts = parts.collect();
        loaded.push(Loaded { entity: entity.clone(), table, parts });
    }
    loaded
}

/// Loads a part in a transaction; its number as rows have it.
fn copy_csv(database: &mut Database, table: &Table, csv: &[u8]) -> u32 {
    let mut transaction = database.client.transaction().unwrap();
    let statement = format!(
        "COPY {} ({}) FROM STDIN (FORMAT csv, HEADER, ENCODING 'UTF8')",
        table.name,
        table.column_list()
    );
    let mut writer = transaction.copy_in(&statement).unwrap();
    writer.write_all(csv).unwrap();
    writer.finish().unwrap();
    let number = transaction_of(&mut transaction);
    transaction.commit().unwrap();
    number
}

fn transaction_of(client: &mut impl GenericClient) -> u32 {
    let row = client.query_one("SELECT pg_current_xact_id()::text", &[]).unwrap();
    row.get::<_, String>(0).parse::<u64>().unwrap() as u32
}

fn every_type() -> Dataset {
    Dataset::generate(EVERY_TYPE, &["--band=small", "--shards=3", "--format=csv"])
}

/// The table that has every type.
fn lines(loaded: Vec<Loaded>) -> Loaded {
    loaded.into_iter().max_by_key(|loaded| loaded.entity.shape.columns.len()).unwrap()
}

#[test]
fn a_part_s_figures_are_those_of_its_transaction_s_rows_also_when_frozen() {
    let Some(mut database) = Database::create("parts") else { return };
    let loaded = load(&mut database, &every_type());
    assert_eq!(loaded.iter().map(|loaded| loaded.parts.len()).sum::<usize>(), 9);
    for freeze in [false, true] {
        if freeze {
            database.run("VACUUM (FREEZE, ANALYZE)");
            for Loaded { table, parts, .. } in &loaded {
                let last = parts.keys().max().unwrap();
                let frozen = format!(
                    "SELECT age(relfrozenxid) < age('{last}'::xid) FROM pg_class WHERE oid = $1::text::regclass"
                );
                assert!(database.client.query_one(&frozen, &[&table.name]).unwrap().get::<_, bool>(0));
            }
        }
        for Loaded { entity, table, parts } in &loaded {
            let stored = stored(&mut database.client, table, &entity.shape);
            assert_eq!(stored.len(), parts.len(), "{}", entity.name);
            for (number, expected) in parts {
                assert_eq!(expected.differences(&stored[number], &entity.shape), Vec::<String>::new());
                assert_eq!(expected, &stored[number]);
            }
        }
    }
}

/// SQL for another value of a column, as near as its type allows.
fn changed(ty: &ColumnType, name: &str, type_name: &str) -> String {
    match ty {
        ColumnType::Uuid => {
            format!(
                "(overlay({name}::text PLACING CASE WHEN {name}::text LIKE '%0' THEN '1' ELSE '0' END FROM 36))::uuid"
            )
        }
        ColumnType::Text => format!("{name} || ' '"),
        ColumnType::Enum { .. } => {
            format!("(CASE {name}::text WHEN 'plain' THEN 'never drawn' ELSE 'plain' END)::{type_name}")
        }
        ColumnType::Boolean => format!("NOT {name}"),
        ColumnType::Integer | ColumnType::BigInteger => {
            format!("CASE WHEN {name} > 0 THEN {name} - 1 ELSE {name} + 1 END")
        }
        ColumnType::Date => format!("{name} - 1"),
        ColumnType::Decimal { scale, .. } => {
            let unit = format!("0.1::numeric ^ {scale}");
            format!("CASE WHEN {name} > 0 THEN {name} - {unit} ELSE {name} + {unit} END")
        }
        ColumnType::Float => format!("CASE {name} WHEN 0 THEN 5e-324 ELSE 0 END"),
        ColumnType::Timestamp | ColumnType::DateTime => format!("{name} - interval '1 microsecond'"),
        ColumnType::Json => format!("jsonb_build_array({name})"),
        ColumnType::Array { .. } => format!("{name} || {name}[1:1] || ARRAY[NULL]::{type_name}"),
        ColumnType::Interval => unreachable!("no column is an interval"),
    }
}

/// What the figures say after a statement, which is undone.
fn after(database: &mut Database, loaded: &Loaded, statement: &str) -> Vec<String> {
    let mut transaction = database.client.transaction().unwrap();
    let touched = transaction.execute(statement, &[]).unwrap();
    assert!((1..=2).contains(&touched), "{statement} touched {touched} rows");
    loaded.differences(&mut transaction)
}

#[test]
fn any_changed_moved_lost_or_doubled_value_is_noticed_and_its_column_named() {
    let Some(mut database) = Database::create("changes") else { return };
    let loaded = lines(load(&mut database, &every_type()));
    let table = loaded.table.name.clone();
    let columns = loaded.entity.shape.columns.iter().zip(&loaded.table.columns);
    assert!(columns.len() >= 20);
    let tie = "the \"quoted\" id";
    for (column, made) in columns {
        let name = &made.quoted;
        let of_row = |what: &str, which: &str| {
            format!(
                "UPDATE {table} SET {name} = {what} WHERE ctid = (SELECT ctid FROM {table} WHERE {which} LIMIT 1)"
            )
        };
        let any = format!("(SELECT {name} FROM {table} WHERE {name} IS NOT NULL LIMIT 1)");
        let other = changed(&column.ty, name, &made.type_name);
        let mut changes = vec![of_row(&other, &format!("{name} IS NOT NULL"))];
        if column.nullable {
            changes.push(of_row("NULL", &format!("{name} IS NOT NULL")));
            changes.push(of_row(&any, &format!("{name} IS NULL")));
        }
        for change in changes {
            let differences = after(&mut database, &loaded, &change);
            let own = format!("column `{}`, ", column.name);
            assert!(differences.iter().any(|told| told.starts_with(&own)), "{change}: {differences:?}");
            let others = differences.iter().filter(|told| !told.starts_with(&own)).count();
            assert!(others == 0 || column.name == tie, "{change}: {differences:?}");
        }
        // Two rows of different values exchange them: counts, totals and bounds stay.
        let swap = format!(
            "WITH first AS (SELECT ctid AS place, {name} AS value FROM {table} WHERE {name} IS NOT NULL LIMIT 1), \
             second AS (SELECT ctid AS place, {name} AS value FROM {table} \
               WHERE {name} <> (SELECT value FROM first) LIMIT 1) \
             UPDATE {table} SET {name} = CASE {table}.ctid WHEN first.place THEN second.value ELSE first.value END \
             FROM first, second WHERE {table}.ctid IN (first.place, second.place)"
        );
        let distinct = format!("SELECT count(DISTINCT {name}) FROM {table}");
        if database.client.query_one(&distinct, &[]).unwrap().get::<_, i64>(0) > 1 && column.name != tie {
            let differences = after(&mut database, &loaded, &swap);
            assert_eq!(differences.len(), 1, "{swap}: {differences:?}");
            assert!(differences[0].starts_with(&format!("column `{}`, sum of hashes: ", column.name)));
        }
    }
    let one = format!("ctid = (SELECT ctid FROM {table} LIMIT 1)");
    for (statement, rows) in [
        (format!("DELETE FROM {table} WHERE {one}"), loaded.entity.rows - 1),
        (format!("INSERT INTO {table} SELECT * FROM {table} WHERE {one}"), loaded.entity.rows + 1),
    ] {
        let differences = after(&mut database, &loaded, &statement);
        assert_eq!(differences[0], format!("rows: {} expected, {rows} found", loaded.entity.rows));
    }
    assert_eq!(loaded.differences(&mut database.client), Vec::<String>::new());
}

#[test]
fn a_row_that_somebody_else_wrote_belongs_to_no_part() {
    let Some(mut database) = Database::create("others") else { return };
    let loaded = lines(load(&mut database, &every_type()));
    let (table, shape) = (&loaded.table, &loaded.entity.shape);
    let mut transaction = database.client.transaction().unwrap();
    let update =
        format!("UPDATE {0} SET uuid = uuid WHERE ctid = (SELECT ctid FROM {0} LIMIT 1)", table.name);
    transaction.execute(&update, &[]).unwrap();
    let number = transaction_of(&mut transaction);
    transaction.commit().unwrap();
    let found = stored(&mut database.client, table, shape);
    assert!(!loaded.parts.contains_key(&number));
    assert_eq!(found[&number].rows, 1);
    let lacking = loaded.parts.iter().filter(|(number, part)| found[number] != **part).count();
    assert_eq!(lacking, 1);
    assert_eq!(loaded.differences(&mut database.client), Vec::<String>::new());
}

/// Rows of what no model declares but a part may hold.
fn extremes(shape: &TableShape) -> RecordBatch {
    let uuids = [Some([0; 16]), None, Some([255; 16]), Some([1; 16]), Some([128; 16])];
    let times = [Some(i64::MIN / 100), Some(0), None, Some(-1), Some(i64::MAX / 100)];
    let decimals =
        [Some(-(10_i128.pow(38) - 1)), Some(10_i128.pow(38) - 1), Some(10_i128.pow(38) - 1), None, Some(0)];
    let long = "long 🦀 ".repeat(10_000);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids.into_iter(), 16).unwrap()),
        Arc::new(StringArray::from(vec![Some(""), Some("\u{1}e\u{301}"), None, Some("ß"), Some(&long)])),
        Arc::new(Int32Array::from(vec![Some(i32::MIN), Some(i32::MAX), None, Some(-1), Some(0)])),
        Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(i64::MAX), None, Some(-1), Some(1 << 32)])),
        Arc::new(Float64Array::from(vec![
            Some(-0.0),
            Some(-f64::NAN),
            Some(f64::NEG_INFINITY),
            None,
            Some(f64::MIN_POSITIVE / 4.0),
        ])),
        Arc::new(
            decimals.into_iter().collect::<Decimal128Array>().with_data_type(shape.columns[5].ty.data_type()),
        ),
        Arc::new(BooleanArray::from(vec![Some(true), None, Some(true), Some(false), Some(true)])),
        Arc::new(times.into_iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        Arc::new(Date32Array::from(vec![Some(-2_440_000), Some(0), None, Some(2_932_896), Some(-1)])),
        Arc::new(StringArray::from(vec![Some("yes"), Some("no"), None, Some("yes"), Some("")])),
        Arc::new(DurationMicrosecondArray::from(vec![
            Some(i64::MIN),
            Some(i64::MAX),
            None,
            Some(-1),
            Some(0),
        ])),
    ];
    RecordBatch::try_new(shape.schema(), columns).unwrap()
}

fn extreme_shape() -> TableShape {
    let types = [
        ColumnType::Uuid,
        ColumnType::Text,
        ColumnType::Integer,
        ColumnType::BigInteger,
        ColumnType::Float,
        ColumnType::Decimal { precision: 38, scale: 38 },
        ColumnType::Boolean,
        ColumnType::Timestamp,
        ColumnType::Date,
        ColumnType::Enum { values: vec!["yes".into(), "no".into(), String::new()] },
        ColumnType::Interval,
    ];
    let column = |(at, ty): (usize, ColumnType)| ShapeColumn {
        nullable: true,
        ..ShapeColumn::new(format!("c{at}"), ty)
    };
    TableShape { entity: "extremes".into(), columns: types.into_iter().enumerate().map(column).collect() }
}

#[test]
fn extremes_that_came_frozen_have_the_figures_of_their_batch() {
    let Some(mut database) = Database::create("extremes") else { return };
    let shape = extreme_shape();
    let entity = EntityManifest {
        name: "extremes".into(),
        aliases: Vec::new(),
        rows: 5,
        logical_digest: String::new(),
        shape: shape.clone(),
        key: None,
        composite_key: Vec::new(),
        parent: None,
        foreign_keys: Vec::new(),
        unique: Vec::new(),
        indexes: Vec::new(),
        parts: Vec::new(),
    };
    let ddl = Ddl::of_entities(&[entity], None);
    let table = &ddl.tables[0];
    let batch = extremes(&shape);
    let (mut bytes, mut expected) = (Vec::new(), Figures::new(&shape));
    binary::begin(&mut bytes);
    binary::encode(&shape, &batch, &mut bytes);
    binary::end(&mut bytes);
    expected.add(&shape, &batch).unwrap();

    ddl.types.iter().for_each(|statement| database.run(statement));
    let mut transaction = database.client.transaction().unwrap();
    transaction.batch_execute(&table.create()).unwrap();
    let mut writer =
        transaction.copy_in(&format!("COPY {} FROM STDIN (FORMAT binary, FREEZE)", table.name)).unwrap();
    writer.write_all(&bytes).unwrap();
    writer.finish().unwrap();
    let number = transaction_of(&mut transaction);
    transaction.commit().unwrap();
    // Where a session does not say UTC, nothing may change.
    for zone in ["UTC", "America/St_Johns"] {
        database.run(&format!("SET timezone = '{zone}'"));
        let found = stored(&mut database.client, table, &shape);
        assert_eq!(expected.differences(&found[&number], &shape), Vec::<String>::new(), "{zone}");
        assert_eq!(found, BTreeMap::from([(number, expected.clone())]));
    }
}

/// A text of exactly so many bytes, of characters of one to four.
fn text(random: &mut Xoshiro256PlusPlus, length: usize) -> String {
    let mut text = String::new();
    while text.len() < length {
        let character = match random.random_range(0..4) {
            0 => char::from(random.random_range(1..128_u8)),
            1 => char::from_u32(random.random_range(0x80..0x800)).unwrap_or('é'),
            2 => char::from_u32(random.random_range(0x800..0x1_0000)).unwrap_or('漢'),
            _ => char::from_u32(random.random_range(0x1_0000..0x11_0000)).unwrap_or('🦀'),
        };
        if text.len() + character.len_utf8() <= length {
            text.push(character);
        }
    }
    text
}

/// Asks the server for the hashes of values, which come as texts.
fn hashes(database: &mut Database, function: &str, ty: &str, values: &[String], seeds: &[i64]) -> Vec<u64> {
    let query = format!(
        "SELECT {function}(value::{ty}, seed) FROM unnest($1::text[], $2::bigint[]) \
         WITH ORDINALITY AS asked (value, seed, place) ORDER BY place"
    );
    let rows = database.client.query(&query, &[&values, &seeds]).unwrap();
    rows.iter().map(|row| row.get::<_, i64>(0) as u64).collect()
}

#[test]
fn hashes_are_the_server_s_own() {
    let Some(mut database) = Database::create("hashes") else { return };
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut seeds = |count: usize| -> Vec<i64> {
        let special = [0, 1, -1, i64::MIN, 1 << 32];
        (0..count).map(|at| special.get(at % 10).copied().unwrap_or_else(|| random.random())).collect()
    };
    let places = 301 * 20;
    let seeds = seeds(places);
    let seed = |at: usize| seeds[at] as u64;

    let texts: Vec<String> = (0..places).map(|at| text(&mut random, at / 20)).collect();
    let asked = hashes(&mut database, "hashtextextended", "text COLLATE \"C\"", &texts, &seeds);
    for (at, text) in texts.iter().enumerate() {
        assert_eq!(hash::bytes(text.as_bytes(), seed(at)), asked[at], "{text:?} with {}", seed(at));
    }

    let uuids: Vec<[u8; 16]> = (0..places).map(|_| random.random()).collect();
    let written: Vec<String> =
        uuids.iter().map(|uuid| format!("{:032x}", u128::from_be_bytes(*uuid))).collect();
    let asked = hashes(&mut database, "uuid_hash_extended", "uuid", &written, &seeds);
    for (at, uuid) in uuids.iter().enumerate() {
        assert_eq!(hash::bytes(uuid, seed(at)), asked[at], "{uuid:?} with {}", seed(at));
    }

    // Of every magnitude.
    let numbers: Vec<i64> = (0..places).map(|at| random.random::<i64>() >> (at % 64)).collect();
    let written: Vec<String> = numbers.iter().map(i64::to_string).collect();
    let asked = hashes(&mut database, "hashint8extended", "bigint", &written, &seeds);
    for (at, number) in numbers.iter().enumerate() {
        assert_eq!(hash::int8(*number, seed(at)), asked[at], "{number} with {}", seed(at));
    }
    let small: Vec<i32> = numbers.iter().map(|number| *number as i32).collect();
    let written: Vec<String> = small.iter().map(i32::to_string).collect();
    let asked = hashes(&mut database, "hashint4extended", "integer", &written, &seeds);
    for (at, number) in small.iter().enumerate() {
        assert_eq!(hash::int4(*number, seed(at)), asked[at], "{number} with {}", seed(at));
    }

    let mut floats: Vec<f64> = numbers.iter().map(|number| f64::from_bits(*number as u64)).collect();
    floats.splice(..5, [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    let written: Vec<String> = floats.iter().map(|float| format!("{float:?}")).collect();
    let asked = hashes(&mut database, "hashfloat8extended", "float8", &written, &seeds);
    for (at, float) in floats.iter().enumerate() {
        assert_eq!(hash::float8(*float, seed(at)), asked[at], "{float:?} with {}", seed(at));
    }
}
