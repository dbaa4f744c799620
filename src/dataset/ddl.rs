//! [`Ddl`]: the tables that a dataset stands for, as statements; the psql scripts and the loader make the same.
//!
//! No statement ends with a semicolon. Tables come without keys, rows next, then what [`Table`] lists: adding keys
//! after the rows is several times faster. Foreign keys come last, so that neither order nor cycles matter.

mod build;
mod names;

pub use names::LONGEST_NAME;

use super::manifest::{EntityManifest, Manifest};

/// What a dataset's tables are made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ddl {
    /// `CREATE TYPE`, before the tables.
    pub types: Vec<String>,
    /// The tables, in the order of the manifest.
    pub tables: Vec<Table>,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The entity.
    pub entity: String,
    /// The table's bare name, as `pg_class.relname` has it.
    pub relation: String,
    /// The same, quoted and with its schema: for statements.
    pub name: String,
    /// Its columns, in the order of the parts.
    pub columns: Vec<Column>,
    /// Its primary key and what else is unique.
    pub keys: Vec<UniqueKey>,
    /// Its other indexes.
    pub indexes: Vec<Index>,
    /// Its foreign keys, those that Postgres refuses included.
    pub foreign_keys: Vec<ForeignKey>,
    /// The sequences behind its columns.
    pub sequences: Vec<Sequence>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, as `pg_attribute.attname` has it.
    pub name: String,
    /// The same, quoted.
    pub quoted: String,
    /// Its type in Postgres.
    pub type_name: String,
    /// What follows the type: NOT NULL, the default and so on; may be empty.
    pub modifiers: String,
}

/// Columns without two equal rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueKey {
    /// The table, quoted and with its schema.
    pub table: String,
    /// The bare name of the constraint and of its index.
    pub name: String,
    /// The columns, quoted.
    pub columns: Vec<String>,
    /// Whether it is the primary key.
    pub primary: bool,
}

/// A plain B-tree index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The table, quoted and with its schema.
    pub table: String,
    /// The index's bare name.
    pub name: String,
    /// The columns, quoted, with their direction.
    pub columns: Vec<String>,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The table, quoted and with its schema.
    pub table: String,
    /// The constraint's bare name.
    pub name: String,
    /// The columns, quoted: one as a rule.
    pub columns: Vec<String>,
    /// The table that they refer to, quoted and with its schema.
    pub target: String,
    /// The key's columns there, quoted.
    pub keys: Vec<String>,
    /// Why Postgres refuses it, if so; then it must be left out.
    pub refused: Option<&'static str>,
}

/// The sequence behind an identity column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Its name, quoted and with its schema.
    pub name: String,
    /// The column, quoted.
    pub column: String,
    /// The first row's number.
    pub first: i64,
    /// The last row's number, if there are rows.
    pub last: Option<i64>,
}

impl Ddl {
    /// The tables of a dataset, in a schema or, without one, wherever the search path leads.
    pub fn of(manifest: &Manifest, schema: Option<&str>) -> Self {
        Self::of_entities(&manifest.entities, schema)
    }

    /// As [`Ddl::of`], of entities alone.
    pub fn of_entities(entities: &[EntityManifest], schema: Option<&str>) -> Self {
        build::tables(entities, schema)
    }
}

impl Ddl {
    /// What tables without rows get at once: keys and indexes, and then foreign keys.
    pub fn constraints(&self) -> Vec<String> {
        let keys = self.tables.iter().flat_map(|table| &table.keys).map(UniqueKey::add);
        let indexes = self.tables.iter().flat_map(|table| &table.indexes).map(Index::create);
        let foreign_keys = self.tables.iter().flat_map(|table| &table.foreign_keys);
        let allowed = foreign_keys.filter(|key| key.refused.is_none()).map(ForeignKey::add);
        keys.chain(indexes).chain(allowed).collect()
    }
}

impl Table {
    /// `CREATE TABLE`, without keys.
    pub fn create(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(Column::definition).collect();
        format!("CREATE TABLE {} (\n  {}\n)", self.name, columns.join(",\n  "))
    }

    /// The columns, quoted, as `COPY` lists them.
    pub fn column_list(&self) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|column| column.quoted.as_str()).collect();
        columns.join(", ")
    }
}

impl Column {
    fn definition(&self) -> String {
        let definition = format!("{} {} {}", self.quoted, self.type_name, self.modifiers);
        definition.trim_end().to_owned()
    }
}

