//! The judge's own evaluator comes to what the makers' does, on the cases of Postgres and on expressions made up.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float64Array,
    Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use seedmill::columns::expression::evaluate;
use seedmill::fidelity::evaluate::evaluate as judged;
use seedmill::model::column_type::ColumnType;
use seedmill::model::expression::compile;

use super::{FAILURES, ROWS, Table, VALUES, columns, compiled};

#[test]
fn the_judge_comes_to_the_same_values() {
    let inputs: Vec<ArrayRef> = columns().into_iter().map(|(.., values)| values).collect();
    for (source, _) in VALUES {
        let expression = compiled(source);
        let made = evaluate(&expression, ROWS, &mut |symbol| inputs[symbol].clone()).expect(source);
        let found = judged(&expression, &inputs, ROWS);
        assert_eq!((&found.values, found.failures, found.first_failure), (&made, 0, None), "{source}");
    }
}

#[test]
fn the_judge_fails_at_the_same_rows_and_goes_on() {
    let inputs: Vec<ArrayRef> = columns().into_iter().map(|(.., values)| values).collect();
    for (source, row, message) in FAILURES {
        let expression = compiled(source);
        let found = judged(&expression, &inputs, ROWS);
        assert_eq!(found.values.len(), ROWS, "{source}");
        let (at, why) = found.first_failure.expect(source);
        assert_eq!(at, *row, "{source}: {why}");
        assert!(why.starts_with(&message.replace("double precision", "float")), "{source}: {why}");
        let failing = (0..ROWS)
            .filter(|&row| evaluate(&expression, 1, &mut |symbol| inputs[symbol].slice(row, 1)).is_err());
        assert_eq!(found.failures, failing.clone().count() as u64, "{source}");
        assert!(failing.into_iter().all(|row| found.values.is_null(row)), "{source}");
    }
}

/// Rows with NULLs and the extremes of every type, in the types of [`columns`].
pub fn extremes() -> Vec<ArrayRef> {
    let texts = |all: &[&'static str]| {
        let values = all.iter().map(|text| (*text != "NULL").then_some(*text));
        Arc::new(values.collect::<StringArray>()) as ArrayRef
    };
    let decimals = |ty: &ColumnType, values: Vec<Option<i128>>| {
        Arc::new(Decimal128Array::from(values).with_data_type(ty.data_type())) as ArrayRef
    };
    let times = |values: Vec<Option<i64>>| {
        let array = TimestampMicrosecondArray::from(values).with_data_type(ColumnType::Timestamp.data_type());
        Arc::new(array) as ArrayRef
    };
    let uuids = [Some([0_u8; 16]), Some([255; 16]), None, Some([7; 16])];
    let of = |name: &str| -> (ColumnType, ArrayRef) {
        let (_, ty, _) = columns().into_iter().find(|(known, ..)| *known == name).expect(name);
        let values: ArrayRef = match name {
            "i" => Arc::new(Int32Array::from(vec![Some(i32::MIN), Some(i32::MAX), Some(-1), None, Some(1)])),
            "j" => Arc::new(Int32Array::from(vec![-1, 0, i32::MIN, 3, 100])),
            "b" => Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(i64::MAX), None, Some(0), Some(-1)])),
            "d" => decimals(&ty, vec![Some(9_999_999_999), Some(-9_999_999_999), Some(50), None, Some(-150)]),
            "e" => decimals(&ty, vec![Some(-999_999), Some(0), Some(500), Some(1_500), None]),
            "f" => Arc::new(Float64Array::from(vec![
                Some(f64::MAX),
                Some(-0.0),
                Some(f64::MIN_POSITIVE),
                None,
                Some(0.5),
            ])),
            "s" => texts(&["12", "İßǅﬁ x\\", "NULL", " TRUE", "2024-02-29 24:00"]),
            "p" => texts(&["%_2", "\\%", "x\\", "NULL", "-1.5e1"]),
            "ts" => times(vec![
                Some(0),
                Some(-1),
                Some(-62_135_596_800_000_001),
                None,
                Some(253_402_300_799_999_999),
            ]),
            "tt" => times(vec![
                Some(-63_000_000_000_000_000),
                Some(951_782_400_000_000),
                Some(1),
                Some(0),
                Some(86_400_000_000),
            ]),
            "dt" => {
                Arc::new(Date32Array::from(vec![Some(-719_163), Some(2_932_896), None, Some(0), Some(-1)]))
            }
            "ok" => Arc::new(BooleanArray::from(vec![Some(false), None, Some(true), Some(true), None])),
            "kind" => texts(&["VIDEO", "NULL", "TEXT", "IMAGE", "TEXT"]),
            _ => {
                let all = uuids.into_iter().chain([Some([8; 16])]);
                Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(all, 16).expect("16 bytes"))
            }
        };
        (ty, values)
    };
    columns().into_iter().map(|(name, ..)| of(name).1).collect()
}

