//! [`find`]: a password from libpq's password file, `~/.pgpass`.

use std::io::ErrorKind;
use std::path::Path;

use super::target::Secret;
use crate::error::{Error, Result};

/// Where servers put their sockets unless told otherwise: Debian's choice and the source's. To a password file,
/// whoever connects there connects to `localhost`.
const DEFAULT_SOCKET_FOLDERS: &[&str] = &["/var/run/postgresql", "/tmp"];

/// What a line is asked for.
pub(super) struct Question<'a> {
    pub host: &'a str,
    pub port: u16,
    pub database: &'a str,
    pub user: &'a str,
}

/// What a file answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// There is no file, or no line fits.
    Nothing,
    /// The first line that fits.
    Password(Secret),
    /// The file must not be read, for this reason.
    PassedOver(String),
}

/// The password that a file has.
///
/// # Errors
///
/// The file is there, and cannot be read.
pub(super) fn find(path: &Path, question: &Question<'_>) -> Result<Answer> {
    let facts = match std::fs::metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Answer::Nothing);
        }
        facts => facts.map_err(Error::io("cannot read", path))?,
    };
    let passed_over =
        |why: &str| Ok(Answer::PassedOver(format!("{} {why}: it is passed over", path.display())));
    if !facts.is_file() {
        return passed_over("is not a plain file");
    }
    if is_open(&facts) {
        return passed_over("can be read by others, and should have mode 0600");
    }
    let bytes = std::fs::read(path).map_err(Error::io("cannot read", path))?;
    let password = search(&String::from_utf8_lossy(&bytes), question);
    Ok(password.map_or(Answer::Nothing, Answer::Password))
}

/// Whether group or world may do anything with it.
#[cfg(unix)]
fn is_open(facts: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    facts.permissions().mode() & 0o077 != 0
}

/// Elsewhere, as to libpq, the folder protects it.
#[cfg(not(unix))]
fn is_open(_facts: &std::fs::Metadata) -> bool {
    false
}

/// The first line that fits holds.
fn search(text: &str, question: &Question<'_>) -> Option<Secret> {
    let host = if DEFAULT_SOCKET_FOLDERS.contains(&question.host) { "localhost" } else { question.host };
    let port = question.port.to_string();
    let wanted = [host, &port, question.database, question.user];
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| password_of(line, &wanted))
        .filter(|password| !password.is_empty())
        .map(Secret::new)
}

/// The password of a line that fits. It ends at a colon, as to libpq.
fn password_of(line: &str, wanted: &[&str; 4]) -> Option<String> {
    let mut rest = line;
    for wanted in wanted {
        rest = match rest.strip_prefix("*:") {
            Some(rest) => rest,
            None => field(rest).filter(|(field, _)| field == wanted)?.1?,
        };
    }
    field(rest).map(|(password, _)| password)
}

/// A field without its escapes, and what stands behind its colon. A `\` at the end is itself.
fn field(text: &str) -> Option<(String, Option<&str>)> {
    let mut field = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            ':' => return Some((field, Some(&text[at + 1..]))),
            '\\' => field.push(characters.next().map_or('\\', |(_, escaped)| escaped)),
            _ => field.push(character),
        }
    }
    Some((field, None))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const QUESTION: Question<'_> =
        Question { host: "db.example.com", port: 5432, database: "chat_perf", user: "ann" };

    fn found(text: &str) -> Option<String> {
        search(text, &QUESTION).map(|password| password.reveal().to_owned())
    }

    #[test]
    fn the_first_line_that_fits_holds() {
        for (text, expected) in [
            ("db.example.com:5432:chat_perf:ann:secret\n", Some("secret")),
            ("*:*:*:*:secret", Some("secret")),
            ("*:*:*:ann:one\n*:*:*:*:two", Some("one")),
            ("*:*:*:bob:one\r\n*:*:chat_perf:*:two\r\n", Some("two")),
            ("# *:*:*:*:one\n\n*:*:*:*:two", Some("two")),
            ("db.example.com:5433:chat_perf:ann:secret", None),
            ("db.example:5432:chat_perf:ann:secret", None),
            ("db.example.com.:5432:chat_perf:ann:secret", None),
            ("*:*:*:ann", None),
            ("*:*:*:*:", None),
            ("*:*:*:*:a\\:b\\\\c", Some("a:b\\c")),
            ("*:*:*:*:a:b", Some("a")),
            ("*:*:*:*:a\\", Some("a\\")),
            ("*:*:*:a\\nn:x", Some("x")),
            ("**:*:*:*:x", None),
            ("", None),
        ] {
            assert_eq!(found(text).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_socket_in_a_usual_folder_is_localhost() {
        let ask = |host| search("localhost:*:*:*:x", &Question { host, ..QUESTION }).is_some();
        assert!(ask("/var/run/postgresql") && ask("/tmp") && ask("localhost"));
        assert!(!ask("/srv/sockets") && !ask("127.0.0.1"));
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_others_may_read_is_passed_over() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgpass");
        assert_eq!(find(&path, &QUESTION).unwrap(), Answer::Nothing);
        std::fs::write(&path, "*:*:*:*:hunter2").unwrap();
        for (mode, reads) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o610, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let answer = find(&path, &QUESTION).unwrap();
            assert_eq!(answer == Answer::Password(Secret::new("hunter2")), reads, "{mode:o} {answer:?}");
            assert_eq!(matches!(&answer, Answer::PassedOver(why) if why.contains("0600")), !reads);
        }
        assert!(matches!(find(folder.path(), &QUESTION).unwrap(), Answer::PassedOver(_)));
    }

    fn escape(text: &str) -> String {
        text.replace('\\', "\\\\").replace(':', "\\:")
    }

    proptest! {
        #[test]
        fn what_is_escaped_is_found_again(
            host in "[^#*/\r\n][^\r\n]{0,8}", database in "[^\r\n]{1,8}", user in "[^\r\n]{1,8}", password in "[^\r\n]{1,12}", port: u16,
        ) {
            let line = format!(
                "{}:{port}:{}:{}:{}", escape(&host), escape(&database), escape(&user), escape(&password),
            );
            let question = Question { host: &host, port, database: &database, user: &user };
            let text = format!("other:1:a:b:wrong\n{line}\n*:*:*:*:late\n");
            let found = search(&text, &question);
            prop_assert_eq!(found.as_ref().map(Secret::reveal), Some(password.as_str()));
        }

        #[test]
        fn no_text_upsets_the_reader(text in ".{0,40}") {
            search(&text, &QUESTION);
        }
    }
}
