//! A URL as the only word of where the database is, with all that can be said behind its `?`.

use crate::support::Stage;

#[test]
fn a_url_leads_nowhere_else() {
    let Some(stage) = Stage::new("url") else { return };
    let production = format!("chat_perf_other_{}", stage.tag);
    let named = format!("shop_prod_{}", stage.tag);
    for name in [&production, &named] {
        stage.production(name);
    }
    std::fs::write(stage.path(".pg_service.conf"), format!("[shop]\ndbname={production}\n")).unwrap();
    let before = [&production, &named, &stage.perf].map(|name| stage.photograph(name));
    let (host, port) = stage.address();
    let (user, password) = (stage.role("user"), stage.variable("PGPASSWORD"));
    let (right, wrong) = (stage.url_to(&stage.perf), stage.url_to(&production));
    let nowhere = format!("postgresql://{user}:{password}@");
    for (url, words) in [
        (wrong.clone(), "has no marker"),
        (stage.url_to(&named), "a name with `prod`"),
        (stage.url_to(&named.replace("prod", "%70rod")), "a name with `prod`"),
        (format!("{nowhere}{host}:{port}/?dbname={production}"), "has no marker"),
        (format!("{nowhere}/{production}?host={host}&port={port}"), "has no marker"),
        (format!("{nowhere}/{production}?hostaddr={host}&port={port}"), "has no marker"),
        (
            format!("host={host} port={port} user={user} password={password} dbname={production}"),
            "has no marker",
        ),
        (format!("{right}?dbname={production}"), "dbname"),
        (format!("{right}?host=db.production.example.com"), "host"),
        (format!("{right}?host={host}&host={host}"), "host"),
        (format!("{right}?options=-c%20search_path%3Dpublic"), "`options`"),
        (format!("{right}?service=shop&dbname={production}"), "dbname"),
        (format!("{nowhere}{host}:{port}/?service=shop"), "has no marker"),
        (format!("{right}?target_session_attrs=any"), "`target_session_attrs`"),
        (format!("{right}?replication=database"), "`replication`"),
        (format!("{right}?schema=public&pgbouncer=true"), "`pgbouncer`"),
        (format!("{nowhere}{host},{host}/{}", stage.perf), "several hosts"),
        (format!("{nowhere}db.production.example.com/{}", stage.perf), "the host is called"),
        (right.replacen("chat_perf", "CHAT_PERF", 1).replace("postgresql", "mysql"), ""),
        (right.replace(&user, "prod_admin"), "the user is called"),
    ] {
        let marker = stage.variable("SEEDMILL_MARKER");
        let mut command = stage.load_as_told(&[]);
        stage.refused(command.envs([("DATABASE_URL", &url), ("SEEDMILL_MARKER", &marker)]), words);
        let mut changes: Vec<_> =
            ["PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD"].map(|name| (name, None)).to_vec();
        changes.push(("DATABASE_URL", Some(url.as_str())));
        stage.edited(&changes, &[], || stage.refused(&mut stage.load(&[]), words));
    }
    assert_eq!([&production, &named, &stage.perf].map(|name| stage.photograph(name)), before);
    let marker = stage.variable("SEEDMILL_MARKER");
    let mut command = stage.load_as_told(&[]);
    stage.succeeds(command.envs([("DATABASE_URL", &right), ("SEEDMILL_MARKER", &marker)]));
}
