//! What the roles may do, by the catalogue and by trying; what the server knows of their passwords.

use postgres::error::SqlState;
use seedmill::postgres::target::{Environment, Target, TargetRequest};

use crate::place::{Place, column, printed, said};

/// The superuser's connection, as the library takes it.
pub fn administrator(place: &Place) -> Target {
    let (host, port) = place.address();
    let request = TargetRequest {
        url: None,
        host: Some(host),
        port: Some(port),
        user: Some(place.administrator.clone()),
        database: Some("postgres".to_owned()),
    };
    Target::resolve(&request, &Environment::default()).unwrap()
}

#[test]
fn roles_have_no_right_that_they_do_not_need() {
    let Some(place) = Place::new("least") else { return };
    place.provision(&[]);
    let mut client = place.inside();
    let query = "SELECT rolname::text || ' ' || concat_ws(',', rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolcanlogin, rolconnlimit) \
                 FROM pg_roles WHERE rolname LIKE $1 || '%' ORDER BY rolname";
    let prefix = &place.prefix;
    let expected = [
        format!("{prefix}_dev_owner f,f,f,f,f,f,-1"),
        format!("{prefix}_dev_reader f,f,f,f,f,t,16"),
        format!("{prefix}_dev_user f,f,f,f,f,t,64"),
    ];
    assert_eq!(column(&client.query(query, &[prefix]).unwrap()), expected);
    let access = "SELECT datacl::text FROM pg_database WHERE datname = current_database()";
    let owner = place.role("owner");
    let (loader, reader) = (place.role("user"), place.role("reader"));
    let expected = format!("{{{owner}=CTc/{owner},{loader}=CTc/{owner},{reader}=c/{owner}}}");
    assert_eq!(client.query_one(access, &[]).unwrap().get::<_, String>(0), expected);
}

/// Tries a statement, which must be forbidden.
fn forbidden(client: &mut postgres::Client, statement: &str) {
    let error = client.batch_execute(statement).expect_err(statement);
    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{statement}: {error}");
}

#[test]
fn a_loader_tries_in_vain_to_reach_beyond_its_database() {
    let Some(place) = Place::new("loader") else { return };
    place.provision(&[]);
    let mut client = place.as_role("user");
    for statement in [
        &format!("CREATE DATABASE {}_more", place.prefix),
        &format!("CREATE ROLE {}_more", place.prefix),
        &format!("SET ROLE {}", place.role("owner")),
        &format!("ALTER DATABASE {} OWNER TO {}", place.database, place.role("user")),
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_read_file('postgresql.conf')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "CREATE TABLE public.mine (i int)",
        "CREATE TABLE seedmill.mine (i int)",
        "UPDATE seedmill.marker SET environment = 'perf'",
        "INSERT INTO seedmill.marker SELECT * FROM seedmill.marker",
        "DELETE FROM seedmill.marker",
        "TRUNCATE seedmill.marker",
        "DROP TABLE seedmill.marker",
        "DROP TABLE seedmill.loads",
        "DROP SCHEMA seedmill CASCADE",
        "ALTER SCHEMA seedmill RENAME TO other",
        "SELECT monitoring.pg_stat_statements_reset()",
    ] {
        forbidden(&mut client, statement);
    }
    client
        .batch_execute(
            "SELECT * FROM seedmill.marker; CREATE SCHEMA another; CREATE TABLE loaded AS SELECT 7 AS number",
        )
        .unwrap();
    client.batch_execute("INSERT INTO seedmill.loads (schema_name, model, band, mode) VALUES ('s', 'm', 'b', 'rows'); DELETE FROM seedmill.loads WHERE schema_name = 's'").unwrap();
    let loaded = "SELECT to_regclass('perf_synthetic.loaded') IS NOT NULL";
    assert!(client.query_one(loaded, &[]).unwrap().get::<_, bool>(0));

    let mut reader = place.as_role("reader");
    assert_eq!(reader.query_one("SELECT number FROM loaded", &[]).unwrap().get::<_, i32>(0), 7);
    let settings = "SELECT concat_ws(' ', current_setting('default_transaction_read_only'), current_setting('statement_timeout'), current_setting('search_path'))";
    assert_eq!(
        reader.query_one(settings, &[]).unwrap().get::<_, String>(0),
        "on 10min perf_synthetic, public, monitoring"
    );
    // Read-only transactions are a habit that a session can leave; rights are not.
    reader.batch_execute("SET default_transaction_read_only = off").unwrap();
    for statement in [
        "INSERT INTO loaded VALUES (8)",
        "DROP TABLE loaded",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine (i int)",
        "CREATE TABLE public.mine (i int)",
        "INSERT INTO seedmill.loads (schema_name, model, band, mode) VALUES ('s', 'm', 'b', 'rows')",
        "DELETE FROM seedmill.marker",
    ] {
        forbidden(&mut reader, statement);
    }
}

