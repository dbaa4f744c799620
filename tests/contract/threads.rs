//! Threads decide when a file is made, never what is in it.

use crate::support::{CHAT, FORMATS, SHOP, Sample, Workspace};

fn assert_threads_do_not_matter(sample: &Sample, format: &str) {
    let workspace = Workspace::new();
    let make = |threads: &str| {
        workspace.generate(sample, threads, &["--threads", threads, "--format", format, "--shards", "5"])
    };
    let [one, two, eight] = ["1", "2", "8"].map(|threads| make(threads).sums());
    assert!(one.lines().count() > 20, "{one}");
    assert_eq!(one, two, "{format}");
    assert_eq!(one, eight, "{format}");
}

#[test]
fn chat_has_the_same_bytes_on_one_two_and_eight_threads() {
    FORMATS.into_iter().for_each(|format| assert_threads_do_not_matter(&CHAT, format));
}

#[test]
fn the_shop_has_the_same_bytes_on_one_two_and_eight_threads() {
    FORMATS.into_iter().for_each(|format| assert_threads_do_not_matter(&SHOP, format));
}
