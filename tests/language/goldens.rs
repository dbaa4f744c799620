//! The committed schema and page are those that the program prints.

use super::support::{printed, repository, said, seedmill};

fn is_golden(arguments: &[&str], golden: &str) {
    let output = seedmill(arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
    let text = printed(&output);
    assert_eq!(printed(&seedmill(arguments)), text, "the same each time");
    let path = repository(golden);
    if std::env::var_os("SEEDMILL_UPDATE_GOLDENS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &text).expect("written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{golden} is another; SEEDMILL_UPDATE_GOLDENS=1 writes it anew");
}

#[test]
fn the_committed_schema_is_the_printed_one() {
    is_golden(&["schema"], "configs/seedmill.schema.json");
}

#[test]
fn the_committed_reference_is_the_printed_one() {
    is_golden(&["schema", "--reference"], "LANGUAGE.md");
}

/// A table with fewer or more cells than its head is none; a link into the page leads somewhere.
#[test]
fn the_reference_is_well_formed_markdown() {
    let page = printed(&seedmill(["schema", "--reference"]));
    let mut cells = None;
    let mut fences = 0;
    for line in page.lines() {
        fences += usize::from(line.starts_with("```"));
        if !line.starts_with('|') || fences % 2 == 1 {
            cells = None;
            continue;
        }
        let here = line.replace("\\|", "").matches('|').count();
        assert_eq!(*cells.get_or_insert(here), here, "{line}");
        assert!(line.chars().count() <= 320, "{line}");
    }
    assert_eq!(fences % 2, 0, "every block of code is closed");
    let headings: Vec<String> = page
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')))
        .map(|heading| heading.to_lowercase().replace('`', "").replace(' ', "-"))
        .collect();
    for (at, _) in page.match_indices("](#") {
        let link = page[at + 3..].split(')').next().unwrap_or_default();
        let heads = headings.iter().filter(|heading| *heading == link).count();
        assert!(heads >= 1, "a link leads to {link}");
    }
}
