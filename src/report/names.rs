//! [`free_stem`]: what a new report is called.

use std::path::{Path, PathBuf};

/// The path of a report without its extension: `stem`, or `stem_2` and so on where a file of one of the
/// `extensions` is there already, as after a second report of a second. Reports are never overwritten.
pub(super) fn free_stem(folder: &Path, stem: &str, extensions: &[&str]) -> PathBuf {
    let stem = stem.replace(['/', '\\'], "_");
    let is_taken =
        |name: &str| extensions.iter().any(|extension| folder.join(format!("{name}.{extension}")).exists());
    let mut name = stem.clone();
    let mut number = 1;
    while is_taken(&name) {
        number += 1;
        name = format!("{stem}_{number}");
    }
    folder.join(name)
}

/// The file of a stem that [`free_stem`] gave: a band may have a dot in its name.
pub(super) fn file(stem: &Path, extension: &str) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_is_never_given_again() {
        let folder = tempfile::tempdir().unwrap();
        let name = |stem: &Path| stem.file_name().unwrap().to_str().unwrap().to_owned();
        let first = free_stem(folder.path(), "report-a/b.5-17", &["json", "html"]);
        assert_eq!(name(&first), "report-a_b.5-17");
        std::fs::write(file(&first, "html"), "").unwrap();
        let second = free_stem(folder.path(), "report-a/b.5-17", &["json", "html"]);
        assert_eq!(name(&second), "report-a_b.5-17_2");
        assert_eq!(name(&file(&second, "json")), "report-a_b.5-17_2.json");
    }
}