impl UniqueKey {
    /// `ALTER TABLE … ADD CONSTRAINT`, which makes the index too.
    pub fn add(&self) -> String {
        format!("{} ({})", self.constraint(), self.columns.join(", "))
    }

    /// The first of two steps: `CREATE UNIQUE INDEX`.
    pub fn create_index(&self) -> String {
        format!("CREATE UNIQUE INDEX {} ON {} ({})", quote(&self.name), self.table, self.columns.join(", "))
    }

    /// The second of two steps: the constraint takes the index over.
    pub fn attach(&self) -> String {
        format!("{} USING INDEX {}", self.constraint(), quote(&self.name))
    }

    fn constraint(&self) -> String {
        let kind = if self.primary { "PRIMARY KEY" } else { "UNIQUE" };
        format!("ALTER TABLE {} ADD CONSTRAINT {} {kind}", self.table, quote(&self.name))
    }
}

impl Index {
    /// `CREATE INDEX`.
    pub fn create(&self) -> String {
        format!("CREATE INDEX {} ON {} ({})", quote(&self.name), self.table, self.columns.join(", "))
    }
}

impl ForeignKey {
    /// `ALTER TABLE … ADD CONSTRAINT`, which looks at every row.
    pub fn add(&self) -> String {
        let Self { table, target, .. } = self;
        let (name, columns, keys) = (quote(&self.name), self.columns.join(", "), self.keys.join(", "));
        format!(
            "ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {target} ({keys})"
        )
    }

    /// The first of two steps: new rows must hold, those that are there are not looked at.
    pub fn add_not_valid(&self) -> String {
        format!("{} NOT VALID", self.add())
    }

    /// The second of two steps: looks at the rows without locking out who writes.
    pub fn validate(&self) -> String {
        format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", self.table, quote(&self.name))
    }
}

impl Sequence {
    /// Goes on behind the last row.
    pub fn set(&self) -> String {
        let (number, called) = self.last.map_or((self.first, false), |last| (last, true));
        format!("SELECT setval({}, {number}, {called})", literal(&self.name))
    }
}

