//! What every strategy comes to in the native language.

use crate::support::{assert_column, column};

#[test]
fn uuid_v4_is_a_uuid() {
    assert_column("key: {strategy: uuid_v4, description: fresh, unique: true}", "{uuid: v4, unique: true}");
}

#[test]
fn a_pool_holds_the_records_values_with_null_and_their_type() {
    assert_column("city: {strategy: seed_pool}", "{pool: {values: [Graz, Wien, Graz]}, type: text}");
    assert_column("visits: {strategy: seed_pool}", "{pool: {values: [3, 12, 3]}, type: bigint}");
    assert_column("score: {strategy: seed_pool}", "{pool: {values: [0.5, 2, 1.5]}, type: float}");
    assert_column("member: {strategy: seed_pool}", "{pool: {values: [true, false, true]}, type: boolean}");
    assert_column(
        "born: {strategy: seed_pool}",
        "{pool: {values: [1990-01-01, 1980-01-01, 1970-01-01]}, type: date}",
    );
    assert_column("note: {strategy: seed_pool}", "{pool: {values: [null, \"7\", hello]}, type: text}");
    assert_column(
        "joined: {strategy: seed_pool}",
        "{pool: {values: [\"2020-02-02T02:02:02Z\", \"2021-02-02T02:02:02Z\", null]}, type: timestamp}",
    );
}

#[test]
fn a_weighted_pool_has_an_exponent_unless_it_is_uniform() {
    let values = "values: [Graz, Wien, Graz]";
    assert_column(
        "city: {strategy: seed_pool_weighted, distribution: zipf, alpha: 1.5}",
        &format!("{{pool: {{{values}, zipf: 1.5}}, type: text}}"),
    );
    assert_column(
        "city: {strategy: seed_pool_weighted, distribution: zipf}",
        &format!("{{pool: {{{values}, zipf: 1.0}}, type: text}}"),
    );
    assert_column(
        "city: {strategy: seed_pool_weighted, distribution: uniform}",
        &format!("{{pool: {{{values}}}, type: text}}"),
    );
}

#[test]
fn a_normal_law_keeps_its_bounds_and_tells_its_type() {
    assert_column(
        "age: {strategy: normal_distribution, mean: 35, stddev: 12, min: 18, max: 80, type: integer}",
        "{normal: {mean: 35, stddev: 12}, min: 18, max: 80, type: integer}",
    );
    assert_column(
        "total: {strategy: normal_distribution, mean: 150.00, stddev: 75.00, min: 10.00, precision: 2}",
        "{normal: {mean: 150.00, stddev: 75.00}, min: 10.00, type: \"decimal(12,2)\"}",
    );
    assert_column(
        "rating: {strategy: normal_distribution, mean: 3, stddev: 1}",
        "{normal: {mean: 3, stddev: 1}, type: float}",
    );
}

#[test]
fn a_range_is_linear_rising_or_uniform() {
    for (distribution, shape) in [("linear", "linear"), ("exponential", "rising"), ("uniform", "uniform")] {
        assert_column(
            &format!(
                "at: {{strategy: distribute_range, range_start: -1d, range_end: now, distribution: {distribution}}}"
            ),
            &format!(
                "{{range: {{from: \"2024-01-14T12:00:00Z\", to: \"2024-01-15T12:00:00Z\", shape: {shape}}}, type: timestamp}}"
            ),
        );
    }
}

#[test]
fn now_is_when_the_seed_was_generated() {
    assert_column(
        "since: {strategy: distribute_range}",
        "{range: {from: \"2022-01-15T12:00:00Z\", to: \"2024-01-15T12:00:00Z\", shape: uniform}, type: timestamp}",
    );
}

#[test]
fn categories_keep_their_weights_and_tell_their_type() {
    let field = |values| format!("state: {{strategy: categorical_weighted, values: {values}}}");
    assert_column(&field("{open: 0.7, shut: 0.3}"), "{choice: {open: 0.7, shut: 0.3}, type: text}");
    assert_column(&field("{open: 70, shut: 30}"), "{choice: {open: 70, shut: 30}, type: text}");
    assert_column(&field("{1: 70%, 2: 30%}"), "{choice: {1: 70%, 2: 30%}, type: bigint}");
    assert_column(&field("{\"1\": 70%, \"2\": 30%}"), "{choice: {1: 70%, 2: 30%}, type: text}");
    assert_column(
        "state: {strategy: categorical_weighted, type: enum, values: {open: 1, shut: 0}}",
        "{choice: {open: 1, shut: 0}, type: {enum: [\"open\", \"shut\"]}}",
    );
}

#[test]
fn weights_that_do_not_sum_to_a_whole_are_shares_with_a_warning() {
    let (column, found) = column("state: {strategy: categorical_weighted, values: {open: 3, shut: 1}}");
    assert_eq!(column, "{choice: {open: 3, shut: 1}, type: text}");
    assert_eq!(
        found,
        [
            "warning shop/configs/users_multiply.yaml:9:51 the weights sum to 4; they are taken as shares of that | \
          weights sum to 1 or to 100"
        ]
    );
}

#[test]
fn a_derived_time_comes_after_its_base() {
    assert_column(
        "seen_at: {strategy: derive_from_field, base_field: created_at, operation: add_random_duration, \
         min_duration: 0d, max_duration: 12h}",
        "{after: {base: created_at, by: {uniform: {min: 0d, max: 12h}}}}",
    );
}

#[test]
fn a_copy_or_a_product_of_own_fields_is_an_expression() {
    assert_column(
        "seen_at: {strategy: derive_from_field, base_field: created_at, operation: copy}",
        "{expression: \"created_at\"}",
    );
    assert_column(
        "area: {strategy: derive_from_field, operation: multiply, fields: [created_at, id]}",
        "{expression: \"created_at * id\"}",
    );
}

#[test]
fn a_template_reads_own_fields_first_and_pools_else() {
    assert_column(
        "mail: {strategy: template, template: \"{created_at}{n}.{index}@{domain}\", sources: {domain: seed_pool}}",
        "{template: \"{created_at}{row}.{row}@{mail__domain}\", type: text}",
    );
    let field = "city: {strategy: template, template: \"{city}-{n}\", sources: {city: seed_pool}}";
    assert_column(field, "{template: \"{city__city}-{row}\", type: text}");
}
