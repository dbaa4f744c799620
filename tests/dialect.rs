//! The multiply dialect: the document's examples, every strategy, and mistakes with their places.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use seedmill::model::diagnostics::{Diagnostics, Severity};
use seedmill::model::dialect::translate;
use seedmill::model::yaml::{Node, emit};

/// A model's folder in a temporary directory: `configs/` below a root of its own.
struct Workspace {
    folder: tempfile::TempDir,
}

impl Workspace {
    fn new(files: &[(&str, &str)]) -> Self {
        let workspace = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(workspace.path("shop/configs")).unwrap();
        for (path, text) in files {
            workspace.write(&format!("shop/{path}"), text);
        }
        workspace
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn translate(&self, allowed: &[PathBuf]) -> (Option<Node>, Vec<String>) {
        let mut diagnostics = Diagnostics::default();
        let node = translate(&self.path("shop/configs"), allowed, &mut diagnostics);
        (node, found(&diagnostics, self.folder.path()))
    }
}

/// `severity file:line:column message | hint`, files relative to `root`.
fn found(diagnostics: &Diagnostics, root: &Path) -> Vec<String> {
    let line = |found: &seedmill::model::diagnostics::Diagnostic| {
        let path = diagnostics.path(found.place.file);
        let path = path.strip_prefix(root).unwrap_or(path).display();
        let (line, column) = diagnostics.line_and_column(found.place);
        let severity = match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        format!("{severity} {path}:{line}:{column} {} | {}", found.message, found.hint)
    };
    diagnostics.found().iter().map(line).collect()
}

const USERS: &str = "
entity: User
seed_file: ../seeds/users_seed.yaml
output_file: ../output/users_bulk.csv
target_count: 1000
field_strategies:
  id: {strategy: uuid_v4}
  created_at: {strategy: distribute_range, range_start: 2022-01-01T00:00:00Z, range_end: 2023-01-01, distribution: linear}
";

const USERS_SEED: &str = "
entity: User
generated_at: 2024-01-15T12:00:00Z
patterns:
  since: {distribution: uniform, range: [-730d, now]}
  email: {domains: [example.com, test.org, ...]}
records:
  - {city: Graz, visits: 3, score: 0.5, member: true, joined: 2020-02-02T02:02:02Z, born: 1990-01-01, note: null}
  - {city: Wien, visits: 12, score: 2, member: false, joined: 2021-02-02T02:02:02Z, born: 1980-01-01, note: \"7\"}
  - {city: Graz, visits: 3, score: 1.5, member: true, joined: null, born: 1970-01-01, note: hello}
";

/// The native column that one more field of the users comes to, and what was found.
fn column(field: &str) -> (String, Vec<String>) {
    let users = format!("{USERS}  {field}\n");
    let workspace =
        Workspace::new(&[("configs/users_multiply.yaml", &users), ("seeds/users_seed.yaml", USERS_SEED)]);
    let (model, found) = workspace.translate(&[]);
    let own: Vec<String> = found.into_iter().filter(|line| !line.contains("`...` is dropped")).collect();
    let columns = model.and_then(|model| model.get("entities")?.get("users")?.get("columns").cloned());
    let name = field.split(':').next().unwrap();
    let column = columns.and_then(|columns| columns.get(name).map(flow));
    (column.unwrap_or_default(), own)
}

/// A node on one line.
fn flow(node: &Node) -> String {
    emit(&Node::list(node.place, vec![node.clone()])).trim_end().trim_matches(['[', ']']).to_owned()
}

#[track_caller]
fn assert_column(field: &str, expected: &str) {
    assert_eq!(column(field), (expected.to_owned(), Vec::new()), "{field}");
}

/// A field that is wrong: `line:column message | hint` in the users' config.
#[track_caller]
fn assert_refused(field: &str, expected: &str) {
    let (_, found) = column(field);
    assert_eq!(found, [format!("error shop/configs/users_multiply.yaml:{expected}")], "{field}");
}

#[test]
fn the_documents_examples_run_unchanged() {
    let root = Path::new("tests/models/documents/eval");
    let mut diagnostics = Diagnostics::default();
    let model = translate(&root.join("performance/configs"), &[], &mut diagnostics).expect("no errors");
    insta::assert_snapshot!("documents", emit(&model));
    insta::assert_snapshot!("documents_warnings", found(&diagnostics, root).join("\n"));
}

#[test]
fn every_node_points_into_the_dialects_files() {
    let mut diagnostics = Diagnostics::default();
    let folder = Path::new("tests/models/documents/eval/performance/configs");
    let model = translate(folder, &[], &mut diagnostics).expect("no errors");
    let users = model.get("entities").and_then(|entities| entities.get("users")).unwrap();
    let at = |node: &Node| {
        let path = diagnostics.path(node.place.file).file_name().unwrap().to_string_lossy().into_owned();
        let (line, column) = diagnostics.line_and_column(node.place);
        format!("{path}:{line}:{column}")
    };
    let columns = users.get("columns").unwrap();
    assert_eq!(at(columns.get("age").unwrap().get("min").unwrap()), "users_multiply.yaml:35:10");
    assert_eq!(at(columns.get("email").unwrap().get("template").unwrap()), "users_multiply.yaml:15:15");
    let seeds = columns.get("first_name").unwrap().get("pool").unwrap().get("values").unwrap();
    let seedmill::model::yaml::Value::List(values) = &seeds.value else { panic!("a list") };
    assert_eq!(at(&values[1]), "users_seed.yaml:39:17");
    let band = model.get("bands").and_then(|bands| bands.get("dev")?.get("users")).unwrap();
    assert_eq!(at(band), "users_multiply.yaml:4:15");
}

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

const SHOP: [(&str, &str); 6] = [
    (
        "configs/users_multiply.yaml",
        "
entity: User
target_count: 1000
field_strategies:
  id: {strategy: uuid_v4}
  created_at: {strategy: distribute_range, range_start: 2022-01-01, range_end: 2023-01-01}
",
    ),
    (
        "configs/orders_multiply.yaml",
        "
entity: Order
target_count: 2000
field_strategies:
  id: {strategy: uuid_v4}
  user_id:
    strategy: foreign_key_reference
    reference_file: ../output/users_bulk.csv
    reference_field: id
    distribution: zipf
  created_at: {strategy: distribute_range, range_start: 2022-06-01, range_end: 2024-01-01, distribution: linear}
  total: {strategy: derive_from_field, operation: sum, base_field: OrderItem.line_total}
validations:
  - {field: created_at, rule: '>= user.created_at'}
",
    ),
    (
        "configs/order_items_multiply.yaml",
        "
entity: OrderItem
target_count: 6000
field_strategies:
  id: {strategy: uuid_v4}
  order_id: {strategy: foreign_key_reference, reference_file: orders.csv, reference_field: id, distribution: uniform}
  line_total: {strategy: normal_distribution, mean: 9, stddev: 2, precision: 2}
  ordered_at: {strategy: derive_from_field, operation: copy, base_field: order.created_at}
  packed_at:
    strategy: derive_from_field
    operation: add_random_duration
    base_field: order.created_at
    min_duration: 1h
    max_duration: 2d
",
    ),
    (
        "configs/config.yaml",
        "
model: shop
version: 3
bands: {dev: 1, half: 0.5, big: 2K}
synthetic_email_domains: [demo.net]
",
    ),
    (
        "configs/schemas/relationships.yaml",
        "
relationships:
  - {child: order_items, parent: orders, field: order_id, children: {min: 1, max: 10, mean: 3}}
  - {child: orders, parent: users, field: user_id, kind: reference}
",
    ),
    (
        "configs/schemas/constraints.yaml",
        "
constraints:
  - {entity: orders, rule: 'total = sum(OrderItem.line_total)'}
  - {entity: orders, unique: [user_id, created_at]}
  - {entity: users, unique: [created_at]}
",
    ),
];

/// The shop with one file replaced or added.
fn shop_with(path: &'static str, text: &str) -> (Option<Node>, Vec<String>) {
    let mut files: Vec<(&str, &str)> = SHOP.iter().copied().filter(|(known, _)| *known != path).collect();
    files.push((path, text));
    Workspace::new(&files).translate(&[])
}

/// What is wrong after a passage of one of the shop's files is replaced.
fn shop_after(path: &'static str, passage: &str, replacement: &str) -> (Option<Node>, Vec<String>) {
    let (_, text) = SHOP.iter().find(|(known, _)| *known == path).expect(path);
    assert!(text.contains(passage), "{passage}");
    shop_with(path, &text.replace(passage, replacement))
}

fn at<'a>(model: &'a Node, path: &str) -> &'a Node {
    path.split('.').fold(model, |node, key| node.get(key).unwrap_or_else(|| panic!("{path}: {key}")))
}

