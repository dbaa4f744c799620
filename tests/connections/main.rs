//! Connections to a real server: every `sslmode` against every kind of certificate, passwords and services from
//! wherever they may come, with psql's own verdict beside ours. Needs SEEDMILL_TEST_POSTGRES, `psql` and `openssl`.

#![expect(clippy::print_stderr, reason = "a skipped test says why")]

mod certificates;
mod server;

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;

use certificates::{Certificates, quoted};
use seedmill::error::Error;
use seedmill::postgres::connection::{ServerFacts, probe};
use seedmill::postgres::target::{Environment, Secret, Target, TargetRequest};
use server::Server;

const MODES: &[&str] = &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
const CERTIFICATES: &[&str] =
    &["good", "stranger", "expired", "common", "manual", "stale", "forged", "chained", "own"];
const PASSWORD: &str = "hunter2 @:/?#'\\";

/// Who got where: role, database, and whether the connection is encrypted. Nothing if it was refused.
type Verdict = Option<(String, String, bool)>;

fn probed(place: &str, variables: &[(&str, &str)]) -> Result<ServerFacts, Error> {
    let environment = Environment(
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    );
    let request = TargetRequest { url: Some(Secret::new(place)), ..TargetRequest::default() };
    probe(&Target::resolve(&request, &environment)?)
}

fn failure(place: &str, variables: &[(&str, &str)]) -> (String, String) {
    let error = probed(place, variables).expect_err(place);
    let shown = format!("{error} {error:?} {:?}", error.hint());
    assert!(!shown.contains("hunter2"), "{shown}");
    (error.to_string(), error.hint().unwrap_or_default().to_owned())
}

fn ours(place: &str, variables: &[(&str, &str)]) -> Verdict {
    let facts = probed(place, variables).ok()?;
    Some((facts.user, facts.database, facts.encryption.is_some()))
}

fn psqls(place: &str, variables: &[(&str, &str)]) -> Verdict {
    let query = "SELECT current_user, current_database(), ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let output = Command::new("psql")
        .args([place, "-XAtwc", query])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(variables.iter().copied())
        .output()
        .expect("psql starts");
    let line = String::from_utf8(output.stdout).unwrap();
    let mut fields = line.trim().split('|').map(str::to_owned);
    output
        .status
        .success()
        .then(|| (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap() == "t"))
}

/// Ours, after it was found to be psql's.
fn verdict(place: &str, variables: &[(&str, &str)]) -> Verdict {
    let ours = ours(place, variables);
    assert_eq!(ours, psqls(place, variables), "{place} {variables:?}");
    ours
}

fn make_role(server: &Server) {
    let quoted = PASSWORD.replace('\'', "''");
    server
        .run(&[&format!("CREATE ROLE ann LOGIN PASSWORD '{quoted}'"), "CREATE DATABASE chat_perf OWNER ann"]);
}

#[test]
fn every_mode_has_psqls_verdict_on_every_certificate() {
    let Some(server) = Server::start("tls") else { return };
    let certificates = Certificates::make();
    make_role(&server);
    server.admit("hostssl all ann 127.0.0.1/32 scram-sha-256");
    let home = tempfile::tempdir().unwrap();
    let variables = [("PGPASSWORD", PASSWORD), ("HOME", quoted(home.path()))];
    let mut verified = Vec::new();
    for shown in CERTIFICATES {
        server.show(&certificates.read(&format!("{shown}.crt")), &certificates.read(&format!("{shown}.key")));
        for roots in ["none", "ca", "own"] {
            if roots == "own" && !matches!(*shown, "own" | "good") {
                continue;
            }
            for mode in MODES {
                let mut place =
                    format!("host=localhost port={} user=ann dbname=chat_perf sslmode={mode}", server.port);
                if roots != "none" {
                    let file = certificates.path(&format!("{roots}.crt"));
                    place += &format!(" sslrootcert={}", quoted(&file));
                }
                let verdict = verdict(&place, &variables);
                assert_eq!(verdict.is_some(), verdict.as_ref().is_some_and(|(_, _, encrypted)| *encrypted));
                if *mode == "verify-full" && verdict.is_some() {
                    verified.push((*shown, roots));
                }
            }
        }
    }
    let good = [("good", "ca"), ("common", "ca"), ("manual", "ca"), ("chained", "ca"), ("own", "own")];
    assert_eq!(verified, good);
}

