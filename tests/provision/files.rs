//! The folder of credentials: who may read it, what stands in it, and that it works.

use std::process::Command;

use crate::place::{Place, mode, printed, said};

#[test]
fn nobody_else_reads_the_files() {
    let Some(place) = Place::new("modes") else { return };
    // Whatever mask the shell has.
    let mut command = Command::new("bash");
    let inner = place.command(&["--quiet"]);
    command.args(["-c", "umask 000; exec \"$@\"", "bash"]).arg(inner.get_program()).args(inner.get_args());
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(printed(&output).trim(), place.file(".env.dev").display().to_string());
    let expected = [
        ("", 0o700),
        (".env.dev", 0o600),
        ("connect-dev.sh", 0o700),
        ("monitor-dev.sql", 0o600),
        (".gitignore", 0o600),
    ];
    for (name, expected) in expected {
        assert_eq!(mode(&place.file(name)), expected, "{name}");
    }
    assert_eq!(std::fs::read_dir(place.secrets()).unwrap().count(), 4, "no temporary file stays");
    assert_eq!(std::fs::read_to_string(place.file(".gitignore")).unwrap(), "*\n");
}

#[test]
fn the_monitoring_queries_return_rows_on_a_loaded_server() {
    let Some(place) = Place::new("monitor") else { return };
    place.provision(&[]);
    let mut client = place.as_role("user");
    client
        .batch_execute(
            "CREATE TABLE \"Mixed Case\" (id int PRIMARY KEY); \
             INSERT INTO \"Mixed Case\" SELECT generate_series(1, 1000); ANALYZE \"Mixed Case\"; \
             SELECT count(*) FROM \"Mixed Case\"",
        )
        .unwrap();
    let connect = place.file("connect-dev.sh");
    let output = Command::new(&connect)
        .args(["-X", "-P", "pager=off", "-v", "ON_ERROR_STOP=1", "-f"])
        .arg(place.file("monitor-dev.sql"))
        .current_dir("/")
        .env("PGSERVICE", "elsewhere")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(said(&output), "");
    let text = printed(&output);
    let results: Vec<&str> =
        text.lines().filter(|line| line.starts_with('(') && line.ends_with(')')).collect();
    let queries = std::fs::read_to_string(place.file("monitor-dev.sql")).unwrap();
    assert_eq!(results.len(), queries.matches(";\n").count(), "{text}");
    assert!(results.len() >= 7);
    assert!(!results.contains(&"(0 rows)"), "{text}");
    for title in
        ["Top slow queries", "Table sizes", "Table & index sizes", "Index usage", "Autovacuum activity"]
    {
        assert!(text.contains(title), "{title}");
    }
}

#[test]
fn the_variables_are_a_way_in_for_any_program() {
    let Some(place) = Place::new("source") else { return };
    place.provision(&[]);
    let script = "source \"$1\"; psql -XAtc 'SELECT session_user || current_database()' \"$DATABASE_URL\"; \
                  exec env -i PATH=\"$PATH\" PGHOST=$PGHOST PGPORT=$PGPORT PGUSER=$PGUSER PGDATABASE=$PGDATABASE PGPASSWORD=$PGPASSWORD psql -XAtc 'SELECT session_user || current_database()'";
    let output =
        Command::new("bash").args(["-euc", script, "bash"]).arg(place.file(".env.dev")).output().unwrap();
    let line = format!("{}{}\n", place.role("user"), place.database);
    assert_eq!(printed(&output), line.repeat(2), "{}", said(&output));
}

/// After `source` the shell's PGUSER is the loader's, and the same command must still be the administrator's.
#[test]
fn a_run_in_a_shell_that_has_the_credentials_is_the_administrators() {
    let Some(place) = Place::new("sourced") else { return };
    place.provision(&[]);
    let mut command = place.command(&[]);
    for name in ["PGUSER", "PGPASSWORD", "PGDATABASE", "SEEDMILL_MARKER"] {
        command.env(name, place.variable(name));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}
