//! Every promise of the chat and shop models holds in the files, and the oracles notice each when it is broken.

use super::oracles::{ask, python};
use super::support::{Dataset, SMALL_CHAT};

fn small_chat(format: &str) -> Dataset {
    let options: Vec<&str> = ["--band=dev", "--format", format].iter().chain(SMALL_CHAT).copied().collect();
    Dataset::generate("configs/chat", &options)
}

/// An oracle that fell silent would be content with anything.
fn assert_no_promise_is_broken(found: &str, least: usize) {
    let counts: Vec<&str> = found.lines().filter_map(|line| line.split_once('\t')).map(|(_, n)| n).collect();
    assert!(counts.len() >= least, "only {} promises were looked at", counts.len());
    assert!(counts.iter().all(|&count| count == "0"), "{found}");
}

#[test]
fn chat_keeps_every_promise_in_parquet() {
    let Some(python) = python() else { return };
    assert_no_promise_is_broken(&ask(&python, "chat_promises.py", &small_chat("parquet"), &[]), 50);
}

#[test]
fn chat_keeps_every_promise_in_csv() {
    let Some(python) = python() else { return };
    assert_no_promise_is_broken(&ask(&python, "chat_promises.py", &small_chat("csv"), &[]), 50);
}

#[test]
fn every_broken_promise_of_chat_is_noticed() {
    let Some(python) = python() else { return };
    ask(&python, "chat_promises_break.py", &small_chat("parquet"), &[]);
}

#[test]
fn shop_keeps_every_promise_in_parquet() {
    let Some(python) = python() else { return };
    let dataset = Dataset::generate("configs/shop", &["--band=dev"]);
    assert_no_promise_is_broken(&ask(&python, "shop_promises.py", &dataset, &[]), 40);
}

#[test]
fn shop_keeps_every_promise_in_csv() {
    let Some(python) = python() else { return };
    let dataset = Dataset::generate("configs/shop", &["--band=dev", "--format=csv"]);
    assert_no_promise_is_broken(&ask(&python, "shop_promises.py", &dataset, &[]), 40);
}

#[test]
fn keys_of_every_kind_are_kept_in_parquet_and_in_csv() {
    let Some(python) = python() else { return };
    for format in ["--format=parquet", "--format=csv"] {
        let dataset = Dataset::generate("tests/models/keys.yaml", &["--shards=2", format]);
        assert_no_promise_is_broken(&ask(&python, "keys_promises.py", &dataset, &[]), 30);
    }
}

#[test]
fn every_broken_promise_of_shop_is_noticed() {
    let Some(python) = python() else { return };
    let small = ["users=4000", "products=4000", "orders=4000", "order_items=12000"];
    let small: Vec<String> = small.iter().map(|number| format!("--set=band.{number}")).collect();
    let options: Vec<&str> = std::iter::once("--band=dev").chain(small.iter().map(String::as_str)).collect();
    ask(&python, "shop_promises_break.py", &Dataset::generate("configs/shop", &options), &[]);
}
