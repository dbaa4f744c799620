//! A production whose search_path puts its own functions, tables and operators before the server's, so that it
//! answers as the marked database would.

use postgres::{Client, NoTls};

use crate::support::Stage;

/// Lies about the place where the copied marker stands, and what a session that believes them says.
const LIES: &[(&str, &str)] = &[
    // Another name, and under it the number that the marker tells.
    (
        "CREATE FUNCTION lies.current_database() RETURNS name LANGUAGE sql AS $$ SELECT 'NAME'::name $$;
         CREATE TABLE lies.pg_database AS SELECT OID::oid AS oid, 'NAME'::name AS datname;
         CREATE FUNCTION lies.pg_control_system(OUT system_identifier bigint) LANGUAGE sql AS 'SELECT SYSTEM::bigint';
         CREATE FUNCTION lies.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT false'",
        "SELECT oid = OID FROM pg_database WHERE datname = current_database()",
    ),
    // The name alone is right, and the table lies.
    (
        "CREATE TABLE lies.pg_database AS SELECT OID::oid AS oid, datname FROM pg_catalog.pg_database",
        "SELECT oid = OID FROM pg_database WHERE datname = current_database()",
    ),
    // The row of the marked database is the one that fits.
    (
        "CREATE FUNCTION lies.fits(name, name) RETURNS boolean LANGUAGE sql AS $$ SELECT $1::text OPERATOR(pg_catalog.=) 'NAME' $$;
         CREATE OPERATOR lies.= (LEFTARG = name, RIGHTARG = name, FUNCTION = lies.fits)",
        "SELECT oid OPERATOR(pg_catalog.=) OID FROM pg_database WHERE datname = current_database()",
    ),
    // There is a marker, says who is asked for one, and it is a table.
    (
        "CREATE FUNCTION lies.to_regclass(text) RETURNS regclass LANGUAGE sql AS $$ SELECT 'pg_catalog.pg_class'::regclass $$;
         CREATE FUNCTION lies.fits(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
         CREATE OPERATOR lies.= (LEFTARG = text, RIGHTARG = text, FUNCTION = lies.fits)",
        "SELECT 'a'::text = 'b'::text",
    ),
];

#[test]
fn a_server_that_lies_through_its_search_path_is_not_believed() {
    let Some(stage) = Stage::new("shadow") else { return };
    let production = format!("chat_perf_other_{}", stage.tag);
    stage.copy(&production);
    let marker = stage.variable("SEEDMILL_MARKER");
    let pieces: Vec<&str> = marker.split('/').collect();
    let loader = stage.role("user");
    let places = ["DATABASE {}", "ROLE {LOADER} IN DATABASE {}", "ROLE {LOADER}"]
        .map(|place| place.replace("{LOADER}", &loader).replace("{}", &production));
    for (number, (lie, belief)) in LIES.iter().enumerate() {
        let told = |text: &str| {
            text.replace("NAME", &stage.perf).replace("SYSTEM", pieces[0]).replace("OID", pieces[1])
        };
        let grants =
            "GRANT USAGE ON SCHEMA lies TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA lies TO PUBLIC";
        stage.execute(&production, &format!("CREATE SCHEMA lies; {}; {grants}", told(lie)));
        // Every place where a path can be set, with the first lie; the others with one.
        for place in &places[..if number == 0 { 3 } else { 1 }] {
            stage.server(&format!("ALTER {place} SET search_path = lies, pg_catalog"));
            let mut client = Client::connect(&stage.url_to(&production), NoTls).unwrap();
            assert!(client.query_one(&told(belief), &[]).unwrap().get::<_, bool>(0), "{lie}");
            drop(client);
            stage.pointed_at(&production, || stage.keeps_out_of(&production, "is a copy"));
            // An administrator asks with the same lies.
            let before = stage.photograph(&production);
            let database = format!("--database={production}");
            let mut command = stage.provision(&[&database, "--adopt"]);
            stage.refused(command.arg("--secrets=elsewhere"), "is a copy");
            assert_eq!(stage.photograph(&production), before);
            stage.server(&format!("ALTER {place} RESET search_path"));
        }
        stage.execute(&production, "DROP SCHEMA lies CASCADE");
    }
}
