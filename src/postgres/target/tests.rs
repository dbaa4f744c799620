//! [`Target::resolve`](super::Target::resolve) under tables of flags, URLs, variables and files.

use proptest::prelude::*;

use super::*;

fn variables(pairs: &[(&str, &str)]) -> Environment {
    Environment(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn of_url(url: &str) -> TargetRequest {
    TargetRequest { url: Some(Secret::new(url)), ..TargetRequest::default() }
}

fn resolve(url: &str, pairs: &[(&str, &str)]) -> Result<Target> {
    Target::resolve(&of_url(url), &variables(pairs))
}

fn refusal(url: &str, pairs: &[(&str, &str)]) -> String {
    resolve(url, pairs).expect_err(url).to_string()
}

#[test]
fn without_a_word_libpqs_defaults_hold() {
    let target = Target::resolve(&TargetRequest::default(), &Environment::default()).unwrap();
    let host = if Path::new(SOCKET_FOLDER).is_dir() { SOCKET_FOLDER } else { "localhost" };
    assert_eq!((target.host.as_str(), target.port, target.tls), (host, 5432, TlsMode::Prefer));
    assert!(!target.user.is_empty());
    assert_eq!(target.database, target.user);
    assert_eq!(target.connect_timeout, Some(CONNECT_TIMEOUT));
    assert_eq!((target.password, target.root_certificates), (None, None));
    assert_eq!(resolve("postgresql://ann@h", &[]).unwrap().database, "ann");
}

#[test]
fn flags_win_over_the_url_that_over_the_service_that_over_variables() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("services");
    std::fs::write(&file, "[perf]\nhost=service\nport=3\nuser=service\ndbname=service\npassword=service")
        .unwrap();
    let environment = variables(&[
        ("PGSERVICEFILE", file.to_str().unwrap()),
        ("PGHOST", "variable"),
        ("PGPORT", "4"),
        ("PGUSER", "variable"),
        ("PGDATABASE", "variable"),
        ("PGPASSWORD", "variable"),
    ]);
    let shown = |request: &TargetRequest, environment: &Environment| {
        let target = Target::resolve(request, environment).unwrap();
        format!("{target} {}", target.password.as_ref().unwrap().reveal())
    };
    assert_eq!(shown(&TargetRequest::default(), &environment), "variable@variable:4/variable variable");

    let mut request = of_url("?service=perf");
    assert!(Target::resolve(&request, &environment).is_err());
    request.url = Some(Secret::new("service=perf"));
    assert_eq!(shown(&request, &environment), "service@service:3/service service");
    let mut with_service = environment.clone();
    with_service.0.insert("PGSERVICE".into(), "perf".into());
    assert_eq!(shown(&TargetRequest::default(), &with_service), "service@service:3/service service");

    request.url = Some(Secret::new("postgresql://url:url@url:2/url?service=perf"));
    assert_eq!(shown(&request, &environment), "url@url:2/url url");
    request = TargetRequest {
        host: Some("flag".into()),
        port: Some(1),
        user: Some("flag".into()),
        database: Some("flag".into()),
        ..request
    };
    assert_eq!(shown(&request, &environment), "flag@flag:1/flag url");
}

#[test]
fn an_address_does_not_lead_away_from_a_host_that_was_named() {
    let other = [("PGHOSTADDR", "10.0.0.9")];
    assert_eq!(
        refusal("postgresql://h/a", &other),
        "the URL names a host, and PGHOSTADDR an address beside it"
    );
    let request = TargetRequest { host: Some("h".into()), ..of_url("hostaddr=10.0.0.9") };
    assert!(Target::resolve(&request, &Environment::default()).is_err());

    let target = resolve("postgresql://ann@h/a?hostaddr=10.0.0.9", &[]).unwrap();
    assert_eq!((target.host.as_str(), target.address), ("h", Some("10.0.0.9".parse().unwrap())));
    assert_eq!(target.to_string(), "ann@h(10.0.0.9):5432/a");
    let target = resolve("postgresql://ann@/a?hostaddr=::1", &[]).unwrap();
    assert_eq!(target.to_string(), "ann@::1:5432/a");
    assert!(refusal("postgresql:///a?hostaddr=db.example.com", &[]).contains("hostaddr"));
    assert!(refusal("postgresql:///a?host=/tmp&hostaddr=::1", &[]).contains("socket"));
}

#[test]
fn one_primary_server_is_named() {
    for url in
        ["postgresql://a,b/x", "host=a,b", "postgresql:///x?host=a,b", "hostaddr=::1,::2", "host=@abstract"]
    {
        assert!(refusal(url, &[]).contains(" names "), "{url}");
    }
    assert!(refusal("host=a port=1,2", &[]).contains("port"));
    assert!(refusal("", &[("PGHOST", "a,b")]).contains("URL"));
    let by_variable = Target::resolve(&TargetRequest::default(), &variables(&[("PGHOST", "a,b")]));
    assert_eq!(by_variable.unwrap_err().to_string(), "PGHOST names several hosts");
}

#[test]
fn wrong_values_are_named_by_their_source() {
    for (url, pairs, expected) in [
        ("host=a", &[("PGPORT", "x")][..], "the port in PGPORT is not a number from 1 to 65535"),
        ("host=a port=0", &[], "the port in the connection string is not a number from 1 to 65535"),
        ("host=a sslmode=full", &[], "`full` in the connection string is no sslmode"),
        ("host=a", &[("PGSSLMODE", "verify")], "`verify` in PGSSLMODE is no sslmode"),
        ("host=a channel_binding=yes", &[], "`yes` in the connection string is no channel_binding"),
        (
            "host=a connect_timeout=1s",
            &[],
            "`connect_timeout` in the connection string is not a number of seconds",
        ),
        ("host=a", &[("PGOPTIONS", "-c role=x")], "PGOPTIONS asks for what is not supported"),
    ] {
        assert_eq!(refusal(url, pairs), expected);
    }
    let flag = TargetRequest { database: Some(String::new()), ..TargetRequest::default() };
    assert!(Target::resolve(&flag, &Environment::default()).unwrap_err().to_string().contains("--database"));
}

#[test]
fn a_timeout_of_zero_or_less_waits_for_ever() {
    let timeout =
        |text: &str| resolve(&format!("host=a connect_timeout={text}"), &[]).unwrap().connect_timeout;
    assert_eq!(timeout("3"), Some(Duration::from_secs(3)));
    assert_eq!((timeout("0"), timeout("-1")), (None, None));
}

#[test]
fn root_certificates_are_those_named_or_those_of_the_home() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_str().unwrap();
    let tls = |url: &str| {
        let target = resolve(url, &[("HOME", home)]).unwrap();
        (target.tls, target.root_certificates)
    };
    assert_eq!(tls("host=a sslmode=verify-full"), (TlsMode::VerifyFull, None));
    std::fs::create_dir(folder.path().join(".postgresql")).unwrap();
    let usual = folder.path().join(".postgresql/root.crt");
    std::fs::write(&usual, "").unwrap();
    assert_eq!(tls("host=a"), (TlsMode::Prefer, Some(RootCertificates::File(usual))));
    let named = Some(RootCertificates::File("/x.crt".into()));
    assert_eq!(tls("host=a sslmode=allow sslrootcert=/x.crt"), (TlsMode::Prefer, named));
    assert_eq!(tls("host=a sslrootcert=system"), (TlsMode::VerifyFull, Some(RootCertificates::System)));
    for weak in ["disable", "allow", "prefer", "require", "verify-ca"] {
        let error = refusal(&format!("host=a sslrootcert=system sslmode={weak}"), &[]);
        assert!(error.contains("too weak"), "{error}");
    }
}

