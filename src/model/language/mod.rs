//! [`Mapping`]: the native model language as data, the one place that says what may stand where.
//!
//! The reader takes the names of strategies, laws, types and functions from here. `seedmill schema` prints all of it
//! as a JSON Schema and as a page. Tests keep it together with the reader: every key that the reader asks for stands
//! here, and every key that stands here is used by a model that is accepted.

mod columns;
mod document;
mod entities;
mod expressions;
mod laws;
mod strategies;
mod strategy_parts;
mod types;

#[cfg(test)]
mod agreement;

pub use columns::{CASE, COLUMN, ELEMENT, LAW, MODIFIERS, RANKS};
pub use document::{ASSESS, FRAME, MODEL, NUMBERS, PARAMETERS};
pub use entities::{ENTITY, PER_PARENT};
pub use expressions::{FUNCTION_NAMES, FUNCTIONS, OPERATORS};
pub use laws::{LAW_NAMES, LAWS, TRUNCATION};
pub use strategies::{STRATEGIES, STRATEGY_NAMES};
pub use types::TYPES;

/// What may stand as a value. Everywhere a `$parameter` may stand for it.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A number, plain or with a unit: `1.5`, `5K`, `30%`.
    Number,
    /// A number from 0 to 1: `30%`.
    Share,
    /// A whole number from 0.
    Count,
    /// A whole number of 64 bits.
    Integer,
    /// A length of time: `250ms`, `2h`.
    Duration,
    /// A point in time: a date, or a time with its zone.
    Time,
    /// What a law's numbers measure: numbers, or durations where the law is one of durations.
    Measure,
    /// `true` or `false`.
    Flag,
    /// `true` alone.
    True,
    /// Text that names something or is used as it stands.
    Text(&'static str),
    /// A single value of any kind, or null.
    Value,
    /// A SQL expression over the row.
    Expression,
    /// One of a few words.
    Words(&'static [&'static str]),
    /// A list.
    List(&'static Shape),
    /// A list of exactly so many.
    Exactly(usize, &'static Shape),
    /// Any names with a value each.
    Map(Names, &'static Shape),
    /// One percentile with its value: `{p95: 500}`.
    Percentile,
    /// A mapping with keys of its own.
    Keys(&'static Mapping),
    /// One of several.
    Either(&'static [Shape]),
    /// A law whose numbers measure what the surroundings say.
    Law,
    /// A law of plain numbers.
    LawOfNumbers,
    /// A law of lengths of time.
    LawOfDurations,
    /// A declared column: modifiers and one strategy.
    Column,
    /// A case of a switch: one strategy.
    Case,
    /// How elements of an array are made: one strategy, and a type.
    Element,
    /// A record: names with values, and its weight.
    Record,
    /// A type.
    Type,
    /// Keys with expressions, lists and keys again.
    Document,
    /// Whatever the author keeps there.
    Anything,
}

/// What the keys of a [`Shape::Map`] are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Names that the author gives: of bands, entities, columns.
    Given(&'static str),
    /// Percentiles, `p0` to `p100`.
    Percentiles,
}

/// A key of a mapping.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// How it is written.
    pub name: &'static str,
    /// What stands behind it.
    pub value: Shape,
    /// What it does, in a sentence.
    pub does: &'static str,
    /// Whether it must be there.
    pub required: bool,
}

/// What stands in a mapping beside its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// One strategy, or one law with its bounds and its ranks.
    Strategy,
    /// One law with its bounds.
    Law,
}

/// A mapping whose keys the language knows.
#[derive(Clone, Copy, Debug)]
pub struct Mapping {
    /// What messages call it.
    pub called: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Sets of keys of which exactly one is there.
    pub one_of: &'static [&'static [&'static str]],
    /// Keys of which at least one is there.
    pub some_of: &'static [&'static str],
    /// What else is there.
    pub beside: Beside,
}

/// A strategy, a law, a type, a function: a word of the language with an example that works.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// How it is written.
    pub name: &'static str,
    /// What stands behind it.
    pub value: Shape,
    /// What it does, in a sentence or two.
    pub does: &'static str,
    /// Entries of the model [`FRAME`].
    pub examples: &'static [Example],
}

impl Word {
    /// Whether it is written as a mapping, not as its name.
    pub const fn has_parts(&self) -> bool {
        matches!(self.value, Shape::Keys(_))
    }
}

/// Lines that stand in the model [`FRAME`] at their place.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Where.
    pub place: Place,
    /// The lines, not indented.
    pub text: &'static str,
}

