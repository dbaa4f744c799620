//! [`Place`]: a provisioned database of a test's own.

use std::path::{Path, PathBuf};
use std::process::Command;

use postgres::{Client, NoTls};

use crate::datasets::Dataset;
use crate::running::{Ended, Run};

/// The schema that tests load into.
pub const SCHEMA: &str = "loaded";
const PROGRAM: &str = env!("CARGO_BIN_EXE_seedmill");

/// A provisioned database and a folder, removed with the value.
pub struct Place {
    /// The server's URL, of a superuser.
    url: String,
    /// What the names of its roles begin with.
    pub prefix: String,
    /// The database.
    pub database: String,
    folder: tempfile::TempDir,
}

/// The shared server; nothing, and a line on stderr, without one.
pub fn shared_server() -> Option<String> {
    let url = std::env::var("SEEDMILL_TEST_POSTGRES").ok();
    if url.is_none() {
        eprintln!("skipped: SEEDMILL_TEST_POSTGRES names no server");
    }
    url
}

impl Place {
    /// A fresh database on the shared server, without tables.
    pub fn new(test: &str) -> Option<Self> {
        Some(Self::at(shared_server()?, test))
    }

    /// The same on any server.
    pub fn at(url: String, test: &str) -> Self {
        let place = Self::unprovisioned(url, test);
        place.provision(&["--migrate=true"]);
        place
    }

    /// Names, and nothing on the server yet.
    pub fn unprovisioned(url: String, test: &str) -> Self {
        let prefix = format!("load{}_{test}", std::process::id());
        let database = format!("{prefix}_perf");
        let place = Self { url, prefix, database, folder: tempfile::tempdir().unwrap() };
        place.remove();
        place
    }

    /// `seedmill provision`, of a model whose estimate is quick.
    pub fn provision(&self, options: &[&str]) {
        let output = self
            .program()
            .args(["provision", "--env=dev", "--url-from-env=TEST_SERVER", "--quiet", "--database"])
            .args([&self.database, "--role-prefix", &self.prefix, "--secrets"])
            .arg(self.secrets())
            .args(["--set=band.users=500", "--set=band.conversations=400", "--set=band.messages=12K"])
            .args(options)
            .env("TEST_SERVER", &self.url)
            .output()
            .expect("the program starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The program without what the test's own environment says of databases.
    pub fn program(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            let tells_stage = name.ends_with("_ENV") || name == "ENVIRONMENT";
            if name.starts_with("PG")
                || name.starts_with("SEEDMILL_")
                || name == "DATABASE_URL"
                || tells_stage
            {
                command.env_remove(name);
            }
        }
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        command
    }

    /// `seedmill load`, with records in a folder of the place.
    pub fn load_command(&self, dataset: &Dataset, options: &[&str]) -> Command {
        let mut command = self.program();
        command.arg("load").arg(&dataset.path).arg("--secrets").arg(self.secrets());
        command.arg("--out").arg(self.out()).args(options);
        if !options.iter().any(|option| option.starts_with("--schema")) {
            command.args(["--schema", SCHEMA]);
        }
        command
    }

    pub fn start(&self, dataset: &Dataset, options: &[&str]) -> Run {
        let mut command = self.load_command(dataset, options);
        Run::start(command.arg("--env=dev"), self.folder.path())
    }

    pub fn load(&self, dataset: &Dataset, options: &[&str]) -> Ended {
        self.start(dataset, options).end()
    }

    /// Loads, and must.
    pub fn loads(&self, dataset: &Dataset, options: &[&str]) -> Ended {
        let ended = self.load(dataset, options);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended
    }

    /// Must end with a status and say these words.
    pub fn fails(&self, dataset: &Dataset, options: &[&str], status: i32, words: &[&str]) -> Ended {
        let ended = self.load(dataset, options);
        ended.says(status, words);
        ended
    }

    pub fn teardown(&self, schema: &str) -> Ended {
        let mut command = self.program();
        command.args(["teardown", "--env=dev", "--schema", schema, "--secrets"]).arg(self.secrets());
        Run::start(&mut command, self.folder.path()).end()
    }

    pub fn tears_down(&self, schema: &str) {
        let ended = self.teardown(schema);
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    pub fn secrets(&self) -> PathBuf {
        self.folder.path().join("secrets")
    }

    /// The loader's credentials.
    pub fn credentials(&self) -> PathBuf {
        self.secrets().join(".env.dev")
    }

    /// A variable of the credentials.
    pub fn variable(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.credentials()).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
        line.unwrap_or_else(|| panic!("no {name}")).trim_matches('\'').to_owned()
    }

    /// Changes a variable of the credentials.
    pub fn set_variable(&self, name: &str, value: &str) {
        let text = std::fs::read_to_string(self.credentials()).unwrap();
        let start = format!("export {name}=");
        let line = |line: &str| match line.starts_with(&start) {
            true => format!("{start}'{value}'\n"),
            false => format!("{line}\n"),
        };
        std::fs::write(self.credentials(), text.lines().map(line).collect::<String>()).unwrap();
    }

    /// Host and port of the server.
    pub fn address(&self) -> (String, u16) {
        (self.variable("PGHOST"), self.variable("PGPORT").parse().unwrap())
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

    /// Runs a script of a dataset in a schema, by psql as the superuser.
    pub fn run_script(&self, dataset: &Dataset, script: &str, schema: &str) {
        let mut config: postgres::Config = self.url.parse().unwrap();
        let config = config.dbname(&self.database);
        let host = match &config.get_hosts()[0] {
            postgres::config::Host::Tcp(name) => name.clone(),
            postgres::config::Host::Unix(path) => path.display().to_string(),
        };
        let output = Command::new("psql")
            .args(["-Xq", "-v", "ON_ERROR_STOP=1", "-f", script])
            .current_dir(&dataset.path)
            .env("PGHOST", host)
            .env("PGPORT", config.get_ports().first().copied().unwrap_or(5432).to_string())
            .env("PGUSER", config.get_user().unwrap_or("postgres"))
            .env(
                "PGPASSWORD",
                String::from_utf8_lossy(config.get_password().unwrap_or_default()).into_owned(),
            )
            .env("PGDATABASE", &self.database)
            .env("PGOPTIONS", format!("-c search_path={schema}"))
            .output()
            .expect("psql starts");
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn remove(&self) {
        let mut config: postgres::Config = self.url.parse().unwrap();
        let Ok(mut client) = config.dbname("postgres").connect(NoTls) else { return };
        let like = format!("{}\\_%", self.prefix.replace('_', "\\_"));
        let query = "SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE datname LIKE $1 \
                     UNION ALL SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname LIKE $1 ORDER BY 1";
        for row in client.query(query, &[&like]).unwrap_or_default() {
            let _ = client.batch_execute(row.get(0));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.remove();
    }
}
