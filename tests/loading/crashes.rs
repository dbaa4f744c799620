//! Servers that crash in the middle of a load: it waits, goes on, and loads nothing twice.

use rustix::process::{Pid, Signal, kill_process};

use crate::datasets::Dataset;
use crate::law::{Stage, exactly_once, make_reference, parts_loaded, records, stage};
use crate::own_server::OwnServer;
use crate::place::{Place, SCHEMA};

#[test]
fn a_server_that_crashes_and_starts_again_is_waited_for() {
    let Some(server) = OwnServer::start("crash") else { return };
    let place = Place::at(server.url.clone(), "crash");
    let manifest = make_reference(&place, &Dataset::large_chat("csv"));
    for wanted in [Stage::Rows, Stage::Keys, Stage::ForeignKeys] {
        let mut client = place.inside();
        let mut run = place.start(&Dataset::large_chat("parquet"), &["--jobs=4"]);
        run.meets("the phase", || match wanted {
            Stage::Rows => parts_loaded(&mut client, "%") > 10,
            wanted => stage(&mut client, SCHEMA) >= wanted,
        });
        server.crash();
        server.restart();
        let ended = run.end();
        ended.says(0, &["connection lost, going on with a new one"]);
        exactly_once(&mut place.inside(), &manifest, SCHEMA);
        place.tears_down(SCHEMA);
    }
}

/// The server ends all its processes when one was killed, and recovers.
#[test]
fn a_backend_that_is_killed_takes_nothing_with_it() {
    let Some(server) = OwnServer::start("backend") else { return };
    let place = Place::at(server.url.clone(), "backend");
    let manifest = make_reference(&place, &Dataset::large_chat("csv"));
    let mut client = place.inside();
    let mut run = place.start(&Dataset::large_chat("parquet"), &["--jobs=2"]);
    let query = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY%' AND datname = current_database()
                 AND (SELECT count(*) FROM seedmill.parts WHERE transaction_id IS NOT NULL) > 5";
    let mut backend = None;
    run.meets("a COPY", || {
        backend = client.query(query, &[]).unwrap().first().map(|row| row.get::<_, i32>(0));
        backend.is_some()
    });
    kill_process(Pid::from_raw(backend.unwrap()).unwrap(), Signal::KILL).unwrap();
    run.end().says(0, &["connection lost, going on with a new one"]);
    exactly_once(&mut place.inside(), &manifest, SCHEMA);
}

#[test]
fn a_load_that_was_killed_with_its_server_goes_on() {
    let Some(server) = OwnServer::start("both") else { return };
    let place = Place::at(server.url.clone(), "both");
    let manifest = make_reference(&place, &Dataset::large_chat("csv"));
    let dataset = Dataset::large_chat("csv");
    for _ in 0..3 {
        let mut client = place.inside();
        let before = parts_loaded(&mut client, "%");
        let mut run = place.start(&dataset, &["--jobs=2"]);
        run.meets("the middle", || parts_loaded(&mut client, "%") > before + 5);
        server.crash();
        run.signal(Signal::KILL);
        run.end();
        server.restart();
    }
    let before = records(&place);
    place.loads(&dataset, &["--jobs=2"]);
    // The one that was killed last is recorded by the next command, which has a record of its own.
    assert_eq!(records(&place), before + 2);
    exactly_once(&mut place.inside(), &manifest, SCHEMA);
}
