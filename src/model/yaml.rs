//! [`Node`]: a YAML document as a tree in which everything knows its place.
//!
//! Models are read from this tree by hand, not by derived deserialisers: those stop at the first
//! mistake and lose positions inside enumerations, and a model's author wants all mistakes at once.

use std::collections::HashMap;

use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, Span};

use super::diagnostics::{Diagnostics, FileId};

/// More nodes than any model has; a bomb of aliases ends here.
const MAX_NODES: usize = 2_000_000;
/// Deeper than any model is.
const MAX_DEPTH: usize = 64;

/// Bytes `start..end` of a source file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file, as registered with [`Diagnostics`].
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// A key with its place.
#[derive(Clone, Debug)]
pub struct Name {
    /// Where it stands.
    pub place: Place,
    /// The key's text.
    pub text: String,
}

/// What a node holds. Scalars keep their text: `5M` is a number only where a number is expected.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// A scalar and whether it was quoted (a quoted one is never a number, a truth value or null).
    Scalar {
        /// The text without its quotes.
        text: String,
        /// In quotes, or a block scalar.
        quoted: bool,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the text.
    Map(Vec<(Name, Node)>),
}

impl Node {
    /// A node without children.
    pub const fn new(place: Place, value: Value) -> Self {
        Self { place, value }
    }

    /// A plain scalar.
    pub fn plain(place: Place, text: impl Into<String>) -> Self {
        Self::new(place, Value::Scalar { text: text.into(), quoted: false })
    }

    /// A quoted scalar: always text.
    pub fn text(place: Place, text: impl Into<String>) -> Self {
        Self::new(place, Value::Scalar { text: text.into(), quoted: true })
    }

    /// A mapping; its keys take the node's place.
    pub fn map<N: Into<String>>(place: Place, entries: impl IntoIterator<Item = (N, Self)>) -> Self {
        let entries = entries
            .into_iter()
            .map(|(name, node)| (Name { place: node.place, text: name.into() }, node))
            .collect();
        Self::new(place, Value::Map(entries))
    }

    /// A sequence.
    pub const fn list(place: Place, items: Vec<Self>) -> Self {
        Self::new(place, Value::List(items))
    }

    /// The value of a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(name, _)| name.text == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// As [`Node::get`], to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Map(entries) => {
                entries.iter_mut().find(|(name, _)| name.text == key).map(|(_, node)| node)
            }
            _ => None,
        }
    }

    /// The values of a mapping, to change them; nothing of other nodes.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Self> {
        let entries = match &mut self.value {
            Value::Map(entries) => entries.as_mut_slice(),
            Value::Null | Value::Scalar { .. } | Value::List(_) => &mut [],
        };
        entries.iter_mut().map(|(_, node)| node)
    }

    /// What the node is, for messages.
    pub const fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Scalar { quoted: true, .. } => "a text",
            Value::Scalar { .. } => "a scalar",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// The scalar's text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }
}

/// Parses one YAML document; mistakes of syntax, duplicate keys and bombs go to `diagnostics`.
/// Returns nothing only when there is no tree to go on with.
pub fn parse(diagnostics: &mut Diagnostics, file: FileId) -> Option<Node> {
    let text = diagnostics.text(file);
    Reader { diagnostics, file, anchors: HashMap::new(), nodes: 0 }.document(&text)
}

struct Reader<'a> {
    diagnostics: &'a mut Diagnostics,
    file: FileId,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

/// Reading stopped; the reason is among the diagnostics.
struct Stopped;

type Events<'t> = Parser<'t, serde_yaml::granit_parser::StrInput<'t>>;

