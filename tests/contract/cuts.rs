//! The cut decides which file a row is in, never what is in the row.

use crate::support::{CHAT, SHOP, Sample, Workspace};

fn assert_cut_does_not_matter(sample: &Sample) {
    let workspace = Workspace::new();
    let default = workspace.generate(sample, "default", &[]);
    let one = workspace.generate(sample, "one", &["--shards", "1"]);
    let seven = workspace.generate(sample, "seven", &["--shards", "7"]);
    let values = default.recorded();
    assert!(values.values().all(|(rows, _)| *rows > 0), "{values:?}");
    for other in [&one, &seven] {
        assert_eq!(other.recorded(), values);
        assert_eq!(other.recomputed(), values);
        assert_eq!(other.manifest().fingerprints.values, default.manifest().fingerprints.values);
    }
    assert_ne!(one.manifest().fingerprints.layout, seven.manifest().fingerprints.layout);
    assert_ne!(default.manifest().fingerprints.layout, seven.manifest().fingerprints.layout);
    assert_ne!(one.sums(), seven.sums());
}

#[test]
fn chat_has_the_same_rows_in_one_shard_seven_and_its_own_cut() {
    assert_cut_does_not_matter(&CHAT);
}

#[test]
fn the_shop_has_the_same_rows_in_one_shard_seven_and_its_own_cut() {
    assert_cut_does_not_matter(&SHOP);
}

#[test]
fn rows_stand_in_the_same_order_for_every_cut() {
    // The header of every part but the first falls; what remains is the table.
    let table = |dataset: &crate::support::Dataset, entity: &str| {
        let manifest = dataset.manifest();
        let parts = &manifest.entity(entity).unwrap().parts;
        let lines = |file: &str| {
            let text = std::fs::read_to_string(dataset.file(file)).unwrap();
            text.split_once('\n').unwrap().1.to_owned()
        };
        parts.iter().map(|part| lines(&part.file)).collect::<String>()
    };
    let workspace = Workspace::new();
    let one = workspace.generate(&CHAT, "one", &["--shards", "1", "--format", "csv"]);
    let seven = workspace.generate(&CHAT, "seven", &["--shards", "7", "--format", "csv"]);
    for entity in one.recorded().keys() {
        assert!(table(&one, entity) == table(&seven, entity), "{entity}");
    }
}
