//! [`Strategy`]: how a field of the dialect becomes native columns. One file per kind of strategy; a
//! new one is a variant, its name and keys, and an arm in [`column()`].

mod categorical;
mod derive;
mod normal;
mod pool;
mod range;
mod reference;
mod template;

use super::catalogue::{Catalogue, Entity};
use super::fields::{Fields, entry, unknown};
use super::rules::Rules;
use super::schemas::SchemaField;
use super::settings::Settings;
use super::sources::Source;
use super::types;
use crate::model::diagnostics::Diagnostics;
use crate::model::yaml::{Name, Node, Place, Value};

/// The strategies of the dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strategy {
    UuidV4,
    Template,
    SeedPool,
    SeedPoolWeighted,
    NormalDistribution,
    DistributeRange,
    DeriveFromField,
    ForeignKeyReference,
    CategoricalWeighted,
}

/// Keys that every strategy takes.
const COMMON: [&str; 5] = ["strategy", "type", "unique", "nullable", "constraint"];

impl Strategy {
    const ALL: [Self; 9] = [
        Self::UuidV4,
        Self::Template,
        Self::SeedPool,
        Self::SeedPoolWeighted,
        Self::NormalDistribution,
        Self::DistributeRange,
        Self::DeriveFromField,
        Self::ForeignKeyReference,
        Self::CategoricalWeighted,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::UuidV4 => "uuid_v4",
            Self::Template => "template",
            Self::SeedPool => "seed_pool",
            Self::SeedPoolWeighted => "seed_pool_weighted",
            Self::NormalDistribution => "normal_distribution",
            Self::DistributeRange => "distribute_range",
            Self::DeriveFromField => "derive_from_field",
            Self::ForeignKeyReference => "foreign_key_reference",
            Self::CategoricalWeighted => "categorical_weighted",
        }
    }

    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::UuidV4 | Self::SeedPool => &[],
            Self::Template => &["template", "sources"],
            Self::SeedPoolWeighted => &["distribution", "alpha"],
            Self::NormalDistribution => &["mean", "stddev", "min", "max", "precision"],
            Self::DistributeRange => &["range_start", "range_end", "distribution"],
            Self::DeriveFromField => &["base_field", "operation", "min_duration", "max_duration", "fields"],
            Self::ForeignKeyReference => &["reference_file", "reference_field", "distribution", "alpha"],
            Self::CategoricalWeighted => &["values"],
        }
    }

    /// The strategy that a field names.
    fn of(name: &Name, fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Self> {
        let names = Self::ALL.map(Self::name);
        let what = format!("`{}`", name.text);
        let (text, place) = fields.required_text("strategy", &what, diagnostics)?;
        let found = Self::ALL.into_iter().find(|strategy| strategy.name() == text);
        if found.is_none() {
            unknown("strategy", text, place, &names, diagnostics);
        }
        found
    }
}

/// What strategies may look at beside their own keys.
pub struct Scope<'a> {
    /// The entity's index in the catalogue.
    pub index: usize,
    /// The entity's config and seed.
    pub source: &'a Source,
    /// All entities.
    pub catalogue: &'a Catalogue,
    /// The entity's rules.
    pub rules: &'a Rules,
    /// What holds for all entities.
    pub settings: &'a Settings,
}

impl Scope<'_> {
    fn entity(&self) -> &Entity {
        &self.catalogue.entities[self.index]
    }

    fn schema(&self, field: &str) -> Option<&SchemaField> {
        self.entity().schema.as_ref().and_then(|schema| schema.field(field))
    }
}

/// A field that is being translated.
struct Field<'a> {
    name: &'a Name,
    fields: Fields<'a>,
    /// The type that the config or the schema declares.
    declared: Option<Node>,
}

