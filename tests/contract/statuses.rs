//! Exit statuses and streams: what a script may rely on.

use crate::support::{CHAT, DOCUMENT, Ran, SHOP, Workspace};

fn run(workspace: &Workspace, arguments: &[&str]) -> Ran {
    workspace.run(arguments)
}

#[test]
fn the_last_line_of_stdout_is_the_dataset() {
    let workspace = Workspace::new();
    for more in [&[][..], &["--json"], &["--quiet"]] {
        let mut arguments = SHOP.arguments();
        arguments.extend(["--out", "some where"].iter().chain(more).map(|text| (*text).to_owned()));
        let ran = workspace.run(&arguments);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        assert_eq!(ran.last_line(), "some where/shop-dev-contract");
        assert!(ran.stdout.ends_with('\n'));
        assert_eq!(
            ran.stdout.lines().count(),
            if more.contains(&"--json") { 2 } else { 1 },
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn the_summary_in_json_holds_the_counts() {
    let workspace = Workspace::new();
    let mut arguments = SHOP.arguments();
    arguments.extend(["--out", "out", "--json"].map(str::to_owned));
    let ran = workspace.run(&arguments);
    let summary: serde_json::Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(summary["counts"]["users"], 2000);
    assert_eq!(summary["seed"], "contract");
}

#[test]
fn quiet_prints_nothing_to_stderr() {
    let workspace = Workspace::new();
    // The document's example has warnings.
    for sample in [&CHAT, &DOCUMENT] {
        let mut arguments = sample.arguments();
        arguments.extend(["--out", "out", "--shards", "2", "--quiet"].map(str::to_owned));
        let mut pieces = arguments.clone();
        pieces.extend(["--only-shards", "0..4"].map(str::to_owned));
        for arguments in [pieces, arguments.clone(), arguments] {
            let ran = workspace.run(&arguments);
            assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
            let dataset = ran.last_line();
            for command in [&["seal", dataset, "--quiet"][..], &["verify", dataset, "--quiet"]] {
                let ran = run(&workspace, command);
                assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{command:?}");
            }
        }
    }
    assert!(run(&workspace, &["verify", "out/chat-dev-contract", "--quiet"]).stdout.is_empty());
}

#[test]
fn a_wrong_request_or_model_is_status_2_with_a_message_on_stderr_only() {
    let workspace = Workspace::new();
    workspace.write("broken.yaml", "model: broken\nentities: {users: {rows: 5, columns: {id: {uid: v4}}}}\n");
    let chat = CHAT.path;
    for (arguments, message) in [
        (&["generate", chat, "--band", "huge", "--seed", "s"][..], "its bands are: dev, staging, perf"),
        (&["generate", chat, "--seed", "s"], "add --band"),
        (&["generate", chat, "--band", "dev", "--seed", ""], "the seed is empty"),
        (&["generate", chat, "--band", "dev", "--format", "xml"], "xml"),
        (&["generate", chat, "--band", "dev", "--threads", "0"], "--threads"),
        (&["generate", chat, "--band", "dev", "--only-shards", "3..3"], "is empty"),
        (&["generate", chat, "--band", "dev", "--set", "band.nothing=5"], "nothing"),
        (&["generate", "no/such/model", "--seed", "s"], "no/such/model"),
        (&["check", "broken.yaml"], "broken.yaml:2:"),
        (&["verify", "no/such/dataset"], "no/such/dataset"),
        (&["seal", "no/such/dataset"], "no/such/dataset"),
        (&["show", "no/such/dataset", "users", "0"], "no/such/dataset"),
        (&["grind"], "grind"),
    ] {
        let ran = run(&workspace, arguments);
        assert_eq!(ran.status, Some(2), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(message), "{arguments:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
    assert!(!workspace.path("output").exists());
}

#[test]
fn a_dataset_that_is_not_what_it_was_is_status_1() {
    let workspace = Workspace::new();
    let dataset = workspace.generate(&SHOP, "out", &[]);
    dataset.flip("orders/part-00000.parquet");
    let ran = run(&workspace, &["verify", dataset.text()]);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(1), ""));
}

#[test]
fn a_file_system_that_fails_is_status_3() {
    let workspace = Workspace::new();
    workspace.write("file", "in the way");
    let mut arguments = SHOP.arguments();
    arguments.extend(["--out", "file/out"].map(str::to_owned));
    let ran = workspace.run(&arguments);
    assert_eq!(ran.status, Some(3), "{ran:?}");
    assert!(ran.stderr.starts_with("error: ") || ran.stderr.contains("\nerror: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("file/out"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn help_and_version_are_status_0_on_stdout() {
    let workspace = Workspace::new();
    for arguments in [&["--help"][..], &["--version"], &["generate", "--help"]] {
        let ran = run(&workspace, arguments);
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(ran.stdout.contains("seedmill"), "{}", ran.stdout);
    }
}
