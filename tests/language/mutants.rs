//! Broken in every place in turn, the example model is refused by the schema wherever the reader says that its form is
//! wrong, and accepted by the schema wherever the reader accepts it.

use std::path::{Path, PathBuf};

use seedmill::error::Error;
use seedmill::model::yaml::{self, Name, Node, Place, Value};
use seedmill::model::{Request, diagnostics::Diagnostics, language, load};

use super::support::{Expected, surprises};

/// What the reader says of a mistake of form, whatever the names mean.
const OF_FORM: [&str; 16] = [
    "has no key `unheard of`",
    "is missing",
    "must be a mapping",
    "must be a list",
    "is a list of",
    "must be a text, not",
    "a number is expected here, not a",
    "a duration is expected here, not a",
    "a time is expected here, not a",
    "a list is expected here",
    "two laws stand here",
    "has two strategies",
    "a condition needs a bound",
    "is `true` or `false`",
    "has neither `rows` nor `parent`",
    "but no `per_parent`",
];

fn tree(text: &str) -> Node {
    let mut diagnostics = Diagnostics::default();
    let file = diagnostics.add_file(Path::new("model.yaml"), text.to_owned());
    yaml::parse(&mut diagnostics, file).expect("a tree")
}

/// The places of all nodes below a node, as steps.
fn places(node: &Node, at: &[usize], found: &mut Vec<Vec<usize>>) {
    let inner: Vec<&Node> = match &node.value {
        Value::Map(entries) => entries.iter().map(|(_, node)| node).collect(),
        Value::List(items) => items.iter().collect(),
        Value::Null | Value::Scalar { .. } => Vec::new(),
    };
    for (step, node) in inner.into_iter().enumerate() {
        let at: Vec<usize> = at.iter().copied().chain([step]).collect();
        found.push(at.clone());
        places(node, &at, found);
    }
}

fn at<'n>(node: &'n mut Node, steps: &[usize]) -> &'n mut Node {
    let Some((step, rest)) = steps.split_first() else { return node };
    let inner = match &mut node.value {
        Value::Map(entries) => &mut entries[*step].1,
        Value::List(items) => &mut items[*step],
        Value::Null | Value::Scalar { .. } => panic!("no step into a scalar"),
    };
    at(inner, rest)
}

/// The ways to break a node.
#[derive(Clone, Copy, Debug)]
enum Break {
    Delete,
    AddKey,
    List,
    Mapping,
    Text,
}

fn entry(text: &str) -> (Name, Node) {
    (Name { place: Place::default(), text: text.to_owned() }, Node::plain(Place::default(), "1"))
}

/// Which entry of the root a key is.
fn top_level(root: &Node, key: &str) -> usize {
    let Value::Map(entries) = &root.value else { panic!("a model is a mapping") };
    entries.iter().position(|(name, _)| name.text == key).expect("a key of the model")
}

/// Whether it broke something.
fn broken(root: &mut Node, steps: &[usize], how: Break) -> bool {
    let (last, above) = steps.split_last().expect("below the root");
    let place = Place::default();
    match how {
        Break::Delete => match &mut at(root, above).value {
            Value::Map(entries) => drop(entries.remove(*last)),
            Value::List(items) => drop(items.remove(*last)),
            Value::Null | Value::Scalar { .. } => return false,
        },
        Break::AddKey => match &mut at(root, steps).value {
            Value::Map(entries) => entries.push(entry("unheard of")),
            Value::Null | Value::Scalar { .. } | Value::List(_) => return false,
        },
        Break::List => at(root, steps).value = Value::List(vec![Node::plain(place, "1")]),
        Break::Mapping => at(root, steps).value = Value::Map(vec![entry("unheard of")]),
        Break::Text => {
            let node = at(root, steps);
            if matches!(node.value, Value::Scalar { .. }) {
                return false;
            }
            node.value = Value::Scalar { text: "unheard of".to_owned(), quoted: false };
        }
    }
    true
}