#[test]
fn hosts_roots_and_bindings_are_taken_as_psql_takes_them() {
    let Some(server) = Server::start("tls2") else { return };
    let certificates = Certificates::make();
    make_role(&server);
    server.show(&certificates.read("good.crt"), &certificates.read("good.key"));
    let home = tempfile::tempdir().unwrap();
    let home = quoted(home.path());
    let port = server.port;
    let variables = [("PGPASSWORD", PASSWORD), ("HOME", home)];
    let ca = quoted(&certificates.path("ca.crt")).to_owned();
    let at = |host: &str, more: &str| format!("{host} port={port} user=ann dbname=chat_perf {more}");

    server.admit("hostssl all ann 127.0.0.1/32 scram-sha-256");
    let full = format!("sslmode=verify-full sslrootcert={ca}");
    assert!(verdict(&at("host=localhost", &full), &variables).is_some());
    assert!(verdict(&at("host=localhost hostaddr=127.0.0.1", &full), &variables).is_some());
    assert!(verdict(&at("host=other hostaddr=127.0.0.1", &full), &variables).is_none());
    assert!(verdict(&at("host=127.0.0.1", &full), &variables).is_none());
    assert!(verdict(&at("host=LOCALHOST", &full), &variables).is_some());
    assert!(verdict(&at("host=localhost", "sslmode=require channel_binding=require"), &variables).is_some());
    let (_, database, encrypted) =
        verdict(&at(&format!("host={}", server.socket()), "sslmode=verify-full"), &variables).unwrap();
    assert_eq!((database.as_str(), encrypted), ("chat_perf", false));

    // Stricter than psql, which passes over a file that is not there, and knows `system` from version 16 on.
    let (message, _) = failure(&at("host=localhost", "sslmode=require sslrootcert=/nowhere"), &variables);
    assert!(message.contains("/nowhere"), "{message}");
    assert!(probed(&at("host=localhost", "sslrootcert=system"), &variables).is_err());

    // Roots in the usual place are used by every mode.
    let usual = Path::new(home).join(".postgresql");
    std::fs::create_dir(&usual).unwrap();
    for (roots, accepts) in [("ca", true), ("own", false)] {
        std::fs::copy(certificates.path(&format!("{roots}.crt")), usual.join("root.crt")).unwrap();
        for mode in ["prefer", "require", "verify-ca", "verify-full"] {
            let found = verdict(&at("host=localhost", &format!("sslmode={mode}")), &variables);
            assert_eq!(found.is_some(), accepts, "{roots} {mode}");
        }
    }
    // With roots that do not fit, who prefers TLS does without it where the server lets him.
    server.admit("host all ann 127.0.0.1/32 scram-sha-256");
    assert!(!verdict(&at("host=localhost", "sslmode=prefer"), &variables).unwrap().2);
    std::fs::remove_dir_all(&usual).unwrap();
    assert!(verdict(&at("host=localhost", "sslmode=prefer"), &variables).unwrap().2);
    assert!(verdict(&at("host=localhost", ""), &variables).unwrap().2);
    assert!(!verdict(&at("host=localhost", "sslmode=disable"), &variables).unwrap().2);
    assert!(verdict(&at("host=localhost", "sslmode=disable channel_binding=require"), &variables).is_none());

    server.admit("hostnossl all ann 127.0.0.1/32 scram-sha-256");
    assert!(!verdict(&at("host=localhost", "sslmode=prefer"), &variables).unwrap().2);
    assert!(verdict(&at("host=localhost", "sslmode=require"), &variables).is_none());

    server.run(&["ALTER SYSTEM SET ssl = off"]);
    server.admit("host all ann 127.0.0.1/32 scram-sha-256");
    assert!(verdict(&at("host=localhost", "sslmode=prefer"), &variables).is_some());
    assert!(verdict(&at("host=localhost", "sslmode=require"), &variables).is_none());
}

#[test]
fn certificates_that_are_refused_say_why() {
    let Some(server) = Server::start("why") else { return };
    let certificates = Certificates::make();
    make_role(&server);
    server.admit("hostssl all ann 127.0.0.1/32 scram-sha-256");
    let ca = quoted(&certificates.path("ca.crt")).to_owned();
    for (shown, mode, why, what) in [
        ("stranger", "verify-full", "db.example.com", "a name that the certificate has"),
        ("expired", "verify-ca", "xpired", "in force"),
        ("own", "verify-ca", "invalid peer certificate", "server"),
    ] {
        server.show(&certificates.read(&format!("{shown}.crt")), &certificates.read(&format!("{shown}.key")));
        let place = format!("host=localhost port={} user=ann sslmode={mode} sslrootcert={ca}", server.port);
        let (message, hint) = failure(&place, &[("PGPASSWORD", PASSWORD)]);
        assert!(message.contains(why) && hint.contains(what), "{message}\n{hint}");
    }
    let (message, hint) = failure("host=localhost sslmode=verify-full", &[("HOME", "/nowhere")]);
    assert!(message.contains("root.crt") && hint.contains("sslrootcert=FILE"), "{message}\n{hint}");
}

