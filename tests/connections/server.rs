//! [`Server`]: a Postgres of the test's own, whose certificate and rules it changes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A server with a folder of its own, stopped with the value.
pub struct Server {
    folder: PathBuf,
    pub port: u16,
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn script(folder: &Path, verb: &str) -> Output {
    Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres.sh"))
        .arg(verb)
        .env("SEEDMILL_POSTGRES_DIR", folder)
        .output()
        .expect("the script starts")
}

impl Server {
    /// Nothing, and a line on stderr, where the tests have no Postgres.
    pub fn start(test: &str) -> Option<Self> {
        if std::env::var_os("SEEDMILL_TEST_POSTGRES").is_none() {
            eprintln!("skipped: SEEDMILL_TEST_POSTGRES names no server");
            return None;
        }
        let folder = std::env::temp_dir().join(format!("sm-{test}-{}", std::process::id()));
        let output = script(&folder, "start");
        assert!(output.status.success(), "{}", said(&output));
        let url = String::from_utf8(script(&folder, "url").stdout).unwrap();
        let port = url.trim().rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap();
        Some(Self { folder, port })
    }

    /// The folder of its socket, by which everybody is trusted.
    pub fn socket(&self) -> &str {
        self.folder.to_str().unwrap()
    }

    fn psql(&self, arguments: &[&str]) -> String {
        let place = format!("host={} port={} user=postgres dbname=postgres", self.socket(), self.port);
        let output = Command::new("psql")
            .args([&place, "-XAtq", "-v", "ON_ERROR_STOP=1"])
            .args(arguments)
            .output()
            .expect("psql starts");
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn ask(&self, query: &str) -> String {
        self.psql(&["-c", query])
    }

    /// Runs statements as the superuser.
    pub fn run(&self, statements: &[&str]) {
        self.psql(&statements.iter().flat_map(|statement| ["-c", statement]).collect::<Vec<_>>());
    }

    /// Writes a file beside the data, as the server's own user and for it alone.
    fn write(&self, name: &str, text: &str) {
        let path = format!("{}/data/{name}", self.socket());
        self.run(&[&format!(
            "COPY (SELECT unnest(string_to_array($text${text}$text$, E'\\n'))) TO PROGRAM 'umask 077; cat > \"{path}\"'"
        )]);
    }

    /// A session that begins after the server has read its files again says when it did.
    fn reload(&self) {
        let read = || self.ask("SELECT extract(epoch from pg_conf_load_time())");
        let before = read();
        self.run(&["SELECT pg_reload_conf()"]);
        let is_read = (0..200).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            read() != before
        });
        assert!(is_read, "the server does not read its files again");
    }

    /// Shows this certificate from now on.
    pub fn show(&self, certificate: &str, key: &str) {
        self.write("server.crt", certificate);
        self.write("server.key", key);
        self.run(&["ALTER SYSTEM SET ssl = on"]);
        self.reload();
    }

    /// Lets in by these rules from now on, and everybody by the socket.
    pub fn admit(&self, rules: &str) {
        self.write("pg_hba.conf", &format!("local all all trust\n{rules}"));
        self.reload();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        script(&self.folder, "stop");
    }
}
