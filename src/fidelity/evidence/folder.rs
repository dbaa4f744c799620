//! [`Claims`]: which files of a folder are which entity's.

use std::path::{Path, PathBuf};

use super::names::{self, Closeness};
use super::{Mapping, TableFile, entity_of};
use crate::dataset::format::Format;
use crate::dataset::manifest::Manifest;
use crate::error::{Error, Result};
use crate::fidelity::assessment::Remark;
use crate::model::{EntityId, Model};

/// Folders in folders, at most: deeper is a circle of links.
const MOST_LEVELS: usize = 16;

/// How many files a remark names.
const NAMED: usize = 10;

/// What a dataset of seedmill's holds besides its tables.
const OWN_FILES: [&str; 5] = ["plan.json", "manifest.json", "SHA256SUMS", "README.md", "model.yaml"];
const OWN_FOLDERS: [&str; 2] = ["psql", "receipts"];

/// A file of the folder.
#[derive(Clone, Debug)]
pub struct Found {
    path: PathBuf,
    /// From the root, with slashes.
    name: String,
    format: Option<Format>,
}

impl Found {
    fn table_file(&self, format: Format, shard: Option<usize>) -> TableFile {
        TableFile { path: self.path.clone(), name: self.name.clone(), format, shard }
    }
}

/// All files of a folder, sorted by name. Names that begin with a dot or an underscore are the tools' own.
pub fn walk(root: &Path) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    walk_into(root, "", MOST_LEVELS, &mut found)?;
    found.sort_by(|left: &Found, right: &Found| left.name.cmp(&right.name));
    Ok(found)
}

fn walk_into(folder: &Path, prefix: &str, levels: usize, found: &mut Vec<Found>) -> Result<()> {
    if levels == 0 {
        return Err(Error::file(folder, format!("more than {MOST_LEVELS} folders in folders")));
    }
    for entry in std::fs::read_dir(folder).map_err(Error::io("cannot list", folder))? {
        let entry = entry.map_err(Error::io("cannot list", folder))?;
        let own = entry.file_name().to_string_lossy().into_owned();
        if own.starts_with(['.', '_']) {
            continue;
        }
        let (path, name) = (entry.path(), format!("{prefix}{own}"));
        if path.is_dir() {
            walk_into(&path, &format!("{name}/"), levels - 1, found)?;
        } else {
            let format = split_name(&own).1;
            found.push(Found { path, name, format });
        }
    }
    Ok(())
}

/// A file's name without its endings, and the format that these say.
fn split_name(name: &str) -> (&str, Option<Format>) {
    const ENDINGS: [(&str, Format); 4] = [
        (".parquet", Format::Parquet),
        (".csv", Format::Csv),
        (".csv.zst", Format::CsvZstd),
        (".zst", Format::CsvZstd),
    ];
    let ends = |ending: &str| {
        let stem = name.get(..name.len().checked_sub(ending.len())?)?;
        name[stem.len()..].eq_ignore_ascii_case(ending).then_some(stem)
    };
    let known = ENDINGS.iter().filter_map(|(ending, format)| Some((ends(ending)?, Some(*format))));
    known.min_by_key(|(stem, _)| stem.len()).unwrap_or((name, None))
}

/// The files of every entity, and those of none.
pub struct Claims {
    tables: Vec<Vec<TableFile>>,
    strangers: Vec<String>,
}

/// How well a file's name fits an entity: smaller is better, and of prefixes the longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Whole(Closeness),
    Prefix(std::cmp::Reverse<usize>),
}

impl Claims {
    /// What the manifest records and is there; what is not is a finding of the manifest's own check.
    pub fn of_manifest(found: &[Found], manifest: &Manifest, model: &Model) -> Self {
        let mut claims = Self { tables: vec![Vec::new(); model.entities.len()], strangers: Vec::new() };
        let mut recorded = Vec::new();
        for entity in &manifest.entities {
            let id = entity_of(model, entity);
            for part in &entity.parts {
                recorded.push(part.file.as_str());
                let file = found.binary_search_by(|found| found.name.as_str().cmp(&part.file));
                match (id, file) {
                    (Some(id), Ok(at)) => {
                        claims.tables[id.0].push(found[at].table_file(manifest.format, Some(part.shard)));
                    }
                    (None, Ok(_)) => claims.strangers.push(part.file.clone()),
                    (_, Err(_)) => {}
                }
            }
        }
        recorded.sort_unstable();
        let others = found.iter().filter(|file| recorded.binary_search(&file.name.as_str()).is_err());
        claims.strangers.extend(others.map(|file| file.name.clone()));
        claims
    }

