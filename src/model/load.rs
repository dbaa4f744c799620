//! [`load`]: from a path to a checked model.

use std::path::{Path, PathBuf};

use super::diagnostics::Diagnostics;
use super::fields::{self, Fields};
use super::parameters::{Parameters, Scope, Setting, escaped, substitute};
use super::record_files::RecordFiles;
use super::scalars::format_time;
use super::text_form::calendar::{DAY, SECOND};
use super::yaml::{self, Name, Node, Value};
use super::{Model, Window, dialect, habits, link};
use crate::error::{Error, Result};

/// What to load and with which overrides.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// A YAML file or a folder.
    pub path: PathBuf,
    /// The band; may be left out where a model has just one.
    pub band: Option<String>,
    /// A JSON or YAML file over the model's parameters.
    pub spec: Option<PathBuf>,
    /// Single parameters, after the file.
    pub settings: Vec<Setting>,
    /// Paths outside the model's root that its files may name.
    pub allow_paths: Vec<PathBuf>,
}

/// A checked model with what its author should know.
#[derive(Debug)]
pub struct Loaded {
    /// The model.
    pub model: Model,
    /// The same model as self-contained native YAML, for this band.
    pub canonical: String,
    /// Warnings, rendered; may be empty.
    pub warnings: String,
    /// Where everything is declared.
    source: Source,
}

/// A model's text, for mistakes that show only when the numbers come together.
#[derive(Debug)]
struct Source {
    tree: Node,
    diagnostics: Diagnostics,
}

impl Source {
    /// The place of a declaration, or of what comes closest to it.
    fn place(&self, declaration: &[String]) -> yaml::Place {
        let mut at = (self.tree.place, &self.tree);
        for key in declaration {
            let Value::Map(entries) = &at.1.value else { break };
            let Some((name, node)) = entries.iter().find(|(name, _)| name.text == *key) else { break };
            // A mapping of several lines is shown by its key.
            at = (if matches!(node.value, Value::Map(_)) { name.place } else { node.place }, node);
        }
        at.0
    }
}

impl Loaded {
    /// The error with the place of the declaration that it concerns.
    pub fn located(&self, error: Error) -> Error {
        let mut diagnostics = self.source.diagnostics.clone();
        match self.note(&error, &mut diagnostics) {
            true => Error::Model(diagnostics.render_errors()),
            false => error,
        }
    }

    /// Adds an error that concerns a declaration to the diagnostics, at its place.
    fn note(&self, error: &Error, diagnostics: &mut Diagnostics) -> bool {
        let Error::Infeasible { declaration, message, hint } = error else { return false };
        let message = format!("band `{}`: {message}", self.model.band);
        diagnostics.error(self.source.place(declaration), message, hint.clone());
        true
    }
}

/// Loads a model for one band.
///
/// # Errors
///
/// [`Error::Model`] with every mistake found; [`Error::Usage`] for a path or band that is not there.
pub fn load(request: &Request) -> Result<Loaded> {
    let source = Opened::open(request)?;
    let band = source.band(request)?;
    source.bind(&band).map_err(|diagnostics| Error::Model(diagnostics.render()))
}

/// Loads a model for a band, or for all of them, and gathers the mistakes of all; `resolves` finds those that need a
/// band's numbers. The files are read once.
///
/// # Errors
///
/// As [`load`].
pub fn load_all(request: &Request, resolves: impl Fn(&Model) -> Result<()>) -> Result<Vec<Loaded>> {
    let source = Opened::open(request)?;
    let bands = match &request.band {
        Some(_) => vec![source.band(request)?],
        None => source.bands(),
    };
    let mut found = Diagnostics::default();
    let mut all = Vec::new();
    for band in &bands {
        match source.clone().bind(band) {
            Ok(loaded) => {
                let mut diagnostics = loaded.source.diagnostics.clone();
                if let Err(error) = resolves(&loaded.model)
                    && !loaded.note(&error, &mut diagnostics)
                {
                    return Err(error);
                }
                found.merge(diagnostics);
                all.push(loaded);
            }
            Err(diagnostics) => found.merge(diagnostics),
        }
    }
    if found.errors() > 0 { Err(Error::Model(found.render())) } else { Ok(all) }
}

#[derive(Clone)]
struct Opened {
    root: Node,
    /// Where parameters may stand.
    scope: Scope,
    settings: Vec<Setting>,
    /// Where files that the model names begin, and folders outside it that they may lie in.
    folder: PathBuf,
    allow_paths: Vec<PathBuf>,
    parameters: Node,
    diagnostics: Diagnostics,
}

