//! The output, a second run, a dry run, runs that were killed or came at once, and migrations.

use seedmill::postgres::credentials;
use seedmill::postgres::guard::Door;
use seedmill::postgres::provision::{Band, Event, Need, Request, Tables, TablesOutcome, provision};
use seedmill::postgres::target::Environment;

use crate::place::{Place, column, printed, said};

/// The documents' output, but for names, numbers and what is left to an administrator.
const OUTPUT: &str = "\
╔═══════════════════════════════════════════════════════════╗
║  Performance Database Provisioning - DEV Environment      ║
╚═══════════════════════════════════════════════════════════╝

Configuration:
  Database: DATABASE
  User: PREFIX_dev_user
  Host: HOST:PORT
  Target Messages: 40,000
  Target Users: 500

[1/8] Checking PostgreSQL connectivity...
✓ Connected to PostgreSQL

[2/8] Validating disk space...
✓ Disk space

[3/8] Checking required extensions...
✓ Extensions configured

[4/8] Creating performance database...
✓ Database 'DATABASE' created

[5/8] Creating dedicated user with least privilege...
✓ User 'PREFIX_dev_user' created with least privilege

[6/8] Running migrations: true...
✓ Migrations applied

[7/8] Enabling query monitoring...
✓ Query monitoring enabled

[8/8] Writing configuration files...
✓ Credentials written to SECRETS/.env.dev
✓ Monitoring queries written to SECRETS/monitor-dev.sql

╔═══════════════════════════════════════════════════════════╗
║  ✓ Provisioning Complete                                  ║
╚═══════════════════════════════════════════════════════════╝

Quick Start:
  # Load environment variables
  source SECRETS/.env.dev

  # Connect to database
  SECRETS/connect-dev.sh
";

