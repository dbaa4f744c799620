//! The description of the language and its reader say the same: every mapping has the keys that are asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::*;
use crate::model::diagnostics::Diagnostics;
use crate::model::fields::asking;
use crate::model::yaml::{Name, Node, Value};
use crate::model::{ColumnType, Request, load, load_all, yaml};

/// A key of a mapping, by what the mapping is called.
type Used = BTreeSet<(&'static str, &'static str)>;

/// Walks a tree along the description.
#[derive(Default)]
struct Walk {
    used: Used,
    /// Where a mapping of each kind stands: the keys and numbers that lead to it.
    found: BTreeMap<&'static str, Vec<String>>,
    wrong: Vec<String>,
}

impl Walk {
    fn shape(&mut self, shape: &Shape, node: &Node, path: &[String]) {
        let below = |step: String| path.iter().cloned().chain([step]).collect::<Vec<_>>();
        match (shape, &node.value) {
            (Shape::Keys(mapping), Value::Map(entries)) => self.mapping(mapping, entries, path),
            (Shape::List(inner) | Shape::Exactly(_, inner), Value::List(items)) => {
                for (at, item) in items.iter().enumerate() {
                    self.shape(inner, item, &below(at.to_string()));
                }
            }
            (Shape::Map(_, inner), Value::Map(entries)) => {
                for (name, node) in entries {
                    self.shape(inner, node, &below(name.text.clone()));
                }
            }
            (Shape::Either(shapes), _) => {
                let fits = shapes.iter().find(|shape| fits(shape, node));
                match fits {
                    Some(shape) => self.shape(shape, node, path),
                    None if is_parameter(node) => {}
                    None => self.wrong.push(format!("{}: no form fits", path.join("."))),
                }
            }
            (Shape::Law | Shape::LawOfNumbers | Shape::LawOfDurations, Value::Map(entries)) => {
                self.mapping(&LAW, entries, path);
            }
            (Shape::Column, Value::Map(entries)) => self.mapping(&COLUMN, entries, path),
            (Shape::Case, Value::Map(entries)) => self.mapping(&CASE, entries, path),
            (Shape::Element, Value::Map(entries)) => self.mapping(&ELEMENT, entries, path),
            (Shape::Type, Value::Map(entries)) => {
                let shapes = TYPES.iter().map(|ty| ty.value);
                for shape in shapes.filter(|shape| fits(shape, node)) {
                    if let Shape::Keys(mapping) = shape {
                        self.mapping(mapping, entries, path);
                    }
                }
            }
            _ => {}
        }
    }

    fn mapping(&mut self, mapping: &'static Mapping, entries: &[(Name, Node)], path: &[String]) {
        self.found.entry(mapping.called).or_insert_with(|| path.to_vec());
        for (name, node) in entries {
            let path: Vec<String> = path.iter().cloned().chain([name.text.clone()]).collect();
            match all_keys(mapping, entries).into_iter().find(|(known, _)| *known == name.text) {
                Some((known, shape)) => {
                    self.used.insert((mapping.called, known));
                    self.shape(&shape, node, &path);
                }
                None => self.wrong.push(format!("{}: not described in {}", path.join("."), mapping.called)),
            }
        }
    }
}

fn is_parameter(node: &Node) -> bool {
    matches!(&node.value, Value::Scalar { text, quoted: false } if text.starts_with('$'))
}

/// Whether a shape is meant, as far as keys and kinds show.
fn fits(shape: &Shape, node: &Node) -> bool {
    match (shape, &node.value) {
        (Shape::Keys(mapping), Value::Map(entries)) => {
            let known = all_keys(mapping, entries);
            let has = |key: &str| entries.iter().any(|(name, _)| name.text == key);
            let law = mapping.beside != Beside::Law || LAW_NAMES.into_iter().any(has);
            law && mapping.keys.iter().all(|key| !key.required || has(key.name))
                && entries.iter().all(|(name, _)| known.iter().any(|(known, _)| *known == name.text))
        }
        (Shape::Percentile | Shape::Map(Names::Percentiles, _), Value::Map(entries)) => {
            entries.iter().all(|(name, _)| name.text.starts_with('p'))
        }
        (Shape::Map(..) | Shape::LawOfNumbers, Value::Map(_)) => true,
        (Shape::List(_), Value::List(_)) => true,
        (
            Shape::Map(..) | Shape::List(_) | Shape::Keys(_) | Shape::Percentile,
            Value::Scalar { .. } | Value::Null | Value::List(_) | Value::Map(_),
        ) => false,
        (_, Value::Scalar { .. }) => true,
        (_, Value::Null | Value::List(_) | Value::Map(_)) => false,
    }
}

