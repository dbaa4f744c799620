//! [`MODEL`]: what a model's file has at its top, and the judge's conditions.

use super::Shape::{
    Anything, Count, Duration, Either, Exactly, Expression, Keys, List, Map, Number, Share, Text, Time,
};
use super::entities::ENTITY;
use super::{Example, Form, Mapping, Names, Place, Shape, key, mapping, required};

/// The whole file.
pub const MODEL: Mapping = mapping(
    "a model",
    &[
        required("model", Text("a name"), "The model's name; datasets are named after it."),
        key("version", Count, "The author's own version of the model; 1 without it."),
        key("window", Keys(&WINDOW), "The weeks that time processes fill."),
        key(
            "bands",
            Map(Names::Given("band"), &Map(Names::Given("number"), &Number)),
            "Named scales, each with numbers that stand for `$band.NAME`; a band is chosen with `--band`.",
        ),
        key(
            "parameters",
            Either(&[Text("a JSON or YAML file beside the model"), Map(Names::Given("name"), &Anything)]),
            "A tree of values that stand for `$path.to.value`; `--set` and `--spec` override them.",
        ),
        key(
            "synthetic_email_domains",
            List(&Text("a domain")),
            "Domains whose addresses are synthetic by declaration, so that the judge of personal data lets them be.",
        ),
        required("entities", Map(Names::Given("entity"), &Keys(&ENTITY)), "The tables."),
        key(
            "assess",
            Map(Names::Given("group"), &Keys(&GROUP)),
            "Named groups of the judge's checks, with conditions beside what the laws promise.",
        ),
    ],
);

const WINDOW: Mapping = mapping(
    "`window`",
    &[
        required("from", Time, "The first day, a Monday; `$window.from`."),
        required("weeks", Count, "How many weeks it has, from 1 to 5,000; it ends at `$window.end`."),
        key("settle", Duration, "How long after the end the data is looked at; `$snapshot` is that time."),
    ],
);

const GROUP: Mapping = mapping(
    "a group of checks",
    &[
        key(
            "checks",
            List(&Text("an entity, entity.column or `child per parent`")),
            "What its checks are of.",
        ),
        key("parameters", Text("names of parameters"), "What moves its figures, for the advice in reports."),
        key("conditions", List(&Either(&FIGURES)), "Figures with bounds."),
    ],
);

const FIGURES: [Shape; 6] =
    [ASSESS[0].value, ASSESS[1].value, ASSESS[2].value, ASSESS[3].value, ASSESS[4].value, ASSESS[5].value];

const AT_LEAST: super::Key = key("at_least", Number, "The least that it may be.");
const AT_MOST: super::Key = key("at_most", Number, "The most that it may be.");
const CHILD: Shape = Text("a child entity");

/// A condition.
const fn figure(keys: &'static [super::Key]) -> Mapping {
    Mapping { some_of: &["at_least", "at_most"], ..mapping("a condition", keys) }
}

const TOP: Mapping = figure(&[
    required("top", Share, "The first parents by their number of rows."),
    required("of", CHILD, "The child whose rows are counted."),
    AT_LEAST,
    AT_MOST,
]);
const ABOVE: Mapping = figure(&[
    required("above", Count, "Parents with at least so many rows."),
    required("of", CHILD, "The child whose rows are counted."),
    AT_LEAST,
    AT_MOST,
]);
const QUANTILES: Mapping = figure(&[
    required("quantiles", Exactly(2, &Share), "Two quantiles of the rows for each parent."),
    required("of", CHILD, "The child whose rows are counted."),
    AT_LEAST,
    AT_MOST,
]);
const VARIETY: Mapping =
    figure(&[required("variety", Text("entity.column"), "The column."), AT_LEAST, AT_MOST]);
const BUSIEST_HOUR: Mapping =
    figure(&[required("busiest_hour", Text("entity.column"), "A column of times."), AT_LEAST, AT_MOST]);
const SHARE: Mapping = figure(&[
    required("share", Text("an entity"), "The entity whose rows are counted."),
    required("where", Expression, "The condition."),
    key("of", Text("an entity"), "The entity whose rows are the whole; the same without it."),
    AT_LEAST,
    AT_MOST,
]);

const fn condition(text: &'static str) -> Example {
    Example { place: Place::Assess, text }
}

/// The figures that conditions bound.
pub const ASSESS: [Form; 6] = [
    Form {
        written: "{top: 1%, of: CHILD}",
        does: "The share of a child's rows that lies under the parents with most.",
        value: Keys(&TOP),
        examples: &[condition(
            "heavy customers:\n  checks: [orders per customers]\n  conditions:\n    - {top: 10%, of: orders, at_most: 30%}",
        )],
    },
    Form {
        written: "{above: 10K, of: CHILD}",
        does: "The share of parents with at least so many rows.",
        value: Keys(&ABOVE),
        examples: &[condition("many orders: {conditions: [{above: 5, of: orders, at_most: 60%}]}")],
    },
    Form {
        written: "{quantiles: [99%, 50%], of: CHILD}",
        does: "One quantile of the rows for each parent over another.",
        value: Keys(&QUANTILES),
        examples: &[condition("skew: {conditions: [{quantiles: [95%, 50%], of: clicks, at_least: 2}]}")],
    },
    Form {
        written: "{variety: ENTITY.COLUMN}",
        does: "How many different values a column has.",
        value: Keys(&VARIETY),
        examples: &[condition(
            "channels: {conditions: [{variety: orders.channel, at_least: 3, at_most: 3}]}",
        )],
    },
    Form {
        written: "{busiest_hour: ENTITY.COLUMN}",
        does: "Rows in the busiest hour of the day over rows in the quietest.",
        value: Keys(&BUSIEST_HOUR),
        examples: &[condition(
            "evenness:\n  parameters: the shape of customers.createdAt\n  conditions:\n    - {busiest_hour: customers.createdAt, at_most: 3}",
        )],
    },
    Form {
        written: "{share: ENTITY, where: \"…\", of: ENTITY}",
        does: "The share of rows where a condition holds, of all rows of the entity or of another.",
        value: Keys(&SHARE),
        examples: &[condition(
            "open orders: {conditions: [{share: orders, where: \"status = 'OPEN'\", at_least: 10%, at_most: 30%}]}",
        )],
    },
];

/// How numbers, times and parameters are written: (what, written, meaning).
pub const NUMBERS: [(&str, &str, &str); 6] = [
    (
        "number",
        "`15`, `0.7`, `1_000`, `5K`, `2M`, `1G`, `30%`",
        "`K`, `M` and `G` are thousands, millions, billions; a per cent is a hundredth",
    ),
    ("share", "`30%` or `0.3`", "a number from 0 to 1"),
    ("count", "`5K`", "a whole number from 0 to 2^53"),
    ("duration", "`250ms`, `10s`, `15m`, `2h`, `30d`, `1w`", "a number alone is seconds"),
    (
        "time",
        "`2025-07-28` or `2025-07-28T09:30:00Z`",
        "a date is its midnight in UTC; a time has its zone, `Z` or an offset",
    ),
    ("true or false", "`true`, `false`", "not `yes` or `on`"),
];

/// What may stand for a value: (written, meaning).
pub const PARAMETERS: [(&str, &str); 4] = [
    ("`$band.users`", "a number of the band that is made"),
    ("`$messages.media.share`", "a value of `parameters`, by its path; it may be a list or a mapping too"),
    ("`$window.from`, `$window.end`, `$snapshot`", "times of the model's window"),
    ("`$$`", "a dollar sign"),
];

/// The model that the examples stand in.
pub const FRAME: &str = include_str!("frame.yaml");
