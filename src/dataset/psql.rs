//! The psql scripts of a dataset: tables, `\copy` of every part, keys.

use std::fmt::Write as _;

use super::ddl::{Ddl, literal};
use super::format::Format;
use super::manifest::Manifest;

/// `schema.sql`: the types and tables, without keys.
pub fn schema(manifest: &Manifest, ddl: &Ddl) -> String {
    let mut sql = heading(manifest, "Tables without keys. Next: load.sql, then constraints.sql.");
    sql.push_str("BEGIN;\n");
    for statement in &ddl.types {
        let _ = writeln!(sql, "{statement};");
    }
    for table in &ddl.tables {
        let _ = writeln!(sql, "\n{};", table.create());
    }
    sql.push_str("\nCOMMIT;\n");
    sql
}

/// `load.sql`: every part into its table.
pub fn load(manifest: &Manifest, ddl: &Ddl) -> String {
    if manifest.format == Format::Parquet {
        let mut sql = heading(manifest, "psql reads no Parquet.");
        // An error, so that nobody goes on with empty tables.
        sql.push_str(
            "DO $$ BEGIN RAISE EXCEPTION 'the parts of this dataset are Parquet, which psql cannot read'\n\
             USING HINT = '`seedmill load` loads them; or generate the same dataset with --format csv or csv.zst: \
             its scripts load it'; END $$;\n",
        );
        return sql;
    }
    let mut sql =
        heading(manifest, "Run it in the dataset's directory: psql -v ON_ERROR_STOP=1 -f psql/load.sql");
    sql.push_str("BEGIN;\n");
    for (entity, table) in manifest.entities.iter().zip(&ddl.tables) {
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
                table.name,
                table.column_list()
            );
        }
    }
    for sequence in ddl.tables.iter().flat_map(|table| &table.sequences) {
        let _ = writeln!(sql, "{};", sequence.set());
    }
    sql.push_str("COMMIT;\n");
    for table in &ddl.tables {
        let _ = writeln!(sql, "ANALYZE {};", table.name);
    }
    sql
}

/// `constraints.sql`: primary keys, what else is unique, indexes, foreign keys.
pub fn constraints(manifest: &Manifest, ddl: &Ddl) -> String {
    let mut sql = heading(manifest, "Keys, after the rows: adding them now is faster than keeping them up.");
    for table in &ddl.tables {
        for key in &table.keys {
            let _ = writeln!(sql, "{};", key.add());
        }
        for index in &table.indexes {
            let _ = writeln!(sql, "{};", index.create());
        }
    }
    for key in ddl.tables.iter().flat_map(|table| &table.foreign_keys) {
        let _ = match key.refused {
            None => writeln!(sql, "{};", key.add()),
            Some(why) => writeln!(sql, "-- {why}, so that Postgres refuses it: {};", comment(&key.add())),
        };
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

/// A comment ends with its line.
fn comment(text: &str) -> String {
    text.replace(char::is_control, " ")
}

fn shell(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('`', "\\`"))
}