#[test]
fn passwords_and_services_come_from_where_psql_takes_them() {
    use std::os::unix::fs::PermissionsExt;
    let Some(server) = Server::start("words") else { return };
    make_role(&server);
    server.run(&["CREATE ROLE bob LOGIN PASSWORD 'hunter2 bob'", "CREATE DATABASE shop_perf"]);
    server.admit("host all all 127.0.0.1/32 scram-sha-256");
    let (port, folder) = (server.port, tempfile::tempdir().unwrap());
    let home = quoted(folder.path());
    let file = |name: &str, text: &str, mode: u32| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let enters = |place: &str, variables: &[(&str, &str)]| {
        verdict(place, &[&[("HOME", home)], variables].concat())
            .map(|(user, database, _)| format!("{user} {database}"))
    };
    let into = |what: &str| Some(what.to_owned());
    let place = format!("postgresql://ann@127.0.0.1:{port}/chat_perf");
    let encoded = "hunter2%20%40%3A%2F%3F%23%27%5C";

    assert_eq!(enters(&place, &[]), None);
    assert_eq!(enters(&place, &[("PGPASSWORD", PASSWORD)]), into("ann chat_perf"));
    assert_eq!(enters(&place, &[("PGPASSWORD", "hunter2")]), None);
    let url = format!("postgresql://ann:{encoded}@127.0.0.1:{port}/chat_perf");
    assert_eq!(enters(&url, &[]), into("ann chat_perf"));
    assert_eq!(enters(&url, &[("PGPASSWORD", "hunter2 wrong")]), into("ann chat_perf"));
    let words =
        format!("host=127.0.0.1 port={port} user=ann dbname=chat_perf password='hunter2 @:/?#\\'\\\\'");
    assert_eq!(enters(&words, &[]), into("ann chat_perf"));
    let pairs =
        [("PGHOST", "127.0.0.1"), ("PGPORT", &port.to_string()), ("PGUSER", "ann"), ("PGPASSWORD", PASSWORD)];
    assert_eq!(
        enters("postgresql://", &[&pairs[..], &[("PGDATABASE", "shop_perf")]].concat()),
        into("ann shop_perf")
    );

    let line =
        format!("# mine\n127.0.0.1:{port}:chat_perf:ann:hunter2 @\\:/?#'\\\\\n*:*:*:bob:hunter2 bob\n");
    let passwords = file(".pgpass", &line, 0o600);
    assert_eq!(enters(&place, &[]), into("ann chat_perf"));
    assert_eq!(enters(&format!("postgresql://bob@127.0.0.1:{port}/shop_perf"), &[]), into("bob shop_perf"));
    assert_eq!(enters(&format!("postgresql://ann@127.0.0.1:{port}/shop_perf"), &[]), None);
    assert_eq!(enters(&place, &[("PGPASSWORD", "hunter2 wrong")]), None);
    let elsewhere = file("elsewhere", &format!("localhost:{port}:*:*:hunter2 bob"), 0o600);
    assert_eq!(enters(&place, &[("PGPASSFILE", &elsewhere)]), None);
    let bob = format!("host=localhost port={port} user=bob dbname=shop_perf passfile={elsewhere}");
    assert_eq!(enters(&bob, &[]), into("bob shop_perf"));
    file(".pgpass", &line, 0o640);
    assert_eq!(enters(&place, &[]), None);
    let (_, hint) = failure(&place, &[("HOME", home)]);
    assert!(hint.contains(&passwords) && hint.contains("0600") && hint.contains("PGPASSWORD"), "{hint}");

    let service =
        format!("[perf]\nhost=127.0.0.1\nport={port}\nuser=ann\ndbname=chat_perf\npassword={PASSWORD}\n");
    file(".pg_service.conf", &service, 0o644);
    assert_eq!(enters("service=perf", &[]), into("ann chat_perf"));
    assert_eq!(enters("postgresql://?service=perf", &[("PGDATABASE", "shop_perf")]), into("ann chat_perf"));
    assert_eq!(enters("postgresql:///shop_perf", &[("PGSERVICE", "perf")]), into("ann shop_perf"));
    assert_eq!(enters("service=perf", &[("PGPASSWORD", "hunter2 wrong")]), into("ann chat_perf"));
    assert_eq!(enters("service=none", &[]), None);
    let other = file("services", &service.replace("chat_perf", "shop_perf"), 0o644);
    assert_eq!(enters("service=perf", &[("PGSERVICEFILE", &other)]), into("ann shop_perf"));
    file("pg_service.conf", &service.replace("[perf]", "[machine]"), 0o644);
    assert_eq!(enters("service=machine", &[("PGSYSCONFDIR", home)]), into("ann chat_perf"));
}

