//! [`reference`]: the model language as a page of Markdown.

use std::fmt::Write;

use crate::model::expression::function::{Field, Unit};
use crate::model::language::{
    ASSESS, ENTITY, Example, FRAME, FUNCTIONS, Form, Key, LAWS, MODEL, MODIFIERS, Mapping, NUMBERS, Names,
    OPERATORS, Operation, PARAMETERS, PER_PARENT, Place, RANKS, STRATEGIES, Shape, TRUNCATION, TYPES, Word,
    entity_examples, modifier_examples,
};

/// The whole page.
pub fn reference() -> String {
    let mut page = Page::default();
    page.text(INTRODUCTION);
    page.model();
    page.entities();
    page.columns();
    page.strategies();
    page.laws();
    page.types();
    page.numbers();
    page.expressions();
    page.assess();
    page.0
}

const INTRODUCTION: &str = "\
# The model language

A model is one YAML file. It says which tables there are, how many rows each has, and how every column is made.
`seedmill check MODEL` finds every mistake in it at once; `seedmill init` writes a model to begin with.

This page is what `seedmill schema --reference` prints. `seedmill schema` prints the same as a JSON Schema: with the line
`# yaml-language-server: $schema=seedmill.schema.json` at the top of a model, and that file beside it, an editor completes
and checks the model while it is written.

