//! `verify` finds every change of a dataset, and a second making finds what checksums cannot.

use std::fs;

use seedmill::dataset::fingerprint::VALUES_VERSION;
use sha2::{Digest, Sha256};

use crate::support::{CHAT, Dataset, Ran, SHOP, Workspace};

/// The small chat in two shards a family, so that parts have neighbours.
fn dataset(workspace: &Workspace) -> Dataset {
    workspace.generate(&CHAT, "out", &["--shards", "2"])
}

fn verify(workspace: &Workspace, dataset: &Dataset, more: &[&str]) -> Ran {
    workspace.run(&[&["verify", dataset.text()], more].concat())
}

#[track_caller]
fn assert_intact(workspace: &Workspace, dataset: &Dataset, more: &[&str]) {
    let ran = verify(workspace, dataset, more);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.stdout.starts_with("intact: "), "{ran:?}");
}

/// Exactly one finding, about that file.
#[track_caller]
fn assert_found(ran: &Ran, file: &str, message: &str) {
    assert_eq!(ran.status, Some(1), "{ran:?}");
    let findings: Vec<&str> = ran.stdout.lines().collect();
    let found = findings.iter().any(|line| line.starts_with(&format!("{file}: ")) && line.contains(message));
    assert!(found && findings.len() == 1, "{file}, {message}: {findings:?}");
}

#[test]
fn an_intact_dataset_is_intact_and_every_change_of_a_part_is_found() {
    let workspace = Workspace::new();
    let dataset = dataset(&workspace);
    assert_intact(&workspace, &dataset, &[]);
    let part = "messages/part-00001.parquet";
    let path = dataset.file(part);
    let whole = fs::read(&path).unwrap();

    dataset.flip(part);
    assert_found(&verify(&workspace, &dataset, &[]), part, "other bytes");

    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert_found(&verify(&workspace, &dataset, &[]), part, "bytes, the manifest records");

    fs::remove_file(&path).unwrap();
    assert_found(&verify(&workspace, &dataset, &[]), part, "is missing");

    fs::write(&path, &whole).unwrap();
    assert_intact(&workspace, &dataset, &[]);

    let extra = "messages/part-00002.parquet";
    fs::write(dataset.file(extra), &whole).unwrap();
    assert_found(&verify(&workspace, &dataset, &[]), extra, "not recorded");
}

#[test]
fn several_changes_are_all_found_and_told_as_json() {
    let workspace = Workspace::new();
    let dataset = dataset(&workspace);
    let changed = ["attachments/part-00000.parquet", "users/part-00001.parquet"];
    changed.into_iter().for_each(|part| dataset.flip(part));
    let ran = verify(&workspace, &dataset, &["--json"]);
    assert_eq!(ran.status, Some(1), "{ran:?}");
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["intact"], false);
    let mut files: Vec<&str> = told["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["file"].as_str().unwrap())
        .collect();
    files.sort_unstable();
    assert_eq!(files, changed);
}

#[test]
fn a_changed_manifest_is_found() {
    let workspace = Workspace::new();
    let dataset = dataset(&workspace);
    let path = dataset.file("manifest.json");
    let whole = fs::read_to_string(&path).unwrap();

    // A law's name in it, and nothing that its parts depend on.
    let version = format!("\"values_version\": {VALUES_VERSION}");
    fs::write(&path, whole.replacen(&version, "\"values_version\": 9", 1)).unwrap();
    assert_found(&verify(&workspace, &dataset, &[]), "manifest.json", "other bytes than SHA256SUMS");

    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert_found(&verify(&workspace, &dataset, &[]), "manifest.json", "is no manifest");

    fs::write(&path, b"\xFF\xFE").unwrap();
    assert_found(&verify(&workspace, &dataset, &[]), "manifest.json", "is no manifest");

    fs::write(&path, whole).unwrap();
    assert_intact(&workspace, &dataset, &[]);
}

#[test]
fn changed_checksums_are_found() {
    let workspace = Workspace::new();
    let dataset = dataset(&workspace);
    let path = dataset.file("SHA256SUMS");
    let whole = dataset.sums();
    let first = whole.lines().next().unwrap();

    fs::write(&path, whole.replace(&format!("{first}\n"), "")).unwrap();
    assert_found(
        &verify(&workspace, &dataset, &[]),
        "SHA256SUMS",
        "does not record `users/part-00000.parquet`",
    );

    fs::write(&path, format!("{whole}{}  stranger.csv\n", "0".repeat(64))).unwrap();
    assert_found(&verify(&workspace, &dataset, &[]), "SHA256SUMS", "a line that is not its own");

    fs::remove_file(&path).unwrap();
    assert_found(&verify(&workspace, &dataset, &[]), "SHA256SUMS", "is missing");

    fs::write(&path, whole).unwrap();
    assert_intact(&workspace, &dataset, &[]);
}

#[test]
fn a_second_making_of_all_and_of_one_part_agrees() {
    for sample in [&CHAT, &SHOP] {
        for format in crate::support::FORMATS {
            let workspace = Workspace::new();
            let dataset = workspace.generate(sample, "out", &["--shards", "2", "--format", format]);
            assert_intact(&workspace, &dataset, &["--regenerate"]);
            let manifest = dataset.manifest();
            let part = manifest.parts().last().unwrap();
            assert_intact(&workspace, &dataset, &["--regenerate", "--part", &part.file]);
        }
    }
}

#[test]
fn a_part_changed_together_with_its_checksums_is_found_by_a_second_making() {
    let workspace = Workspace::new();
    let dataset = dataset(&workspace);
    let part = "messages/part-00001.parquet";
    let sha256 = |below: &str| {
        seedmill::model::text_form::write::hexadecimal(&Sha256::digest(
            fs::read(dataset.file(below)).unwrap(),
        ))
    };
    let replace = |below: &str, from: &str, to: &str| {
        let text = fs::read_to_string(dataset.file(below)).unwrap();
        assert!(text.contains(from), "{below}");
        fs::write(dataset.file(below), text.replace(from, to)).unwrap();
    };
    let (old_part, old_manifest) = (sha256(part), sha256("manifest.json"));
    dataset.flip(part);
    replace("manifest.json", &old_part, &sha256(part));
    replace("SHA256SUMS", &old_part, &sha256(part));
    replace("SHA256SUMS", &old_manifest, &sha256("manifest.json"));

    assert_intact(&workspace, &dataset, &[]);
    assert_found(&verify(&workspace, &dataset, &["--regenerate"]), part, "other bytes than the manifest");
    let alone = ["--regenerate", "--part", part];
    assert_found(&verify(&workspace, &dataset, &alone), part, "other bytes than the manifest");
    assert_intact(&workspace, &dataset, &["--regenerate", "--part", "messages/part-00000.parquet"]);
}

#[test]
fn sha256sum_agrees() {
    let workspace = Workspace::new();
    let dataset = dataset(&workspace);
    let check = || {
        std::process::Command::new("sha256sum")
            .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
            .current_dir(&dataset.root)
            .output()
    };
    let Ok(output) = check() else {
        eprintln!("skipped: there is no `sha256sum`");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    dataset.flip("users/part-00000.parquet");
    let output = check().unwrap();
    assert!(!output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "users/part-00000.parquet: FAILED\n");
}
