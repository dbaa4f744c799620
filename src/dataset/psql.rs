//! The psql scripts of a dataset: tables, `\copy` of every part, keys.

use std::fmt::Write as _;

use super::format::Format;
use super::manifest::{EntityManifest, Manifest};
use crate::model::ColumnType;

/// `schema.sql`: the types and tables, without keys.
pub fn schema(manifest: &Manifest) -> String {
    let mut sql = heading(manifest, "Tables without keys. Next: load.sql, then constraints.sql.");
    for entity in &manifest.entities {
        for column in &entity.shape.columns {
            if let ColumnType::Enum { values } = &column.ty {
                let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
                let _ = writeln!(
                    sql,
                    "CREATE TYPE {} AS ENUM ({});",
                    quote(&type_name(entity, &column.name)),
                    values.join(", ")
                );
            }
        }
        let columns: Vec<String> = entity
            .shape
            .columns
            .iter()
            .map(|column| {
                let not_null = if column.nullable { "" } else { " NOT NULL" };
                format!("  {} {}{not_null}", quote(&column.name), sql_type(entity, &column.name, &column.ty))
            })
            .collect();
        let _ = writeln!(sql, "CREATE TABLE {} (\n{}\n);\n", quote(&entity.name), columns.join(",\n"));
    }
    sql
}

/// `load.sql`: every part into its table.
pub fn load(manifest: &Manifest) -> String {
    if manifest.format == Format::Parquet {
        let mut sql = heading(manifest, "psql reads no Parquet.");
        sql.push_str("\\echo 'The parts of this dataset are Parquet, which psql cannot read.'\n");
        sql.push_str("\\echo 'Generate the same dataset with --format csv or csv.zst: its scripts load it.'\n");
        sql.push_str("\\quit\n");
        return sql;
    }
    let mut sql =
        heading(manifest, "Run it in the dataset's directory: psql -v ON_ERROR_STOP=1 -f psql/load.sql");
    sql.push_str("\\set ON_ERROR_STOP on\nBEGIN;\n");
    for entity in &manifest.entities {
        let columns: Vec<String> = entity.shape.columns.iter().map(|column| quote(&column.name)).collect();
        for part in &entity.parts {
            // A program or file name cannot be quoted twice over; our names have no quote in them but an entity's may.
            let source = match manifest.format {
                Format::CsvZstd => format!("program 'zstd -dc {}'", shell(&part.file).replace('\'', "''")),
                Format::Csv | Format::Parquet => literal(&part.file),
            };
            let _ = writeln!(
                sql,
                "\\copy {} ({}) from {source} with (format csv, header)",
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
    sql.push_str("\\set ON_ERROR_STOP on\n");
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
            if target.is_some_and(|target| {
                target.key.as_ref() == Some(&key.key)
                    || target.shape.column(&key.key).is_some_and(|column| column.unique)
            }) {
                let _ = writeln!(
                    sql,
                    "ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({});",
                    quote(&entity.name),
                    quote(&key.column),
                    quote(&key.entity),
                    quote(&key.key)
                );
            }
        }
    }
    sql
}

fn heading(manifest: &Manifest, text: &str) -> String {
    format!("-- {} / {}. {text}\n", comment(&manifest.model), comment(&manifest.band))
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

fn type_name(entity: &EntityManifest, column: &str) -> String {
    format!("{}_{column}", entity.name)
}

fn sql_type(entity: &EntityManifest, column: &str, ty: &ColumnType) -> String {
    match ty {
        ColumnType::Uuid => "uuid".to_owned(),
        ColumnType::Text => "text".to_owned(),
        ColumnType::Integer => "integer".to_owned(),
        ColumnType::BigInteger => "bigint".to_owned(),
        ColumnType::Float => "double precision".to_owned(),
        ColumnType::Decimal { precision, scale } => format!("numeric({precision},{scale})"),
        ColumnType::Boolean => "boolean".to_owned(),
        ColumnType::Timestamp => "timestamptz".to_owned(),
        ColumnType::Date => "date".to_owned(),
        ColumnType::Enum { .. } => quote(&type_name(entity, column)),
        ColumnType::Interval => "interval".to_owned(),
    }
}
