//! What a load that nothing disturbs leaves: rows, keys, statistics, rights, a ledger line and a record.

use seedmill::dataset::ddl::literal;
use seedmill::dataset::manifest::Manifest;
use seedmill::postgres::credentials;
use seedmill::postgres::target::Environment;

use crate::datasets::Dataset;
use crate::law::{count, exactly_once, latest_record, make_reference, records};
use crate::place::{Place, SCHEMA};

/// Memory that a load may hold, in bytes: of the program as it is tested, which is larger than the released one.
const MOST_MEMORY: u64 = 300_000_000;

/// Every format and way of a dataset, each into a schema of its own.
fn lands_equal(test: &str, dataset: impl Fn(&str) -> Dataset) -> Option<(Place, Manifest)> {
    let place = Place::new(test)?;
    let manifest = make_reference(&place, &dataset("csv"));
    let mut client = place.inside();
    for (schema, format, options) in [
        ("parquet", "parquet", &["--jobs=4"][..]),
        ("alone", "parquet", &["--jobs=1"]),
        ("csv", "csv", &["--jobs=2"]),
        ("csv zst", "csv.zst", &["--jobs=3"]),
        ("frozen", "parquet", &["--jobs=2", "--freeze"]),
        ("frozen csv", "csv", &["--jobs=1", "--freeze"]),
    ] {
        let option = format!("--schema={schema}");
        place.loads(&dataset(format), &[options, &[&option]].concat());
        exactly_once(&mut client, &manifest, schema);
        well_kept(&mut client, &manifest, schema);
    }
    Some((place, manifest))
}

/// Autovacuum as the documents want it, and tables that are frozen and analysed.
fn well_kept(client: &mut postgres::Client, manifest: &Manifest, schema: &str) {
    for entity in &manifest.entities {
        let query = format!(
            "SELECT array_to_string(reloptions, ' '), reltuples::bigint, pg_stat_get_last_vacuum_time(oid) IS NOT NULL,
                    (SELECT count(DISTINCT attname) FROM pg_stats WHERE schemaname = {0} AND tablename = {1})
             FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident({0})) AND relname = {1}",
            literal(schema),
            literal(&entity.name),
        );
        let row = client.query_one(&query, &[]).unwrap();
        let options: String = row.get(0);
        assert!(options.contains("autovacuum_vacuum_scale_factor=0.05"), "{options}");
        assert!(!options.contains("autovacuum_enabled"), "{options}");
        assert_eq!(row.get::<_, i64>(1), entity.rows as i64, "tuples of {}", entity.name);
        assert!(row.get::<_, bool>(2), "{} is vacuumed", entity.name);
        if entity.rows > 0 {
            assert_eq!(
                row.get::<_, i64>(3),
                entity.shape.columns.len() as i64,
                "statistics of {}",
                entity.name
            );
        }
    }
}

#[test]
fn chat_lands_equal_in_every_way() {
    lands_equal("chat", Dataset::chat);
}

#[test]
fn shop_lands_equal_in_every_way() {
    lands_equal("shop", Dataset::shop);
}

#[test]
fn every_type_and_awkward_name_lands_equal_in_every_way() {
    let Some((place, _)) = lands_equal("types", Dataset::every_type) else { return };
    let query = r#"SELECT concat_ws(' ', count(*) FILTER (WHERE "where" IS NULL) > 0, count(*) FILTER (WHERE "where" = '') > 0,
        count(*) FILTER (WHERE "where" = E'two\nlines') > 0, count(*) FILTER (WHERE "where" LIKE '🦀%') > 0,
        count(DISTINCT "where")) FROM "csv zst"."order""#;
    assert_eq!(place.inside().query_one(query, &[]).unwrap().get::<_, String>(0), "t t t t 17");
}

#[test]
fn keys_of_several_columns_land_equal_in_every_way() {
    lands_equal("keys", Dataset::keys);
}

