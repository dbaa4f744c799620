//! The multiply dialect: the document's examples, every strategy, and mistakes with their places.

use std::fs;
use std::path::{Path, PathBuf};

use seedmill::model::dialect::translate;
use seedmill::model::diagnostics::{Diagnostics, Severity};
use seedmill::model::yaml::{Node, emit};

/// A model's folder in a temporary directory: `configs/` below a root of its own.
struct Workspace {
    folder: tempfile::TempDir,
}

impl Workspace {
    fn new(files: &[(&str, &str)]) -> Self {
        let workspace = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(workspace.path("shop/configs")).unwrap();
        for (path, text) in files {
            workspace.write(&format!("shop/{path}"), text);
        }
        workspace
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn translate(&self, allowed: &[PathBuf]) -> (Option<Node>, Vec<String>) {
        let mut diagnostics = Diagnostics::default();
        let node = translate(&self.path("shop/configs"), allowed, &mut diagnostics);
        (node, found(&diagnostics, self.folder.path()))
    }
}

/// `severity file:line:column message | hint`, files relative to `root`.
fn found(diagnostics: &Diagnostics, root: &Path) -> Vec<String> {
    let line = |found: &seedmill::model::diagnostics::Diagnostic| {
        let path = diagnostics.path(found.place.file);
        let path = path.strip_prefix(root).unwrap_or(path).display();
        let (line, column) = diagnostics.line_and_column(found.place);
        let severity = match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        format!("{severity} {path}:{line}:{column} {} | {}", found.message, found.hint)
    };
    diagnostics.found().iter().map(line).collect()
}
#[test]
fn scratch() {
    let mut diagnostics = Diagnostics::default();
    let node = translate(Path::new("tests/models/documents/eval/performance/configs"), &[], &mut diagnostics);
    println!("{}", node.map(|n| emit(&n)).unwrap_or_default());
    println!("{}", diagnostics.render());
    let mut diagnostics = Diagnostics::default();
    let node = translate(Path::new("/work/main/configs/shop"), &[], &mut diagnostics);
    println!("{}", node.map(|n| emit(&n)).unwrap_or_default());
    println!("{}", diagnostics.render());
}
