//! A connection that reaches another database than the one it asked for, from the beginning or later.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use seedmill::postgres::credentials;
use seedmill::postgres::guard::Door;
use seedmill::postgres::target::Environment;

use crate::pooler::Pooler;
use crate::support::Stage;

/// Does something with a credentials file that leads through a pooler.
fn through(stage: &Stage, pooler: &Pooler, act: impl FnOnce()) {
    let port = pooler.port.to_string();
    let changes = [("PGHOST", Some("127.0.0.1")), ("PGPORT", Some(port.as_str())), ("DATABASE_URL", None)];
    stage.edited(&changes, &[], act);
}

#[test]
fn a_pooler_that_gives_the_name_to_another_database_is_noticed() {
    let Some(stage) = Stage::new("pool") else { return };
    let names =
        ["app", "shop_prod", "chat_perf_other", "chat_perf_copy"].map(|name| format!("{name}_{}", stage.tag));
    let words = ["is called", "a name with `prod`", "has no marker", "is a copy"];
    for name in &names[..3] {
        stage.production(name);
    }
    stage.copy(&names[3]);
    for (name, words) in names.iter().zip(words) {
        let target = name.clone();
        let pooler = Pooler::begin(stage.address(), move |_| target.clone());
        through(&stage, &pooler, || stage.keeps_out_of(name, words));
        assert_eq!(pooler.connections(), 2, "one for each command, and no second try");
    }
    let perf = stage.perf.clone();
    let pooler = Pooler::begin(stage.address(), move |_| perf.clone());
    through(&stage, &pooler, || drop(stage.succeeds(&mut stage.load(&[]))));
}

#[test]
fn every_connection_of_a_load_is_proved() {
    let Some(stage) = Stage::new("later") else { return };
    let production = format!("chat_perf_copy_{}", stage.tag);
    stage.copy(&production);
    let before = stage.photograph(&production);
    // The first connection of a load leads; the second one copies rows.
    for honest in 1..=2 {
        let first = Arc::new(AtomicUsize::new(0));
        let (names, offset) = ((stage.perf.clone(), production.clone()), first.clone());
        let pooler = Pooler::begin(stage.address(), move |number| {
            if number < offset.load(Ordering::SeqCst) + honest { names.0.clone() } else { names.1.clone() }
        });
        through(&stage, &pooler, || {
            for mode in [&["--jobs=1"][..], &["--jobs=1", "--freeze"]] {
                let mut options = mode.to_vec();
                options.push(if mode.len() == 1 { "--schema=parts" } else { "--schema=tables" });
                first.store(pooler.connections(), Ordering::SeqCst);
                let output = stage.run(&mut stage.load(&options));
                let used = pooler.connections() - first.load(Ordering::SeqCst);
                if used > honest {
                    assert_eq!(output.status.code(), Some(2), "{}", crate::support::said(&output));
                    assert!(
                        crate::support::said(&output).contains("is a copy"),
                        "{}",
                        crate::support::said(&output)
                    );
                } else {
                    assert_eq!(output.status.code(), Some(0), "{}", crate::support::said(&output));
                }
                assert!(used >= 2, "a load has more than one connection");
            }
        });
    }
    assert_eq!(stage.photograph(&production), before);
    // The same commands without it go on where they were stopped.
    stage.succeeds(&mut stage.load(&["--jobs=1", "--schema=parts"]));
    stage.succeeds(&mut stage.load(&["--jobs=1", "--freeze", "--schema=tables"]));
}

#[test]
fn a_database_that_is_exchanged_between_two_connections_is_noticed() {
    let Some(stage) = Stage::new("swap") else { return };
    let production = format!("app_{}", stage.tag);
    stage.production(&production);
    let environment = Environment::default();
    let found = credentials::read(&stage.path(".secrets"), "dev", &environment).unwrap();
    let door = Door { target: found.target, marker: found.marker, environment };
    let first = door.open("load").unwrap();
    // With somebody in it, it stays where it is.
    let rename = format!("ALTER DATABASE {} RENAME TO {}_old", stage.perf, stage.perf);
    assert!(stage.inside("postgres").batch_execute(&rename).is_err());
    drop(first);
    stage.rename(&stage.perf, &format!("{}_old", stage.perf));
    stage.rename(&production, &stage.perf);
    let before = stage.photograph(&stage.perf);
    let error = door.open("load").err().expect("another database is refused");
    assert!(error.to_string().contains("has no marker"), "{error}");
    assert_eq!(stage.photograph(&stage.perf), before);
}
