//! Golden digests: what these models and this seed have come to since the values' version.
//!
//! A change here means that users' datasets change. Either a model of the repository was changed, which its
//! author knows; or `VALUES_VERSION` in `src/dataset/fingerprint.rs` must rise with the new digests. A change of
//! fingerprints alone means that the bound model is written down in another way: then it must rise too, because
//! old datasets can no longer be regenerated.

use std::fmt::Write as _;

use crate::support::{CHAT, DOCUMENT, SHOP, Sample, Workspace};

fn digests(sample: &Sample) -> String {
    let workspace = Workspace::new();
    let manifest = workspace.generate(sample, "out", &["--format", "csv"]).manifest();
    let mut text =
        format!("values version {}\nvalues {}\n", manifest.values_version, manifest.fingerprints.values);
    for entity in &manifest.entities {
        let _ = writeln!(text, "{} {} {}", entity.logical_digest, entity.name, entity.rows);
    }
    text
}

#[test]
fn chat_comes_to_what_it_always_came_to() {
    insta::assert_snapshot!(digests(&CHAT));
}

#[test]
fn the_shop_comes_to_what_it_always_came_to() {
    insta::assert_snapshot!(digests(&SHOP));
}

#[test]
fn the_documents_example_comes_to_what_it_always_came_to() {
    insta::assert_snapshot!(digests(&DOCUMENT));
}

/// The tables of a dataset, as psql makes them.
fn scripts(sample: &Sample) -> String {
    let workspace = Workspace::new();
    let dataset = workspace.generate(sample, "out", &["--format", "csv", "--shards", "2"]);
    ["schema.sql", "load.sql", "constraints.sql"]
        .map(|name| std::fs::read_to_string(dataset.file(&format!("psql/{name}"))).unwrap())
        .join("\n")
}

#[test]
fn the_psql_scripts_of_chat_are_read_before_they_change() {
    insta::assert_snapshot!(scripts(&CHAT));
}

#[test]
fn the_psql_scripts_of_the_shop_are_read_before_they_change() {
    insta::assert_snapshot!(scripts(&SHOP));
}