#[test]
fn entities_refer_to_each_other_and_children_have_parents() {
    let (model, found) = Workspace::new(&SHOP).translate(&[]);
    let model = model.unwrap_or_else(|| panic!("{found:#?}"));
    insta::assert_snapshot!("shop", emit(&model));
    assert_eq!(found.len(), 1, "only the linear range yields: {found:?}");
}

#[test]
fn a_linear_range_that_may_not_precede_another_time_is_drawn_uniformly() {
    let (model, found) = Workspace::new(&SHOP).translate(&[]);
    let range = at(model.as_ref().unwrap(), "entities.orders.columns.created_at.range").clone();
    assert_eq!(range.get("shape").and_then(Node::as_str), Some("uniform"));
    assert_eq!(range.get("not_before").and_then(Node::as_str), Some("user_id.created_at"));
    assert_eq!(
        found,
        [
            "warning shop/configs/orders_multiply.yaml:11:106 `created_at` may not precede `user_id.created_at`, so it \
          cannot grow with the row's number: it is drawn uniformly | write `distribution: uniform`, or `exponential`"
        ]
    );
}

#[test]
fn a_band_multiplies_every_count() {
    let (model, _) = Workspace::new(&SHOP).translate(&[]);
    let model = model.unwrap();
    let rows = |path: &str| at(&model, path).as_str().unwrap().to_owned();
    assert_eq!(rows("bands.half.users"), "500");
    assert_eq!(rows("bands.big.order_items"), "12000000");
}

