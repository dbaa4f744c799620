//! [`LAWS`]: the laws of numbers and durations.

use super::Shape::{Count, Keys, List, Map, Measure, Number};
use super::{Key, Mapping, Names, Shape, Word, column, key, mapping, names, required, word};

/// The bounds beside a law.
pub const TRUNCATION: [Key; 2] = [
    key("min", Measure, "Nothing below it: the law is cut there, and what is left is scaled up."),
    key("max", Measure, "Nothing above it: the law is cut there, and what is left is scaled up."),
];

const UNIFORM: Mapping = mapping(
    "`uniform`",
    &[required("min", Measure, "The least value."), required("max", Measure, "The greatest value.")],
);
const NORMAL: Mapping = mapping(
    "`normal`",
    &[
        required("mean", Measure, "The mean, before the law is cut."),
        required("stddev", Measure, "The standard deviation, before the law is cut."),
    ],
);
const LOG_NORMAL: Mapping = Mapping {
    one_of: &[&["median"], &["mu"]],
    ..mapping(
        "`log_normal`",
        &[
            key("median", Measure, "The median; `mu` says it as a logarithm."),
            key("mu", Number, "The mean of the logarithm."),
            required("sigma", Number, "The standard deviation of the logarithm."),
        ],
    )
};
const EXPONENTIAL: Mapping = mapping("`exponential`", &[required("mean", Measure, "The mean.")]);
const GEOMETRIC: Mapping = mapping(
    "`geometric`",
    &[
        required("p", Number, "How much of what is left each value takes, from 0 to 1."),
        required("min", Measure, "The first value."),
        required("max", Measure, "The last value."),
    ],
);
const POISSON: Mapping = mapping("`poisson`", &[required("mean", Measure, "The mean.")]);
const POWER_LAW: Mapping = mapping(
    "`power_law`",
    &[
        required("exponent", Number, "How fast large values become rare: a value k weighs k^-exponent."),
        required("min", Measure, "The first value."),
        required("max", Measure, "The last value."),
    ],
);
const ZIPF: Mapping = mapping(
    "`zipf`",
    &[
        required("exponent", Number, "How fast high ranks become rare: rank k weighs k^-exponent."),
        required("count", Count, "The number of ranks."),
    ],
);
const PARETO: Mapping = mapping(
    "`pareto`",
    &[
        required("alpha", Number, "How heavy the tail is: the lower, the heavier; without a mean up to 1."),
        required("min", Measure, "The least value."),
        key("max", Measure, "The law is cut there."),
    ],
);
const HISTOGRAM: Mapping = mapping(
    "`histogram`",
    &[
        required("edges", List(&Measure), "The bounds of the bins, rising, one more than there are bins."),
        required("weights", List(&Number), "The weight of each bin; they need not sum to 1."),
    ],
);
const COMPONENT: Mapping = mapping(
    "a component of a mixture",
    &[
        required("weight", Number, "How often it is taken; weights need not sum to 1."),
        required("law", Shape::Law, "What is drawn then: a law or a number."),
    ],
);

/// The laws, in the order in which messages list them.
pub const LAWS: [Word; 12] = [
    word(
        "uniform",
        Keys(&UNIFORM),
        "Every number between two bounds is as likely as any other. So is every whole number, bounds included, where the \
         values are whole: from 1 to 6 is a fair die. And so is every cent of a `decimal(10,2)`. Bounds between two such \
         values mean those within: from 0.5 to 6.5 is the same die. In a `mixture` that holds for each part, and between \
         `min` and `max` beside the law for what they leave.",
        &[column("customers", "score: {uniform: {min: 1, max: 6}, type: integer}")],
    ),
    word(
        "normal",
        Keys(&NORMAL),
        "The bell curve.",
        &[column("customers", "age: {normal: {mean: 35, stddev: 12}, min: 18, max: 80, type: integer}")],
    ),
    word(
        "log_normal",
        Keys(&LOG_NORMAL),
        "Many small values and a few large ones: sizes, prices, durations.",
        &[column("products", "grams: {log_normal: {median: 300, sigma: 0.8}, max: 20K}")],
    ),
    word(
        "exponential",
        Keys(&EXPONENTIAL),
        "Waiting times: small values most often, with a mean.",
        &[column("products", "stockDays: {exponential: {mean: 20}}")],
    ),
    word(
        "geometric",
        Keys(&GEOMETRIC),
        "Whole numbers from `min` on, each as many times rarer than the one before; ends at `max`.",
        &[column("customers", "logins: {geometric: {p: 0.2, min: 0, max: 50}, type: integer}")],
    ),
    word(
        "poisson",
        Keys(&POISSON),
        "How often something happens that has a mean.",
        &[column("customers", "calls: {poisson: {mean: 3.2}, type: integer}")],
    ),
    word(
        "power_law",
        Keys(&POWER_LAW),
        "Whole numbers with a heavy tail, from `min` to `max`.",
        &[column("customers", "followers: {power_law: {exponent: 2.2, min: 1, max: 1000}, type: integer}")],
    ),
    word(
        "zipf",
        Keys(&ZIPF),
        "Ranks from 1 on, the first the most frequent. How popular rows are is a `reference` with a `zipf`.",
        &[column("customers", "page: {zipf: {exponent: 1.2, count: 200}, type: integer}")],
    ),
    word(
        "pareto",
        Keys(&PARETO),
        "From `min` on with a heavy tail: incomes, file sizes.",
        &[column("customers", "income: {pareto: {alpha: 2.5, min: 10K, max: 1M}, type: \"decimal(12,2)\"}")],
    ),
    word(
        "quantiles",
        Map(Names::Percentiles, &Measure),
        "The values that percentiles have, even between them, on a logarithmic scale where all are above 0; `p0` and `p100` must be there. \
         (In `per_parent` it is a list, see there.)",
        &[column("customers", "latency: {quantiles: {p0: 1, p50: 15, p95: 80, p100: 300}}")],
    ),
    word(
        "histogram",
        Keys(&HISTOGRAM),
        "Bins with weights, uniform within each.",
        &[column(
            "customers",
            "height: {histogram: {edges: [150, 165, 180, 200], weights: [25%, 55%, 20%]}}",
        )],
    ),
    word(
        "mixture",
        List(&Keys(&COMPONENT)),
        "One of several laws, each with its weight.",
        &[column(
            "customers",
            "visits:\n  mixture:\n    - {weight: 70%, law: {normal: {mean: 3, stddev: 1}, min: 0}}\n    - {weight: 30%, law: {zipf: {exponent: 1.5, count: 40}}}\n  type: integer",
        )],
    ),
];

/// How the laws are written.
pub const LAW_NAMES: [&str; 12] = names(&LAWS);
