//! [`substitute`]: puts parameters, band and window into a model's tree, so that nothing after it knows of them.
//!
//! A plain scalar `$path` becomes the node at that path: `$band.users`, `$window.from`, `$snapshot`, else a
//! parameter. Inside longer texts (expressions) a path becomes its literal. `$$` is a dollar sign.

use std::path::{Path, PathBuf};

use super::diagnostics::{Diagnostics, did_you_mean, meant_or_known};
use super::scalars;
use super::yaml::{self, Name, Node, Place, Value};

/// An override of one parameter: `messages.media.fraction=0.2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Dotted path into the parameters.
    pub path: String,
    /// The new value, as YAML.
    pub value: String,
}

impl std::str::FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, value) = text.split_once('=').ok_or("write it as path=value")?;
        if path.trim().is_empty() {
            return Err("the path before `=` is empty".to_owned());
        }
        Ok(Self { path: path.trim().trim_start_matches('.').to_owned(), value: value.trim().to_owned() })
    }
}

/// Where a band's own numbers begin.
const BAND: &str = "band.";

/// Which `$path` is a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Any.
    All,
    /// A whole scalar `$band.name` alone: the dialect knows no parameters, and its texts may hold any sign.
    Bands,
}

/// What may stand behind a `$`.
pub struct Parameters {
    scope: Scope,
    tree: Node,
    band: Node,
    times: Vec<(String, String)>,
    band_name: String,
}

impl Parameters {
    /// Gathers the parameters of a model: its own tree or file, then `--spec`, then `--set`.
    pub fn gather(
        root: &Node,
        (folder, allow_paths): (&Path, &[PathBuf]),
        spec: Option<&Path>,
        settings: &[Setting],
        diagnostics: &mut Diagnostics,
    ) -> Node {
        let mut tree = match root.get("parameters") {
            Some(Node { value: Value::Scalar { text, .. }, place }) => {
                match lies_within(&folder.join(text), folder, allow_paths) {
                    true => read_file(
                        &folder.join(text),
                        *place,
                        "a path begins at the model's folder",
                        diagnostics,
                    ),
                    false => {
                        let message = format!("`{text}` lies outside the model's folder");
                        let hint = "move it there, or allow its folder with `--allow-path`";
                        diagnostics.error(*place, message, hint);
                        Node::new(*place, Value::Null)
                    }
                }
            }
            Some(node) => node.clone(),
            None => Node::new(root.place, Value::Map(Vec::new())),
        };
        if let Some(path) = spec {
            let file = diagnostics.add_file(Path::new("--spec"), path.to_string_lossy());
            let place = Place { file, start: 0, end: path.as_os_str().len() as u32 };
            let overriding = read_file(path, place, "", diagnostics);
            overlay(&mut tree, &overriding, "", diagnostics);
        }
        for setting in settings.iter().filter(|setting| !setting.path.starts_with(BAND)) {
            let file =
                diagnostics.add_file(Path::new("--set"), format!("{}={}", setting.path, setting.value));
            let place = Place { file, start: 0, end: setting.path.len() as u32 };
            let value_file = diagnostics.add_file(Path::new("--set"), setting.value.clone());
            let Some(value) = yaml::parse(diagnostics, value_file) else { continue };
            set(&mut tree, &setting.path, value, place, diagnostics);
        }
        tree
    }

    /// A band's numbers with their overrides, such as `band.messages=50K`.
    pub fn band(numbers: &Node, settings: &[Setting], diagnostics: &mut Diagnostics) -> Node {
        let mut band = numbers.clone();
        for setting in settings {
            let Some(path) = setting.path.strip_prefix(BAND) else { continue };
            let file =
                diagnostics.add_file(Path::new("--set"), format!("{}={}", setting.path, setting.value));
            let place = Place { file, start: 0, end: setting.path.len() as u32 };
            let value_file = diagnostics.add_file(Path::new("--set"), setting.value.clone());
            let Some(value) = yaml::parse(diagnostics, value_file) else { continue };
            set(&mut band, path, value, place, diagnostics);
        }
        band
    }

    /// The parameters together with one band's numbers and the window's times.
    pub fn new(
        tree: Node,
        (band_name, band): (&str, Node),
        times: Vec<(String, String)>,
        scope: Scope,
    ) -> Self {
        Self { scope, tree, band, times, band_name: band_name.to_owned() }
    }

    fn is_parameter(&self, text: &str) -> bool {
        text.strip_prefix('$').is_some_and(|path| match self.scope {
            Scope::All => is_path(path),
            Scope::Bands => path.starts_with(BAND) && is_path(path),
        })
    }

