//! Tables that somebody else changes while they are loaded: verification, or the look at the columns, tells what.

use crate::datasets::Dataset;
use crate::law::{
    exactly_once, failed_because, latest_record, make_reference, parts_loaded, whole_parts_only,
};
use crate::place::{Place, SCHEMA};

/// As it was just before a load's verification.
const REOPEN: &str = "UPDATE seedmill.loads SET completed_at = NULL";

#[test]
fn what_was_written_by_hand_before_the_verification_is_told() {
    let Some(place) = Place::new("hand") else { return };
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    let dataset = Dataset::chat("parquet");
    let mut client = place.inside();
    place.loads(&dataset, &[]);
    let reads = manifest.entity("message_reads").unwrap().rows;
    for (change, words, back) in [
        (
            "DELETE FROM loaded.message_reads WHERE id = (SELECT id FROM loaded.message_reads LIMIT 1)",
            vec![
                "message_reads/part-0".to_owned(),
                "rows: ".to_owned(),
                format!("message_reads: {} rows, the manifest records {reads}", reads - 1),
            ],
            None,
        ),
        (
            "UPDATE loaded.messages SET content = content || '!'
             WHERE id = (SELECT min(id::text)::uuid FROM loaded.messages)",
            vec!["messages: 1 rows of transaction".to_owned(), "which is not the loader's".to_owned()],
            None,
        ),
        (
            "CREATE TABLE public.one AS SELECT * FROM loaded.users LIMIT 1;
             UPDATE public.one SET id = gen_random_uuid(), email = 'x' || email, username = 'x' || username;
             INSERT INTO loaded.users SELECT * FROM public.one",
            vec!["users: 1 rows of transaction".to_owned(), "which is not the loader's".to_owned()],
            Some("DELETE FROM loaded.users WHERE id = (SELECT id FROM public.one)"),
        ),
    ] {
        client.batch_execute(change).unwrap_or_else(|error| panic!("{change}: {error:?}"));
        client.batch_execute(REOPEN).unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        place.fails(&dataset, &[], 3, &[&["does not hold what was sent"][..], &words].concat());
        let record = failed_because(&place, words[0]);
        assert_eq!(record["verification"].as_array().unwrap().len(), 0, "nothing was proved");
        match back {
            Some(back) => client.batch_execute(back).unwrap(),
            None => place.tears_down(SCHEMA),
        }
        place.loads(&dataset, &[]);
        exactly_once(&mut client, &manifest, SCHEMA);
    }
    assert_eq!(latest_record(&place)["resumed"], true);
}

#[test]
fn a_column_that_was_changed_is_refused_before_the_first_byte() {
    let Some(place) = Place::new("column") else { return };
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    let dataset = Dataset::chat("parquet").copy();
    // A load that has begun and lacks a part.
    let part = dataset.path.join("messages/part-00005.parquet");
    let away = dataset.path.join("away");
    std::fs::rename(&part, &away).unwrap();
    place.fails(&dataset, &["--jobs=1"], 3, &["messages/part-00005"]);
    std::fs::rename(&away, &part).unwrap();
    let mut client = place.inside();
    let before = parts_loaded(&mut client, "messages/%");
    // The first two have the same length in COPY's binary form.
    for (change, back, words) in [
        (
            "ALTER \"createdAt\" DROP DEFAULT,
             ALTER \"createdAt\" TYPE bigint USING extract(epoch FROM \"createdAt\") * 1000000",
            "ALTER \"createdAt\" TYPE timestamptz USING to_timestamp(\"createdAt\" / 1e6)",
            ["createdAt", "is bigint, not"],
        ),
        (
            "ALTER \"createdAt\" TYPE timestamp USING \"createdAt\" AT TIME ZONE 'UTC'",
            "ALTER \"createdAt\" TYPE timestamptz USING \"createdAt\" AT TIME ZONE 'UTC'",
            ["createdAt", "is timestamp without time zone, not"],
        ),
        (
            "ALTER COLUMN content TYPE varchar(3) USING left(content, 3)",
            "ALTER COLUMN content TYPE text",
            ["content", "is character varying(3), not"],
        ),
        ("RENAME COLUMN content TO contents", "RENAME COLUMN contents TO content", ["content", "is gone"]),
        ("DROP COLUMN content", "ADD COLUMN content text", ["content", "is gone"]),
    ] {
        client.batch_execute(&format!("ALTER TABLE loaded.messages {change}")).unwrap();
        place.fails(&dataset, &["--jobs=4"], 3, &words);
        failed_because(&place, words[1]);
        assert_eq!(parts_loaded(&mut client, "messages/%"), before);
        whole_parts_only(&mut client, &manifest, SCHEMA);
        client.batch_execute(&format!("ALTER TABLE loaded.messages {back}")).unwrap();
    }
    // Postgres wrote every row anew, which the verification tells.
    place.fails(&dataset, &[], 3, &["does not hold what was sent", "messages"]);
    place.tears_down(SCHEMA);
    place.loads(&dataset, &[]);
    exactly_once(&mut client, &manifest, SCHEMA);
}
