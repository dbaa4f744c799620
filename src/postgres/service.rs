//! [`find`]: the settings of a service, from libpq's service files.

use std::path::{Path, PathBuf};

use super::target::Environment;
use super::target::settings::Settings;
use crate::error::{Error, Result};

/// The folder of the machine's own service file, as Debian and as the source have it.
const SYSTEM_FOLDERS: &[&str] = &["/etc/postgresql-common", "/etc"];
const SYSTEM_FILE: &str = "pg_service.conf";

/// What a service says: the user's file is asked first, then the machine's.
///
/// # Errors
///
/// The service is in no file; a file cannot be read; a line that is wrong or refused.
pub(super) fn find(service: &str, environment: &Environment) -> Result<Settings> {
    let files = files(environment);
    for path in &files {
        let text = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            bytes => bytes.map_err(Error::io("cannot read", path))?,
        };
        let text = String::from_utf8(text).map_err(|_| Error::file(path, "is not UTF-8"))?;
        if let Some(settings) = read(&text, service, path)? {
            return Ok(settings);
        }
    }
    let looked: Vec<_> = files.iter().map(|path| path.display().to_string()).collect();
    Err(Error::usage_hint(
        format!("the service `{service}` is in no service file"),
        format!("looked into {}; PGSERVICEFILE names another", looked.join(", ")),
    ))
}

fn files(environment: &Environment) -> Vec<PathBuf> {
    let own = environment.get("PGSERVICEFILE").map(PathBuf::from);
    let own = own.or_else(|| Some(Path::new(environment.get("HOME")?).join(".pg_service.conf")));
    let folders =
        environment.get("PGSYSCONFDIR").map_or_else(|| SYSTEM_FOLDERS.to_vec(), |folder| vec![folder]);
    own.into_iter().chain(folders.into_iter().map(|folder| Path::new(folder).join(SYSTEM_FILE))).collect()
}

/// The settings below `[service]`, to the next heading.
fn read(text: &str, service: &str, path: &Path) -> Result<Option<Settings>> {
    let source = format!("service `{service}` of {}", path.display());
    let mut found: Option<Settings> = None;
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let wrong = |what: &str| Err(Error::file(path, format!("line {}: {what}", number + 1)));
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(heading) = line.strip_prefix('[') {
            let heading = heading.split(']').next().unwrap_or_default();
            inside = heading == service;
            if inside && found.is_some() {
                return wrong("the service stands there a second time");
            }
        } else if inside {
            // What is in the line is not shown: it may be a password.
            let Some((name, value)) = line.split_once('=') else {
                return wrong("is not made of name=value");
            };
            if name == "service" {
                return wrong("a service cannot name another");
            }
            found.get_or_insert_default().name(name, value, &source)?;
        }
        if inside {
            found.get_or_insert_default();
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::target::settings::Setting;
    use super::*;

    fn path() -> &'static Path {
        Path::new("pg_service.conf")
    }

    #[test]
    fn the_lines_below_the_heading_hold() {
        let text = "# mine\n[other]\nhost=a\n\n[perf]\n host=b \n#host=c\nsslrootcert=/a b.crt\nport=1\n[last]\nhost=d";
        let settings = read(text, "perf", path()).unwrap().unwrap();
        assert_eq!(settings.text(Setting::Host), Some("b"));
        assert_eq!(settings.text(Setting::Port), Some("1"));
        assert_eq!(settings.text(Setting::RootCertificates), Some("/a b.crt"));
        assert!(read(text, "none", path()).unwrap().is_none());
        assert!(read("[perf]", "perf", path()).unwrap().is_some());
    }

    #[test]
    fn a_wrong_line_is_named_by_number_and_not_shown() {
        for text in ["[perf]\nhunter2", "[perf]\nservice=hunter2", "[perf]\nhost=a\n[perf]\nhost=b"] {
            let error = read(text, "perf", path()).err().unwrap().to_string();
            assert!(error.contains("line ") && !error.contains("hunter2"), "{error}");
        }
        for text in ["[perf]\noptions=-c x=y", "[perf]\nhost=a\nhost=b", "[perf]\nhots=a"] {
            let error = read(text, "perf", path()).err().unwrap().to_string();
            assert!(error.contains("service `perf` of pg_service.conf"), "{error}");
        }
        assert!(read("[other]\nhunter2\n[perf]", "perf", path()).unwrap().is_some());
    }

    #[test]
    fn the_users_file_is_asked_before_the_machines() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap();
        std::fs::write(folder.path().join(".pg_service.conf"), "[a]\nhost=own").unwrap();
        std::fs::write(folder.path().join("pg_service.conf"), "[a]\nhost=machine\n[b]\nhost=machine")
            .unwrap();
        std::fs::write(folder.path().join("named"), "[a]\nhost=named").unwrap();
        let mut environment =
            Environment([("HOME", place), ("PGSYSCONFDIR", place)].map(|(a, b)| (a.into(), b.into())).into());
        let host = |service, environment: &Environment| {
            find(service, environment).map(|settings| settings.text(Setting::Host).unwrap().to_owned())
        };
        assert_eq!(host("a", &environment).unwrap(), "own");
        assert_eq!(host("b", &environment).unwrap(), "machine");
        assert!(host("c", &environment).unwrap_err().hint().unwrap().contains(place));
        environment.0.insert("PGSERVICEFILE".into(), format!("{place}/named"));
        assert_eq!(host("a", &environment).unwrap(), "named");
    }

    proptest! {
        #[test]
        fn no_text_upsets_the_reader(text in "[\\[\\]a=#\n ]{0,40}") {
            let _ = read(&text, "a", path());
        }

        #[test]
        fn a_value_is_read_back(value in "[^\\s\\x00]([^\\x00\r\n]{0,10}[^\\s\\x00])?") {
            let settings = read(&format!("[a]\npassword={value}\n"), "a", path()).unwrap().unwrap();
            prop_assert_eq!(settings.text(Setting::Password), Some(value.as_str()));
        }
    }
}