#[test]
fn a_loaded_dataset_is_recorded_and_not_loaded_again() {
    let Some(place) = Place::new("again") else { return };
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    let dataset = Dataset::chat("parquet");
    let ended = place.loads(&dataset, &["--jobs=2"]);
    let record = latest_record(&place);
    assert_eq!(record["status"], "COMPLETED", "{record}");
    assert_eq!(record["resumed"], false);
    for entity in &manifest.entities {
        assert_eq!(record["rows_loaded"][&entity.name], entity.rows, "{record}");
    }
    let names: Vec<_> =
        record["phases"].as_array().unwrap().iter().map(|phase| phase["name"].clone()).collect();
    assert_eq!(names, ["tables", "rows", "keys", "vacuum", "foreign keys", "verification"]);
    assert!(ended.printed.contains("run_"), "{}", ended.printed);
    assert_eq!(records(&place), 1);
    let mut client = place.inside();
    let ledger =
        "SELECT count(*) FROM seedmill.parts WHERE transaction_id IS NOT NULL AND figures IS NOT NULL";
    assert_eq!(count(&mut client, ledger), manifest.parts().count() as i64);
    // Any number of connections, and either mode: there is nothing to do.
    for options in [&["--jobs=1"][..], &["--freeze"]] {
        place.loads(&dataset, options).says(0, &["This dataset is loaded already"]);
    }
    assert_eq!(records(&place), 1);
    assert_eq!(latest_record(&place), record);
    exactly_once(&mut client, &manifest, SCHEMA);
}

#[test]
fn the_reader_may_look_and_not_write() {
    let Some(place) = Place::new("reader") else { return };
    place.loads(&Dataset::chat("csv"), &[]);
    let reader = credentials::read(&place.secrets(), "dev", &Environment::default()).unwrap().reader.unwrap();
    let (host, port) = place.address();
    let mut client = postgres::Config::new()
        .host(&host)
        .port(port)
        .dbname(&place.database)
        .user(&reader.user)
        .password(reader.password.reveal())
        .connect(postgres::NoTls)
        .unwrap();
    for table in ["users", "conversations", "conversation_users", "messages", "attachments", "message_reads"]
    {
        assert!(count(&mut client, &format!("SELECT count(*) FROM {SCHEMA}.{table}")) > 0);
        for statement in [
            format!("INSERT INTO {SCHEMA}.{table} SELECT * FROM {SCHEMA}.{table} LIMIT 1"),
            format!("DELETE FROM {SCHEMA}.{table}"),
            format!("UPDATE {SCHEMA}.{table} SET id = id"),
            format!("TRUNCATE {SCHEMA}.{table}"),
            format!("DROP TABLE {SCHEMA}.{table}"),
            format!("CREATE TABLE {SCHEMA}.mine ()"),
        ] {
            let refused = client.batch_execute(&statement).unwrap_err();
            let code = refused.code().unwrap().code().to_owned();
            assert!(["42501", "25006"].contains(&code.as_str()), "{statement}: {refused:?}");
        }
    }
}

#[test]
fn a_large_load_stays_within_its_memory_and_tells_how_fast_it_is() {
    let Some(place) = Place::new("large") else { return };
    let manifest = make_reference(&place, &Dataset::large_chat("csv"));
    for (schema, options) in [("parts", &["--jobs=4"][..]), ("frozen", &["--jobs=4", "--freeze"])] {
        let option = format!("--schema={schema}");
        let ended = place.loads(&Dataset::large_chat("parquet"), &[options, &[&option]].concat());
        assert!(ended.peak > 10_000_000, "{}", ended.peak);
        assert!(ended.peak < MOST_MEMORY, "{} bytes", ended.peak);
        for word in ["rows/s", "Verified: ", "Run record: "] {
            assert!(ended.said.contains(word), "{word}: {}", ended.said);
        }
        exactly_once(&mut place.inside(), &manifest, schema);
    }
}
