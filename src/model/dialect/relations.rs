//! [`relate`]: who belongs to whom. `relationships.yaml` makes entities children, one family with their parents.
//!
//! ```yaml
//! relationships:
//!   - {child: order_items, parent: orders, field: order_id, children: {min: 1, max: 10, mean: 3}}
//!   - {child: orders, parent: users, field: user_id, kind: reference}
//! ```
//!
//! `kind` is `child` where `children` stands, else `reference`. The child's `target_count` holds
//! exactly; `children` gives the law by which the rows are spread over their parents.

use std::cmp::Ordering;

use super::catalogue::{Catalogue, Parent};
use super::decimal::Decimal;
use super::fields::{Fields, wrong_kind};
use super::files::{Layout, read};
use super::settings::Settings;
use super::sources::Source;
use crate::laws::tables::DiscreteTable;
use crate::model::diagnostics::Diagnostics;
use crate::model::yaml::{Node, Place};

/// How far the mean that the counts come to may lie from the declared one without a word: 5 %.
const MEAN_TOLERANCE: f64 = 0.05;

/// Reads the relationships and gives children their parents.
pub fn relate(
    layout: &Layout,
    settings: &Settings,
    sources: &[Source],
    catalogue: &mut Catalogue,
    diagnostics: &mut Diagnostics,
) {
    let file = layout.nearest(&["schemas/relationships.yaml", "relationships.yaml"]);
    let Some(node) = file.and_then(|file| read(&file, None, diagnostics)) else { return };
    let Some(fields) = Fields::of(&node, "`relationships.yaml`", diagnostics) else { return };
    fields.allow_only(&["relationships"], diagnostics);
    for item in fields.list("relationships", diagnostics) {
        if let Some(found) = Relationship::of(item, catalogue, diagnostics) {
            found.apply(settings, sources, catalogue, diagnostics);
        }
    }
    refuse_circles(&fields, catalogue, diagnostics);
}

struct Relationship<'a> {
    place: Place,
    child: usize,
    parent: usize,
    column: &'a str,
    children: Option<Fields<'a>>,
}

impl<'a> Relationship<'a> {
    /// Reads one item and checks that its field is a foreign key to its parent.
    fn of(item: &'a Node, catalogue: &Catalogue, diagnostics: &mut Diagnostics) -> Option<Self> {
        let what = "a relationship";
        let fields = Fields::of(item, what, diagnostics)?;
        fields.allow_only(&["child", "parent", "field", "kind", "children"], diagnostics);
        let kind = fields.one_of("kind", &["child", "reference"], diagnostics);
        let mut entity = |key| {
            let (text, place) = fields.required_text(key, what, diagnostics)?;
            catalogue.expect(text, place, diagnostics)
        };
        let (child, parent) = (entity("child"), entity("parent"));
        let (column, place) = fields.required_text("field", what, diagnostics)?;
        let (child, parent) = (child?, parent?);
        if !catalogue.entities[child].require(column, place, diagnostics) {
            return None;
        }
        let points = catalogue.entities[child].link(column).map(|link| link.entity);
        if points != Some(parent) {
            let (child, parent) = (&catalogue.entities[child].name, &catalogue.entities[parent].name);
            let hint = format!(
                "in {child}_multiply.yaml: `{column}: {{strategy: foreign_key_reference, \
                                reference_file: ../output/{parent}_bulk.csv, reference_field: id}}`"
            );
            diagnostics.error(place, format!("`{column}` of `{child}` does not refer to `{parent}`"), hint);
            return None;
        }
        let children = fields.get("children");
        let is_child = kind.map_or(children.is_some(), |(kind, _)| kind == "child");
        if is_child && children.is_none() {
            let hint = "add `children: {min: 1, max: 10, mean: 3}`";
            diagnostics.error(fields.place, "a child relationship lacks `children`", hint);
            return None;
        }
        if let (false, Some(children)) = (is_child, children) {
            let message = "`children` belongs to a relationship of kind `child`, this one is a reference";
            diagnostics.error(children.place, message, "drop `kind: reference`, or `children`");
            return None;
        }
        let children = match children {
            Some(node) => Some(Fields::of(node, "`children`", diagnostics)?),
            None => None,
        };
        Some(Self { place: item.place, child, parent, column, children })
    }

    fn apply(
        self,
        settings: &Settings,
        sources: &[Source],
        catalogue: &mut Catalogue,
        diagnostics: &mut Diagnostics,
    ) {
        let Some(children) = self.children else { return };
        if catalogue.entities[self.child].parent.is_some() {
            let message = format!("`{}` has a second parent", catalogue.entities[self.child].name);
            diagnostics.error(self.place, message, "make all but one of the relationships `kind: reference`");
            return;
        }
        let Some(spread) = Spread::of(&children, &sources[self.child], &sources[self.parent], diagnostics)
        else {
            return;
        };
        spread.check(settings, &sources[self.child], &sources[self.parent], diagnostics);
        let per_parent = spread.per_parent(&sources[self.child].name);
        let parent = Parent { entity: self.parent, column: self.column.to_owned(), per_parent };
        catalogue.entities[self.child].parent = Some(parent);
    }
}

/// `children: {min, max, mean}`.
struct Spread {
    place: Place,
    min: (u64, Place),
    max: Option<(u64, Place)>,
    mean: (Decimal, Place),
}

