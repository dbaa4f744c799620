//! [`Workspace`]: models in temporary folders, and what is found in them.

use std::fs;
use std::path::{Path, PathBuf};

use seedmill::model::diagnostics::{Diagnostics, Severity};
use seedmill::model::dialect::translate;
use seedmill::model::yaml::{Node, emit};

/// A model's folder in a temporary directory: `configs/` below a root of its own.
pub struct Workspace {
    folder: tempfile::TempDir,
}

impl Workspace {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let workspace = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(workspace.path("shop/configs")).unwrap();
        for (path, text) in files {
            workspace.write(&format!("shop/{path}"), text);
        }
        workspace
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn translate(&self, allowed: &[PathBuf]) -> (Option<Node>, Vec<String>) {
        let mut diagnostics = Diagnostics::default();
        let node = translate(&self.path("shop/configs"), allowed, &mut diagnostics);
        (node, found(&diagnostics, self.folder.path()))
    }
}

/// `severity file:line:column message | hint`, files relative to `root`.
pub fn found(diagnostics: &Diagnostics, root: &Path) -> Vec<String> {
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

pub const USERS: &str = "
entity: User
seed_file: ../seeds/users_seed.yaml
output_file: ../output/users_bulk.csv
target_count: 1000
field_strategies:
  id: {strategy: uuid_v4}
  created_at: {strategy: distribute_range, range_start: 2022-01-01T00:00:00Z, range_end: 2023-01-01, distribution: linear}
";

pub const USERS_SEED: &str = "
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
pub fn column(field: &str) -> (String, Vec<String>) {
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
pub fn flow(node: &Node) -> String {
    emit(&Node::list(node.place, vec![node.clone()])).trim_end().trim_matches(['[', ']']).to_owned()
}

#[track_caller]
pub fn assert_column(field: &str, expected: &str) {
    assert_eq!(column(field), (expected.to_owned(), Vec::new()), "{field}");
}

/// A field that is wrong: `line:column message | hint` in the users' config.
#[track_caller]
pub fn assert_refused(field: &str, expected: &str) {
    let (_, found) = column(field);
    assert_eq!(found, [format!("error shop/configs/users_multiply.yaml:{expected}")], "{field}");
}

pub const SHOP: [(&str, &str); 6] = [
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
pub fn shop_with(path: &'static str, text: &str) -> (Option<Node>, Vec<String>) {
    let mut files: Vec<(&str, &str)> = SHOP.iter().copied().filter(|(known, _)| *known != path).collect();
    files.push((path, text));
    Workspace::new(&files).translate(&[])
}

/// What is wrong after a passage of one of the shop's files is replaced.
pub fn shop_after(path: &'static str, passage: &str, replacement: &str) -> (Option<Node>, Vec<String>) {
    let (_, text) = SHOP.iter().find(|(known, _)| *known == path).expect(path);
    assert!(text.contains(passage), "{passage}");
    shop_with(path, &text.replace(passage, replacement))
}

pub fn at<'a>(model: &'a Node, path: &str) -> &'a Node {
    path.split('.').fold(model, |node, key| node.get(key).unwrap_or_else(|| panic!("{path}: {key}")))
}
