//! Keys are made of names: what a model gains or how its file is arranged changes no other column.

use std::path::Path;

use crate::support::{CHAT, Dataset, SHOP, Sample, Workspace, copy, generation};

/// Makes a sample whose model was copied into the workspace and edited.
fn edited(workspace: &Workspace, sample: &Sample, model: &str, out: &str) -> Dataset {
    let mut arguments = generation(&workspace.path(model));
    arguments.extend(sample.settings.iter().flat_map(|setting| ["--set".to_owned(), (*setting).to_owned()]));
    workspace.make(arguments, out, &[])
}

/// The chat's model after some edits: passages and what takes their place.
fn edited_chat(workspace: &Workspace, folder: &str, edits: &[(&str, &str)]) -> Dataset {
    copy(Path::new(CHAT.path), &workspace.path(folder));
    let path = workspace.path(folder).join("chat.yaml");
    let mut text = std::fs::read_to_string(&path).unwrap();
    for (passage, replacement) in edits {
        assert_eq!(text.matches(passage).count(), 1, "{passage}");
        text = text.replace(passage, replacement);
    }
    std::fs::write(&path, text).unwrap();
    edited(workspace, &CHAT, folder, &format!("{folder}-out"))
}

/// Every column of `base` holds the same values in `other`.
#[track_caller]
fn assert_keeps_columns(base: &Dataset, other: &Dataset) {
    let other_manifest = other.manifest();
    for entity in &base.manifest().entities {
        let same = other_manifest.entity(&entity.name).unwrap();
        assert_eq!(
            other.digest(same, &entity.shape),
            (entity.rows, entity.logical_digest.clone()),
            "{}",
            entity.name
        );
    }
}

#[test]
fn new_columns_change_no_other() {
    let workspace = Workspace::new();
    let base = workspace.generate(&CHAT, "base", &[]);
    let edits = [
        (
            "      username: {template",
            "      score: {uniform: {min: 0, max: 9}, type: integer}\n      username: {template",
        ),
        ("      title: {pool", "      colour: {choice: {red: 1, blue: 2}}\n      title: {pool"),
        ("      content:\n", "      likes: {uniform: {min: 0, max: 9}, type: integer}\n      content:\n"),
        ("      readAt:\n", "      device: {choice: {phone: 3, desk: 1}}\n      readAt:\n"),
    ];
    let other = edited_chat(&workspace, "columns", &edits);
    assert_keeps_columns(&base, &other);
    assert_eq!(
        other.manifest().entity("messages").unwrap().shape.columns.len(),
        base.manifest().entity("messages").unwrap().shape.columns.len() + 1
    );
    assert_ne!(base.manifest().fingerprints.values, other.manifest().fingerprints.values);
}

#[test]
fn new_hidden_columns_change_no_other() {
    let workspace = Workspace::new();
    let base = workspace.generate(&CHAT, "base", &[]);
    let edits = [
        ("      username: {template", "      mood: {chance: 50%, hidden: true}\n      username: {template"),
        ("      title: {pool", "      spare: {permutation: true, hidden: true}\n      title: {pool"),
        ("      content:\n", "      mood: {chance: 50%, hidden: true}\n      content:\n"),
    ];
    let other = edited_chat(&workspace, "hidden", &edits);
    assert_eq!(base.recorded(), other.recorded());
}

/// What a database makes of the tables beside their rows stands in the manifest and the scripts alone.
#[test]
fn defaults_and_indexes_change_no_value_and_no_byte_of_a_part() {
    let workspace = Workspace::new();
    let base = workspace.generate(&CHAT, "base", &[]);
    let edits = [
        (
            "    aliases: [read_receipts]\n",
            "    aliases: [read_receipts]\n    indexes: [[userId, readAt desc]]\n",
        ),
        ("messageCount: {count: messages, default: 0}", "messageCount: {count: messages, default: 7}"),
    ];
    let other = edited_chat(&workspace, "tables", &edits);
    let (before, after) = (base.manifest(), other.manifest());
    assert_eq!(before.fingerprints, after.fingerprints);
    assert_eq!(before.parts().collect::<Vec<_>>(), after.parts().collect::<Vec<_>>());
    assert_ne!(before.entities, after.entities);
}

/// The fingerprints are the same, so that the directory would count as complete.
#[test]
fn a_complete_dataset_learns_of_new_defaults_and_indexes_without_making_a_row() {
    let workspace = Workspace::new();
    let edits =
        [("messageCount: {count: messages, default: 0}", "messageCount: {count: messages, default: 7}")];
    let once = edited_chat(&workspace, "tables", &[]);
    let script = || std::fs::read_to_string(once.root.join("psql/schema.sql")).unwrap();
    let written =
        || std::fs::metadata(once.root.join("users/part-00000.parquet")).unwrap().modified().unwrap();
    let (before, made) = (script(), written());
    let path = workspace.path("tables/chat.yaml");
    let text = std::fs::read_to_string(&path).unwrap().replace(edits[0].0, edits[0].1);
    std::fs::write(path, text).unwrap();
    let again = edited(&workspace, &CHAT, "tables", "tables-out");
    assert_eq!(again.root, once.root);
    assert_eq!(script(), before.replace("DEFAULT 0", "DEFAULT 7"));
    assert_eq!(written(), made);
    assert!(again.manifest().entities[1].shape.column("messageCount").unwrap().default.is_some());
}

