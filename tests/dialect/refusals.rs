//! Mistakes in models: each is reported where it stands, with what would work.

use crate::support::{
    SHOP, USERS, USERS_SEED, Workspace, assert_refused, at, column, flow, shop_after, shop_with,
};

#[test]
fn a_wrong_field_says_where_and_what_would_work() {
    assert_refused("x: {strategy: uuid_v5}", "9:17 unknown strategy `uuid_v5` | did you mean `uuid_v4`?");
    assert_refused("x: {}", "9:6 `x` lacks `strategy` | add `strategy: …`");
    assert_refused(
        "age: {strategy: normal_distribution, mean: 3, stddev: 1, maxx: 3}",
        "9:60 unknown key `maxx` | did you mean `max`?",
    );
    assert_refused(
        "age: {strategy: normal_distribution, mean: \"3\", stddev: 1}",
        "9:46 `mean` must be a number such as 12, 0.5, 30% or 5K, not a text | ",
    );
    assert_refused(
        "age: {strategy: normal_distribution, mean: 3, stddev: 1, min: 5, max: 4}",
        "9:73 `max` is less than `min` | ",
    );
    assert_refused(
        "age: {strategy: normal_distribution, mean: 3, stddev: 1, type: text, precision: 1}",
        "9:83 `precision: 1` does not fit the type text | such as decimal(10,1), or drop `precision`",
    );
    assert_refused("x: {strategy: uuid_v4, type: uid}", "9:32 unknown type `uid` | did you mean `uuid`?");
    assert_refused(
        "town: {strategy: seed_pool}",
        "9:3 no record and no pattern of the seed file has `town` | the records have city, visits, score, member, \
         joined, born, note; patterns may hold a list `town`",
    );
    assert_refused(
        "city: {strategy: seed_pool_weighted, distribution: uniform, alpha: 2}",
        "9:70 `alpha` means nothing to a uniform distribution | add `distribution: zipf`, or drop `alpha`",
    );
    assert_refused(
        "x: {strategy: categorical_weighted, values: {a: 1, b: -1}}",
        "9:57 the weight of `b` must be 0 or more, not `-1` | ",
    );
    assert_refused(
        "x: {strategy: distribute_range, range_start: 2023-01-01, range_end: 2022-01-01}",
        "9:71 the range ends before it starts | ",
    );
    assert_refused(
        "9x: {strategy: uuid_v4}",
        "9:3 `9x` cannot name a field | letters, digits and _ name a field, \
                    not starting with a digit",
    );
}

#[test]
fn a_wrong_template_says_what_nothing_fills() {
    assert_refused(
        "x: {strategy: template, template: \"{citi}-{n}\"}",
        "9:37 nothing fills the placeholder `{citi}` | known: id, created_at, index, n or add `citi: seed_pool` to \
         `sources`",
    );
    assert_refused(
        "x: {strategy: template, template: \"{city\", sources: {city: seed_pool}}",
        "9:37 a `{` of the template is not closed | such as {first_name}",
    );
    assert_refused(
        "x: {strategy: template, template: \"{city}\", sources: {city: seed_poll}}",
        "9:63 unknown source `seed_poll` | did you mean `seed_pool`?",
    );
}

#[test]
fn a_wrong_derivation_says_what_it_reads() {
    let derive = |rest: &str| format!("x: {{strategy: derive_from_field, {rest}}}");
    assert_refused(
        &derive("operation: multipy, fields: [id, id]"),
        "9:47 unknown operation `multipy` | did you mean `multiply`?",
    );
    assert_refused(
        &derive("operation: copy, base_field: creatd_at"),
        "9:65 `users` has no field `creatd_at` | did you mean `created_at`?",
    );
    assert_refused(
        &derive("operation: sum, base_field: total"),
        "9:64 `sum` needs a field of a child entity | write the entity before it: `base_field: order_items.line_total`",
    );
    assert_refused(
        &derive("operation: copy, base_field: id, fields: [id]"),
        "9:69 `fields` means nothing to the operation `copy` | it reads base_field",
    );
    assert_refused(
        &derive(
            "operation: add_random_duration, base_field: created_at, min_duration: -1d, max_duration: 1d",
        ),
        "9:106 `min_duration` must be a duration, 0 or more, such as 0d, 12h or 365d, not `-1d` | ",
    );
}

