//! [`Stage`]: a provisioned database, productions beside it, and the program run against them.

#![expect(clippy::print_stderr, reason = "a skipped test says why")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use postgres::config::Host;
use postgres::{Client, Config, NoTls};

/// One small table: what is loaded does not matter here.
const MODEL: &str = "model: app
version: 1
window: {from: 2025-07-28T00:00:00Z, weeks: 2}
bands:
  dev: {users: 20}
entities:
  users:
    rows: $band.users
    key: id
    columns:
      id: {uuid: v4}
      name: {template: \"u{row}\"}
";
/// What a production holds. It leaves its rows to nobody else, so that nothing but an attack changes its statistics.
const PRODUCTION: &str = "
CREATE TABLE users (id bigint PRIMARY KEY, name text) WITH (autovacuum_enabled = off);
INSERT INTO users SELECT n, 'customer ' || n FROM generate_series(1, 100) AS n;
CREATE SCHEMA billing;
CREATE TABLE billing.invoices (id bigint PRIMARY KEY, amount numeric) WITH (autovacuum_enabled = off);
INSERT INTO billing.invoices SELECT n, n * 1.5 FROM generate_series(1, 100) AS n;
SELECT pg_stat_force_next_flush();
";
/// Everything of a database that a statement could change, as lines. The numbers of VACUUM are left out: autovacuum
/// comes when it wants to.
const CATALOGUE: &[&str] = &[
    "SELECT format('%s %s %s %s %s', datname, datdba, datacl, datconnlimit, encoding) FROM pg_database WHERE datname = current_database()",
    "SELECT format('%s %s', setrole, setconfig) FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase \
     WHERE datname = current_database() ORDER BY 1",
    "SELECT format('%s %s %s %s', oid, nspname, nspowner, nspacl) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp' ORDER BY oid",
    "SELECT format('%s %s %s %s %s %s %s %s', oid, relname, relnamespace, relowner, relfilenode, relkind, relacl, reloptions) \
     FROM pg_class ORDER BY oid",
    "SELECT format('%s %s %s %s', attrelid, attname, atttypid, attacl) FROM pg_attribute WHERE attrelid >= 16384 ORDER BY attrelid, attnum",
    "SELECT format('%s %s %s', oid, proname, proacl) FROM pg_proc WHERE oid >= 16384 ORDER BY oid",
    "SELECT format('%s %s', oid, typname) FROM pg_type WHERE oid >= 16384 ORDER BY oid",
    "SELECT format('%s %s', oid, extname) FROM pg_extension ORDER BY oid",
    "SELECT format('%s %s %s', defaclrole, defaclnamespace, defaclacl) FROM pg_default_acl ORDER BY oid",
    "SELECT format('%s %s %s', classoid, objoid, description) FROM pg_shdescription JOIN pg_database d ON d.oid = objoid \
     WHERE datname = current_database()",
    "SELECT format('%s %s %s %s', relid, n_tup_ins, n_tup_upd, n_tup_del) FROM pg_stat_user_tables ORDER BY relid",
];
/// An administrator's password, which no output may show either.
pub const ADMINISTRATORS: &str = "the-administrators-own-secret";

/// A database that `provision` made, with a folder and names of its own; all of it goes with the value.
pub struct Stage {
    /// The server's URL, of a superuser.
    pub url: String,
    /// In the name of everything on the server that belongs here.
    pub tag: String,
    /// The provisioned database.
    pub perf: String,
    folder: tempfile::TempDir,
}

/// What a run said, on stdout and stderr.
pub fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// A command's arguments. Its environment holds a password now and then.
fn words(command: &Command) -> String {
    command.get_args().map(|argument| argument.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// A word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

impl Stage {
    /// A fresh stage; nothing, and a line on stderr, without a server.
    pub fn new(test: &str) -> Option<Self> {
        let Ok(url) = std::env::var("SEEDMILL_TEST_POSTGRES") else {
            eprintln!("skipped: SEEDMILL_TEST_POSTGRES names no server");
            return None;
        };
        Some(Self::at(url, test))
    }

    /// A stage on a server.
    pub fn at(url: String, test: &str) -> Self {
        // The end of the process' number must be seen: 12 is in 123.
        let tag = format!("{test}{}x", std::process::id());
        let stage = Self {
            url,
            perf: format!("chat_perf_{tag}"),
            tag,
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        stage.remove();
        std::fs::write(stage.path("model.yaml"), MODEL).unwrap();
        let generate = ["generate", "model.yaml", "--band=dev", "--seed=s", "--out=output", "--quiet"];
        stage.succeeds(&mut stage.command(&generate));
        stage.succeeds(&mut stage.provision(&[]));
        stage
    }

    fn remove(&self) {
        let Ok(mut client) = Client::connect(&self.url, NoTls) else { return };
        let like = format!("%{}%", self.tag);
        let query = "SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE datname ILIKE $1 \
                     UNION ALL SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname LIKE $1 ORDER BY 1";
        for row in client.query(query, &[&like]).unwrap_or_default() {
            // What is left behind harms no other test.
            drop(client.batch_execute(row.get(0)));
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Host and port.
    pub fn address(&self) -> (String, u16) {
        let config: Config = self.url.parse().unwrap();
        let host = match &config.get_hosts()[0] {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        };
        (host, config.get_ports().first().copied().unwrap_or(5432))
    }

    pub fn superuser(&self) -> String {
        let config: Config = self.url.parse().unwrap();
        config.get_user().unwrap_or("postgres").to_owned()
    }

    pub fn role(&self, kind: &str) -> String {
        format!("{}_dev_{kind}", self.tag)
    }

    /// The superuser in a database.
    pub fn inside(&self, database: &str) -> Client {
        let mut config: Config = self.url.parse().unwrap();
        config.dbname(database).connect(NoTls).expect("the server is there")
    }

    /// The superuser's statements, outside of every database of the stage.
    pub fn server(&self, statements: &str) {
        self.execute("postgres", statements);
    }

    /// The superuser's statements. What they did is counted when this returns, and nobody is connected any more.
    pub fn execute(&self, database: &str, statements: &str) {
        let mut client = self.inside(database);
        client.batch_execute(statements).unwrap_or_else(|error| panic!("{statements}: {error:?}"));
    }

    /// A production of this name, into which the loader might do everything.
    pub fn production(&self, name: &str) {
        self.server(&format!("CREATE DATABASE \"{name}\" TEMPLATE template0"));
        self.execute(name, PRODUCTION);
        self.open_to_the_loader(name);
    }

    /// Rights that no guard should have to rely on.
    pub fn open_to_the_loader(&self, name: &str) {
        let loader = self.role("user");
        self.execute(
            name,
            &format!(
                "GRANT ALL ON DATABASE \"{name}\" TO {loader}; GRANT ALL ON SCHEMA public TO {loader};
                 GRANT ALL ON ALL TABLES IN SCHEMA public TO {loader}"
            ),
        );
    }

    /// A production that is a copy of the provisioned database, marker and all.
    pub fn copy(&self, name: &str) {
        self.wait_until_alone(&self.perf);
        self.server(&format!("CREATE DATABASE \"{name}\" TEMPLATE {}", self.perf));
        self.execute(name, PRODUCTION);
        self.open_to_the_loader(name);
    }

    /// A database with somebody in it can be neither copied nor renamed, and its statistics are not whole.
    #[expect(clippy::disallowed_methods, reason = "waiting ends somewhere")]
    pub fn wait_until_alone(&self, database: &str) {
        let mut client = self.inside("postgres");
        let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND backend_type <> 'autovacuum worker'";
        let start = std::time::Instant::now();
        while client.query_one(query, &[&database]).unwrap().get::<_, i64>(0) > 0 {
            assert!(start.elapsed().as_secs() < 20, "somebody stays in {database}");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Renames a database.
    pub fn rename(&self, from: &str, to: &str) {
        self.wait_until_alone(from);
        self.server(&format!("ALTER DATABASE \"{from}\" RENAME TO \"{to}\""));
    }

    /// A database as it is, to the byte: its catalogue, its rows with their places and transactions, its statistics.
    pub fn photograph(&self, database: &str) -> Vec<String> {
        self.wait_until_alone(database);
        let mut client = self.inside(database);
        // The tests play with what a database puts before the server's own.
        client.batch_execute("SET search_path = pg_catalog").unwrap();
        let mut lines = Vec::new();
        for query in CATALOGUE {
            lines.extend(client.query(*query, &[]).unwrap().iter().map(|row| row.get::<_, String>(0)));
        }
        let tables =
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND oid >= 16384 ORDER BY oid";
        for table in client.query(tables, &[]).unwrap().iter().map(|row| row.get::<_, String>(0)) {
            let query = format!(
                "SELECT format('{table} %s %s', count(*), md5(string_agg(t.ctid::text || t.xmin || t::text, ' ' ORDER BY t.ctid))) \
                 FROM ONLY {table} AS t"
            );
            lines.push(client.query_one(&query, &[]).unwrap().get(0));
        }
        lines
    }

    /// The program in the stage's folder, with nothing of this process' environment but the way to other programs.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seedmill"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// `provision --env dev` as a superuser; options of the test's replace those that are given here.
    pub fn provision(&self, options: &[&str]) -> Command {
        let (host, port) = self.address();
        let mut command = self.command(&["provision", "--env=dev", "--model=model.yaml", "--quiet"]);
        for (flag, value) in [
            ("--host", host),
            ("--port", port.to_string()),
            ("--user", self.superuser()),
            ("--role-prefix", self.tag.clone()),
            ("--database", self.perf.clone()),
        ] {
            if !options.iter().any(|option| option.starts_with(flag)) {
                command.arg(format!("{flag}={value}"));
            }
        }
        command.args(options).env("PGPASSWORD", ADMINISTRATORS);
        command
    }

    /// `load --env dev`, with the credentials file.
    pub fn load(&self, options: &[&str]) -> Command {
        let mut command = self.load_as_told(options);
        command.arg("--env=dev");
        command
    }

    /// `load`, with the credentials that are in the environment.
    pub fn load_as_told(&self, options: &[&str]) -> Command {
        let mut command = self.command(&["load", "output/app-dev-s"]);
        command.args(options);
        command
    }

    /// `load`, after `source .secrets/.env.dev`.
    pub fn sourced(&self, options: &[&str]) -> Command {
        let mut command = self.load_as_told(options);
        command.envs(self.variables());
        command
    }

    /// `teardown --env dev`.
    pub fn teardown(&self, options: &[&str]) -> Command {
        let mut command = self.command(&["teardown", "--env=dev"]);
        command.args(options);
        command
    }

    pub fn credentials(&self) -> PathBuf {
        self.path(".secrets/.env.dev")
    }

    /// What the credentials file sets.
    pub fn variables(&self) -> Vec<(String, String)> {
        let text = std::fs::read_to_string(self.credentials()).unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        lines.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect()
    }

    pub fn variable(&self, name: &str) -> String {
        let found = self.variables().into_iter().find(|(other, _)| other == name);
        found.unwrap_or_else(|| panic!("no {name} in the file")).1
    }

    /// Does something with the credentials file edited by hand: variables with another value, without one, or added;
    /// and lines of its own. Afterwards the file is as it was.
    pub fn edited(&self, changes: &[(&str, Option<&str>)], lines: &[&str], act: impl FnOnce()) {
        let before = std::fs::read(self.credentials()).unwrap();
        let mut variables = self.variables();
        for (name, value) in changes {
            variables.retain(|(other, _)| other != name);
            variables.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
        }
        let lines = lines.iter().map(|line| (*line).to_owned());
        let text: Vec<String> = variables
            .iter()
            .map(|(name, value)| format!("export {name}={}", quoted(value)))
            .chain(lines)
            .collect();
        // The permissions stay those of the file.
        std::fs::write(self.credentials(), text.join("\n")).unwrap();
        act();
        std::fs::write(self.credentials(), before).unwrap();
    }

    /// Does something with a credentials file that consistently names another database.
    pub fn pointed_at(&self, database: &str, act: impl FnOnce()) {
        let url = self.url_to(database);
        self.edited(&[("PGDATABASE", Some(database)), ("DATABASE_URL", Some(&url))], &[], act);
    }

    /// The loader's URL of a database.
    pub fn url_to(&self, database: &str) -> String {
        let (host, port) = self.address();
        format!("postgresql://{}:{}@{host}:{port}/{database}", self.role("user"), self.variable("PGPASSWORD"))
    }

    /// What no output and no record may hold.
    fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![ADMINISTRATORS.to_owned()];
        if self.credentials().exists() {
            secrets.extend(
                self.variables()
                    .into_iter()
                    .filter(|(name, _)| name.ends_with("PASSWORD"))
                    .map(|(_, value)| value),
            );
        }
        secrets.retain(|secret| !secret.is_empty());
        secrets
    }

    /// Runs a command to its end, and looks for passwords in all that it wrote.
    pub fn run(&self, command: &mut Command) -> Output {
        let output = command.output().expect("the program starts");
        let mut written = said(&output);
        read_all(&self.path("output/perf-data"), &mut written);
        for secret in self.secrets() {
            assert!(!written.contains(&secret), "{} shows a password", words(command));
        }
        output
    }

    /// It must end well.
    pub fn succeeds(&self, command: &mut Command) -> String {
        let output = self.run(command);
        assert_eq!(output.status.code(), Some(0), "{}\n{}", words(command), said(&output));
        said(&output)
    }

    /// It must be refused with these words.
    pub fn refused(&self, command: &mut Command, words: &str) {
        self.ends_with(2, command, words);
    }

    /// It must end with a status and these words.
    pub fn ends_with(&self, status: i32, command: &mut Command, expected: &str) {
        let output = self.run(command);
        let told = format!("expected `{expected}` of {}\n{}", words(command), said(&output));
        assert_eq!(output.status.code(), Some(status), "{told}");
        assert!(said(&output).contains(expected), "{told}");
    }

    /// Neither loading nor tearing down may come through, with these words, and a production stays as it is.
    pub fn keeps_out_of(&self, production: &str, words: &str) {
        let before = self.photograph(production);
        self.refused(&mut self.load(&[]), words);
        self.refused(&mut self.teardown(&[]), words);
        assert_eq!(self.photograph(production), before, "{production} was changed");
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Appends the text of every file below a folder.
fn read_all(folder: &Path, text: &mut String) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()).filter(|path| !path.is_symlink()) {
        if path.is_dir() {
            read_all(&path, text);
        } else {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        }
    }
}
