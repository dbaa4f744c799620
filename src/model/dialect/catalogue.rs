//! [`Catalogue`]: the entities of a folder, the names they go by and how they point at each other.

use super::fields::{Fields, meant};
use super::schemas::Schema;
use super::sources::{Source, file_stem};
use crate::model::diagnostics::{Diagnostics, did_you_mean};
use crate::model::yaml::{Name, Node, Place};

/// All entities; an entity is known by its index.
pub struct Catalogue {
    /// In the order of the config files' names.
    pub entities: Vec<Entity>,
}

/// An entity as others see it.
pub struct Entity {
    /// Its name: the config file's stem.
    pub name: String,
    /// Other names that expressions may use.
    pub aliases: Vec<Node>,
    /// Its columns.
    pub columns: Vec<Name>,
    /// Its columns that point at rows of other entities.
    pub links: Vec<Link>,
    /// Its parent, if it is generated together with one.
    pub parent: Option<Parent>,
    /// Its schema file.
    pub schema: Option<Schema>,
}

/// A column that points at rows.
pub struct Link {
    /// The column.
    pub column: String,
    /// The entity it points at.
    pub entity: usize,
    /// The field of that entity which it holds.
    pub field: String,
}

/// The parent of a child entity.
pub struct Parent {
    /// The parent entity.
    pub entity: usize,
    /// The child's foreign key.
    pub column: String,
    /// The native `per_parent`.
    pub per_parent: Node,
}

impl Catalogue {
    /// Lists the entities, gives them their schemas and follows their references.
    pub fn of(sources: &[Source], schemas: Vec<Schema>, diagnostics: &mut Diagnostics) -> Self {
        let mut catalogue = Self { entities: sources.iter().map(Entity::of).collect() };
        for (index, source) in sources.iter().enumerate() {
            let output = source.output.iter().map(|(stem, place)| Node::plain(*place, stem.clone()));
            let names: Vec<Node> = spellings(source.alias.iter()).into_iter().chain(output).collect();
            catalogue.name(index, names, diagnostics);
        }
        for schema in schemas {
            catalogue.add_schema(schema, diagnostics);
        }
        for (index, source) in sources.iter().enumerate() {
            catalogue.check_seed(index, source, diagnostics);
            catalogue.follow(index, source, diagnostics);
        }
        catalogue
    }

    /// The entity that goes by a name.
    pub fn find(&self, name: &str) -> Option<usize> {
        let goes_by = |entity: &Entity| {
            let aliases = entity.aliases.iter().filter_map(Node::as_str);
            std::iter::once(entity.name.as_str()).chain(aliases).any(|known| known.eq_ignore_ascii_case(name))
        };
        self.entities
            .iter()
            .position(|entity| entity.name == name)
            .or_else(|| self.entities.iter().position(goes_by))
    }

    /// The entity that goes by a name; an unknown one is an error that lists those there are.
    pub fn expect(&self, name: &str, place: Place, diagnostics: &mut Diagnostics) -> Option<usize> {
        let found = self.find(name);
        if found.is_none() {
            let mut hint = format!("there are {}", self.names().join(", "));
            if let Some(meant) = did_you_mean(name, self.names()) {
                hint = format!("did you mean `{meant}`? {hint}");
            }
            diagnostics.error(place, format!("no entity goes by `{name}`"), hint);
        }
        found
    }

    /// The names of the entities.
    pub fn names(&self) -> Vec<&str> {
        self.entities.iter().map(|entity| entity.name.as_str()).collect()
    }

    /// An entity's parent, its parent's parent, and so on.
    pub fn ancestors(&self, index: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut at = index;
        while let Some(parent) = &self.entities[at].parent {
            // A circle of parents ends here; the relationships report it.
            if found.contains(&parent.entity) || parent.entity == index {
                break;
            }
            found.push(parent.entity);
            at = parent.entity;
        }
        found
    }

    fn name(&mut self, index: usize, names: Vec<Node>, diagnostics: &mut Diagnostics) {
        let mut told = Vec::new();
        for name in names {
            let text = name.as_str().unwrap_or_default();
            match self.find(text) {
                // One word gives several names: in the singular, in small letters.
                Some(other) if other != index && told.contains(&name.place) => {}
                Some(other) if other != index => {
                    told.push(name.place);
                    let taken = &self.entities[other].name;
                    let message = format!("`{text}` already names `{taken}`");
                    diagnostics.error(name.place, message, "each name can stand for one entity only");
                }
                _ => self.entities[index].add_alias(name),
            }
        }
    }

