//! [`of`]: what a target begins with: the repository's own models, right and wrong, and parts of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::targets::dialect::HEADER;

/// What it is, and its bytes.
pub type Seed = (String, Vec<u8>);

const FUZZ: &str = "tests/fuzz";
/// Of a dialect's file that a seed keeps: fuzzers get on with short inputs.
const MOST_LINES: usize = 60;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files under a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).expect("under the root").display().to_string()
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// YAML files of the repository, without those of the fuzzers.
fn yaml() -> Vec<PathBuf> {
    let all = ["configs", "seeds", "tests"].map(|folder| files(&root().join(folder))).concat();
    let is_seed = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "yaml") && !path.starts_with(root().join(FUZZ))
    };
    all.into_iter().filter(is_seed).collect()
}

/// The dialect's files lie in folders beside others of theirs; the rest are models.
fn is_of_dialect(path: &Path) -> bool {
    let has_multiply =
        |folder: &Path| files(folder).iter().any(|file| name(file).ends_with("_multiply.yaml"));
    let name = name(path);
    name.starts_with("seeds/")
        || (name.contains("/configs/") || name.contains("/seeds/") || name.starts_with("configs/"))
            && path.ancestors().skip(1).take(2).any(|above| above != root() && has_multiply(above))
}

/// The seeds of a target.
pub fn of(target: &str) -> Vec<Seed> {
    match target {
        "models" => models(),
        "expressions" => expressions(),
        "dialect" => dialect(),
        "templates" => templates(),
        other => panic!("no target {other}"),
    }
}

fn models() -> Vec<Seed> {
    let own = yaml().into_iter().filter(|path| !is_of_dialect(path));
    own.map(|path| (name(&path), read(&path))).collect()
}

/// Every folder that holds models of the dialect, with its seeds, in one text.
fn dialect() -> Vec<Seed> {
    let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
    for path in yaml().into_iter().filter(|path| name(path).ends_with("_multiply.yaml")) {
        let configs =
            path.ancestors().filter(|above| above.ends_with("configs")).last().expect("under configs");
        folders.insert(configs.parent().expect("above configs").to_owned());
    }
    let text = |folder: &PathBuf| {
        let mut text = Vec::new();
        for path in ["configs", "seeds"].iter().flat_map(|below| files(&folder.join(below))) {
            let below = path.strip_prefix(folder).expect("under the folder").display().to_string();
            if path.extension().is_some_and(|extension| extension == "yaml")
                && below != "configs/chat/chat.yaml"
            {
                text.extend(format!("{HEADER}{below}\n").bytes());
                text.extend(read(&path).split_inclusive(|&byte| byte == b'\n').take(MOST_LINES).flatten());
            }
        }
        (name(folder), text)
    };
    folders.iter().map(text).collect()
}

/// What stands between quotes in the tests of expressions.
fn expressions() -> Vec<Seed> {
    let mut found = BTreeSet::new();
    for path in ["tests/expressions/main.rs", "src/model/expression/mod.rs", "src/model/expression/print.rs"]
    {
        let text = String::from_utf8(read(&root().join(path))).expect("UTF-8");
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            // Every second piece between quotes is inside.
            let inside = line.split('"').skip(1).step_by(2).filter(|text| text.len() > 1);
            found.extend(inside.map(str::to_owned));
        }
    }
    found.into_iter().map(|text| (format!("`{text}`"), text.into_bytes())).collect()
}

/// What follows `template:` in models, as unique and as not, with other placeholders.
fn templates() -> Vec<Seed> {
    let own =
        ["{n}", "{word}{n}", "{n}{word}", "{word}{word}", "{n}-{m}", "{maybe}{row}", "{{{n}}}", "{id}{time}"];
    let mut found: BTreeSet<String> = own.map(str::to_owned).into();
    for path in yaml() {
        for line in String::from_utf8_lossy(&read(&path)).lines() {
            if let Some((_, after)) = line.split_once("template: \"")
                && let Some((text, _)) = after.split_once('"')
            {
                found.insert(text.to_owned());
            }
        }
    }
    let both =
        |text: &String| [0, 1].map(|unique| (format!("`{text}`"), [&[unique], text.as_bytes()].concat()));
    found.iter().flat_map(both).collect()
}

/// Words of a target's language, from the dictionary that libFuzzer reads too.
pub fn words(target: &str) -> Vec<String> {
    let path = root().join(FUZZ).join("words").join(format!("{target}.dict"));
    let text = String::from_utf8(read(&path)).expect("UTF-8");
    let quoted = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('"'));
    quoted.filter_map(|(_, rest)| rest.rsplit_once('"')).map(|(word, _)| unescaped(word)).collect()
}

/// libFuzzer's dictionaries know `\\`, `\"` and `\xAB`, and no other byte that is not printable.
fn unescaped(word: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = word;
    while let Some((before, escape)) = rest.split_once('\\') {
        bytes.extend(before.bytes());
        let length = if escape.starts_with('x') { 3 } else { 1 };
        let (escape, after) = escape.split_at(length);
        bytes.push(match escape.strip_prefix('x') {
            Some(digits) => u8::from_str_radix(digits, 16).expect("two hexadecimal digits"),
            None => escape.as_bytes()[0],
        });
        rest = after;
    }
    bytes.extend(rest.bytes());
    String::from_utf8(bytes).expect("UTF-8")
}

/// What once broke a law of a target.
pub fn found(target: &str) -> Vec<Seed> {
    files(&root().join(FUZZ).join("found").join(target)).iter().map(|path| (name(path), read(path))).collect()
}

/// Puts the seeds of every target into the folder that SEEDMILL_FUZZ_SEEDS names, where scripts/fuzz.sh begins with them.
#[test]
fn every_seed_is_a_file_for_the_fuzzers() {
    let own = tempfile::tempdir().expect("a temporary folder");
    let folder = std::env::var_os("SEEDMILL_FUZZ_SEEDS").map_or(own.path().to_owned(), PathBuf::from);
    for (target, _) in super::TARGETS {
        let folder = folder.join(target);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let seeds: Vec<Seed> = of(target).into_iter().chain(found(target)).collect();
        for (at, (_, bytes)) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("{at:04}")), bytes).expect("a seed");
        }
        assert_eq!(files(&folder).len(), seeds.len(), "{target}");
    }
}