#[test]
fn what_goes_wrong_is_said_with_what_helps() {
    let Some(server) = Server::start("wrong") else { return };
    make_role(&server);
    server.run(&["CREATE ROLE bob LOGIN CONNECTION LIMIT 0"]);
    server.admit("host all ann 127.0.0.1/32 scram-sha-256\nhost all bob 127.0.0.1/32 trust");
    let at = |user: &str, more: &str| format!("host=127.0.0.1 port={} user={user} {more}", server.port);
    for (place, password, expected, helps) in [
        (at("ann", "dbname=chat_perf"), "hunter2 wrong", "[28P01]", "the password came from PGPASSWORD"),
        (at("ann", "dbname=chat_perf"), "", "password missing", "PGPASSWORD"),
        (at("ann", "dbname=none"), PASSWORD, "\"none\" does not exist [3D000]", "seedmill provision"),
        (at("bob", "dbname=chat_perf"), "", "[53300]", "--jobs"),
        (at("eve", "dbname=chat_perf"), "", "[28000]", "pg_hba.conf"),
        ("host=127.0.0.1 port=1 user=ann".to_owned(), "", "onnection refused", "at 127.0.0.1:1"),
        ("host=/nowhere port=1 user=ann".to_owned(), "", "o such file", "its socket in /nowhere"),
        (
            "host=no.such.host.invalid user=ann".to_owned(),
            "",
            "`no.such.host.invalid` is not found",
            "hostaddr",
        ),
    ] {
        let (message, hint) = failure(&place, &[("PGPASSWORD", password)]);
        assert!(message.contains(expected), "{place}: {message}");
        assert!(hint.contains(helps), "{place}: {message}\n{hint}");
        assert!(message.starts_with("cannot connect to "), "{message}");
    }
    let facts =
        probed(&at("ann", "dbname=chat_perf application_name=nightly"), &[("PGPASSWORD", PASSWORD)]).unwrap();
    assert!(
        facts.version_number >= 150_000 && facts.version.starts_with(|first: char| first.is_ascii_digit())
    );
    assert_eq!(facts.address, Some(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    assert_eq!((facts.user.as_str(), facts.database.as_str(), facts.encryption), ("ann", "chat_perf", None));
}

#[test]
fn a_server_that_takes_the_call_and_is_silent_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for mode in ["disable", "prefer", "require"] {
        let place = format!("host=127.0.0.1 port={port} user=ann sslmode={mode} connect_timeout=1");
        let (message, hint) = failure(&place, &[("PGPASSWORD", "hunter2")]);
        assert!(message.ends_with("no answer within 1 s"), "{message}");
        assert!(hint.contains("connect_timeout"), "{hint}");
    }
}

/// A proxy, say: it agrees to TLS and cannot speak it. The words of the driver are what the second try hangs on.
#[test]
fn who_prefers_tls_tries_without_it_after_a_failed_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let tries = std::thread::spawn(move || {
        let mut lengths = Vec::new();
        for stream in listener.incoming().take(3) {
            let mut stream = stream.unwrap();
            let mut length = [0; 4];
            stream.read_exact(&mut length).unwrap();
            let length = u32::from_be_bytes(length);
            stream.read_exact(&mut vec![0; length as usize - 4]).unwrap();
            lengths.push(length);
            if length == 8 {
                stream.write_all(b"S no TLS at all, but plain words").unwrap();
                stream.read_to_end(&mut Vec::new()).unwrap();
            }
        }
        lengths
    });
    let place = |mode: &str| format!("host=127.0.0.1 port={port} user=ann sslmode={mode} connect_timeout=9");
    let (message, _) = failure(&place("prefer"), &[]);
    assert!(message.contains("TLS handshake") && message.contains("and without TLS"), "{message}");
    let (message, hint) = failure(&place("require"), &[]);
    assert!(message.contains("TLS handshake") && hint.contains("sslmode=disable"), "{message}\n{hint}");
    // A request for TLS has 8 bytes; the second try begins with a longer greeting.
    let lengths = tries.join().unwrap();
    assert!(matches!(lengths.as_slice(), [8, second, 8] if *second > 8), "{lengths:?}");
}