impl Reader<'_> {
    fn document(mut self, text: &str) -> Option<Node> {
        let mut events = Parser::new_from_str(text);
        let mut root = None;
        while let Some((event, span)) = self.next(&mut events).ok()? {
            match event {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_some() => {
                    let place = self.place(&span);
                    self.diagnostics.error(place, "a second document", "one file holds one document");
                    return root;
                }
                Event::DocumentStart(..) => {}
                Event::StreamEnd => break,
                other => root = Some(self.node(other, &span, &mut events, 0).ok()?),
            }
        }
        Some(root.unwrap_or_else(|| Node::new(Place { file: self.file, ..Place::default() }, Value::Null)))
    }

    fn next<'t>(&mut self, events: &mut Events<'t>) -> Result<Option<(Event<'t>, Span)>, Stopped> {
        match events.next_event() {
            None => Ok(None),
            Some(Ok(found)) => Ok(Some(found)),
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(0) as u32;
                let place = Place { file: self.file, start: at, end: at + 1 };
                let hint = syntax_hint(&error.info());
                self.diagnostics.error(place, format!("the YAML cannot be read: {}", error.info()), hint);
                Err(Stopped)
            }
        }
    }

    fn node(
        &mut self,
        event: Event<'_>,
        span: &Span,
        events: &mut Events<'_>,
        depth: usize,
    ) -> Result<Node, Stopped> {
        let place = self.place(span);
        self.nodes += 1;
        if self.nodes > MAX_NODES || depth > MAX_DEPTH {
            self.diagnostics.error(
                place,
                format!("the document is too large: over {MAX_NODES} values or {MAX_DEPTH} levels"),
                "keep bulk data out of models",
            );
            return Err(Stopped);
        }
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => (Node::new(place, scalar(&text, style)), anchor),
            Event::SequenceStart(_, anchor, _) => (self.list(place, events, depth)?, anchor),
            Event::MappingStart(_, anchor, _) => (self.mapping(place, events, depth)?, anchor),
            Event::Alias(anchor) => (self.alias(place, anchor)?, 0),
            _ => (Node::new(place, Value::Null), 0),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, mut place: Place, events: &mut Events<'_>, depth: usize) -> Result<Node, Stopped> {
        let mut items = Vec::new();
        while let Some((event, span)) = self.next(events)? {
            if event == Event::SequenceEnd {
                place.end = self.place(&span).end.max(place.end);
                break;
            }
            items.push(self.node(event, &span, events, depth + 1)?);
        }
        Ok(Node::list(place, items))
    }

    fn mapping(&mut self, mut place: Place, events: &mut Events<'_>, depth: usize) -> Result<Node, Stopped> {
        let mut entries: Vec<(Name, Node)> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        while let Some((event, span)) = self.next(events)? {
            if event == Event::MappingEnd {
                place.end = self.place(&span).end.max(place.end);
                break;
            }
            let key = self.node(event, &span, events, depth + 1)?;
            let Some((event, span)) = self.next(events)? else { break };
            let value = self.node(event, &span, events, depth + 1)?;
            let text = match &key.value {
                Value::Scalar { text, .. } => text.clone(),
                Value::Null => "null".to_owned(),
                _ => {
                    self.diagnostics.error(key.place, "a key must be a scalar", "");
                    continue;
                }
            };
            match known.entry(text.clone()) {
                std::collections::hash_map::Entry::Occupied(_) => {
                    self.diagnostics.error(
                        key.place,
                        format!("the key `{text}` stands twice"),
                        if text.bytes().all(|byte| byte.is_ascii_digit()) {
                            "keep one of them; a number has no commas: 1_000"
                        } else {
                            "keep one of them"
                        },
                    );
                }
                std::collections::hash_map::Entry::Vacant(vacant) => {
                    vacant.insert(entries.len());
                    entries.push((Name { place: key.place, text }, value));
                }
            }
        }
        Ok(Node::new(place, Value::Map(merged(entries))))
    }

    fn alias(&mut self, place: Place, anchor: usize) -> Result<Node, Stopped> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            self.diagnostics.error(place, "the alias has no anchor before it", "");
            return Err(Stopped);
        };
        self.nodes += count(&node);
        if self.nodes > MAX_NODES {
            self.diagnostics.error(place, "the aliases multiply to too many values", "");
            return Err(Stopped);
        }
        Ok(node)
    }

    fn place(&self, span: &Span) -> Place {
        let start = span.start.byte_offset().unwrap_or(0) as u32;
        let end = span.end.byte_offset().unwrap_or(0) as u32;
        Place { file: self.file, start, end: end.max(start) }
    }
}

