//! Files that may not be read, cannot be read or are damaged.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use seedmill::model::diagnostics::Diagnostics;
use seedmill::model::dialect::translate;

use crate::support::{SHOP, USERS, USERS_SEED, Workspace};

#[test]
fn a_seed_file_stays_under_the_root_unless_it_is_allowed() {
    let users = USERS.replace("../seeds/users_seed.yaml", "../../elsewhere/seed.yaml");
    let workspace = Workspace::new(&[("configs/users_multiply.yaml", &users)]);
    workspace.write("elsewhere/seed.yaml", "records: []");
    let (model, found) = workspace.translate(&[]);
    assert!(model.is_none());
    let root = workspace.path("shop");
    assert_eq!(
        found,
        [format!(
            "error shop/configs/users_multiply.yaml:3:12 the seed file `../../elsewhere/seed.yaml` lies outside the \
             model's root `{}` | move it below the root, or allow its folder with `--allow-path`",
            root.display()
        )]
    );
    let (model, found) = workspace.translate(&[workspace.path("elsewhere")]);
    assert!(model.is_some(), "{found:#?}");
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_does_not_lead_out_of_the_root() {
    let workspace = Workspace::new(&[("configs/users_multiply.yaml", USERS)]);
    workspace.write("elsewhere/users_seed.yaml", USERS_SEED);
    std::os::unix::fs::symlink(workspace.path("elsewhere"), workspace.path("shop/seeds")).unwrap();
    let (model, found) = workspace.translate(&[]);
    assert!(model.is_none());
    assert!(found[0].contains("lies outside the model's root"), "{found:#?}");
    assert!(workspace.translate(&[workspace.path("elsewhere")]).0.is_some());
}

#[test]
fn a_seed_file_that_cannot_be_read_is_reported_where_it_is_named() {
    let workspace = Workspace::new(&[("configs/users_multiply.yaml", USERS)]);
    let (_, found) = workspace.translate(&[]);
    assert_eq!(found.len(), 1);
    let start = "error shop/configs/users_multiply.yaml:3:12 the seed file `";
    assert!(
        found[0].starts_with(start) && found[0].contains("shop/seeds/users_seed.yaml` cannot be read"),
        "{found:?}"
    );

    workspace.write("shop/seeds/users_seed.yaml", "records: [{a: 1}\nb: [");
    let (_, found) = workspace.translate(&[]);
    assert!(found[0].starts_with("error shop/seeds/users_seed.yaml:2:"), "{found:?}");

    workspace.write("shop/seeds/users_seed.yaml", "just a text");
    let (_, found) = workspace.translate(&[]);
    assert_eq!(
        found,
        [
            "error shop/seeds/users_seed.yaml:1:1 a seed file must be a mapping with `records`, not `just a text` | "
        ]
    );

    fs::write(workspace.path("shop/seeds/users_seed.yaml"), b"records: [\xff]").unwrap();
    let (_, found) = workspace.translate(&[]);
    assert!(found[0].ends_with("cannot be read: it is not UTF-8 from byte 10 on | "), "{found:?}");
}

#[test]
fn a_folder_without_multiply_files_is_no_model() {
    let (model, found) = Workspace::new(&[]).translate(&[]);
    assert!(model.is_none());
    assert!(found[0].contains("the folder holds no `{entity}_multiply.yaml`"), "{found:?}");
    let mut diagnostics = Diagnostics::default();
    assert!(translate(Path::new("no/such/folder"), &[], &mut diagnostics).is_none());
    assert!(diagnostics.render().contains("cannot read the folder"), "{}", diagnostics.render());
}

/// The shop's and the users' files with a passage cut out and another put in its place.
fn damaged(file: usize, from: usize, length: usize, patch: &str) -> Vec<(&'static str, String)> {
    let mut files: Vec<(&str, String)> =
        SHOP.iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
    files[0].1 = USERS.to_owned();
    files.push(("seeds/users_seed.yaml", USERS_SEED.to_owned()));
    let count = files.len();
    let text = &mut files[file % count].1;
    let from = from % text.len();
    let to = (from + length).min(text.len());
    text.replace_range(from..to, patch);
    files
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_damaged_model_is_refused_or_read_but_never_both(
        file in 0_usize..7,
        from in 0_usize..2_000,
        length in 0_usize..12,
        patch in "[-a-z0-9{}\\[\\]:,.'\" \n%é]{0,6}",
    ) {
        let files = damaged(file, from, length, &patch);
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let (model, found) = Workspace::new(&files).translate(&[]);
        let errors = found.iter().filter(|line| line.starts_with("error")).count();
        prop_assert_eq!(model.is_none(), errors > 0, "{:?}", found);
    }
}
