//! The psql scripts of a dataset: tables, `\copy` of every part, keys.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::format::Format;
use super::manifest::Manifest;
use crate::model::ColumnType;

/// The longest name that Postgres keeps, in bytes.
const LONGEST_NAME: usize = 63;

/// `schema.sql`: the types and tables, without keys.
pub fn schema(manifest: &Manifest) -> String {
    let mut sql = heading(manifest, "Tables without keys. Next: load.sql, then constraints.sql.");
    sql.push_str("BEGIN;\n");
    // A table brings a type of its own name with it.
    let mut taken: BTreeSet<String> = manifest.entities.iter().map(|entity| entity.name.clone()).collect();
    for entity in &manifest.entities {
        let mut columns = Vec::new();
        for column in &entity.shape.columns {
            let ty = match &column.ty {
                ColumnType::Enum { values } => {
                    let name = type_name(&entity.name, &column.name, &mut taken);
                    let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
                    let _ = writeln!(sql, "CREATE TYPE {} AS ENUM ({});", quote(&name), values.join(", "));
                    quote(&name)
                }
                ty => sql_type(ty),
            };
            let not_null = if column.nullable { "" } else { " NOT NULL" };
            columns.push(format!("  {} {ty}{not_null}", quote(&column.name)));
        }
        let _ = writeln!(sql, "CREATE TABLE {} (\n{}\n);\n", quote(&entity.name), columns.join(",\n"));
    }
    sql.push_str("COMMIT;\n");
    sql
}

/// `load.sql`: every part into its table.
pub fn load(manifest: &Manifest) -> String {
    if manifest.format == Format::Parquet {
        let mut sql = heading(manifest, "psql reads no Parquet.");
        // An error, so that nobody goes on with empty tables.
        sql.push_str(
            "DO $$ BEGIN RAISE EXCEPTION 'the parts of this dataset are Parquet, which psql cannot read'\n\
             USING HINT = 'generate the same dataset with --format csv or csv.zst: its scripts load it'; END $$;\n",
        );
        return sql;
    }
    let mut sql =
        heading(manifest, "Run it in the dataset's directory: psql -v ON_ERROR_STOP=1 -f psql/load.sql");
    sql.push_str("BEGIN;\n");
    for entity in &manifest.entities {
        let columns: Vec<String> = entity.shape.columns.iter().map(|column| quote(&column.name)).collect();
        for part in &entity.parts {
            let source = match manifest.format {
                Format::CsvZstd => {
                    format!("program {}", literal(&format!("zstd -dc -- {}", shell(&part.file))))
                }
                Format::Csv | Format::Parquet => literal(&part.file),
            };
            let _ = writeln!(
                sql,
                "\\copy {} ({}) from {source} with (format csv, header, encoding 'UTF8')",
                quote(&entity.name),
                columns.join(", ")
            );
        }
    }
    sql.push_str("COMMIT;\n");
    for entity in &manifest.entities {
        let _ = writeln!(sql, "ANALYZE {};", quote(&entity.name));
    }
    sql
}

/// `constraints.sql`: primary keys, unique columns, foreign keys.
pub fn constraints(manifest: &Manifest) -> String {
    let mut sql = heading(manifest, "Keys, after the rows: adding them now is faster than keeping them up.");
    for entity in &manifest.entities {
        let table = quote(&entity.name);
        if let Some(key) = &entity.key {
            let _ = writeln!(sql, "ALTER TABLE {table} ADD PRIMARY KEY ({});", quote(key));
        }
        for column in &entity.shape.columns {
            if column.unique && entity.key.as_ref() != Some(&column.name) {
                let _ = writeln!(sql, "ALTER TABLE {table} ADD UNIQUE ({});", quote(&column.name));
            }
        }
        for set in &entity.unique {
            let columns: Vec<String> = set.iter().map(|column| quote(column)).collect();
            let _ = writeln!(sql, "ALTER TABLE {table} ADD UNIQUE ({});", columns.join(", "));
        }
    }
    for entity in &manifest.entities {
        for key in &entity.foreign_keys {
            let target = manifest.entities.iter().find(|target| target.name == key.entity);
            // Postgres wants the key that is referred to declared unique.
            let is_unique = target.is_some_and(|target| {
                target.key.as_ref() == Some(&key.key)
                    || target.shape.column(&key.key).is_some_and(|column| column.unique)
            });
            let statement = format!(
                "ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({});",
                quote(&entity.name),
                quote(&key.column),
                quote(&key.entity),
                quote(&key.key)
            );
            let _ = match is_unique {
                true => writeln!(sql, "{statement}"),
                false => writeln!(sql, "-- Not unique, so that Postgres refuses it: {statement}"),
            };
        }
    }
    sql
}

/// What every script begins with: names and values are UTF-8 whatever the client's locale is.
fn heading(manifest: &Manifest, text: &str) -> String {
    format!(
        "-- {} / {}. {text}\n\\set ON_ERROR_STOP on\n\\encoding UTF8\n",
        comment(&manifest.model),
        comment(&manifest.band)
    )
}

fn comment(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// A quoted identifier.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn shell(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('`', "\\`"))
}

/// A name for a column's enumerated type that no table and no other type has.
fn type_name(entity: &str, column: &str, taken: &mut BTreeSet<String>) -> String {
    let plain = format!("{entity}_{column}");
    let name = match plain.len() <= LONGEST_NAME && !taken.contains(&plain) {
        true => plain,
        false => {
            let digest = blake3::hash(format!("{}:{plain}", entity.len()).as_bytes()).to_hex();
            let room = LONGEST_NAME - 1 - 16;
            let end = (0..=room.min(plain.len())).rev().find(|&at| plain.is_char_boundary(at)).unwrap_or(0);
            format!("{}_{}", &plain[..end], &digest[..16])
        }
    };
    taken.insert(name.clone());
    name
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
        ColumnType::Date => "date".to_owned(),
        ColumnType::Interval => "interval".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_apart_from_tables_and_from_each_other() {
        let mut taken = BTreeSet::from(["orders_state".to_owned()]);
        let mut name = |entity: &str, column: &str| type_name(entity, column, &mut taken);
        assert_eq!(name("users", "role"), "users_role");
        let beside_a_table = name("orders", "state");
        assert!(beside_a_table.starts_with("orders_state_"), "{beside_a_table}");
        assert_eq!(name("a", "b_c"), "a_b_c");
        assert_ne!(name("a_b", "c"), "a_b_c");
        let long = "é".repeat(40);
        let (first, second) = (name(&long, "state"), name(&long, "status"));
        assert!(first.len() <= LONGEST_NAME && second.len() <= LONGEST_NAME);
        assert_ne!(first, second);
    }
}
