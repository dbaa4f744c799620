//! The text of the page.

use seedmill::report::fidelity::page::page;

use super::sample::{self, TIMESTAMP};

#[test]
fn the_same_assessment_gives_the_same_page() {
    assert_eq!(page(&sample::no_go(), TIMESTAMP), page(&sample::no_go(), TIMESTAMP));
    assert_ne!(page(&sample::no_go(), TIMESTAMP), page(&sample::no_go(), "2026-01-01T00:00:00Z"));
}

#[test]
fn the_page_asks_the_network_for_nothing() {
    for assessment in [sample::go(), sample::no_go()] {
        let page = page(&assessment, TIMESTAMP);
        for loader in ["http:", "https:", " src=", "url(", "@import", "<script", "<iframe", "<img", "<object"]
        {
            assert!(!page.contains(loader), "{loader}");
        }
    }
}

#[test]
fn names_of_users_are_text() {
    // Names may be broken after a dot.
    let page = page(&sample::no_go(), TIMESTAMP).replace("<wbr>", "");
    for text in [
        "messages.&lt;script&gt;alert(1)&lt;/script&gt;",
        "users.&quot;&gt;&lt;img onerror=x&gt;",
        "name_&lt;b&gt;",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

/// Whatever stands in an assessment, none of it becomes markup.
#[test]
fn no_text_of_an_assessment_becomes_markup() {
    let mut assessment = sample::no_go();
    let hostile = "<i id='x'>&\"";
    assessment.model = hostile.into();
    assessment.band = hostile.into();
    assessment.seed = Some(hostile.into());
    assessment.dataset = hostile.into();
    assessment.tolerance_name = hostile.into();
    for line in assessment.rationale.iter_mut().chain(&mut assessment.recommendations) {
        *line = hostile.into();
    }
    for check in &mut assessment.checks {
        (check.subject, check.measure, check.threshold_from) =
            (hostile.into(), hostile.into(), hostile.into());
        (check.declared, check.advice) = (Some(hostile.into()), Some(hostile.into()));
        check.group = check.group.as_ref().map(|_| hostile.into());
    }
    for counter in &mut assessment.counters {
        (counter.subject, counter.rule) = (hostile.into(), hostile.into());
        counter.advice = counter.advice.as_ref().map(|_| hostile.into());
        for place in &mut counter.places {
            (place.file, place.column, place.found) = (hostile.into(), Some(hostile.into()), hostile.into());
        }
    }
    for entity in &mut assessment.entities {
        (entity.entity, entity.aliases) = (hostile.into(), vec![hostile.into()]);
    }
    for remark in &mut assessment.remarks {
        (remark.subject, remark.text) = (hostile.into(), hostile.into());
    }
    super::portraits::rename(&mut assessment.portraits, hostile);
    let page = page(&assessment, hostile);
    assert!(page.matches("&lt;i id=&#39;x&#39;&gt;").count() > 150);
    assert!(!page.contains("<i id"), "{}", page.split_once("<i id").unwrap().1);
}

/// The verdict, the summary and the pictures come before the details, which are closed where all is well.
#[test]
fn the_summary_leads_to_details_that_are_open_where_something_is_wrong() {
    let good = page(&sample::go(), TIMESTAMP);
    let places: Vec<usize> =
        ["id=\"advice\"", "id=\"summary\"", "id=\"pictures\"", "id=\"checks\"", "id=\"integrity\""]
            .into_iter()
            .map(|id| good.find(id).unwrap_or_else(|| panic!("no {id}")))
            .collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(!good.contains(" open><summary>"));
    let folds = |page: &str| page.matches("<details class=\"fold").count();
    assert!(folds(&good) > 10, "{}", folds(&good));
    assert_eq!(
        good.matches("href=\"#group-").count() + good.matches("href=\"#promise-").count(),
        folds(&good)
    );

    let bad = page(&sample::no_go(), TIMESTAMP);
    assert_eq!(bad.matches("<details class=\"fold bad\" open>").count(), 3);
    assert_eq!(bad.matches("<details class=\"fold good\" open>").count(), 0);
    assert!(bad.contains("35.2 % instead of 61.6 %, 42.9 % off where 15 % is allowed"));
    let (_, rest) = bad.split_once("<table role=\"table\" class=\"summary measures\">").unwrap();
    assert!(rest.find("✗</span> FAIL").unwrap() < rest.find("✓</span> PASS").unwrap());
}

/// Bounds are not figures that must be hit: they hold, or are missed by so much.
#[test]
fn conditions_hold_or_are_missed_by_so_much() {
    let mut assessment = sample::no_go();
    let check = &mut assessment.checks[0];
    check.declared = Some("12 % to 20 %".into());
    (check.resolved, check.observed, check.effect, check.threshold) = (None, 0.15, 0.0, 0.0);
    check.unit = seedmill::fidelity::assessment::Unit::Share;
    assert!(page(&assessment, TIMESTAMP).contains("within 12 % to 20 %"));
    let check = &mut assessment.checks[0];
    (check.resolved, check.observed, check.effect) = (Some(0.12), 0.088, 0.032);
    check.state = seedmill::fidelity::assessment::State::Fail;
    let page = page(&assessment, TIMESTAMP);
    assert!(page.contains("misses by 3.2 points"));
    assert!(page.contains("8.8 % where 12 % to 20 % was asked for"));
}

/// Two dozen pictures stand open, and those of what is not as declared.
#[test]
fn many_pictures_are_folded() {
    let mut assessment = sample::go();
    let numbers = assessment.portraits[3].clone();
    assessment.portraits.extend(std::iter::repeat_n(numbers, 20));
    let page = page(&assessment, TIMESTAMP);
    let (open, folded) = page.split_once("more pictures</summary>").unwrap();
    let figures = |text: &str| text.matches("<figure>").count();
    assert_eq!(figures(&page), 36);
    assert!((24..28).contains(&figures(open)), "{} and {}", figures(open), figures(folded));
}

/// A dataset without rows is told like any other: no mark of a picture stands nowhere.
#[test]
fn pictures_of_nothing_are_drawn() {
    let mut assessment = sample::no_go();
    for check in &mut assessment.checks {
        (check.effect, check.observed, check.resolved) = (f64::INFINITY, f64::INFINITY, Some(f64::NAN));
    }
    for law in [false, true] {
        super::portraits::clear(&mut assessment.portraits, law);
        let page = page(&assessment, TIMESTAMP);
        assert_eq!(page.matches("<figure>").count(), 16);
        for wrong in ["NaN", "\"inf", " inf", "-inf"] {
            let found = page.split_once(wrong).map(|(before, _)| &before[before.len() - 300..]);
            assert_eq!(found, None, "{wrong}");
        }
    }
}
