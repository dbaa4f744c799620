//! Parquet, CSV and CSV.zst hold the same rows, as recorded and as read back.

use crate::support::{DOCUMENT, FORMATS, LONG_CHAT, SHOP, Sample, Workspace};

fn assert_formats_agree(sample: &Sample) {
    let workspace = Workspace::new();
    let datasets = FORMATS.map(|format| workspace.generate(sample, format, &["--format", format]));
    let expected = datasets[0].recorded();
    assert!(expected.values().all(|(rows, _)| *rows > 0), "{expected:?}");
    for (format, dataset) in FORMATS.into_iter().zip(&datasets) {
        assert_eq!(dataset.recorded(), expected, "{format}");
        assert_eq!(dataset.recomputed(), expected, "{format}, read back");
        assert_eq!(
            dataset.manifest().fingerprints.values,
            datasets[0].manifest().fingerprints.values,
            "{format}"
        );
    }
    assert_ne!(datasets[0].manifest().fingerprints.layout, datasets[1].manifest().fingerprints.layout);
    assert_ne!(datasets[1].manifest().fingerprints.layout, datasets[2].manifest().fingerprints.layout);
}

#[test]
fn chat_is_the_same_in_every_format() {
    assert_formats_agree(&LONG_CHAT);
}

#[test]
fn the_shop_is_the_same_in_every_format() {
    assert_formats_agree(&SHOP);
}

#[test]
fn the_documents_example_is_the_same_in_every_format() {
    assert_formats_agree(&DOCUMENT);
}

#[test]
fn the_spark_profile_changes_files_and_no_value() {
    let workspace = Workspace::new();
    let standard = workspace.generate(&SHOP, "standard", &[]);
    let spark = workspace.generate(&SHOP, "spark", &["--parquet-profile", "spark"]);
    assert_eq!(spark.recorded(), standard.recorded());
    assert_eq!(spark.recomputed(), standard.recorded());
    assert_ne!(spark.sums(), standard.sums());
}
