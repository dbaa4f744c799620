//! Streams that are closed, full or read by nobody.

use std::fs;

use crate::support::Place;

/// A reader such as `head` takes what it wants; the verdict stays in the exit status.
#[test]
fn a_closed_pipe_is_no_failure_and_hides_no_verdict() {
    let place = Place::with_plain();
    let dataset = place.generates("plain.yaml", &[]).display().to_string();
    for command in [
        format!("show {dataset} users 5"),
        format!("show {dataset} users 5 --json"),
        "plan plain.yaml --json".to_owned(),
        "plan plain.yaml".to_owned(),
        "check plain.yaml --json".to_owned(),
        format!("verify {dataset}"),
        "generate plain.yaml --seed other --json".to_owned(),
        "runs list".to_owned(),
    ] {
        for reader in ["true", "head -1 >&2"] {
            let ran = place.shell(&format!("$S {command} | {reader}; exit ${{PIPESTATUS[0]}}"));
            assert_eq!(ran.status, Some(0), "{command} | {reader}: {}", ran.stderr);
            assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("error: "), "{}", ran.stderr);
        }
    }
    // What stdout's reader missed was done.
    assert_eq!(place.run(&["verify", "output/plain-dev-other"]).status, Some(0));
    let part = format!("{dataset}/users/part-00000.parquet");
    let mut bytes = fs::read(&part).unwrap();
    bytes[100] ^= 1;
    fs::write(&part, bytes).unwrap();
    // The reader is gone before anything is written.
    let ran = place.shell(&format!("(sleep 0.3; exec $S verify {dataset}) | true; exit ${{PIPESTATUS[0]}}"));
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
}

#[test]
fn a_full_stdout_is_an_error_and_the_dataset_is_whole() {
    let place = Place::with_plain();
    let ran = place.shell("$S generate plain.yaml --seed s --quiet > /dev/full");
    assert_eq!(ran.status, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("cannot write to `stdout`"), "{}", ran.stderr);
    // Room on a disk would not help.
    assert!(!ran.stderr.contains("make room"), "{}", ran.stderr);
    assert_eq!(place.run(&["verify", "output/plain-dev-s"]).status, Some(0));
}

#[test]
fn closed_streams_change_nothing() {
    let place = Place::with_plain();
    for (seed, closed) in
        [("a", "<&-"), ("b", ">&-"), ("c", "2>&-"), ("d", "<&- >&- 2>&-"), ("e", "2>/dev/full")]
    {
        let ran = place.shell(&format!("$S generate plain.yaml --seed {seed} {closed}"));
        assert_eq!(ran.status, Some(0), "{closed}: {}", ran.stderr);
        place.does(&["verify", &format!("output/plain-dev-{seed}")]);
    }
    let refused = place.shell("$S check none.yaml 2>&-");
    assert_eq!(refused.status, Some(2));
}

/// No terminal on any stream: no progress bars, no colours.
#[test]
fn without_a_terminal_messages_are_plain_text() {
    let place = Place::with_plain();
    for setting in ["", "TERM=dumb", "TERM=xterm-256color", "NO_COLOR=1", "CLICOLOR_FORCE=1", "COLUMNS=10"] {
        let ran = place.shell(&format!("env {setting} setsid $S generate plain.yaml --seed s --force"));
        assert_eq!(ran.status, Some(0), "{setting}: {}", ran.stderr);
        assert!(!ran.stderr.contains('\u{1b}') && !ran.stderr.contains('\r'), "{setting}: {:?}", ran.stderr);
        let wrong = place.shell(&format!("env {setting} setsid $S check none.yaml"));
        assert!(!wrong.stderr.contains('\u{1b}'), "{setting}: {:?}", wrong.stderr);
    }
}