/// A quoted identifier.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A quoted text.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::manifest::{self, IndexColumn};
    use crate::dataset::table::{ShapeColumn, TableShape};
    use crate::model::{ColumnDefault, ColumnType};

    fn entity(name: &str, columns: Vec<ShapeColumn>) -> EntityManifest {
        EntityManifest {
            name: name.to_owned(),
            aliases: Vec::new(),
            rows: 5,
            logical_digest: String::new(),
            key: columns.first().map(|column| column.name.clone()),
            composite_key: Vec::new(),
            shape: TableShape { entity: name.to_owned(), columns },
            parent: None,
            foreign_keys: Vec::new(),
            unique: Vec::new(),
            indexes: Vec::new(),
            parts: Vec::new(),
        }
    }

    fn column(name: &str, ty: ColumnType, default: ColumnDefault) -> ShapeColumn {
        ShapeColumn { default: Some(default), ..ShapeColumn::new(name, ty) }
    }

    fn numbered(name: &str, first: i64) -> EntityManifest {
        entity(name, vec![column("id", ColumnType::BigInteger, ColumnDefault::Next { first })])
    }

    fn reference(column: &str, entity: &str, key: &str) -> manifest::ForeignKey {
        manifest::ForeignKey {
            column: column.to_owned(),
            entity: entity.to_owned(),
            key: key.to_owned(),
            beside: Vec::new(),
        }
    }

    #[test]
    fn with_a_schema_every_table_type_and_sequence_is_qualified_and_no_name_is_another() {
        let mut users = numbered("users", 1);
        let state = ColumnType::Enum { values: vec!["it's".to_owned()] };
        users.shape.columns.push(ShapeColumn::new("state", state));
        users.indexes = vec![vec![
            IndexColumn { column: "state".to_owned(), descending: true },
            IndexColumn { column: "id".to_owned(), descending: false },
        ]];
        users.foreign_keys = vec![reference("id", "users", "id")];
        let ddl = Ddl::of_entities(&[users.clone()], Some("a \"b"));
        let table = &ddl.tables[0];
        assert_eq!(ddl.types, [r#"CREATE TYPE "a ""b"."users_state" AS ENUM ('it''s')"#]);
        assert_eq!(
            table.create(),
            "CREATE TABLE \"a \"\"b\".\"users\" (\n  \"id\" bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY \
             (SEQUENCE NAME \"a \"\"b\".\"users_id_seq\"),\n  \"state\" \"a \"\"b\".\"users_state\" NOT NULL\n)"
        );
        assert_eq!(table.sequences[0].set(), r#"SELECT setval('"a ""b"."users_id_seq"', 5, true)"#);
        let key = &table.keys[0];
        assert_eq!(key.create_index(), r#"CREATE UNIQUE INDEX "users_pkey" ON "a ""b"."users" ("id")"#);
        assert_eq!(
            key.attach(),
            r#"ALTER TABLE "a ""b"."users" ADD CONSTRAINT "users_pkey" PRIMARY KEY USING INDEX "users_pkey""#
        );
        assert_eq!(
            table.indexes[0].create(),
            r#"CREATE INDEX "users_state_id_idx" ON "a ""b"."users" ("state" DESC, "id")"#
        );
        assert!(
            table.foreign_keys[0].add_not_valid().ends_with(r#"REFERENCES "a ""b"."users" ("id") NOT VALID"#)
        );
        let plain = Ddl::of_entities(&[users], None);
        let bare = |ddl: &Ddl| {
            let table = &ddl.tables[0];
            let keys = table.keys.iter().map(|key| key.name.clone());
            keys.chain(table.indexes.iter().map(|index| index.name.clone())).collect::<Vec<_>>()
        };
        assert_eq!(bare(&plain), bare(&ddl));
    }

    #[test]
    fn a_sequence_begins_where_the_rows_begin_and_goes_on_behind_the_last() {
        let sequence = |first: i64, rows: u64| {
            let mut entity = numbered("t", first);
            entity.rows = rows;
            let table = Ddl::of_entities(&[entity], None).tables.remove(0);
            (table.columns[0].modifiers.clone(), table.sequences[0].set())
        };
        let (modifiers, set) = sequence(-3, 0);
        assert!(modifiers.ends_with("(SEQUENCE NAME \"t_id_seq\" START WITH -3 MINVALUE -3)"), "{modifiers}");
        assert_eq!(set, "SELECT setval('\"t_id_seq\"', -3, false)");
        assert_eq!(sequence(10, 1).1, "SELECT setval('\"t_id_seq\"', 10, true)");
        assert_eq!(sequence(i64::MAX, 1).1, format!("SELECT setval('\"t_id_seq\"', {}, true)", i64::MAX));
    }

    #[test]
    fn a_foreign_key_that_postgres_refuses_says_why() {
        let mut orders = numbered("orders", 1);
        let state = || ColumnType::Enum { values: vec!["open".to_owned()] };
        orders.shape.columns.extend([
            ShapeColumn::new("state", state()),
            ShapeColumn::new("user", ColumnType::Integer),
            ShapeColumn::new("code", ColumnType::Text),
        ]);
        let mut states = entity("states", vec![ShapeColumn::new("name", state())]);
        states.shape.columns.push(ShapeColumn::new("note", ColumnType::Text));
        orders.foreign_keys = vec![
            reference("state", "states", "name"),
            reference("code", "states", "note"),
            reference("code", "states", "hidden"),
            reference("user", "orders", "id"),
        ];
        let ddl = Ddl::of_entities(&[orders.clone(), states.clone()], None);
        let refused = |ddl: &Ddl| -> Vec<Option<&str>> {
            ddl.tables[0].foreign_keys.iter().map(|key| key.refused).collect()
        };
        let expected =
            [Some("Of another type"), Some("Not unique"), Some("Not among the columns there"), None];
        assert_eq!(refused(&ddl), expected);
        states.unique = vec![vec!["note".to_owned()]];
        assert_eq!(refused(&Ddl::of_entities(&[orders, states], None))[1], None);
    }

    #[test]
    fn an_enumeration_that_postgres_cannot_keep_is_a_checked_text() {
        let long = "x".repeat(64);
        let ty = ColumnType::Enum { values: vec![long.clone(), "b".to_owned()] };
        let ddl = Ddl::of_entities(&[entity("t", vec![ShapeColumn::new("c", ty)])], None);
        assert!(ddl.types.is_empty());
        let expected = format!("NOT NULL CONSTRAINT \"t_c_check\" CHECK (\"c\" IN ('{long}', 'b'))");
        assert_eq!(ddl.tables[0].columns[0].modifiers, expected);
    }
}
