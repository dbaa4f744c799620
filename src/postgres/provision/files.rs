//! [`write`]: what connects and what monitors, in a folder that only its owner enters.

use std::fs::{DirBuilder, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::work::Work;
use super::{Event, Request};
use crate::error::{Error, Result};
use crate::postgres::credentials::{self, Credentials, OWNER_ONLY, SIGNATURE, shell_quoted};
use crate::postgres::target::Target;

/// The documents' queries, where they run.
const MONITOR: &str = include_str!("monitor.sql");
/// Signatures of the other two files, after their interpreters' lines.
const SQL_SIGNATURE: &str = "-- Made by `seedmill provision`";
/// Permissions of the folder, and of what its owner may run.
const OWNER_RUNS: u32 = 0o700;

/// The credentials file of a request.
pub(super) fn credentials_path(request: &Request) -> PathBuf {
    credentials::file(&request.secrets, &request.band.to_string())
}

/// The script that opens psql.
pub(super) fn connect_path(request: &Request) -> PathBuf {
    request.secrets.join(format!("connect-{}.sh", request.band))
}

/// The queries.
pub(super) fn monitor_path(request: &Request) -> PathBuf {
    request.secrets.join(format!("monitor-{}.sql", request.band))
}

/// The credentials that are there, if they are of this database; those of another one are not written over.
pub(super) fn known_credentials(work: &mut Work<'_>) -> Result<Option<Credentials>> {
    let request = work.request;
    look_at_folder(&request.secrets)?;
    for path in [connect_path(request), monitor_path(request)] {
        is_ours(&path)?;
    }
    let path = credentials_path(request);
    let Some(text) = credentials::read_private(&path)? else { return Ok(None) };
    is_ours(&path)?;
    let known = credentials::parse(&path, &text, work.environment)?;
    let place = |target: &Target| (target.host.clone(), target.port, target.database.clone());
    let new = request.administrator.with_database(&request.database);
    if place(&known.target) != place(&new) || known.target.user != request.loader() {
        return Err(Error::usage_hint(
            format!("refused: `{}` holds the credentials of {}", path.display(), known.target),
            "--secrets names another folder for this database (and --role-prefix other roles, on the same server); \
             or remove the file, if that database is gone",
        ));
    }
    if work.marker.as_ref().is_some_and(|marker| *marker != known.marker) {
        work.warn(
            format!("`{}` was made for another database of this name, and is written anew", path.display()),
            Vec::new(),
        );
    }
    Ok(Some(known))
}

/// Writes the credentials, if they are others than those that are there.
pub(super) fn write_credentials(work: &mut Work<'_>) -> Result<()> {
    let path = credentials_path(work.request);
    let text = match work.credentials() {
        Some(credentials) => Some(credentials.render()),
        // A dry run has no marker to write down.
        None if work.request.dry_run => None,
        None => return Err(Error::internal("a database that is provisioned has a marker")),
    };
    make_folder(work)?;
    work.credentials_written = put(work, &path, text.as_deref(), OWNER_ONLY)?;
    Ok(())
}

/// Step 8.
pub(super) fn write(work: &mut Work<'_>) -> Result<()> {
    let request = work.request;
    let connect = connect_script(request);
    put(work, &connect_path(request), Some(&connect), OWNER_RUNS)?;
    let path = credentials_path(request);
    tell(work, work.credentials_written, "Credentials", &path);
    let path = monitor_path(request);
    let written = put(work, &path, Some(&monitor_script(request)), OWNER_ONLY)?;
    tell(work, written, "Monitoring queries", &path);
    Ok(())
}

fn tell(work: &mut Work<'_>, written: bool, what: &str, path: &Path) {
    match (written, work.request.dry_run) {
        (true, true) => {}
        (true, false) => work.done(format!("{what} written to {}", path.display())),
        (false, _) => work.done(format!("{what} are in {} already", path.display())),
    }
}

/// psql finds all it needs in its environment: nothing is an argument that others see.
fn connect_script(request: &Request) -> String {
    format!(
        "#!/bin/sh
{SIGNATURE}: psql on {database}. Arguments are psql's, such as -f {monitor}
set -eu
folder=$(CDPATH='' cd -- \"$(dirname -- \"$0\")\" && pwd)
unset PGSERVICE PGHOSTADDR PGOPTIONS
. \"$folder\"/{file}
exec psql \"$@\"
",
        database = request.database.replace(char::is_control, " "),
        monitor = monitor_path(request).display(),
        file = shell_quoted(&format!(".env.{}", request.band)),
    )
}

fn monitor_script(request: &Request) -> String {
    format!("{SQL_SIGNATURE}: monitoring queries.\n{}", MONITOR.replace("BAND", &request.band.to_string()))
}

/// A folder that others may enter or that leads elsewhere is no place for passwords.
fn look_at_folder(folder: &Path) -> Result<bool> {
    let metadata = match std::fs::symlink_metadata(folder) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::io("cannot look at", folder)(error)),
    };
    if !metadata.is_dir() {
        return Err(Error::usage_hint(
            format!("refused: `{}` is no folder", folder.display()),
            "credentials go into a real folder: name one with --secrets",
        ));
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() || metadata.mode() & 0o077 != 0 {
        return Err(Error::usage_hint(
            format!("refused: others may enter `{}`, where credentials are written", folder.display()),
            format!("chmod 700 {}, or name another folder with --secrets", folder.display()),
        ));
    }
    Ok(true)
}

fn make_folder(work: &mut Work<'_>) -> Result<()> {
    let folder = &work.request.secrets;
    if !look_at_folder(folder)? {
        work.note_change();
        if work.request.dry_run {
            work.tell(Event::Statement(format!("-- makes {} (mode 700)", folder.display())));
        } else {
            DirBuilder::new()
                .recursive(true)
                .mode(OWNER_RUNS)
                .create(folder)
                .map_err(Error::io("cannot make the folder", folder))?;
        }
    }
    let ignore = folder.join(".gitignore");
    if ignore.symlink_metadata().is_ok() {
        let ignores =
            std::fs::read_to_string(&ignore).is_ok_and(|text| text.lines().any(|line| line.trim() == "*"));
        if !ignores {
            work.warn(
                format!("{} does not keep the credentials out of git. It needs the line:", ignore.display()),
                vec!["*".to_owned()],
            );
        }
        return Ok(());
    }
    put(work, &ignore, Some("*\n"), OWNER_ONLY)?;
    Ok(())
}

/// Whether a file is there; a file that `provision` did not make is never replaced.
fn is_ours(path: &Path) -> Result<bool> {
    let not_ours = || {
        Error::usage_hint(
            format!(
                "refused: `{}` is there already and was not made by `seedmill provision`",
                path.display()
            ),
            "move it away, or name another folder with --secrets",
        )
    };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io("cannot look at", path)(error)),
        Ok(metadata) if !metadata.is_file() => Err(not_ours()),
        Ok(_) => {
            let text = std::fs::read_to_string(path).map_err(Error::io("cannot read", path))?;
            let signed = |line: &str| line.starts_with(SIGNATURE) || line.starts_with(SQL_SIGNATURE);
            if text.lines().take(2).any(signed) { Ok(true) } else { Err(not_ours()) }
        }
    }
}

