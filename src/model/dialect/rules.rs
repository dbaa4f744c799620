//! [`Rules`]: what must hold for every row, gathered from validations, constraints and schemas.
//!
//! `constraints.yaml` adds rules to entities:
//!
//! ```yaml
//! constraints:
//!   - {entity: orders, rule: "created_at >= user.created_at"}
//!   - {entity: orders, rule: "total = sum(order_items.line_total)"}
//!   - {entity: orders, unique: [user_id, created_at]}
//! ```

use super::catalogue::Catalogue;
use super::expressions;
use super::fields::{Fields, wrong_kind};
use super::files::{Layout, read};
use super::sources::Source;
use crate::model::diagnostics::Diagnostics;
use crate::model::yaml::{Node, Place};

/// The rules of one entity.
#[derive(Default)]
pub struct Rules {
    /// Native expressions, none of them twice.
    pub validations: Vec<Node>,
    /// Columns without two equal values, and where that is said.
    pub unique: Vec<(String, Place)>,
    /// Sets of columns that are unique together.
    pub unique_together: Vec<Node>,
    /// Own columns and the referenced time that they may not precede, as `user_id.created_at`.
    pub not_before: Vec<(String, Node)>,
}

impl Rules {
    /// Gathers the rules of every entity.
    pub fn gather(
        layout: &Layout,
        sources: &[Source],
        catalogue: &Catalogue,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Self> {
        let mut all = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            let mut gathering =
                Gathering { rules: Self::default(), index, catalogue, diagnostics: &mut *diagnostics };
            gathering.source(source);
            all.push(gathering.rules);
        }
        let file = layout.nearest(&["schemas/constraints.yaml", "constraints.yaml"]);
        let node = file.and_then(|file| read(&file, None, diagnostics));
        if let Some(fields) =
            node.as_ref().and_then(|node| Fields::of(node, "`constraints.yaml`", diagnostics))
        {
            fields.allow_only(&["constraints"], diagnostics);
            for item in fields.list("constraints", diagnostics) {
                constraint(item, catalogue, &mut all, diagnostics);
            }
        }
        all
    }
}

fn constraint(item: &Node, catalogue: &Catalogue, all: &mut [Rules], diagnostics: &mut Diagnostics) {
    let what = "a constraint";
    let Some(fields) = Fields::of(item, what, diagnostics) else { return };
    fields.allow_only(&["entity", "rule", "unique"], diagnostics);
    let Some((entity, place)) = fields.required_text("entity", what, diagnostics) else { return };
    let Some(index) = catalogue.expect(entity, place, diagnostics) else { return };
    let mut gathering = Gathering { rules: std::mem::take(&mut all[index]), index, catalogue, diagnostics };
    match (fields.get("rule"), fields.get("unique")) {
        (Some(rule), None) => gathering.rule(None, rule),
        (None, Some(columns)) => gathering.unique_columns(columns, &fields),
        (Some(_), Some(_)) | (None, None) => {
            let hint = "rule: \"updated_at >= created_at\", or unique: [user_id, position]";
            gathering.diagnostics.error(item.place, "a constraint has either `rule` or `unique`", hint);
        }
    }
    all[index] = gathering.rules;
}

struct Gathering<'a> {
    rules: Rules,
    index: usize,
    catalogue: &'a Catalogue,
    diagnostics: &'a mut Diagnostics,
}

