//! [`RecordFiles`]: the CSV files that `record: {of: places.csv}` names, put into the tree in place of their names, so
//! that the bound model stands alone and its fingerprint holds every record.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::diagnostics::{Diagnostics, FileId};
use super::yaml::{Name, Node, Place, Value};

/// Bytes; records are a vocabulary, not bulk data.
const MOST_BYTES: u64 = 16 << 20;

/// The folder that such files must lie under, and others that are allowed.
pub struct RecordFiles<'f> {
    folder: &'f Path,
    allowed: &'f [PathBuf],
}

impl<'f> RecordFiles<'f> {
    /// Files under the model's folder, or under one that the caller allows.
    pub const fn under(folder: &'f Path, allowed: &'f [PathBuf]) -> Self {
        Self { folder, allowed }
    }

    /// A model's tree with the records of every file in their places.
    pub fn put_into(&self, root: &mut Node, diagnostics: &mut Diagnostics) {
        let entities = root.get_mut("entities").into_iter().flat_map(Node::values_mut);
        for column in entities.filter_map(|entity| entity.get_mut("columns")).flat_map(Node::values_mut) {
            let Some(of) = column.get_mut("record").and_then(|record| record.get_mut("of")) else { continue };
            if let Some(name) = of.as_str() {
                let records = self.records(name, of.place, diagnostics);
                // What is wrong is reported; an empty list would be reported once more.
                *of = records.unwrap_or_else(|| Node::new(of.place, Value::Null));
            }
        }
    }

    fn records(&self, name: &str, place: Place, diagnostics: &mut Diagnostics) -> Option<Node> {
        let path = self.path(name, place, diagnostics)?;
        let text = match text_of(&path) {
            Ok(text) => text,
            Err(reason) => {
                let hint = "name a CSV file that lies beside the model";
                diagnostics.dead_end(place, format!("the file `{name}` cannot be read: {reason}"), hint);
                return None;
            }
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        let file = diagnostics.add_file(&self.folder.join(name), text.clone());
        let rows = rows(&text, file).and_then(|rows| listed(rows, place));
        rows.map_err(|(at, message)| {
            diagnostics.error(
                at,
                message,
                "the first line names the fields, every other is a record of them",
            );
            diagnostics.dead_end(place, format!("the file `{name}` cannot be read as records"), "");
        })
        .ok()
    }

    /// The real path of a file that may be read.
    fn path(&self, name: &str, place: Place, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
        let folder = match self.folder {
            empty if empty.as_os_str().is_empty() => Path::new("."),
            folder => folder,
        };
        let is_inside =
            |path: &Path, root: &Path| fs::canonicalize(root).is_ok_and(|root| path.starts_with(root));
        let steps_out = Path::new(name)
            .components()
            .any(|part| !matches!(part, Component::Normal(_) | Component::CurDir));
        let real = fs::canonicalize(folder.join(name));
        let may = match &real {
            Ok(real) => {
                is_inside(real, folder) || self.allowed.iter().any(|allowed| is_inside(real, allowed))
            }
            // What is not there tells nothing of what lies elsewhere.
            Err(_) => !steps_out,
        };
        if !may {
            diagnostics.dead_end(
                place,
                format!("the file `{name}` lies outside the model's folder"),
                "move it beside the model, or allow its folder with `--allow-path`",
            );
            return None;
        }
        match real {
            Ok(real) => Some(real),
            Err(error) => {
                let hint = "the path begins at the model's folder";
                diagnostics.dead_end(place, format!("the file `{name}` cannot be read: {error}"), hint);
                None
            }
        }
    }
}

fn text_of(path: &Path) -> Result<String, String> {
    let about = fs::metadata(path).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is not a file".to_owned());
    }
    if about.len() > MOST_BYTES {
        return Err(format!(
            "it has {} bytes, more than {MOST_BYTES}: records are no bulk data",
            about.len()
        ));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes)
        .map_err(|error| format!("it is not UTF-8 from byte {} on", error.utf8_error().valid_up_to()))
}

type Wrong = (Place, String);

/// The lines of a file with their places.
fn rows(text: &str, file: FileId) -> Result<Vec<(Place, Vec<String>)>, Wrong> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| (Place { file, ..Place::default() }, error.to_string()))?;
        let start = record.position().map_or(0, |position| position.byte() as usize);
        // Empty lines before a record belong to its position.
        let start = start + text[start..].bytes().take_while(|byte| b"\r\n".contains(byte)).count();
        let end = start + text[start..].find(['\r', '\n']).unwrap_or(text.len() - start);
        let place = Place { file, start: start as u32, end: end as u32 };
        rows.push((place, record.iter().map(str::to_owned).collect()));
    }
    if rows.is_empty() {
        return Err((Place { file, ..Place::default() }, "the file is empty".to_owned()));
    }
    Ok(rows)
}

