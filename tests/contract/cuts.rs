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

/// First roots and those after the last, by shard of a family.
fn planned(arguments: &[&str], family: &str) -> Vec<(u64, u64)> {
    let ran = Workspace::new().run(&[&["plan"], arguments, &["--seed", "s", "--json"]].concat());
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let plan: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let shards = plan["shards"].as_array().unwrap().iter().filter(|shard| shard["family"] == family);
    shards.map(|shard| serde_json::from_value(shard["roots"].clone()).unwrap()).collect()
}

#[test]
fn a_shard_of_the_default_cut_has_the_rows_of_all_descendants() {
    const DEEP: &str = "
model: deep
bands: {dev: {regions: 100K}}
entities:
  regions: {rows: $band.regions, columns: {id: {uuid: v4}}}
  sites: {parent: regions, per_parent: 3, columns: {id: {uuid: v4}, regionId: {parent: id}}}
  devices: {parent: sites, per_parent: 2, columns: {id: {uuid: v4}, siteId: {parent: id}}}
  readings: {parent: devices, per_parent: 5, columns: {id: {uuid: v4}, deviceId: {parent: id}}}
";
    let workspace = Workspace::new();
    workspace.write("deep.yaml", DEEP);
    let path = workspace.path("deep.yaml");
    let found = planned(&[path.to_str().unwrap(), "--band", "dev"], "regions");
    // 1 + 3 + 6 + 30 rows under each region, and about 2^19 in a shard; at the end of many, halves and quarters of it.
    let shard = 12_500;
    let lengths = [[shard; 6].as_slice(), &[shard / 2; 2], &[shard / 4; 4]].concat();
    assert_eq!(found.iter().map(|(first, end)| end - first).collect::<Vec<u64>>(), lengths);
    assert!(found.windows(2).all(|pair| pair[0].1 == pair[1].0), "{found:?}");
}

/// 75 million readings stand under sensors under devices under 2,000 sites.
#[test]
fn a_fleet_of_few_sites_is_cut_for_many_threads_whatever_their_number() {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/sensors");
    let one = planned(&[model, "--band", "staging", "--threads", "1"], "sites");
    assert!((120..190).contains(&one.len()), "{} shards", one.len());
    let most = one.iter().map(|(first, end)| end - first).max().unwrap();
    assert!(most < 40, "{most} sites in a shard");
    assert_eq!(planned(&[model, "--band", "staging", "--threads", "7"], "sites"), one);
}
