//! `kill -9` of the loader at any moment: the same command goes on, and every row is there once.

use std::time::{Duration, Instant};

use postgres::Client;
use rustix::process::Signal;
use seedmill::dataset::manifest::Manifest;

use crate::datasets::Dataset;
use crate::law::{Stage, count, exactly_once, make_reference, stage, whole_parts_only};
use crate::place::{Place, SCHEMA};

/// Kills of each test that came while the load ran; four tests come to 32.
const KILLS: usize = 8;
/// After so many the load may end.
const KILLS_OF_ONE_LOAD: usize = 4;
const MOST_LOADS: usize = 12;

/// A reproducible sequence of numbers that look random (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (number ^ (number >> 31)) % end
    }
}

/// A load that is killed again and again.
struct Victim<'v> {
    place: &'v Place,
    dataset: &'v Dataset,
    options: &'v [&'v str],
    manifest: &'v Manifest,
    client: Client,
    /// How long the load takes when nobody disturbs it.
    length: Duration,
    random: Random,
    /// Where each kill met it.
    met: Vec<Stage>,
}

impl Victim<'_> {
    /// Starts the load and kills it at some moment; whether it was still running.
    fn is_killed(&mut self, aim: Option<Stage>) -> bool {
        let mut run = self.place.start(self.dataset, self.options);
        let delay = match aim {
            // Long phases are met by chance, short ones are waited for.
            Some(aim) => {
                let client = &mut self.client;
                if !run.wait_until(|| stage(client, SCHEMA) >= aim) {
                    return false;
                }
                Duration::from_millis(self.random.below(20))
            }
            None => Duration::from_micros(self.random.below(self.length.as_micros() as u64)),
        };
        std::thread::sleep(delay);
        run.signal(Signal::KILL);
        let killed = run.end().signal == Some(9);
        if killed {
            self.met.push(stage(&mut self.client, SCHEMA));
            if self.met.last() != Some(&Stage::Nothing) {
                whole_parts_only(&mut self.client, self.manifest, SCHEMA);
            }
        }
        killed
    }

    /// One load from nothing to its end.
    fn suffer(&mut self, aims: &[Option<Stage>]) {
        for aim in aims {
            if !self.is_killed(*aim) {
                break;
            }
        }
        self.place.loads(self.dataset, self.options);
        exactly_once(&mut self.client, self.manifest, SCHEMA);
        self.place.tears_down(SCHEMA);
    }
}

fn survives_kills(test: &str, format: &str, options: &[&str], seed: u64) {
    let Some(place) = Place::new(test) else { return };
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    let dataset = Dataset::chat(format);
    let start = Instant::now();
    place.loads(&dataset, options);
    let length = start.elapsed();
    place.tears_down(SCHEMA);
    let (client, random) = (place.inside(), Random(seed));
    let mut victim = Victim {
        place: &place,
        dataset: &dataset,
        options,
        manifest: &manifest,
        client,
        length,
        random,
        met: vec![],
    };
    let mut loads = 0;
    while victim.met.len() < KILLS {
        let aims = match loads % 2 {
            0 => [None; KILLS_OF_ONE_LOAD],
            _ => [Some(Stage::Rows), Some(Stage::Keys), Some(Stage::ForeignKeys), Some(Stage::Verification)],
        };
        victim.suffer(&aims);
        loads += 1;
        assert!(loads < MOST_LOADS, "only {:?} of {loads} loads were met", victim.met);
    }
    let met = &victim.met;
    eprintln!("{test}: {} kills of {loads} loads met {met:?}", met.len());
    let is_met = |least: Stage, most: Stage| met.iter().any(|stage| (least..=most).contains(stage));
    assert!(is_met(Stage::Rows, Stage::Rows) && is_met(Stage::Keys, Stage::Verification), "{met:?}");
}

#[test]
fn parquet_over_four_connections_survives_kills() {
    survives_kills("kill1", "parquet", &["--jobs=4"], 1);
}

#[test]
fn parquet_over_one_connection_survives_kills() {
    survives_kills("kill2", "parquet", &["--jobs=1"], 2);
}

#[test]
fn csv_over_four_connections_survives_kills() {
    survives_kills("kill3", "csv", &["--jobs=4"], 3);
}

#[test]
fn frozen_csv_survives_kills() {
    survives_kills("kill4", "csv.zst", &["--jobs=2", "--freeze"], 4);
}

/// The server's process goes on building when its loader is gone.
#[test]
fn an_index_build_that_outlives_its_loader_is_ended_by_the_next() {
    let Some(place) = Place::new("orphan") else { return };
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    let dataset = Dataset::chat("parquet");
    let mut client = place.inside();
    let mut blocker = place.inside();
    let mut blocking = blocker.transaction().unwrap();
    let mut run = place.start(&dataset, &["--jobs=2"]);
    run.meets("the tables", || stage(&mut client, SCHEMA) > Stage::Nothing);
    // Rows may come, indexes may not.
    blocking.batch_execute(&format!("LOCK TABLE {SCHEMA}.messages IN ROW EXCLUSIVE MODE")).unwrap();
    let waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()
                   AND wait_event_type = 'Lock' AND query LIKE 'CREATE%INDEX%messages%'";
    let mut orphan = None;
    run.meets("the index", || {
        orphan = client.query(waiting, &[]).unwrap().first().map(|row| row.get::<_, i32>(0));
        orphan.is_some()
    });
    run.signal(Signal::KILL);
    run.end();
    let lives = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {}", orphan.unwrap());
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(count(&mut client, &lives), 1, "the server did not notice");
    let mut next = place.start(&dataset, &["--jobs=2"]);
    next.meets("its end", || count(&mut client, &lives) == 0);
    blocking.commit().unwrap();
    next.end().says(0, &[]);
    exactly_once(&mut client, &manifest, SCHEMA);
}
