//! The credentials file, edited by hand.

use crate::support::Stage;

#[test]
fn a_file_that_leads_to_another_database_is_refused() {
    let Some(stage) = Stage::new("lead") else { return };
    let names = ["app", "shop_prod", "chat_perf_other"].map(|name| format!("{name}_{}", stage.tag));
    for (name, words) in
        names.iter().zip(["only a name with the word `perf`", "a name with `prod`", "has no marker"])
    {
        stage.production(name);
        stage.pointed_at(name, || stage.keeps_out_of(name, words));
        // A file of which only one line was changed says two things.
        let before = stage.photograph(name);
        stage.edited(&[("PGDATABASE", Some(name))], &[], || stage.refused(&mut stage.load(&[]), "refused: "));
        let url = stage.url_to(name);
        stage.edited(&[("DATABASE_URL", Some(&url))], &[], || {
            stage.refused(&mut stage.load(&[]), "DATABASE_URL names another database");
            stage.refused(&mut stage.teardown(&[]), "DATABASE_URL names another database");
        });
        assert_eq!(stage.photograph(name), before);
    }
    // It was the file alone: as it is, it loads.
    stage.succeeds(&mut stage.load(&[]));
    stage.succeeds(&mut stage.teardown(&[]));
}

#[test]
fn a_line_that_stands_twice_is_refused() {
    let Some(stage) = Stage::new("twice") else { return };
    let production = format!("chat_perf_other_{}", stage.tag);
    stage.production(&production);
    let before = [stage.photograph(&production), stage.photograph(&stage.perf)];
    for (name, value) in [
        ("PGDATABASE", production.clone()),
        ("PGDATABASE", stage.perf.clone()),
        ("PGHOST", "127.0.0.2".to_owned()),
        ("SEEDMILL_MARKER", "1/2/3".to_owned()),
        ("DATABASE_URL", stage.url_to(&production)),
    ] {
        for line in [
            format!("export {name}='{value}'"),
            format!("{name}={value}"),
            format!("  export {name}={value}"),
        ] {
            stage.edited(&[], &[&line], || {
                stage.refused(&mut stage.load(&[]), &format!("sets {name} a second time"));
            });
        }
    }
    assert_eq!([stage.photograph(&production), stage.photograph(&stage.perf)], before);
}

#[test]
fn a_marker_that_was_edited_or_removed_is_refused() {
    let Some(stage) = Stage::new("marker") else { return };
    let before = stage.photograph(&stage.perf);
    let marker = stage.variable("SEEDMILL_MARKER");
    let pieces: Vec<&str> = marker.split('/').collect();
    let [system, database, uuid] = pieces[..] else { panic!("{marker}") };
    for wrong in [
        format!("1/{database}/{uuid}"),
        format!("{system}/1/{uuid}"),
        format!("{system}/{database}/00000000-0000-0000-0000-000000000000"),
        format!("{system}/{database}/{}", uuid.to_uppercase()),
        format!("{system}/{database}/{uuid}/"),
    ] {
        stage.edited(&[("SEEDMILL_MARKER", Some(&wrong))], &[], || {
            stage.refused(&mut stage.load(&[]), "is not the database that these credentials were made for");
            stage.refused(
                &mut stage.teardown(&[]),
                "is not the database that these credentials were made for",
            );
        });
    }
    for wrong in ["any", "//", "%/%/%", "0/0", &format!("{system}/{database}/")] {
        stage.edited(&[("SEEDMILL_MARKER", Some(wrong))], &[], || {
            stage.refused(&mut stage.load(&[]), "is no marker");
        });
    }
    for none in [None, Some("")] {
        stage.edited(&[("SEEDMILL_MARKER", none)], &[], || {
            stage.refused(&mut stage.load(&[]), "no SEEDMILL_MARKER");
            stage.refused(&mut stage.teardown(&[]), "no SEEDMILL_MARKER");
            // What is in the environment does not mend the file.
            stage.refused(stage.load(&[]).env("SEEDMILL_MARKER", &marker), "no SEEDMILL_MARKER");
        });
    }
    assert_eq!(stage.photograph(&stage.perf), before);
}

#[test]
fn what_else_a_file_says_leads_nowhere() {
    let Some(stage) = Stage::new("else") else { return };
    let production = format!("chat_perf_other_{}", stage.tag);
    stage.production(&production);
    let before = [stage.photograph(&production), stage.photograph(&stage.perf)];
    std::fs::write(stage.path(".pg_service.conf"), format!("[shop]\ndbname={production}\n")).unwrap();
    for (name, value, words) in [
        ("PGSERVICE", "shop", "DATABASE_URL names another database"),
        ("PGOPTIONS", "-c search_path=public", "PGOPTIONS asks for what is not supported"),
        ("PGTARGETSESSIONATTRS", "any", "PGTARGETSESSIONATTRS asks"),
        // The file of an application was put together with ours.
        ("NODE_ENV", "production", "NODE_ENV is `production`"),
        ("APP_ENV", "Prod ", "APP_ENV is `Prod `"),
        ("PGUSER", "prod_admin", "the user is called `prod_admin`"),
        ("PGHOST", "db.production.example.com", "the host is called"),
        ("PGHOST", "127.0.0.1,127.0.0.1", "several hosts"),
    ] {
        stage.edited(&[(name, Some(value))], &[], || {
            stage.refused(&mut stage.load(&[]), words);
            stage.refused(&mut stage.teardown(&[]), words);
        });
    }
    stage.edited(&[("PGSERVICE", Some("shop")), ("DATABASE_URL", None)], &[], || {
        stage.refused(&mut stage.load(&[]), "has no marker");
    });
    // Nobody is there.
    for (name, value) in [("PGHOST", "127.0.0.2"), ("PGHOSTADDR", "127.0.0.2"), ("PGPORT", "1")] {
        stage.edited(&[(name, Some(value))], &[], || {
            stage.ends_with(3, &mut stage.load(&[]), "cannot connect");
        });
    }
    assert_eq!([stage.photograph(&production), stage.photograph(&stage.perf)], before);
}
