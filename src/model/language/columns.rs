//! [`COLUMN`]: a column's modifiers; its strategy stands beside them.

use super::Shape::{Expression, Flag, Share, Text, Value};
use super::{Beside, Example, Key, Mapping, Shape, column, key, mapping};

/// What goes with any strategy.
pub const MODIFIERS: [Key; 7] = [
    key("type", Shape::Type, "The type of the values, where the strategy leaves a choice."),
    key(
        "null",
        Share,
        "This share of the rows is NULL, whatever the strategy says; of a reference, what is copied of its row too.",
    ),
    key(
        "when",
        Expression,
        "Rows where the condition does not hold are NULL, and an expression is not evaluated for them. Of a reference no row is chosen there, and what is copied of it is NULL too.",
    ),
    key("unique", Flag, "No value stands twice: shown from the way it is made, else `check` refuses it."),
    key("hidden", Flag, "The column is computed for others to read and never written."),
    key(
        "references",
        Text("entity.column"),
        "The key that the values are of, where they are made otherwise than by `reference` or `parent`: a foreign key for the tables.",
    ),
    key(
        "default",
        Value,
        "What the loaded table puts where an application names no value: a value, `now`, `random` or null. It changes no row.",
    ),
];

/// The ranks that a law may go over.
pub const RANKS: Key = key(
    "by",
    Text("a permutation"),
    "Beside a law of whole numbers: it is laid over these ranks, so that its shares are exact and rank 0 gets the greatest value.",
);

/// A declared column.
pub const COLUMN: Mapping = Mapping { beside: Beside::Strategy, ..mapping("the column", &MODIFIERS) };
/// A case of a switch: a strategy alone.
pub const CASE: Mapping = Mapping { beside: Beside::Strategy, ..mapping("a case", &[]) };
/// How elements of an array are made.
pub const ELEMENT: Mapping = Mapping {
    beside: Beside::Strategy,
    ..mapping("`of`", &[key("type", Shape::Type, "The type of the elements.")])
};
/// A law with its bounds.
pub const LAW: Mapping = Mapping { beside: Beside::Law, ..mapping("a law", &[]) };

/// Modifiers in use.
pub const EXAMPLES: &[Example] = &[
    column("customers", "phone: {template: \"+99 {number}\", null: 30%, unique: false}"),
    column(
        "customers",
        "seats: {geometric: {p: 0.5, min: 1, max: 4}, by: rank, type: integer, hidden: true}",
    ),
    column(
        "orders",
        "note: {text: {length: {uniform: {min: 10, max: 60}}, words: english}, when: \"status = 'SENT'\"}",
    ),
    column("orders", "payerCity: {copy: payerId.city, default: null}"),
    column(
        "orders",
        "sentAt: {range: {from: 2025-01-13, to: 2025-03-03, shape: rising, not_before: payerId.createdAt}, when: \"status = 'SENT'\"}",
    ),
    column("lines", "buyerId: {copy: orders.customerId, references: customers.id}"),
];
