//! [`PerfData`]: the folder of the records, read with care: nothing in it is trusted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::draft::{Draft, Found};
use super::latest;
use super::name::RunName;
use super::record::{RECORD_VERSION, RunRecord};
use super::recorder::write_alone;
use super::teardown;
use crate::dataset::directory::remove;
use crate::error::{Error, Result};
use crate::report::archive::{Configuration, configurations};

/// The folder `perf-data` of an output folder.
#[derive(Clone, Debug)]
pub struct PerfData {
    /// The folder itself.
    pub path: PathBuf,
    /// The folder of the configurations.
    configurations: PathBuf,
}

/// A record with its file.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The file.
    pub path: PathBuf,
    /// Whether it was put away.
    pub archived: bool,
    /// What it says.
    pub record: RunRecord,
}

/// A file that is none of ours, or was damaged.
#[derive(Clone, Debug)]
pub struct Stranger {
    /// The file.
    pub path: PathBuf,
    /// Why it is none.
    pub why: String,
}

/// What lies in the folder.
#[derive(Debug, Default)]
pub struct Contents {
    /// The records, newest first.
    pub runs: Vec<Stored>,
    /// The configurations, by their files.
    pub configurations: Vec<(PathBuf, Configuration)>,
    /// The script, if it is ours, with the run that it was written after.
    pub teardown: Option<(PathBuf, RunName)>,
    /// Loads that run now.
    pub running: Vec<RunName>,
    /// Everything else.
    pub strangers: Vec<Stranger>,
}

impl PerfData {
    /// The folder of an output folder; it need not be there.
    pub fn of(output: &Path) -> Self {
        Self { path: output.join("perf-data"), configurations: configurations(output) }
    }

    /// The folder of records that were put away.
    pub fn archive(&self) -> PathBuf {
        self.path.join("archive")
    }

    /// Reads everything. Files that are not ours are told, and nothing is made of them.
    ///
    /// # Errors
    ///
    /// A folder that cannot be listed.
    pub fn read(&self) -> Result<Contents> {
        let mut contents = Contents::default();
        for (name, path) in files(&self.path)? {
            match name.as_str() {
                latest::NAME => {}
                teardown::NAME => match teardown::run_of(&path) {
                    Some(run) => contents.teardown = Some((path, run)),
                    None => contents.stranger(path, "is no script of seedmill's".to_owned()),
                },
                hidden if hidden.starts_with('.') => {
                    if let (Some(run), Found::Running) = (Draft::name_of(hidden), Draft::find(&path)?) {
                        contents.running.push(run);
                    }
                }
                name if name.ends_with(".json") => contents.run(path, false),
                _ => contents.stranger(path, "is none of seedmill's".to_owned()),
            }
        }
        for (_, path) in files(&self.archive())?.into_iter().filter(|(name, _)| !name.starts_with('.')) {
            contents.run(path, true);
        }
        for (_, path) in files(&self.configurations)?.into_iter().filter(|(name, _)| !name.starts_with('.')) {
            match json::<Configuration>(&path) {
                Ok(configuration) => contents.configurations.push((path, configuration)),
                Err(why) => contents.stranger(path, format!("is no configuration of seedmill's: {why}")),
            }
        }
        contents.runs.sort_by_key(|run| {
            std::cmp::Reverse((run.record.load_started_at, run.record.name(), run.path.clone()))
        });
        Ok(contents)
    }

    /// Makes `FAILED` records of the loads whose processes were killed.
    ///
    /// # Errors
    ///
    /// The file system's.
    pub fn settle(&self) -> Result<()> {
        for (name, path) in files(&self.path)? {
            if Draft::name_of(&name).is_none() {
                continue;
            }
            let Found::Dead(draft, record) = Draft::find(&path)? else { continue };
            let is_recorded =
                record.name().and_then(|name| read_record(&self.path.join(name.file())).ok()).is_some_and(
                    |known| known.fingerprints == record.fingerprints && known.run_id == record.run_id,
                );
            // A load may have been killed between its record and the end of its draft.
            if !is_recorded {
                write_alone(self, &record)?;
            }
            draft.done()?;
        }
        Ok(())
    }

    /// A draft under the first free name from this one on.
    pub(super) fn take(&self, first: RunName) -> Result<(RunName, Draft)> {
        std::fs::create_dir_all(&self.path).map_err(Error::io("cannot make the folder", &self.path))?;
        let mut name = first;
        loop {
            let is_taken =
                [&self.path, &self.archive()].iter().any(|folder| folder.join(name.file()).exists());
            if !is_taken && let Some(draft) = Draft::take(&self.path, name)? {
                // Another load may have ended between the look and the draft.
                if !self.path.join(name.file()).exists() {
                    return Ok((name, draft));
                }
                draft.done()?;
            }
            name = name.next();
        }
    }

