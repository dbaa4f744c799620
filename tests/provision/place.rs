//! [`Place`]: names of a test's own on the shared server, and the program run against them.

#![expect(clippy::print_stderr, reason = "a skipped test says why")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use postgres::{Client, NoTls, Row};

/// The chat model made small, so that its estimate is quick.
const SMALL: &[&str] = &[
    "--set=band.users=500",
    "--set=band.conversations=400",
    "--set=band.messages=40K",
    "--set=messages.per_conversation_distribution.heavy_rooms.fraction=0",
];

/// A database, roles and a folder that nobody else uses, removed with the value.
pub struct Place {
    /// The server's URL, of a superuser.
    url: String,
    /// The superuser.
    pub administrator: String,
    /// What role names begin with.
    pub prefix: String,
    /// The database.
    pub database: String,
    folder: tempfile::TempDir,
}

/// A query's first column, as texts.
pub fn column(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| row.get(0)).collect()
}

/// What a program said on stderr.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a program printed on stdout.
pub fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl Place {
    /// A fresh place; nothing, and a line on stderr, without a server.
    pub fn new(test: &str) -> Option<Self> {
        let Ok(url) = std::env::var("SEEDMILL_TEST_POSTGRES") else {
            eprintln!("skipped: SEEDMILL_TEST_POSTGRES names no server");
            return None;
        };
        let process = std::process::id();
        let config: postgres::Config = url.parse().expect("SEEDMILL_TEST_POSTGRES is a URL");
        let place = Self {
            administrator: config.get_user().unwrap_or("postgres").to_owned(),
            url,
            prefix: format!("{test}{process}"),
            database: format!("{test}{process}_perf_dev"),
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        place.remove();
        Some(place)
    }

    fn remove(&self) {
        let Ok(mut client) = Client::connect(&self.url, NoTls) else { return };
        let like = format!("{}%", self.prefix);
        let query = "SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE datname LIKE $1 \
                     UNION ALL SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname LIKE $1 ORDER BY 1";
        for statement in column(&client.query(query, &[&like]).unwrap_or_default()) {
            let _ = client.batch_execute(&statement);
        }
    }

    pub fn role(&self, kind: &str) -> String {
        format!("{}_dev_{kind}", self.prefix)
    }

    pub fn secrets(&self) -> PathBuf {
        self.folder.path().join("secrets")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.secrets().join(name)
    }

    /// Host and port.
    pub fn address(&self) -> (String, u16) {
        let config: postgres::Config = self.url.parse().unwrap();
        let host = match &config.get_hosts()[0] {
            postgres::config::Host::Tcp(name) => name.clone(),
            postgres::config::Host::Unix(path) => path.display().to_string(),
        };
        (host, config.get_ports().first().copied().unwrap_or(5432))
    }

    /// `seedmill provision` as a user calls it, without what the test's own environment says.
    pub fn command(&self, options: &[&str]) -> Command {
        let (host, port) = self.address();
        let mut command = Command::new(env!("CARGO_BIN_EXE_seedmill"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("PG")
                || name.ends_with("_ENV")
                || name.starts_with("SEEDMILL_")
                || name == "ENVIRONMENT"
            {
                command.env_remove(name);
            }
        }
        command.args(["provision", "--env=dev", "--host", &host, "--port", &port.to_string()]).args(SMALL);
        command.args([
            "--user",
            &self.administrator,
            "--database",
            &self.database,
            "--role-prefix",
            &self.prefix,
        ]);
        command.arg("--secrets").arg(self.secrets()).current_dir(env!("CARGO_MANIFEST_DIR"));
        // The last of an option that is given twice counts for no program: those of the test replace ours.
        command.args(options);
        command
    }

    pub fn run(&self, options: &[&str]) -> Output {
        self.command(options).output().expect("the program starts")
    }

    /// Provisions, and must.
    pub fn provision(&self, options: &[&str]) -> String {
        let output = self.run(options);
        assert!(output.status.success(), "{}{}", printed(&output), said(&output));
        said(&output)
    }

    /// Must be refused, as a wrong request is, with these words.
    pub fn refused(&self, options: &[&str], words: &str) {
        let output = self.run(options);
        assert_eq!(output.status.code(), Some(2), "{}{}", printed(&output), said(&output));
        assert!(said(&output).contains(words), "{words}: {}", said(&output));
    }

    /// The superuser in a database of the server.
    pub fn superuser(&self, database: &str) -> Client {
        let mut config: postgres::Config = self.url.parse().unwrap();
        config.dbname(database).connect(NoTls).expect("the server is there")
    }

    /// The superuser in the provisioned database.
    pub fn inside(&self) -> Client {
        self.superuser(&self.database)
    }

    /// A role of ours in the provisioned database, with the password of its file.
    pub fn as_role(&self, kind: &str) -> Client {
        let (user, password) = if kind == "user" {
            ("PGUSER", "PGPASSWORD")
        } else {
            ("SEEDMILL_READER_USER", "SEEDMILL_READER_PASSWORD")
        };
        let (host, port) = self.address();
        postgres::Config::new()
            .host(&host)
            .port(port)
            .dbname(&self.database)
            .user(&self.variable(user))
            .password(self.variable(password))
            .connect(NoTls)
            .expect("a role with credentials can log in")
    }

    /// What a shell has in a variable after `source`.
    pub fn variable(&self, name: &str) -> String {
        let script = format!("source \"$1\"; printf %s \"${name}\"");
        let output = Command::new("bash")
            .args(["-euc", &script, "bash"])
            .arg(self.file(".env.dev"))
            .output()
            .expect("bash starts");
        assert!(output.status.success(), "{}", said(&output));
        printed(&output)
    }

    pub fn is_there(&self) -> bool {
        let mut client = self.superuser("postgres");
        client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&self.database]).unwrap().is_some()
    }

    pub fn roles(&self) -> Vec<String> {
        let like = format!("{}%", self.prefix);
        let query = "SELECT rolname::text FROM pg_roles WHERE rolname LIKE $1 ORDER BY 1";
        column(&self.superuser("postgres").query(query, &[&like]).unwrap())
    }

    /// Makes the database by hand, with a table.
    pub fn make_by_hand(&self) {
        self.superuser("postgres").batch_execute(&format!("CREATE DATABASE {}", self.database)).unwrap();
        self.inside().batch_execute("CREATE TABLE mine AS SELECT 7 AS number").unwrap();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Permissions of a file or folder.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::symlink_metadata(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .permissions()
        .mode()
        & 0o7777
}
