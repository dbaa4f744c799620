//! [`Credentials`]: who may load into which database, as `provision` wrote it down.
//!
//! They stand in `.secrets/.env.<env>`, a file that a shell can `source`, and so in the environment of whoever did.
//! They pin the database by its marker: credentials that reach another database than their own are refused.

use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::guard::{self, Marker};
use super::target::{ChannelBinding, Environment, RootCertificates, Secret, Target, TargetRequest, TlsMode};
use crate::error::{Error, Result};

/// The variable that pins a database: credentials without it lead nowhere.
const MARKER: &str = "SEEDMILL_MARKER";
/// The first line of the file says whose it is.
pub(super) const SIGNATURE: &str = "# Made by `seedmill provision`";
/// Variables that say how a connection is protected; a file without them leaves them to the environment.
const PROTECTION: &[&str] = &["PGSSLMODE", "PGSSLROOTCERT", "PGCHANNELBINDING", "HOME"];
/// Permissions of a file that only its owner reads and writes.
pub(super) const OWNER_ONLY: u32 = 0o600;

/// A role and its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The role.
    pub user: String,
    /// Its password.
    pub password: Secret,
}

/// Who may load into which database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Where the database is, as the role that loads.
    pub target: Target,
    /// Which database it must be.
    pub marker: Marker,
    /// The role that only reads; not everything that sets the variables names one.
    pub reader: Option<Login>,
}

impl Credentials {
    /// The same database as the role that only reads.
    pub fn reader_target(&self) -> Option<Target> {
        let reader = self.reader.as_ref()?;
        Some(Target {
            user: reader.user.clone(),
            password: Some(reader.password.clone()),
            ..self.target.clone()
        })
    }

    /// The variables of the file, in its order.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let target = &self.target;
        let password = target.password.as_ref().map(|password| password.reveal().to_owned());
        let mut variables = vec![
            ("DATABASE_URL", target.to_url().reveal().to_owned()),
            ("PGHOST", target.host.clone()),
            ("PGPORT", target.port.to_string()),
            ("PGDATABASE", target.database.clone()),
            ("PGUSER", target.user.clone()),
            ("PGPASSWORD", password.unwrap_or_default()),
        ];
        if let Some(address) = target.address {
            variables.push(("PGHOSTADDR", address.to_string()));
        }
        if target.tls != TlsMode::default() {
            variables.push(("PGSSLMODE", target.tls.name().to_owned()));
        }
        match &target.root_certificates {
            Some(RootCertificates::File(path)) => {
                variables.push(("PGSSLROOTCERT", path.display().to_string()))
            }
            Some(RootCertificates::System) => variables.push(("PGSSLROOTCERT", "system".to_owned())),
            None => {}
        }
        match target.channel_binding {
            ChannelBinding::Disable => variables.push(("PGCHANNELBINDING", "disable".to_owned())),
            ChannelBinding::Require => variables.push(("PGCHANNELBINDING", "require".to_owned())),
            ChannelBinding::Prefer => {}
        }
        variables.push((MARKER, self.marker.to_string()));
        if let Some(reader) = &self.reader {
            variables.push(("SEEDMILL_READER_USER", reader.user.clone()));
            variables.push(("SEEDMILL_READER_PASSWORD", reader.password.reveal().to_owned()));
        }
        variables
    }

    /// The file's text.
    pub(super) fn render(&self) -> String {
        let mut text = format!(
            "{SIGNATURE} for {}. It holds passwords: keep it to yourself.\n",
            self.target.database.replace(char::is_control, " ")
        );
        for (name, value) in self.variables() {
            text.push_str(&format!("export {name}={}\n", shell_quoted(&value)));
        }
        text
    }
}

/// The file of an environment in a folder of credentials.
pub fn file(folder: &Path, env: &str) -> PathBuf {
    folder.join(format!(".env.{env}"))
}