    /// Points `latest_run.json` at the newest record that is not put away: its name, and what was in the way.
    ///
    /// # Errors
    ///
    /// The file system's.
    pub fn point_at_newest(&self) -> Result<(Option<RunName>, Vec<String>)> {
        let records = files(&self.path)?
            .into_iter()
            .filter_map(|(file, path)| Some((RunName::of_file(&file)?, path)))
            .collect::<BTreeMap<_, _>>();
        let newest = records.iter().rev().find(|(_, path)| read_record(path).is_ok()).map(|(name, _)| *name);
        let note = latest::point(&self.path, newest.map(RunName::file).as_deref())?;
        Ok((newest, note.into_iter().collect()))
    }

    /// The record that `latest_run.json` points to; a link whose record was put away is followed there.
    pub fn latest(&self) -> Option<PathBuf> {
        let target = std::fs::read_link(self.path.join(latest::NAME)).ok()?;
        let name = target.file_name()?;
        [self.path.join(name), self.archive().join(name)].into_iter().find(|path| path.exists())
    }

    /// Puts a record away. One of the same name that lies there already stays.
    ///
    /// # Errors
    ///
    /// The file system's.
    pub fn put_away(&self, run: &Stored) -> Result<Option<PathBuf>> {
        let folder = self.archive();
        std::fs::create_dir_all(&folder).map_err(Error::io("cannot make the folder", &folder))?;
        let target = folder.join(run.path.file_name().unwrap_or_default());
        // A link takes no name that is taken; a rename would.
        match std::fs::hard_link(&run.path, &target) {
            Ok(()) => remove(&run.path).map(|()| Some(target)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(Error::io("cannot write", &target)(error)),
        }
    }
}

impl Contents {
    fn run(&mut self, path: PathBuf, archived: bool) {
        match read_record(&path) {
            Ok(record) => self.runs.push(Stored { path, archived, record }),
            Err(why) => self.stranger(path, format!("is no record of seedmill's: {why}")),
        }
    }

    fn stranger(&mut self, path: PathBuf, why: String) {
        self.strangers.push(Stranger { path, why });
    }

    /// The run of an id, a timestamp, the beginning of either, a path, or `latest`.
    ///
    /// # Errors
    ///
    /// There is none, or more than one.
    pub fn find(&self, folder: &PerfData, wanted: &str) -> Result<Stored> {
        if wanted == "latest" {
            let latest = folder.latest();
            let linked = self.runs.iter().find(|run| Some(&run.path) == latest.as_ref());
            return linked.or(self.runs.first()).cloned().ok_or_else(|| none(folder));
        }
        let path = Path::new(wanted);
        if path.is_file() {
            let record = read_record(path)
                .map_err(|why| Error::file(path, format!("is no record of seedmill's: {why}")))?;
            return Ok(Stored { path: path.to_owned(), archived: false, record });
        }
        let stamp = wanted.strip_prefix("load_").or(wanted.strip_prefix("run_")).unwrap_or(wanted);
        let stamp = stamp.strip_suffix(".json").unwrap_or(stamp);
        let stamp_of = |run: &&Stored| run.record.run_id.strip_prefix("load_").unwrap_or_default().to_owned();
        let mut found: Vec<&Stored> = self.runs.iter().filter(|run| stamp_of(run) == stamp).collect();
        if found.is_empty() && !stamp.is_empty() {
            found = self.runs.iter().filter(|run| stamp_of(run).starts_with(stamp)).collect();
        }
        match found.as_slice() {
            [run] => Ok((*run).clone()),
            [] if self.runs.is_empty() => Err(none(folder)),
            [] => Err(Error::usage_hint(
                format!("there is no run `{wanted}` in `{}`", folder.path.display()),
                "`seedmill runs list` names them",
            )),
            several => {
                let names: Vec<String> = several.iter().map(|run| run.path.display().to_string()).collect();
                Err(Error::usage_hint(
                    format!("`{wanted}` may be {} runs: {}", several.len(), names.join(", ")),
                    "give more of the id, or the path",
                ))
            }
        }
    }
}

fn none(folder: &PerfData) -> Error {
    Error::usage_hint(
        format!("there are no runs in `{}`", folder.path.display()),
        "`seedmill load` records them; name another output folder with --out",
    )
}

/// The files of a folder by name, in order; none where there is no folder.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("cannot list", folder)(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io("cannot list", folder))?;
        let path = entry.path();
        if !path.is_dir() {
            files.push((entry.file_name().to_string_lossy().into_owned(), path));
        }
    }
    files.sort();
    Ok(files)
}

/// A record, or why a file is none.
fn read_record(path: &Path) -> Result<RunRecord, String> {
    let value: serde_json::Value = json(path)?;
    match value.get("record_version").and_then(serde_json::Value::as_u64) {
        None => return Err("it has no record_version".to_owned()),
        Some(version) if version > u64::from(RECORD_VERSION) => {
            return Err(format!("its record_version is {version}, and this build knows {RECORD_VERSION}"));
        }
        Some(_) => {}
    }
    let record: RunRecord = serde_json::from_value(value).map_err(|error| error.to_string())?;
    if record.name().is_none() {
        return Err(format!("`{}` is no run id", record.run_id));
    }
    Ok(record)
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = std::fs::read(path).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text).map_err(|error| error.to_string())
}
