//! Hosts that are the same server: it is the database that counts, not what its server is called.

use crate::support::{Stage, said};

#[test]
fn every_way_to_the_server_leads_to_the_same_answer() {
    let Some(stage) = Stage::new("alias") else { return };
    let production = format!("chat_perf_other_{}", stage.tag);
    stage.production(&production);
    let before = stage.photograph(&production);
    let folders = "SELECT split_part(current_setting('unix_socket_directories'), ',', 1)";
    let socket: String = stage.inside("postgres").query_one(folders, &[]).unwrap().get(0);
    let mut reached = 0;
    for host in ["localhost", "LocalHost", "127.0.0.1", "::1", "0.0.0.0", "ip6-localhost", socket.trim()] {
        let changes = |database: &str| {
            [
                ("PGHOST", Some(host.to_owned())),
                ("PGDATABASE", Some(database.to_owned())),
                ("DATABASE_URL", None),
            ]
        };
        let with = |database: &str, act: &dyn Fn()| {
            let changes = changes(database);
            let changes: Vec<_> = changes.iter().map(|(name, value)| (*name, value.as_deref())).collect();
            stage.edited(&changes, &[], act);
        };
        let schema = format!("--schema=by {host}");
        with(&production, &|| {
            let output = stage.run(&mut stage.load(&[&schema]));
            match output.status.code() {
                Some(2) => assert!(said(&output).contains("has no marker"), "{host}: {}", said(&output)),
                // Not every server listens everywhere.
                status => assert!(
                    status == Some(3) && said(&output).contains("cannot connect"),
                    "{host}: {}",
                    said(&output)
                ),
            }
        });
        let loaded = std::cell::Cell::new(false);
        with(&stage.perf, &|| {
            let output = stage.run(&mut stage.load(&[&schema]));
            match output.status.code() {
                Some(0) => loaded.set(true),
                status => assert!(
                    status == Some(3) && said(&output).contains("cannot connect"),
                    "{host}: {}",
                    said(&output)
                ),
            }
        });
        reached += u32::from(loaded.get());
    }
    assert!(reached >= 2, "only {reached} ways lead to the server");
    assert_eq!(stage.photograph(&production), before);
}
