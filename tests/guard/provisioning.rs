//! `provision`, pointed at a production.

use crate::support::Stage;

#[test]
fn a_production_is_not_provisioned() {
    let Some(stage) = Stage::new("prov") else { return };
    let tag = &stage.tag;
    let names = ["app", "shop_prod", "perf_prod", "performance", "chat_perf_other"]
        .map(|name| format!("{name}_{tag}"));
    for name in &names {
        stage.production(name);
    }
    let before: Vec<_> = names.iter().map(|name| stage.photograph(name)).collect();
    for name in &names[..4] {
        for more in
            [&[][..], &["--adopt"], &["--dry-run"], &["--rotate-password"], &["--migrate=touch migrated"]]
        {
            let mut command = stage.provision(&[&format!("--database={name}")]);
            stage.refused(command.arg("--secrets=elsewhere").args(more), "refused: the database is called");
        }
    }
    let unmarked = format!("--database={}", names[4]);
    for more in [&[][..], &["--dry-run"], &["--rotate-password"], &["--migrate=touch migrated"]] {
        let mut command = stage.provision(&[&unmarked]);
        stage.refused(command.arg("--secrets=elsewhere").args(more), "it has no marker");
    }
    // The roles are the other database's; credentials of that one are not written over.
    stage.refused(&mut stage.provision(&[&unmarked, "--adopt"]), "holds the credentials of");
    stage.refused(stage.provision(&[&unmarked, "--adopt"]).env("NODE_ENV", "production"), "NODE_ENV is");
    stage.refused(&mut stage.provision(&[&unmarked, "--adopt", "--host=db.production.example.com"]), "");
    let after: Vec<_> = names.iter().map(|name| stage.photograph(name)).collect();
    assert_eq!(after, before);
    assert!(!stage.path("elsewhere").exists() && !stage.path("migrated").exists());
}

#[test]
fn a_production_that_the_administrator_enters_first_stays_as_it_is() {
    let Some(stage) = Stage::new("maint") else { return };
    let production = format!("app_{}", stage.tag);
    stage.production(&production);
    let before = stage.photograph(&production);
    stage.succeeds(&mut stage.provision(&["--rotate-password", &format!("--maintenance-db={production}")]));
    // The variables of whoever has an application's own settings around.
    let mut command = stage.provision(&[]);
    let variables =
        [("PGDATABASE", production.as_str()), ("DATABASE_URL", "postgresql://shop:x@127.0.0.1/shop_prod")];
    stage.succeeds(command.envs(variables));
    assert_eq!(stage.photograph(&production), before);
}

#[test]
fn forged_and_doubled_markers_are_not_provisioned() {
    let Some(stage) = Stage::new("provm") else { return };
    let production = format!("chat_perf_other_{}", stage.tag);
    stage.production(&production);
    let truth = "SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database()) AS database_oid, \
                 gen_random_uuid() AS uuid, 'dev'::text AS environment, now() AS made_at FROM pg_control_system()";
    let spy = "CREATE FUNCTION public.spy() RETURNS boolean LANGUAGE sql AS 'UPDATE public.users SET name = ''seen'' RETURNING true'";
    for (forgery, words) in [
        (format!("CREATE VIEW seedmill.marker AS {truth}"), "is no table"),
        (format!("{spy}; CREATE VIEW seedmill.marker AS {truth} WHERE public.spy()"), "is no table"),
        (format!("CREATE TABLE seedmill.marker AS {truth} UNION ALL {truth}"), "several lines"),
        (
            format!("CREATE TABLE seedmill.marker AS {truth}; UPDATE seedmill.marker SET uuid = NULL"),
            "cannot be read",
        ),
        (format!("CREATE TABLE seedmill.marker AS {truth}"), "belongs to"),
        ("CREATE TABLE seedmill.marker (uuid uuid)".to_owned(), "cannot be read"),
        ("CREATE TABLE seedmill.loads (id bigint)".to_owned(), "is not seedmill's"),
    ] {
        stage.execute(&production, &format!("BEGIN; CREATE SCHEMA seedmill; {forgery}; COMMIT"));
        let before = stage.photograph(&production);
        let mut command = stage.provision(&[&format!("--database={production}"), "--adopt"]);
        stage.refused(command.arg("--secrets=elsewhere"), words);
        assert_eq!(stage.photograph(&production), before);
        stage.execute(&production, "DROP SCHEMA seedmill CASCADE; DROP FUNCTION IF EXISTS public.spy");
    }
    assert!(!stage.path("elsewhere").exists());
}
