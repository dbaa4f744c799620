//! [`read`]: a connection URL or a string of `key=value`, as libpq reads them, but never in two ways.
//!
//! Where programs read a URL differently (an `@` or a `?` inside a password), it is refused. No error shows more of
//! the text than the name of a setting, since a mistake in a URL is often a password that was not encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::settings::{Setting, Settings};
use crate::error::{Error, Result};

/// What stands as it is in a URL.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const ENCODE_PASSWORDS: &str = "write it as %XX: @ is %40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25";
const SOURCE: &str = "the URL";

/// What a URL or a connection string says.
///
/// # Errors
///
/// What is wrong, without the password.
pub(super) fn read(text: &str) -> Result<Settings> {
    if let Some(rest) = text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://")) {
        return read_url(rest);
    }
    let is_url = text.find("://").is_some_and(|at| !text[..at].contains('='));
    if is_url || !text.contains('=') {
        return Err(Error::usage_hint(
            "the database's URL does not begin with postgresql:// or postgres://",
            "postgresql://USER@HOST:5432/DATABASE, or: host=HOST dbname=DATABASE",
        ));
    }
    read_pairs(text)
}

/// A text as it stands in a URL.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn read_url(rest: &str) -> Result<Settings> {
    refuse_ambiguity(rest)?;
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let (authority, database) = place.split_once('/').unwrap_or((place, ""));
    let (who, server) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = who.split_once(':').unwrap_or((who, ""));
    let (host, port) = split_port(server)?;

    let mut settings = Settings::default();
    for (setting, text) in [
        (Setting::Host, host),
        (Setting::Port, port),
        (Setting::Database, database),
        (Setting::User, user),
        (Setting::Password, password),
    ] {
        if !text.is_empty() {
            settings.set(setting, &decode(text)?, SOURCE)?;
        }
    }
    // A piece of a URL whose port is none may belong to a password: no name of it is shown.
    super::read_port(settings.get(Setting::Port))?;
    for pair in query.unwrap_or("").split('&').filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Error::usage_hint(
                "the URL's part behind `?` is not made of NAME=VALUE",
                "such as ?sslmode=verify-full&connect_timeout=10",
            ));
        };
        settings.name(&decode(name)?, &decode(value)?, SOURCE)?;
    }
    Ok(settings)
}

/// The characters at which programs cut a URL differently must not stand in its pieces.
fn refuse_ambiguity(rest: &str) -> Result<()> {
    let wrong = |what: &str| Err(Error::usage_hint(format!("the database's URL {what}"), ENCODE_PASSWORDS));
    if rest.contains('#') {
        return wrong("holds a `#`");
    }
    if rest.contains(|character: char| character.is_whitespace() || character.is_control()) {
        return wrong("holds a blank or a control character");
    }
    match rest.matches('@').count() {
        0 => {}
        1 => {
            let before = rest.split('@').next().unwrap_or_default();
            if before.contains(['/', '?']) {
                return wrong("holds a `/` or a `?` before its `@`");
            }
            if before.matches(':').count() > 1 {
                return wrong("holds a second `:` before its `@`");
            }
        }
        _ => return wrong("holds more than one `@`"),
    }
    let place = rest.split('?').next().unwrap_or_default();
    if place.matches('/').count() > 1 {
        return wrong("holds a second `/` in its path");
    }
    Ok(())
}

/// Host and port of `host:port`, `[::1]:port`, `host`, `:port`.
fn split_port(server: &str) -> Result<(&str, &str)> {
    let wrong = || {
        Error::usage_hint("the URL's host and port cannot be read", "such as localhost:5432 or [::1]:5432")
    };
    let (host, rest) = match server.strip_prefix('[') {
        Some(inside) => inside.split_once(']').ok_or_else(wrong)?,
        None => server.split_at(server.find(':').unwrap_or(server.len())),
    };
    if host.contains(['[', ']']) || (server.starts_with('[') && host.is_empty()) {
        return Err(wrong());
    }
    match rest.strip_prefix(':') {
        // libpq takes it, but it may be a user and the first of a password whose host was forgotten.
        Some("") => Err(wrong()),
        Some(port) => Ok((host, port)),
        None if rest.is_empty() => Ok((host, "")),
        None => Err(wrong()),
    }
}

