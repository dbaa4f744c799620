//! [`ENTITY`]: a table, and how many rows a parent row has.

use super::Shape::{Count, Either, Expression, Keys, List, Map, Number, Percentile, Share, Text};
use super::{Beside, Example, Form, Mapping, Names, Place, Shape, entity, key, mapping, required};

/// An entity.
pub const ENTITY: Mapping = Mapping {
    one_of: &[&["rows"], &["parent", "per_parent"]],
    ..mapping(
        "the entity",
        &[
            key("rows", Count, "How many rows it has, if it has no parent."),
            key(
                "parent",
                Text("an entity"),
                "The entity whose child it is: its rows lie under the parent's rows.",
            ),
            key("per_parent", Either(&WAYS), "How many rows lie under each row of the parent."),
            key(
                "key",
                Either(&[Text("a column"), List(&Text("a column"))]),
                "The primary key, one column or several; without it the column `id`, where its values are unique.",
            ),
            required(
                "columns",
                Map(Names::Given("column"), &Shape::Column),
                "The columns, in the order of the table.",
            ),
            key("unique", List(&List(&Text("a column"))), "Sets of columns that are unique together."),
            key(
                "indexes",
                List(&List(&Text("a column, or a column and desc"))),
                "Indexes that a database makes after the rows; they change no row.",
            ),
            key(
                "validations",
                List(&Expression),
                "Conditions on the row that always hold. `check` shows why from the way the columns are made, or refuses them.",
            ),
            key("aliases", List(&Text("a name")), "Other names of the entity, for expressions and reports."),
        ],
    )
};

const WAYS: [Shape; 6] = [
    PER_PARENT[0].value,
    PER_PARENT[1].value,
    PER_PARENT[2].value,
    PER_PARENT[3].value,
    PER_PARENT[4].value,
    PER_PARENT[5].value,
];

const COLUMN: Mapping = mapping(
    "`per_parent`",
    &[required("column", Text("a column of the parent"), "A column of whole numbers of the parent.")],
);
const WHEN: Mapping =
    mapping("`per_parent`", &[required("when", Expression, "A condition on the parent's row.")]);
const SHARE: Mapping = mapping("`per_parent`", &[required("share", Share, "A share of the parent's rows.")]);
const LAW: Mapping = Mapping {
    beside: Beside::Law,
    ..mapping(
        "`per_parent`",
        &[
            key(
                "total",
                Count,
                "The exact number of rows of all parents together: the law is tilted to it. For parents without a parent, and laws of whole numbers.",
            ),
            key(
                "by",
                Text("a permutation of the parent"),
                "With `total`: the ranks that the law goes over; rank 0 has the most rows. Without it ranks of its own.",
            ),
        ],
    )
};
const VOLUMES: Mapping = mapping(
    "`per_parent`",
    &[
        required(
            "quantiles",
            List(&Either(&[Percentile, Keys(&ANCHOR)])),
            "What holds, in the order of priority: what cannot hold beside the total and those above it yields, and `plan` says by how much.",
        ),
        required("total", Count, "The exact number of rows of all parents together."),
        key("alpha", Keys(&ALPHA), "The skew: how much of all rows lies under few parents; 1.8 without it."),
        key("cap", Number, "No parent has more rows."),
        key("by", Text("a permutation of the parent"), "The ranks; rank 0 has the most rows."),
    ],
);
const ALPHA: Mapping = mapping(
    "`alpha`",
    &[
        required("value", Number, "The exponent, above 1: the lower, the more skewed."),
        required("holds_at", Number, "The exponent at which the quantiles hold as they stand."),
    ],
);
const ANCHOR: Mapping = Mapping {
    one_of: &[&["rows"], &["share"]],
    ..mapping(
        "an anchor",
        &[
            required("above", Number, "Parents with at least so many rows."),
            key("rows", Share, "How many of all parents they are."),
            key(
                "share",
                Share,
                "How many of all rows they have. It is measured and told; the total and the others decide it.",
            ),
        ],
    )
};

