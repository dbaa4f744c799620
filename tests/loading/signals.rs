//! SIGTERM and Ctrl-C: a record that says so, an end in order, and a load that goes on.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::datasets::Dataset;
use crate::law::{
    Stage, count, exactly_once, failed_because, make_reference, parts_loaded, stage, whole_parts_only,
};
use crate::place::{Place, SCHEMA};
use crate::running::Run;

/// A run that is stopped must end within this time, on a busy machine too.
const PROMPTLY: Duration = Duration::from_secs(10);

#[test]
fn a_load_that_was_stopped_tells_so_and_goes_on() {
    let Some(place) = Place::new("stopped") else { return };
    let manifest = make_reference(&place, &Dataset::large_chat("csv"));
    let dataset = Dataset::large_chat("parquet");
    let mut client = place.inside();
    for (signal, number) in [(Signal::TERM, 15), (Signal::INT, 2)] {
        let before = parts_loaded(&mut client, "%");
        let mut run = place.start(&dataset, &["--jobs=2"]);
        run.meets("the middle", || parts_loaded(&mut client, "%") > before + 2);
        run.signal(signal);
        let ended = run.end();
        assert_eq!(ended.signal, Some(number), "a shell sees {}: {ended:?}", 128 + number);
        assert!(ended.said.contains("the same command goes on from there"), "{}", ended.said);
        let record = failed_because(&place, &format!("stopped by signal {number}"));
        let loaded: u64 =
            record["rows_loaded"].as_object().unwrap().values().filter_map(|rows| rows.as_u64()).sum();
        assert!(loaded > 0, "{record}");
        whole_parts_only(&mut client, &manifest, SCHEMA);
        assert_eq!(stage(&mut client, SCHEMA), Stage::Rows);
    }
    place.loads(&dataset, &["--jobs=2"]);
    exactly_once(&mut client, &manifest, SCHEMA);
}

/// Starts a load that comes to a statement which waits for a lock, and stops it there.
fn stops_while_waiting(place: &Place, lock: &str, waiting: &str, start: impl FnOnce() -> Run) {
    let mut client = place.inside();
    let mut blocker = place.inside();
    let mut blocking = blocker.transaction().unwrap();
    let mut run = start();
    run.meets("the tables", || stage(&mut client, SCHEMA) > Stage::Nothing);
    blocking.batch_execute(&format!("LOCK TABLE {SCHEMA}.messages IN {lock} MODE")).unwrap();
    let query = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND query LIKE '{waiting}'"
    );
    run.meets("the statement", || count(&mut client, &query) > 0);
    let stopped = Instant::now();
    run.signal(Signal::TERM);
    let ended = run.end();
    assert_eq!(ended.signal, Some(15), "{ended:?}");
    assert!(stopped.elapsed() < PROMPTLY, "it took {:?}", stopped.elapsed());
    failed_because(place, "stopped by signal 15");
}

#[test]
fn a_load_that_builds_an_index_stops_at_once() {
    let Some(place) = Place::new("building") else { return };
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    let dataset = Dataset::chat("parquet");
    stops_while_waiting(&place, "ROW EXCLUSIVE", "CREATE%INDEX%", || place.start(&dataset, &["--jobs=2"]));
    place.loads(&dataset, &[]);
    exactly_once(&mut place.inside(), &manifest, SCHEMA);
}

/// As above, but where the user gives the connections a name of his own.
#[test]
fn connections_with_the_users_own_name_stop_at_once_too() {
    let Some(place) = Place::new("named") else { return };
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    let dataset = Dataset::chat("parquet");
    stops_while_waiting(&place, "ROW EXCLUSIVE", "CREATE%INDEX%", || {
        let mut command = place.load_command(&dataset, &["--jobs=2"]);
        let text = std::fs::read_to_string(place.credentials()).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("export ")) {
            let (name, value) = line.split_once('=').unwrap();
            command.env(name, value.trim_matches('\''));
        }
        Run::start(command.env("PGAPPNAME", "of mine"), place.folder())
    });
    place.loads(&dataset, &[]);
    exactly_once(&mut place.inside(), &manifest, SCHEMA);
}