#[test]
fn the_output_is_the_documents() {
    let Some(place) = Place::new("output") else { return };
    let told = place.provision(&["--migrate=true"]);
    let (host, port) = place.address();
    let told: String = told
        .lines()
        .filter(|line| !line.starts_with('!') && !line.starts_with("    "))
        .map(|line| {
            if line.starts_with("✓ Disk space sufficient (") {
                "✓ Disk space\n".to_owned()
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    let told = told
        .replace(&place.secrets().display().to_string(), "SECRETS")
        .replace(&place.database, "DATABASE")
        .replace(&place.prefix, "PREFIX")
        .replace(&format!("{host}:{port}"), "HOST:PORT");
    assert!(told.starts_with(OUTPUT), "{told}");
}

/// Every row of the database's catalogue with the transaction that wrote it; of what all databases share, our rows.
fn catalogue(place: &Place) -> Vec<String> {
    let mut client = place.inside();
    let tables = "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace \
                  AND relkind = 'r' AND NOT relisshared AND relname <> 'pg_statistic' ORDER BY 1";
    let mut seen = Vec::new();
    for table in column(&client.query(tables, &[]).unwrap()) {
        // VACUUM and ANALYZE come when they like.
        let query = format!(
            "SELECT t.xmin::text || (to_jsonb(t) - '{{relpages,reltuples,relallvisible,relfrozenxid,relminmxid}}'::text[])::text \
             FROM {table} t ORDER BY 1"
        );
        seen.extend(
            column(&client.query(&query, &[]).unwrap()).into_iter().map(|row| format!("{table} {row}")),
        );
    }
    let shared = "SELECT 'role ' || xmin::text || to_jsonb(t)::text FROM pg_authid t WHERE rolname LIKE $1 || '%' \
         UNION ALL SELECT 'database ' || xmin::text || (to_jsonb(t) - '{datfrozenxid,datminmxid}'::text[])::text \
           FROM pg_database t WHERE datname = current_database() \
         UNION ALL SELECT 'setting ' || t.xmin::text || to_jsonb(t)::text FROM pg_db_role_setting t \
           JOIN pg_database d ON d.oid = t.setdatabase WHERE datname = current_database() \
         UNION ALL SELECT 'member ' || t.xmin::text || to_jsonb(t)::text FROM pg_auth_members t \
           JOIN pg_roles r ON r.oid IN (t.member, t.roleid) WHERE rolname LIKE $1 || '%' \
         UNION ALL SELECT 'marker ' || xmin::text || to_jsonb(t)::text FROM seedmill.marker t ORDER BY 1";
    seen.extend(column(&client.query(shared, &[&place.prefix]).unwrap()));
    seen
}

fn folder(place: &Place) -> Vec<(std::ffi::OsString, u64, std::time::SystemTime)> {
    use std::os::unix::fs::MetadataExt;
    let mut files: Vec<_> = std::fs::read_dir(place.secrets())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            (entry.file_name(), metadata.ino(), metadata.modified().unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_second_run_changes_nothing() {
    let Some(place) = Place::new("second") else { return };
    place.provision(&[]);
    let (before, files) = (catalogue(&place), folder(&place));
    assert!(before.len() > 5_000, "{}", before.len());
    let told = place.provision(&[]);
    assert!(told.contains("is there already, with least privilege"), "{told}");
    assert_eq!(folder(&place), files);
    let after = catalogue(&place);
    let changed: Vec<_> = after.iter().filter(|row| !before.contains(row)).take(5).collect();
    assert!(after == before, "{changed:#?}");
    let dry = place.run(&["--dry-run"]);
    assert_eq!(printed(&dry), "", "a dry run has nothing to tell");
    assert!(said(&dry).contains("Nothing Is To Be Changed"));
}

#[test]
fn what_was_changed_by_hand_is_put_right() {
    let Some(place) = Place::new("drift") else { return };
    place.provision(&[]);
    let (loader, reader) = (place.role("user"), place.role("reader"));
    let before =
        place.inside().query_one("SELECT uuid::text FROM seedmill.marker", &[]).unwrap().get::<_, String>(0);
    place
        .inside()
        .batch_execute(&format!(
            "ALTER ROLE {loader} CREATEDB; GRANT CONNECT ON DATABASE {0} TO PUBLIC; GRANT INSERT ON seedmill.marker TO {loader}; \
             GRANT CREATE ON DATABASE {0} TO {reader}; ALTER DATABASE {0} SET work_mem = '1MB'; \
             ALTER EXTENSION pg_stat_statements SET SCHEMA public",
            place.database
        ))
        .unwrap();
    let dry = printed(&place.run(&["--dry-run"]));
    assert_eq!(dry.lines().filter(|line| !line.starts_with('\\')).count(), 6, "{dry}");
    place.provision(&[]);
    let mut client = place.inside();
    let held = "SELECT NOT rolcreatedb AND NOT has_database_privilege('public', current_database(), 'CONNECT') \
                AND NOT has_table_privilege(rolname, 'seedmill.marker', 'INSERT') \
                AND NOT has_database_privilege($2::text::name, current_database(), 'CREATE') \
                AND to_regclass('monitoring.pg_stat_statements') IS NOT NULL FROM pg_roles WHERE rolname = $1";
    assert!(client.query_one(held, &[&loader, &reader]).unwrap().get::<_, bool>(0));
    assert_eq!(client.query_one("SHOW work_mem", &[]).unwrap().get::<_, String>(0), "64MB");
    let after = client.query_one("SELECT uuid::text FROM seedmill.marker", &[]).unwrap().get::<_, String>(0);
    assert_eq!(after, before);
}

#[test]
fn a_dry_run_tells_every_statement_and_leaves_nothing() {
    let Some(place) = Place::new("dry") else { return };
    let output = place.run(&["--dry-run", "--migrate=exit 1"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(!place.is_there());
    assert!(place.roles().is_empty(), "{:?}", place.roles());
    assert!(!place.secrets().exists());
    let script = printed(&output);
    for statement in [
        "CREATE DATABASE",
        "REVOKE CONNECT, TEMPORARY ON DATABASE",
        "PASSWORD '***';",
        "INSERT INTO seedmill.marker",
        "CREATE TABLE IF NOT EXISTS seedmill.parts",
        "CREATE EXTENSION pg_stat_statements SCHEMA monitoring;",
        "SET log_min_duration_statement = '1000ms';",
        "GRANT CREATE, USAGE ON SCHEMA public TO",
        "sh -c \"exit 1\"",
    ] {
        assert!(script.contains(statement), "{statement}: {script}");
    }
    assert!(!script.contains("SCRAM-SHA-256"), "{script}");
    assert!(!said(&output).contains("✓ Database"), "{}", said(&output));
}

/// What a dry run prints is what a run does: run by psql, it makes the same roles and the same database.
#[test]
fn the_script_of_a_dry_run_makes_what_a_run_makes() {
    let Some(place) = Place::new("script") else { return };
    let script = printed(&place.run(&["--dry-run"]));
    let (host, port) = place.address();
    let file = place.secrets().with_extension("sql");
    std::fs::write(&file, script.replace("PASSWORD '***'", "PASSWORD NULL")).unwrap();
    let output = std::process::Command::new("psql")
        .args([
            "-XqAt",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            &host,
            "-p",
            &port.to_string(),
            "-U",
            &place.administrator,
        ])
        .args(["-d", "postgres", "-f"])
        .arg(&file)
        .output()
        .expect("psql starts");
    assert!(output.status.success(), "{}", said(&output));
    let rest = printed(&place.run(&["--dry-run", "--rotate-password"]));
    let rest: Vec<_> =
        rest.lines().filter(|line| !line.starts_with("--") && !line.starts_with('\\')).collect();
    assert_eq!(rest.len(), 2, "{rest:?}");
    assert!(rest.iter().all(|line| line.contains("PASSWORD")), "{rest:?}");
}

#[test]
fn a_run_that_was_killed_is_gone_on_with() {
    let Some(place) = Place::new("killed") else { return };
    let owner = place.role("owner");
    let mut client = place.superuser("postgres");
    client.batch_execute(&format!("CREATE ROLE {owner} NOLOGIN")).unwrap();
    client
        .batch_execute(&format!("CREATE DATABASE {} OWNER {owner} TEMPLATE template0", place.database))
        .unwrap();
    assert!(place.provision(&[]).contains(&format!("✓ Database '{}' created", place.database)));
}

#[test]
fn two_runs_at_once_make_one_database() {
    let Some(place) = Place::new("twice") else { return };
    let start = || place.command(&["--quiet"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let (mut one, mut other) = (start(), start());
    assert!(one.wait().unwrap().success() && other.wait().unwrap().success());
    let rows = place.inside().query("SELECT 1 FROM seedmill.marker", &[]).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(place.variable("PGUSER"), place.role("user"));
    place.provision(&[]);
}

#[test]
fn the_credentials_open_the_guarded_door() {
    let Some(place) = Place::new("door") else { return };
    place.provision(&[]);
    let environment = Environment::default();
    let credentials = credentials::read(&place.secrets(), "dev", &environment).unwrap();
    let reader = credentials.reader_target().unwrap();
    for target in [credentials.target, reader] {
        Door { target, marker: credentials.marker.clone(), environment: environment.clone() }
            .open("test")
            .unwrap();
    }
}

#[test]
fn a_migration_is_the_loaders() {
    let Some(place) = Place::new("migrate") else { return };
    let script = "psql -XqAtc 'CREATE TABLE made (number int)' && psql -XAtc 'SELECT session_user' \"$DATABASE_URL\" \
                  && tr '\\0' ' ' < /proc/$$/cmdline";
    // The administrator may come by a service, which would lead psql's own sessions there, too.
    let services = place.secrets().with_extension("conf");
    std::fs::write(&services, format!("[ours]\nuser={}\n", place.administrator)).unwrap();
    let mut command = place.command(&["--migrate", script]);
    let output = command.env("PGSERVICE", "ours").env("PGSERVICEFILE", &services).output().unwrap();
    let told = said(&output);
    assert!(output.status.success(), "{told}");
    assert!(told.contains(&format!("    {}\n", place.role("user"))), "{told}");
    assert!(told.contains("sh -c psql"), "{told}");
    assert!(!told.contains(&place.variable("PGPASSWORD")), "{told}");
    place.as_role("reader").query("SELECT * FROM public.made", &[]).unwrap();
    let failed = place.run(&["--migrate=exit 7"]);
    assert_eq!(failed.status.code(), Some(3));
    assert!(said(&failed).contains("exit status: 7"), "{}", said(&failed));
}

#[test]
fn the_models_tables_are_made_by_whoever_is_given() {
    let Some(place) = Place::new("tables") else { return };
    let request = |dry_run| Request {
        band: Band::Dev,
        administrator: crate::roles::administrator(&place),
        database: place.database.clone(),
        role_prefix: place.prefix.clone(),
        secrets: place.secrets(),
        need: Need { rows: 1, csv_bytes: 1 },
        migrate: None,
        dry_run,
        adopt: false,
        rotate_password: false,
    };
    let called = std::cell::Cell::new(0);
    let make = |credentials: &credentials::Credentials| {
        assert_eq!(credentials.target.user, place.role("user"));
        called.set(called.get() + 1);
        Ok(TablesOutcome { created: 6, present: 0 })
    };
    let tables = Tables { statements: "CREATE TABLE shown ();".to_owned(), make: &make };
    let mut events = Vec::new();
    provision(&request(true), &Environment::default(), Some(&tables), &mut |event| events.push(event))
        .unwrap();
    assert_eq!(called.get(), 0);
    assert!(events.contains(&Event::Statement("CREATE TABLE shown ();".to_owned())), "{events:?}");
    let done =
        provision(&request(false), &Environment::default(), Some(&tables), &mut |event| events.push(event))
            .unwrap();
    assert_eq!(called.get(), 1);
    assert!(
        events.contains(&Event::Done("6 tables created in schema 'perf_synthetic'".to_owned())),
        "{events:?}"
    );
    let read = credentials::read(&place.secrets(), "dev", &Environment::default()).unwrap();
    assert_eq!(done.credentials, Some(read));
}
