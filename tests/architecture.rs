//! The house rules of `src/lib.rs` and CONTRIBUTING.md that a compiler does not see.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Who may import whom, beside `error`, which all may: a module and those that it sees. Each sees only modules above
/// itself, so that imports run one way; the judges (`fidelity`, `indexes`) see the description and the evidence,
/// never how rows are made.
const IMPORTS: &[(&str, &[&str])] = &[
    ("error", &[]),
    // Describe.
    ("random", &[]),
    ("laws", &["random"]),
    ("model", &["laws"]),
    ("dataset", &["model"]),
    ("resolve", &["laws", "model"]),
    // Prepare.
    ("columns", &["random", "laws", "model", "resolve"]),
    ("family", &["random", "laws", "model", "dataset", "resolve", "columns"]),
    ("sinks", &["model", "dataset"]),
    ("plan", &["model", "dataset", "resolve", "columns", "family", "sinks"]),
    // Act.
    ("generate", &["model", "dataset", "family", "sinks", "plan"]),
    ("postgres", &["model", "dataset"]),
    // Judge.
    ("fidelity", &["laws", "model", "dataset", "resolve"]),
    ("indexes", &[]),
    // Tell.
    ("report", &["model", "dataset", "resolve", "fidelity", "indexes"]),
    (
        "cli",
        &[
            "model", "dataset", "resolve", "family", "plan", "generate", "postgres", "fidelity", "indexes",
            "report",
        ],
    ),
];

/// Drawing from a law is for those who make rows; the others expect.
const WHO_DRAWS: &[&str] = &["laws", "columns", "family"];

/// Files whose maps only look up, so that no order of theirs can reach a value.
const LOOKS_UP_IN_HASH_MAPS: &[&str] = &["src/model/yaml.rs"];

/// The longest that a file of one idea gets.
const MOST_LINES: usize = 500;

/// Paths that documents name and a run makes.
const MADE_BY_RUNS: &[&str] = &["output", "target", "seeds/archive"];

/// A file of `src/`.
struct Source {
    /// From the repository's root, with slashes.
    path: String,
    /// All of it.
    text: String,
    /// What is not a comment and not a test, line by line with its number.
    code: Vec<(usize, String)>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    files(&root().join("src"), &mut paths);
    paths.sort();
    let source = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let path = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
        let code = code(&text);
        Source { path, text, code }
    };
    paths.into_iter().map(source).collect()
}

/// Unit tests stand at the foot of a file and may look anywhere.
fn code(text: &str) -> Vec<(usize, String)> {
    let tests = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    text[..tests]
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(at, line)| (at + 1, line.to_owned()))
        .collect()
}

impl Source {
    /// The names from the crate's root to this file's module.
    fn module(&self) -> Vec<&str> {
        let inside = self.path.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap();
        let mut names: Vec<&str> = inside.split('/').collect();
        if names.last() == Some(&"mod") {
            names.pop();
        }
        names
    }

    /// The module of the crate that the file belongs to; none for `lib.rs` and `main.rs`.
    fn part(&self) -> Option<&str> {
        let module = self.module();
        (!matches!(module.as_slice(), ["lib" | "main"])).then(|| module[0])
    }
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// The words of a line.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character| !is_name(character)).filter(|word| !word.is_empty())
}

/// What follows each `crate::` of a line.
fn imported(line: &str) -> Vec<&str> {
    line.match_indices("crate::")
        .filter(|(at, _)| !line[..*at].ends_with(is_name))
        .map(|(at, start)| {
            let rest = &line[at + start.len()..];
            &rest[..rest.find(|character| !is_name(character)).unwrap_or(rest.len())]
        })
        .collect()
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} found:\n  {}", wrong.len(), wrong.join("\n  "));
}

