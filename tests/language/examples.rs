//! Every example of the reference stands in one model that is made and judged.

use seedmill::model::language;

use super::support::{is_good, printed, said, seedmill};

fn written() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.yaml");
    std::fs::write(&path, language::example_model()).expect("written");
    (folder, path)
}

#[test]
fn the_model_of_all_examples_is_accepted_without_a_warning() {
    let (_folder, path) = written();
    let output = seedmill([std::ffi::OsStr::new("check"), path.as_os_str()]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(said(&output), "", "{}", printed(&output));
}

#[test]
fn datasets_of_all_examples_are_good() {
    let (_folder, path) = written();
    is_good(&path, "tiny", "parquet");
}

/// What the page shows is what is made.
#[test]
fn every_example_of_the_page_is_in_that_model() {
    let page = printed(&seedmill(["schema", "--reference"]));
    let model = language::example_model();
    let mut lines = 0;
    for block in page.split("```").skip(1).step_by(2) {
        for line in block.lines().skip(1).filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            lines += 1;
            assert!(model.contains(line.trim_start()), "{line}");
        }
    }
    assert!(lines > 150, "{lines} lines of examples");
}