#[test]
fn now_without_a_generated_at_is_refused() {
    let users =
        USERS.replace("2022-01-01T00:00:00Z", "-1d").replace("seed_file: ../seeds/users_seed.yaml\n", "");
    let workspace = Workspace::new(&[("configs/users_multiply.yaml", &users)]);
    let (_, found) = workspace.translate(&[]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains(":7:57 `-1d` needs to know when now is"), "{found:#?}");
    workspace.write("shop/config.yaml", "now: 2022-06-01");
    assert!(workspace.translate(&[]).0.is_some());
}

#[test]
fn an_unknown_reference_lists_the_entities() {
    let (model, found) = shop_after("configs/orders_multiply.yaml", "users_bulk.csv", "customers_bulk.csv");
    assert!(model.is_none());
    assert!(
        found.contains(
            &"error shop/configs/orders_multiply.yaml:8:21 no entity goes by `customers` | there are order_items, \
              orders, users"
                .to_owned()
        ),
        "{found:#?}"
    );
    let (_, found) =
        shop_after("configs/orders_multiply.yaml", "reference_field: id", "reference_field: idd");
    assert!(
        found[0].starts_with(
            "error shop/configs/orders_multiply.yaml:9:22 `users` has no field `idd` | did you mean"
        ),
        "{found:#?}"
    );
}

#[test]
fn an_ambiguous_qualifier_names_its_ways() {
    let second = "\n  seller_id: {strategy: foreign_key_reference, reference_file: users.csv, reference_field: id}\n  total:";
    let (_, found) = shop_after("configs/orders_multiply.yaml", "\n  total:", second);
    assert_eq!(
        found,
        [
            "error shop/configs/orders_multiply.yaml:15:31 `user.created_at` is ambiguous: `orders` has user_id and \
          seller_id | write `user_id.created_at`"
        ]
    );
}

#[test]
fn the_reference_beside_a_rule_must_be_that_of_the_rule() {
    let rule = "rule: '>= user.created_at'";
    let (_, found) = shop_after(
        "configs/orders_multiply.yaml",
        rule,
        &format!("{rule}, reference_entity: User, reference_field: id"),
    );
    assert!(
        found[0].starts_with(
            "error shop/configs/orders_multiply.yaml:14:31 the rule does not speak of `id` of `User`"
        ),
        "{found:#?}"
    );
}

#[test]
fn a_wrong_relationship_is_refused() {
    let path = "configs/schemas/relationships.yaml";
    for (passage, replacement, expected) in [
        ("mean: 3", "mean: 30", "3:93 the mean 30 does not lie between 1 and 10 | min ≤ mean ≤ max"),
        (
            "{child: orders, parent: users, field: user_id",
            "{child: orders, parent: order_items, field: user_id",
            "4:49 `user_id` of `orders` does not refer to `order_items` | in orders_multiply.yaml: `user_id: {strategy: \
             foreign_key_reference, reference_file: ../output/order_items_bulk.csv, reference_field: id}`",
        ),
        (
            "kind: reference",
            "kind: child",
            "4:5 a child relationship lacks `children` | add `children: {min: 1, max: 10, mean: 3}`",
        ),
    ] {
        let (model, found) = shop_after(path, passage, replacement);
        assert!(model.is_none());
        let expected = format!("error shop/{path}:{expected}");
        assert!(found.contains(&expected), "{expected}\n{found:#?}");
    }
}

