//! Schemas that are not for datasets, names that are SQL, and what the ledger of another database records.

use crate::support::Stage;

#[test]
fn a_schema_of_somebody_else_is_refused() {
    let Some(stage) = Stage::new("schema") else { return };
    stage.execute(&stage.perf, "CREATE SCHEMA theirs; CREATE TABLE theirs.users AS SELECT 1 AS id");
    let before = stage.photograph(&stage.perf);
    for schema in [
        "public",
        "PUBLIC",
        "Public",
        "seedmill",
        "SeedMill",
        "monitoring",
        "information_schema",
        "pg_catalog",
        "pg_toast",
        "pg_temp",
        "PG_CATALOG",
        "",
        "theirs",
    ] {
        let schema = format!("--schema={schema}");
        for options in [&[schema.as_str()][..], &[&schema, "--freeze"]] {
            stage.refused(&mut stage.load(options), "schema");
        }
        stage.refused(&mut stage.teardown(&[&schema]), "the ledger has no schema");
    }
    assert_eq!(stage.photograph(&stage.perf), before);
}

#[test]
fn a_name_that_is_sql_is_only_a_name() {
    let Some(stage) = Stage::new("sql") else { return };
    stage.execute(
        &stage.perf,
        "CREATE TABLE public.precious AS SELECT 1 AS id; CREATE SCHEMA a; CREATE TABLE a.b AS SELECT 1 AS id",
    );
    stage.wait_until_alone(&stage.perf);
    let before = stage.photograph(&stage.perf);
    for schema in [
        "x\"; DROP TABLE public.precious; --",
        "x'; DROP TABLE public.precious; --",
        "a.b",
        "$$; DROP TABLE a.b; $$",
        "back\\slash",
        "two\nlines",
        " ",
    ] {
        let option = format!("--schema={schema}");
        stage.succeeds(&mut stage.load(&[&option]));
        let query = "SELECT count(*) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = $1 AND relkind = 'r'";
        let tables: i64 = stage.inside(&stage.perf).query_one(query, &[&schema]).unwrap().get(0);
        assert_eq!(tables, 1, "{schema}");
        stage.succeeds(&mut stage.teardown(&[&option]));
    }
    // But for the ledger, whose numbers went on, all is as it was.
    let others = |lines: Vec<String>, name: &str| -> Vec<String> {
        lines.into_iter().filter(|line| line.starts_with(name)).collect()
    };
    let after = stage.photograph(&stage.perf);
    for name in ["public.precious", "a.b", "perf_synthetic.users"] {
        let kept = others(before.clone(), name);
        assert_eq!(kept.len(), 1, "{name}");
        assert_eq!(others(after.clone(), name), kept);
    }
}

#[test]
fn a_teardown_stays_in_its_database() {
    let (Some(stage), Some(other)) = (Stage::new("tear"), Stage::new("stay")) else { return };
    // The other's ledger records a schema; here somebody has one of the same name.
    other.succeeds(&mut other.load(&["--schema=kept"]));
    stage.execute(&stage.perf, "CREATE SCHEMA kept; CREATE TABLE kept.users AS SELECT 1 AS id");
    let before = [stage.photograph(&stage.perf), other.photograph(&other.perf)];
    stage.refused(&mut stage.teardown(&["--schema=kept"]), "the ledger has no schema `kept`");
    stage.refused(
        stage.teardown(&["--schema=kept"]).envs(other.variables()),
        "the ledger has no schema `kept`",
    );
    // The other's place with the own marker, and the own place with the other's.
    let (marker, name) = (other.variable("SEEDMILL_MARKER"), other.perf.clone());
    stage.edited(&[("SEEDMILL_MARKER", Some(&marker))], &[], || {
        stage.refused(&mut stage.teardown(&["--schema=kept"]), "is not the database that these credentials");
    });
    other.server(&format!("GRANT CONNECT ON DATABASE {name} TO {}", stage.role("user")));
    stage.pointed_at(&name, || stage.refused(&mut stage.teardown(&["--schema=kept"]), "refused: "));
    other.server(&format!("REVOKE CONNECT ON DATABASE {name} FROM {}", stage.role("user")));
    assert_eq!([stage.photograph(&stage.perf), other.photograph(&other.perf)], before);
    // A line that somebody wrote into the ledger drops what is the loader's alone.
    let loader = stage.role("user");
    stage.execute(
        &stage.perf,
        "INSERT INTO seedmill.loads (schema_name, model, band, mode) VALUES ('kept', 'app', 'dev', 'parts');
         INSERT INTO seedmill.objects SELECT load_id, 1, 'schema', 'kept', 'kept'::regnamespace FROM seedmill.loads WHERE schema_name = 'kept';
         INSERT INTO seedmill.objects SELECT load_id, 2, 'table', 'users', 'kept.users'::regclass FROM seedmill.loads WHERE schema_name = 'kept'",
    );
    let before = stage.photograph(&stage.perf);
    stage.ends_with(3, &mut stage.teardown(&["--schema=kept"]), "42501");
    assert_eq!(stage.photograph(&stage.perf), before, "{loader} drops nothing of others");
}
