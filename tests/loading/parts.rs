//! Parts that were changed after the dataset was made: an error that names the part, none of its rows, and a load
//! that goes on once it is mended.

use std::path::Path;

use crate::datasets::Dataset;
use crate::law::{
    Stage, exactly_once, failed_because, make_reference, parts_loaded, stage, whole_parts_only,
};
use crate::place::{Place, SCHEMA};

/// Which part of the messages is spoilt.
const PART: &str = "messages/part-00005";

/// Loads a dataset with a spoilt part: it fails with these words, mends it, and goes on.
fn is_noticed(test: &str, format: &str, spoil: impl Fn(&Path, &Path), words: &[&str]) {
    let Some(place) = Place::new(test) else { return };
    let manifest = make_reference(&place, &Dataset::chat("csv"));
    let dataset = Dataset::chat(format).copy();
    let path = |part: &str| dataset.path.join(format!("{part}.{format}"));
    let (part, other) = (path(PART), path("messages/part-00003"));
    let whole = std::fs::read(&part).unwrap();
    spoil(&part, &other);
    let mut client = place.inside();
    // One after the other, so that some are there before it is noticed.
    for jobs in ["--jobs=1", "--jobs=4"] {
        let ended = place.load(&dataset, &[jobs]);
        ended.says(3, &[&[PART][..], words].concat());
        failed_because(&place, PART);
        assert_eq!(parts_loaded(&mut client, &format!("{PART}%")), 0);
        assert!(parts_loaded(&mut client, "%") > 0, "the others stay");
        whole_parts_only(&mut client, &manifest, SCHEMA);
        assert_eq!(stage(&mut client, SCHEMA), Stage::Rows);
    }
    std::fs::write(&part, whole).unwrap();
    place.loads(&dataset, &["--jobs=2"]);
    exactly_once(&mut client, &manifest, SCHEMA);
}

const OTHER_ROWS: &str = "holds other rows than the manifest records";

/// Changes the first digit of the last line to another.
fn change_a_digit(part: &Path, _: &Path) {
    let mut bytes = std::fs::read(part).unwrap();
    let line = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
    let at = line + bytes[line..].iter().position(u8::is_ascii_digit).unwrap();
    bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
    std::fs::write(part, bytes).unwrap();
}

#[test]
fn a_changed_value_in_csv_is_noticed() {
    is_noticed("digit", "csv", change_a_digit, &[OTHER_ROWS]);
}

#[test]
fn a_part_in_anothers_place_is_noticed() {
    let replace = |part: &Path, other: &Path| {
        std::fs::copy(other, part).unwrap();
    };
    is_noticed("swapped", "parquet", replace, &[OTHER_ROWS]);
}

#[test]
fn a_part_that_was_cut_off_is_noticed() {
    let cut = |part: &Path, _: &Path| {
        let bytes = std::fs::read(part).unwrap();
        std::fs::write(part, &bytes[..bytes.len() / 2]).unwrap();
    };
    is_noticed("cutoff1", "parquet", cut, &[]);
    is_noticed("cutoff2", "csv.zst", cut, &[]);
}

/// At the end of a line, where nothing is wrong with what is left.
#[test]
fn a_part_that_lacks_its_last_line_is_noticed() {
    let cut = |part: &Path, _: &Path| {
        let bytes = std::fs::read(part).unwrap();
        let end = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
        std::fs::write(part, &bytes[..=end]).unwrap();
    };
    is_noticed("shorter", "csv", cut, &[]);
}

#[test]
fn a_part_with_a_row_twice_is_noticed() {
    let double = |part: &Path, _: &Path| {
        let mut bytes = std::fs::read(part).unwrap();
        let start = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
        let line = bytes[start + 1..].to_vec();
        bytes.extend(line);
        std::fs::write(part, bytes).unwrap();
    };
    is_noticed("doubled", "csv", double, &[]);
}

#[test]
fn a_missing_part_is_noticed() {
    is_noticed("missing", "parquet", |part, _| std::fs::remove_file(part).unwrap(), &[]);
}
