//! [`TYPES`]: what columns hold.

use super::Shape::{List, Text, Type};
use super::{Mapping, Shape, Word, column, mapping, required, word};

/// `{enum: [A, B]}`.
pub const ENUM: Mapping =
    mapping("`type`", &[required("enum", List(&Text("a value")), "The values, in their order.")]);
/// `{array: text}`.
pub const ARRAY: Mapping = mapping("`type`", &[required("array", Type, "The type of the elements.")]);

/// A type that is written as its name.
const fn plain(name: &'static str, does: &'static str, examples: &'static [super::Example]) -> Word {
    word(name, Text(""), does, examples)
}

/// The types, in the order in which messages list them; the last three have parts.
pub const TYPES: [Word; 13] = [
    plain(
        "uuid",
        "A UUID.",
        &[column("products", "batch: {constant: 018f4d2e-7b1a-7c3d-9e5f-0a1b2c3d4e5f, type: uuid}")],
    ),
    plain("text", "Text.", &[column("products", "shelf: {choice: {7: 40%, 12: 60%}, type: text}")]),
    plain(
        "integer",
        "A whole number of 32 bits.",
        &[column("products", "pieces: {uniform: {min: 1, max: 24}, type: integer}")],
    ),
    plain(
        "bigint",
        "A whole number of 64 bits.",
        &[column("products", "barcode: {uniform: {min: 4000000000000, max: 4999999999999}, type: bigint}")],
    ),
    plain(
        "float",
        "A number of 64 bits with a floating point; what laws make without a `type`.",
        &[column("products", "rating: {normal: {mean: 3.9, stddev: 0.7}, min: 1, max: 5, type: float}")],
    ),
    plain(
        "boolean",
        "True or false.",
        &[column("products", "fragile: {pool: {values: [true, false, false]}, type: boolean}")],
    ),
    plain(
        "timestamp",
        "A point in time, in UTC, to the microsecond.",
        &[column("products", "checkedAt: {constant: 2025-01-01T12:00:00Z, type: timestamp}")],
    ),
    plain(
        "date",
        "A day.",
        &[column("products", "bestBefore: {pool: {values: [2026-01-31, 2026-02-28]}, type: date}")],
    ),
    plain(
        "datetime",
        "A time without zone: what a clock on the wall shows.",
        &[column("products", "shelvedAt: {range: {from: 2024-01-01, to: 2025-01-01}, type: datetime}")],
    ),
    plain(
        "json",
        "A JSON document, `jsonb` in Postgres.",
        &[column("products", "extras: {constant: '{\"gift\": true}', type: json}")],
    ),
    word(
        "decimal(10,2)",
        Text(""),
        "An exact number: all its digits, at most 38, and how many of them stand after the point. In a mapping in braces it needs quotes.",
        &[column("products", "cost: {uniform: {min: 1, max: 50}, type: \"decimal(10,2)\"}")],
    ),
    word(
        "enum",
        Shape::Keys(&ENUM),
        "One of a few texts; a type of its own in Postgres.",
        &[column("products", "grade: {choice: {A: 70%, B: 30%}, type: {enum: [A, B, C]}}")],
    ),
    word(
        "array",
        Shape::Keys(&ARRAY),
        "A list of `text`, `integer`, `bigint`, `float`, `boolean`, `uuid`, `timestamp` or `date`.",
        &[column(
            "products",
            "sizes: {array: {of: {uniform: {min: 36, max: 46}}, length: 2}, type: {array: integer}}",
        )],
    ),
];
