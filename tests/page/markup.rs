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
    let page = page(&sample::no_go(), TIMESTAMP);
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
