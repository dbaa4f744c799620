//! [`blame`]: what went wrong with a connection, in full and in our words, with what helps.

use std::error::Error as StdError;
use std::io;

use postgres::error::DbError;

use super::super::tls;
use crate::error::Error;

/// How the driver's errors of a handshake begin; it tells their kind in no other way.
const HANDSHAKE_FAILED: &str = "error performing TLS handshake";
/// How the driver says that the server asked for a password and there is none.
const PASSWORD_MISSING: &str = "password missing";
/// How the driver says that the server speaks no TLS.
const WITHOUT_TLS: &str = "server does not support TLS";
/// How the server turns away whoever connects when the disk has no room for its own notes about the catalog. It gives
/// no code of its own (`relcache.c`, `write_item`), and an internal message is never translated.
const WITHOUT_ROOM_TO_LET_IN: &str = "could not write init file";
const DISK_FULL_HINT: &str = "make room on the server's disk and give the same command again";

/// Whether TLS was agreed on, or had to be, and did not come to be.
pub(super) fn has_failed_handshake(error: &postgres::Error) -> bool {
    error.to_string() == HANDSHAKE_FAILED
}

/// Whether the server wants a password and none was given.
pub(super) fn lacks_password(error: &postgres::Error) -> bool {
    chain(error).any(|cause| cause.to_string() == PASSWORD_MISSING)
}

/// Wraps an error of the server with what was tried: `.map_err(blame("cannot copy into messages"))`.
pub(in crate::postgres) fn blame(action: impl Into<String>) -> impl FnOnce(postgres::Error) -> Error {
    let action = action.into();
    move |error| Error::Database { message: format!("{action}: {}", describe(&error)), hint: hint(&error) }
}

/// Everything that an error says, in one line.
pub(super) fn describe(error: &postgres::Error) -> String {
    let Some(said) = error.as_db_error() else {
        let mut causes: Vec<String> = Vec::new();
        for cause in chain(error) {
            let text = cause.to_string();
            if causes.last().is_none_or(|above| !above.ends_with(&text)) {
                causes.push(text);
            }
        }
        return causes.join(": ");
    };
    let quoted = |what: &str, name: Option<&str>| name.map(|name| format!("{what} `{name}`"));
    let table = said.table().map(|table| match said.schema() {
        Some(schema) => format!("{schema}.{table}"),
        None => table.to_owned(),
    });
    let more: Vec<String> = [
        said.detail().map(str::to_owned),
        said.where_().map(str::to_owned),
        quoted("table", table.as_deref()),
        quoted("column", said.column()),
        quoted("type", said.datatype()),
        quoted("constraint", said.constraint()),
    ]
    .into_iter()
    .flatten()
    .map(|text| text.lines().collect::<Vec<_>>().join(" / "))
    .collect();
    let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join("; ")) };
    format!("{}{more} [{}]", said.message(), said.code().code())
}

/// What helps, as the server says it, or as we know it.
pub(super) fn hint(error: &postgres::Error) -> Option<String> {
    if let Some(said) = error.as_db_error() {
        return said.hint().or_else(|| known_hint(said)).map(str::to_owned);
    }
    if !has_failed_handshake(error) {
        return None;
    }
    if chain(error).any(|cause| cause.to_string() == WITHOUT_TLS) {
        return Some("set `ssl = on` and a certificate on the server, or say sslmode=prefer".to_owned());
    }
    let why = chain(error).find_map(|cause| cause.downcast_ref::<rustls::Error>());
    Some(tls::advice(why).to_owned())
}

fn known_hint(said: &DbError) -> Option<&'static str> {
    if said.message().starts_with(WITHOUT_ROOM_TO_LET_IN) {
        return Some(DISK_FULL_HINT);
    }
    Some(match said.code().code() {
        "28P01" => "is it the role's password? PGPASSWORD, ~/.pgpass and the URL may hold one",
        "28000" => {
            "pg_hba.conf on the server says who may connect from where, with TLS or without; does the role exist?"
        }
        "3D000" => "make the database with `seedmill provision`, or look at its name",
        "53300" => "ask for fewer connections with --jobs, or raise max_connections or the role's own limit",
        "53100" => DISK_FULL_HINT,
        "57P03" => "the server is starting or stopping: try again when it accepts connections",
        "42501" => "the role is not allowed to: use the credentials that `seedmill provision` wrote",
        _ => return None,
    })
}

