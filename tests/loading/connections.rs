//! Connections that break in every way: the load goes on with new ones, and loads nothing twice.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::datasets::Dataset;
use crate::law::{Stage, count, exactly_once, latest_record, make_reference, stage};
use crate::place::{Place, SCHEMA};
use crate::proxy::{Fate, Passing, Proxy};
use crate::running::Ended;

/// Bytes of a COPY after which a connection is in its middle.
const MIDDLE: usize = 100_000;
const LOST: &str = "connection lost, going on with a new one";

/// A load through a wire that breaks as planned: ends well, has said that a connection was lost, and holds the law.
fn survives(test: &str, jobs: &str, plan: impl Fn(Passing) -> Fate + Send + Sync + 'static) -> Option<Ended> {
    let place = Place::new(test)?;
    let manifest = make_reference(&place, &Dataset::large_chat("csv"));
    let proxy = Proxy::start(place.address(), plan);
    place.set_variable("PGHOST", "127.0.0.1");
    place.set_variable("PGPORT", &proxy.port.to_string());
    let ended = place.loads(&Dataset::large_chat("parquet"), &["--jobs", jobs]);
    exactly_once(&mut place.inside(), &manifest, SCHEMA);
    assert_eq!(latest_record(&place)["status"], "COMPLETED");
    Some(ended)
}

/// Messages by which a load connects for the first time: where that fails, nothing has begun.
const BEGINNING: usize = 60;

/// Of what is asked about after the beginning, every `nth` one, at most so often.
fn every_later(nth: usize, most: usize) -> impl Fn() -> bool {
    let (seen, is_chosen) = (AtomicUsize::new(0), every(nth, most));
    move || seen.fetch_add(1, Ordering::SeqCst) >= BEGINNING && is_chosen()
}

/// Of what is asked about, every `nth` one, at most so often.
fn every(nth: usize, most: usize) -> impl Fn() -> bool {
    let (seen, hit) = (AtomicUsize::new(0), AtomicUsize::new(0));
    move || seen.fetch_add(1, Ordering::SeqCst) % nth == nth - 1 && hit.fetch_add(1, Ordering::SeqCst) < most
}

#[test]
fn a_part_whose_commits_answer_was_lost_is_not_loaded_twice() {
    // The first is the transaction that makes the tables.
    let is_chosen = every(6, 5);
    let first = every(1, 1);
    let ended = survives("answer", "4", move |passing| match passing {
        Passing::Commit if first() || is_chosen() => Fate::CutAnswer,
        _ => Fate::Pass,
    });
    if let Some(ended) = ended {
        assert_eq!(ended.said.matches(LOST).count(), 6, "{}", ended.said);
    }
}

#[test]
fn a_part_whose_commit_did_not_arrive_is_loaded_again() {
    let is_chosen = every(6, 6);
    let ended = survives("commit", "4", move |passing| match passing {
        Passing::Commit if is_chosen() => Fate::Cut,
        _ => Fate::Pass,
    });
    if let Some(ended) = ended {
        assert_eq!(ended.said.matches(LOST).count(), 6, "{}", ended.said);
    }
}

#[test]
fn a_connection_that_breaks_in_the_middle_of_a_part_is_replaced() {
    let is_chosen = every(9, 4);
    let ended = survives("middle", "2", move |passing| match passing {
        Passing::Copy(bytes) if bytes > MIDDLE && is_chosen() => Fate::Cut,
        _ => Fate::Pass,
    });
    if let Some(ended) = ended {
        assert!(ended.said.contains(LOST), "{}", ended.said);
    }
}

/// As behind a router that forgets: the server's process lives on, and with it its locks.
#[test]
fn what_the_server_still_holds_for_a_lost_connection_is_ended() {
    let (copies, queries) = (every(9, 2), every_later(40, 3));
    let ended = survives("forsaken", "2", move |passing| match passing {
        Passing::Copy(bytes) if bytes > MIDDLE && copies() => Fate::Forsake,
        Passing::Query if queries() => Fate::Forsake,
        _ => Fate::Pass,
    });
    if let Some(ended) = ended {
        assert!(ended.said.contains(LOST), "{}", ended.said);
    }
}

#[test]
fn a_wire_that_stalls_only_takes_time() {
    let copies = every(9, 2);
    let ended = survives("stall", "2", move |passing| match passing {
        Passing::Copy(bytes) if bytes > MIDDLE && copies() => Fate::Stall(Duration::from_secs(3)),
        _ => Fate::Pass,
    });
    if let Some(ended) = ended {
        assert!(!ended.said.contains(LOST), "{}", ended.said);
    }
}

#[test]
fn connections_that_break_while_tables_are_made_and_keys_built_are_replaced() {
    let is_chosen = every_later(25, 6);
    let ended = survives("queries", "3", move |passing| match passing {
        Passing::Query if is_chosen() => Fate::Cut,
        _ => Fate::Pass,
    });
    if let Some(ended) = ended {
        assert!(ended.said.contains(LOST), "{}", ended.said);
    }
}

/// Ends processes of the server that work for the load; how many.
fn terminate(client: &mut postgres::Client, which: &str) -> i64 {
    let query = format!(
        "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'seedmill load' AND {which}) AS ended"
    );
    count(client, &query)
}

/// The one that holds the lock on the schema's name.
const LEADING: &str = "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)";

#[test]
fn backends_that_are_terminated_are_replaced_in_every_phase() {
    let Some(place) = Place::new("backends") else { return };
    let manifest = make_reference(&place, &Dataset::large_chat("csv"));
    let mut client = place.inside();
    for (stages, which) in [
        (&[Stage::Rows][..], "query LIKE 'COPY%'"),
        (&[Stage::Rows], LEADING),
        (&[Stage::Rows, Stage::Keys, Stage::Vacuum, Stage::ForeignKeys, Stage::Verification], "true"),
    ] {
        let mut run = place.start(&Dataset::large_chat("parquet"), &["--jobs=3"]);
        for wanted in stages {
            // A phase may be over before it is seen.
            let mut other = place.inside();
            run.wait_until(|| stage(&mut client, SCHEMA) >= *wanted && terminate(&mut other, which) > 0);
        }
        let ended = run.end();
        ended.says(0, &[LOST]);
        exactly_once(&mut client, &manifest, SCHEMA);
        place.tears_down(SCHEMA);
    }
}