/// The ways of `per_parent`.
pub const PER_PARENT: [Form; 6] = [
    Form {
        written: "3",
        does: "So many rows under each.",
        value: Count,
        examples: &[entity(
            "addresses:\n  parent: customers\n  per_parent: 2\n  columns:\n    id: {uuid: v4}\n    customerId: {parent: id}",
        )],
    },
    Form {
        written: "{LAW: …, min, max, total, by}",
        does: "Drawn by a law for each; with a `total` the law's shares are laid out exactly.",
        value: Keys(&LAW),
        examples: &[entity(
            "visits:\n  parent: customers\n  per_parent: {geometric: {p: 0.3, min: 0, max: 40}, total: 150K, by: rank}\n  columns:\n    id: {uuid: v4}\n    customerId: {parent: id}",
        )],
    },
    Form {
        written: "{quantiles: […], total, alpha, cap, by}",
        does: "Volumes with a heavy tail, from quantiles and an exact total.",
        value: Keys(&VOLUMES),
        examples: &[entity(
            "clicks:\n  parent: customers\n  per_parent:\n    quantiles: [{p50: 4}, {p95: 30}, {above: 100, rows: 1%}, {above: 100, share: 20%}]\n    alpha: {value: 1.8, holds_at: 1.8}\n    cap: 2K\n    total: 600K\n  columns:\n    id: {uuid: v4}\n    customerId: {parent: id}",
        )],
    },
    Form {
        written: "{column: C}",
        does: "As many as a column of the parent says.",
        value: Keys(&COLUMN),
        examples: &[entity(
            "users:\n  parent: customers\n  per_parent: {column: seats}\n  key: [customerId, seat]\n  columns:\n    customerId: {parent: id}\n    seat: {ordinal: true}",
        )],
    },
    Form {
        written: "{share: 10%}",
        does: "One row for exactly this share of the parents, and none for the others.",
        value: Keys(&SHARE),
        examples: &[entity(
            "cards:\n  parent: customers\n  per_parent: {share: 10%}\n  key: customerId\n  columns:\n    customerId: {parent: id}\n    points: {uniform: {min: 0, max: 500}, type: integer}",
        )],
    },
    Form {
        written: "{when: \"…\"}",
        does: "One row where a condition on the parent's row holds.",
        value: Keys(&WHEN),
        examples: &[entity(
            "newsletters:\n  parent: customers\n  per_parent: {when: \"subscribed\"}\n  columns:\n    id: {uuid: v4}\n    customerId: {parent: id}",
        )],
    },
];

/// Keys of entities in use.
pub const EXAMPLES: &[Example] = &[
    entity(
        "stores:\n  aliases: [shops]\n  rows: 4K\n  key: code\n  unique: [[code, opened]]\n  indexes: [[opened desc], [city, code]]\n  columns:\n    code: {template: \"S{row}\", unique: true}\n    city: {choice: {Berlin: 3, Lyon: 1}}\n    opened: {range: {from: 2010-01-01, to: 2020-01-01, shape: linear}}",
    ),
    entity(
        "favourites:\n  parent: customers\n  per_parent: {uniform: {min: 1, max: 3}}\n  key: [customerId, productId]\n  columns:\n    customerId: {parent: id}\n    productId: {reference: {to: products.id, distinct: true}}",
    ),
    Example { place: Place::Validations("orders"), text: "paidAt >= createdAt" },
    Example { place: Place::Validations("orders"), text: "total = sum(lines.amount)" },
    Example { place: Place::Validations("orders"), text: "lineCount = count(lines)" },
    Example { place: Place::Validations("customers"), text: "firstOrderAt = min(orders.createdAt)" },
    Example { place: Place::Validations("customers"), text: "lastOrderAt = max(orders.createdAt)" },
    Example { place: Place::Validations("customers"), text: "age between 18 and 80" },
];