/// A mapping's keys, and those that a strategy or a law beside them brings.
fn all_keys(mapping: &Mapping, entries: &[(Name, Node)]) -> Vec<(&'static str, Shape)> {
    let mut keys: Vec<(&'static str, Shape)> = mapping.keys.iter().map(|key| (key.name, key.value)).collect();
    let law = || LAWS.iter().map(|law| (law.name, law.value));
    let bounds = TRUNCATION.iter().map(|key| (key.name, key.value));
    let has_law = entries.iter().any(|(name, _)| LAW_NAMES.contains(&name.text.as_str()));
    match mapping.beside {
        Beside::Nothing => {}
        Beside::Law => keys.extend(law().chain(bounds)),
        Beside::Strategy if has_law => {
            keys.extend(law().chain(bounds).chain([(RANKS.name, RANKS.value)]));
        }
        Beside::Strategy => keys.extend(STRATEGIES.iter().map(|strategy| (strategy.name, strategy.value))),
    }
    keys
}

/// What the description says of all mappings that are called the same.
fn described() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    fn gather(shape: &Shape, all: &mut BTreeMap<&'static str, BTreeSet<&'static str>>) {
        match shape {
            Shape::Keys(mapping) => mapping_of(mapping, all),
            Shape::List(inner) | Shape::Exactly(_, inner) | Shape::Map(_, inner) => gather(inner, all),
            Shape::Either(shapes) => shapes.iter().for_each(|shape| gather(shape, all)),
            _ => {}
        }
    }
    fn mapping_of(mapping: &Mapping, all: &mut BTreeMap<&'static str, BTreeSet<&'static str>>) {
        let mut keys: BTreeSet<&'static str> = mapping.keys.iter().map(|key| key.name).collect();
        let bounds = TRUNCATION.iter().map(|key| key.name);
        match mapping.beside {
            Beside::Nothing => {}
            Beside::Law => keys.extend(LAW_NAMES.into_iter().chain(bounds)),
            Beside::Strategy => {
                keys.extend(LAW_NAMES.into_iter().chain(bounds).chain(STRATEGY_NAMES).chain([RANKS.name]));
            }
        }
        all.entry(mapping.called).or_default().extend(keys);
        mapping.keys.iter().for_each(|key| gather(&key.value, all));
    }
    let mut all = BTreeMap::new();
    mapping_of(&MODEL, &mut all);
    for mapping in [&COLUMN, &CASE, &ELEMENT, &LAW] {
        mapping_of(mapping, &mut all);
    }
    STRATEGIES.iter().chain(&LAWS).chain(&TYPES).for_each(|word| gather(&word.value, &mut all));
    all
}

fn repository(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// Models that are accepted and show the whole language, but for the examples.
const MODELS: [&str; 8] = [
    "configs/chat/chat.yaml",
    "tests/models/every_type.yaml",
    "tests/models/keys.yaml",
    "tests/models/tables.yaml",
    "tests/models/hints.yaml",
    "tests/laws/laws.yaml",
    "tests/laws/rhythms.yaml",
    "tests/composites/composites.yaml",
];

fn request(path: PathBuf) -> Request {
    Request { path, ..Request::default() }
}

fn tree(text: &str) -> Node {
    let mut diagnostics = Diagnostics::default();
    let file = diagnostics.add_file(Path::new("model.yaml"), text.to_owned());
    let tree = yaml::parse(&mut diagnostics, file).expect("a tree");
    assert_eq!(diagnostics.errors(), 0, "{}", diagnostics.render());
    tree
}

/// The example model in a folder of its own.
fn example_file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.yaml");
    std::fs::write(&path, example_model()).expect("written");
    (folder, path)
}

/// Reads all models, which must be accepted, and walks them.
fn walk() -> Walk {
    let (_folder, examples) = example_file();
    let mut walk = Walk::default();
    for path in MODELS.into_iter().map(repository).chain([examples]) {
        if let Err(error) = load_all(&request(path.clone()), |_| Ok(())) {
            panic!("{}: {error}", path.display());
        }
        walk.shape(&Shape::Keys(&MODEL), &tree(&std::fs::read_to_string(path).expect("a model")), &[]);
    }
    walk
}