/// `%41` is `A`; unlike in forms, `+` is itself.
fn decode(text: &str) -> Result<String> {
    let wrong = || {
        Error::usage_hint("the URL holds a `%` that is not followed by a UTF-8 character", ENCODE_PASSWORDS)
    };
    let is_escape =
        |after: &str| after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !text.split('%').skip(1).all(is_escape) {
        return Err(wrong());
    }
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| wrong())
}

/// libpq's other form: `host=localhost password='it\'s'`.
fn read_pairs(text: &str) -> Result<Settings> {
    const SOURCE: &str = "the connection string";
    let wrong = || {
        Error::usage_hint(
            "the database's connection string is not made of name=value",
            "a name is libpq's, such as host; a value with a blank stands in single quotes, with a \\ before ' and \\",
        )
    };
    let mut settings = Settings::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or_else(wrong)?;
        let name = name.trim_end();
        // Anything with a `=` comes here, a lone password too: what is no setting's name is not shown.
        if !Settings::knows(name) {
            return Err(wrong());
        }
        let (value, after) = read_value(after.trim_start()).ok_or_else(wrong)?;
        settings.name(name, &value, SOURCE)?;
        rest = after.trim_start();
    }
    Ok(settings)
}

/// A value, quoted or not, and what stands behind it.
fn read_value(text: &str) -> Option<(String, &str)> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut characters = text.char_indices().skip(usize::from(quoted));
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?.1),
            '\'' if quoted => {
                let after = &text[at + 1..];
                let ends = after.is_empty() || after.starts_with(char::is_whitespace);
                return ends.then_some((value, after));
            }
            _ if !quoted && character.is_whitespace() => return Some((value, &text[at..])),
            _ => value.push(character),
        }
    }
    (!quoted).then_some((value, ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> Vec<(&'static str, String)> {
        let settings = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        ALL.iter().filter_map(|&setting| Some((setting.name(), settings.text(setting)?.to_owned()))).collect()
    }

    const ALL: &[Setting] = &[
        Setting::Host,
        Setting::Address,
        Setting::Port,
        Setting::Database,
        Setting::User,
        Setting::Password,
        Setting::TlsMode,
        Setting::RootCertificates,
        Setting::ConnectTimeout,
        Setting::ApplicationName,
        Setting::Service,
    ];

    fn pairs(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }

    #[test]
    fn a_url_is_read_as_libpq_reads_it() {
        for (text, expected) in [
            ("postgres://", &[][..]),
            ("postgresql:///chat", &[("dbname", "chat")]),
            ("postgresql://localhost", &[("host", "localhost")]),
            ("postgresql://localhost/", &[("host", "localhost")]),
            ("postgresql://:5433/chat", &[("port", "5433"), ("dbname", "chat")]),
            ("postgresql://ann@", &[("user", "ann")]),
            ("postgresql://ann:@h", &[("host", "h"), ("user", "ann")]),
            (
                "postgresql://ann:p%40s%3A%2F%25s@db.example.com:6432/chat%20perf?sslmode=verify-full",
                &[
                    ("host", "db.example.com"),
                    ("port", "6432"),
                    ("dbname", "chat perf"),
                    ("user", "ann"),
                    ("password", "p@s:/%s"),
                    ("sslmode", "verify-full"),
                ],
            ),
            ("postgresql://[2001:db8::1]:1/a", &[("host", "2001:db8::1"), ("port", "1"), ("dbname", "a")]),
            ("postgresql://%2Fvar%2Frun/a", &[("host", "/var/run"), ("dbname", "a")]),
            ("postgresql:///a?host=/tmp&port=1", &[("host", "/tmp"), ("port", "1"), ("dbname", "a")]),
            ("postgresql://h/a?ssl=true", &[("host", "h"), ("dbname", "a"), ("sslmode", "require")]),
            ("postgresql://h/a?schema=public", &[("host", "h"), ("dbname", "a")]),
            ("postgresql://h?application_name=a+b", &[("host", "h"), ("application_name", "a+b")]),
        ] {
            assert_eq!(said(text), pairs(expected), "{text}");
        }
    }

    #[test]
    fn a_connection_string_is_read_as_libpq_reads_it() {
        for (text, expected) in [
            ("host=h", &[("host", "h")][..]),
            ("  host = h  port=1 ", &[("host", "h"), ("port", "1")]),
            (r"password='it\'s \\ x' user=a\ b", &[("user", "a b"), ("password", r"it's \ x")]),
            ("password='' user=a", &[("user", "a"), ("password", "")]),
            ("dbname=a=b", &[("dbname", "a=b")]),
        ] {
            assert_eq!(said(text), pairs(expected), "{text}");
        }
        for text in [
            "host",
            "host=h port",
            "password='x",
            "=x",
            "a b=c",
            r"password=x\",
            "hunter2=x",
            "password='x'y host=h",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "postgresql://h/a?dbname=b",
            "postgresql://h/a?host=g",
            "postgresql://u@h/a?user=v",
            "postgresql://h/a?sslmode=disable&sslmode=require",
            "postgresql://u:p@h@g/a",
            "postgresql://u:p?x@h/a",
            "postgresql://u:p/x@h/a",
            "postgresql://u:p#x@h/a",
            "postgresql://u:p:x@h/a",
            "postgresql://u:p@h/a/b",
            "postgresql://h/a?user=x@y",
            "postgresql://h/a b",
            "postgresql://h:1:2/a",
            "postgresql://h:/a",
            "postgresql://u:?x=y",
            "postgresql://[::1/a",
            "postgresql://::1/a",
            "postgresql://h/a%",
            "postgresql://h/a%4",
            "postgresql://h/a%zz",
            "postgresql://h/a%+1",
            "postgresql://h/a%FF",
            "postgresql://h/a%00",
            "postgresql://h/a?sslmode",
            "postgresql://h:70000/a",
            "postgresql://h:-1/a",
            "Postgres://h/a",
            "mysql://h/a",
            "mysql://h/a?b=c",
            "chat_perf",
            "",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest! {
        /// Whatever is wrong with a URL, what stands where its password should does not come out.
        #[test]
        fn no_error_shows_a_password(before in "[@:/?#%&= '\\\\a-z]{0,3}", after in "[@:/?#%&= '\\\\a-z]{0,3}", form in 0..8_u8) {
            let secret = format!("{before}HUNTER2{after}");
            let text = match form {
                0 => format!("postgresql://u:{secret}@h/a"),
                1 => format!("postgresql://u:{secret}@h:x/a?b=c"),
                // Without its host, a password with an `@` would be a sound URL of another meaning.
                2 => format!("postgres://u:{}", secret.replace('@', "")),
                3 => format!("postgres//u:{secret}@h"),
                4 => format!("postgresql://h/a?password={secret}&x=y"),
                5 => format!("host=h password={secret} x=y"),
                6 => format!("password={secret}"),
                _ => format!("my{secret}sql://u:{secret}@h/a?b"),
            };
            if let Err(error) = read(&text) {
                let shown = format!("{error} {error:?} {:?}", error.hint());
                prop_assert!(!shown.contains("HUNTER2"), "{text}: {shown}");
            }
        }

        #[test]
        fn what_is_encoded_is_read_back(password in "[^\\x00]{1,20}", database in "[^\\x00]{1,20}") {
            let text = format!("postgresql://u:{}@h/{}", encode(&password), encode(&database));
            let settings = read(&text).unwrap();
            prop_assert_eq!(settings.text(Setting::Password), Some(password.as_str()));
            prop_assert_eq!(settings.text(Setting::Database), Some(database.as_str()));
        }

        #[test]
        fn what_is_quoted_is_read_back(password in "[^\\x00]{0,20}") {
            let quoted = password.replace('\\', r"\\").replace('\'', r"\'");
            let settings = read(&format!("host=h password='{quoted}' user=u")).unwrap();
            prop_assert_eq!(settings.text(Setting::Password), Some(password.as_str()));
            prop_assert_eq!(settings.text(Setting::User), Some("u"));
        }
    }
}
