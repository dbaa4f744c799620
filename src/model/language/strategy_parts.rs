//! [`RANGE`] and its like: the mappings behind strategies.

use super::Shape::{
    Case, Either, Element, Exactly, Flag, Keys, LawOfDurations, LawOfNumbers, List, Map, Number, Record,
    Share, Text, Time, Words,
};
use super::{Key, Mapping, Names, Shape, key, mapping, required};
use crate::model::word_lists;

const A_TIME: Shape = Text("a column of times");
const ENTITY_COLUMN: Shape = Text("entity.column");

const HOURLY: Key = key("hourly", Exactly(24, &Number), "A weight for each hour of the day, from 0 to 23.");
const WEEKLY: Key = key("weekly", Exactly(7, &Number), "A weight for each day, from Monday to Sunday.");
const WEEKDAY_BOOST: Key = key(
    "weekday_boost",
    Number,
    "How much busier Monday to Friday are than the weekend; instead of `weekly`.",
);
const ZONE: Key = key(
    "zone",
    Text("a zone such as Europe/Berlin"),
    "The time zone that hours and days are those of, with its summer time; without it UTC.",
);
const GROWTH: Key = key("growth", Number, "How much busier each week is than the one before: 3%.");

/// `uuid: {v7: createdAt}`.
pub const UUID: Mapping =
    mapping("`uuid`", &[required("v7", A_TIME, "The time of the row that the UUID begins with.")]);
/// `permutation: {beside: rank, …}`.
pub const PERMUTATION: Mapping = mapping(
    "`permutation`",
    &[
        required(
            "beside",
            Text("a permutation"),
            "Another permutation of the entity that this one keeps apart from.",
        ),
        required("top", Share, "The share of the rows that come first in the other one."),
        required(
            "avoids_last",
            Share,
            "The share of this one's ranks, the last ones, that those rows never get.",
        ),
    ],
);
/// `pool: {values: […]}`.
pub const POOL: Mapping = Mapping {
    one_of: &[&["values"], &["names"]],
    ..mapping(
        "`pool`",
        &[
            key("values", List(&Shape::Value), "The values; one that stands twice is twice as likely."),
            key("names", Words(&word_lists::NAMES), "A list that comes with seedmill."),
            key(
                "zipf",
                Number,
                "Ranks the values by how often they stand in the list, then by their place: rank k weighs k^-zipf.",
            ),
        ],
    )
};
/// `record: {of: […]}`.
pub const RECORD: Mapping = mapping(
    "`record`",
    &[
        required(
            "of",
            Either(&[List(&Record), Text("a CSV file beside the model")]),
            "The records: each maps the same fields to values. A field `weight` says how often the record is taken.",
        ),
        key("zipf", Number, "Ranks the records by their place, instead of weights."),
    ],
);
/// `range: {from, to, …}`.
pub const RANGE: Mapping = mapping(
    "`range`",
    &[
        required("from", Time, "The first time."),
        required("to", Time, "The time after the last."),
        key(
            "shape",
            Words(&["uniform", "rising", "linear"]),
            "`uniform` is what is without it; `rising` has most at the end; `linear` is in the order of the rows.",
        ),
        key(
            "not_before",
            Text("reference.column"),
            "A time of the row that a reference points at: no time lies before it, and the law yields as little as it can.",
        ),
        HOURLY,
        WEEKLY,
        WEEKDAY_BOOST,
        ZONE,
        GROWTH,
    ],
);
/// `text: {length, words}`.
pub const TEXT: Mapping = mapping(
    "`text`",
    &[
        required("length", LawOfNumbers, "Characters, from 1 to 1,000,000."),
        required("words", Words(&["english"]), "The list of words."),
    ],
);
/// `reference: {to, …}`.
pub const REFERENCE: Mapping = mapping(
    "`reference`",
    &[
        required("to", ENTITY_COLUMN, "The key that is referred to: a visible column of unique values."),
        key(
            "zipf",
            Number,
            "Some rows are more popular than others, which rows is random: the k-th weighs k^-zipf.",
        ),
        key("distinct", Flag, "The rows of one parent refer to different rows."),
        key(
            "pairs",
            Text("a permutation of the parent"),
            "With `distinct`: the parents with two rows, which are the last of these ranks, have pairs that no other of them has.",
        ),
        key(
            "within",
            Text("the family's root"),
            "Chooses among the rows of the same family, which are children of its root.",
        ),
        key(
            "except",
            Text("a reference, or self"),
            "With `within`: not the row that another reference of this row or of an ancestor chose. `self`: any row but the own.",
        ),
        key(
            "earlier",
            Either(&[LawOfNumbers, Words(&["uniform"])]),
            "An earlier row of the own entity, by a law of how many rows back; under a parent one of its rows, else \
             `uniform` is any earlier one.",
        ),
        key("roots", Share, "With `earlier`, in an entity without a parent: rows that refer to none."),
    ],
);
/// `after: {base, by}`.
pub const AFTER: Mapping = mapping(
    "`after`",
    &[
        required(
            "base",
            A_TIME,
            "The time that it begins with: a column of the row, of an ancestor or of a row that is referred to.",
        ),
        required("by", LawOfDurations, "The length of time."),
        key("share", Share, "For this share of the rows; the others have the base itself."),
    ],
);
/// `between: {from, to}`.
pub const BETWEEN: Mapping = mapping(
    "`between`",
    &[required("from", A_TIME, "The earlier time."), required("to", A_TIME, "The later time.")],
);
const BURSTS: Mapping = mapping(
    "`bursts`",
    &[
        required(
            "coefficient",
            Number,
            "How unevenly rows come: the coefficient of variation of the gaps, from 1 (no bursts) to 20.",
        ),
        required("gap_seconds", Number, "The mean gap inside a burst, in seconds."),
    ],
);
/// `process: {from, to, …}`.
pub const PROCESS: Mapping = mapping(
    "`process`",
    &[
        required(
            "from",
            Text("parent.column"),
            "A time of the parent, inside the window: no row lies before it.",
        ),
        required("to", Time, "The time after the last, inside the window."),
        HOURLY,
        WEEKLY,
        WEEKDAY_BOOST,
        ZONE,
        GROWTH,
        key("bursts", Keys(&BURSTS), "Rows come close after each other."),
    ],
);
/// `running: {sum}`.
pub const RUNNING: Mapping = mapping(
    "`running`",
    &[
        required("sum", Text("a column"), "What is summed: whole numbers or decimals."),
        key("from", Text("parent.column"), "A column of the parent that the sum begins with."),
    ],
);
/// `array: {of, length}`.
pub const ARRAY: Mapping = mapping(
    "`array`",
    &[
        required(
            "of",
            Element,
            "How an element is made: a `choice`, `pool`, `chance`, `constant`, law, `text` or `uuid: v4`, and a `type`.",
        ),
        required("length", LawOfNumbers, "The number of elements, from 0 to 1,000."),
    ],
);
/// `switch: {on, cases}`.
pub const SWITCH: Mapping = mapping(
    "`switch`",
    &[
        required(
            "on",
            Text("a column"),
            "A column of texts: of the row, an ancestor, or a row that is referred to.",
        ),
        required("cases", Map(Names::Given("value"), &Case), "Values of that column, each with a strategy."),
    ],
);
