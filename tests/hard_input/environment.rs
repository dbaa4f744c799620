//! Settings of a machine that make no sense. That values do not depend on them, `tests/contract/environment.rs` shows;
//! here, that nothing breaks on them.
//!
//! The clock is not among them: nothing in user space sets it for one process without preloading a library, time
//! namespaces have no wall clock of their own, and setting the machine's would disturb everything else on it.

use crate::support::{Place, sums};

#[test]
fn a_locale_or_zone_that_there_is_not_breaks_nothing() {
    let place = Place::with_plain();
    let plain = sums(&place.generates("plain.yaml", &["--out", "plain"]));
    for (at, setting) in [
        "TZ=No/Such_Zone",
        "TZ=:/etc/passwd",
        "TZ=$'\\xff\\xfe'",
        "TZ='<+99>99:59:59'",
        "TZ=",
        "LANG=xx_XX.ISO-8859-1 LC_ALL=C",
        "LC_ALL=$'\\xff'",
        "HOME=",
        "HOME=/no/such/home",
        "TMPDIR=/no/such/folder",
        "RAYON_NUM_THREADS=nonsense",
        "RUST_LOG=trace",
    ]
    .into_iter()
    .enumerate()
    {
        let ran = place.shell(&format!("{setting} $S generate plain.yaml --seed s --out out{at}"));
        assert_eq!(ran.status, Some(0), "{setting}: {}", ran.stderr);
        let dataset = place.path(&format!("out{at}/plain-dev-s"));
        assert_eq!(sums(&dataset), plain, "{setting}");
        if setting.starts_with("TMPDIR") {
            // It sorts on disk, and says where it cannot.
            let judged = place.shell(&format!("{setting} $S assess out{at}/plain-dev-s --out out{at}"));
            assert_eq!(judged.status, Some(3), "{}", judged.stderr);
            assert!(judged.stderr.contains("/no/such/folder"), "{}", judged.stderr);
            continue;
        }
        let judged = place.shell(&format!("{setting} $S assess out{at}/plain-dev-s --out out{at}"));
        assert_eq!(judged.status, Some(0), "{setting}: {}", judged.stderr);
    }
}

/// Arguments that are no UTF-8 are paths as good as others, or refused; never a panic.
#[test]
fn arguments_that_are_no_text_are_understood_or_refused() {
    let place = Place::with_plain();
    let made = place.shell("$S generate plain.yaml --seed s --quiet --out $'out\\xff'");
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let verified = place.shell("$S verify $'out\\xff/plain-dev-s'");
    assert_eq!(verified.status, Some(0), "{}", verified.stderr);
    for arguments in
        ["check $'none\\xff.yaml'", "generate plain.yaml --seed $'\\xff'", "plan plain.yaml --set $'a=\\xff'"]
    {
        let ran = place.shell(&format!("$S {arguments}"));
        assert_eq!(ran.status, Some(2), "{arguments}: {ran:?}");
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
}
