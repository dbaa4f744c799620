//! A production whose search_path puts its own functions, tables and operators before the server's, so that it
//! answers every question as the marked database would.

use crate::support::Stage;

/// In `public`, what the guard asks; each alone tells the lie that the marker in the table fits.
const SHADOWS: &[&str] = &[
    "CREATE FUNCTION public.current_database() RETURNS name LANGUAGE sql AS $$ SELECT 'NAME'::name $$",
    "CREATE FUNCTION public.pg_control_system(OUT system_identifier bigint) LANGUAGE sql AS 'SELECT SYSTEM::bigint'",
    "CREATE TABLE public.pg_database AS SELECT OID::oid AS oid, 'NAME'::name AS datname \
     UNION ALL SELECT OID::oid, datname FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()",
    "CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT false'",
    "CREATE FUNCTION public.to_regclass(text) RETURNS regclass LANGUAGE sql AS 'SELECT pg_catalog.to_regclass($1)'",
    "CREATE FUNCTION public.always(name, name) RETURNS boolean LANGUAGE sql AS 'SELECT true'; \
     CREATE OPERATOR public.= (LEFTARG = name, RIGHTARG = name, FUNCTION = public.always)",
    "CREATE FUNCTION public.always(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT true'; \
     CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = public.always)",
    "CREATE FUNCTION public.pg_has_role(name, oid, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'",
    "CREATE FUNCTION public.has_table_privilege(name, oid, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'",
    "CREATE TABLE public.pg_class AS SELECT * FROM pg_catalog.pg_class; GRANT SELECT ON public.pg_class TO PUBLIC",
];

#[test]
fn a_server_that_lies_through_its_search_path_is_not_believed() {
    let Some(stage) = Stage::new("shadow") else { return };
    let production = format!("chat_perf_other_{}", stage.tag);
    stage.copy(&production);
    let marker = stage.variable("SEEDMILL_MARKER");
    let pieces: Vec<&str> = marker.split('/').collect();
    for shadow in SHADOWS {
        let text = shadow.replace("NAME", &stage.perf).replace("SYSTEM", pieces[0]).replace("OID", pieces[1]);
        stage.execute(&production, &text);
    }
    stage.execute(&production, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC");
    let loader = stage.role("user");
    for (set, reset) in [
        (
            format!("ALTER DATABASE {production} SET search_path = public, pg_catalog"),
            format!(
                "ALTER DATABASE {production} RESET search_path; ALTER ROLE {loader} IN DATABASE {production} RESET ALL"
            ),
        ),
        (
            format!("ALTER ROLE {loader} IN DATABASE {production} SET search_path = public, pg_catalog"),
            format!("ALTER ROLE {loader} IN DATABASE {production} RESET ALL"),
        ),
        (
            format!("ALTER ROLE {loader} SET search_path = public, pg_catalog"),
            format!("ALTER ROLE {loader} RESET ALL"),
        ),
    ] {
        stage.server(&set);
        // The lie is one: a session that believes it sees the marked database.
        let mut client = postgres::Client::connect(&stage.url_to(&production), postgres::NoTls).unwrap();
        let lie = "SELECT current_database()::text, (SELECT oid::text FROM pg_database WHERE datname = current_database() LIMIT 1)";
        let row = client.query_one(lie, &[]).unwrap();
        assert_eq!(
            (row.get::<_, String>(0), row.get::<_, String>(1)),
            (stage.perf.clone(), pieces[1].to_owned()),
            "{set}"
        );
        drop(client);
        stage.pointed_at(&production, || stage.keeps_out_of(&production, "is a copy"));
        stage.server(&reset);
    }
    // The administrator asks with the same lies.
    stage.server(&format!("ALTER DATABASE {production} SET search_path = public, pg_catalog"));
    let before = stage.photograph(&production);
    let database = format!("--database={production}");
    for options in [&[database.as_str()][..], &[&database, "--adopt"]] {
        stage.refused(stage.provision(options).arg("--secrets=elsewhere"), "is a copy");
    }
    assert_eq!(stage.photograph(&production), before);
}
