//! [`FUNCTIONS`] and [`OPERATORS`]: what SQL expressions are made of.

use super::Operation;

const fn operation(
    name: &'static str,
    written: &'static str,
    does: &'static str,
    example: &'static str,
) -> Operation {
    Operation { name, written, does, example }
}

/// Signs and words between operands.
pub const OPERATORS: [Operation; 16] = [
    operation(
        "+ - * / %",
        "a + b",
        "Arithmetic of numbers; whole numbers divide whole, as in Postgres.",
        "quantity * price + 1",
    ),
    operation(
        "+ - of times",
        "t + interval '2 hours'",
        "A time moved by an interval; of two times the interval between them.",
        "orders.createdAt + interval '2 hours'",
    ),
    operation("= <> < <= > >=", "a < b", "Comparison.", "price >= 20"),
    operation("AND OR NOT", "a AND NOT b", "Logic with NULL as unknown.", "quantity > 1 and not price > 100"),
    operation("IS NULL", "a IS [NOT] NULL", "Whether there is no value.", "productId.color is not null"),
    operation(
        "IS TRUE",
        "a IS [NOT] TRUE, FALSE, UNKNOWN",
        "Whether a condition is that; never NULL.",
        "(productId.color = 'red') is true",
    ),
    operation(
        "IS DISTINCT FROM",
        "a IS [NOT] DISTINCT FROM b",
        "Comparison to which NULL is a value.",
        "productId.color is distinct from 'red'",
    ),
    operation("IN", "a [NOT] IN (b, c)", "Whether it is one of a list.", "orders.status in ('PAID', 'SENT')"),
    operation(
        "BETWEEN",
        "a [NOT] BETWEEN b AND c",
        "Whether it lies between two bounds, or on one.",
        "price between 10 and 20",
    ),
    operation(
        "LIKE",
        "a [NOT] LIKE 'b%'",
        "A pattern of % and _; ILIKE takes no notice of case.",
        "productId.color like 'r%'",
    ),
    operation(
        "CASE",
        "CASE WHEN a THEN b ELSE c END",
        "The first whose condition holds; also CASE x WHEN v THEN b.",
        "case when price > 50 then 'dear' else 'cheap' end",
    ),
    operation("CAST", "CAST(a AS type), a::type", "The value as another type.", "cast(price as integer)"),
    operation("||", "a || b", "Texts one after the other.", "orders.status || '-' || quantity::text"),
    operation("interval", "interval '1 day'", "A length of time.", "orders.createdAt - interval '1 day'"),
    operation(
        "timestamp, date",
        "timestamp '2025-01-06'",
        "A fixed time or day.",
        "orders.createdAt >= timestamp '2025-02-01'",
    ),
    operation(
        "names",
        "column, entity.column, reference.column",
        "A column of the row, of an ancestor, or of the row that a reference points at. A name with capitals needs no quotes.",
        "productId.price",
    ),
];

/// The functions, in the order in which messages list them.
pub const FUNCTIONS: [Operation; 30] = [
    operation("abs", "abs(x)", "The number without its sign.", "abs(quantity - 5)"),
    operation(
        "btrim",
        "btrim(s, characters)",
        "The text without these characters, or spaces, at both ends.",
        "btrim(orders.status, 'O')",
    ),
    operation("ceil", "ceil(x)", "The least whole number that is not less.", "ceil(price)"),
    operation("ceiling", "ceiling(x)", "The same as `ceil`.", "ceiling(price)"),
    operation("char_length", "char_length(s)", "The same as `length`.", "char_length(orders.status)"),
    operation(
        "character_length",
        "character_length(s)",
        "The same as `length`.",
        "character_length(orders.status)",
    ),
    operation(
        "coalesce",
        "coalesce(a, b, …)",
        "The first value that is not NULL.",
        "coalesce(productId.color, 'none')",
    ),
    operation(
        "count",
        "count(child)",
        "In a validation: the column `{count: child}` of the row.",
        "lineCount = count(lines)",
    ),
    operation(
        "date_trunc",
        "date_trunc('unit', t)",
        "The beginning of the unit that the time lies in.",
        "date_trunc('week', orders.createdAt)",
    ),
    operation(
        "extract",
        "extract(field FROM t)",
        "A field of a time.",
        "extract(hour from orders.createdAt)",
    ),
    operation("floor", "floor(x)", "The greatest whole number that is not greater.", "floor(price)"),
    operation(
        "greatest",
        "greatest(a, b, …)",
        "The greatest of the values that are not NULL.",
        "greatest(price, 5)",
    ),
    operation("least", "least(a, b, …)", "The least of the values that are not NULL.", "least(quantity, 3)"),
    operation(
        "left",
        "left(s, n)",
        "The first n characters; of a negative n, all but the last ones.",
        "left(orders.status, 2)",
    ),
    operation("length", "length(s)", "The number of characters.", "length(orders.status)"),
    operation("lower", "lower(s)", "Small letters.", "lower(orders.status)"),
    operation(
        "ltrim",
        "ltrim(s, characters)",
        "The text without these characters at its beginning.",
        "ltrim(orders.status, 'O')",
    ),
    operation(
        "max",
        "max(child.column)",
        "In a validation: the column `{max: child.column}` of the row.",
        "lastOrderAt = max(orders.createdAt)",
    ),
    operation(
        "min",
        "min(child.column)",
        "In a validation: the column `{min: child.column}` of the row.",
        "firstOrderAt = min(orders.createdAt)",
    ),
    operation("mod", "mod(a, b)", "The remainder; `a % b`.", "mod(quantity, 2)"),
    operation(
        "nullif",
        "nullif(a, b)",
        "NULL where both are equal, else the first.",
        "price / nullif(quantity - 1, 0)",
    ),
    operation(
        "replace",
        "replace(s, from, to)",
        "Every occurrence of a text replaced.",
        "replace(orders.status, 'E', 'e')",
    ),
    operation(
        "right",
        "right(s, n)",
        "The last n characters; of a negative n, all but the first ones.",
        "right(orders.status, 2)",
    ),
    operation(
        "round",
        "round(x, places)",
        "The nearest number with so many places; places need a decimal.",
        "round(price * 1.19, 2)",
    ),
    operation(
        "rtrim",
        "rtrim(s, characters)",
        "The text without these characters at its end.",
        "rtrim(orders.status, 'D')",
    ),
    operation(
        "substr",
        "substr(s, from, count)",
        "Characters from a position on, the first is 1.",
        "substr(orders.status, 2, 2)",
    ),
    operation(
        "substring",
        "substring(s, from, count)",
        "The same as `substr`; also substring(s FROM 2 FOR 2).",
        "substring(orders.status from 2 for 2)",
    ),
    operation(
        "sum",
        "sum(child.column)",
        "In a validation: the column `{sum: child.column}` of the row.",
        "total = sum(lines.amount)",
    ),
    operation(
        "trim",
        "trim(s), trim(LEADING 'x' FROM s)",
        "The text without spaces or a character at its ends.",
        "trim(leading 'O' from orders.status)",
    ),
    operation("upper", "upper(s)", "Capital letters.", "upper(productId.color)"),
];

/// How the functions are written.
pub const FUNCTION_NAMES: [&str; 30] = {
    let mut names = [""; 30];
    let mut at = 0;
    while at < 30 {
        names[at] = FUNCTIONS[at].name;
        at += 1;
    }
    names
};