/// What the author of a mistake of syntax has probably overlooked.
fn syntax_hint(message: &str) -> &'static str {
    if message.contains("flow mapping") || message.contains("flow sequence") {
        "is a brace or a comma missing? A text with braces, commas or colons stands in quotes: \"SKU-{row}\""
    } else if message.contains("mapping values") {
        "is the line indented like its neighbours? A text with a colon stands in quotes: \"a: b\""
    } else if message.contains("unexpected character") || message.contains("cannot start any token") {
        "a text that begins with a special character stands in quotes: \"@home\""
    } else if message.contains("anchor") {
        "a text that begins with `*` or `&` stands in quotes; an alias needs its `&anchor` before it"
    } else if message.contains("tab") {
        "indent with spaces"
    } else {
        ""
    }
}

/// `<<: *base` gives a mapping the keys of `base` that it has not itself.
fn merged(entries: Vec<(Name, Node)>) -> Vec<(Name, Node)> {
    if entries.iter().all(|(name, _)| name.text != "<<") {
        return entries;
    }
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(name, _)| name.text == "<<");
    for (_, base) in merges {
        let bases = match base.value {
            Value::List(items) => items,
            _ => vec![base],
        };
        for base in bases {
            if let Value::Map(inherited) = base.value {
                for (name, node) in inherited {
                    if own.iter().all(|(known, _)| known.text != name.text) {
                        own.push((name, node));
                    }
                }
            }
        }
    }
    own
}

fn count(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, node)| 1 + count(node)).sum::<usize>(),
        _ => 1,
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    let quoted = style != ScalarStyle::Plain;
    if !quoted && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Value::Null;
    }
    Value::Scalar { text: text.to_owned(), quoted }
}

/// Writes a node as YAML in one canonical spelling: block mappings, flow lists of scalars, every text
/// in double quotes unless it is a plain word or number.
pub fn emit(node: &Node) -> String {
    let mut out = String::new();
    write_node(&mut out, node, 0);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

fn write_node(out: &mut String, node: &Node, indent: usize) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Scalar { text, quoted } => write_scalar(out, text, *quoted),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_flow(out, item);
            }
            out.push(']');
        }
        Value::Map(entries) if entries.is_empty() => out.push_str("{}"),
        Value::Map(entries) => {
            for (name, value) in entries {
                if !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
                out.push_str(&"  ".repeat(indent));
                write_scalar(out, &name.text, false);
                out.push(':');
                if matches!(&value.value, Value::Map(inner) if !inner.is_empty()) {
                    out.push('\n');
                } else {
                    out.push(' ');
                }
                write_node(out, value, indent + 1);
                if !out.ends_with('\n') {
                    out.push('\n');
                }
            }
        }
    }
}

fn write_flow(out: &mut String, node: &Node) {
    match &node.value {
        Value::Map(entries) => {
            out.push('{');
            for (at, (name, value)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_scalar(out, &name.text, false);
                out.push_str(": ");
                write_flow(out, value);
            }
            out.push('}');
        }
        _ => write_node(out, node, 0),
    }
}

fn write_scalar(out: &mut String, text: &str, quoted: bool) {
    let plain = !quoted
        && !text.is_empty()
        && !text.starts_with(['-', '.'])
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.$%-+".contains(&byte))
        && !matches!(scalar(text, ScalarStyle::Plain), Value::Null);
    let number = !quoted && text.parse::<f64>().is_ok();
    if plain || number {
        out.push_str(text);
    } else {
        // JSON's escapes are YAML's: a double-quoted scalar.
        for character in serde_json::to_string(text).expect("a text is always JSON").chars() {
            match is_readable(character) {
                true => out.push(character),
                false => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            }
        }
    }
}

/// Whether YAML takes a character as it is, everywhere and as no line's end (YAML 1.2, 5.1 and 5.4); JSON takes them all
/// from the space on.
const fn is_readable(character: char) -> bool {
    !matches!(character, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_is_emitted_reads_back_whatever_its_characters() {
        for character in ('\0'..='\u{2100}').chain('\u{f8ff}'..='\u{1_0100}') {
            let node = Node::map(
                Place::default(),
                [(format!("a{character}"), Node::text(Place::default(), format!("{character}b")))],
            );
            let text = emit(&node);
            let mut diagnostics = Diagnostics::default();
            let file = diagnostics.add_file(Path::new("model.yaml"), text.as_str());
            let again = parse(&mut diagnostics, file).map(|again| emit(&again));
            assert_eq!(again.as_deref(), Some(text.as_str()), "{character:?}: {}", diagnostics.render());
        }
    }
}
