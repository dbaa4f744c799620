//! `seedmill teardown`: what the ledger records goes, everything else stays, all or nothing.

use postgres::Client;

use crate::datasets::Dataset;
use crate::law::{Stage, count, exactly_once, make_reference, stage};
use crate::place::{Place, SCHEMA, shared_server};

/// Everything outside the server's own schemas, and every line of the ledger.
fn everything(client: &mut Client) -> Vec<String> {
    let query = "SELECT format('%s %s %s', relnamespace::regnamespace, relname, pg_class.oid) FROM pg_class
                 WHERE relnamespace::regnamespace::text !~ '^pg_|information_schema'
                 UNION ALL SELECT format('type %s %s', typname, oid) FROM pg_type WHERE typtype = 'e'
                 UNION ALL SELECT format('schema %s %s', nspname, oid) FROM pg_namespace WHERE nspname !~ '^pg_'
                 UNION ALL SELECT to_jsonb(loads)::text FROM seedmill.loads
                 UNION ALL SELECT to_jsonb(objects)::text FROM seedmill.objects
                 UNION ALL SELECT to_jsonb(parts)::text FROM seedmill.parts ORDER BY 1";
    client.query(query, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn what_a_load_made_goes_and_everything_else_stays() {
    let Some(place) = Place::new("goes") else { return };
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    let dataset = Dataset::chat("csv");
    let mut client = place.inside();
    client.batch_execute("CREATE SCHEMA mine; CREATE TABLE mine.users AS SELECT 1 AS number").unwrap();
    place.loads(&dataset, &["--schema=beside"]);
    let before = everything(&mut client);
    place.loads(&dataset, &[]);
    assert_ne!(everything(&mut client), before);
    let ended = place.teardown(SCHEMA);
    ended.says(0, &["dropped table messages", "dropped schema loaded", "dropped type conversations_type"]);
    assert_eq!(everything(&mut client), before);
    place.teardown(SCHEMA).says(2, &["the ledger has no schema `loaded`", "what was loaded lies in: beside"]);
    place.loads(&dataset, &[]);
    exactly_once(&mut client, &manifest, SCHEMA);
    exactly_once(&mut client, &manifest, "beside");
}

#[test]
fn what_belongs_to_somebody_else_stops_a_teardown() {
    let Some(place) = Place::new("stops") else { return };
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    place.loads(&Dataset::chat("csv"), &[]);
    let mut client = place.inside();
    let depends = "something in or on `loaded` is not the load's own";
    let replaced = "is not the one that the load made";
    for (made, words, undone) in [
        ("CREATE VIEW public.seen AS SELECT * FROM loaded.messages", depends, "DROP VIEW public.seen"),
        (
            "CREATE MATERIALIZED VIEW loaded.kept AS SELECT * FROM loaded.users",
            depends,
            "DROP MATERIALIZED VIEW loaded.kept",
        ),
        ("CREATE TABLE loaded.mine (number int)", depends, "DROP TABLE loaded.mine"),
        ("CREATE SEQUENCE loaded.numbers", depends, "DROP SEQUENCE loaded.numbers"),
        ("CREATE TYPE loaded.mood AS ENUM ('fine')", depends, "DROP TYPE loaded.mood"),
        (
            "CREATE FUNCTION loaded.one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            depends,
            "DROP FUNCTION loaded.one()",
        ),
        (
            "CREATE TABLE public.notes (author uuid REFERENCES loaded.users)",
            depends,
            "DROP TABLE public.notes",
        ),
        ("CREATE TABLE public.moods (mood loaded.messages_type)", depends, "DROP TABLE public.moods"),
        ("CREATE TABLE public.heir () INHERITS (loaded.message_reads)", depends, "DROP TABLE public.heir"),
        (
            "ALTER TABLE loaded.message_reads RENAME TO old; CREATE TABLE loaded.message_reads (LIKE loaded.old)",
            replaced,
            "DROP TABLE loaded.message_reads; ALTER TABLE loaded.old RENAME TO message_reads",
        ),
        (
            "ALTER TABLE loaded.message_reads RENAME TO old; CREATE VIEW loaded.message_reads AS SELECT 1 AS one",
            replaced,
            "DROP VIEW loaded.message_reads; ALTER TABLE loaded.old RENAME TO message_reads",
        ),
        (
            "ALTER SCHEMA loaded RENAME TO moved; CREATE SCHEMA loaded",
            replaced,
            "DROP SCHEMA loaded; ALTER SCHEMA moved RENAME TO loaded",
        ),
    ] {
        client.batch_execute(made).unwrap_or_else(|error| panic!("{made}: {error:?}"));
        let before = everything(&mut client);
        place.teardown(SCHEMA).says(2, &[words, "nothing is dropped"]);
        assert_eq!(everything(&mut client), before, "{made}");
        client.batch_execute(undone).unwrap();
    }
    exactly_once(&mut client, &manifest, SCHEMA);
    place.tears_down(SCHEMA);
}

/// A table that was moved out of the way is not dropped wherever it is, and the schema is not empty then.
#[test]
fn what_was_renamed_or_moved_away_is_not_dropped() {
    let Some(place) = Place::new("moved") else { return };
    place.loads(&Dataset::chat("csv"), &[]);
    let mut client = place.inside();
    client.batch_execute("ALTER TABLE loaded.message_reads RENAME TO mine").unwrap();
    place.teardown(SCHEMA).says(2, &["nothing is dropped"]);
    client.batch_execute("ALTER TABLE loaded.mine SET SCHEMA public").unwrap();
    let rows = count(&mut client, "SELECT count(*) FROM public.mine");
    // It refers to what would go.
    place.teardown(SCHEMA).says(2, &["nothing is dropped"]);
    client
        .batch_execute(
            "ALTER TABLE public.mine DROP CONSTRAINT \"message_reads_messageId_fkey\",
             DROP CONSTRAINT \"message_reads_userId_fkey\"",
        )
        .unwrap();
    place.teardown(SCHEMA).says(0, &["table message_reads was gone already", "dropped table messages"]);
    assert_eq!(count(&mut client, "SELECT count(*) FROM public.mine"), rows);
    assert_eq!(count(&mut client, "SELECT count(*) FROM pg_namespace WHERE nspname = 'loaded'"), 0);
}

#[test]
fn an_unknown_schema_is_refused() {
    let Some(place) = Place::new("unknown") else { return };
    for schema in ["nowhere", "public", "pg_catalog", "seedmill", "monitoring"] {
        let words =
            [&format!("the ledger has no schema `{schema}`")[..], "nothing is loaded in this database"];
        place.teardown(schema).says(2, &words);
    }
}

#[test]
fn a_load_that_did_not_end_is_torn_down() {
    let Some(place) = Place::new("begun") else { return };
    let dataset = Dataset::chat("csv").copy();
    std::fs::remove_file(dataset.path.join("messages/part-00005.csv")).unwrap();
    let mut client = place.inside();
    let before = everything(&mut client);
    place.fails(&dataset, &[], 3, &["messages/part-00005"]);
    place.tears_down(SCHEMA);
    assert_eq!(everything(&mut client), before);
}

#[test]
fn empty_tables_give_way_to_a_load_unless_they_have_rows() {
    let Some(url) = shared_server() else { return };
    let place = Place::unprovisioned(url, "empty");
    place.provision(&[]);
    let mut client = place.inside();
    assert_eq!(count(&mut client, "SELECT count(*) FROM perf_synthetic.users"), 0);
    let option = "--schema=perf_synthetic";
    client
        .batch_execute(
            "INSERT INTO perf_synthetic.users (username, email, \"displayName\") VALUES ('a', 'b', 'c')",
        )
        .unwrap();
    let before = everything(&mut client);
    place.fails(&Dataset::chat("csv"), &[option], 2, &["perf_synthetic", "has rows now"]);
    assert_eq!(everything(&mut client), before);
    client.batch_execute("DELETE FROM perf_synthetic.users").unwrap();
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    place.loads(&Dataset::chat("csv"), &[option]);
    exactly_once(&mut client, &manifest, "perf_synthetic");
    place.tears_down("perf_synthetic");
    assert_eq!(stage(&mut client, "perf_synthetic"), Stage::Nothing);
}
