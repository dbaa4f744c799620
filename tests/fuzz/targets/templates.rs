//! [`run`]: a template, parsed, proved unique, and made.

use std::collections::BTreeSet;

use arrow::array::{Array, AsArray};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use seedmill::cli::resolves;
use seedmill::error::Result;
use seedmill::family::{Engine, FirstRows, Receiver, run as make};
use seedmill::model::{EntityId, Request, load_all};
use seedmill::resolve::resolve;

use super::checked::{check, told};
use super::folder::Folder;

/// What stands around the template: columns whose texts Arrow prints as Postgres does, but for times and UUIDs.
const BEFORE: &str = r#"model: templates
entities:
  t:
    rows: 200
    columns:
      n: {sequence: 1}
      m: {sequence: -7}
      big: {sequence: 9223372036854775000}
      word: {pool: {values: [Lee, "Lee1", "1", "", "é{}", "-"]}}
      maybe: {choice: {a: 1, aa: 1}, null: 20%}
      ok: {chance: 50%}
      day: {pool: {values: [1900-01-01, 9999-12-31]}, type: date}
      price: {pool: {values: [-1.50, 0.00, 10.25]}, type: "decimal(5,2)"}
      made_before: {template: "{row}-{word}", unique: true}
      id: {uuid: v4}
      time: {range: {from: 2025-01-01T00:00:00Z, to: 2025-02-01T00:00:00Z}}
"#;
/// Columns that Arrow prints otherwise.
const PRINTED_OTHERWISE: [&str; 2] = ["{id}", "{time}"];

/// The first byte says whether the template promises to be unique, the rest is its text. An accepted template's texts
/// are what a plain replacement of its placeholders gives, and unique where they promise it.
pub fn run(data: &[u8]) -> bool {
    let Some((&first, rest)) = data.split_first() else { return false };
    let Ok(template) = str::from_utf8(rest) else { return false };
    let unique = first % 2 == 1;
    let folder = Folder::new();
    let path = folder.write("model.yaml", model(template, unique).as_bytes());
    if !check(&path) {
        return false;
    }
    let request = Request { path, ..Request::default() };
    let Some(all) = told(load_all(&request, |model| resolves(model, 0))) else { return false };
    let [loaded] = all.as_slice() else { panic!("one band") };
    let mut texts = Texts { template, seen: BTreeSet::new(), valid: 0, rows: 0 };
    told(rows(&loaded.model, &mut texts)).expect("templates never fail");
    assert_eq!(texts.rows, 200);
    assert!(
        !unique || texts.seen.len() == texts.valid,
        "{} of {} texts differ",
        texts.seen.len(),
        texts.valid
    );
    true
}

fn model(template: &str, unique: bool) -> String {
    let mut quoted = String::new();
    for character in template.chars() {
        match character {
            // A `$` begins a parameter.
            '$' => quoted.push_str("$$"),
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' | 'ß'..='퟿' => quoted.push(character),
            _ => quoted.push_str(&format!("\\U{:08x}", u32::from(character))),
        }
    }
    format!("{BEFORE}      made: {{template: \"{quoted}\", unique: {unique}}}\n")
}

fn rows(model: &seedmill::model::Model, texts: &mut Texts<'_>) -> Result<()> {
    let resolution = resolve(model)?;
    let engine = Engine::new(model, "fuzz", &resolution)?;
    let root = EntityId(0);
    make(&engine, root, 0..200, &FirstRows::from([(root, 0)]), texts).map(drop)
}

/// Looks at the texts as they are made.
struct Texts<'a> {
    template: &'a str,
    seen: BTreeSet<String>,
    valid: usize,
    rows: u64,
}

impl Receiver for Texts<'_> {
    fn receive(&mut self, _: EntityId, batch: RecordBatch) -> Result<()> {
        let made = batch.column_by_name("made").expect("the column").as_string::<i32>();
        for row in 0..batch.num_rows() {
            if !PRINTED_OTHERWISE.iter().any(|name| self.template.contains(name)) {
                let expected = replaced(self.template, &batch, row, self.rows);
                assert_eq!(made.is_valid(row).then(|| made.value(row)), expected.as_deref(), "row {row}");
            }
            if made.is_valid(row) {
                self.seen.insert(made.value(row).to_owned());
                self.valid += 1;
            }
            self.rows += 1;
        }
        Ok(())
    }

    fn received(&self, _: EntityId) -> u64 {
        self.rows
    }
}

/// The template's text for a row; NULL where one of its columns is.
fn replaced(template: &str, batch: &RecordBatch, row: usize, number: u64) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        let (name, after) = rest.split_once('}').expect("a placeholder ends");
        rest = after;
        if name == "row" {
            out.push_str(&number.to_string());
            continue;
        }
        let column = batch.column_by_name(name).expect("a column");
        if column.is_null(row) {
            return None;
        }
        let options = FormatOptions::default();
        let formatter = ArrayFormatter::try_new(column, &options).expect("a printable type");
        out.push_str(&formatter.value(row).to_string());
    }
    out.push_str(rest);
    Some(out)
}