/// Makes up expressions: each choice is the next number's.
pub struct Author<'a> {
    choices: std::slice::Iter<'a, u8>,
}

impl<'a> Author<'a> {
    pub fn new(choices: &'a [u8]) -> Self {
        Self { choices: choices.iter() }
    }

    /// Once the choices are used up, the first of everything, which is a leaf.
    fn one<'t>(&mut self, all: &[&'t str]) -> &'t str {
        let choice = self.choices.next().copied().unwrap_or(0);
        all[usize::from(choice) % all.len()]
    }

    /// Fills `{b}` with a boolean, `{n}` a number, `{i}` an integer, `{s}` a text, `{t}` a timestamp, `{l}` an interval.
    fn filled(&mut self, template: &str, depth: u32) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (hole, tail) = after.split_once('}').expect("a hole ends");
            out.push_str(&self.expression(hole, depth));
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    pub fn expression(&mut self, kind: &str, depth: u32) -> String {
        let (leaves, templates) =
            LANGUAGE.iter().find(|(name, ..)| *name == kind).map(|(_, l, t)| (*l, *t)).expect(kind);
        let leaf = depth == 0 || self.choices.as_slice().is_empty() || self.one(&["a", "b", "c", "d"]) == "a";
        if leaf {
            return self.one(leaves).to_owned();
        }
        let template = self.one(templates);
        self.filled(template, depth - 1)
    }
}

/// Kind of value, leaves, and what has operands.
#[rustfmt::skip]
const LANGUAGE: &[(&str, &[&str], &[&str])] = &[
    ("b", &["ok", "true", "false", "null"], &[
        "({b} and {b})", "({b} or {b})", "(not {b})", "({n} < {n})", "({n} >= {n})", "({n} = {n})", "({n} <> {n})",
        "({s} > {s})", "({s} = {s})", "({s} like {s})", "({s} ilike {s})", "({s} not like '%1_')", "({s} ilike 'İ%')",
        "({t} <= {t})", "({l} > {l})", "({n} is null)", "({s} is not null)", "({b} is true)", "({b} is not false)",
        "({n} is distinct from {n})", "({s} is not distinct from {s})", "({n} in ({n}, {n}, 1))",
        "({s} not in ('12', {s}, null))", "({s} in ('a', 'b', 'c', 'd', '12', 'e'))", "({n} between {n} and {n})", "({t} not between {t} and {t})",
        "case when {b} then {b} when {b} then {b} else {b} end", "coalesce({b}, {b})", "(kind = 'TEXT')",
        "(kind in ('IMAGE', 'VIDEO'))", "(u = '07070707-0707-0707-0707-070707070707')", "(u < {u})", "({s})::boolean",
        "({i})::boolean", "(dt < {t})", "(ok = {b})", "({f} < {f})", "({f} is not distinct from {f})", "({f} in (0, {f}))",
    ]),
    ("u", &["u", "'00000000-0000-0000-0000-000000000000'"], &["nullif(u, {u})", "coalesce({u}, u)", "({s})::uuid"]),
    ("i", &["i", "j", "0", "1", "-3"], &[
        "({i} + {i})", "({i} - {i})", "({i} * {i})", "({i} / {i})", "({i} % {i})", "(- {i})", "abs({i})", "length({s})",
        "({s})::integer", "({n})::integer", "(dt - {d})", "case when {b} then {i} end", "coalesce({i}, {i})",
        "nullif({i}, {i})", "least({i}, {i})", "greatest({i}, {i}, 5)", "({b})::integer",
    ]),
    ("f", &["f", "0.5::float", "'1e308'::float"], &[
        "({f} + {f})", "({f} - {f})", "({f} * {f})", "({f} / {n})", "(- {f})", "abs({f})", "floor({f})", "ceil({f})", "round({f})",
        "({n})::float", "({s})::float", "least({f}, {f})",
    ]),
    ("n", &["i", "d", "e", "b", "2", "0.05"], &[
        "{i}", "{f}", "({n} + {n})", "({n} - {n})", "({n} * {n})", "({n} / {n})", "mod(d, {i})", "mod(e, d)", "(e % 0.0007)", "(- {n})", "abs({n})",
        "floor(d)", "ceil(e)", "floor({n})", "round({n})", "round(d, 1)", "round(e, -2)", "round(d * e, 7)", "(b - {i})", "(b * {i})", "(b / {i})",
        "({n})::bigint", "({n})::decimal(12,3)", "({n})::decimal(38,19)", "({n})::decimal(38,0)", "({s})::decimal(9,4)", "extract(epoch from {t})",
        "extract(epoch from {l})", "extract(year from {t})", "extract(isoyear from {t})", "extract(century from {t})",
        "extract(decade from {t})", "extract(week from {t})", "extract(doy from {t})", "extract(dow from {t})", "extract(isodow from dt)",
        "extract(second from {t})", "extract(milliseconds from {t})", "extract(quarter from {t})", "extract(hour from {t})",
        "case when {b} then {n} when {b} then {n} end", "coalesce({n}, {n}, 7)", "nullif({n}, {n})", "greatest({n}, {n})",
    ]),
    ("s", &["s", "p", "kind", "''", "'a%'"], &[
        "({s} || {s})", "lower({s})", "upper({s})", "substr({s}, {i})", "substr({s}, {i}, {i})", "left({s}, {i})", "right({s}, {i})",
        "trim({s})", "ltrim({s}, {s})", "btrim({s}, '2 x')", "replace({s}, {s}, {s})", "replace({s}, '2', {s})", "({n})::text", "({f})::text", "({b})::text", "({t})::text",
        "dt::text", "u::text", "case when {b} then {s} else {s} end", "coalesce({s}, {s})", "nullif({s}, {s})", "least({s}, {s})",
    ]),
    ("t", &["ts", "tt", "timestamp '2024-02-29'"], &[
        "({t} + {l})", "({t} - {l})", "dt::timestamp", "({s})::timestamp", "date_trunc('week', {t})", "date_trunc('month', {t})", "date_trunc('century', {t})",
        "date_trunc('decade', {t})", "date_trunc('quarter', {t})", "date_trunc('hour', {t})", "date_trunc('milliseconds', {t})", "case when {b} then {t} else {t} end", "coalesce({t}, {t})",
        "greatest({t}, {t})", "({d})::timestamp",
    ]),
    ("d", &["dt", "date '2000-01-01'"], &["({d} + {i})", "({d} - {i})", "({t})::date", "({s})::date", "coalesce({d}, {d})"]),
    ("l", &["interval '90 minutes'", "(ts - tt)"], &[
        "({l} + {l})", "({l} - {l})", "(- {l})", "({l} * {n})", "({l} / {n})", "({n} * {l})", "({t} - {t})", "greatest({l}, {l})",
    ]),
];