    /// What the names of folders and files say. Entities whose files a mapping names claim nothing by name.
    pub fn of_names(found: &[Found], model: &Model, mapping: Option<&Mapping>) -> Result<Self> {
        let mut claims = Self { tables: vec![Vec::new(); model.entities.len()], strangers: Vec::new() };
        let mut sources: Vec<Vec<(&str, Format)>> = vec![Vec::new(); model.entities.len()];
        let mapped = |entity: EntityId| mapping.is_some_and(|mapping| !mapping.files(entity).is_empty());
        for file in found {
            let claim = match file.format {
                Some(format) => claimant(&file.name, model, mapped)?.map(|entity| (entity, format)),
                None => None,
            };
            let Some((entity, format)) = claim else {
                claims.strangers.push(file.name.clone());
                continue;
            };
            claims.tables[entity.0].push(file.table_file(format, None));
            let source = (file.name.split_once('/').map_or("", |(folder, _)| folder), format);
            if !sources[entity.0].contains(&source) {
                sources[entity.0].push(source);
            }
        }
        for (entity, sources) in model.entities.iter().zip(&sources) {
            refuse_several(&entity.name, sources)?;
        }
        Ok(claims)
    }

    /// What a mapping names instead.
    pub fn with_mapping(mut self, found: &[Found], mapping: Option<&Mapping>, model: &Model) -> Result<Self> {
        let Some(mapping) = mapping else { return Ok(self) };
        for entity in model.entity_ids().filter(|entity| !mapping.files(*entity).is_empty()) {
            let mut files: Vec<TableFile> = Vec::new();
            for pattern in mapping.files(entity) {
                let matching = matching(found, pattern)?;
                let new =
                    matching.into_iter().filter(|file| files.iter().all(|known| known.name != file.name));
                files.extend(new.collect::<Vec<_>>());
            }
            let freed = std::mem::replace(&mut self.tables[entity.0], files);
            self.strangers.extend(freed.into_iter().map(|file| file.name));
        }
        self.settle(model)
    }

    /// No file is of two entities, and none that is of one is a stranger.
    fn settle(mut self, model: &Model) -> Result<Self> {
        let mut owned: Vec<(&str, usize)> = Vec::new();
        for (entity, files) in self.tables.iter().enumerate() {
            owned.extend(files.iter().map(|file| (file.name.as_str(), entity)));
        }
        owned.sort_unstable();
        if let Some([(file, one), (_, other)]) = owned.array_windows().find(|[left, right]| left.0 == right.0)
        {
            return Err(ambiguous(file, &model.entities[*one].name, &model.entities[*other].name));
        }
        self.strangers.retain(|file| owned.binary_search_by(|(name, _)| (*name).cmp(file)).is_err());
        self.strangers.sort_unstable();
        self.strangers.dedup();
        Ok(self)
    }

    /// The files, by `EntityId`.
    pub fn tables(&self) -> &[Vec<TableFile>] {
        &self.tables
    }

    /// The files, by `EntityId`.
    pub fn into_tables(self) -> Vec<Vec<TableFile>> {
        self.tables
    }

    /// What there is to say of files that are no entity's.
    pub fn remarks(&self) -> Vec<Remark> {
        let own = |file: &str| {
            OWN_FILES.contains(&file)
                || file.split_once('/').is_some_and(|(folder, _)| OWN_FOLDERS.contains(&folder))
        };
        let strange: Vec<&str> =
            self.strangers.iter().map(String::as_str).filter(|file| !own(file)).collect();
        if strange.is_empty() {
            return Vec::new();
        }
        let shown = strange[..strange.len().min(NAMED)].join(", ");
        let more = if strange.len() > NAMED { ", …" } else { "" };
        let (files, belong) = if strange.len() == 1 { ("file", "belongs") } else { ("files", "belong") };
        let text = format!("{} {files} {belong} to no entity of the model: {shown}{more}", strange.len());
        vec![Remark { subject: "files".to_owned(), text }]
    }
}

/// The entity whose name is closest to the file's, or to its folder's.
fn claimant(file: &str, model: &Model, mapped: impl Fn(EntityId) -> bool) -> Result<Option<EntityId>> {
    let fit = |name: &str| match file.split_once('/') {
        Some((folder, _)) => names::of_tables(folder, name).map(Fit::Whole),
        None => fit_stem(split_name(file).0, name),
    };
    let mut best: Vec<(Fit, EntityId)> = Vec::new();
    for id in model.entity_ids().filter(|id| !mapped(*id)) {
        let entity = model.entity(id);
        let spellings = std::iter::once(&entity.name).chain(&entity.aliases);
        if let Some(fit) = spellings.filter_map(|name| fit(name)).min() {
            best.push((fit, id));
        }
    }
    best.sort_unstable();
    match best.as_slice() {
        [(first, one), (second, other), ..] if first == second => {
            Err(ambiguous(file, &model.entity(*one).name, &model.entity(*other).name))
        }
        [(_, entity), ..] => Ok(Some(*entity)),
        [] => Ok(None),
    }
}