/// Reads an environment's file; how the connection is protected may come from this process's environment.
///
/// # Errors
///
/// There is none, others may read it, or it is not what `provision` writes.
pub fn read(folder: &Path, env: &str, environment: &Environment) -> Result<Credentials> {
    let path = file(folder, env);
    let text = read_private(&path)?.ok_or_else(|| {
        Error::usage_hint(
            format!("there are no credentials for {env}: `{}` is missing", path.display()),
            format!("`seedmill provision --env {env}` writes them; --secrets names another folder"),
        )
    })?;
    parse(&path, &text, environment)
}

/// What a file's text says; how the connection is protected may come from the environment.
pub(super) fn parse(path: &Path, text: &str, environment: &Environment) -> Result<Credentials> {
    let mut variables = Environment::default();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = assignment(line)
            .ok_or_else(|| Error::file(path, format!("line {} is no `export NAME='value'`", number + 1)))?;
        // A shell takes the last one, a reader sees the first one.
        if variables.0.insert(name.to_owned(), value).is_some() {
            return Err(Error::usage_hint(
                format!("`{}` sets {name} a second time in line {}", path.display(), number + 1),
                "say it once: it would not be clear which one holds",
            ));
        }
    }
    // An application's own settings may have come into the file.
    guard::refuse_environment(&variables)?;
    for name in PROTECTION {
        if let Some(value) = environment.get(name) {
            variables.0.entry((*name).to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    let mut credentials = from_environment(&variables)?.ok_or_else(|| {
        Error::usage_hint(
            format!("`{}` sets no SEEDMILL_MARKER", path.display()),
            "without it nothing says which database is meant: `seedmill provision` writes the whole file",
        )
    })?;
    if credentials.target.password.is_some() {
        credentials.target.password_source = Some(path.display().to_string());
    }
    Ok(credentials)
}

/// Whether a process's environment names credentials.
pub fn is_sourced(environment: &Environment) -> bool {
    environment.get(MARKER).is_some()
}

/// The credentials in the environment of a process whose shell did `source` the file; none where no marker is set.
///
/// # Errors
///
/// A variable is missing or makes no sense.
pub fn from_environment(environment: &Environment) -> Result<Option<Credentials>> {
    let Some(marker) = environment.get(MARKER) else { return Ok(None) };
    let marker =
        marker.parse::<Marker>().map_err(|message| Error::usage(format!("SEEDMILL_MARKER: {message}")))?;
    let url = environment.get("DATABASE_URL").map(Secret::new);
    // What `source` set is whole in the PG* variables; who sets the marker and a URL by hand has no more than these.
    let has_variables = ["PGHOST", "PGDATABASE", "PGUSER"].iter().all(|name| environment.get(name).is_some());
    if !has_variables && url.is_none() {
        return Err(Error::usage_hint(
            "SEEDMILL_MARKER is set, but neither DATABASE_URL nor PGHOST, PGDATABASE and PGUSER are",
            "`source` the file that `seedmill provision` wrote",
        ));
    }
    let given = TargetRequest { url, ..TargetRequest::default() };
    let target = if has_variables {
        let target = Target::resolve(&TargetRequest::default(), environment)?;
        refuse_difference(&given, &target)?;
        target
    } else {
        Target::resolve(&given, environment)?
    };
    let reader = match (environment.get("SEEDMILL_READER_USER"), environment.get("SEEDMILL_READER_PASSWORD"))
    {
        (Some(user), Some(password)) => {
            Some(Login { user: user.to_owned(), password: Secret::new(password) })
        }
        _ => None,
    };
    Ok(Some(Credentials { target, marker, reader }))
}

/// The variables decide. A URL beside them that leads into another database, as other programs read it, is a mistake
/// of somebody's; one that leads nowhere is none of ours. It is not shown: a password may have come into its path.
fn refuse_difference(given: &TargetRequest, target: &Target) -> Result<()> {
    let is_other = given.url.is_some()
        && Target::resolve(given, &Environment::default()).is_ok_and(|url| url.database != target.database);
    match is_other {
        false => Ok(()),
        true => Err(guard::refused(
            &format!(
                "DATABASE_URL names another database than `{}`, which the other variables name",
                target.database
            ),
            "`source` the file that `seedmill provision` wrote, or make them agree",
        )),
    }
}

/// A file's text, if the file is there and nobody else can read it.
///
/// # Errors
///
/// It is a link or a folder, belongs to somebody else, or others may read it.
pub(super) fn read_private(path: &Path) -> Result<Option<String>> {
    let opened = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32)
        .open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(_) if path.is_symlink() => {
            return Err(Error::file(path, "it is a link; credentials are read from files only"));
        }
        Err(error) => return Err(Error::io("cannot read", path)(error)),
    };
    let metadata = file.metadata().map_err(Error::io("cannot look at", path))?;
    if !metadata.is_file() {
        return Err(Error::file(path, "it is no file"));
    }
    let me = rustix::process::geteuid().as_raw();
    if metadata.uid() != me && metadata.uid() != 0 {
        return Err(Error::file(path, "it belongs to another user"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(Error::usage_hint(
            format!("others can read `{}` (mode {:03o})", path.display(), metadata.mode() & 0o777),
            format!(
                "chmod 600 {}; and set new passwords with `seedmill provision --rotate-password`",
                path.display()
            ),
        ));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(Error::io("cannot read", path))?;
    Ok(Some(text))
}

/// A word of a POSIX shell that stands for the text alone.
pub(super) fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `export NAME='value'`; `export` and the quotes may be missing.
fn assignment(line: &str) -> Option<(&str, String)> {
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    let (name, word) = line.split_once('=')?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    Some((name, unquoted(word)?))
}

/// The text of a shell's word: single quotes, backslashes, and plain characters that mean nothing to a shell.
fn unquoted(word: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        match first {
            '\'' => {
                let (quoted, behind) = after.split_once('\'')?;
                text.push_str(quoted);
                rest = behind;
            }
            '\\' => {
                let escaped = after.chars().next()?;
                text.push(escaped);
                rest = &after[escaped.len_utf8()..];
            }
            plain if plain.is_alphanumeric() || "-._~/:@%+,=?&[]".contains(plain) => {
                text.push(plain);
                rest = after;
            }
            _ => return None,
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::*;

    use super::*;

    fn credentials() -> Credentials {
        let variables = [
            ("PGHOST", "localhost"),
            ("PGDATABASE", "chat_perf_dev"),
            ("PGUSER", "perf_dev_user"),
            ("PGPASSWORD", "it's $HOME, \"/?#@:%\\ é"),
            ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", "/etc/roots of trust.pem"),
        ];
        let environment = Environment(variables.map(|(name, value)| (name.into(), value.into())).into());
        Credentials {
            target: Target::resolve(&TargetRequest::default(), &environment).unwrap(),
            marker: Marker { system_identifier: 7, database_oid: 16_384, uuid: "a-b".into() },
            reader: Some(Login { user: "perf_dev_reader".into(), password: Secret::new("r") }),
        }
    }

    /// The same, as a file has it.
    fn read_from(path: &str) -> Credentials {
        let mut credentials = credentials();
        credentials.target.password_source = Some(path.to_owned());
        credentials
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "dev");
        assert!(
            read(folder.path(), "dev", &Environment::default()).unwrap_err().to_string().contains("missing")
        );
        std::fs::write(&path, credentials().render()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let read = read(folder.path(), "dev", &Environment::default()).unwrap();
        assert_eq!(read, read_from(path.to_str().unwrap()));
    }

    #[test]
    fn the_file_decides_over_the_environment() {
        let text = credentials().render();
        let others = [
            ("PGHOST", "elsewhere"),
            ("PGHOSTADDR", "10.0.0.1"),
            ("PGSERVICE", "other"),
            ("PGUSER", "postgres"),
            ("PGSSLMODE", "disable"),
        ];
        let environment = Environment(others.map(|(name, value)| (name.into(), value.into())).into());
        assert_eq!(parse(Path::new("f"), &text, &environment).unwrap(), read_from("f"));
    }

    #[test]
    fn a_url_in_the_environment_is_enough() {
        let credentials = credentials();
        let variables = credentials.variables();
        let few =
            variables.into_iter().filter(|(name, _)| matches!(*name, "DATABASE_URL" | "SEEDMILL_MARKER"));
        let environment = Environment(few.map(|(name, value)| (name.to_owned(), value)).collect());
        let found = from_environment(&environment).unwrap().unwrap();
        assert_eq!(found.target.password, credentials.target.password);
        assert_eq!((found.target.to_url(), found.marker), (credentials.target.to_url(), credentials.marker));
        assert_eq!(found.reader, None);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "dev");
        std::fs::write(&path, credentials().render()).unwrap();
        for mode in [0o640, 0o604, 0o602] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = read(folder.path(), "dev", &Environment::default()).unwrap_err();
            assert!(error.hint().unwrap().starts_with("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real");
        std::fs::write(&real, credentials().render()).unwrap();
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&real, file(folder.path(), "dev")).unwrap();
        assert!(
            read(folder.path(), "dev", &Environment::default()).unwrap_err().to_string().contains("link")
        );
    }

    #[test]
    fn an_environment_without_a_marker_has_no_credentials() {
        let environment = Environment([("PGHOST".to_owned(), "localhost".to_owned())].into());
        assert_eq!(from_environment(&environment).unwrap(), None);
        let environment = Environment([("SEEDMILL_MARKER".to_owned(), "1/2/u".to_owned())].into());
        assert!(from_environment(&environment).unwrap_err().to_string().contains("DATABASE_URL"));
    }

    #[test]
    fn a_file_says_everything_once_and_nothing_of_production() {
        let refusal = |more: &str| {
            let text = format!("{}\n{more}", credentials().render());
            parse(Path::new("f"), &text, &Environment::default()).unwrap_err().to_string()
        };
        assert!(refusal("PGDATABASE=chat_perf_dev").starts_with("`f` sets PGDATABASE a second time"));
        assert!(refusal("NODE_ENV=production").contains("NODE_ENV"));
        let text = credentials().render().replace("export SEEDMILL_MARKER", "# export SEEDMILL_MARKER");
        let error = parse(Path::new("f"), &text, &Environment::default()).unwrap_err();
        assert!(matches!(&error, Error::Usage { .. }), "{error}");
    }

    #[test]
    fn a_url_into_another_database_is_refused_without_showing_it() {
        let with = |url: &str| {
            let variables = credentials().variables();
            let mut environment =
                Environment(variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
            environment.0.insert("DATABASE_URL".to_owned(), url.to_owned());
            from_environment(&environment)
        };
        for other in ["postgresql://ann:hunter2@h/shop", "host=h user=ann password=hunter2 dbname=shop"] {
            let error = with(other).unwrap_err().to_string();
            assert!(error.contains("DATABASE_URL") && !error.contains("hunter2"), "{error}");
        }
        for same in
            ["postgresql://ann@elsewhere/chat_perf_dev", "mysql://ann@h/shop", "postgresql://h/?schema=own"]
        {
            with(same).unwrap();
        }
    }

    #[test]
    fn what_a_shell_would_run_is_no_assignment() {
        for line in ["A=$(id)", "A=`id`", "A=$HOME", "A=a b", "A='a", "A=a;b", "=a", "A", "A\"=a"] {
            assert_eq!(assignment(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn a_quoted_word_is_the_text(text in "[^\\r\\n]*") {
            prop_assert_eq!(unquoted(&shell_quoted(&text)), Some(text));
        }
    }
}
