//! [`Layout`]: where the files of a multiply folder lie, and which of them may be read.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::model::diagnostics::Diagnostics;
use crate::model::yaml::{self, Node, Place};

/// What every file that makes an entity ends with.
const MULTIPLY: &str = "_multiply.yaml";
/// Bytes; a seed file of 100 records has some ten thousand.
const MAX_FILE: u64 = 64 << 20;

/// The folder of the multiply files and the folders around it.
pub struct Layout {
    /// Nearest first: the folder, the model's root and, of a root named `performance`, its parent.
    bases: Vec<Location>,
    /// The real path under which every seed file must lie.
    root: Location,
    allowed: Vec<PathBuf>,
}

/// A file or folder: how it is opened and how messages print it.
#[derive(Clone)]
pub struct Location {
    real: PathBuf,
    shown: PathBuf,
}

impl Location {
    fn join(&self, below: &str) -> Self {
        Self { real: self.real.join(below), shown: tidy(&self.shown.join(below)) }
    }

    fn up(&self, steps: usize) -> Self {
        let real = self.real.ancestors().nth(steps).unwrap_or(&self.real).to_owned();
        let shown = (0..steps).fold(self.shown.clone(), |path, _| path.join(".."));
        Self { real, shown: tidy(&shown) }
    }

    /// The name without its extension.
    pub fn stem(&self) -> String {
        self.shown.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

impl Layout {
    /// Looks around a folder. A folder that cannot be read is an error.
    pub fn of(folder: &Path, allow_paths: &[PathBuf], diagnostics: &mut Diagnostics) -> Option<Self> {
        let real = match fs::canonicalize(folder) {
            Ok(real) if real.is_dir() => real,
            Ok(_) => return no_folder(folder, "this is not a folder", diagnostics),
            Err(error) => return no_folder(folder, &format!("cannot read the folder: {error}"), diagnostics),
        };
        let own = Location { real, shown: tidy(folder) };
        let configs =
            own.real.ancestors().position(|above| above.file_name().is_some_and(|name| name == "configs"));
        let root = own.up(configs.unwrap_or(0) + 1);
        let mut bases = vec![own, root.clone()];
        if root.real.file_name().is_some_and(|name| name == "performance") {
            bases.push(root.up(1));
        }
        let allowed = allow_paths.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
        Some(Self { bases, root, allowed })
    }

    /// The name of the model's root folder.
    pub fn root_name(&self) -> String {
        self.root
            .real
            .file_name()
            .map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// The `{entity}_multiply.yaml` files with their entities, by name; none at all is an error.
    pub fn multiply_files(&self, diagnostics: &mut Diagnostics) -> Vec<(String, Location)> {
        let folder = &self.bases[0];
        let mut found = Vec::new();
        for name in names_in(&folder.real) {
            if let Some(entity) = name.strip_suffix(MULTIPLY).filter(|entity| !entity.is_empty()) {
                found.push((entity.to_owned(), folder.join(&name)));
            }
        }
        if found.is_empty() {
            let message = format!("the folder holds no `{{entity}}{MULTIPLY}`");
            let _: Option<()> = no_folder(&folder.shown, &message, diagnostics);
        }
        found
    }

    /// The nearest of the files that go by one of `names`, below any of the bases.
    pub fn nearest(&self, names: &[&str]) -> Option<Location> {
        let candidates = self.bases.iter().flat_map(|base| names.iter().map(|name| base.join(name)));
        candidates.into_iter().find(|location| location.real.is_file())
    }

    /// The entities' schema files: all of the nearest `schemas` folder but those with names of their own.
    pub fn schema_files(&self) -> Vec<Location> {
        let folders = self.bases.iter().map(|base| base.join("schemas"));
        let Some(folder) = folders.into_iter().find(|folder| folder.real.is_dir()) else { return Vec::new() };
        let names = names_in(&folder.real).into_iter();
        names
            .filter(|name| {
                name.ends_with(".yaml") && name != "relationships.yaml" && name != "constraints.yaml"
            })
            .map(|name| folder.join(&name))
            .collect()
    }

    /// The seed file that a config names, relative to the config's folder. It must stay under the
    /// model's root, or under a path that the caller allowed, symbolic links followed.
    pub fn seed_file(&self, named: &str, place: Place, diagnostics: &mut Diagnostics) -> Option<Location> {
        let folder = &self.bases[0];
        let location =
            Location { real: tidy(&folder.real.join(named)), shown: tidy(&folder.shown.join(named)) };
        if !self.may_read(&location.real) {
            return self.escaped(named, place, diagnostics);
        }
        match fs::canonicalize(folder.real.join(named)) {
            Ok(real) if self.may_read(&real) => Some(Location { real, shown: location.shown }),
            Ok(_) => self.escaped(named, place, diagnostics),
            Err(error) => {
                let message = format!("the seed file `{}` cannot be read: {error}", location.shown.display());
                diagnostics.error(place, message, "`seed_file` is relative to the folder of its config file");
                None
            }
        }
    }

    fn may_read(&self, real: &Path) -> bool {
        real.starts_with(&self.root.real) || self.allowed.iter().any(|allowed| real.starts_with(allowed))
    }

    fn escaped(&self, named: &str, place: Place, diagnostics: &mut Diagnostics) -> Option<Location> {
        diagnostics.error(
            place,
            format!("the seed file `{named}` lies outside the model's root `{}`", self.root.shown.display()),
            "move it below the root, or allow its folder with `--allow-path`",
        );
        None
    }
}

/// Reads and parses a file; `place` is where its name stands, if it is named anywhere.
pub fn read(location: &Location, place: Option<Place>, diagnostics: &mut Diagnostics) -> Option<Node> {
    match text_of(&location.real) {
        Ok(text) => {
            let file = diagnostics.add_file(&location.shown, text);
            yaml::parse(diagnostics, file)
        }
        Err(reason) => {
            let message = format!("`{}` cannot be read: {reason}", location.shown.display());
            let place = place.unwrap_or_else(|| nowhere(&location.shown, diagnostics));
            diagnostics.error(place, message, "");
            None
        }
    }
}

fn text_of(path: &Path) -> Result<String, String> {
    let about = fs::metadata(path).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is not a file".to_owned());
    }
    if about.len() > MAX_FILE {
        return Err(format!(
            "it has {} bytes, more than {MAX_FILE}; keep bulk data out of models",
            about.len()
        ));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes)
        .map_err(|error| format!("it is not UTF-8 from byte {} on", error.utf8_error().valid_up_to()))
}

/// The file names of a folder, sorted: the order of a file system must not show in a model.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// A place for what belongs to no line of any file.
fn nowhere(path: &Path, diagnostics: &mut Diagnostics) -> Place {
    Place { file: diagnostics.add_file(path, ""), ..Place::default() }
}

fn no_folder<T>(folder: &Path, message: &str, diagnostics: &mut Diagnostics) -> Option<T> {
    let place = nowhere(folder, diagnostics);
    diagnostics.error(
        place,
        message,
        "a multiply model is a folder such as `configs`, with `users_multiply.yaml` in it",
    );
    None
}

/// The path without `.` and without the `..` that a name before it takes back.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(tidied.components().next_back(), Some(Component::Normal(_))) => {
                tidied.pop();
            }
            Component::ParentDir if tidied.has_root() => {}
            Component::ParentDir | Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                tidied.push(part)
            }
        }
    }
    if tidied.as_os_str().is_empty() { PathBuf::from(".") } else { tidied }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tidy_path_keeps_only_the_steps_up_that_it_needs() {
        for (path, tidied) in [
            ("configs/shop/../../seeds/a.yaml", "seeds/a.yaml"),
            ("./configs/..", "."),
            ("configs/../../a", "../a"),
            ("../../a", "../../a"),
            ("/../a", "/a"),
        ] {
            assert_eq!(tidy(Path::new(path)), Path::new(tidied), "{path}");
        }
    }
}
