//! Whole models: the document's examples, references, bands, the layout of folders.

use std::path::Path;

use seedmill::model::diagnostics::Diagnostics;
use seedmill::model::dialect::translate;
use seedmill::model::yaml::{Node, emit};

use crate::support::{SHOP, Workspace, at, flow, found, shop_after};

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