#[test]
fn counts_that_no_spread_can_give_are_refused() {
    let (model, found) =
        shop_after("configs/order_items_multiply.yaml", "target_count: 6000", "target_count: 1999");
    assert!(model.is_none());
    assert!(
        found.contains(
            &"error shop/configs/order_items_multiply.yaml:3:15 1999 rows of `order_items` cannot be spread over 2000 of \
              `orders` | in band `dev`, `children` asks for at least 2000 and at most 20000"
                .to_owned()
        ),
        "{found:#?}"
    );
    let (model, found) =
        shop_after("configs/order_items_multiply.yaml", "target_count: 6000", "target_count: 8000");
    assert!(model.is_some());
    assert!(found.iter().any(|line| line.contains("are 4.00 each, not 3")), "{found:#?}");
}

#[test]
fn a_schemas_defaults_and_indexes_stand_in_the_model_and_are_checked_with_it() {
    let schema = "entity: User\nindexes: [[id, created_at desc]]\n\
                  fields: {id: {default: random}, created_at: {type: timestamp, default: now}}";
    let (model, found) = shop_with("configs/schemas/users.yaml", schema);
    let users = model.unwrap_or_else(|| panic!("{found:?}"));
    let users = at(&users, "entities.users");
    assert_eq!(flow(at(users, "indexes")), "id, \"created_at desc\"");
    assert_eq!(flow(at(users, "columns.created_at.default")), "now");
    assert_eq!(flow(at(users, "columns.id.default")), "random");
    let (_, found) = shop_with(
        "configs/schemas/users.yaml",
        "entity: User\nindices: []\nfields: {id: {defualt: random}, created_at: {}}",
    );
    assert_eq!(
        found[..2],
        [
            "error shop/configs/schemas/users.yaml:2:1 unknown key `indices` | did you mean `indexes`?",
            "error shop/configs/schemas/users.yaml:3:15 unknown key `defualt` | did you mean `default`?",
        ]
    );
}

#[test]
fn a_schema_and_its_config_must_agree() {
    let schema = "entity: User\nprimary_key: id\nfields: {id: {type: text}, created_on: {type: date}}";
    let (_, found) = shop_with("configs/schemas/users.yaml", schema);
    assert!(
        found.contains(
            &"error shop/configs/schemas/users.yaml:3:28 `users` has no field `created_on` | did you mean \
              `created_at`?"
                .to_owned()
        ),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|line| line.starts_with(
            "error shop/configs/users_multiply.yaml:6:3 the schema of `users` has no field `created_at`"
        )),
        "{found:#?}"
    );
    let users = USERS.replace("id: {strategy: uuid_v4}", "id: {strategy: uuid_v4, type: uuid}");
    let workspace = Workspace::new(&[
        ("configs/users_multiply.yaml", &users),
        ("configs/schemas/users.yaml", "fields: {id: {type: text}, created_at: {}}"),
        ("seeds/users_seed.yaml", "records: []"),
    ]);
    assert_eq!(
        workspace.translate(&[]).1,
        [
            "error shop/configs/users_multiply.yaml:7:33 `id` is uuid here and text in its schema | declare the type once"
        ]
    );
}

#[test]
fn a_field_that_may_not_be_null_has_no_null_in_its_pool() {
    let (_, found) = column("note: {strategy: seed_pool, nullable: false}");
    assert_eq!(
        found,
        [
            "error shop/seeds/users_seed.yaml:8:109 `note` may not be NULL, but there is a NULL among its values | drop \
          `nullable: false`, or the NULL"
        ]
    );
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let (_, found) = column("a: {strategy: nothing}\n  b: {strategy: seed_pool}\n  c: {strategy: template}");
    assert_eq!(found.len(), 3, "{found:#?}");
}

/// Replaces a passage of one of the shop's files and expects the error among what is found.
#[track_caller]
fn assert_shop_refuses(path: &'static str, passage: &str, replacement: &str, expected: &str) {
    let (model, found) = shop_after(path, passage, replacement);
    assert!(model.is_none());
    assert!(found.contains(&format!("error shop/{path}:{expected}")), "{found:#?}");
}

