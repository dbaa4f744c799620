//! A server of the test's own: another one with a database of the same name, and a standby of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Stage, said};

/// A throw-away server, gone with the value.
struct Server {
    folder: PathBuf,
}

impl Server {
    fn start(folder: PathBuf) -> (Self, String) {
        let server = Self { folder };
        server.script("start");
        let url = server.script("url");
        (server, url)
    }

    fn script(&self, what: &str) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/postgres.sh");
        let output =
            Command::new(script).arg(what).env("SEEDMILL_POSTGRES_DIR", &self.folder).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A program of the server's, as the user that the server's files belong to.
    fn run(&self, program: &str, arguments: &[&str]) {
        let folder = "ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -V | tail -n 1";
        let script = format!(
            "cd /; program=$({folder})/{program}; [ -x \"$program\" ] || program={program}; user=$(stat -c %U \"$FOLDER\")
             if [ \"$user\" = \"$(id -un)\" ]; then exec \"$program\" \"$@\"; else exec runuser -u \"$user\" -- \"$program\" \"$@\"; fi"
        );
        let log = self.folder.join("run.log");
        let to = |path: &Path| std::fs::File::create(path).unwrap();
        // A server that is started keeps what it writes to: no pipe of ours.
        let status = Command::new("bash")
            .args(["-euc", &script, "bash"])
            .args(arguments)
            .env("FOLDER", &self.folder)
            .stdout(to(&log))
            .stderr(to(&log))
            .status()
            .unwrap();
        assert!(status.success(), "{program}: {}", std::fs::read_to_string(&log).unwrap());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let standby = self.folder.join("standby");
        if standby.exists() {
            self.run("pg_ctl", &["stop", "-w", "-m", "immediate", "-D", standby.to_str().unwrap()]);
        }
        self.script("stop");
    }
}

#[test]
fn another_server_and_a_standby_are_refused() {
    if std::env::var("SEEDMILL_TEST_POSTGRES").is_err() {
        drop(Stage::new("standby"));
        return;
    }
    let folder = std::env::temp_dir().join(format!("sm-guard-{}", std::process::id()));
    let (server, url) = Server::start(folder);
    let Some(near) = Stage::new("near") else { return };
    // A stage on the other server, with the names of this one: all but the server is the same.
    let far = Stage::at(url, "near");
    assert_eq!(far.perf, near.perf);
    let before = [near.photograph(&near.perf), far.photograph(&far.perf)];
    let port = far.address().1.to_string();
    let host = far.address().0;
    near.edited(&[("PGPORT", Some(&port)), ("PGHOST", Some(&host)), ("DATABASE_URL", None)], &[], || {
        near.refused(&mut near.load(&[]), "is not the database that these credentials were made for");
        near.refused(&mut near.teardown(&[]), "is not the database that these credentials were made for");
    });
    assert_eq!([near.photograph(&near.perf), far.photograph(&far.perf)], before);

    let standby = server.folder.join("standby");
    let standby = standby.to_str().unwrap();
    server.run(
        "pg_basebackup",
        &["-h", &host, "-p", &port, "-U", "postgres", "-D", standby, "-R", "-c", "fast", "--no-sync"],
    );
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    server.run(
        "pg_ctl",
        &["start", "-w", "-D", standby, "-o", &format!("-p {free}"), "-l", &format!("{standby}.log")],
    );
    far.edited(&[("PGPORT", Some(&free)), ("DATABASE_URL", None)], &[], || {
        far.refused(&mut far.load(&[]), "is a standby");
        far.refused(&mut far.teardown(&[]), "is a standby");
    });
    let free = format!("--port={free}");
    far.refused(&mut far.provision(&["--rotate-password", &free]), "is a standby");
    assert_eq!(far.photograph(&far.perf), before[1]);
    far.succeeds(&mut far.load(&[]));
}
