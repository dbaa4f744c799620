//! The loader's password stays out of everything that is printed, written, logged or listed.

use crate::datasets::Dataset;
use crate::law::{latest_record, stage};
use crate::own_server::OwnServer;
use crate::place::{Place, SCHEMA};

#[test]
fn passwords_appear_nowhere() {
    let Some(server) = OwnServer::start("secret") else { return };
    let place = Place::at(server.url.clone(), "secret");
    server.ask_for_passwords();
    let mut client = place.inside();
    for setting in ["log_statement = 'all'", "log_connections = on", "log_min_messages = 'debug1'"] {
        client.batch_execute(&format!("ALTER SYSTEM SET {setting}")).unwrap();
    }
    client.batch_execute("SELECT pg_reload_conf()").unwrap();
    let dataset = Dataset::chat("parquet");
    let password = place.variable("PGPASSWORD");
    let reader = place.variable("SEEDMILL_READER_PASSWORD");
    assert_eq!(password.len(), 32);
    let mut run = place.start(&dataset, &["--jobs=2"]);
    run.meets("the tables", || stage(&mut client, SCHEMA) > crate::law::Stage::Nothing);
    let listed = std::fs::read(format!("/proc/{}/cmdline", run.id())).unwrap();
    let mut told = vec![("process list", String::from_utf8_lossy(&listed).into_owned())];
    let ended = run.end();
    ended.says(0, &[]);
    told.extend([("stderr", ended.said), ("stdout", ended.printed)]);
    // A wrong password of the same shape; and nobody there.
    let wrong: String = password.chars().rev().collect();
    place.set_variable("PGPASSWORD", &wrong);
    let ended = place.fails(&dataset, &[], 3, &["password", ".env.dev"]);
    told.extend([("stderr of a wrong one", ended.said), ("stdout of a wrong one", ended.printed)]);
    place.set_variable("PGPASSWORD", &password);
    let port = place.variable("PGPORT");
    place.set_variable("PGPORT", "1");
    let ended = place.fails(&dataset, &[], 3, &["is the server running"]);
    told.extend([("stderr of nobody", ended.said), ("stdout of nobody", ended.printed)]);
    place.set_variable("PGPORT", &port);
    let ledger = "SELECT (SELECT json_agg(t) FROM seedmill.loads t)::text || (SELECT json_agg(t) FROM seedmill.parts t)::text
                  || (SELECT json_agg(t) FROM seedmill.objects t)::text || (SELECT json_agg(t) FROM pg_stat_activity t)::text";
    told.push(("ledger", client.query_one(ledger, &[]).unwrap().get(0)));
    told.push(("record", latest_record(&place).to_string()));
    told.push(("server's log", server.log()));
    assert!(server.log().contains("CREATE SCHEMA \"loaded\""), "the log tells statements");
    for file in files_below(&place.out()) {
        told.push((
            "file of the output",
            String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned(),
        ));
    }
    for (place, text) in told {
        for secret in [&password, &reader, &wrong] {
            assert!(!text.contains(secret.as_str()), "{place}: {text}");
        }
    }
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(files_below(&path)),
            false => files.push(path),
        }
    }
    files
}
