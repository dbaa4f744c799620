//! [`check`]: a model as `seedmill check` takes it, and what must hold of one that it accepts.

use std::path::Path;

use seedmill::cli::resolves;
use seedmill::error::{Error, Result};
use seedmill::model::{Loaded, Request, load, load_all};

use super::folder::Folder;

/// Referenced rows whose times are read to see whether a law can follow them; `check` reads more.
const MOST_READ: u64 = 20_000;

/// Checks a model in all its bands. A refused one has a reason with a place; an accepted one is the same again when its
/// own canonical text is read.
pub fn check(path: &Path) -> bool {
    let request = Request { path: path.to_owned(), ..Request::default() };
    let Some(all) = told(load_all(&request, |model| resolves(model, MOST_READ))) else { return false };
    all.iter().for_each(assert_reads_back);
    true
}

/// What a call gave, unless it refuses its input in words.
pub fn told<T>(result: Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Error::Model(rendered)) => {
            assert!(rendered.contains("error"), "a model was refused without a reason: {rendered:?}");
            None
        }
        Err(
            error @ (Error::Infeasible { .. }
            | Error::Usage { .. }
            | Error::Value { .. }
            | Error::Resource { .. }
            | Error::Io { .. }
            | Error::File { .. }),
        ) => {
            assert!(!error.to_string().is_empty(), "refused without a reason: {error:?}");
            None
        }
        Err(error) => panic!("a model caused: {error}"),
    }
}

/// The canonical text, which a dataset keeps, declares the same model.
fn assert_reads_back(loaded: &Loaded) {
    let folder = Folder::new();
    let path = folder.write("model.yaml", loaded.canonical.as_bytes());
    let request = Request { path, band: Some(loaded.model.band.clone()), ..Request::default() };
    let again = match load(&request) {
        Ok(again) => again,
        Err(error) => {
            panic!("the canonical text of an accepted model is refused: {error}\n{}", loaded.canonical)
        }
    };
    assert_eq!(again.canonical, loaded.canonical, "the canonical text changes when it is read");
    let [one, two] = [loaded, &again].map(|loaded| format!("{:?}", loaded.model));
    assert_eq!(one, two, "the canonical text declares another model");
}
