//! `seedmill init`: a small commented model to begin with, and the schema beside it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Outcome;
use super::printer::Printer;
use crate::dataset::{json_text, write_new};
use crate::error::{Error, Result};
use crate::report::language::schema;

/// The model; its first line names [`SCHEMA`].
const STARTER: &str = include_str!("starter.yaml");
/// The schema's file, beside the model.
const SCHEMA: &str = "seedmill.schema.json";

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seedmill init\n  seedmill init models/shop.yaml\n\nWrites the model and, beside it, seedmill.schema.json. Nothing that is there is overwritten."
)]
pub(super) struct Arguments {
    /// The model's file
    #[arg(default_value = "model.yaml")]
    path: PathBuf,
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    let path = &arguments.path;
    let folder = folder_of(path)?;
    let beside = folder.join(SCHEMA);
    let text = json_text(&schema())?;
    let refuse = |path: &Path, hint: &str| {
        Err(Error::usage_hint(format!("`{}` is there already", path.display()), hint))
    };
    // Both are looked at before either is written.
    if path.symlink_metadata().is_ok() {
        return refuse(path, "name another file: seedmill init other.yaml");
    }
    if beside.symlink_metadata().is_ok() {
        if std::fs::read(&beside).map_err(Error::io("cannot read", &beside))? != text.as_bytes() {
            return refuse(
                &beside,
                "it is another than this seedmill's; put this one in its place with: seedmill schema > seedmill.schema.json",
            );
        }
    } else if !write_new(&beside, text.as_bytes())? {
        return refuse(&beside, "somebody else has written it just now; try again");
    }
    if !write_new(path, STARTER.as_bytes())? {
        return refuse(path, "name another file: seedmill init other.yaml");
    }
    let shown = quoted(path);
    printer.data(&path.display().to_string())?;
    printer.message(&format!(
        "next: seedmill check {shown}\n      seedmill generate {shown} --band tiny --seed first\n      seedmill assess output/shop-tiny-first"
    ));
    Ok(Outcome::Done)
}

/// The folder that the model goes into, which must be there.
fn folder_of(path: &Path) -> Result<PathBuf> {
    if path.is_dir() {
        return Err(Error::usage_hint(
            format!("`{}` is a folder", path.display()),
            format!("name the file: {}", path.join("model.yaml").display()),
        ));
    }
    let folder = match path.parent() {
        None => Path::new("."),
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
    };
    if !folder.is_dir() {
        return Err(Error::usage_hint(
            format!("there is no folder `{}`", folder.display()),
            "make it first, or name a file elsewhere",
        ));
    }
    Ok(folder.to_owned())
}

/// A path as a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |character: char| character.is_ascii_alphanumeric() || "/._-".contains(character);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_names_the_schema_that_is_written_beside_it() {
        let first = STARTER.lines().next().unwrap();
        assert_eq!(first, format!("# yaml-language-server: $schema={SCHEMA}"));
        assert!((45..=80).contains(&STARTER.lines().count()), "{} lines", STARTER.lines().count());
    }

    #[test]
    fn paths_with_spaces_and_quotes_are_one_word_of_a_shell() {
        assert_eq!(quoted(Path::new("a/b.yaml")), "a/b.yaml");
        assert_eq!(quoted(Path::new("it's a.yaml")), r"'it'\''s a.yaml'");
    }
}
