//! [`Fields`]: reads a mapping key by key and reports what nobody asked for.

use super::diagnostics::{Diagnostics, did_you_mean, meant_or_known};
use super::yaml::{Name, Node, Place, Value};
use super::{habits, scalars};

/// The entries of one mapping; each is taken once, the rest are unknown keys.
pub struct Fields<'n> {
    place: Place,
    example: &'static str,
    entries: Vec<(&'n Name, &'n Node)>,
    asked: Vec<&'static str>,
    #[cfg(test)]
    called: String,
}

impl<'n> Fields<'n> {
    /// The fields of a mapping; anything else is a diagnostic that says what was expected.
    pub fn of(node: &'n Node, what: &str, diagnostics: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Map(entries) => Some(Self {
                place: node.place,
                example: habits::example(what),
                entries: entries.iter().map(|(name, node)| (name, node)).collect(),
                asked: Vec::new(),
                #[cfg(test)]
                called: what.to_owned(),
            }),
            Value::Null | Value::Scalar { .. } | Value::List(_) => {
                let message = format!("{what} must be a mapping, not {}", node.kind());
                diagnostics.error(node.place, message, habits::example(what));
                None
            }
        }
    }

    /// Fields of nothing.
    pub const fn empty() -> Self {
        Self {
            place: Place { file: super::diagnostics::FileId(0), start: 0, end: 0 },
            example: "",
            entries: Vec::new(),
            asked: Vec::new(),
            #[cfg(test)]
            called: String::new(),
        }
    }

    /// Where the mapping stands.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Takes the value of a key, if it is there.
    pub fn take(&mut self, key: &'static str) -> Option<&'n Node> {
        self.asked.push(key);
        #[cfg(test)]
        asking::note(&self.called, key);
        let at = self.entries.iter().position(|(name, _)| name.text == key)?;
        Some(self.entries.remove(at).1)
    }

    /// Takes the value of a key that must be there.
    pub fn require(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<&'n Node> {
        let found = self.take(key);
        if found.is_none() {
            // A misspelt key is reported as such, beside this.
            diagnostics.error(self.place, format!("`{key}` is missing"), self.example);
        }
        found
    }

    /// Takes a number.
    pub fn number(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<f64> {
        self.take(key).and_then(|node| number(node, diagnostics))
    }

    /// Takes a truth value; false when absent.
    pub fn flag(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> bool {
        let Some(node) = self.take(key) else { return false };
        let truth = node.as_str().and_then(scalars::truth);
        if truth.is_none() {
            let hint = match node.as_str().map(str::to_lowercase).as_deref() {
                Some("yes" | "on" | "1" | "y") => format!("write {key}: true"),
                Some("no" | "off" | "0" | "n") => format!("write {key}: false"),
                _ => String::new(),
            };
            diagnostics.error(node.place, format!("`{key}` is `true` or `false`"), hint);
        }
        truth.unwrap_or(false)
    }

    /// Forgets which of some keys were asked for, so that hints do not name them.
    pub fn forget(&mut self, keys: &[&str]) {
        self.asked.retain(|asked| !keys.contains(asked));
    }

    /// What has not been taken.
    pub fn rest(&self) -> &[(&'n Name, &'n Node)] {
        &self.entries
    }

    /// Reports every key that was not asked for.
    pub fn finish(self, what: &str, diagnostics: &mut Diagnostics) {
        for (name, _) in &self.entries {
            let asked = || self.asked.iter().copied();
            let habit = habits::key(&name.text).filter(|_| did_you_mean(&name.text, asked()).is_none());
            let hint = match habit {
                Some(habit) => habit.to_owned(),
                None if self.asked.is_empty() => "nothing else stands here".to_owned(),
                None => meant_or_known(&name.text, asked(), "known here"),
            };
            diagnostics.error(name.place, format!("{what} has no key `{}`", name.text), hint);
        }
    }
}

/// A scalar's text, or a diagnostic.
pub fn text<'n>(node: &'n Node, what: &str, diagnostics: &mut Diagnostics) -> Option<&'n str> {
    let found = node.as_str();
    if found.is_none() {
        diagnostics.error(
            node.place,
            format!("{what} must be a text, not {}", node.kind()),
            habits::example(what),
        );
    }
    found
}

/// A value as messages name it: a parameter's is not to be seen where it is used.
fn shown(node: &Node) -> String {
    node.as_str().map_or_else(|| node.kind().to_owned(), |text| format!("`{text}`"))
}

