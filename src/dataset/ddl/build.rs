//! [`tables`]: names, types and keys of a dataset's tables, from what its manifest says of them.

use super::names::{LONGEST_NAME, Names};
use super::{Column, Ddl, ForeignKey, Index, Sequence, Table, UniqueKey, literal, quote};
use crate::dataset::manifest::{self, EntityManifest};
use crate::dataset::table::ShapeColumn;
use crate::model::{ColumnDefault, ColumnType};

/// The tables of entities, in a schema or, without one, wherever the search path leads.
pub fn tables(entities: &[EntityManifest], schema: Option<&str>) -> Ddl {
    let declared: Vec<&str> = entities.iter().map(|entity| entity.name.as_str()).collect();
    let mut names = Names::default();
    let relations = names.declare(&declared);
    let mut builder = Builder { names, schema, types: Vec::new() };
    let mut tables: Vec<Table> =
        entities.iter().zip(relations).map(|(entity, relation)| builder.table(entity, relation)).collect();
    for (at, entity) in entities.iter().enumerate() {
        let keys = entity.foreign_keys.iter();
        tables[at].foreign_keys =
            keys.filter_map(|key| builder.foreign_key(entity, key, &tables[at], entities, &tables)).collect();
    }
    Ddl { types: builder.types, tables }
}

/// What tables are made with while names are given out.
struct Builder<'s> {
    names: Names,
    schema: Option<&'s str>,
    types: Vec<String>,
}