/// Whether the connection is gone, or never came to be, so that the same may succeed on a new one.
pub(in crate::postgres) fn is_connection_lost(error: &postgres::Error) -> bool {
    match error.code() {
        Some(code) => matches!(code.code(), "57P01" | "57P02" | "57P03") || code.code().starts_with("08"),
        None => error.is_closed() || chain(error).filter_map(|cause| cause.downcast_ref()).any(is_broken),
    }
}

/// An I/O error of the network, not one by which a library says that bytes are wrong.
fn is_broken(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    let is_wrong = matches!(error.kind(), Kind::PermissionDenied | Kind::InvalidInput | Kind::InvalidData);
    let is_known = matches!(
        error.kind(),
        Kind::UnexpectedEof | Kind::BrokenPipe | Kind::ConnectionReset | Kind::TimedOut | Kind::WriteZero
    );
    !is_wrong && (is_known || error.raw_os_error().is_some())
}

/// An error and its causes; also that which an I/O error wraps, which it does not give as its source.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&cause| match cause.downcast_ref::<io::Error>() {
        Some(wrapper) => wrapper.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
        None => cause.source(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// What a client makes of a server that answers its greeting with these bytes and hangs up.
    fn answered(bytes: Vec<u8>) -> postgres::Error {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut length = [0; 4];
            stream.read_exact(&mut length).unwrap();
            let mut greeting = vec![0; u32::from_be_bytes(length) as usize - 4];
            stream.read_exact(&mut greeting).unwrap();
            stream.write_all(&bytes).unwrap();
        });
        let config = format!("host=127.0.0.1 port={port} user=u sslmode=disable");
        let error = postgres::Client::connect(&config, postgres::NoTls).err().unwrap();
        server.join().unwrap();
        error
    }

    /// An error of the server, field by field.
    fn said(fields: &[(char, &str)]) -> postgres::Error {
        let mut body = Vec::new();
        for (kind, text) in fields {
            body.push(*kind as u8);
            body.extend(text.bytes());
            body.push(0);
        }
        body.push(0);
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        answered([b"E", length.as_slice(), &body].concat())
    }

    #[test]
    fn everything_that_the_server_says_is_told() {
        let error = said(&[
            ('S', "ERROR"),
            ('C', "23505"),
            ('M', "duplicate key"),
            ('D', "Key (id)=(1) already exists."),
            ('W', "COPY users, line 3\nSQL statement"),
            ('s', "perf_synthetic"),
            ('t', "users"),
            ('c', "id"),
            ('n', "users_pkey"),
        ]);
        let Error::Database { message, hint } = blame("cannot copy into users")(error) else { panic!() };
        assert_eq!(
            message,
            "cannot copy into users: duplicate key (Key (id)=(1) already exists.; COPY users, line 3 / SQL statement; \
             table `perf_synthetic.users`; column `id`; constraint `users_pkey`) [23505]"
        );
        assert_eq!(hint, None);
    }

    #[test]
    fn the_servers_hint_goes_before_ours() {
        let full = [('S', "ERROR"), ('C', "53100"), ('M', "no space")];
        let ours = hint(&said(&full)).unwrap();
        assert!(ours.contains("make room"), "{ours}");
        let theirs = hint(&said(&[&full[..], &[('H', "buy a disk")]].concat()));
        assert_eq!(theirs.as_deref(), Some("buy a disk"));
    }

    #[test]
    fn a_lost_connection_is_told_from_a_wrong_statement() {
        for (code, lost) in [
            ("57P01", true),
            ("57P02", true),
            ("57P03", true),
            ("08006", true),
            ("08P01", true),
            ("57014", false),
            ("57P04", false),
            ("53300", false),
            ("28P01", false),
            ("23505", false),
        ] {
            let error = said(&[('S', "FATAL"), ('C', code), ('M', "x")]);
            assert_eq!(is_connection_lost(&error), lost, "{code}");
            assert!(describe(&error).ends_with(&format!("[{code}]")));
        }
        assert!(is_connection_lost(&answered(Vec::new())));
        assert!(!is_connection_lost(&answered(b"E\0\0\0\x01".to_vec())), "a length that is none");
        let nobody =
            postgres::Client::connect("host=127.0.0.1 port=1 user=u", postgres::NoTls).err().unwrap();
        assert!(is_connection_lost(&nobody));
        assert!(describe(&nobody).contains("refused"), "{}", describe(&nobody));
    }
}