/// A number with units, or a diagnostic.
pub fn number(node: &Node, diagnostics: &mut Diagnostics) -> Option<f64> {
    let found = node.as_str().and_then(scalars::parse_number);
    if found.is_none() && !matches!(node.value, Value::Null) {
        diagnostics.error(
            node.place,
            format!("a number is expected here, not {}", shown(node)),
            match node.as_str().map(str::to_lowercase).as_deref() {
                Some("true" | "false" | "yes" | "no") => "say how much, such as 1, 1.2 or 10%",
                Some(text) if text.starts_with('$') => {
                    "a parameter is a number itself, such as 15, 30% or 5K"
                }
                _ => "such as 15, 0.7, 30%, 5K or 2M",
            },
        );
    } else if found.is_none() {
        diagnostics.error(node.place, "a number is expected here, not nothing", "");
    }
    found
}

/// A duration in seconds, or a diagnostic.
pub fn seconds(node: &Node, diagnostics: &mut Diagnostics) -> Option<f64> {
    let found = node.as_str().and_then(scalars::parse_seconds);
    if found.is_none() {
        diagnostics.error(
            node.place,
            format!("a duration is expected here, not {}", shown(node)),
            "such as 250ms, 10s, 15m, 2h, 30d",
        );
    }
    found
}

/// A point in time in microseconds, or a diagnostic.
pub fn time(node: &Node, diagnostics: &mut Diagnostics) -> Option<i64> {
    let found = node.as_str().and_then(scalars::parse_time);
    if found.is_none() {
        let message = format!("a time is expected here, not {}", shown(node));
        diagnostics.error(node.place, message, "such as 2025-07-28 or 2025-07-28T00:00:00Z");
    }
    found
}

/// Up to here every whole number is a float of its own.
const EXACT: i64 = 1 << 53;

/// A count of rows up to 2⁵³, or a diagnostic.
pub fn count(node: &Node, diagnostics: &mut Diagnostics) -> Option<u64> {
    number(node, diagnostics)?;
    let found = node.as_str().and_then(exact_integer).filter(|count| (0..=EXACT).contains(count));
    if found.is_none() {
        let written = node.as_str().unwrap_or_default();
        diagnostics.error(node.place, format!("a count is a whole number from 0 to 2^53, not {written}"), "");
    }
    found.and_then(|count| u64::try_from(count).ok())
}

/// A whole number of 64 bits, or a diagnostic.
pub fn integer(node: &Node, diagnostics: &mut Diagnostics) -> Option<i64> {
    number(node, diagnostics)?;
    let found = node.as_str().and_then(exact_integer);
    if found.is_none() {
        diagnostics.error(node.place, "a whole number of 64 bits is expected here", "such as 1 or 5M");
    }
    found
}

/// A whole number, digit by digit or with a unit; none where a float would have rounded it.
fn exact_integer(text: &str) -> Option<i64> {
    let digits = text.trim().replace('_', "");
    if let Ok(number) = digits.parse() {
        return Some(number);
    }
    let is_plain = digits.trim_start_matches(['-', '+']).bytes().all(|byte| byte.is_ascii_digit());
    let number = scalars::parse_number(text).filter(|number| *number == libm::trunc(*number))?;
    let fits = !is_plain && libm::fabs(number) <= EXACT as f64;
    fits.then_some(number as i64)
}

/// What readers ask of mappings, for the test that the description of the language says the same.
#[cfg(test)]
pub(in crate::model) mod asking {
    use std::cell::RefCell;
    use std::collections::{BTreeMap, BTreeSet};

    type Asked = BTreeMap<String, BTreeSet<&'static str>>;

    thread_local! {
        static ASKED: RefCell<Asked> = const { RefCell::new(BTreeMap::new()) };
    }

    /// Notes that a key was asked of a mapping; names that an author gave are left out of what it is called.
    pub fn note(called: &str, key: &'static str) {
        let kind = match called.split_once(" `") {
            Some((kind, _)) => kind,
            None => called,
        };
        ASKED.with_borrow_mut(|asked| asked.entry(kind.to_owned()).or_default().insert(key));
    }

    /// All that was asked on this thread.
    pub fn asked() -> Asked {
        ASKED.with_borrow(Clone::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_exact_or_refused() {
        assert_eq!(exact_integer("9007199254740993"), Some(9_007_199_254_740_993));
        assert_eq!(exact_integer("5M"), Some(5_000_000));
        assert_eq!(exact_integer("1_000"), Some(1_000));
        assert_eq!(exact_integer("-3"), Some(-3));
        for refused in ["2.5", "9223372036854775808", "1e300", "50%", "", "x"] {
            assert_eq!(exact_integer(refused), None, "{refused}");
        }
    }
}