/// Puts a file into the folder, unless it has the text and the permissions. It is whole from the beginning, and
/// nobody else's at any moment. A dry run tells it; a text that is not known yet is new.
fn put(work: &mut Work<'_>, path: &Path, text: Option<&str>, mode: u32) -> Result<bool> {
    let same = text.is_some_and(|text| {
        std::fs::symlink_metadata(path).is_ok_and(|there| there.is_file() && there.mode() & 0o777 == mode)
            && std::fs::read(path).is_ok_and(|there| there == text.as_bytes())
    });
    if same {
        return Ok(false);
    }
    work.note_change();
    if work.request.dry_run {
        work.tell(Event::Statement(format!("-- writes {} (mode {mode:o})", path.display())));
        return Ok(true);
    }
    let text = text.ok_or_else(|| Error::internal("a file has a text"))?;
    let is_ignore = path.file_name().is_some_and(|name| name == ".gitignore");
    let replaces = !is_ignore && is_ours(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = Error::io("cannot write", path);
    let result = tempfile::Builder::new()
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)
        .and_then(|mut file| {
            // The process's mask may have taken something away.
            file.as_file().set_permissions(Permissions::from_mode(mode))?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            if replaces { file.persist(path) } else { file.persist_noclobber(path) }
                .map_err(|error| error.error)
        });
    result.map_err(write)?;
    Ok(true)
}