/// What a strategy comes to.
#[derive(Default)]
struct Draft {
    /// The native strategy and the bounds that stand beside it.
    entries: Vec<(&'static str, Node)>,
    /// The type, where none is declared and the strategy alone tells.
    inferred: Option<String>,
    /// Columns that the strategy needs before its own.
    hidden: Vec<(Name, Node)>,
    /// A NULL among the values.
    null: Option<Place>,
}

impl Draft {
    fn of(strategy: &'static str, node: Node) -> Self {
        Self { entries: vec![(strategy, node)], ..Self::default() }
    }
}

/// Translates one field; hidden columns that it needs come first.
pub fn column(
    scope: &Scope<'_>,
    name: &Name,
    node: &Node,
    diagnostics: &mut Diagnostics,
) -> Vec<(Name, Node)> {
    let what = format!("`{}`", name.text);
    let Some(fields) = Fields::of(node, &what, diagnostics) else { return Vec::new() };
    let Some(strategy) = Strategy::of(name, &fields, diagnostics) else { return Vec::new() };
    let mut keys: Vec<&str> = COMMON.iter().chain(strategy.keys()).copied().collect();
    if fields.get("type").and_then(Node::as_str) == Some("enum") {
        keys.push("values");
    }
    fields.allow_only(&keys, diagnostics);
    let declared = declared(scope, name, &fields, strategy, diagnostics);
    let field = Field { name, fields, declared };
    let draft = match strategy {
        Strategy::UuidV4 => Some(Draft::of("uuid", Node::plain(fields.place, "v4"))),
        Strategy::Template => template::draft(scope, &field, diagnostics),
        Strategy::SeedPool => pool::uniform(scope, &field, diagnostics),
        Strategy::SeedPoolWeighted => pool::weighted(scope, &field, diagnostics),
        Strategy::NormalDistribution => normal::draft(&field, diagnostics),
        Strategy::DistributeRange => range::draft(scope, &field, diagnostics),
        Strategy::DeriveFromField => derive::draft(scope, &field, diagnostics),
        Strategy::ForeignKeyReference => reference::draft(scope, &field, diagnostics),
        Strategy::CategoricalWeighted => categorical::draft(&field, diagnostics),
    };
    let Some(draft) = draft else { return Vec::new() };
    finish(scope, field, draft, diagnostics)
}

/// Adds the modifiers to what the strategy came to.
fn finish(
    scope: &Scope<'_>,
    field: Field<'_>,
    draft: Draft,
    diagnostics: &mut Diagnostics,
) -> Vec<(Name, Node)> {
    let Field { name, fields, declared } = field;
    let mut entries: Vec<(Name, Node)> =
        draft.entries.into_iter().map(|(key, node)| entry(key, node.place, node)).collect();
    if let Some(column_type) = declared.or_else(|| draft.inferred.map(|text| Node::plain(fields.place, text)))
    {
        entries.push(entry("type", column_type.place, column_type));
    }
    if let Some(place) = unique(scope, &name.text, &fields, diagnostics) {
        entries.push(entry("unique", place, Node::plain(place, "true")));
    }
    if let Some(default) = scope.schema(&name.text).and_then(|field| field.default.clone()) {
        entries.push(entry("default", default.place, default));
    }
    let nullable = fields.truth("nullable", diagnostics);
    let schema = scope.schema(&name.text).and_then(|field| field.nullable);
    if let (Some(place), true) = (draft.null, nullable == Some(false) || schema == Some(false)) {
        let message = format!("`{}` may not be NULL, but there is a NULL among its values", name.text);
        diagnostics.error(place, message, "drop `nullable: false`, or the NULL");
    }
    let mut columns = draft.hidden;
    columns.push((name.clone(), Node::new(fields.place, Value::Map(entries))));
    columns
}

/// The type that the config or the schema declares; they may not contradict each other.
fn declared(
    scope: &Scope<'_>,
    name: &Name,
    fields: &Fields<'_>,
    strategy: Strategy,
    diagnostics: &mut Diagnostics,
) -> Option<Node> {
    let categories: Vec<Node> = match fields.get("values").map(|node| &node.value) {
        Some(Value::Map(entries)) if strategy == Strategy::CategoricalWeighted => {
            entries.iter().map(|(name, _)| Node::text(name.place, name.text.clone())).collect()
        }
        Some(Value::List(items)) => items.clone(),
        Some(Value::Map(_) | Value::Null | Value::Scalar { .. }) | None => Vec::new(),
    };
    let own = types::declared(fields, &categories, diagnostics);
    let schema = scope.schema(&name.text).and_then(|field| field.column_type.as_ref());
    if let (Some(own), Some(schema)) = (&own, schema)
        && !types::same(own, schema)
    {
        let message = format!(
            "`{}` is {} here and {} in its schema",
            name.text,
            types::shown(own),
            types::shown(schema)
        );
        diagnostics.error(own.place, message, "declare the type once");
    }
    own.or_else(|| schema.cloned())
}

/// Where it is said that no two rows have the same value.
fn unique(
    scope: &Scope<'_>,
    column: &str,
    fields: &Fields<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Place> {
    let own = fields.truth("unique", diagnostics).unwrap_or(false);
    let own = fields.get("unique").filter(|_| own).map(|node| node.place);
    let ruled = scope.rules.unique.iter().find(|(name, _)| name == column).map(|(_, place)| *place);
    own.or(ruled).or_else(|| scope.schema(column).and_then(|field| field.unique))
}

/// `distribution` and `alpha`: the Zipf exponent, or nothing for the uniform law.
fn zipf(fields: &Fields<'_>, default: &str, diagnostics: &mut Diagnostics) -> Option<Option<Node>> {
    let named = match fields.get("distribution") {
        Some(_) => fields.one_of("distribution", &["zipf", "uniform"], diagnostics)?,
        None => (default, fields.place),
    };
    let alpha = fields.number("alpha", diagnostics);
    if named.0 == "uniform" {
        if let Some((_, node)) = alpha {
            let hint = "add `distribution: zipf`, or drop `alpha`";
            diagnostics.error(node.place, "`alpha` means nothing to a uniform distribution", hint);
        }
        return Some(None);
    }
    if let Some((alpha, node)) = alpha
        && alpha.is_negative()
    {
        diagnostics.error(node.place, "`alpha` must not be negative", "0 is uniform, 1 is Zipf's own law");
    }
    // A Zipf law without an exponent has 1, Zipf's own.
    Some(Some(alpha.map_or_else(|| Node::plain(named.1, "1.0"), |(_, node)| node.clone())))
}
