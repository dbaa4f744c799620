//! [`Diagnostics`]: every mistake found in a model's files, each with its place, reported together.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::yaml::Place;

/// So many mistakes are kept; further ones are only counted, so that a file of nothing but mistakes costs no hours.
const MOST_KEPT: usize = 1_000;
/// So many are shown at once.
const MOST_SHOWN: usize = 100;

/// A registered source file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u16);

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The model cannot be used.
    Error,
    /// The model can be used; its author should know.
    Warning,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Where it stands.
    pub place: Place,
    /// What is wrong, without a final stop.
    pub message: String,
    /// What would work; may be empty.
    pub hint: String,
}

/// The source files of a model and what was found in them.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    files: Vec<(PathBuf, Arc<str>)>,
    found: Vec<Diagnostic>,
    /// Where nothing more is said.
    dead_ends: Vec<Place>,
    /// Errors beyond those that are kept.
    further: usize,
}

impl Diagnostics {
    /// Registers a source text under the path that messages print, without a byte order mark.
    pub fn add_file(&mut self, path: &Path, text: impl Into<Arc<str>>) -> FileId {
        let text: Arc<str> = text.into();
        let text = text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), Arc::from);
        self.files.push((path.to_owned(), text));
        FileId((self.files.len() - 1) as u16)
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> Arc<str> {
        self.files[file.0 as usize].1.clone()
    }

    /// The path of a file.
    pub fn path(&self, file: FileId) -> &Path {
        &self.files[file.0 as usize].0
    }

    /// Adds an error. The same mistake at the same place is kept once.
    pub fn error(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.add(Severity::Error, place, message.into(), hint.into());
    }

    /// Adds an error after which nothing is said about its place: it would only be a consequence.
    pub fn dead_end(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.error(place, message, hint);
        self.silence(place);
    }

    /// Says nothing more about a place: what stands there was reported where it is declared.
    pub fn silence(&mut self, place: Place) {
        if self.dead_ends.len() < MOST_KEPT {
            self.dead_ends.push(place);
        }
    }

    /// Adds a warning.
    pub fn warning(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.add(Severity::Warning, place, message.into(), hint.into());
    }

    fn add(&mut self, severity: Severity, place: Place, message: String, hint: String) {
        let inside = |end: &Place| end.file == place.file && end.start <= place.start && place.end <= end.end;
        if self.dead_ends.iter().any(inside) {
            return;
        }
        let diagnostic = Diagnostic { severity, place, message, hint };
        if self.found.len() >= MOST_KEPT {
            self.further += usize::from(severity == Severity::Error);
        } else if !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }

    /// Takes over what was found in the same files for another band.
    pub fn merge(&mut self, other: Self) {
        if self.files.len() < other.files.len() {
            self.files = other.files;
        }
        self.further = self.further.max(other.further);
        for diagnostic in other.found {
            if !self.found.contains(&diagnostic) {
                self.found.push(diagnostic);
            }
        }
    }

    /// All that was found.
    pub fn found(&self) -> &[Diagnostic] {
        &self.found
    }

    /// The number of errors.
    pub fn errors(&self) -> usize {
        self.found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count() + self.further
    }

    /// Line and column, both from 1, of a byte in a file; columns count characters.
    pub fn line_and_column(&self, place: Place) -> (usize, usize) {
        let text = &self.files[place.file.0 as usize].1;
        let mut at = (place.start as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&character| character != '\n').count() + 1;
        (line, column)
    }

    /// Everything found, in the order of files and places, each with `file:line:column`, the line
    /// itself and a hint, closed by a count.
    pub fn render(&self) -> String {
        self.render_all(self.found.iter().collect())
    }

    /// As [`Diagnostics::render`], without the warnings.
    pub fn render_errors(&self) -> String {
        self.render_all(self.found.iter().filter(|found| found.severity == Severity::Error).collect())
    }

    fn render_all(&self, mut sorted: Vec<&Diagnostic>) -> String {
        sorted.sort_by_key(|diagnostic| (diagnostic.place.file, diagnostic.place.start, diagnostic.severity));
        let renderer = Renderer::plain();
        let mut out = String::new();
        let left_out = sorted.len().saturating_sub(MOST_SHOWN) + self.further;
        for diagnostic in sorted.into_iter().take(MOST_SHOWN) {
            let (path, text) = &self.files[diagnostic.place.file.0 as usize];
            let end = text.len();
            let mut start = (diagnostic.place.start as usize).min(end);
            while !text.is_char_boundary(start) {
                start -= 1;
            }
            let mut stop = (diagnostic.place.end as usize).clamp(start, end);
            // A value of many lines is shown by its first.
            if let Some(line) = text.get(start..stop).and_then(|shown| shown.find('\n')) {
                stop = start + line;
            }
            while !text.is_char_boundary(stop) {
                stop += 1;
            }
            let level = match diagnostic.severity {
                Severity::Error => Level::ERROR,
                Severity::Warning => Level::WARNING,
            };
            let path = path.to_string_lossy();
            let snippet =
                Snippet::source(&**text).path(&*path).annotation(AnnotationKind::Primary.span(start..stop));
            let mut group = level.primary_title(&*diagnostic.message).element(snippet);
            if !diagnostic.hint.is_empty() {
                group = group.element(Level::HELP.message(&*diagnostic.hint));
            }
            let _ = writeln!(out, "{}\n", renderer.render(&[group]));
        }
        let errors = self.errors();
        if self.further > 0 {
            // Beyond those that are kept, one mistake may count with its consequences.
            let _ = write!(out, "over {MOST_KEPT} errors in the model");
        } else if errors > 0 {
            let _ = write!(out, "{errors} error{} in the model", if errors == 1 { "" } else { "s" });
        }
        if left_out > 0 {
            let _ = write!(out, "; the first {MOST_SHOWN} are shown");
        }
        out
    }
}

/// The closest of `known` to `word`, if it is close enough to be meant.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.trim().is_empty() {
        return None;
    }
    known
        .into_iter()
        .map(|candidate| {
            let (word, other) = (word.to_lowercase(), candidate.to_lowercase());
            (distance(&word, &other), !other.starts_with(&word), candidate)
        })
        .filter(|&(distance, _, candidate)| distance <= candidate.chars().count().max(3) / 3)
        .min()
        .map(|(_, _, candidate)| candidate)
}

/// A hint with the known word that was probably meant, or with all that are known behind `intro`.
pub fn meant_or_known<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, intro: &str) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match did_you_mean(word, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("{intro}: {}", known.join(", ")),
    }
}

/// Edit distance with transpositions (optimal string alignment).
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows = vec![vec![0; to.len() + 1]; from.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=to.len()).collect();
    for i in 1..=from.len() {
        for j in 1..=to.len() {
            let substitution = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut best = substitution.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_finds_its_word() {
        assert_eq!(did_you_mean("tempalte", ["template", "uuid"]), Some("template"));
        assert_eq!(did_you_mean("zebra", ["template", "uuid"]), None);
    }
}