[Model](#model) · [Entities](#entities) · [Columns](#columns) · [Strategies](#strategies) · [Laws](#laws) ·
[Types](#types) · [Numbers and times](#numbers-and-times) · [Expressions](#expressions) · [Assess](#assess)
";

/// A page that grows from above.
#[derive(Default)]
struct Page(String);

impl Page {
    /// A paragraph.
    fn text(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(text.trim_end());
        self.0.push('\n');
    }

    fn yaml(&mut self, text: &str) {
        self.text(&format!("```yaml\n{}\n```", text.trim_end()));
    }

    /// Lines of the example model; columns with the entity that they are of.
    fn examples(&mut self, examples: &[Example]) {
        let mut lines: Vec<String> = Vec::new();
        let mut of = "";
        for example in examples {
            if let Place::Columns(entity) = example.place
                && entity != of
            {
                lines.push(format!("# {entity}"));
                of = entity;
            }
            lines.push(example.text.to_owned());
        }
        if !lines.is_empty() {
            self.yaml(&lines.join("\n"));
        }
    }

    fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let mut table = String::new();
        let mut line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            writeln!(table, "| {} |", cells.join(" | ")).expect("a text takes all");
        };
        line(&head.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
        line(&vec!["---".to_owned(); head.len()]);
        rows.iter().for_each(|row| line(row));
        self.text(&table);
    }

    /// A mapping: its keys, and which of them go together.
    fn mapping(&mut self, mapping: &Mapping) {
        self.keys(mapping.keys);
        if !mapping.one_of.is_empty() {
            let ways = mapping.one_of.iter().map(|keys| {
                let names: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
                names.join(" and ")
            });
            self.text(&format!("Either {} is there.", ways.collect::<Vec<_>>().join(", or ")));
        }
    }

    /// The keys of a mapping, and those of the mappings in it.
    fn keys(&mut self, keys: &[Key]) {
        let rows: Vec<Vec<String>> = keys.iter().map(row).collect();
        self.table(&["key", "value", ""], &rows);
        for key in keys {
            if let Some(inner) = inner(&key.value) {
                self.text(&format!("Under `{}`:", key.name));
                self.mapping(inner);
            }
        }
    }

    fn model(&mut self) {
        self.text("## Model");
        self.text("At the top of the file stand:");
        self.keys(MODEL.keys);
        self.text(
            "All examples on this page stand in one model, which the tests of seedmill make and judge. It begins with",
        );
        self.yaml(&frame());
    }

    fn entities(&mut self) {
        self.text("## Entities");
        self.text(
            "An entity is a table. It has `rows` of its own, or a `parent` and `per_parent`: its rows then lie under the \
             parent's rows, and an entity with all its descendants is a family.",
        );
        self.mapping(&ENTITY);
        let (entities, rules): (Vec<Example>, Vec<Example>) =
            entity_examples().iter().partition(|example| example.place == Place::Entities);
        self.examples(&entities);
        self.text("Validations, those of `customers` and of `orders`:");
        for of in ["customers", "orders"] {
            let rules = rules.iter().filter(|rule| rule.place == Place::Validations(of));
            self.yaml(
                &rules.fold("validations:".to_owned(), |text, rule| format!("{text}\n  - {}", rule.text)),
            );
        }
        self.text("### `per_parent`");
        for form in &PER_PARENT {
            self.form(form);
        }
    }

    /// A form of a mapping, its keys and its examples.
    fn form(&mut self, form: &Form) {
        self.text(&format!("`{}`: {}", form.written, lower_first(form.does)));
        if let Shape::Keys(mapping) = form.value
            && mapping.keys.len() > 1
        {
            self.keys(mapping.keys);
        }
        self.examples(form.examples);
    }

    fn columns(&mut self) {
        self.text("## Columns");
        self.text("A column has one strategy, or a law, and beside it any of");
        self.keys(&MODIFIERS);
        self.examples(modifier_examples());
        self.text(
            "Columns read each other in any order, as long as none depends on itself. What makes a column is named by its \
             name and its entity's: other columns change none of its values.",
        );
    }

    fn strategies(&mut self) {
        self.text("## Strategies");
        let all: Vec<String> = STRATEGIES.iter().map(|word| format!("[`{0}`](#{0})", word.name)).collect();
        self.text(&all.join(" · "));
        for word in &STRATEGIES {
            self.word(word);
        }
    }

    fn laws(&mut self) {
        self.text("## Laws");
        self.text(
            "A law is a strategy of numbers: `{uniform: {min: 1, max: 9}}`. Laws also say how many rows a parent has, how \
             long a text or an array is, and how long after a time another one is: there their numbers are durations. \
             Where a law is expected, a number is one that is always the same. Without a `type` a column of a law is \
             `float`. Whole numbers and decimals of `uniform` are those within its bounds, each as likely as any other; \
             of other laws they are rounded. Beside a law stand",
        );
        let keys: Vec<Key> = TRUNCATION.into_iter().chain([RANKS]).collect();
        self.keys(&keys);
        for word in &LAWS {
            self.word(word);
        }
    }

    /// A strategy or a law.
    fn word(&mut self, word: &Word) {
        self.text(&format!("### `{}`", word.name));
        self.text(word.does);
        match inner(&word.value) {
            Some(mapping) => {
                if let Some(alone) = alone(&word.value) {
                    self.text(&format!("Its value is {alone}, or a mapping with"));
                }
                if matches!(word.value, Shape::List(_)) {
                    self.text("Its value is a list, each entry a mapping with");
                }
                self.mapping(mapping);
            }
            None => self.text(&format!("Its value: {}.", told(&word.value))),
        }
        self.examples(word.examples);
    }

    fn types(&mut self) {
        self.text("## Types");
        let rows: Vec<Vec<String>> = TYPES
            .iter()
            .map(|ty| {
                let written = match inner(&ty.value) {
                    Some(mapping) => mapping
                        .keys
                        .iter()
                        .map(|key| format!("`{{{}: {}}}`", key.name, told(&key.value)))
                        .collect(),
                    None => format!("`{}`", ty.name),
                };
                let examples: Vec<String> =
                    ty.examples.iter().map(|example| format!("`{}`", example.text)).collect();
                vec![written, ty.does.to_owned(), examples.join(" ")]
            })
            .collect();
        self.table(&["type", "holds", "example"], &rows);
    }

    fn numbers(&mut self) {
        self.text("## Numbers and times");
        let rows: Vec<Vec<String>> = NUMBERS
            .iter()
            .map(|(what, written, meaning)| [what, written, meaning].map(|cell| (*cell).to_owned()).to_vec())
            .collect();
        self.table(&["", "written", "meaning"], &rows);
        self.text("A parameter may stand for any value, and within texts and expressions:");
        let rows: Vec<Vec<String>> = PARAMETERS
            .iter()
            .map(|(written, meaning)| [written, meaning].map(|cell| (*cell).to_owned()).to_vec())
            .collect();
        self.table(&["written", "stands for"], &rows);
    }

    fn expressions(&mut self) {
        self.text("## Expressions");
        self.text(
            "Expressions are SQL as Postgres reads it, over one row. They know no subquery, window, regular expression, clock \
             or random number; `check` types them. An overflow or a division by zero ends the making, with the row that it is in.",
        );
        self.operations(&OPERATORS);
        self.text("The functions:");
        self.operations(&FUNCTIONS);
        let listed =
            |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        self.text(&format!(
            "`extract` knows the fields {}.",
            listed(Field::NAMES.iter().map(|(name, _)| *name).collect())
        ));
        self.text(&format!(
            "`date_trunc` knows the units {}.",
            listed(Unit::NAMES.iter().map(|(name, _)| *name).collect())
        ));
    }

    fn operations(&mut self, operations: &[Operation]) {
        let rows: Vec<Vec<String>> = operations
            .iter()
            .map(|operation| {
                vec![
                    format!("`{}`", operation.written),
                    operation.does.to_owned(),
                    format!("`{}`", operation.example),
                ]
            })
            .collect();
        self.table(&["written", "gives", "example"], &rows);
    }

    fn assess(&mut self) {
        self.text("## Assess");
        self.text(
            "`seedmill assess` judges a dataset by what the model says anyway. `assess` puts checks into named groups, and \
             adds conditions: a figure, and `at_least`, `at_most` or both.",
        );
        if let Some(group) =
            MODEL.keys.iter().find(|key| key.name == "assess").and_then(|key| inner_of_map(&key.value))
        {
            self.keys(group.keys);
        }
        self.text("The figures:");
        let rows: Vec<Vec<String>> =
            ASSESS.iter().map(|form| vec![format!("`{}`", form.written), form.does.to_owned()]).collect();
        self.table(&["figure", "what it is"], &rows);
        let all: Vec<Example> = ASSESS.iter().flat_map(|form| form.examples).copied().collect();
        self.examples(&all);
    }
}

fn row(key: &Key) -> Vec<String> {
    let needed = if key.required { " (needed)" } else { "" };
    vec![format!("`{}`{needed}", key.name), told(&key.value), key.does.to_owned()]
}

/// The mapping that a value is, or that one of its forms is.
fn inner(shape: &Shape) -> Option<&'static Mapping> {
    match shape {
        Shape::Keys(mapping) => Some(mapping),
        Shape::List(Shape::Keys(mapping)) => Some(mapping),
        Shape::List(Shape::Either([Shape::Percentile, Shape::Keys(mapping)])) => Some(mapping),
        // Those of `per_parent` and of conditions are told one by one.
        Shape::Either([_, Shape::Keys(mapping)]) => Some(mapping),
        _ => None,
    }
}