#[test]
fn no_password_reaches_the_server_in_clear() {
    let Some(mut place) = Place::new("clear") else { return };
    let administrator = format!("{}_admin", place.prefix);
    let mut client = place.superuser("postgres");
    client.batch_execute(&format!("CREATE ROLE {administrator} LOGIN SUPERUSER; ALTER ROLE {administrator} SET log_statement = 'all'")).unwrap();
    place.administrator = administrator;
    let told = place.provision(&["--migrate=true"]);
    let (user, password) = (place.variable("PGUSER"), place.variable("PGPASSWORD"));
    let passwords = [password, place.variable("SEEDMILL_READER_PASSWORD")];
    assert!(passwords.iter().all(|password| password.len() == 32));
    let query = "SELECT rolpassword FROM pg_authid WHERE rolname = $1";
    let verifier: String = client.query_one(query, &[&user]).unwrap().get(0);
    assert!(verifier.starts_with("SCRAM-SHA-256$4096:"), "{verifier}");
    assert!(passwords.iter().all(|password| !told.contains(password)));
    let data: String = client.query_one("SHOW data_directory", &[]).unwrap().get(0);
    let log = std::path::Path::new(&data).with_file_name("server.log");
    let Ok(log) = std::fs::read(&log) else {
        #[expect(clippy::print_stderr, reason = "a skipped check says why")]
        {
            eprintln!("skipped: {} cannot be read", log.display());
        }
        return;
    };
    let log = String::from_utf8_lossy(&log);
    assert!(log.contains(&format!("ALTER ROLE {user} PASSWORD '{verifier}'")), "the log has every statement");
    assert!(passwords.iter().all(|password| !log.contains(password)));
}

#[test]
fn passwords_stay_until_they_are_rotated() {
    let Some(place) = Place::new("rotate") else { return };
    place.provision(&[]);
    let verifiers = || {
        let query =
            "SELECT rolpassword FROM pg_authid WHERE rolname LIKE $1 || '%' AND rolcanlogin ORDER BY rolname";
        column(&place.superuser("postgres").query(query, &[&place.prefix]).unwrap())
    };
    let (before, password) = (verifiers(), place.variable("PGPASSWORD"));
    place.provision(&["--rotate-password"]);
    let after = verifiers();
    assert!(before.iter().all(|verifier| !after.contains(verifier)));
    assert_ne!(place.variable("PGPASSWORD"), password);
    place.provision(&[]);
    assert_eq!(verifiers(), after);
    // A password that somebody else has set is not the file's, also where the server trusts everybody.
    place
        .superuser("postgres")
        .batch_execute(&format!("ALTER ROLE {} PASSWORD 'other'", place.role("user")))
        .unwrap();
    place.refused(&[], "is not the server's");
}

#[test]
fn an_administrator_without_all_rights_is_told_what_is_left() {
    let Some(mut place) = Place::new("partly") else { return };
    let administrator = format!("{}_admin", place.prefix);
    place
        .superuser("postgres")
        .batch_execute(&format!("CREATE ROLE {administrator} LOGIN CREATEDB CREATEROLE"))
        .unwrap();
    place.administrator = administrator;
    let told = place.provision(&[]);
    for statement in [
        "    CREATE EXTENSION pg_stat_statements SCHEMA monitoring;",
        "    CREATE EXTENSION pg_prewarm SCHEMA monitoring;",
        &format!("    ALTER DATABASE {} SET log_min_duration_statement = '1000ms';", place.database),
    ] {
        assert!(told.contains(statement), "{statement}: {told}");
    }
    assert!(told.contains("Disk space cannot be measured"), "{told}");
    place.provision(&[]);
}

#[test]
fn a_role_that_may_make_nothing_is_no_administrator() {
    let Some(mut place) = Place::new("nobody") else { return };
    let administrator = format!("{}_admin", place.prefix);
    place.superuser("postgres").batch_execute(&format!("CREATE ROLE {administrator} LOGIN")).unwrap();
    place.administrator = administrator;
    let output = place.run(&[]);
    assert_eq!(output.status.code(), Some(3), "{}", printed(&output));
    assert!(said(&output).contains("may make no databases and no roles"), "{}", said(&output));
}
