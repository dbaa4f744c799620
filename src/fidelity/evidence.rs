//! [`Evidence`]: the files that the judge has before it: which are whose, and what their columns are called.

mod columns;
mod folder;
mod mapping;
mod names;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub use mapping::Mapping;

use super::assessment::{Counter, Place, Promise, Remark};
use super::reading::{FileColumn, columns_of};
use super::strangers;
use crate::dataset::format::Format;
use crate::dataset::layout::Layout;
use crate::dataset::manifest::{EntityManifest, Manifest};
use crate::dataset::verify::verify_files;
use crate::error::{Error, Result};
use crate::model::{Column, EntityId, Model};

/// How many places a counter keeps.
const PLACES: usize = 10;

/// The files of a dataset, from seedmill or from anybody.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The dataset's folder.
    pub root: PathBuf,
    /// One for each entity of the model, by `EntityId`.
    pub tables: Vec<Table>,
    /// The manifest, where there is one that can be read.
    pub manifest: Option<Manifest>,
    /// Parts of equal shard number may hold whole families: all files are those of the manifest. Whether they do is
    /// tested while linking.
    pub aligned: bool,
    /// What the files promise.
    pub counters: Vec<Counter>,
    /// What there is to say of files and columns that belong to no entity.
    pub remarks: Vec<Remark>,
}

/// The files of one entity. Files that cannot be opened are counted, and left out.
#[derive(Clone, Debug)]
pub struct Table {
    /// The entity.
    pub entity: EntityId,
    /// Its files, in order.
    pub files: Vec<TableFile>,
    /// By `ColumnId`: the name in the files; none where the model hides the column or no file has it.
    pub columns: Vec<Option<String>>,
}

/// One file of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its path from the dataset's root, with slashes.
    pub name: String,
    /// How it is encoded.
    pub format: Format,
    /// The shard that wrote it, by the manifest.
    pub shard: Option<usize>,
}

/// Finds every entity's files and columns.
///
/// # Errors
///
/// A folder that cannot be listed; files or columns that two entities or two names could mean; a mapping that names
/// files that are not there.
pub fn collect(root: &Path, model: &Model, mapping: Option<&Mapping>, threads: usize) -> Result<Evidence> {
    if !root.is_dir() {
        return Err(Error::usage_hint(
            format!("`{}` is no folder", root.display()),
            "name the folder that holds the dataset's files",
        ));
    }
    let mut counters = Vec::new();
    let manifest = read_manifest(root, &mut counters);
    if let Some(manifest) = &manifest {
        counters.push(as_recorded(root, manifest, threads)?);
    }
    let found = folder::walk(root)?;
    let claims = match &manifest {
        Some(manifest) => folder::Claims::of_manifest(&found, manifest, model),
        None => folder::Claims::of_names(&found, model, mapping)?,
    };
    let claims = claims.with_mapping(&found, mapping, model)?;
    let mut remarks = claims.remarks();
    let aligned =
        manifest.is_some() && claims.tables().iter().flatten().all(|file: &TableFile| file.shard.is_some());
    let has_table = model.entity_ids().map(|entity| has_table(model, entity, &claims));
    counters.extend(has_table);

    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build()?;
    let opened = pool.install(|| open(claims.into_tables()));
    let mut tables = Vec::with_capacity(opened.len());
    for (entity, files) in model.entity_ids().zip(opened) {
        let found = columns::find(model, entity, &files, mapping)?;
        counters.extend(can_be_read(model, entity, &files));
        counters.extend(found.counter);
        if !found.strangers.is_empty() {
            let (told, personal) =
                pool.install(|| strangers::profile(model, entity, &files, &found.strangers));
            remarks.extend(told);
            counters.extend(personal);
        }
        let files = files.into_iter().filter(|file| file.columns.is_ok()).map(|file| file.file).collect();
        tables.push(Table { entity, files, columns: found.names });
    }
    Ok(Evidence { root: root.to_owned(), tables, manifest, aligned, counters, remarks })
}

/// A file with the columns that its head names.
pub(super) struct OpenedFile {
    pub(super) file: TableFile,
    /// The columns, or why there are none.
    pub(super) columns: Result<Vec<FileColumn>, super::reading::Unreadable>,
}

fn open(tables: Vec<Vec<TableFile>>) -> Vec<Vec<OpenedFile>> {
    let open = |file: TableFile| OpenedFile { columns: columns_of(&file), file };
    tables.into_iter().map(|files| files.into_par_iter().map(open).collect()).collect()
}

/// The manifest, if there is one; one that cannot be read is a breach.
fn read_manifest(root: &Path, counters: &mut Vec<Counter>) -> Option<Manifest> {
    if !Layout::at(root).manifest().exists() {
        return None;
    }
    let (manifest, places) = match Manifest::read(root) {
        Ok(manifest) => (Some(manifest), Vec::new()),
        Err(error) => (None, vec![whole_file("manifest.json", error.to_string())]),
    };
    counters.push(counter(
        "manifest.json",
        "the manifest can be read",
        1,
        places,
        "restore the manifest, or make the dataset again",
    ));
    manifest
}

fn as_recorded(root: &Path, manifest: &Manifest, threads: usize) -> Result<Counter> {
    let findings = verify_files(&Layout::at(root), manifest, threads)?;
    let places = findings.into_iter().map(|finding| whole_file(&finding.file, finding.message)).collect();
    Ok(counter(
        "manifest.json",
        "every part is as the manifest records it",
        manifest.parts().count(),
        places,
        "`seedmill verify` lists them all; make the dataset again",
    ))
}

fn has_table(model: &Model, entity: EntityId, claims: &folder::Claims) -> Counter {
    let name = &model.entity(entity).name;
    let places = match claims.tables()[entity.0].is_empty() {
        true => vec![whole_file(name, "no file is of this table")],
        false => Vec::new(),
    };
    let advice = format!("put its files into a folder `{name}`, or name them in a mapping");
    counter(name, format!("the dataset has a table `{name}`"), 1, places, advice)
}

fn can_be_read(model: &Model, entity: EntityId, files: &[OpenedFile]) -> Option<Counter> {
    let unreadable = files.iter().filter_map(|file| file.columns.as_ref().err());
    let places: Vec<Place> = unreadable.map(|error| whole_file(&error.file, &error.message)).collect();
    (!files.is_empty()).then(|| {
        counter(
            &model.entity(entity).name,
            "every file can be opened",
            files.len(),
            places,
            "replace the files that are damaged or of another format",
        )
    })
}

/// A counter of files; it keeps the first places.
fn counter(
    subject: &str,
    rule: impl Into<String>,
    examined: usize,
    mut places: Vec<Place>,
    advice: impl Into<String>,
) -> Counter {
    let violations = places.len() as u64;
    places.truncate(PLACES);
    Counter {
        promise: Promise::Files,
        subject: subject.to_owned(),
        rule: rule.into(),
        examined: examined as u64,
        violations,
        places,
        advice: (violations > 0).then(|| advice.into()),
    }
}

fn whole_file(file: &str, found: impl Into<String>) -> Place {
    Place { file: file.to_owned(), row: None, column: None, found: found.into() }
}

/// The entity of the model that a dataset's entity is.
fn entity_of(model: &Model, recorded: &EntityManifest) -> Option<EntityId> {
    model.find(&recorded.name).or_else(|| recorded.aliases.iter().find_map(|alias| model.find(alias)))
}

/// Whether files have the column.
fn is_written(column: &Column) -> bool {
    !column.hidden
}

#[cfg(test)]
mod tests;