fn inner_of_map(shape: &Shape) -> Option<&'static Mapping> {
    match shape {
        Shape::Map(_, Shape::Keys(mapping)) => Some(mapping),
        _ => None,
    }
}

/// What a value is where it is not a mapping with keys.
fn alone(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Either([form, Shape::Keys(_)]) => Some(told(form)),
        _ => None,
    }
}

/// A value in a few words; lists and mappings as YAML writes them.
fn told(shape: &Shape) -> String {
    match shape {
        Shape::Number | Shape::Measure => "number".to_owned(),
        Shape::Share => "share".to_owned(),
        Shape::Count => "count".to_owned(),
        Shape::Integer => "whole number".to_owned(),
        Shape::Duration => "duration".to_owned(),
        Shape::Time => "time".to_owned(),
        Shape::Flag => "`true` or `false`".to_owned(),
        Shape::True => "`true`".to_owned(),
        Shape::Text(what) => (*what).to_owned(),
        Shape::Value => "any value".to_owned(),
        Shape::Expression => "expression".to_owned(),
        Shape::Words(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Shape::List(inner) => format!("[{}, …]", told(inner)),
        Shape::Exactly(count, inner) => format!("[{count} × {}]", told(inner)),
        Shape::Map(Names::Given(name), inner) => format!("{{{name}: {}, …}}", told(inner)),
        Shape::Map(Names::Percentiles, inner) => format!("{{p50: {}, …}}", told(inner)),
        Shape::Percentile => "{p95: number}".to_owned(),
        Shape::Keys(_) => "mapping".to_owned(),
        Shape::Either(shapes) => {
            let mut forms: Vec<String> = shapes.iter().map(told).collect();
            forms.dedup();
            forms.join(" or ")
        }
        Shape::Law | Shape::LawOfNumbers => "law".to_owned(),
        Shape::LawOfDurations => "law of durations".to_owned(),
        Shape::Column => "column".to_owned(),
        Shape::Case | Shape::Element => "strategy".to_owned(),
        Shape::Record => "{field: value, …}".to_owned(),
        Shape::Type => "type".to_owned(),
        Shape::Document => "{key: expression, …}".to_owned(),
        Shape::Anything => "anything".to_owned(),
    }
}

/// The model that the examples stand in, without the places for them.
fn frame() -> String {
    let lines: Vec<&str> = FRAME.lines().filter(|line| !line.trim().starts_with("# examples: ")).collect();
    // A key whose entries were examples alone is left out.
    let empty = |line: &str| matches!(line.trim(), "assess:" | "validations:");
    lines.into_iter().filter(|line| !empty(line)).fold(String::new(), |text, line| text + line + "\n")
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}