#[test]
fn validations_among_the_strategies_count_with_a_warning() {
    let (model, found) = shop_after("configs/orders_multiply.yaml", "\nvalidations:", "\n  validations:");
    // The list itself stands deeper than its key either way.
    let validations = flow(at(model.as_ref().unwrap(), "entities.orders.validations"));
    assert!(validations.contains("created_at >= user_id.created_at"), "{validations}");
    assert!(
        found.contains(
            &"warning shop/configs/orders_multiply.yaml:13:3 `validations` stands among the field strategies; it is \
              read as the entity's | unindent it by one level"
                .to_owned()
        ),
        "{found:#?}"
    );
}

#[test]
fn the_documents_layout_is_searched_up_to_the_folder_above_performance() {
    let workspace = Workspace::new(&[("performance/configs/users_multiply.yaml", SHOP[0].1)]);
    workspace.write("shop/config.yaml", "model: above");
    workspace.write(
        "shop/schemas/users.yaml",
        "primary_key: created_at\nfields: {id: {type: uuid}, created_at: {}}",
    );
    let mut diagnostics = Diagnostics::default();
    let model = translate(&workspace.path("shop/performance/configs"), &[], &mut diagnostics);
    let model = model.unwrap_or_else(|| panic!("{}", diagnostics.render()));
    assert_eq!(at(&model, "model").as_str(), Some("above"));
    assert_eq!(at(&model, "entities.users.key").as_str(), Some("created_at"));
    assert_eq!(at(&model, "entities.users.columns.id.type").as_str(), Some("uuid"));
}

#[test]
fn a_model_without_a_name_is_called_like_its_root() {
    let (model, found) = Workspace::new(&SHOP[..1]).translate(&[]);
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(at(&model.unwrap(), "model").as_str(), Some("shop"));
}