impl Opened {
    fn open(request: &Request) -> Result<Self> {
        let mut diagnostics = Diagnostics::default();
        let (root, folder, scope) = read(request, &mut diagnostics)?;
        let Some(root) = root else { return Err(Error::Model(diagnostics.render())) };
        let parameters = Parameters::gather(
            &root,
            (&folder, &request.allow_paths),
            request.spec.as_deref(),
            &request.settings,
            &mut diagnostics,
        );
        Ok(Self {
            root,
            scope,
            settings: request.settings.clone(),
            folder,
            allow_paths: request.allow_paths.clone(),
            parameters,
            diagnostics,
        })
    }

    fn bands(&self) -> Vec<String> {
        match self.root.get("bands").map(|node| &node.value) {
            Some(Value::Map(entries)) if !entries.is_empty() => {
                entries.iter().map(|(name, _)| name.text.clone()).collect()
            }
            // Another value is reported when a band is bound.
            _ => vec!["dev".to_owned()],
        }
    }

    /// The band that is asked for, or the only one.
    fn band(&self, request: &Request) -> Result<String> {
        let bands = self.bands();
        let band = match &request.band {
            Some(band) => band.clone(),
            None if bands.len() == 1 => bands[0].clone(),
            None => {
                return Err(Error::usage_hint(
                    "which band?",
                    format!("add --band with one of: {}", bands.join(", ")),
                ));
            }
        };
        if !bands.contains(&band) && self.diagnostics.errors() == 0 {
            return Err(Error::usage_hint(
                format!("the model has no band `{band}`"),
                format!("its bands are: {}", bands.join(", ")),
            ));
        }
        Ok(band)
    }

    fn bind(mut self, band: &str) -> Result<Loaded, Diagnostics> {
        let diagnostics = &mut self.diagnostics;
        // A wrong window is reported once: what reads it goes on with some window.
        let window = window(&self.root, diagnostics).or(self.root.get("window").map(|_| ANY_WINDOW));
        let empty = Node::new(self.root.place, Value::Map(Vec::new()));
        check_bands(&self.root, diagnostics);
        let numbers = match self.root.get("bands") {
            Some(Node { value: Value::Null | Value::Scalar { .. } | Value::List(_), place }) => {
                Node::new(*place, Value::Null)
            }
            Some(bands) => match bands.get(band) {
                Some(Node { value: Value::Scalar { .. } | Value::List(_), place }) => {
                    Node::new(*place, Value::Null)
                }
                Some(numbers) => numbers.clone(),
                None => empty,
            },
            None => empty,
        };
        let numbers = Parameters::band(&numbers, &self.settings, diagnostics);
        let times = window.map_or_else(Vec::new, |window| {
            vec![
                ("window.from".to_owned(), format_time(window.from)),
                ("window.end".to_owned(), format_time(window.end())),
                ("snapshot".to_owned(), format_time(window.end() + window.settle)),
            ]
        });
        let parameters = Parameters::new(self.parameters, (band, numbers), times, self.scope);
        let mut bound = bound_tree(&self.root, band, &parameters, diagnostics);
        RecordFiles::under(&self.folder, &self.allow_paths).put_into(&mut bound, diagnostics);
        let model = link::link(&bound, band, window, diagnostics);
        match model {
            Some(model) if diagnostics.errors() == 0 => {
                let canonical = yaml::emit(&escaped(&bound));
                let warnings = diagnostics.render();
                let source = Source { tree: bound, diagnostics: self.diagnostics };
                Ok(Loaded { model, canonical, warnings, source })
            }
            _ => Err(self.diagnostics),
        }
    }
}

/// Bands are named maps of numbers.
fn check_bands(root: &Node, diagnostics: &mut Diagnostics) {
    let Some(node) = root.get("bands") else { return };
    let example = habits::example("bands");
    let Value::Map(bands) = &node.value else {
        let message = format!("`bands` must be a mapping, not {}", node.kind());
        return diagnostics.dead_end(node.place, message, example);
    };
    if bands.is_empty() {
        diagnostics.error(node.place, "the model has no band", "name one, or leave `bands` out");
    }
    for (name, band) in bands {
        let Some(fields) = Fields::of(band, &format!("the band `{}`", name.text), diagnostics) else {
            continue;
        };
        for (_, number) in fields.rest() {
            fields::number(number, diagnostics);
        }
    }
}