impl Builder<'_> {
    fn qualified(&self, name: &str) -> String {
        self.schema.map_or_else(|| quote(name), |schema| format!("{}.{}", quote(schema), quote(name)))
    }

    fn table(&mut self, entity: &EntityManifest, relation: String) -> Table {
        let declared: Vec<&str> = entity.shape.columns.iter().map(|column| column.name.as_str()).collect();
        let names = Names::of_columns().declare(&declared);
        let mut table = Table {
            entity: entity.name.clone(),
            name: self.qualified(&relation),
            relation,
            columns: Vec::new(),
            keys: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            sequences: Vec::new(),
        };
        for (column, name) in entity.shape.columns.iter().zip(names) {
            let column = self.column(entity, column, name, &mut table.sequences);
            table.columns.push(column);
        }
        table.keys = self.keys(entity, &table);
        table.indexes = self.indexes(entity, &table);
        table
    }

    fn column(
        &mut self,
        entity: &EntityManifest,
        column: &ShapeColumn,
        name: String,
        sequences: &mut Vec<Sequence>,
    ) -> Column {
        let quoted = quote(&name);
        let (type_name, check) = self.column_type(entity, column, &quoted);
        let mut modifiers = Vec::new();
        modifiers.extend((!column.nullable).then(|| "NOT NULL".to_owned()));
        modifiers.extend(column.default.as_ref().map(|default| match default {
            ColumnDefault::Value(text) => format!("DEFAULT {}", value(text, &column.ty)),
            ColumnDefault::Now if column.ty == ColumnType::Date => {
                "DEFAULT (now() AT TIME ZONE 'UTC')::date".to_owned()
            }
            ColumnDefault::Now => "DEFAULT now()".to_owned(),
            ColumnDefault::Random => "DEFAULT gen_random_uuid()".to_owned(),
            ColumnDefault::Next { first } => {
                let sequence = self.sequence(entity, column, &quoted, *first);
                let text = identity(&sequence);
                sequences.push(sequence);
                text
            }
        }));
        modifiers.extend(check);
        Column { name, quoted, type_name, modifiers: modifiers.join(" ") }
    }

    /// The type's name, and a check where Postgres has no such type.
    fn column_type(
        &mut self,
        entity: &EntityManifest,
        column: &ShapeColumn,
        quoted: &str,
    ) -> (String, Option<String>) {
        let ColumnType::Enum { values } = &column.ty else { return (sql_type(&column.ty), None) };
        let list: Vec<String> = values.iter().map(|value| literal(value)).collect();
        let list = list.join(", ");
        // Postgres keeps enumerated values as names.
        if values.iter().any(|value| value.len() > LONGEST_NAME) {
            let name = quote(&self.names.derive(&[&entity.name, &column.name, "check"]));
            return ("text".to_owned(), Some(format!("CONSTRAINT {name} CHECK ({quoted} IN ({list}))")));
        }
        let name = self.names.derive(&[&entity.name, &column.name]);
        let name = self.qualified(&name);
        self.types.push(format!("CREATE TYPE {name} AS ENUM ({list})"));
        (name, None)
    }

    fn sequence(
        &mut self,
        entity: &EntityManifest,
        column: &ShapeColumn,
        quoted: &str,
        first: i64,
    ) -> Sequence {
        let name = self.names.derive(&[&entity.name, &column.name, "seq"]);
        let rows = i64::try_from(entity.rows).unwrap_or(i64::MAX);
        let last = (rows > 0).then(|| first.saturating_add(rows - 1));
        Sequence { name: self.qualified(&name), column: quoted.to_owned(), first, last }
    }

    fn keys(&mut self, entity: &EntityManifest, table: &Table) -> Vec<UniqueKey> {
        let mut keys = Vec::new();
        let primary = entity.key.as_ref().map_or(entity.composite_key.as_slice(), std::slice::from_ref);
        if !primary.is_empty() {
            let name = self.names.derive(&[&entity.name, "pkey"]);
            keys.extend(unique_key(entity, table, primary, name, true));
        }
        let alone = entity.shape.columns.iter().filter(|column| column.unique);
        let alone = alone.filter(|column| entity.key.as_ref() != Some(&column.name));
        let alone = alone.map(|column| vec![column.name.clone()]);
        let sets = entity.unique.iter().filter(|set| set.as_slice() != primary).cloned();
        for set in alone.chain(sets) {
            let name = self.derive(entity, &set, "key");
            keys.extend(unique_key(entity, table, &set, name, false));
        }
        keys
    }

    fn indexes(&mut self, entity: &EntityManifest, table: &Table) -> Vec<Index> {
        let index = |index: &Vec<manifest::IndexColumn>| {
            let names: Vec<String> = index.iter().map(|column| column.column.clone()).collect();
            let mut columns = quoted_columns(entity, table, &names)?;
            for (text, column) in columns.iter_mut().zip(index) {
                text.push_str(if column.descending { " DESC" } else { "" });
            }
            let name = self.derive(entity, &names, "idx");
            Some(Index { table: table.name.clone(), name, columns })
        };
        entity.indexes.iter().filter_map(index).collect()
    }

    fn foreign_key(
        &mut self,
        entity: &EntityManifest,
        key: &manifest::ForeignKey,
        table: &Table,
        entities: &[EntityManifest],
        tables: &[Table],
    ) -> Option<ForeignKey> {
        let at = entities.iter().position(|target| target.name == key.entity)?;
        let target = &tables[at];
        let mut pairs = Vec::new();
        for (own, there) in key.pairs() {
            pairs.push((column_of(entity, table, own)?, column_of(&entities[at], target, there), there));
        }
        let names: Vec<String> = key.pairs().map(|(own, _)| own.to_owned()).collect();
        let quoted = |(_, found, name): &(_, Option<&Column>, &str)| {
            found.map_or_else(|| quote(name), |found| found.quoted.clone())
        };
        Some(ForeignKey {
            table: table.name.clone(),
            name: self.derive(entity, &names, "fkey"),
            columns: pairs.iter().map(|(column, ..)| column.quoted.clone()).collect(),
            target: target.name.clone(),
            keys: pairs.iter().map(quoted).collect(),
            refused: refusal(&pairs, target),
        })
    }

    /// `orders_user_id_created_at_idx`.
    fn derive(&mut self, entity: &EntityManifest, columns: &[String], kind: &str) -> String {
        let columns = columns.iter().map(String::as_str);
        let parts: Vec<&str> = std::iter::once(entity.name.as_str()).chain(columns).chain([kind]).collect();
        self.names.derive(&parts)
    }
}