impl Spread {
    /// Reads it; without a mean it is the one that the two counts come to.
    fn of(
        children: &Fields<'_>,
        child: &Source,
        parent: &Source,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        children.allow_only(&["min", "max", "mean"], diagnostics);
        let mut bound = |key| {
            let (number, node) = children.number(key, diagnostics)?;
            let whole = number.to_whole();
            if whole.is_none() {
                wrong_kind(node, &format!("`{key}`"), "a whole number, 0 or more", diagnostics);
            }
            Some((whole?, node.place))
        };
        let (min, max) = (bound("min"), bound("max"));
        let min = min.unwrap_or((0, children.place));
        let mean = match children.get("mean") {
            Some(_) => children.number("mean", diagnostics).map(|(mean, node)| (mean, node.place))?,
            None => {
                let hint = "add the mean, such as `mean: 3`";
                let (Some((rows, _)), Some((parents, _))) = (child.target_count, parent.target_count) else {
                    diagnostics.error(children.place, "`children` lacks `mean`", hint);
                    return None;
                };
                let Some(mean) = Decimal::parse(&format!("{:.6}", rows as f64 / parents as f64)) else {
                    diagnostics.error(children.place, "`children` lacks `mean`", hint);
                    return None;
                };
                (mean, children.place)
            }
        };
        let below = mean.0.compare(Decimal::whole(min.0)) == Ordering::Less;
        let above = max.is_some_and(|(max, _)| mean.0.compare(Decimal::whole(max)) == Ordering::Greater);
        if below || above {
            let max = max.map_or_else(|| "…".to_owned(), |(max, _)| max.to_string());
            let message = format!("the mean {} does not lie between {} and {max}", mean.0.to_f64(), min.0);
            diagnostics.error(mean.1, message, "min ≤ mean ≤ max");
            return None;
        }
        Some(Self { place: children.place, min, max, mean })
    }

    /// The counts of every band must be possible; a mean that they do not come to yields.
    fn check(&self, settings: &Settings, child: &Source, parent: &Source, diagnostics: &mut Diagnostics) {
        let (Some((rows, place)), Some((parents, _))) = (child.target_count, parent.target_count) else {
            return;
        };
        for band in &settings.bands {
            let scaled = |count| Decimal::whole(count).times(band.factor).and_then(Decimal::to_nearest);
            let (Some(rows), Some(parents)) = (scaled(rows), scaled(parents)) else { continue };
            let least = parents.saturating_mul(self.min.0);
            let most = parents.saturating_mul(self.max.map_or(u64::MAX, |(max, _)| max));
            if rows < least || rows > most {
                let message = format!(
                    "{rows} rows of `{}` cannot be spread over {parents} of `{}`",
                    child.name, parent.name
                );
                let most = self.max.map_or_else(String::new, |_| format!(" and at most {most}"));
                let hint =
                    format!("in band `{}`, `children` asks for at least {least}{most}", band.name.text);
                diagnostics.error(place, message, hint);
                return;
            }
        }
        let comes_to = rows as f64 / parents as f64;
        let mean = self.mean.0.to_f64();
        if (comes_to - mean).abs() > mean * MEAN_TOLERANCE {
            let message = format!("{rows} rows over {parents} parents are {comes_to:.2} each, not {mean}");
            diagnostics.warning(self.place, message, "the counts hold exactly; the mean yields");
        }
    }

    /// A geometric law from the smallest number on, of the declared mean; the total holds exactly.
    fn per_parent(&self, child: &str) -> Node {
        let (min, max) = (self.min, self.max);
        if max.is_some_and(|(max, _)| max == min.0) {
            return Node::plain(min.1, min.0.to_string());
        }
        let mean = self.mean.0.to_f64();
        // Without a greatest number: twenty times the spread, beyond which lies a 5·10⁸th of the law.
        let usual = min.0 + libm::ceil(20.0 * (mean - min.0 as f64 + 1.0)) as u64;
        let (max, place) = max.unwrap_or((usual, self.place));
        let law = vec![
            ("p", Node::plain(self.mean.1, chance(mean, min.0, max).to_string())),
            ("min", Node::plain(min.1, min.0.to_string())),
            ("max", Node::plain(place, max.to_string())),
        ];
        let total = Node::plain(self.place, format!("$band.{child}"));
        Node::map(self.place, [("geometric", Node::map(self.place, law)), ("total", total)])
    }
}

/// The chance of a geometric law on `min..=max` that has this mean, by bisection: truncation moves the mean.
fn chance(mean: f64, min: u64, max: u64) -> f64 {
    let (mut low, mut high) = (1e-9, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        let table = DiscreteTable::geometric(middle, min as i64, max as i64);
        if table.is_ok_and(|table| table.mean() > mean) { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// An entity cannot be its own ancestor.
fn refuse_circles(fields: &Fields<'_>, catalogue: &mut Catalogue, diagnostics: &mut Diagnostics) {
    for index in 0..catalogue.entities.len() {
        let mut at = index;
        for _ in 0..catalogue.entities.len() {
            let Some(parent) = &catalogue.entities[at].parent else { break };
            at = parent.entity;
            if at == index {
                let message =
                    format!("`{}` is a child of its own descendants", catalogue.entities[index].name);
                diagnostics.error(fields.place, message, "make one of the relationships `kind: reference`");
                catalogue.entities[index].parent = None;
                break;
            }
        }
    }
}