#[test]
fn a_name_stands_for_one_entity_only() {
    assert_shop_refuses(
        "configs/users_multiply.yaml",
        "entity: User",
        "entity: Orders",
        "2:9 `Orders` already names `orders` | each name can stand for one entity only",
    );
}

#[test]
fn an_entity_has_one_parent_and_is_not_its_own_ancestor() {
    let path = "configs/schemas/relationships.yaml";
    let again = "{child: order_items, parent: orders, field: order_id, children: {min: 0, mean: 3}}\n  - {child: orders,";
    assert_shop_refuses(
        path,
        "{child: orders,",
        again,
        "4:5 `order_items` has a second parent | make all but one of the relationships `kind: reference`",
    );
    let users = USERS.replace(
        "id: {strategy: uuid_v4}",
        "id: {strategy: foreign_key_reference, reference_file: users, reference_field: id}",
    );
    let workspace = Workspace::new(&[
        ("configs/users_multiply.yaml", &users),
        ("seeds/users_seed.yaml", USERS_SEED),
        (
            "relationships.yaml",
            "relationships: [{child: users, parent: users, field: id, children: {min: 0, mean: 1}}]",
        ),
    ]);
    let (_, found) = workspace.translate(&[]);
    assert!(
        found.iter().any(|line| line.contains("`users` is a child of its own descendants")),
        "{found:#?}"
    );
}

#[test]
fn a_zipf_law_on_the_key_to_a_parent_yields_with_a_warning() {
    let (model, found) = shop_after(
        "configs/order_items_multiply.yaml",
        "distribution: uniform",
        "distribution: zipf, alpha: 1.2",
    );
    assert!(model.is_some());
    assert!(
        found.iter().any(|line| line.starts_with(
            "warning shop/configs/order_items_multiply.yaml:6:123 `order_id` is the key to the parent"
        )),
        "{found:#?}"
    );
}

#[test]
fn a_seed_file_of_another_entity_is_refused() {
    let users = format!("{}seed_file: ../seeds/orders_seed.yaml\n", SHOP[0].1);
    let workspace = Workspace::new(&[
        ("configs/users_multiply.yaml", &users),
        ("configs/orders_multiply.yaml", SHOP[1].1),
        ("seeds/orders_seed.yaml", "entity: Order\nrecords: []"),
    ]);
    let (_, found) = workspace.translate(&[]);
    assert!(
        found.contains(
            &"error shop/seeds/orders_seed.yaml:1:9 the seed file is of `Order`, but `users_multiply.yaml` names it | \
              check `seed_file`"
                .to_owned()
        ),
        "{found:#?}"
    );
}

#[test]
fn settings_are_checked_like_everything_else() {
    let path = "configs/config.yaml";
    assert_shop_refuses(
        path,
        "version: 3",
        "verson: 3",
        "3:1 unknown key `verson` | did you mean `version`?",
    );
    assert_shop_refuses(
        path,
        "dev: 1",
        "dev: 0",
        "4:14 the factor of band `dev` must be more than 0, not `0` | ",
    );
    let path = "configs/users_multiply.yaml";
    assert_shop_refuses(
        path,
        "target_count: 1000",
        "target_count: 1.5",
        "3:15 `target_count` must be a whole number, \
                         0 or more, not `1.5` | ",
    );
    assert_shop_refuses(
        path,
        "target_count: 1000\n",
        "",
        "2:1 `users` has no `target_count` | add `target_count: \
                         100000`, here or for all entities in config.yaml",
    );
    assert_shop_refuses(
        path,
        "entity: User",
        "batch_size: many",
        "2:13 `batch_size` must be a number such as 12, 0.5, \
                         30% or 5K, not `many` | ",
    );
}
