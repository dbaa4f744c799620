//! [`example`]: what other tools call things, and how they are spelled here, for the hints of wrong models.

/// How a mapping is written, by the name that messages give it; nothing for those that need no example.
pub fn example(what: &str) -> &'static str {
    match what.trim_matches('`') {
        "uniform" => "such as uniform: {min: 1, max: 9}",
        "normal" => "such as normal: {mean: 35, stddev: 12}",
        "log_normal" => "such as log_normal: {median: 90, sigma: 1.2}",
        "exponential" => "such as exponential: {mean: 5}",
        "geometric" => "such as geometric: {p: 0.3, min: 1, max: 20}",
        "power_law" => "such as power_law: {exponent: 2.5, min: 1, max: 1000}",
        "mixture" | "a component of a mixture" => {
            "such as mixture: [{weight: 70%, law: 2}, {weight: 30%, law: {uniform: {min: 3, max: 9}}}]"
        }
        "pool" => "such as pool: {values: [red, blue]} or pool: {names: first_names}",
        "range" => "such as range: {from: 2024-01-01, to: 2025-01-01}",
        "after" => "such as after: {base: createdAt, by: {exponential: {mean: 2h}}}",
        "between" => "such as between: {from: createdAt, to: deletedAt}",
        "process" => "such as process: {from: rooms.createdAt, to: $window.end}",
        "text" => "such as text: {length: {uniform: {min: 5, max: 80}}, words: english}",
        "reference" => "such as reference: users.id or reference: {to: users.id, zipf: 1.2}",
        "switch" => "such as switch: {on: type, cases: {IMAGE: {constant: 1}}}",
        "permutation" => "such as permutation: {beside: rank, top: 2%, avoids_last: 70%}",
        "per_parent" => {
            "such as per_parent: 3, {uniform: {min: 1, max: 5}}, {share: 10%} or {column: members}"
        }
        "window" => "such as window: {from: 2025-07-28, weeks: 12}",
        "bands" => "such as bands: {dev: {users: 5K}, perf: {users: 5M}}",
        "a model" => "a model begins with `model: NAME` and `entities:`",
        "entities" => "such as entities: {users: {rows: 5K, columns: {id: {uuid: v4}}}}",
        "columns" => "such as columns: {id: {uuid: v4}}; indent the columns below it",
        "a validation" => "such as updatedAt >= createdAt",
        "an expression" => "such as quantity * price; a condition such as type = 'TEXT'",
        "parent" => "such as parent: users",
        "key" => "such as key: id",
        "count" => "such as count: orders",
        "template" => "such as template: \"SKU-{row}\"",
        "an aggregate" => "such as max: messages.createdAt",
        "a case" => "such as IMAGE: {constant: 1}",
        "alpha" => "such as alpha: {value: 1.8, holds_at: 1.8}",
        what if what.starts_with("the band ") => "such as dev: {users: 5K}",
        what if what.starts_with("the column ") => "such as id: {uuid: v4}",
        what if what.starts_with("the entity ") => "such as users: {rows: 5K, columns: {id: {uuid: v4}}}",
        _ => "",
    }
}

/// What another tool's word for a strategy or a law is here.
pub fn strategy(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "gauss" | "gaussian" => "it is {normal: {mean: 35, stddev: 12}}",
        "enum" | "values" | "oneof" | "one_of" | "options" | "categories" | "weighted" => {
            "such as {choice: {A: 70%, B: 30%}}, or {pool: {values: [A, B]}} for equal chances"
        }
        "foreign_key" | "references" | "ref" | "fk" | "belongs_to" => {
            "such as {reference: users.id}, or {parent: id} for the key of the row's parent"
        }
        "autoincrement" | "auto_increment" | "serial" | "increment" | "row" | "index" => {
            "such as {sequence: 1}"
        }
        "faker" | "fake" | "provider" | "generator" => {
            "such as {pool: {names: first_names}}, or {template: \"user{row}@example.com\"}"
        }
        "bool" | "boolean" | "probability" => "such as {chance: 50%}",
        "date" | "datetime" | "timestamp" | "time" | "now" => {
            "such as {range: {from: 2024-01-01, to: 2025-01-01}}"
        }
        "before" => "such as {between: {from: earlierTime, to: laterTime}}",
        "avg" | "average" | "mean" | "median" => {
            "an average is {expression: \"total / nullif(orders, 0)\"} of a {sum: orders.total} and a {count: orders}"
        }
        "value" | "default" | "literal" => "such as {constant: open}",
        "regex" | "pattern" | "format" | "string" => "such as {template: \"SKU-{row}\"}",
        "int" | "integer" | "random" | "number" => "such as {uniform: {min: 1, max: 9}, type: integer}",
        "sql" | "formula" | "computed" => "such as {expression: \"quantity * price\"}",
        _ => return None,
    })
}

/// What another tool's key of a column or entity is here.
pub fn key(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "primary_key" | "pk" => {
            "the entity says `key: NAME`; a column `id` of unique values is its key already"
        }
        "nullable" | "required" | "not_null" | "optional" => {
            "a column has no NULLs unless it says how many: null: 10%"
        }
        "description" | "comment" | "doc" | "notes" => "write it as a comment: # …",
        "foreign_key" | "ref" => "a reference is a strategy of its own: {reference: users.id}",
        "count" | "size" | "amount" => "`rows: 5K`, or `per_parent: 3` for a child",
        "fields" | "properties" | "attributes" => "did you mean `columns`?",
        "tables" | "models" => "did you mean `entities`?",
        "primarykey" => "did you mean `key`?",
        "constraints" | "checks" | "rules" => "did you mean `validations`?",
        "on_delete" | "on_update" => "rows are made once and never change",
        _ => return None,
    })
}

/// What another system's name of a type is here.
pub fn column_type(word: &str) -> Option<&'static str> {
    let bare = word.split('(').next().unwrap_or(word).trim().to_lowercase();
    Some(match bare.as_str() {
        "string" | "str" | "varchar" | "char" | "character varying" | "nvarchar" => "text",
        "int" | "int4" | "int32" | "smallint" | "int2" | "serial" => "integer",
        "long" | "int8" | "int64" | "bigserial" => "bigint",
        "double" | "real" | "float8" | "float64" | "double precision" | "number" => "float",
        "numeric" | "money" => "decimal(10,2)",
        "bool" => "boolean",
        "timestamptz" | "timestamp with time zone" => "timestamp",
        "guid" => "uuid",
        "enum" => "{enum: [A, B]}",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_found_by_the_name_that_messages_use() {
        assert!(example("`normal`").contains("stddev"));
        assert!(example("the column `x`").contains("uuid"));
        assert_eq!(example("something else"), "");
    }

    #[test]
    fn words_of_other_tools_are_known_in_any_case() {
        assert_eq!(column_type("VARCHAR(20)"), Some("text"));
        assert!(strategy("gaussian").is_some_and(|hint| hint.contains("normal")));
        assert_eq!(key("colour"), None);
    }
}
