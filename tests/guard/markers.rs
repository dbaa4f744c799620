//! Markers that were copied or forged, and databases that took another's name.

use std::process::Command;

use crate::support::Stage;

const COPY: &str = "is a copy";
const NONE: &str = "has no marker";
const FORGEABLE: &str = "could forge";

#[test]
fn a_production_that_takes_the_name_is_not_the_database() {
    let Some(stage) = Stage::new("rename") else { return };
    let production = format!("app_{}", stage.tag);
    stage.production(&production);
    let away = format!("{}_old", stage.perf);
    stage.rename(&stage.perf, &away);
    stage.rename(&production, &stage.perf);
    stage.keeps_out_of(&stage.perf, NONE);
    let mut command = stage.provision(&[]);
    let before = stage.photograph(&stage.perf);
    stage.refused(&mut command, "no marker of seedmill's");
    assert_eq!(stage.photograph(&stage.perf), before);
    // The one that was renamed is still the one that was meant.
    stage.pointed_at(&away, || drop(stage.succeeds(&mut stage.load(&[]))));
    // Name and number may be given again, the marker goes with the database.
    let number = stage.variable("SEEDMILL_MARKER").split('/').nth(1).unwrap().to_owned();
    stage.wait_until_alone(&away);
    stage.server(&format!("DROP DATABASE {away}"));
    stage.server(&format!("CREATE DATABASE {away} TEMPLATE {} OID {number}", stage.perf));
    stage.open_to_the_loader(&away);
    stage.pointed_at(&away, || stage.keeps_out_of(&away, NONE));
}

#[test]
fn a_copy_of_the_database_is_not_the_database() {
    let Some(stage) = Stage::new("copy") else { return };
    let copy = format!("chat_perf_copy_{}", stage.tag);
    stage.succeeds(&mut stage.load(&[]));
    stage.copy(&copy);
    stage.pointed_at(&copy, || stage.keeps_out_of(&copy, COPY));
    // Also when it stands where the other stood.
    let away = format!("{}_old", stage.perf);
    stage.rename(&stage.perf, &away);
    stage.rename(&copy, &stage.perf);
    stage.keeps_out_of(&stage.perf, COPY);
    // And when the credentials were made to fit what its marker should be.
    let row = "SELECT oid::text FROM pg_database WHERE datname = current_database()";
    let oid: String = stage.inside(&stage.perf).query_one(row, &[]).unwrap().get(0);
    let marker = stage.variable("SEEDMILL_MARKER");
    let pieces: Vec<&str> = marker.split('/').collect();
    let fitting = format!("{}/{oid}/{}", pieces[0], pieces[2]);
    stage.edited(&[("SEEDMILL_MARKER", Some(&fitting))], &[], || stage.keeps_out_of(&stage.perf, COPY));
    let before = stage.photograph(&stage.perf);
    for options in [&[][..], &["--adopt"], &["--adopt", "--rotate-password"]] {
        stage.refused(&mut stage.provision(options), COPY);
    }
    assert_eq!(stage.photograph(&stage.perf), before);
}

#[test]
fn a_marker_that_came_with_a_dump_is_a_copy() {
    let Some(stage) = Stage::new("dump") else { return };
    let production = format!("chat_perf_other_{}", stage.tag);
    stage.production(&production);
    let folder = "SELECT setting FROM pg_config WHERE name = 'BINDIR'";
    let folder: String = stage.inside("postgres").query_one(folder, &[]).unwrap().get(0);
    let (host, port) = stage.address();
    let script = format!(
        "'{folder}/pg_dump' --schema=seedmill '{}' | '{folder}/psql' -q -v ON_ERROR_STOP=1 '{production}' >/dev/null",
        stage.perf
    );
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .envs([("PGHOST", host), ("PGPORT", port.to_string()), ("PGUSER", stage.superuser())])
        .output()
        .expect("bash starts");
    assert!(output.status.success(), "{}", crate::support::said(&output));
    stage.pointed_at(&production, || stage.keeps_out_of(&production, COPY));
}

/// Rows of the marker table, with the truth about where they stand.
const TRUTH: &str = "SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database()) AS database_oid, \
                     'UUID'::uuid AS uuid, 'dev'::text AS environment, now() AS made_at FROM pg_control_system()";

