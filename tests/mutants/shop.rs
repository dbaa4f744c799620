//! [`mutants`]: what is done to the files of a true shop, and to those of a model of kinds that neither has.

use crate::good::{KINDS, SHOP, Sample};
use crate::making::Made;
use crate::trial::{Mutant, RefusedBy, warned};

/// All of them.
pub fn mutants() -> Vec<Mutant> {
    [shop(), kinds()].concat()
}

fn counter(
    of: &'static Sample,
    name: &'static str,
    made: Made,
    subject: &'static str,
    rule: &'static str,
) -> Mutant {
    Mutant { name, of, made, refused_by: RefusedBy::Counter(subject, rule) }
}

fn check(
    of: &'static Sample,
    name: &'static str,
    made: Made,
    subject: &'static str,
    measure: &'static str,
) -> Mutant {
    Mutant { name, of, made, refused_by: RefusedBy::Check(subject, measure) }
}

fn shop() -> Vec<Mutant> {
    let count = |name, subject, rule| counter(&SHOP, name, Made::Foreign, subject, rule);
    let law = |name, subject, measure| check(&SHOP, name, Made::Foreign, subject, measure);
    vec![
        count("one order a cent too dear", "orders.total", "sum of order_items.line_total"),
        count("one line at another price", "order_items.unit_price", "equals products.price"),
        count(
            "one order of eleven lines",
            "order_items per orders",
            "every parent has at least 1 and at most 10",
        ),
        count("one line of no product", "order_items.product_id", "every value is a key of products"),
        count("one order before its user", "orders", "created_at >= user_id.created_at"),
        count("one user of 81", "users", "age >= 18 AND age <= 80"),
        count("two names swapped", "users.first_name", "every value is one of those"),
        count("one address in capitals", "users.email", "every text is of the form"),
        warned(law("users two years older", "users.age", "KS distance")),
        warned(law("fewer delivered orders", "orders.status", "total variation")),
        check(
            &SHOP,
            "products sorted by category",
            Made::Forged,
            "products.category beside the row before",
            "dependence",
        ),
        law("prices follow categories", "products.category beside price", "dependence"),
        warned(law("fewer gift messages", "order_items.gift_message", "total variation")),
    ]
}

fn kinds() -> Vec<Mutant> {
    let count = |name, subject, rule| counter(&KINDS, name, Made::Foreign, subject, rule);
    let law = |name, subject, measure| check(&KINDS, name, Made::Foreign, subject, measure);
    vec![
        count("one number left out", "sites.id", "numbers run from 1 without a gap"),
        count("one rank too many", "sites.rank", "every value is a rank of its rows"),
        count("one site of another kind", "sites.kind", "one value"),
        count("one site built too early", "sites.built", "every time lies from"),
        counter(
            &KINDS,
            "one reading with another number",
            Made::Forged,
            "readings.number",
            "the row's number under its parent",
        ),
        count("one reading with a wrong double", "readings.twice", "equals number * 2"),
        count("one visit of a site in capitals", "visits.site", "every value is a key of sites"),
        count("one visit of a site with a space behind", "visits.site", "every value is a key of sites"),
        count("one grade that nobody gives", "readings.grade", "every value is one of those"),
        warned(law("fewer notes", "sites.note", "share of rows with a value")),
        warned(law("no rare notes", "sites.note", "share of rare")),
        law("dearer sites", "sites.price", "median"),
        law("higher sites", "sites.height", "mean"),
        law("values that lean to the left", "readings.value", "KS distance"),
        warned(law("more active sites", "sites.active", "total variation")),
        law("sites seen later", "sites.seen after built", "mean"),
        law("guests without favourites", "visits.guest: rows for each of sites", "KS distance"),
        check(
            &KINDS,
            "more readings for each site",
            Made::Model(vec![(
                "geometric: {p: 0.25, min: 1, max: 60}",
                "geometric: {p: 0.2, min: 1, max: 60}",
            )]),
            "readings per sites",
            "mean",
        ),
    ]
}
