//! Variables of the environment, beside the credentials file and over those that were `source`d from it.

use crate::support::Stage;

/// By which frameworks say where they run, and words by which they say production.
const STAGES: &[(&str, &str)] = &[
    ("NODE_ENV", "production"),
    ("NODE_ENV", "Production "),
    ("APP_ENV", "prod"),
    ("APP_ENV", " PROD"),
    ("RAILS_ENV", "production"),
    ("RACK_ENV", "production-eu"),
    ("ENVIRONMENT", "live"),
    ("ENVIRONMENT", "eu-prd-2"),
    ("ENV", "prod"),
    ("STAGE", "prd"),
    ("MIX_ENV", "prod"),
    ("DJANGO_ENV", "production"),
    ("FLASK_ENV", "production"),
    ("GO_ENV", "production"),
    ("VERCEL_ENV", "production"),
    ("DEPLOY_ENV", "production"),
    ("ASPNETCORE_ENVIRONMENT", "Production"),
    ("DOTNET_ENVIRONMENT", "Production"),
    ("SPRING_PROFILES_ACTIVE", "metrics,prod"),
];

#[test]
fn nothing_runs_where_a_framework_says_production() {
    let Some(stage) = Stage::new("stage") else { return };
    let before = stage.photograph(&stage.perf);
    for (name, value) in STAGES {
        let words = format!("{name} is `{value}`");
        stage.refused(stage.load(&[]).env(name, value), &words);
        stage.refused(stage.sourced(&[]).env(name, value), &words);
        stage.refused(stage.teardown(&[]).env(name, value), &words);
        stage.refused(stage.provision(&["--rotate-password"]).env(name, value), &words);
    }
    assert_eq!(stage.photograph(&stage.perf), before);
    for (name, value) in
        [("NODE_ENV", "development"), ("APP_ENV", "test"), ("RAILS_ENV", ""), ("ENV", "staging")]
    {
        stage.succeeds(stage.load(&[]).env(name, value));
    }
}

/// Variables that would lead psql to a production; the last word is what the sourced load says of them.
fn leading_away(stage: &Stage, production: &str) -> Vec<(Vec<(&'static str, String)>, &'static str)> {
    let service = |file: &str, text: String| {
        let path = stage.path(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let user = service("service.conf", format!("[shop]\ndbname={production}\n"));
    service("etc/pg_service.conf", format!("[shop]\ndbname={production}\nhost=127.0.0.1\n"));
    let away = service("away.conf", "[shop]\nhostaddr=127.0.0.2\n".to_owned());
    let folder = stage.path("etc").display().to_string();
    let shop = ("PGSERVICE", "shop".to_owned());
    let url = ("DATABASE_URL", stage.url_to(production));
    let differ = "DATABASE_URL names another database";
    vec![
        (vec![("PGDATABASE", production.to_owned())], "refused: "),
        (
            vec![("PGDATABASE", production.to_owned()), ("DATABASE_URL", stage.url_to(production))],
            "has no marker",
        ),
        (vec![("DATABASE_URL", stage.url_to(production))], "DATABASE_URL names another database"),
        (vec![shop.clone(), ("PGSERVICEFILE", user.clone())], differ),
        (vec![shop.clone(), ("PGSERVICEFILE", user), url.clone()], "has no marker"),
        (vec![shop.clone(), ("PGSYSCONFDIR", folder), url.clone()], "has no marker"),
        (vec![shop, ("PGSERVICEFILE", away)], "cannot connect"),
        (vec![("PGOPTIONS", "-c search_path=public".to_owned())], "PGOPTIONS asks"),
        (vec![("PGHOST", "127.0.0.2".to_owned())], "cannot connect"),
        (vec![("PGHOSTADDR", "127.0.0.2".to_owned())], "cannot connect"),
        (vec![("PGUSER", stage.superuser())], "could forge"),
    ]
}

#[test]
fn variables_lead_nowhere() {
    let Some(stage) = Stage::new("away") else { return };
    let production = format!("chat_perf_other_{}", stage.tag);
    stage.production(&production);
    let before = stage.photograph(&production);
    let empty = stage.photograph(&stage.perf);
    let away = leading_away(&stage, &production);
    for (variables, words) in &away {
        let status = if *words == "cannot connect" { 3 } else { 2 };
        stage.ends_with(status, stage.sourced(&[]).envs(variables.clone()), words);
    }
    assert_eq!(stage.photograph(&stage.perf), empty);
    // Beside the file they say nothing: it is loaded into what the file names.
    for (variables, _) in &away {
        stage.succeeds(stage.load(&[]).envs(variables.clone()));
        assert_ne!(stage.photograph(&stage.perf), empty);
        stage.succeeds(stage.teardown(&["--quiet"]).envs(variables.clone()));
    }
    assert_eq!(stage.photograph(&production), before);
}

#[test]
fn the_environment_that_is_named_wins_over_the_one_that_was_sourced() {
    let (Some(stage), Some(other)) = (Stage::new("named"), Stage::new("told")) else { return };
    let before = other.photograph(&other.perf);
    stage.succeeds(stage.load(&[]).envs(other.variables()));
    assert_eq!(other.photograph(&other.perf), before);
    // Pieces of both are neither.
    let loaded = stage.photograph(&stage.perf);
    for name in ["SEEDMILL_MARKER", "PGDATABASE"] {
        let mut command = stage.sourced(&["--schema=second"]);
        stage.refused(command.env(name, other.variable(name)), "refused: ");
        stage.edited(&[(name, Some(&other.variable(name)))], &[], || {
            stage.refused(&mut stage.load(&["--schema=second"]), "refused: ");
        });
    }
    // Without a marker nothing was sourced, and the file of the dataset's own environment is what is left.
    let mut command = stage.load_as_told(&["--schema=second"]);
    stage.succeeds(command.envs(other.variables()).env_remove("SEEDMILL_MARKER"));
    assert_ne!(stage.photograph(&stage.perf), loaded);
    assert_eq!(other.photograph(&other.perf), before);
}
