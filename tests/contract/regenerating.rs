//! A seed names a dataset, and `model.yaml` with it makes every byte again.

use crate::support::{CHAT, DOCUMENT, Dataset, SHOP, Sample, Workspace, copy};

fn assert_model_makes_it_again(sample: &Sample, folder: &str, format: &str) {
    let workspace = Workspace::new();
    let dataset = workspace.generate(sample, "out", &["--format", format]);
    // Nothing beside the file is at hand.
    std::fs::create_dir(workspace.path("elsewhere")).unwrap();
    std::fs::copy(dataset.file("model.yaml"), workspace.path("elsewhere/model.yaml")).unwrap();
    let seed = dataset.manifest().seed;
    let ran = workspace.run(&[
        "generate",
        "elsewhere/model.yaml",
        "--seed",
        &seed,
        "--format",
        format,
        "--out",
        "again",
    ]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let again = Dataset { root: workspace.path("again").join(folder) };
    assert_eq!(again.sums(), dataset.sums());
    assert!(again.contents() == dataset.contents(), "the files beside the parts differ");
}

#[test]
fn the_chat_is_made_again_from_its_model_yaml() {
    assert_model_makes_it_again(&CHAT, "chat-dev-contract", "parquet");
}

#[test]
fn the_shop_is_made_again_from_its_model_yaml_in_the_native_form() {
    assert_model_makes_it_again(&SHOP, "shop-dev-contract", "csv");
}

#[test]
fn the_documents_example_is_made_again_from_its_model_yaml() {
    assert_model_makes_it_again(&DOCUMENT, "performance-dev-contract", "csv.zst");
}

#[test]
fn another_seed_changes_every_entity() {
    for sample in [&CHAT, &SHOP] {
        let workspace = Workspace::new();
        let base = workspace.generate(sample, "base", &[]);
        let mut arguments = sample.arguments();
        let seed = arguments.iter().position(|text| text == crate::support::SEED).unwrap();
        "contract2".clone_into(&mut arguments[seed]);
        let other = workspace.make(arguments, "other", &[]);
        let (base_digests, other_digests) = (base.recorded(), other.recorded());
        for (entity, (_, digest)) in &base_digests {
            assert_ne!(other_digests[entity].1, *digest, "{entity}");
        }
        assert_ne!(base.manifest().fingerprints.values, other.manifest().fingerprints.values);
    }
}

#[test]
fn another_band_of_the_same_numbers_has_another_fingerprint() {
    let workspace = Workspace::new();
    let base = workspace.generate(&CHAT, "base", &[]);
    copy(std::path::Path::new(CHAT.path), &workspace.path("model"));
    let text = std::fs::read_to_string(workspace.path("model/chat.yaml")).unwrap();
    workspace.write("model/chat.yaml", &text.replace("  dev: {", "  tiny: {"));
    let mut arguments = CHAT.arguments();
    arguments[1] = workspace.path("model").to_str().unwrap().to_owned();
    let band = arguments.iter().position(|text| text == "dev").unwrap();
    "tiny".clone_into(&mut arguments[band]);
    let other = workspace.make(arguments, "other", &[]);
    assert_ne!(base.manifest().fingerprints.values, other.manifest().fingerprints.values);
}