#[test]
fn the_reader_asks_each_mapping_for_the_keys_that_are_described() {
    walk();
    let asked = asking::asked();
    let described = described();
    let none = BTreeSet::new();
    let kinds: BTreeSet<&str> = asked.keys().map(String::as_str).chain(described.keys().copied()).collect();
    let mut wrong = Vec::new();
    for called in kinds {
        let (asked, described) = (asked.get(called).unwrap_or(&none), described.get(called).unwrap_or(&none));
        for key in asked.difference(described) {
            wrong.push(format!("{called}: the reader asks for `{key}`, which is not described"));
        }
        for key in described.difference(asked) {
            wrong.push(format!("{called}: `{key}` is described, and the reader never asks for it"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_described_key_is_used_by_a_model_that_is_accepted() {
    let walk = walk();
    assert!(walk.wrong.is_empty(), "{}", walk.wrong.join("\n"));
    let all: Used = described()
        .into_iter()
        .flat_map(|(called, keys)| keys.into_iter().map(move |key| (called, key)))
        .collect();
    // A case has few strategies in these models, and an element can have few.
    let open = |called: &str| matches!(called, "a case" | "`of`" | "`per_parent`");
    let words = |key: &str| {
        STRATEGY_NAMES.contains(&key) || LAW_NAMES.contains(&key) || matches!(key, "min" | "max" | "by")
    };
    let unused: Vec<_> =
        all.difference(&walk.used).filter(|(called, key)| !(open(called) && words(key))).collect();
    assert!(unused.is_empty(), "no accepted model uses {unused:?}");
}

#[test]
fn every_described_mapping_refuses_an_unknown_key() {
    let text = example_model();
    let mut walk = Walk::default();
    walk.shape(&Shape::Keys(&MODEL), &tree(&text), &[]);
    let kinds: BTreeSet<&str> = described().into_keys().collect();
    assert_eq!(walk.found.keys().copied().collect::<BTreeSet<_>>(), kinds, "the example has every mapping");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.yaml");
    for (called, place) in &walk.found {
        let mut root = tree(&text);
        let Some(Value::Map(entries)) = at(&mut root, place).map(|node| &mut node.value) else {
            panic!("{called}: nothing at {place:?}")
        };
        let place = entries.first().map_or_else(Default::default, |(name, _)| name.place);
        entries.push((Name { place, text: "unheard of".to_owned() }, Node::plain(place, "1")));
        std::fs::write(&path, yaml::emit(&root)).expect("written");
        match load(&request(path.clone())) {
            Ok(_) => panic!("{called}: an unknown key is accepted"),
            Err(error) => assert!(error.to_string().contains("has no key `unheard of`"), "{called}: {error}"),
        }
    }
}

/// The node that keys and numbers lead to.
fn at<'n>(node: &'n mut Node, path: &[String]) -> Option<&'n mut Node> {
    let Some((step, rest)) = path.split_first() else { return Some(node) };
    let inner = match &mut node.value {
        Value::List(items) => items.get_mut(step.parse::<usize>().ok()?)?,
        Value::Map(entries) => {
            entries.iter_mut().find(|(name, _)| name.text == *step).map(|(_, node)| node)?
        }
        Value::Null | Value::Scalar { .. } => return None,
    };
    at(inner, rest)
}

#[test]
fn the_described_types_are_those_that_columns_have() {
    let plain = ColumnType::PLAIN.iter().map(ToString::to_string);
    let parts = ["decimal(10,2)", "enum", "array"].map(str::to_owned);
    let described: Vec<&str> = TYPES.iter().map(|ty| ty.name).collect();
    assert_eq!(described, plain.chain(parts).collect::<Vec<_>>());
}

#[test]
fn every_word_has_a_sentence_and_an_example_that_names_it() {
    let model = example_model();
    for word in STRATEGIES.iter().chain(&LAWS).chain(&TYPES) {
        assert!(word.does.ends_with(['.', ')']), "{}", word.name);
        let names_it = |example: &Example| example.text.contains(word.name);
        assert!(word.examples.iter().any(names_it), "{}", word.name);
        let is_there = |example: &Example| example.text.lines().all(|line| model.contains(line));
        assert!(word.examples.iter().all(is_there), "{}: an example has no place in the frame", word.name);
    }
    for operation in OPERATORS.iter().chain(&FUNCTIONS) {
        let there = model.contains(&format!("- {}\n", operation.example))
            || model.contains(&quoted(operation.example));
        assert!(there && !operation.example.is_empty(), "{}", operation.name);
    }
}