fn fit_stem(stem: &str, name: &str) -> Option<Fit> {
    if let Some(closeness) = names::of_tables(stem, name) {
        return Some(Fit::Whole(closeness));
    }
    let head = stem.get(..name.len())?;
    let follows = stem[head.len()..].starts_with(['-', '_']);
    (follows && head.eq_ignore_ascii_case(name)).then_some(Fit::Prefix(std::cmp::Reverse(name.len())))
}

fn ambiguous(file: &str, one: &str, other: &str) -> Error {
    Error::usage_hint(
        format!("`{file}` could be of `{one}` and of `{other}`"),
        "name the files of both in a mapping",
    )
}

/// The same rows in two folders or two formats would be judged twice.
fn refuse_several(entity: &str, sources: &[(&str, Format)]) -> Result<()> {
    if sources.len() < 2 {
        return Ok(());
    }
    let source = |(folder, format): &(&str, Format)| match *folder {
        "" => format!("{format} files in the folder itself"),
        folder => format!("{format} files in `{folder}/`"),
    };
    let sources: Vec<String> = sources.iter().map(source).collect();
    Err(Error::usage_hint(
        format!("`{entity}` could be {}", sources.join(", or ")),
        "name the right ones in a mapping",
    ))
}

/// The files that a pattern of a mapping names: one file, all of a folder, or what the wildcards take.
fn matching(found: &[Found], pattern: &str) -> Result<Vec<TableFile>> {
    let wanted = pattern.trim_start_matches("./").trim_end_matches('/');
    let inside = |name: &str| name.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'));
    let mut files = Vec::new();
    let mut unknown = None;
    for file in found {
        let exact = file.name == wanted || matches_glob(wanted.as_bytes(), file.name.as_bytes());
        match file.format {
            Some(format) if exact || inside(&file.name) => files.push(file.table_file(format, None)),
            None if exact => unknown = Some(&file.name),
            Some(_) | None => {}
        }
    }
    match (files.is_empty(), unknown) {
        (false, _) => Ok(files),
        (true, Some(file)) => Err(Error::usage_hint(
            format!("`{file}` is in no format known here"),
            "parquet, csv and csv.zst are",
        )),
        (true, None) => Err(Error::usage_hint(
            format!("the mapping's `{pattern}` names no file"),
            "paths begin at the dataset's folder; `*` stands for any name, `**/` for any folders",
        )),
    }
}

/// `*` and `?` stay inside a name, `**` does not.
fn matches_glob(pattern: &[u8], name: &[u8]) -> bool {
    match pattern {
        [] => name.is_empty(),
        [b'*', b'*', b'/', rest @ ..] => {
            matches_glob(rest, name)
                || (0..name.len()).any(|at| name[at] == b'/' && matches_glob(rest, &name[at + 1..]))
        }
        [b'*', b'*', rest @ ..] => (0..=name.len()).any(|at| matches_glob(rest, &name[at..])),
        [b'*', rest @ ..] => {
            let longest = name.iter().position(|byte| *byte == b'/').unwrap_or(name.len());
            (0..=longest).any(|at| matches_glob(rest, &name[at..]))
        }
        [b'?', rest @ ..] => name.first().is_some_and(|byte| *byte != b'/') && matches_glob(rest, &name[1..]),
        [byte, rest @ ..] => name.first() == Some(byte) && matches_glob(rest, &name[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stop_at_slashes_unless_doubled() {
        for (pattern, name, expected) in [
            ("msg/*.parquet", "msg/a.parquet", true),
            ("msg/*.parquet", "msg/x/a.parquet", false),
            ("**/a.parquet", "msg/x/a.parquet", true),
            ("**/a.parquet", "a.parquet", true),
            ("msg/**", "msg/x/a.parquet", true),
            ("msg-?.csv", "msg-1.csv", true),
            ("msg-?.csv", "msg-/.csv", false),
            ("msg", "msg.csv", false),
        ] {
            assert_eq!(matches_glob(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn the_longest_ending_says_the_format() {
        assert_eq!(split_name("a.csv.zst"), ("a", Some(Format::CsvZstd)));
        assert_eq!(split_name("a.b.PARQUET"), ("a.b", Some(Format::Parquet)));
        assert_eq!(split_name("a.zst"), ("a", Some(Format::CsvZstd)));
        assert_eq!(split_name("é.json"), ("é.json", None));
    }

    #[test]
    fn a_whole_name_fits_better_than_a_prefix_and_a_longer_prefix_better_than_a_shorter() {
        let fit = fit_stem;
        assert!(fit("order_items", "order_items") < fit("order_items", "order"));
        assert!(fit("order_items-1", "order_items") < fit("order_items-1", "order"));
        assert_eq!(fit("orderly", "order"), None);
        assert_eq!(fit("Orders_2024", "orders"), Some(Fit::Prefix(std::cmp::Reverse(6))));
    }
}