#[test]
#[cfg(unix)]
fn the_password_file_is_asked_last() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".pgpass");
    std::fs::write(&file, "h:5432:a:ann:filed").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let home = folder.path().to_str().unwrap();
    let found = |url: &str, pairs: &[(&str, &str)]| {
        let pairs = [&[("HOME", home)], pairs].concat();
        let target = resolve(url, &pairs).unwrap();
        target.password.map(|password| (password.reveal().to_owned(), target.password_source.unwrap()))
    };
    let from = |password: &str, source: &str| Some((password.to_owned(), source.to_owned()));
    assert_eq!(found("postgresql://ann@h/a", &[]), from("filed", file.to_str().unwrap()));
    assert_eq!(found("postgresql://ann:@h/a", &[]), from("filed", file.to_str().unwrap()));
    assert_eq!(found("postgresql://ann@h/b", &[]), None);
    assert_eq!(found("postgresql://ann@h/a", &[("PGPASSFILE", "/nowhere")]), None);
    assert_eq!(found("postgresql://ann@h/a", &[("PGPASSWORD", "set")]), from("set", "PGPASSWORD"));
    assert_eq!(found("postgresql://ann:said@h/a", &[("PGPASSWORD", "set")]), from("said", "the URL"));

    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let target = resolve("postgresql://ann@h/a", &[("HOME", home)]).unwrap();
    assert_eq!((target.password.is_some(), target.warnings.len()), (false, 1));
    assert!(target.warnings[0].contains("0600"), "{:?}", target.warnings);
}

#[test]
fn nothing_shows_a_password() {
    let request = of_url("postgresql://ann:hunter2@h/a");
    let target = Target::resolve(&request, &variables(&[])).unwrap();
    let shown = format!("{target} {target:?} {request:?} {:?}", target.to_url());
    assert!(!shown.contains("hunter2"), "{shown}");
}

proptest! {
    #[test]
    fn a_targets_url_leads_back_to_it(
        user in "[^\\x00]{1,9}", password in "[^\\x00]{1,9}", database in "[^\\x00]{1,9}", port in 1_u16..,
        host in prop_oneof!["[a-z]{1,9}(\\.[a-z]{1,5})?", "/[a-z /%?@]{1,9}", Just("::1".to_owned())],
        address: Option<IpAddr>, mode in 0..5_usize, root in proptest::option::of("/[^\\x00]{1,9}"),
    ) {
        let modes = [TlsMode::Disable, TlsMode::Prefer, TlsMode::Require, TlsMode::VerifyCa, TlsMode::VerifyFull];
        let mut target = resolve("host=a", &[]).unwrap();
        target.address = address.filter(|_| !host.starts_with('/'));
        target = Target {
            host, port, user, database, password: Some(Secret::new(password)), tls: modes[mode],
            password_source: Some("the URL".to_owned()),
            root_certificates: root.map(|path| RootCertificates::File(path.into())),
            ..target
        };
        prop_assert_eq!(resolve(target.to_url().reveal(), &[]).unwrap(), target);
    }
}

#[test]
fn a_variable_that_is_no_utf8_is_still_seen() {
    use std::os::unix::ffi::OsStringExt;
    let value = std::ffi::OsString::from_vec(b"production\xff".to_vec());
    let environment = Environment::of(std::iter::once(("NODE_ENV".into(), value)));
    assert!(super::super::guard::refuse_environment(&environment).is_err());
}