/// The part of a model that a place lies in: the schema looks at each part alone, and small ones are read fast.
fn part(root: &Node, steps: &[usize]) -> Node {
    let mut root = root.clone();
    let keep = |node: &mut Node, key: &str| {
        if let Value::Map(entries) = &mut node.value {
            entries.retain(|(name, _)| name.text == key);
        }
    };
    let name = |node: &Node, step: usize| match &node.value {
        Value::Map(entries) => entries.get(step).map(|(name, _)| name.text.clone()),
        Value::Null | Value::Scalar { .. } | Value::List(_) => None,
    };
    let Some(top) = name(&root, steps[0]) else { return root };
    if top != "entities" || steps.len() < 3 {
        return root;
    }
    let Some(entities) = root.get_mut("entities") else { return root };
    let Some(entity) = name(entities, steps[1]) else { return root };
    keep(entities, &entity);
    let Some(entity) = entities.get_mut(&entity) else { return root };
    if steps.len() > 4 && name(entity, steps[2]).as_deref() == Some("columns") {
        let Some(columns) = entity.get_mut("columns") else { return root };
        if let Some(column) = name(columns, steps[3]) {
            keep(columns, &column);
        }
    }
    root
}

/// What the reader's verdict asks of the schema's; nothing where the mistake is one of meaning.
fn expected(path: &Path) -> Option<Expected> {
    match load(&Request { path: path.to_owned(), ..Request::default() }) {
        Ok(_) => Some(Expected::Valid),
        Err(Error::Model(said)) => {
            let form = OF_FORM
                .iter()
                .any(|form| said.lines().any(|line| line.starts_with("error: ") && line.contains(form)));
            form.then_some(Expected::Invalid)
        }
        // Which band, where there is another one.
        Err(Error::Usage { .. }) => None,
        Err(other) => panic!("{}: {other}", path.display()),
    }
}

#[test]
fn the_schema_refuses_what_the_reader_calls_malformed_and_accepts_what_it_accepts() {
    // Of the many columns that show expressions one is enough.
    let text: Vec<String> = language::example_model()
        .lines()
        .filter(|line| !line.trim_start().starts_with("expression ") || line.contains("expression 0:"))
        .map(str::to_owned)
        .collect();
    let whole = tree(&text.join("\n"));
    let folder = tempfile::tempdir().expect("a folder");
    let mut models: Vec<(Expected, PathBuf)> = Vec::new();
    let mut all = Vec::new();
    places(&whole, &[], &mut all);
    // What a parameter is worth shows only where it is used.
    let parameters = top_level(&whole, "parameters");
    all.retain(|steps| steps[0] != parameters || steps.len() == 1);
    for (number, steps) in all.iter().enumerate() {
        // Of the other kinds of value each place gets one in turn.
        let other = if number % 2 == 0 { Break::List } else { Break::Mapping };
        for how in [Break::Delete, Break::AddKey, other, Break::Text] {
            let mut mutant = whole.clone();
            if !broken(&mut mutant, steps, how) {
                continue;
            }
            let path = folder.path().join(format!("{number}-{how:?}.yaml"));
            std::fs::write(&path, yaml::emit(&mutant)).expect("written");
            if let Some(expected) = expected(&path) {
                std::fs::write(&path, yaml::emit(&part(&mutant, steps))).expect("written");
                models.push((expected, path));
            }
        }
    }
    let count = |wanted: Expected| models.iter().filter(|(expected, _)| *expected == wanted).count();
    let (valid, invalid) = (count(Expected::Valid), count(Expected::Invalid));
    assert!(valid > 50 && invalid > 600, "{valid} accepted, {invalid} malformed");
    let found = surprises(&models).unwrap_or_default();
    let shown: Vec<String> = found
        .lines()
        .take(40)
        .map(|line| {
            let path = line.split(" is not ").next().unwrap_or_default();
            format!("{line}\n{}", std::fs::read_to_string(path).unwrap_or_default())
        })
        .collect();
    assert!(found.is_empty(), "{} surprises, the first:\n{}", found.lines().count(), shown.join("\n"));
}
