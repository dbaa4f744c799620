//! [`find`]: which column of the files is which of the model.

use super::{Mapping, OpenedFile, counter, is_written, names};
use crate::error::{Error, Result};
use crate::fidelity::assessment::{Counter, Place};
use crate::fidelity::reading::FileColumn;
use crate::model::{ColumnId, EntityId, Model};

/// The columns of one table.
pub struct Found {
    /// By `ColumnId`: the name in the files.
    pub names: Vec<Option<String>>,
    /// Whether every file has them all.
    pub counter: Option<Counter>,
    /// Names in the files that are no column of the model, in the order of the files.
    pub strangers: Vec<String>,
}

/// Looks every column of an entity up in the heads of its files.
///
/// # Errors
///
/// Two columns of a file that could both be meant.
pub fn find(
    model: &Model,
    entity: EntityId,
    files: &[OpenedFile],
    mapping: Option<&Mapping>,
) -> Result<Found> {
    let columns = &model.entity(entity).columns;
    let readable: Vec<(&str, &[FileColumn])> = files
        .iter()
        .filter_map(|file| Some((file.file.name.as_str(), file.columns.as_ref().ok()?.as_slice())))
        .collect();
    let mut names = vec![None; columns.len()];
    let mut places = Vec::new();
    for (at, column) in columns.iter().enumerate().filter(|(_, column)| is_written(column)) {
        let wanted = mapping.and_then(|mapping| mapping.column(entity, ColumnId(at)));
        names[at] = match wanted {
            Some(wanted) => readable
                .iter()
                .any(|(_, head)| head.iter().any(|found| found.name == wanted))
                .then(|| wanted.to_owned()),
            None => meant(&column.name, &readable, entity, model)?,
        };
        let missing = readable
            .iter()
            .filter(|(_, head)| !head.iter().any(|found| Some(&found.name) == names[at].as_ref()));
        // A column that no file has is missing once.
        let most = if names[at].is_some() { readable.len() } else { 1 };
        places.extend(missing.take(most).map(|(file, _)| lacks(file, &column.name)));
    }
    let examined = readable.len();
    let counter = (examined > 0).then(|| {
        counter(
            &model.entity(entity).name,
            "every file has the columns of the model",
            examined,
            places,
            "add the columns, or name them in a mapping",
        )
    });
    let strangers = strangers(&readable, &names);
    Ok(Found { names, counter, strangers })
}

fn lacks(file: &str, column: &str) -> Place {
    Place {
        file: file.to_owned(),
        row: None,
        column: Some(column.to_owned()),
        found: format!("the file has no column `{column}`"),
    }
}

/// The name in the first file that has one close enough; a surer one in another file counts more.
fn meant(
    wanted: &str,
    files: &[(&str, &[FileColumn])],
    entity: EntityId,
    model: &Model,
) -> Result<Option<String>> {
    let mut best: Option<(names::Closeness, &str)> = None;
    for (file, head) in files {
        let close = |column: &&FileColumn| names::of_columns(wanted, &column.name);
        let Some(closest) = head.iter().filter_map(|column| close(&column)).min() else { continue };
        let mut alike = head.iter().filter(|column| close(column) == Some(closest));
        let (first, second) = (alike.next(), alike.next());
        if let (Some(first), Some(second)) = (first, second) {
            return Err(Error::usage_hint(
                format!(
                    "{file}: both `{}` and `{}` could be `{}.{wanted}`",
                    first.name,
                    second.name,
                    model.entity(entity).name
                ),
                "name the right one in a mapping",
            ));
        }
        if let Some(first) = first.filter(|_| best.is_none_or(|(other, _)| closest < other)) {
            best = Some((closest, &first.name));
        }
    }
    Ok(best.map(|(_, name)| name.to_owned()))
}

fn strangers(files: &[(&str, &[FileColumn])], known: &[Option<String>]) -> Vec<String> {
    let mut strangers: Vec<String> = Vec::new();
    for column in files.iter().flat_map(|(_, head)| head.iter()) {
        let is_known = known.iter().flatten().any(|name| *name == column.name);
        if !is_known && !strangers.contains(&column.name) {
            strangers.push(column.name.clone());
        }
    }
    strangers
}