#[test]
fn a_marker_that_provision_did_not_make_is_none() {
    let Some(stage) = Stage::new("forged") else { return };
    let production = format!("chat_perf_other_{}", stage.tag);
    stage.production(&production);
    let marker = stage.variable("SEEDMILL_MARKER");
    let (owner, loader) = (stage.role("owner"), stage.role("user"));
    let truth = TRUTH.replace("UUID", marker.rsplit('/').next().unwrap());
    let row = "SELECT oid::text FROM pg_database WHERE datname = current_database()";
    let oid: String = stage.inside(&production).query_one(row, &[]).unwrap().get(0);
    let pieces: Vec<&str> = marker.split('/').collect();
    // The attacker's credentials are those that the forgery is made for.
    let fitting = format!("{}/{oid}/{}", pieces[0], pieces[2]);
    let url = stage.url_to(&production);
    // What a view or a policy would do when it is asked.
    let spy = "CREATE FUNCTION public.spy() RETURNS boolean SECURITY DEFINER LANGUAGE sql \
               AS 'INSERT INTO public.users SELECT max(id) + 1 FROM public.users RETURNING true'";
    let as_owner = format!(
        "GRANT USAGE ON SCHEMA seedmill TO {loader}; ALTER SCHEMA seedmill OWNER TO {owner}; \
                            GRANT SELECT ON ALL TABLES IN SCHEMA seedmill TO {loader}; "
    );
    let table = format!(
        "CREATE TABLE seedmill.marker AS {truth}; ALTER TABLE seedmill.marker OWNER TO {owner}; {as_owner}"
    );
    for (forgery, words) in [
        (
            format!("CREATE FUNCTION seedmill.marker() RETURNS text LANGUAGE sql AS 'SELECT ''{marker}'''"),
            NONE,
        ),
        (
            format!(
                "CREATE VIEW seedmill.marker AS {truth}; ALTER VIEW seedmill.marker OWNER TO {owner}; {as_owner}"
            ),
            "is no table",
        ),
        (
            format!(
                "{spy}; CREATE VIEW seedmill.marker AS {truth} WHERE public.spy(); ALTER VIEW seedmill.marker OWNER TO {owner}; {as_owner}"
            ),
            "is no table",
        ),
        (
            format!(
                "CREATE MATERIALIZED VIEW seedmill.marker AS {truth}; ALTER MATERIALIZED VIEW seedmill.marker OWNER TO {owner}; {as_owner}"
            ),
            "is no table",
        ),
        (format!("{table} ALTER TABLE seedmill.marker OWNER TO {loader}"), FORGEABLE),
        (format!("{table} ALTER SCHEMA seedmill OWNER TO {loader}"), FORGEABLE),
        (format!("{table} GRANT UPDATE ON seedmill.marker TO {loader}"), FORGEABLE),
        (format!("{table} GRANT INSERT ON seedmill.marker TO PUBLIC"), FORGEABLE),
        (format!("{table} GRANT UPDATE (uuid) ON seedmill.marker TO {loader}"), FORGEABLE),
        (
            format!(
                "{table} GRANT CREATE ON SCHEMA seedmill TO {loader}; REVOKE ALL ON seedmill.marker FROM {loader}"
            ),
            "cannot be read",
        ),
        (format!("{table} INSERT INTO seedmill.marker {truth}"), "several lines"),
        (format!("{table} DELETE FROM seedmill.marker"), NONE),
        (format!("{table} UPDATE seedmill.marker SET uuid = NULL"), "cannot be read"),
        (format!("{table} UPDATE seedmill.marker SET database_oid = NULL"), "cannot be read"),
        (format!("{table} ALTER TABLE seedmill.marker DROP COLUMN uuid"), "cannot be read"),
        (
            format!("{table} ALTER TABLE seedmill.marker ALTER uuid TYPE bytea USING '\\x00'"),
            "cannot be read",
        ),
        (
            format!("{table} ALTER TABLE seedmill.marker ALTER system_identifier TYPE text USING 'many'"),
            "cannot be read",
        ),
        (
            format!(
                "{table} CREATE TABLE seedmill.child () INHERITS (seedmill.marker); INSERT INTO seedmill.child {truth}; \
                  DELETE FROM ONLY seedmill.marker; GRANT SELECT ON seedmill.child TO {loader}"
            ),
            NONE,
        ),
        (
            format!(
                "{table} {spy}; CREATE POLICY spy ON seedmill.marker USING (public.spy()); ALTER TABLE seedmill.marker ENABLE ROW LEVEL SECURITY"
            ),
            "cannot be read",
        ),
        (format!("{table} UPDATE seedmill.marker SET database_oid = {}", pieces[1]), COPY),
    ] {
        stage.execute(&production, &format!("BEGIN; CREATE SCHEMA seedmill; {forgery}; COMMIT"));
        let changes = [
            ("PGDATABASE", Some(production.as_str())),
            ("DATABASE_URL", Some(&url)),
            ("SEEDMILL_MARKER", Some(&fitting)),
        ];
        stage.edited(&changes, &[], || stage.keeps_out_of(&production, words));
        stage.execute(&production, "DROP SCHEMA seedmill CASCADE; DROP FUNCTION IF EXISTS public.spy");
    }
}

#[test]
fn whoever_could_forge_the_marker_does_not_load() {
    let Some(stage) = Stage::new("forge") else { return };
    let before = stage.photograph(&stage.perf);
    let (loader, owner, superuser) = (stage.role("user"), stage.role("owner"), stage.superuser());
    // An administrator's credentials, in a file that was edited.
    let url = stage.url_to(&stage.perf).replace(&loader, &superuser);
    stage.edited(&[("PGUSER", Some(&superuser)), ("DATABASE_URL", Some(&url))], &[], || {
        stage.keeps_out_of(&stage.perf, FORGEABLE);
    });
    for (give, take) in [
        (format!("ALTER ROLE {loader} SUPERUSER"), format!("ALTER ROLE {loader} NOSUPERUSER")),
        (format!("GRANT {owner} TO {loader}"), format!("REVOKE {owner} FROM {loader}")),
        (format!("GRANT pg_write_all_data TO {loader}"), format!("REVOKE pg_write_all_data FROM {loader}")),
    ] {
        stage.server(&give);
        stage.refused(&mut stage.load(&[]), FORGEABLE);
        stage.refused(&mut stage.teardown(&[]), FORGEABLE);
        stage.server(&take);
    }
    assert_eq!(stage.photograph(&stage.perf), before);
    stage.succeeds(&mut stage.load(&[]));
}