/// The lines as a list of records; an empty cell is NULL.
fn listed(mut rows: Vec<(Place, Vec<String>)>, place: Place) -> Result<Node, Wrong> {
    let (head, names) = rows.remove(0);
    if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err((head, format!("the field `{}` stands twice", twice.1)));
    }
    if names.iter().any(String::is_empty) {
        return Err((head, "a field has no name".to_owned()));
    }
    let mut records = Vec::with_capacity(rows.len());
    for (place, cells) in rows {
        if cells.len() != names.len() {
            let message =
                format!("this record has {} values, and there are {} fields", cells.len(), names.len());
            return Err((place, message));
        }
        let cells = names
            .iter()
            .zip(cells)
            .map(|(name, cell)| (Name { place, text: name.clone() }, Node::new(place, value(cell))));
        records.push(Node::new(place, Value::Map(cells.collect())));
    }
    Ok(Node::list(place, records))
}

/// A cell as YAML would have it: numbers and truth values are plain, all else is text. `007` is a code, no number.
fn value(cell: String) -> Value {
    let digits = cell.trim_start_matches('-');
    let is_code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit()) && cell.parse::<f64>().is_ok();
    let plain = is_number && !is_code || matches!(cell.as_str(), "true" | "false");
    match cell.is_empty() {
        true => Value::Null,
        false => Value::Scalar { text: cell, quoted: !plain },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::yaml::emit;

    fn read(csv: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("places.csv"), csv).unwrap();
        let mut diagnostics = Diagnostics::default();
        let name = Node::plain(Place::default(), "places.csv");
        diagnostics.add_file(Path::new("model.yaml"), "places.csv");
        let record = Node::map(Place::default(), [("of", name)]);
        let column = Node::map(Place::default(), [("record", record)]);
        let columns = Node::map(Place::default(), [("place", column)]);
        let entity = Node::map(Place::default(), [("columns", columns)]);
        let entities = Node::map(Place::default(), [("users", entity)]);
        let mut root = Node::map(Place::default(), [("entities", entities)]);
        RecordFiles::under(folder.path(), &[]).put_into(&mut root, &mut diagnostics);
        match diagnostics.errors() {
            0 => Ok(emit(&root).lines().last().unwrap_or_default().trim().to_owned()),
            _ => Err(diagnostics.render()),
        }
    }

    #[test]
    fn records_stand_in_the_tree_with_their_kinds() {
        let csv =
            "\u{feff}city,zip,weight,note\r\n\"Foz, do\",0742,2.5,\r\n\r\nAu,9430,1,\"say \"\"ah\"\"\"\r\n";
        let found = read(csv).unwrap();
        assert_eq!(
            found,
            r#"of: [{city: "Foz, do", zip: "0742", weight: 2.5, note: null}, {city: "Au", zip: 9430, weight: 1, note: "say \"ah\""}]"#
        );
    }

    #[test]
    fn what_is_no_table_is_refused_where_it_stands() {
        for (csv, line, why) in [
            ("city,zip\nFoz,1\nAu\n", "places.csv:3:1", "this record has 1 values"),
            ("city,city\nFoz,1\n", "places.csv:1:1", "`city` stands twice"),
            ("", "places.csv:1:1", "the file is empty"),
            ("city,\nFoz,1\n", "places.csv:1:1", "a field has no name"),
        ] {
            let said = read(csv).unwrap_err();
            assert!(said.contains(line) && said.contains(why), "{csv:?}: {said}");
        }
    }

    #[test]
    fn only_files_under_the_folder_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let (inner, outer) = (folder.path().join("model"), folder.path().join("secret.csv"));
        fs::create_dir(&inner).unwrap();
        fs::write(&outer, "name\nAnna\n").unwrap();
        fs::write(inner.join("own.csv"), "name\nAnna\n").unwrap();
        let path = |name: &str, allowed: &[PathBuf]| {
            let mut diagnostics = Diagnostics::default();
            diagnostics.add_file(Path::new("model.yaml"), "");
            RecordFiles::under(&inner, allowed).path(name, Place::default(), &mut diagnostics).is_some()
        };
        assert!(path("own.csv", &[]) && path("./own.csv", &[]));
        let absolute = outer.to_str().unwrap();
        for outside in ["../secret.csv", absolute, "../nothing.csv", "own.csv/../../secret.csv"] {
            assert!(!path(outside, &[]), "{outside}");
        }
        assert!(path("../secret.csv", &[folder.path().to_owned()]));
    }
}