    fn look_up(&self, path: &str, place: Place, diagnostics: &mut Diagnostics) -> Option<Node> {
        if let Some((_, time)) = self.times.iter().find(|(name, _)| name == path) {
            return Some(Node::text(place, time.clone()));
        }
        let (tree, rest, what) = match path.strip_prefix("band.") {
            Some(rest) => (&self.band, rest, "band"),
            None => (&self.tree, path, "parameters"),
        };
        let mut node = tree;
        if matches!(tree.value, Value::Null) {
            diagnostics.silence(place);
            return None;
        }
        for segment in rest.split('.') {
            match node.get(segment) {
                Some(inner) => node = inner,
                None => {
                    let (message, hint) = self.missing(path, what, segment, node);
                    diagnostics.dead_end(place, message, hint);
                    return None;
                }
            }
        }
        let known_wrong = what == "band" && node.as_str().and_then(scalars::parse_number).is_none();
        if known_wrong {
            diagnostics.silence(place);
            return None;
        }
        Some(Node::new(place, node.value.clone()))
    }
}

/// What a path that leads nowhere is told.
impl Parameters {
    fn missing(&self, path: &str, what: &str, segment: &str, node: &Node) -> (String, String) {
        let first = path.split('.').next().unwrap_or(path);
        if self.times.is_empty() && matches!(path, "snapshot" | "window.from" | "window.end") {
            let hint = "such as window: {from: 2025-07-28, weeks: 12}";
            return (format!("`${path}` needs the model's `window`"), hint.to_owned());
        }
        if first == "window" {
            let message = format!("the window has no `{}`", path.trim_start_matches("window."));
            return (message, "known are $window.from, $window.end and $snapshot".to_owned());
        }
        let message = match what {
            "band" => format!("`${path}`: the band `{}` has no number `{segment}`", self.band_name),
            what => format!("`${path}` is not in the {what}: no `{segment}`"),
        };
        let names = || keys(node).chain((what == "parameters").then_some("snapshot"));
        let hint = match did_you_mean(segment, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if what == "parameters" && matches!(first, "bands" | "band") => {
                "a band's number is written $band.users".to_owned()
            }
            None if what == "parameters" && self.band.get(segment).is_some() => {
                format!("did you mean `$band.{segment}`?")
            }
            None if node.as_str().is_some() => "what stands there is a value without parts".to_owned(),
            None if keys(node).next().is_none() => "there are none; write `$$` for a dollar sign".to_owned(),
            None => meant_or_known(segment, keys(node), "`$$` is a dollar sign; known here"),
        };
        (message, hint)
    }
}

fn keys(node: &Node) -> impl Iterator<Item = &str> {
    let entries: &[(Name, Node)] = match &node.value {
        Value::Map(entries) => entries,
        Value::Null | Value::Scalar { .. } | Value::List(_) => &[],
    };
    entries.iter().map(|(name, _)| name.text.as_str())
}

/// Whether a file that a model names lies in its folder or in one that the caller allowed, symbolic links followed. A
/// model may come from elsewhere, and messages show lines of the files that it names.
fn lies_within(path: &Path, folder: &Path, allow_paths: &[PathBuf]) -> bool {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let folders = allow_paths.iter().map(PathBuf::as_path).chain([here]);
    let folders: Vec<PathBuf> = folders.filter_map(|folder| folder.canonicalize().ok()).collect();
    // What is not there is reported by its reader.
    path.canonicalize().map_or(true, |real| folders.iter().any(|folder| real.starts_with(folder)))
}

fn read_file(path: &Path, place: Place, hint: &str, diagnostics: &mut Diagnostics) -> Node {
    let empty = Node::new(place, Value::Map(Vec::new()));
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let file = diagnostics.add_file(path, text);
            yaml::parse(diagnostics, file).unwrap_or(empty)
        }
        Err(error) => {
            diagnostics.error(place, format!("cannot read `{}`: {error}", path.display()), hint);
            // What is looked up there is not missing because of the model.
            Node::new(place, Value::Null)
        }
    }
}

/// Replaces the leaves of `tree` that `over` has too; a leaf that `tree` lacks is a mistake.
fn overlay(tree: &mut Node, over: &Node, path: &str, diagnostics: &mut Diagnostics) {
    match (&mut tree.value, &over.value) {
        // A file that could not be read is reported.
        (_, Value::Null) if path.is_empty() => {}
        (Value::Map(entries), Value::Map(overriding)) => {
            for (name, node) in overriding {
                let inner = if path.is_empty() { name.text.clone() } else { format!("{path}.{}", name.text) };
                match entries.iter_mut().find(|(known, _)| known.text == name.text) {
                    Some((_, target)) => overlay(target, node, &inner, diagnostics),
                    None => {
                        let hint =
                            did_you_mean(&name.text, entries.iter().map(|(known, _)| known.text.as_str()))
                                .map_or(String::new(), |meant| format!("did you mean `{meant}`?"));
                        diagnostics.error(name.place, format!("the model has no parameter `{inner}`"), hint);
                    }
                }
            }
        }
        _ => *tree = over.clone(),
    }
}

