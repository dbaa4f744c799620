//! What a load does not touch: other schemas, other datasets, and what another loader works on.

use crate::datasets::Dataset;
use crate::law::{Stage, count, exactly_once, make_reference, parts_loaded, stage};
use crate::place::{Place, SCHEMA};

#[test]
fn a_schema_made_by_hand_is_refused_and_untouched() {
    let Some(place) = Place::new("byhand") else { return };
    let mut client = place.inside();
    let loader = place.variable("PGUSER");
    // Even if the loader owns it.
    for owner in ["postgres", loader.as_str()] {
        let made = format!(
            "CREATE SCHEMA loaded AUTHORIZATION {owner}; CREATE TABLE loaded.users AS SELECT 7 AS number;
             ALTER TABLE loaded.users OWNER TO {owner}"
        );
        let made = made.replace("postgres", "CURRENT_USER");
        client.batch_execute(&made).unwrap();
        place.fails(
            &Dataset::chat("csv"),
            &[],
            2,
            &["the schema `loaded` exists, and seedmill did not make it"],
        );
        assert_eq!(count(&mut client, "SELECT sum(number) FROM loaded.users"), 7);
        assert_eq!(stage(&mut client, SCHEMA), Stage::Nothing);
        client.batch_execute("DROP SCHEMA loaded CASCADE").unwrap();
    }
    // A role without rights sees it, too.
    client.batch_execute("CREATE SCHEMA loaded").unwrap();
    place.fails(&Dataset::chat("csv"), &[], 2, &["exists"]);
}

#[test]
fn a_schema_with_another_dataset_is_refused() {
    let Some(place) = Place::new("another") else { return };
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    place.loads(&Dataset::chat("csv"), &[]);
    // Another seed; and the same rows in other parts.
    for dataset in [Dataset::other_chat(), Dataset::chat("parquet")] {
        place.fails(&dataset, &[], 2, &["holds another dataset", "seedmill teardown --schema loaded"]);
    }
    exactly_once(&mut place.inside(), &manifest, SCHEMA);
}

#[test]
fn a_load_begun_without_freeze_does_not_go_on_with_it() {
    let Some(place) = Place::new("modes") else { return };
    let dataset = Dataset::chat("csv").copy();
    let (part, away) = (dataset.path.join("messages/part-00005.csv"), dataset.path.join("away"));
    std::fs::rename(&part, &away).unwrap();
    place.fails(&dataset, &[], 3, &["messages/part-00005"]);
    std::fs::rename(&away, &part).unwrap();
    place.fails(&dataset, &["--freeze"], 2, &["was begun without --freeze"]);
    place.loads(&dataset, &[]);
}

#[test]
fn schemas_that_are_not_for_datasets_are_refused() {
    let Some(place) = Place::new("reserved") else { return };
    for schema in ["public", "pg_catalog", "pg_mine", "seedmill", "monitoring", "information_schema", ""] {
        let option = format!("--schema={schema}");
        place.fails(&Dataset::chat("csv"), &[&option], 2, &["a dataset cannot go into the schema"]);
    }
}

#[test]
fn a_second_loader_is_refused_and_the_first_ends_whole() {
    let Some(place) = Place::new("second") else { return };
    let manifest = make_reference(&place, &Dataset::large_chat("csv"));
    let dataset = Dataset::large_chat("parquet");
    let mut client = place.inside();
    let mut first = place.start(&dataset, &["--jobs=1"]);
    first.meets("the rows", || parts_loaded(&mut client, "%") > 0);
    // So that it is still there when the others have waited.
    first.signal(rustix::process::Signal::STOP);
    let leading = "SELECT pid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let process = count(&mut client, leading);
    let words =
        ["another load or teardown is working on the schema `loaded`", &format!("process {process} of")];
    let second = place.start(&dataset, &["--jobs=1"]);
    let torn = place.teardown(SCHEMA);
    second.end().says(2, &words);
    torn.says(2, &words);
    // Another schema is free.
    place.loads(&Dataset::chat("csv"), &["--schema=beside"]);
    first.signal(rustix::process::Signal::CONT);
    first.end().says(0, &[]);
    exactly_once(&mut client, &manifest, SCHEMA);
}

#[test]
fn two_loaders_started_at_once_load_it_once() {
    let Some(place) = Place::new("twice") else { return };
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    let dataset = Dataset::chat("parquet");
    let runs: Vec<_> = (0..3).map(|_| place.start(&dataset, &["--jobs=2"])).collect();
    let codes: Vec<_> = runs.into_iter().map(|run| run.end().code).collect();
    assert!(codes.contains(&Some(0)), "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, Some(0 | 2))), "{codes:?}");
    exactly_once(&mut place.inside(), &manifest, SCHEMA);
}
