//! [`STRATEGIES`]: the ways to make a column's values.

use super::Shape::{Document, Either, Expression, Integer, Keys, Map, Number, Share, Text, True, Value};
use super::strategy_parts::{
    AFTER, ARRAY, BETWEEN, PERMUTATION, POOL, PROCESS, RANGE, RECORD, REFERENCE, RUNNING, SWITCH, TEXT, UUID,
};
use super::{Names, Shape, Word, column, names, word};

const ENTITY_COLUMN: Shape = Text("entity.column");

/// The strategies, in the order in which messages list them.
pub const STRATEGIES: [Word; 29] = [
    word(
        "uuid",
        Either(&[Shape::Words(&["v4"]), Keys(&UUID)]),
        "A UUID: random, or beginning with a time of the row, so that later rows have greater ones.",
        &[column("customers", "token: {uuid: v4}"), column("orders", "eventId: {uuid: {v7: createdAt}}")],
    ),
    word(
        "sequence",
        Integer,
        "Numbers that rise by 1 from row to row; the value is the first.",
        &[column("customers", "number: {sequence: 1000}")],
    ),
    word("constant", Value, "The same value in each row.", &[column("orders", "currency: {constant: EUR}")]),
    word(
        "ordinal",
        True,
        "The row's own number under its parent, from 0.",
        &[column("lines", "position: {ordinal: true}")],
    ),
    word(
        "permutation",
        Either(&[True, Keys(&PERMUTATION)]),
        "A rank of the row among all rows of its entity, each rank once, from 0. Exact totals and laws are laid over \
         such ranks with `by`. For entities without a parent.",
        &[column(
            "customers",
            "rank: {permutation: true, hidden: true}\nspending: {permutation: {beside: rank, top: 2%, avoids_last: 70%}, hidden: true}",
        )],
    ),
    word("chance", Share, "True with this probability.", &[column("customers", "subscribed: {chance: 15%}")]),
    word(
        "choice",
        Map(Names::Given("value"), &Number),
        "One of a few values, each with its weight; weights need not sum to 1.",
        &[column("orders", "channel: {choice: {web: 70%, store: 25%, phone: 5%}}")],
    ),
    word(
        "pool",
        Keys(&POOL),
        "One of a list of values, or of a list that comes with seedmill; all are equally likely unless `zipf` ranks them.",
        &[
            column("customers", "firstName: {pool: {names: first_names, zipf: 0.9}}"),
            column("products", "color: {pool: {values: [red, green, blue, null]}}"),
        ],
    ),
    word(
        "record",
        Keys(&RECORD),
        "A record whose fields go together. The column is hidden; the columns that have its fields are declared with `field`.",
        &[column(
            "customers",
            "place:\n  record: {of: [{city: Berlin, country: DE, weight: 3}, {city: Lyon, country: FR, weight: 1}]}\n  hidden: true",
        )],
    ),
    word(
        "field",
        Text("column.field"),
        "A field of the record that a column of records has chosen.",
        &[column("customers", "city: {field: place.city}")],
    ),
    word(
        "range",
        Keys(&RANGE),
        "A time between two times: evenly, rising, in the order of the rows, or with the rhythm of days and weeks.",
        &[
            column("products", "listedAt: {range: {from: 2024-01-01, to: 2025-01-01, shape: rising}}"),
            column(
                "customers",
                "seenAt: {range: {from: $window.from, to: $window.end, weekday_boost: 1.4, zone: Europe/Berlin}}",
            ),
        ],
    ),
    word(
        "template",
        Text("text with {row} or {column}"),
        "A text with the row's number, from 0, and columns of the row in it; `{{` and `}}` are braces. With `{row}` it can be `unique`.",
        &[column("customers", "email: {template: \"customer{row}@example.com\", unique: true}")],
    ),
    word(
        "text",
        Keys(&TEXT),
        "Sentences of words, of a drawn length in characters.",
        &[column(
            "products",
            "description: {text: {length: {log_normal: {median: 90, sigma: 0.5}, min: 10, max: 400}, words: english}}",
        )],
    ),
    word(
        "reference",
        Either(&[ENTITY_COLUMN, Keys(&REFERENCE)]),
        "A foreign key: the key of a row of an entity, any row unless the mapping says which. Other columns of that \
         row are read with `copy: COLUMN.column`.",
        &[
            column("orders", "payerId: {reference: customers.id}"),
            column("lines", "giftId: {reference: {to: products.id, zipf: 1.1}}"),
            column("customers", "invitedBy: {reference: {to: customers.id, earlier: uniform, roots: 5%}}"),
        ],
    ),
    word(
        "parent",
        Text("a column of the parent"),
        "A column of the parent, a foreign key to it: in most child entities the parent's key.",
        &[column("orders", "customerId: {parent: id}")],
    ),
    word(
        "copy",
        Text("reference.column or ancestor.column"),
        "A column of the row that a reference of this row points at, or of an ancestor.",
        &[column("lines", "giftPrice: {copy: giftId.price}")],
    ),
    word(
        "after",
        Keys(&AFTER),
        "A time of the row plus a drawn length of time, which is not negative.",
        &[column(
            "orders",
            "paidAt: {after: {base: createdAt, by: {exponential: {mean: 6h}, max: 14d}, share: 80%}}",
        )],
    ),
    word(
        "between",
        Keys(&BETWEEN),
        "A time between two times of the row; what keeps the first before the second must be plain from the model.",
        &[column("orders", "reviewedAt: {between: {from: createdAt, to: paidAt}}")],
    ),
    word(
        "process",
        Keys(&PROCESS),
        "Rising times under one parent, no two alike, with the rhythm of days and weeks and in bursts. Needs the model's `window`.",
        &[column(
            "orders",
            "seenAt:\n  process:\n    from: customers.createdAt\n    to: $window.end\n    weekly: [2, 2, 2, 2, 2, 1.5, 1]\n    bursts: {coefficient: 2, gap_seconds: 45}",
        )],
    ),
    word(
        "expression",
        Expression,
        "What a SQL expression gives over the row.",
        &[column("lines", "discounted: {expression: \"round(amount * 0.9, 2)\"}")],
    ),
    word(
        "running",
        Keys(&RUNNING),
        "The sum of a column over the rows of one parent up to this row.",
        &[column("lines", "subtotal: {running: {sum: amount, from: orders.fee}}")],
    ),
    word(
        "json",
        Document,
        "A JSON document. Its leaves are expressions, so that a text stands in quotes of its own: \"'EUR'\".",
        &[column("customers", "profile: {json: {city: city, name: {first: firstName}, tier: \"'basic'\"}}")],
    ),
    word(
        "array",
        Keys(&ARRAY),
        "A list of drawn values, of a drawn length.",
        &[column(
            "customers",
            "tags: {array: {of: {choice: {new: 5, loyal: 3, vip: 1}}, length: {geometric: {p: 0.5, min: 0, max: 4}}}}",
        )],
    ),
    word(
        "count",
        Text("a child entity"),
        "How many rows of a child entity the row has.",
        &[column("orders", "lineCount: {count: lines}")],
    ),
    word(
        "sum",
        ENTITY_COLUMN,
        "The sum of a column over the row's descendants, or over the rows of its family that refer to it.",
        &[column("orders", "total: {sum: lines.amount}")],
    ),
    word(
        "min",
        ENTITY_COLUMN,
        "The least value of a column over the same rows as `sum`.",
        &[column("customers", "firstOrderAt: {min: orders.createdAt}")],
    ),
    word(
        "max",
        ENTITY_COLUMN,
        "The greatest value of a column over the same rows as `sum`.",
        &[column("customers", "lastOrderAt: {max: orders.createdAt}")],
    ),
    word(
        "first",
        ENTITY_COLUMN,
        "The value in the row's first child, where each row has one at least.",
        &[column("orders", "firstAmount: {first: lines.amount}")],
    ),
    word(
        "switch",
        Keys(&SWITCH),
        "One strategy for each value of another column; each value that it has needs a case. Where it is NULL, so is the row's value. A case \
         is made for the rows that take it alone: where these have a number other than 0, `10 / number` needs no guard.",
        &[column(
            "orders",
            "fee:\n  switch:\n    on: status\n    cases:\n      OPEN: {constant: 0}\n      PAID: {uniform: {min: 1, max: 5}}\n      SENT: {constant: 2}\n  type: \"decimal(6,2)\"",
        )],
    ),
];

/// How the strategies are written.
pub const STRATEGY_NAMES: [&str; 29] = names(&STRATEGIES);