    fn add_schema(&mut self, schema: Schema, diagnostics: &mut Diagnostics) {
        let names = std::iter::once(schema.stem.as_str()).chain(schema.names.iter().filter_map(Node::as_str));
        let Some(index) = names.into_iter().find_map(|name| self.find(name)) else {
            let message = format!("the schema `{}` belongs to no entity; it is not used", schema.stem);
            diagnostics.warning(schema.place, message, format!("add `{}_multiply.yaml`", schema.stem));
            return;
        };
        if self.entities[index].schema.is_some() {
            let message = format!("a second schema for `{}`", self.entities[index].name);
            diagnostics.error(schema.place, message, "keep one of them");
            return;
        }
        self.name(index, spellings(schema.names.iter()), diagnostics);
        self.entities[index].add_schema(schema, diagnostics);
    }

    fn check_seed(&self, index: usize, source: &Source, diagnostics: &mut Diagnostics) {
        let Some(node) = source.seed.as_ref().and_then(|seed| seed.entity.as_ref()) else { return };
        let text = node.as_str().unwrap_or_default();
        if let Some(other) = self.find(text)
            && other != index
        {
            let message =
                format!("the seed file is of `{text}`, but `{}_multiply.yaml` names it", source.name);
            diagnostics.error(node.place, message, "check `seed_file`");
        }
    }

    fn follow(&mut self, index: usize, source: &Source, diagnostics: &mut Diagnostics) {
        for (name, node) in &source.columns {
            if node.get("strategy").and_then(Node::as_str) != Some("foreign_key_reference") {
                continue;
            }
            let Some(fields) = Fields::of(node, "a strategy", diagnostics) else { continue };
            let what = "`foreign_key_reference`";
            let file = fields.required_text("reference_file", what, diagnostics);
            let field = fields.required_text("reference_field", what, diagnostics);
            let (Some((file, file_place)), Some((field, field_place))) = (file, field) else { continue };
            let Some(entity) = self.expect(&file_stem(file), file_place, diagnostics) else { continue };
            if self.entities[entity].require(field, field_place, diagnostics) {
                let link = Link { column: name.text.clone(), entity, field: field.to_owned() };
                self.entities[index].links.push(link);
            }
        }
    }
}

impl Entity {
    fn of(source: &Source) -> Self {
        Self {
            name: source.name.clone(),
            aliases: Vec::new(),
            columns: source.columns.iter().map(|(name, _)| name.clone()).collect(),
            links: Vec::new(),
            parent: None,
            schema: None,
        }
    }

    /// Whether it has a column.
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name.text == column)
    }

    /// Whether it has a column; if not, that is an error.
    pub fn require(&self, column: &str, place: Place, diagnostics: &mut Diagnostics) -> bool {
        let has = self.has(column);
        if !has {
            let known: Vec<&str> = self.columns.iter().map(|name| name.text.as_str()).collect();
            diagnostics.error(
                place,
                format!("`{}` has no field `{column}`", self.name),
                meant(column, &known),
            );
        }
        has
    }

    /// The reference that a column holds.
    pub fn link(&self, column: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.column == column)
    }

    fn add_alias(&mut self, name: Node) {
        let known = |alias: &Node| alias.as_str() == name.as_str();
        if name.as_str() != Some(self.name.as_str()) && !self.aliases.iter().any(known) {
            self.aliases.push(name);
        }
    }

    fn add_schema(&mut self, schema: Schema, diagnostics: &mut Diagnostics) {
        for field in &schema.fields {
            self.require(&field.name.text, field.name.place, diagnostics);
        }
        for column in &self.columns {
            if schema.field(&column.text).is_none() {
                let known: Vec<&str> = schema.fields.iter().map(|field| field.name.text.as_str()).collect();
                let message = format!("the schema of `{}` has no field `{}`", self.name, column.text);
                diagnostics.error(column.place, message, meant(&column.text, &known));
            }
        }
        if let Some(key) = &schema.primary_key {
            self.require(key.as_str().unwrap_or_default(), key.place, diagnostics);
        }
        self.schema = Some(schema);
    }
}

/// `OrderItem` is also `order_item`.
fn spellings<'a>(names: impl Iterator<Item = &'a Node>) -> Vec<Node> {
    names
        .flat_map(|name| [name.clone(), Node::plain(name.place, snake(name.as_str().unwrap_or_default()))])
        .collect()
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn camel_case_becomes_snake_case() {
        assert_eq!(snake("OrderItem"), "order_item");
        assert_eq!(snake("User"), "user");
        assert_eq!(snake("order_item"), "order_item");
    }
}
