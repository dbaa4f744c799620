//! Models far larger than any that a person writes: a result or a clear error, in bounded time and memory.

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Place, Ran, ran};

const HEAD: &str = "model: big\nentities:\n  users:\n    rows: 5\n    columns:\n      id: {uuid: v4}\n";
/// Bytes of address space that a hundred megabytes of YAML may take, of a program that is unoptimised here.
const MEMORY: &str = "--as=2500000000";
/// A machine that compiles beside it takes some 20 s for the slowest.
const LONGEST: Duration = Duration::from_secs(150);

fn bounded(place: &Place, arguments: &[&str]) -> Ran {
    let mut command = Command::new("prlimit");
    command.arg(MEMORY).arg(env!("CARGO_BIN_EXE_seedmill")).args(arguments).current_dir(place.path("."));
    let start = Instant::now();
    let ran = ran(&mut command);
    assert!(start.elapsed() < LONGEST, "{arguments:?}: {:?}", start.elapsed());
    ran
}

fn assert_refused(text: &str, words: &[&str]) {
    let place = Place::new();
    place.write("big.yaml", text);
    let ran = bounded(&place, &["check", "big.yaml"]);
    assert_eq!(ran.status, Some(2), "{}", &ran.stderr[..ran.stderr.len().min(2_000)]);
    for word in words {
        assert!(ran.stderr.contains(word), "no `{word}` in {}", &ran.stderr[..ran.stderr.len().min(2_000)]);
    }
    assert!(ran.stderr.len() < 1 << 20, "{} bytes of messages", ran.stderr.len());
}

#[test]
fn a_hundred_megabytes_of_columns_are_refused() {
    let mut text = HEAD.to_owned();
    let mut at = 0;
    while text.len() < 100_000_000 {
        let _ = writeln!(text, "      c{at}: {{template: \"value {{row}} of the column {at}\"}}");
        at += 1;
    }
    assert_refused(&text, &["the document is too large", "keep bulk data out of models"]);
}

#[test]
fn a_hundred_megabytes_of_one_list_are_refused() {
    let list = "a, ".repeat(33_000_000);
    assert_refused(
        &format!("{HEAD}      p: {{pool: {{values: [{list}a]}}}}\n"),
        &["the document is too large"],
    );
}

#[test]
fn a_hundred_megabytes_of_comments_or_of_one_text_are_read() {
    let place = Place::new();
    place.write("comments.yaml", format!("{}{HEAD}", format!("# {}\n", "y".repeat(97)).repeat(1_000_000)));
    place.write("text.yaml", format!("{HEAD}      t: {{constant: \"{}\"}}\n", "x".repeat(100_000_000)));
    for model in ["comments.yaml", "text.yaml"] {
        let ran = bounded(&place, &["check", model]);
        assert_eq!(ran.status, Some(0), "{model}: {}", &ran.stderr[..ran.stderr.len().min(2_000)]);
    }
}

#[test]
fn a_hundred_thousand_mistakes_are_counted_and_the_first_are_shown() {
    let mut text = HEAD.to_owned();
    for at in 0..100_000 {
        let _ = writeln!(text, "      c{at}: {{tempalte: \"value\"}}");
    }
    assert_refused(
        &text,
        &[
            "did you mean `template`?",
            "big.yaml:7:",
            "over 1000 errors in the model; the first 100 are shown",
        ],
    );
}

#[test]
fn ten_thousand_columns_are_checked_and_made() {
    let mut text = HEAD.to_owned();
    for at in 0..10_000 {
        let _ = writeln!(text, "      c{at}: {{template: \"value {{row}} of {at}\"}}");
    }
    let place = Place::new();
    place.write("big.yaml", text);
    assert!(place.does(&["check", "big.yaml"]).contains("10001 columns"));
    for format in ["csv", "parquet"] {
        let dataset = place.generates("big.yaml", &["--format", format, "--out", format]);
        place.does(&["verify", dataset.to_str().unwrap()]);
        let row = place.does(&["show", dataset.to_str().unwrap(), "users", "3"]);
        assert!(row.contains("value 3 of 9999"), "{format}");
    }
}
