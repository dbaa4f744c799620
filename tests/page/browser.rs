//! The page in a real browser, light and dark, from a desktop's window to a telephone's, and on paper. Needs
//! SEEDMILL_TEST_PYTHON and SEEDMILL_TEST_CHROMIUM; what is missing is skipped and named on stderr.

use std::path::Path;
use std::process::Command;

use seedmill::report::fidelity::page::page;

use super::sample::{self, TIMESTAMP};

/// What the oracle says of a page: its findings with their counts, and the details; none where something is missing.
fn look(page: &str) -> Option<(Vec<(String, usize)>, String)> {
    let program = |name: &str| {
        let value = std::env::var_os(name);
        if value.is_none() {
            eprintln!("skipped: {name} names no program");
        }
        value
    };
    let (python, chromium) = (program("SEEDMILL_TEST_PYTHON")?, program("SEEDMILL_TEST_CHROMIUM")?);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    std::fs::write(&path, page).unwrap();
    let output = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/page.py"))
        .args([chromium.as_os_str(), path.as_os_str(), folder.path().join("shots").as_os_str()])
        .output()
        .expect("Python starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    for shot in ["desktop-light.png", "desktop-dark.png", "phone-light.png", "phone-dark.png", "print.pdf"] {
        let size = std::fs::metadata(folder.path().join("shots").join(shot)).unwrap().len();
        assert!(size > 50_000, "{shot} has {size} bytes");
    }
    let findings = String::from_utf8(output.stdout).unwrap();
    let findings = findings.lines().map(|line| {
        let (name, count) = line.rsplit_once('\t').unwrap();
        (name.to_owned(), count.parse().unwrap())
    });
    Some((findings.collect(), said))
}

fn assert_well(page: &str) {
    if let Some((findings, said)) = look(page) {
        assert!(findings.len() > 30, "{findings:?}");
        assert!(findings.iter().all(|(_, count)| *count == 0), "{said}");
    }
}

#[test]
fn a_no_go_page_shows_well_everywhere() {
    assert_well(&page(&sample::no_go(), TIMESTAMP));
}

#[test]
fn a_go_page_shows_well_everywhere() {
    assert_well(&page(&sample::go(), TIMESTAMP));
}

/// Each fault of a page raises its own findings, and no finding stays at 0.
#[test]
fn the_browser_notices_faults() {
    let faults = [
        ("<main", "<div><main"),
        (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
            "default-src *; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
        ),
        (
            "<h2 id=\"checks-name\">All checks</h2>",
            "<h2 id=\"checks-name\"></h2><img src=\"file:///nowhere.png\"><a href=\"#nowhere\">a</a><p id=\"hidden\" hidden>x</p><a href=\"#hidden\">b</a>",
        ),
        (
            "<footer>",
            "<script>console.warn('x')</script><p id=\"main\" style=\"color: #8886\">faint</p><p style=\"width: 1400px\">wide</p><footer>",
        ),
        (
            "text-anchor=\"middle\">3</text>",
            "text-anchor=\"middle\">3</text><text class=\"tick\" style=\"font-size: 5px\" x=\"0\" y=\"0\">overlong over there</text>",
        ),
        (
            "@media print {",
            "@media print { details:not([open])::details-content { content-visibility: hidden !important; block-size: 0 !important } body { background: #000 !important; color: #222 !important } section { break-after: page } h3, tbody { display: block; break-after: page }",
        ),
    ];
    let mut broken = page(&sample::no_go(), TIMESTAMP);
    for (from, to) in faults {
        broken = broken.replacen(from, to, 1);
    }
    if let Some((findings, said)) = look(&broken) {
        assert!(findings.len() > 30, "{findings:?}");
        let unseen: Vec<&String> =
            findings.iter().filter(|(_, count)| *count == 0).map(|(name, _)| name).collect();
        assert!(unseen.is_empty(), "{unseen:?}\n{said}");
    }
}
