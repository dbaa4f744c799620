//! [`Fields`]: a mapping of the dialect, read key by key; what is wrong is reported where it stands.
//!
//! It is not the native reader (`model::fields`), since the dialect reads otherwise: a mapping is looked at several
//! times over, a key without a value counts as absent, `description` is known everywhere, a quoted number is a
//! text, and numbers are exact decimals.

use super::decimal::Decimal;
use crate::model::diagnostics::{Diagnostics, meant_or_known};
use crate::model::scalars;
use crate::model::yaml::{Name, Node, Place, Value};

/// A mapping that is being read.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    /// Where it stands.
    pub place: Place,
    /// Its entries in the order of the text.
    pub entries: &'a [(Name, Node)],
}

impl<'a> Fields<'a> {
    /// The node as a mapping; anything else is an error about `what`. Nothing at all is an empty mapping.
    pub fn of(node: &'a Node, what: &str, diagnostics: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Map(entries) => Some(Self { place: node.place, entries }),
            Value::Null => Some(Self { place: node.place, entries: &[] }),
            Value::Scalar { .. } | Value::List(_) => {
                wrong_kind(node, what, "a mapping", diagnostics);
                None
            }
        }
    }

    /// Reports every key that is none of `known`. `description` is known everywhere.
    pub fn allow_only(&self, known: &[&str], diagnostics: &mut Diagnostics) {
        for (name, _) in self.entries {
            if name.text != "description" && !known.contains(&name.text.as_str()) {
                unknown("key", &name.text, name.place, known, diagnostics);
            }
        }
    }

    /// The value of a key; a key without a value counts as absent.
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        let found = self.entries.iter().find(|(name, _)| name.text == key).map(|(_, node)| node);
        found.filter(|node| !matches!(node.value, Value::Null))
    }

    /// The value of a key that must be there.
    pub fn require(&self, key: &str, what: &str, diagnostics: &mut Diagnostics) -> Option<&'a Node> {
        let found = self.get(key);
        if found.is_none() {
            diagnostics.error(self.place, format!("{what} lacks `{key}`"), format!("add `{key}: …`"));
        }
        found
    }

    /// A scalar's text.
    pub fn text(&self, key: &str, diagnostics: &mut Diagnostics) -> Option<(&'a str, Place)> {
        let node = self.get(key)?;
        let text = node.as_str();
        if text.is_none() {
            wrong_kind(node, &format!("`{key}`"), "a text", diagnostics);
        }
        text.map(|text| (text, node.place))
    }

    /// A scalar's text that must be there.
    pub fn required_text(
        &self,
        key: &str,
        what: &str,
        diagnostics: &mut Diagnostics,
    ) -> Option<(&'a str, Place)> {
        self.require(key, what, diagnostics)?;
        self.text(key, diagnostics)
    }

    /// `true` or `false`.
    pub fn truth(&self, key: &str, diagnostics: &mut Diagnostics) -> Option<bool> {
        let node = self.get(key)?;
        let truth = match &node.value {
            Value::Scalar { text, quoted: false } => scalars::truth(text),
            Value::Scalar { quoted: true, .. } | Value::Null | Value::List(_) | Value::Map(_) => None,
        };
        if truth.is_none() {
            wrong_kind(node, &format!("`{key}`"), "`true` or `false`", diagnostics);
        }
        truth
    }

    /// A number and its node.
    pub fn number(&self, key: &str, diagnostics: &mut Diagnostics) -> Option<(Decimal, &'a Node)> {
        let node = self.get(key)?;
        Some((number(node, &format!("`{key}`"), diagnostics)?, node))
    }

    /// A number that must be there.
    pub fn required_number(
        &self,
        key: &str,
        what: &str,
        diagnostics: &mut Diagnostics,
    ) -> Option<(Decimal, &'a Node)> {
        self.require(key, what, diagnostics)?;
        self.number(key, diagnostics)
    }

    /// A list's items; an absent list has none.
    pub fn list(&self, key: &str, diagnostics: &mut Diagnostics) -> &'a [Node] {
        match self.get(key) {
            None => &[],
            Some(Node { value: Value::List(items), .. }) => items,
            Some(node) => {
                wrong_kind(node, &format!("`{key}`"), "a list", diagnostics);
                &[]
            }
        }
    }

    /// The text of a key that must be one of `known`.
    pub fn one_of(
        &self,
        key: &str,
        known: &[&str],
        diagnostics: &mut Diagnostics,
    ) -> Option<(&'a str, Place)> {
        let (text, place) = self.text(key, diagnostics)?;
        if !known.contains(&text) {
            unknown(key, text, place, known, diagnostics);
            return None;
        }
        Some((text, place))
    }
}

/// The number that a node spells; a quoted one is a text.
pub fn number(node: &Node, what: &str, diagnostics: &mut Diagnostics) -> Option<Decimal> {
    let number = match &node.value {
        Value::Scalar { text, quoted: false } => Decimal::parse(text),
        Value::Scalar { quoted: true, .. } | Value::Null | Value::List(_) | Value::Map(_) => None,
    };
    if number.is_none() {
        wrong_kind(node, what, "a number such as 12, 0.5, 30% or 5K", diagnostics);
    }
    number
}

/// A whole number of rows.
pub fn count(node: &Node, what: &str, diagnostics: &mut Diagnostics) -> Option<u64> {
    let count = number(node, what, diagnostics)?.to_whole();
    if count.is_none() {
        wrong_kind(node, what, "a whole number, 0 or more", diagnostics);
    }
    count
}

/// Reports a node that is not what it should be.
pub fn wrong_kind(node: &Node, what: &str, expected: &str, diagnostics: &mut Diagnostics) {
    let found = match &node.value {
        Value::Scalar { text, quoted: false } => format!("`{text}`"),
        Value::Scalar { quoted: true, .. } | Value::Null | Value::List(_) | Value::Map(_) => {
            node.kind().to_owned()
        }
    };
    diagnostics.error(node.place, format!("{what} must be {expected}, not {found}"), "");
}

/// Reports an unknown word with the one that was probably meant, or all that are known.
pub fn unknown(kind: &str, word: &str, place: Place, known: &[&str], diagnostics: &mut Diagnostics) {
    diagnostics.error(place, format!("unknown {kind} `{word}`"), meant(word, known));
}

/// A hint with the known word that was probably meant, or all that are known.
pub fn meant(word: &str, known: &[&str]) -> String {
    if known.is_empty() {
        return String::new();
    }
    meant_or_known(word, known.iter().copied(), "known")
}

/// An entry whose key has its own place.
pub fn entry(name: &str, place: Place, node: Node) -> (Name, Node) {
    (Name { place, text: name.to_owned() }, node)
}