impl Gathering<'_> {
    fn source(&mut self, source: &Source) {
        for (name, node) in &source.columns {
            if let Some(constraint) = node.get("constraint") {
                self.fragment(&name.text, constraint);
            }
        }
        for item in &source.validations {
            self.validation(item);
        }
    }

    /// `{field, rule, reference_entity, reference_field}`.
    fn validation(&mut self, item: &Node) {
        let what = "a validation";
        let Some(fields) = Fields::of(item, what, self.diagnostics) else { return };
        fields.allow_only(&["field", "rule", "reference_entity", "reference_field"], self.diagnostics);
        let field = fields.required_text("field", what, self.diagnostics);
        let rule = fields.require("rule", what, self.diagnostics);
        let (Some((field, place)), Some(rule)) = (field, rule) else { return };
        if !self.catalogue.entities[self.index].require(field, place, self.diagnostics) {
            return;
        }
        self.check_reference(&fields, rule);
        self.fragment(field, rule);
    }

    /// A rule about a field: `unique`, `not null`, or an expression that may leave the field out.
    fn fragment(&mut self, field: &str, rule: &Node) {
        match rule.as_str().map(|text| text.trim().to_lowercase()).as_deref() {
            Some("unique") => self.rules.unique.push((field.to_owned(), rule.place)),
            Some("not null") => self.add(format!("{} IS NOT NULL", expressions::name(field)), rule.place),
            Some(_) | None => self.rule(Some(field), rule),
        }
    }

    /// The entity and field that a validation names beside its rule must be those of the rule.
    fn check_reference(&mut self, fields: &Fields<'_>, rule: &Node) {
        let entity = fields.text("reference_entity", self.diagnostics);
        let Some((entity, entity_place)) = entity else { return };
        let Some(index) = self.catalogue.expect(entity, entity_place, self.diagnostics) else { return };
        let Some((field, place)) = fields.required_text("reference_field", "a validation", self.diagnostics)
        else {
            return;
        };
        if !self.catalogue.entities[index].require(field, place, self.diagnostics) {
            return;
        }
        let Some(tokens) =
            expressions::tokens(rule.as_str().unwrap_or_default(), rule.place, self.diagnostics)
        else {
            return;
        };
        let own = &self.catalogue.entities[self.index];
        let points =
            |name: &str| own.link(name).map(|link| link.entity).or_else(|| self.catalogue.find(name));
        let named = expressions::qualified_names(&tokens);
        if !named.iter().any(|(qualifier, named)| *named == field && points(qualifier) == Some(index)) {
            let message = format!("the rule does not speak of `{field}` of `{entity}`");
            self.diagnostics.error(
                rule.place,
                message,
                "rule: \">= user.created_at\" names the field itself",
            );
        }
    }

    fn rule(&mut self, field: Option<&str>, rule: &Node) {
        let Some(text) = rule.as_str() else {
            wrong_kind(rule, "a rule", "a text such as \">= created_at\"", self.diagnostics);
            return;
        };
        let Some(mut tokens) = expressions::tokens(text, rule.place, self.diagnostics) else { return };
        if let Some(field) = field {
            tokens = expressions::with_field(&tokens, field);
        }
        let native =
            expressions::qualified(&tokens, self.index, self.catalogue, rule.place, self.diagnostics);
        if let Some(native) = native {
            self.add(expressions::text(&native), rule.place);
        }
    }

    fn add(&mut self, expression: String, place: Place) {
        let known = |validation: &Node| validation.as_str() == Some(&expression);
        if self.rules.validations.iter().any(known) {
            return;
        }
        let own = &self.catalogue.entities[self.index];
        for found in expressions::not_before(&expression) {
            let by_reference = own.link(&found.qualifier).is_some();
            if own.has(&found.later) && by_reference {
                let text = format!("{}.{}", found.qualifier, found.field);
                self.couple(found.later, Node::plain(place, text));
            }
        }
        self.rules.validations.push(Node::text(place, expression));
    }

    fn couple(&mut self, column: String, earliest: Node) {
        let same = |(known, node): &(String, Node)| *known == column && node.as_str() == earliest.as_str();
        if !self.rules.not_before.iter().any(same) {
            self.rules.not_before.push((column, earliest));
        }
    }

    fn unique_columns(&mut self, node: &Node, fields: &Fields<'_>) {
        let columns = fields.list("unique", self.diagnostics);
        let own = &self.catalogue.entities[self.index];
        for column in columns {
            let Some(name) = column.as_str() else {
                wrong_kind(column, "a unique field", "a field's name", self.diagnostics);
                return;
            };
            if !own.require(name, column.place, self.diagnostics) {
                return;
            }
        }
        match columns {
            [] => {}
            [one] => self.rules.unique.push((one.as_str().unwrap_or_default().to_owned(), one.place)),
            several => self.rules.unique_together.push(Node::list(node.place, several.to_vec())),
        }
    }
}