#[test]
fn a_seed_file_stays_under_the_root_unless_it_is_allowed() {
    let users = USERS.replace("../seeds/users_seed.yaml", "../../elsewhere/seed.yaml");
    let workspace = Workspace::new(&[("configs/users_multiply.yaml", &users)]);
    workspace.write("elsewhere/seed.yaml", "records: []");
    let (model, found) = workspace.translate(&[]);
    assert!(model.is_none());
    let root = fs::canonicalize(workspace.path("shop")).unwrap();
    assert_eq!(
        found,
        [format!(
            "error shop/configs/users_multiply.yaml:3:12 the seed file `../../elsewhere/seed.yaml` lies outside the \
             model's root `{}` | move it below the root, or allow its folder with `--allow-path`",
            root.display()
        )]
    );
    let (model, found) = workspace.translate(&[workspace.path("elsewhere")]);
    assert!(model.is_some(), "{found:#?}");
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_does_not_lead_out_of_the_root() {
    let workspace = Workspace::new(&[("configs/users_multiply.yaml", USERS)]);
    workspace.write("elsewhere/users_seed.yaml", USERS_SEED);
    std::os::unix::fs::symlink(workspace.path("elsewhere"), workspace.path("shop/seeds")).unwrap();
    let (model, found) = workspace.translate(&[]);
    assert!(model.is_none());
    assert!(found[0].contains("lies outside the model's root"), "{found:#?}");
    assert!(workspace.translate(&[workspace.path("elsewhere")]).0.is_some());
}

#[test]
fn a_seed_file_that_cannot_be_read_is_reported_where_it_is_named() {
    let workspace = Workspace::new(&[("configs/users_multiply.yaml", USERS)]);
    let (_, found) = workspace.translate(&[]);
    assert_eq!(found.len(), 1);
    let start = "error shop/configs/users_multiply.yaml:3:12 the seed file `";
    assert!(
        found[0].starts_with(start) && found[0].contains("shop/seeds/users_seed.yaml` cannot be read"),
        "{found:?}"
    );

    workspace.write("shop/seeds/users_seed.yaml", "records: [{a: 1}\nb: [");
    let (_, found) = workspace.translate(&[]);
    assert!(found[0].starts_with("error shop/seeds/users_seed.yaml:2:"), "{found:?}");

    workspace.write("shop/seeds/users_seed.yaml", "just a text");
    let (_, found) = workspace.translate(&[]);
    assert_eq!(
        found,
        [
            "error shop/seeds/users_seed.yaml:1:1 a seed file must be a mapping with `records`, not `just a text` | "
        ]
    );

    fs::write(workspace.path("shop/seeds/users_seed.yaml"), b"records: [\xff]").unwrap();
    let (_, found) = workspace.translate(&[]);
    assert!(found[0].ends_with("cannot be read: it is not UTF-8 from byte 10 on | "), "{found:?}");
}

#[test]
fn a_folder_without_multiply_files_is_no_model() {
    let (model, found) = Workspace::new(&[]).translate(&[]);
    assert!(model.is_none());
    assert!(found[0].contains("the folder holds no `{entity}_multiply.yaml`"), "{found:?}");
    let mut diagnostics = Diagnostics::default();
    assert!(translate(Path::new("no/such/folder"), &[], &mut diagnostics).is_none());
    assert!(diagnostics.render().contains("cannot read the folder"), "{}", diagnostics.render());
}

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

/// The shop's and the users' files with a passage cut out and another put in its place.
fn damaged(file: usize, from: usize, length: usize, patch: &str) -> Vec<(&'static str, String)> {
    let mut files: Vec<(&str, String)> =
        SHOP.iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
    files[0].1 = USERS.to_owned();
    files.push(("seeds/users_seed.yaml", USERS_SEED.to_owned()));
    let count = files.len();
    let text = &mut files[file % count].1;
    let from = from % text.len();
    let to = (from + length).min(text.len());
    text.replace_range(from..to, patch);
    files
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_damaged_model_is_refused_or_read_but_never_both(
        file in 0_usize..7,
        from in 0_usize..2_000,
        length in 0_usize..12,
        patch in "[-a-z0-9{}\\[\\]:,.'\" \n%é]{0,6}",
    ) {
        let files = damaged(file, from, length, &patch);
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let (model, found) = Workspace::new(&files).translate(&[]);
        let errors = found.iter().filter(|line| line.starts_with("error")).count();
        prop_assert_eq!(model.is_none(), errors > 0, "{:?}", found);
    }
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
