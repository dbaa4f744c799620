//! What `check` accepts is made: models whose guards keep what would fail from being evaluated, and models of thousands
//! of entities and columns, which cost neither a stack nor an afternoon.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn seedmill(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seedmill"));
    command.args(arguments).current_dir(folder).output().expect("the program starts")
}

/// `check` and `generate` both end well.
fn is_made(model: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = model.to_str().expect("a path of UTF-8");
    for arguments in [&["check", path][..], &["generate", path, "--seed", "s", "--out", "out", "--quiet"]] {
        let output = seedmill(arguments, folder.path());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {path}: {}\n{said}", arguments[0], output.status);
    }
}

fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path
}

#[test]
fn what_check_accepts_is_made() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/right");
    let mut models = 0;
    for entry in std::fs::read_dir(folder).expect("a folder of right models") {
        is_made(&entry.expect("an entry").path());
        models += 1;
    }
    assert!(models > 0, "no model");
}

/// Columns each of which reads the next, so that the first is made after all others.
fn reading_columns(count: usize) -> String {
    let mut text =
        "model: deep\nentities:\n  a:\n    rows: 3\n    columns:\n      id: {uuid: v4}\n".to_owned();
    for at in 0..count - 1 {
        let _ = writeln!(text, "      x{at}: {{expression: \"x{} + 0\"}}", at + 1);
    }
    let _ = writeln!(text, "      x{}: {{constant: 1, type: integer}}", count - 1);
    text
}

/// Entities, each the child of the one before, each with a further column.
fn chain(count: usize, column: impl Fn(usize) -> String) -> String {
    let mut text = "model: deep\nentities:\n".to_owned();
    for at in 0..count {
        let origin = match at {
            0 => "rows: 1".to_owned(),
            _ => format!("parent: e{}, per_parent: 1", at - 1),
        };
        let _ = writeln!(text, "  e{at}: {{{origin}, columns: {{id: {{uuid: v4}}{}}}}}", column(at));
    }
    text
}

#[test]
fn columns_that_are_read_through_thousands_of_others_overflow_no_stack() {
    let folder = tempfile::tempdir().expect("a folder");
    is_made(&written(folder.path(), "columns.yaml", &reading_columns(3_000)));
    let sums = chain(1_500, |at| match at {
        1_499 => ", total: {constant: 1, type: bigint}".to_owned(),
        _ => format!(", total: {{sum: e{}.total}}", at + 1),
    });
    is_made(&written(folder.path(), "sums.yaml", &sums));
}

#[test]
fn an_ancestor_is_read_from_any_number_of_levels_below() {
    let folder = tempfile::tempdir().expect("a folder");
    let copies = chain(300, |at| if at == 0 { String::new() } else { ", first: {copy: e0.id}".to_owned() });
    is_made(&written(folder.path(), "copies.yaml", &copies));
}

/// The processor's seconds that `check` takes, however busy the machine is, as bash tells them.
fn seconds_of_check(model: &Path) -> f64 {
    let output = Command::new("bash")
        .args(["-c", "TIMEFORMAT=%U; time \"$0\" check \"$1\"", env!("CARGO_BIN_EXE_seedmill")])
        .arg(model)
        .env("LC_ALL", "C")
        .output()
        .expect("bash starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    said.lines().last().and_then(|line| line.parse().ok()).unwrap_or_else(|| panic!("no time: {said}"))
}

/// With a step that walks from every entity to the root, a chain of so many took sixty times as long as the roots.
#[test]
fn a_chain_of_parents_costs_little_more_to_check_than_as_many_roots() {
    let folder = tempfile::tempdir().expect("a folder");
    let up = |at: usize| if at == 0 { String::new() } else { ", up: {parent: id}".to_owned() };
    let chain = written(folder.path(), "chain.yaml", &chain(8_000, up));
    let mut roots = "model: wide\nentities:\n".to_owned();
    for at in 0..8_000 {
        let _ = writeln!(roots, "  e{at}: {{rows: 1, columns: {{id: {{uuid: v4}}, up: {{sequence: 1}}}}}}");
    }
    let roots = written(folder.path(), "roots.yaml", &roots);
    let (chain, roots) = (seconds_of_check(&chain), seconds_of_check(&roots));
    assert!(chain < 12.0 * roots.max(0.05), "a chain takes {chain} s, roots {roots} s");
}

#[test]
fn a_case_that_fails_for_a_row_that_takes_it_fails_the_run_with_the_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "
model: cases
entities:
  rooms:
    rows: 40
    columns:
      id: {sequence: 0}
      kind: {expression: \"case when id < 30 then 'SMALL' else 'LARGE' end\", type: {enum: [SMALL, LARGE]}}
      share: {switch: {on: kind, cases: {SMALL: {constant: 0}, LARGE: {expression: \"10 / (id - 33)\"}}}, type: bigint}
";
    let model = written(folder.path(), "cases.yaml", text);
    let path = model.to_str().expect("a path of UTF-8");
    let output = seedmill(&["generate", path, "--seed", "s", "--out", "out", "--quiet"], folder.path());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(
        said.contains("rooms.share") && said.contains("33") && said.contains("division by zero"),
        "{said}"
    );
}
