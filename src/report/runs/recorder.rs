//! [`Recorder`]: records a load from its beginning, so that there is a record however it ends.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::draft::Draft;
use super::folder::PerfData;
use super::made::{generated_at, sha256, sums_digest};
use super::name::RunName;
use super::record::{GenerationConfig, Phase, RECORD_VERSION, RunRecord, Status};
use super::teardown;
use crate::dataset::layout::Layout;
use crate::dataset::manifest::Manifest;
use crate::dataset::{json_text, write_new};
use crate::error::{Error, Result};
use crate::report::counts::Counts;
use crate::report::{archive, clock};

/// A load that is about to begin.
pub struct Beginning<'b> {
    /// The output folder; records go into its `perf-data`.
    pub output: &'b Path,
    /// The dataset's directory.
    pub dataset: &'b Path,
    /// Its manifest.
    pub manifest: &'b Manifest,
    /// The schema that it goes into.
    pub schema: &'b str,
    /// The server's host.
    pub host: &'b str,
    /// The server's port.
    pub port: u16,
    /// The database.
    pub database: &'b str,
    /// The environment that was provisioned, where one was named.
    pub environment: Option<&'b str>,
    /// Connections that copy at a time.
    pub jobs: usize,
}

/// A record and what could not be done beside it.
#[derive(Debug)]
pub struct Written {
    /// The record's file.
    pub path: PathBuf,
    /// Things of other hands that stood where ours belong, for the person who waits.
    pub notes: Vec<String>,
}

/// The record of a load that runs.
///
/// From its beginning a draft of the record lies in the folder, locked by this process. [`Recorder::finish`] puts the
/// record in its place; a recorder that is dropped before says that the load failed. Of a load whose process was
/// killed, the next command that looks into the folder makes a `FAILED` record from the draft.
pub struct Recorder {
    output: PathBuf,
    draft: Option<Draft>,
    /// The record as it would be now; whoever loads fills in `rows_loaded`, `resumed` and `verification`.
    pub record: RunRecord,
}

impl Recorder {
    /// Takes a run id that no other run has, keeps the dataset's configuration, and writes the draft and the
    /// `teardown.sh`.
    ///
    /// # Errors
    ///
    /// The dataset's files cannot be read, or the folder cannot be written.
    pub fn begin(beginning: &Beginning<'_>) -> Result<Self> {
        let folder = PerfData::of(beginning.output);
        folder.settle()?;
        let model = Layout::at(beginning.dataset).model();
        let canonical = std::fs::read_to_string(&model).map_err(Error::io("cannot read", &model))?;
        archive::configuration(beginning.output, beginning.manifest, &canonical)?;
        let started = whole_second(clock::now());
        let mut record = beginning.record(started, &canonical)?;
        let (name, draft) = folder.take(RunName::first(started.as_second()))?;
        record.run_id = name.to_string();
        draft.keep(&record)?;
        // From the first row on there is something to tear down, also when the load is killed.
        teardown::put(&folder.path, &record)?;
        Ok(Self { output: beginning.output.to_owned(), draft: Some(draft), record })
    }

    /// Adds what a phase came to, and notes that the load lives.
    ///
    /// # Errors
    ///
    /// The file system's.
    pub fn phase(&mut self, phase: Phase) -> Result<()> {
        self.record.phases.push(phase);
        self.draft.as_ref().map_or(Ok(()), |draft| draft.keep(&self.record))
    }

    /// Ends the load now and writes its record: completed if there are no errors.
    ///
    /// # Errors
    ///
    /// The file system's.
    pub fn finish(mut self, errors: Vec<String>) -> Result<Written> {
        self.end(errors)
    }

    /// Writes nothing: there was nothing to load.
    ///
    /// # Errors
    ///
    /// The file system's.
    pub fn abandon(mut self) -> Result<()> {
        self.draft.take().map_or(Ok(()), Draft::done)
    }

    fn end(&mut self, errors: Vec<String>) -> Result<Written> {
        let record = &mut self.record;
        record.load_completed_at = whole_second(clock::now()).max(record.load_started_at);
        record.status = if errors.is_empty() { Status::Completed } else { Status::Failed };
        record.errors = errors;
        let written = write(&self.output, record)?;
        self.draft.take().map_or(Ok(()), Draft::done)?;
        Ok(written)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if self.draft.is_some() {
            // Where even this fails, the draft stays for the next command.
            let _ = self.end(vec!["the load ended before it told how".to_owned()]);
        }
    }
}

impl Beginning<'_> {
    fn record(&self, started: Timestamp, canonical: &str) -> Result<RunRecord> {
        let manifest = self.manifest;
        Ok(RunRecord {
            run_id: String::new(),
            schema_name: self.schema.to_owned(),
            generation_config: GenerationConfig {
                band: manifest.band.clone(),
                seed: manifest.seed.clone(),
                generated_at: generated_at(self.dataset, manifest)?,
                counts: Counts::of(manifest),
            },
            load_started_at: started,
            load_completed_at: started,
            duration_seconds: 0,
            rows_loaded: Counts::entities(manifest).zeroed(),
            errors: Vec::new(),
            status: Status::Failed,
            record_version: RECORD_VERSION,
            host: self.host.to_owned(),
            port: self.port,
            database: self.database.to_owned(),
            environment: self.environment.map(str::to_owned),
            model: manifest.model.clone(),
            dataset: self.dataset.to_owned(),
            fingerprints: manifest.fingerprints.clone(),
            dataset_sha256sums: sums_digest(self.dataset)?,
            model_sha256: sha256(canonical.as_bytes()),
            values_version: manifest.values_version,
            format: manifest.format,
            jobs: self.jobs,
            phases: Vec::new(),
            resumed: false,
            verification: Vec::new(),
        })
    }
}

/// Times are recorded in whole seconds, so that their difference is the duration.
fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// Writes a record into `perf-data` of an output folder, never over another, points `latest_run.json` at the newest
/// record, and writes the `teardown.sh` of the run.
///
/// # Errors
///
/// The file system's, or a run id that is none.
pub fn write(output: &Path, record: &RunRecord) -> Result<Written> {
    let folder = PerfData::of(output);
    let (path, is_newest, mut notes) = write_alone(&folder, record)?;
    if is_newest {
        notes.extend(teardown::put(&folder.path, record)?);
    }
    Ok(Written { path, notes })
}

/// Writes a record and points the link: the file, and whether it is the newest.
pub(super) fn write_alone(folder: &PerfData, record: &RunRecord) -> Result<(PathBuf, bool, Vec<String>)> {
    let mut record = record.clone();
    let lasted = record.load_completed_at.as_second() - record.load_started_at.as_second();
    record.duration_seconds = u64::try_from(lasted).unwrap_or(0);
    let mut name =
        record.name().ok_or_else(|| Error::internal(format!("`{}` is no run id", record.run_id)))?;
    loop {
        record.run_id = name.to_string();
        let path = folder.path.join(name.file());
        if write_new(&path, json_text(&record)?.as_bytes())? {
            let (newest, notes) = folder.point_at_newest()?;
            return Ok((path, newest == Some(name), notes));
        }
        name = name.next();
    }
}