/// A place in the model [`FRAME`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Among the columns of an entity.
    Columns(&'static str),
    /// Among the validations of an entity.
    Validations(&'static str),
    /// Among the entities.
    Entities,
    /// Under `assess`.
    Assess,
}

/// A form that a mapping takes, with a sentence and examples: the ways of `per_parent`, the figures of `assess`.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// How it is written, in short.
    pub written: &'static str,
    /// What it does.
    pub does: &'static str,
    /// What it is.
    pub value: Shape,
    /// Entries of the model [`FRAME`].
    pub examples: &'static [Example],
}

/// An operator or a function of expressions.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Its name or sign.
    pub name: &'static str,
    /// How it is called.
    pub written: &'static str,
    /// What it gives.
    pub does: &'static str,
    /// An expression over a row of [`EXPRESSION_ENTITY`] in the model [`FRAME`].
    pub example: &'static str,
}

/// The entity of the model [`FRAME`] over whose rows examples of expressions go.
pub const EXPRESSION_ENTITY: &str = "lines";

/// A key that may be there.
const fn key(name: &'static str, value: Shape, does: &'static str) -> Key {
    Key { name, value, does, required: false }
}

/// A key that must be there.
const fn required(name: &'static str, value: Shape, does: &'static str) -> Key {
    Key { name, value, does, required: true }
}

/// A mapping with keys alone.
const fn mapping(called: &'static str, keys: &'static [Key]) -> Mapping {
    Mapping { called, keys, one_of: &[], some_of: &[], beside: Beside::Nothing }
}

/// A word with one example.
const fn word(name: &'static str, value: Shape, does: &'static str, examples: &'static [Example]) -> Word {
    Word { name, value, does, examples }
}

/// Lines among the columns of an entity.
const fn column(entity: &'static str, text: &'static str) -> Example {
    Example { place: Place::Columns(entity), text }
}

/// An entity.
const fn entity(text: &'static str) -> Example {
    Example { place: Place::Entities, text }
}

/// The names of some words, in their order.
const fn names<const N: usize>(words: &[Word; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut at = 0;
    while at < N {
        names[at] = words[at].name;
        at += 1;
    }
    names
}

/// Modifiers of columns in use.
pub const fn modifier_examples() -> &'static [Example] {
    columns::EXAMPLES
}

/// Keys of entities in use.
pub const fn entity_examples() -> &'static [Example] {
    entities::EXAMPLES
}

/// All examples of the language, in the order of the description.
pub fn examples() -> Vec<Example> {
    let words = STRATEGIES.iter().chain(&LAWS).chain(&TYPES).map(|word| word.examples);
    let forms = PER_PARENT.iter().chain(&ASSESS).map(|form| form.examples);
    let others = [columns::EXAMPLES, entities::EXAMPLES];
    words.chain(forms).chain(others).flatten().copied().collect()
}

/// The model [`FRAME`] with every example in it, those of operators and functions too.
pub fn example_model() -> String {
    let mut all = examples();
    // Aggregates stand in validations alone, and these are among the examples.
    let operations = OPERATORS.iter().chain(&FUNCTIONS).map(|operation| operation.example);
    let operations: Vec<&str> =
        operations.filter(|operation| all.iter().all(|example| example.text != *operation)).collect();
    let mut model = String::new();
    for line in FRAME.lines() {
        model.push_str(line);
        model.push('\n');
        insert(&mut model, line, &mut all, &operations);
    }
    model
}

/// Puts the examples behind the line that they follow.
fn insert(model: &mut String, line: &str, examples: &mut Vec<Example>, operations: &[&str]) {
    let trimmed = line.trim();
    let indent = |model: &mut String, by: usize, text: &str| {
        for line in text.lines() {
            model.push_str(&format!("{:by$}{line}\n", ""));
        }
    };
    let Some(marker) = trimmed.strip_prefix("# examples: ") else { return };
    let by = line.len() - trimmed.len();
    examples.retain(|example| {
        let (here, prefix) = match example.place {
            Place::Columns(entity) => (format!("columns of {entity}"), ""),
            Place::Validations(entity) => (format!("validations of {entity}"), "- "),
            Place::Entities => ("entities".to_owned(), ""),
            Place::Assess => ("assess".to_owned(), ""),
        };
        if here == marker {
            indent(model, by, &format!("{prefix}{}", example.text));
        }
        here != marker
    });
    if marker == format!("columns of {EXPRESSION_ENTITY}") {
        for (at, expression) in operations.iter().enumerate() {
            indent(model, by, &format!("expression {at}: {{expression: {}}}", quoted(expression)));
        }
    }
}

/// A text in double quotes of YAML, which are those of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
