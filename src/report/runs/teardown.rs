//! [`script`]: `teardown.sh`, which drops what the last load loaded.

use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use super::name::RunName;
use super::record::RunRecord;
use crate::dataset::write_whole;
use crate::error::{Error, Result};

/// The script's name.
pub(super) const NAME: &str = "teardown.sh";
/// The line that tells our scripts from others.
const OURS: &str = "# Written by seedmill after ";

/// Writes the script of a run in place of an older run's. A script that is not ours stays: then the answer says so.
pub(super) fn put(folder: &Path, record: &RunRecord) -> Result<Option<String>> {
    let path = folder.join(NAME);
    if path.symlink_metadata().is_ok() && run_of(&path).is_none() {
        return Ok(Some(format!("`{}` is no script of seedmill's: it stays as it is", path.display())));
    }
    write_whole(&path, script(folder, record).as_bytes())?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
        .map_err(Error::io("cannot make executable", &path))?;
    Ok(None)
}

/// The run that a script was written after, if it is ours.
pub(super) fn run_of(path: &Path) -> Option<RunName> {
    let text = std::fs::read_to_string(path).ok()?;
    RunName::of_id(text.lines().find_map(|line| line.strip_prefix(OURS))?.split_whitespace().next()?)
}

fn script(folder: &Path, record: &RunRecord) -> String {
    // Without an environment the credentials were sourced, and must be again; those of another database would lead
    // to a schema of the same name there.
    let environment =
        record.environment.as_ref().map_or_else(String::new, |name| format!(" --env={}", quoted(name)));
    let database = format!("{}:{}/{}", record.host, record.port, record.database);
    let binary = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("seedmill"));
    format!(
        "#!/bin/sh\n\
         {OURS}{id} into {place}.\n\
         # Drops what that load's ledger records and nothing else, then removes itself. Arguments are passed on to\n\
         # `seedmill teardown`. The program: $SEEDMILL, else the one on PATH, else the one that loaded.\n\
         set -eu\n\
         whole() {{ printf '%s/%s' \"$(CDPATH='' cd -P -- \"$(dirname -- \"$1\")\" && pwd -P)\" \"$(basename -- \"$1\")\"; }}\n\
         self=$(whole \"$0\")\n\
         seedmill=$(whole \"${{SEEDMILL:-$(command -v seedmill || printf %s {binary})}}\")\n\
         # The folder in which the load was run: credentials are found from there.\n\
         cd -- {home}\n\
         \"$seedmill\" teardown --schema={schema} --only={database}{environment} \"$@\" && rm -f -- \"$self\"\n",
        id = record.run_id,
        place = one_line(&format!("{} of {} on {}", record.schema_name, record.database, record.host)),
        binary = quoted(&binary.display().to_string()),
        home = home(folder),
        schema = quoted(&record.schema_name),
        database = quoted(&database),
    )
}

/// The working folder as a word of the script: from the script's own where it lies below, so that both can be moved
/// together.
fn home(folder: &Path) -> String {
    let working = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match real(folder).strip_prefix(real(&working)) {
        Ok(below) => {
            let steps = below.components().filter(|part| matches!(part, Component::Normal(_))).count();
            format!("\"$(dirname -- \"$self\")\"{}", "/..".repeat(steps))
        }
        Err(_) => quoted(&working.display().to_string()),
    }
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-./:@".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A comment must not run on into a line of its own.
fn one_line(text: &str) -> String {
    text.replace(|character: char| character.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_word() {
        assert_eq!(quoted("perf_synthetic"), "perf_synthetic");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("$(x)'; rm"), r"'$(x)'\''; rm'");
        assert_eq!(quoted(""), "''");
        assert_eq!(one_line("a\nrm -r b"), "a rm -r b");
    }
}