/// Both evaluators, row by row: the same value or both a failure.
fn differences(source: &str, inputs: &[ArrayRef]) -> Result<bool, String> {
    let Ok(expression) = compile(source, &mut Table(columns())) else { return Ok(false) };
    let whole = judged(&expression, inputs, ROWS);
    let mut failures = Vec::new();
    for row in 0..ROWS {
        let made = evaluate(&expression, 1, &mut |symbol| inputs[symbol].slice(row, 1));
        let found = whole.values.slice(row, 1);
        match made {
            Ok(made) if *made == *found => {}
            Ok(made) => {
                return Err(format!(
                    "{source}, row {row}: made {made:?}, judged {found:?} {:?}",
                    whole.first_failure
                ));
            }
            Err(_) if found.is_null(0) => failures.push(row),
            Err(error) => return Err(format!("{source}, row {row}: made {error}, judged {found:?}")),
        }
    }
    let first = whole.first_failure.as_ref().map(|(row, _)| *row);
    if (whole.failures, first) != (failures.len() as u64, failures.first().copied()) {
        return Err(format!(
            "{source}: failures {failures:?}, judged {} {:?}",
            whole.failures, whole.first_failure
        ));
    }
    Ok(true)
}

#[test]
fn both_evaluators_agree_about_expressions_made_up() {
    let tables = [columns().into_iter().map(|(.., values)| values).collect(), extremes()];
    let mut runner = TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
    let compiled = std::cell::Cell::new((0, 0));
    let result = runner.run(&prop::collection::vec(any::<u8>(), 1..60), |choices| {
        for kind in ["b", "i", "f", "n", "s", "t", "l"] {
            let source = Author::new(&choices).expression(kind, 5);
            // An interval has no type of its own outside an expression.
            let source = if kind == "l" { format!("{source} > interval '0 seconds'") } else { source };
            for table in &tables {
                let known = differences(&source, table).map_err(TestCaseError::fail)?;
                let (all, good) = compiled.get();
                compiled.set((all + 1, good + usize::from(known)));
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let (all, good) = compiled.get();
    assert!(good * 3 > all, "only {good} of {all} expressions mean anything");
}