fn set(tree: &mut Node, path: &str, value: Node, place: Place, diagnostics: &mut Diagnostics) {
    let mut node = tree;
    for segment in path.split('.') {
        let known: Vec<String> = keys(node).map(str::to_owned).collect();
        let found = match &mut node.value {
            Value::Map(entries) => entries.iter_mut().find(|(name, _)| name.text == segment),
            Value::Null | Value::Scalar { .. } | Value::List(_) => None,
        };
        match found {
            Some((_, inner)) => node = inner,
            None => {
                let hint = meant_or_known(segment, known.iter().map(String::as_str), "known here");
                diagnostics.error(
                    place,
                    match path == segment {
                        true => format!("the model has no parameter `{path}`"),
                        false => format!("the model has no parameter `{path}`: no `{segment}`"),
                    },
                    hint,
                );
                return;
            }
        }
    }
    node.value = value.value;
}

/// Replaces every `$path` below `node`; a path that leads nowhere is a diagnostic.
pub fn substitute(node: &Node, parameters: &Parameters, diagnostics: &mut Diagnostics) -> Node {
    let value = match &node.value {
        Value::Null => Value::Null,
        Value::Scalar { text, quoted: false } if parameters.is_parameter(text) => {
            return parameters
                .look_up(&text[1..], node.place, diagnostics)
                .unwrap_or(Node::new(node.place, Value::Null));
        }
        Value::Scalar { text, quoted } if parameters.scope == Scope::All && text.contains('$') => {
            Value::Scalar { text: inside_text(text, node.place, parameters, diagnostics), quoted: *quoted }
        }
        Value::Scalar { text, quoted } => Value::Scalar { text: text.clone(), quoted: *quoted },
        Value::List(items) => {
            Value::List(items.iter().map(|item| substitute(item, parameters, diagnostics)).collect())
        }
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(name, inner)| (name.clone(), substitute(inner, parameters, diagnostics)))
                .collect(),
        ),
    };
    Node::new(node.place, value)
}

/// The same tree with every dollar sign doubled, so that [`substitute`] gives it back as it is.
pub fn escaped(node: &Node) -> Node {
    let value = match &node.value {
        Value::Null => Value::Null,
        Value::Scalar { text, quoted } => Value::Scalar { text: text.replace('$', "$$"), quoted: *quoted },
        Value::List(items) => Value::List(items.iter().map(escaped).collect()),
        Value::Map(entries) => {
            Value::Map(entries.iter().map(|(name, inner)| (name.clone(), escaped(inner))).collect())
        }
    };
    Node::new(node.place, value)
}

fn is_path(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
}

/// Replaces paths inside an expression by literals: numbers as they stand, times as `timestamp '…'`.
fn inside_text(text: &str, place: Place, parameters: &Parameters, diagnostics: &mut Diagnostics) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let length = after
            .bytes()
            .take_while(|&byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
            .count();
        let path = after[..length].trim_end_matches('.');
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        if path.is_empty() || path.as_bytes()[0].is_ascii_digit() {
            out.push('$');
            rest = after;
            continue;
        }
        if let Some(node) = parameters.look_up(path, place, diagnostics) {
            out.push_str(&literal(&node));
        }
        rest = &after[path.len()..];
    }
    out.push_str(rest);
    out
}

fn literal(node: &Node) -> String {
    match &node.value {
        Value::Scalar { text, .. } => match scalars::parse_number(text) {
            Some(number) if text.parse::<f64>().is_err() => number.to_string(),
            Some(_) => text.clone(),
            None if scalars::parse_time(text).is_some() => format!("timestamp '{text}'"),
            None => format!("'{}'", text.replace('\'', "''")),
        },
        Value::Null | Value::List(_) | Value::Map(_) => "null".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn substituted(text: &str, quoted: bool, scope: Scope) -> String {
        let place = Place::default();
        let node = Node::new(place, Value::Scalar { text: text.to_owned(), quoted });
        let tree = Node::map(place, [("rate", Node::plain(place, "0.5"))]);
        let band = Node::map(place, [("users", Node::plain(place, "7"))]);
        let parameters = Parameters::new(tree, ("dev", band), Vec::new(), scope);
        let mut diagnostics = Diagnostics::default();
        diagnostics.add_file(Path::new("model.yaml"), "");
        let found = substitute(&node, &parameters, &mut diagnostics);
        assert_eq!(diagnostics.errors(), 0, "{}", diagnostics.render());
        found.as_str().expect("a scalar").to_owned()
    }

    #[test]
    fn a_doubled_dollar_sign_is_one_and_what_is_escaped_comes_back() {
        assert_eq!(substituted("$rate", false, Scope::All), "0.5");
        assert_eq!(substituted("x > $rate", true, Scope::All), "x > 0.5");
        assert_eq!(substituted("$$rate for $$5", true, Scope::All), "$rate for $5");
        let texts = ["$rate", "$$", "a$b$$c", "$", "US$ 5"];
        for text in texts {
            let escaped = escaped(&Node::text(Place::default(), text));
            assert_eq!(substituted(escaped.as_str().expect("a text"), true, Scope::All), text);
        }
    }

    #[test]
    fn the_dialects_texts_keep_their_dollar_signs() {
        assert_eq!(substituted("$band.users", false, Scope::Bands), "7");
        assert_eq!(substituted("$rate", false, Scope::Bands), "$rate");
        assert_eq!(substituted("$HOME for $$5", true, Scope::Bands), "$HOME for $$5");
    }
}