/// Why Postgres refuses a foreign key.
fn refusal(pairs: &[(&Column, Option<&Column>, &str)], target: &Table) -> Option<&'static str> {
    let keys: Option<Vec<&Column>> = pairs.iter().map(|(_, key, _)| *key).collect();
    let Some(keys) = keys else { return Some("Not among the columns there") };
    let is_key = |known: &UniqueKey| known.columns.iter().eq(keys.iter().map(|key| &key.quoted));
    if !target.keys.iter().any(is_key) {
        return Some("Not unique");
    }
    let comparable =
        pairs.iter().zip(&keys).all(|((column, ..), key)| are_comparable(&column.type_name, &key.type_name));
    (!comparable).then_some("Of another type")
}

/// Whether values of two types can be equal. Each enumeration is a type of its own.
fn are_comparable(one: &str, two: &str) -> bool {
    let is_integer = |name: &str| matches!(name, "integer" | "bigint");
    let is_decimal = |name: &str| name.starts_with("numeric");
    one == two || is_integer(one) && is_integer(two) || is_decimal(one) && is_decimal(two)
}

fn unique_key(
    entity: &EntityManifest,
    table: &Table,
    names: &[String],
    name: String,
    primary: bool,
) -> Option<UniqueKey> {
    let columns = quoted_columns(entity, table, names)?;
    Some(UniqueKey { table: table.name.clone(), name, columns, primary })
}

fn quoted_columns(entity: &EntityManifest, table: &Table, names: &[String]) -> Option<Vec<String>> {
    names.iter().map(|name| column_of(entity, table, name).map(|column| column.quoted.clone())).collect()
}

fn column_of<'t>(entity: &EntityManifest, table: &'t Table, name: &str) -> Option<&'t Column> {
    let at = entity.shape.columns.iter().position(|column| column.name == name)?;
    table.columns.get(at)
}

/// An identity column takes numbers that rows bring, and makes one where they bring none.
fn identity(sequence: &Sequence) -> String {
    let first = sequence.first;
    let start = if first == 1 { String::new() } else { format!(" START WITH {first}") };
    // Otherwise a sequence begins at 1.
    let least = if first < 1 { format!(" MINVALUE {first}") } else { String::new() };
    format!("GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME {}{start}{least})", sequence.name)
}

/// A value of a type: plain where no quotes are needed.
fn value(text: &str, ty: &ColumnType) -> String {
    match ty {
        ColumnType::Integer | ColumnType::BigInteger | ColumnType::Decimal { .. } | ColumnType::Boolean => {
            text.to_owned()
        }
        ColumnType::Uuid
        | ColumnType::Text
        | ColumnType::Float
        | ColumnType::Timestamp
        | ColumnType::DateTime
        | ColumnType::Date
        | ColumnType::Enum { .. }
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Interval => literal(text),
    }
}

fn sql_type(ty: &ColumnType) -> String {
    match ty {
        ColumnType::Uuid => "uuid".to_owned(),
        ColumnType::Text | ColumnType::Enum { .. } => "text".to_owned(),
        ColumnType::Integer => "integer".to_owned(),
        ColumnType::BigInteger => "bigint".to_owned(),
        ColumnType::Float => "double precision".to_owned(),
        ColumnType::Decimal { precision, scale } => format!("numeric({precision},{scale})"),
        ColumnType::Boolean => "boolean".to_owned(),
        ColumnType::Timestamp => "timestamptz".to_owned(),
        ColumnType::DateTime => "timestamp".to_owned(),
        ColumnType::Date => "date".to_owned(),
        ColumnType::Json => "jsonb".to_owned(),
        ColumnType::Array { element } => format!("{}[]", sql_type(element)),
        ColumnType::Interval => "interval".to_owned(),
    }
}