/// The tree with every parameter in its place and one empty band, so that it stands alone.
fn bound_tree(root: &Node, band: &str, parameters: &Parameters, diagnostics: &mut Diagnostics) -> Node {
    let Value::Map(entries) = &root.value else { return root.clone() };
    let mut bound: Vec<(Name, Node)> = Vec::new();
    for (name, node) in entries {
        match name.text.as_str() {
            "parameters" => {}
            "bands" => bound.push((
                name.clone(),
                Node::map(node.place, [(band.to_owned(), Node::new(node.place, Value::Map(Vec::new())))]),
            )),
            _ => bound.push((name.clone(), substitute(node, parameters, diagnostics))),
        }
    }
    Node::new(root.place, Value::Map(bound))
}

/// The week from Monday 2024-01-01.
const ANY_WINDOW: Window = Window { from: 1_704_067_200 * SECOND, weeks: 1, settle: 0 };

fn window(root: &Node, diagnostics: &mut Diagnostics) -> Option<Window> {
    let node = root.get("window")?;
    let mut fields = Fields::of(node, "`window`", diagnostics)?;
    let from = fields.require("from", diagnostics).and_then(|node| fields::time(node, diagnostics));
    let weeks = fields.require("weeks", diagnostics).and_then(|node| fields::count(node, diagnostics));
    let settle = fields.take("settle").and_then(|node| fields::seconds(node, diagnostics)).unwrap_or(0.0);
    fields.finish("`window`", diagnostics);
    let (from, weeks) = (from?, weeks?);
    // 1970-01-01 was a Thursday: three days after a Monday.
    if from.rem_euclid(DAY) != 0 || (from.div_euclid(DAY) + 3).rem_euclid(7) != 0 {
        let monday = from - (from.div_euclid(DAY) + 3).rem_euclid(7) * DAY - from.rem_euclid(DAY);
        let hint = format!("the Monday before it is {}", &format_time(monday)[..10]);
        diagnostics.error(node.place, "the window must begin on a Monday at 00:00 UTC", hint);
    }
    if weeks == 0 || weeks > 5_000 {
        diagnostics.error(node.place, "the window has 1 to 5,000 weeks", "");
        return None;
    }
    Some(Window { from, weeks: weeks as u32, settle: (settle * SECOND as f64) as i64 })
}

fn read(request: &Request, diagnostics: &mut Diagnostics) -> Result<(Option<Node>, PathBuf, Scope)> {
    let path = &request.path;
    if path.is_dir() {
        if has_dialect_files(path)? {
            let root = dialect::translate(path, &request.allow_paths, diagnostics);
            return Ok((root, path.clone(), Scope::Bands));
        }
        let file = model_file(path)?;
        return Ok((read_native(&file, diagnostics)?, path.clone(), Scope::All));
    }
    if !path.exists() {
        return Err(Error::usage_hint(
            format!("there is no model at `{}`", path.display()),
            "name a YAML file or a folder such as configs/chat",
        ));
    }
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    Ok((read_native(path, diagnostics)?, folder, Scope::All))
}

fn read_native(path: &Path, diagnostics: &mut Diagnostics) -> Result<Option<Node>> {
    let bytes = std::fs::read(path).map_err(Error::io("cannot read", path))?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let start = error.utf8_error().valid_up_to() as u32;
            let file = diagnostics.add_file(path, String::from_utf8_lossy(error.as_bytes()));
            let place = yaml::Place { file, start, end: start + 1 };
            diagnostics.error(place, "the file is not UTF-8 text", "save it as UTF-8");
            return Ok(None);
        }
    };
    let file = diagnostics.add_file(path, text);
    let node = yaml::parse(diagnostics, file);
    if let Some(Node { place, value: Value::Null }) = node {
        diagnostics.error(place, "the model is empty", "it begins with `model: NAME` and `entities:`");
        return Ok(None);
    }
    Ok(node)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io("cannot list", folder))? {
        paths.push(entry.map_err(Error::io("cannot list", folder))?.path());
    }
    paths.sort();
    Ok(paths)
}

fn has_dialect_files(folder: &Path) -> Result<bool> {
    let name_ends = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("_multiply.yaml"))
    };
    Ok(entries(folder)?.iter().any(name_ends))
}

/// The model file of a folder: the YAML of the folder's own name, else the only one.
fn model_file(folder: &Path) -> Result<PathBuf> {
    let yaml: Vec<PathBuf> = entries(folder)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml"))
        .collect();
    let stem = folder.canonicalize().ok().and_then(|path| path.file_name().map(std::ffi::OsStr::to_owned));
    if let Some(own) = yaml.iter().find(|path| path.file_stem() == stem.as_deref()) {
        return Ok(own.clone());
    }
    match yaml.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Error::usage(format!("there is no model in `{}`", folder.display()))),
        _ => Err(Error::usage_hint(
            format!("`{}` has several YAML files", folder.display()),
            "name the model's file",
        )),
    }
}
