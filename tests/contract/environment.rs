//! Locale, time zone, working directory and home change no byte.

use crate::support::{CHAT, Dataset, SHOP, Sample, Workspace, ran};

fn assert_environment_does_not_matter(sample: &Sample, folder: &str) {
    let workspace = Workspace::new();
    let plain = workspace.generate(sample, "plain", &["--format", "csv"]);
    std::fs::create_dir_all(workspace.path("deep/below")).unwrap();
    let mut arguments = sample.arguments();
    let out = workspace.path("strange");
    arguments.extend(["--format", "csv", "--out", out.to_str().unwrap()].map(str::to_owned));
    let mut command = workspace.command(&arguments);
    command
        .env_clear()
        .env("LANG", "de_DE.UTF-8")
        .env("LC_ALL", "tr_TR.UTF-8")
        .env("LC_NUMERIC", "fr_FR.UTF-8")
        .env("TZ", "Asia/Kathmandu")
        .env("COLUMNS", "40")
        .current_dir(workspace.path("deep/below"));
    let ran = ran(&mut command);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let strange = Dataset { root: out.join(folder) };
    assert_eq!(strange.sums(), plain.sums());
    // The README and the psql scripts too: nothing in a dataset knows where or when it was made.
    assert!(strange.contents() == plain.contents(), "a file beside the parts differs");
}

#[test]
fn the_chat_is_the_same_in_every_environment() {
    assert_environment_does_not_matter(&CHAT, "chat-dev-contract");
}

#[test]
fn the_shop_is_the_same_in_every_environment() {
    assert_environment_does_not_matter(&SHOP, "shop-dev-contract");
}