#[test]
fn imports_run_one_way() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(part) = source.part() else { continue };
        let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| *name == part) else {
            wrong.push(format!("{}: `{part}` has no line in IMPORTS", source.path));
            continue;
        };
        for (number, line) in &source.code {
            for other in imported(line) {
                if other != part && other != "error" && !allowed.contains(&other) {
                    wrong.push(format!("{}:{number}: `{part}` must not see `{other}`", source.path));
                }
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn no_import_table_entry_looks_down() {
    for (at, (module, allowed)) in IMPORTS.iter().enumerate() {
        for other in *allowed {
            let above = IMPORTS[..at].iter().any(|(name, _)| name == other);
            assert!(above, "`{module}` sees `{other}`, which does not stand above it");
        }
    }
}

/// `super` that climbs to the crate's root would be an import that the table does not see.
#[test]
fn super_stays_inside_its_module() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.part().is_some()) {
        let depth = source.module().len();
        for (number, line) in &source.code {
            let climbs =
                (1..=depth).rev().any(|steps| steps >= depth && line.contains(&"super::".repeat(steps)));
            if climbs {
                wrong.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn only_those_who_make_rows_draw() {
    let mut wrong = Vec::new();
    for source in sources() {
        if source.part().is_some_and(|part| WHO_DRAWS.contains(&part)) {
            continue;
        }
        for (number, line) in &source.code {
            if words(line).any(|word| matches!(word, "Draw" | "Sampler")) {
                wrong.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn the_map_names_every_module() {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let modules: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(modules.len() > 10, "{modules:?}");
    let (map, _) = text.split_once("\npub mod ").unwrap();
    let table = map.split_once("| part | modules |").expect("the table of parts").1;
    for module in modules {
        let named = [format!("[`{module}`]"), format!("[`mod@{module}`]")];
        assert!(
            named.iter().any(|name| table.contains(name)),
            "lib.rs does not say where `{module}` belongs"
        );
        assert!(IMPORTS.iter().any(|(name, _)| *name == module), "IMPORTS has no `{module}`");
    }
}

#[test]
fn every_file_says_what_it_is() {
    let silent = sources().into_iter().filter(|source| !source.text.starts_with("//! "));
    assert_none(silent.map(|source| source.path).collect());
}

#[test]
fn every_file_is_a_module() {
    let sources = sources();
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|source| source.part().is_some()) {
        let module = source.module();
        let (name, above) = module.split_last().unwrap();
        let above = above.join("/");
        let parents = if above.is_empty() {
            vec!["src/lib.rs".to_owned()]
        } else {
            vec![format!("src/{above}.rs"), format!("src/{above}/mod.rs")]
        };
        let declares = |text: &str| {
            text.lines().any(|line| {
                line.trim().strip_suffix(&format!("mod {name};")).is_some_and(|before| {
                    before.is_empty() || before.ends_with("pub ") || before.ends_with(") ")
                })
            })
        };
        if !sources.iter().any(|parent| parents.contains(&parent.path) && declares(&parent.text)) {
            wrong.push(format!("{}: nothing declares it", source.path));
        }
    }
    assert_none(wrong);
}

#[test]
fn no_file_is_too_long_for_one_idea() {
    let long = sources()
        .into_iter()
        .map(|source| (source.text.lines().count(), source.path))
        .filter(|(lines, _)| *lines > MOST_LINES)
        .map(|(lines, path)| format!("{path} has {lines} lines"));
    assert_none(long.collect());
}

#[test]
fn no_hash_order_can_reach_a_value() {
    let mut wrong = Vec::new();
    for source in sources() {
        if LOOKS_UP_IN_HASH_MAPS.contains(&source.path.as_str()) {
            continue;
        }
        for (number, line) in &source.code {
            if words(line).any(|word| matches!(word, "HashMap" | "HashSet" | "RandomState" | "DefaultHasher"))
            {
                wrong.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert_none(wrong);
}

/// Paths in a document that begin with a folder of the repository.
fn named_paths(text: &str, folders: &BTreeSet<String>) -> BTreeSet<String> {
    text.split(|character: char| character.is_whitespace() || "`'\"()[]<>,;=$|".contains(character))
        .map(|word| word.trim_end_matches(['.', ':', '/']).trim_start_matches("./"))
        .filter(|word| word.split_once('/').is_some_and(|(first, _)| folders.contains(first)))
        .filter(|word| !word.contains(['*', '{', '…']))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_path_that_the_documents_name_exists() {
    let folders: BTreeSet<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let mut wrong = Vec::new();
    for document in ["README.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let paths = named_paths(&text, &folders);
        assert!(paths.len() >= 4, "{document} names hardly a path: {paths:?}");
        for path in paths {
            let made = MADE_BY_RUNS.iter().any(|made| path == *made || path.starts_with(&format!("{made}/")));
            if !made && !root().join(&path).exists() {
                wrong.push(format!("{document}: {path}"));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn paths_and_imports_are_found_in_text() {
    let folders = BTreeSet::from(["scripts".to_owned()]);
    let found =
        named_paths("run `scripts/test.sh --quick`. See ./scripts/a/, other/b and scripts/*.sh", &folders);
    assert_eq!(found, BTreeSet::from(["scripts/test.sh".to_owned(), "scripts/a".to_owned()]));
    assert_eq!(imported("use crate::laws::{Draw}; my_crate::x; crate::plan"), ["laws", "plan"]);
    assert_eq!(imported("use crate::{laws, plan};"), [""]);
}