#[test]
fn new_entities_change_no_other() {
    let workspace = Workspace::new();
    let base = workspace.generate(&CHAT, "base", &[]);
    let root = "entities:\n  bots:\n    rows: 100\n    columns:\n      id: {uuid: v4}\n\n";
    let child = "  reactions:\n    parent: messages\n    per_parent: {share: 30%}\n    columns:\n      id: {uuid: v4}\n      messageId: {parent: id}\n\n  attachments:\n";
    let other = edited_chat(&workspace, "entities", &[("entities:\n", root), ("  attachments:\n", child)]);
    assert_keeps_columns(&base, &other);
    assert_eq!(other.recorded()["bots"].0, 100);
    assert_eq!(other.recorded()["reactions"].0, 12_000);
}

#[test]
fn another_order_of_columns_and_entities_changes_no_column() {
    let workspace = Workspace::new();
    let base = workspace.generate(&CHAT, "base", &[]);
    let text = std::fs::read_to_string(Path::new(CHAT.path).join("chat.yaml")).unwrap();
    let (before, rest) = text.split_once("  users:\n").unwrap();
    let (users, after) = rest.split_once("\n  conversations:\n").unwrap();
    // The users come last, with their first column at the end of the columns.
    let users = users.replacen("      id: {uuid: v4}\n", "", 1);
    let users = users.replacen("    validations:\n", "      id: {uuid: v4}\n    validations:\n", 1);
    let reordered = format!("{before}  conversations:\n{after}\n  users:\n{users}\n");
    copy(Path::new(CHAT.path), &workspace.path("reordered"));
    workspace.write("reordered/chat.yaml", &reordered);
    let other = edited(&workspace, &CHAT, "reordered", "reordered-out");
    assert_eq!(other.manifest().entities.last().unwrap().name, "users");
    assert_eq!(other.manifest().entity("users").unwrap().shape.columns.last().unwrap().name, "id");
    assert_eq!(other.recorded(), base.recorded());
}

#[test]
fn comments_and_another_file_name_change_no_byte() {
    let workspace = Workspace::new();
    let base = workspace.generate(&CHAT, "base", &[]);
    let edits = [
        ("# A chat service", "# Remarks\n\n# A chat service"),
        ("      content:\n", "      # What was said.\n      content:   # text only\n"),
    ];
    let other = edited_chat(&workspace, "remarks", &edits);
    assert_eq!(other.sums(), base.sums());
    std::fs::rename(workspace.path("remarks/chat.yaml"), workspace.path("remarks/talk.yml")).unwrap();
    let renamed = edited(&workspace, &CHAT, "remarks/talk.yml", "renamed-out");
    assert_eq!(renamed.sums(), base.sums());
}

#[test]
fn a_parameter_changes_only_what_depends_on_it() {
    let workspace = Workspace::new();
    let base = workspace.generate(&CHAT, "base", &[]);
    let other = workspace.generate(&CHAT, "other", &["--set", "messages.edited_fraction=50%"]);
    let (mut base_digests, mut other_digests) = (base.recorded(), other.recorded());
    assert_ne!(base_digests.remove("messages"), other_digests.remove("messages"));
    assert_eq!(base_digests, other_digests);
    // Of the messages, too, only the time of the edit.
    let mut shape = base.manifest().entity("messages").unwrap().shape.clone();
    shape.columns.retain(|column| column.name != "updatedAt");
    let digest = |dataset: &Dataset| dataset.digest(dataset.manifest().entity("messages").unwrap(), &shape);
    assert_eq!(digest(&base), digest(&other));
}

#[test]
fn a_new_field_of_the_dialect_changes_no_other() {
    let workspace = Workspace::new();
    let base = workspace.generate(&SHOP, "base", &[]);
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds");
    copy(Path::new(seeds), &workspace.path("seeds"));
    copy(Path::new(SHOP.path), &workspace.path("configs/shop"));
    let path = workspace.path("configs/shop/users_multiply.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let field = "field_strategies:\n  visits:\n    strategy: normal_distribution\n    mean: 5\n    stddev: 2\n    min: 0\n    max: 9\n    type: integer\n";
    assert_eq!(text.matches("field_strategies:\n").count(), 1);
    std::fs::write(&path, text.replace("field_strategies:\n", field)).unwrap();
    let schema = workspace.path("configs/shop/schemas/users.yaml");
    let text = std::fs::read_to_string(&schema).unwrap();
    std::fs::write(&schema, text.replace("fields:\n", "fields:\n  visits: {type: integer}\n")).unwrap();
    let other = edited(&workspace, &SHOP, "configs/shop", "other");
    assert_keeps_columns(&base, &other);
    assert!(other.manifest().entity("users").unwrap().shape.column("visits").is_some());
}
