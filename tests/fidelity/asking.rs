//! How the judge is asked, and how it answers: exit status, outputs, tolerance.

use std::fs;

use super::support::{Folder, LITTLE_SHOP, SHOP};

#[test]
fn go_is_0_and_no_go_is_1_in_every_output() {
    let folder = Folder::new();
    let dataset = folder.generate(&SHOP, &[]);
    let page = folder.at("page.html");
    let go = folder.assess(&dataset, &["--quiet", "--html", page.to_str().expect("UTF-8")]);
    assert_eq!((go.status, go.printed.as_str(), go.said.as_str()), (Some(0), "GO\n", ""));
    let page = fs::read_to_string(page).expect("a page");
    assert!(page.starts_with("<!") && page.contains("GO") && page.trim_end().ends_with("</html>"));

    let table = folder.assess(&dataset, &[]);
    assert_eq!(table.status, Some(0));
    assert!(table.printed.contains("GO") && table.printed.contains("products.price"), "{}", table.printed);
    assert_eq!(folder.assess(&dataset, &["--json"]).report()["verdict"], "GO");

    // One key less is one line of an order that is not there.
    let items = dataset.join("orders/part-00000.parquet");
    fs::remove_file(items).expect("a part");
    let no_go = folder.assess(&dataset, &["--quiet"]);
    assert_eq!((no_go.status, no_go.printed.as_str(), no_go.said.as_str()), (Some(1), "NO-GO\n", ""));
    assert_eq!(folder.assess(&dataset, &["--json"]).report()["verdict"], "NO-GO");
}

#[test]
fn a_tolerance_is_a_name_or_a_number_and_nothing_else() {
    let folder = Folder::new();
    let dataset = folder.generate(&LITTLE_SHOP, &[]);
    let tolerance =
        |text: &str| folder.assess(&dataset, &["--json", "--tolerance", text]).report()["tolerance"].clone();
    assert_eq!(tolerance("0.15"), 0.15);
    assert_eq!(tolerance("normal"), 0.15);
    assert_eq!(tolerance("strict"), 0.05);
    assert_eq!(tolerance("relaxed"), 0.3);
    let thresholds = |text: &str| {
        let report = folder.assess(&dataset, &["--json", "--tolerance", text]).report();
        let checks = report["checks"].as_array().expect("checks").clone();
        checks.into_iter().map(|check| check["threshold"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(thresholds("0.15"), thresholds("normal"));
    assert_ne!(thresholds("strict"), thresholds("normal"));
    for bogus in ["bogus", "0", "1", "-0.1", "NaN", ""] {
        let answer = folder.assess(&dataset, &[&format!("--tolerance={bogus}")]);
        assert_eq!(answer.status, Some(2), "{bogus}: {}", answer.said);
        assert!(answer.said.contains("strict, normal, relaxed"), "{}", answer.said);
    }
}
