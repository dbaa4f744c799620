//! A disk that runs full in the middle of a load: a clear error, a clean state, and a load that goes on when there is
//! room.

use std::path::{Path, PathBuf};
use std::process::Command;

use postgres::Client;

use crate::datasets::Dataset;
use crate::law::{
    Stage, exactly_once, failed_because, make_reference, parts_loaded, stage, whole_parts_only,
};
use crate::place::{Place, SCHEMA};

/// A small file system in memory, gone with the value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Nothing, and a line on stderr, where it cannot be mounted or the server is elsewhere.
    fn mount(place: &Place) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let data: String = place.inside().query_one("SHOW data_directory", &[]).unwrap().get(0);
        let Ok(owner) = std::fs::metadata(&data) else {
            eprintln!("skipped: the server's files are not on this machine");
            return None;
        };
        let folder = PathBuf::from(format!("/tmp/seedmill-disk-{}", place.prefix));
        std::fs::create_dir_all(&folder).unwrap();
        let disk = Self(folder);
        let options = format!("size=64m,mode=700,uid={},gid={}", owner.uid(), owner.gid());
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&disk.0).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: no file system can be mounted here");
            return None;
        }
        Some(disk)
    }

    /// Leaves so much room.
    fn leave(&self, kib: u64) {
        // Where the server took more since it was asked, the smaller size is refused.
        for _ in 0..100 {
            let used = run(Command::new("df").args(["--output=used", "-k"]).arg(&self.0));
            let used: u64 = used.lines().last().unwrap().trim().parse().unwrap();
            let size = format!("remount,size={}k", used + kib);
            if Command::new("mount").args(["-o", &size]).arg(&self.0).output().unwrap().status.success() {
                return;
            }
        }
        panic!("{} cannot be made smaller", self.0.display());
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
        let _ = std::fs::remove_dir(&self.0);
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A tablespace, and a database in it; it goes before its file system does.
struct Tablespace<'t> {
    place: &'t Place,
    name: String,
}

impl<'t> Tablespace<'t> {
    fn make(place: &'t Place, disk: &SmallDisk) -> Self {
        let name = format!("{}_space", place.prefix);
        let mut client = place.superuser("postgres");
        client
            .batch_execute(&format!("CREATE TABLESPACE {name} LOCATION '{}'", disk.path().display()))
            .unwrap();
        client.batch_execute(&format!("ALTER DATABASE {} SET TABLESPACE {name}", place.database)).unwrap();
        Self { place, name }
    }
}

/// Where the server has its notes about the catalog of the database, some 150 kB. Autovacuum removes them now and then;
/// whoever connects next writes them again.
fn catalog_notes(client: &mut Client) -> PathBuf {
    let query = "SELECT current_setting('data_directory'), pg_relation_filepath('pg_class')";
    let row = client.query_one(query, &[]).unwrap();
    let (data, catalog): (String, String) = (row.get(0), row.get(1));
    Path::new(&data).join(catalog).with_file_name("pg_internal.init")
}

impl Drop for Tablespace<'_> {
    fn drop(&mut self) {
        let mut client = self.place.superuser("postgres");
        let _ = client.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.place.database));
        let _ = client.batch_execute(&format!("DROP TABLESPACE {}", self.name));
    }
}

#[test]
fn a_full_disk_leaves_a_clean_state_and_room_lets_the_load_go_on() {
    let Some(place) = Place::new("disk") else { return };
    let Some(disk) = SmallDisk::mount(&place) else { return };
    let _tablespace = Tablespace::make(&place, &disk);
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    let dataset = Dataset::chat("parquet");
    let mut client = place.inside();
    // So little that it fills at a part, at its rows or at its line in the ledger.
    disk.leave(1_500);
    let ended = place.fails(&dataset, &["--jobs=2"], 3, &["[53100]", "part-", "disk space"]);
    assert!(!ended.said.contains("connection lost"), "{}", ended.said);
    failed_because(&place, "53100");
    assert_eq!(stage(&mut client, SCHEMA), Stage::Rows);
    whole_parts_only(&mut client, &manifest, SCHEMA);
    let before = parts_loaded(&mut client, "%");
    assert!(before > 0, "some parts fit");
    // A teardown works where nothing can be loaded, and so does beginning again there. For the server's notes about the
    // catalog there must be room: without, it lets nobody in whenever autovacuum was anywhere.
    disk.leave(400);
    place.tears_down(SCHEMA);
    place.fails(&dataset, &["--jobs=1"], 3, &["[53100]"]);
    whole_parts_only(&mut client, &manifest, SCHEMA);
    disk.leave(100_000);
    place.loads(&dataset, &["--jobs=2"]);
    exactly_once(&mut client, &manifest, SCHEMA);
}

#[test]
fn who_is_not_let_in_for_want_of_room_is_told_to_make_some() {
    let Some(place) = Place::new("room") else { return };
    let Some(disk) = SmallDisk::mount(&place) else { return };
    let _tablespace = Tablespace::make(&place, &disk);
    let dataset = Dataset::chat("parquet");
    let notes = catalog_notes(&mut place.inside());
    // A folder in their place: nobody who connects meanwhile can leave any.
    while std::fs::create_dir(&notes).is_err() {
        let _ = std::fs::remove_file(&notes);
    }
    disk.leave(0);
    place.fails(&dataset, &[], 3, &["could not write init file", "make room on the server's disk"]);
    std::fs::remove_dir(&notes).unwrap();
    disk.leave(100_000);
    place.loads(&dataset, &[]);
}
